/* readers.h: which commits are being read. A reader publishes its commit in a slot of its own cache line; whoever wants to
 * reuse space looks at all slots. Neither waits for the other.
 */
#ifndef ENGINE_READERS_H
#define ENGINE_READERS_H

#include <stdatomic.h>
#include <stdint.h>

#include "hyperspatial/status.h"

#define READERS_CHUNK      64u
#define READERS_CHUNKS_MAX 1024u /* 65,536 snapshots at a time */

typedef struct reader_slot {
    _Alignas(64) _Atomic uint64_t
        state; /* 0: free; UINT64_MAX: taken, no commit yet; else its commit + 1 */
} reader_slot;

typedef struct readers {
    reader_slot
        *_Atomic chunks[READERS_CHUNKS_MAX]; /* each of READERS_CHUNK slots; used from the front */
} readers;

hs_status readers_open(readers *r);
void readers_close(readers *r);

/* Takes a free slot, which holds back nothing yet. HS_LIMIT, HS_NO_MEMORY. */
hs_status readers_take(readers *r, reader_slot **slot);

/* Protects everything that commit `sequence` and later ones can see. Sequentially consistent: the caller must check that
 * `sequence` was still current afterwards, or hold a lock that keeps it so. */
static inline void reader_protect(reader_slot *slot, uint64_t sequence) {
    atomic_store(&slot->state, sequence + 1);
}
static inline void reader_release(reader_slot *slot) {
    atomic_store_explicit(&slot->state, 0, memory_order_release);
}

/* The smallest commit that a reader sees, at most `current`; *count (may be NULL) receives the number of readers. */
uint64_t readers_oldest(const readers *r, uint64_t current, uint64_t *count);

#endif
