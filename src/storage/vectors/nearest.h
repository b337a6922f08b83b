/* nearest.h: the nearest few of many: a bounded heap. */
#ifndef STORAGE_NEAREST_H
#define STORAGE_NEAREST_H

#include <stdbool.h>

#include "hyperspatial/vectors.h"

/* The nearest `capacity` neighbours offered so far: a heap with the farthest one on top, ties by
 * id. */
typedef struct nearest {
    hs_neighbour *heap; /* [capacity], the caller's */
    size_t capacity;
    size_t count;
} nearest;

/* Whether a neighbour at this distance could enter; if so, its id must be offered to decide. */
static inline bool nearest_wants(const nearest *nearest, double distance) {
    return nearest->count < nearest->capacity || distance <= nearest->heap[0].distance;
}
void nearest_offer(nearest *nearest, const hs_uuid *id, double distance);

/* Turns the heap into a list, nearest first. Nothing can be offered afterwards. */
void nearest_sort(nearest *nearest);

#endif
