/* salvage_test.c: of a damaged collection, every row whose pages are intact comes into the new one,
 * nothing comes that was not there, and the figures reported are the truth.
 *
 * The truth is told by the undamaged file: a row is intact if the pages of its leaf and of its long
 * value have the same bytes in the damaged file. HS_SEED gives another seed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Before cmocka, which has a macro expect_value. */
#include "engine/salvage.h"
#include "engine/tree.h"

#include "../random.h"
#include "base/bytes.h"
#include "base/memory.h"
#include "engine/collection.h"

#define NEW       "saved"
#define TABLES    8
#define ROWS      4000u /* of the first table: enough for a tree of three levels */
#define FEWER     1200u
#define RUNS      60u
#define LOG_SHORT (UINT64_C(1) << 20) /* bytes: less than what is written */
#define LOG_LONG  (UINT64_C(16) << 20)

/* --- a collection ----------------------------------------------------------------------------- */

/* The figures of a table, with copies of its names. */
typedef struct told_table {
    char family[CATALOG_NAME_MAX + 1], table[CATALOG_NAME_MAX + 1];
    hs_salvage_table figures;
} told_table;

typedef struct scene {
    collection whole; /* undamaged, open */
    memory_vfs *copy; /* its files as they were when it was opened, to be damaged */
    engine_table tables[TABLES];
    size_t count;
    hs_salvage_result result;
    told_table told[TABLES];
    size_t told_count;
    char notes[65536];
} scene;

static engine_table add_table(scene *s, engine *e, const char *family,
                              const engine_table_options *options) {
    engine_table table = create_table(e, family, options);
    s->tables[s->count++] = table;
    return table;
}

static void fill(engine *e, engine_table table, uint64_t from, uint64_t rows, size_t size,
                 uint64_t salt) {
    engine_txn *t = begin_relaxed(e, table.family);
    for (uint64_t i = from; i < from + rows; i++) {
        uint8_t key[8], value[600];
        memset(value, (int)(i * 7 + salt), sizeof value);
        store_u64(value, i * salt);
        assert_ok(engine_put(t, table, number_key(i, key), (hs_slice){value, size}));
    }
    assert_ok(engine_commit(t));
}

static void fill_shared(engine *e, engine_table table, uint64_t rows) {
    engine_txn *t = begin_relaxed(e, table.family);
    for (uint64_t i = 0; i < rows; i++) {
        uint8_t key[8];
        assert_ok(engine_queue_put(t, table, number_key(i * 3, key), number_key(i, key)));
    }
    assert_ok(engine_commit(t));
}

static void fill_long(engine *e, engine_table table) {
    engine_txn *t = begin_relaxed(e, table.family);
    for (uint64_t i = 0; i < 40; i++) {
        char key[32];
        snprintf(key, sizeof key, "document %04llu", (unsigned long long)i);
        put_filled(t, table, hs_slice_of(key), i % 2 == 0 ? 20 : 3000 + (size_t)i * 900,
                   (uint8_t)i);
    }
    assert_ok(engine_commit(t));
}

/* Tables of every kind, with gaps in the numbers of families and tables, and pages of earlier
 * states in between. */
static void fill_collection(scene *s, engine *e) {
    static const engine_table_options fixed = {.key_size = 8, .value_size = 8, .fixed_value = true};
    static const engine_table_options wide = {
        .key_size = 8, .value_size = 64, .fixed_value = true, .alignment = 64, .page_size = 16384};
    engine_table plain = add_table(s, e, "plain", NULL), gone = create_table(e, "gone", NULL);
    engine_table number = add_table(s, e, "fixed", &fixed), vector = add_table(s, e, "wide", &wide);
    engine_table index = add_table(s, e, "shared", &shared_options);
    engine_table text = add_table(s, e, "text", NULL);
    add_table(s, e, "empty", NULL);
    fill(e, plain, 0, ROWS, 300, 1);
    fill(e, gone, 0, 100, 100, 1);
    assert_ok(engine_checkpoint(e));
    assert_ok(engine_family_drop(e, gone.family));
    engine_txn *t = begin_write(e, plain.family);
    engine_table extra, dropped;
    assert_ok(engine_table_create(t, plain.family, "dropped", &plain_options, &dropped));
    assert_ok(engine_table_create(t, plain.family, "extra", &plain_options, &extra));
    assert_ok(engine_table_drop(t, dropped));
    assert_ok(engine_commit(t));
    s->tables[s->count++] = extra;
    fill(e, extra, 0, 30, 500, 9);
    fill(e, number, 0, FEWER, 8, 2);
    fill(e, vector, 0, FEWER, 64, 3);
    fill_shared(e, index, FEWER);
    fill_long(e, text);
    assert_ok(engine_checkpoint(e));
    fill(e, plain, 500, 200, 300, 4);
    t = begin_relaxed(e, plain.family);
    for (uint64_t i = 900; i < 950; i += 7) {
        uint8_t key[8];
        assert_ok(engine_delete(t, plain, number_key(i, key)));
    }
    assert_ok(engine_commit(t));
    assert_ok(engine_checkpoint(e));
}

static scene *scene_create(void) {
    scene *s = calloc(1, sizeof *s);
    s->whole = collection_create();
    fill_collection(s, s->whole.engine);
    assert_ok(engine_close(s->whole.engine));
    s->whole.engine = NULL;
    s->copy = memory_vfs_crash(s->whole.files, CRASH_KILL, 1);
    assert_ok(collection_open(&s->whole));
    return s;
}

/* The same with commits that only the log has, left as a killed process leaves it. */
static scene *scene_create_unclean(uint64_t log_size) {
    scene *s = calloc(1, sizeof *s);
    hs_config config = fixture_config();
    config.log_size = log_size;
    s->whole = collection_create_with(&config);
    engine *e = s->whole.engine;
    fill_collection(s, e);
    fill(e, s->tables[0], ROWS, 100, 200, 5);
    fill(e, s->tables[1], 100, 50, 8, 6);
    engine_table late = add_table(s, e, "late", NULL);
    fill(e, late, 0, 50, 50, 7);
    engine_txn *t = begin_write(e, s->tables[0].family);
    uint8_t key[8];
    assert_ok(engine_delete(t, s->tables[0], number_key(3, key)));
    assert_ok(engine_commit(t));
    s->copy = memory_vfs_crash(s->whole.files, CRASH_KILL, 1);
    return s;
}

static void scene_free(scene *s) {
    collection_free(&s->whole);
    memory_vfs_free(s->copy);
    free(s);
}

static store *store_of(scene *s) {
    return (store *)s->whole.engine;
}

static uint8_t *damaged_page(scene *s, uint64_t page) {
    uint64_t size = 0;
    uint8_t *bytes = memory_vfs_bytes(s->copy, COLLECTION_PATH, &size);
    assert_true((page + 1) * UNIT_SIZE <= size);
    return bytes + page * UNIT_SIZE;
}

static void flip(scene *s, uint64_t page, size_t at) {
    damaged_page(s, page)[at] ^= 0x10;
}

static table_entry entry_of(scene *s, engine_table table) {
    engine_txn *t = begin_read(s->whole.engine);
    table_entry e = *txn_table((txn *)t, table);
    engine_abort(t);
    return e;
}

static const node *page_of(scene *s, uint32_t page) {
    return (const node *)(const void *)pagefile_at(&store_of(s)->file, page);
}

static const node *root_of(scene *s, engine_table table) {
    return page_of(s, entry_of(s, table).root);
}

/* --- saving ----------------------------------------------------------------------------------- */

static void keep_note(void *context, const char *sentence) {
    scene *s = context;
    size_t used = strlen(s->notes);
    snprintf(s->notes + used, sizeof s->notes - used, "%s\n", sentence);
}

static void keep_table(void *context, const hs_salvage_table *table) {
    scene *s = context;
    assert_true(s->told_count < TABLES);
    told_table *t = &s->told[s->told_count++];
    snprintf(t->family, sizeof t->family, "%s", table->family);
    snprintf(t->table, sizeof t->table, "%s", table->table);
    t->figures = *table;
}

static hs_status save(scene *s) {
    const hs_salvage_report report = {keep_table, keep_note, s};
    uint64_t size = 0, after = 0;
    uint8_t *bytes = memory_vfs_bytes(s->copy, COLLECTION_PATH, &size);
    uint8_t *before = malloc(size + 1);
    memcpy(before, bytes, size);
    s->told_count = 0;
    s->notes[0] = '\0';
    hs_status status = engine_salvage(memory_vfs_base(s->copy), COLLECTION_PATH, NEW,
                                      &s->whole.config, &report, &s->result);
    bytes = memory_vfs_bytes(s->copy, COLLECTION_PATH, &after);
    assert_int_equal(after, size);
    assert_memory_equal(before, bytes, size);
    free(before);
    return status;
}

static engine *open_saved(scene *s) {
    engine *e = NULL;
    assert_ok(engine_open(memory_vfs_base(s->copy), NEW, false, &s->whole.config, &e));
    expect_sound(e);
    return e;
}

static void delete_saved(scene *s) {
    assert_ok(vfs_unlink(memory_vfs_base(s->copy), NEW));
    assert_ok(vfs_unlink(memory_vfs_base(s->copy), NEW "-log"));
}

/* --- the truth -------------------------------------------------------------------------------- */

/* What is expected of one table. */
typedef struct truth {
    scene *scene;
    engine_txn *saved;
    engine_table table;
    uint64_t rows, intact;
} truth;

/* Whether the first bytes of a page are the same in the damaged file. */
static bool is_intact(scene *s, uint32_t page, uint64_t length) {
    uint64_t size = 0, start = (uint64_t)page * UNIT_SIZE;
    const uint8_t *bytes = memory_vfs_bytes(s->copy, COLLECTION_PATH, &size);
    return start + length <= size / UNIT_SIZE * UNIT_SIZE &&
           memcmp(bytes + start, page_of(s, page), length) == 0;
}

static void expect_leaf(truth *t, const table_entry *e, const node *leaf) {
    scene *s = t->scene;
    bool leaf_intact = is_intact(s, leaf->page.page, node_bytes(leaf));
    for (uint32_t i = 0; i < leaf->count; i++) {
        uint8_t bytes[ENGINE_KEY_MAX];
        hs_slice key = node_key(leaf, i, bytes), value = {0}, found = {0};
        node_value v = node_get_value(leaf, &e->def->shape, i);
        bool intact = leaf_intact;
        if (v.long_page != 0)
            intact &= is_intact(s, v.long_page, sizeof(value_header) + v.bytes.size);
        t->rows++;
        t->intact += intact;
        assert_ok(tree_value(store_of(s), e, leaf, i, &value));
        hs_status status = engine_get(t->saved, t->table, key, &found);
        if (status != HS_OK && intact) fail_msg("an intact row is missing");
        if (status == HS_OK && !intact && !s->result.stale) fail_msg("a damaged row is there");
        if (status != HS_OK || !intact) continue;
        assert_int_equal(found.size, value.size);
        if (value.size > 0) assert_memory_equal(found.data, value.data, value.size);
    }
}

static void expect_tree(truth *t, const table_entry *e, uint32_t page, uint32_t level) {
    const node *n = page_of(t->scene, page);
    if (level == 0) expect_leaf(t, e, n);
    for (uint32_t i = 0; i < n->count && level > 0; i++)
        expect_tree(t, e, node_child(n, i), level - 1);
}

/* The table in the new collection, which must have the same name and options as in the old one. */
static uint64_t entries_in(engine_txn *saved, const table_entry *e) {
    const engine_table_info *infos = NULL;
    size_t count = 0;
    assert_ok(engine_table_list(saved, e->def->id.family, &infos, &count));
    for (size_t i = 0; i < count; i++) {
        if (infos[i].table.table != e->def->id.table) continue;
        assert_string_equal(infos[i].name, e->def->name);
        const engine_table_options *found = &infos[i].options, *made = &e->def->options;
        assert_int_equal(found->key_size, made->key_size);
        assert_int_equal(found->value_size, made->value_size);
        assert_int_equal(found->page_size, made->page_size);
        assert_int_equal(found->alignment, made->alignment);
        assert_true(found->fixed_value == made->fixed_value && found->shared == made->shared);
        return infos[i].entries;
    }
    fail_msg("the table %s is missing", e->def->name);
    return 0;
}

static const hs_salvage_table *figures_of(const scene *s, const char *family, const char *table) {
    for (size_t i = 0; i < s->told_count; i++) {
        const told_table *t = &s->told[i];
        if (strcmp(t->family, family) == 0 && strcmp(t->table, table) == 0) return &t->figures;
    }
    fail_msg("nothing was told of table %s", table);
    return NULL;
}

static const char *family_name(scene *s, engine_family family) {
    engine_txn *t = begin_read(s->whole.engine);
    const char *name = catalog_family(((txn *)t)->catalog, family)->name;
    engine_abort(t);
    return name;
}

/* Compares the new collection with what is intact of the old one. */
static void expect_intact_rows(scene *s) {
    engine *e = open_saved(s);
    uint64_t intact = 0, lost = 0;
    for (size_t i = 0; i < s->count; i++) {
        table_entry entry = entry_of(s, s->tables[i]);
        truth t = {.scene = s, .saved = begin_read(e), .table = s->tables[i]};
        if (entry.root != 0) expect_tree(&t, &entry, entry.root, entry.height - 1);
        uint64_t entries = entries_in(t.saved, &entry);
        const hs_salvage_table *f =
            figures_of(s, family_name(s, s->tables[i].family), entry.def->name);
        assert_int_equal(f->rows, entries);
        if (!s->result.stale) assert_int_equal(entries, t.intact);
        if (!s->result.stale && f->lost_known) assert_int_equal(f->rows_lost, t.rows - t.intact);
        if (!f->lost_known) assert_false(s->result.complete);
        intact += t.intact;
        lost += t.rows - t.intact;
        engine_abort(t.saved);
    }
    assert_int_equal(s->result.tables, s->count);
    if (!s->result.stale) assert_int_equal(s->result.rows, intact);
    if (lost > 0) assert_false(s->result.complete);
    assert_ok(engine_close(e));
}

/* --- what is not damaged ---------------------------------------------------------------------- */

static void an_undamaged_file_is_copied_byte_for_byte(void **state) {
    (void)state;
    scene *s = scene_create();
    assert_ok(save(s));
    assert_true(s->result.complete);
    assert_string_equal(s->notes, "");
    assert_int_equal(s->result.rows_lost + s->result.pages_lost + s->result.units_lost, 0);
    expect_intact_rows(s);
    engine *e = open_saved(s);
    assert_true(content_hash(e) == content_hash(s->whole.engine));
    /* Numbers go on where they were: none is given twice. */
    engine_table next = create_table(e, "next", NULL),
                 old = create_table(s->whole.engine, "next", NULL);
    assert_int_equal(next.family, old.family);
    assert_ok(engine_close(e));
    scene_free(s);
}

static void a_new_collection_is_copied(void **state) {
    (void)state;
    scene *s = calloc(1, sizeof *s);
    s->whole = collection_create();
    s->copy = memory_vfs_crash(s->whole.files, CRASH_KILL, 1);
    assert_ok(save(s));
    assert_true(s->result.complete);
    assert_int_equal(s->result.tables, 0);
    engine *e = open_saved(s);
    assert_ok(engine_close(e));
    scene_free(s);
}

static void commits_that_only_the_log_has_are_done_again(void **state) {
    (void)state;
    scene *s = scene_create_unclean(LOG_LONG);
    assert_ok(save(s));
    assert_true(s->result.complete);
    assert_int_equal(s->result.commits, 5);
    engine *e = open_saved(s);
    assert_true(content_hash(e) == content_hash(s->whole.engine));
    assert_ok(engine_close(e));
    scene_free(s);
}

static void an_existing_file_is_not_overwritten(void **state) {
    (void)state;
    scene *s = scene_create();
    assert_ok(save(s));
    assert_status(save(s), HS_EXISTS);
    engine *e = open_saved(s);
    assert_true(content_hash(e) == content_hash(s->whole.engine));
    assert_ok(engine_close(e));
    scene_free(s);
}

/* --- single pages ----------------------------------------------------------------------------- */

static void a_damaged_leaf_loses_its_rows_and_no_others(void **state) {
    (void)state;
    scene *s = scene_create();
    const node *root = root_of(s, s->tables[1]), *leaf = page_of(s, node_child(root, 1));
    const node *before = page_of(s, node_child(root, 0)), *after = page_of(s, node_child(root, 2));
    uint8_t bytes[ENGINE_KEY_MAX];
    char words[200];
    flip(s, leaf->page.page, 2000);
    assert_ok(save(s));
    assert_false(s->result.complete);
    assert_int_equal(s->result.pages_lost, 1);
    assert_int_equal(s->result.rows_lost, leaf->count);
    uint64_t last = __builtin_bswap64(load_u64(node_key(before, before->count - 1u, bytes).data));
    uint64_t first = __builtin_bswap64(load_u64(node_key(after, 0, bytes).data));
    snprintf(words, sizeof words,
             "column family fixed, table t: the rows after key 0x%016llx before key 0x%016llx are "
             "lost\n",
             (unsigned long long)last, (unsigned long long)first);
    if (strstr(s->notes, words) == NULL) fail_msg("%s not in\n%s", words, s->notes);
    expect_intact_rows(s);
    scene_free(s);
}

static void below_a_damaged_inner_node_all_leaves_are_found(void **state) {
    (void)state;
    scene *s = scene_create();
    assert_int_equal(entry_of(s, s->tables[0]).height, 3);
    flip(s, node_child(root_of(s, s->tables[0]), 1), 100);
    flip(s, entry_of(s, s->tables[2]).root, 100);
    assert_ok(save(s));
    assert_true(s->result.complete);
    assert_int_equal(s->result.pages_lost, 2);
    assert_int_equal(s->result.rows_lost, 0);
    expect_intact_rows(s);
    scene_free(s);
}

static void below_a_damaged_inner_node_a_damaged_leaf_is_lost(void **state) {
    (void)state;
    scene *s = scene_create();
    const node *inner = page_of(s, node_child(root_of(s, s->tables[0]), 0));
    const node *leaf = page_of(s, node_child(inner, 5));
    flip(s, inner->page.page, 100);
    flip(s, leaf->page.page, 100);
    assert_ok(save(s));
    assert_int_equal(s->result.rows_lost, leaf->count);
    assert_int_equal(s->result.units_lost, 1);
    assert_non_null(strstr(s->notes, "the rows from the first key on before key"));
    expect_intact_rows(s);
    scene_free(s);
}

static void a_damaged_long_value_loses_its_row(void **state) {
    (void)state;
    scene *s = scene_create();
    table_entry e = entry_of(s, s->tables[4]);
    const node *leaf = page_of(s, e.root);
    while (leaf->page.level > 0)
        leaf = page_of(s, node_child(leaf, 0));
    node_value v = node_get_value(leaf, &e.def->shape, 1);
    assert_true(v.long_page != 0);
    flip(s, v.long_page, 1000);
    assert_ok(save(s));
    assert_int_equal(s->result.values_lost, 1);
    assert_int_equal(s->result.rows_lost, 1);
    assert_non_null(strstr(s->notes, "the long value of key \"document 0001\" is lost"));
    expect_intact_rows(s);
    scene_free(s);
}

/* --- headers, catalog, space map -------------------------------------------------------------- */

static void damage_slot(scene *s, uint64_t slot) {
    memset(damaged_page(s, slot), 0xA5, 512);
}

static void a_damaged_header_slot_loses_nothing(void **state) {
    (void)state;
    for (uint64_t slot = 0; slot < 3; slot++) {
        scene *s = scene_create();
        if (slot != 1) damage_slot(s, 0);
        if (slot != 0) damage_slot(s, 1);
        assert_ok(save(s));
        assert_int_equal(s->result.rows_lost, 0);
        assert_true(s->result.complete);
        expect_intact_rows(s);
        scene_free(s);
    }
}

static void a_damaged_header_slot_loses_no_commit_of_the_log(void **state) {
    (void)state;
    for (uint64_t slot = 0; slot < 3; slot++) {
        scene *s = scene_create_unclean(LOG_LONG);
        if (slot != 1) damage_slot(s, 0);
        /* Whose log it is must still be known. */
        if (slot != 0) memset(damaged_page(s, 1) + 40, 0xA5, 90);
        assert_ok(save(s));
        if (!s->result.complete) fail_msg("%s", s->notes);
        engine *e = open_saved(s);
        assert_true(content_hash(e) == content_hash(s->whole.engine));
        assert_ok(engine_close(e));
        scene_free(s);
    }
    /* Nobody knows any more where a log begins that has begun another lap. */
    scene *s = scene_create_unclean(LOG_SHORT);
    damage_slot(s, 0);
    memset(damaged_page(s, 1) + 40, 0xA5, 90);
    assert_ok(save(s));
    assert_false(s->result.complete);
    assert_int_equal(s->result.commits, 0);
    assert_non_null(strstr(s->notes, "commits behind commit 18 cannot be found"));
    scene_free(s);
}

static void without_the_newest_catalog_the_pages_in_use_tell(void **state) {
    (void)state;
    scene *s = scene_create();
    flip(s, store_of(s)->header.catalog.page, 70);
    assert_ok(save(s));
    assert_false(s->result.complete);
    assert_false(s->result.stale);
    assert_non_null(strstr(s->notes, "the newest catalog is lost"));
    expect_intact_rows(s);
    scene_free(s);
}

static void without_the_space_map_nothing_is_lost_that_a_tree_leads_to(void **state) {
    (void)state;
    scene *s = scene_create();
    flip(s, store_of(s)->header.space_map.page, 70);
    assert_ok(save(s));
    assert_true(s->result.complete);
    expect_intact_rows(s);
    delete_saved(s);
    flip(s, entry_of(s, s->tables[0]).root, 100);
    flip(s, entry_of(s, s->tables[2]).root, 100);
    assert_ok(save(s));
    assert_true(s->result.stale);
    assert_false(s->result.complete);
    expect_intact_rows(s);
    scene_free(s);
}

/* Of rows that were changed, the newest pages give the newest values, and what newer leaves answer
 * for is not taken from older ones. */
static void without_the_space_map_older_pages_give_way(void **state) {
    (void)state;
    scene *s = scene_create();
    flip(s, store_of(s)->header.space_map.page, 70);
    flip(s, entry_of(s, s->tables[0]).root, 100);
    assert_ok(save(s));
    engine *e = open_saved(s);
    engine_txn *t = begin_read(e);
    uint8_t key[8];
    hs_slice value;
    for (uint64_t i = 500; i < 700; i++) {
        assert_ok(engine_get(t, s->tables[0], number_key(i, key), &value));
        assert_int_equal(load_u64(value.data), i * 4);
    }
    table_entry entry = entry_of(s, s->tables[0]);
    uint64_t inside = 0;
    for (uint64_t i = 900; i < 950; i += 7) {
        tree_path path;
        bool equal;
        assert_ok(tree_descend(store_of(s), &entry, number_key(i, key), &path, &equal));
        /* Between two leaves nobody answers for it. */
        if (path.index[0] == 0 || path.index[0] == path.nodes[0]->count) continue;
        assert_status(engine_get(t, s->tables[0], number_key(i, key), &value), HS_NOT_FOUND);
        inside++;
    }
    assert_true(inside > 3);
    engine_abort(t);
    assert_ok(engine_close(e));
    scene_free(s);
}

static void of_a_file_without_any_catalog_nothing_can_be_saved(void **state) {
    (void)state;
    scene *s = scene_create();
    uint64_t size = 0;
    uint8_t *bytes = memory_vfs_bytes(s->copy, COLLECTION_PATH, &size);
    memset(bytes + 2 * UNIT_SIZE, 0x5A, size - 2 * UNIT_SIZE);
    assert_status(save(s), HS_CORRUPT);
    assert_null(memory_vfs_bytes(s->copy, NEW, &size));
    bytes = memory_vfs_bytes(s->copy, COLLECTION_PATH, &size);
    memset(bytes, 0x5A, 2 * UNIT_SIZE);
    assert_status(save(s), HS_NOT_A_COLLECTION);
    assert_null(memory_vfs_bytes(s->copy, NEW, &size));
    scene_free(s);
}

/* --- the log ---------------------------------------------------------------------------------- */

static void without_its_log_an_unclean_file_gives_its_checkpoint(void **state) {
    (void)state;
    scene *s = scene_create_unclean(LOG_LONG);
    uint64_t size = 0;
    uint8_t *log = memory_vfs_bytes(s->copy, COLLECTION_LOG, &size);
    log[30] ^= 1;
    log[UNIT_SIZE + 30] ^= 1;
    assert_ok(save(s));
    assert_false(s->result.complete);
    assert_int_equal(s->result.commits, 0);
    assert_non_null(strstr(s->notes, "commits that only the log had are lost"));
    uint64_t rows = s->result.rows;
    delete_saved(s);
    assert_ok(vfs_unlink(memory_vfs_base(s->copy), COLLECTION_LOG));
    assert_ok(save(s));
    assert_false(s->result.complete);
    assert_int_equal(s->result.rows, rows);
    assert_int_equal(s->result.rows_lost, 0);
    scene_free(s);
}

static void a_torn_log_gives_the_commits_before_the_tear(void **state) {
    (void)state;
    scene *s = scene_create_unclean(LOG_LONG);
    uint64_t size = 0;
    uint8_t *log = memory_vfs_bytes(s->copy, COLLECTION_LOG, &size);
    log[LOG_RING_OFFSET + store_of(s)->log.end - 9] ^= 1; /* in the deletion's record */
    assert_ok(save(s));
    assert_int_equal(s->result.commits, 4);
    engine *e = open_saved(s);
    engine_txn *t = begin_read(e);
    uint8_t key[8];
    hs_slice value;
    assert_ok(engine_get(t, s->tables[0], number_key(3, key), &value));
    assert_ok(engine_get(t, s->tables[0], number_key(ROWS + 99, key), &value));
    engine_abort(t);
    assert_ok(engine_close(e));
    scene_free(s);
}

/* --- much damage ------------------------------------------------------------------------------ */

static void a_cut_file_gives_what_lies_before_the_cut(void **state) {
    (void)state;
    scene *s = scene_create();
    test_random random = test_random_start();
    uint64_t size = 0;
    for (uint64_t run = 0; run < 12; run++) {
        memory_vfs_free(s->copy);
        s->copy = memory_vfs_crash(s->whole.files, CRASH_KILL, 1);
        vfs_file *file = NULL;
        memory_vfs_bytes(s->copy, COLLECTION_PATH, &size);
        assert_ok(vfs_open(memory_vfs_base(s->copy), COLLECTION_PATH, false, &file));
        assert_ok(vfs_truncate(file, test_random_below(&random, size)));
        vfs_close(file);
        hs_status status = save(s);
        if (status == HS_OK)
            expect_intact_rows(s);
        else
            assert_true(status == HS_CORRUPT || status == HS_NOT_A_COLLECTION);
    }
    scene_free(s);
}

/* A page that others depend on. */
static uint64_t important_page(scene *s, test_random *random) {
    const file_header *h = &store_of(s)->header;
    uint64_t kind = test_random_below(random, 5);
    if (kind < 2) return kind;
    if (kind == 2) return h->catalog.page;
    if (kind == 3) return h->space_map.page;
    return entry_of(s, s->tables[test_random_below(random, 4)]).root;
}

static void damage_at_random(scene *s, test_random *random) {
    uint64_t size = 0, count = 1 + test_random_below(random, 12);
    uint8_t *bytes = memory_vfs_bytes(s->copy, COLLECTION_PATH, &size);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t unit = test_random_below(random, size / UNIT_SIZE);
        if (test_random_below(random, 4) == 0) unit = important_page(s, random);
        uint8_t *page = bytes + unit * UNIT_SIZE;
        uint64_t kind = test_random_below(random, 5), at = test_random_below(random, UNIT_SIZE);
        if (kind == 0) page[at] ^= (uint8_t)(1u << test_random_below(random, 8));
        if (kind == 1) memset(page, test_random_below(random, 2) == 0 ? 0 : 0xFF, UNIT_SIZE);
        if (kind == 2) memset(page + at / 512 * 512, 0, 512);
        uint64_t from = test_random_below(random, size / UNIT_SIZE) * UNIT_SIZE;
        if (kind == 3) memmove(page, bytes + from, UNIT_SIZE);
        if (kind == 4) memmove(page + UNIT_SIZE / 2, bytes + from + UNIT_SIZE / 2, UNIT_SIZE / 2);
    }
}

static void random_damage_loses_what_it_hits_and_nothing_else(void **state) {
    (void)state;
    scene *s = scene_create();
    test_random random = test_random_start();
    uint64_t whole = 0, refused = 0, stale = 0;
    for (uint64_t run = 0; run < RUNS; run++) {
        memory_vfs_free(s->copy);
        s->copy = memory_vfs_crash(s->whole.files, CRASH_KILL, 1);
        damage_at_random(s, &random);
        hs_status status = save(s);
        refused += status != HS_OK;
        whole += status == HS_OK && s->result.complete;
        stale += status == HS_OK && s->result.stale;
        if (status == HS_OK)
            expect_intact_rows(s);
        else
            assert_true(status == HS_CORRUPT || status == HS_NOT_A_COLLECTION);
    }
    print_message(
        "# %u damaged files: %llu complete, %llu with rows that may be stale, %llu refused\n", RUNS,
        (unsigned long long)whole, (unsigned long long)stale, (unsigned long long)refused);
    assert_true(refused < RUNS / 2);
    scene_free(s);
}

static void a_file_of_random_bytes_gives_an_error(void **state) {
    (void)state;
    scene *s = scene_create();
    test_random random = test_random_start();
    uint64_t size = 0;
    uint8_t *bytes = memory_vfs_bytes(s->copy, COLLECTION_PATH, &size);
    for (uint64_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)test_random_next(&random);
    assert_status(save(s), HS_NOT_A_COLLECTION);
    scene_free(s);
}

/* --- what salvaging itself needs -------------------------------------------------------------- */

static void without_memory_it_fails_and_leaves_no_file(void **state) {
    (void)state;
    scene *s = scene_create_unclean(LOG_LONG);
    flip(s, store_of(s)->header.space_map.page, 70);
    hs_status status = HS_NO_MEMORY;
    uint64_t n = 1;
    for (; status != HS_OK; n += 1 + n / 8) {
        uint64_t size;
        memory_fail_after(n);
        status = engine_salvage(memory_vfs_base(s->copy), COLLECTION_PATH, NEW, &s->whole.config,
                                NULL, &s->result);
        memory_fail_after(0);
        if (status == HS_OK) break;
        assert_int_equal(status, HS_NO_MEMORY);
        assert_null(memory_vfs_bytes(s->copy, NEW, &size));
        assert_null(memory_vfs_bytes(s->copy, NEW "-log", &size));
    }
    assert_true(n > 20);
    scene_free(s);
}

static void a_full_disk_is_reported_and_leaves_no_file(void **state) {
    (void)state;
    scene *s = scene_create();
    for (uint64_t n = 1; n < 40; n += 3) {
        uint64_t size;
        memory_vfs_fail(s->copy, FAULT_FULL, n, true);
        hs_status status = engine_salvage(memory_vfs_base(s->copy), COLLECTION_PATH, NEW,
                                          &s->whole.config, NULL, &s->result);
        memory_vfs_fail(s->copy, FAULT_FULL, 0, false);
        if (status == HS_OK) break;
        assert_int_equal(status, HS_FULL);
        assert_null(memory_vfs_bytes(s->copy, NEW, &size));
    }
    scene_free(s);
}

static void a_file_in_use_is_busy(void **state) {
    (void)state;
    scene *s = scene_create();
    memory_vfs *copy = s->copy;
    s->copy = s->whole.files;
    assert_status(save(s), HS_BUSY);
    s->copy = copy;
    scene_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_undamaged_file_is_copied_byte_for_byte),
        cmocka_unit_test(a_new_collection_is_copied),
        cmocka_unit_test(commits_that_only_the_log_has_are_done_again),
        cmocka_unit_test(an_existing_file_is_not_overwritten),
        cmocka_unit_test(a_damaged_leaf_loses_its_rows_and_no_others),
        cmocka_unit_test(below_a_damaged_inner_node_all_leaves_are_found),
        cmocka_unit_test(below_a_damaged_inner_node_a_damaged_leaf_is_lost),
        cmocka_unit_test(a_damaged_long_value_loses_its_row),
        cmocka_unit_test(a_damaged_header_slot_loses_nothing),
        cmocka_unit_test(a_damaged_header_slot_loses_no_commit_of_the_log),
        cmocka_unit_test(without_the_newest_catalog_the_pages_in_use_tell),
        cmocka_unit_test(without_the_space_map_nothing_is_lost_that_a_tree_leads_to),
        cmocka_unit_test(without_the_space_map_older_pages_give_way),
        cmocka_unit_test(of_a_file_without_any_catalog_nothing_can_be_saved),
        cmocka_unit_test(without_its_log_an_unclean_file_gives_its_checkpoint),
        cmocka_unit_test(a_torn_log_gives_the_commits_before_the_tear),
        cmocka_unit_test(a_cut_file_gives_what_lies_before_the_cut),
        cmocka_unit_test(random_damage_loses_what_it_hits_and_nothing_else),
        cmocka_unit_test(a_file_of_random_bytes_gives_an_error),
        cmocka_unit_test(without_memory_it_fails_and_leaves_no_file),
        cmocka_unit_test(a_full_disk_is_reported_and_leaves_no_file),
        cmocka_unit_test(a_file_in_use_is_busy),
    };
    return cmocka_run_group_tests_name("salvage", tests, NULL, NULL);
}
