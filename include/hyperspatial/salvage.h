/* salvage.h: copying what can still be read of a damaged collection into a new one.
 *
 * A page that is damaged is left out, and everything else is copied: the rows of all tables, and
 * the commits that the log holds beyond the last checkpoint. The damaged files are only read.
 */
#ifndef HYPERSPATIAL_SALVAGE_H
#define HYPERSPATIAL_SALVAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "hyperspatial/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What became of one table of one column family (an entity type is a column family; the
 * collection's own is "$system"). */
typedef struct hs_salvage_table {
    const char *family;
    const char *table;
    uint64_t rows;        /* copied from the data file's pages */
    uint64_t rows_lost;   /* not found, of those that the catalog counts */
    bool lost_known;      /* false: there may be more that are lost than rows_lost */
    uint64_t pages_lost;  /* damaged pages that the table's tree leads to, long values included */
    uint64_t values_lost; /* of rows_lost: rows whose long value is damaged */
} hs_salvage_table;

/* Receives what a salvage finds; either function may be NULL. The strings live for the call. */
typedef struct hs_salvage_report {
    /* Called once for each table. */
    void (*table)(void *context, const hs_salvage_table *table);
    /* A sentence: a damaged page, a range of keys or a long value that is lost, what was done about
     * a damaged header, catalog, space map or log. */
    void (*note)(void *context, const char *sentence);
    void *context;
} hs_salvage_report;

/* What a salvage came to. */
typedef struct hs_salvage_result {
    uint64_t tables;
    uint64_t rows, rows_lost, pages_lost, values_lost; /* sums over the tables */
    uint64_t units_lost; /* units of 4 KiB in use that cannot be read or belong to nobody found */
    uint64_t commits;    /* of the log, done again in the new collection */
    bool stale;    /* rows may be there that had been changed or deleted: what would tell is lost */
    bool complete; /* everything was copied: nothing is lost, and nothing stale */
} hs_salvage_result;

/* Copies all that is readable of the data file `path`, and of its log `path`-log if it is there,
 * into the new data file `new_path` with its own log; both are closed again. The new collection has
 * the same column families, tables and numbers. If something is lost, its routing index and its
 * counters are then made to agree with the records that are left. `report` may be NULL.
 *
 * HS_OK if it was made, whether or not something is lost: see result->complete. HS_NOT_FOUND;
 * HS_EXISTS: `new_path` exists; HS_BUSY: somebody has the damaged file open; HS_VERSION;
 * HS_NOT_A_COLLECTION, HS_CORRUPT: nothing can be saved; HS_IO, HS_FULL, HS_NO_MEMORY of the new
 * one. On failure there is no new file.
 *
 * Cost: reads everything once, or twice if header, catalog or space map are damaged. Memory: a few
 * bits for each unit of 4 KiB and the longest value; if the space map is damaged, 16 bytes more for
 * each leaf that no tree leads to. */
hs_status hs_salvage(const char *path, const char *new_path, const hs_salvage_report *report,
                     hs_salvage_result *result);

#ifdef __cplusplus
}
#endif

#endif
