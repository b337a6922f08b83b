/* graph_ways.c: graph bfs, shortest-path and paths: what is reached from an entity, and how. */
#include <string.h>

#include "address.h"
#include "graph.h"

/* --- what is reached -------------------------------------------------------------------------- */

static int write_visits(invocation *run, hs_traversal *traversal, uint64_t limit) {
    hs_visit visit;
    hs_entity entity;
    int code = EXIT_OK, found = 0;
    while (code == EXIT_OK && limit-- > 0 && (found = hs_traversal_next(traversal, &visit)) > 0) {
        code = address_entity(run, visit.type, &visit.id, &entity);
        if (code != EXIT_OK) break;
        const cell row[] = {cell_float64(visit.distance), cell_count(visit.depth),
                            cell_name(visit.type), cell_key(entity.key), cell_id(&visit.id)};
        code = output_row(run->out, row);
    }
    return code == EXIT_OK && found < 0 ? report_status((hs_status)found) : code;
}

int graph_bfs(invocation *run, const graph_question *asked) {
    static const char *const columns[] = {"distance", "depth", "entity_type", "key", "id"};
    hs_traversal *traversal;
    hs_status status = hs_traversal_open(run->snapshot, &asked->options, asked->from.type,
                                         &asked->from.id, (double)asked->depth, &traversal);
    if (status != HS_OK) return report_status(status);
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    int code = write_visits(run, traversal, asked->limit);
    hs_traversal_close(traversal);
    return output_end(run->out, code);
}

/* --- paths ------------------------------------------------------------------------------------ */

enum { STEP_COLUMNS = 8 };

/* The cells of a step and the distance from the start. */
static int fill_step(invocation *run, const hs_path *path, size_t step, double distance,
                     hs_entity *entity, cell row[STEP_COLUMNS]) {
    const hs_path_step *at = path->steps + step;
    int code = address_entity(run, at->type, &at->id, entity);
    if (code != EXIT_OK) return code;
    row[0] = cell_count(step);
    row[1] = step == 0 ? cell_absent() : cell_text(at->edge_type);
    row[2] = step == 0 ? cell_absent() : cell_name(at->against ? "in" : "out");
    row[3] = step == 0 ? cell_absent() : cell_float32(at->weight);
    row[4] = cell_float64(distance);
    row[5] = cell_name(at->type);
    row[6] = cell_key(entity->key);
    row[7] = cell_id(&at->id);
    return EXIT_OK;
}

/* Writes a row for each step, with the number of the path before it unless it is 0. */
static int write_path(invocation *run, const graph_question *asked, uint64_t number,
                      const hs_path *path) {
    double distance = 0;
    for (size_t i = 0; i <= path->length; i++) {
        hs_entity entity;
        cell row[STEP_COLUMNS + 1] = {cell_count(number)};
        if (i > 0) distance += asked->options.weighted ? (double)path->steps[i].weight : 1;
        int code = fill_step(run, path, i, distance, &entity, row + 1);
        if (code == EXIT_OK) code = output_row(run->out, number == 0 ? row + 1 : row);
        if (code != EXIT_OK) return code;
    }
    return EXIT_OK;
}

static const char *const step_columns[] = {"path",     "step",        "edge", "direction", "weight",
                                           "distance", "entity_type", "key",  "id"};

int graph_shortest_path(invocation *run, const graph_question *asked) {
    const graph_end *from = &asked->from, *to = &asked->to;
    if (to->type == NULL) return graph_bfs(run, asked);
    hs_path path;
    hs_status status = hs_shortest_path(run->snapshot, &asked->options, from->type, &from->id,
                                        to->type, &to->id, (double)asked->depth, &path);
    if (status != HS_OK) return report_status(status);
    output_begin(run->out, step_columns + 1, STEP_COLUMNS, false);
    return output_end(run->out, write_path(run, asked, 0, &path));
}

int graph_paths(invocation *run, const graph_question *asked) {
    const graph_end *from = &asked->from, *to = &asked->to;
    hs_paths *paths;
    hs_path path;
    hs_status status = hs_paths_open(run->snapshot, &asked->options, from->type, &from->id,
                                     to->type, &to->id, (size_t)asked->depth, &paths);
    if (status != HS_OK) return report_status(status);
    int code = EXIT_OK, found = 0;
    output_begin(run->out, step_columns, STEP_COLUMNS + 1, false);
    for (uint64_t i = 1; code == EXIT_OK && i <= asked->limit; i++) {
        found = hs_paths_next(paths, &path);
        if (found <= 0) break;
        code = write_path(run, asked, i, &path);
    }
    if (code == EXIT_OK && found < 0) code = report_status((hs_status)found);
    hs_paths_close(paths);
    return output_end(run->out, code);
}
