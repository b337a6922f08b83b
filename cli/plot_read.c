/* plot_read.c: positions and edges of a type, and the disk that they are projected to. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plot.h"

#define WIDTH       HS_POSITION_DIMENSION
#define AXIS_ROUNDS 200 /* of the power iteration that finds a principal axis */

/* A node while it is read. */
typedef struct reading {
    plot_node node;
    uint32_t order;
    double x[WIDTH];
} reading;

typedef struct readings {
    reading *items;
    size_t count, capacity;
} readings;

static reading *readings_add(readings *to) {
    if (to->count == to->capacity) {
        size_t capacity = to->capacity == 0 ? 256 : 2 * to->capacity;
        reading *items = allocate(capacity, sizeof *items);
        if (to->count > 0) memcpy(items, to->items, to->count * sizeof *items);
        free(to->items);
        to->items = items;
        to->capacity = capacity;
    }
    return &to->items[to->count++];
}

/* --- reading ---------------------------------------------------------------------------------- */

static char *label_of(invocation *run, const char *type, const hs_entity *entity,
                      const char *property) {
    hs_property found;
    char id[37];
    if (property != NULL &&
        hs_property_get(run->snapshot, type, &entity->id, hs_slice_of(property), &found) == HS_OK) {
        buffer text = {NULL, 0, 0};
        cell value = cell_value(found.value);
        output_cell_text(&text, &value, true);
        char *label = copy_string(buffer_content(&text));
        buffer_free(&text);
        return label;
    }
    if (entity->key.size > 0) return copy_string(entity->key);
    hs_uuid_format(&entity->id, id);
    return copy_string(hs_slice_of(id));
}

static hs_status read_degree(invocation *run, const char *type, const plot_request *request,
                             const hs_uuid *id, uint32_t *degree) {
    hs_edge_filter filter = {.active_only = true};
    if (request->edge_type != NULL) filter.type = hs_slice_of(request->edge_type);
    *degree = 0;
    for (int direction = HS_OUTGOING; direction <= HS_INCOMING; direction++) {
        hs_edge_iterator *edges;
        hs_status status =
            hs_edge_iterate(run->snapshot, type, id, (hs_direction)direction, &filter, &edges);
        if (status != HS_OK) return status;
        int next = 0;
        for (hs_edge edge; (next = hs_edge_next(edges, &edge)) == 1;)
            *degree +=
                strcmp(direction == HS_OUTGOING ? edge.target_type : edge.source_type, type) == 0;
        hs_edge_iterator_close(edges);
        if (next < 0) return (hs_status)next;
    }
    return HS_OK;
}

static hs_status read_node(invocation *run, const char *type, const plot_request *request,
                           const hs_entity *entity, readings *to) {
    hs_hyperbolic space = HS_POSITION_SPACE;
    hs_position position;
    hs_status status = hs_trajectory_at(run->snapshot, type, &entity->id, request->time, &position);
    if (status == HS_NOT_FOUND) return HS_OK;
    if (status != HS_OK) return status;
    reading *item = readings_add(to);
    *item = (reading){.node = {.id = entity->id}, .order = (uint32_t)to->count};
    item->node.label = label_of(run, type, entity, request->label);
    status = hs_hyperbolic_load(&space, HS_PROJECT, hs_position_of(&position, request->modality),
                                item->x);
    return status == HS_OK ? read_degree(run, type, request, &entity->id, &item->node.degree)
                           : status;
}

static hs_status read_nodes(invocation *run, const char *type, const plot_request *request,
                            readings *to) {
    hs_entity_iterator *entities;
    hs_status status = hs_entity_iterate(run->snapshot, type, HS_BY_CREATION, NULL, &entities);
    if (status != HS_OK) return status;
    int next = 0;
    for (hs_entity entity; status == HS_OK && (next = hs_entity_next(entities, &entity)) == 1;)
        status = read_node(run, type, request, &entity, to);
    hs_entity_iterator_close(entities);
    return status == HS_OK && next < 0 ? (hs_status)next : status;
}

/* --- projection ------------------------------------------------------------------------------- */

/* Moves everything so that the entity of this key is in the middle. */
static hs_status recentre(invocation *run, const char *type, const char *key, readings *nodes) {
    hs_hyperbolic space = HS_POSITION_SPACE;
    hs_entity entity;
    double centre[WIDTH] = {0};
    hs_status status = hs_entity_find(run->snapshot, type, hs_slice_of(key), &entity);
    for (size_t i = 0; status == HS_OK && i < nodes->count; i++)
        if (memcmp(&nodes->items[i].node.id, &entity.id, sizeof entity.id) == 0)
            memcpy(centre, nodes->items[i].x, sizeof centre);
    for (size_t i = 0; status == HS_OK && i < nodes->count; i++)
        status = hs_hyperbolic_recentre(&space, centre, nodes->items[i].x, nodes->items[i].x);
    return status;
}

/* The vector from the origin whose exponential is the point; returns its length. */
static double unfold(double *x) {
    double square = 0;
    for (int i = 1; i < WIDTH; i++)
        square += x[i] * x[i];
    double radius = asinh(sqrt(square)), scale = square > 0 ? radius / sqrt(square) : 0;
    for (int i = 1; i < WIDTH; i++)
        x[i] *= scale;
    return radius;
}

/* The direction in which the vectors spread most, orthogonal to `other` (may be NULL). Power
 * iteration, from a start that has a part in every direction. */
static void principal_axis(const readings *nodes, const double *other, double *axis) {
    for (int i = 1; i < WIDTH; i++)
        axis[i] = 1.0 / i;
    for (int round = 0; round < AXIS_ROUNDS; round++) {
        double sum[WIDTH] = {0}, length = 0, along = 0;
        for (size_t j = 0; j < nodes->count; j++) {
            const double *x = nodes->items[j].x;
            double share = 0;
            for (int i = 1; i < WIDTH; i++)
                share += x[i] * axis[i];
            for (int i = 1; i < WIDTH; i++)
                sum[i] += share * x[i];
        }
        for (int i = 1; other != NULL && i < WIDTH; i++)
            along += sum[i] * other[i];
        for (int i = 1; i < WIDTH; i++) {
            if (other != NULL) sum[i] -= along * other[i];
            length += sum[i] * sum[i];
        }
        if (!(length > 0)) return;
        for (int i = 1; i < WIDTH; i++)
            axis[i] = sum[i] / sqrt(length);
    }
}

static void project(readings *nodes) {
    double first[WIDTH] = {0}, second[WIDTH] = {0};
    double *radii = allocate(nodes->count + 1, sizeof *radii);
    for (size_t i = 0; i < nodes->count; i++)
        radii[i] = unfold(nodes->items[i].x);
    principal_axis(nodes, NULL, first);
    principal_axis(nodes, first, second);
    for (size_t i = 0; i < nodes->count; i++) {
        double x = 0, y = 0;
        for (int j = 1; j < WIDTH; j++) {
            x += nodes->items[i].x[j] * first[j];
            y += nodes->items[i].x[j] * second[j];
        }
        double length = hypot(x, y), radius = tanh(0.5 * radii[i]);
        nodes->items[i].node.x = length > 0 ? radius * x / length : 0;
        nodes->items[i].node.y = length > 0 ? radius * y / length : 0;
    }
    free(radii);
}

/* --- the plot --------------------------------------------------------------------------------- */

static int by_degree(const void *a, const void *b) {
    const reading *x = a, *y = b;
    if (x->node.degree != y->node.degree) return x->node.degree > y->node.degree ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

/* Keeps the most connected nodes. */
static void keep_nodes(readings *nodes, size_t most, plot *plot) {
    plot->node_count = nodes->count < most ? nodes->count : most;
    plot->left_out = nodes->count - plot->node_count;
    plot->nodes = allocate(plot->node_count + 1, sizeof *plot->nodes);
    for (size_t i = 0; i < nodes->count; i++)
        if (i < plot->node_count)
            plot->nodes[i] = nodes->items[i].node;
        else
            free(nodes->items[i].node.label);
    free(nodes->items);
}

typedef struct id_place {
    hs_uuid id;
    uint32_t node;
} id_place;

static int by_id(const void *a, const void *b) {
    return memcmp(a, b, sizeof(hs_uuid));
}

static hs_status read_edges(invocation *run, const char *type, const plot_request *request,
                            plot *plot) {
    hs_edge_filter filter = {.active_only = true};
    hs_edge_iterator *edges;
    size_t capacity = 0;
    id_place *places = allocate(plot->node_count + 1, sizeof *places);
    for (size_t i = 0; i < plot->node_count; i++) {
        places[i] = (id_place){plot->nodes[i].id, (uint32_t)i};
        capacity += plot->nodes[i].degree;
    }
    qsort(places, plot->node_count, sizeof *places, by_id);
    plot->edges = allocate(capacity + 1, sizeof *plot->edges);
    if (request->edge_type != NULL) filter.type = hs_slice_of(request->edge_type);
    hs_status status = HS_OK;
    for (size_t i = 0; status == HS_OK && i < plot->node_count; i++) {
        status =
            hs_edge_iterate(run->snapshot, type, &plot->nodes[i].id, HS_OUTGOING, &filter, &edges);
        if (status != HS_OK) break;
        int next = 0;
        for (hs_edge edge; (next = hs_edge_next(edges, &edge)) == 1;) {
            const id_place *found =
                bsearch(&edge.target, places, plot->node_count, sizeof *places, by_id);
            if (found != NULL && found->node != i && plot->edge_count < capacity)
                plot->edges[plot->edge_count++] = (plot_edge){(uint32_t)i, found->node};
        }
        hs_edge_iterator_close(edges);
        if (next < 0) status = (hs_status)next;
    }
    free(places);
    return status;
}

int plot_read(invocation *run, const hs_address *address, const plot_request *request, plot *plot) {
    readings nodes = {NULL, 0, 0};
    buffer title = {NULL, 0, 0};
    *plot = (struct plot){.labels_max = 0};
    buffer_format(&title, "%s/%s", address->collection, address->type);
    plot->title = copy_string(buffer_content(&title));
    buffer_free(&title);
    hs_status status = read_nodes(run, address->type, request, &nodes);
    if (status == HS_OK && request->centre != NULL)
        status = recentre(run, address->type, request->centre, &nodes);
    project(&nodes);
    if (nodes.count > 0) qsort(nodes.items, nodes.count, sizeof *nodes.items, by_degree);
    keep_nodes(&nodes, request->nodes_max, plot);
    if (status == HS_OK) status = read_edges(run, address->type, request, plot);
    if (status != HS_OK) return report_status(status);
    if (plot->node_count > 0) return EXIT_OK;
    return report(EXIT_NOT_FOUND,
                  "no entity of %s has a position; position init or position learn "
                  "gives them one",
                  plot->title);
}

void plot_free(plot *plot) {
    for (size_t i = 0; i < plot->node_count; i++)
        free(plot->nodes[i].label);
    free(plot->nodes);
    free(plot->edges);
    free(plot->title);
}
