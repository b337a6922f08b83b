/* neighbour_index.c: the registry of indexes of neighbours, and their tables. */
#include "storage/neighbours/neighbour_index.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "storage/collection/prefix.h"

#define META_PREFIX   "neighbours."
#define LISTS_PREFIX  "hnsw0."
#define UPPERS_PREFIX "hnsw1."
#define KEY_MAX       (sizeof META_PREFIX + HS_NAME_MAX)
#define NAME_BYTES    (sizeof UPPERS_PREFIX + HS_NAME_MAX)
#define ENTRY_SIZE    88
#define PAGE_SIZE     16384

/* --- entries ---------------------------------------------------------------------------------- */

static hs_slice meta_key(const char *name, char key[KEY_MAX + 1]) {
    return (hs_slice){key, (size_t)snprintf(key, KEY_MAX + 1, "%s%s", META_PREFIX, name)};
}

static size_t encode(const neighbour_index *index, uint8_t entry[ENTRY_SIZE + HS_NAME_MAX]) {
    const hs_modality_weights *weights = &index->weights;
    const double parts[3] = {weights->graph, weights->embedding, weights->property};
    size_t size = strlen(index->vector);
    store_u32(entry, neighbour_index_is_over_positions(index));
    store_u32(entry + 4, 0);
    store_u32(entry + 8, index->options.links);
    store_u32(entry + 12, index->options.width);
    store_u32(entry + 16, (uint32_t)index->metric);
    store_u32(entry + 20, index->state.entry);
    store_u32(entry + 24, index->state.top);
    store_u32(entry + 28, index->lists.table);
    store_u32(entry + 32, index->uppers.table);
    store_u32(entry + 36, 0);
    store_u64(entry + 40, index->state.count);
    store_u64(entry + 48, index->options.seed);
    memcpy(entry + 56, parts, sizeof parts);
    memcpy(entry + 80, &index->norm, sizeof index->norm);
    memcpy(entry + ENTRY_SIZE, index->vector, size);
    return ENTRY_SIZE + size;
}

static bool is_sound(const neighbour_index *index) {
    const hnsw_options *options = &index->options;
    return options->links >= HNSW_LINKS_MIN && options->links <= HNSW_LINKS_MAX &&
           options->width >= 1 && options->width <= HNSW_WIDTH_MAX &&
           index->state.top < HNSW_LEVELS && index->state.entry < HNSW_NODE_MAX &&
           index->state.count < HNSW_NODE_MAX && index->lists.table > FAMILY_TABLE_COUNT &&
           index->uppers.table > FAMILY_TABLE_COUNT;
}

static hs_status decode(engine_family family, hs_slice name, hs_slice value,
                        neighbour_index *index) {
    const uint8_t *entry = value.data;
    double weights[3];
    *index = (neighbour_index){0};
    if (name.size == 0 || name.size > HS_NAME_MAX || value.size < ENTRY_SIZE ||
        value.size > ENTRY_SIZE + HS_NAME_MAX)
        return error_set(HS_CORRUPT, "an entry of the list of indexes of neighbours is damaged");
    memcpy(index->name, name.data, name.size);
    memcpy(index->vector, entry + ENTRY_SIZE, value.size - ENTRY_SIZE);
    memcpy(weights, entry + 56, sizeof weights);
    memcpy(&index->norm, entry + 80, sizeof index->norm);
    index->options = (hnsw_options){
        .links = load_u32(entry + 8), .width = load_u32(entry + 12), .seed = load_u64(entry + 48)};
    index->metric = (hs_metric)load_u32(entry + 16);
    index->state = (hnsw_state){
        .count = load_u64(entry + 40), .entry = load_u32(entry + 20), .top = load_u32(entry + 24)};
    index->lists = layout_table(family, load_u32(entry + 28));
    index->uppers = layout_table(family, load_u32(entry + 32));
    index->weights = (hs_modality_weights){weights[0], weights[1], weights[2]};
    if (is_sound(index) && load_u32(entry) == neighbour_index_is_over_positions(index))
        return HS_OK;
    return error_set(HS_CORRUPT, "the entry of the index of neighbours '%s' is damaged",
                     index->name);
}

hs_status neighbour_index_find(engine_txn *txn, engine_family family, const char *name,
                               neighbour_index *index) {
    char key[KEY_MAX + 1];
    hs_slice value;
    TRY(engine_get(txn, layout_table(family, TABLE_META), meta_key(name, key), &value));
    return decode(family, hs_slice_of(name), value, index);
}

hs_status neighbour_index_store(engine_txn *txn, engine_family family,
                                const neighbour_index *index) {
    char key[KEY_MAX + 1];
    uint8_t entry[ENTRY_SIZE + HS_NAME_MAX];
    size_t size = encode(index, entry);
    return engine_put(txn, layout_table(family, TABLE_META), meta_key(index->name, key),
                      (hs_slice){entry, size});
}

static hs_status add_entry(engine_family family, engine_cursor *cursor, neighbour_index *index) {
    hs_slice key = engine_cursor_key(cursor);
    size_t prefix = sizeof META_PREFIX - 1;
    hs_slice name = {(const uint8_t *)key.data + prefix, key.size - prefix};
    return decode(family, name, engine_cursor_value(cursor), index);
}

hs_status neighbour_index_list(engine_txn *txn, engine_family family, arena *arena,
                               const neighbour_index **indexes, size_t *count) {
    engine_table meta = layout_table(family, TABLE_META);
    hs_slice prefix = hs_slice_of(META_PREFIX);
    engine_cursor *cursor;
    size_t n = 0;
    *indexes = NULL;
    *count = 0;
    TRY(prefix_count(txn, meta, prefix, &n));
    if (n == 0) return HS_OK;
    neighbour_index *list = arena_alloc(arena, n * sizeof *list);
    if (list == NULL) return error_memory("a list of indexes", n * sizeof *list);
    TRY(engine_cursor_open(txn, meta, &cursor));
    hs_status status = HS_OK;
    size_t found = 0;
    int moved = prefix_seek(cursor, prefix);
    for (; moved == 1 && found < n && status == HS_OK; moved = prefix_next(cursor, prefix))
        status = add_entry(family, cursor, list + found++);
    engine_cursor_close(cursor);
    if (moved < 0 && status == HS_OK) status = (hs_status)moved;
    *indexes = list;
    *count = found;
    return status;
}

/* --- tables ----------------------------------------------------------------------------------- */

static hs_status create_table(engine_txn *txn, engine_family family, const neighbour_index *index,
                              const char *prefix, unsigned level, engine_table *table) {
    char name[NAME_BYTES];
    const engine_table_options options = {.key_size = level == 0 ? RID_KEY_SIZE : UPPER_KEY_SIZE,
                                          .value_size = neighbour_list_size(&index->options, level),
                                          .fixed_value = true,
                                          .alignment = 8,
                                          .page_size = PAGE_SIZE};
    snprintf(name, sizeof name, "%s%s", prefix, index->name);
    return engine_table_create(txn, family, name, &options, table);
}

hs_status neighbour_index_add(engine_txn *txn, engine_family family, neighbour_index *index) {
    TRY(create_table(txn, family, index, LISTS_PREFIX, 0, &index->lists));
    TRY(create_table(txn, family, index, UPPERS_PREFIX, 1, &index->uppers));
    return neighbour_index_store(txn, family, index);
}

static hs_status drop_table(engine_txn *txn, engine_family family, const char *prefix,
                            const char *name, bool *found) {
    char full[NAME_BYTES];
    engine_table table;
    snprintf(full, sizeof full, "%s%s", prefix, name);
    hs_status status = engine_table_find(txn, family, full, &table);
    if (status != HS_OK) return status == HS_NOT_FOUND ? HS_OK : status;
    *found = true;
    return engine_table_drop(txn, table);
}

hs_status neighbour_index_remove(engine_txn *txn, engine_family family, const char *name) {
    char key[KEY_MAX + 1];
    hs_status status = engine_delete(txn, layout_table(family, TABLE_META), meta_key(name, key));
    if (status != HS_OK && status != HS_NOT_FOUND) return status;
    bool found = status == HS_OK;
    TRY(drop_table(txn, family, LISTS_PREFIX, name, &found));
    TRY(drop_table(txn, family, UPPERS_PREFIX, name, &found));
    return found ? HS_OK : HS_NOT_FOUND;
}

hs_status neighbour_index_remove_of(engine_txn *txn, engine_family family, const char *vector) {
    arena arena = {0};
    const neighbour_index *indexes;
    size_t count;
    hs_status status = neighbour_index_list(txn, family, &arena, &indexes, &count);
    for (size_t i = 0; i < count && status == HS_OK; i++)
        if (strcmp(indexes[i].vector, vector) == 0)
            status = neighbour_index_remove(txn, family, indexes[i].name);
    arena_free(&arena);
    return status;
}

bool neighbour_table_is(const engine_table_info *table, const char **name) {
    if (table->table.table <= FAMILY_TABLE_COUNT ||
        (strncmp(table->name, LISTS_PREFIX, sizeof LISTS_PREFIX - 1) != 0 &&
         strncmp(table->name, UPPERS_PREFIX, sizeof UPPERS_PREFIX - 1) != 0))
        return false;
    _Static_assert(sizeof LISTS_PREFIX == sizeof UPPERS_PREFIX, "one length is cut off");
    *name = table->name + sizeof LISTS_PREFIX - 1;
    return true;
}
