/* reached.c: the vertices that a traversal has met. */
#include "algorithms/reached.h"

#include <assert.h>

#include "base/error.h"

enum { FIRST_CAPACITY = 64 };

static uint64_t slot_of(const reached *reached, hs_row row) {
    uint64_t hash = row * UINT64_C(0x9E3779B97F4A7C15);
    return (hash ^ hash >> 32) & (reached->table_size - 1);
}

/* The slot of a row, or the free one where it belongs. */
static uint64_t find_slot(const reached *reached, hs_row row) {
    uint64_t slot = slot_of(reached, row);
    while (reached->table[slot] != 0 && reached->vertices[reached->table[slot] - 1].row != row)
        slot = (slot + 1) & (reached->table_size - 1);
    return slot;
}

static hs_status grow(reached *reached) {
    const char *what = "the vertices that were reached";
    uint64_t capacity = reached->capacity == 0 ? FIRST_CAPACITY : 2 * (uint64_t)reached->capacity;
    if (capacity > HS_GRAPH_VERTICES_MAX) capacity = HS_GRAPH_VERTICES_MAX;
    if (reached->count == capacity)
        return error_set(HS_LIMIT, "a traversal meets more than %u vertices",
                         HS_GRAPH_VERTICES_MAX);
    uint32_t *table = NULL;
    uint64_t size = reached->table_size == 0 ? 2 * FIRST_CAPACITY : 2 * reached->table_size;
    TRY(budget_array(reached->budget, what, (void **)&reached->vertices, capacity,
                     sizeof *reached->vertices));
    TRY(budget_array(reached->budget, what, (void **)&table, size, sizeof *table));
    budget_free(reached->budget, reached->table);
    reached->table = table;
    reached->table_size = size;
    reached->capacity = (uint32_t)capacity;
    for (uint32_t i = 0; i < reached->count; i++)
        table[find_slot(reached, reached->vertices[i].row)] = i + 1;
    return HS_OK;
}

static hs_status append(reached *reached, reached_vertex vertex, uint32_t *number) {
    if (reached->count == reached->capacity) TRY(grow(reached));
    uint64_t slot = find_slot(reached, vertex.row);
    assert(reached->table[slot] == 0);
    reached->vertices[reached->count] = vertex;
    *number = reached->count++;
    reached->table[slot] = reached->count;
    return HS_OK;
}

hs_status reached_open(reached *reached, budget *budget, hs_row first) {
    uint32_t number;
    *reached = (struct reached){.budget = budget};
    return append(reached, (reached_vertex){.row = first, .parent = NOBODY}, &number);
}

void reached_close(reached *reached) {
    budget_free(reached->budget, reached->vertices);
    budget_free(reached->budget, reached->table);
}

uint32_t reached_find(const reached *reached, hs_row row) {
    return reached->table[find_slot(reached, row)] - 1;
}

hs_status reached_add(reached *reached, uint32_t parent, const arc *arc, uint32_t *number) {
    reached_vertex vertex = {.row = arc->far,
                             .parent = parent,
                             .depth = reached->vertices[parent].depth + 1,
                             .weight = arc->weight,
                             .name = arc->name,
                             .against = arc->against};
    return append(reached, vertex, number);
}

hs_status reached_meet(reached *reached, const selection *selection, uint32_t parent,
                       const arc *arc, uint32_t *number, bool *is_new) {
    *number = reached_find(reached, arc->far);
    *is_new = *number == NOBODY;
    if (!*is_new) return HS_OK;
    bool matches;
    TRY(selection_matches(selection, arc->far, &matches));
    TRY(reached_add(reached, parent, arc, number));
    reached->vertices[*number].excluded = !matches;
    return HS_OK;
}
