/* edge_block.h: some edges of one entity and type as one value: the far ends as offsets of a fixed
 * width, and flags and weights only where they are not the usual ones.
 *
 *   block   form(1)            low 4 bits: width w of an offset: 0 (one edge), 1, 2, 3, 4, 6 or 8
 *                              10 weights follow (else all are 1.0)
 *                              20 marks of inactive edges follow (else all are active)
 *           count − 1 (1)
 *           first              varint family, varint rid: the smallest far end
 *           offset(w) …        count − 1 of them: far end − first, ascending
 *           [inactive]         ⌈count / 8⌉ bytes: bit i % 8 of byte i / 8: edge i is inactive
 *           [weight(4) …]      f32 × count
 *           [00 …]             to a multiple of 8 bytes beyond 16, of 16 beyond 32: most edges
 *                              are added without moving others on their page
 *
 * A far end is family << 48 | rid. Offsets instead of steps, so that an edge is found by binary
 * search and a block expands without one edge waiting for the one before.
 */
#ifndef STORAGE_EDGE_BLOCK_H
#define STORAGE_EDGE_BLOCK_H

#include <stdbool.h>

#include "hyperspatial/types.h"

#define EDGE_BLOCK_EDGES 256   /* in a block at most */
#define EDGE_BLOCK_BYTES 480   /* of a block of more than one edge; so much is rewritten for one */
#define EDGE_BLOCK_ROOM  512   /* bytes that encoding needs at most */
#define EDGE_BLOCK_INDEX 0x40u /* a form that blocks do not have: edge_list.h */

/* The far end of an edge with what is said of the edge. */
typedef struct edge_far {
    uint64_t row;
    float weight; /* finite */
    bool active;
} edge_far;

/* A block taken apart; points into its value. */
typedef struct edge_block {
    uint32_t count;
    uint32_t width;
    uint64_t first;
    const uint8_t *offsets;
    const uint8_t *inactive; /* NULL: all are active */
    const uint8_t *weights;  /* NULL: all are 1.0 */
} edge_block;

/* HS_CORRUPT if the value cannot be a block. The offsets are looked at by who reads them. */
hs_status edge_block_open(hs_slice value, edge_block *block);

/* Writes the far ends to `rows` ([block->count]). HS_CORRUPT if they do not ascend. */
hs_status edge_block_rows(const edge_block *block, uint64_t *rows);

static inline bool edge_block_active(const edge_block *block, uint32_t index) {
    return block->inactive == NULL || (block->inactive[index / 8] >> index % 8 & 1) == 0;
}
float edge_block_weight(const edge_block *block, uint32_t index);

/* Writes the weights of a block that has some. HS_CORRUPT if one is not finite. */
hs_status edge_block_weights(const edge_block *block, float *weights);

/* Finds the edge to `row`: its index, or the block's count. O(log count). */
uint32_t edge_block_find(const edge_block *block, uint64_t row);

/* Takes a block apart into `edges` ([EDGE_BLOCK_EDGES]). HS_CORRUPT, also if a weight is not
 * finite. */
hs_status edge_block_decode(hs_slice value, edge_far *edges, size_t *count);

/* How many of the first edges ([count] ascending ones, at least 1) fit into a block. */
size_t edge_block_fit(const edge_far *edges, size_t count);

/* Writes edges that fit to `out` (EDGE_BLOCK_ROOM bytes); returns the size. */
size_t edge_block_encode(const edge_far *edges, size_t count, uint8_t *out);

#endif
