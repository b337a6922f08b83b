/* router.h: the entry to the database: a root directory, its collections, their entity types;
 * snapshots to read.
 *
 * A collection `medical` is the file ROOT/medical.hs (with its log ROOT/medical.hs-log). Each
 * entity type inside is a column family of that file. Reads go through a snapshot (hs_snapshot),
 * writes through a batch (batch.h).
 *
 * Threads: a router is shared by any number of threads. A snapshot, a batch and an iterator belong
 * to one thread at a time. A child process after fork() must not use the parent's objects: calls on
 * a router, and commits, fail there with HS_INVALID; the others do not look.
 */
#ifndef HYPERSPATIAL_ROUTER_H
#define HYPERSPATIAL_ROUTER_H

#include "hyperspatial/config.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The entry to the collections below one root directory. */
typedef struct hs_router hs_router;
/* A collection as of one commit. */
typedef struct hs_snapshot hs_snapshot;

/* Opens the root directory `root`, creating it if it is missing (its parent must exist). `config`
 * may be NULL for the default preset; it is copied. Collections are opened on first use. The caller
 * closes *router with hs_router_close. Errors: HS_INVALID (configuration), HS_IO, HS_NO_MEMORY. */
hs_status hs_router_open(const char *root, const hs_config *config, hs_router **router);

/* Closes every open collection (a last checkpoint each) and frees the router; NULL is allowed. All
 * snapshots, batches and iterators must have ended: otherwise HS_BUSY, and nothing is closed. Any
 * other error is of the first collection that could not be saved; everything is closed and freed
 * all the same, and the logs keep what was acknowledged. */
hs_status hs_router_close(hs_router *router);

/* --- collections ------------------------------------------------------------------------------ */

/* Creates an empty collection, durably. HS_INVALID (name), HS_EXISTS, HS_IO, HS_FULL. */
hs_status hs_collection_create(hs_router *router, const char *collection);

/* Deletes a collection's files, also of one that is damaged. HS_NOT_FOUND; HS_NOT_A_COLLECTION: the
 * file is somebody else's, and stays; HS_BUSY while a snapshot or batch of it lives or another
 * process has it open; HS_IO. */
hs_status hs_collection_drop(hs_router *router, const char *collection);

/* The names of the collections in the root, those that hs_collection_exists affirms, sorted; a copy
 * owned by the caller: release with hs_names_free. */
typedef struct hs_names {
    char **names; /* [count] terminated strings */
    size_t count;
} hs_names;
hs_status hs_collection_list(hs_router *router, hs_names *names);
void hs_names_free(hs_names *names);

/* Whether the collection exists: HS_OK or HS_NOT_FOUND; HS_INVALID for a bad name. What has its
 * name counts even if it is damaged or no collection, which hs_collection_open tells; what is left
 * of an interrupted creation does not, and may be created anew. A symbolic link is no
 * collection. */
hs_status hs_collection_exists(hs_router *router, const char *collection);

/* Opens the collection now instead of at first use. Errors: HS_NOT_FOUND, HS_BUSY (naming the
 * process that holds it), HS_NOT_A_COLLECTION, HS_VERSION, HS_CORRUPT, HS_IO. `microseconds` (may
 * be NULL) receives what the engine needed. */
hs_status hs_collection_open(hs_router *router, const char *collection, uint64_t *microseconds);

/* Makes everything committed so far durable in the data file itself, so that its log is empty.
 * HS_IO, HS_FULL. */
hs_status hs_collection_checkpoint(hs_router *router, const char *collection);

/* Makes the data file about as small as what it holds (within 1 % where no long values leave gaps):
 * moves what lies at its end into free space before it, while others read and write. Cost: reads
 * inner nodes, moves at most what is free. HS_IO, HS_FULL. */
hs_status hs_collection_compact(hs_router *router, const char *collection);

/* How far a backup has come. */
typedef struct hs_backup_progress {
    uint64_t bytes;       /* copied */
    uint64_t bytes_total; /* to be copied */
    double seconds;       /* since the start */
} hs_backup_progress;

/* How a backup goes about its file and reporting. */
typedef struct hs_backup_options {
    bool replace; /* a file that is there already, unless it is a collection that is open */
    /* Called after each MiB; returning false stops the backup with HS_CANCELLED. It may use the
     * collection. May be NULL. */
    bool (*progress)(void *context, const hs_backup_progress *progress);
    void *context; /* handed to it */
} hs_backup_options;

/* What a backup has written. */
typedef struct hs_backup_result {
    uint64_t commit; /* the last commit that it contains */
    uint64_t bytes;  /* of the file */
    double seconds;
} hs_backup_result;

/* Copies a collection as of now to the file `path`, while others read and write. The file is a
 * collection of its own, closed cleanly: copied or moved to ROOT/NAME.hs it is opened like any
 * other. It appears under its name when it is whole and on disk; until then it is called
 * `path`.partial, which is deleted if the backup fails. Every page is verified: of a damaged
 * collection there is no backup. As long as it runs it keeps pages from being reused, like a
 * snapshot. `options` and `result` may be NULL. Cost: reads and writes everything once; memory: 1
 * MiB, and 32 bytes for each MiB of the collection. Errors: HS_NOT_FOUND and the errors of
 * hs_collection_open; HS_EXISTS: the file is there (and is not to be replaced), or a log with
 * commits lies where the copy would have its own; HS_BUSY: the file to be replaced is open, or
 * another backup to it is running; HS_CANCELLED, HS_CORRUPT, HS_FULL, HS_IO; HS_READ_ONLY after a
 * failed sync of the collection. */
hs_status hs_collection_backup(hs_router *router, const char *collection, const char *path,
                               const hs_backup_options *options, hs_backup_result *result);

/* --- entity types ----------------------------------------------------------------------------- */

/* Creates an entity type in one durable commit. HS_INVALID, HS_EXISTS, HS_LIMIT (65,000 types). */
hs_status hs_type_create(hs_router *router, const char *collection, const char *type);

/* Drops an entity type with everything in it: entities, properties, vectors, series, measures,
 * index entries, and edges in both directions, also those kept with other types. One atomic commit.
 * Cost: O(1) for the type's own data, O(k log n) for the k edges and index entries kept elsewhere.
 * HS_NOT_FOUND. */
hs_status hs_type_drop(hs_router *router, const char *collection, const char *type);

/* Renames an entity type; ids, edges and addresses by UUID stay valid. HS_NOT_FOUND, HS_EXISTS,
 * HS_INVALID. */
hs_status hs_type_rename(hs_router *router, const char *collection, const char *type,
                         const char *new_name);

/* The names of the entity types, sorted; release with hs_names_free. */
hs_status hs_type_list(hs_router *router, const char *collection, hs_names *names);

/* The bytes of an option's value, at most. */
#define HS_OPTION_VALUE_MAX 127

/* An option of an entity type: how what is written into the type is kept. */
typedef struct hs_type_option {
    const char *name; /* static, as the other texts outside of `value` */
    char value[HS_OPTION_VALUE_MAX + 1];
    const char *initial; /* the value as long as nothing else was set */
    const char *allowed; /* "on, off"; what a value may be */
    const char *help;    /* what it is for, in one line */
} hs_type_option;

/* Sets an option of an entity type, in one durable commit that waits for the type's writers. It
 * holds for what is written after it; what is there stays as it is. HS_NOT_FOUND (type),
 * HS_INVALID: there is no such option, which names those there are, or it does not take the value,
 * which says what it takes. */
hs_status hs_type_option_set(hs_router *router, const char *collection, const char *type,
                             const char *option, const char *value);

/* Whether hs_type_option_set would take the option and value: HS_OK or HS_INVALID. */
hs_status hs_type_option_check(const char *option, const char *value);

/* Reads one option. HS_NOT_FOUND (type), HS_INVALID (option). */
hs_status hs_type_option_get(hs_router *router, const char *collection, const char *type,
                             const char *option, hs_type_option *result);

/* All options of an entity type, in a fixed order; release with hs_type_options_free. */
typedef struct hs_type_options {
    hs_type_option *options; /* [count] */
    size_t count;
} hs_type_options;
hs_status hs_type_option_list(hs_router *router, const char *collection, const char *type,
                              hs_type_options *options);
void hs_type_options_free(hs_type_options *options);

/* --- snapshots -------------------------------------------------------------------------------- */

/* Takes a snapshot of a collection as of its last visible commit. Readers block nobody and are
 * blocked by nobody; a long-lived snapshot keeps the pages that it can see from being reused. Cost:
 * under a microsecond. The caller ends it with hs_snapshot_close. HS_NOT_FOUND and the errors of
 * hs_collection_open. */
hs_status hs_snapshot_open(hs_router *router, const char *collection, hs_snapshot **snapshot);

/* Ends the snapshot (NULL is allowed); every slice read from it becomes invalid. */
void hs_snapshot_close(hs_snapshot *snapshot);

/* The number of the commit that the snapshot shows; it grows by one per commit. */
uint64_t hs_snapshot_sequence(const hs_snapshot *snapshot);

/* --- addresses -------------------------------------------------------------------------------- */

/* What an address names. `type` is "" when only a collection is named; `has_id` says whether an
 * entity is. */
typedef struct hs_address {
    char collection[HS_NAME_MAX + 1];
    char type[HS_NAME_MAX + 1];
    bool has_id;
    hs_uuid id;
} hs_address;

/* Resolves "medical", "medical/patients", "medical/patients/10014729" (external key; further
 * slashes belong to the key), "medical/patients/UUID", "medical/UUID", or a bare UUID (looked for
 * in every collection). A key that looks like a UUID is first tried as a key. The entity must
 * exist. HS_NOT_FOUND says which part was not found; HS_PARSE. */
hs_status hs_address_resolve(hs_router *router, const char *text, hs_address *address);

/* --- statistics and checking ------------------------------------------------------------------ */

/* What is stored of one entity type. */
typedef struct hs_type_stats {
    char entity_type[HS_NAME_MAX + 1];
    uint64_t entities;
    uint64_t edges;  /* outgoing edges of the type's entities */
    uint64_t series; /* (entity, series name) pairs */
    uint64_t points; /* points in them */
    uint64_t vectors;
    uint64_t measures;
    uint64_t bytes; /* pages held by the column family */
} hs_type_stats;

/* Buckets of a latency histogram. */
#define HS_LATENCY_BUCKETS 40

/* How long commits took, from the call to its return. Each quantile is the end of a quarter of a
 * doubling: exact within a quarter, upwards. Of commits that are not durable one in 16 is
 * measured, and counts for all of them. */
typedef struct hs_latency {
    uint64_t count;                          /* commits that succeeded */
    uint64_t p50_ns, p90_ns, p99_ns, max_ns; /* nanoseconds */
    uint64_t buckets[HS_LATENCY_BUCKETS];    /* [i]: commits of 2^i to 2^(i+1) - 1 ns, or longer in
                                                the last one */
} hs_latency;

/* The state of a collection and of its files. What is counted since opening is counted by this
 * process since it opened the collection. */
typedef struct hs_collection_stats {
    uint64_t commits;            /* sequence number of the last visible commit */
    uint64_t file_bytes;         /* size of the data file */
    uint64_t free_bytes;         /* of it, free for reuse */
    uint64_t held_bytes;         /* of it, freed but kept for snapshots that can see it */
    uint64_t log_bytes;          /* size of the log file */
    uint64_t log_used_bytes;     /* of it, not yet in a checkpoint */
    uint64_t log_capacity_bytes; /* that it may have in use */

    uint64_t snapshots;       /* open now; batches that are being committed count too */
    uint64_t oldest_snapshot; /* the commit that the oldest one shows */
    double
        oldest_snapshot_seconds; /* since it was opened, to some milliseconds; 0: there is none */

    uint64_t opened_commits;     /* commits since opening */
    uint64_t log_written_bytes;  /* of their records, since opening */
    uint64_t log_syncs;          /* for commits, since opening: commits may share one */
    uint64_t data_written_bytes; /* of pages that checkpoints made durable, since opening */

    uint64_t checkpoints;              /* finished since opening */
    double checkpoint_seconds;         /* what the last one of them took */
    double checkpoint_age_seconds;     /* since its end */
    double checkpoint_running_seconds; /* of one that is running now; 0: there is none */

    hs_latency commit_latency; /* since opening */

    size_t type_count;
    hs_type_stats *types; /* [type_count], sorted by name; owned by this struct */
} hs_collection_stats;

/* Statistics of a collection. Cost: O(types + pages freed and not yet reused). Release with
 * hs_collection_stats_free. */
hs_status hs_collection_stats_read(hs_router *router, const char *collection,
                                   hs_collection_stats *stats);
void hs_collection_stats_free(hs_collection_stats *stats);

/* Receives one problem found by hs_collection_check: a sentence that names page, column family,
 * table and key. */
typedef void hs_check_problem(void *context, const char *problem);

/* How much a check has looked at, and how many problems it found. */
typedef struct hs_check_result {
    uint64_t pages;    /* pages read and verified */
    uint64_t entries;  /* keys whose order was checked */
    uint64_t entities; /* entities whose records, index entries and edges were compared */
    uint64_t edges;
    uint64_t problems;
} hs_check_result;

/* Checks a collection as of now while others may write: every page's checksum, every key's order,
 * every free page accounted for; every entity found by id, by key and by routing index; every edge
 * present in both directions; counters equal to what is there. HS_CORRUPT if a problem was found
 * (result->problems > 0), else HS_OK. Cost: reads everything.
 */
hs_status hs_collection_check(hs_router *router, const char *collection, hs_check_problem *report,
                              void *context, hs_check_result *result);

#ifdef __cplusplus
}
#endif

#endif
