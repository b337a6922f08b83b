/* readers_test.c: reader slots: who holds back what, many at a time, and from many threads. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "engine/fixture.h"
#include "engine/readers.h"
#include "oracle/random.h"

static readers *create(void) {
    readers *r = calloc(1, sizeof *r);
    assert_ok(readers_open(r));
    return r;
}

static void destroy(readers *r) {
    readers_close(r);
    free(r);
}

static reader_slot *begin(readers *r, uint64_t sequence, uint64_t limit) {
    reader_slot *slot = NULL;
    assert_ok(readers_take(r, &slot));
    reader_protect(slot, sequence);
    reader_limit(slot, limit);
    return slot;
}

static void without_readers_nothing_but_the_visible_commit_is_held(void **state) {
    (void)state;
    readers *r = create();
    readers_view view;
    readers_look(r, 42, &view);
    assert_int_equal(view.visible, 42);
    assert_int_equal(view.oldest, 42);
    assert_int_equal(view.count, 0);
    assert_false(readers_see(&view, 0, 0, 42));
    assert_true(readers_see(&view, 0, 0, 43));
    destroy(r);
}

static void a_slot_that_shows_no_commit_yet_holds_nothing_back(void **state) {
    (void)state;
    readers *r = create();
    reader_slot *slot = NULL;
    readers_view view;
    assert_ok(readers_take(r, &slot));
    readers_look(r, 10, &view);
    assert_int_equal(view.count, 0);
    assert_int_equal(view.oldest, 10);
    reader_protect(slot, 0);
    readers_look(r, 10, &view);
    assert_int_equal(view.count, 1);
    assert_int_equal(view.oldest, 0);
    assert_int_equal(view.listed[0].limit, UINT64_MAX);
    reader_release(slot);
    readers_look(r, 10, &view);
    assert_int_equal(view.count, 0);
    destroy(r);
}

/* What readers.h says, from the readers themselves. */
static bool naive_see(uint64_t (*readers)[2], size_t count, uint64_t born, uint64_t txn,
                      uint64_t died) {
    for (size_t i = 0; i < count; i++) {
        if (readers[i][0] >= born && readers[i][0] < died && txn < readers[i][1]) return true;
    }
    return false;
}

static void only_what_a_reader_can_see_is_held(void **state) {
    (void)state;
    random_source random = {3};
    for (int round = 0; round < 3000; round++) {
        readers *r = create();
        uint64_t held[8][2], visible = 20 + random_below(&random, 20), oldest = visible;
        size_t count = random_below(&random, 9);
        for (size_t i = 0; i < count; i++) {
            held[i][0] = random_below(&random, visible + 1);
            held[i][1] = random_below(&random, 60);
            if (held[i][0] < oldest) oldest = held[i][0];
            begin(r, held[i][0], held[i][1]);
        }
        readers_view view;
        readers_look(r, visible, &view);
        assert_int_equal(view.count, count);
        assert_int_equal(view.oldest, oldest);
        for (int i = 0; i < 30; i++) {
            uint64_t died = random_below(&random, visible + 1), txn = random_below(&random, 60);
            uint64_t born = random_below(&random, died + 1);
            assert_int_equal(readers_see(&view, born, txn, died),
                             naive_see(held, count, born, txn, died));
        }
        /* A reader that begins after the look may see the visible commit and later ones. */
        assert_true(readers_see(&view, 0, 0, visible + 1));
        destroy(r);
    }
}

static void more_readers_than_are_listed_hold_back_everything_since_the_oldest(void **state) {
    (void)state;
    readers *r = create();
    reader_slot *slots[READERS_VIEWED + 1];
    for (uint64_t i = 0; i <= READERS_VIEWED; i++)
        slots[i] = begin(r, 100 + i, 5);
    readers_view view;
    readers_look(r, 1000, &view);
    assert_int_equal(view.count, READERS_VIEWED + 1);
    assert_int_equal(view.oldest, 100);
    assert_true(readers_see(&view, 900, 900, 901));
    assert_false(readers_see(&view, 0, 0, 100));
    reader_release(slots[0]);
    readers_look(r, 1000, &view);
    assert_int_equal(view.oldest, 101);
    assert_false(readers_see(&view, 900, 900, 901));
    assert_true(readers_see(&view, 101, 4, 102));
    destroy(r);
}

static void slots_have_cache_lines_of_their_own_and_are_used_again(void **state) {
    (void)state;
    readers *r = create();
    enum { COUNT = 300 };
    reader_slot *slots[COUNT];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < COUNT; i++) {
            slots[i] = begin(r, 1, 1);
            assert_int_equal((uintptr_t)slots[i] % 64, 0);
            for (int k = 0; k < i; k++)
                assert_ptr_not_equal(slots[i], slots[k]);
        }
        for (int i = 0; i < COUNT; i++)
            reader_release(slots[i]);
    }
    assert_non_null(atomic_load(&r->chunks[COUNT / READERS_CHUNK]));
    assert_null(atomic_load(&r->chunks[COUNT / READERS_CHUNK + 1]));
    destroy(r);
}

static void the_number_of_readers_has_a_limit_that_is_named(void **state) {
    (void)state;
    readers *r = create();
    reader_slot *slot = NULL;
    for (uint32_t i = 0; i < READERS_CHUNKS_MAX; i++) {
        assert_ok(readers_take(r, &slot));
        for (uint32_t k = 0; k < READERS_CHUNK; k++)
            reader_protect(&atomic_load(&r->chunks[i])[k], i);
    }
    assert_status(readers_take(r, &slot), HS_LIMIT);
    assert_non_null(strstr(hs_last_error(), "65536"));
    readers_view view;
    readers_look(r, READERS_CHUNKS_MAX, &view);
    assert_int_equal(view.count, READERS_CHUNK * READERS_CHUNKS_MAX);
    reader_release(&atomic_load(&r->chunks[500])[7]);
    assert_ok(readers_take(r, &slot));
    assert_ptr_equal(slot, &atomic_load(&r->chunks[500])[7]);
    destroy(r);
}

static void without_memory_taking_a_slot_fails_and_can_be_tried_again(void **state) {
    (void)state;
    readers r = {.chunks = {NULL}};
    memory_fail_after(1);
    hs_status status = readers_open(&r);
    memory_fail_after(0);
    assert_int_equal(status, HS_NO_MEMORY);
    readers *full = create();
    for (uint32_t i = 0; i < READERS_CHUNK; i++)
        begin(full, 1, 1);
    reader_slot *slot = NULL;
    memory_fail_after(1);
    status = readers_take(full, &slot);
    memory_fail_after(0);
    assert_int_equal(status, HS_NO_MEMORY);
    assert_ok(readers_take(full, &slot));
    destroy(full);
}

/* --- threads ---------------------------------------------------------------------------------- */

enum { THREADS = 4, TAKES = 20000 };

typedef struct crowd {
    readers *readers;
    _Atomic uint64_t visible;
    _Atomic uint64_t floor; /* what was reused: commits below it must not be read any more */
    _Atomic bool done;
    _Atomic uint64_t violations;
} crowd;

/* Begins snapshots as txn.c does, and checks that what it reads was not reused before. */
static void *read_often(void *argument) {
    crowd *c = argument;
    for (int i = 0; i < TAKES; i++) {
        reader_slot *slot = NULL;
        if (readers_take(c->readers, &slot) != HS_OK) atomic_fetch_add(&c->violations, 1);
        uint64_t sequence;
        do {
            sequence = atomic_load(&c->visible);
            reader_protect(slot, sequence);
        } while (atomic_load(&c->visible) != sequence);
        reader_limit(slot, sequence * 2);
        if (atomic_load(&slot->state) != sequence + 1 || atomic_load(&c->floor) > sequence)
            atomic_fetch_add(&c->violations, 1);
        reader_release(slot);
    }
    return NULL;
}

/* Commits, and reuses what no reader can see. */
static void *write_often(void *argument) {
    crowd *c = argument;
    while (!atomic_load(&c->done)) {
        readers_view view;
        readers_look(c->readers, atomic_load(&c->visible), &view);
        if (view.oldest > view.visible) atomic_fetch_add(&c->violations, 1);
        atomic_store(&c->floor, view.oldest);
        atomic_fetch_add(&c->visible, 1);
    }
    return NULL;
}

static void what_a_thread_reads_is_never_reused_by_another(void **state) {
    (void)state;
    crowd c = {.readers = create()};
    atomic_store(&c.visible, 1);
    pthread_t writer, threads[THREADS];
    assert_int_equal(pthread_create(&writer, NULL, write_often, &c), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_often, &c), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    atomic_store(&c.done, true);
    pthread_join(writer, NULL);
    assert_int_equal(atomic_load(&c.violations), 0);
    destroy(c.readers);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_readers_nothing_but_the_visible_commit_is_held),
        cmocka_unit_test(a_slot_that_shows_no_commit_yet_holds_nothing_back),
        cmocka_unit_test(only_what_a_reader_can_see_is_held),
        cmocka_unit_test(more_readers_than_are_listed_hold_back_everything_since_the_oldest),
        cmocka_unit_test(slots_have_cache_lines_of_their_own_and_are_used_again),
        cmocka_unit_test(the_number_of_readers_has_a_limit_that_is_named),
        cmocka_unit_test(without_memory_taking_a_slot_fails_and_can_be_tried_again),
        cmocka_unit_test(what_a_thread_reads_is_never_reused_by_another),
    };
    return cmocka_run_group_tests_name("readers", tests, NULL, NULL);
}
