/* shapes.h: the lists of property names that a type's records have, each stored once per family.
 *
 *   shapes table:   shape(4 BE)  ->  name (varint) …      in the byte order of the labels
 *
 * Rows of one file all have the same shape, so a record spends a byte or two on it. A family has at
 * most SHAPES_MAX shapes, numbered from 1; records beyond that carry their list themselves.
 */
#ifndef STORAGE_SHAPES_H
#define STORAGE_SHAPES_H

#include <pthread.h>

#include "base/arena.h"
#include "storage/collection/layout.h"
#include "storage/collection/slots.h"

#define SHAPES_MAX     4096
#define PROPERTIES_MAX 4096 /* of an entity */

typedef struct shape {
    struct shape *next; /* in a list of new shapes */
    uint64_t hash;      /* of names */
    uint32_t id;
    uint32_t count;
    uint32_t names[];
} shape;

/* The committed shapes of a family that were met so far. */
typedef struct shapes {
    slots by_id;          /* read without a lock */
    pthread_mutex_t lock; /* of adding to by_id */
    shape **table;        /* names -> shape, of the ids up to `known`: open addressing, a power of
                             two; used by the family's writer only */
    size_t capacity;
    uint32_t known;
} shapes;

hs_status shapes_open(shapes *shapes);
void shapes_close(shapes *shapes);

/* The shape of this number, as committed in `family`. HS_CORRUPT if there is none. */
hs_status shapes_get(shapes *shapes, engine_txn *txn, engine_family family, uint32_t id,
                     const shape **result);

/* For the writer of `family`: the number of a list of names, found among the `stored` committed
 * shapes and the `*added` ones of this transaction, or added to the table, to `*added` (in `arena`)
 * and to `*total`; 0 if there are SHAPES_MAX already. */
hs_status shapes_intern(shapes *shapes, engine_txn *txn, engine_family family, uint64_t stored,
                        uint64_t *total, shape **added, arena *arena, const uint32_t *names,
                        size_t count, uint32_t *id);

#endif
