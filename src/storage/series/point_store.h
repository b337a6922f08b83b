/* point_store.h: series of points kept as blocks, as the tables `series` and `measure_history`
 * have them.
 *
 *   rid(6) ‖ name(3) ‖ time of the first point(8)  ->  block (point_block.h)
 *
 * The blocks of a series do not overlap: a point belongs to the last block that starts at or
 * before it, or to the first block if it is earlier than all. Points behind the end join the
 * last block as long as it is short (APPEND_POINTS), and otherwise begin a new one, so that an
 * append costs little whatever the length of the series.
 */
#ifndef STORAGE_POINT_STORE_H
#define STORAGE_POINT_STORE_H

#include "storage/collection/layout.h"
#include "storage/series/point_block.h"

/* --- writing ---------------------------------------------------------------------------------- */

/* Writes to the series of one table. */
typedef struct point_writer {
    engine_txn *txn;
    engine_table table;
    engine_cursor *cursor;
    hs_point old[POINT_BLOCK_POINTS]; /* the block being changed */
    hs_point *merged;
    size_t merged_capacity;
} point_writer;

/* What a write changed. */
typedef struct point_change {
    size_t added;
    size_t replaced; /* points that got another value */
} point_change;

hs_status point_writer_open(point_writer *writer, engine_txn *txn, engine_table table);
void point_writer_close(point_writer *writer);

/* Writes points [count], strictly ascending in time, to a series that has points up to `last`,
 * or none (last NULL). */
hs_status point_writer_write(point_writer *writer, uint64_t rid, uint32_t name, const hs_time *last,
                             const hs_point *points, size_t count, point_change *change);

/* Sorts points by time and leaves of those at one time only the one that stood last; returns how
 * many are left. `spare` has room for `count` points. */
size_t point_sort(hs_point *points, size_t count, hs_point *spare);

/* --- reading ---------------------------------------------------------------------------------- */

/* Starts an hs_point_iterator over a series; an empty one if it has no points with from ≤ time <
 * to. */
hs_status point_store_range(engine_txn *txn, engine_table table, uint64_t rid, uint32_t name,
                            hs_time from, hs_time to, hs_point_iterator **iterator);

/* The last point of a series at or before `time`. HS_NOT_FOUND without a message. */
hs_status point_store_at(engine_txn *txn, engine_table table, uint64_t rid, uint32_t name,
                         hs_time time, hs_point *point);

/* --- checking --------------------------------------------------------------------------------- */

/* All that the blocks of one series tell. */
typedef struct point_summary {
    uint64_t rid;
    uint32_t name;
    bool damaged; /* hs_last_error says how; the rest is of what could be read */
    uint64_t points;
    hs_time first;
    hs_point last;
    double min, max, sum;
} point_summary;

/* A walk over all series of a table. */
typedef struct point_walk {
    engine_cursor *cursor;
    int state;
    hs_point points[POINT_BLOCK_POINTS];
} point_walk;

hs_status point_walk_open(point_walk *walk, engine_txn *txn, engine_table table);
void point_walk_close(point_walk *walk);

/* The next series: 1, 0 at the end, a negative hs_status. */
int point_walk_next(point_walk *walk, point_summary *summary);

#endif
