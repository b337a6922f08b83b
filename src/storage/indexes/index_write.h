/* index_write.h: indexes kept in the commit that changes the records.
 *
 * A batch's records are written at its end, so that indexes see each entity once, as it was and as
 * it becomes: first the entries of old values go, then records are written, then the entries of new
 * values come, in the order of their keys. Values that entities of one batch exchange are therefore
 * no conflict in a unique index.
 */
#ifndef STORAGE_INDEX_WRITE_H
#define STORAGE_INDEX_WRITE_H

#include "storage/entities/entities.h"
#include "storage/indexes/index_list.h"

/* Removes the entries of values that a record loses, and notes those that it gets. Comes before the
 * record and its long values are written. */
hs_status indexes_change(apply *apply, const pending_record *pending);

/* Enters what was noted. Comes after all records are written. HS_EXISTS: a value of a unique index
 * is another entity's. */
hs_status indexes_flush(apply *apply);

/* Removes the entries of an entity that is deleted. */
hs_status indexes_delete_entity(apply *apply, const pending_record *pending);

/* --- entries, also for the builder ------------------------------------------------------------ */

/* An entry to be made. */
typedef struct index_entry {
    hs_slice key;
    hs_slice kind; /* index_entry_kind; static */
    uint64_t rid;
} index_entry;

/* Where entries are made: an index of a type, in a transaction that may write it. */
typedef struct index_target {
    collection *collection;
    engine_txn *txn;
    family *family;
    const char *type;
    const index_info *index;
    const shape *added; /* shapes that the transaction has interned */
} index_target;

/* Makes entries [count], which are sorted here. HS_EXISTS names property, value and both
 * entities. */
hs_status index_enter(const index_target *target, index_entry *entries, size_t count);

/* The value of a row's property as its record says: HS_NOT_FOUND (no message) if it has none. A
 * long value's bytes are read. */
hs_status index_row_value(engine_txn *txn, family *family, uint64_t rid, uint32_t name,
                          hs_value *value);

/* The value of a stored property, with the bytes of a long one. HS_CORRUPT. */
hs_status index_stored_value(engine_txn *txn, engine_family family, uint64_t rid,
                             const record_property *property, hs_value *value);

#endif
