/* paths.c: all paths between two entities, the shortest ones first.
 *
 * A breadth-first search from the end tells how far it is from every vertex that may be on a path.
 * Then depth-first searches from the start find the paths of 1 edge, of 2, and so on; they only go
 * where the end is near enough. A frame of the search has the vertices that a path may go on to,
 * each once; the frames lie behind one another in one array.
 */
#include <assert.h>
#include <stdlib.h>

#include "algorithms/path.h"
#include "algorithms/walk.h"
#include "base/error.h"
#include "base/memory.h"

/* A vertex that a path may go on to. */
typedef struct candidate {
    uint32_t vertex; /* its number in paths->end.reached */
    float weight;
    uint32_t name : 24;
    bool against : 1;
} candidate;

typedef struct frame {
    size_t next; /* the first candidate that was not tried */
    size_t end;
    candidate chosen; /* the one tried last */
} frame;

struct hs_paths {
    selection selection;
    budget budget;
    walk end; /* from `to`, against the edges; its vertex 0 is `to` */
    arc_reader arcs;
    hs_row from;
    size_t max_length;
    size_t length;         /* of the paths looked for now; 0: the search has not begun */
    frame *frames;         /* [max_length] */
    size_t depth;          /* the path has so many edges; frames[depth] are the ways on */
    candidate *candidates; /* [frames[depth].end] */
    size_t capacity;
    int state; /* 1 while there may be more; then 0 or an error */
    arena path;
};

static hs_status find_distances(hs_paths *paths, hs_row to) {
    uint32_t vertex;
    int found;
    TRY(walk_open(&paths->end, &paths->selection, &paths->budget, to,
                  walk_reverse(paths->selection.options.orientation), false,
                  (double)(paths->max_length - 1)));
    while ((found = walk_next(&paths->end, &vertex)) > 0)
        continue;
    return (hs_status)found;
}

static hs_status start(hs_paths *paths, const char *from_type, const hs_uuid *from,
                       const char *to_type, const hs_uuid *to, size_t max_length) {
    selection *selection = &paths->selection;
    hs_row end;
    if (max_length < 1 || max_length > HS_PATH_LENGTH_MAX)
        return error_set(HS_LIMIT, "paths have 1 to %d edges, not %zu", HS_PATH_LENGTH_MAX,
                         max_length);
    TRY(selection_row(selection, from_type, from, &paths->from));
    TRY(selection_row(selection, to_type, to, &end));
    selection->exempt[0] = paths->from;
    selection->exempt[1] = end;
    paths->max_length = max_length;
    paths->budget.limit = selection->options.memory_limit;
    TRY(budget_array(&paths->budget, "the steps of a path", (void **)&paths->frames, max_length,
                     sizeof *paths->frames));
    TRY(arc_reader_open(&paths->arcs, selection, &paths->budget));
    return find_distances(paths, end);
}

hs_status hs_paths_open(hs_snapshot *snapshot, const hs_graph_options *options,
                        const char *from_type, const hs_uuid *from, const char *to_type,
                        const hs_uuid *to, size_t max_length, hs_paths **result) {
    hs_paths *paths = memory_zeroed(sizeof *paths);
    if (paths == NULL) return error_memory("an iterator over paths", sizeof *paths);
    paths->state = 1;
    hs_status status = selection_open(&paths->selection, snapshot, options);
    if (status == HS_OK) status = start(paths, from_type, from, to_type, to, max_length);
    if (status != HS_OK) {
        hs_paths_close(paths);
        return status;
    }
    *result = paths;
    return HS_OK;
}

void hs_paths_close(hs_paths *paths) {
    if (paths == NULL) return;
    if (paths->end.budget != NULL) walk_close(&paths->end);
    if (paths->arcs.budget != NULL) arc_reader_close(&paths->arcs);
    budget_free(&paths->budget, paths->frames);
    budget_free(&paths->budget, paths->candidates);
    selection_close(&paths->selection);
    arena_free(&paths->path);
    memory_free(paths);
}

/* --- searching -------------------------------------------------------------------------------- */

static bool is_on_path(const hs_paths *paths, uint32_t vertex) {
    for (size_t i = 0; i < paths->depth; i++)
        if (paths->frames[i].chosen.vertex == vertex) return true;
    return paths->end.reached.vertices[vertex].row == paths->from;
}

/* Whether a path may go on to a vertex, after which `left` edges remain. */
static bool may_follow(const hs_paths *paths, uint32_t vertex, size_t left) {
    if (vertex == NOBODY) return false;
    const reached_vertex *at = paths->end.reached.vertices + vertex;
    if (at->excluded || at->depth > left) return false;
    return (vertex != 0 || left == 0) && !is_on_path(paths, vertex);
}

static int candidate_order(const void *a, const void *b) {
    const candidate *x = a, *y = b;
    if (x->vertex != y->vertex) return x->vertex < y->vertex ? -1 : 1;
    if (x->weight != y->weight) return x->weight < y->weight ? -1 : 1;
    if (x->name != y->name) return x->name < y->name ? -1 : 1;
    return (int)x->against - (int)y->against;
}

/* Orders the candidates of a frame and keeps one of those for the same vertex: the lightest. */
static void simplify(hs_paths *paths, frame *frame, size_t first) {
    candidate *all = paths->candidates;
    size_t kept = first;
    if (frame->end > first) qsort(all + first, frame->end - first, sizeof *all, candidate_order);
    for (size_t i = first; i < frame->end; i++)
        if (kept == first || all[kept - 1].vertex != all[i].vertex) all[kept++] = all[i];
    frame->end = kept;
}

static hs_status add_candidate(hs_paths *paths, frame *frame, uint32_t vertex, const arc *arc) {
    if (frame->end == paths->capacity) {
        size_t capacity = paths->capacity == 0 ? 64 : 2 * paths->capacity;
        TRY(budget_array(&paths->budget, "the steps of a path", (void **)&paths->candidates,
                         capacity, sizeof *paths->candidates));
        paths->capacity = capacity;
    }
    paths->candidates[frame->end++] = (candidate){
        .vertex = vertex, .weight = arc->weight, .name = arc->name, .against = arc->against};
    return HS_OK;
}

/* Fills frames[depth], behind the frame before, with the ways on from an entity. */
static hs_status expand(hs_paths *paths, hs_row at) {
    size_t first = paths->depth == 0 ? 0 : paths->frames[paths->depth - 1].end;
    frame *frame = paths->frames + paths->depth;
    *frame = (struct frame){.next = first, .end = first};
    frame->chosen.vertex = NOBODY;
    TRY(arc_reader_read(&paths->arcs, at, paths->selection.options.orientation));
    for (size_t i = 0; i < paths->arcs.count; i++) {
        const arc *arc = paths->arcs.arcs + i;
        uint32_t vertex = reached_find(&paths->end.reached, arc->far);
        if (may_follow(paths, vertex, paths->length - paths->depth - 1))
            TRY(add_candidate(paths, frame, vertex, arc));
    }
    simplify(paths, frame, first);
    return HS_OK;
}

/* Goes on to the next path: 1, 0, or an error. */
static int advance(hs_paths *paths) {
    const reached_vertex *vertices = paths->end.reached.vertices;
    for (;;) {
        frame *frame = paths->frames + paths->depth;
        if (paths->length > 0 && frame->next < frame->end) {
            frame->chosen = paths->candidates[frame->next++];
            if (paths->depth + 1 == paths->length) return 1;
            paths->depth++;
            TRY(expand(paths, vertices[frame->chosen.vertex].row));
        } else if (paths->depth > 0) {
            paths->depth--;
        } else if (paths->length < paths->max_length) {
            paths->length++;
            TRY(expand(paths, paths->from));
        } else {
            return 0;
        }
    }
}

static hs_status fill_path(hs_paths *paths, size_t length, hs_path *path) {
    const selection *selection = &paths->selection;
    hs_path_step *steps;
    arena_reset(&paths->path);
    TRY(path_start(&paths->path, length, path, &steps));
    TRY(path_vertex(selection, paths->from, steps));
    for (size_t i = 0; i < length; i++) {
        const candidate *chosen = &paths->frames[i].chosen;
        TRY(path_vertex(selection, paths->end.reached.vertices[chosen->vertex].row, steps + i + 1));
        TRY(path_edge(selection, chosen->name, chosen->against, chosen->weight, steps + i + 1));
    }
    path_finish(path);
    return HS_OK;
}

int hs_paths_next(hs_paths *paths, hs_path *path) {
    if (paths->state != 1) return paths->state;
    bool is_empty = paths->end.reached.vertices[0].row == paths->from;
    if (!is_empty) paths->state = advance(paths);
    if (paths->state == 1) {
        hs_status status = fill_path(paths, is_empty ? 0 : paths->length, path);
        if (status != HS_OK) paths->state = (int)status;
    }
    int state = paths->state;
    if (is_empty && state == 1) paths->state = 0;
    return state;
}
