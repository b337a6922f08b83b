/* report.h: the results for people (a table, Markdown, bars) and for programs (JSON). */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdio.h>

#include "results.h"

/* The table, for a terminal. */
void report_table(const results *r, FILE *out);
/* The same in Markdown, with the machine, the engines and their settings. */
void report_markdown(const results *r, FILE *out);
/* Every figure of every run. */
void report_json(const results *r, FILE *out);
/* Bars on a logarithmic scale, as SVG. */
void report_svg(const results *r, FILE *out);

/* The results of --scale as curves. */
void report_curves(const results *r, FILE *out);

/* What both drawings share (report_svg.c): the head with the legend, and the engines' colours. */
void report_svg_start(const results *r, int width, int height, const char *title, FILE *out);
const char *report_colour(unsigned column);

/* A number with three digits that count. */
void format_number(double value, char *text, size_t size);

#endif
