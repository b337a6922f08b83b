/* fault_test.c: every call of the file system and every allocation fails once; each failure is
 * reported and nothing is lost.
 *
 *   fault_test [--seed N] [--stride N] [--allocations N] [--first N] [--only PATTERN]
 *
 * A story of commits, changes of families, checkpoints, compactions, checks, reopenings and a crash
 * with its recovery is told again and again; in telling n the n-th call fails. After each failure
 * the open engine must show the state before or after the failed step, a power cut must leave what
 * was acknowledged, and the story must go on: at once after a full disk or a lack of memory, which
 * leave the transaction as it was, or after reopening.
 *
 * Every `stride`-th call fails (1 unless said otherwise: every one), and of the allocations about
 * `allocations` (60; 0: every one).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "engine/fixture.h"
#include "engine/workload.h"
#include "oracle/memory_vfs.h"

#define PATH "collection"

enum { NO_CALL = -1 };

static struct { uint64_t seed, stride, allocations, first; } arguments = {1, 1, 60, 1};

typedef struct story {
    workload workload;
    memory_vfs *memory;
    int fault;        /* a memory_fault, or NO_CALL: allocations fail */
    const char *what; /* fails */
    uint64_t number;
    bool fired; /* the failure was met */
} story;

#define broken(s, ...)                                                                             \
    do {                                                                                           \
        memory_fail_after(0);                                                                      \
        print_error("seed %" PRIu64 ", %s %" PRIu64 ": ", arguments.seed, (s)->what, (s)->number); \
        fail_msg(__VA_ARGS__);                                                                     \
    } while (0)

static void stop_failing(story *s) {
    memory_fail_after(0);
    memory_vfs_fail(s->memory, FAULT_IO, 0, false);
}

static void report_problem(void *context, const char *problem) {
    (void)context;
    print_error("check: %s\n", problem);
}

/* Whether a failure of this kind may be told so. What has stopped an engine, or left a commit in
 * doubt, is an I/O error to those who come later, whatever it was at first. */
static bool fits(const story *s, hs_status status) {
    if (status == HS_READ_ONLY || status == HS_IO) return true;
    if (s->fault == NO_CALL) return status == HS_NO_MEMORY;
    return s->fault == FAULT_FULL && status == HS_FULL;
}

static void expect_clear(story *s, hs_status status) {
    s->fired = true;
    if (!fits(s, status))
        broken(s, "the failure is %s (%s)", hs_status_name(status), hs_last_error());
    if (hs_last_error()[0] == '\0') broken(s, "%s has no message", hs_status_name(status));
}

/* The number of the state that an engine holds. */
static uint64_t examine(story *s, engine *e, uint64_t minimum) {
    char difference[512] = "";
    engine_txn *t = NULL;
    hs_status status = engine_begin_read(e, &t);
    if (status != HS_OK) {
        expect_clear(s, status);
        stop_failing(s);
        status = engine_begin_read(e, &t);
    }
    if (status != HS_OK) broken(s, "a snapshot: %s", hs_last_error());
    uint64_t found = workload_find(&s->workload, t, minimum, difference, sizeof difference);
    engine_abort(t);
    if (found == UINT64_MAX) {
        broken(s, "none of the states %" PRIu64 " to %" PRIu64 " is there; the last but for: %s",
               minimum, workload_last(&s->workload), difference);
    }
    return found;
}

static void check(story *s, engine *e) {
    engine_check_result result = {0};
    hs_status status = engine_check(e, report_problem, NULL, &result);
    if (status != HS_OK || result.problems > 0) broken(s, "check: %s", hs_last_error());
}

static hs_status open_engine(memory_vfs *m, bool create, engine **e) {
    hs_config config = fixture_config();
    return engine_open(memory_vfs_base(m), PATH, create, &config, e);
}

/* Whether a failure stopped all writing. */
static bool is_read_only(const story *s) {
    engine_txn *t = NULL;
    hs_status status = engine_begin_write(s->workload.subject, NULL, 0, HS_RELAXED, &t);
    if (status == HS_OK) engine_abort(t);
    return status == HS_READ_ONLY;
}

static void cut_power(story *s) {
    memory_vfs *image = memory_vfs_crash(s->memory, CRASH_POWER, s->number);
    engine *e = NULL;
    hs_status status = open_engine(image, false, &e);
    if (status != HS_OK) broken(s, "open after a power cut: %s", hs_last_error());
    check(s, e);
    examine(s, e, s->workload.durable);
    if (engine_close(e) != HS_OK) broken(s, "close: %s", hs_last_error());
    memory_vfs_free(image);
}

/* Closes, which may fail too, and opens again without failures. */
static void reopen(story *s) {
    workload_release(&s->workload);
    uint64_t visible = examine(s, s->workload.subject, s->workload.buffered);
    hs_status status = engine_close(s->workload.subject);
    if (status == HS_OK)
        workload_saved(&s->workload, visible);
    else
        expect_clear(s, status);
    status = open_engine(s->memory, false, &s->workload.subject);
    if (status != HS_OK) {
        expect_clear(s, status);
        stop_failing(s);
        status = open_engine(s->memory, false, &s->workload.subject);
    }
    if (status != HS_OK) broken(s, "open again: %s", hs_last_error());
    workload_rewind(&s->workload, examine(s, s->workload.subject, s->workload.buffered));
}

/* After a failed step, of which `pushed` says that the oracle did it. */
static void recover(story *s, hs_status status, bool pushed) {
    expect_clear(s, status);
    stop_failing(s);
    uint64_t last = workload_last(&s->workload);
    uint64_t found = examine(s, s->workload.subject, s->workload.buffered);
    cut_power(s);
    bool read_only = is_read_only(s);
    if (status == HS_FULL || status == HS_NO_MEMORY) {
        if (pushed && found == last && workload_last_differs(&s->workload))
            broken(s, "what failed was done: %s", hs_last_error());
        workload_rewind(&s->workload, found);
    } else if (!read_only && status == HS_READ_ONLY) {
        broken(s, "read-only, but not for the next one");
    }
    if (s->fault == FAULT_SYNC && !read_only)
        broken(s, "the engine goes on writing after a failed sync");
    if (read_only || status == HS_IO) reopen(s);
    check(s, s->workload.subject);
    /* A check may save what is newest: nothing more may have come to light. */
    examine(s, s->workload.subject, workload_last(&s->workload));
}

static bool relent(void *context, hs_status status) {
    story *s = context;
    if (status != HS_FULL && status != HS_NO_MEMORY) return false;
    expect_clear(s, status);
    stop_failing(s);
    return s->number % 2 == 0;
}

static void begin_story(story *s) {
    hs_status status = open_engine(s->memory, true, &s->workload.subject);
    if (status == HS_OK) return;
    expect_clear(s, status);
    stop_failing(s);
    status = open_engine(s->memory, true, &s->workload.subject);
    if (status == HS_EXISTS) status = open_engine(s->memory, false, &s->workload.subject);
    if (status != HS_OK) broken(s, "create again: %s", hs_last_error());
}

/* Ends the engine as a kill does, and goes on with what it leaves, which is recovered while calls
 * still fail. */
static void crash_and_recover(story *s) {
    memory_vfs *image = memory_vfs_crash(s->memory, CRASH_KILL, s->number);
    workload_release(&s->workload);
    memory_vfs_inherit(image, s->memory);
    memory_vfs_fail(s->memory, FAULT_IO, 0, false);
    (void)engine_close(s->workload.subject);
    memory_vfs_free(s->memory);
    s->memory = image;
    hs_status status = open_engine(image, false, &s->workload.subject);
    if (status != HS_OK) {
        expect_clear(s, status);
        stop_failing(s);
        status = open_engine(image, false, &s->workload.subject);
    }
    if (status != HS_OK) broken(s, "recover again: %s", hs_last_error());
    workload_rewind(&s->workload, examine(s, s->workload.subject, s->workload.buffered));
    workload_saved(&s->workload, workload_last(&s->workload));
}

static void check_while_failing(story *s) {
    engine_check_result result = {0};
    hs_status status = engine_check(s->workload.subject, report_problem, NULL, &result);
    if (status != HS_OK) recover(s, status, false);
}

/* Beside what the workload does: */
enum { CHECK = WORKLOAD_HOLDS + 1, REOPEN, CRASH, ANYTHING };

/* Every kind of thing is done at least once, before and after a reopening and a recovery. */
static const int script[] = {
    WORKLOAD_CREATES,
    WORKLOAD_COMMITS,
    WORKLOAD_CREATES,
    WORKLOAD_COMMITS,
    WORKLOAD_SAVES,
    WORKLOAD_COMMITS,
    WORKLOAD_HOLDS,
    WORKLOAD_COMMITS,
    WORKLOAD_RENAMES,
    WORKLOAD_COMMITS,
    CRASH,
    WORKLOAD_COMMITS,
    WORKLOAD_COMMITS,
    WORKLOAD_CREATES,
    WORKLOAD_COMMITS,
    WORKLOAD_COMPACTS,
    WORKLOAD_COMMITS,
    WORKLOAD_DROPS,
    CHECK,
    WORKLOAD_COMMITS,
    REOPEN,
    WORKLOAD_COMMITS,
    ANYTHING,
    ANYTHING,
    WORKLOAD_COMMITS,
    WORKLOAD_COMPACTS,
    ANYTHING,
    ANYTHING,
    WORKLOAD_HOLDS,
    WORKLOAD_COMMITS,
    CRASH,
    WORKLOAD_COMMITS,
    WORKLOAD_SAVES,
    CHECK,
    WORKLOAD_DROPS,
};

static void do_step(story *s, int what) {
    uint64_t before = workload_last(&s->workload);
    hs_status status = what == ANYTHING ? workload_step(&s->workload)
                                        : workload_do(&s->workload, (workload_doing)what);
    bool pushed = workload_last(&s->workload) > before;
    if (status != HS_OK) recover(s, status, pushed);
}

static void tell(story *s) {
    begin_story(s);
    /* Comparing, which reopening does, also fails without memory: opening has a test of its own. */
    bool allocations = s->fault == NO_CALL;
    for (size_t i = 0; i < sizeof script / sizeof *script; i++) {
        if (script[i] == CHECK)
            check_while_failing(s);
        else if (script[i] == REOPEN && !allocations)
            reopen(s);
        else if (script[i] == CRASH && !allocations)
            crash_and_recover(s);
        else if (script[i] != REOPEN && script[i] != CRASH)
            do_step(s, script[i]);
    }
    if (allocations) stop_failing(s);
    reopen(s);
    stop_failing(s);
    check(s, s->workload.subject);
    if (engine_close(s->workload.subject) != HS_OK) broken(s, "close: %s", hs_last_error());
}

/* Small tables, so that a story takes milliseconds, with values of over a page all the same. */
static void shorten(workload *w) {
    w->keys = 80;
    w->longest = 60000;
}

/* Tells the story with failure `number`, of a call (fault) or of an allocation (NO_CALL). */
static bool tell_with_failure(int fault, const char *what, uint64_t number, bool all_later) {
    story s = {.fault = fault, .what = what, .number = number};
    workload_start(&s.workload, arguments.seed);
    shorten(&s.workload);
    s.workload.relents = relent;
    s.workload.context = &s;
    s.memory = memory_vfs_create();
    if (fault == NO_CALL)
        memory_fail_after(number);
    else
        memory_vfs_fail(s.memory, (memory_fault)fault, number, all_later);
    tell(&s);
    stop_failing(&s);
    memory_vfs_free(s.memory);
    workload_end(&s.workload);
    return s.fired;
}

/* The number of calls in the story that a fault applies to. */
static uint64_t count_calls(memory_fault fault) {
    story s = {.fault = FAULT_IO, .what = "no failure"};
    workload_start(&s.workload, arguments.seed);
    shorten(&s.workload);
    s.memory = memory_vfs_create();
    tell(&s);
    uint64_t calls = memory_vfs_calls(s.memory, fault);
    memory_vfs_free(s.memory);
    workload_end(&s.workload);
    return calls;
}

static void fail_every_call(memory_fault fault, const char *what, bool all_later) {
    uint64_t calls = count_calls(fault), fired = 0, told = 0;
    assert_true(calls > 10);
    for (uint64_t n = arguments.first; n <= calls; n += arguments.stride) {
        fired += tell_with_failure((int)fault, what, n, all_later);
        told++;
    }
    print_message("# faults: %s: %" PRIu64 " tellings, %" PRIu64 " failures met\n", what, told,
                  fired);
    assert_true(fired > 0);
}

static void an_io_error_at_any_call_is_reported_and_loses_nothing(void **state) {
    (void)state;
    fail_every_call(FAULT_IO, "I/O error at call", false);
}

static void io_errors_from_any_call_on_lose_nothing(void **state) {
    (void)state;
    fail_every_call(FAULT_IO, "I/O errors from call", true);
}

static void a_short_write_at_any_call_loses_nothing(void **state) {
    (void)state;
    fail_every_call(FAULT_SHORT_WRITE, "short write at call", false);
}

static void a_disk_that_is_full_at_any_call_loses_nothing(void **state) {
    (void)state;
    fail_every_call(FAULT_FULL, "full disk at call", false);
}

static void a_disk_that_is_full_from_any_call_on_loses_nothing(void **state) {
    (void)state;
    fail_every_call(FAULT_FULL, "full disk from call", true);
}

static void short_writes_from_any_call_on_lose_nothing(void **state) {
    (void)state;
    fail_every_call(FAULT_SHORT_WRITE, "short writes from call", true);
}

static void a_failed_sync_at_any_call_loses_nothing(void **state) {
    (void)state;
    fail_every_call(FAULT_SYNC, "failed sync at call", false);
}

static void failed_syncs_from_any_call_on_lose_nothing(void **state) {
    (void)state;
    fail_every_call(FAULT_SYNC, "failed syncs from call", true);
}

static void an_allocation_that_fails_anywhere_loses_nothing(void **state) {
    (void)state;
    uint64_t told = 0;
    for (uint64_t n = arguments.first;
         tell_with_failure(NO_CALL, "no memory at allocation", n, true); told++) {
        n += 1 + (arguments.allocations == 0 ? 0 : n / arguments.allocations);
    }
    print_message("# faults: no memory at allocation: %" PRIu64 " tellings\n", told);
    assert_true(told > 50);
}

/* --- single failures -------------------------------------------------------------------------- */

static void after_a_failed_sync_the_engine_is_read_only(void **state) {
    (void)state;
    memory_vfs *m = memory_vfs_create();
    engine *e = NULL;
    engine_txn *t = NULL;
    assert_ok(open_engine(m, true, &e));
    engine_table table = create_table(e, "f", NULL);
    assert_ok(engine_begin_write(e, &table.family, 1, HS_DURABLE, &t));
    put_text(t, table, "kept", "v");
    assert_ok(engine_commit(t));
    memory_vfs_fail(m, FAULT_SYNC, 1, false);
    assert_ok(engine_begin_write(e, &table.family, 1, HS_DURABLE, &t));
    put_text(t, table, "doubtful", "v");
    assert_status(engine_commit(t), HS_IO);
    assert_status(engine_begin_write(e, &table.family, 1, HS_DURABLE, &t), HS_READ_ONLY);
    engine_family family;
    assert_status(engine_family_create(e, "g", NULL, 0, &family), HS_READ_ONLY);
    assert_status(engine_family_drop(e, table.family), HS_READ_ONLY);
    assert_int_not_equal(engine_checkpoint(e), HS_OK);
    expect_committed(e, table, "kept", "v");
    expect_committed(e, table, "doubtful", NULL);
    engine_close(e);
    assert_ok(open_engine(m, false, &e));
    expect_committed(e, table, "kept", "v");
    t = begin_write(e, table.family);
    put_text(t, table, "more", "v");
    assert_ok(engine_commit(t));
    assert_ok(engine_close(e));
    memory_vfs_free(m);
}

static void a_full_disk_fails_the_call_and_the_transaction_goes_on(void **state) {
    (void)state;
    memory_vfs *m = memory_vfs_create();
    engine *e = NULL;
    char *value = calloc(1, 1 << 20);
    assert_non_null(value);
    assert_ok(open_engine(m, true, &e));
    engine_table table = create_table(e, "f", NULL);
    engine_txn *t = begin_write(e, table.family);
    put_text(t, table, "small", "v");
    memory_vfs_fail(m, FAULT_FULL, 1, true);
    hs_status status = HS_OK;
    for (uint32_t i = 0; i < 100 && status == HS_OK; i++) {
        status = engine_put(t, table, (hs_slice){&i, 4}, (hs_slice){value, 1 << 20});
    }
    assert_int_equal(status, HS_FULL);
    assert_true(strstr(hs_last_error(), PATH) != NULL);
    memory_vfs_fail(m, FAULT_FULL, 0, false);
    expect_text(t, table, "small", "v");
    put_text(t, table, "after", "v");
    assert_ok(engine_put(t, table, hs_slice_of("large"), (hs_slice){value, 1 << 20}));
    assert_ok(engine_commit(t));
    expect_committed(e, table, "small", "v");
    expect_committed(e, table, "after", "v");
    assert_ok(engine_close(e));
    memory_vfs_free(m);
    free(value);
}

static void opening_that_runs_out_of_memory_can_be_repeated(void **state) {
    (void)state;
    memory_vfs *m = memory_vfs_create();
    engine *e = NULL;
    assert_ok(open_engine(m, true, &e));
    engine_table table = create_table(e, "f", NULL);
    engine_txn *t = begin_write(e, table.family);
    put_text(t, table, "k", "v");
    assert_ok(engine_commit(t));
    uint64_t failures = 0;
    for (hs_status status = HS_NO_MEMORY; status != HS_OK; failures++) {
        memory_vfs *image = memory_vfs_crash(m, CRASH_KILL, failures);
        engine *copy = NULL;
        memory_fail_after(failures + 1);
        status = open_engine(image, false, &copy);
        memory_fail_after(0);
        if (status != HS_OK) {
            assert_int_equal(status, HS_NO_MEMORY);
            assert_null(copy);
            assert_ok(open_engine(image, false, &copy));
        }
        expect_committed(copy, table, "k", "v");
        assert_ok(engine_close(copy));
        memory_vfs_free(image);
    }
    assert_true(failures > 5);
    assert_ok(engine_close(e));
    memory_vfs_free(m);
}

static void after_creating_failed_the_collection_can_be_created_or_opened(void **state) {
    (void)state;
    for (int kind = 0; kind < MEMORY_FAULTS; kind++) {
        hs_status status = HS_IO;
        for (uint64_t n = 1; status != HS_OK; n++) {
            memory_vfs *m = memory_vfs_create();
            engine *e = NULL;
            memory_vfs_fail(m, (memory_fault)kind, n, false);
            status = open_engine(m, true, &e);
            memory_vfs_fail(m, (memory_fault)kind, 0, false);
            if (status != HS_OK) {
                assert_null(e);
                hs_status again = open_engine(m, true, &e);
                if (again == HS_EXISTS) again = open_engine(m, false, &e);
                if (again != HS_OK)
                    fail_msg("fault %d at call %" PRIu64 ": %s", kind, n, hs_last_error());
            }
            assert_ok(engine_close(e));
            memory_vfs_free(m);
        }
    }
}

int main(int count, char **values) {
    for (int i = 1; i + 1 < count; i += 2) {
        uint64_t number = strtoull(values[i + 1], NULL, 10);
        if (strcmp(values[i], "--seed") == 0)
            arguments.seed = number;
        else if (strcmp(values[i], "--stride") == 0)
            arguments.stride = number;
        else if (strcmp(values[i], "--allocations") == 0)
            arguments.allocations = number;
        else if (strcmp(values[i], "--first") == 0)
            arguments.first = number;
        else if (strcmp(values[i], "--only") == 0)
            cmocka_set_test_filter(values[i + 1]);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_a_failed_sync_the_engine_is_read_only),
        cmocka_unit_test(a_full_disk_fails_the_call_and_the_transaction_goes_on),
        cmocka_unit_test(opening_that_runs_out_of_memory_can_be_repeated),
        cmocka_unit_test(after_creating_failed_the_collection_can_be_created_or_opened),
        cmocka_unit_test(an_io_error_at_any_call_is_reported_and_loses_nothing),
        cmocka_unit_test(io_errors_from_any_call_on_lose_nothing),
        cmocka_unit_test(a_short_write_at_any_call_loses_nothing),
        cmocka_unit_test(short_writes_from_any_call_on_lose_nothing),
        cmocka_unit_test(a_disk_that_is_full_at_any_call_loses_nothing),
        cmocka_unit_test(a_disk_that_is_full_from_any_call_on_loses_nothing),
        cmocka_unit_test(a_failed_sync_at_any_call_loses_nothing),
        cmocka_unit_test(failed_syncs_from_any_call_on_lose_nothing),
        cmocka_unit_test(an_allocation_that_fails_anywhere_loses_nothing),
    };
    return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
