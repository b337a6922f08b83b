/* import.h: files into a collection, as a mapping file says (docs/import.md describes the mapping).
 *
 * An import reads CSV, TSV, JSON and JSONL, plain or packed with gzip or zstd (detected by
 * content), in bounded memory. Importing the same files twice changes nothing, unless rows of
 * different commits contradict each other: then the last one counts again, and revisions grow. An
 * import that was stopped or killed is finished by running it again.
 */
#ifndef HYPERSPATIAL_IMPORT_H
#define HYPERSPATIAL_IMPORT_H

#include "hyperspatial/router.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How far an import has come. */
typedef struct hs_import_progress {
    const char *source;   /* the file being read, as the mapping names it */
    size_t source_index;  /* from 0, in the order of reading */
    size_t source_count;  /* a source that refers to its own type is read, and counted, twice */
    uint64_t rows;        /* of all sources so far */
    uint64_t rejected;    /* bad rows so far */
    uint64_t bytes_read;  /* of all files as they are on disk */
    uint64_t bytes_total; /* 0 if unknown */
    double seconds;       /* since the start */
    bool finished;        /* the last call */
} hs_import_progress;

/* A row that could not be imported. */
typedef struct hs_import_reject {
    const char *file;
    uint64_t line;      /* from 1, of the row's first line */
    const char *column; /* "" if the row as a whole is at fault */
    const char *reason;
    hs_slice text; /* the row as it stands in the file */
} hs_import_reject;

/* How an import goes about bad rows, commits and reporting. */
typedef struct hs_import_options {
    /* Stop with HS_REJECTED after so many bad rows; 0 is as 1; UINT64_MAX: never; 100 by
     * default. */
    uint64_t max_rejects;
    size_t batch_rows; /* rows a commit: 1 to 1,000,000; 5,000 by default */
    /* Of each commit; buffered by default. The import ends with a durable checkpoint of a compact
     * file. */
    hs_durability durability;
    const char *rejects_path; /* file that receives the bad rows as JSON lines; NULL: none */
    double progress_seconds;  /* between two progress calls; 0.5 by default */
    /* Called from time to time and at the end; returning false stops the import with HS_CANCELLED.
     * May be NULL. */
    bool (*progress)(void *context, const hs_import_progress *progress);
    /* Called for each bad row. May be NULL. */
    void (*reject)(void *context, const hs_import_reject *reject);
    void *context; /* handed to both */
} hs_import_options;

/* What an import has read and written, or found unchanged. It counts what the rows gave: of rows
 * that give the same entity, edge or point each is counted. */
typedef struct hs_import_result {
    uint64_t rows; /* read, without headers */
    uint64_t rejected;
    uint64_t entities;
    uint64_t edges;
    uint64_t points;
    uint64_t vectors;
    uint64_t measures;
    double seconds;
} hs_import_result;

/* Fills the defaults. */
void hs_import_options_default(hs_import_options *options);

/* Imports the sources of the mapping file `mapping` from `source_dir` (NULL: the directory of the
 * mapping) into the mapping's collection, creating it and its entity types if they are missing.
 * `options` and `result` may be NULL. Errors: HS_PARSE (a bad mapping: its path, line or member,
 * and what was expected), HS_NOT_FOUND (a file, a column, an entity type), HS_INVALID (a cycle
 * between sources, named; a vector of another dimension than in the collection), HS_REJECTED,
 * HS_CANCELLED, HS_IO, HS_CORRUPT (a packed file or a JSON array that is damaged or cut off),
 * HS_FULL. What was committed before an error stays. */
hs_status hs_import_run(hs_router *router, const char *mapping, const char *source_dir,
                        const hs_import_options *options, hs_import_result *result);

#ifdef __cplusplus
}
#endif

#endif
