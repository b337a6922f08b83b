/* vector_reader.h: where the vectors of many rows lie, for whoever asks for them in any order and
 * often: a search among given entities, an index that hops from neighbour to neighbour.
 *
 * A reader is of one table of vectors with fixed values (dense, binary) in a snapshot, and belongs
 * to the thread of that; what it gives is valid until the snapshot ends, and may be read by any
 * thread. It must be closed before the snapshot.
 *
 * It begins with look-ups in the tree (a few hundred nanoseconds each). When it has been asked as
 * often as it takes to pay for it, it walks over the leaves once (about 200 ns a leaf; the pages
 * are then verified) and keeps a table of them, in which a row is found in constant time, some ten
 * nanoseconds, without touching any page. Memory: 48 bytes a leaf; leaves have 16 or 64 KiB.
 */
#ifndef STORAGE_VECTOR_READER_H
#define STORAGE_VECTOR_READER_H

#include "storage/collection/layout.h"

typedef struct vector_reader vector_reader;

/* O(1). HS_NO_MEMORY, HS_NOT_FOUND. */
hs_status vector_reader_open(engine_txn *txn, engine_table table, vector_reader **reader);
void vector_reader_close(vector_reader *reader);

/* Builds the table of leaves now, for many look-ups to come. O(leaves). HS_NO_MEMORY,
 * HS_CORRUPT. */
hs_status vector_reader_build(vector_reader *reader);

/* Points *row at the bytes of a row's vector. HS_NOT_FOUND without a message; HS_CORRUPT. */
hs_status vector_reader_get(vector_reader *reader, uint64_t rid, const void **row);

#endif
