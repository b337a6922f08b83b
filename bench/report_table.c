/* report_table.c: the results as a table, for a terminal or in Markdown. */
#include <stdarg.h>
#include <string.h>

#include "report.h"
#include "stores.h"

/* How one form of the table is written. */
typedef struct form {
    FILE *out;
    bool markdown;
    bool stores;               /* the rows of the stores, or of the engine */
    bool engines[ENGINES_MAX]; /* that have a column: those that do a work of these rows */
} form;

void format_number(double value, char *text, size_t size) {
    double magnitude = value < 0 ? -value : value;
    int decimals = magnitude >= 100 || value == 0 ? 0
                   : magnitude >= 10              ? 1
                   : magnitude >= 1               ? 2
                                                  : 3;
    snprintf(text, size, "%.*f", decimals, value);
}

/* How many places a text takes, which is UTF-8. */
static int width_of(const char *text) {
    int width = 0;
    for (; *text != '\0'; text++)
        width += (*text & 0xC0) != 0x80;
    return width;
}

/* One cell: in Markdown between bars, else filled up to its width on the left or on the right. */
static void put_cell(const form *f, const char *text, int width, bool left) {
    if (f->markdown) {
        fprintf(f->out, " %s |", text);
        return;
    }
    int fill = width - width_of(text);
    if (fill < 0) fill = 0;
    if (left)
        fprintf(f->out, "%s%*s  ", text, fill, "");
    else
        fprintf(f->out, "%*s%s  ", fill, "", text);
}

#define TITLE_WIDTH 64
#define VALUE_WIDTH 12

static void put_heading(const results *r, const form *f) {
    const options *o = r->options;
    unsigned numbers = 3;
    if (f->markdown) fputs("|", f->out);
    put_cell(f, f->stores ? "work of the stores" : "work", TITLE_WIDTH, true);
    for (unsigned i = 0; i < o->engine_count; i++) {
        if (!f->engines[i]) continue;
        put_cell(f, o->engines[i]->title, VALUE_WIDTH, false);
        numbers++;
    }
    put_cell(f, "limit", VALUE_WIDTH, false);
    put_cell(f, "× best peer", VALUE_WIDTH, false);
    put_cell(f, "× limit", 8, false);
    put_cell(f, "bar", 0, true);
    fputs("\n", f->out);
    if (!f->markdown) return;
    fputs("|---|", f->out);
    for (unsigned i = 0; i < numbers; i++)
        fputs("---:|", f->out);
    fputs("---|\n", f->out);
}

static void put_median(const results *r, const form *f, const row *row, unsigned column) {
    double value;
    char number[32] = "–", text[64];
    if (cell_median(&row->cells[column], &value))
        format_number(value * row->figure->scale, number, sizeof number);
    bool bold = f->markdown && (int)column == results_ours(r);
    snprintf(text, sizeof text, bold ? "**%s**" : "%s", number);
    put_cell(f, text, VALUE_WIDTH, false);
}

static void put_bars(const results *r, const form *f, const row *row) {
    bar_result bars[BARS_MAX];
    unsigned count = bars_judge(r, row, bars);
    char text[512] = "";
    for (unsigned i = 0; i < count; i++) {
        static const char *const verdicts[] = {
            [VERDICT_NONE] = "", [VERDICT_MET] = "met", [VERDICT_MISSED] = "NOT MET"};
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s%s%s%s%s", i > 0 ? "; " : "", bars[i].text,
                 bars[i].verdict != VERDICT_NONE ? ": " : "", bars[i].actual,
                 bars[i].verdict != VERDICT_NONE ? " " : "", verdicts[bars[i].verdict]);
    }
    put_cell(f, text, 0, true);
}

static void put_row(const results *r, const form *f, const row *row) {
    char title[128], text[32] = "";
    double ours, other;
    unsigned column;
    bool unit = row->figure->unit[0] != '\0';
    snprintf(title, sizeof title, "%s%s%s", row->figure->title, unit ? ", " : "",
             row->figure->unit);
    if (f->markdown) fputs("|", f->out);
    put_cell(f, title, TITLE_WIDTH, true);
    for (unsigned i = 0; i < r->options->engine_count; i++)
        if (f->engines[i]) put_median(r, f, row, i);
    put_median(r, f, row, MACHINE);
    bool measured = results_ours(r) >= 0 && cell_median(&row->cells[results_ours(r)], &ours);
    if (measured && results_best_peer(r, row, &other, &column))
        format_number(results_advantage(row->figure, ours, other), text, sizeof text);
    put_cell(f, text, VALUE_WIDTH, false);
    text[0] = '\0';
    if (measured && cell_median(&row->cells[MACHINE], &other))
        format_number(results_advantage(row->figure, ours, other), text, sizeof text);
    put_cell(f, text, 8, false);
    put_bars(r, f, row);
    fputs("\n", f->out);
}

static bool is_of_stores(const work *work) {
    return work->part != PART_ENGINE;
}

/* Whether any work of the options is of the stores, or of the engine. */
static bool has_works(const options *o, bool stores) {
    for (unsigned i = 0; i < o->work_count; i++)
        if (is_of_stores(o->works[i]) == stores) return true;
    return false;
}

/* The row of all works' memory stands with the stores if there are any. */
static bool has_row(const results *r, const form *f, const row *row) {
    if (row->figure->detail) return false;
    return f->stores == (row->work != NULL ? is_of_stores(row->work) : has_works(r->options, true));
}

static void put_part(const results *r, form f) {
    const options *o = r->options;
    if (!has_works(o, f.stores)) return;
    for (unsigned i = 0; i < o->work_count; i++)
        for (unsigned j = 0; j < o->engine_count; j++)
            if (is_of_stores(o->works[i]) == f.stores && work_fits(o->works[i], o->engines[j]))
                f.engines[j] = true;
    put_heading(r, &f);
    for (unsigned i = 0; i < r->count; i++)
        if (has_row(r, &f, &r->rows[i])) put_row(r, &f, &r->rows[i]);
    fputs("\n", f.out);
}

static void put_table(const results *r, FILE *out, bool markdown) {
    put_part(r, (form){.out = out, .markdown = markdown, .stores = false});
    put_part(r, (form){.out = out, .markdown = markdown, .stores = true});
}

/* The engines with their settings, one a line. */
static void put_engines(const results *r, FILE *out, bool markdown) {
    for (unsigned i = 0; i < r->options->engine_count; i++) {
        const driver *d = r->options->engines[i];
        bool stores = d->stores != NULL && has_works(r->options, true);
        char version[64];
        d->version(version, sizeof version);
        fprintf(out, markdown ? "- **%s %s**: %s" : "%s %s: %s", d->title, version, d->settings);
        if (stores) fprintf(out, "; stores: %s", d->stores->settings);
        fputs(markdown ? ".\n" : "\n", out);
    }
}

void report_table(const results *r, FILE *out) {
    fprintf(out, "%s; %s; %llu rows, %llu vectors, %u families; median of %u\n\n", r->date,
            r->machine, (unsigned long long)r->options->keys,
            (unsigned long long)r->options->vectors, r->options->families, r->options->runs);
    put_table(r, out, false);
    put_engines(r, out, false);
    fputs("A ratio over 1 is in favour of Hyperspatial; – was not measured.\n", out);
}

void report_markdown(const results *r, FILE *out) {
    fprintf(
        out,
        "Measured on %s: %s. %llu random keys of 16 bytes with values of 100 bytes, %llu "
        "vectors of 768 f32; medians of %u run%s. A ratio over 1 is in favour of Hyperspatial.\n\n",
        r->date, r->machine, (unsigned long long)r->options->keys,
        (unsigned long long)r->options->vectors, r->options->runs,
        r->options->runs == 1 ? "" : "s");
    put_table(r, out, true);
    put_engines(r, out, true);
}
