/* history_crash_test.c: the histories of properties and of edges after crashes. Random batches are
 * carried out on a collection and on a model of all versions; again and again the process or the
 * machine ends, in the middle of a commit or behind it, and what is opened then must be the whole
 * of the model before that batch or the whole of it after, versions, edges from both ends and all.
 */
#include <stdio.h>
#include <stdlib.h>

#include "oracle/memory_vfs.h"
#include "storage/fixture.h"

#define TYPE     "patients"
#define FILE_AT  "hospital"
#define ENTITIES 8
#define NAMES    3
#define VERSIONS 400
#define ROUNDS   400
#define OPS_MAX  10

static const char *const labels[NAMES] = {"weight", "ward", "bed"};

typedef struct property_state {
    hs_time valid_from, updated_at;
    bool is_deletion;
    int64_t number;
} property_state;

typedef struct property_history { /* ascending by valid_from */
    property_state versions[VERSIONS];
    int count;
} property_history;

typedef struct edge_history { /* ascending; of the last one deleted_at may be HS_TIME_MAX */
    hs_edge_version versions[VERSIONS];
    int count;
} edge_history;

typedef struct model {
    bool exists[ENTITIES];
    property_history properties[ENTITIES][NAMES];
    edge_history edges[ENTITIES][ENTITIES];
} model;

typedef struct run {
    memory_vfs *files;
    fixture f; /* its collection lies in `files` */
    test_random random;
    model *before, *now; /* the batch */
    hs_batch *batch;
    hs_time time;
    int64_t number; /* counts up, so that no two values are equal */
    /* What the batch has touched: each only once. */
    bool entity_used[ENTITIES], name_used[ENTITIES][NAMES], edge_used[ENTITIES][ENTITIES];
    memory_vfs *image; /* taken before the call with this number of the commit */
    uint64_t calls_left;
    memory_crash crash;
} run;

static int below(run *r, int bound) {
    return (int)test_random_below(&r->random, (uint64_t)bound);
}

static hs_uuid id_of(int entity) {
    return some_uuid(100 + (uint64_t)entity);
}

/* --- the model -------------------------------------------------------------------------------- */

static const property_state *present(const property_history *h) {
    const property_state *last = h->count > 0 ? h->versions + h->count - 1 : NULL;
    return last == NULL || last->is_deletion ? NULL : last;
}

static void add_version(property_history *h, property_state state) {
    int at = h->count;
    assert_true(h->count < VERSIONS);
    while (at > 0 && h->versions[at - 1].valid_from >= state.valid_from)
        at--;
    bool same = at < h->count && h->versions[at].valid_from == state.valid_from;
    if (!same) {
        memmove(h->versions + at + 1, h->versions + at,
                (size_t)(h->count - at) * sizeof *h->versions);
        h->count++;
    }
    h->versions[at] = state;
}

static hs_edge_version *open_version(edge_history *h) {
    hs_edge_version *last = h->count > 0 ? h->versions + h->count - 1 : NULL;
    return last != NULL && last->deleted_at == HS_TIME_MAX ? last : NULL;
}

/* --- operations ------------------------------------------------------------------------------- */

static void create_or_delete(run *r, int entity) {
    hs_uuid id = id_of(entity);
    if (r->entity_used[entity]) return;
    if (!r->now->exists[entity]) {
        assert_ok(hs_entity_create(r->batch, TYPE, text(""), &id));
        r->now->exists[entity] = true;
        return;
    }
    if (below(r, 4) != 0) return; /* histories are to grow long */
    assert_ok(hs_entity_delete(r->batch, TYPE, &id));
    r->now->exists[entity] = false;
    r->entity_used[entity] = true;
    memset(r->now->properties[entity], 0, sizeof r->now->properties[entity]);
    memset(r->now->edges[entity], 0, sizeof r->now->edges[entity]);
    for (int other = 0; other < ENTITIES; other++)
        memset(&r->now->edges[other][entity], 0, sizeof r->now->edges[other][entity]);
}

/* Sets a property now or in the past, or deletes it. */
static void change_property(run *r, int entity, int name) {
    property_history *h = &r->now->properties[entity][name];
    property_state state = {.valid_from = r->time, .updated_at = r->time};
    hs_uuid id = id_of(entity);
    if (!r->now->exists[entity] || r->name_used[entity][name]) return;
    r->name_used[entity][name] = true;
    if (present(h) != NULL && below(r, 4) == 0) {
        assert_ok(hs_property_delete(r->batch, TYPE, &id, text(labels[name])));
        state.is_deletion = true;
    } else {
        hs_value value = int64(state.number = ++r->number);
        if (below(r, 3) == 0) state.valid_from = 1 + below(r, (int)r->time);
        assert_ok(
            hs_property_set(r->batch, TYPE, &id, text(labels[name]), &value, state.valid_from));
    }
    add_version(h, state);
}

/* Puts an edge, another one each time, or removes it. */
static void change_edge(run *r, int from, int to) {
    edge_history *h = &r->now->edges[from][to];
    hs_edge edge = {TYPE, id_of(from), text("knows"), TYPE, id_of(to), below(r, 2) == 0, 0};
    hs_edge_version *last = open_version(h);
    if (!r->now->exists[from] || !r->now->exists[to] || r->edge_used[from][to]) return;
    r->edge_used[from][to] = true;
    edge.weight = (float)(++r->number % 100000);
    if (last != NULL) last->deleted_at = r->time;
    if (last != NULL && below(r, 3) == 0) {
        assert_ok(hs_edge_remove(r->batch, &edge));
        return;
    }
    assert_ok(hs_edge_put(r->batch, &edge));
    assert_true(h->count < VERSIONS);
    h->versions[h->count++] = (hs_edge_version){r->time, HS_TIME_MAX, edge.active, edge.weight};
}

/* Purges the versions of all edges that leave an entity. */
static void purge_edges(run *r, int entity) {
    hs_time before = 1 + below(r, (int)r->time);
    const hs_edge all = {TYPE, id_of(entity), text(""), NULL, {{0}}, false, 0};
    if (!r->now->exists[entity]) return;
    assert_ok(hs_edge_purge(r->batch, &all, before));
    for (int to = 0; to < ENTITIES; to++) {
        edge_history *h = &r->now->edges[entity][to];
        int gone = 0;
        while (gone < h->count && h->versions[gone].deleted_at <= before)
            gone++;
        h->count -= gone;
        memmove(h->versions, h->versions + gone, (size_t)h->count * sizeof *h->versions);
    }
}

/* The number of the batch is its mark, by which one sees which batches there are. */
static void record_batch(run *r, int round) {
    memset(r->entity_used, 0, sizeof r->entity_used);
    memset(r->name_used, 0, sizeof r->name_used);
    memset(r->edge_used, 0, sizeof r->edge_used);
    *r->now = *r->before;
    r->time += 1 + below(r, 5);
    r->batch = begin_batch(&r->f);
    assert_ok(hs_batch_time(r->batch, r->time));
    hs_uuid mark = some_uuid(1);
    hs_value value = int64(round);
    assert_ok(hs_entity_upsert(r->batch, "marks", text(""), &mark));
    assert_ok(hs_property_set(r->batch, "marks", &mark, text("round"), &value, HS_TIME_NOW));
    for (int left = below(r, OPS_MAX); left > 0; left--) {
        int entity = below(r, ENTITIES), kind = below(r, 8);
        if (kind == 0)
            create_or_delete(r, entity);
        else if (kind < 5)
            change_property(r, entity, below(r, NAMES));
        else if (kind == 5 && below(r, 8) == 0)
            purge_edges(r, entity);
        else
            change_edge(r, entity, below(r, ENTITIES));
    }
}

/* --- comparing -------------------------------------------------------------------------------- */

static void compare_property(hs_snapshot *s, const model *m, int entity, int name) {
    const property_history *h = &m->properties[entity][name];
    const property_state *there = present(h);
    const hs_property_version *versions;
    hs_property property;
    hs_uuid id = id_of(entity);
    size_t count = 0;
    assert_status(hs_property_versions(s, TYPE, &id, text(labels[name]), &versions, &count),
                  h->count > 0 ? HS_OK : HS_NOT_FOUND);
    if (h->count == 0) return;
    assert_int_equal(count, h->count);
    for (int i = 0; i < h->count; i++) {
        const property_state *expected = h->versions + i;
        assert_int_equal(versions[i].valid_from, expected->valid_from);
        assert_int_equal(versions[i].updated_at, expected->updated_at);
        assert_int_equal(versions[i].is_deletion, expected->is_deletion);
        if (!expected->is_deletion) assert_int_equal(versions[i].value.int64, expected->number);
    }
    assert_status(hs_property_get(s, TYPE, &id, text(labels[name]), &property),
                  there != NULL ? HS_OK : HS_NOT_FOUND);
    if (there != NULL) assert_int_equal(property.value.int64, there->number);
}

static void compare_edge(hs_snapshot *s, model *m, int from, int to) {
    edge_history *h = &m->edges[from][to];
    const hs_edge_version *versions, *last = open_version(h);
    hs_edge edge = {TYPE, id_of(from), text("knows"), TYPE, id_of(to), false, 0};
    size_t count = 0;
    assert_ok(hs_edge_versions(s, &edge, &versions, &count));
    assert_int_equal(count, h->count);
    for (int i = 0; i < h->count; i++) {
        assert_int_equal(versions[i].created_at, h->versions[i].created_at);
        assert_int_equal(versions[i].deleted_at, h->versions[i].deleted_at);
        assert_int_equal(versions[i].active, h->versions[i].active);
        assert_true(versions[i].weight == h->versions[i].weight);
    }
    assert_status(hs_edge_get(s, &edge), last != NULL ? HS_OK : HS_NOT_FOUND);
    if (last != NULL) assert_true(edge.weight == last->weight && edge.active == last->active);
}

/* The edges into an entity at a time of the past, by its own side. */
static void compare_incoming_then(hs_snapshot *s, const model *m, int entity, hs_time then) {
    const hs_edge_filter filter = {.as_of = &then};
    hs_edge_iterator *edges;
    hs_edge edge;
    hs_uuid id = id_of(entity);
    int expected = 0, met = 0;
    for (int from = 0; from < ENTITIES; from++)
        for (int i = 0; i < m->edges[from][entity].count; i++) {
            const hs_edge_version *v = m->edges[from][entity].versions + i;
            expected += v->created_at <= then && then < v->deleted_at;
        }
    assert_ok(hs_edge_iterate(s, TYPE, &id, HS_INCOMING, &filter, &edges));
    while (hs_edge_next(edges, &edge) == 1)
        met++;
    hs_edge_iterator_close(edges);
    assert_int_equal(met, expected);
}

static void compare(run *r, model *m) {
    hs_snapshot *s = begin_snapshot(&r->f);
    hs_entity found;
    hs_time then = 1 + below(r, (int)r->time);
    for (int entity = 0; entity < ENTITIES; entity++) {
        hs_uuid id = id_of(entity);
        assert_status(hs_entity_get(s, TYPE, &id, &found),
                      m->exists[entity] ? HS_OK : HS_NOT_FOUND);
        if (!m->exists[entity]) continue;
        for (int name = 0; name < NAMES; name++)
            compare_property(s, m, entity, name);
        for (int to = 0; to < ENTITIES; to++)
            if (m->exists[to]) compare_edge(s, m, entity, to);
        compare_incoming_then(s, m, entity, then);
    }
    hs_snapshot_close(s);
}

/* The number of the last batch that there is. */
static int64_t last_round(run *r) {
    hs_snapshot *s = begin_snapshot(&r->f);
    hs_property property = {.value = {.int64 = -1}};
    hs_uuid mark = some_uuid(1);
    hs_status status = hs_property_get(s, "marks", &mark, text("round"), &property);
    assert_true(status == HS_OK || status == HS_NOT_FOUND);
    int64_t round = status == HS_OK ? property.value.int64 : -1;
    hs_snapshot_close(s);
    return round;
}

/* --- crashes ---------------------------------------------------------------------------------- */

static void open_files(run *r, bool create) {
    hs_config config;
    assert_ok(hs_config_preset(HS_PRESET_SMALL, &config));
    config.log_size = 1 << 20;
    config.growth_step = 64 << 10;
    config.address_range = 64 << 20;
    config.background = false;
    assert_ok(engine_open(memory_vfs_base(r->files), FILE_AT, create, &config, &r->f.engine));
    assert_ok(collection_open(r->f.engine, "hospital", &config, &r->f.collection));
}

/* Takes the image when its call has come. */
static void before_call(void *context, memory_vfs *m, const char *call) {
    run *r = context;
    (void)call;
    if (r->image == NULL && r->calls_left-- == 0)
        r->image = memory_vfs_crash(m, r->crash, test_random_next(&r->random));
}

/* Goes on with the files as a crash left them, and with the model that they hold. */
static void go_on_after_crash(run *r, int round, bool acknowledged) {
    assert_ok(collection_close(r->f.collection));
    memory_vfs_free(r->files);
    r->files = r->image;
    r->image = NULL;
    open_files(r, false);
    int64_t found = last_round(r);
    if (found != round) {
        assert_false(acknowledged);
        assert_int_equal(found, round - 1);
        *r->now = *r->before;
    }
    assert_clean(&r->f);
}

static void one_round(run *r, int round) {
    record_batch(r, round);
    r->crash = below(r, 2) == 0 ? CRASH_KILL : CRASH_POWER;
    r->calls_left = (uint64_t)below(r, 12);
    if (below(r, 2) == 0) memory_vfs_hook(r->files, before_call, r);
    assert_ok(hs_batch_commit(r->batch));
    hs_batch_free(r->batch);
    memory_vfs_hook(r->files, NULL, NULL);
    bool acknowledged = r->image == NULL;
    if (acknowledged && below(r, 4) == 0)
        r->image = memory_vfs_crash(r->files, r->crash, test_random_next(&r->random));
    if (r->image != NULL) go_on_after_crash(r, round, acknowledged);
    if (last_round(r) != round) { /* the marks go on from what there is */
        record_batch(r, round);
        assert_ok(hs_batch_commit(r->batch));
        hs_batch_free(r->batch);
    }
    compare(r, r->now);
    *r->before = *r->now;
}

static void histories_are_whole_after_any_crash(void **state) {
    run r = {.random = test_random_start(),
             .files = memory_vfs_create(),
             .before = calloc(1, sizeof *r.before),
             .now = calloc(1, sizeof *r.now)};
    (void)state;
    assert_true(r.before != NULL && r.now != NULL);
    open_files(&r, true);
    create_type(&r.f, TYPE);
    create_type(&r.f, "marks");
    assert_ok(collection_type_option_set(r.f.collection, TYPE, "property_history", "on"));
    assert_ok(collection_type_option_set(r.f.collection, TYPE, "edge_history", "on"));
    for (int round = 0; round < ROUNDS; round++)
        one_round(&r, round);
    assert_clean(&r.f);
    assert_ok(collection_close(r.f.collection));
    memory_vfs_free(r.files);
    free(r.before);
    free(r.now);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(histories_are_whole_after_any_crash)};
    return cmocka_run_group_tests_name("history_crash", tests, NULL, NULL);
}
