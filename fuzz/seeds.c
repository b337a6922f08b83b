/* seeds.c: writes the inputs that the fuzzers begin with.
 *
 *   seeds FOLDER        makes FOLDER/TARGET/seed-NAME for every target
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/key.h"
#include "engine/catalog.h"
#include "engine/redo.h"
#include "target.h"
#include "visit.h"

static const char *corpus;

static FILE *begin_seed(const char *target, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", corpus, target);
    must_hold(mkdir(path, 0777) == 0 || errno == EEXIST);
    snprintf(path, sizeof path, "%s/%s/seed-%s", corpus, target, name);
    FILE *file = fopen(path, "wb");
    must_hold(file != NULL);
    return file;
}

static void end_seed(FILE *file) {
    must_hold(fclose(file) == 0);
}

static void write_seed(const char *target, const char *name, const void *bytes, size_t size) {
    FILE *file = begin_seed(target, name);
    must_hold(fwrite(bytes, 1, size, file) == size);
    end_seed(file);
}

/* --- files ------------------------------------------------------------------------------------ */

/* An empty collection, or one whose trees have two levels; closed. */
static memory_vfs *closed_collection(bool tall) {
    memory_vfs *m = memory_vfs_create();
    hs_config config = visit_config();
    engine *e = NULL;
    engine_txn *t = NULL;
    engine_family family = 0;
    const engine_table_definition table = {"t", {.alignment = 1}};
    must_hold(engine_open(memory_vfs_base(m), FILES_PATH, true, &config, &e) == HS_OK);
    must_hold(engine_family_create(e, "f", &table, tall, &family) == HS_OK);
    must_hold(engine_begin_write(e, &family, 1, HS_DURABLE, &t) == HS_OK);
    for (unsigned i = 0; tall && i < 45; i++) {
        char key[120];
        int size = snprintf(key, sizeof key, "%02u%0100u", i, i * 7919);
        must_hold(engine_put(t, (engine_table){family, 1}, (hs_slice){key, (size_t)size},
                             hs_slice_of("v")) == HS_OK);
    }
    must_hold(engine_commit(t) == HS_OK);
    must_hold(engine_close(e) == HS_OK);
    return m;
}

static void file_seed(const char *target, const char *name, memory_vfs *m, const char *path,
                      const char *other) {
    FILE *file = begin_seed(target, name);
    must_hold(fputc(FILES_SEALED, file) != EOF);
    files_describe(m, path, file);
    if (other != NULL) files_describe(m, other, file);
    end_seed(file);
}

static void file_seeds(void) {
    memory_vfs *example = visit_example();
    file_seed("data_file", "open", example, FILES_PATH, FILES_LOG);
    file_seed("log", "two-commits", example, FILES_LOG, NULL);
    memory_vfs_free(example);
    for (int tall = 0; tall < 2; tall++) {
        memory_vfs *m = closed_collection(tall);
        file_seed("data_file", tall ? "two-levels" : "no-table", m, FILES_PATH, FILES_LOG);
        memory_vfs_free(m);
    }
}

/* --- redo, keys, catalogs --------------------------------------------------------------------- */

/* Ends the last record of a list of payloads, and begins another. */
static void end_record(byte_buffer *all, byte_buffer *record) {
    uint8_t length[2];
    store_u16(length, (uint16_t)record->size);
    must_hold(buffer_append(all, length, 2) == HS_OK);
    must_hold(buffer_append(all, record->data, record->size) == HS_OK);
    record->size = 0;
}

static void add(byte_buffer *b, enum redo_operation operation, const uint64_t *numbers,
                size_t count) {
    uint8_t byte = (uint8_t)operation;
    must_hold(buffer_append(b, &byte, 1) == HS_OK);
    for (size_t i = 0; i < count; i++)
        must_hold(buffer_varint(b, numbers[i]) == HS_OK);
}

static void add_text(byte_buffer *b, const char *text) {
    must_hold(buffer_slice(b, hs_slice_of(text)) == HS_OK);
}

/* Two commits that use every operation, on the families 1 and 2 of the example and a new one. */
static void redo_seed(void) {
    byte_buffer all = {0}, record = {0};
    const engine_table_options fixed = {
        .key_size = 8, .value_size = 8, .fixed_value = true, .alignment = 8};
    add(&record, REDO_CREATE_FAMILY, (uint64_t[]){3}, 1);
    add_text(&record, "new");
    add(&record, REDO_CREATE_TABLE, (uint64_t[]){3, 1}, 2);
    add_text(&record, "t");
    must_hold(table_options_encode(&record, &fixed) == HS_OK);
    add(&record, REDO_PUT, (uint64_t[]){3, 1}, 2);
    add_text(&record, "12345678");
    add_text(&record, "abcdefgh");
    add(&record, REDO_RENAME_FAMILY, (uint64_t[]){3}, 1);
    add_text(&record, "newer");
    end_record(&all, &record);
    add(&record, REDO_PUT, (uint64_t[]){1, 1}, 2);
    add_text(&record, "key00003");
    add_text(&record, "another value");
    add(&record, REDO_DELETE, (uint64_t[]){1, 1}, 2);
    add_text(&record, "key00004");
    add(&record, REDO_DROP_TABLE, (uint64_t[]){1, 3}, 2);
    add(&record, REDO_DROP_FAMILY, (uint64_t[]){2}, 1);
    end_record(&all, &record);
    write_seed("redo", "every-operation", all.data, all.size);
    buffer_free(&all);
    buffer_free(&record);
}

static void key_seed(void) {
    /* The parts in the order of enum part_kind in key.c. */
    FILE *file = begin_seed("key", "every-part");
    must_hold(fwrite("\x08\x00\x01\x02\x03\x04\x05\x06\x07", 1, 9, file) == 9);
    for (unsigned i = 0; i < 2; i++) {
        const hs_uuid id = {{(uint8_t)i}};
        key_writer w;
        key_start(&w);
        key_u8(&w, 1);
        key_u16(&w, 2);
        key_u32(&w, 3);
        key_u64(&w, 4);
        key_i64(&w, -5);
        key_f64(&w, 6.5);
        key_uuid(&w, &id);
        key_string(&w, (hs_slice){"a\0b", 3});
        must_hold(fwrite(w.bytes, 1, w.size, file) == w.size);
    }
    end_seed(file);
}

static void catalog_seed(void) {
    uint64_t size = 0;
    memory_vfs *m = visit_example();
    const uint8_t *bytes = memory_vfs_bytes(m, FILES_PATH, &size);
    const file_header *slots[2] = {(const file_header *)(const void *)bytes,
                                   (const file_header *)(const void *)(bytes + UNIT_SIZE)};
    const file_header *newest = slots[slots[1]->generation > slots[0]->generation];
    const uint8_t *run = bytes + (uint64_t)newest->catalog.page * UNIT_SIZE;
    write_seed("catalog", "example", run + sizeof(value_header), newest->catalog.bytes);
    memory_vfs_free(m);
}

int main(int count, char **arguments) {
    if (count != 2) return fprintf(stderr, "usage: seeds FOLDER\n"), 2;
    corpus = arguments[1];
    file_seeds();
    redo_seed();
    key_seed();
    catalog_seed();
    return 0;
}
