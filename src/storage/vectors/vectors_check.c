/* vectors_check.c: checking and repairing: the registry against the tables, vectors against their
 * kind, postings against the vectors. */
#include <string.h>

#include "base/error.h"
#include "storage/indexes/index_list.h"
#include "storage/neighbours/neighbour_index.h"
#include "storage/vectors/postings.h"
#include "storage/vectors/vectors.h"

/* --- vectors ---------------------------------------------------------------------------------- */

/* Whether the bounds of an index take in a value. */
static hs_status check_bound(check *check, const check_family *family, const vector_kind *kind,
                             uint32_t index, float value) {
    float least, greatest;
    if (kind->bounds.table == 0) return HS_OK;
    hs_status status = bound_read(check->snapshot->txn, kind->bounds, index, &least, &greatest);
    if (status == HS_OK && least <= value && value <= greatest) return HS_OK;
    if (status != HS_OK && status != HS_NOT_FOUND && status != HS_CORRUPT) return status;
    check_problem(check, "%s: the bounds of index %u of the sparse vector '%s' leave out a value",
                  family->type, index, kind->name);
    return HS_OK;
}

/* Whether each pair of a sparse vector has its posting. */
static hs_status check_pairs(check *check, const check_family *family, const vector_kind *kind,
                             uint64_t rid, hs_slice value) {
    for (size_t i = 0; i < value.size / SPARSE_PAIR_SIZE; i++) {
        hs_slice posting;
        uint32_t index = sparse_index(value.data, i);
        layout_key key = posting_key(index, rid);
        TRY(check_bound(check, family, kind, index, sparse_value(value.data, i)));
        hs_status status =
            engine_get(check->snapshot->txn, kind->postings, layout_slice(&key), &posting);
        if (status != HS_OK && status != HS_NOT_FOUND) return status;
        if (status == HS_OK && posting.size == sizeof(float) &&
            memcmp(posting.data, (const uint8_t *)value.data + i * SPARSE_PAIR_SIZE + 4,
                   sizeof(float)) == 0)
            continue;
        check_problem(check, "%s: index %u of the sparse vector '%s' of row %llu %s its postings",
                      family->type, index, kind->name, (unsigned long long)rid,
                      status == HS_OK ? "has another value in" : "is missing from");
    }
    return HS_OK;
}

static hs_status check_vector(check *check, check_family *family, const vector_kind *kind,
                              hs_slice key, hs_slice value, uint64_t *pairs) {
    uint64_t rid;
    bool exists;
    if (!layout_rid_read(key, &rid)) {
        check_problem(check, "%s: a key of %zu bytes is no key of a vector '%s'", family->type,
                      key.size, kind->name);
        return HS_OK;
    }
    hs_status status = vector_value_verify(kind, value);
    if (status == HS_CORRUPT) {
        check_problem(check, "%s: vector '%s' of row %llu %s", family->type, kind->name,
                      (unsigned long long)rid, hs_last_error());
    } else if (kind->options.form == HS_SPARSE) {
        *pairs += value.size / SPARSE_PAIR_SIZE;
        TRY(check_pairs(check, family, kind, rid, value));
    }
    TRY(check_entity_exists(check, family->family->number, rid, &exists));
    if (!exists)
        check_problem(check, "%s: a vector '%s' belongs to row %llu, which does not exist",
                      family->type, kind->name, (unsigned long long)rid);
    return HS_OK;
}

/* The entries of a table; 0 if it is gone. */
static hs_status entries_of(engine_txn *txn, engine_table table, uint64_t *entries) {
    const engine_table_info *tables;
    size_t count;
    *entries = 0;
    TRY(engine_table_list(txn, table.family, &tables, &count));
    for (size_t i = 0; i < count; i++)
        if (tables[i].table.table == table.table) *entries = tables[i].entries;
    return HS_OK;
}

/* Every pair has its posting by now; if there are no more postings than pairs, every posting has
 * its pair. */
static hs_status check_postings(check *check, const check_family *family, const vector_kind *kind,
                                uint64_t pairs) {
    uint64_t postings;
    TRY(entries_of(check->snapshot->txn, kind->postings, &postings));
    if (postings > pairs)
        check_problem(check,
                      "%s: vector '%s' has %llu postings for the %llu pairs of its vectors: some "
                      "belong to none",
                      family->type, kind->name, (unsigned long long)postings,
                      (unsigned long long)pairs);
    return HS_OK;
}

static hs_status check_kind(check *check, check_family *family, const vector_kind *kind) {
    engine_cursor *cursor;
    uint64_t pairs = 0;
    TRY(engine_cursor_open(check->snapshot->txn, kind->table, &cursor));
    hs_status status = HS_OK;
    int moved;
    while (status == HS_OK && (moved = engine_cursor_next(cursor)) != 0) {
        status = moved == 1 ? check_vector(check, family, kind, engine_cursor_key(cursor),
                                           engine_cursor_value(cursor), &pairs)
                            : (hs_status)moved;
        family->counted.vectors++;
    }
    engine_cursor_close(cursor);
    if (status == HS_OK && kind->options.form == HS_SPARSE)
        status = check_postings(check, family, kind, pairs);
    return status;
}

/* --- the registry ----------------------------------------------------------------------------- */

/* Whether the table's values have the size of the kind's vectors. */
static hs_status check_table(check *check, const check_family *family, const vector_kind *kind) {
    const engine_table_info *tables;
    size_t count;
    bool fixed = kind->options.form == HS_DENSE || kind->options.form == HS_BINARY;
    TRY(engine_table_list(check->snapshot->txn, family->family->number, &tables, &count));
    for (size_t i = 0; i < count; i++) {
        if (tables[i].table.table != kind->table.table) continue;
        if (tables[i].options.fixed_value == fixed &&
            (!fixed || tables[i].options.value_size == vector_row_size(&kind->options)))
            return HS_OK;
    }
    check_problem(check, "%s: the table of vector '%s' is not one for its kind", family->type,
                  kind->name);
    return HS_OK;
}

static hs_status check_registered(check *check, check_family *family, const char *name) {
    vector_kind kind;
    hs_status status = vector_kind_find(check->snapshot->txn, family->family->number, name, &kind);
    if (status != HS_OK) return check_damage(check, family, status);
    TRY(check_table(check, family, &kind));
    return check_kind(check, family, &kind);
}

static hs_status check_registry(check *check, check_family *family) {
    engine_table registry = layout_table(family->family->number, TABLE_VECTOR_KINDS);
    engine_cursor *cursor;
    TRY(engine_cursor_open(check->snapshot->txn, registry, &cursor));
    hs_status status = HS_OK;
    int moved;
    while (status == HS_OK && (moved = engine_cursor_next(cursor)) != 0) {
        hs_slice key = engine_cursor_key(cursor);
        char name[HS_NAME_MAX + 1] = {0};
        if (moved < 0) {
            status = (hs_status)moved;
        } else if (key.size > HS_NAME_MAX) {
            check_problem(check, "%s: an entry of the registry of vectors is damaged",
                          family->type);
        } else {
            memcpy(name, key.data, key.size);
            status = check_registered(check, family, name);
        }
    }
    engine_cursor_close(cursor);
    return status;
}

/* Every table of vectors or postings belongs to a kind. */
static hs_status check_owner(check *check, check_family *family, const char *table,
                             const char *name, uint64_t vectors) {
    hs_slice value;
    hs_status status =
        engine_get(check->snapshot->txn, layout_table(family->family->number, TABLE_VECTOR_KINDS),
                   hs_slice_of(name), &value);
    if (status != HS_NOT_FOUND) return status;
    family->counted.vectors += vectors;
    check_problem(check,
                  "%s: table %s belongs to no registered vector; register '%s' as it was, or drop "
                  "it",
                  family->type, table, name);
    return HS_OK;
}

hs_status vectors_check(check *check, check_family *family) {
    const engine_table_info *tables;
    const char *name;
    size_t count;
    TRY(check_registry(check, family));
    TRY(engine_table_list(check->snapshot->txn, family->family->number, &tables, &count));
    for (size_t i = 0; i < count; i++) {
        if (tables[i].table.table <= FAMILY_TABLE_COUNT || index_is_table(tables + i)) continue;
        if (neighbour_table_is(&tables[i], &name)) continue; /* neighbour_check.c */
        if (vector_table_is(&tables[i], &name))
            TRY(check_owner(check, family, tables[i].name, name, tables[i].entries));
        else if (vector_postings_is(&tables[i], &name) || vector_bounds_is(&tables[i], &name))
            TRY(check_owner(check, family, tables[i].name, name, 0));
        else
            check_problem(check, "%s: table '%s' is no table of this version", family->type,
                          tables[i].name);
    }
    return HS_OK;
}

/* --- repairing -------------------------------------------------------------------------------- */

typedef struct repairing {
    engine_txn *seen, *write;
    const vector_kind *kind;
    uint64_t *changed;
} repairing;

/* Looks at an entry of a table. */
typedef hs_status visit_entry(const repairing *r, hs_slice key, hs_slice value);

static hs_status for_each_entry(const repairing *r, engine_table table, visit_entry *visit) {
    engine_cursor *cursor;
    hs_status status = HS_OK;
    int moved;
    TRY(engine_cursor_open(r->seen, table, &cursor));
    while (status == HS_OK && (moved = engine_cursor_next(cursor)) != 0)
        status = moved == 1 ? visit(r, engine_cursor_key(cursor), engine_cursor_value(cursor))
                            : (hs_status)moved;
    engine_cursor_close(cursor);
    return status;
}

/* Adds the postings that a stored vector is missing. */
static hs_status add_missing(const repairing *r, hs_slice key, hs_slice value) {
    uint64_t rid;
    if (!layout_rid_read(key, &rid) || vector_value_verify(r->kind, value) != HS_OK) return HS_OK;
    for (size_t i = 0; i < value.size / SPARSE_PAIR_SIZE; i++) {
        hs_slice posting;
        float number = sparse_value(value.data, i);
        layout_key at = posting_key(sparse_index(value.data, i), rid);
        if (r->kind->bounds.table != 0)
            TRY(bound_widen(r->write, r->kind->bounds, sparse_index(value.data, i), number,
                            r->changed));
        hs_status status = engine_get(r->seen, r->kind->postings, layout_slice(&at), &posting);
        if (status != HS_OK && status != HS_NOT_FOUND) return status;
        if (status == HS_OK && memcmp(posting.data, &number, sizeof number) == 0) continue;
        TRY(engine_put(r->write, r->kind->postings, layout_slice(&at),
                       (hs_slice){&number, sizeof number}));
        ++*r->changed;
    }
    return HS_OK;
}

/* Removes a posting that no stored vector has. */
static hs_status remove_stray(const repairing *r, hs_slice key, hs_slice value) {
    (void)value;
    hs_slice vector = {NULL, 0};
    layout_key row = layout_rid_key(posting_rid(key.data));
    hs_status status = engine_get(r->seen, r->kind->table, layout_slice(&row), &vector);
    if (status != HS_OK && status != HS_NOT_FOUND) return status;
    for (size_t i = 0; status == HS_OK && i < vector.size / SPARSE_PAIR_SIZE; i++)
        if (sparse_index(vector.data, i) == posting_index(key.data)) return HS_OK;
    ++*r->changed;
    return engine_delete(r->write, r->kind->postings, key);
}

hs_status vectors_repair(engine_txn *seen, engine_txn *txn, engine_family family,
                         uint64_t *changed) {
    arena arena = {0};
    const vector_kind *kinds;
    size_t count = 0;
    hs_status status = vector_kind_list(seen, family, &arena, &kinds, &count);
    for (size_t i = 0; i < count && status == HS_OK; i++) {
        repairing r = {seen, txn, &kinds[i], changed};
        if (kinds[i].options.form != HS_SPARSE) continue;
        status = for_each_entry(&r, kinds[i].table, add_missing);
        if (status == HS_OK) status = for_each_entry(&r, kinds[i].postings, remove_stray);
    }
    arena_free(&arena);
    return status == HS_CORRUPT ? HS_OK : status; /* a check names it */
}
