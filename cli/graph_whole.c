/* graph_whole.c: graph components, pagerank, labels and clustering: a number for every entity. */
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "graph.h"

/* Writes a row for the entity that a vertex is, with the cells `before` it and one behind it. */
static int write_vertex(invocation *run, hs_graph *graph, uint32_t vertex, const cell *before,
                        size_t before_count, cell behind) {
    const char *type;
    hs_uuid id;
    hs_entity entity;
    cell row[6];
    hs_status status = hs_graph_vertex(graph, vertex, &type, &id);
    if (status != HS_OK) return report_status(status);
    int code = address_entity(run, type, &id, &entity);
    if (code != EXIT_OK) return code;
    size_t count = 0;
    while (count < before_count) {
        row[count] = before[count];
        count++;
    }
    row[count++] = cell_name(type);
    row[count++] = cell_key(entity.key);
    row[count++] = cell_id(&id);
    row[count] = behind;
    return output_row(run->out, row);
}

/* --- groups ----------------------------------------------------------------------------------- */

/* Entities that belong together. */
typedef struct group {
    uint32_t first; /* vertex */
    uint32_t number;
    uint32_t size;
} group;

/* The largest first. */
static int group_order(const void *a, const void *b) {
    const group *x = a, *y = b;
    if (x->size != y->size) return x->size > y->size ? -1 : 1;
    return x->number < y->number ? -1 : 1;
}

/* Numbers the groups from 1 in the order of their first vertices: `members` [vertices] names the
 * group of each vertex by some number below `vertices`, and gets its number instead. Returns how
 * many there are. */
static uint32_t number_groups(uint32_t *members, uint32_t vertices, group *groups) {
    uint32_t *numbers = allocate((size_t)vertices + 1, sizeof *numbers), count = 0;
    for (uint32_t v = 0; v < vertices; v++) {
        uint32_t *number = numbers + members[v];
        if (*number == 0) {
            groups[count] = (group){.first = v, .number = count + 1};
            *number = ++count;
        }
        members[v] = *number;
        groups[*number - 1].size++;
    }
    free(numbers);
    return count;
}

static int write_groups(invocation *run, const graph_question *asked, hs_graph *graph,
                        const char *name, uint32_t *members) {
    const char *const columns[] = {name, "size", "entity_type", "key", "id"};
    uint32_t vertices = hs_graph_vertex_count(graph);
    group *groups = allocate((size_t)vertices + 1, sizeof *groups);
    uint32_t count = number_groups(members, vertices, groups);
    qsort(groups, count, sizeof *groups, group_order);
    output_begin(run->out, columns, 5, false);
    int code = EXIT_OK;
    for (uint32_t i = 0; i < count && i < asked->limit && code == EXIT_OK; i++) {
        const cell before[] = {cell_count(groups[i].number), cell_count(groups[i].size)};
        code = write_vertex(run, graph, groups[i].first, before, 2, cell_absent());
    }
    free(groups);
    return output_end(run->out, code);
}

static int write_members(invocation *run, const graph_question *asked, hs_graph *graph,
                         const char *name, uint32_t *members) {
    const char *const columns[] = {"entity_type", "key", "id", name};
    uint32_t vertices = hs_graph_vertex_count(graph);
    group *groups = allocate((size_t)vertices + 1, sizeof *groups);
    number_groups(members, vertices, groups);
    free(groups);
    output_begin(run->out, columns, 4, false);
    int code = EXIT_OK;
    for (uint32_t v = 0; v < vertices && v < asked->limit && code == EXIT_OK; v++)
        code = write_vertex(run, graph, v, NULL, 0, cell_count(members[v]));
    return output_end(run->out, code);
}

/* --- numbers ---------------------------------------------------------------------------------- */

typedef struct ranked {
    double value;
    uint32_t vertex;
} ranked;

/* The largest first. */
static int ranked_order(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->value != y->value) return x->value > y->value ? -1 : 1;
    return x->vertex < y->vertex ? -1 : 1;
}

static int write_values(invocation *run, const graph_question *asked, hs_graph *graph,
                        const char *name, const double *values) {
    const char *const columns[] = {"entity_type", "key", "id", name};
    uint32_t vertices = hs_graph_vertex_count(graph);
    ranked *all = allocate((size_t)vertices + 1, sizeof *all);
    for (uint32_t v = 0; v < vertices; v++)
        all[v] = (ranked){values[v], v};
    qsort(all, vertices, sizeof *all, ranked_order);
    output_begin(run->out, columns, 4, false);
    int code = EXIT_OK;
    for (uint32_t i = 0; i < vertices && i < asked->limit && code == EXIT_OK; i++)
        code = write_vertex(run, graph, all[i].vertex, NULL, 0, cell_float64(all[i].value));
    free(all);
    return output_end(run->out, code);
}

/* --- questions -------------------------------------------------------------------------------- */

typedef hs_status find_groups(hs_graph *graph, const graph_question *asked, uint32_t *members);
typedef hs_status find_values(hs_graph *graph, const graph_question *asked, double *values);

/* Builds the graph, and an array for each vertex; distances do not matter here, so that weights are
 * not kept. */
static int build(invocation *run, const graph_question *asked, size_t item, hs_graph **graph,
                 void **array) {
    hs_graph_options options = asked->options;
    options.weighted = false;
    hs_status status = hs_graph_build(run->snapshot, &options, graph);
    if (status != HS_OK) return report_status(status);
    *array = allocate((size_t)hs_graph_vertex_count(*graph) + 1, item);
    return EXIT_OK;
}

static int answer_groups(invocation *run, const graph_question *asked, const char *name,
                         find_groups *find) {
    hs_graph *graph;
    uint32_t *members = NULL;
    int code = build(run, asked, sizeof *members, &graph, (void **)&members);
    if (code != EXIT_OK) return code;
    hs_status status = find(graph, asked, members);
    if (status != HS_OK)
        code = report_status(status);
    else if (asked->groups)
        code = write_groups(run, asked, graph, name, members);
    else
        code = write_members(run, asked, graph, name, members);
    free(members);
    hs_graph_free(graph);
    return code;
}

static int answer_values(invocation *run, const graph_question *asked, const char *name,
                         find_values *find) {
    hs_graph *graph;
    double *values = NULL;
    int code = build(run, asked, sizeof *values, &graph, (void **)&values);
    if (code != EXIT_OK) return code;
    hs_status status = find(graph, asked, values);
    code = status == HS_OK ? write_values(run, asked, graph, name, values) : report_status(status);
    free(values);
    hs_graph_free(graph);
    return code;
}

static hs_status find_components(hs_graph *graph, const graph_question *asked, uint32_t *members) {
    (void)asked;
    return hs_graph_components(graph, members, NULL);
}

static hs_status find_labels(hs_graph *graph, const graph_question *asked, uint32_t *members) {
    return hs_graph_labels(graph, (uint32_t)asked->iterations, members);
}

static hs_status find_ranks(hs_graph *graph, const graph_question *asked, double *values) {
    return hs_graph_pagerank(graph, &asked->pagerank, values);
}

static hs_status find_coefficients(hs_graph *graph, const graph_question *asked, double *values) {
    (void)asked;
    return hs_graph_clustering(graph, values);
}

int graph_components(invocation *run, const graph_question *asked) {
    return answer_groups(run, asked, "component", find_components);
}

int graph_labels(invocation *run, const graph_question *asked) {
    return answer_groups(run, asked, "community", find_labels);
}

int graph_pagerank(invocation *run, const graph_question *asked) {
    return answer_values(run, asked, "rank", find_ranks);
}

int graph_clustering(invocation *run, const graph_question *asked) {
    return answer_values(run, asked, "coefficient", find_coefficients);
}
