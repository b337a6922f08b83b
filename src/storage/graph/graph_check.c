/* graph_check.c: the check of edges: lists are sound, and both halves of every edge agree. */
#include <math.h>

#include "base/error.h"
#include "storage/graph/edge_history.h"
#include "storage/graph/edge_list.h"
#include "storage/graph/edge_properties.h"
#include "storage/graph/graph.h"

/* One half of the edges: a table of a family, and the one that has the other half. */
typedef struct half {
    uint32_t table;
    const char *name; /* of the table */
    uint32_t other_table;
    const char *other_name;
} half;

static const half forward_half = {TABLE_EDGES, "edges", TABLE_EDGES_IN, "edges_in"};
static const half reverse_half = {TABLE_EDGES_IN, "edges_in", TABLE_EDGES, "edges"};

/* The walk through one table. */
typedef struct walk {
    check *check;
    check_family *family;
    const half *half;
    bool is_long; /* a long list is being walked through: its head was met */
    uint64_t rid; /* of that list */
    uint32_t name;
    uint64_t announced, met; /* edges by its head, and in its blocks so far */
    uint64_t last;           /* the far end met last in the list */
    uint64_t edges;          /* in the table */
} walk;

typedef unsigned long long number;

/* --- edges ------------------------------------------------------------------------------------ */

/* Verifies that the other half of an edge is there and says the same. */
static hs_status check_other_half(walk *w, const edge_entry *entry, const edge_far *edge) {
    check *check = w->check;
    const char *type = w->family->type, *far_type;
    edge_far other;
    engine_family far_family = (engine_family)(edge->row >> RID_BITS);
    number near = entry->rid, far = edge->row & RID_MAX;
    if (snapshot_type_name(check->snapshot, far_family, &far_type) != HS_OK) {
        check_problem(check,
                      "%s, %s: an edge of row %llu leads to entity type number %u, which "
                      "does not exist",
                      type, w->half->name, near, far_family);
        return HS_OK;
    }
    hs_status status = edge_list_find(
        check->snapshot->txn, layout_table(far_family, w->half->other_table), edge->row & RID_MAX,
        entry->name, layout_route(w->family->family->number, entry->rid), &other);
    if (status != HS_OK && status != HS_NOT_FOUND) return check_damage(check, w->family, status);
    if (status == HS_NOT_FOUND)
        check_problem(check, "%s, %s: the edge of row %llu with row %llu of %s is not in %s there",
                      type, w->half->name, near, far, far_type, w->half->other_name);
    else if (other.active != edge->active ||
             memcmp(&other.weight, &edge->weight, sizeof other.weight) != 0)
        check_problem(check,
                      "%s, %s: the edge of row %llu with row %llu of %s differs from %s there",
                      type, w->half->name, near, far, far_type, w->half->other_name);
    return HS_OK;
}

/* --- lists ------------------------------------------------------------------------------------ */

static void end_list(walk *w) {
    if (w->is_long && w->announced != w->met)
        check_problem(w->check, "%s, %s: the list of row %llu says it has %llu edges, and has %llu",
                      w->family->type, w->half->name, (number)w->rid, (number)w->announced,
                      (number)w->met);
    w->is_long = false;
}

/* A new list begins: its entity exists, and its type is known. */
static hs_status begin_list(walk *w, const edge_entry *entry) {
    bool exists;
    hs_slice label;
    end_list(w);
    w->rid = entry->rid;
    w->name = entry->name;
    w->is_long = entry->is_index;
    w->announced = entry->count;
    w->met = w->last = 0;
    TRY(check_entity_exists(w->check, w->family->family->number, entry->rid, &exists));
    if (!exists)
        check_problem(w->check, "%s, %s: edges belong to row %llu, which does not exist",
                      w->family->type, w->half->name, (number)entry->rid);
    if (snapshot_label(w->check->snapshot, entry->name, &label) != HS_OK)
        check_problem(w->check, "%s, %s: edges of row %llu have the unknown type %u",
                      w->family->type, w->half->name, (number)entry->rid, entry->name);
    return HS_OK;
}

static hs_status check_block(walk *w, const edge_entry *entry, hs_slice value) {
    edge_far edges[EDGE_BLOCK_EDGES];
    size_t count;
    hs_status status = edge_block_decode(value, edges, &count);
    if (status != HS_OK) return check_damage(w->check, w->family, status);
    if (edges[0].row <= w->last)
        check_problem(w->check, "%s, %s: the blocks of row %llu overlap", w->family->type,
                      w->half->name, (number)entry->rid);
    w->last = edges[count - 1].row;
    w->met += count;
    w->edges += count;
    for (size_t i = 0; i < count; i++)
        TRY(check_other_half(w, entry, &edges[i]));
    return HS_OK;
}

static hs_status check_entry(walk *w, hs_slice key, hs_slice value) {
    edge_entry entry;
    hs_status status = edge_entry_read(key, value, &entry);
    if (status != HS_OK) return check_damage(w->check, w->family, status);
    bool head = key.size == NAMED_KEY_SIZE;
    if (head) TRY(begin_list(w, &entry));
    if (!head && (!w->is_long || entry.rid != w->rid || entry.name != w->name)) {
        check_problem(w->check, "%s, %s: a block of row %llu belongs to no list", w->family->type,
                      w->half->name, (number)entry.rid);
        return HS_OK;
    }
    return entry.is_index ? HS_OK : check_block(w, &entry, value);
}

static hs_status check_table(walk *w) {
    engine_cursor *cursor;
    engine_table table = layout_table(w->family->family->number, w->half->table);
    TRY(engine_cursor_open(w->check->snapshot->txn, table, &cursor));
    hs_status status = HS_OK;
    int found;
    while (status == HS_OK && (found = engine_cursor_next(cursor)) != 0)
        status = found < 0 ? (hs_status)found
                           : check_entry(w, engine_cursor_key(cursor), engine_cursor_value(cursor));
    engine_cursor_close(cursor);
    end_list(w);
    return status;
}

hs_status graph_check(check *check, check_family *family) {
    walk forward = {.check = check, .family = family, .half = &forward_half};
    walk reverse = {.check = check, .family = family, .half = &reverse_half};
    TRY(check_table(&forward));
    family->counted.edges = forward.edges;
    TRY(check_table(&reverse));
    TRY(edge_history_check(check, family));
    return edge_properties_check(check, family);
}
