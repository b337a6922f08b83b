/* neighbours.c: edges sorted into rows by counting. */
#include "hyperbolic/neighbours.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

static int by_number(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Sorts a row and drops doubles and the node itself; returns what is left. */
static size_t row_clean(uint32_t node, uint32_t *row, size_t size) {
    size_t kept = 0;
    qsort(row, size, sizeof *row, by_number);
    for (size_t i = 0; i < size; i++)
        if (row[i] != node && (kept == 0 || row[kept - 1] != row[i])) row[kept++] = row[i];
    return kept;
}

hs_status neighbours_create(uint32_t count, const learn_edge *edges, size_t edge_count,
                            neighbours *neighbours) {
    *neighbours = (struct neighbours){.count = count};
    for (size_t i = 0; i < edge_count; i++)
        if (edges[i].from >= count || edges[i].to >= count)
            return error_set(HS_INVALID, "edge %zu is between nodes %u and %u, and there are %u", i,
                             edges[i].from, edges[i].to, count);
    neighbours->first = memory_zeroed(((size_t)count + 2) * sizeof *neighbours->first);
    neighbours->targets = memory_alloc((edge_count + 1) * sizeof *neighbours->targets);
    if (neighbours->first == NULL || neighbours->targets == NULL)
        return error_memory("the edges of a graph", edge_count * sizeof *neighbours->targets);
    size_t *first = neighbours->first, *next = first + 1; /* counts of node i stand at i + 2 */
    for (size_t i = 0; i < edge_count; i++)
        first[edges[i].from + 2]++;
    for (uint32_t node = 0; node < count; node++)
        first[node + 2] += first[node + 1];
    for (size_t i = 0; i < edge_count; i++)
        neighbours->targets[next[edges[i].from]++] = edges[i].to;
    size_t kept = 0, begin = 0;
    for (uint32_t node = 0; node < count; node++) {
        size_t end = first[node + 1], left;
        left = row_clean(node, neighbours->targets + begin, end - begin);
        memmove(neighbours->targets + kept, neighbours->targets + begin,
                left * sizeof *neighbours->targets);
        first[node] = kept;
        kept += left;
        begin = end;
    }
    first[count] = kept;
    return HS_OK;
}

void neighbours_free(neighbours *neighbours) {
    memory_free(neighbours->first);
    memory_free(neighbours->targets);
    *neighbours = (struct neighbours){0};
}

bool neighbours_has(const neighbours *neighbours, uint32_t from, uint32_t to) {
    size_t low = neighbours->first[from], high = neighbours->first[from + 1];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (neighbours->targets[middle] < to)
            low = middle + 1;
        else
            high = middle;
    }
    return low < neighbours->first[from + 1] && neighbours->targets[low] == to;
}
