/* arena.h: memory that is given back all at once. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "hyperspatial/types.h"

struct arena_block;

/* A zeroed arena is empty and ready to use. */
typedef struct arena {
    struct arena_block *head; /* the block being filled; the others follow it */
    size_t used;              /* bytes used of the head block */
    size_t bytes;             /* bytes of all blocks */
} arena;

/* `bytes` bytes aligned to 16, uninitialised, valid until arena_reset or arena_free. NULL when
 * memory is short. */
void *arena_alloc(arena *arena, size_t bytes);

/* A copy of the slice; with data NULL only when memory is short and size > 0. */
hs_slice arena_copy(arena *arena, hs_slice slice);

/* Forgets everything allocated, keeps one block for reuse. */
void arena_reset(arena *arena);

/* Forgets everything allocated, keeps all memory for reuse, in one block, if that is `most` bytes
 * at most: who needs as much again and again does not get it from the system each time. */
void arena_recycle(arena *arena, size_t most);

/* Gives all memory back; the arena is then empty and usable again. */
void arena_free(arena *arena);

#endif
