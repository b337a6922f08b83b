/* plot_svg.c: the disk as SVG: edges are geodesics, that is, arcs of circles that meet the border
 * at right angles. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "plot.h"

/* Text with what XML reserves, and control characters, made harmless. */
static void add_text(buffer *to, const char *text) {
    for (; *text != '\0'; text++) {
        if (*text == '<')
            buffer_text(to, "&lt;");
        else if (*text == '>')
            buffer_text(to, "&gt;");
        else if (*text == '&')
            buffer_text(to, "&amp;");
        else
            buffer_char(to, (unsigned char)*text < ' ' ? ' ' : *text);
    }
}

/* The centre c of the arc's circle has c·p = (1 + |p|²)/2 for both ends; through the origin, or
 * nearly, the geodesic is a straight line. */
static void add_edge(buffer *to, const plot *plot, const plot_edge *edge) {
    const plot_node *p = &plot->nodes[edge->from], *q = &plot->nodes[edge->to];
    double px, py, qx, qy, radius, cross = p->x * q->y - p->y * q->x;
    plot_place(plot, edge->from, &px, &py, &radius);
    plot_place(plot, edge->to, &qx, &qy, &radius);
    buffer_format(to, "M%.2f %.2f", px, py);
    if (fabs(cross) > 1e-6) {
        double a = 0.5 * (1 + p->x * p->x + p->y * p->y), b = 0.5 * (1 + q->x * q->x + q->y * q->y);
        double cx = (a * q->y - b * p->y) / cross, cy = (b * p->x - a * q->x) / cross;
        double arc = PLOT_RADIUS * sqrt(fmax(cx * cx + cy * cy - 1, 0));
        buffer_format(to, "A%.2f %.2f 0 0 %d %.2f %.2f", arc, arc, cross > 0 ? 1 : 0, qx, qy);
    } else {
        buffer_format(to, "L%.2f %.2f", qx, qy);
    }
}

/* The hue is the angle, so that branches of a hierarchy keep a colour. */
static void add_node(buffer *to, const plot *plot, size_t node) {
    double x, y, radius, out = hypot(plot->nodes[node].x, plot->nodes[node].y);
    double hue = 180 + atan2(plot->nodes[node].y, plot->nodes[node].x) * 57.29577951308232;
    plot_place(plot, node, &x, &y, &radius);
    buffer_format(
        to, "<circle cx=\"%.2f\" cy=\"%.2f\" r=\"%.2f\" fill=\"hsl(%.0f,%.0f%%,45%%)\"><title>", x,
        y, radius, hue, 20 + 50 * out);
    add_text(to, plot->nodes[node].label);
    buffer_format(to, ", %" PRIu32 " edges</title></circle>\n", plot->nodes[node].degree);
}

static void add_labels(buffer *to, const plot *plot) {
    plot_label *labels = allocate(plot->labels_max + 1, sizeof *labels);
    size_t count = plot_labels(plot, labels);
    buffer_text(to, "<g fill=\"#1a1a1a\" stroke=\"#ffffff\" stroke-width=\"2.5\" "
                    "stroke-linejoin=\"round\" paint-order=\"stroke\">\n");
    for (size_t i = 0; i < count; i++) {
        buffer_format(to, "<text x=\"%.2f\" y=\"%.2f\" font-size=\"%.1f\">", labels[i].x,
                      labels[i].y, labels[i].size);
        add_text(to, plot->nodes[labels[i].node].label);
        buffer_text(to, "</text>\n");
    }
    buffer_text(to, "</g>\n");
    free(labels);
}

void plot_svg(const plot *plot, buffer *to) {
    buffer_format(to,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
                  "font-family=\"Helvetica, Arial, sans-serif\">\n<title>",
                  PLOT_SIZE, PLOT_SIZE);
    add_text(to, plot->title);
    buffer_format(to,
                  "</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n"
                  "<circle cx=\"%.0f\" cy=\"%.0f\" r=\"%.0f\" fill=\"#f7f8fa\" stroke=\"#9aa3ad\" "
                  "stroke-width=\"1.5\"/>\n<path d=\"",
                  0.5 * PLOT_SIZE, 0.5 * PLOT_SIZE, PLOT_RADIUS);
    for (size_t i = 0; i < plot->edge_count; i++)
        add_edge(to, plot, &plot->edges[i]);
    buffer_format(to,
                  "\" fill=\"none\" stroke=\"#5b6770\" stroke-opacity=\"%.2f\" "
                  "stroke-width=\"0.8\"/>\n<g stroke=\"#ffffff\" stroke-width=\"0.5\">\n",
                  plot->edge_count > 2000 ? 0.15 : 0.45);
    for (size_t i = plot->node_count; i-- > 0;) /* hubs on top */
        add_node(to, plot, i);
    buffer_text(to, "</g>\n");
    add_labels(to, plot);
    buffer_text(to, "</svg>\n");
}
