/* point_reader.h: reads the points of one series block by block: runs of decoded points in order of
 * time, from the blocks of a table and then from a tail in memory.
 */
#ifndef STORAGE_POINT_READER_H
#define STORAGE_POINT_READER_H

#include "storage/collection/layout.h"
#include "storage/series/point_block.h"

typedef struct point_reader {
    engine_txn *txn;
    engine_table table;
    layout_key series;
    engine_cursor *cursor; /* opened when first needed */
    const hs_point *tail;  /* [tail_count], behind all blocks; the owner's */
    size_t tail_count;
    enum { READER_BLOCKS, READER_TAIL, READER_ENDED } where;
    const hs_point *points; /* the run: [at, count) of it is to be read next */
    size_t at, count;
    hs_point buffer[POINT_BLOCK_POINTS];
} point_reader;

/* Reads the blocks of a series, and `tail` [tail_count], which must stay. */
void point_reader_open(point_reader *reader, engine_txn *txn, engine_table table, uint64_t rid,
                       uint32_t name, const hs_point *tail, size_t tail_count);
void point_reader_close(point_reader *reader);

/* Moves to the first point at or after `time`: 1, 0 if there is none, a negative hs_status.
 * O(log n). */
int point_reader_seek(point_reader *reader, hs_time time);

/* Moves to the next run, whatever is left of this one. */
int point_reader_next_run(point_reader *reader);

/* Moves on to the first point at or after `time`, which lies at or behind the reader's place. */
int point_reader_skip(point_reader *reader, hs_time time);

/* The last point before `time` (or at it, if `at`): 1, 0, a negative hs_status. The reader must be
 * moved with seek afterwards. O(log n). */
int point_reader_before(point_reader *reader, hs_time time, bool at, hs_point *point);

/* --- what blocks stand on --------------------------------------------------------------------- */

/* Whether the cursor, moved with the result `moved`, stands on a block of this series: 1 and its
 * start and ordinal, 0, or an error. */
int point_block_stands(engine_cursor *cursor, const layout_key *series, int moved, hs_time *start,
                       uint32_t *ordinal);

/* Decodes the block of `series` that the cursor stands on. HS_CORRUPT names the series. */
hs_status point_block_read(engine_cursor *cursor, const layout_key *series, hs_time start,
                           hs_point points[POINT_BLOCK_POINTS], size_t *count);

#endif
