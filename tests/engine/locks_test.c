/* locks_test.c: threads brought to the moments that ordinary runs rarely meet: who was woken to
 * lead and need not, or cannot; who wants a lock that another one waits behind. A thread that hangs
 * fails the test after some seconds.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Before cmocka, which has a macro expect_value. */
#include "engine/settle.h"

#include "base/error.h"
#include "engine/collection.h"

#define PATIENCE 20 /* seconds */

static void join(pthread_t thread, const char *who) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE;
    if (pthread_timedjoin_np(thread, NULL, &until) != 0) fail_msg("%s hangs", who);
}

/* --- waiting for a leader --------------------------------------------------------------------- */

#define COMMITTERS 3
#define FUTURE     UINT64_C(1000000) /* a commit that is not durable until the test says so */

typedef struct committer {
    store *store;
    pthread_t thread;
    pending pending;
    hs_status status;
} committer;

static void *wait_until_settled(void *argument) {
    committer *c = argument;
    c->status = settle(c->store, &c->pending);
    return NULL;
}

/* Committers that wait, one behind the other, for a leader, which the test pretends to be. */
static void begin_waiting(store *s, committer list[COMMITTERS]) {
    pthread_mutex_lock(&s->pipeline);
    s->log.leader = true;
    struct commit_waiter **last = s->log.waiters_end;
    for (int i = 0; i < COMMITTERS; i++) {
        list[i] = (committer){.store = s, .pending = {.last_durable = FUTURE}};
        assert_int_equal(pthread_create(&list[i].thread, NULL, wait_until_settled, &list[i]), 0);
        while (s->log.waiters_end == last) {
            pthread_mutex_unlock(&s->pipeline);
            sched_yield();
            pthread_mutex_lock(&s->pipeline);
        }
        last = s->log.waiters_end;
    }
    pthread_mutex_unlock(&s->pipeline);
}

/* The leader's last word: one of those who wait is woken to lead. It needs the pipeline lock for
 * its first step, and the caller holds it. */
static void pass_the_lead(store *s) {
    s->log.leader = false;
    assert_int_equal(settle_wake(s), COMMITTERS);
}

static void who_is_woken_to_lead_and_is_settled_meanwhile_wakes_the_next(void **state) {
    (void)state;
    collection c = collection_create();
    store *s = (store *)c.engine;
    committer list[COMMITTERS];
    begin_waiting(s, list);
    pthread_mutex_lock(&s->pipeline);
    pass_the_lead(s);
    uint64_t before = s->checkpointed;
    s->checkpointed = FUTURE; /* a checkpoint has ended */
    pthread_mutex_unlock(&s->pipeline);
    for (int i = 0; i < COMMITTERS; i++) {
        join(list[i].thread, "a committer whose leader was settled");
        assert_ok(list[i].status);
    }
    s->checkpointed = before;
    collection_free(&c);
}

static void who_is_woken_to_lead_when_writing_fails_is_not_the_only_one(void **state) {
    (void)state;
    collection c = collection_create();
    store *s = (store *)c.engine;
    committer list[COMMITTERS];
    begin_waiting(s, list);
    pthread_mutex_lock(&s->pipeline);
    pass_the_lead(s);
    store_fail(s, error_set(HS_IO, "a checkpoint fails for the test"));
    pthread_mutex_unlock(&s->pipeline);
    for (int i = 0; i < COMMITTERS; i++) {
        join(list[i].thread, "a committer beside a checkpoint that failed");
        assert_int_equal(list[i].status, HS_IO);
    }
    assert_int_not_equal(engine_close(c.engine), HS_OK);
    c.engine = NULL;
    collection_free(&c);
}

static void the_end_of_a_checkpoint_wakes_those_whom_it_settles(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    store *s = (store *)c.engine;
    committer list[COMMITTERS];
    engine_txn *t = begin_relaxed(c.engine, table.family);
    put_text(t, table, "key", "value");
    assert_ok(engine_commit(t));
    begin_waiting(s, list);
    pthread_mutex_lock(&s->pipeline);
    for (int i = 0; i < COMMITTERS; i++)
        list[i].pending.last_durable = s->latest->sequence;
    pthread_mutex_unlock(&s->pipeline);
    /* Its leader has stopped in the middle of a sync. */
    assert_ok(engine_checkpoint(c.engine));
    for (int i = 0; i < COMMITTERS; i++) {
        join(list[i].thread, "a committer whom a checkpoint has settled");
        assert_ok(list[i].status);
    }
    s->log.leader = false;
    collection_free(&c);
}

/* --- families --------------------------------------------------------------------------------- */

typedef struct renamer {
    engine *engine;
    engine_family family;
    pthread_t thread;
    hs_status status;
} renamer;

static void *rename_family(void *argument) {
    renamer *r = argument;
    r->status = engine_family_rename(r->engine, r->family, "new name");
    return NULL;
}

/* Whoever waits to rename a family must hold nothing that the family's writer wants. */
static void a_writer_may_make_families_while_its_own_waits_for_a_new_name(void **state) {
    (void)state;
    char directory[256], path[280];
    hs_config config = fixture_config();
    engine *e = NULL;
    directory_create(directory, sizeof directory);
    snprintf(path, sizeof path, "%s/collection", directory);
    assert_ok(engine_open(vfs_posix(), path, true, &config, &e));
    engine_table table = create_table(e, "old name", NULL);
    engine_txn *t = begin_write(e, table.family);
    renamer r = {.engine = e, .family = table.family};
    assert_int_equal(pthread_create(&r.thread, NULL, rename_family, &r), 0);
    /* Long enough for it to come to where it waits. */
    for (int i = 0; i < 50; i++) {
        nanosleep(&(struct timespec){0, 1000000}, NULL);
        sched_yield();
    }
    alarm(PATIENCE); /* a hang here is this thread's */
    create_table(e, "another family", NULL);
    alarm(0);
    put_text(t, table, "key", "value");
    assert_ok(engine_commit(t));
    join(r.thread, "the renaming of a family");
    assert_ok(r.status);
    engine_family found = 0;
    t = begin_read(e);
    assert_ok(engine_family_find(t, "new name", &found));
    assert_int_equal(found, table.family);
    engine_abort(t);
    assert_ok(engine_close(e));
    directory_remove(directory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_woken_to_lead_and_is_settled_meanwhile_wakes_the_next),
        cmocka_unit_test(who_is_woken_to_lead_when_writing_fails_is_not_the_only_one),
        cmocka_unit_test(the_end_of_a_checkpoint_wakes_those_whom_it_settles),
        cmocka_unit_test(a_writer_may_make_families_while_its_own_waits_for_a_new_name),
    };
    return cmocka_run_group_tests_name("locks", tests, NULL, NULL);
}
