/* prefix.h: the entries of a table whose keys begin with the same bytes, for example all that
 * belong to an entity. */
#ifndef STORAGE_PREFIX_H
#define STORAGE_PREFIX_H

#include "engine/engine.h"

/* Move the cursor to the first, or the next, entry under `prefix`: 1, 0 if there is none, or a
 * negative hs_status. */
int prefix_seek(engine_cursor *cursor, hs_slice prefix);
int prefix_next(engine_cursor *cursor, hs_slice prefix);

/* Whether the entry that the cursor stands on is under `prefix`: 1 or 0. */
int prefix_stands(const engine_cursor *cursor, hs_slice prefix);

/* The number of entries under `prefix`. O(k). */
hs_status prefix_count(engine_txn *txn, engine_table table, hs_slice prefix, size_t *count);

/* Deletes all entries under `prefix`. O(k log n). */
hs_status prefix_delete(engine_txn *txn, engine_table table, hs_slice prefix);

#endif
