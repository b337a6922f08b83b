/* plot.h: the Poincaré disk of an entity type as a picture: what is read, and what is drawn.
 *
 * A position of 16 dimensions becomes a point of the disk: its radius (distance from the centre)
 * is kept, its angle is that in the plane of the two principal axes of all points, as seen from the
 * centre. What was placed in 2 dimensions is shown as it is. The same data give the same picture.
 */
#ifndef CLI_PLOT_H
#define CLI_PLOT_H

#include "command.h"

typedef struct plot_node {
    hs_uuid id;
    char *label; /* owned */
    uint32_t degree;
    double x, y; /* in the unit disk */
} plot_node;

typedef struct plot_edge {
    uint32_t from, to;
} plot_edge;

typedef struct plot {
    plot_node *nodes; /* [node_count] the most connected first, ties by order of creation */
    size_t node_count;
    plot_edge *edges; /* between nodes that are drawn */
    size_t edge_count;
    size_t left_out; /* entities with a position that are not drawn */
    char *title;
    size_t labels_max;
} plot;

/* What of a type is to be read. */
typedef struct plot_request {
    hs_modality modality;
    const char *edge_type; /* NULL: every */
    const char *label;     /* the property that names a node; NULL: its key */
    const char *centre;    /* key of the entity in the middle; NULL: the origin stays there */
    size_t nodes_max;
    hs_time time;
} plot_request;

/* Reads the type's positions and edges, and places the points. Returns an exit code. Free with
 * plot_free, also after a failure. */
int plot_read(invocation *run, const hs_address *address, const plot_request *request, plot *plot);
void plot_free(plot *plot);

/* Where a label stands, in the picture's units. */
typedef struct plot_label {
    size_t node;
    double x, y; /* start of its base line */
    double size; /* of its letters */
} plot_label;

/* A node's place and size in the picture. */
void plot_place(const plot *plot, size_t node, double *x, double *y, double *radius);

/* Chooses labels, of the most connected nodes first, so that none covers another, a larger node, or
 * the border; returns their number. `labels` [plot->labels_max]. */
size_t plot_labels(const plot *plot, plot_label *labels);

/* Writes the picture as SVG. */
void plot_svg(const plot *plot, buffer *to);

#define PLOT_SIZE   1000.0 /* of the picture, in its units */
#define PLOT_RADIUS 440.0  /* of the disk in it */

#endif
