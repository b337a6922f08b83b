/* store.h: the embedded engine as a whole: one data file, one log, and what threads share.
 *
 * The parts, from the bottom: vfs (files), pagefile (the mapping), space (allocation), node and
 * tree (B+trees), catalog (the roots as of a commit), readers (who sees what), wal (the log), txn
 * (transactions), commit and settle (the pipeline), checkpoint, compact, recovery, check, salvage,
 * backup, stats, latency; interface makes them the engine of engine.h.
 *
 * Locks, in the order in which a thread may take them: family writers (by family), ddl, families'
 * shared tables (by family), checkpoint, pipeline, space. The log's prepare lock is taken under no
 * other than the first three. Who holds ddl waits for no writer, which may be one that is open for
 * long, or whose thread wants ddl.
 */
#ifndef ENGINE_STORE_H
#define ENGINE_STORE_H

#include <pthread.h>
#include <stdatomic.h>

#include "engine/catalog.h"
#include "engine/latency.h"
#include "engine/pagefile.h"
#include "engine/readers.h"
#include "engine/space.h"
#include "engine/wal.h"

#define SIZE_CLASSES 5u /* pages of 1, 2, 4, 8 and 16 units */

/* Free pages that a family's next writer finds at hand, by size class. */
typedef struct page_pool {
    run_list classes[SIZE_CLASSES];
} page_pool;

/* What a write transaction leaves to the next one of its family, so that small commits allocate
 * little: free pages, and empty lists and buffers with their memory. */
typedef struct writer_kit {
    page_pool pool;
    uint32_t refill;    /* single pages taken at once at least; or TXN_THRIFTY */
    run_list allocated; /* runs taken into use; some may have gone back to the pool */
    run_list spare;     /* of these, runs of long values that were freed again */
    run_list freed;     /* runs of earlier commits that were replaced */
    byte_buffer redo;   /* a wal_record whose payload is being written */
    /* Queued writes: u8 redo operation (or QUEUE_INSERT), family, table, key, value. */
    byte_buffer queue;
    table_entry *tables; /* for the first family that is copied */
    uint32_t table_capacity;
} writer_kit;

/* What the writers of a family share. */
typedef struct family_state {
    struct family_state *next; /* made before this one */
    pthread_mutex_t writer;    /* held by its one write transaction */
    pthread_mutex_t shared;    /* held while queued writes are applied to its shared tables */
    writer_kit kit;            /* guarded by `writer` */
} family_state;

/* Gives a kit's free pages back. */
void writer_kit_empty_pool(space *space, writer_kit *kit);
/* Frees a kit's memory; its pages have been given back, or the store ends. */
void writer_kit_free(writer_kit *kit);

typedef struct store {
    engine base;
    vfs *vfs;
    char *path;
    char *log_path;
    hs_config config;
    pagefile file;
    space space;
    wal log;
    readers readers;
    /* A page that is wiped in a child process: STORE_ALIVE in the one that opened the store. */
    const uint32_t *alive;
    _Atomic uint64_t next_txn;
    pthread_mutex_t ddl;
    pthread_mutex_t states_lock;       /* for adding to the next two */
    family_state *_Atomic *states;     /* [ENGINE_FAMILIES_MAX + 1], made on first use */
    family_state *_Atomic last_state;  /* the one made last; the others follow */
    catalog *_Atomic visible;          /* what new snapshots see */
    _Atomic uint64_t visible_sequence; /* its number; stored after it */

    pthread_mutex_t pipeline;
    pthread_cond_t progress; /* something below has changed */
    pthread_cond_t wake;     /* the background thread has work */
    /* Guarded by `pipeline`: */
    catalog *latest; /* what the next commit builds on */
    table_def *defs;
    uint32_t next_family;
    uint64_t checkpointed;       /* commits up to this one are in a finished checkpoint */
    uint64_t checkpoints;        /* finished since opening */
    uint64_t checkpointed_units; /* of pages that these made durable */
    /* Monotonic nanoseconds: of the running checkpoint (0: none), of the last finished one. */
    uint64_t checkpoint_start, checkpoint_end, checkpoint_duration;
    uint64_t checkpoint_rounds;  /* attempts ended, also failed ones */
    hs_status checkpoint_status; /* of the last attempt */
    char checkpoint_failure[512];
    bool checkpoint_wanted;
    bool flush_wanted; /* of the background thread */
    bool stopping;
    _Atomic bool stopped; /* failed is set; may be looked at without the lock */
    hs_status failed;     /* not HS_OK: writing has stopped for good, for this reason */
    char failure[512];

    pthread_mutex_t checkpoint; /* one at a time; also guards `header` */
    file_header header;         /* as last written */
    _Atomic bool clean;         /* header.clean */
    _Atomic bool damaged;       /* a check has found problems: nothing is moved any more */
    pthread_t background;
    bool has_background;
    latency latency; /* of commits */
    /* Since opening, which is where statistics begin: */
    uint64_t first_sequence, first_log_end;
} store;

/* What the embedded engine does for each function of engine.h (interface.c). */
extern const engine_ops store_ops;

/* Ends the store as engine_close says. */
void store_close(engine *e, hs_status *status);

#define STORE_ALIVE 0x48535043u

static inline bool store_is_ours(const store *s) {
    return *s->alive == STORE_ALIVE;
}
/* HS_INVALID in a child process. */
hs_status store_check_process(const store *s);

/* HS_VERSION if a header slot that begins as ours do is of a format that is not read. */
hs_status store_check_version(const char *path, const file_header *h);

/* The state of a family; NULL when memory is short. */
family_state *store_family_state(store *s, engine_family family);

/* Stops writing for good because of `status` (with the thread's last message). The pipeline lock is
 * held. */
void store_fail(store *s, hs_status status);
/* HS_OK, or HS_READ_ONLY with the reason. The pipeline lock is held. */
hs_status store_check_writable(const store *s);

/* What readers can see now. */
static inline void store_look(const store *s, readers_view *view) {
    readers_look(&s->readers, atomic_load(&s->visible_sequence), view);
}

/* What a page of a table at a level must be. */
static inline page_expect expect_node(const table_def *def, uint32_t level) {
    uint8_t leaf = def->shape.fixed ? PAGE_FIXED : PAGE_VARIABLE;
    return (page_expect){def->id.family, (uint16_t)def->id.table,
                         level > 0 ? (uint8_t)PAGE_INNER : leaf, (uint8_t)level, &def->shape};
}
static inline page_expect expect_value(const table_def *def) {
    return (page_expect){def->id.family, (uint16_t)def->id.table, PAGE_VALUE, 0, NULL};
}

/* --- checkpoint.c ----------------------------------------------------------------------------- */

typedef enum checkpoint_mode {
    CHECKPOINT_NEEDED, /* unless the last one holds the newest state already */
    CHECKPOINT_FORCED, /* in any case, which puts catalog and space map to the lowest free place */
    CHECKPOINT_CLEAN   /* the last one before closing: marks the file so, and empties the log */
} checkpoint_mode;

/* Writes the newest state to the data file and frees the log. After HS_FULL the store goes on
 * without it; after HS_IO it is read-only. */
hs_status checkpoint_run(store *s, checkpoint_mode mode);

/* Before the first commit after a clean close: notes in the file that its log counts. */
hs_status checkpoint_mark_open(store *s);
/* Writes a header into the slot of its generation and syncs the file. */
hs_status checkpoint_write_header(pagefile *file, const file_header *header);
/* The same, but nothing else of the file is synced along. */
hs_status checkpoint_write_header_alone(pagefile *file, const file_header *header);
/* The checksum that a header slot must carry. */
uint64_t checkpoint_header_checksum(const file_header *header);

/* --- recovery.c ------------------------------------------------------------------------------- */

/* Replays the log behind the checkpoint that was loaded. */
hs_status recovery_replay(store *s);

/* --- compact.c -------------------------------------------------------------------------------- */

/* Moves pages from the end of the file into free space before them, and gives the end back. Writers
 * wait for a family only while a part of it is moved. */
hs_status store_compact(store *s);
/* The same in few passes, and only if that is little work: before closing. */
hs_status store_tidy(store *s);

/* --- stats.c ---------------------------------------------------------------------------------- */

/* Begins to count, when the store has been loaded. */
void stats_start(store *s);
hs_status store_stats(engine *e, engine_stats *out);

/* --- check.c ---------------------------------------------------------------------------------- */

hs_status store_check(store *s, engine_problem *report, void *context, engine_check_result *result);

#endif
