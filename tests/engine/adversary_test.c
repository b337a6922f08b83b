/* adversary_test.c: what an environment that means no good does to an open collection, on real
 * files: cuts and deletes them, gives no descriptors and no address space, interrupts every call,
 * kills the process among many families, holds a snapshot for long.
 *
 *   adversary_test [--families N] [--seconds N] [--only PATTERN]
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Before cmocka, which has a macro expect_value. */
#include "engine/salvage.h"

#include "base/error.h"
#include "engine/collection.h"
#include "oracle/random.h"

static struct { uint64_t families, seconds; } arguments = {60, 1};

typedef struct scene {
    char directory[256], path[280], log[290], saved[290];
    hs_config config;
    engine *engine;
    engine_table table;
} scene;

static scene scene_create(void) {
    scene s = {.config = fixture_config()};
    directory_create(s.directory, sizeof s.directory);
    snprintf(s.path, sizeof s.path, "%s/collection", s.directory);
    snprintf(s.log, sizeof s.log, "%s-log", s.path);
    snprintf(s.saved, sizeof s.saved, "%s/saved", s.directory);
    assert_ok(engine_open(vfs_posix(), s.path, true, &s.config, &s.engine));
    s.table = create_table(s.engine, "f", NULL);
    return s;
}

static void scene_close(scene *s) {
    assert_ok(engine_close(s->engine));
    s->engine = NULL;
}

static hs_status scene_open(scene *s) {
    return engine_open(vfs_posix(), s->path, false, &s->config, &s->engine);
}

static void scene_free(scene *s) {
    if (s->engine != NULL) scene_close(s);
    directory_remove(s->directory);
}

static hs_status put(scene *s, uint64_t key, size_t size, hs_durability durability) {
    static uint8_t value[100000];
    uint8_t bytes[8];
    engine_txn *t = NULL;
    TRY(engine_begin_write(s->engine, &s->table.family, 1, durability, &t));
    memset(value, (int)key, size);
    hs_status status = engine_put(t, s->table, number_key(key, bytes), (hs_slice){value, size});
    if (status == HS_OK) return engine_commit(t);
    engine_abort(t);
    return status;
}

static void put_some(scene *s, uint64_t from, uint64_t to) {
    for (uint64_t key = from; key < to; key++)
        assert_ok(put(s, key, 1000, key % 50 == 0 ? HS_DURABLE : HS_RELAXED));
}

/* Reads all entries; how many there are, or an error. */
static int64_t count_entries(engine *e, engine_table table) {
    engine_txn *t = NULL;
    engine_cursor *c = NULL;
    int64_t count = 0;
    int moved;
    TRY(engine_begin_read(e, &t));
    TRY(engine_cursor_open(t, table, &c));
    while ((moved = engine_cursor_next(c)) == 1)
        count++;
    engine_cursor_close(c);
    engine_abort(t);
    return moved < 0 ? moved : count;
}

/* Runs `work` in another process; what it exits with, or 128 and its signal. */
static int in_child(void (*work)(scene *), scene *s) {
    int result = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        work(s);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &result, 0), child);
    return WIFSIGNALED(result) ? 128 + WTERMSIG(result) : WEXITSTATUS(result);
}

/* --- the files -------------------------------------------------------------------------------- */

static void cut_and_read(scene *s) {
    if (scene_open(s) != HS_OK) _exit(2);
    off_t left = (off_t)(stats_of(s->engine).file_bytes / UNIT_SIZE * 3 / 4 * UNIT_SIZE);
    if (truncate(s->path, left) != 0) _exit(3);
    signal(SIGBUS, SIG_DFL);
    _exit(count_entries(s->engine, s->table) < 0 ? 4 : 5);
}

/* A process that reads through a map dies of that (SIGBUS); the next one is told, and can save what
 * lies before the cut. */
static void a_data_file_cut_by_others_is_named_and_saved_from(void **state) {
    (void)state;
    scene s = scene_create();
    hs_salvage_result result;
    put_some(&s, 0, 2000);
    scene_close(&s);
    int end = in_child(cut_and_read, &s);
    assert_true(end == 128 + SIGBUS || end == 4 || end == 1); /* 1: a sanitizer reports it */
    assert_status(scene_open(&s), HS_CORRUPT);
    assert_non_null(strstr(hs_last_error(), "should have"));
    assert_ok(engine_salvage(vfs_posix(), s.path, s.saved, &s.config, NULL, &result));
    assert_false(result.complete);
    assert_in_range(result.rows, 1, 1999);
    scene_free(&s);
}

static void a_log_emptied_by_others_costs_nothing_if_the_collection_is_closed(void **state) {
    (void)state;
    scene s = scene_create();
    put_some(&s, 0, 100);
    assert_int_equal(truncate(s.log, 0), 0);
    put_some(&s, 100, 200);
    scene_close(&s);
    assert_ok(scene_open(&s));
    assert_int_equal(count_entries(s.engine, s.table), 200);
    expect_sound(s.engine);
    scene_free(&s);
}

static void files_deleted_by_others_serve_until_they_are_closed(void **state) {
    (void)state;
    scene s = scene_create();
    put_some(&s, 0, 100);
    assert_int_equal(unlink(s.path), 0);
    assert_int_equal(unlink(s.log), 0);
    put_some(&s, 100, 200);
    assert_int_equal(count_entries(s.engine, s.table), 200);
    expect_sound(s.engine);
    scene_close(&s);
    assert_status(scene_open(&s), HS_NOT_FOUND);
    scene_free(&s);
}

/* --- what the system does not give ------------------------------------------------------------ */

static void open_without_descriptors(scene *s) {
    int next = dup(0);
    for (rlim_t most = 3; most <= (rlim_t)next + 3; most++) {
        struct rlimit limit = {most, (rlim_t)next + 50};
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0) _exit(2);
        hs_status status = scene_open(s);
        if (status != HS_OK && hs_last_error()[0] == '\0') _exit(3);
        if (status == HS_CORRUPT || status == HS_NOT_FOUND) _exit(4);
        if (status == HS_OK && count_entries(s->engine, s->table) != 100) _exit(5);
        if (status == HS_OK && engine_close(s->engine) != HS_OK) _exit(6);
    }
}

static void without_descriptors_opening_fails_and_damages_nothing(void **state) {
    (void)state;
    scene s = scene_create();
    put_some(&s, 0, 100);
    scene_close(&s);
    assert_int_equal(in_child(open_without_descriptors, &s), 0);
    assert_ok(scene_open(&s));
    assert_int_equal(count_entries(s.engine, s.table), 100);
    expect_sound(s.engine);
    scene_free(&s);
}

#define NARROW (UINT64_C(160) << 20) /* bytes of address space beyond what the process has */

static void fill_narrow_space(scene *s) {
    struct rlimit limit;
    FILE *statm = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;
    if (statm == NULL || fscanf(statm, "%lu", &pages) != 1) _exit(2);
    fclose(statm);
    limit.rlim_cur = limit.rlim_max = pages * UINT64_C(4096) + NARROW;
    if (setrlimit(RLIMIT_AS, &limit) != 0) _exit(3);
    s->config.address_range = UINT64_C(1) << 40;
    hs_status status = scene_open(s);
    if (status != HS_OK) _exit(4);
    uint64_t key = 0;
    while (status == HS_OK && key < 3000)
        status = put(s, key++, 100000, HS_RELAXED);
    if (status != HS_FULL && status != HS_NO_MEMORY) _exit(5);
    if (count_entries(s->engine, s->table) != (int64_t)key - 1) _exit(6);
    _exit(engine_close(s->engine) == HS_OK ? 0 : 7);
}

static void in_a_narrow_address_space_a_collection_fills_up_and_stays_sound(void **state) {
    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip(); /* they need terabytes */
#else
    scene s = scene_create();
    scene_close(&s);
    assert_int_equal(in_child(fill_narrow_space, &s), 0);
    assert_ok(scene_open(&s));
    assert_true(count_entries(s.engine, s.table) > 100);
    expect_sound(s.engine);
    scene_free(&s);
#endif
}

/* --- signals ---------------------------------------------------------------------------------- */

static void nothing(int signal) {
    (void)signal;
}

static void signals_that_interrupt_every_call_are_not_failures(void **state) {
    (void)state;
    scene s = scene_create();
    struct sigaction action = {.sa_handler = nothing}, before; /* without SA_RESTART */
    sigaction(SIGALRM, &action, &before);
    struct itimerval every = {{0, 300}, {0, 300}}, never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &every, NULL);
    for (uint64_t key = 0; key < 300; key++)
        assert_ok(put(&s, key, 5000, key % 3 == 0 ? HS_DURABLE : HS_BUFFERED));
    assert_ok(engine_checkpoint(s.engine));
    assert_ok(engine_compact(s.engine));
    scene_close(&s);
    assert_ok(scene_open(&s));
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &before, NULL);
    assert_int_equal(count_entries(s.engine, s.table), 300);
    expect_sound(s.engine);
    scene_free(&s);
}

/* --- kills among many families ---------------------------------------------------------------- */

static hs_status find_family(engine *e, const char *name, engine_family *family) {
    engine_txn *t = NULL;
    TRY(engine_begin_read(e, &t));
    hs_status status = engine_family_find(t, name, family);
    engine_abort(t);
    return status;
}

/* Makes families, each with an entry, and says so, until it is killed. */
static void make_families(scene *s, uint64_t from, int say) {
    const engine_table_definition table = {"t", plain_options};
    if (scene_open(s) != HS_OK) _exit(2);
    for (uint64_t number = from;; number++) {
        char name[32];
        engine_family family = 0;
        engine_txn *t = NULL;
        snprintf(name, sizeof name, "family %06llu", (unsigned long long)number);
        hs_status status = engine_family_create(s->engine, name, &table, 1, &family);
        /* Made by one that was killed before it came further. */
        if (status == HS_EXISTS) status = find_family(s->engine, name, &family);
        if (status != HS_OK) _exit(3);
        if (engine_begin_write(s->engine, &family, 1, HS_DURABLE, &t) != HS_OK ||
            engine_put(t, (engine_table){family, 1}, hs_slice_of("key"), hs_slice_of(name)) !=
                HS_OK ||
            engine_commit(t) != HS_OK)
            _exit(4);
        if (number % 40 == 39 && engine_checkpoint(s->engine) != HS_OK) _exit(5);
        if (write(say, &number, sizeof number) != sizeof number) _exit(6);
    }
}

static void expect_families(scene *s, uint64_t count) {
    engine_txn *t = begin_read(s->engine);
    for (uint64_t number = 0; number < count; number++) {
        char name[32];
        engine_family family = 0;
        snprintf(name, sizeof name, "family %06llu", (unsigned long long)number);
        assert_ok(engine_family_find(t, name, &family));
        expect_text(t, (engine_table){family, 1}, "key", name);
    }
    engine_abort(t);
    expect_sound(s->engine);
}

static void families_made_before_a_kill_are_there_with_what_they_hold(void **state) {
    (void)state;
    scene s = scene_create();
    random_source random = {1};
    uint64_t done = 0, kills = 0;
    scene_close(&s);
    while (done < arguments.families) {
        int said[2], result = 0;
        uint64_t number = 0, first = done;
        assert_int_equal(pipe(said), 0);
        fflush(NULL);
        pid_t child = fork();
        if (child == 0) make_families(&s, done, said[1]);
        close(said[1]);
        uint64_t until = done + 1 + random_below(&random, 40);
        while (done < until && read(said[0], &number, sizeof number) == sizeof number)
            done = number + 1;
        nanosleep(&(struct timespec){0, (long)random_below(&random, 2000000)}, NULL);
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &result, 0), child);
        assert_true(WIFSIGNALED(result) && WTERMSIG(result) == SIGKILL && done > first);
        while (read(said[0], &number, sizeof number) == sizeof number)
            done = number + 1;
        close(said[0]);
        kills++;
        assert_ok(scene_open(&s));
        expect_families(&s, done);
        scene_close(&s);
    }
    print_message("# %llu families, %llu kills\n", (unsigned long long)done,
                  (unsigned long long)kills);
    scene_free(&s);
}

/* --- a snapshot that is held for long --------------------------------------------------------- */

static void a_snapshot_held_through_a_long_churn_sees_what_it_saw(void **state) {
    (void)state;
    scene s = scene_create();
    put_some(&s, 0, 500);
    engine_txn *held = begin_read(s.engine);
    time_t end = time(NULL) + (time_t)arguments.seconds;
    uint64_t rounds = 0, most = 0;
    while (time(NULL) <= end || rounds < 5) {
        for (uint64_t key = 0; key < 500; key++)
            assert_ok(put(&s, key, 1000 + (rounds % 7) * 500, HS_RELAXED));
        uint64_t size = stats_of(s.engine).file_bytes;
        if (size > most) most = size;
        rounds++;
    }
    for (uint64_t key = 0; key < 500; key++) {
        uint8_t bytes[8];
        hs_slice value;
        assert_ok(engine_get(held, s.table, number_key(key, bytes), &value));
        assert_int_equal(value.size, 1000);
        for (size_t i = 0; i < value.size; i++)
            assert_int_equal(((const uint8_t *)value.data)[i], (uint8_t)key);
    }
    engine_abort(held);
    /* 2 MB of data at most, their pages as the snapshot sees them, and what is on its way. */
    assert_true(most < UINT64_C(32) << 20);
    print_message("# %llu rounds, the file at most %llu KiB\n", (unsigned long long)rounds,
                  (unsigned long long)(most >> 10));
    expect_sound(s.engine);
    scene_free(&s);
}

int main(int count, char **values) {
    for (int i = 1; i + 1 < count; i += 2) {
        if (strcmp(values[i], "--families") == 0)
            arguments.families = strtoull(values[i + 1], NULL, 10);
        else if (strcmp(values[i], "--seconds") == 0)
            arguments.seconds = strtoull(values[i + 1], NULL, 10);
        else if (strcmp(values[i], "--only") == 0)
            cmocka_set_test_filter(values[i + 1]);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_data_file_cut_by_others_is_named_and_saved_from),
        cmocka_unit_test(a_log_emptied_by_others_costs_nothing_if_the_collection_is_closed),
        cmocka_unit_test(files_deleted_by_others_serve_until_they_are_closed),
        cmocka_unit_test(without_descriptors_opening_fails_and_damages_nothing),
        cmocka_unit_test(in_a_narrow_address_space_a_collection_fills_up_and_stays_sound),
        cmocka_unit_test(signals_that_interrupt_every_call_are_not_failures),
        cmocka_unit_test(families_made_before_a_kill_are_there_with_what_they_hold),
        cmocka_unit_test(a_snapshot_held_through_a_long_churn_sees_what_it_saw),
    };
    return cmocka_run_group_tests_name("adversary", tests, NULL, NULL);
}
