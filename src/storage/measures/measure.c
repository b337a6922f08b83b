/* measure.c: what is stored of one measure, and its place in the order of values. */
#include "storage/measures/measure.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/error.h"

enum { FLAG_SINGLE = 1 };

static uint8_t *put_double(uint8_t *at, double value) {
    memcpy(at, &value, sizeof value);
    return at + sizeof value;
}

static const uint8_t *get_double(const uint8_t *at, double *value) {
    memcpy(value, at, sizeof *value);
    return at + sizeof *value;
}

size_t measure_encode(const hs_measure *measure, uint8_t to[MEASURE_MAX]) {
    uint8_t *at = to;
    assert(measure->count > 0 && measure->unit.size <= UNIT_MAX);
    *at++ = measure->count == 1 ? FLAG_SINGLE : 0;
    at = put_double(at, measure->value);
    store_u64(at, (uint64_t)measure->time);
    at += 8;
    if (measure->count > 1) {
        at += varint_write(at, measure->count);
        at = put_double(at, measure->min);
        at = put_double(at, measure->max);
        at = put_double(at, measure->sum);
    }
    if (measure->unit.size > 0) memcpy(at, measure->unit.data, measure->unit.size);
    return (size_t)(at - to) + measure->unit.size;
}

hs_status measure_decode(hs_slice value, hs_measure *measure) {
    const uint8_t *at = value.data, *end = at + value.size;
    if (value.size < 1 + 8 + 8 || *at > FLAG_SINGLE) goto damaged;
    bool single = *at++ == FLAG_SINGLE;
    at = get_double(at, &measure->value);
    measure->time = (hs_time)load_u64(at);
    at += 8;
    measure->count = 1;
    measure->min = measure->max = measure->sum = measure->value;
    if (!single) {
        size_t used = varint_read(at, end, &measure->count);
        at += used;
        if (used == 0 || measure->count < 2 || end - at < 24) goto damaged;
        at = get_double(at, &measure->min);
        at = get_double(at, &measure->max);
        at = get_double(at, &measure->sum);
    }
    measure->unit = (hs_slice){at, (size_t)(end - at)};
    if (measure->unit.size > UNIT_MAX || !isfinite(measure->value) || measure->time < HS_TIME_MIN ||
        measure->time > HS_TIME_MAX)
        goto damaged;
    return HS_OK;
damaged:
    return error_set(HS_CORRUPT, "a measure of %zu bytes is damaged", value.size);
}

hs_status measure_read(engine_txn *txn, engine_family family, uint64_t rid, uint32_t name,
                       hs_measure *measure) {
    hs_slice value;
    layout_key key = layout_named_key(rid, name);
    TRY(engine_get(txn, layout_table(family, TABLE_MEASURES), layout_slice(&key), &value));
    return measure_decode(value, measure);
}

/* --- order ------------------------------------------------------------------------------------ */

/* Bits whose order as numbers is that of the values. There is one zero. */
static uint64_t value_bits(double value) {
    uint64_t bits;
    double ordered = value + 0.0; /* −0.0 becomes 0.0 */
    memcpy(&bits, &ordered, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

layout_key measure_order_group(uint32_t name, double value) {
    layout_key key = {0};
    layout_append(&key, name, 3);
    layout_append(&key, value_bits(value), 8);
    return key;
}

layout_key measure_order_key(uint32_t name, double value, const hs_uuid *id) {
    layout_key key = measure_order_group(name, value);
    assert(key.size == ORDER_GROUP_SIZE);
    memcpy(key.bytes + key.size, id->bytes, sizeof id->bytes);
    key.size += sizeof id->bytes;
    return key;
}

hs_status measure_order_read(hs_slice key, uint32_t *name, double *value, hs_uuid *id) {
    const uint8_t *at = key.data;
    if (key.size != ORDER_KEY_SIZE)
        return error_set(HS_CORRUPT, "a key of %zu bytes in measure_order is damaged", key.size);
    *name = (uint32_t)layout_number(at, 3);
    uint64_t stored = layout_number(at + 3, 8);
    uint64_t bits = stored >> 63 ? stored ^ UINT64_C(1) << 63 : ~stored;
    memcpy(value, &bits, sizeof bits);
    memcpy(id->bytes, at + ORDER_GROUP_SIZE, sizeof id->bytes);
    if (*name == 0 || !isfinite(*value) || value_bits(*value) != stored)
        return error_set(HS_CORRUPT, "a key in measure_order has no name or no number");
    return HS_OK;
}
