/* workload.h: a story of random commits told to an engine and to an oracle at once, which
 * remembers what must be found after a crash.
 *
 * The oracle commits first and keeps a snapshot of each state that may be found; the subject's
 * commits, checkpoints and closes move the states that must be found at least:
 *
 *   after a power cut     the last state that was acknowledged as durable, or a later one
 *   after a kill          the last state acknowledged as durable or buffered, or a later one
 */
#ifndef ENGINE_WORKLOAD_H
#define ENGINE_WORKLOAD_H

#include "engine/engine.h"
#include "oracle/random.h"

#define WORKLOAD_FAMILIES 4
#define WORKLOAD_REWINDS  64
#define WORKLOAD_STATES   4096 /* the most that may be awaited between two durable commits */

/* What a step does, also while it is under way. */
typedef enum workload_doing {
    WORKLOAD_COMMITS,
    WORKLOAD_CREATES, /* a family */
    WORKLOAD_RENAMES,
    WORKLOAD_DROPS,
    WORKLOAD_SAVES, /* a checkpoint */
    WORKLOAD_COMPACTS,
    WORKLOAD_HOLDS /* or lets go of a snapshot */
} workload_doing;

typedef struct workload {
    random_source random;
    uint64_t keys;  /* of a table, at most; 400 unless changed after workload_start */
    size_t longest; /* bytes of a value, likewise 700,000, which is the most */
    workload_doing doing;
    engine *subject; /* set by the test */
    engine *oracle;
    uint64_t oracle_sequence;          /* of its last state */
    engine *retired[WORKLOAD_REWINDS]; /* former oracles, which the states may belong to */
    size_t retired_count;
    engine_txn *states[WORKLOAD_STATES]; /* snapshots of the oracle, from number `first` on */
    uint64_t first, count;
    uint64_t durable, buffered; /* numbers of the states that must be there at least */
    bool keeps_all;             /* states before the durable one are not forgotten */
    uint32_t next_name;
    engine_txn *held; /* a snapshot of the subject */
    uint8_t *value;
    /* Called when a write fails; true: it is tried again, as the transaction must be as before the
     * call. */
    bool (*relents)(void *context, hs_status status);
    void *context;
} workload;

void workload_start(workload *w, uint64_t seed);
void workload_end(workload *w);

/* One commit, change of families, checkpoint, compaction or held snapshot. Returns the subject's
 * failure, if there was one; the state that it may or may not have reached is remembered. */
hs_status workload_step(workload *w);

/* Does one thing of this kind; what needs a family does nothing if there is none. */
hs_status workload_do(workload *w, workload_doing doing);

/* A checkpoint, after which everything is durable. */
hs_status workload_checkpoint(workload *w);

/* Ends the held snapshot, so that the subject can be closed. */
void workload_release(workload *w);

/* The number of the oracle's last state. */
uint64_t workload_last(const workload *w);
/* Whether the newest state can be told from the one before it: a commit may change nothing. */
bool workload_last_differs(const workload *w);

/* Notes that the subject has saved state `number`, by a clean close. */
void workload_saved(workload *w, uint64_t number);

/* The number of the state that the transaction sees, which must be `minimum` or later; UINT64_MAX
 * with a description if it is none. */
uint64_t workload_find(const workload *w, engine_txn *found, uint64_t minimum, char *difference,
                       size_t size);

/* Goes on from state `number`, as what the subject holds after a failure or a crash: later ones
 * never happened. */
void workload_rewind(workload *w, uint64_t number);

#endif
