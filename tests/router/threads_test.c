/* threads_test.c: many threads use one router: each collection is opened once, and nothing is
 * lost or seen half. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "router/fixture.h"

enum { THREADS = 8, ROUNDS = 30 };

/* cmocka's assertions belong to the test's own thread: the others stop the program. */
#define must(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #condition, hs_last_error());   \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

typedef struct worker {
    fixture *f;
    int number;
    pthread_t thread;
    pthread_barrier_t *start;
} worker;

static void run_threads(fixture *f, void *(*run)(void *)) {
    worker workers[THREADS];
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){.f = f, .number = i, .start = &start};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, run, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
    pthread_barrier_destroy(&start);
}

/* --- opening ---------------------------------------------------------------------------------- */

static void *open_and_look(void *context) {
    worker *w = context;
    hs_snapshot *snapshot;
    uint64_t count;
    pthread_barrier_wait(w->start);
    must(hs_snapshot_open(w->f->router, "medical", &snapshot) == HS_OK);
    must(hs_entity_count(snapshot, "patients", &count) == HS_OK);
    must(count == 1);
    hs_snapshot_close(snapshot);
    return NULL;
}

static void a_collection_is_opened_once_by_many_threads(void **state) {
    fixture *f = *state;
    create_medical(f);
    create_entity(f, "medical", "patients", "1");
    for (int round = 0; round < ROUNDS; round++) {
        fixture_reopen(f); /* a second opening would be refused: the file is locked */
        run_threads(f, open_and_look);
    }
}

/* --- creating and dropping -------------------------------------------------------------------- */

static void *create_and_drop(void *context) {
    worker *w = context;
    char name[16];
    snprintf(name, sizeof name, "c%d", w->number / 2); /* two threads for each name */
    pthread_barrier_wait(w->start);
    for (int round = 0; round < ROUNDS; round++) {
        hs_snapshot *snapshot;
        hs_names names;
        hs_status status = hs_collection_create(w->f->router, name);
        must(status == HS_OK || status == HS_EXISTS);
        status = hs_snapshot_open(w->f->router, name, &snapshot);
        must(status == HS_OK || status == HS_NOT_FOUND);
        if (status == HS_OK) hs_snapshot_close(snapshot);
        must(hs_collection_list(w->f->router, &names) == HS_OK);
        hs_names_free(&names);
        status = hs_collection_drop(w->f->router, name);
        must(status == HS_OK || status == HS_NOT_FOUND || status == HS_BUSY);
    }
    hs_collection_drop(w->f->router, name);
    return NULL;
}

static void collections_come_and_go_while_others_use_them(void **state) {
    fixture *f = *state;
    hs_names names;
    run_threads(f, create_and_drop);
    assert_ok(hs_collection_list(f->router, &names));
    for (size_t i = 0; i < names.count; i++) /* a drop that found the other thread busy left it */
        assert_ok(hs_collection_drop(f->router, names.names[i]));
    hs_names_free(&names);
}

/* --- writing and reading ---------------------------------------------------------------------- */

/* Each even thread writes to a type of its own an entity, an edge to the shared hub and a point
 * in one commit; each odd one reads and must see as many of each. */
static void write_one(hs_router *router, const char *type, int number, const hs_uuid *hub) {
    hs_batch *batch;
    char key[16];
    hs_uuid id = {0};
    const hs_point point = {number, number};
    snprintf(key, sizeof key, "%d", number);
    must(hs_batch_create(router, "medical", &batch) == HS_OK);
    must(hs_entity_create(batch, type, hs_slice_of(key), &id) == HS_OK);
    const hs_edge edge = {type, id, hs_slice_of("of"), "patients", *hub, true, 1};
    must(hs_edge_add(batch, &edge) == HS_OK);
    must(hs_series_write(batch, type, &id, hs_slice_of("s"), &point, 1) == HS_OK);
    must(hs_batch_commit(batch) == HS_OK);
    hs_batch_free(batch);
}

static uint64_t count_edges(hs_edge_iterator *iterator) {
    hs_edge edge;
    uint64_t count = 0;
    int more;
    while ((more = hs_edge_next(iterator, &edge)) == 1)
        count++;
    must(more == 0);
    hs_edge_iterator_close(iterator);
    return count;
}

static void read_all(hs_router *router, const hs_uuid *hub) {
    hs_snapshot *snapshot;
    hs_edge_iterator *iterator;
    uint64_t total = 0, incoming;
    must(hs_snapshot_open(router, "medical", &snapshot) == HS_OK);
    for (int t = 0; t < THREADS; t += 2) {
        char type[16];
        uint64_t entities;
        snprintf(type, sizeof type, "t%d", t);
        must(hs_entity_count(snapshot, type, &entities) == HS_OK);
        must(hs_edge_iterate_all(snapshot, type, NULL, &iterator) == HS_OK);
        must(count_edges(iterator) == entities);
        total += entities;
    }
    must(hs_edge_iterate(snapshot, "patients", hub, HS_INCOMING, NULL, &iterator) == HS_OK);
    incoming = count_edges(iterator);
    must(incoming == total);
    hs_snapshot_close(snapshot);
}

static void *write_or_read(void *context) {
    worker *w = context;
    hs_snapshot *snapshot;
    hs_entity hub;
    char type[16];
    snprintf(type, sizeof type, "t%d", w->number);
    must(hs_snapshot_open(w->f->router, "medical", &snapshot) == HS_OK);
    must(hs_entity_find(snapshot, "patients", hs_slice_of("hub"), &hub) == HS_OK);
    hs_snapshot_close(snapshot);
    pthread_barrier_wait(w->start);
    for (int round = 0; round < ROUNDS; round++)
        if (w->number % 2 == 0)
            write_one(w->f->router, type, round, &hub.id);
        else
            read_all(w->f->router, &hub.id);
    return NULL;
}

static void every_snapshot_shows_whole_commits(void **state) {
    fixture *f = *state;
    hs_check_result result;
    create_medical(f);
    create_entity(f, "medical", "patients", "hub");
    for (int t = 0; t < THREADS; t += 2) {
        char type[16];
        snprintf(type, sizeof type, "t%d", t);
        assert_ok(hs_type_create(f->router, "medical", type));
    }
    run_threads(f, write_or_read);
    assert_ok(hs_collection_check(f->router, "medical", NULL, NULL, &result));
    assert_int_equal(result.edges, THREADS / 2 * ROUNDS);
}

/* --- edges against deletions ------------------------------------------------------------------ */

/* Even threads add edges from an entity of their own to the hub; odd ones delete the hub and
 * create it again. */
static void *connect_or_delete(void *context) {
    worker *w = context;
    char type[16];
    hs_uuid hub = {0}, own = {0};
    hs_batch *batch;
    snprintf(type, sizeof type, "t%d", w->number);
    pthread_barrier_wait(w->start);
    for (int round = 0; round < ROUNDS; round++) {
        must(hs_batch_create(w->f->router, "medical", &batch) == HS_OK);
        must(hs_entity_upsert(batch, "patients", hs_slice_of("hub"), &hub) == HS_OK);
        hs_batch_clear(batch); /* only to learn the hub's id */
        if (w->number % 2 == 0) {
            must(hs_entity_upsert(batch, type, hs_slice_of("own"), &own) == HS_OK);
            const hs_edge edge = {type, own, hs_slice_of("of"), "patients", hub, true, 1};
            must(hs_edge_put(batch, &edge) == HS_OK);
        } else if (round % 2 == 0) {
            must(hs_entity_delete(batch, "patients", &hub) == HS_OK);
        } else {
            must(hs_entity_upsert(batch, "patients", hs_slice_of("hub"), &hub) == HS_OK);
        }
        hs_status status = hs_batch_commit(batch);
        must(status == HS_OK || status == HS_NOT_FOUND); /* the hub may be gone just now */
        hs_batch_free(batch);
    }
    return NULL;
}

static void fail_with_problem(void *context, const char *problem) {
    (void)context;
    fail_msg("%s", problem);
}

static void no_edge_dangles_when_its_end_is_deleted_meanwhile(void **state) {
    fixture *f = *state;
    hs_check_result result;
    create_medical(f);
    create_entity(f, "medical", "patients", "hub");
    for (int t = 0; t < THREADS; t += 2) {
        char type[16];
        snprintf(type, sizeof type, "t%d", t);
        assert_ok(hs_type_create(f->router, "medical", type));
    }
    for (int round = 0; round < 10; round++) {
        run_threads(f, connect_or_delete);
        assert_ok(hs_collection_check(f->router, "medical", fail_with_problem, NULL, &result));
    }
}

int main(void) {
#define THREADS_TEST(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        THREADS_TEST(a_collection_is_opened_once_by_many_threads),
        THREADS_TEST(collections_come_and_go_while_others_use_them),
        THREADS_TEST(every_snapshot_shows_whole_commits),
        THREADS_TEST(no_edge_dangles_when_its_end_is_deleted_meanwhile),
    };
    return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
