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
#include "storage/entities/record.h"
#include "storage/graph/edge_history.h"
#include "storage/indexes/index_key.h"
#include "storage/series/point_block.h"
#include "storage/series/rollup_block.h"
#include "storage/trajectories/position_block.h"
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

/* --- values of the stores --------------------------------------------------------------------- */

static void index_key_seed(const char *name, const hs_value *first, const hs_value *second) {
    FILE *file = begin_seed("index_key", name);
    for (int i = 0; i < 2; i++) {
        index_key key;
        const hs_value *value = i == 0 ? first : second;
        index_key_set(&key, value);
        index_key_set_rid(&key, 7);
        hs_slice bytes = index_key_slice(&key);
        must_hold(fputc((int)bytes.size, file) != EOF);
        must_hold(fputc(value->kind == HS_FLOAT64, file) != EOF);
        must_hold(fwrite(bytes.data, 1, bytes.size, file) == bytes.size);
    }
    end_seed(file);
}

static void index_key_seeds(void) {
    const hs_value number = {.kind = HS_FLOAT64, .float64 = -2.5};
    const hs_value large = {.kind = HS_INT64, .int64 = INT64_MAX};
    const hs_value string = {.kind = HS_STRING, .bytes = {"a\0b", 3}};
    const hs_value id = {.kind = HS_UUID, .uuid = {{1, 2, 3}}};
    index_key_seed("numbers", &number, &large);
    index_key_seed("texts", &string, &id);
}

static void version_seeds(void) {
    uint8_t bytes[64] = {1}, packed[32];
    const edge_version version = {.rid = 5,
                                  .name = 2,
                                  .far = UINT64_C(1) << 48 | 9,
                                  .from = 1000,
                                  .until = 2000,
                                  .active = true,
                                  .ended = true,
                                  .weight = 0.5f};
    layout_key key = edge_version_key(&version);
    memcpy(bytes + 1, key.bytes, key.size);
    write_seed("versions", "edge", bytes,
               1 + key.size + edge_version_encode(&version, bytes + 1 + key.size));
    const hs_value items[] = {{.kind = HS_INT64, .int64 = 7},
                              {.kind = HS_STRING, .bytes = {"a", 1}}};
    const hs_value list = {.kind = HS_LIST, .list = {items, 2}};
    hs_value value = {.kind = HS_LIST, .bytes = {packed, record_list_pack(&list, packed)}};
    bytes[0] = bytes[1] = bytes[2] = 0; /* of a property, a value, at the epoch */
    write_seed("versions", "property", bytes, 3 + record_value_write(&value, bytes + 3));
    bytes[0] = 2; /* a property of an edge */
    bytes[1] = HS_LIST;
    memcpy(bytes + 2, packed, value.bytes.size);
    write_seed("versions", "edge-property", bytes, 2 + value.bytes.size);
}

static void edge_seeds(void) {
    edge_far edges[40];
    uint8_t bytes[1 + EDGE_KEY_SIZE + EDGE_BLOCK_ROOM] = {EDGE_KEY_SIZE};
    for (uint64_t i = 0; i < 40; i++)
        edges[i] =
            (edge_far){(UINT64_C(3) << 48) + 1 + i * i * 50, 1.0f + (float)(i % 3), i % 7 != 0};
    layout_key key = layout_edge_key(5, 2, edges[0].row);
    memcpy(bytes + 1, key.bytes, key.size);
    size_t size = edge_block_encode(edges, edge_block_fit(edges, 40), bytes + 1 + key.size);
    write_seed("edges", "block", bytes, 1 + key.size + size);
    const uint8_t head[] = {9, 0, 0, 0, 0, 0, 5, 0, 0, 2, EDGE_BLOCK_INDEX, 40};
    write_seed("edges", "head", head, sizeof head);
}

static void point_seed(const char *name, uint8_t form, bool rough) {
    hs_point points[60];
    uint8_t bytes[9 + POINT_BLOCK_BYTES] = {form};
    size_t taken;
    for (int i = 0; i < 60; i++) {
        points[i] = (hs_point){60000000 * (int64_t)i, rough ? 1.0 / (i + 1) : (i % 9) / 10.0};
        int64_t whole = i % 9;
        if ((form & 2) != 0) memcpy(&points[i].value, &whole, sizeof whole);
    }
    size_t size = point_block_encode(points, 60, (form & 2) != 0, bytes + 9, &taken);
    write_seed("points", name, bytes, 9 + size);
}

static void rollup_seed(void) {
    static rollup_block block = {.covered = 40, .count = 3};
    static uint8_t sums[3][EXACT_SUM_BYTES], bytes[9 + ROLLUP_BLOCK_MAX] = {1};
    static summary all;
    for (size_t i = 0; i < block.count; i++) {
        const hs_point points[2] = {{0, 0.5 + (double)i}, {1, 70}};
        summary_clear(&all, false, i == 0);
        summary_add(&all, points, 2);
        rollup_make(&all, 3 * i, sums[i], &block.rollups[i]);
    }
    write_seed("points", "rollups", bytes, 9 + rollup_block_encode(&block, false, bytes + 9));
}

static void position_seed(void) {
    hs_position positions[POSITION_BLOCK_MAX];
    uint8_t bytes[8 + POSITION_BLOCK_BYTES] = {0};
    size_t taken;
    memset(positions, 0, sizeof positions);
    for (int i = 0; i < POSITION_BLOCK_MAX; i++) {
        positions[i].time = 1000 * i;
        for (int j = 0; j < 5; j++)
            positions[i].graph[j] = (float)(i * j) / 100;
    }
    size_t size = position_block_encode(positions, POSITION_BLOCK_MAX, bytes + 8, &taken);
    write_seed("positions", "steady", bytes, 8 + size);
}

/* An empty graph, and two nodes that are linked; then everything is done. */
static void graph_seeds(void) {
    const uint8_t empty[] = {0, 0, 0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 1, 3, 5, 2, 1, 1};
    uint8_t linked[3 + 2 * 39 + 12] = {0, 0, 2};
    for (uint8_t i = 0; i < 2; i++) {
        uint8_t *list = linked + 3 + i * 39;
        list[1] = i;
        list[2] = 36;
        list[3] = 1;     /* link */
        list[7] = 1 - i; /* to the other one */
    }
    const uint8_t steps[] = {2, 1, 0, 5, 0, 6, 1, 0, 5, 2, 1, 5};
    memcpy(linked + 3 + 2 * 39, steps, sizeof steps);
    write_seed("graph", "empty", empty, sizeof empty);
    write_seed("graph", "linked", linked, sizeof linked);
}

static void store_seeds(void) {
    index_key_seeds();
    version_seeds();
    edge_seeds();
    point_seed("decimals", 0, false);
    point_seed("rough", 0, true);
    point_seed("integers", 2, false);
    rollup_seed();
    position_seed();
    graph_seeds();
}

int main(int count, char **arguments) {
    if (count != 2) return fprintf(stderr, "usage: seeds FOLDER\n"), 2;
    corpus = arguments[1];
    file_seeds();
    redo_seed();
    key_seed();
    catalog_seed();
    store_seeds();
    return 0;
}
