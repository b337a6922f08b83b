/* value.c: typed values: their names, equality and order. */
#include <string.h>

#include "base/bytes.h"
#include "base/key.h"
#include "hyperspatial/types.h"

const char *hs_kind_name(hs_kind kind) {
    switch (kind) {
    case HS_NULL:
        return "null";
    case HS_BOOL:
        return "bool";
    case HS_INT64:
        return "int64";
    case HS_FLOAT64:
        return "float64";
    case HS_STRING:
        return "string";
    case HS_BYTES:
        return "bytes";
    case HS_TIMESTAMP:
        return "timestamp";
    case HS_UUID:
        return "uuid";
    case HS_LIST:
        return "list";
    case HS_JSON:
        return "json";
    }
    return NULL;
}

hs_slice hs_slice_of(const char *text) {
    return (hs_slice){text, strlen(text)};
}

static bool equal_lists(const hs_value *a, const hs_value *b) {
    if (a->list.count != b->list.count) return false;
    for (size_t i = 0; i < a->list.count; i++)
        if (!hs_value_equal(a->list.items + i, b->list.items + i)) return false;
    return true;
}

bool hs_value_equal(const hs_value *a, const hs_value *b) {
    if (a->kind != b->kind) return false;
    switch (a->kind) {
    case HS_NULL:
        return true;
    case HS_BOOL:
        return a->boolean == b->boolean;
    case HS_INT64:
        return a->int64 == b->int64;
    case HS_FLOAT64:
        return load_u64(&a->float64) == load_u64(&b->float64);
    case HS_STRING:
    case HS_BYTES:
    case HS_JSON:
        return key_compare(a->bytes, b->bytes) == 0;
    case HS_LIST:
        return equal_lists(a, b);
    case HS_TIMESTAMP:
        return a->timestamp == b->timestamp;
    case HS_UUID:
        return memcmp(&a->uuid, &b->uuid, sizeof a->uuid) == 0;
    }
    return false;
}

/* The kinds' places in the order of values; int64 and float64 share one. */
static int kind_rank(hs_kind kind) {
    switch (kind) {
    case HS_NULL:
        return 0;
    case HS_BOOL:
        return 1;
    case HS_INT64:
    case HS_FLOAT64:
        return 2;
    case HS_TIMESTAMP:
        return 3;
    case HS_UUID:
        return 4;
    case HS_STRING:
        return 5;
    case HS_BYTES:
        return 6;
    case HS_LIST:
        return 7;
    case HS_JSON:
        return 8;
    }
    return 9;
}

static int compare_int64(int64_t a, int64_t b) {
    return (a > b) - (a < b);
}

/* NaN stands above every number and equals itself, so that the order is total. */
static int compare_float64(double a, double b) {
    if (a != a || b != b) return (a != a) - (b != b);
    return (a > b) - (a < b);
}

/* Exact, where converting the integer to a float64 would round it above 2^53. */
static int compare_int64_float64(int64_t a, double b) {
    if (!(b < 0x1p63)) return -1; /* NaN too */
    if (b < -0x1p63) return 1;
    int64_t whole = (int64_t)b;
    if (a != whole) return compare_int64(a, whole);
    return compare_float64(0, b - (double)whole);
}

static int compare_numbers(const hs_value *a, const hs_value *b) {
    if (a->kind == HS_INT64 && b->kind == HS_INT64) return compare_int64(a->int64, b->int64);
    if (a->kind == HS_INT64) return compare_int64_float64(a->int64, b->float64);
    if (b->kind == HS_INT64) return -compare_int64_float64(b->int64, a->float64);
    return compare_float64(a->float64, b->float64);
}

static int compare_lists(const hs_value *a, const hs_value *b) {
    for (size_t i = 0; i < a->list.count && i < b->list.count; i++) {
        int order = hs_value_compare(a->list.items + i, b->list.items + i);
        if (order != 0) return order;
    }
    return (a->list.count > b->list.count) - (a->list.count < b->list.count);
}

int hs_value_compare(const hs_value *a, const hs_value *b) {
    int order = kind_rank(a->kind) - kind_rank(b->kind);
    if (order != 0) return order;
    switch (a->kind) {
    case HS_NULL:
        return 0;
    case HS_BOOL:
        return a->boolean - b->boolean;
    case HS_INT64:
    case HS_FLOAT64:
        return compare_numbers(a, b);
    case HS_STRING:
    case HS_BYTES:
    case HS_JSON:
        return key_compare(a->bytes, b->bytes);
    case HS_LIST:
        return compare_lists(a, b);
    case HS_TIMESTAMP:
        return compare_int64(a->timestamp, b->timestamp);
    case HS_UUID:
        return memcmp(&a->uuid, &b->uuid, sizeof a->uuid);
    }
    return 0;
}
