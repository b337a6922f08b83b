/* concurrency_test.c: threads that write at the same time leave a sound collection and lose
 * nothing. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "storage/fixture.h"

#define THREADS 4

/* Assertions belong to the main thread; a worker notes the first thing that went wrong and ends. */
typedef struct worker {
    fixture *f;
    int number;
    int rounds;
    test_random random;
    uint64_t done; /* what it counts */
    char failure[512];
    pthread_t thread;
} worker;

#define WORKER_FAIL(w, ...)                                                                        \
    do {                                                                                           \
        if ((w)->failure[0] == 0) snprintf((w)->failure, sizeof(w)->failure, __VA_ARGS__);         \
    } while (0)

/* Notes a status that is not HS_OK; whether it is. */
static bool worker_ok(worker *w, hs_status status, const char *what) {
    if (status == HS_OK) return true;
    WORKER_FAIL(w, "%s: %s: %s", what, hs_status_name(status), hs_last_error());
    return false;
}

/* Runs jobs[i] in thread i, and fails if one of them did. */
static void run_workers(fixture *f, worker *workers, void *(*const jobs[])(void *), int count,
                        int rounds) {
    for (int i = 0; i < count; i++) {
        workers[i] =
            (worker){.f = f, .number = i, .rounds = rounds, .random = {UINT64_C(77) + (uint64_t)i}};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, jobs[i], &workers[i]), 0);
    }
    for (int i = 0; i < count; i++)
        pthread_join(workers[i].thread, NULL);
    for (int i = 0; i < count; i++)
        if (workers[i].failure[0] != 0) fail_msg("thread %d: %s", i, workers[i].failure);
}

static void run_same(fixture *f, worker *workers, void *(*job)(void *), int rounds) {
    void *(*jobs[THREADS])(void *);
    for (int i = 0; i < THREADS; i++)
        jobs[i] = job;
    run_workers(f, workers, jobs, THREADS, rounds);
}

static void note(void *context, const char *problem) {
    (void)context;
    print_error("%s\n", problem);
}

static void expect_sound(fixture *f) {
    hs_check_result result;
    assert_ok(collection_check(f->collection, note, NULL, &result));
}

/* --- entities --------------------------------------------------------------------------------- */

static const char *const own_types[THREADS] = {"a", "b", "c", "d"};

static void *fill_own_type(void *context) {
    worker *w = context;
    const char *type = own_types[w->number];
    hs_batch *batch;
    if (!worker_ok(w, batch_create(w->f->collection, &batch), "create")) return NULL;
    for (int i = 0; i < w->rounds; i++) {
        char key[32];
        hs_uuid id = {0};
        hs_value value = int64(i);
        snprintf(key, sizeof key, "%d", i);
        if (!worker_ok(w, hs_entity_create(batch, type, text(key), &id), "record")) break;
        if (!worker_ok(w, hs_property_set(batch, type, &id, text("n"), &value, HS_TIME_NOW), "set"))
            break;
        if (i % 7 == 0 && !worker_ok(w, hs_batch_commit(batch), "commit")) break;
    }
    worker_ok(w, hs_batch_commit(batch), "last commit");
    hs_batch_free(batch);
    return NULL;
}

static void threads_fill_types_of_their_own(fixture *f) {
    worker workers[THREADS];
    for (int i = 0; i < THREADS; i++)
        create_type(f, own_types[i]);
    run_same(f, workers, fill_own_type, 300);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(count_entries(f, own_types[i], TABLE_RECORDS), 300);
    assert_int_equal(count_routes(f), THREADS * 300);
    expect_sound(f);
}

/* Every thread creates the same entities and the same names. */
static void *upsert_all(void *context) {
    worker *w = context;
    for (int i = 0; i < w->rounds; i++) {
        hs_batch *batch;
        char key[32];
        hs_uuid id = {0};
        hs_value value = int64(w->number);
        snprintf(key, sizeof key, "%d", i);
        if (!worker_ok(w, batch_create(w->f->collection, &batch), "create")) return NULL;
        worker_ok(w, hs_entity_upsert(batch, "patients", text(key), &id), "upsert");
        worker_ok(w, hs_property_set(batch, "patients", &id, text(key), &value, HS_TIME_NOW),
                  "set");
        worker_ok(w, hs_batch_commit(batch), "commit");
        hs_batch_free(batch);
    }
    return NULL;
}

static void threads_that_upsert_the_same_create_it_once(fixture *f) {
    worker workers[THREADS];
    create_type(f, "patients");
    run_same(f, workers, upsert_all, 100);
    assert_int_equal(count_entries(f, "patients", TABLE_RECORDS), 100);
    assert_int_equal(count_routes(f), 100);
    hs_snapshot *snapshot = begin_snapshot(f);
    for (uint32_t i = 1; i <= 100; i++) {
        hs_slice label;
        assert_ok(snapshot_label(snapshot, i, &label));
    }
    hs_slice none;
    assert_status(snapshot_label(snapshot, 101, &none), HS_CORRUPT);
    hs_snapshot_close(snapshot);
    expect_sound(f);
}

/* Two types take ids from the same few: each id goes to one of them. */
static void *take_ids(void *context) {
    worker *w = context;
    for (int i = 0; i < w->rounds; i++) {
        hs_batch *batch;
        hs_uuid id = some_uuid((uint64_t)i);
        if (!worker_ok(w, batch_create(w->f->collection, &batch), "create")) return NULL;
        worker_ok(w, hs_entity_create(batch, own_types[w->number], text(""), &id), "record");
        hs_status status = hs_batch_commit(batch);
        if (status == HS_OK)
            w->done++;
        else if (status != HS_EXISTS)
            worker_ok(w, status, "commit");
        hs_batch_free(batch);
    }
    return NULL;
}

static void an_id_is_given_once_across_types(fixture *f) {
    worker workers[THREADS];
    for (int i = 0; i < THREADS; i++)
        create_type(f, own_types[i]);
    run_same(f, workers, take_ids, 150);
    uint64_t taken = 0;
    for (int i = 0; i < THREADS; i++)
        taken += workers[i].done;
    assert_int_equal(taken, 150);
    assert_int_equal(count_routes(f), 150);
    expect_sound(f);
}

/* Reads a number and its revision, and writes the number + 1 unless the revision is another. */
static hs_status increment(worker *w, const hs_uuid *id) {
    hs_snapshot *snapshot;
    hs_batch *batch;
    hs_property property;
    hs_entity entity;
    TRY(snapshot_open(w->f->collection, &snapshot));
    hs_status status = hs_entity_get(snapshot, "patients", id, &entity);
    if (status == HS_OK) status = hs_property_get(snapshot, "patients", id, text("n"), &property);
    hs_snapshot_close(snapshot);
    if (status != HS_OK) return status;
    hs_value value = int64(property.value.int64 + 1);
    TRY(batch_create(w->f->collection, &batch));
    status = hs_entity_update(batch, "patients", id, entity.revision);
    if (status == HS_OK)
        status = hs_property_set(batch, "patients", id, text("n"), &value, HS_TIME_NOW);
    if (status == HS_OK) status = hs_batch_commit(batch);
    hs_batch_free(batch);
    return status;
}

static hs_uuid counted;

static void *count_up(void *context) {
    worker *w = context;
    while (w->done < (uint64_t)w->rounds) {
        hs_status status = increment(w, &counted);
        if (status == HS_OK)
            w->done++;
        else if (status != HS_CONFLICT && !worker_ok(w, status, "increment"))
            break;
    }
    return NULL;
}

static void revision_checks_lose_no_update(fixture *f) {
    worker workers[THREADS];
    create_type(f, "patients");
    counted = create_entity(f, "patients", "1");
    set_property(f, "patients", &counted, "n", int64(0));
    run_same(f, workers, count_up, 50);
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_property property;
    hs_entity entity;
    assert_ok(hs_property_get(snapshot, "patients", &counted, text("n"), &property));
    assert_int_equal(property.value.int64, THREADS * 50);
    assert_ok(hs_entity_get(snapshot, "patients", &counted, &entity));
    assert_int_equal(entity.revision, 2 + THREADS * 50);
    hs_snapshot_close(snapshot);
}

/* --- edges ------------------------------------------------------------------------------------ */

#define SOURCES 10
#define TARGETS 6

static hs_uuid sources[SOURCES], targets[TARGETS];

static hs_edge edge_between(uint64_t source, uint64_t target) {
    return (hs_edge){.source_type = "stays",
                     .source = sources[source],
                     .type = {"of", 2},
                     .target_type = "patients",
                     .target = targets[target],
                     .active = true,
                     .weight = 1};
}

/* Commits a batch that may fail because another thread was first. */
static void commit_if_possible(worker *w, hs_batch *batch) {
    hs_status status = hs_batch_commit(batch);
    if (status == HS_OK)
        w->done++;
    else if (status != HS_NOT_FOUND)
        worker_ok(w, status, "commit");
    hs_batch_free(batch);
}

static void *put_edges(void *context) {
    worker *w = context;
    for (int i = 0; i < w->rounds && w->failure[0] == 0; i++) {
        hs_batch *batch;
        if (!worker_ok(w, batch_create(w->f->collection, &batch), "create")) return NULL;
        hs_edge edge = edge_between(test_random_below(&w->random, SOURCES),
                                    test_random_below(&w->random, TARGETS));
        edge.weight = (float)(1 + i % 2);
        if (i % 4 == 3)
            worker_ok(w, hs_edge_remove(batch, &edge), "no edge");
        else
            worker_ok(w, hs_edge_put(batch, &edge), "edge");
        commit_if_possible(w, batch);
    }
    return NULL;
}

static void recreate(worker *w, const char *type, const hs_uuid *id) {
    hs_batch *batch;
    hs_uuid same = *id;
    if (!worker_ok(w, batch_create(w->f->collection, &batch), "create")) return;
    worker_ok(w, hs_entity_delete(batch, type, id), "delete");
    commit_if_possible(w, batch);
    if (!worker_ok(w, batch_create(w->f->collection, &batch), "create")) return;
    worker_ok(w, hs_entity_upsert(batch, type, text(""), &same), "upsert");
    commit_if_possible(w, batch);
}

static void *recreate_targets(void *context) {
    worker *w = context;
    for (int i = 0; i < w->rounds && w->failure[0] == 0; i++)
        recreate(w, "patients", &targets[test_random_below(&w->random, TARGETS)]);
    return NULL;
}

static void *recreate_sources(void *context) {
    worker *w = context;
    for (int i = 0; i < w->rounds && w->failure[0] == 0; i++)
        recreate(w, "stays", &sources[test_random_below(&w->random, SOURCES)]);
    return NULL;
}

/* In every snapshot each edge leads to an entity and is found from its other end. */
static void check_edges(worker *w, hs_snapshot *snapshot) {
    hs_edge_iterator *iterator;
    hs_edge edge;
    uint64_t forward = 0, backward = 0;
    int found;
    if (!worker_ok(w, hs_edge_iterate_all(snapshot, "stays", NULL, &iterator), "iterate")) return;
    while ((found = hs_edge_next(iterator, &edge)) > 0)
        forward++;
    hs_edge_iterator_close(iterator);
    if (found < 0) worker_ok(w, (hs_status)found, "next edge");
    for (int i = 0; i < TARGETS; i++) {
        hs_status status =
            hs_edge_iterate(snapshot, "patients", &targets[i], HS_INCOMING, NULL, &iterator);
        if (status == HS_NOT_FOUND) continue;
        if (!worker_ok(w, status, "incoming")) return;
        while ((found = hs_edge_next(iterator, &edge)) > 0)
            backward++;
        hs_edge_iterator_close(iterator);
        if (found < 0) worker_ok(w, (hs_status)found, "next incoming edge");
    }
    if (forward != backward)
        WORKER_FAIL(w, "%llu edges from stays, %llu to patients", (unsigned long long)forward,
                    (unsigned long long)backward);
}

static void *read_edges(void *context) {
    worker *w = context;
    for (int i = 0; i < w->rounds && w->failure[0] == 0; i++) {
        hs_snapshot *snapshot;
        if (!worker_ok(w, snapshot_open(w->f->collection, &snapshot), "snapshot")) return NULL;
        check_edges(w, snapshot);
        hs_snapshot_close(snapshot);
    }
    return NULL;
}

static void create_ends(fixture *f) {
    create_type(f, "stays");
    create_type(f, "patients");
    assert_ok(collection_type_option_set(f->collection, "stays", "edge_history", "on"));
    hs_batch *batch = begin_batch(f);
    for (uint64_t i = 0; i < SOURCES; i++) {
        sources[i] = some_uuid(1000 + i);
        assert_ok(hs_entity_create(batch, "stays", text(""), &sources[i]));
    }
    for (uint64_t i = 0; i < TARGETS; i++) {
        targets[i] = some_uuid(2000 + i);
        assert_ok(hs_entity_create(batch, "patients", text(""), &targets[i]));
    }
    commit(batch);
}

static void deletes_against_new_edges_leave_no_half_edge(fixture *f) {
    worker workers[5];
    void *(*const jobs[])(void *) = {put_edges, put_edges, recreate_targets, recreate_sources,
                                     read_edges};
    create_ends(f);
    run_workers(f, workers, jobs, 5, 200);
    assert_true(workers[0].done > 0 && workers[2].done > 0 && workers[3].done > 0);
    expect_sound(f);
}

static void *recreate_type(void *context) {
    worker *w = context;
    for (int i = 0; i < w->rounds && w->failure[0] == 0; i++) {
        hs_batch *batch;
        if (!worker_ok(w, collection_type_drop(w->f->collection, "patients"), "drop")) return NULL;
        if (!worker_ok(w, collection_type_create(w->f->collection, "patients"), "type"))
            return NULL;
        if (!worker_ok(w, batch_create(w->f->collection, &batch), "create")) return NULL;
        for (int t = 0; t < TARGETS; t++) {
            hs_uuid same = targets[t];
            worker_ok(w, hs_entity_create(batch, "patients", text(""), &same), "target");
        }
        worker_ok(w, hs_batch_commit(batch), "commit");
        hs_batch_free(batch);
    }
    return NULL;
}

static void dropping_a_type_against_new_edges_leaves_no_half_edge(fixture *f) {
    worker workers[3];
    void *(*const jobs[])(void *) = {put_edges, put_edges, recreate_type};
    create_ends(f);
    run_workers(f, workers, jobs, 3, 60);
    expect_sound(f);
}

/* --- measures --------------------------------------------------------------------------------- */

/* Every thread adds 1 to the same counter, two at a time, and 1 to its own. */
static void *increment_all(void *context) {
    worker *w = context;
    hs_uuid all = targets[0], own = targets[1 + w->number];
    for (int i = 0; i < w->rounds; i++) {
        hs_batch *batch;
        if (!worker_ok(w, batch_create(w->f->collection, &batch), "create")) return NULL;
        const hs_uuid *to[] = {&all, &own, &all};
        for (int j = 0; j < 3; j++)
            worker_ok(w,
                      hs_measure_increment(batch, "patients", to[j], text("count"), 1, text(""),
                                           1000 * w->number + i),
                      "increment");
        worker_ok(w, hs_batch_commit(batch), "commit");
        hs_batch_free(batch);
    }
    return NULL;
}

static void increments_of_many_threads_are_all_counted(fixture *f) {
    worker workers[THREADS];
    create_ends(f);
    run_same(f, workers, increment_all, 150);
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_ranked ranked[THREADS + 1];
    size_t count;
    assert_ok(hs_measure_rank(snapshot, "patients", text("count"), HS_GREATEST, THREADS + 1, ranked,
                              &count));
    assert_int_equal(count, THREADS + 1);
    assert_uuid(&ranked[0].id, &targets[0]);
    assert_true(ranked[0].value == 2 * THREADS * 150);
    for (int i = 1; i <= THREADS; i++)
        assert_true(ranked[i].value == 150);
    hs_snapshot_close(snapshot);
    expect_sound(f);
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(threads_fill_types_of_their_own),
        FIXTURE_TEST(threads_that_upsert_the_same_create_it_once),
        FIXTURE_TEST(an_id_is_given_once_across_types),
        FIXTURE_TEST(revision_checks_lose_no_update),
        FIXTURE_TEST(deletes_against_new_edges_leave_no_half_edge),
        FIXTURE_TEST(increments_of_many_threads_are_all_counted),
        FIXTURE_TEST(dropping_a_type_against_new_edges_leaves_no_half_edge),
    };
    return fixture_run("concurrency", tests, sizeof tests / sizeof *tests);
}
