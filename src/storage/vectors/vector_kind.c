/* vector_kind.c: kinds of vectors as tables. */
#include "storage/vectors/vector_kind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define TABLE_PREFIX     "vectors_"
#define TABLE_NAME_MAX   80
#define VECTOR_ALIGNMENT 64
#define PAGE_HEADER      64
#define PAGE_ENTRIES_MIN 3

static void table_name(const char *name, uint32_t dimension, char to[TABLE_NAME_MAX + 1]) {
    snprintf(to, TABLE_NAME_MAX + 1, TABLE_PREFIX "%s_%u", name, dimension);
}

bool vector_kind_read(const engine_table_info *info, vector_kind *kind) {
    size_t prefix = strlen(TABLE_PREFIX);
    if (strncmp(info->name, TABLE_PREFIX, prefix) != 0) return false;
    const char *name = info->name + prefix;
    const char *underscore = strrchr(name, '_');
    if (underscore == NULL) return false;
    size_t size = (size_t)(underscore - name);
    if (size == 0 || size > HS_NAME_MAX) return false;
    memcpy(kind->name, name, size);
    kind->name[size] = '\0';
    kind->dimension = (uint32_t)strtoul(underscore + 1, NULL, 10);
    kind->count = info->entries;
    kind->table = info->table;
    return kind->dimension >= 1 && kind->dimension <= HS_DIMENSION_MAX;
}

hs_status vector_kind_find(engine_txn *txn, engine_family family, const char *name,
                           vector_kind *kind) {
    const engine_table_info *tables;
    size_t count;
    TRY(engine_table_list(txn, family, &tables, &count));
    for (size_t i = 0; i < count; i++)
        if (vector_kind_read(tables + i, kind) && strcmp(kind->name, name) == 0) return HS_OK;
    return HS_NOT_FOUND;
}

hs_status vector_kind_table(engine_txn *txn, engine_family family, const char *name,
                            uint32_t dimension, engine_table *table) {
    char full[TABLE_NAME_MAX + 1];
    table_name(name, dimension, full);
    return engine_table_find(txn, family, full, table);
}

hs_status vector_kind_create(engine_txn *txn, engine_family family, const char *name,
                             uint32_t dimension, uint32_t page_size) {
    char full[TABLE_NAME_MAX + 1];
    engine_table table;
    uint32_t bytes = dimension * (uint32_t)sizeof(float);
    uint32_t stride = (bytes + VECTOR_ALIGNMENT - 1) / VECTOR_ALIGNMENT * VECTOR_ALIGNMENT;
    uint32_t needed = PAGE_HEADER + VECTOR_ALIGNMENT + PAGE_ENTRIES_MIN * (stride + RID_KEY_SIZE);
    while (page_size < needed)
        page_size *= 2;
    const engine_table_options options = {
        .key_size = RID_KEY_SIZE,
        .value_size = bytes,
        .fixed_value = true,
        .alignment = VECTOR_ALIGNMENT,
        .page_size = page_size,
    };
    table_name(name, dimension, full);
    return engine_table_create(txn, family, full, &options, &table);
}
