/* readers.h: which commits are being read. A reader publishes its commit in a slot of its own cache
 * line; whoever wants to reuse space looks at all slots. Neither waits for the other.
 */
#ifndef ENGINE_READERS_H
#define ENGINE_READERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "hyperspatial/status.h"

#define READERS_CHUNK      64u
#define READERS_CHUNKS_MAX 1024u /* 65,536 snapshots at a time */

typedef struct reader_slot {
    _Alignas(64) _Atomic uint64_t
        state; /* 0: free; UINT64_MAX: taken, no commit yet; else its commit + 1 */
    /* Pages of write transactions from this number on are invisible to it. */
    _Atomic uint64_t limit;
    _Atomic uint64_t since; /* when it was taken last, by the coarse clock */
} reader_slot;

typedef struct readers {
    reader_slot
        *_Atomic chunks[READERS_CHUNKS_MAX]; /* each of READERS_CHUNK slots; used from the front */
} readers;

hs_status readers_open(readers *r);
void readers_close(readers *r);

/* Takes a free slot, which holds back nothing yet. HS_LIMIT, HS_NO_MEMORY. */
hs_status readers_take(readers *r, reader_slot **slot);

/* Protects everything that commit `sequence` and later ones can see. Sequentially consistent: the
 * caller must check that `sequence` was still current afterwards, or hold a lock that keeps it
 * so. */
static inline void reader_protect(reader_slot *slot, uint64_t sequence) {
    atomic_store(&slot->state, sequence + 1);
}
/* Lets go of the pages of write transactions numbered `limit` and higher, none of which the
 * reader's commit contains. */
static inline void reader_limit(reader_slot *slot, uint64_t limit) {
    atomic_store_explicit(&slot->limit, limit, memory_order_release);
}
static inline void reader_release(reader_slot *slot) {
    atomic_store_explicit(&slot->limit, UINT64_MAX, memory_order_relaxed);
    atomic_store_explicit(&slot->state, 0, memory_order_release);
}

/* What readers can see at one moment. */
#define READERS_VIEWED 64u
typedef struct readers_view {
    uint64_t visible; /* what new readers see */
    uint64_t oldest;  /* the smallest commit that is read, at most `visible` */
    uint64_t count;   /* readers; only the first READERS_VIEWED are listed */
    struct {
        uint64_t sequence;
        uint64_t limit;
    } listed[READERS_VIEWED];
} readers_view;

/* `visible` was read before the call. */
void readers_look(const readers *r, uint64_t visible, readers_view *view);

/* When the slot of the reader of the oldest commit was taken (of several, the first one): by the
 * coarse clock, not later than `now`, which is also the answer when there is none. */
uint64_t readers_oldest_since(const readers *r, uint64_t now);

/* Whether a reader can see what came into being with commit `born` and write transaction `txn`, and
 * went with commit `died`. */
bool readers_see(const readers_view *view, uint64_t born, uint64_t txn, uint64_t died);

#endif
