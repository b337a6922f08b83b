/* point_block.h: the codec of a block of points (time, float64), the value in the tables
 * `series` and `measure_history`.
 *
 * A block holds 1 to POINT_BLOCK_POINTS points in at most POINT_BLOCK_BYTES bytes, ascending in
 * time. The time of the first point is in the key of the block, not in its bytes.
 *
 *   u8       bits 0-2: unit of the times, an index into 1 µs, 1 ms, 1 s, 10 s, 1 min, 15 min,
 *            1 h, 1 d; bit 3: the times are coded as differences of differences, else as
 *            differences − 1; bits 4-5: the values are 0 decimals, 1 XOR, 2 raw; bits 6-7: zero
 *   varint   number of points
 *   u8       decimal exponent e, 0 to 15                             \ decimals only: a value is
 *   varint   zigzag of the first integer d                           | the float64 nearest to
 *   u8       parameter of the differences of d (two points or more)  / d / 10^e, bit for bit
 *   u8       parameter of the times (two points or more)
 *   varint   first difference of times in units − 1 (two points or more, bit 3 only)
 *   bits     low bits first: the values, then the times; the last byte is filled with zeros
 *
 * An unsigned number n is coded with a parameter k: n >> k ones, a zero, the k low bits (Rice);
 * or, if that would be LONG_CODE ones or more, LONG_CODE ones, 6 bits for its length l − 1 and
 * its l bits. Signed numbers are zigzagged first. The parameter ALL_ZERO stands for a column of
 * zeros that takes no bits: a regular gauge has no bits for its times.
 *
 * XOR values: 64 bits; then for each value 0 if it equals the one before, 10 and the bits of the
 * last window, or 11, 5 bits leading zeros, 6 bits length − 1 and the bits (Pelkonen et al.,
 * "Gorilla: A Fast, Scalable, In-Memory Time Series Database", VLDB 2015). Decimals after
 * Afroozeh, Kuffo, Boncz, "ALP: Adaptive Lossless Floating-Point Compression", SIGMOD 2023.
 * Whichever is smallest is taken.
 */
#ifndef STORAGE_POINT_BLOCK_H
#define STORAGE_POINT_BLOCK_H

#include "hyperspatial/timeseries.h"

#define POINT_BLOCK_POINTS 512
#define POINT_BLOCK_BYTES  640 /* six of them lie in a page of 4 KiB */

/* Encodes the longest prefix of points [count], count > 0, strictly ascending in time, that fits
 * into a block; *taken (≥ 1) says how many that are. Returns the bytes written to `block`. */
size_t point_block_encode(const hs_point *points, size_t count, uint8_t block[POINT_BLOCK_BYTES],
                          size_t *taken);

/* Decodes a block whose key says that it starts at `first`. HS_CORRUPT if the bytes are no
 * block. */
hs_status point_block_decode(hs_slice block, hs_time first, hs_point points[POINT_BLOCK_POINTS],
                             size_t *count);

/* The number of points in a block, without decoding them; 0 if the bytes are no block. */
size_t point_block_count(hs_slice block);

#endif
