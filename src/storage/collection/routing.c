/* routing.c: entries of the routing table: uuid(16) -> family << 48 | rid. */
#include "storage/collection/routing.h"

#include "base/error.h"

static engine_table routing(const collection *collection) {
    return layout_table(collection->system, TABLE_ROUTING);
}

static hs_slice id_key(const hs_uuid *id) {
    return (hs_slice){id->bytes, sizeof id->bytes};
}

hs_status routing_read(hs_slice key, hs_slice value, hs_uuid *id, route *route) {
    if (key.size != sizeof id->bytes || value.size != sizeof(uint64_t))
        return error_set(HS_CORRUPT, "an entry of the routing index is damaged; run a check");
    memcpy(id->bytes, key.data, sizeof id->bytes);
    uint64_t number = load_u64(value.data);
    route->family = (engine_family)(number >> RID_BITS);
    route->rid = number & RID_MAX;
    if (route->family == 0 || route->rid == 0) {
        char text[37];
        hs_uuid_format(id, text);
        return error_set(HS_CORRUPT, "the routing entry of %s is damaged; run a check", text);
    }
    return HS_OK;
}

hs_status routing_find(collection *collection, engine_txn *txn, const hs_uuid *id, route *route) {
    hs_slice value;
    hs_uuid same;
    TRY(engine_get(txn, routing(collection), id_key(id), &value));
    return routing_read(id_key(id), value, &same, route);
}

hs_status routing_insert(collection *collection, engine_txn *txn, const hs_uuid *id, route route) {
    uint8_t value[sizeof(uint64_t)];
    store_u64(value, layout_route(route.family, route.rid));
    return engine_queue_insert(txn, routing(collection), id_key(id),
                               (hs_slice){value, sizeof value});
}

hs_status routing_remove(collection *collection, engine_txn *txn, const hs_uuid *id) {
    return engine_queue_delete(txn, routing(collection), id_key(id));
}
