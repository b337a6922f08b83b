/* within.c: all vectors of a kind within a distance of a query. */
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "hyperspatial/neighbours.h"
#include "storage/vectors/distance.h"
#include "storage/vectors/search.h"
#include "storage/vectors/vector_reader.h"
#include "storage/vectors/vectors.h"

#define BLOCK 64

typedef struct within {
    hs_snapshot *snapshot;
    const vector_kind *kind;
    const hs_neighbours_options *options;
    distance distance;
    double most;
    hs_neighbour_found *found;
    void *context;
    bool ended;
} within;

static hs_status offer(within *w, uint64_t rid, const void *row) {
    hs_neighbour neighbour = {.distance = distance_exact(&w->distance, row)};
    const hs_neighbours_options *o = w->options;
    if (!(neighbour.distance <= w->most)) return HS_OK;
    TRY(snapshot_uuid(w->snapshot, w->kind->table.family, rid, &neighbour.id));
    if (o->exclude != NULL && memcmp(&neighbour.id, o->exclude, sizeof *o->exclude) == 0)
        return HS_OK;
    int accepted = o->accept == NULL ? 1 : o->accept(o->context, &neighbour.id);
    if (accepted < 0) return (hs_status)accepted;
    if (accepted > 0) w->ended = !w->found(w->context, &neighbour);
    return HS_OK;
}

/* The exact distance only of those whose bound is small enough. */
static hs_status offer_run(within *w, const engine_run *run) {
    double bounds[BLOCK];
    for (size_t at = 0; at < run->count; at += BLOCK) {
        size_t n = run->count - at < BLOCK ? run->count - at : BLOCK;
        const uint8_t *rows = run->values + at * run->stride;
        distance_bounds(&w->distance, rows, run->stride, n, bounds);
        for (size_t i = 0; i < n && !w->ended; i++) {
            uint64_t rid = layout_number(run->keys + (at + i) * RID_KEY_SIZE, RID_KEY_SIZE);
            if (bounds[i] <= w->most) TRY(offer(w, rid, rows + i * run->stride));
        }
    }
    return HS_OK;
}

static hs_status scan_all(within *w) {
    engine_cursor *cursor;
    engine_run run;
    hs_status status = HS_OK;
    int moved;
    TRY(engine_cursor_open(w->snapshot->txn, w->kind->table, &cursor));
    while (status == HS_OK && !w->ended && (moved = engine_cursor_next_run(cursor, &run)) != 0)
        status = moved == 1 ? offer_run(w, &run) : (hs_status)moved;
    engine_cursor_close(cursor);
    return status;
}

static hs_status scan_rows(within *w, const uint64_t *among, size_t count) {
    vector_reader *reader;
    hs_status status = HS_OK;
    TRY(vector_reader_open(w->snapshot->txn, w->kind->table, &reader));
    for (size_t i = 0; i < count && status == HS_OK && !w->ended; i++) {
        const void *row;
        status = vector_reader_get(reader, among[i], &row);
        if (status == HS_OK)
            status = offer(w, among[i], row);
        else if (status == HS_NOT_FOUND)
            status = HS_OK;
    }
    vector_reader_close(reader);
    return status;
}

static hs_status scan(within *w) {
    uint64_t *among = NULL;
    size_t count;
    if (w->options->among == NULL) return scan_all(w);
    hs_status status = search_rows(w->snapshot, w->kind->table.family, w->options->among,
                                   w->options->among_count, &among, &count);
    if (status == HS_OK) status = scan_rows(w, among, count);
    memory_free(among);
    return status;
}

static hs_status prepare(within *w, const char *type, hs_metric metric, const hs_vector *query) {
    const vector_kind *kind = w->kind;
    if (kind->options.form != HS_DENSE && kind->options.form != HS_BINARY)
        return error_set(HS_INVALID,
                         "vector '%s' is %s; only dense and binary ones are searched "
                         "within a distance",
                         kind->name, hs_vector_form_name(kind->options.form));
    if (metric == HS_METRIC_DEFAULT) metric = kind->options.metric;
    TRY(vector_metric_check(&kind->options, metric));
    hs_status status = vector_value_check(kind->name, query);
    if (status == HS_OK) status = vector_value_fits(kind, type, query);
    if (status != HS_OK) return error_context(status, "the query");
    if (kind->options.form == HS_BINARY)
        distance_prepare_bits(&w->distance, kernels_best(), query->bits, query->dimension);
    else
        distance_prepare(&w->distance, kernels_best(), metric, vector_element(&kind->options),
                         query->values, query->dimension);
    return HS_OK;
}

hs_status hs_vectors_within(hs_snapshot *snapshot, const char *type, const char *name,
                            hs_metric metric, const hs_vector *query, double most,
                            const hs_neighbours_options *options, hs_neighbour_found *found,
                            void *context) {
    static const hs_neighbours_options none;
    within w = {.snapshot = snapshot,
                .options = options != NULL ? options : &none,
                .most = most,
                .found = found,
                .context = context};
    if (most != most) return error_set(HS_INVALID, "a distance to search within is a number");
    TRY(vectors_kind(snapshot, type, name, &w.kind));
    TRY(prepare(&w, type, metric, query));
    return scan(&w);
}
