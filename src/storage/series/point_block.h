/* point_block.h: the codec of a block of points, the value in the tables `series` and
 * `measure_history`.
 *
 * A block holds 1 to POINT_BLOCK_POINTS points in at most POINT_BLOCK_BYTES bytes, in order of
 * time; times may repeat. The time of the first point is in the key of the block, not in its bytes.
 * A value is 64 bits: those of a float64 or of an int64.
 *
 *   u8       bits 0-2: unit of the times, an index into 1 µs, 1 ms, 1 s, 10 s, 1 min, 15 min,
 *            1 h, 1 d; bit 3: the times are coded as differences of differences, else as
 *            differences; bits 4-5: kind of the values (value_column.h); bit 6: some times are
 *            equal; bit 7: zero
 *   varint   number of points
 *   header   of the values
 *   u8       parameter of the times (two points or more)
 *   varint   first difference of times (two points or more, bit 3 only)
 *   bits     low bits first: the values, then the times (number_column.h), of which differences of
 *            differences are zigzagged; the last byte is filled with zeros
 *
 * Differences of times are in units, and less 1 if no times are equal: the times of a regular gauge
 * have no bits.
 */
#ifndef STORAGE_POINT_BLOCK_H
#define STORAGE_POINT_BLOCK_H

#include "hyperspatial/timeseries.h"

#define POINT_BLOCK_POINTS 512
#define POINT_BLOCK_BYTES  640 /* six of them lie in a page of 4 KiB */

/* Encodes the longest prefix of points [count], count > 0, ascending in time, that fits into a
 * block; *taken (≥ 1) says how many that are. `integers`: the bits of the values are those of
 * int64. Returns the bytes written to `block`. */
size_t point_block_encode(const hs_point *points, size_t count, bool integers,
                          uint8_t block[POINT_BLOCK_BYTES], size_t *taken);

/* Decodes a block whose key says that it starts at `first`. HS_CORRUPT if the bytes are no
 * block. */
hs_status point_block_decode(hs_slice block, hs_time first, hs_point points[POINT_BLOCK_POINTS],
                             size_t *count);

/* The number of points in a block, without decoding them; 0 if the bytes are no block. */
size_t point_block_count(hs_slice block);

#endif
