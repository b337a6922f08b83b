/* repair.c: the routing index and the counters, from the records that are left. */
#include "storage/collection/repair.h"

#include "base/error.h"
#include "base/memory.h"
#include "storage/collection/routing.h"
#include "storage/entities/entities.h"
#include "storage/graph/edge_list.h"
#include "storage/indexes/index_build.h"
#include "storage/measures/measures.h"
#include "storage/neighbours/neighbours.h"
#include "storage/series/timeseries.h"
#include "storage/trajectories/current_positions.h"
#include "storage/vectors/vectors.h"

#define QUEUE_MAX 10000 /* changes of the index in one commit */

typedef struct repair {
    collection *collection;
    engine_txn *seen;  /* the collection as it was */
    engine_txn *write; /* queued changes of the routing index */
    uint64_t queued;
    uint64_t *highest; /* the greatest row number that anything names, by family */
    uint32_t *shapes;  /* the greatest shape that a record names, by family */
    uint64_t *edges;   /* outgoing ones, by family */
    repair_result *result;
} repair;

hs_status repair_is_possible(engine *engine, bool *possible) {
    static const char *const names[] = {"version", "namespace", "epoch"};
    engine_family system = 0;
    engine_txn *txn;
    hs_slice value;
    *possible = false;
    TRY(engine_begin_read(engine, &txn));
    hs_status status = engine_family_find(txn, SYSTEM_FAMILY, &system);
    for (size_t i = 0; i < sizeof names / sizeof *names && status == HS_OK; i++)
        status =
            engine_get(txn, layout_table(system, TABLE_SETTINGS), hs_slice_of(names[i]), &value);
    engine_abort(txn);
    *possible = status == HS_OK;
    return status == HS_NOT_FOUND ? HS_OK : status;
}

/* --- the routing index ------------------------------------------------------------------------ */

static engine_table routing(const repair *r) {
    return layout_table(r->collection->system, TABLE_ROUTING);
}

/* Commits the queued changes, if there are at least `least`. */
static hs_status flush(repair *r, uint64_t least) {
    if (r->queued < least || r->write == NULL) return HS_OK;
    engine_txn *write = r->write;
    r->write = NULL;
    r->queued = 0;
    return engine_commit(write);
}

static hs_status change_route(repair *r, hs_slice id, const hs_slice *value) {
    if (r->write == NULL)
        TRY(engine_begin_write(r->collection->engine, NULL, 0, HS_BUFFERED, &r->write));
    if (value == NULL) {
        r->result->routes_removed++;
        TRY(engine_queue_delete(r->write, routing(r), id));
    } else {
        r->result->routes_added++;
        TRY(engine_queue_put(r->write, routing(r), id, *value));
    }
    r->queued++;
    return flush(r, QUEUE_MAX);
}

static void note_row(repair *r, engine_family family, uint64_t rid) {
    if (rid > r->highest[family]) r->highest[family] = rid;
}

/* Looks at an entry of a table; `family` is the one it is in. */
typedef hs_status visit_entry(repair *r, family *family, hs_slice key, hs_slice value);

/* Removes a route that leads nowhere. */
static hs_status check_route(repair *r, family *family, hs_slice key, hs_slice value) {
    (void)family;
    hs_uuid id;
    route route;
    hs_slice record;
    hs_status status = routing_read(key, value, &id, &route);
    if (status == HS_OK) {
        layout_key rid = layout_rid_key(route.rid);
        note_row(r, route.family, route.rid);
        status = engine_get(r->seen, layout_table(route.family, TABLE_RECORDS), layout_slice(&rid),
                            &record);
    }
    if (status == HS_NOT_FOUND || status == HS_CORRUPT) return change_route(r, key, NULL);
    return status;
}

/* Adds the route of a record that has none. A record that cannot be read has no id to lead from. */
static hs_status check_record(repair *r, family *family, hs_slice key, hs_slice value) {
    uint64_t rid;
    hs_uuid id;
    record_reader reader;
    route route;
    if (!layout_rid_read(key, &rid) || record_open(&reader, value, family->epoch) != HS_OK)
        return HS_OK;
    if (reader.head.shape > r->shapes[family->number])
        r->shapes[family->number] = reader.head.shape;
    entity_record_id(family, &reader.head, &id);
    hs_status status = routing_find(r->collection, r->seen, &id, &route);
    if (status == HS_OK) {
        layout_key other = layout_rid_key(route.rid);
        hs_slice record;
        status = engine_get(r->seen, layout_table(route.family, TABLE_RECORDS),
                            layout_slice(&other), &record);
    }
    if (status != HS_NOT_FOUND && status != HS_CORRUPT) return status;
    uint8_t bytes[sizeof(uint64_t)];
    store_u64(bytes, layout_route(family->number, rid));
    return change_route(r, (hs_slice){id.bytes, sizeof id.bytes}, &(hs_slice){bytes, sizeof bytes});
}

/* The entities at the other ends of edges are named, whether or not they are still there. */
static hs_status check_incoming(repair *r, family *family, hs_slice key, hs_slice value) {
    edge_entry entry;
    uint64_t rows[EDGE_BLOCK_EDGES];
    (void)family;
    if (edge_entry_read(key, value, &entry) != HS_OK || entry.is_index ||
        edge_block_rows(&entry.block, rows) != HS_OK)
        return HS_OK;
    for (uint32_t i = 0; i < entry.block.count; i++)
        note_row(r, (engine_family)(rows[i] >> RID_BITS), rows[i] & RID_MAX);
    return HS_OK;
}

static hs_status check_outgoing(repair *r, family *family, hs_slice key, hs_slice value) {
    edge_entry entry;
    if (edge_entry_read(key, value, &entry) == HS_OK && !entry.is_index)
        r->edges[family->number] += entry.count;
    return check_incoming(r, family, key, value);
}

static hs_status check_entries(repair *r, engine_table table, family *family, visit_entry *visit) {
    engine_cursor *cursor;
    hs_status status = HS_OK;
    int found;
    TRY(engine_cursor_open(r->seen, table, &cursor));
    while (status == HS_OK && (found = engine_cursor_next(cursor)) != 0) {
        status = found < 0
                     ? (hs_status)found
                     : visit(r, family, engine_cursor_key(cursor), engine_cursor_value(cursor));
    }
    engine_cursor_close(cursor);
    return status;
}

/* --- counters --------------------------------------------------------------------------------- */

/* Bytes of the row number that a table's keys begin with; 0 if they do not. */
static unsigned rid_bytes(const engine_table_info *info) {
    uint32_t table = info->table.table;
    const char *name;
    if (table > FAMILY_TABLE_COUNT) return vector_table_is(info, &name) ? RID_KEY_SIZE : 0;
    if (table == TABLE_RECORDS || table == TABLE_TRAJECTORIES || table == TABLE_POSITIONS)
        return RID_KEY_SIZE;
    bool named = table == TABLE_META || table == TABLE_SHAPES || table == TABLE_KEYS ||
                 table == TABLE_MEASURE_ORDER || table == TABLE_VECTOR_KINDS;
    return named ? 0 : RID_PREFIX_SIZE;
}

static void count_table(counters *c, const engine_table_info *table) {
    const char *name;
    switch (table->table.table) {
    case TABLE_RECORDS:
        c->entities = table->entries;
        break;
    case TABLE_SERIES_DIRECTORY:
        c->series = table->entries;
        break;
    case TABLE_MEASURES:
        c->measures = table->entries;
        break;
    default:
        if (vector_table_is(table, &name)) c->vectors += table->entries;
    }
}

/* Looks at the last key of a table, for the greatest row number or shape. */
static hs_status look_at_last(repair *r, const engine_table_info *table, counters *c) {
    engine_cursor *cursor;
    TRY(engine_cursor_open(r->seen, table->table, &cursor));
    int found = engine_cursor_last(cursor);
    unsigned bytes = rid_bytes(table);
    if (found > 0) {
        hs_slice key = engine_cursor_key(cursor);
        if (bytes > 0 && key.size >= bytes)
            note_row(r, table->table.family, layout_number(key.data, bytes) & RID_MAX);
        if (table->table.table == TABLE_SHAPES && key.size == sizeof(uint32_t))
            c->shapes = layout_number(key.data, sizeof(uint32_t));
    }
    engine_cursor_close(cursor);
    return found < 0 ? (hs_status)found : HS_OK;
}

static hs_status put_counters(repair *r, engine_family family, const counters *c) {
    engine_txn *txn;
    TRY(engine_begin_write(r->collection->engine, &family, 1, HS_BUFFERED, &txn));
    hs_status status = engine_put(txn, layout_table(family, TABLE_META), hs_slice_of(META_COUNTERS),
                                  (hs_slice){c, sizeof *c});
    if (status == HS_OK) return engine_commit(txn);
    engine_abort(txn);
    return status;
}

static hs_status check_counters(repair *r, family *of, const char *type) {
    (void)type;
    engine_family family = of->number;
    const engine_table_info *tables;
    size_t count;
    counters stored = {.next_rid = 1}, counted = {0};
    hs_status status = collection_counters(r->seen, family, &stored);
    if (status != HS_OK && status != HS_CORRUPT) return status;
    if (status == HS_CORRUPT) stored = (counters){.next_rid = 1};
    TRY(engine_table_list(r->seen, family, &tables, &count));
    for (size_t i = 0; i < count; i++) {
        count_table(&counted, &tables[i]);
        if (!index_is_table(&tables[i])) TRY(look_at_last(r, &tables[i], &counted));
    }
    TRY(timeseries_points(r->seen, family, &counted.points));
    counted.edges = r->edges[family];
    counted.next_rid = r->highest[family] + 1;
    if (stored.next_rid > counted.next_rid) counted.next_rid = stored.next_rid;
    if (stored.shapes > counted.shapes) counted.shapes = stored.shapes;
    if (r->shapes[family] > counted.shapes) counted.shapes = r->shapes[family];
    if (memcmp(&stored, &counted, sizeof stored) == 0) return HS_OK;
    r->result->types++;
    return put_counters(r, family, &counted);
}

static hs_status check_order(repair *r, family *family, const char *type) {
    (void)type;
    return measures_repair(r->collection, family, &r->result->places);
}

/* --- all of it -------------------------------------------------------------------------------- */

static hs_status check_rows(repair *r, family *family, const char *type) {
    (void)type;
    engine_family number = family->number;
    TRY(check_entries(r, layout_table(number, TABLE_RECORDS), family, check_record));
    TRY(check_entries(r, layout_table(number, TABLE_EDGES), family, check_outgoing));
    TRY(check_entries(r, layout_table(number, TABLE_EDGES_IN), family, check_incoming));
    engine *engine = r->collection->engine;
    TRY(edge_lists_repair(engine, r->seen, layout_table(number, TABLE_EDGES), false));
    return edge_lists_repair(engine, r->seen, layout_table(number, TABLE_EDGES_IN), true);
}

typedef hs_status visit_type(repair *r, family *family, const char *type);

static hs_status for_each_type(repair *r, visit_type *visit) {
    const engine_family_info *list;
    size_t count;
    hs_status status = engine_family_list(r->seen, &list, &count);
    for (size_t i = 0; status == HS_OK && i < count; i++) {
        family *family = NULL;
        if (!collection_is_type(&list[i])) continue;
        status = collection_family_numbered(r->collection, r->seen, list[i].family, list[i].name,
                                            &family);
        if (status == HS_OK) status = visit(r, family, list[i].name);
    }
    return status;
}

static hs_status rebuild_indexes(repair *r, family *family, const char *type) {
    index_rebuilt rebuilt;
    TRY(index_rebuild_all(r->collection, family, type, &rebuilt));
    r->result->indexes += rebuilt.rebuilt;
    r->result->indexes_dropped += rebuilt.dropped;
    return neighbours_rebuild_all(r->collection, family->number, &r->result->indexes,
                                  &r->result->indexes_dropped);
}

/* --- postings and positions ------------------------------------------------------------------- */

static hs_status repair_places(repair *r, family *of, const char *type) {
    (void)type;
    engine_txn *txn;
    uint64_t postings = 0, positions = 0;
    TRY(engine_begin_write(r->collection->engine, &of->number, 1, HS_BUFFERED, &txn));
    hs_status status = vectors_repair(r->seen, txn, of->number, &postings);
    if (status == HS_OK) status = current_positions_repair(r->seen, txn, of->number, &positions);
    r->result->postings += postings;
    r->result->positions += positions;
    if (status == HS_OK && postings + positions > 0) return engine_commit(txn);
    engine_abort(txn);
    return status;
}

/* The counters come last: what other types name must be known. */
static hs_status repair_all(repair *r) {
    TRY(check_entries(r, routing(r), NULL, check_route));
    TRY(for_each_type(r, check_rows));
    TRY(flush(r, 1));
    TRY(for_each_type(r, check_order));
    TRY(for_each_type(r, repair_places));
    TRY(for_each_type(r, check_counters));
    return for_each_type(r, rebuild_indexes);
}

hs_status collection_repair(collection *collection, repair_result *result) {
    repair r = {.collection = collection, .result = result};
    *result = (repair_result){0};
    size_t size = ENGINE_FAMILIES_MAX + 1;
    r.highest = memory_zeroed(size * sizeof *r.highest);
    r.shapes = memory_zeroed(size * sizeof *r.shapes);
    r.edges = memory_zeroed(size * sizeof *r.edges);
    hs_status status = r.highest == NULL || r.shapes == NULL || r.edges == NULL
                           ? error_memory("a repair", size * sizeof *r.highest)
                           : engine_begin_read(collection->engine, &r.seen);
    if (status == HS_OK) status = repair_all(&r);
    engine_abort(r.write);
    engine_abort(r.seen);
    memory_free(r.highest);
    memory_free(r.shapes);
    memory_free(r.edges);
    return status;
}
