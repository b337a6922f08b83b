/* catalog_test.c: families and tables as bytes and back, and bytes that are no catalog. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "engine/catalog.h"
#include "engine/fixture.h"
#include "oracle/options.h"
#include "oracle/random.h"

/* --- a catalog to begin with ------------------------------------------------------------------ */

static void free_defs(table_def *defs) {
    while (defs != NULL) {
        table_def *next = defs->next;
        memory_free(defs);
        defs = next;
    }
}

static engine_table_options random_options(random_source *random) {
    static const uint32_t alignments[] = {0, 1, 8, 64, 3}, pages[] = {0, 4096, 8192, 65536, 5000};
    static const uint32_t sizes[] = {0, 1, 8, 16, 999, 1000, 1001, 4000, 20000, 65536, UINT32_MAX};
    engine_table_options o = {.key_size = sizes[random_below(random, 7)],
                              .alignment = alignments[random_below(random, 5)],
                              .page_size = pages[random_below(random, 5)],
                              .shared = random_chance(random, 50),
                              .fixed_value = random_chance(random, 50)};
    if (o.fixed_value || random_chance(random, 20)) o.value_size = sizes[random_below(random, 11)];
    return o;
}

/* A catalog of `count` families with some tables each; their numbers have gaps. */
static catalog *make_catalog(uint32_t count, table_def **defs, random_source *random) {
    catalog *c = catalog_alloc(count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t tables = (uint32_t)random_below(random, 6);
        family_entry *f = c->families[i] = family_alloc(tables);
        f->id = i == 0 ? 3 : c->families[i - 1]->id + 1 + (uint32_t)random_below(random, 300);
        f->next_table = 1;
        snprintf(f->name, sizeof f->name, "family %u", i);
        if (i == 1) memset(f->name, 'n', CATALOG_NAME_MAX);
        for (uint32_t t = 0; t < tables; t++) {
            char name[CATALOG_NAME_MAX + 1];
            engine_table_options options;
            snprintf(name, sizeof name, "table %u", t);
            do {
                options = random_options(random);
            } while (table_options_check(name, &options) != HS_OK);
            uint32_t number = f->next_table + (uint32_t)random_below(random, 3);
            f->next_table = number + 1;
            table_def *def = table_def_create((engine_table){f->id, number}, name, &options);
            def->next = *defs;
            *defs = def;
            f->tables[t].def = def;
            if (random_chance(random, 30)) continue;
            f->tables[t] = (table_entry){def,
                                         1 + (uint32_t)random_below(random, UINT32_MAX),
                                         1 + (uint32_t)random_below(random, 32),
                                         random_next(random),
                                         random_next(random),
                                         random_next(random)};
        }
    }
    return c;
}

static void expect_same(const catalog *a, const catalog *b) {
    assert_int_equal(a->count, b->count);
    for (uint32_t i = 0; i < a->count; i++) {
        const family_entry *f = a->families[i], *g = b->families[i];
        assert_int_equal(f->id, g->id);
        assert_string_equal(f->name, g->name);
        assert_int_equal(f->next_table, g->next_table);
        assert_int_equal(f->count, g->count);
        for (uint32_t t = 0; t < f->count; t++) {
            const table_entry *x = &f->tables[t], *y = &g->tables[t];
            assert_int_equal(x->def->id.family, y->def->id.family);
            assert_int_equal(x->def->id.table, y->def->id.table);
            assert_string_equal(x->def->name, y->def->name);
            assert_int_equal(x->def->options.key_size, y->def->options.key_size);
            assert_int_equal(x->def->options.value_size, y->def->options.value_size);
            assert_int_equal(x->def->options.fixed_value, y->def->options.fixed_value);
            assert_int_equal(x->def->options.alignment, y->def->options.alignment);
            assert_int_equal(x->def->options.page_size, y->def->options.page_size);
            assert_int_equal(x->def->options.shared, y->def->options.shared);
            assert_memory_equal(&x->def->shape.layout, &y->def->shape.layout, sizeof(fixed_layout));
            assert_int_equal(x->def->max_inline, y->def->max_inline);
            assert_int_equal(x->root, y->root);
            assert_int_equal(x->height, y->height);
            assert_int_equal(x->entries, y->entries);
            assert_int_equal(x->units, y->units);
            assert_int_equal(x->long_values, y->long_values);
        }
    }
}

static void a_catalog_comes_back_as_it_was(void **state) {
    (void)state;
    random_source random = {1};
    for (uint32_t families = 0; families < 60; families++) {
        table_def *defs = NULL, *decoded_defs = NULL;
        catalog *c = make_catalog(families, &defs, &random), *decoded = NULL;
        uint8_t *bytes = NULL;
        size_t size = 0;
        assert_ok(catalog_encode(c, &bytes, &size));
        assert_ok(catalog_decode(bytes, size, &decoded_defs, &decoded));
        expect_same(c, decoded);
        memory_free(bytes);
        catalog_free_all(c);
        catalog_free_all(decoded);
        free_defs(defs);
        free_defs(decoded_defs);
    }
}

/* --- bytes that are no catalog ---------------------------------------------------------------- */

/* What every catalog keeps to, whatever its bytes say. */
static void expect_possible(const catalog *c) {
    engine_family above = 0;
    for (uint32_t i = 0; i < c->count; i++) {
        const family_entry *f = c->families[i];
        assert_true(f->id > above && f->id <= ENGINE_FAMILIES_MAX);
        assert_in_range(strlen(f->name), 1, CATALOG_NAME_MAX);
        above = f->id;
        uint32_t number = 0;
        for (uint32_t t = 0; t < f->count; t++) {
            const table_entry *e = &f->tables[t];
            assert_int_equal(e->def->id.family, f->id);
            assert_true(e->def->id.table > number && e->def->id.table <= ENGINE_TABLES_MAX);
            number = e->def->id.table;
            assert_in_range(strlen(e->def->name), 1, CATALOG_NAME_MAX);
            assert_ok(oracle_check_options(e->def->name, &e->def->options));
            assert_true(e->height <= 32 && (e->height == 0) == (e->root == 0));
        }
        /* A table created next must get a number of its own. */
        assert_true(f->next_table > number);
    }
}

static uint64_t decode_damaged(const uint8_t *bytes, size_t size) {
    /* A block of its own, so that the address sanitizer sees a read behind its end. */
    uint8_t *copy = malloc(size > 0 ? size : 1);
    if (size > 0) memcpy(copy, bytes, size);
    table_def *defs = NULL;
    catalog *c = NULL;
    hs_status status = catalog_decode(copy, size, &defs, &c);
    if (status == HS_OK) {
        expect_possible(c);
        catalog_free_all(c);
    } else {
        assert_int_equal(status, HS_CORRUPT);
    }
    free_defs(defs);
    free(copy);
    return status == HS_CORRUPT;
}

static void damaged_bytes_are_refused_or_make_a_possible_catalog(void **state) {
    (void)state;
    random_source random = {2};
    table_def *defs = NULL;
    catalog *c = make_catalog(12, &defs, &random);
    uint8_t *bytes = NULL;
    size_t size = 0;
    uint64_t refused = 0;
    assert_ok(catalog_encode(c, &bytes, &size));
    for (size_t at = 0; at < size; at++) {
        uint8_t before = bytes[at];
        static const uint8_t values[] = {0, 1, 2, 0x7F, 0x80, 0x81, 0xFE, 0xFF};
        for (size_t i = 0; i < 8; i++) {
            bytes[at] = values[i];
            refused += decode_damaged(bytes, size);
            bytes[at] = (uint8_t)(before ^ 1u << i);
            refused += decode_damaged(bytes, size);
        }
        bytes[at] = before;
    }
    assert_true(refused > 4 * size);
    for (size_t cut = 0; cut < size; cut++)
        assert_int_equal(decode_damaged(bytes, cut), 1);
    for (int i = 0; i < 20000; i++) {
        uint8_t junk[64];
        random_fill(&random, junk, sizeof junk);
        junk[0] &= 3;
        (void)decode_damaged(junk, sizeof junk);
    }
    memory_free(bytes);
    catalog_free_all(c);
    free_defs(defs);
}

/* One family with one table, as numbers; a name of one byte is its length and the byte. */
enum {
    COUNT,
    FAMILY,
    NEXT_TABLE = 4,
    TABLES,
    TABLE,
    KEY_SIZE = 9,
    VALUE_SIZE,
    FLAGS,
    ALIGNMENT,
    PAGE_BYTES,
    ROOT,
    HEIGHT,
    ENTRIES,
    UNITS,
    LONG_VALUES,
    FIELDS
};

static hs_status decode_fields(const uint64_t fields[FIELDS]) {
    byte_buffer b = {0};
    for (size_t i = 0; i < FIELDS; i++)
        assert_ok(buffer_varint(&b, fields[i]));
    table_def *defs = NULL;
    catalog *c = NULL;
    hs_status status = catalog_decode(b.data, b.size, &defs, &c);
    if (status == HS_OK) catalog_free_all(c);
    free_defs(defs);
    buffer_free(&b);
    return status;
}

static void a_field_that_cannot_be_is_refused(void **state) {
    (void)state;
    static const uint64_t sound[FIELDS] = {1, 5, 1, 'f',  2, 1, 1, 1, 't', 8,
                                           8, 1, 8, 4096, 9, 1, 1, 1, 0};
    static const struct {
        size_t field;
        uint64_t value;
    } changes[] = {
        {COUNT, 2},       {COUNT, 65536},     {FAMILY, 0},        {FAMILY, 65536},
        {NEXT_TABLE, 0},  {NEXT_TABLE, 1},    {NEXT_TABLE, 4097}, {TABLES, 2},
        {TABLES, 4096},   {TABLE, 0},         {TABLE, 2},         {KEY_SIZE, 0},
        {KEY_SIZE, 1001}, {VALUE_SIZE, 4000}, {FLAGS, 0},         {FLAGS, 4},
        {ALIGNMENT, 3},   {PAGE_BYTES, 5000}, {ROOT, 0},          {HEIGHT, 0},
        {HEIGHT, 33},
    };
    assert_ok(decode_fields(sound));
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        uint64_t fields[FIELDS];
        memcpy(fields, sound, sizeof fields);
        fields[changes[i].field] = changes[i].value;
        if (decode_fields(fields) == HS_OK) {
            fail_msg("field %zu may be %llu", changes[i].field,
                     (unsigned long long)changes[i].value);
        }
    }
    for (size_t field = 0; field < ENTRIES; field++) {
        uint64_t fields[FIELDS];
        if (field == 2 || field == 3 || field == 7 || field == 8) continue; /* names */
        memcpy(fields, sound, sizeof fields);
        fields[field] += UINT64_C(1) << 32;
        if (decode_fields(fields) == HS_OK) fail_msg("field %zu is cut to 32 bits", field);
    }
}

/* --- memory ----------------------------------------------------------------------------------- */

static void without_memory_neither_direction_leaves_anything_behind(void **state) {
    (void)state;
    random_source random = {4};
    table_def *defs = NULL;
    catalog *c = make_catalog(20, &defs, &random), *decoded = NULL;
    uint8_t *bytes = NULL;
    size_t size = 0;
    hs_status status = HS_NO_MEMORY;
    for (uint64_t n = 1; status != HS_OK; n++) {
        memory_fail_after(n);
        status = catalog_encode(c, &bytes, &size);
        memory_fail_after(0);
        if (status != HS_OK) assert_int_equal(status, HS_NO_MEMORY);
    }
    status = HS_NO_MEMORY;
    uint64_t failures = 0;
    for (uint64_t n = 1; status != HS_OK; n++) {
        table_def *decoded_defs = NULL;
        memory_fail_after(n);
        status = catalog_decode(bytes, size, &decoded_defs, &decoded);
        memory_fail_after(0);
        if (status != HS_OK) {
            assert_int_equal(status, HS_NO_MEMORY);
            failures++;
        } else {
            expect_same(c, decoded);
            catalog_free_all(decoded);
        }
        free_defs(decoded_defs);
    }
    assert_true(failures > 20);
    memory_free(bytes);
    catalog_free_all(c);
    free_defs(defs);
}

/* --- options and look-ups --------------------------------------------------------------------- */

static void options_are_judged_as_the_interface_says(void **state) {
    (void)state;
    random_source random = {3};
    uint64_t possible = 0;
    for (int i = 0; i < 50000; i++) {
        engine_table_options o = random_options(&random);
        if (!o.fixed_value) o.value_size = 0;
        /* About where three entries just fit. */
        if (o.fixed_value && o.page_size > 0 && random_chance(&random, 30)) {
            o.key_size = 1 + (uint32_t)random_below(&random, 100);
            o.value_size = o.page_size / 3 - (uint32_t)random_below(&random, 200);
        }
        hs_status status = table_options_check("t", &o), expected = oracle_check_options("t", &o);
        if ((status == HS_OK) != (expected == HS_OK)) {
            fail_msg("key %u, value %u, fixed %d, alignment %u, page %u: %s instead of %s",
                     o.key_size, o.value_size, o.fixed_value, o.alignment, o.page_size,
                     hs_status_name(status), hs_status_name(expected));
        }
        possible += status == HS_OK;
    }
    assert_true(possible > 1000);
    engine_table_options long_keys = {.key_size = ENGINE_KEY_MAX + 1};
    assert_status(table_options_check("t", &long_keys), HS_LIMIT);
    char name[CATALOG_NAME_MAX + 2];
    memset(name, 'x', sizeof name);
    name[CATALOG_NAME_MAX + 1] = '\0';
    assert_status(table_options_check(name, &plain_options), HS_INVALID);
    name[CATALOG_NAME_MAX] = '\0';
    assert_ok(table_options_check(name, &plain_options));
    assert_status(table_options_check("", &plain_options), HS_INVALID);
    assert_status(table_options_check(NULL, &plain_options), HS_INVALID);
}

static void families_and_tables_are_found_by_number_and_name(void **state) {
    (void)state;
    random_source random = {6};
    table_def *defs = NULL;
    catalog *c = make_catalog(200, &defs, &random);
    for (uint32_t i = 0; i < c->count; i++) {
        family_entry *f = c->families[i];
        assert_ptr_equal(catalog_family(c, f->id), f);
        assert_ptr_equal(catalog_family_named(c, f->name), f);
        for (uint32_t t = 0; t < f->count; t++) {
            assert_ptr_equal(family_table(f, f->tables[t].def->id.table), &f->tables[t]);
            assert_ptr_equal(family_table_named(f, f->tables[t].def->name), &f->tables[t]);
        }
        assert_null(family_table(f, f->next_table));
        assert_null(family_table(f, 0));
        assert_null(family_table_named(f, "table"));
    }
    assert_null(catalog_family(c, 0));
    assert_null(catalog_family(c, c->families[c->count - 1]->id + 1));
    assert_null(catalog_family_named(c, "family"));
    catalog_free_all(c);
    free_defs(defs);
}

static void names_are_read_only_if_they_can_be_names(void **state) {
    (void)state;
    for (size_t size = 0; size <= CATALOG_NAME_MAX + 1; size++) {
        for (int zero = 0; zero < 2; zero++) {
            char text[CATALOG_NAME_MAX + 1], name[CATALOG_NAME_MAX + 1];
            memset(text, 'n', sizeof text);
            if (zero == 1) text[size / 2] = '\0';
            byte_buffer b = {0};
            assert_ok(buffer_slice(&b, (hs_slice){text, size}));
            byte_reader r = {b.data, b.data + b.size, false};
            bool possible = size >= 1 && size <= CATALOG_NAME_MAX && zero == 0;
            assert_int_equal(read_name(&r, name), possible);
            assert_int_equal(r.failed, !possible);
            if (possible) assert_int_equal(strlen(name), size);
            buffer_free(&b);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_catalog_comes_back_as_it_was),
        cmocka_unit_test(damaged_bytes_are_refused_or_make_a_possible_catalog),
        cmocka_unit_test(a_field_that_cannot_be_is_refused),
        cmocka_unit_test(without_memory_neither_direction_leaves_anything_behind),
        cmocka_unit_test(options_are_judged_as_the_interface_says),
        cmocka_unit_test(families_and_tables_are_found_by_number_and_name),
        cmocka_unit_test(names_are_read_only_if_they_can_be_names),
    };
    return cmocka_run_group_tests_name("catalog", tests, NULL, NULL);
}
