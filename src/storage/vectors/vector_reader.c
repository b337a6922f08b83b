/* vector_reader.c: a table of leaves, found by row number through buckets of equal width. */
#include "storage/vectors/vector_reader.h"

#include "base/error.h"
#include "base/memory.h"

#define LOOKUPS_A_LEAF 2 /* the walk over a leaf costs less than so many look-ups in the tree */

/* The vectors of one page. */
typedef struct leaf {
    uint64_t first, last;  /* rows */
    const uint8_t *keys;   /* [count] */
    const uint8_t *values; /* [count] */
    uint32_t count;
} leaf;

struct vector_reader {
    engine_txn *txn;
    engine_table table;
    uint64_t entries; /* of the table */
    uint64_t lookups; /* in the tree */
    size_t stride;
    leaf *leaves; /* ascending; NULL until they are built */
    size_t leaf_count, leaf_capacity;
    /* Bucket i: the last leaf that begins at or before row first + (i << shift). */
    uint32_t *buckets;
    unsigned shift;
};

hs_status vector_reader_open(engine_txn *txn, engine_table table, vector_reader **result) {
    const engine_table_info *tables;
    size_t count, i = 0;
    TRY(engine_table_list(txn, table.family, &tables, &count));
    while (i < count && tables[i].table.table != table.table)
        i++;
    if (i == count)
        return error_set(HS_NOT_FOUND, "column family %u has no table %u", table.family,
                         table.table);
    vector_reader *reader = memory_zeroed(sizeof *reader);
    if (reader == NULL) return error_memory("a reader of vectors", sizeof *reader);
    reader->txn = txn;
    reader->table = table;
    reader->entries = tables[i].entries;
    *result = reader;
    return HS_OK;
}

void vector_reader_close(vector_reader *reader) {
    if (reader == NULL) return;
    memory_free(reader->leaves);
    memory_free(reader->buckets);
    memory_free(reader);
}

/* --- the table of leaves ---------------------------------------------------------------------- */

static uint64_t row_at(const uint8_t *keys, size_t i) {
    return layout_number(keys + i * RID_KEY_SIZE, RID_KEY_SIZE);
}

static hs_status add_leaf(vector_reader *reader, const engine_run *run) {
    TRY(memory_reserve((void **)&reader->leaves, &reader->leaf_capacity, reader->leaf_count + 1,
                       sizeof *reader->leaves));
    reader->leaves[reader->leaf_count++] = (leaf){.first = row_at(run->keys, 0),
                                                  .last = row_at(run->keys, run->count - 1),
                                                  .keys = run->keys,
                                                  .values = run->values,
                                                  .count = (uint32_t)run->count};
    reader->stride = run->stride;
    return HS_OK;
}

static hs_status walk(vector_reader *reader) {
    engine_cursor *cursor;
    engine_run run;
    hs_status status = HS_OK;
    int moved;
    TRY(engine_cursor_open(reader->txn, reader->table, &cursor));
    while (status == HS_OK && (moved = engine_cursor_next_run(cursor, &run)) != 0)
        status = moved == 1 ? add_leaf(reader, &run) : (hs_status)moved;
    engine_cursor_close(cursor);
    return status;
}

/* About as many buckets as leaves, so that one or two leaves are looked at. */
static hs_status fill_buckets(vector_reader *reader) {
    uint64_t first = reader->leaves[0].first;
    uint64_t range = reader->leaves[reader->leaf_count - 1].last - first;
    while (range >> reader->shift > 2 * reader->leaf_count)
        reader->shift++;
    size_t count = (size_t)(range >> reader->shift) + 1;
    reader->buckets = memory_alloc(count * sizeof *reader->buckets);
    if (reader->buckets == NULL) return error_memory("a reader of vectors", count * 4);
    uint32_t leaf = 0;
    for (size_t i = 0; i < count; i++) {
        while (leaf + 1 < reader->leaf_count &&
               reader->leaves[leaf + 1].first <= first + ((uint64_t)i << reader->shift))
            leaf++;
        reader->buckets[i] = leaf;
    }
    return HS_OK;
}

static void forget_leaves(vector_reader *reader) {
    memory_free(reader->leaves);
    reader->leaves = NULL;
    reader->leaf_count = reader->leaf_capacity = 0;
}

hs_status vector_reader_build(vector_reader *reader) {
    if (reader->leaves != NULL || reader->entries == 0) return HS_OK;
    hs_status status = walk(reader);
    if (status == HS_OK && reader->leaf_count > 0) status = fill_buckets(reader);
    if (status != HS_OK) forget_leaves(reader);
    return status;
}

/* --- looking up ------------------------------------------------------------------------------- */

/* The place of a row among the keys of a leaf; `count` if it is not there. Where no row is missing,
 * which is the rule, no key is looked at. */
static size_t place_in(const leaf *leaf, uint64_t rid) {
    if (leaf->last - leaf->first + 1 == leaf->count) return (size_t)(rid - leaf->first);
    size_t low = 0, high = leaf->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (row_at(leaf->keys, middle) < rid)
            low = middle + 1;
        else
            high = middle;
    }
    return low < leaf->count && row_at(leaf->keys, low) == rid ? low : leaf->count;
}

static hs_status find_in_leaves(const vector_reader *reader, uint64_t rid, const void **row) {
    uint64_t first = reader->leaves[0].first;
    if (rid < first || rid > reader->leaves[reader->leaf_count - 1].last) return HS_NOT_FOUND;
    size_t at = reader->buckets[(rid - first) >> reader->shift];
    while (at + 1 < reader->leaf_count && reader->leaves[at + 1].first <= rid)
        at++;
    const leaf *leaf = &reader->leaves[at];
    if (rid > leaf->last) return HS_NOT_FOUND;
    size_t place = place_in(leaf, rid);
    if (place == leaf->count) return HS_NOT_FOUND;
    *row = leaf->values + place * reader->stride;
    return HS_OK;
}

hs_status vector_reader_get(vector_reader *reader, uint64_t rid, const void **row) {
    if (reader->leaves != NULL) return find_in_leaves(reader, rid, row);
    hs_slice value;
    layout_key key = layout_rid_key(rid);
    hs_status status = engine_get(reader->txn, reader->table, layout_slice(&key), &value);
    if (status != HS_OK) return status;
    *row = value.data;
    /* How many leaves there are is not known yet; by the size of a value, 64 KiB pages. */
    uint64_t leaves = reader->entries * (value.size + RID_KEY_SIZE) / 65536 + 1;
    if (++reader->lookups >= LOOKUPS_A_LEAF * leaves) return vector_reader_build(reader);
    return HS_OK;
}
