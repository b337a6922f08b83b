/* report_svg.c: the results as bars: a group per figure, a bar per engine, each group on a
 * logarithmic scale of its own, the number beside the bar. */
#include <math.h>

#include "report.h"

#define WIDTH      940
#define LEFT       350 /* where bars begin */
#define BAR_WIDTH  480 /* of the longest bar */
#define BAR_HEIGHT 13
#define GROUP_GAP  14
#define TOP        86

static const char *const colours[] = {"#0b6e99", "#d1803b", "#6a994e", "#a44a3f",
                                      "#7b6d8d", "#b8b042", "#4f8f8b", "#8d99ae"};
#define COLOURS      (sizeof colours / sizeof colours[0])
#define LIMIT_COLOUR "#999999"

/* A text with what XML reserves written out. */
static void put_text(FILE *out, const char *text) {
    for (; *text != '\0'; text++) {
        if (*text == '&')
            fputs("&amp;", out);
        else if (*text == '<')
            fputs("&lt;", out);
        else if (*text == '>')
            fputs("&gt;", out);
        else
            fputc(*text, out);
    }
}

const char *report_colour(unsigned column) {
    return column == MACHINE ? LIMIT_COLOUR : colours[column % COLOURS];
}

/* The bounds of a group's scale: the powers of ten around its positive values; false if it has
 * none. */
static bool scale_of(const row *row, double *low, double *high) {
    *low = INFINITY;
    *high = 0;
    for (unsigned i = 0; i <= ENGINES_MAX; i++) {
        double value;
        if (!cell_median(&row->cells[i], &value) || value <= 0) continue;
        value *= row->figure->scale;
        if (value < *low) *low = value;
        if (value > *high) *high = value;
    }
    if (*high == 0) return false;
    *low = pow(10, floor(log10(*low) - 0.01));
    *high = pow(10, ceil(log10(*high) - 1e-9));
    return true;
}

static unsigned count_cells(const row *row) {
    unsigned count = 0;
    for (unsigned i = 0; i <= ENGINES_MAX; i++)
        count += row->cells[i].count > 0;
    return count;
}

/* Whether a figure gets a group. */
static bool is_shown(const row *row) {
    double low, high;
    return !row->figure->detail && scale_of(row, &low, &high);
}

static void put_bar(const row *row, unsigned column, double low, double high, int y, FILE *out) {
    double value = 0;
    char number[32];
    cell_median(&row->cells[column], &value);
    value *= row->figure->scale;
    format_number(value, number, sizeof number);
    double share = value > 0 ? log(value / low) / log(high / low) : 0;
    fprintf(out,
            "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>"
            "<text x=\"%.1f\" y=\"%d\" class=\"n\">%s</text>\n",
            LEFT, y, share * BAR_WIDTH, BAR_HEIGHT - 2, report_colour(column),
            LEFT + share * BAR_WIDTH + 5, y + BAR_HEIGHT - 4, number);
}

/* One figure, from `y` on; returns where the next one begins. */
static int put_group(const row *row, int y, FILE *out) {
    double low, high;
    scale_of(row, &low, &high);
    int height = (int)count_cells(row) * BAR_HEIGHT;
    for (double tick = low; tick <= high * 1.001; tick *= 10) {
        double x = LEFT + log(tick / low) / log(high / low) * BAR_WIDTH;
        fprintf(out, "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>\n", x, y - 1, x,
                y + height);
    }
    fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">", LEFT - 10, y + 10);
    put_text(out, row->figure->title);
    fprintf(out, "</text>\n<text x=\"%d\" y=\"%d\" text-anchor=\"end\" class=\"u\">", LEFT - 10,
            y + 23);
    put_text(out, row->figure->unit);
    fprintf(out, "%s%s is better</text>\n", row->figure->unit[0] != '\0' ? ", " : "",
            row->figure->less_is_better ? "less" : "more");
    for (unsigned i = 0; i <= ENGINES_MAX; i++) {
        if (row->cells[i].count == 0) continue;
        put_bar(row, i, low, high, y, out);
        y += BAR_HEIGHT;
    }
    return y + GROUP_GAP;
}

static void put_legend(const results *r, FILE *out) {
    int x = 20;
    unsigned columns = r->options->engine_count + (r->options->size_count == 0);
    for (unsigned i = 0; i < columns; i++) {
        unsigned column = i < r->options->engine_count ? i : MACHINE;
        const char *title =
            column == MACHINE ? "limit of the machine" : r->options->engines[i]->title;
        fprintf(out,
                "<rect x=\"%d\" y=\"56\" width=\"11\" height=\"11\" fill=\"%s\"/>"
                "<text x=\"%d\" y=\"66\">",
                x, report_colour(column), x + 16);
        put_text(out, title);
        fputs("</text>\n", out);
        x += 130;
    }
}

void report_svg_start(const results *r, int width, int height, const char *title, FILE *out) {
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
            "font-family=\"sans-serif\" font-size=\"12\">\n"
            "<style>.n{font-size:10px}.u{font-size:10px;fill:#666}.h{font-size:17px;"
            "font-weight:bold}line{stroke:#ddd}</style>\n"
            "<rect width=\"%d\" height=\"%d\" fill=\"white\"/>\n"
            "<text x=\"20\" y=\"26\" class=\"h\">%s</text>\n"
            "<text x=\"20\" y=\"44\" class=\"u\">",
            width, height, width, height, title);
    put_text(out, r->date);
    fputs("; ", out);
    put_text(out, r->machine);
    fprintf(out, "; %llu rows; logarithmic scales</text>\n", (unsigned long long)r->options->keys);
    put_legend(r, out);
}

void report_svg(const results *r, FILE *out) {
    int height = TOP;
    for (unsigned i = 0; i < r->count; i++)
        if (is_shown(&r->rows[i])) height += (int)count_cells(&r->rows[i]) * BAR_HEIGHT + GROUP_GAP;
    report_svg_start(r, WIDTH, height, "Hyperspatial and its peers", out);
    int y = TOP;
    for (unsigned i = 0; i < r->count; i++)
        if (is_shown(&r->rows[i])) y = put_group(&r->rows[i], y, out);
    fputs("</svg>\n", out);
}
