/* index_list.h: which indexes an entity type has, and how far they are built.
 *
 * The value of "indexes" in meta, one of these for each index, in the order of creation, numbers
 * little-endian:
 *
 *   name(4)  table(4)  flags(4): 1 unique  0(4)  next(8)  end(8)
 *
 * Each index has an engine table of its own in the family, index_<name>, whose entries index_key.h
 * draws. So dropping one costs nothing, what it holds is counted without reading, and its keys need
 * no prefix.
 *
 * An index is built from the rows there are, in order, in many transactions, while others write
 * rows: `end` is the first row that did not exist when it was begun, `next` the first one before
 * `end` that was not looked at. Rows below `next` and from `end` on have their entry, and whoever
 * writes them keeps it; the builder comes to the others. At its end the two are equal.
 */
#ifndef STORAGE_INDEX_LIST_H
#define STORAGE_INDEX_LIST_H

#include "storage/collection/layout.h"

#define INDEXES_MAX 64 /* of a type */

typedef struct index_info {
    uint32_t name; /* interned, of the property */
    engine_table table;
    bool unique;
    uint64_t next, end;
} index_info;

typedef struct index_list {
    size_t count;
    index_info indexes[INDEXES_MAX];
} index_list;

/* Reads the list of a family. HS_CORRUPT. */
hs_status index_list_load(engine_txn *txn, engine_family family, index_list *list);

/* Writes it, in a transaction of the family. */
hs_status index_list_store(engine_txn *txn, engine_family family, const index_list *list);

/* The index of a property, or NULL. */
index_info *index_list_find(index_list *list, uint32_t name);

/* Whether every row has its entry, so that the index answers questions. */
static inline bool index_is_ready(const index_info *index) {
    return index->next == index->end;
}

/* Whether a row has its entry. */
static inline bool index_has_row(const index_info *index, uint64_t rid) {
    return rid < index->next || rid >= index->end;
}

/* Whether a table of a family is an index's. */
bool index_is_table(const engine_table_info *table);

/* The name of an index's table. */
#define INDEX_TABLE_NAME_MAX 24
void index_table_name(uint32_t name, char text[INDEX_TABLE_NAME_MAX]);

#endif
