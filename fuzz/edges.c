/* edges.c: an entry of the adjacency. A block that is accepted tells the same edges whichever way
 * it is read, and as many of them as fit come back from a new block.
 *
 * An input: the size of the key (1), the key, and the value.
 */
#include <string.h>

#include "storage/graph/edge_list.h"
#include "target.h"

static void write_again(const edge_far *edges, size_t count) {
    uint8_t bytes[EDGE_BLOCK_ROOM];
    edge_far same[EDGE_BLOCK_EDGES];
    size_t fit = edge_block_fit(edges, count), read = 0;
    must_hold(fit >= 1 && fit <= count);
    size_t size = edge_block_encode(edges, fit, bytes);
    must_hold(edge_block_decode((hs_slice){bytes, size}, same, &read) == HS_OK && read == fit);
    for (size_t i = 0; i < fit; i++)
        must_hold(same[i].row == edges[i].row && same[i].weight == edges[i].weight &&
                  same[i].active == edges[i].active);
}

static void take_block(const edge_entry *entry, hs_slice value) {
    edge_far edges[EDGE_BLOCK_EDGES];
    size_t count = 0;
    const edge_block *block = &entry->block;
    (void)edge_block_find(block, block->first - 1);
    (void)edge_block_find(block, block->first + 1); /* whether they ascend or not */
    hs_status status = edge_block_decode(value, edges, &count);
    must_hold(status == HS_OK || status == HS_CORRUPT);
    if (status != HS_OK) return;
    must_hold(count == entry->count && edges[0].row == block->first);
    for (uint32_t i = 0; i < count; i++) {
        must_hold(i == 0 || edges[i - 1].row < edges[i].row);
        must_hold(edge_block_find(block, edges[i].row) == i);
        must_hold(edge_block_active(block, i) == edges[i].active);
        must_hold(edge_block_weight(block, i) == edges[i].weight);
    }
    write_again(edges, count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    edge_entry entry;
    if (size == 0) return 0;
    size_t key = data[0] < size ? data[0] : size - 1;
    hs_slice value = {data + 1 + key, size - 1 - key};
    hs_status status = edge_entry_read((hs_slice){data + 1, key}, value, &entry);
    must_hold(status == HS_OK || status == HS_CORRUPT);
    if (status != HS_OK) return 0;
    must_hold(entry.rid > 0 && entry.name > 0 && entry.count > 0);
    if (!entry.is_index) take_block(&entry, value);
    return 0;
}
