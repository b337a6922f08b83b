/* lmdb_catalogue.h: families and tables of the LMDB back end, and the keys under which everything
 * lies.
 *
 * All is in LMDB's main database. A key begins with family and table as two big-endian 16-bit
 * numbers, then come the table's own key bytes. Family 0 is the catalogue:
 *
 *   family 0, table 0                     the highest family number ever given (u32)
 *   family 0, table 1, family (u16)       family_record
 *   family 0, table 2, family, table      table_record
 *
 * Records are the structs as they lie in memory: only tests of the same build read them.
 */
#ifndef ORACLE_LMDB_CATALOGUE_H
#define ORACLE_LMDB_CATALOGUE_H

#include <lmdb.h>

#include "oracle/lmdb_engine.h"

#define LMDB_NAME_MAX  80
#define LMDB_KEY_BYTES (LMDB_ENGINE_KEY_MAX + 4)

typedef struct family_record {
    uint32_t tables_ever; /* the highest table number ever given */
    char name[LMDB_NAME_MAX + 1];
} family_record;

typedef struct table_record {
    engine_table_options options;
    uint64_t entries;
    uint64_t bytes; /* of all keys and values */
    char name[LMDB_NAME_MAX + 1];
} table_record;

/* The status and message for LMDB's `code`, which is not success. */
hs_status lmdb_error(int code, const char *action);

/* The full key of `key` in `table`, built in `buffer`. The key fits (checked by the caller). */
MDB_val lmdb_key(uint8_t buffer[LMDB_KEY_BYTES], engine_table table, hs_slice key);

/* HS_NOT_FOUND without a message if there is none. */
hs_status catalogue_family(MDB_txn *txn, MDB_dbi dbi, engine_family family, family_record *record);
hs_status catalogue_table(MDB_txn *txn, MDB_dbi dbi, engine_table table, table_record *record);

hs_status catalogue_save_family(MDB_txn *txn, MDB_dbi dbi, engine_family family,
                                const family_record *record);
hs_status catalogue_save_table(MDB_txn *txn, MDB_dbi dbi, engine_table table,
                               const table_record *record);

/* Calls `visit` for each family, or each table of `family`, by number, until it returns a failure.
 */
typedef hs_status visit_family(void *context, engine_family family, const family_record *record);
typedef hs_status visit_table(void *context, engine_table table, const table_record *record);
hs_status catalogue_families(MDB_txn *txn, MDB_dbi dbi, visit_family *visit, void *context);
hs_status catalogue_tables(MDB_txn *txn, MDB_dbi dbi, engine_family family, visit_table *visit,
                           void *context);

/* By name; HS_NOT_FOUND with a message. */
hs_status catalogue_find_family(MDB_txn *txn, MDB_dbi dbi, const char *name, engine_family *family);
hs_status catalogue_find_table(MDB_txn *txn, MDB_dbi dbi, engine_family family, const char *name,
                               engine_table *table);

/* Adds an empty family or table; HS_EXISTS, HS_INVALID, HS_LIMIT. */
hs_status catalogue_add_family(MDB_txn *txn, MDB_dbi dbi, const char *name, engine_family *family);
hs_status catalogue_add_table(MDB_txn *txn, MDB_dbi dbi, engine_family family, const char *name,
                              const engine_table_options *options, engine_table *table);

hs_status catalogue_rename_family(MDB_txn *txn, MDB_dbi dbi, engine_family family,
                                  const char *name);

/* Delete with all entries. */
hs_status catalogue_drop_table(MDB_txn *txn, MDB_dbi dbi, engine_table table);
hs_status catalogue_drop_family(MDB_txn *txn, MDB_dbi dbi, engine_family family);

#endif
