/* salvage.h: copying what can be read of a damaged collection into a new one.
 *
 *   salvage.c         walks the trees, looks for leaves that are cut off, tells what is lost
 *   salvage_source.c  reads the damaged file: nothing of it is believed before it is verified
 *   salvage_target.c  writes the new collection
 *   salvage_log.c     does the commits of the log again
 *
 * Every checkpoint stamps its catalog and its space map with the same transaction number, and the
 * map marks the catalog: so the two of one checkpoint are recognised also without a header.
 */
#ifndef ENGINE_SALVAGE_H
#define ENGINE_SALVAGE_H

#include "engine/store.h"
#include "hyperspatial/salvage.h"

/* What hs_salvage promises, on any file system. */
hs_status engine_salvage(vfs *fs, const char *path, const char *new_path, const hs_config *config,
                         const hs_salvage_report *report, hs_salvage_result *result);

/* Tells a sentence to whoever wants to know. */
void salvage_note(const hs_salvage_report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* --- the damaged file ------------------------------------------------------------------------- */

typedef struct salvage_source {
    vfs_file *file;
    const char *path;
    const hs_salvage_report *report;
    uint64_t units; /* of the file, whole ones */
    file_header slots[2];
    const file_header *newest; /* of the valid slots; NULL: both are damaged */
    bool sure;                 /* it is the newest that there was */
    catalog *catalog;
    table_def *defs;
    bool roots; /* the catalog is that of the newest checkpoint */
    bool exact; /* `marked` is the space map of the newest checkpoint */
    bitmap marked;
    uint64_t next_txn; /* pages from this transaction on are not in the newest checkpoint */
    uint8_t *window;   /* room for a page while the file is searched */
} salvage_source;

/* Opens and locks the file, and finds the newest catalog and space map. The errors of
 * hs_salvage. */
hs_status salvage_source_open(salvage_source *s, vfs *fs, const char *path,
                              const hs_salvage_report *report);
void salvage_source_close(salvage_source *s);

/* Reads the tree node `page` into `buffer` (16 units) and verifies it; false with the reason in
 * `message` (PAGE_FAULT_MAX bytes). */
bool salvage_read_node(salvage_source *s, uint32_t page, const page_expect *expect, uint8_t *buffer,
                       char *message);

/* Reads the long value of `bytes` bytes in the run at `page` into *buffer, which is made larger if
 * need be: the value stands behind a value_header. *message is empty if that succeeded.
 * HS_NO_MEMORY. */
hs_status salvage_read_value(salvage_source *s, uint32_t page, uint64_t bytes,
                             const page_expect *expect, byte_buffer *buffer, char *message);

/* Looks for pages with a valid checksum at all units, or at those that `only` marks; units that
 * `seen` marks are left out (both may be NULL). The page is in memory if it is a tree node; of a
 * run only its header is. */
typedef hs_status salvage_visit(void *context, const page_header *page);
hs_status salvage_scan(salvage_source *s, const bitmap *only, const bitmap *seen,
                       salvage_visit *visit, void *context);

/* --- the new collection ----------------------------------------------------------------------- */

/* It is written by replayed transactions, like a log by recovery: nothing is logged, and numbers
 * are given, not counted. Until the one checkpoint at the end, the file is an empty collection. */
typedef struct salvage_target {
    vfs *fs;
    char *path;
    store *store;
    struct txn *txn;
    uint64_t sequence;
    uint64_t pending; /* bytes since the last commit */
} salvage_target;

hs_status salvage_target_create(salvage_target *t, vfs *fs, const char *path,
                                const hs_config *config);
/* The family as the transaction changes it; NULL in *result if there is none. */
struct txn_family;
hs_status salvage_target_family(salvage_target *t, engine_family id, struct txn_family **result);
/* Writes a row. *written is false if the table cannot have it, or is not there. */
hs_status salvage_target_put(salvage_target *t, engine_table table, hs_slice key, hs_slice value,
                             bool *written);
/* Commits if enough has gathered. */
hs_status salvage_target_relax(salvage_target *t);
/* Makes it durable and closes it. */
hs_status salvage_target_finish(salvage_target *t);
/* Closes it and deletes its files, if it is not finished. */
void salvage_target_discard(salvage_target *t);

/* --- the log ---------------------------------------------------------------------------------- */

/* Does again what the log holds beyond the checkpoint. *commits receives how many; *whole is false
 * if some may be missing. */
hs_status salvage_log(salvage_source *s, salvage_target *t, uint64_t *commits, bool *whole);

#endif
