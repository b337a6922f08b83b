/* types.h: the values that cross the API: slices, UUIDs, times, typed values. */
#ifndef HYPERSPATIAL_TYPES_H
#define HYPERSPATIAL_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hyperspatial/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Names of collections, entity types and vectors match [a-z_][a-z0-9_]* and have 1 to 63 bytes.
 * Property, edge-type, series and measure names are UTF-8 without NUL, of 1 to 255 bytes. */
#define HS_NAME_MAX  63
#define HS_LABEL_MAX 255
/* An entity's external key: 1 to 512 bytes of UTF-8 without NUL. */
#define HS_KEY_MAX 512
/* A property value: 0 bytes to 1 GiB. */
#define HS_VALUE_MAX (UINT64_C(1) << 30)
/* A JSON document: up to 64 MiB, for it is validated in memory. */
#define HS_DOCUMENT_MAX (UINT64_C(64) << 20)

/* Bytes owned by somebody else. In arguments they are borrowed for the call; in results they live
 * as long as the object that they were read from says (usually the snapshot). `data` may be NULL
 * only where `size` is 0. */
typedef struct hs_slice {
    const void *data;
    size_t size;
} hs_slice;

/* A UUID as 16 bytes in network order (RFC 9562). Version 7 for new entities, version 5 for keyed
 * ones. */
typedef struct hs_uuid {
    uint8_t bytes[16];
} hs_uuid;

/* Microseconds since 1970-01-01T00:00:00Z. The range is the years 0001 to 9999. */
typedef int64_t hs_time;
#define HS_TIME_MIN INT64_C(-62135596800000000)
#define HS_TIME_MAX INT64_C(253402300799999999)

/* The kinds of a property value. The numbers are part of the file format. */
typedef enum hs_kind {
    HS_NULL = 0,
    HS_BOOL = 1,
    HS_INT64 = 2,
    HS_FLOAT64 = 3,
    HS_STRING = 4, /* UTF-8 */
    HS_BYTES = 5,
    HS_TIMESTAMP = 6,
    HS_UUID = 7,
    HS_LIST = 8, /* of values that are neither lists nor JSON documents */
    HS_JSON = 9  /* a JSON text (RFC 8259), kept as it was written */
} hs_kind;

/* A typed value. HS_STRING, HS_BYTES and HS_JSON use `bytes`. */
typedef struct hs_value hs_value;
struct hs_value {
    hs_kind kind;
    union {
        bool boolean;
        int64_t int64;
        double float64;
        hs_slice bytes;
        hs_time timestamp;
        hs_uuid uuid;
        struct {
            const hs_value *items; /* [count] */
            size_t count;
        } list;
    };
};

/* The name of a kind ("int64", "string", …); NULL for a number that is no kind. Static. */
const char *hs_kind_name(hs_kind kind);

/* Whether two values have the same kind and the same bits (so −0.0 differs from 0.0). */
bool hs_value_equal(const hs_value *a, const hs_value *b);

/* Orders two values: first by kind (null, bool, numbers, timestamp, UUID, string, bytes, list,
 * JSON), then by value; an int64 and a float64 compare as the numbers that they are, exactly, and
 * NaN stands above all others; lists compare element by element, JSON documents byte by byte.
 * Returns a negative number, 0 or a positive one. */
int hs_value_compare(const hs_value *a, const hs_value *b);

/* A list read from text. */
typedef struct hs_list hs_list;

/* Reads a JSON array of null, true, false, numbers (an int64 unless written with a point or an
 * exponent), texts, and {"timestamp": "…"}, {"uuid": "…"} or {"bytes": "hexadecimal"}. The caller
 * frees *list. HS_PARSE says where and why not; HS_LIMIT. */
hs_status hs_list_parse(hs_slice json, hs_list **list);
/* The list as a value; valid until it is freed. */
const hs_value *hs_list_value(const hs_list *list);
void hs_list_free(hs_list *list);

/* A slice over a C string, without its terminator. */
hs_slice hs_slice_of(const char *text);

/* Writes `id` as 36 characters and a terminator into `text`. */
void hs_uuid_format(const hs_uuid *id, char text[37]);

/* Reads the 36-character form (either case). HS_PARSE if it is anything else. */
hs_status hs_uuid_parse(hs_slice text, hs_uuid *id);

/* The version 5 UUID (SHA-1) of `name` within the namespace `space` (RFC 9562, section 5.5). */
void hs_uuid_v5(const hs_uuid *space, hs_slice name, hs_uuid *id);

/* Writes `time` in RFC 3339, UTC: "2171-11-14T10:00:00Z", with 6 decimals only if it has a fraction
 * of a second. */
void hs_time_format(hs_time time, char text[32]);

/* Reads RFC 3339 ("2171-11-14T10:00:00.5+01:00"), the same with a blank for the T or without an
 * offset (then UTC), without seconds, or a plain date. Digits below a microsecond are dropped;
 * there are no leap seconds. HS_PARSE if it is anything else, HS_LIMIT if outside of the range of
 * years. */
hs_status hs_time_parse(hs_slice text, hs_time *time);

/* Reads a length of time such as "90s", "15m", "1h", "1d", "1w", "250ms" or "10us" into
 * microseconds (> 0). HS_PARSE. */
hs_status hs_duration_parse(hs_slice text, int64_t *microseconds);

#ifdef __cplusplus
}
#endif

#endif
