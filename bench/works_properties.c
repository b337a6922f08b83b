/* works_properties.c: the properties of the stores: ten short ones per entity. */
#include <stdlib.h>
#include <string.h>

#include "works_stores.h"

#define ROW_BATCH     1000u
#define LOOK_AT_CLOCK 1000u

typedef struct properties_work {
    uint32_t count;
    uint64_t (*digests)[PROPERTIES]; /* of each entity's values */
    size_t csv;                      /* bytes of a CSV file of all rows */
} properties_work;

static properties_work make_work(const options *o) {
    properties_work w = {.count = (uint32_t)(o->keys / 10)};
    w.digests = must_allocate(w.count * sizeof *w.digests);
    for (unsigned i = 0; i < PROPERTIES; i++)
        w.csv += strlen(property_schema[i].name) + 1;
    w.csv += 4; /* "key" and the end of the first line */
    for (uint32_t i = 0; i < w.count; i++) {
        property_row row;
        char text[ROW_TEXT_SIZE];
        row_make(i, &row, text);
        w.csv += row_csv_size(&row);
        for (unsigned j = 0; j < PROPERTIES; j++)
            w.digests[i][j] = value_digest(&row.values[j]);
    }
    return w;
}

static void write_rows(stores_run *s, const properties_work *w) {
    static property_row rows[ROW_BATCH];
    static char texts[ROW_BATCH][ROW_TEXT_SIZE];
    uint64_t start = now_ns();
    for (uint32_t i = 0; i < w->count; i += ROW_BATCH) {
        uint32_t count = w->count - i < ROW_BATCH ? w->count - i : ROW_BATCH;
        for (uint32_t j = 0; j < count; j++)
            row_make(i + j, &rows[j], texts[j]);
        s->calls->put_rows(s->store, i, rows, count);
    }
    report(s->run, "property-write", (double)w->count / seconds_since(start));
    note_memory(s->run);
}

static void check_value(const stores_run *s, const properties_work *w, uint32_t entity,
                        unsigned column, const hs_value *value) {
    if (value->kind != property_schema[column].kind ||
        value_digest(value) != w->digests[entity][column])
        fail("%s gives another %s of entity %u than was written", s->title,
             property_schema[column].name, (unsigned)entity);
}

static uint64_t value_pass(stores_run *s, void *context) {
    const properties_work *w = context;
    for (unsigned i = 0; i < LOOK_AT_CLOCK; i++) {
        uint64_t bits = random_next(&s->random);
        uint32_t entity = (uint32_t)((bits >> 8) % w->count);
        unsigned column = (unsigned)(bits & 255) % PROPERTIES;
        hs_value value;
        s->calls->get_value(s->store, entity, column, &value);
        check_value(s, w, entity, column, &value);
    }
    return LOOK_AT_CLOCK;
}

static uint64_t row_pass(stores_run *s, void *context) {
    const properties_work *w = context;
    for (unsigned i = 0; i < LOOK_AT_CLOCK; i++) {
        uint32_t entity = (uint32_t)(random_next(&s->random) % w->count);
        hs_value values[PROPERTIES];
        s->calls->get_row(s->store, entity, values);
        for (unsigned j = 0; j < PROPERTIES; j++)
            check_value(s, w, entity, j, &values[j]);
    }
    return LOOK_AT_CLOCK;
}

/* Reads every entity once, so that caches are warm, and all of them are as written. */
static void check_all(stores_run *s, const properties_work *w) {
    s->calls->begin_read(s->store);
    for (uint32_t i = 0; i < w->count; i++) {
        hs_value values[PROPERTIES];
        s->calls->get_row(s->store, i, values);
        for (unsigned j = 0; j < PROPERTIES; j++)
            check_value(s, w, i, j, &values[j]);
    }
    s->calls->end_read(s->store);
}

static void properties_run(bench_run *run) {
    properties_work w = make_work(run->options);
    run->memory_start = machine_anonymous_memory(); /* the digests are ours, not the engine's */
    stores_run s = stores_begin(run);
    stores_open(&s, "rows", CONTENT_ROWS, true);
    stores_close(&s);
    double before = (double)stores_bytes(&s, "rows");
    stores_open(&s, "rows", CONTENT_ROWS, false);
    write_rows(&s, &w);
    stores_close(&s);
    report(run, "property-bytes", ((double)stores_bytes(&s, "rows") - before) / (double)w.csv);
    stores_open(&s, "rows", CONTENT_ROWS, false);
    check_all(&s, &w);
    stores_time(&s, "property-get", true, value_pass, &w);
    stores_time(&s, "property-all", true, row_pass, &w);
    note_memory(run);
    stores_close(&s);
    free(w.digests);
}

const work work_store_properties = {
    .name = "store-properties",
    .title = "stores: entities of ten short properties",
    .part = PART_PROPERTIES,
    .run = properties_run,
    .figures =
        (const figure[]){
            {"property-write", "entities with ten properties: write, 1,000 a durable commit", "k/s",
             1e-3, false, false},
            {"property-bytes", "entities with ten properties: files, closed ÷ CSV", "×", 1, true,
             false},
            {"property-get", "properties: get one of a random entity", "µs", 1e6, true, false},
            {"property-all", "properties: get all ten of a random entity", "µs", 1e6, true, false},
            {0},
        },
};
