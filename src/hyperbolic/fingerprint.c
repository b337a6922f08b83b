/* fingerprint.c: properties, hashed to directions. */
#include "hyperbolic/fingerprint.h"

#include <math.h>
#include <string.h>

#include "hyperbolic/initial.h"
#include "hyperbolic/random.h"

#define TURN_MICROSECONDS 3.0e14 /* a radian of time: 9.5 years */

/* FNV-1a (Fowler, Noll and Vo). */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size) {
    const uint8_t *at = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001B3);
    return hash;
}

static uint64_t hash_name(hs_slice name, uint8_t part) {
    uint64_t hash = hash_bytes(UINT64_C(0xCBF29CE484222325), name.data, name.size);
    return hash_bytes(hash, &part, 1);
}

/* Adds `share` times a unit vector that follows from the hash. */
static void add_direction(uint32_t n, uint64_t hash, double share, double *x) {
    random_stream random = random_start(hash, 0), again = random;
    double square = 0;
    for (uint32_t i = 1; i <= n; i++) {
        double component = random_normal(&random);
        square += component * component;
    }
    for (uint32_t i = 1; i <= n; i++)
        x[i] += share * random_normal(&again) / sqrt(square);
}

static void add_turned(uint32_t n, hs_slice name, double angle, double share, double *x) {
    add_direction(n, hash_name(name, 1), share * cos(angle), x);
    add_direction(n, hash_name(name, 2), share * sin(angle), x);
}

/* A value that only equal ones agree with: its bytes, hashed. */
static void add_hashed(uint32_t n, hs_slice name, hs_slice bytes, double share, double *x) {
    add_direction(n, hash_bytes(hash_name(name, 0), bytes.data, bytes.size), share, x);
}

static void add_value(uint32_t n, hs_slice name, const hs_value *value, double share, double *x) {
    switch (value->kind) {
    case HS_NULL:
        break;
    case HS_INT64:
        add_turned(n, name, asinh((double)value->int64), share, x);
        break;
    case HS_FLOAT64:
        add_turned(n, name, asinh(value->float64), share, x);
        break;
    case HS_TIMESTAMP:
        add_turned(n, name, (double)value->timestamp / TURN_MICROSECONDS, share, x);
        break;
    case HS_BOOL:
        add_hashed(n, name, hs_slice_of(value->boolean ? "t" : "f"), share, x);
        break;
    case HS_UUID:
        add_hashed(n, name, (hs_slice){value->uuid.bytes, sizeof value->uuid.bytes}, share, x);
        break;
    case HS_STRING:
    case HS_BYTES:
    case HS_JSON:
        add_hashed(n, name, value->bytes, share, x);
        break;
    case HS_LIST: /* of no lists */
        for (size_t i = 0; i < value->list.count; i++)
            add_value(n, name, &value->list.items[i], share / sqrt((double)value->list.count), x);
        break;
    }
}

void fingerprint(uint32_t n, const hs_property *properties, size_t count, double radius,
                 double *x) {
    size_t counted = 0;
    memset(x, 0, (1 + (size_t)n) * sizeof *x);
    for (size_t i = 0; i < count; i++) {
        add_value(n, properties[i].name, &properties[i].value, 1, x);
        counted += properties[i].value.kind != HS_NULL;
    }
    for (uint32_t i = 1; i <= n && counted > 0; i++)
        x[i] *= radius / sqrt((double)counted);
    initial_exp(n, x);
}
