/* position_block.h: positions of one trajectory, ascending in time, as a block of bytes.
 *
 *   u8        number of positions
 *   u8        bit 0: their times have one distance
 *   varint …  microseconds from each to the next: all of them, or the one; none of one position
 *   51 bytes  of each coordinate: bits 0–5 width in bits, bit 6: second differences; left out if
 *             there is one position
 *   51 × u32  the coordinates of the first position: the bits of float32, little-endian
 *   bits      coordinate by coordinate, of each further position a difference in `width` bits, low
 *             bits first; zeros up to a whole byte
 *
 * The time of the first position is in the block's key. A difference is that of the floats' bits as
 * numbers in the order of the values (negative: all bits flipped, else the sign bit), modulo 2^32,
 * with its sign in bit 0; or, where that takes fewer bits, the difference of two such differences,
 * behind a first one in 32 bits. So a coordinate that moves by a thousandth of itself
 * takes 15 bits wherever it stands, and fewer if it moves steadily; all come back bit for bit.
 */
#ifndef STORAGE_POSITION_BLOCK_H
#define STORAGE_POSITION_BLOCK_H

#include "hyperspatial/trajectories.h"

#define COORDINATES 51 /* 3 × 17 */

#define POSITION_BLOCK_MAX   16   /* positions */
#define POSITION_BLOCK_BYTES 2040 /* a quarter of a page of 8 KiB, less key and lengths */

/* The coordinates of a position, which lie side by side. */
static inline const float *position_coordinates(const hs_position *position) {
    return position->graph;
}

/* Writes as many positions [count ≥ 1] as a block takes; *taken receives how many, at least one.
 * Returns its bytes. */
size_t position_block_encode(const hs_position *positions, size_t count,
                             uint8_t block[POSITION_BLOCK_BYTES], size_t *taken);

/* Reads the positions of a block that begins at `start`. HS_CORRUPT. */
hs_status position_block_decode(hs_slice block, hs_time start,
                                hs_position positions[POSITION_BLOCK_MAX], size_t *count);

/* Only the number of positions. HS_CORRUPT. */
hs_status position_block_count(hs_slice block, size_t *count);

#endif
