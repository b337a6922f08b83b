/* lessons_test.c: failures that other engines have or had, each named after what it protects. What
 * has a test elsewhere is listed in docs/testing.md.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "engine/collection.h"
#include "engine/format.h"
#include "engine/vfs.h"
#include "oracle/random.h"

enum { COMMITS = 1000 };

static void commit_number(engine *e, engine_table table, uint64_t number,
                          hs_durability durability) {
    engine_txn *t = NULL;
    uint8_t key[8];
    assert_ok(engine_begin_write(e, &table.family, 1, durability, &t));
    assert_ok(engine_put(t, table, number_key(number, key), (hs_slice){&number, sizeof number}));
    assert_ok(engine_commit(t));
}

/* How many of the numbers 0, 1, 2 … are there; fails if a higher one is there too. */
static uint64_t count_numbers(engine *e, engine_table table) {
    engine_cursor *c = NULL;
    engine_txn *t = begin_read(e);
    uint64_t count = 0;
    uint8_t key[8];
    assert_ok(engine_cursor_open(t, table, &c));
    for (; engine_cursor_next(c) == 1; count++) {
        hs_slice expected = number_key(count, key), value = engine_cursor_value(c);
        assert_memory_equal(engine_cursor_key(c).data, expected.data, expected.size);
        assert_memory_equal(value.data, &count, sizeof count);
    }
    engine_cursor_close(c);
    engine_abort(t);
    return count;
}

/* --- acknowledged commits --------------------------------------------------------------------- */

/* A key-value engine whose last log record pointed at pages that were not written yet lost all
 * since its last checkpoint. */
static void the_log_alone_brings_back_every_acknowledged_commit(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    assert_ok(engine_checkpoint(c.engine));
    uint64_t size = 0;
    const uint8_t *bytes = memory_vfs_bytes(c.files, COLLECTION_PATH, &size);
    uint8_t *at_last_sync = malloc(size);
    assert_non_null(at_last_sync);
    memcpy(at_last_sync, bytes, size);
    for (uint64_t i = 0; i < COMMITS; i++)
        commit_number(c.engine, table, i, HS_DURABLE);
    assert_int_equal(stats_of(c.engine).checkpoints, 1);
    collection_crash(&c, CRASH_KILL, 1);
    vfs_file *file = NULL;
    assert_ok(vfs_open(memory_vfs_base(c.files), COLLECTION_PATH, false, &file));
    assert_ok(vfs_truncate(file, size));
    assert_ok(vfs_write(file, 0, &(vfs_buffer){at_last_sync, size}, 1));
    vfs_close(file);
    assert_ok(collection_open(&c));
    assert_int_equal(count_numbers(c.engine, table), COMMITS);
    expect_sound(c.engine);
    collection_free(&c);
    free(at_last_sync);
}

typedef struct doubt {
    const collection *collection;
    engine_table table;
    uint64_t least; /* numbers that must be there */
    uint64_t most;
    uint64_t images, growths,
        cut;          /* images, calls that grow the file, images with fewer than most */
    bool only_growth; /* images are taken from a growth on */
} doubt;

/* Opens what power cuts now would leave. */
static void doubt_files(void *context, memory_vfs *files, const char *call) {
    doubt *d = context;
    (void)files;
    if (strcmp(call, "grow") == 0) d->growths++;
    if (d->only_growth && d->growths == 0) return;
    for (int i = 0; i < 4; i++) {
        collection image = collection_image(d->collection, CRASH_POWER, d->images++);
        uint64_t found = count_numbers(image.engine, d->table);
        assert_in_range(found, d->least, d->most);
        if (found < d->most) d->cut++;
        expect_sound(image.engine);
        collection_free(&image);
    }
}

/* A file that a crash inside a commit had left longer than its header said never opened again. */
static void a_crash_inside_a_commit_that_grows_the_file_leaves_one_that_opens(void **state) {
    (void)state;
    static const uint8_t value[150000];
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    engine_table other = create_table(c.engine, "g", NULL);
    doubt d = {.collection = &c, .table = table, .only_growth = true};
    uint64_t images = 0;
    for (uint64_t i = 0; i < 12; i++) {
        engine_txn *t = NULL;
        const engine_family families[] = {table.family, other.family};
        uint8_t key[8];
        d.least = i;
        d.most = i + 1;
        d.growths = 0;
        memory_vfs_hook(c.files, doubt_files, &d);
        assert_ok(engine_begin_write(c.engine, families, 2, HS_DURABLE, &t));
        assert_ok(engine_put(t, other, number_key(i, key), (hs_slice){value, sizeof value}));
        assert_ok(engine_put(t, table, number_key(i, key), (hs_slice){&i, sizeof i}));
        assert_ok(engine_commit(t));
        memory_vfs_hook(c.files, NULL, NULL);
        if (d.growths > 0) images = d.images;
    }
    assert_true(images > 50 && d.cut > 0);
    collection_free(&c);
}

/* Killed during a bulk load, a graph database did not open. */
static void a_crash_inside_a_bulk_load_leaves_all_of_it_or_nothing(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    static const uint8_t value[2000];
    doubt d = {.collection = &c, .table = create_table(c.engine, "numbers", NULL), .most = 1};
    const engine_family families[] = {table.family, d.table.family};
    engine_txn *t = NULL;
    memory_vfs_hook(c.files, doubt_files, &d);
    assert_ok(engine_begin_write(c.engine, families, 2, HS_DURABLE, &t));
    for (uint64_t i = 0; i < 1000; i++) { /* twice the log */
        uint8_t key[8];
        assert_ok(engine_put(t, table, number_key(i, key), (hs_slice){value, sizeof value}));
    }
    const uint64_t zero = 0;
    uint8_t key[8];
    assert_ok(engine_put(t, d.table, number_key(0, key), (hs_slice){&zero, sizeof zero}));
    assert_ok(engine_commit(t));
    memory_vfs_hook(c.files, NULL, NULL);
    assert_true(d.images > 20 && d.cut > 0 && d.cut < d.images);
    d.least = 1;
    doubt_files(&d, c.files, "afterwards");
    collection_free(&c);
}

/* An engine that is not synced was left corrupt by a power cut. */
static void without_any_sync_a_power_cut_costs_commits_but_never_the_file(void **state) {
    (void)state;
    collection c = collection_create();
    doubt d = {.collection = &c, .table = create_table(c.engine, "f", NULL)};
    for (uint64_t i = 0; i < 400; i++) {
        commit_number(c.engine, d.table, i, i % 2 == 0 ? HS_RELAXED : HS_BUFFERED);
        d.most = i + 1;
        if (i % 20 == 0) doubt_files(&d, c.files, "between commits");
    }
    assert_true(d.cut > 0);
    collection_free(&c);
}

/* --- opening ---------------------------------------------------------------------------------- */

/* Recovery that ran twice gave two different databases. */
static void recovering_twice_gives_the_same_as_recovering_once(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    random_source random = {1};
    for (uint64_t i = 0; i < 300; i++) {
        if (i % 60 == 0)
            assert_ok(engine_family_drop(c.engine, create_table(c.engine, "g", NULL).family));
        commit_number(c.engine, table, random_below(&random, 200), (hs_durability)(i % 3));
    }
    for (uint64_t seed = 0; seed < 8; seed++) {
        collection once = collection_image(&c, CRASH_POWER, seed);
        uint64_t hash = content_hash(once.engine), sequence = stats_of(once.engine).sequence;
        collection twice = collection_image(&once, CRASH_KILL, seed);
        collection thrice = collection_image(&twice, CRASH_POWER, seed);
        assert_int_equal(content_hash(twice.engine), hash);
        assert_int_equal(content_hash(thrice.engine), hash);
        assert_int_equal(stats_of(thrice.engine).sequence, sequence);
        expect_sound(thrice.engine);
        collection_free(&thrice);
        collection_free(&twice);
        collection_free(&once);
    }
    collection_free(&c);
}

/* A family that had outgrown the space first given to it was not found after a clean close. */
static void a_family_that_outgrew_its_first_pages_opens_again(void **state) {
    (void)state;
    static const uint8_t value[700];
    collection c = collection_create();
    engine_table table = create_table(c.engine, "grows", NULL);
    engine_table beside = create_table(c.engine, "stays", NULL);
    commit_number(c.engine, beside, 0, HS_DURABLE);
    for (uint64_t round = 0; round < 6; round++) {
        engine_txn *t = begin_relaxed(c.engine, table.family);
        for (uint64_t i = 0; i < 500; i++) {
            uint8_t key[8];
            hs_slice k = number_key(round * 500 + i, key);
            assert_ok(engine_put(t, table, k, (hs_slice){value, sizeof value}));
        }
        assert_ok(engine_commit(t));
        uint64_t hash = content_hash(c.engine);
        collection_reopen(&c);
        assert_int_equal(content_hash(c.engine), hash);
        assert_int_equal(count_numbers(c.engine, beside), 1);
    }
    assert_true(pages_of(c.engine, table.family) > 500);
    expect_sound(c.engine);
    collection_free(&c);
}

/* Every open read the whole file. */
static void opening_and_closing_look_at_no_page_of_a_table(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    for (uint64_t i = 0; i < 300; i++)
        commit_number(c.engine, table, i, HS_RELAXED);
    assert_ok(engine_close(c.engine));
    uint64_t size = 0, wiped = 0;
    uint8_t *bytes = memory_vfs_bytes(c.files, COLLECTION_PATH, &size);
    for (uint64_t at = FIRST_PAGE * UNIT_SIZE; at < size; at += UNIT_SIZE) {
        const page_header *page = (const page_header *)(void *)(bytes + at);
        if (page->page != at / UNIT_SIZE || page->kind > PAGE_VALUE) continue;
        memset(bytes + at, 0xAA, UNIT_SIZE);
        wiped++;
    }
    assert_true(wiped > 2);
    assert_ok(collection_open(&c));
    hs_slice value;
    uint8_t key[8];
    engine_txn *t = begin_read(c.engine);
    assert_status(engine_get(t, table, number_key(1, key), &value), HS_CORRUPT);
    engine_abort(t);
    collection_reopen(&c);
    collection_free(&c);
}

/* Lets this process map no more than another GiB. */
static bool limit_address_space(void) {
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL) return false;
    bool read = fscanf(file, "%lu", &pages) == 1;
    fclose(file);
    rlim_t bytes = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + (UINT64_C(1) << 30);
    return read && setrlimit(RLIMIT_AS, &(struct rlimit){bytes, bytes}) == 0;
}

static hs_status use_collection(const char *path) {
    const engine_table_definition definition = {"t", plain_options};
    hs_config config = fixture_config();
    engine *e = NULL;
    engine_txn *t = NULL;
    engine_table table = {0, 1};
    config.address_range = UINT64_C(64) << 40;
    TRY(engine_open(vfs_posix(), path, true, &config, &e));
    TRY(engine_family_create(e, "f", &definition, 1, &table.family));
    TRY(engine_begin_write(e, &table.family, 1, HS_DURABLE, &t));
    TRY(engine_put(t, table, hs_slice_of("k"), hs_slice_of("v")));
    TRY(engine_commit(t));
    return engine_close(e);
}

/* Reserving terabytes of address space failed on small hosts. */
static void a_reservation_that_the_host_refuses_is_tried_smaller(void **state) {
    (void)state;
    char directory[256], path[272];
    directory_create(directory, sizeof directory);
    snprintf(path, sizeof path, "%s/collection", directory);
    pid_t child = fork();
    if (child == 0) {
        if (!limit_address_space()) _exit(2);
        hs_status status = use_collection(path);
        if (status != HS_OK) print_error("%s\n", hs_last_error());
        _exit(status == HS_OK ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    directory_remove(directory);
}

/* --- limits that have to be guessed elsewhere ------------------------------------------------- */

/* 126 readers at a time, and a map size to guess: at the limit the transaction was lost. */
static void a_thousand_snapshots_and_a_file_that_grows_a_hundredfold_need_no_setting(void **state) {
    (void)state;
    static const uint8_t value[20000];
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    engine_txn **snapshots = calloc(COMMITS, sizeof(engine_txn *));
    assert_non_null(snapshots);
    uint64_t first = stats_of(c.engine).file_bytes;
    for (uint64_t i = 0; i < COMMITS; i++) {
        uint8_t key[8];
        engine_txn *t = begin_relaxed(c.engine, table.family);
        assert_ok(engine_put(t, table, number_key(i, key), (hs_slice){value, sizeof value}));
        assert_ok(engine_commit(t));
        snapshots[i] = begin_read(c.engine);
    }
    assert_true(stats_of(c.engine).file_bytes > 100 * first);
    assert_int_equal(stats_of(c.engine).snapshots, COMMITS);
    for (uint64_t i = 0; i < COMMITS; i++) {
        uint8_t key[8];
        hs_slice found;
        assert_ok(engine_get(snapshots[i], table, number_key(i, key), &found));
        assert_status(engine_get(snapshots[i], table, number_key(i + 1, key), &found),
                      HS_NOT_FOUND);
        engine_abort(snapshots[i]);
    }
    free(snapshots);
    collection_free(&c);
}

/* Readers whose process had died held pages back for ever, and the file grew. */
static void a_reader_whose_process_died_holds_nothing_back(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    for (uint64_t i = 0; i < 300; i++)
        commit_number(c.engine, table, i, HS_BUFFERED);
    engine_txn *reader = begin_read(c.engine);
    collection image = collection_image(&c, CRASH_KILL, 1);
    engine_abort(reader);
    assert_int_equal(stats_of(image.engine).snapshots, 0);
    uint64_t before = 0;
    for (uint64_t round = 0; round < 30; round++) {
        for (uint64_t i = 0; i < 300; i++)
            commit_number(image.engine, table, i, HS_RELAXED);
        assert_ok(engine_checkpoint(image.engine));
        if (round == 5) before = stats_of(image.engine).file_bytes;
    }
    assert_true(stats_of(image.engine).file_bytes <= before);
    collection_free(&image);
    collection_free(&c);
}

/* A checkpoint failed for families created since opening, so that the log was never cut. */
static void a_checkpoint_with_families_created_since_opening_cuts_the_log(void **state) {
    (void)state;
    collection c = collection_create();
    collection_reopen(&c);
    for (uint64_t i = 0; i < 40; i++) {
        char name[16];
        snprintf(name, sizeof name, "f%u", (unsigned)i);
        engine_table table = create_table(c.engine, name, NULL);
        commit_number(c.engine, table, 0, HS_DURABLE);
        assert_true(stats_of(c.engine).log_used_bytes > 0);
        assert_ok(engine_checkpoint(c.engine));
        assert_int_equal(stats_of(c.engine).log_used_bytes, 0);
    }
    uint64_t hash = content_hash(c.engine);
    collection_crash(&c, CRASH_POWER, 1);
    assert_ok(collection_open(&c));
    assert_int_equal(content_hash(c.engine), hash);
    collection_free(&c);
}

/* Memory without a limit; a transaction that was "full". */
static void a_transaction_of_64_mib_needs_no_memory_of_its_size(void **state) {
    (void)state;
    static const uint8_t value[4000];
    char directory[256], path[272];
    directory_create(directory, sizeof directory);
    snprintf(path, sizeof path, "%s/collection", directory);
    hs_config config = fixture_config();
    engine *e = NULL;
    assert_ok(engine_open(vfs_posix(), path, true, &config, &e));
    engine_table table = create_table(e, "f", NULL);
    struct mallinfo2 before = mallinfo2();
    engine_txn *t = begin_relaxed(e, table.family);
    for (uint64_t i = 0; i < (64 << 20) / sizeof value; i++) {
        uint8_t key[8];
        assert_ok(engine_put(t, table, number_key(i, key), (hs_slice){value, sizeof value}));
    }
    struct mallinfo2 after = mallinfo2();
    uint64_t grown = after.uordblks + after.hblkhd - before.uordblks - before.hblkhd;
    assert_in_range(grown, 0, 8 << 20);
    assert_ok(engine_commit(t));
    assert_ok(engine_close(e));
    directory_remove(directory);
}

int main(int count, char **values) {
    if (count > 2 && strcmp(values[1], "--only") == 0) cmocka_set_test_filter(values[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_log_alone_brings_back_every_acknowledged_commit),
        cmocka_unit_test(a_crash_inside_a_commit_that_grows_the_file_leaves_one_that_opens),
        cmocka_unit_test(a_crash_inside_a_bulk_load_leaves_all_of_it_or_nothing),
        cmocka_unit_test(without_any_sync_a_power_cut_costs_commits_but_never_the_file),
        cmocka_unit_test(recovering_twice_gives_the_same_as_recovering_once),
        cmocka_unit_test(a_family_that_outgrew_its_first_pages_opens_again),
        cmocka_unit_test(opening_and_closing_look_at_no_page_of_a_table),
        cmocka_unit_test(a_reservation_that_the_host_refuses_is_tried_smaller),
        cmocka_unit_test(a_thousand_snapshots_and_a_file_that_grows_a_hundredfold_need_no_setting),
        cmocka_unit_test(a_reader_whose_process_died_holds_nothing_back),
        cmocka_unit_test(a_checkpoint_with_families_created_since_opening_cuts_the_log),
        cmocka_unit_test(a_transaction_of_64_mib_needs_no_memory_of_its_size),
    };
    return cmocka_run_group_tests_name("lessons", tests, NULL, NULL);
}
