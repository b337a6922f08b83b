/* names.h: interned labels: each property, edge-type, series and measure name of a collection is
 * stored once and stands as a number (1 to 2^24 − 1) in keys and records. A label is never deleted
 * and never renumbered.
 *
 * Labels seen once are kept in memory until the collection closes, so that slices of them outlive
 * every snapshot.
 */
#ifndef STORAGE_NAMES_H
#define STORAGE_NAMES_H

#include <pthread.h>

#include "engine/engine.h"
#include "storage/collection/slots.h"

struct name;

typedef struct names {
    engine *engine;
    engine_family system;
    slots labels;          /* id -> struct name; read without a lock */
    pthread_rwlock_t lock; /* of the rest */
    struct name **table;   /* label -> struct name: open addressing, a power of two */
    size_t capacity;
    size_t count;
} names;

hs_status names_open(names *names, engine *engine, engine_family system);
void names_close(names *names);

/* The number of a label, interned now in a small commit of its own if it is new. Labels are checked
 * by the caller (text_check_label). HS_LIMIT after 2^24 − 1 of them; the engine's errors. */
hs_status names_intern(names *names, hs_slice label, uint32_t *id);

/* The number of a label that exists; HS_NOT_FOUND (no message) if `txn` does not show it. */
hs_status names_find(names *names, engine_txn *txn, hs_slice label, uint32_t *id);

/* The numbers of all labels that begin with `prefix`, ascending; whoever calls frees the array with
 * memory_free. */
hs_status names_with_prefix(names *names, engine_txn *txn, hs_slice prefix, uint32_t **ids,
                            size_t *count);

/* The label of a number; valid until the collection closes. HS_CORRUPT if there is none. */
hs_status names_label(names *names, engine_txn *txn, uint32_t id, hs_slice *label);

/* The same for a number that names_intern, names_find or names_label dealt with already: no look-up
 * in the table, no failure. */
hs_slice names_known(names *names, uint32_t id);

#endif
