/* path.c: paths as the API returns them. */
#include "algorithms/path.h"

#include <assert.h>
#include <string.h>

#include "base/error.h"

hs_status path_start(arena *arena, size_t length, hs_path *path, hs_path_step **steps) {
    size_t bytes = (length + 1) * sizeof **steps;
    *steps = arena_alloc(arena, bytes);
    if (*steps == NULL) return error_memory("a path", bytes);
    memset(*steps, 0, bytes);
    *path = (hs_path){.steps = *steps, .length = length};
    return HS_OK;
}

hs_status path_vertex(const selection *selection, hs_row row, hs_path_step *step) {
    return selection_identify(selection, row, &step->type, &step->id);
}

hs_status path_edge(const selection *selection, uint32_t name, bool against, float weight,
                    hs_path_step *step) {
    step->against = against;
    step->weight = weight;
    return snapshot_label(selection->snapshot, name, &step->edge_type);
}

hs_status path_trace(const selection *selection, const reached *reached, uint32_t vertex,
                     hs_path_step *steps) {
    for (;;) {
        const reached_vertex *at = reached->vertices + vertex;
        TRY(path_vertex(selection, at->row, steps + at->depth));
        if (at->parent == NOBODY) break;
        TRY(path_edge(selection, at->name, at->against, at->weight, steps + at->depth));
        assert(reached->vertices[at->parent].depth + 1 == at->depth);
        vertex = at->parent;
    }
    return HS_OK;
}

void path_finish(hs_path *path) {
    path->weight = 0;
    for (size_t i = 1; i <= path->length; i++)
        path->weight += (double)path->steps[i].weight;
}
