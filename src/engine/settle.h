/* settle.h: from a published commit to one that is as durable as it asked to be, and visible.
 *
 * Whoever first needs the queued records on disk leads: it writes them all and syncs once. The
 * others wait, each at a semaphore of its own, until a leader finds their commit settled or passes
 * the lead on. Invariant, under the pipeline lock: while somebody waits, there is a leader, or one
 * of them has been woken to become it; and who was woken and does not lead wakes the next. So no
 * wake-up can be lost.
 */
#ifndef ENGINE_SETTLE_H
#define ENGINE_SETTLE_H

#include "engine/store.h"

/* What must have happened for a commit to be visible: the last commits up to it that ask for each
 * kind of durability. */
typedef struct pending {
    uint64_t last_durable;
    uint64_t last_buffered;
    uint64_t last_unlogged;
} pending;

/* Waits until a published commit is settled. It cannot be taken back: whatever keeps it from being
 * settled makes the store read-only, and only reopening tells whether it was kept. */
hs_status settle(store *s, const pending *p);

/* Makes visible what may be. The pipeline lock is held. */
void settle_advance(store *s);

/* Wakes those who wait and are settled, or all if writing has failed; and if nobody leads, one of
 * the others, to lead. Called whenever one of this may have become true. The number of those who
 * waited. The pipeline lock is held. */
uint32_t settle_wake(store *s);

/* Writes the queue to the log, and syncs it if asked. The pipeline lock is held and is released
 * meanwhile; nobody leads. */
hs_status settle_flush(store *s, bool sync);

/* Lets a checkpoint run to its end, here or in the background. The pipeline lock is held, and
 * released meanwhile. */
hs_status settle_await_checkpoint(store *s);

/* The body of the background thread. */
void *settle_background(void *store);

#endif
