/* heap.h: a priority queue of numbered items: a 4-ary heap that knows where each item is, so that
 * an item whose key becomes smaller is moved instead of added again, and memory is bounded by the
 * items. */
#ifndef ALGORITHMS_HEAP_H
#define ALGORITHMS_HEAP_H

#include <stdint.h>

typedef struct heap {
    const double
        *keys;        /* [number of items] by item; owned by the user, who grows all three arrays */
    uint32_t *items;  /* [count] the heap: smaller keys first, smaller items among equals */
    uint32_t *places; /* [number of items] by item; where it is in `items` */
    uint32_t count;
} heap;

/* Adds an item. */
void heap_push(heap *heap, uint32_t item);

/* Restores the order after the key of an item in the heap became smaller. */
void heap_decreased(heap *heap, uint32_t item);

/* Takes the item with the smallest key out of a heap that is not empty. */
uint32_t heap_pop(heap *heap);

#endif
