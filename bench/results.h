/* results.h: every figure measured, by work, engine and run; their medians; and the bars that our
 * engine is to reach. */
#ifndef BENCH_RESULTS_H
#define BENCH_RESULTS_H

#include "work.h"

/* Columns of the results: one per engine of the options, then the machine's limit. */
#define MACHINE ENGINES_MAX

/* The values of one figure for one engine: one per run, of the machine two. */
typedef struct cell {
    double *values;
    unsigned count;
} cell;

typedef struct row {
    const work *work;
    const figure *figure;
    cell cells[ENGINES_MAX + 1];
} row;

typedef struct results {
    const options *options;
    row *rows;
    unsigned count;
    unsigned failures; /* works that an engine did not finish */
    char machine[512];
    char date[32]; /* of the start, UTC */
} results;

/* Makes the rows of the works that were chosen, and one for memory. */
void results_start(results *r, const options *o);
void results_free(results *r);
/* Adds a value of a figure of `work`; `column` is an engine's place, or MACHINE. */
void results_add(results *r, const work *work, const char *figure, unsigned column, double value);

/* The row of a figure, or NULL. */
const row *results_row(const results *r, const char *figure);
/* The median of a cell in its base unit; false if nothing was measured. */
bool cell_median(const cell *c, double *value);
/* The least and the greatest of a cell, which is not empty. */
void cell_range(const cell *c, double *least, double *greatest);
/* The column of an engine, or -1. */
int results_column(const results *r, const char *engine);
/* Our engine's column (its main one), or -1. */
int results_ours(const results *r);
/* The median of the best peer (not ours, not a variant), and its column; false if there is none. */
bool results_best_peer(const results *r, const row *row, double *value, unsigned *column);
/* A ratio of ours to another value, such that over 1 is better for ours. */
double results_advantage(const figure *f, double ours, double other);

/* --- bars.c ----------------------------------------------------------------------------------- */

typedef enum verdict {
    VERDICT_NONE, /* no bar, or not all measured that it compares */
    VERDICT_MET,
    VERDICT_MISSED
} verdict;

#define BARS_MAX 3u /* of one figure */

typedef struct bar_result {
    char text[64];   /* "≥ 1.5 × LMDB" */
    char actual[32]; /* "1.63", in the bar's terms; empty with VERDICT_NONE */
    verdict verdict;
} bar_result;

/* The bars of a figure and how ours stands to them; returns how many. */
unsigned bars_judge(const results *r, const row *row, bar_result judged[BARS_MAX]);

#endif
