/* plot_labels.c: labels beside nodes, without overlaps: greedy, the most connected nodes first,
 * each at the first of eight places that is free. */
#include <math.h>
#include <stdlib.h>

#include "display.h"
#include "plot.h"

#define LETTER_WIDTH 0.56 /* of a letter's height, a little more than the mean of a sans serif */
#define GAP          3.0
#define LARGE        4.0 /* nodes of this radius and more are not covered */
#define MARGIN       4.0

typedef struct box {
    double left, top, right, bottom;
} box;

static bool boxes_meet(const box *a, const box *b) {
    return a->left < b->right && b->left < a->right && a->top < b->bottom && b->top < a->bottom;
}

static bool box_meets_node(const box *box, double x, double y, double radius) {
    double dx = x - fmax(box->left, fmin(x, box->right));
    double dy = y - fmax(box->top, fmin(y, box->bottom));
    return dx * dx + dy * dy < radius * radius;
}

void plot_place(const plot *plot, size_t node, double *x, double *y, double *radius) {
    double most = plot->node_count > 0 ? plot->nodes[0].degree : 0;
    double share = log1p(plot->nodes[node].degree) / log1p(fmax(most, 1));
    *x = 0.5 * PLOT_SIZE + PLOT_RADIUS * plot->nodes[node].x;
    *y = 0.5 * PLOT_SIZE - PLOT_RADIUS * plot->nodes[node].y;
    *radius = 1.6 + 9 * share * share;
}

/* The box of a label at one of eight places around a node: right, left, above, below, corners. */
static box candidate(int place, double x, double y, double radius, double width, double height) {
    static const double across[] = {1, -1, 0, 0, 1, -1, 1, -1};
    static const double down[] = {0, 0, -1, 1, -1, -1, 1, 1};
    double reach = (radius + GAP) * (place < 4 ? 1 : 0.75);
    double left = x + across[place] * reach - (across[place] < 0 ? width : 0) -
                  (across[place] == 0 ? 0.5 * width : 0);
    double top = y + down[place] * reach - (down[place] < 0 ? height : 0) -
                 (down[place] == 0 ? 0.5 * height : 0);
    return (box){left, top, left + width, top + height};
}

static bool is_free(const plot *plot, size_t node, const box *wanted, const box *taken,
                    size_t taken_count) {
    if (wanted->left < MARGIN || wanted->top < MARGIN || wanted->right > PLOT_SIZE - MARGIN ||
        wanted->bottom > PLOT_SIZE - MARGIN)
        return false;
    for (size_t i = 0; i < taken_count; i++)
        if (boxes_meet(wanted, &taken[i])) return false;
    for (size_t i = 0; i < plot->node_count; i++) {
        double x, y, radius;
        plot_place(plot, i, &x, &y, &radius);
        if (radius < LARGE) break; /* the most connected come first */
        if (i != node && box_meets_node(wanted, x, y, radius)) return false;
    }
    return true;
}

size_t plot_labels(const plot *plot, plot_label *labels) {
    box *taken = allocate(plot->labels_max + 1, sizeof *taken);
    size_t count = 0;
    for (size_t i = 0; i < plot->node_count && count < plot->labels_max; i++) {
        double x, y, radius;
        plot_place(plot, i, &x, &y, &radius);
        double size = 9 + 0.7 * radius;
        double width =
            LETTER_WIDTH * size * (double)display_width(hs_slice_of(plot->nodes[i].label));
        for (int place = 0; place < 8; place++) {
            box wanted = candidate(place, x, y, radius, width, size);
            if (!is_free(plot, i, &wanted, taken, count)) continue;
            labels[count] = (plot_label){i, wanted.left, wanted.bottom - 0.2 * size, size};
            taken[count++] = wanted;
            break;
        }
    }
    free(taken);
    return count;
}
