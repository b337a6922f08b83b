/* budget.c: memory that is counted against a limit of the caller's. */
#include "algorithms/budget.h"

#include <assert.h>

#include "base/error.h"
#include "base/memory.h"

/* Stands before each array; as long as the alignment of memory_alloc. */
typedef struct block {
    uint64_t bytes; /* with this header */
    uint64_t unused;
} block;

hs_status budget_allows(const budget *budget, const char *what, uint64_t bytes) {
    if (budget->limit == 0) return HS_OK;
    assert(budget->used <= budget->limit);
    if (bytes <= budget->limit - budget->used) return HS_OK;
    return error_set(HS_LIMIT,
                     "%s need %llu bytes beside the %llu that are held, and the memory limit is "
                     "%llu bytes; raise it, or select fewer entities and edges",
                     what, (unsigned long long)bytes, (unsigned long long)budget->used,
                     (unsigned long long)budget->limit);
}

hs_status budget_array(budget *budget, const char *what, void **array, uint64_t count,
                       size_t item_bytes) {
    if (count > (SIZE_MAX - sizeof(block)) / item_bytes) return error_memory(what, SIZE_MAX);
    uint64_t bytes = count * item_bytes + sizeof(block);
    block *old = *array == NULL ? NULL : (block *)*array - 1;
    uint64_t before = old == NULL ? 0 : old->bytes;
    if (bytes > before) TRY(budget_allows(budget, what, bytes));
    block *new = old == NULL ? memory_zeroed(bytes) : memory_resize(old, bytes);
    if (new == NULL) return error_memory(what, bytes);
    new->bytes = bytes;
    budget->used += bytes;
    assert(budget->used >= before);
    budget->used -= before;
    *array = new + 1;
    return HS_OK;
}

void budget_free(budget *budget, void *array) {
    if (array == NULL) return;
    block *old = (block *)array - 1;
    assert(budget->used >= old->bytes);
    budget->used -= old->bytes;
    memory_free(old);
}
