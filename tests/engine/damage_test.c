/* damage_test.c: files that are damaged, cut, swapped, foreign, newer or in use: opening and
 * reading give an error or the right answer, never a wrong one and never a crash.
 *
 *   damage_test [--images N] [--seed N] [--only PATTERN]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xxhash.h>

#include "engine/compare.h"
#include "engine/fixture.h"
#include "engine/format.h"
#include "engine/pagefile.h"
#include "engine/workload.h"
#include "oracle/memory_vfs.h"

#define PATH "collection"
#define LOG  PATH "-log"

static struct { uint64_t images, seed; } arguments = {600, 1};

/* A collection with its history. */
typedef struct original {
    workload workload;
    memory_vfs *memory;
    uint64_t saved; /* the state of the last checkpoint */
    uint64_t whole; /* the state that it opens as: a killed process may have lost relaxed commits */
} original;

static hs_status open_engine(memory_vfs *m, bool create, engine **e) {
    hs_config config = fixture_config();
    config.verify_pages = true;
    return engine_open(memory_vfs_base(m), PATH, create, &config, e);
}

/* Some commits, a checkpoint, and some commits that only the log has; left as a killed process
 * leaves it, or closed. */
static void make_original(original *o, bool closed) {
    memory_vfs *m = memory_vfs_create();
    workload_start(&o->workload, arguments.seed);
    o->workload.keeps_all = true;
    assert_ok(open_engine(m, true, &o->workload.subject));
    for (int i = 0; i < 60; i++) {
        assert_ok(workload_step(&o->workload));
    }
    assert_ok(workload_checkpoint(&o->workload));
    o->saved = workload_last(&o->workload);
    for (int i = 0; i < 12; i++) {
        assert_ok(workload_step(&o->workload));
    }
    workload_release(&o->workload);
    if (!closed) o->memory = memory_vfs_crash(m, CRASH_KILL, 1);
    assert_ok(engine_close(o->workload.subject));
    if (closed) o->memory = memory_vfs_crash(m, CRASH_KILL, 1);
    memory_vfs_free(m);
    char difference[512];
    engine *e = NULL;
    memory_vfs *copy = memory_vfs_crash(o->memory, CRASH_KILL, 1);
    assert_ok(open_engine(copy, false, &e));
    engine_txn *t = begin_read(e);
    o->whole = workload_find(&o->workload, t, o->saved, difference, sizeof difference);
    assert_true(o->whole != UINT64_MAX && o->whole >= o->workload.buffered);
    engine_abort(t);
    assert_ok(engine_close(e));
    memory_vfs_free(copy);
}

static void free_original(original *o) {
    memory_vfs_free(o->memory);
    workload_end(&o->workload);
}

/* --- damage ----------------------------------------------------------------------------------- */

/* Changes some bytes; half of the time where the headers are. What was done is described. */
static void damage(memory_vfs *m, const char *path, random_source *random, char *text,
                   size_t text_size) {
    uint64_t size = 0;
    uint8_t *bytes = memory_vfs_bytes(m, path, &size);
    assert_non_null(bytes);
    uint64_t limit = random_chance(random, 30) && size > 3 * UNIT_SIZE ? 3 * UNIT_SIZE : size;
    uint64_t at = random_below(random, limit), kind = random_below(random, 7), length = 1;
    if (random_chance(random, 30)) at = at / UNIT_SIZE * UNIT_SIZE + random_below(random, 160);
    if (at >= size) at = size - 1;
    if (kind == 0) {
        bytes[at] ^= (uint8_t)(1u << random_below(random, 8));
    } else if (kind < 3) {
        length = kind == 1 ? 1 : 1 + random_below(random, 24);
        if (at + length > size) length = size - at;
        random_fill(random, bytes + at, (size_t)length);
    } else if (kind == 3) {
        at = at / 512 * 512;
        length = 512;
        memset(bytes + at, 0, 512);
    } else if (kind == 4) {
        at = at / UNIT_SIZE * UNIT_SIZE;
        length = UNIT_SIZE;
        memset(bytes + at, random_chance(random, 50) ? 0 : 0xFF, UNIT_SIZE);
    } else {
        uint64_t from = random_below(random, size / UNIT_SIZE) * UNIT_SIZE;
        at = at / UNIT_SIZE * UNIT_SIZE;
        length = kind == 5 ? UNIT_SIZE : 512;
        memmove(bytes + at, bytes + from, (size_t)length);
    }
    snprintf(text, text_size, "%s, %" PRIu64 " bytes at %" PRIu64 " (kind %" PRIu64 ")", path,
             length, at, kind);
}

/* Fails unless each entry of a table is as in the oracle, or could not be read for damage. */
static void compare_readable(engine_txn *found, engine_txn *oracle, engine_table subject,
                             engine_table truth, uint64_t *errors, const char *what) {
    engine_cursor *c = NULL;
    assert_ok(engine_cursor_open(oracle, truth, &c));
    while (engine_cursor_next(c) == 1) {
        hs_slice value = {0}, expected = engine_cursor_value(c);
        hs_status status = engine_get(found, subject, engine_cursor_key(c), &value);
        if (status == HS_CORRUPT)
            ++*errors;
        else if (status != HS_OK)
            fail_msg("%s: a key gives %s", what, hs_status_name(status));
        else if (value.size != expected.size ||
                 (value.size > 0 && memcmp(value.data, expected.data, value.size) != 0)) {
            fail_msg("%s: a wrong value was read", what);
        }
    }
    engine_cursor_close(c);
    assert_ok(engine_cursor_open(found, subject, &c));
    int more;
    while ((more = engine_cursor_next(c)) == 1) {
        hs_slice value;
        if (engine_get(oracle, truth, engine_cursor_key(c), &value) != HS_OK) {
            fail_msg("%s: a key was made up", what);
        }
    }
    if (more < 0) ++*errors;
    if (more < 0 && more != HS_CORRUPT) fail_msg("%s: a cursor gives %d", what, more);
    engine_cursor_close(c);
}

/* The number of reads that failed for damage; a wrong answer fails the test. */
static uint64_t read_everything(engine_txn *found, engine_txn *oracle, const char *what) {
    const engine_family_info *families = NULL;
    size_t count = 0;
    uint64_t errors = 0;
    assert_ok(engine_family_list(oracle, &families, &count));
    for (size_t i = 0; i < count; i++) {
        const engine_table_info *tables = NULL;
        size_t table_count = 0;
        engine_family family = 0;
        hs_status status = engine_family_find(found, families[i].name, &family);
        if (status != HS_OK) fail_msg("%s: a family is gone", what);
        assert_ok(engine_table_list(oracle, families[i].family, &tables, &table_count));
        for (size_t k = 0; k < table_count; k++) {
            engine_table table = {0};
            if (engine_table_find(found, family, tables[k].name, &table) != HS_OK) {
                fail_msg("%s: a table is gone", what);
            }
            compare_readable(found, oracle, table, tables[k].table, &errors, what);
        }
    }
    return errors;
}

/* Writes to every table may fail, but must not crash or hang. */
static void write_everywhere(engine *e) {
    engine_txn *snapshot = begin_read(e);
    const engine_family_info *families = NULL;
    size_t count = 0;
    assert_ok(engine_family_list(snapshot, &families, &count));
    for (size_t i = 0; i < count; i++) {
        const engine_table_info *tables = NULL;
        size_t table_count = 0;
        engine_txn *t = NULL;
        assert_ok(engine_table_list(snapshot, families[i].family, &tables, &table_count));
        if (engine_begin_write(e, &families[i].family, 1, HS_BUFFERED, &t) != HS_OK) continue;
        for (size_t k = 0; k < table_count; k++) {
            static const uint8_t zeros[4096];
            size_t key = tables[k].options.key_size > 0 ? tables[k].options.key_size : 5;
            size_t value = tables[k].options.fixed_value ? tables[k].options.value_size : 100;
            if (tables[k].options.shared) continue;
            engine_put(t, tables[k].table, (hs_slice){zeros, key}, (hs_slice){zeros, value});
            engine_delete(t, tables[k].table, (hs_slice){zeros, key});
        }
        engine_commit(t);
    }
    engine_abort(snapshot);
}

static void expect_error(hs_status status, const char *what) {
    if (status != HS_CORRUPT && status != HS_NOT_A_COLLECTION && status != HS_VERSION) {
        fail_msg("%s: %s (%s)", what, hs_status_name(status), hs_last_error());
    }
    if (strstr(hs_last_error(), PATH) == NULL) fail_msg("%s: '%s'", what, hs_last_error());
}

typedef struct tally {
    uint64_t refused, noticed, harmless;
} tally;

/* Opens a damaged image; `minimum` is the first state that is no wrong answer. */
static void examine(const original *o, memory_vfs *image, uint64_t minimum, const char *what,
                    tally *tally) {
    engine *e = NULL;
    hs_status status = open_engine(image, false, &e);
    if (status != HS_OK) {
        expect_error(status, what);
        tally->refused++;
        return;
    }
    char difference[512];
    engine_txn *t = begin_read(e);
    engine_check_result result = {0};
    status = engine_check(e, NULL, NULL, &result);
    if (workload_find(&o->workload, t, minimum, difference, sizeof difference) != UINT64_MAX) {
        tally->harmless++;
    } else {
        engine_txn *truth = o->workload.states[o->whole - o->workload.first];
        uint64_t errors = read_everything(t, truth, what);
        if (errors == 0) fail_msg("%s: a wrong state was opened: %s", what, difference);
        if (status != HS_CORRUPT) {
            fail_msg("%s: the check gives %s", what, hs_status_name(status));
        }
        tally->noticed++;
    }
    engine_abort(t);
    write_everywhere(e);
    engine_close(e);
}

static void damage_many_times(bool closed, const char *path) {
    original o = {0};
    tally tally = {0};
    random_source random = {arguments.seed};
    make_original(&o, closed);
    bool in_log = strcmp(path, LOG) == 0;
    for (uint64_t i = 0; i < arguments.images / 3; i++) {
        char what[200], where[120];
        memory_vfs *image = memory_vfs_crash(o.memory, CRASH_KILL, i);
        damage(image, path, &random, where, sizeof where);
        snprintf(what, sizeof what, "seed %" PRIu64 ", image %" PRIu64 ", %s", arguments.seed, i,
                 where);
        /* A damaged record looks like the torn end of the log: what comes before it counts. */
        examine(&o, image, in_log ? o.saved : o.whole, what, &tally);
        memory_vfs_free(image);
    }
    print_message("# %s %s: %" PRIu64 " refused, %" PRIu64 " noticed, %" PRIu64 " harmless\n",
                  closed ? "closed" : "unclean", path, tally.refused, tally.noticed,
                  tally.harmless);
    free_original(&o);
}

static void a_damaged_closed_file_gives_errors_or_right_answers(void **state) {
    (void)state;
    damage_many_times(true, PATH);
}

static void a_damaged_unclean_file_gives_errors_or_right_answers(void **state) {
    (void)state;
    damage_many_times(false, PATH);
}

static void a_damaged_log_gives_an_error_or_an_earlier_state(void **state) {
    (void)state;
    damage_many_times(false, LOG);
}

/* Lets the leaf that refers to a long value refer to a page that no file has, and seals it: what a
 * checksum does not tell. */
static void misdirect_long_value(memory_vfs *m) {
    uint64_t size = 0, changed = 0;
    uint8_t *bytes = memory_vfs_bytes(m, PATH, &size);
    uint32_t value = 0;
    for (uint64_t at = FIRST_PAGE * UNIT_SIZE; at < size; at += UNIT_SIZE) {
        const page_header *page = (const page_header *)(void *)(bytes + at);
        if (page->kind == PAGE_VALUE && page->page == at / UNIT_SIZE) value = page->page;
    }
    assert_true(value > 0);
    for (uint64_t at = FIRST_PAGE * UNIT_SIZE; at < size; at += UNIT_SIZE) {
        page_header *page = (page_header *)(void *)(bytes + at);
        if (page->kind != PAGE_VARIABLE || page->page != at / UNIT_SIZE) continue;
        for (uint64_t i = sizeof *page; i < UNIT_SIZE - 8; i++) {
            if (bytes[at + i] != 0xFF || memcmp(bytes + at + i + 1, &value, 4) != 0) continue;
            memset(bytes + at + i + 1, 0x7F, 4);
            changed++;
        }
        page->checksum = page_checksum(page);
    }
    assert_int_equal(changed, 1);
}

static void a_dropped_tree_that_refers_to_nothing_is_taken_apart_without_it(void **state) {
    (void)state;
    static const uint8_t bytes[50000];
    memory_vfs *m = memory_vfs_create();
    engine *e = NULL;
    assert_ok(open_engine(m, true, &e));
    engine_table table = create_table(e, "f", NULL);
    engine_txn *t = begin_write(e, table.family);
    assert_ok(engine_put(t, table, hs_slice_of("long"), (hs_slice){bytes, sizeof bytes}));
    assert_ok(engine_commit(t));
    assert_ok(engine_close(e));
    misdirect_long_value(m);
    assert_ok(open_engine(m, false, &e));
    assert_ok(engine_family_drop(e, table.family));
    assert_ok(engine_checkpoint(e));
    assert_ok(engine_close(e));
    assert_ok(open_engine(m, false, &e));
    table = create_table(e, "g", NULL);
    t = begin_write(e, table.family);
    put_text(t, table, "k", "v");
    assert_ok(engine_commit(t));
    expect_committed(e, table, "k", "v");
    assert_ok(engine_close(e));
    memory_vfs_free(m);
}

static void cut_files(bool closed, const char *path) {
    original o = {0};
    random_source random = {arguments.seed};
    tally tally = {0};
    make_original(&o, closed);
    for (uint64_t i = 0; i < 60; i++) {
        memory_vfs *image = memory_vfs_crash(o.memory, CRASH_KILL, i);
        vfs_file *file = NULL;
        uint64_t size = 0;
        char what[64];
        assert_ok(vfs_open(memory_vfs_base(image), path, false, &file));
        assert_ok(vfs_size(file, &size));
        uint64_t to = random_below(&random, i % 2 == 0 ? size : 4 * UNIT_SIZE);
        assert_ok(vfs_truncate(file, to));
        vfs_close(file);
        snprintf(what, sizeof what, "%s cut to %" PRIu64 " bytes", path, to);
        bool in_log = strcmp(path, LOG) == 0;
        examine(&o, image, in_log ? o.saved : o.whole, what, &tally);
        memory_vfs_free(image);
    }
    free_original(&o);
}

static void a_cut_file_gives_errors_or_right_answers(void **state) {
    (void)state;
    cut_files(true, PATH);
    cut_files(false, PATH);
    cut_files(false, LOG);
}

/* --- files that are something else ------------------------------------------------------------ */

static void write_file(memory_vfs *m, const char *path, const void *bytes, size_t size) {
    vfs_file *file = NULL;
    assert_ok(vfs_open(memory_vfs_base(m), path, true, &file));
    assert_ok(vfs_write(file, 0, &(vfs_buffer){bytes, size}, 1));
    vfs_close(file);
}

static void a_file_that_is_no_collection_is_named_so(void **state) {
    (void)state;
    char text[20000];
    memset(text, 'x', sizeof text);
    const struct {
        const void *bytes;
        size_t size;
    } files[] = {{"subject_id,hadm_id\n", 19}, {text, sizeof text}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        memory_vfs *m = memory_vfs_create();
        engine *e = NULL;
        write_file(m, PATH, files[i].bytes, files[i].size);
        assert_status(open_engine(m, false, &e), HS_NOT_A_COLLECTION);
        assert_non_null(strstr(hs_last_error(), PATH));
        assert_null(e);
        uint64_t size = 0;
        assert_non_null(memory_vfs_bytes(m, PATH, &size));
        assert_int_equal(size, files[i].size);
        memory_vfs_free(m);
    }
}

static void an_interrupted_creation_is_no_collection_yet(void **state) {
    (void)state;
    static uint8_t zeros[2 * UNIT_SIZE];
    for (size_t size = 0; size <= sizeof zeros; size += sizeof zeros) {
        memory_vfs *m = memory_vfs_create();
        engine *e = NULL;
        write_file(m, PATH, zeros, size);
        assert_status(open_engine(m, false, &e), HS_NOT_FOUND);
        assert_ok(open_engine(m, true, &e));
        assert_ok(engine_close(e));
        memory_vfs_free(m);
    }
}

static void a_newer_format_is_named_so(void **state) {
    (void)state;
    original o = {0};
    make_original(&o, true);
    uint64_t size = 0;
    uint8_t *bytes = memory_vfs_bytes(o.memory, PATH, &size);
    for (size_t slot = 0; slot < 2; slot++) {
        file_header *header = (file_header *)(void *)(bytes + slot * UNIT_SIZE);
        header->version = FORMAT_VERSION + 1;
        header->checksum = XXH3_64bits(header, offsetof(file_header, checksum));
    }
    engine *e = NULL;
    assert_status(open_engine(o.memory, false, &e), HS_VERSION);
    assert_non_null(strstr(hs_last_error(), PATH));
    free_original(&o);
}

static void a_missing_log_of_an_unclean_file_is_an_error(void **state) {
    (void)state;
    original o = {0};
    engine *e = NULL;
    make_original(&o, false);
    assert_ok(vfs_unlink(memory_vfs_base(o.memory), LOG));
    assert_status(open_engine(o.memory, false, &e), HS_CORRUPT);
    assert_non_null(strstr(hs_last_error(), LOG));
    free_original(&o);
}

static void the_log_of_another_collection_is_refused(void **state) {
    (void)state;
    original o = {0};
    engine *e = NULL;
    uint64_t size = 0;
    make_original(&o, false);
    uint8_t *bytes = memory_vfs_bytes(o.memory, LOG, &size);
    for (size_t slot = 0; slot < 2; slot++) {
        log_header *header = (log_header *)(void *)(bytes + slot * UNIT_SIZE);
        header->collection[0] ^= 1;
        header->checksum = XXH3_64bits(header, offsetof(log_header, checksum));
    }
    assert_status(open_engine(o.memory, false, &e), HS_CORRUPT);
    assert_non_null(strstr(hs_last_error(), LOG));
    free_original(&o);
}

/* --- in use ----------------------------------------------------------------------------------- */

static void a_collection_in_use_names_the_process_that_holds_it(void **state) {
    (void)state;
    char directory[256], path[280], expected[32], byte = 0;
    int ready[2], done[2], result = 1;
    engine *e = NULL;
    directory_create(directory, sizeof directory);
    snprintf(path, sizeof path, "%s/collection", directory);
    assert_ok(backend_embedded.open(path, true, &e));
    engine_table table = create_table(e, "f", NULL);
    assert_ok(engine_close(e));
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(done), 0);
    pid_t child = fork();
    if (child == 0) {
        bool held = backend_embedded.open(path, false, &e) == HS_OK;
        bool told = write(ready[1], &byte, 1) == 1 && read(done[0], &byte, 1) == 1;
        _exit(held && told && engine_close(e) == HS_OK ? 0 : 1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    e = NULL;
    assert_status(backend_embedded.open(path, false, &e), HS_BUSY);
    snprintf(expected, sizeof expected, "%ld", (long)child);
    assert_non_null(strstr(hs_last_error(), expected));
    assert_non_null(strstr(hs_last_error(), path));
    assert_int_equal(write(done[1], &byte, 1), 1);
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(result, 0);
    assert_ok(backend_embedded.open(path, false, &e));
    engine *again = NULL;
    assert_status(backend_embedded.open(path, false, &again), HS_BUSY);
    snprintf(expected, sizeof expected, "%ld", (long)getpid());
    assert_non_null(strstr(hs_last_error(), expected));
    engine_txn *t = begin_write(e, table.family);
    put_text(t, table, "k", "v");
    assert_ok(engine_commit(t));
    assert_ok(engine_close(e));
    directory_remove(directory);
    close(ready[0]), close(ready[1]), close(done[0]), close(done[1]);
}

static void a_child_process_cannot_use_its_parents_engine(void **state) {
    (void)state;
    char directory[256], path[280];
    int result = 1;
    engine *e = NULL;
    directory_create(directory, sizeof directory);
    snprintf(path, sizeof path, "%s/collection", directory);
    assert_ok(backend_embedded.open(path, true, &e));
    engine_table table = create_table(e, "f", NULL);
    pid_t child = fork();
    if (child == 0) {
        engine_txn *t = NULL;
        hs_status status = engine_begin_write(e, &table.family, 1, HS_DURABLE, &t);
        if (status == HS_OK) status = engine_put(t, table, hs_slice_of("child"), hs_slice_of("v"));
        if (status == HS_OK) status = engine_commit(t);
        _exit(status == HS_OK ? 1 : 0);
    }
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(result, 0);
    engine_txn *t = begin_write(e, table.family);
    put_text(t, table, "parent", "v");
    assert_ok(engine_commit(t));
    expect_committed(e, table, "child", NULL);
    expect_committed(e, table, "parent", "v");
    assert_ok(engine_close(e));
    directory_remove(directory);
}

int main(int count, char **values) {
    for (int i = 1; i + 1 < count; i += 2) {
        uint64_t number = strtoull(values[i + 1], NULL, 10);
        if (strcmp(values[i], "--images") == 0)
            arguments.images = number;
        else if (strcmp(values[i], "--seed") == 0)
            arguments.seed = number;
        else if (strcmp(values[i], "--only") == 0)
            cmocka_set_test_filter(values[i + 1]);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_damaged_closed_file_gives_errors_or_right_answers),
        cmocka_unit_test(a_damaged_unclean_file_gives_errors_or_right_answers),
        cmocka_unit_test(a_damaged_log_gives_an_error_or_an_earlier_state),
        cmocka_unit_test(a_dropped_tree_that_refers_to_nothing_is_taken_apart_without_it),
        cmocka_unit_test(a_cut_file_gives_errors_or_right_answers),
        cmocka_unit_test(a_file_that_is_no_collection_is_named_so),
        cmocka_unit_test(an_interrupted_creation_is_no_collection_yet),
        cmocka_unit_test(a_newer_format_is_named_so),
        cmocka_unit_test(a_missing_log_of_an_unclean_file_is_an_error),
        cmocka_unit_test(the_log_of_another_collection_is_refused),
        cmocka_unit_test(a_collection_in_use_names_the_process_that_holds_it),
        cmocka_unit_test(a_child_process_cannot_use_its_parents_engine),
    };
    return cmocka_run_group_tests_name("damage", tests, NULL, NULL);
}
