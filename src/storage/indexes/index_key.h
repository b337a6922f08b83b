/* index_key.h: a property's value as bytes whose memcmp order is that of hs_value_compare.
 *
 *   entry of an index    value ‖ rid(6)  ->  nothing, or kind(1) = 03 where the number is a float64
 *
 *   value   rank(1)      00 null
 *                        01 bool        00 or 01
 *                        02 number      f64 (key.h): the greatest one that is not above the number;
 *                                       if it is 2^53 or more away from 0, what is missing, u16
 *                        03 timestamp   i64 (key.h)
 *                        04 uuid        16 bytes
 *                        05 string      string (key.h)
 *                        06 bytes       string (key.h)
 *
 * Lists and JSON documents are not indexed.
 *
 * Equal values have equal bytes: 3 and 3.0, and -0.0 and 0.0, which comparisons hold for equal; and
 * no value's bytes begin with those of another one. So a value that has more than INDEX_VALUE_MAX
 * bytes may be cut there and still stands in its place among all shorter ones; only values that
 * agree in all these bytes cannot be told apart by them, and are looked at in their records.
 */
#ifndef STORAGE_INDEX_KEY_H
#define STORAGE_INDEX_KEY_H

#include "storage/collection/layout.h"

#define INDEX_VALUE_MAX 480
#define INDEX_KEY_MAX   (INDEX_VALUE_MAX + RID_PREFIX_SIZE)

typedef struct index_key {
    size_t value_size;            /* the first bytes; behind them the rid, once it is set */
    uint8_t bytes[INDEX_KEY_MAX]; /* [value_size + RID_PREFIX_SIZE] */
} index_key;

/* Whether values of a kind have entries. */
static inline bool index_takes(hs_kind kind) {
    return kind != HS_LIST && kind != HS_JSON;
}

/* The bytes of a value that indexes take; the rid is 0. */
void index_key_set(index_key *key, const hs_value *value);
void index_key_set_rid(index_key *key, uint64_t rid);

static inline hs_slice index_key_slice(const index_key *key) {
    return (hs_slice){key->bytes, key->value_size + RID_PREFIX_SIZE};
}
static inline hs_slice index_key_value(const index_key *key) {
    return (hs_slice){key->bytes, key->value_size};
}

/* Whether a value of so many bytes may have been cut. */
static inline bool index_is_cut(size_t value_size) {
    return value_size >= INDEX_VALUE_MAX;
}

/* Whether these are the bytes of null, which a unique index takes any number of times. */
static inline bool index_is_null(hs_slice value) {
    return value.size == 1 && *(const uint8_t *)value.data == 0;
}

/* Takes an entry's key apart. False if it is damaged. */
bool index_key_split(hs_slice key, hs_slice *value, uint64_t *rid);

/* What an entry holds beside its key. */
hs_slice index_entry_kind(const hs_value *value);

/* The value that an entry is of; texts are unescaped into `buffer` [INDEX_VALUE_MAX]. Of one that
 * was cut: what is left of it. False if it is damaged. */
bool index_value_read(hs_slice bytes, hs_slice entry, uint8_t *buffer, hs_value *value);

#endif
