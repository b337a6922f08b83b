/* memory.c: the allocator that the whole library uses, and its failure hook. */
#include "base/memory.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/error.h"

/* 0: no failure is asked for; 1: every allocation fails; n: so many minus one still succeed. */
static _Thread_local uint64_t fail_countdown;

void memory_fail_after(uint64_t n) {
    fail_countdown = n;
}

static bool must_fail(void) {
    if (fail_countdown == 0) return false;
    if (fail_countdown == 1) return true;
    fail_countdown--;
    return false;
}

/* NULL means failure, so that an allocation of no bytes must not give it. */
static size_t at_least_one(size_t bytes) {
    return bytes > 0 ? bytes : 1;
}

void *memory_alloc(size_t bytes) {
    return must_fail() ? NULL : malloc(at_least_one(bytes));
}

void *memory_zeroed(size_t bytes) {
    return must_fail() ? NULL : calloc(1, at_least_one(bytes));
}

void *memory_resize(void *block, size_t bytes) {
    return must_fail() ? NULL : realloc(block, at_least_one(bytes));
}

void memory_free(void *block) {
    free(block);
}

hs_status memory_reserve(void **array, size_t *capacity, size_t needed, size_t item_bytes) {
    if (needed <= *capacity) return HS_OK;
    size_t target = *capacity < 8 ? 8 : *capacity;
    while (target < needed && target <= SIZE_MAX / 2)
        target *= 2;
    if (target < needed || target > SIZE_MAX / item_bytes)
        return error_memory("an array", SIZE_MAX);

    void *grown = memory_resize(*array, target * item_bytes);
    if (grown == NULL) return error_memory("an array", target * item_bytes);
    *array = grown;
    *capacity = target;
    return HS_OK;
}
