/* traversal.c: the public face of a walk: what can be reached from an entity, nearest first. */
#include "algorithms/path.h"
#include "algorithms/walk.h"
#include "base/error.h"
#include "base/memory.h"

struct hs_traversal {
    selection selection;
    budget budget;
    walk walk;
    uint32_t visited; /* the vertex returned last; NOBODY */
    int state;        /* 1 while there may be more; then 0 or an error */
    arena path;       /* of the path returned last */
};

static hs_status start(hs_traversal *traversal, const char *type, const hs_uuid *id,
                       double max_distance) {
    selection *selection = &traversal->selection;
    hs_row from;
    double bound;
    TRY(walk_bound(max_distance, &bound));
    TRY(selection_row(selection, type, id, &from));
    selection->exempt[0] = from;
    traversal->budget.limit = selection->options.memory_limit;
    return walk_open(&traversal->walk, selection, &traversal->budget, from,
                     selection->options.orientation, selection->options.weighted, bound);
}

hs_status hs_traversal_open(hs_snapshot *snapshot, const hs_graph_options *options,
                            const char *type, const hs_uuid *id, double max_distance,
                            hs_traversal **result) {
    hs_traversal *traversal = memory_zeroed(sizeof *traversal);
    if (traversal == NULL) return error_memory("a traversal", sizeof *traversal);
    traversal->state = 1;
    traversal->visited = NOBODY;
    hs_status status = selection_open(&traversal->selection, snapshot, options);
    if (status == HS_OK) status = start(traversal, type, id, max_distance);
    if (status != HS_OK) {
        hs_traversal_close(traversal);
        return status;
    }
    *result = traversal;
    return HS_OK;
}

int hs_traversal_next(hs_traversal *traversal, hs_visit *visit) {
    if (traversal->state != 1) return traversal->state;
    traversal->state = walk_next(&traversal->walk, &traversal->visited);
    if (traversal->state != 1) {
        traversal->visited = NOBODY;
        return traversal->state;
    }
    const reached_vertex *vertex = traversal->walk.reached.vertices + traversal->visited;
    visit->depth = vertex->depth;
    visit->distance = walk_distance(&traversal->walk, traversal->visited);
    hs_status status =
        selection_identify(&traversal->selection, vertex->row, &visit->type, &visit->id);
    if (status != HS_OK) traversal->state = (int)status;
    return traversal->state;
}

hs_status hs_traversal_path(hs_traversal *traversal, hs_path *path) {
    hs_path_step *steps;
    const reached *reached = &traversal->walk.reached;
    if (traversal->visited == NOBODY)
        return error_set(HS_INVALID, "the traversal is at no vertex that there is a path to");
    arena_reset(&traversal->path);
    TRY(path_start(&traversal->path, reached->vertices[traversal->visited].depth, path, &steps));
    TRY(path_trace(&traversal->selection, reached, traversal->visited, steps));
    path_finish(path);
    return HS_OK;
}

void hs_traversal_close(hs_traversal *traversal) {
    if (traversal == NULL) return;
    if (traversal->walk.budget != NULL) walk_close(&traversal->walk);
    selection_close(&traversal->selection);
    arena_free(&traversal->path);
    memory_free(traversal);
}
