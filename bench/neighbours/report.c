/* report.c: rates at a recall: as a table, as JSON, and as curves. */
#include <math.h>
#include <string.h>

#include "neighbours.h"

#define RECALLS 2u
static const double recalls[RECALLS] = {0.95, 0.99};

double sweep_rate_at(const sweep *s, double recall, bool *at_least) {
    *at_least = s->count > 0 && s->points[0].recall >= recall;
    if (*at_least) return s->points[0].rate;
    for (unsigned i = 1; i < s->count; i++) {
        const sweep_point *a = &s->points[i - 1], *b = &s->points[i];
        if (b->recall < recall) continue;
        double share = b->recall > a->recall ? (recall - a->recall) / (b->recall - a->recall) : 1;
        return exp(log(a->rate) + share * (log(b->rate) - log(a->rate)));
    }
    return 0;
}

static bool is_ours(const sweep *s) {
    return strcmp(s->engine, engine_hyperspatial.name) == 0;
}

/* --- the table -------------------------------------------------------------------------------- */

/* What ours has of a number that the best peer on the same data has: the greatest or least. */
typedef double measure(const sweep *sweep);

static double rate_95(const sweep *s) {
    bool at_least;
    return sweep_rate_at(s, recalls[0], &at_least);
}
static double rate_99(const sweep *s) {
    bool at_least;
    return sweep_rate_at(s, recalls[1], &at_least);
}
static double build_of(const sweep *s) {
    return s->build_seconds;
}
static double bytes_of(const sweep *s) {
    return s->bytes_a_row;
}

static double best_peer(const sweep *sweeps, size_t count, const char *data, measure *of,
                        bool least) {
    double best = 0;
    for (size_t i = 0; i < count; i++) {
        double value = of(&sweeps[i]);
        if (is_ours(&sweeps[i]) || strcmp(sweeps[i].data, data) != 0 || !(value > 0)) continue;
        if (best == 0 || (least ? value < best : value > best)) best = value;
    }
    return best;
}

static void report_ratio(const sweep *sweeps, size_t count, const sweep *ours, const char *what,
                         measure *of, bool least, FILE *out) {
    double peer = best_peer(sweeps, count, ours->data, of, least);
    if (peer > 0) fprintf(out, "  %s: %.2f × the better peer's\n", what, of(ours) / peer);
}

static void report_points(const sweep *s, FILE *out) {
    bool at_least[RECALLS];
    double rates[RECALLS];
    for (unsigned i = 0; i < RECALLS; i++)
        rates[i] = sweep_rate_at(s, recalls[i], &at_least[i]);
    fprintf(out, "  %-14s %8.2f s %10.1f B/row %s%10.0f %s%10.0f\n", s->engine, s->build_seconds,
            s->bytes_a_row, at_least[0] ? "≥" : " ", rates[0], at_least[1] ? "≥" : " ", rates[1]);
}

void report_sweeps(const sweep *sweeps, size_t count, FILE *out) {
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || strcmp(sweeps[i].data, sweeps[i - 1].data) != 0)
            fprintf(out, "\n%s\n  %-14s %10s %16s %11s %11s  (queries/s, one thread)\n",
                    sweeps[i].title, "", "build", "beside the rows", "at 0.95", "at 0.99");
        report_points(&sweeps[i], out);
        if (i + 1 < count && strcmp(sweeps[i].data, sweeps[i + 1].data) == 0) continue;
        for (size_t j = 0; j <= i; j++) {
            if (!is_ours(&sweeps[j]) || strcmp(sweeps[j].data, sweeps[i].data) != 0) continue;
            report_ratio(sweeps, count, &sweeps[j], "queries/s at a recall of 0.95", rate_95, false,
                         out);
            report_ratio(sweeps, count, &sweeps[j], "queries/s at a recall of 0.99", rate_99, false,
                         out);
            report_ratio(sweeps, count, &sweeps[j], "build time", build_of, true, out);
            report_ratio(sweeps, count, &sweeps[j], "bytes beside the rows", bytes_of, true, out);
        }
    }
}

/* --- JSON ------------------------------------------------------------------------------------- */

void report_sweeps_json(const sweep *sweeps, size_t count, FILE *out) {
    fputs("[\n", out);
    for (size_t i = 0; i < count; i++) {
        const sweep *s = &sweeps[i];
        fprintf(out,
                "{\"data\": \"%s\", \"engine\": \"%s\", \"build_seconds\": %.4f, "
                "\"bytes_a_row\": %.2f, \"points\": [",
                s->data, s->engine, s->build_seconds, s->bytes_a_row);
        for (unsigned p = 0; p < s->count; p++)
            fprintf(out, "%s{\"width\": %u, \"recall\": %.5f, \"queries_a_second\": %.1f}",
                    p > 0 ? ", " : "", s->points[p].width, s->points[p].recall, s->points[p].rate);
        fprintf(out, "]}%s\n", i + 1 < count ? "," : "");
    }
    fputs("]\n", out);
}

/* --- curves ----------------------------------------------------------------------------------- */

#define PANEL_WIDTH  420
#define PANEL_HEIGHT 300
#define LEFT         70
#define TOP          60
#define GAP          90
#define LEAST_RECALL 0.8

static const char *const colours[] = {"#0b6e99", "#d1803b", "#6a994e"};

/* Recall from left to right, in steps of what is missing to 1; the rate upwards, logarithmic. */
typedef struct panel {
    double x, least, most;
} panel;

static double x_of(const panel *p, double recall) {
    double missing = recall < 0.9995 ? 1 - recall : 0.0005;
    return p->x +
           log((1 - LEAST_RECALL) / missing) / log((1 - LEAST_RECALL) / 0.0005) * PANEL_WIDTH;
}

static double y_of(const panel *p, double rate) {
    return TOP + PANEL_HEIGHT * (1 - log(rate / p->least) / log(p->most / p->least));
}

static void put_curve(const panel *p, const sweep *s, unsigned colour, FILE *out) {
    double last_x = -1, last_y = 0;
    for (unsigned i = 0; i < s->count; i++) {
        if (s->points[i].recall < LEAST_RECALL) continue;
        double x = x_of(p, s->points[i].recall), y = y_of(p, s->points[i].rate);
        if (last_x >= 0)
            fprintf(out,
                    "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" "
                    "style=\"stroke:%s;stroke-width:2\"/>\n",
                    last_x, last_y, x, y, colours[colour]);
        fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", x, y,
                colours[colour]);
        last_x = x;
        last_y = y;
    }
    fprintf(out, "<text x=\"%.1f\" y=\"%d\" fill=\"%s\">%s</text>\n", p->x + 8,
            TOP + PANEL_HEIGHT - 12 - 16 * (int)colour, colours[colour], s->engine);
}

static void put_axes(const panel *p, const char *title, FILE *out) {
    static const double ticks[] = {0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999};
    fprintf(out, "<text x=\"%.1f\" y=\"%d\">%s: recall@%u and queries/s</text>\n", p->x, TOP - 14,
            title, K);
    for (size_t i = 0; i < sizeof ticks / sizeof *ticks; i++)
        fprintf(out,
                "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/><text x=\"%.1f\" y=\"%d\" "
                "class=\"t\" text-anchor=\"middle\">%g</text>\n",
                x_of(p, ticks[i]), TOP, x_of(p, ticks[i]), TOP + PANEL_HEIGHT, x_of(p, ticks[i]),
                TOP + PANEL_HEIGHT + 16, ticks[i]);
    for (double rate = p->least; rate <= p->most * 1.001; rate *= 10)
        fprintf(out,
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/><text x=\"%.1f\" "
                "y=\"%.1f\" class=\"t\" text-anchor=\"end\">%g</text>\n",
                p->x, y_of(p, rate), p->x + PANEL_WIDTH, y_of(p, rate), p->x - 6, y_of(p, rate) + 4,
                rate);
}

static void put_panel(const sweep *sweeps, size_t count, panel *p, FILE *out) {
    p->least = INFINITY;
    p->most = 0;
    for (size_t i = 0; i < count; i++)
        for (unsigned j = 0; j < sweeps[i].count; j++) {
            if (sweeps[i].points[j].recall < LEAST_RECALL) continue;
            p->least = fmin(p->least, sweeps[i].points[j].rate);
            p->most = fmax(p->most, sweeps[i].points[j].rate);
        }
    if (!(p->most > 0)) return;
    p->least = pow(10, floor(log10(p->least)));
    p->most = pow(10, ceil(log10(p->most) + 1e-9));
    put_axes(p, sweeps[0].title, out);
    for (size_t i = 0; i < count; i++)
        put_curve(p, &sweeps[i], (unsigned)i % 3, out);
}

void report_sweeps_svg(const sweep *sweeps, size_t count, FILE *out) {
    size_t panels = 0;
    for (size_t i = 0; i < count; i++)
        panels += i == 0 || strcmp(sweeps[i].data, sweeps[i - 1].data) != 0;
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%zu\" height=\"%d\" "
            "font-family=\"sans-serif\" font-size=\"13\">\n"
            "<style>line{stroke:#ddd} .t{font-size:11px;fill:#666}</style>\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
            LEFT + panels * (PANEL_WIDTH + GAP), TOP + PANEL_HEIGHT + 40);
    panel p = {.x = LEFT};
    for (size_t i = 0; i < count;) {
        size_t same = 1;
        while (i + same < count && strcmp(sweeps[i].data, sweeps[i + same].data) == 0)
            same++;
        put_panel(sweeps + i, same, &p, out);
        p.x += PANEL_WIDTH + GAP;
        i += same;
    }
    fputs("</svg>\n", out);
}
