/* index_read.h: a walk over the entries of an index within a range of values. */
#ifndef STORAGE_INDEX_READ_H
#define STORAGE_INDEX_READ_H

#include "hyperspatial/indexes.h"
#include "storage/collection/snapshot.h"
#include "storage/indexes/index_key.h"
#include "storage/indexes/index_list.h"

#define INDEX_BOUND_MAX (INDEX_VALUE_MAX + RID_PREFIX_SIZE + 1)

/* An end of a range, as a key that no entry has, between the entries inside and outside. */
typedef struct index_bound {
    const hs_value *value; /* NULL: none was given */
    bool excluded;
    bool is_cut;
    size_t value_size; /* bytes of the value in `bytes` */
    size_t size;
    uint8_t bytes[INDEX_BOUND_MAX];
} index_bound;

typedef struct index_cursor {
    engine_txn *txn;
    family *family;
    uint32_t name;
    engine_cursor *cursor; /* NULL: closed */
    bool descending;
    bool has_start, has_end;
    index_bound start, end; /* entries are ≥ start and < end */
    bool begun;
    hs_slice value, kind; /* of the entry that it stands on; until it moves */
    uint64_t rid;
} index_cursor;

/* Finds the index of a property, ready to answer. HS_NOT_FOUND with a message. */
hs_status index_find(hs_snapshot *snapshot, family *family, const char *type, hs_slice property,
                     index_info *index);

/* Starts a walk; the range (NULL: all) is copied, but not its values. */
hs_status index_cursor_open(index_cursor *cursor, engine_txn *txn, family *family,
                            const index_info *index, const hs_index_range *range);
void index_cursor_close(index_cursor *cursor);

/* The next entry: 1, 0 at the end, or a negative hs_status. */
int index_cursor_next(index_cursor *cursor);

/* The number of entries of an index. */
hs_status index_entries(engine_txn *txn, const index_info *index, uint64_t *entries);

#endif
