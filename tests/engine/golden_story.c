/* golden_story.c: the story of the golden files. */
#include "engine/golden_story.h"

#include <stdio.h>
#include <string.h>

#include "engine/fixture.h"
#include "oracle/random.h"

static const engine_table_definition tables[] = {
    {"plain", {.alignment = 1}},
    {"shared", {.alignment = 1, .shared = true}},
    {"numbers", {.key_size = 8, .value_size = 24, .fixed_value = true, .alignment = 8}},
    {"vectors",
     {.key_size = 8, .value_size = 512, .fixed_value = true, .alignment = 64, .page_size = 8192}},
    {"wide", {.key_size = 8, .alignment = 1, .page_size = 16384}},
    {"empty", {.alignment = 1}},
};
enum { TABLES = sizeof tables / sizeof *tables, PLAIN = 1, SHARED, NUMBERS, VECTORS, WIDE };

static hs_slice text_key(char bytes[32], const char *format, unsigned number) {
    int size = snprintf(bytes, 32, format, number);
    return (hs_slice){bytes, (size_t)size};
}

/* Entries `from` to `to` − 1 of every table; `version` tells the values apart. */
static void put_entries(engine *e, engine_family family, unsigned from, unsigned to,
                        unsigned version) {
    static uint8_t bytes[9000];
    engine_txn *t = begin_write(e, family);
    for (unsigned i = from; i < to; i++) {
        char key[32];
        random_source random = {i * 100 + version};
        random_fill(&random, bytes, 40);
        memset(bytes + 40, (int)i, sizeof bytes - 40);
        hs_slice k = text_key(key, "patients/%u", i);
        hs_slice v = {bytes, i % 40 == 7 ? 9000 : i % 50};
        assert_ok(engine_put(t, (engine_table){family, PLAIN}, k, v));
        assert_ok(engine_queue_put(t, (engine_table){family, SHARED}, k, (hs_slice){bytes, i % 9}));
        k = text_key(key, "%08u", i);
        assert_ok(engine_put(t, (engine_table){family, NUMBERS}, k, (hs_slice){bytes, 24}));
        if (i % 4 == 0)
            assert_ok(engine_put(t, (engine_table){family, VECTORS}, k, (hs_slice){bytes, 512}));
        if (i % 8 == 0)
            assert_ok(engine_put(t, (engine_table){family, WIDE}, k, (hs_slice){bytes, 1000}));
    }
    assert_ok(engine_commit(t));
}

void golden_first_part(engine *e) {
    static const uint8_t longest[ENGINE_KEY_MAX] = {0xFF};
    engine_family first = 0, second = 0;
    assert_ok(engine_family_create(e, "patients", tables, TABLES, &first));
    assert_ok(engine_family_create(e, "ICU stays", tables, 2, &second));
    put_entries(e, first, 0, 60, 1);
    put_entries(e, first, 30, 40, 2);
    engine_txn *t = begin_write(e, second);
    put_text(t, (engine_table){second, 1}, "", "the empty key");
    put_text(t, (engine_table){second, 1}, "empty value", "");
    assert_ok(engine_put(t, (engine_table){second, 1}, (hs_slice){longest, sizeof longest},
                         hs_slice_of("the longest key")));
    assert_ok(engine_commit(t));
}

void golden_second_part(engine *e) {
    engine_family first = 0, second = 0, third = 0;
    engine_table table = {0, 0};
    engine_txn *t = begin_read(e);
    assert_ok(engine_family_find(t, "patients", &first));
    assert_ok(engine_family_find(t, "ICU stays", &second));
    engine_abort(t);
    put_entries(e, first, 55, 70, 3);
    t = begin_write(e, first);
    for (unsigned i = 20; i < 50; i++) {
        char key[32];
        hs_slice k = text_key(key, "patients/%u", i);
        assert_ok(engine_delete(t, (engine_table){first, PLAIN}, k));
        assert_ok(engine_queue_delete(t, (engine_table){first, SHARED}, k));
    }
    assert_ok(engine_table_drop(t, (engine_table){first, VECTORS}));
    assert_ok(engine_table_create(t, first, "made later", &tables[0].options, &table));
    put_text(t, table, "k", "v");
    assert_ok(engine_commit(t));
    assert_ok(engine_family_rename(e, second, "stays"));
    assert_ok(engine_family_create(e, "ICU stays", tables, TABLES, &third));
    put_entries(e, third, 0, 3, 4);
    assert_ok(engine_family_create(e, "gone", tables, 1, &third));
    assert_ok(engine_family_drop(e, third));
}
