/* lmdb_catalogue.c: families and tables of the LMDB back end. */
#include "oracle/lmdb_catalogue.h"

#include <assert.h>
#include <string.h>

#include "base/error.h"
#include "base/key.h"
#include "oracle/options.h"

enum { CATALOGUE_COUNTER = 0, CATALOGUE_FAMILIES = 1, CATALOGUE_TABLES = 2 };

hs_status lmdb_error(int code, const char *action) {
    assert(code != MDB_SUCCESS);
    switch (code) {
    case MDB_NOTFOUND:
        return error_set(HS_NOT_FOUND, "%s: not found", action);
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
        return error_set(HS_FULL, "%s: %s", action, mdb_strerror(code));
    case MDB_INVALID:
        return error_set(HS_NOT_A_COLLECTION, "%s: %s", action, mdb_strerror(code));
    case MDB_VERSION_MISMATCH:
        return error_set(HS_VERSION, "%s: %s", action, mdb_strerror(code));
    case MDB_READERS_FULL:
        return error_set(HS_LIMIT, "%s: %s", action, mdb_strerror(code));
    default:
        if (code > 0) return error_errno(code, "%s", action);
        return error_set(HS_CORRUPT, "%s: %s", action, mdb_strerror(code));
    }
}

/* --- keys ------------------------------------------------------------------------------------- */

static void put_u16(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static uint32_t get_u16(const uint8_t *at) {
    return (uint32_t)at[0] << 8 | at[1];
}

MDB_val lmdb_key(uint8_t buffer[LMDB_KEY_BYTES], engine_table table, hs_slice key) {
    assert(key.size <= LMDB_ENGINE_KEY_MAX);
    put_u16(buffer, table.family);
    put_u16(buffer + 2, table.table);
    if (key.size > 0) memcpy(buffer + 4, key.data, key.size);
    return (MDB_val){4 + key.size, buffer};
}

/* The catalogue's key of a family (table 0) or of a table. */
static MDB_val record_key(uint8_t buffer[8], engine_table table) {
    put_u16(buffer, 0);
    put_u16(buffer + 2, table.table == 0 ? CATALOGUE_FAMILIES : CATALOGUE_TABLES);
    put_u16(buffer + 4, table.family);
    put_u16(buffer + 6, table.table);
    return (MDB_val){table.table == 0 ? 6 : 8, buffer};
}

static hs_status load(MDB_txn *txn, MDB_dbi dbi, MDB_val key, void *record, size_t size) {
    MDB_val value;
    int code = mdb_get(txn, dbi, &key, &value);
    if (code == MDB_NOTFOUND) return HS_NOT_FOUND;
    if (code != MDB_SUCCESS) return lmdb_error(code, "cannot read the catalogue");
    if (value.mv_size != size) {
        return error_set(HS_CORRUPT, "a catalogue record has %zu bytes instead of %zu",
                         value.mv_size, size);
    }
    memcpy(record, value.mv_data, size);
    return HS_OK;
}

static hs_status save(MDB_txn *txn, MDB_dbi dbi, MDB_val key, const void *record, size_t size) {
    MDB_val value = {size, (void *)(uintptr_t)record};
    int code = mdb_put(txn, dbi, &key, &value, 0);
    return code == MDB_SUCCESS ? HS_OK : lmdb_error(code, "cannot write the catalogue");
}

hs_status catalogue_family(MDB_txn *txn, MDB_dbi dbi, engine_family family, family_record *record) {
    uint8_t buffer[8];
    if (family == 0 || family > ENGINE_FAMILIES_MAX) return HS_NOT_FOUND;
    return load(txn, dbi, record_key(buffer, (engine_table){family, 0}), record, sizeof *record);
}

hs_status catalogue_table(MDB_txn *txn, MDB_dbi dbi, engine_table table, table_record *record) {
    uint8_t buffer[8];
    if (table.family == 0 || table.family > ENGINE_FAMILIES_MAX) return HS_NOT_FOUND;
    if (table.table == 0 || table.table > ENGINE_TABLES_MAX) return HS_NOT_FOUND;
    return load(txn, dbi, record_key(buffer, table), record, sizeof *record);
}

hs_status catalogue_save_family(MDB_txn *txn, MDB_dbi dbi, engine_family family,
                                const family_record *record) {
    uint8_t buffer[8];
    return save(txn, dbi, record_key(buffer, (engine_table){family, 0}), record, sizeof *record);
}

hs_status catalogue_save_table(MDB_txn *txn, MDB_dbi dbi, engine_table table,
                               const table_record *record) {
    uint8_t buffer[8];
    return save(txn, dbi, record_key(buffer, table), record, sizeof *record);
}

/* --- lists ------------------------------------------------------------------------------------ */

typedef hs_status visit_record(void *context, const uint8_t *key, const MDB_val *value);

/* Calls `visit` for each catalogue record whose key begins with `prefix`. */
static hs_status walk(MDB_txn *txn, MDB_dbi dbi, MDB_val prefix, visit_record *visit,
                      void *context) {
    MDB_cursor *cursor;
    int code = mdb_cursor_open(txn, dbi, &cursor);
    if (code != MDB_SUCCESS) return lmdb_error(code, "cannot open a cursor");
    MDB_val key = prefix, value;
    hs_status status = HS_OK;
    code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    while (code == MDB_SUCCESS && status == HS_OK && key.mv_size >= prefix.mv_size &&
           memcmp(key.mv_data, prefix.mv_data, prefix.mv_size) == 0) {
        status = visit(context, key.mv_data, &value);
        code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    if (status == HS_OK && code != MDB_SUCCESS && code != MDB_NOTFOUND) {
        status = lmdb_error(code, "cannot read the catalogue");
    }
    mdb_cursor_close(cursor);
    return status;
}

typedef struct family_visit {
    visit_family *visit;
    void *context;
} family_visit;

static hs_status visit_family_record(void *context, const uint8_t *key, const MDB_val *value) {
    const family_visit *v = context;
    family_record record;
    assert(value->mv_size == sizeof record);
    memcpy(&record, value->mv_data, sizeof record);
    return v->visit(v->context, get_u16(key + 4), &record);
}

hs_status catalogue_families(MDB_txn *txn, MDB_dbi dbi, visit_family *visit, void *context) {
    uint8_t prefix[4] = {0, 0, 0, CATALOGUE_FAMILIES};
    family_visit v = {visit, context};
    return walk(txn, dbi, (MDB_val){sizeof prefix, prefix}, visit_family_record, &v);
}

typedef struct table_visit {
    visit_table *visit;
    void *context;
} table_visit;

static hs_status visit_table_record(void *context, const uint8_t *key, const MDB_val *value) {
    const table_visit *v = context;
    table_record record;
    assert(value->mv_size == sizeof record);
    memcpy(&record, value->mv_data, sizeof record);
    return v->visit(v->context, (engine_table){get_u16(key + 4), get_u16(key + 6)}, &record);
}

hs_status catalogue_tables(MDB_txn *txn, MDB_dbi dbi, engine_family family, visit_table *visit,
                           void *context) {
    uint8_t prefix[6] = {0, 0, 0, CATALOGUE_TABLES};
    put_u16(prefix + 4, family);
    table_visit v = {visit, context};
    return walk(txn, dbi, (MDB_val){sizeof prefix, prefix}, visit_table_record, &v);
}

/* --- names ------------------------------------------------------------------------------------ */

typedef struct name_search {
    const char *name;
    engine_table found; /* family 0: not found */
} name_search;

static hs_status match_family(void *context, engine_family family, const family_record *record) {
    name_search *search = context;
    if (strcmp(record->name, search->name) == 0) search->found = (engine_table){family, 0};
    return HS_OK;
}

hs_status catalogue_find_family(MDB_txn *txn, MDB_dbi dbi, const char *name,
                                engine_family *family) {
    name_search search = {.name = name};
    TRY(catalogue_families(txn, dbi, match_family, &search));
    if (search.found.family == 0) {
        return error_set(HS_NOT_FOUND, "there is no family '%s'", name);
    }
    *family = search.found.family;
    return HS_OK;
}

static hs_status match_table(void *context, engine_table table, const table_record *record) {
    name_search *search = context;
    if (strcmp(record->name, search->name) == 0) search->found = table;
    return HS_OK;
}

hs_status catalogue_find_table(MDB_txn *txn, MDB_dbi dbi, engine_family family, const char *name,
                               engine_table *table) {
    name_search search = {.name = name};
    TRY(catalogue_tables(txn, dbi, family, match_table, &search));
    if (search.found.family == 0) {
        return error_set(HS_NOT_FOUND, "family %u has no table '%s'", family, name);
    }
    *table = search.found;
    return HS_OK;
}

/* --- changes ---------------------------------------------------------------------------------- */

static hs_status check_free_family_name(MDB_txn *txn, MDB_dbi dbi, const char *name) {
    engine_family taken;
    TRY(oracle_check_name("family", name));
    hs_status status = catalogue_find_family(txn, dbi, name, &taken);
    if (status == HS_OK) return error_set(HS_EXISTS, "a family '%s' exists already", name);
    return status == HS_NOT_FOUND ? HS_OK : status;
}

hs_status catalogue_add_family(MDB_txn *txn, MDB_dbi dbi, const char *name, engine_family *family) {
    TRY(check_free_family_name(txn, dbi, name));
    uint8_t buffer[4] = {0, 0, 0, CATALOGUE_COUNTER};
    MDB_val key = {sizeof buffer, buffer};
    uint32_t number = 0;
    hs_status status = load(txn, dbi, key, &number, sizeof number);
    if (status != HS_OK && status != HS_NOT_FOUND) return status;
    if (number == ENGINE_FAMILIES_MAX) {
        return error_set(HS_LIMIT, "there were %u families already", number);
    }
    number++;
    family_record record = {0};
    strcpy(record.name, name);
    TRY(save(txn, dbi, key, &number, sizeof number));
    TRY(catalogue_save_family(txn, dbi, number, &record));
    *family = number;
    return HS_OK;
}

hs_status catalogue_add_table(MDB_txn *txn, MDB_dbi dbi, engine_family family, const char *name,
                              const engine_table_options *options, engine_table *table) {
    engine_table taken;
    family_record parent;
    TRY(oracle_check_name("table", name));
    TRY(oracle_check_options(name, options));
    TRY(catalogue_family(txn, dbi, family, &parent));
    hs_status status = catalogue_find_table(txn, dbi, family, name, &taken);
    if (status == HS_OK) {
        return error_set(HS_EXISTS, "the family '%s' has a table '%s' already", parent.name, name);
    }
    if (status != HS_NOT_FOUND) return status;
    if (parent.tables_ever == ENGINE_TABLES_MAX) {
        return error_set(HS_LIMIT, "the family '%s' had %u tables already", parent.name,
                         parent.tables_ever);
    }
    *table = (engine_table){family, ++parent.tables_ever};
    table_record record;
    memset(&record, 0, sizeof record);
    record.options = *options;
    strcpy(record.name, name);
    TRY(catalogue_save_family(txn, dbi, family, &parent));
    return catalogue_save_table(txn, dbi, *table, &record);
}

hs_status catalogue_rename_family(MDB_txn *txn, MDB_dbi dbi, engine_family family,
                                  const char *name) {
    family_record record;
    hs_status status = catalogue_family(txn, dbi, family, &record);
    if (status == HS_NOT_FOUND) return error_set(status, "there is no family %u", family);
    if (status != HS_OK) return status;
    TRY(check_free_family_name(txn, dbi, name));
    memset(record.name, 0, sizeof record.name);
    strcpy(record.name, name);
    return catalogue_save_family(txn, dbi, family, &record);
}

/* Deletes every key that begins with `prefix`. */
static hs_status erase(MDB_txn *txn, MDB_dbi dbi, MDB_val prefix) {
    MDB_cursor *cursor;
    int code = mdb_cursor_open(txn, dbi, &cursor);
    if (code != MDB_SUCCESS) return lmdb_error(code, "cannot open a cursor");
    for (;;) {
        MDB_val key = prefix, value;
        code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
        if (code != MDB_SUCCESS || key.mv_size < prefix.mv_size) break;
        if (memcmp(key.mv_data, prefix.mv_data, prefix.mv_size) != 0) break;
        code = mdb_cursor_del(cursor, 0);
        if (code != MDB_SUCCESS) break;
    }
    mdb_cursor_close(cursor);
    if (code != MDB_SUCCESS && code != MDB_NOTFOUND) return lmdb_error(code, "cannot drop a table");
    return HS_OK;
}

hs_status catalogue_drop_table(MDB_txn *txn, MDB_dbi dbi, engine_table table) {
    uint8_t prefix[4], record[8];
    put_u16(prefix, table.family);
    put_u16(prefix + 2, table.table);
    TRY(erase(txn, dbi, (MDB_val){sizeof prefix, prefix}));
    return erase(txn, dbi, record_key(record, table));
}

hs_status catalogue_drop_family(MDB_txn *txn, MDB_dbi dbi, engine_family family) {
    uint8_t prefix[2], record[8], tables[6] = {0, 0, 0, CATALOGUE_TABLES};
    put_u16(prefix, family);
    put_u16(tables + 4, family);
    TRY(erase(txn, dbi, (MDB_val){sizeof prefix, prefix}));
    TRY(erase(txn, dbi, (MDB_val){sizeof tables, tables}));
    return erase(txn, dbi, record_key(record, (engine_table){family, 0}));
}
