/* position_search.c: a query against all current positions, or those of given entities, in
 * blocks. */
#include "storage/trajectories/position_search.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "hyperbolic/chord.h"
#include "storage/trajectories/current_positions.h"
#include "storage/vectors/search.h"
#include "storage/vectors/vector_reader.h"

#define BLOCK 64

/* The kinds of a query that count. */
typedef struct parts {
    size_t count;
    chord_query queries[HS_MODALITIES];
    double weights[HS_MODALITIES];
    hs_modality modalities[HS_MODALITIES];
} parts;

static hs_status prepare(const hs_modality_weights *weights, const hs_position *query,
                         parts *parts) {
    if (query == NULL) return error_null("position to search from");
    const double all[HS_MODALITIES] = {weights->graph, weights->embedding, weights->property};
    parts->count = 0;
    for (hs_modality m = HS_GRAPH; m <= HS_PROPERTY; m++) {
        if (!(all[m] >= 0) || !isfinite(all[m]))
            return error_set(HS_INVALID, "the weight of a kind of position is a number from 0 on");
        if (all[m] == 0) continue;
        TRY(chord_prepare(&HS_POSITION_SPACE, hs_position_of(query, m),
                          &parts->queries[parts->count]));
        parts->weights[parts->count] = all[m];
        parts->modalities[parts->count++] = m;
    }
    if (parts->count > 0) return HS_OK;
    return error_set(HS_INVALID, "at least one kind of position must have a weight above 0");
}

/* The distances of up to BLOCK rows. */
static void compare(const parts *parts, const void *const *rows, size_t count, double *distances) {
    const float *points[BLOCK];
    double part[BLOCK];
    for (size_t p = 0; p < parts->count; p++) {
        for (size_t i = 0; i < count; i++)
            points[i] = current_row_point(rows[i], parts->modalities[p]);
        chord_many(&parts->queries[p], points, count, part);
        chord_distances(parts->queries[p].k, count, part);
        for (size_t i = 0; i < count; i++)
            distances[i] = (p == 0 ? 0 : distances[i]) + parts->weights[p] * part[i];
    }
}

hs_status position_row_distance(const hs_modality_weights *weights, const hs_position *position,
                                const void *row, double *distance) {
    parts parts;
    TRY(prepare(weights, position, &parts));
    compare(&parts, &row, 1, distance);
    return HS_OK;
}

/* --- rows ------------------------------------------------------------------------------------- */

/* Whether a row at this distance is of interest. */
typedef bool wants_row(void *context, double distance);
/* One that is, and whose entity may be found; false ends the search. */
typedef hs_status take_row(void *context, const hs_neighbour *neighbour, bool *more);

typedef struct position_scan {
    hs_snapshot *snapshot;
    engine_family family;
    const hs_neighbours_options *options;
    parts parts;
    wants_row *wants;
    take_row *take;
    void *context;
    bool ended;
} position_scan;

static hs_status offer(position_scan *s, uint64_t rid, double distance) {
    const hs_neighbours_options *o = s->options;
    hs_neighbour neighbour = {.distance = distance};
    bool more = true;
    if (!(distance < INFINITY) || !s->wants(s->context, distance)) return HS_OK;
    TRY(snapshot_uuid(s->snapshot, s->family, rid, &neighbour.id));
    if (o->exclude != NULL && memcmp(&neighbour.id, o->exclude, sizeof *o->exclude) == 0)
        return HS_OK;
    int accepted = o->accept == NULL ? 1 : o->accept(o->context, &neighbour.id);
    if (accepted < 0) return (hs_status)accepted;
    if (accepted > 0) TRY(s->take(s->context, &neighbour, &more));
    s->ended = !more;
    return HS_OK;
}

static hs_status offer_block(position_scan *s, const uint64_t *rids, const void *const *rows,
                             size_t count) {
    double distances[BLOCK];
    compare(&s->parts, rows, count, distances);
    for (size_t i = 0; i < count && !s->ended; i++)
        TRY(offer(s, rids[i], distances[i]));
    return HS_OK;
}

static hs_status offer_run(position_scan *s, const engine_run *run) {
    uint64_t rids[BLOCK];
    const void *rows[BLOCK];
    for (size_t at = 0; at < run->count && !s->ended; at += BLOCK) {
        size_t n = run->count - at < BLOCK ? run->count - at : BLOCK;
        for (size_t i = 0; i < n; i++) {
            rids[i] = layout_number(run->keys + (at + i) * RID_KEY_SIZE, RID_KEY_SIZE);
            rows[i] = run->values + (at + i) * run->stride;
        }
        TRY(offer_block(s, rids, rows, n));
    }
    return HS_OK;
}

static hs_status scan_all(position_scan *s) {
    engine_cursor *cursor;
    engine_run run;
    hs_status status = HS_OK;
    int moved;
    TRY(engine_cursor_open(s->snapshot->txn, layout_table(s->family, TABLE_POSITIONS), &cursor));
    while (status == HS_OK && !s->ended && (moved = engine_cursor_next_run(cursor, &run)) != 0)
        status = moved == 1 ? offer_run(s, &run) : (hs_status)moved;
    engine_cursor_close(cursor);
    return status;
}

static hs_status scan_rows(position_scan *s, const uint64_t *among, size_t count) {
    vector_reader *reader;
    hs_status status = HS_OK;
    TRY(vector_reader_open(s->snapshot->txn, layout_table(s->family, TABLE_POSITIONS), &reader));
    for (size_t i = 0; i < count && status == HS_OK && !s->ended; i++) {
        const void *row;
        status = vector_reader_get(reader, among[i], &row);
        if (status == HS_OK)
            status = offer_block(s, &among[i], &row, 1);
        else if (status == HS_NOT_FOUND)
            status = HS_OK;
    }
    vector_reader_close(reader);
    return status;
}

static hs_status scan(position_scan *s) {
    uint64_t *among = NULL;
    size_t count;
    if (s->options->among == NULL) return scan_all(s);
    hs_status status = search_rows(s->snapshot, s->family, s->options->among,
                                   s->options->among_count, &among, &count);
    if (status == HS_OK) status = scan_rows(s, among, count);
    memory_free(among);
    return status;
}

/* --- the nearest ------------------------------------------------------------------------------ */

static bool wants_nearest(void *context, double distance) {
    return nearest_wants(context, distance);
}

static hs_status take_nearest(void *context, const hs_neighbour *neighbour, bool *more) {
    (void)more;
    nearest_offer(context, &neighbour->id, neighbour->distance);
    return HS_OK;
}

hs_status position_search_rows(hs_snapshot *snapshot, engine_family family,
                               const hs_position *query, const hs_modality_weights *weights,
                               const hs_neighbours_options *options, hs_neighbour *neighbours,
                               size_t *count) {
    nearest nearest = {.heap = neighbours, .capacity = options->k};
    position_scan s = {.snapshot = snapshot,
                       .family = family,
                       .options = options,
                       .wants = wants_nearest,
                       .take = take_nearest,
                       .context = &nearest};
    TRY(prepare(weights, query, &s.parts));
    TRY(scan(&s));
    nearest_sort(&nearest);
    *count = nearest.count;
    return HS_OK;
}

static const hs_modality_weights graph_alone = {.graph = 1};

hs_status hs_positions_nearest(hs_snapshot *snapshot, const char *type, const hs_position *query,
                               const hs_modality_weights *weights,
                               const hs_neighbours_options *options, hs_neighbour *neighbours,
                               size_t *count) {
    family *family;
    if (options == NULL || options->k < 1 || options->k > HS_NEIGHBOURS_MAX)
        return error_set(HS_INVALID, "1 to %d neighbours can be asked for, not %zu",
                         HS_NEIGHBOURS_MAX, options != NULL ? options->k : 0);
    TRY(snapshot_family(snapshot, type, &family));
    return position_search_rows(snapshot, family->number, query,
                                weights != NULL ? weights : &graph_alone, options, neighbours,
                                count);
}

/* --- all within a distance -------------------------------------------------------------------- */

typedef struct within {
    double distance;
    hs_neighbour_found *found;
    void *context;
} within;

static bool wants_within(void *context, double distance) {
    return distance <= ((const within *)context)->distance;
}

static hs_status take_within(void *context, const hs_neighbour *neighbour, bool *more) {
    const within *w = context;
    *more = w->found(w->context, neighbour);
    return HS_OK;
}

hs_status hs_positions_within(hs_snapshot *snapshot, const char *type, const hs_position *query,
                              const hs_modality_weights *weights, double distance,
                              const hs_neighbours_options *options, hs_neighbour_found *found,
                              void *context) {
    static const hs_neighbours_options none;
    family *family;
    within w = {distance, found, context};
    if (!(distance >= 0))
        return error_set(HS_INVALID, "a distance to search within is a number from 0 on");
    TRY(snapshot_family(snapshot, type, &family));
    position_scan s = {.snapshot = snapshot,
                       .family = family->number,
                       .options = options != NULL ? options : &none,
                       .wants = wants_within,
                       .take = take_within,
                       .context = &w};
    TRY(prepare(weights != NULL ? weights : &graph_alone, query, &s.parts));
    return scan(&s);
}
