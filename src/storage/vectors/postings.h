/* postings.h: the inverted index of a kind of sparse vectors: which rows have an index, and the
 * value that they have there. One entry for each pair of each vector, written in the same commit:
 *
 *   postings_<name>   index(4) ‖ rid(6)  ->  f32
 */
#ifndef STORAGE_POSTINGS_H
#define STORAGE_POSTINGS_H

#include "storage/vectors/vector_value.h"

#define POSTING_KEY_SIZE 10

extern const engine_table_options postings_options;

static inline layout_key posting_key(uint32_t index, uint64_t rid) {
    layout_key key = {0};
    layout_append(&key, index, 4);
    layout_append(&key, rid, 6);
    return key;
}
static inline uint32_t posting_index(const uint8_t *key) {
    return (uint32_t)layout_number(key, 4);
}
static inline uint64_t posting_rid(const uint8_t *key) {
    return layout_number(key + 4, 6);
}

/* Turns the postings of a row from those of one stored vector into those of another; either may be
 * empty. Writes only what differs; neither may lie in the engine's pages. */
hs_status postings_change(engine_txn *txn, engine_table postings, uint64_t rid, hs_slice from,
                          hs_slice to);

#endif
