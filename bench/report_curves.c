/* report_curves.c: the results of --scale as curves: a panel per figure, over the number of rows on
 * the left and over the number of families on the right, logarithmic both ways. */
#include <math.h>
#include <string.h>

#include "report.h"

#define PANEL_WIDTH  380
#define PANEL_HEIGHT 150
#define LEFT         70
#define TOP          96
#define GAP_X        70
#define GAP_Y        58

/* A panel's place and scales. */
typedef struct panel {
    FILE *out;
    double x, y; /* of its upper left corner */
    double least_x, most_x, least_y, most_y;
} panel;

/* Whether a row is a point over the families (of the same number of rows), or over the rows. */
static bool belongs(const results *r, const row *row, bool over_families) {
    if (row->work == NULL) return false;
    if (over_families) return row->work->rows == r->options->keys;
    return row->work->families == 1;
}

static double place_of(const row *row, bool over_families) {
    return over_families ? row->work->families : (double)row->work->rows;
}

/* Whether both are points of one figure: their names are the same up to '@'. */
static bool same_figure(const row *a, const row *b) {
    size_t length = strcspn(a->figure->name, "@");
    return strncmp(a->figure->name, b->figure->name, length + 1) == 0;
}

static bool value_of(const row *row, unsigned column, double *value) {
    if (!cell_median(&row->cells[column], value) || *value <= 0) return false;
    *value *= row->figure->scale;
    return true;
}

/* Finds the scales of the panel of `first`'s figure; false if it has no two points. */
static bool find_scales(const results *r, const row *first, bool over_families, panel *p) {
    unsigned points = 0;
    p->least_x = p->least_y = INFINITY;
    p->most_x = p->most_y = 0;
    for (unsigned i = 0; i < r->count; i++) {
        const row *row = &r->rows[i];
        if (!belongs(r, row, over_families) || !same_figure(first, row)) continue;
        double value, place = place_of(row, over_families);
        for (unsigned j = 0; j < r->options->engine_count; j++) {
            if (!value_of(row, j, &value)) continue;
            p->least_y = fmin(p->least_y, value);
            p->most_y = fmax(p->most_y, value);
            p->least_x = fmin(p->least_x, place);
            p->most_x = fmax(p->most_x, place);
            points++;
        }
    }
    if (points < 2 || p->least_x >= p->most_x) return false;
    p->least_y = pow(10, floor(log10(p->least_y) + 1e-9));
    p->most_y = pow(10, ceil(log10(p->most_y) - 1e-9));
    if (p->most_y <= p->least_y) p->most_y = p->least_y * 10;
    return true;
}

static double x_of(const panel *p, double place) {
    return p->x + log(place / p->least_x) / log(p->most_x / p->least_x) * PANEL_WIDTH;
}

static double y_of(const panel *p, double value) {
    return p->y + PANEL_HEIGHT * (1 - log(value / p->least_y) / log(p->most_y / p->least_y));
}

static void put_curve(const results *r, const row *first, bool over_families, unsigned column,
                      const panel *p) {
    double last_x = 0, last_y = 0;
    for (unsigned i = 0; i < r->count; i++) {
        const row *row = &r->rows[i];
        double value;
        if (!belongs(r, row, over_families) || !same_figure(first, row)) continue;
        if (!value_of(row, column, &value)) continue;
        double x = x_of(p, place_of(row, over_families)), y = y_of(p, value);
        char number[32];
        format_number(value, number, sizeof number);
        if (last_x > 0)
            fprintf(p->out,
                    "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" "
                    "style=\"stroke:%s;stroke-width:2\"/>\n",
                    last_x, last_y, x, y, report_colour(column));
        fprintf(p->out,
                "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>"
                "<text x=\"%.1f\" y=\"%.1f\" class=\"n\" text-anchor=\"middle\" "
                "fill=\"%s\">%s</text>\n",
                x, y, report_colour(column), x, column == 0 ? y - 6 : y + 13, report_colour(column),
                number);
        last_x = x;
        last_y = y;
    }
}

static void put_axes(const row *first, bool over_families, const panel *p) {
    for (double tick = p->least_y; tick <= p->most_y * 1.001; tick *= 10)
        fprintf(p->out,
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>"
                "<text x=\"%.1f\" y=\"%.1f\" class=\"u\" text-anchor=\"end\">%g</text>\n",
                p->x, y_of(p, tick), p->x + PANEL_WIDTH, y_of(p, tick), p->x - 6, y_of(p, tick) + 4,
                tick);
    for (double tick = p->least_x; tick <= p->most_x * 1.001; tick *= 10)
        fprintf(p->out,
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>"
                "<text x=\"%.1f\" y=\"%.1f\" class=\"u\" text-anchor=\"middle\">%g%s</text>\n",
                x_of(p, tick), p->y, x_of(p, tick), p->y + PANEL_HEIGHT, x_of(p, tick),
                p->y + PANEL_HEIGHT + 14, over_families ? tick : tick * 1e-6,
                over_families ? "" : " M");
    int title = (int)strcspn(first->figure->title, ":");
    fprintf(p->out, "<text x=\"%.1f\" y=\"%.1f\">%.*s%s%s, over %s</text>\n", p->x, p->y - 10,
            title, first->figure->title, first->figure->unit[0] != '\0' ? ", " : "",
            first->figure->unit, over_families ? "families" : "rows");
}

/* One panel, if there is anything to show. */
static void put_panel(const results *r, const row *first, bool over_families, panel *p) {
    if (!find_scales(r, first, over_families, p)) return;
    put_axes(first, over_families, p);
    for (unsigned i = 0; i < r->options->engine_count; i++)
        put_curve(r, first, over_families, i, p);
}

void report_curves(const results *r, FILE *out) {
    unsigned points = r->options->work_count, figures = (r->count - 1) / points;
    int width = LEFT + 2 * PANEL_WIDTH + GAP_X + 40;
    int height = TOP + (int)figures * (PANEL_HEIGHT + GAP_Y);
    report_svg_start(r, width, height, "Hyperspatial as work grows", out);
    for (unsigned i = 0; i < figures; i++) {
        panel p = {.out = out, .x = LEFT, .y = TOP + (double)i * (PANEL_HEIGHT + GAP_Y) + 20};
        put_panel(r, &r->rows[i * points], false, &p);
        p.x = LEFT + PANEL_WIDTH + GAP_X;
        put_panel(r, &r->rows[i * points], true, &p);
    }
    fputs("</svg>\n", out);
}
