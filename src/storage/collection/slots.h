/* slots.h: an array of pointers that only grows and is read without a lock.
 *
 * Chunk c holds 64 << c slots; chunks never move, so a reader needs two loads. Writers take turns
 * by the owner's lock.
 */
#ifndef STORAGE_SLOTS_H
#define STORAGE_SLOTS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "hyperspatial/status.h"

#define SLOTS_CHUNKS 19 /* 64 × (2^19 − 1) slots, beyond any number used as an index */

/* A zeroed array is empty. */
typedef struct slots {
    _Atomic(void *) *_Atomic chunks[SLOTS_CHUNKS];
} slots;

/* The pointer at `index`; NULL if none was set. */
void *slots_get(slots *slots, uint32_t index);

/* Sets a pointer. HS_NO_MEMORY. */
hs_status slots_set(slots *slots, uint32_t index, void *pointer);

/* Calls `release` (may be NULL) on every pointer and gives the memory back. */
void slots_free(slots *slots, void (*release)(void *pointer));

#endif
