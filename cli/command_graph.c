/* command_graph.c: graph: what is asked of which part of a collection's graph. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "graph.h"
#include "options.h"

/* The questions, and which ends they need. */
static const struct question_kind {
    const char *name;
    int (*answer)(invocation *run, const graph_question *asked);
    bool from;
    bool to;                           /* may be given; `paths` needs it */
    uint64_t depth, limit, iterations; /* where they are not given */
} kinds[] = {
    {"bfs", graph_bfs, true, false, 0, UINT64_MAX, 0},
    {"shortest-path", graph_shortest_path, true, true, 0, UINT64_MAX, 0},
    {"paths", graph_paths, true, true, 4, 100, 0},
    {"components", graph_components, false, false, 0, UINT64_MAX, 0},
    {"pagerank", graph_pagerank, false, false, 0, UINT64_MAX, 100},
    {"labels", graph_labels, false, false, 0, UINT64_MAX, 10},
    {"clustering", graph_clustering, false, false, 0, UINT64_MAX, 0},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

static int find_kind(const char *name, const struct question_kind **kind) {
    const char *names[KINDS];
    for (size_t i = 0; i < KINDS; i++) {
        names[i] = kinds[i].name;
        *kind = kinds + i;
        if (strcmp(name, kinds[i].name) == 0) return EXIT_OK;
    }
    const char *nearest = nearest_name(name, names, KINDS);
    if (nearest != NULL)
        return report(EXIT_USAGE, "there is no question \"%s\" about a graph; did you mean %s?",
                      name, nearest);
    return report(EXIT_USAGE,
                  "there is no question \"%s\" about a graph; ask for bfs, shortest-path, paths, "
                  "components, pagerank, labels or clustering",
                  name);
}

/* --- options ---------------------------------------------------------------------------------- */

/* Collects the values of an option that may be repeated; `values` has room for all that was given.
 */
static size_t option_values(const invocation *run, const char *name, const char **values) {
    size_t count = 0;
    for (size_t i = 0; i < run->given_count; i++)
        if (strcmp(run->given[i].spec->name, name) == 0) values[count++] = run->given[i].value;
    return count;
}

static void read_types(const invocation *run, graph_question *asked) {
    const char **names = allocate(run->given_count + 1, sizeof *names);
    asked->types = allocate(run->given_count + 1, sizeof *asked->types);
    asked->edge_types = allocate(run->given_count + 1, sizeof *asked->edge_types);
    asked->options.types = asked->types;
    asked->options.type_count = option_values(run, "type", asked->types);
    asked->options.edge_types = asked->edge_types;
    asked->options.edge_type_count = option_values(run, "edge", names);
    for (size_t i = 0; i < asked->options.edge_type_count; i++)
        asked->edge_types[i] = hs_slice_of(names[i]);
    free(names);
}

static int read_weights(const invocation *run, graph_question *asked) {
    double least = -INFINITY, most = INFINITY;
    int code = option_number(run, "min-weight", -INFINITY, INFINITY, &least);
    if (code == EXIT_OK) code = option_number(run, "max-weight", -INFINITY, INFINITY, &most);
    if (!option_given(run, "min-weight") && !option_given(run, "max-weight")) return code;
    asked->weights = (hs_weight_range){(float)least, (float)most};
    asked->options.weights = &asked->weights;
    return code;
}

static int read_filter(const invocation *run, graph_question *asked) {
    const char *where = option_value(run, "where");
    if (where == NULL) return EXIT_OK;
    hs_status status = hs_filter_parse(hs_slice_of(where), &asked->where);
    asked->options.where = asked->where;
    return status == HS_OK ? EXIT_OK : report_status(status);
}

static int read_orientation(const invocation *run, graph_question *asked) {
    bool undirected = option_given(run, "undirected"), reverse = option_given(run, "reverse");
    if (undirected && reverse)
        return report(EXIT_USAGE, "options --undirected and --reverse exclude each other");
    asked->options.orientation = undirected ? HS_UNDIRECTED : reverse ? HS_REVERSE : HS_NATURAL;
    return EXIT_OK;
}

static int read_options(const invocation *run, const struct question_kind *kind,
                        graph_question *asked) {
    uint64_t threads = 0, megabytes = 0;
    asked->depth = kind->depth;
    asked->limit = kind->limit;
    asked->iterations = kind->iterations;
    asked->pagerank = (hs_pagerank_options){.damping = 0.85, .tolerance = 1e-9};
    asked->groups = option_given(run, "groups");
    asked->options.active_only = option_given(run, "active");
    asked->options.weighted = option_given(run, "weighted");
    read_types(run, asked);
    int code = read_orientation(run, asked);
    if (code == EXIT_OK) code = read_weights(run, asked);
    if (code == EXIT_OK) code = option_count(run, "depth", 1, UINT32_MAX, &asked->depth);
    if (code == EXIT_OK) code = option_count(run, "limit", 0, UINT64_MAX, &asked->limit);
    if (code == EXIT_OK) code = option_count(run, "iterations", 0, UINT32_MAX, &asked->iterations);
    if (code == EXIT_OK) code = option_time(run, "as-of", &asked->as_of);
    if (option_given(run, "as-of")) asked->options.as_of = &asked->as_of;
    if (code == EXIT_OK) code = option_number(run, "damping", 0, 1, &asked->pagerank.damping);
    if (code == EXIT_OK) code = option_count(run, "threads", 1, 256, &threads);
    if (code == EXIT_OK) code = option_count(run, "memory", 1, UINT64_MAX >> 20, &megabytes);
    if (code == EXIT_OK) code = read_filter(run, asked);
    asked->options.threads = (unsigned)threads;
    asked->options.memory_limit = megabytes << 20;
    asked->pagerank.iterations = (uint32_t)asked->iterations;
    if (option_given(run, "iterations")) asked->pagerank.tolerance = 0;
    return code;
}

/* --- ends ------------------------------------------------------------------------------------- */

/* Finds an end by its key in the types that were chosen, else by what follows the collection in an
 * address. */
static int find_end(invocation *run, const graph_question *asked, const char *option,
                    graph_end *end) {
    const char *text = option_value(run, option);
    hs_entity entity;
    if (text == NULL) return EXIT_OK;
    for (size_t i = 0; i < asked->options.type_count; i++) {
        hs_status status =
            hs_entity_find(run->snapshot, asked->types[i], hs_slice_of(text), &entity);
        if (status == HS_OK) {
            end->type = asked->types[i];
            end->id = entity.id;
            return EXIT_OK;
        }
        bool is_address = strchr(text, '/') != NULL || strlen(text) == 36;
        if (status != HS_NOT_FOUND || (i + 1 == asked->options.type_count && !is_address))
            return report_status(status);
    }
    hs_address address;
    int code = address_of_option(run, option, run->arguments[0], &address);
    if (code != EXIT_OK) return code;
    memcpy(end->type_name, address.type, sizeof end->type_name);
    end->type = end->type_name;
    end->id = address.id;
    return EXIT_OK;
}

static int find_ends(invocation *run, const struct question_kind *kind, graph_question *asked) {
    if (kind->from && !option_given(run, "from"))
        return report(EXIT_USAGE, "graph %s needs --from KEY", kind->name);
    if (kind->answer == graph_paths && !option_given(run, "to"))
        return report(EXIT_USAGE, "graph %s needs --to KEY", kind->name);
    if ((!kind->from && option_given(run, "from")) || (!kind->to && option_given(run, "to")))
        return report(EXIT_USAGE, "graph %s takes no --%s", kind->name,
                      !kind->from && option_given(run, "from") ? "from" : "to");
    int code = find_end(run, asked, "from", &asked->from);
    return code == EXIT_OK ? find_end(run, asked, "to", &asked->to) : code;
}

int command_graph(invocation *run) {
    graph_question asked = {0};
    const struct question_kind *kind;
    hs_address address;
    int code = find_kind(run->arguments[1], &kind);
    if (code == EXIT_OK) code = read_options(run, kind, &asked);
    if (code == EXIT_OK) code = address_open_collection(run, run->arguments[0], &address);
    if (code == EXIT_OK) code = find_ends(run, kind, &asked);
    if (code == EXIT_OK) code = kind->answer(run, &asked);
    hs_filter_free(asked.where);
    free(asked.types);
    free(asked.edge_types);
    return code;
}
