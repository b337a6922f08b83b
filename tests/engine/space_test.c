/* space_test.c: units are handed out only when nobody can see them, and come back when nobody can.
 *
 *   space_test [--seed N] [--rounds N]
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "engine/collection.h"
#include "engine/space.h"
#include "oracle/random.h"

static struct { uint64_t seed, rounds; } arguments = {1, 1};

/* A space on a file in memory. */
typedef struct place {
    memory_vfs *files;
    pagefile file;
    space space;
} place;

static place *place_create(uint64_t units, uint64_t address_range) {
    place *p = calloc(1, sizeof *p);
    p->files = memory_vfs_create();
    hs_config config = fixture_config();
    config.address_range = address_range;
    vfs_file *file = NULL;
    assert_ok(vfs_open(memory_vfs_base(p->files), "f", true, &file));
    assert_ok(vfs_grow(file, units * UNIT_SIZE));
    assert_ok(pagefile_open(&p->file, file, "f", &config));
    assert_ok(space_open(&p->space, &p->file));
    return p;
}

static void place_free(place *p) {
    space_close(&p->space);
    pagefile_close(&p->file);
    memory_vfs_free(p->files);
    free(p);
}

static readers_view nobody(uint64_t visible) {
    return (readers_view){.visible = visible, .oldest = visible};
}

static page_run take_one(place *p, const readers_view *view, uint32_t units) {
    run_list out = {0};
    assert_ok(space_take(&p->space, view, units, 1, &out));
    assert_int_equal(out.count, 1);
    page_run run = out.runs[0];
    run_list_free(&out);
    return run;
}

/* Adds the garbage record of a commit that freed one run made by transaction `txn`. */
static void free_one(place *p, page_run run, uint64_t txn, uint64_t sequence) {
    garbage *g = garbage_create(&(run_list){.count = 0}, 0);
    assert_non_null(g);
    g->sequence = sequence;
    assert_ok(run_list_add(&g->runs, run.page, run.units, txn));
    space_add_garbage(&p->space, g);
}

/* A checkpoint of commit `sequence` that contains exactly these runs. */
static void save(place *p, uint64_t sequence, const page_run *runs, size_t count) {
    bitmap durable = {0};
    assert_ok(bitmap_grow(&durable, p->space.taken.bits));
    bitmap_set(&durable, 0, FIRST_PAGE);
    for (size_t i = 0; i < count; i++)
        bitmap_set(&durable, runs[i].page, runs[i].units);
    space_checkpointed(&p->space, sequence, &durable);
    bitmap_free(&durable);
}

static bool is_taken(place *p, page_run run) {
    return bitmap_test(&p->space.taken, run.page);
}

/* --- one rule at a time ----------------------------------------------------------------------- */

static void the_headers_are_never_handed_out(void **state) {
    (void)state;
    place *p = place_create(16, UINT64_C(64) << 20);
    readers_view view = nobody(0);
    for (int i = 0; i < 100; i++)
        assert_true(take_one(p, &view, 1).page >= FIRST_PAGE);
    assert_int_equal(space_taken_units(&p->space), 102);
    place_free(p);
}

static void the_file_grows_only_when_no_free_run_is_long_enough(void **state) {
    (void)state;
    place *p = place_create(64, UINT64_C(64) << 20);
    readers_view view = nobody(0);
    assert_int_equal(take_one(p, &view, 60).page, 2);
    assert_int_equal(atomic_load(&p->file.units), 64);
    /* Two free units at the end are the beginning of a longer run. */
    page_run run = take_one(p, &view, 8);
    assert_int_equal(run.page, 62);
    assert_true(atomic_load(&p->file.units) >= 70);
    space_give_back(&p->space, &(run_list){.runs = &run, .count = 1}, 1);
    assert_int_equal(take_one(p, &view, 1).page, 62);
    place_free(p);
}

static void freed_units_wait_for_the_readers_that_see_them(void **state) {
    (void)state;
    place *p = place_create(64, UINT64_C(64) << 20);
    readers_view view = nobody(10);
    page_run run = take_one(p, &view, 4);
    free_one(p, run, 1, 11);
    view = (readers_view){
        .visible = 11, .oldest = 10, .count = 1, .listed = {{.sequence = 10, .limit = UINT64_MAX}}};
    assert_true(take_one(p, &view, 4).page != run.page);
    view = nobody(10); /* commit 11 is not visible yet: new readers still begin at 10 */
    assert_true(take_one(p, &view, 4).page != run.page);
    view = nobody(11);
    assert_int_equal(take_one(p, &view, 4).page, run.page);
    place_free(p);
}

static void durable_units_wait_for_the_next_checkpoint_without_them(void **state) {
    (void)state;
    place *p = place_create(64, UINT64_C(64) << 20);
    readers_view view = nobody(1);
    page_run kept = take_one(p, &view, 2), freed = take_one(p, &view, 3);
    page_run both[] = {kept, freed};
    save(p, 1, both, 2);
    free_one(p, freed, 1, 2);
    view = nobody(2);
    page_run other = take_one(p, &view, 1);
    assert_true(is_taken(p, freed));
    save(p, 1, both, 2); /* a checkpoint of a commit before the one that freed it */
    other = take_one(p, &view, 1);
    assert_true(is_taken(p, freed));
    assert_true(other.page > freed.page);
    save(p, 2, &kept, 1);
    assert_false(is_taken(p, freed));
    assert_int_equal(take_one(p, &view, 3).page, freed.page);
    place_free(p);
}

static void a_reader_older_than_a_checkpoint_keeps_what_the_checkpoint_dropped(void **state) {
    (void)state;
    place *p = place_create(64, UINT64_C(64) << 20);
    readers_view view = nobody(1), old = {.visible = 2,
                                          .oldest = 1,
                                          .count = 1,
                                          .listed = {{.sequence = 1, .limit = UINT64_MAX}}};
    page_run run = take_one(p, &view, 3);
    save(p, 1, &run, 1);
    free_one(p, run, 1, 2);
    (void)take_one(p, &old, 1);
    save(p, 2, NULL, 0);
    (void)take_one(p, &old, 1);
    assert_true(is_taken(p, run));
    view = nobody(2);
    assert_int_equal(take_one(p, &view, 3).page, run.page);
    place_free(p);
}

static void an_old_reader_does_not_hold_what_came_and_went_after_it(void **state) {
    (void)state;
    place *p = place_create(64, UINT64_C(64) << 20);
    readers_view view = {
        .visible = 10, .oldest = 10, .count = 1, .listed = {{.sequence = 10, .limit = 100}}};
    page_run seen = take_one(p, &view, 1);
    free_one(p, seen, 99, 11);
    for (uint64_t sequence = 12; sequence < 20000; sequence++) {
        view.visible = sequence - 1;
        page_run run = take_one(p, &view, 1);
        assert_true(run.page != seen.page);
        free_one(p, run, 100 + sequence, sequence);
    }
    assert_in_range(space_taken_units(&p->space), 3, 6000);
    place_free(p);
}

/* --- failures --------------------------------------------------------------------------------- */

static void all_runs_are_taken_or_none(void **state) {
    (void)state;
    place *p = place_create(64, UINT64_C(64) << 20);
    readers_view view = nobody(0);
    run_list out = {0};
    for (int fault = 0; fault < 2; fault++) {
        uint64_t before = space_taken_units(&p->space);
        memory_vfs_fail(p->files, fault == 0 ? FAULT_FULL : FAULT_IO, 1, true);
        assert_status(space_take(&p->space, &view, 4, 100, &out), fault == 0 ? HS_FULL : HS_IO);
        assert_int_equal(out.count, 0);
        assert_int_equal(space_taken_units(&p->space), before);
        memory_vfs_fail(p->files, FAULT_FULL, 0, false);
    }
    assert_ok(space_take(&p->space, &view, 4, 100, &out));
    assert_int_equal(out.count, 100);
    for (size_t i = 0; i < out.count; i++)
        assert_int_equal(out.runs[i].page, 2 + 4 * i);
    run_list_free(&out);
    place_free(p);
}

static void a_full_disk_still_gives_what_was_freed(void **state) {
    (void)state;
    place *p = place_create(64, UINT64_C(64) << 20);
    readers_view view = nobody(0);
    page_run run = take_one(p, &view, 62);
    memory_vfs_fail(p->files, FAULT_FULL, 1, true);
    run_list out = {0};
    assert_status(space_take(&p->space, &view, 1, 1, &out), HS_FULL);
    free_one(p, run, 1, 1);
    view = nobody(1);
    assert_ok(space_take(&p->space, &view, 1, 62, &out));
    assert_int_equal(out.count, 62);
    run_list_free(&out);
    place_free(p);
}

static void the_end_of_the_address_range_is_named(void **state) {
    (void)state;
    uint64_t range = UINT64_C(64) << 20;
    place *p = place_create(64, range);
    readers_view view = nobody(0);
    run_list out = {0};
    assert_ok(space_take(&p->space, &view, 64, 200, &out));
    assert_status(space_take(&p->space, &view, 64, 100, &out), HS_FULL);
    assert_non_null(strstr(hs_last_error(), "address_range"));
    assert_int_equal(out.count, 200);
    /* Up to the last unit. */
    uint64_t left = range / UNIT_SIZE - space_taken_units(&p->space);
    assert_ok(space_take(&p->space, &view, 1, left, &out));
    assert_status(space_take(&p->space, &view, 1, 1, &out), HS_FULL);
    assert_int_equal(atomic_load(&p->file.units), range / UNIT_SIZE);
    run_list_free(&out);
    place_free(p);
}

static void without_memory_nothing_is_taken(void **state) {
    (void)state;
    place *p = place_create(64, UINT64_C(256) << 20);
    readers_view view = nobody(0);
    for (uint64_t n = 1; n < 10; n++) {
        run_list out = {0};
        uint64_t before = space_taken_units(&p->space);
        memory_fail_after(n);
        hs_status status = space_take(&p->space, &view, 4096, 4, &out);
        memory_fail_after(0);
        if (status == HS_OK) {
            assert_true(n > 2);
            space_give_back(&p->space, &out, 1);
            run_list_free(&out);
            break;
        }
        assert_int_equal(status, HS_NO_MEMORY);
        assert_int_equal(out.count, 0);
        assert_int_equal(space_taken_units(&p->space), before);
        run_list_free(&out);
    }
    place_free(p);
}

/* --- the saved map ---------------------------------------------------------------------------- */

static void a_saved_map_is_taken_over(void **state) {
    (void)state;
    place *p = place_create(1000, UINT64_C(64) << 20);
    uint8_t map[128] = {0};
    store_u64(map, UINT64_C(0xFF03));
    store_u64(map + 8, UINT64_MAX);
    assert_ok(space_load(&p->space, map, 16, 128));
    assert_int_equal(space_taken_units(&p->space), 2 + 8 + 64);
    readers_view view = nobody(0);
    assert_int_equal(take_one(p, &view, 6).page, 2);
    assert_int_equal(take_one(p, &view, 48).page, 16);
    assert_int_equal(take_one(p, &view, 1).page, 128);
    place_free(p);
}

static void a_saved_map_of_units_that_are_not_there_is_refused(void **state) {
    (void)state;
    uint8_t map[4096] = {0};
    place *p = place_create(64, UINT64_C(64) << 20);
    store_u64(map + 8, 1);
    assert_status(space_load(&p->space, map, 16, 64), HS_CORRUPT);
    assert_status(space_load(&p->space, map, sizeof map, 64), HS_CORRUPT);
    place_free(p);
    p = place_create(64, UINT64_C(64) << 20);
    store_u64(map + 8, 0);
    store_u64(map, UINT64_C(1) << 63);
    assert_ok(space_load(&p->space, map, 8, 64));
    place_free(p);
}

static void the_free_end_of_the_file_is_cut_off(void **state) {
    (void)state;
    place *p = place_create(64, UINT64_C(64) << 20);
    readers_view view = nobody(0);
    page_run low = take_one(p, &view, 10), high = take_one(p, &view, 1000);
    assert_ok(space_trim(&p->space, 0));
    assert_int_equal(atomic_load(&p->file.units), 1012);
    space_give_back(&p->space, &(run_list){.runs = &high, .count = 1}, 1);
    assert_ok(space_trim(&p->space, 1000));
    assert_int_equal(atomic_load(&p->file.units), 1012);
    assert_ok(space_trim(&p->space, 999));
    assert_int_equal(atomic_load(&p->file.units), 12);
    uint64_t size = 0;
    assert_ok(vfs_size(p->file.file, &size));
    assert_int_equal(size, 12 * UNIT_SIZE);
    /* It grows again, from the same place. */
    assert_int_equal(take_one(p, &view, 20).page, 12);
    memset(pagefile_at(&p->file, low.page), 1, 30 * UNIT_SIZE);
    place_free(p);
}

/* --- everything together ---------------------------------------------------------------------- */

enum { READERS = 5, LIVE_MAX = 400, PAST_MAX = 100000 };

typedef struct past_run {
    page_run run;
    uint64_t died;
} past_run;

/* What is alive, what was freed when, and who reads what. */
typedef struct world {
    place *place;
    random_source random;
    page_run live[LIVE_MAX]; /* with the transaction that made each */
    size_t live_count;
    page_run saved[LIVE_MAX]; /* the last checkpoint's */
    size_t saved_count;
    past_run *past; /* [PAST_MAX] */
    size_t past_count;
    struct {
        uint64_t sequence, limit;
    } readers[READERS];
    size_t reader_count;
    uint64_t sequence, txn;
} world;

static readers_view look(const world *w) {
    readers_view view = nobody(w->sequence);
    view.count = w->reader_count;
    for (size_t i = 0; i < w->reader_count; i++) {
        view.listed[i].sequence = w->readers[i].sequence;
        view.listed[i].limit = w->readers[i].limit;
        if (w->readers[i].sequence < view.oldest) view.oldest = w->readers[i].sequence;
    }
    return view;
}

static bool overlap(page_run a, page_run b) {
    return a.page < b.page + b.units && b.page < a.page + a.units;
}

/* Fails if a run that is handed out can be seen by anybody, now or after a crash. */
static void expect_unseen(const world *w, page_run run) {
    for (size_t i = 0; i < w->live_count; i++)
        assert_false(overlap(run, w->live[i]));
    for (size_t i = 0; i < w->saved_count; i++)
        assert_false(overlap(run, w->saved[i]));
    for (size_t i = 0; i < w->past_count; i++) {
        const past_run *past = &w->past[i];
        if (!overlap(run, past->run)) continue;
        for (size_t r = 0; r < w->reader_count; r++) {
            assert_false(w->readers[r].sequence < past->died &&
                         w->readers[r].limit > past->run.txn);
        }
    }
}

/* A transaction: takes runs, frees others, and commits. */
static void commit(world *w) {
    readers_view view = look(w);
    uint64_t txn = w->txn++;
    uint32_t units = random_chance(&w->random, 70) ? 1 : 1 + (uint32_t)random_below(&w->random, 20);
    size_t count = 1 + random_below(&w->random, 12);
    if (w->live_count + count > LIVE_MAX) count = 0;
    run_list out = {0};
    assert_ok(space_take(&w->place->space, &view, units, count, &out));
    for (size_t i = 0; i < out.count; i++) {
        expect_unseen(w, out.runs[i]);
        w->live[w->live_count] = out.runs[i];
        w->live[w->live_count++].txn = txn;
    }
    run_list_free(&out);
    garbage *g = garbage_create(&(run_list){.count = 0}, 0);
    assert_non_null(g);
    g->sequence = ++w->sequence;
    size_t frees = random_below(&w->random, w->live_count > LIVE_MAX / 2 ? 40 : 12);
    for (; frees > 0 && w->live_count > 0; frees--) {
        size_t at = random_below(&w->random, w->live_count);
        page_run run = w->live[at];
        w->live[at] = w->live[--w->live_count];
        assert_ok(run_list_add(&g->runs, run.page, run.units, run.txn));
        assert_true(w->past_count < PAST_MAX);
        w->past[w->past_count++] = (past_run){run, w->sequence};
    }
    space_add_garbage(&w->place->space, g);
}

static void checkpoint(world *w) {
    memcpy(w->saved, w->live, w->live_count * sizeof *w->live);
    w->saved_count = w->live_count;
    save(w->place, w->sequence, w->saved, w->saved_count);
}

static void end_reader(world *w, size_t at) {
    w->readers[at] = w->readers[--w->reader_count];
}

static void step(world *w) {
    uint64_t choice = random_below(&w->random, 100);
    if (choice < 80) {
        commit(w);
    } else if (choice < 84) {
        checkpoint(w);
    } else if (choice < 92 && w->reader_count < READERS) {
        w->readers[w->reader_count].sequence = w->sequence;
        w->readers[w->reader_count++].limit = w->txn;
    } else if (w->reader_count > 0) {
        end_reader(w, random_below(&w->random, w->reader_count));
    }
}

static void what_is_handed_out_is_seen_by_nobody_and_all_comes_back(void **state) {
    (void)state;
    for (uint64_t round = 0; round < 5 * arguments.rounds; round++) {
        world *w = calloc(1, sizeof *w);
        w->past = malloc(PAST_MAX * sizeof *w->past);
        w->place = place_create(64, UINT64_C(256) << 20);
        w->random.state = arguments.seed + round;
        for (int i = 0; i < 1500; i++)
            step(w);
        uint64_t units = FIRST_PAGE;
        for (size_t i = 0; i < w->live_count; i++)
            units += w->live[i].units;
        while (w->reader_count > 0)
            end_reader(w, 0);
        checkpoint(w);
        readers_view view = look(w);
        run_list out = {0};
        assert_ok(space_take(&w->place->space, &view, 1, 0, &out));
        checkpoint(w);
        assert_int_equal(space_taken_units(&w->place->space), units);
        run_list_free(&out);
        place_free(w->place);
        free(w->past);
        free(w);
    }
}

int main(int count, char **values) {
    for (int i = 1; i + 1 < count; i += 2) {
        if (strcmp(values[i], "--seed") == 0) arguments.seed = strtoull(values[i + 1], NULL, 10);
        if (strcmp(values[i], "--rounds") == 0)
            arguments.rounds = strtoull(values[i + 1], NULL, 10);
    }
    print_message("# seed %" PRIu64 "\n", arguments.seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_headers_are_never_handed_out),
        cmocka_unit_test(the_file_grows_only_when_no_free_run_is_long_enough),
        cmocka_unit_test(freed_units_wait_for_the_readers_that_see_them),
        cmocka_unit_test(durable_units_wait_for_the_next_checkpoint_without_them),
        cmocka_unit_test(a_reader_older_than_a_checkpoint_keeps_what_the_checkpoint_dropped),
        cmocka_unit_test(an_old_reader_does_not_hold_what_came_and_went_after_it),
        cmocka_unit_test(all_runs_are_taken_or_none),
        cmocka_unit_test(a_full_disk_still_gives_what_was_freed),
        cmocka_unit_test(the_end_of_the_address_range_is_named),
        cmocka_unit_test(without_memory_nothing_is_taken),
        cmocka_unit_test(a_saved_map_is_taken_over),
        cmocka_unit_test(a_saved_map_of_units_that_are_not_there_is_refused),
        cmocka_unit_test(the_free_end_of_the_file_is_cut_off),
        cmocka_unit_test(what_is_handed_out_is_seen_by_nobody_and_all_comes_back),
    };
    return cmocka_run_group_tests_name("space", tests, NULL, NULL);
}
