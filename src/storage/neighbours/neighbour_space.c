/* neighbour_space.c: distances between rows, by the kernels of vectors and of positions. */
#include "storage/neighbours/neighbour_space.h"

#include <math.h>

#include "base/error.h"
#include "hyperbolic/chord.h"
#include "storage/neighbours/neighbours.h"
#include "storage/trajectories/current_positions.h"

#define MODALITIES 3

static const neighbour_space *of(const space *space) {
    return (const neighbour_space *)space; /* its first member */
}

/* --- rows ------------------------------------------------------------------------------------- */

static hs_status find_row(const space *space, uint32_t node, const void **row) {
    const neighbour_space *self = of(space);
    if (self->rows != NULL) {
        *row = self->rows[node];
        return HS_OK;
    }
    if (self->before != NULL) {
        const neighbour_change *change = node_map_get(self->before, node);
        if (change != NULL && change->before != NULL) {
            *row = change->before;
            return HS_OK;
        }
    }
    return vector_reader_get(self->reader, node, row);
}

/* --- vectors ---------------------------------------------------------------------------------- */

/* Rows are linked by a distance, which the inner product is not. So for an index of it a dimension
 * is added in which each row has what it lacks to the greatest norm (Bachrach and others, RecSys
 * 2014): on that sphere those with the greatest product with a query, which has 0 there, are the
 * nearest to it. Distances here are −½ of the squares, but for a constant. */
typedef struct vector_query {
    const float *numbers;
    bool is_row;
    double norm;     /* HS_COSINE; HS_INNER_PRODUCT: of a row, its number in the added dimension */
    float decoded[]; /* of rows that are not float32 */
} vector_query;

/* The number in the added dimension of a row with this square. */
static double added(const neighbour_space *space, double square) {
    double rest = space->index->norm * space->index->norm - square;
    return rest > 0 ? sqrt(rest) : 0;
}

static double square_of(const neighbour_space *space, element element, const void *row,
                        const float *numbers) {
    double product, square = 0;
    space->kernels->rows[KERNEL_DOT_SQUARE][element](numbers, space->kind->options.dimension, row,
                                                     0, 1, &product, &square);
    return square;
}

void neighbour_query_vector(const neighbour_space *space, const float *numbers, void *query) {
    vector_query *q = query;
    q->numbers = numbers;
    q->is_row = false;
    q->norm = 0;
    if (space->index->metric == HS_COSINE)
        q->norm = sqrt(square_of(space, ELEMENT_F32, numbers, numbers));
}

static hs_status aim_vector(const space *space, const void *row, void *query) {
    const neighbour_space *self = of(space);
    vector_query *q = query;
    element element = vector_element(&self->kind->options);
    if (element != ELEMENT_F32)
        element_decode(element, row, self->kind->options.dimension, q->decoded);
    neighbour_query_vector(self, element == ELEMENT_F32 ? row : q->decoded, query);
    q->is_row = true;
    if (self->index->metric == HS_INNER_PRODUCT)
        q->norm = added(self, square_of(self, element, row, q->numbers));
    return HS_OK;
}

void neighbour_note_norm(const neighbour_space *space, neighbour_index *index, const void *row) {
    static const float any[HS_DIMENSION_MAX];
    if (space->kind == NULL || index->metric != HS_INNER_PRODUCT) return;
    double norm = sqrt(square_of(space, vector_element(&space->kind->options), row, any));
    if (norm > index->norm && isfinite(norm)) index->norm = norm;
}

static kernel_sum sum_of(const vector_query *query, hs_metric metric) {
    switch (metric) {
    case HS_L2:
        return KERNEL_L2;
    case HS_L1:
        return KERNEL_L1;
    case HS_COSINE:
        return KERNEL_DOT_SQUARE;
    default:
        return query->is_row ? KERNEL_DOT_SQUARE : KERNEL_DOT;
    }
}

/* Distances that are not numbers, beyond float32, are the farthest. */
static float number_of(const neighbour_space *space, const vector_query *query, double sum,
                       double square) {
    double norms = query->norm * sqrt(square);
    switch (space->index->metric) {
    case HS_COSINE:
        sum = norms > 0 ? 1 - sum / norms : 1;
        break;
    case HS_INNER_PRODUCT:
        sum = -sum - (query->is_row ? query->norm * added(space, square) : 0);
        break;
    default:
        break;
    }
    return isnan(sum) ? INFINITY : (float)sum;
}

static void compare_vectors(const space *space, const void *query, const void *const *rows,
                            size_t count, float *distances) {
    const neighbour_space *self = of(space);
    const vector_query *q = query;
    uint32_t dimension = self->kind->options.dimension;
    kernel_rows *kernel =
        self->kernels->rows[sum_of(q, self->index->metric)][vector_element(&self->kind->options)];
    for (size_t i = 0; i < count; i++) {
        double sum, square = 0;
        kernel(q->numbers, dimension, rows[i], 0, 1, &sum, &square);
        distances[i] = number_of(self, q, sum, square);
    }
}

/* --- positions -------------------------------------------------------------------------------- */

/* The kinds that count, each with the query's point. */
typedef struct position_query {
    size_t count;
    struct part {
        chord_query query;
        double weight;
        hs_modality modality;
    } parts[MODALITIES];
} position_query;

static double weight_of(const hs_modality_weights *weights, hs_modality modality) {
    return modality == HS_GRAPH       ? weights->graph
           : modality == HS_EMBEDDING ? weights->embedding
                                      : weights->property;
}

/* Of each kind, coordinates 1 to 16 from [1] on; borrowed. */
static hs_status aim_at(const neighbour_space *space, const float *const points[MODALITIES],
                        position_query *query) {
    query->count = 0;
    for (hs_modality m = HS_GRAPH; m <= HS_PROPERTY; m++) {
        struct part *part = &query->parts[query->count];
        part->weight = weight_of(&space->index->weights, m);
        part->modality = m;
        if (part->weight == 0) continue;
        TRY(chord_prepare(&HS_POSITION_SPACE, points[m], &part->query));
        query->count++;
    }
    return HS_OK;
}

static hs_status aim_position(const space *space, const void *row, void *query) {
    const float *points[MODALITIES];
    for (hs_modality m = HS_GRAPH; m <= HS_PROPERTY; m++)
        points[m] = current_row_point(row, m);
    return aim_at(of(space), points, query);
}

hs_status neighbour_query_position(const neighbour_space *space, const hs_position *position,
                                   void *query) {
    const float *points[MODALITIES];
    if (position == NULL) return error_null("position to search from");
    for (hs_modality m = HS_GRAPH; m <= HS_PROPERTY; m++)
        points[m] = hs_position_of(position, m);
    return aim_at(space, points, query);
}

/* One kind alone is compared by its chords, which order as distances do. */
static void compare_positions(const space *space, const void *query, const void *const *rows,
                              size_t count, float *distances) {
    const position_query *q = query;
    const float *points[HNSW_LIST_MAX + 1];
    double part[HNSW_LIST_MAX + 1], sum[HNSW_LIST_MAX + 1];
    (void)space;
    for (size_t p = 0; p < q->count; p++) {
        for (size_t i = 0; i < count; i++)
            points[i] = current_row_point(rows[i], q->parts[p].modality);
        chord_many(&q->parts[p].query, points, count, part);
        if (q->count > 1) chord_distances(1, count, part);
        for (size_t i = 0; i < count; i++)
            sum[i] = (p == 0 ? 0 : sum[i]) + (q->count > 1 ? q->parts[p].weight : 1) * part[i];
    }
    for (size_t i = 0; i < count; i++)
        distances[i] = (float)sum[i];
}

/* --- both ------------------------------------------------------------------------------------- */

void neighbour_space_begin(neighbour_space *space, const neighbour_index *index,
                           const vector_kind *kind) {
    *space = (neighbour_space){.index = index, .kind = kind, .kernels = kernels_best()};
    space->space.row = find_row;
    if (kind == NULL) {
        space->space.row_bytes = CURRENT_ROW_SIZE;
        space->space.query_bytes = sizeof(position_query);
        space->space.aim = aim_position;
        space->space.compare = compare_positions;
        return;
    }
    bool decodes = vector_element(&kind->options) != ELEMENT_F32;
    space->space.row_bytes = vector_row_size(&kind->options);
    space->space.query_bytes =
        sizeof(vector_query) + (decodes ? kind->options.dimension * sizeof(float) : 0);
    space->space.aim = aim_vector;
    space->space.compare = compare_vectors;
}

bool neighbour_row_is_usable(const neighbour_space *space, const void *row) {
    position_query query;
    return space->kind != NULL || aim_position(&space->space, row, &query) == HS_OK;
}
