/* position_store.h: trajectories kept as blocks, as the table `trajectories` has them.
 *
 *   rid(8) ‖ time of the first position(8)  ->  block (position_block.h)
 *
 * The blocks of a trajectory do not overlap: a position belongs to the last block that starts at or
 * before it, or to the first block if it is earlier than all. A position behind the end joins the
 * last block until it is full, so that an append writes at most one block of POSITION_BLOCK_BYTES.
 */
#ifndef STORAGE_POSITION_STORE_H
#define STORAGE_POSITION_STORE_H

#include "storage/collection/layout.h"
#include "storage/trajectories/position_block.h"

/* --- writing ---------------------------------------------------------------------------------- */

/* Writes to the trajectories of one table. */
typedef struct position_writer {
    engine_txn *txn;
    engine_table table;
    engine_cursor *cursor;
    hs_position old[POSITION_BLOCK_MAX]; /* the block being changed */
    hs_position *merged;
    size_t merged_capacity;
    bool moved; /* the last write has set the newest position of its trajectory: */
    hs_position newest;
} position_writer;

hs_status position_writer_open(position_writer *writer, engine_txn *txn, engine_table table);
void position_writer_close(position_writer *writer);

/* Writes positions [count], strictly ascending in time; one at the same time is replaced. */
hs_status position_writer_write(position_writer *writer, uint64_t rid, const hs_position *positions,
                                size_t count);

/* Decides on the positions of a rewrite, one after the other; `last`: none of the span follows. */
typedef bool position_filter(void *context, const hs_position *position, bool last);

/* Keeps of the positions with from ≤ time < to those that the filter keeps. */
hs_status position_writer_rewrite(position_writer *writer, uint64_t rid, hs_time from, hs_time to,
                                  position_filter *keeps, void *context);

/* --- reading ---------------------------------------------------------------------------------- */

/* A walk over one trajectory, block by block. */
typedef struct position_reader {
    engine_cursor *cursor;
    uint64_t rid;
    int state; /* of the cursor: 1 on a block, 0 behind the last, an error */
    hs_position positions[POSITION_BLOCK_MAX];
} position_reader;

/* Stands on the block that a position at `time` belongs to. */
hs_status position_reader_open(position_reader *reader, engine_txn *txn, engine_table table,
                               uint64_t rid, hs_time time);
void position_reader_close(position_reader *reader);

/* Decodes the block that the reader stands on, and moves to the next: 1, 0 at the end, an error. */
int position_reader_next(position_reader *reader, size_t *count);

/* The last position at or before `time`. HS_NOT_FOUND without a message. */
hs_status position_find(engine_txn *txn, engine_table table, uint64_t rid, hs_time time,
                        hs_position *position);

#endif
