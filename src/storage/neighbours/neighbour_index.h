/* neighbour_index.h: indexes of neighbours: what a type has of them, and where they lie.
 *
 * An entry of the table meta for each, "neighbours." ‖ name; numbers little-endian:
 *
 *   0        8       12     16       20      24     28     32      40      48
 *   +--------+-------+------+--------+-------+------+------+-------+-------+
 *   | target | links | width| metric | entry | top  | lists| uppers| count |  target: 0 vectors,
 *   +--------+-------+------+--------+-------+------+------+-------+-------+  1 positions
 *   | seed   | weights: 3 × f64         | norm: f64 | name of the vectors' kind
 *   +--------+--------------------------+-----------+--------------------------
 *   48       56                         80          88
 *
 * The graph (indexing/hnsw.h) lies in two tables, whose numbers the entry has. Nodes are row ids:
 *
 *   hnsw0.<name>         rid(8)               ->  list of level 0
 *   hnsw1.<name>         level(1) ‖ rid(8)    ->  list of a level above
 *
 *   list    count(4) ‖ rids: [capacity] × 4, the first `count` are links, the rest is 0
 *
 * They are fixed values at addresses that divide by 8, so that a search reads them where they lie.
 * The levels of a node follow from its number. Every row that has the vector, or a usable current
 * position, is a node; it comes and goes in the commit that writes that.
 */
#ifndef STORAGE_NEIGHBOUR_INDEX_H
#define STORAGE_NEIGHBOUR_INDEX_H

#include "base/arena.h"
#include "hyperspatial/neighbours.h"
#include "indexing/hnsw.h"
#include "storage/vectors/vector_kind.h"

#define UPPER_KEY_SIZE 9

typedef struct neighbour_index {
    char name[HS_NAME_MAX + 1];
    char vector[HS_NAME_MAX + 1]; /* "": it is over positions */
    hs_metric metric;             /* of vectors */
    hs_modality_weights weights;  /* of positions */
    double norm; /* of an index of the inner product: the greatest one of its vectors so far */
    hnsw_options options;
    hnsw_state state;
    engine_table lists, uppers;
} neighbour_index;

static inline bool neighbour_index_is_over_positions(const neighbour_index *index) {
    return index->vector[0] == '\0';
}

/* Bytes of a stored list. */
static inline uint32_t neighbour_list_size(const hnsw_options *options, unsigned level) {
    return (1 + hnsw_capacity(options, level)) * (uint32_t)sizeof(uint32_t);
}

static inline layout_key neighbour_upper_key(unsigned level, uint32_t rid) {
    layout_key key = {0};
    layout_append(&key, level, 1);
    layout_append(&key, rid, 8);
    return key;
}

/* The table whose rows are indexed: of a kind's vectors, or of current positions. `kind` is
 * NULL for positions. */
static inline engine_table neighbour_rows_table(engine_family family, const vector_kind *kind) {
    return kind != NULL ? kind->table : layout_table(family, TABLE_POSITIONS);
}

/* Reads and writes an entry. HS_NOT_FOUND without a message; HS_CORRUPT. */
hs_status neighbour_index_find(engine_txn *txn, engine_family family, const char *name,
                               neighbour_index *index);
hs_status neighbour_index_store(engine_txn *txn, engine_family family,
                                const neighbour_index *index);

/* All of a family, sorted by name, in `arena`. HS_CORRUPT. */
hs_status neighbour_index_list(engine_txn *txn, engine_family family, arena *arena,
                               const neighbour_index **indexes, size_t *count);

/* Creates the empty tables of an index, and its entry. */
hs_status neighbour_index_add(engine_txn *txn, engine_family family, neighbour_index *index);

/* Removes what there is of an index, whole or not. HS_NOT_FOUND without a message. */
hs_status neighbour_index_remove(engine_txn *txn, engine_family family, const char *name);

/* Removes the indexes over a kind of vectors. */
hs_status neighbour_index_remove_of(engine_txn *txn, engine_family family, const char *vector);

/* Whether a table of a family is one of an index; *name then points at the index's name. */
bool neighbour_table_is(const engine_table_info *table, const char **name);

#endif
