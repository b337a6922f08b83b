/* edge_list_test.c: blocks and lists of edges hold what was put in, in any order and amount, and
 * damaged ones are refused. */
#include <math.h>
#include <stdlib.h>

#include "storage/fixture.h"
#include "storage/graph/edge_list.h"

#define MOST 3000

/* --- blocks ----------------------------------------------------------------------------------- */

static uint64_t row_of(uint64_t family, uint64_t rid) {
    return layout_route((engine_family)family, rid);
}

/* Ascending edges whose far ends are up to `step` apart. */
static size_t random_edges(test_random *random, edge_far *edges, size_t count, uint64_t step,
                           bool weights, bool flags) {
    uint64_t row = row_of(3, 1 + test_random_below(random, step));
    for (size_t i = 0; i < count; i++) {
        edges[i] = (edge_far){row, 1.0f, true};
        if (weights) edges[i].weight = (float)test_random_below(random, 9) - 4;
        if (flags) edges[i].active = test_random_below(random, 2) == 0;
        row += 1 + test_random_below(random, step);
    }
    return edge_block_fit(edges, count);
}

static void assert_edges(const edge_far *a, const edge_far *b, size_t count) {
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(a[i].row, b[i].row);
        assert_int_equal(a[i].active, b[i].active);
        assert_memory_equal(&a[i].weight, &b[i].weight, sizeof a[i].weight);
    }
}

static void a_block_gives_back_what_was_put_in(fixture *f) {
    (void)f;
    test_random random = test_random_start();
    edge_far edges[EDGE_BLOCK_EDGES + 20], got[EDGE_BLOCK_EDGES];
    uint8_t bytes[EDGE_BLOCK_ROOM];
    for (int round = 0; round < 600; round++) {
        size_t count = 1 + test_random_below(&random, EDGE_BLOCK_EDGES + 20), found;
        uint64_t step = UINT64_C(1) << test_random_below(&random, 47);
        size_t fit = random_edges(&random, edges, count, step, round % 3 == 0, round % 5 == 0);
        assert_in_range(fit, 1, count < EDGE_BLOCK_EDGES ? count : EDGE_BLOCK_EDGES);
        size_t size = edge_block_encode(edges, fit, bytes);
        assert_in_range(size, 4, fit == 1 ? 32 : EDGE_BLOCK_BYTES);
        assert_ok(edge_block_decode((hs_slice){bytes, size}, got, &found));
        assert_int_equal(found, fit);
        assert_edges(got, edges, fit);
        edge_block block;
        assert_ok(edge_block_open((hs_slice){bytes, size}, &block));
        for (size_t i = 0; i < fit; i++) {
            assert_int_equal(edge_block_find(&block, edges[i].row), i);
            bool next = i + 1 < fit && edges[i + 1].row == edges[i].row + 1;
            if (!next) assert_int_equal(edge_block_find(&block, edges[i].row + 1), fit);
        }
        assert_int_equal(edge_block_find(&block, edges[0].row - 1), fit);
    }
}

static void edges_with_entities_of_several_types_share_a_block(fixture *f) {
    (void)f;
    const edge_far edges[] = {{row_of(1, 7), 1, true},
                              {row_of(1, RID_MAX), 1, true},
                              {row_of(2, 1), 0.5f, true},
                              {row_of(ENGINE_FAMILIES_MAX, RID_MAX), -0.0f, false}};
    edge_far got[EDGE_BLOCK_EDGES];
    uint8_t bytes[EDGE_BLOCK_ROOM];
    size_t count;
    assert_int_equal(edge_block_fit(edges, 4), 4);
    size_t size = edge_block_encode(edges, 4, bytes);
    assert_ok(edge_block_decode((hs_slice){bytes, size}, got, &count));
    assert_int_equal(count, 4);
    assert_edges(got, edges, 4);
}

static void garbage_is_no_block(fixture *f) {
    (void)f;
    test_random random = test_random_start();
    edge_far edges[EDGE_BLOCK_EDGES], got[EDGE_BLOCK_EDGES];
    uint8_t bytes[EDGE_BLOCK_ROOM + 32] = {0};
    size_t count = 0, refused = 0;
    size_t fit = random_edges(&random, edges, 40, 1000, true, true);
    size_t size = edge_block_encode(edges, fit, bytes);
    for (size_t cut = 0; cut < size + 32; cut++)
        if (cut != size)
            assert_status(edge_block_decode((hs_slice){bytes, cut}, got, &count), HS_CORRUPT);
    for (int round = 0; round < 20000; round++) {
        uint8_t damaged[EDGE_BLOCK_ROOM];
        memcpy(damaged, bytes, size);
        for (uint64_t i = 0; i <= test_random_below(&random, 3); i++)
            damaged[test_random_below(&random, size)] = (uint8_t)test_random_below(&random, 256);
        hs_status status = edge_block_decode((hs_slice){damaged, size}, got, &count);
        assert_true(status == HS_OK || status == HS_CORRUPT);
        refused += status == HS_CORRUPT;
        for (size_t i = 1; status == HS_OK && i < count; i++)
            assert_true(got[i - 1].row < got[i].row && isfinite(got[i].weight));
    }
    assert_true(refused > 0);
}

/* --- lists ------------------------------------------------------------------------------------ */

/* The edges of one list as they should be: by the far ends' row numbers. */
typedef struct model {
    struct {
        bool exists, active;
        float weight;
    } edges[MOST];
    uint64_t count;
} model;

static edge_outcome expected(model *m, const edge_change *change, size_t at) {
    bool exists = m->edges[at].exists;
    if (change->action == EDGE_ADD && exists) return EDGE_EXISTS;
    if (!exists && (change->action == EDGE_UPDATE || change->action == EDGE_REMOVE ||
                    change->action == EDGE_NEED))
        return EDGE_MISSING;
    if (change->action == EDGE_NEED) return EDGE_SAME;
    if (change->action == EDGE_REMOVE || change->action == EDGE_ERASE) {
        m->count -= exists;
        m->edges[at].exists = false;
        return exists ? EDGE_REMOVED : EDGE_SAME;
    }
    bool same =
        exists && m->edges[at].active == change->active && m->edges[at].weight == change->weight;
    m->count += !exists;
    m->edges[at].exists = true;
    m->edges[at].active = change->active;
    m->edges[at].weight = change->weight;
    return !exists ? EDGE_ADDED : same ? EDGE_SAME : EDGE_CHANGED;
}

/* Walks through the table: the entries are sound, and are the model's edges. */
static void compare_table(engine_txn *txn, engine_table table, const model *m) {
    engine_cursor *cursor;
    size_t at = 0, blocks = 0;
    uint64_t announced = 0;
    edge_far edges[EDGE_BLOCK_EDGES];
    assert_ok(engine_cursor_open(txn, table, &cursor));
    while (engine_cursor_next(cursor) == 1) {
        edge_entry entry;
        size_t count;
        assert_ok(edge_entry_read(engine_cursor_key(cursor), engine_cursor_value(cursor), &entry));
        assert_int_equal(entry.rid, 5);
        assert_int_equal(entry.name, 9);
        if (entry.is_index) {
            announced = entry.count;
            continue;
        }
        blocks++;
        assert_ok(edge_block_decode(engine_cursor_value(cursor), edges, &count));
        for (size_t i = 0; i < count; i++, at++) {
            while (at < MOST && !m->edges[at].exists)
                at++;
            assert_true(at < MOST);
            assert_int_equal(edges[i].row, row_of(3, at + 1));
            assert_int_equal(edges[i].active, m->edges[at].active);
            assert_true(edges[i].weight == m->edges[at].weight);
        }
    }
    engine_cursor_close(cursor);
    for (; at < MOST; at++)
        assert_false(m->edges[at].exists);
    assert_true(announced == 0 ? blocks <= 1 : blocks >= 2 && announced == m->count);
    uint64_t count;
    assert_ok(edge_list_count(txn, table, 5, 9, &count));
    assert_int_equal(count, m->count);
}

static void compare_single_edges(engine_txn *txn, engine_table table, const model *m,
                                 test_random *random) {
    edge_far edge;
    for (int i = 0; i < 50; i++) {
        size_t at = test_random_below(random, MOST);
        hs_status status = edge_list_find(txn, table, 5, 9, row_of(3, at + 1), &edge);
        assert_status(status, m->edges[at].exists ? HS_OK : HS_NOT_FOUND);
        if (status == HS_OK) assert_true(edge.weight == m->edges[at].weight);
    }
    assert_status(edge_list_find(txn, table, 5, 8, row_of(3, 1), &edge), HS_NOT_FOUND);
}

/* A phase prefers some actions and far ends, so that lists grow, shrink and turn over. */
static edge_change random_change(test_random *random, int phase, size_t *at) {
    static const uint8_t growing[] = {EDGE_PUT, EDGE_PUT,   EDGE_PUT,
                                      EDGE_ADD, EDGE_ERASE, EDGE_NEED};
    static const uint8_t shrinking[] = {EDGE_ERASE, EDGE_ERASE,  EDGE_ERASE,
                                        EDGE_PUT,   EDGE_UPDATE, EDGE_REMOVE};
    *at = test_random_below(random, phase % 4 < 2 ? MOST : 200);
    edge_change change = {.near = row_of(2, 5), .name = 9, .far = row_of(3, *at + 1)};
    uint64_t pick = test_random_below(random, 6);
    change.action = phase % 2 == 0 ? growing[pick] : shrinking[pick];
    change.active = test_random_below(random, 4) != 0 || phase % 3 != 0;
    change.weight = phase % 3 == 0 ? (float)test_random_below(random, 3) : 1.0f;
    return change;
}

static void change_randomly(fixture *f, test_random *random, engine_table table, model *m,
                            int phase) {
    edge_change changes[400];
    size_t count = 1 + test_random_below(random, test_random_below(random, 2) == 0 ? 4 : 400);
    size_t places[400];
    uint64_t before = m->count;
    int64_t edges;
    for (size_t i = 0; i < count; i++) {
        changes[i] = random_change(random, phase, &places[i]);
        changes[i].order = (uint32_t)i;
    }
    edge_changes_sort(changes, count);
    assert_int_equal(edge_changes_run(changes, count), count);
    engine_txn *txn;
    assert_ok(engine_begin_write(f->engine, &table.family, 1, HS_RELAXED, &txn));
    edge_lists lists = {.txn = txn, .table = table};
    assert_ok(edge_list_change(&lists, changes, count, &edges));
    edge_lists_close(&lists);
    for (size_t i = 0; i < count; i++) {
        assert_true(
            i == 0 || changes[i - 1].far < changes[i].far ||
            (changes[i - 1].far == changes[i].far && changes[i - 1].order < changes[i].order));
        assert_int_equal(changes[i].outcome, expected(m, &changes[i], places[changes[i].order]));
    }
    assert_int_equal(edges, (int64_t)m->count - (int64_t)before);
    compare_table(txn, table, m);
    compare_single_edges(txn, table, m, random);
    assert_ok(engine_commit(txn));
}

static void lists_grow_and_shrink_as_the_model_does(fixture *f) {
    test_random random = test_random_start();
    create_type(f, "stays");
    engine_table table = table_of(f, "stays", TABLE_EDGES);
    model *m = calloc(1, sizeof *m);
    for (int round = 0; round < 160; round++)
        change_randomly(f, &random, table, m, round / 10);
    free(m);
}

static void changes_are_sorted_by_near_end_type_far_end_and_order(fixture *f) {
    (void)f;
    test_random random = test_random_start();
    enum { CHANGES = 3000 };
    edge_change *changes = calloc(CHANGES, sizeof *changes);
    for (uint32_t i = 0; i < CHANGES; i++)
        changes[i] = (edge_change){.near = row_of(1 + test_random_below(&random, 3),
                                                  1 + (test_random_below(&random, 400) << 7)),
                                   .name = (uint32_t)(1 + test_random_below(&random, 2)),
                                   .far = row_of(1, 1 + test_random_below(&random, 3)),
                                   .order = i};
    edge_changes_sort(changes, CHANGES);
    for (size_t i = 1; i < CHANGES; i++) {
        const edge_change *a = &changes[i - 1], *b = &changes[i];
        assert_true(a->near <= b->near);
        if (a->near == b->near) assert_true(a->name <= b->name);
        if (a->near == b->near && a->name == b->name) {
            assert_true(a->far <= b->far);
            if (a->far == b->far) assert_true(a->order < b->order);
        }
    }
    edge_changes_sort(changes, 0);
    free(changes);
}

static void a_damaged_list_is_refused(fixture *f) {
    edge_entry entry;
    layout_key head = layout_named_key(5, 9), block = layout_edge_key(5, 9, row_of(3, 2));
    const uint8_t one[] = {0, 0, 3, 1}, index[] = {0x40, 12}, endless[] = {0x40, 0x80};
    create_type(f, "stays");
    assert_ok(edge_entry_read(layout_slice(&head), (hs_slice){one, 4}, &entry));
    assert_ok(edge_entry_read(layout_slice(&head), (hs_slice){index, 2}, &entry));
    assert_true(entry.is_index);
    assert_int_equal(entry.count, 12);
    assert_status(edge_entry_read(layout_slice(&head), (hs_slice){endless, 2}, &entry), HS_CORRUPT);
    assert_status(edge_entry_read(layout_slice(&head), (hs_slice){index, 1}, &entry), HS_CORRUPT);
    assert_error(edge_entry_read(layout_slice(&block), (hs_slice){one, 4}, &entry), HS_CORRUPT,
                 "as its key says");
    assert_status(edge_entry_read(layout_slice(&block), (hs_slice){index, 2}, &entry), HS_CORRUPT);
    assert_status(edge_entry_read((hs_slice){head.bytes, 8}, (hs_slice){one, 4}, &entry),
                  HS_CORRUPT);
    /* A head whose blocks are gone. */
    hs_slice value = {index, 2};
    edge_far edge;
    damage(f, "stays", TABLE_EDGES, layout_slice(&head), &value);
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_error(
        edge_list_find(snapshot->txn, table_of(f, "stays", TABLE_EDGES), 5, 9, row_of(3, 1), &edge),
        HS_CORRUPT, "has no blocks");
    hs_snapshot_close(snapshot);
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(a_block_gives_back_what_was_put_in),
        FIXTURE_TEST(edges_with_entities_of_several_types_share_a_block),
        FIXTURE_TEST(garbage_is_no_block),
        FIXTURE_TEST(changes_are_sorted_by_near_end_type_far_end_and_order),
        FIXTURE_TEST(lists_grow_and_shrink_as_the_model_does),
        FIXTURE_TEST(a_damaged_list_is_refused),
    };
    return fixture_run("edge list", tests, sizeof tests / sizeof *tests);
}
