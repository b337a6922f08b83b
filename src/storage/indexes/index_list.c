/* index_list.c: the list of a type's indexes in its meta table. */
#include "storage/indexes/index_list.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

#define ITEM_SIZE    32
#define FLAG_UNIQUE  1u
#define TABLE_PREFIX "index_"

static void encode(const index_info *index, uint8_t *out) {
    store_u32(out, index->name);
    store_u32(out + 4, index->table.table);
    store_u32(out + 8, index->unique ? FLAG_UNIQUE : 0);
    store_u32(out + 12, 0);
    store_u64(out + 16, index->next);
    store_u64(out + 24, index->end);
}

static bool decode(engine_family family, const uint8_t *at, index_info *index) {
    uint32_t flags = load_u32(at + 8);
    *index = (index_info){.name = load_u32(at),
                          .table = layout_table(family, load_u32(at + 4)),
                          .unique = flags == FLAG_UNIQUE,
                          .next = load_u64(at + 16),
                          .end = load_u64(at + 24)};
    return index->name > 0 && index->name <= NAME_MAX_ID && flags <= FLAG_UNIQUE &&
           index->table.table > FAMILY_TABLE_COUNT && load_u32(at + 12) == 0 && index->next > 0 &&
           index->next <= index->end;
}

hs_status index_list_load(engine_txn *txn, engine_family family, index_list *list) {
    hs_slice bytes;
    list->count = 0;
    hs_status status =
        engine_get(txn, layout_table(family, TABLE_META), hs_slice_of(META_INDEXES), &bytes);
    if (status == HS_NOT_FOUND) return HS_OK;
    if (status != HS_OK) return status;
    bool sound = bytes.size % ITEM_SIZE == 0 && bytes.size / ITEM_SIZE <= INDEXES_MAX;
    size_t count = sound ? bytes.size / ITEM_SIZE : 0;
    for (size_t i = 0; i < count && sound; i++)
        sound = decode(family, (const uint8_t *)bytes.data + i * ITEM_SIZE, list->indexes + i);
    if (!sound)
        return error_set(HS_CORRUPT, "the list of indexes of family %u is damaged; run a check",
                         family);
    list->count = count;
    return HS_OK;
}

hs_status index_list_store(engine_txn *txn, engine_family family, const index_list *list) {
    uint8_t bytes[INDEXES_MAX * ITEM_SIZE];
    engine_table meta = layout_table(family, TABLE_META);
    if (list->count == 0) return engine_delete(txn, meta, hs_slice_of(META_INDEXES));
    for (size_t i = 0; i < list->count; i++)
        encode(list->indexes + i, bytes + i * ITEM_SIZE);
    return engine_put(txn, meta, hs_slice_of(META_INDEXES),
                      (hs_slice){bytes, list->count * ITEM_SIZE});
}

index_info *index_list_find(index_list *list, uint32_t name) {
    for (size_t i = 0; i < list->count; i++)
        if (list->indexes[i].name == name) return list->indexes + i;
    return NULL;
}

bool index_is_table(const engine_table_info *table) {
    return table->table.table > FAMILY_TABLE_COUNT &&
           strncmp(table->name, TABLE_PREFIX, sizeof TABLE_PREFIX - 1) == 0;
}

void index_table_name(uint32_t name, char text[INDEX_TABLE_NAME_MAX]) {
    snprintf(text, INDEX_TABLE_NAME_MAX, TABLE_PREFIX "%u", name);
}
