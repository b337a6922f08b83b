/* index_key.c: encoding of values in the keys of indexes; index_key.h draws them. */
#include "storage/indexes/index_key.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/key.h"

#define EXACT_END 0x1p53 /* below it every whole number is a float64 */

enum rank {
    RANK_NULL,
    RANK_BOOL,
    RANK_NUMBER,
    RANK_TIMESTAMP,
    RANK_UUID,
    RANK_STRING,
    RANK_BYTES,
    RANK_COUNT
};

static const uint8_t rank_of[] = {
    [HS_NULL] = RANK_NULL,           [HS_BOOL] = RANK_BOOL,     [HS_INT64] = RANK_NUMBER,
    [HS_FLOAT64] = RANK_NUMBER,      [HS_STRING] = RANK_STRING, [HS_BYTES] = RANK_BYTES,
    [HS_TIMESTAMP] = RANK_TIMESTAMP, [HS_UUID] = RANK_UUID,
};

static const uint8_t float64_kind[] = {HS_FLOAT64};

/* --- numbers ---------------------------------------------------------------------------------- */

static void write_number(key_writer *out, double below, int64_t missing) {
    assert(missing >= 0 && missing < 2048);
    key_f64(out, below == 0 ? 0 : below); /* −0.0 equals 0.0 */
    if (!(fabs(below) < EXACT_END)) key_u16(out, (uint16_t)missing);
}

/* The greatest float64 that is not above a number. */
static double float_below(int64_t value) {
    double below = (double)value;
    return below >= 0x1p63 || (int64_t)below > value ? nextafter(below, -INFINITY) : below;
}

static void write_int64(key_writer *out, int64_t value) {
    double below = float_below(value);
    write_number(out, below, value - (int64_t)below);
}

static bool read_number(key_reader *in, bool is_float, hs_value *value) {
    double below = key_read_f64(in);
    int64_t missing = fabs(below) < EXACT_END ? 0 : key_read_u16(in);
    if (in->failed || (below == 0 && signbit(below))) return false;
    if (is_float) {
        *value = (hs_value){.kind = HS_FLOAT64, .float64 = below};
        return missing == 0;
    }
    if (!(below >= -0x1p63 && below < 0x1p63) || below != floor(below)) return false;
    int64_t whole = (int64_t)below;
    if (whole > INT64_MAX - missing) return false;
    *value = (hs_value){.kind = HS_INT64, .int64 = whole + missing};
    /* Each number has one form; else searches would not find it. */
    return fabs(below) < EXACT_END || float_below(whole + missing) == below;
}

/* --- values ----------------------------------------------------------------------------------- */

/* As many bytes of a text as may matter. */
static void write_text(key_writer *out, hs_slice text) {
    size_t room = INDEX_VALUE_MAX - out->size;
    key_string(out, text.size > room ? (hs_slice){text.data, room} : text);
}

static void write_value(key_writer *out, const hs_value *value) {
    key_u8(out, rank_of[value->kind]);
    switch (value->kind) {
    case HS_NULL:
        break;
    case HS_BOOL:
        key_u8(out, value->boolean);
        break;
    case HS_INT64:
        write_int64(out, value->int64);
        break;
    case HS_FLOAT64:
        write_number(out, value->float64, 0);
        break;
    case HS_TIMESTAMP:
        key_i64(out, value->timestamp);
        break;
    case HS_UUID:
        key_uuid(out, &value->uuid);
        break;
    case HS_STRING:
    case HS_BYTES:
        write_text(out, value->bytes);
        break;
    case HS_LIST:
    case HS_JSON:
        break;
    }
}

void index_key_set(index_key *key, const hs_value *value) {
    key_writer out;
    assert(index_takes(value->kind));
    key_start(&out);
    write_value(&out, value);
    assert(out.size > 0 && (!out.overflow || out.size >= INDEX_VALUE_MAX));
    key->value_size = out.size < INDEX_VALUE_MAX ? out.size : INDEX_VALUE_MAX;
    memcpy(key->bytes, out.bytes, key->value_size);
    index_key_set_rid(key, 0);
}

void index_key_set_rid(index_key *key, uint64_t rid) {
    layout_key suffix = layout_rid_prefix(rid);
    memcpy(key->bytes + key->value_size, suffix.bytes, RID_PREFIX_SIZE);
}

bool index_key_split(hs_slice key, hs_slice *value, uint64_t *rid) {
    if (key.size <= RID_PREFIX_SIZE || key.size > INDEX_KEY_MAX) return false;
    *value = (hs_slice){key.data, key.size - RID_PREFIX_SIZE};
    *rid = layout_number((const uint8_t *)key.data + value->size, RID_PREFIX_SIZE);
    return *rid > 0;
}

hs_slice index_entry_kind(const hs_value *value) {
    if (value->kind != HS_FLOAT64) return (hs_slice){NULL, 0};
    return (hs_slice){float64_kind, sizeof float64_kind};
}

static bool read_bool(key_reader *in, hs_value *value) {
    uint8_t boolean = key_read_u8(in);
    *value = (hs_value){.kind = HS_BOOL, .boolean = boolean == 1};
    return boolean <= 1;
}

/* A text that was cut has no end, unless that just fitted; its last byte may be half of an end, or
 * of an escaped zero. */
static void read_cut_text(hs_slice bytes, uint8_t *buffer, hs_value *value) {
    const uint8_t *at = bytes.data, *end = at + bytes.size;
    size_t size = 0;
    for (at++; at < end; at++) {
        bool is_zero = *at == 0;
        if (is_zero && (at + 1 == end || at[1] != 0xFF)) break;
        buffer[size++] = *at;
        at += is_zero;
    }
    value->bytes = (hs_slice){buffer, size};
}

static bool read_text(key_reader *in, hs_slice bytes, hs_kind kind, uint8_t *buffer,
                      hs_value *value) {
    *value = (hs_value){.kind = kind};
    if (index_is_cut(bytes.size)) {
        read_cut_text(bytes, buffer, value);
        in->next = in->end;
        return true;
    }
    size_t size = key_read_string(in, buffer, INDEX_VALUE_MAX);
    value->bytes = (hs_slice){buffer, size};
    return true;
}

static bool read_value(key_reader *in, hs_slice bytes, bool is_float, uint8_t *buffer,
                       hs_value *value) {
    switch (key_read_u8(in)) {
    case RANK_NULL:
        *value = (hs_value){.kind = HS_NULL};
        return true;
    case RANK_BOOL:
        return read_bool(in, value);
    case RANK_NUMBER:
        return read_number(in, is_float, value);
    case RANK_TIMESTAMP:
        *value = (hs_value){.kind = HS_TIMESTAMP, .timestamp = key_read_i64(in)};
        return true;
    case RANK_UUID:
        *value = (hs_value){.kind = HS_UUID, .uuid = key_read_uuid(in)};
        return true;
    case RANK_STRING:
        return read_text(in, bytes, HS_STRING, buffer, value);
    case RANK_BYTES:
        return read_text(in, bytes, HS_BYTES, buffer, value);
    default:
        return false;
    }
}

bool index_value_read(hs_slice bytes, hs_slice entry, uint8_t *buffer, hs_value *value) {
    key_reader in;
    bool is_float = entry.size == 1 && *(const uint8_t *)entry.data == HS_FLOAT64;
    if (entry.size > 0 && !is_float) return false;
    key_read(&in, bytes);
    return read_value(&in, bytes, is_float, buffer, value) && key_read_done(&in);
}
