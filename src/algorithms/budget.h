/* budget.h: memory that is counted against a limit of the caller's. */
#ifndef ALGORITHMS_BUDGET_H
#define ALGORITHMS_BUDGET_H

#include <stddef.h>
#include <stdint.h>

#include "hyperspatial/status.h"

typedef struct budget {
    uint64_t limit; /* bytes; 0: any */
    uint64_t used;
} budget;

/* HS_LIMIT unless `bytes` more may be used; `what` needs them ("the edges of the graph"). */
hs_status budget_allows(const budget *budget, const char *what, uint64_t bytes);

/* *array, which is NULL or from here, holds `count` items of `item_bytes` each afterwards: as many
 * of its items as fit stay, new ones are zero if it was NULL, else undefined. On failure (HS_LIMIT,
 * HS_NO_MEMORY) it is as before. While an array is moved, both places are held, and counted. */
hs_status budget_array(budget *budget, const char *what, void **array, uint64_t count,
                       size_t item_bytes);

/* Gives an array back; NULL is allowed. */
void budget_free(budget *budget, void *array);

#endif
