/* catalog.h: the column families, their tables and the root of each table's tree, as of one commit.
 *
 * A catalog is immutable once published; each commit makes a new one that shares the entries of all
 * families that it did not change. Table definitions live as long as the store. On disk (the
 * payload of a PAGE_CATALOG run, all varints but the names):
 *
 *   family count | per family: id, name, next table, table count |
 *                  per table: number, name, options, root, height, entries, units, long values
 */
#ifndef ENGINE_CATALOG_H
#define ENGINE_CATALOG_H

#include "base/buffer.h"
#include "engine/engine.h"
#include "engine/node.h"

#define CATALOG_NAME_MAX 80

/* What never changes about a table. */
typedef struct table_def {
    struct table_def *next; /* all definitions of a store, to free them */
    engine_table id;
    char name[CATALOG_NAME_MAX + 1];
    engine_table_options options;
    node_shape shape;
    uint64_t made_by;    /* the write transaction, if of this session: no page of it is older */
    uint32_t max_inline; /* key and value sizes together above which a value is long */
} table_def;

/* A table as of one commit. */
typedef struct table_entry {
    const table_def *def;
    uint32_t root;   /* 0: empty */
    uint32_t height; /* levels; 0: empty */
    uint64_t entries;
    uint64_t units;
    uint64_t long_values;
} table_entry;

typedef struct family_entry {
    engine_family id;
    uint64_t born;       /* the commit that made this entry */
    uint32_t next_table; /* number of the next table created */
    uint32_t count;
    char name[CATALOG_NAME_MAX + 1];
    table_entry tables[]; /* [count], by number */
} family_entry;

typedef struct catalog {
    struct catalog *next; /* the commit after it, while that is not visible yet */
    uint64_t sequence;
    uint64_t log_position; /* end of its record */
    uint64_t log_chain;    /* checksum of its record */
    uint64_t txn_limit;    /* write transactions from this number on are not in it */
    /* The last commits up to this one that ask for each kind of durability. */
    uint64_t last_durable;
    uint64_t last_buffered;
    uint64_t last_unlogged;
    uint32_t count;
    family_entry *families[]; /* [count], by id */
} catalog;

/* Heap blocks. NULL when memory is short. */
catalog *catalog_alloc(uint32_t families);
family_entry *family_alloc(uint32_t tables);
table_def *table_def_create(engine_table id, const char *name, const engine_table_options *options);

/* HS_INVALID or HS_LIMIT with a message if a table cannot have these options. */
hs_status table_options_check(const char *name, const engine_table_options *options);

/* NULL if there is none. */
family_entry *catalog_family(const catalog *c, engine_family id);
family_entry *catalog_family_named(const catalog *c, const char *name);
table_entry *family_table(family_entry *f, uint32_t number);
table_entry *family_table_named(family_entry *f, const char *name);

/* Options and names as they stand in the catalog and in the log. read_name fails the reader on a
 * bad one. */
hs_status table_options_encode(byte_buffer *b, const engine_table_options *options);
engine_table_options table_options_decode(byte_reader *r);
bool read_name(byte_reader *r, char name[CATALOG_NAME_MAX + 1]);

/* The encoded form, appended to a heap buffer that the caller frees. HS_NO_MEMORY. */
hs_status catalog_encode(const catalog *c, uint8_t **bytes, size_t *size);
/* The catalog of these bytes; its table definitions are put before *defs. HS_CORRUPT, HS_NO_MEMORY
 * (nothing is kept). */
hs_status catalog_decode(const uint8_t *bytes, size_t size, table_def **defs, catalog **result);
/* Frees a catalog with all its families. */
void catalog_free_all(catalog *c);

#endif
