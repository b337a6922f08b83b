/* report_json.c: every figure of every run, for programs. */
#include <math.h>

#include "report.h"
#include "stores.h"

/* A text as a JSON string. What we write is UTF-8 already. */
static void put_string(FILE *out, const char *text) {
    fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            fprintf(out, "\\u%04x", (unsigned)*text);
        else
            fputc(*text, out);
    }
    fputc('"', out);
}

static void put_field(FILE *out, const char *name, const char *text, const char *behind) {
    fprintf(out, "\"%s\": ", name);
    put_string(out, text);
    fputs(behind, out);
}

static void put_number(FILE *out, double value) {
    if (isfinite(value))
        fprintf(out, "%.9g", value);
    else
        fputs("null", out);
}

static void put_engines(const results *r, FILE *out) {
    fputs("  \"engines\": [\n", out);
    for (unsigned i = 0; i < r->options->engine_count; i++) {
        const driver *d = r->options->engines[i];
        char version[64];
        d->version(version, sizeof version);
        fputs("    {", out);
        put_field(out, "engine", d->name, ", ");
        put_field(out, "version", version, ", ");
        put_field(out, "settings", d->settings, ", ");
        put_field(out, "stores", d->stores != NULL ? d->stores->settings : "",
                  i + 1 < r->options->engine_count ? "},\n" : "}\n");
    }
    fputs("  ],\n", out);
}

/* One figure of one engine. */
static void put_cell(const results *r, const row *row, unsigned column, FILE *out) {
    const cell *cell = &row->cells[column];
    double median = 0;
    cell_median(cell, &median);
    const driver *d = column == MACHINE ? NULL : r->options->engines[column];
    char version[64] = "";
    if (d != NULL) d->version(version, sizeof version);
    fputs("    {", out);
    put_field(out, "work", row->work != NULL ? row->work->name : "all", ", ");
    put_field(out, "figure", row->figure->name, ", ");
    put_field(out, "title", row->figure->title, ", ");
    put_field(out, "engine", d != NULL ? d->name : "machine", ", ");
    put_field(out, "version", version, ", ");
    put_field(out, "unit", row->figure->unit, ", ");
    fprintf(out,
            "\"less_is_better\": %s, \"median\": ", row->figure->less_is_better ? "true" : "false");
    put_number(out, median * row->figure->scale);
    fputs(", \"runs\": [", out);
    for (unsigned i = 0; i < cell->count; i++) {
        if (i > 0) fputs(", ", out);
        put_number(out, cell->values[i] * row->figure->scale);
    }
    fputs("], ", out);
    put_field(out, "settings", d != NULL ? d->settings : "", "}");
}

static void put_bars(const results *r, FILE *out) {
    static const char *const verdicts[] = {
        [VERDICT_NONE] = "not measured", [VERDICT_MET] = "met", [VERDICT_MISSED] = "not met"};
    bool first = true;
    fputs("  \"bars\": [", out);
    for (unsigned i = 0; i < r->count; i++) {
        bar_result bars[BARS_MAX];
        unsigned count = bars_judge(r, &r->rows[i], bars);
        for (unsigned j = 0; j < count; j++) {
            fputs(first ? "\n    {" : ",\n    {", out);
            first = false;
            put_field(out, "figure", r->rows[i].figure->name, ", ");
            put_field(out, "bar", bars[j].text, ", ");
            put_field(out, "actual", bars[j].actual, ", ");
            put_field(out, "verdict", verdicts[bars[j].verdict], "}");
        }
    }
    fputs("\n  ]\n", out);
}

void report_json(const results *r, FILE *out) {
    const options *o = r->options;
    bool first = true;
    fputs("{\n  ", out);
    put_field(out, "date", r->date, ",\n  ");
    put_field(out, "machine", r->machine, ",\n");
    fprintf(out, "  \"keys\": %llu, \"vectors\": %llu, \"seconds\": %g, \"runs\": %u,\n",
            (unsigned long long)o->keys, (unsigned long long)o->vectors, o->seconds, o->runs);
    fprintf(out, "  \"failures\": %u,\n", r->failures);
    put_engines(r, out);
    fputs("  \"figures\": [", out);
    for (unsigned i = 0; i < r->count; i++) {
        for (unsigned j = 0; j <= ENGINES_MAX; j++) {
            if (r->rows[i].cells[j].count == 0) continue;
            fputs(first ? "\n" : ",\n", out);
            first = false;
            put_cell(r, &r->rows[i], j, out);
        }
    }
    fputs("\n  ],\n", out);
    put_bars(r, out);
    fputs("}\n", out);
}
