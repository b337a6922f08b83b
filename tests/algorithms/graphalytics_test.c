/* graphalytics_test.c: the official answers of the LDBC Graphalytics benchmark, if its files are
 * there: each graph is stored through the library and every output line compared. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "router/fixture.h"

#define DATA SOURCE_ROOT "/../shared/data/graphalytics/"

enum { IDS_MAX = 64, LINE_MAX_BYTES = 1024 };

typedef enum algorithm { BFS, CDLP, LCC, PR, SSSP, WCC } algorithm;

/* An input with an official output; `parameter` is a source vertex or a number of iterations. */
typedef struct test_case {
    const char *input; /* "x.e" has its vertices in "x.v"; others have a line for each vertex */
    const char *output;
    bool undirected;
    algorithm algorithm;
    uint32_t parameter;
} test_case;

/* The iterations and sources are those of the benchmark's own validation. */
static const test_case cases[] = {
    {"example/example-directed.e", "example/example-directed-BFS", false, BFS, 1},
    {"example/example-directed.e", "example/example-directed-CDLP", false, CDLP, 2},
    {"example/example-directed.e", "example/example-directed-LCC", false, LCC, 0},
    {"example/example-directed.e", "example/example-directed-PR", false, PR, 2},
    {"example/example-directed.e", "example/example-directed-SSSP", false, SSSP, 1},
    {"example/example-directed.e", "example/example-directed-WCC", false, WCC, 0},
    {"example/example-directed-input", "example/example-directed-BFS", false, BFS, 1},
    {"example/example-directed-input", "example/example-directed-LCC", false, LCC, 0},
    {"example/example-undirected.e", "example/example-undirected-BFS", true, BFS, 2},
    {"example/example-undirected.e", "example/example-undirected-CDLP", true, CDLP, 2},
    {"example/example-undirected.e", "example/example-undirected-LCC", true, LCC, 0},
    {"example/example-undirected.e", "example/example-undirected-PR", true, PR, 2},
    {"example/example-undirected.e", "example/example-undirected-SSSP", true, SSSP, 2},
    {"example/example-undirected.e", "example/example-undirected-WCC", true, WCC, 0},
    {"example/example-undirected-input", "example/example-undirected-BFS", true, BFS, 2},
    {"example/example-undirected-input", "example/example-undirected-PR", true, PR, 2},
    {"bfs/dir-input", "bfs/dir-output", false, BFS, 1},
    {"bfs/undir-input", "bfs/undir-output", true, BFS, 1},
    {"cdlp/dir-input", "cdlp/dir-output", false, CDLP, 5},
    {"cdlp/undir-input", "cdlp/undir-output", true, CDLP, 5},
    {"lcc/dir-input", "lcc/dir-output", false, LCC, 0},
    {"lcc/undir-input", "lcc/undir-output", true, LCC, 0},
    {"pr/dir-input", "pr/dir-output", false, PR, 40},
    {"pr/undir-input", "pr/undir-output", true, PR, 26},
    {"sssp/dir-input.e", "sssp/dir-output", false, SSSP, 1},
    {"sssp/undir-input.e", "sssp/undir-output", true, SSSP, 1},
    {"wcc/dir-input", "wcc/dir-output", false, WCC, 0},
    {"wcc/undir-input", "wcc/undir-output", true, WCC, 0},
};

static FILE *open_data(const char *name) {
    char path[1024];
    snprintf(path, sizeof path, DATA "%s", name);
    FILE *file = fopen(path, "r");
    if (file == NULL) fail_msg("cannot open %s", path);
    return file;
}

/* --- storing ---------------------------------------------------------------------------------- */

static hs_uuid add_vertex(hs_batch *batch, const char *key) {
    hs_uuid id = {0};
    assert_ok(hs_entity_upsert(batch, "vertices", hs_slice_of(key), &id));
    return id;
}

/* Stores "v n1 n2 …": the vertices first, in the order of their numbers, which is that of labels.
 */
static void store_lists(hs_router *router, const char *input) {
    char line[LINE_MAX_BYTES], key[16];
    bool known[IDS_MAX] = {false};
    hs_batch *batch;
    assert_ok(hs_collection_create(router, "graph"));
    assert_ok(hs_type_create(router, "graph", "vertices"));
    assert_ok(hs_batch_create(router, "graph", &batch));
    FILE *file = open_data(input);
    while (fgets(line, sizeof line, file) != NULL)
        for (char *word = strtok(line, " \n"); word != NULL; word = strtok(NULL, " \n"))
            known[atoi(word)] = true;
    for (int v = 0; v < IDS_MAX; v++) {
        snprintf(key, sizeof key, "%d", v);
        if (known[v]) add_vertex(batch, key);
    }
    rewind(file);
    while (fgets(line, sizeof line, file) != NULL) {
        char *word = strtok(line, " \n");
        if (word == NULL) continue;
        hs_edge edge = {.source_type = "vertices",
                        .source = add_vertex(batch, word),
                        .type = hs_slice_of("leads_to"),
                        .target_type = "vertices",
                        .active = true,
                        .weight = 1};
        while ((word = strtok(NULL, " \n")) != NULL) {
            edge.target = add_vertex(batch, word);
            assert_ok(hs_edge_put(batch, &edge));
        }
    }
    fclose(file);
    assert_ok(hs_batch_commit(batch));
    hs_batch_free(batch);
}

/* Imports NAME.v and NAME.e ("from to weight"). */
static void import_files(fixture *f, const char *input) {
    static const char mapping[] =
        "{\"collection\": \"graph\", \"sources\": ["
        "{\"file\": \"%.*s.v\", \"type\": \"vertices\", \"key\": \"id\", \"columns\": [\"id\"],"
        " \"separator\": \" \", \"properties\": {}},"
        "{\"file\": \"%s\", \"columns\": [\"from\", \"to\", \"weight\"], \"separator\": \" \","
        " \"edges\": [{\"type\": \"leads_to\", \"weight\": \"weight\","
        " \"from\": {\"type\": \"vertices\", \"key\": \"from\"},"
        " \"to\": {\"type\": \"vertices\", \"key\": \"to\"}}]}]}";
    const char *path = in_root(f, "mapping.json");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, mapping, (int)strlen(input) - 2, input, input);
    fclose(file);
    hs_import_result result;
    assert_ok(hs_import_run(f->router, path, DATA, NULL, &result));
    assert_int_equal(result.rejected, 0);
    assert_int_equal(unlink(path), 0);
}

static bool ends_with(const char *text, const char *end) {
    size_t size = strlen(text), end_size = strlen(end);
    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

/* --- comparing -------------------------------------------------------------------------------- */

/* A line of an output: the vertex, and its value as text. */
typedef struct output_line {
    char key[16];
    char value[64];
} output_line;

static size_t read_output(const char *output, output_line *lines) {
    FILE *file = open_data(output);
    size_t count = 0;
    while (count < IDS_MAX && fscanf(file, "%15s %63s", lines[count].key, lines[count].value) == 2)
        count++;
    fclose(file);
    return count;
}

static uint32_t vertex_of(hs_snapshot *snapshot, hs_graph *graph, const char *key) {
    hs_entity entity;
    uint32_t vertex;
    assert_ok(hs_entity_find(snapshot, "vertices", hs_slice_of(key), &entity));
    assert_ok(hs_graph_find(graph, "vertices", &entity.id, &vertex));
    return vertex;
}

static void assert_key(hs_snapshot *snapshot, hs_graph *graph, uint32_t vertex, const char *key) {
    const char *type;
    hs_uuid id;
    hs_entity entity;
    assert_ok(hs_graph_vertex(graph, vertex, &type, &id));
    assert_ok(hs_entity_get(snapshot, type, &id, &entity));
    if (entity.key.size != strlen(key) || memcmp(entity.key.data, key, entity.key.size) != 0)
        fail_msg("%.*s instead of %s", (int)entity.key.size, (const char *)entity.key.data, key);
}

/* The outputs are rounded, and weights are stored as float32. */
static void assert_close(double value, const char *expected) {
    double number = strcmp(expected, "Infinity") == 0 ? INFINITY : strtod(expected, NULL);
    if (value == number || fabs(value - number) <= 1e-6 * fabs(number)) return;
    fail_msg("%.15g instead of %s", value, expected);
}

typedef struct results {
    uint32_t numbers[IDS_MAX];
    double reals[IDS_MAX];
} results;

static void compute(hs_snapshot *snapshot, hs_graph *graph, const test_case *c, results *r) {
    char key[16];
    hs_pagerank_options pagerank = {.damping = 0.85, .iterations = c->parameter};
    snprintf(key, sizeof key, "%" PRIu32, c->parameter);
    switch (c->algorithm) {
    case BFS:
        assert_ok(hs_graph_bfs(graph, vertex_of(snapshot, graph, key), r->numbers));
        break;
    case CDLP:
        assert_ok(hs_graph_labels(graph, c->parameter, r->numbers));
        break;
    case LCC:
        assert_ok(hs_graph_clustering(graph, r->reals));
        break;
    case PR:
        assert_ok(hs_graph_pagerank(graph, &pagerank, r->reals));
        break;
    case SSSP:
        assert_ok(hs_graph_distances(graph, vertex_of(snapshot, graph, key), r->reals));
        break;
    case WCC:
        assert_ok(hs_graph_components(graph, r->numbers, NULL));
        break;
    }
}

static void compare_line(hs_snapshot *snapshot, hs_graph *graph, algorithm algorithm,
                         const results *r, const output_line *line) {
    uint32_t vertex = vertex_of(snapshot, graph, line->key);
    if (algorithm == BFS) {
        bool unreached = strcmp(line->value, "9223372036854775807") == 0;
        assert_int_equal(r->numbers[vertex],
                         unreached ? HS_UNREACHED : (uint32_t)atoi(line->value));
    } else if (algorithm == CDLP || algorithm == WCC) {
        assert_key(snapshot, graph, r->numbers[vertex], line->value);
    } else {
        assert_close(r->reals[vertex], line->value);
    }
}

/* The same by a traversal, which reads edges on demand. */
static void compare_traversal(hs_snapshot *snapshot, const hs_graph_options *options,
                              const test_case *c, const output_line *lines, size_t count) {
    hs_entity source;
    char key[16];
    hs_traversal *traversal;
    hs_visit visit;
    size_t visits = 0, reached = 0;
    snprintf(key, sizeof key, "%" PRIu32, c->parameter);
    assert_ok(hs_entity_find(snapshot, "vertices", hs_slice_of(key), &source));
    assert_ok(hs_traversal_open(snapshot, options, "vertices", &source.id, 0, &traversal));
    while (hs_traversal_next(traversal, &visit) == 1) {
        hs_entity entity;
        size_t i = 0;
        assert_ok(hs_entity_get(snapshot, "vertices", &visit.id, &entity));
        while (i < count && (strlen(lines[i].key) != entity.key.size ||
                             memcmp(lines[i].key, entity.key.data, entity.key.size) != 0))
            i++;
        assert_true(i < count);
        assert_close(visit.distance, lines[i].value);
        visits++;
    }
    hs_traversal_close(traversal);
    for (size_t i = 0; i < count; i++)
        reached += strcmp(lines[i].value, "9223372036854775807") != 0 &&
                   strcmp(lines[i].value, "Infinity") != 0;
    assert_int_equal(visits, reached);
}

static void run_case(fixture *f, const test_case *c) {
    static output_line lines[IDS_MAX];
    results r;
    hs_snapshot *snapshot;
    hs_graph *graph;
    size_t count = read_output(c->output, lines);
    if (ends_with(c->input, ".e"))
        import_files(f, c->input);
    else
        store_lists(f->router, c->input);
    assert_ok(hs_snapshot_open(f->router, "graph", &snapshot));
    hs_graph_options options = {.orientation = c->undirected ? HS_UNDIRECTED : HS_NATURAL,
                                .weighted = c->algorithm == SSSP};
    assert_ok(hs_graph_build(snapshot, &options, &graph));
    assert_int_equal(hs_graph_vertex_count(graph), count);
    compute(snapshot, graph, c, &r);
    for (size_t i = 0; i < count; i++)
        compare_line(snapshot, graph, c->algorithm, &r, lines + i);
    hs_graph_free(graph);
    if (c->algorithm == BFS || c->algorithm == SSSP)
        compare_traversal(snapshot, &options, c, lines, count);
    hs_snapshot_close(snapshot);
    assert_ok(hs_collection_drop(f->router, "graph"));
}

static void run_algorithm(void **state, algorithm algorithm) {
    size_t run = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (cases[i].algorithm != algorithm) continue;
        run_case(*state, cases + i);
        run++;
    }
    printf("# %zu official outputs\n", run);
    assert_true(run >= 4);
}

static void breadth_first_search_matches(void **state) {
    run_algorithm(state, BFS);
}
static void label_propagation_matches(void **state) {
    run_algorithm(state, CDLP);
}
static void clustering_coefficients_match(void **state) {
    run_algorithm(state, LCC);
}
static void pagerank_matches(void **state) {
    run_algorithm(state, PR);
}
static void shortest_paths_match(void **state) {
    run_algorithm(state, SSSP);
}
static void components_match(void **state) {
    run_algorithm(state, WCC);
}

int main(void) {
    if (access(DATA, R_OK) != 0) return skip_all("the data of Graphalytics");
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(breadth_first_search_matches),  TEST(label_propagation_matches),
        TEST(clustering_coefficients_match), TEST(pagerank_matches),
        TEST(shortest_paths_match),          TEST(components_match),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
