/* world.c: graphs for tests, stored and as a matrix. */
#include "world.h"

#include <math.h>
#include <stdio.h>

const char *const world_types[WORLD_TYPES] = {"bees", "ants", "crabs"};
const char *const world_edge_types[WORLD_EDGE_TYPES] = {"knows", "feeds", "fears"};

const char *world_type(uint32_t vertex) {
    return world_types[vertex % WORLD_TYPES];
}

void world_start(world *w, uint32_t vertices) {
    assert_true(vertices <= WORLD_MAX);
    *w = (world){.vertices = vertices};
}

void world_add_edge(world *w, world_edge edge) {
    assert_true(w->edge_count < WORLD_EDGES_MAX);
    w->edges[w->edge_count++] = edge;
}

void world_add(world *w, uint32_t from, uint32_t to) {
    world_add_edge(w, (world_edge){.from = from, .to = to, .active = true, .weight = 1});
}

static bool has_edge(const world *w, const world_edge *edge) {
    for (uint32_t i = 0; i < w->edge_count; i++)
        if (w->edges[i].from == edge->from && w->edges[i].to == edge->to &&
            w->edges[i].type == edge->type)
            return true;
    return false;
}

void world_draw(world *w, test_random *random) {
    world_start(w, (uint32_t)test_random_below(random, WORLD_MAX + 1));
    uint64_t edges = test_random_below(random, 4 * w->vertices + 1);
    for (uint64_t i = 0; i < edges; i++) {
        world_edge edge = {.from = (uint32_t)test_random_below(random, w->vertices),
                           .to = (uint32_t)test_random_below(random, w->vertices),
                           .type = (uint32_t)test_random_below(random, WORLD_EDGE_TYPES),
                           .active = test_random_below(random, 5) > 0,
                           .weight = (float)test_random_below(random, 40) / 8};
        if (!has_edge(w, &edge)) world_add_edge(w, edge);
    }
    for (uint32_t v = 0; v < w->vertices; v++)
        w->colours[v] = (int)test_random_below(random, 3);
}

static void store(world *w, hs_batch *batch) {
    char key[16];
    for (uint32_t v = 0; v < w->vertices; v++) {
        hs_value colour = {.kind = HS_INT64, .int64 = w->colours[v]};
        snprintf(key, sizeof key, "%u", v);
        assert_ok(hs_entity_create(batch, world_type(v), hs_slice_of(key), &w->ids[v]));
        assert_ok(hs_property_set(batch, world_type(v), &w->ids[v], hs_slice_of("colour"), &colour,
                                  HS_TIME_NOW));
    }
    for (uint32_t i = 0; i < w->edge_count; i++) {
        const world_edge *from = w->edges + i;
        hs_edge edge = {.source_type = world_type(from->from),
                        .source = w->ids[from->from],
                        .type = hs_slice_of(world_edge_types[from->type]),
                        .target_type = world_type(from->to),
                        .target = w->ids[from->to],
                        .active = from->active,
                        .weight = from->weight};
        assert_ok(hs_edge_add(batch, &edge));
    }
}

static void make_collection(hs_router *router) {
    if (hs_collection_exists(router, WORLD) == HS_OK) return;
    assert_ok(hs_collection_create(router, WORLD));
    for (size_t i = 0; i < WORLD_TYPES; i++)
        assert_ok(hs_type_create(router, WORLD, world_types[i]));
}

void world_open(world *w, fixture *f) {
    hs_batch *batch;
    w->router = f->router;
    make_collection(w->router);
    assert_ok(hs_batch_create(w->router, WORLD, &batch));
    store(w, batch);
    assert_ok(hs_batch_commit(batch));
    hs_batch_free(batch);
    assert_ok(hs_snapshot_open(w->router, WORLD, &w->snapshot));
}

void world_delete(world *w, uint32_t first, uint32_t step) {
    hs_batch *batch;
    hs_snapshot_close(w->snapshot);
    assert_ok(hs_batch_create(w->router, WORLD, &batch));
    for (uint32_t v = first; v < w->vertices; v += step) {
        if (!w->gone[v]) assert_ok(hs_entity_delete(batch, world_type(v), &w->ids[v]));
        w->gone[v] = true;
    }
    assert_ok(hs_batch_commit(batch));
    hs_batch_free(batch);
    assert_ok(hs_snapshot_open(w->router, WORLD, &w->snapshot));
}

void world_close(world *w) {
    world_delete(w, 0, 1);
    hs_snapshot_close(w->snapshot);
}

uint32_t world_find(const world *w, const hs_uuid *id) {
    for (uint32_t v = 0; v < w->vertices; v++)
        if (memcmp(&w->ids[v], id, sizeof *id) == 0) return v;
    fail_msg("a vertex is not of this world");
    return 0;
}

/* --- what is selected ------------------------------------------------------------------------- */

/* A subset that is not empty; its size. */
static size_t draw_subset(test_random *random, const char *const *all, size_t count,
                          const char **chosen) {
    size_t size = 0;
    while (size == 0)
        for (size_t i = 0; i < count; i++)
            if (test_random_below(random, 2) == 0) chosen[size++] = all[i];
    return size;
}

void choice_draw(choice *c, test_random *random) {
    *c = (choice){.options.threads = 1 + (unsigned)test_random_below(random, 3)};
    hs_graph_options *options = &c->options;
    if (test_random_below(random, 3) == 0) {
        options->types = c->types;
        options->type_count = draw_subset(random, world_types, WORLD_TYPES, c->types);
    }
    if (test_random_below(random, 2) == 0) {
        const char *names[WORLD_EDGE_TYPES];
        options->edge_types = c->edge_types;
        options->edge_type_count = draw_subset(random, world_edge_types, WORLD_EDGE_TYPES, names);
        for (size_t i = 0; i < options->edge_type_count; i++)
            c->edge_types[i] = hs_slice_of(names[i]);
    }
    options->orientation = (hs_orientation)test_random_below(random, 3);
    options->active_only = test_random_below(random, 2) == 0;
    options->weighted = test_random_below(random, 2) == 0;
    if (test_random_below(random, 3) == 0) {
        c->weights = (hs_weight_range){1, 4};
        options->weights = &c->weights;
    }
    if (test_random_below(random, 3) == 0)
        assert_ok(hs_filter_parse(hs_slice_of("colour < 2"), &c->where));
    options->where = c->where;
}

void choice_close(choice *c) {
    hs_filter_free(c->where);
}

static bool has_type(const choice *c, uint32_t vertex) {
    for (size_t i = 0; i < c->options.type_count; i++)
        if (strcmp(c->options.types[i], world_type(vertex)) == 0) return true;
    return c->options.type_count == 0;
}

static bool has_edge_type(const choice *c, uint32_t type) {
    for (size_t i = 0; i < c->options.edge_type_count; i++)
        if (c->options.edge_types[i].size == strlen(world_edge_types[type]) &&
            memcmp(c->options.edge_types[i].data, world_edge_types[type],
                   c->options.edge_types[i].size) == 0)
            return true;
    return c->options.edge_type_count == 0;
}

static bool is_chosen(const choice *c, const world_edge *edge) {
    if (!has_edge_type(c, edge->type) || (c->options.active_only && !edge->active)) return false;
    return c->options.weights == NULL ||
           (edge->weight >= c->options.weights->min && edge->weight <= c->options.weights->max);
}

static void set(matrix *m, uint32_t from, uint32_t to, float weight) {
    if (weight < m->weight[from][to]) m->weight[from][to] = weight;
}

void matrix_make(const world *w, const choice *c, const uint32_t exempt[2], matrix *m) {
    m->n = w->vertices;
    for (uint32_t v = 0; v < WORLD_MAX; v++) {
        bool is_exempt = exempt != NULL && (v == exempt[0] || v == exempt[1]);
        m->is_vertex[v] =
            v < m->n && has_type(c, v) && (c->where == NULL || is_exempt || w->colours[v] < 2);
        for (uint32_t u = 0; u < WORLD_MAX; u++)
            m->weight[v][u] = INFINITY;
    }
    for (uint32_t i = 0; i < w->edge_count; i++) {
        const world_edge *edge = w->edges + i;
        if (!is_chosen(c, edge) || !m->is_vertex[edge->from] || !m->is_vertex[edge->to]) continue;
        if (c->options.orientation != HS_REVERSE) set(m, edge->from, edge->to, edge->weight);
        if (c->options.orientation != HS_NATURAL) set(m, edge->to, edge->from, edge->weight);
    }
}

/* Floyd and Warshall. */
void matrix_distances(const matrix *m, bool weighted, double distances[WORLD_MAX][WORLD_MAX]) {
    for (uint32_t v = 0; v < m->n; v++)
        for (uint32_t u = 0; u < m->n; u++)
            distances[v][u] = v == u && m->is_vertex[v] ? 0
                              : isinf(m->weight[v][u])  ? INFINITY
                              : weighted                ? m->weight[v][u]
                                                        : 1;
    for (uint32_t k = 0; k < m->n; k++)
        for (uint32_t v = 0; v < m->n; v++)
            for (uint32_t u = 0; u < m->n; u++)
                if (distances[v][k] + distances[k][u] < distances[v][u])
                    distances[v][u] = distances[v][k] + distances[k][u];
}
