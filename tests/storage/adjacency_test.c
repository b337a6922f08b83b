/* adjacency_test.c: edges read as rows in blocks are the edges that were written. */
#include <stdio.h>
#include <stdlib.h>

#include "storage/fixture.h"

#define VERTICES 40
#define TYPES    3

static const char *const labels[TYPES] = {"likes", "knows", "sent \xF0\x9F\x92\x8C"};

/* --- a random graph over two entity types ----------------------------------------------------- */

typedef struct graph {
    hs_uuid ids[2][VERTICES];
    hs_row rows[2][VERTICES];
    struct {
        bool exists, active;
        float weight;
    } edges[TYPES][2 * VERTICES][2 * VERTICES]; /* type, source, target */
} graph;

static const char *const entity_types[2] = {"people", "letters"};

static void make_entities(fixture *f, graph *g) {
    hs_batch *batch = NULL;
    for (int type = 0; type < 2; type++)
        create_type(f, entity_types[type]);
    batch = begin_batch(f);
    for (int i = 0; i < 2 * VERTICES; i++)
        assert_ok(hs_entity_create(batch, entity_types[i % 2], text(""), &g->ids[i % 2][i / 2]));
    commit(batch);
    hs_snapshot *snapshot = begin_snapshot(f);
    for (int i = 0; i < 2 * VERTICES; i++)
        assert_ok(hs_row_find(snapshot, entity_types[i % 2], &g->ids[i % 2][i / 2],
                              &g->rows[i % 2][i / 2]));
    hs_snapshot_close(snapshot);
}

static hs_edge edge_of(const graph *g, int type, int source, int target) {
    return (hs_edge){.source_type = entity_types[source / VERTICES],
                     .source = g->ids[source / VERTICES][source % VERTICES],
                     .type = text(labels[type]),
                     .target_type = entity_types[target / VERTICES],
                     .target = g->ids[target / VERTICES][target % VERTICES],
                     .active = true,
                     .weight = 1.0f};
}

static void change_edge(hs_batch *batch, graph *g, test_random *random) {
    int type = (int)test_random_below(random, TYPES);
    int source = (int)test_random_below(random, 2 * VERTICES),
        target = (int)test_random_below(random, 2 * VERTICES);
    hs_edge edge = edge_of(g, type, source, target);
    bool *exists = &g->edges[type][source][target].exists;
    if (*exists && test_random_below(random, 3) == 0) {
        assert_ok(hs_edge_remove(batch, &edge));
        *exists = false;
        return;
    }
    edge.active = test_random_below(random, 8) != 0;
    if (test_random_below(random, 3) == 0) edge.weight = (float)test_random_below(random, 100) / 4;
    assert_ok(hs_edge_put(batch, &edge));
    *exists = true;
    g->edges[type][source][target].active = edge.active;
    g->edges[type][source][target].weight = edge.weight;
}

static graph *make_graph(fixture *f, test_random *random, int changes) {
    graph *g = calloc(1, sizeof *g);
    make_entities(f, g);
    while (changes > 0) {
        hs_batch *batch = begin_batch(f);
        for (int i = 0; i < 100; i++)
            change_edge(batch, g, random);
        commit(batch);
        changes -= 100;
    }
    return g;
}

static int vertex_of(const graph *g, hs_row row) {
    for (int i = 0; i < 2 * VERTICES; i++)
        if (g->rows[i / VERTICES][i % VERTICES] == row) return i;
    fail_msg("no entity has the row");
    return 0;
}

static int label_of(hs_snapshot *snapshot, uint32_t number) {
    hs_slice label;
    assert_ok(hs_edge_type_label(snapshot, number, &label));
    for (int i = 0; i < TYPES; i++)
        if (label.size == strlen(labels[i]) && memcmp(label.data, labels[i], label.size) == 0)
            return i;
    fail_msg("no edge type has the number");
    return 0;
}

/* Marks the edges of a block in `seen`, and compares them with the graph. */
static uint64_t compare_block(hs_snapshot *snapshot, const graph *g, hs_direction direction,
                              const hs_adjacency_block *block, graph *seen) {
    int near = vertex_of(g, block->near), type = label_of(snapshot, block->type);
    assert_in_range(block->count, 1, HS_ADJACENCY_BLOCK_MAX);
    for (uint32_t i = 0; i < block->count; i++) {
        int far = vertex_of(g, block->far[i]);
        int source = direction == HS_OUTGOING ? near : far, target = near + far - source;
        assert_true(i == 0 || block->far[i - 1] < block->far[i]);
        assert_true(g->edges[type][source][target].exists);
        assert_false(seen->edges[type][source][target].exists);
        seen->edges[type][source][target].exists = true;
        assert_int_equal(block->active == NULL || block->active[i],
                         g->edges[type][source][target].active);
        float weight = block->weights == NULL ? 1.0f : block->weights[i];
        assert_memory_equal(&weight, &g->edges[type][source][target].weight, sizeof weight);
    }
    return block->count;
}

/* --- reading ---------------------------------------------------------------------------------- */

static uint64_t edges_of_row(hs_snapshot *snapshot, const graph *g, hs_adjacency *reader,
                             hs_direction direction, hs_row row, graph *seen) {
    hs_adjacency_block block;
    uint64_t count = 0;
    int more;
    assert_ok(hs_adjacency_seek(reader, row));
    while ((more = hs_adjacency_next(reader, &block)) == 1) {
        assert_int_equal(block.near, row);
        count += compare_block(snapshot, g, direction, &block, seen);
    }
    assert_int_equal(more, 0);
    return count;
}

static uint64_t count_edges(const graph *g, int type, int source, int target) {
    uint64_t count = 0;
    for (int t = type < 0 ? 0 : type; t < (type < 0 ? TYPES : type + 1); t++)
        for (int s = source < 0 ? 0 : source; s < (source < 0 ? 2 * VERTICES : source + 1); s++)
            for (int e = target < 0 ? 0 : target; e < (target < 0 ? 2 * VERTICES : target + 1); e++)
                count += g->edges[t][s][e].exists;
    return count;
}

static void rows_have_the_edges_that_were_written_in_both_directions(fixture *f) {
    test_random random = test_random_start();
    graph *g = make_graph(f, &random, 6000);
    fixture_reopen(f);
    hs_snapshot *snapshot = begin_snapshot(f);
    for (int direction = 0; direction < 2; direction++) {
        graph *seen = calloc(1, sizeof *seen);
        hs_adjacency *reader;
        hs_adjacency_filter filter = {.direction = (hs_direction)direction};
        assert_ok(hs_adjacency_open(snapshot, &filter, &reader));
        for (int i = 0; i < 2 * VERTICES; i++) {
            hs_row row = g->rows[i / VERTICES][i % VERTICES];
            uint64_t expected =
                direction == HS_OUTGOING ? count_edges(g, -1, i, -1) : count_edges(g, -1, -1, i);
            uint64_t degree;
            assert_ok(hs_adjacency_degree(reader, row, &degree));
            assert_int_equal(degree, expected);
            assert_int_equal(edges_of_row(snapshot, g, reader, filter.direction, row, seen),
                             expected);
        }
        hs_adjacency_close(reader);
        free(seen);
    }
    hs_snapshot_close(snapshot);
    assert_clean(f);
    free(g);
}

static void all_edges_of_a_type_come_row_by_row(fixture *f) {
    test_random random = test_random_start();
    graph *g = make_graph(f, &random, 3000), *seen = calloc(1, sizeof *seen);
    hs_snapshot *snapshot = begin_snapshot(f);
    uint64_t count = 0;
    for (int i = 0; i < 2; i++) {
        hs_adjacency *reader;
        hs_adjacency_block block;
        hs_row last = 0;
        assert_ok(hs_adjacency_open(snapshot, NULL, &reader));
        assert_ok(hs_adjacency_seek_all(reader, entity_types[i]));
        while (hs_adjacency_next(reader, &block) == 1) {
            assert_true(block.near >= last);
            last = block.near;
            count += compare_block(snapshot, g, HS_OUTGOING, &block, seen);
        }
        assert_int_equal(hs_adjacency_next(reader, &block), 0);
        hs_adjacency_close(reader);
    }
    assert_int_equal(count, count_edges(g, -1, -1, -1));
    hs_snapshot_close(snapshot);
    free(seen);
    free(g);
}

static void a_filter_leaves_out_other_types_families_and_inactive_edges(fixture *f) {
    test_random random = test_random_start();
    graph *g = make_graph(f, &random, 3000), *seen = calloc(1, sizeof *seen);
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_adjacency_filter filter = {.active_only = true};
    filter.far_family = hs_row_family(g->rows[1][0]);
    assert_ok(hs_edge_type_find(snapshot, text(labels[2]), &filter.type));
    hs_adjacency *reader;
    hs_adjacency_block block;
    uint64_t found = 0, expected = 0, all;
    assert_ok(hs_adjacency_open(snapshot, &filter, &reader));
    assert_ok(hs_adjacency_seek_all(reader, entity_types[0]));
    while (hs_adjacency_next(reader, &block) == 1) {
        assert_int_equal(block.type, filter.type);
        found += compare_block(snapshot, g, HS_OUTGOING, &block, seen);
    }
    for (int s = 0; s < VERTICES; s++)
        for (int t = VERTICES; t < 2 * VERTICES; t++)
            expected += g->edges[2][s][t].exists && g->edges[2][s][t].active;
    assert_int_equal(found, expected);
    memset(seen, 0, sizeof *seen);
    for (int s = 0; s < VERTICES; s++)
        found -= edges_of_row(snapshot, g, reader, HS_OUTGOING, g->rows[0][s], seen);
    assert_int_equal(found, 0);
    assert_error(hs_adjacency_degree(reader, g->rows[0][0], &all), HS_INVALID, "degree");
    hs_adjacency_close(reader);
    hs_snapshot_close(snapshot);
    free(seen);
    free(g);
}

static void rows_and_entities_name_each_other(fixture *f) {
    graph *g = calloc(1, sizeof *g);
    make_entities(f, g);
    delete_entity(f, entity_types[0], &g->ids[0][3]);
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_row first, end, row;
    hs_uuid id;
    const char *type;
    assert_ok(hs_row_range(snapshot, entity_types[0], &first, &end));
    assert_int_equal(end - first, VERTICES);
    for (int i = 0; i < VERTICES; i++) {
        assert_int_equal(g->rows[0][i], first + (hs_row)i);
        hs_status expected = i == 3 ? HS_NOT_FOUND : HS_OK;
        assert_status(hs_row_find(snapshot, entity_types[0], &g->ids[0][i], &row), expected);
        assert_status(hs_row_entity(snapshot, first + (hs_row)i, &type, &id), expected);
        if (expected != HS_OK) continue;
        assert_int_equal(row, first + (hs_row)i);
        assert_string_equal(type, entity_types[0]);
        assert_uuid(&id, &g->ids[0][i]);
    }
    assert_error(hs_row_entity(snapshot, end, &type, &id), HS_NOT_FOUND, "no entity");
    assert_error(hs_row_entity(snapshot, UINT64_MAX, NULL, NULL), HS_NOT_FOUND, "no entity");
    assert_status(hs_row_range(snapshot, "nobody", &first, &end), HS_NOT_FOUND);
    uint32_t number;
    assert_error(hs_edge_type_find(snapshot, text("never"), &number), HS_NOT_FOUND, "never");
    hs_snapshot_close(snapshot);
    free(g);
}

static void what_does_not_exist_has_no_edges(fixture *f) {
    create_type(f, "people");
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_adjacency *reader;
    hs_adjacency_block block;
    hs_adjacency_filter filter = {.direction = (hs_direction)2};
    assert_error(hs_adjacency_open(snapshot, &filter, &reader), HS_INVALID, "direction");
    assert_ok(hs_adjacency_open(snapshot, NULL, &reader));
    const hs_row rows[] = {0, 1, UINT64_C(1) << 48 | 7, UINT64_MAX};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_ok(hs_adjacency_seek(reader, rows[i]));
        assert_int_equal(hs_adjacency_next(reader, &block), 0);
    }
    assert_ok(hs_adjacency_seek_all(reader, "people"));
    assert_int_equal(hs_adjacency_next(reader, &block), 0);
    assert_status(hs_adjacency_seek_all(reader, "nobody"), HS_NOT_FOUND);
    hs_adjacency_close(reader);
    hs_adjacency_close(NULL);
    hs_snapshot_close(snapshot);
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(rows_have_the_edges_that_were_written_in_both_directions),
        FIXTURE_TEST(all_edges_of_a_type_come_row_by_row),
        FIXTURE_TEST(a_filter_leaves_out_other_types_families_and_inactive_edges),
        FIXTURE_TEST(rows_and_entities_name_each_other),
        FIXTURE_TEST(what_does_not_exist_has_no_edges),
    };
    return fixture_run("adjacency", tests, sizeof tests / sizeof *tests);
}
