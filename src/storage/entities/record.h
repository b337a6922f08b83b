/* record.h: an entity and its properties as one value of the records table.
 *
 *   record     flags(1)       01 revision follows (else 1)
 *                             02 updated_at follows (else created_at)
 *                             04 id follows (else it is the version 5 id of the key)
 *                             08 key follows (else it has none)
 *                             10 times follow
 *              created_at     zigzag varint, µs after the epoch: the making of the collection
 *              [revision]     varint
 *              [updated_at]   zigzag varint, µs after created_at
 *              [id]           16 bytes
 *              [key]          varint size, bytes
 *              shape          varint; 0: a varint count and the names (varints) follow
 *              [times]        varint count, then for each property whose times are not both
 *                             created_at: varint step from the last such index (the first from −1),
 *                             zigzag varints updated_at and valid_from, µs after created_at
 *              value …        one for each name of the shape
 *
 *   value      tag(1)  = form << 4 | n
 *
 *   form 0  n = 0: null; 1 … 4 below  8  float64: n = 0: 8 bytes IEEE; n = 1 … 7: exponent(1) e,
 *        1  bool n                       then n bytes m: m / 10^e
 *        2  int64: n bytes            9  float64: n bytes m: m / 10
 *        3  float64: n bytes m: m    10  float64: n bytes m: m / 100
 *        4  string of n bytes        11  float64: n bytes m: m / 1000
 *        5  bytes of n bytes         12  long string: varint size; the bytes are in blobs
 *        6  timestamp: n bytes, s    13  long bytes: the same
 *        7  uuid: 16 bytes           14  timestamp: n bytes, µs
 *                                    15  int64 n
 *
 *   form 0  n = 1: list: varint size, bytes       n = 3: long list: varint size; bytes in blobs
 *           n = 2: JSON: varint size, bytes       n = 4: long JSON: the same
 *
 *   list       varint count, value … ; none of them a list, JSON or long
 *
 * Integers of n bytes are zigzag, little-endian, without leading zero bytes. Strings and bytes with
 * n = 15 have a varint size before them. A float64 is finite, and written as a decimal only where
 * reading gives the same bits. Values of more than LONG_VALUE bytes are long.
 */
#ifndef STORAGE_RECORD_H
#define STORAGE_RECORD_H

#include "base/arena.h"

#define LONG_VALUE 1024

/* A list is packed here: value.bytes is what the drawing above calls one. record_list_unpack makes
 * it a value for others. */
typedef struct record_property {
    uint32_t name;  /* interned */
    bool is_long;   /* value.bytes.size bytes lie in blobs, and value.bytes.data is NULL */
    hs_value value; /* slices in it point into what was decoded */
    hs_time updated_at;
    hs_time valid_from;
} record_property;

typedef struct record {
    uint64_t revision;
    hs_time created_at;
    hs_time updated_at;
    bool has_id; /* id is stored, for the key does not give it */
    hs_uuid id;
    hs_slice key;
    uint32_t shape; /* 0: the names are in the record */
    size_t count;
    record_property *properties;
} record;

/* The most bytes that record_encode can need. */
size_t record_bound(const record *record);

/* Writes the record to `out`; returns its size. */
size_t record_encode(const record *record, hs_time epoch, uint8_t *out);

/* Whether two values as records hold them have the same kind and bits. */
bool record_value_equal(const hs_value *a, const hs_value *b);

/* Whether a value as records hold it is in value.bytes. */
static inline bool record_has_bytes(const hs_value *value) {
    return value->kind == HS_STRING || value->kind == HS_BYTES || value->kind == HS_LIST ||
           value->kind == HS_JSON;
}

/* The most bytes of a packed list; packs it into `out`, and returns its size. Its elements were
 * checked. */
size_t record_list_bound(const hs_value *list);
size_t record_list_pack(const hs_value *list, uint8_t *out);

/* A value by itself, never long. The most bytes of it; writes it to `out` and returns its size;
 * reads it, with slices in `bytes`: HS_CORRUPT. */
size_t record_value_bound(const hs_value *value);
size_t record_value_write(const hs_value *value, uint8_t *out);
hs_status record_value_read(hs_slice bytes, hs_value *value);

/* Makes a packed list a list, its elements in `memory`, their slices in `bytes`. HS_CORRUPT. */
hs_status record_list_unpack(hs_slice bytes, arena *memory, hs_value *list);

/* Reads a record from front to back. */
typedef struct record_reader {
    record head; /* without properties; count is known after record_properties */
    const uint8_t *start, *next, *end;
    bool is_unbounded;          /* values are of any size, so none of them is long */
    bool in_list;               /* they are elements of a list */
    const uint32_t *names;      /* of the shape; NULL: they are in the record */
    const uint8_t *inline_name; /* the next one of these */
    const uint8_t *time;        /* the next of the times */
    uint64_t times;             /* of them left */
    uint64_t timed;             /* index of the property that it is of */
    size_t index;               /* of the next property */
} record_reader;

/* Decodes all before the properties. `bytes` must stay valid. HS_CORRUPT. */
hs_status record_open(record_reader *reader, hs_slice bytes, hs_time epoch);

/* Goes on to the properties, whose names are those of the shape reader->head.shape ([count]; both
 * are ignored if it is 0). HS_CORRUPT. */
hs_status record_properties(record_reader *reader, const uint32_t *names, size_t count);

/* The next property: 1, 0 at the end, HS_CORRUPT. */
int record_next(record_reader *reader, record_property *property);

/* The property of this name, without decoding those before it: 1, 0 if there is none, HS_CORRUPT.
 * Comes before any record_next. */
int record_find(record_reader *reader, uint32_t name, record_property *property);

#endif
