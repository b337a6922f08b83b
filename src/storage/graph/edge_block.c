/* edge_block.c: blocks of edges, encoded and decoded. */
#include "storage/graph/edge_block.h"

#include <assert.h>
#include <math.h>

#include "base/bytes.h"
#include "base/error.h"

enum { FORM_WIDTH = 0x0F, FORM_WEIGHTS = 0x10, FORM_INACTIVE = 0x20 };

#define ROW_BITS 48

/* --- widths ----------------------------------------------------------------------------------- */

/* Bytes that hold an offset. */
static uint32_t width_of(uint64_t offset) {
    static const uint8_t widths[9] = {1, 1, 2, 3, 4, 6, 6, 8, 8};
    return widths[offset == 0 ? 0 : (71 - (uint32_t)__builtin_clzll(offset)) / 8];
}

/* The size of a block with the bytes it is filled up with. */
static size_t padded_size(size_t size) {
    size_t unit = size <= 16 ? 1 : size <= 32 ? 8 : 16;
    return (size + unit - 1) / unit * unit;
}

static bool is_padding(const uint8_t *at, const uint8_t *end) {
    for (; at < end; at++)
        if (*at != 0) return false;
    return true;
}

static bool is_width(uint32_t width, uint32_t count) {
    if (count == 1) return width == 0;
    return width == 1 || width == 2 || width == 3 || width == 4 || width == 6 || width == 8;
}

static inline uint64_t load_offset(const uint8_t *at, uint32_t width) {
    switch (width) {
    case 1:
        return *at;
    case 2:
        return load_u16(at);
    case 3:
        return load_u16(at) | (uint64_t)at[2] << 16;
    case 4:
        return load_u32(at);
    case 6:
        return load_u32(at) | (uint64_t)load_u16(at + 4) << 32;
    default:
        return load_u64(at);
    }
}

/* --- reading ---------------------------------------------------------------------------------- */

static hs_status damaged(size_t size) {
    return error_set(HS_CORRUPT, "a block of edges is damaged (%zu bytes)", size);
}

hs_status edge_block_open(hs_slice value, edge_block *block) {
    const uint8_t *bytes = value.data, *end = bytes + value.size;
    uint64_t family, rid;
    size_t used, more = 0;
    if (value.size < 4 || bytes[0] >= EDGE_BLOCK_INDEX) return damaged(value.size);
    uint32_t form = bytes[0], count = bytes[1] + 1u, width = form & FORM_WIDTH;
    used = varint_read(bytes + 2, end, &family);
    if (used > 0) more = varint_read(bytes + 2 + used, end, &rid);
    if (more == 0 || family == 0 || family > UINT16_MAX || rid == 0 || rid >> ROW_BITS != 0)
        return damaged(value.size);
    const uint8_t *at = bytes + 2 + used + more;
    block->count = count;
    block->width = width;
    block->first = family << ROW_BITS | rid;
    block->offsets = at;
    at += (size_t)width * (count - 1);
    block->inactive = (form & FORM_INACTIVE) != 0 ? at : NULL;
    if (block->inactive != NULL) at += (count + 7) / 8;
    block->weights = (form & FORM_WEIGHTS) != 0 ? at : NULL;
    if (block->weights != NULL) at += (size_t)count * sizeof(float);
    size_t size = (size_t)(at - bytes);
    bool sound = is_width(width, count) && padded_size(size) == value.size && is_padding(at, end);
    return sound ? HS_OK : damaged(value.size);
}

/* The rows behind the first; whether they ascend. Inlined for each width. */
static inline bool expand(const edge_block *block, uint32_t width, uint64_t *rows) {
    uint64_t first = block->first, falls = 0;
    const uint8_t *at = block->offsets;
    rows[0] = first;
    for (uint32_t i = 1; i < block->count; i++, at += width) {
        rows[i] = first + load_offset(at, width);
        falls |= rows[i] <= rows[i - 1];
    }
    return falls == 0;
}

hs_status edge_block_rows(const edge_block *block, uint64_t *rows) {
    bool ascend = true;
    switch (block->width) {
    case 0:
        rows[0] = block->first;
        break;
    case 1:
        ascend = expand(block, 1, rows);
        break;
    case 2:
        ascend = expand(block, 2, rows);
        break;
    case 3:
        ascend = expand(block, 3, rows);
        break;
    case 4:
        ascend = expand(block, 4, rows);
        break;
    case 6:
        ascend = expand(block, 6, rows);
        break;
    default:
        ascend = expand(block, 8, rows);
        break;
    }
    return ascend ? HS_OK : error_set(HS_CORRUPT, "the edges of a block do not ascend");
}

float edge_block_weight(const edge_block *block, uint32_t index) {
    float weight = 1.0f;
    if (block->weights != NULL)
        memcpy(&weight, block->weights + (size_t)index * sizeof weight, sizeof weight);
    return weight;
}

hs_status edge_block_weights(const edge_block *block, float *weights) {
    bool finite = true;
    memcpy(weights, block->weights, block->count * sizeof *weights);
    for (uint32_t i = 0; i < block->count; i++)
        finite &= isfinite(weights[i]) != 0;
    return finite ? HS_OK : error_set(HS_CORRUPT, "the weight of an edge is not finite");
}

uint32_t edge_block_find(const edge_block *block, uint64_t row) {
    if (row == block->first) return 0;
    if (row < block->first) return block->count;
    uint32_t low = 1, high = block->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        const uint8_t *at = block->offsets + (size_t)(middle - 1) * block->width;
        uint64_t there = block->first + load_offset(at, block->width);
        if (there == row) return middle;
        if (there < row)
            low = middle + 1;
        else
            high = middle;
    }
    return block->count;
}

hs_status edge_block_decode(hs_slice value, edge_far *edges, size_t *count) {
    edge_block block;
    uint64_t rows[EDGE_BLOCK_EDGES];
    float weights[EDGE_BLOCK_EDGES];
    TRY(edge_block_open(value, &block));
    TRY(edge_block_rows(&block, rows));
    if (block.weights != NULL) TRY(edge_block_weights(&block, weights));
    for (uint32_t i = 0; i < block.count; i++)
        edges[i] = (edge_far){rows[i], block.weights == NULL ? 1.0f : weights[i],
                              edge_block_active(&block, i)};
    *count = block.count;
    return HS_OK;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* What a run of edges needs. */
typedef struct needs {
    uint64_t first, last;
    bool weights, inactive;
} needs;

static void add_need(needs *n, const edge_far *edge) {
    n->last = edge->row;
    n->weights |= edge->weight != 1.0f;
    n->inactive |= !edge->active;
}

static size_t varint_size(uint64_t value) {
    size_t size = 1;
    for (; value >= 0x80; value >>= 7)
        size++;
    return size;
}

static size_t head_size(uint64_t first) {
    return 2 + varint_size(first >> ROW_BITS) +
           varint_size(first & ((UINT64_C(1) << ROW_BITS) - 1));
}

static size_t body_size(const needs *n, size_t count) {
    size_t width = count == 1 ? 0 : width_of(n->last - n->first);
    return width * (count - 1) + (n->inactive ? (count + 7) / 8 : 0) +
           (n->weights ? count * sizeof(float) : 0);
}

size_t edge_block_fit(const edge_far *edges, size_t count) {
    needs n = {.first = edges[0].row};
    size_t head = head_size(n.first), limit = count < EDGE_BLOCK_EDGES ? count : EDGE_BLOCK_EDGES;
    add_need(&n, &edges[0]);
    for (size_t fit = 1; fit < limit; fit++) {
        add_need(&n, &edges[fit]);
        if (head + body_size(&n, fit + 1) > EDGE_BLOCK_BYTES) return fit;
    }
    return limit;
}

static uint8_t *write_offsets(const edge_far *edges, size_t count, uint32_t width, uint8_t *at) {
    for (size_t i = 1; i < count; i++) {
        uint64_t offset = edges[i].row - edges[0].row;
        for (uint32_t byte = 0; byte < width; byte++)
            *at++ = (uint8_t)(offset >> (8 * byte));
    }
    return at;
}

static uint8_t *write_inactive(const edge_far *edges, size_t count, uint8_t *at) {
    size_t size = (count + 7) / 8;
    memset(at, 0, size);
    for (size_t i = 0; i < count; i++)
        at[i / 8] |= (uint8_t)(!edges[i].active << i % 8);
    return at + size;
}

static uint8_t *write_weights(const edge_far *edges, size_t count, uint8_t *at) {
    for (size_t i = 0; i < count; i++, at += sizeof(float))
        memcpy(at, &edges[i].weight, sizeof(float));
    return at;
}

size_t edge_block_encode(const edge_far *edges, size_t count, uint8_t *out) {
    assert(count >= 1 && count <= EDGE_BLOCK_EDGES);
    needs n = {.first = edges[0].row};
    for (size_t i = 0; i < count; i++) {
        assert(i == 0 || edges[i].row > edges[i - 1].row);
        add_need(&n, &edges[i]);
    }
    uint32_t width = count == 1 ? 0 : width_of(n.last - n.first);
    uint8_t *at = out;
    *at++ = (uint8_t)(width | (n.weights ? FORM_WEIGHTS : 0u) | (n.inactive ? FORM_INACTIVE : 0u));
    *at++ = (uint8_t)(count - 1);
    at += varint_write(at, n.first >> ROW_BITS);
    at += varint_write(at, n.first & ((UINT64_C(1) << ROW_BITS) - 1));
    at = write_offsets(edges, count, width, at);
    if (n.inactive) at = write_inactive(edges, count, at);
    if (n.weights) at = write_weights(edges, count, at);
    assert((size_t)(at - out) == head_size(n.first) + body_size(&n, count));
    size_t size = (size_t)(at - out), padded = padded_size(size);
    assert(padded <= EDGE_BLOCK_ROOM);
    memset(at, 0, padded - size);
    return padded;
}
