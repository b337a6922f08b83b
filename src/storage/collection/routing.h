/* routing.h: the master routing index: in which family, under which rid an entity is. */
#ifndef STORAGE_ROUTING_H
#define STORAGE_ROUTING_H

#include "storage/collection/collection.h"

typedef struct route {
    engine_family family;
    uint64_t rid;
} route;

/* Where an entity is, as `txn` shows it; exact for entities of families that `txn` has locked.
 * HS_NOT_FOUND (no message), HS_CORRUPT. */
hs_status routing_find(collection *collection, engine_txn *txn, const hs_uuid *id, route *route);

/* Queue the index entry of a new entity, and the removal of one. The commit fails with HS_CONFLICT
 * if the id of a new one was taken meanwhile. */
hs_status routing_insert(collection *collection, engine_txn *txn, const hs_uuid *id, route route);
hs_status routing_remove(collection *collection, engine_txn *txn, const hs_uuid *id);

/* Takes an entry of the routing table apart. HS_CORRUPT. */
hs_status routing_read(hs_slice key, hs_slice value, hs_uuid *id, route *route);

#endif
