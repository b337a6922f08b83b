/* arena.c: an arena as a list of blocks, of which the first is being filled. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"

#define ALIGNMENT 16
#define BLOCK_MIN 4096
#define BLOCK_MAX (size_t)(1 << 20)

struct arena_block {
    struct arena_block *next;
    size_t size; /* of data */
    alignas(ALIGNMENT) uint8_t data[];
};

/* Blocks double up to BLOCK_MAX, so that many allocations cost few blocks and few ones little
 * memory. */
static size_t next_block_size(const arena *arena) {
    if (arena->head == NULL) return BLOCK_MIN;
    size_t size = arena->head->size * 2;
    return size < BLOCK_MAX ? size : BLOCK_MAX;
}

void *arena_alloc(arena *arena, size_t bytes) {
    if (bytes > SIZE_MAX - 2 * sizeof(struct arena_block)) return NULL;
    size_t rounded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (rounded == 0) rounded = ALIGNMENT;
    if (arena->head != NULL && rounded <= arena->head->size - arena->used) {
        void *at = arena->head->data + arena->used;
        arena->used += rounded;
        return at;
    }

    size_t normal = next_block_size(arena);
    size_t size = rounded > normal ? rounded : normal;
    struct arena_block *block = memory_alloc(sizeof *block + size);
    if (block == NULL) return NULL;
    block->size = size;
    arena->bytes += size;
    if (rounded > normal && arena->head != NULL) { /* full at once: the head still has room */
        block->next = arena->head->next;
        arena->head->next = block;
        return block->data;
    }
    block->next = arena->head;
    arena->head = block;
    arena->used = rounded;
    return block->data;
}

hs_slice arena_copy(arena *arena, hs_slice slice) {
    if (slice.size == 0) return (hs_slice){"", 0};
    void *copy = arena_alloc(arena, slice.size);
    if (copy == NULL) return (hs_slice){NULL, slice.size};
    memcpy(copy, slice.data, slice.size);
    return (hs_slice){copy, slice.size};
}

static void free_blocks(struct arena_block *block) {
    while (block != NULL) {
        struct arena_block *next = block->next;
        memory_free(block);
        block = next;
    }
}

void arena_reset(arena *arena) {
    struct arena_block *head = arena->head;
    if (head == NULL || head->size > BLOCK_MAX) { /* one huge block is not kept for ever */
        arena_free(arena);
        return;
    }
    free_blocks(head->next);
    head->next = NULL;
    arena->used = 0;
    arena->bytes = head->size;
}

void arena_recycle(arena *arena, size_t most) {
    struct arena_block *head = arena->head;
    size_t bytes = arena->bytes;
    if (head == NULL || (head->next == NULL && head->size <= most)) {
        arena->used = 0;
        return;
    }
    arena_free(arena);
    if (bytes > most) return;
    head = memory_alloc(sizeof *head + bytes);
    if (head == NULL) return;
    head->next = NULL;
    head->size = arena->bytes = bytes;
    arena->head = head;
}

void arena_free(arena *arena) {
    free_blocks(arena->head);
    arena->head = NULL;
    arena->used = 0;
    arena->bytes = 0;
}
