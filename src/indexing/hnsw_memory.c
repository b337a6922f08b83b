/* hnsw_memory.c: lists in arrays, each begun by its count, and a spinning lock for each node. */
#include "indexing/hnsw_memory.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

#define SPINS_MAX 64

struct hnsw_memory {
    uint32_t count;
    uint32_t stride, upper_stride; /* u32 of a list */
    uint32_t *lists;               /* [count × stride] of level 0 */
    uint32_t *uppers;              /* those of higher levels, level by level for each node */
    uint64_t *first; /* [count + 1]: where a node's begin, in lists; NULL if there are none */
    atomic_uchar *locks;
};

static uint32_t *list_of(const hnsw_memory *memory, unsigned level, uint32_t node) {
    if (node >= memory->count) return NULL;
    if (level == 0) return memory->lists + (size_t)node * memory->stride;
    uint64_t at = memory->first[node] + level - 1;
    return at < memory->first[node + 1] ? memory->uppers + at * memory->upper_stride : NULL;
}

static hs_status get(const hnsw *hnsw, unsigned level, uint32_t node, hnsw_list *list) {
    const uint32_t *stored = list_of(hnsw->lists, level, node);
    if (stored == NULL) return HS_NOT_FOUND;
    *list = (hnsw_list){stored + 1, stored[0]};
    return HS_OK;
}

static hs_status put(hnsw *hnsw, unsigned level, uint32_t node, const uint32_t *nodes,
                     uint32_t count) {
    uint32_t *stored = list_of(hnsw->lists, level, node);
    if (stored == NULL) return HS_NOT_FOUND;
    stored[0] = count;
    if (count > 0) memmove(stored + 1, nodes, count * sizeof *nodes);
    return HS_OK;
}

static hs_status empty(hnsw *hnsw, unsigned level, uint32_t node) {
    return put(hnsw, level, node, NULL, 0);
}

static void lock(const hnsw *hnsw, uint32_t node) {
    const hnsw_memory *memory = hnsw->lists;
    unsigned spins = 0;
    while (atomic_exchange_explicit(memory->locks + node, 1, memory_order_acquire) != 0)
        if (++spins % SPINS_MAX == 0) sched_yield();
}

static void unlock(const hnsw *hnsw, uint32_t node) {
    const hnsw_memory *memory = hnsw->lists;
    atomic_store_explicit(memory->locks + node, 0, memory_order_release);
}

static hs_status allocate(const hnsw *hnsw, hnsw_memory *memory) {
    size_t count = memory->count;
    memory->first = memory_alloc((count + 1) * sizeof *memory->first);
    if (memory->first == NULL) return error_memory("an index", (count + 1) * 8);
    memory->first[0] = 0;
    for (uint32_t i = 0; i < count; i++)
        memory->first[i + 1] = memory->first[i] + hnsw_level(hnsw, i);
    size_t bytes = count * memory->stride * sizeof(uint32_t);
    size_t upper = (memory->first[count] * memory->upper_stride + 1) * sizeof(uint32_t);
    memory->lists = memory_zeroed(bytes + 1);
    memory->uppers = memory_zeroed(upper);
    memory->locks = memory_zeroed(count + 1);
    if (memory->lists != NULL && memory->uppers != NULL && memory->locks != NULL) return HS_OK;
    return error_memory("an index", bytes + upper + count);
}

hs_status hnsw_memory_create(hnsw *hnsw, uint32_t count, hnsw_memory **result) {
    hnsw_memory *memory = memory_zeroed(sizeof *memory);
    if (memory == NULL) return error_memory("an index", sizeof *memory);
    memory->count = count;
    memory->stride = hnsw_capacity(&hnsw->options, 0) + 1;
    memory->upper_stride = hnsw_capacity(&hnsw->options, 1) + 1;
    hs_status status = allocate(hnsw, memory);
    if (status != HS_OK) {
        hnsw_memory_free(memory);
        return status;
    }
    hnsw->lists = memory;
    hnsw->get = get;
    hnsw->put = put;
    hnsw->remove = empty;
    hnsw->lock = lock;
    hnsw->unlock = unlock;
    *result = memory;
    return HS_OK;
}

void hnsw_memory_free(hnsw_memory *memory) {
    if (memory == NULL) return;
    memory_free(memory->first);
    memory_free(memory->lists);
    memory_free(memory->uppers);
    memory_free(memory->locks);
    memory_free(memory);
}
