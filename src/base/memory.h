/* memory.h: allocation with a hook, so that tests can make the n-th allocation fail. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "hyperspatial/status.h"

/* Like malloc, calloc, realloc and free; NULL when memory is short. Every allocation of the library
 * goes through these. memory_resize keeps the old block when it fails. */
void *memory_alloc(size_t bytes);
void *memory_zeroed(size_t bytes);
void *memory_resize(void *block, size_t bytes);
void memory_free(void *block);

/* Tests only: lets the n-th allocation from now (1 = the next) of the calling thread and all later
 * ones fail; 0 ends it. Thread-local, so that it needs no lock. */
void memory_fail_after(uint64_t n);

/* Grows a heap array so that it holds at least `needed` items of `item_bytes`; capacity at least
 * doubles. HS_NO_MEMORY leaves it as it was. `*array` may be NULL with *capacity 0. */
hs_status memory_reserve(void **array, size_t *capacity, size_t needed, size_t item_bytes);

#endif
