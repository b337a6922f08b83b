/* nearest.c: a heap of neighbours. */
#include "storage/vectors/nearest.h"

#include <assert.h>
#include <string.h>

static bool farther(const hs_neighbour *a, const hs_neighbour *b) {
    if (a->distance != b->distance) return a->distance > b->distance;
    return memcmp(&a->id, &b->id, sizeof a->id) > 0;
}

/* Lets the item at `at` sink until no child is farther. */
static void sink(hs_neighbour *heap, size_t count, size_t at) {
    hs_neighbour item = heap[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count) break;
        if (child + 1 < count && farther(&heap[child + 1], &heap[child])) child++;
        if (!farther(&heap[child], &item)) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = item;
}

void nearest_offer(nearest *nearest, const hs_uuid *id, double distance) {
    assert(nearest->capacity > 0);
    hs_neighbour item = {.id = *id, .distance = distance};
    if (nearest->count == nearest->capacity) {
        if (!farther(&nearest->heap[0], &item)) return;
        nearest->heap[0] = item;
        sink(nearest->heap, nearest->count, 0);
        return;
    }
    size_t at = nearest->count++;
    while (at > 0 && farther(&item, &nearest->heap[(at - 1) / 2])) {
        nearest->heap[at] = nearest->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    nearest->heap[at] = item;
}

void nearest_sort(nearest *nearest) {
    for (size_t rest = nearest->count; rest > 1; rest--) {
        hs_neighbour farthest = nearest->heap[0];
        nearest->heap[0] = nearest->heap[rest - 1];
        sink(nearest->heap, rest - 1, 0);
        nearest->heap[rest - 1] = farthest;
    }
}
