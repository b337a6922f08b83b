/* point_store.h: series of points kept as blocks, as the tables `series` and `measure_history`
 * have them.
 *
 *   rid(6) ‖ name(3) ‖ time of the first point(8) ‖ ordinal(2)  ->  block (point_block.h)
 *
 * The blocks of a series do not overlap: a point belongs to the last block that starts at or
 * before it, or to the first block if it is earlier than all. Points behind the end join the
 * last block as long as it is short (APPEND_POINTS), and otherwise begin a new one, so that an
 * append costs little whatever the length of the series.
 *
 * Where all points of a time are kept, those of one time lie in one block, unless they are more
 * than fit: then they fill blocks of their own, which start at one time and are told apart by their
 * ordinals; the last of them may go on with later times.
 */
#ifndef STORAGE_POINT_STORE_H
#define STORAGE_POINT_STORE_H

#include "storage/collection/layout.h"
#include "storage/series/point_reader.h"

/* --- writing ---------------------------------------------------------------------------------- */

/* Writes to the series of one table. */
typedef struct point_writer {
    engine_txn *txn;
    engine_table table;
    engine_cursor *cursor;
    bool integers;     /* the values are int64 */
    bool keep;         /* points of one time are all kept, in the order of writing */
    hs_time put_start; /* of the block that was written last, and its ordinal */
    int64_t put_ordinal;
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

/* Writes points [count], strictly ascending in time (or ascending, to keep all), to a series whose
 * blocks have points up to `last`, or that has none (last NULL). HS_LIMIT if a time has more points
 * than can be told apart. */
hs_status point_writer_write(point_writer *writer, uint64_t rid, uint32_t name, const hs_time *last,
                             const hs_point *points, size_t count, point_change *change);

/* Deletes the points with from ≤ time < to from the blocks of a series. O(blocks touched). */
hs_status point_writer_delete(point_writer *writer, uint64_t rid, uint32_t name, hs_time from,
                              hs_time to, uint64_t *deleted);

/* Writes the blocks that hold points at or after `from` anew, each as full as it gets; *last is the
 * greatest time in them. */
hs_status point_writer_pack(point_writer *writer, uint64_t rid, uint32_t name, hs_time from);

/* Sorts points by time, those of one time in the order in which they stood, and leaves of these
 * only the last unless `keep`; returns how many are left. `spare` has room for `count` points. */
size_t point_sort(hs_point *points, size_t count, hs_point *spare, bool keep);

/* Merges `old` and `new`, both ascending, into `merged`, with room for both: a new point replaces
 * an old one of its time, or with `keep` stands behind it. Returns the number of points. */
size_t point_merge(const hs_point *old, size_t old_count, const hs_point *new, size_t new_count,
                   bool keep, hs_point *merged, point_change *change);

/* --- reading ---------------------------------------------------------------------------------- */

/* Starts an hs_point_iterator over a series; an empty one if it has no points with from ≤ time <
 * to. */
hs_status point_store_range(engine_txn *txn, engine_table table, uint64_t rid, uint32_t name,
                            hs_time from, hs_time to, hs_point_iterator **iterator);

/* The same with the points of a tail behind the blocks, which are copied; with `integers` the
 * values are int64. */
hs_status point_iterator_open(engine_txn *txn, engine_table table, uint64_t rid, uint32_t name,
                              hs_time from, hs_time to, const hs_point *tail, size_t tail_count,
                              bool integers, hs_point_iterator **iterator);

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
