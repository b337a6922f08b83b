/* readers.c: reader slots in chunks that are added as needed and stay until the end. */
#include "engine/readers.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"

/* Chunks are allocated with room to align them to a cache line; the block's start is kept in
 * front. */
static reader_slot *chunk_create(void) {
    size_t bytes = READERS_CHUNK * sizeof(reader_slot) + 2 * _Alignof(reader_slot);
    uint8_t *block = memory_zeroed(bytes);
    if (block == NULL) return NULL;
    uintptr_t start = ((uintptr_t)block + sizeof(void *) + _Alignof(reader_slot) - 1) &
                      ~(uintptr_t)(_Alignof(reader_slot) - 1);
    ((void **)start)[-1] = block;
    reader_slot *chunk = (reader_slot *)start;
    for (uint32_t i = 0; i < READERS_CHUNK; i++)
        atomic_init(&chunk[i].limit, UINT64_MAX);
    return chunk;
}

static void chunk_free(reader_slot *chunk) {
    if (chunk != NULL) memory_free(((void **)(void *)chunk)[-1]);
}

hs_status readers_open(readers *r) {
    reader_slot *chunk = chunk_create();
    if (chunk == NULL) return error_memory("reader slots", READERS_CHUNK * sizeof(reader_slot));
    atomic_store(&r->chunks[0], chunk);
    return HS_OK;
}

void readers_close(readers *r) {
    for (uint32_t i = 0; i < READERS_CHUNKS_MAX; i++) {
        chunk_free(atomic_load(&r->chunks[i]));
        atomic_store(&r->chunks[i], NULL);
    }
}

/* A free slot of a chunk; the search begins at a place that differs by thread, so that threads
 * rarely meet. */
static reader_slot *take_from(reader_slot *chunk, uint32_t start) {
    for (uint32_t i = 0; i < READERS_CHUNK; i++) {
        reader_slot *slot = &chunk[(start + i) % READERS_CHUNK];
        uint64_t expected = 0;
        if (atomic_load_explicit(&slot->state, memory_order_relaxed) == 0 &&
            atomic_compare_exchange_strong(&slot->state, &expected, UINT64_MAX)) {
            atomic_store_explicit(&slot->since, clock_coarse_ns(), memory_order_relaxed);
            return slot;
        }
    }
    return NULL;
}

hs_status readers_take(readers *r, reader_slot **slot) {
    uintptr_t stack = (uintptr_t)&r; /* differs by thread */
    uint32_t start = (uint32_t)((stack >> 16) * 7);
    for (uint32_t i = 0; i < READERS_CHUNKS_MAX; i++) {
        reader_slot *chunk = atomic_load(&r->chunks[i]);
        if (chunk == NULL) {
            reader_slot *fresh = chunk_create();
            if (fresh == NULL)
                return error_memory("reader slots", READERS_CHUNK * sizeof(reader_slot));
            if (atomic_compare_exchange_strong(&r->chunks[i], &chunk, fresh)) {
                chunk = fresh;
            } else {
                chunk_free(fresh);
            }
        }
        *slot = take_from(chunk, start);
        if (*slot != NULL) return HS_OK;
    }
    return error_set(HS_LIMIT, "%u snapshots are open; close some",
                     READERS_CHUNK * READERS_CHUNKS_MAX);
}

void readers_look(const readers *r, uint64_t visible, readers_view *view) {
    view->visible = view->oldest = visible;
    view->count = 0;
    for (uint32_t i = 0; i < READERS_CHUNKS_MAX; i++) {
        const reader_slot *chunk = atomic_load(&r->chunks[i]);
        if (chunk == NULL) break;
        for (uint32_t s = 0; s < READERS_CHUNK; s++) {
            uint64_t state = atomic_load(&chunk[s].state);
            if (state == 0 || state == UINT64_MAX) continue;
            if (state - 1 < view->oldest) view->oldest = state - 1;
            if (view->count < READERS_VIEWED) {
                view->listed[view->count].sequence = state - 1;
                view->listed[view->count].limit = atomic_load(&chunk[s].limit);
                /* The slot may have changed hands between the two loads: then believe nothing of
                 * it. */
                if (atomic_load(&chunk[s].state) != state)
                    view->listed[view->count].limit = UINT64_MAX;
            }
            view->count++;
        }
    }
}

uint64_t readers_oldest_since(const readers *r, uint64_t now) {
    uint64_t oldest = UINT64_MAX, first = now;
    for (uint32_t i = 0; i < READERS_CHUNKS_MAX; i++) {
        const reader_slot *chunk = atomic_load(&r->chunks[i]);
        if (chunk == NULL) break;
        for (uint32_t s = 0; s < READERS_CHUNK; s++) {
            uint64_t state = atomic_load(&chunk[s].state);
            uint64_t since = atomic_load(&chunk[s].since);
            /* A slot that has changed hands meanwhile says nothing. */
            if (state == 0 || state == UINT64_MAX || atomic_load(&chunk[s].state) != state)
                continue;
            if (state > oldest) continue;
            if (state < oldest || since < first) first = since < now ? since : now;
            oldest = state;
        }
    }
    return first;
}

bool readers_see(const readers_view *view, uint64_t born, uint64_t txn, uint64_t died) {
    if (died > view->visible || view->count > READERS_VIEWED) return died > view->oldest;
    for (uint64_t i = 0; i < view->count; i++) {
        uint64_t sequence = view->listed[i].sequence, limit = view->listed[i].limit;
        if (sequence >= died) continue;
        /* A reader without a limit is still beginning: it may come to see a later commit. */
        if (limit == UINT64_MAX || (sequence >= born && limit > txn)) return true;
    }
    return false;
}
