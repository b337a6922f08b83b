/* slots.c: the growing array of pointers that readers need no lock for. */
#include "storage/collection/slots.h"

#include <assert.h>

#include "base/error.h"
#include "base/memory.h"

#define FIRST_CHUNK 64

/* Chunk c covers the indices from 64 × (2^c − 1) on. */
static unsigned chunk_of(uint32_t index, uint32_t *offset) {
    uint64_t place = (uint64_t)index / FIRST_CHUNK + 1;
    unsigned chunk = 63 - (unsigned)__builtin_clzll(place);
    *offset = (uint32_t)(index - FIRST_CHUNK * ((UINT64_C(1) << chunk) - 1));
    return chunk;
}

void *slots_get(slots *slots, uint32_t index) {
    uint32_t offset;
    unsigned chunk = chunk_of(index, &offset);
    assert(chunk < SLOTS_CHUNKS);
    _Atomic(void *) *slot = atomic_load_explicit(&slots->chunks[chunk], memory_order_acquire);
    return slot == NULL ? NULL : atomic_load_explicit(slot + offset, memory_order_acquire);
}

hs_status slots_set(slots *slots, uint32_t index, void *pointer) {
    uint32_t offset;
    unsigned chunk = chunk_of(index, &offset);
    assert(chunk < SLOTS_CHUNKS);
    _Atomic(void *) *slot = atomic_load_explicit(&slots->chunks[chunk], memory_order_relaxed);
    if (slot == NULL) {
        size_t bytes = ((size_t)FIRST_CHUNK << chunk) * sizeof *slot;
        slot = memory_zeroed(bytes);
        if (slot == NULL) return error_memory("a table of names, shapes or families", bytes);
        atomic_store_explicit(&slots->chunks[chunk], slot, memory_order_release);
    }
    atomic_store_explicit(slot + offset, pointer, memory_order_release);
    return HS_OK;
}

void slots_free(slots *slots, void (*release)(void *pointer)) {
    for (unsigned chunk = 0; chunk < SLOTS_CHUNKS; chunk++) {
        _Atomic(void *) *slot = atomic_load_explicit(&slots->chunks[chunk], memory_order_acquire);
        if (slot == NULL) continue;
        for (size_t i = 0; release != NULL && i < (size_t)FIRST_CHUNK << chunk; i++) {
            void *pointer = atomic_load_explicit(slot + i, memory_order_relaxed);
            if (pointer != NULL) release(pointer);
        }
        memory_free(slot);
        atomic_store_explicit(&slots->chunks[chunk], NULL, memory_order_relaxed);
    }
}
