/* heap.c: a priority queue of numbered items. */
#include "algorithms/heap.h"

#include <assert.h>
#include <stdbool.h>

enum { ARITY = 4 };

static bool is_before(const heap *heap, uint32_t a, uint32_t b) {
    double x = heap->keys[a], y = heap->keys[b];
    return x < y || (x == y && a < b);
}

static void put(heap *heap, uint32_t at, uint32_t item) {
    heap->items[at] = item;
    heap->places[item] = at;
}

static void sift_up(heap *heap, uint32_t at, uint32_t item) {
    while (at > 0) {
        uint32_t parent = (at - 1) / ARITY;
        if (!is_before(heap, item, heap->items[parent])) break;
        put(heap, at, heap->items[parent]);
        at = parent;
    }
    put(heap, at, item);
}

static void sift_down(heap *heap, uint32_t at, uint32_t item) {
    for (;;) {
        uint64_t first = (uint64_t)at * ARITY + 1, least = first;
        if (first >= heap->count) break;
        for (uint64_t child = first + 1; child < first + ARITY && child < heap->count; child++)
            if (is_before(heap, heap->items[child], heap->items[least])) least = child;
        if (!is_before(heap, heap->items[least], item)) break;
        put(heap, at, heap->items[least]);
        at = (uint32_t)least;
    }
    put(heap, at, item);
}

void heap_push(heap *heap, uint32_t item) {
    sift_up(heap, heap->count++, item);
}

void heap_decreased(heap *heap, uint32_t item) {
    assert(heap->places[item] < heap->count && heap->items[heap->places[item]] == item);
    sift_up(heap, heap->places[item], item);
}

uint32_t heap_pop(heap *heap) {
    assert(heap->count > 0);
    uint32_t first = heap->items[0], last = heap->items[--heap->count];
    if (heap->count > 0) sift_down(heap, 0, last);
    return first;
}
