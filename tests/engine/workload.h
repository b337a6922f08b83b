/* workload.h: a story of random commits told to an engine and to an oracle at once, which
 * remembers what must be found after a crash.
 *
 * The oracle commits first and keeps a snapshot of each state that may be found; the subject's
 * commits, checkpoints and closes move the states that must be found at least:
 *
 *   after a power cut     the last state that was acknowledged as durable, or a later one
 *   after a kill          the last state that was acknowledged as durable or buffered, or a later one
 */
#ifndef ENGINE_WORKLOAD_H
#define ENGINE_WORKLOAD_H

#include "engine/engine.h"
#include "oracle/random.h"

#define WORKLOAD_FAMILIES 4
#define WORKLOAD_STATES   4096 /* the most that may be awaited between two durable commits */

typedef struct workload {
    random_source random;
    engine *subject; /* set by the test */
    engine *oracle;
    engine_txn *states[WORKLOAD_STATES]; /* snapshots of the oracle, from number `first` on */
    uint64_t first, count;
    uint64_t durable, buffered; /* numbers of the states that must be there at least */
    uint32_t next_name;
    engine_txn *held; /* a snapshot of the subject */
    uint8_t *value;
} workload;

void workload_start(workload *w, uint64_t seed);
void workload_end(workload *w);

/* One commit, change of families, checkpoint or held snapshot. Returns the subject's failure, if
 * there was one; the state that it may or may not have reached is remembered. */
hs_status workload_step(workload *w);

/* A checkpoint, after which everything is durable. */
hs_status workload_checkpoint(workload *w);

/* Ends the held snapshot, so that the subject can be closed. */
void workload_release(workload *w);

/* Notes that the subject was closed cleanly: everything is durable. */
void workload_closed(workload *w);

/* The number of the state that the transaction sees, which must be `minimum` or later; UINT64_MAX
 * with a description if it is none. */
uint64_t workload_find(const workload *w, engine_txn *found, uint64_t minimum, char *difference,
                       size_t size);

/* Continues from state `number` as what the subject holds after a crash: later ones never
 * happened. */
void workload_continue(workload *w, uint64_t number);

#endif
