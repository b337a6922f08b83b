/* check_test.c: engine_check finds what is wrong in files whose checksums are all right, as a
 * mistake in the engine would leave them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Before cmocka, which has a macro expect_value. */
#include "engine/tree.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "engine/collection.h"

#define KEYS 2000u

/* A saved collection with a table of plain values, one of fixed ones, and a long value. */
typedef struct place {
    collection collection;
    store *store;
    engine_table plain, fixed;
    char problems[8192]; /* one behind the other */
} place;

static place *place_create(void) {
    static const engine_table_options fixed_options = {
        .key_size = 8, .value_size = 8, .fixed_value = true};
    place *p = calloc(1, sizeof *p);
    p->collection = collection_create();
    engine *e = p->collection.engine;
    p->store = (store *)e;
    p->plain = create_table(e, "plain", NULL);
    p->fixed = create_table(e, "fixed", &fixed_options);
    for (uint32_t i = 0; i < 2; i++) {
        engine_table table = i == 0 ? p->plain : p->fixed;
        engine_txn *t = begin_relaxed(e, table.family);
        for (uint64_t key = 0; key < KEYS; key++) {
            uint8_t bytes[8];
            put_filled(t, table, number_key(key, bytes), 8, 'v');
        }
        if (i == 0) put_filled(t, table, hs_slice_of("long"), 100000, 'l');
        assert_ok(engine_commit(t));
    }
    expect_sound(e);
    return p;
}

static void place_free(place *p) {
    collection_free(&p->collection);
    free(p);
}

static void note_problem(void *context, const char *problem) {
    place *p = context;
    size_t used = strlen(p->problems);
    snprintf(p->problems + used, sizeof p->problems - used, "%s\n", problem);
}

/* Checks, and fails unless a problem of these words is among those found. */
static void expect_problem(place *p, const char *words) {
    engine_check_result result;
    p->problems[0] = '\0';
    assert_status(engine_check(p->collection.engine, note_problem, p, &result), HS_CORRUPT);
    assert_true(result.problems > 0);
    if (strstr(p->problems, words) == NULL) fail_msg("not found: %s\n%s", words, p->problems);
}

/* --- pages ------------------------------------------------------------------------------------ */

static table_entry entry_of(place *p, engine_table table) {
    engine_txn *t = begin_read(p->collection.engine);
    table_entry e = *txn_table((txn *)t, table);
    engine_abort(t);
    return e;
}

/* The root, and the leaf that is its n-th child. */
static node *root_of(place *p, engine_table table) {
    table_entry e = entry_of(p, table);
    assert_int_equal(e.height, 2);
    return (node *)(void *)pagefile_at(&p->store->file, e.root);
}

static node *leaf_of(place *p, engine_table table, uint32_t index) {
    return (node *)(void *)pagefile_at(&p->store->file, node_child(root_of(p, table), index));
}

/* The key of an entry of a fixed leaf, to be changed in place. */
static uint8_t *fixed_key(node *leaf, uint32_t index) {
    uint8_t buffer[ENGINE_KEY_MAX];
    return (uint8_t *)(uintptr_t)node_key(leaf, index, buffer).data;
}

/* Gives a changed page its checksum. */
static void seal(page_header *page) {
    page->checksum = page_checksum(page);
}

/* The run of the long value, and the leaf that refers to it. */
static value_header *long_run(place *p) {
    node *root = root_of(p, p->plain);
    node *leaf = leaf_of(p, p->plain, root->count - 1u);
    table_entry e = entry_of(p, p->plain);
    node_value v = node_get_value(leaf, &e.def->shape, leaf->count - 1u);
    assert_true(v.long_page != 0);
    return (value_header *)(void *)pagefile_at(&p->store->file, v.long_page);
}

static void a_key_beyond_its_separator_is_found(void **state) {
    (void)state;
    place *p = place_create();
    node *leaf = leaf_of(p, p->fixed, 0);
    memset(fixed_key(leaf, leaf->count - 1u), 0xFF, 8);
    seal(&leaf->page);
    expect_problem(p, "lies beyond its separator");
    expect_problem(p, "entry 0 is not greater than the one before it");
    place_free(p);
}

static void a_key_before_its_separator_is_found(void **state) {
    (void)state;
    place *p = place_create();
    node *leaf = leaf_of(p, p->fixed, 1);
    memset(fixed_key(leaf, 0), 0, 8);
    seal(&leaf->page);
    expect_problem(p, "entry 0 lies before its separator");
    place_free(p);
}

static void keys_out_of_order_within_a_leaf_are_found(void **state) {
    (void)state;
    place *p = place_create();
    node *leaf = leaf_of(p, p->fixed, 1);
    memcpy(fixed_key(leaf, 5), fixed_key(leaf, 6), 8);
    seal(&leaf->page);
    expect_problem(p, "keys are out of order");
    place_free(p);
}

static void a_page_used_twice_is_found(void **state) {
    (void)state;
    place *p = place_create();
    node *root = root_of(p, p->fixed);
    node_set_child(root, 1, node_child(root, 0));
    seal(&root->page);
    expect_problem(p, "used twice");
    place_free(p);
}

static void a_page_of_another_table_is_found(void **state) {
    (void)state;
    place *p = place_create();
    node *root = root_of(p, p->fixed);
    node_set_child(root, 1, leaf_of(p, p->plain, 0)->page.page);
    seal(&root->page);
    expect_problem(p, "it belongs to another table");
    node_set_child(root, 1, UINT32_MAX);
    seal(&root->page);
    expect_problem(p, "outside of the file");
    place_free(p);
}

static void a_page_in_the_place_of_another_or_from_later_is_found(void **state) {
    (void)state;
    place *p = place_create();
    node *first = leaf_of(p, p->fixed, 0), *second = leaf_of(p, p->fixed, 1);
    memcpy(first, second, UNIT_SIZE);
    expect_problem(p, "it carries another page's number");
    first->page.page = node_child(root_of(p, p->fixed), 0);
    first->page.txn = UINT64_MAX;
    seal(&first->page);
    expect_problem(p, "it was written after the checkpoint that refers to it");
    place_free(p);
}

static void a_tree_that_refers_to_itself_is_found_and_ends(void **state) {
    (void)state;
    place *p = place_create();
    node *root = root_of(p, p->fixed);
    node_set_child(root, 1, root->page.page);
    seal(&root->page);
    expect_problem(p, "it is of another kind");
    place_free(p);
}

/* --- long values ------------------------------------------------------------------------------ */

static void a_long_value_of_another_length_is_found_by_checking_and_by_reading(void **state) {
    (void)state;
    place *p = place_create();
    value_header *run = long_run(p);
    run->bytes -= 10;
    seal(&run->page);
    expect_problem(p, "a long value has not the length referred to");
    engine_txn *t = begin_read(p->collection.engine);
    hs_slice value;
    assert_status(engine_get(t, p->plain, hs_slice_of("long"), &value), HS_CORRUPT);
    engine_abort(t);
    place_free(p);
}

static void a_run_longer_than_its_pages_is_found(void **state) {
    (void)state;
    place *p = place_create();
    value_header *run = long_run(p);
    run->bytes = (uint64_t)run->page.units * UNIT_SIZE;
    expect_problem(p, "its payload is longer than itself");
    run->bytes = 100000;
    run->page.units = UINT32_MAX;
    expect_problem(p, "its length is impossible");
    place_free(p);
}

/* --- catalog and space map -------------------------------------------------------------------- */

static void numbers_of_the_catalog_that_are_wrong_are_found(void **state) {
    (void)state;
    place *p = place_create();
    uint32_t page = p->store->header.catalog.page;
    value_header *run = (value_header *)(void *)pagefile_at(&p->store->file, page);
    table_def *defs = NULL;
    catalog *c = NULL;
    assert_ok(catalog_decode((uint8_t *)(run + 1), run->bytes, &defs, &c));
    c->families[0]->tables[0].entries++;
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_ok(catalog_encode(c, &bytes, &size));
    assert_int_equal(size, run->bytes);
    memcpy(run + 1, bytes, size);
    seal(&run->page);
    expect_problem(p, "where the catalog says");
    memset(run + 1, 0xFF, 8);
    seal(&run->page);
    expect_problem(p, "the catalog is damaged");
    run->page.checksum++;
    expect_problem(p, "checksum");
    memory_free(bytes);
    catalog_free_all(c);
    while (defs != NULL) {
        table_def *next = defs->next;
        memory_free(defs);
        defs = next;
    }
    place_free(p);
}

/* The bytes of the space map in the file. */
static uint8_t *map_bytes(place *p) {
    return (uint8_t *)pagefile_at(&p->store->file, p->store->header.space_map.page) +
           sizeof(value_header);
}

/* Marks units in the file, and in memory, as used or free. */
static void mark_units(place *p, uint64_t unit, uint64_t count, bool used) {
    uint8_t *map = map_bytes(p);
    for (uint64_t i = unit; i < unit + count; i++) {
        uint8_t bit = (uint8_t)(1u << (i % 8));
        map[i / 8] = (uint8_t)(used ? map[i / 8] | bit : map[i / 8] & ~bit);
    }
    seal(pagefile_at(&p->store->file, p->store->header.space_map.page));
    bitmap *held = &p->store->space.durable;
    if (used) {
        bitmap_set(held, unit, count);
    } else {
        bitmap_clear(held, unit, count);
    }
}

static void units_of_nobody_and_units_not_marked_are_found(void **state) {
    (void)state;
    place *p = place_create();
    char words[100];
    uint64_t clear = bitmap_find_clear(&p->store->space.durable, 3);
    mark_units(p, clear, 3, true);
    snprintf(words, sizeof words,
             "units %llu to %llu (3 units) are marked as in use but belong to nothing\n",
             (unsigned long long)clear, (unsigned long long)clear + 2);
    expect_problem(p, words);
    mark_units(p, clear, 3, false);
    uint32_t used = root_of(p, p->fixed)->page.page;
    mark_units(p, used, 1, false);
    snprintf(words, sizeof words,
             "page %u (column family fixed, table t, all keys): 1 of its 1 units are in use but",
             used);
    expect_problem(p, words);
    mark_units(p, used, 1, true);
    expect_sound(p->collection.engine);
    place_free(p);
}

static void many_ranges_of_units_of_nobody_are_summed_up(void **state) {
    (void)state;
    place *p = place_create();
    bitmap *held = &p->store->space.durable;
    uint64_t bits = p->store->header.space_map.bytes * 8, marked = 0, unit = 0, units[20];
    for (; unit + 1 < bits && marked < 20; unit++) {
        if (bitmap_test(held, unit) || bitmap_test(held, unit + 1)) continue;
        if (unit > 0 && bitmap_test(held, unit - 1)) continue;
        mark_units(p, unit, 1, true);
        units[marked++] = unit;
    }
    assert_int_equal(marked, 20);
    engine_check_result result;
    p->problems[0] = '\0';
    assert_status(engine_check(p->collection.engine, note_problem, p, &result), HS_CORRUPT);
    assert_int_equal(result.problems, 17);
    assert_non_null(strstr(p->problems, "4 more units in 4 ranges are marked as in use"));
    while (marked-- > 0)
        mark_units(p, units[marked], 1, false);
    place_free(p);
}

static void a_space_map_other_than_the_one_in_memory_is_found(void **state) {
    (void)state;
    place *p = place_create();
    uint64_t clear = bitmap_find_clear(&p->store->space.durable, 1);
    bitmap_set(&p->store->space.durable, clear, 1);
    expect_problem(p, "is free in the file and in use in memory");
    bitmap_clear(&p->store->space.durable, clear, 1);
    map_bytes(p)[0] ^= 4;
    expect_problem(p, "(space map): its checksum does not match");
    map_bytes(p)[0] ^= 4;
    expect_sound(p->collection.engine);
    place_free(p);
}

/* --- headers ---------------------------------------------------------------------------------- */

static void a_damaged_header_slot_is_found_whichever_it_is(void **state) {
    (void)state;
    for (uint64_t slot = 0; slot < 2; slot++) {
        place *p = place_create();
        assert_ok(checkpoint_run(p->store, CHECKPOINT_FORCED));
        uint8_t *bytes = (uint8_t *)pagefile_at(&p->store->file, (uint32_t)slot);
        char words[80];
        snprintf(words, sizeof words, "header slot %llu: its checksum does not match",
                 (unsigned long long)slot);
        bytes[40] ^= 1;
        expect_problem(p, words);
        bytes[40] ^= 1;
        expect_sound(p->collection.engine);
        memset(bytes, 0, sizeof(file_header));
        expect_problem(p, words);
        place_free(p);
    }
}

static void a_header_slot_of_another_generation_is_found(void **state) {
    (void)state;
    place *p = place_create();
    uint8_t *slots = p->store->file.map;
    uint64_t newest = p->store->header.generation % 2;
    memcpy(slots + (1 - newest) * UNIT_SIZE, slots + newest * UNIT_SIZE, sizeof(file_header));
    expect_problem(p, "it is not the one expected");
    place_free(p);
}

static void a_slot_torn_by_a_crash_is_written_anew_and_no_problem(void **state) {
    (void)state;
    place *p = place_create();
    memset(pagefile_at(&p->store->file, 1 - p->store->header.generation % 2), 7, 64);
    collection image = collection_image(&p->collection, CRASH_KILL, 1);
    expect_sound(image.engine);
    collection_free(&image);
    place_free(p);
}

static void a_damaged_log_header_is_found(void **state) {
    (void)state;
    place *p = place_create();
    uint64_t size = 0;
    uint8_t *log = memory_vfs_bytes(p->collection.files, COLLECTION_LOG, &size);
    uint64_t newest = p->store->log.header.generation % 2 * UNIT_SIZE;
    log[newest + 40] ^= 1;
    expect_problem(p, "the log's header is damaged in slot");
    log[newest + 40] ^= 1;
    expect_sound(p->collection.engine);
    place_free(p);
}

/* --- what a problem says ---------------------------------------------------------------------- */

static void a_problem_names_family_table_keys_and_what_was_found(void **state) {
    (void)state;
    place *p = place_create();
    node *leaf = leaf_of(p, p->fixed, 1), *next = leaf_of(p, p->fixed, 2);
    uint8_t bytes[ENGINE_KEY_MAX], *damaged = fixed_key(leaf, 3);
    uint64_t first = __builtin_bswap64(load_u64(node_key(leaf, 0, bytes).data));
    uint64_t last = __builtin_bswap64(load_u64(node_key(next, 0, bytes).data));
    uint64_t checksum = leaf->page.checksum;
    char words[300];
    damaged[7] ^= 1;
    snprintf(words, sizeof words,
             "page %u (column family fixed, table t, keys from 0x%016llx to before 0x%016llx): its "
             "checksum does not match: it says %016llx, its bytes give %016llx",
             leaf->page.page, (unsigned long long)first, (unsigned long long)last,
             (unsigned long long)checksum, (unsigned long long)page_checksum(&leaf->page));
    expect_problem(p, words);
    expect_problem(p, "entries where the catalog says 2000");
    snprintf(words, sizeof words,
             "units %u to %u (1 units) are marked as in use but belong to "
             "nothing that can be reached",
             leaf->page.page, leaf->page.page);
    expect_problem(p, words);
    place_free(p);
}

/* --- what check itself needs ------------------------------------------------------------------ */

static void without_memory_a_check_fails_and_finds_nothing(void **state) {
    (void)state;
    place *p = place_create();
    hs_status status = HS_NO_MEMORY;
    for (uint64_t n = 1; status != HS_OK; n++) {
        engine_check_result result;
        memory_fail_after(n);
        status = engine_check(p->collection.engine, note_problem, p, &result);
        memory_fail_after(0);
        if (status != HS_OK) assert_int_equal(status, HS_NO_MEMORY);
        assert_int_equal(result.problems, 0);
        assert_true(n < 1000);
    }
    assert_string_equal(p->problems, "");
    place_free(p);
}

/* Rewrites everything, over and over: what the state being checked holds would be overwritten if it
 * was not kept. */
static void note_and_churn(void *context, const char *problem) {
    place *p = context;
    bool first = p->problems[0] == '\0';
    note_problem(p, problem);
    if (!first) return;
    for (uint64_t round = 0; round < 20; round++) {
        engine_txn *t = begin_relaxed(p->collection.engine, p->fixed.family);
        for (uint64_t key = 0; key < KEYS; key++) {
            uint8_t bytes[8];
            put_filled(t, p->fixed, number_key(key, bytes), 8, (uint8_t)round);
        }
        assert_ok(engine_commit(t));
        assert_ok(engine_checkpoint(p->collection.engine));
    }
}

static void writers_and_checkpoints_go_on_while_a_check_runs(void **state) {
    (void)state;
    place *p = place_create();
    engine_check_result quiet, busy;
    uint64_t before = stats_of(p->collection.engine).checkpoints;
    value_header *run = long_run(p);
    ((uint8_t *)(run + 1))[50] ^= 1;
    assert_status(engine_check(p->collection.engine, NULL, NULL, &quiet), HS_CORRUPT);
    p->problems[0] = '\0';
    assert_status(engine_check(p->collection.engine, note_and_churn, p, &busy), HS_CORRUPT);
    assert_int_equal(stats_of(p->collection.engine).checkpoints, before + 20);
    assert_memory_equal(&busy, &quiet, sizeof busy);
    ((uint8_t *)(run + 1))[50] ^= 1;
    expect_sound(p->collection.engine);
    assert_int_equal(stats_of(p->collection.engine).snapshots, 0);
    place_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_beyond_its_separator_is_found),
        cmocka_unit_test(a_key_before_its_separator_is_found),
        cmocka_unit_test(keys_out_of_order_within_a_leaf_are_found),
        cmocka_unit_test(a_page_used_twice_is_found),
        cmocka_unit_test(a_page_of_another_table_is_found),
        cmocka_unit_test(a_page_in_the_place_of_another_or_from_later_is_found),
        cmocka_unit_test(a_tree_that_refers_to_itself_is_found_and_ends),
        cmocka_unit_test(a_long_value_of_another_length_is_found_by_checking_and_by_reading),
        cmocka_unit_test(a_run_longer_than_its_pages_is_found),
        cmocka_unit_test(numbers_of_the_catalog_that_are_wrong_are_found),
        cmocka_unit_test(units_of_nobody_and_units_not_marked_are_found),
        cmocka_unit_test(many_ranges_of_units_of_nobody_are_summed_up),
        cmocka_unit_test(a_space_map_other_than_the_one_in_memory_is_found),
        cmocka_unit_test(a_damaged_header_slot_is_found_whichever_it_is),
        cmocka_unit_test(a_header_slot_of_another_generation_is_found),
        cmocka_unit_test(a_slot_torn_by_a_crash_is_written_anew_and_no_problem),
        cmocka_unit_test(a_damaged_log_header_is_found),
        cmocka_unit_test(a_problem_names_family_table_keys_and_what_was_found),
        cmocka_unit_test(writers_and_checkpoints_go_on_while_a_check_runs),
        cmocka_unit_test(without_memory_a_check_fails_and_finds_nothing),
    };
    return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
