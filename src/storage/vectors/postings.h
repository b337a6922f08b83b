/* postings.h: the inverted index of a kind of sparse vectors: which rows have an index, and the
 * value that they have there. One entry for each pair of each vector, written in the same commit:
 *
 *   postings_<name>   index(4) ‖ rid(6)  ->  f32
 *   bounds_<name>     index(4)           ->  f32 least, f32 greatest: no value of the index that a
 *                                            vector has is beyond them
 *
 * By its bounds a search knows which indexes of a query it may pass over. They are widened in the
 * commit that needs it, and never narrowed; kinds from before there were any have no such table.
 */
#ifndef STORAGE_POSTINGS_H
#define STORAGE_POSTINGS_H

#include "storage/vectors/vector_value.h"

#define POSTING_KEY_SIZE 10

#define BOUND_KEY_SIZE 4

extern const engine_table_options postings_options, bounds_options;

static inline layout_key bound_key(uint32_t index) {
    layout_key key = {0};
    layout_append(&key, index, BOUND_KEY_SIZE);
    return key;
}

/* The bounds of an index. HS_NOT_FOUND without a message: no vector ever had it. HS_CORRUPT. */
hs_status bound_read(engine_txn *txn, engine_table bounds, uint32_t index, float *least,
                     float *greatest);

/* Lets the bounds of an index take in a value; *changed grows if they did not. */
hs_status bound_widen(engine_txn *txn, engine_table bounds, uint32_t index, float value,
                      uint64_t *changed);

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
hs_status postings_change(engine_txn *txn, const vector_kind *kind, uint64_t rid, hs_slice from,
                          hs_slice to);

#endif
