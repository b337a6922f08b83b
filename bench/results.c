/* results.c: every figure measured, and what follows from several of them. */
#include "results.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "failure.h"
#include "machine.h"

/* Every work reports it; the table shows the highest of all. */
static const figure memory_of_work = {"memory-of-work", "anonymous memory", "MB", 1e-6, true, true};
static const figure memory_figure = {
    "memory", "anonymous memory, the highest of all works", "MB", 1e-6, true, false};

/* The works of --scale have the same figures: puts those of all points beside each other. */
static void sort_by_figure(results *r) {
    row *sorted = must_allocate((r->count + 1) * sizeof *sorted);
    unsigned points = r->options->work_count, figures = r->count / points;
    for (unsigned i = 0; i < r->count; i++)
        sorted[i % figures * points + i / figures] = r->rows[i];
    free(r->rows);
    r->rows = sorted;
}

void results_start(results *r, const options *o) {
    *r = (results){.options = o};
    unsigned capacity = 1;
    for (unsigned i = 0; i < o->work_count; i++, capacity++)
        for (const figure *f = o->works[i]->figures; f->name != NULL; f++)
            capacity++;
    r->rows = must_allocate(capacity * sizeof *r->rows);
    for (unsigned i = 0; i < o->work_count; i++) {
        for (const figure *f = o->works[i]->figures; f->name != NULL; f++)
            r->rows[r->count++] = (row){.work = o->works[i], .figure = f};
        r->rows[r->count++] = (row){.work = o->works[i], .figure = &memory_of_work};
    }
    if (o->size_count > 0) sort_by_figure(r);
    r->rows[r->count++] = (row){.figure = &memory_figure};
    machine_describe(o->directory, r->machine, sizeof r->machine);
    time_t now = time(NULL);
    strftime(r->date, sizeof r->date, "%Y-%m-%d", gmtime(&now));
}

void results_free(results *r) {
    for (unsigned i = 0; i < r->count; i++)
        for (unsigned j = 0; j <= ENGINES_MAX; j++)
            free(r->rows[i].cells[j].values);
    free(r->rows);
}

static void cell_add(cell *cell, double value) {
    cell->values = realloc(cell->values, (cell->count + 1) * sizeof *cell->values);
    if (cell->values == NULL) fail("no memory for the results");
    cell->values[cell->count++] = value;
}

/* Keeps the highest value only. */
static void cell_raise(cell *cell, double value) {
    if (cell->count == 0)
        cell_add(cell, value);
    else if (value > cell->values[0])
        cell->values[0] = value;
}

void results_add(results *r, const work *work, const char *figure, unsigned column, double value) {
    bool memory = strcmp(figure, memory_figure.name) == 0, found = false;
    for (unsigned i = 0; i < r->count; i++) {
        row *row = &r->rows[i];
        if (memory && (row->figure == &memory_figure ||
                       (row->figure == &memory_of_work && row->work == work))) {
            cell_raise(&row->cells[column], value);
            found = true;
        } else if (row->work == work && strcmp(row->figure->name, figure) == 0) {
            cell_add(&row->cells[column], value);
            found = true;
        }
    }
    if (!found) fail("work '%s' yields a figure '%s' that it does not list", work->name, figure);
}

const row *results_row(const results *r, const char *figure) {
    for (unsigned i = 0; i < r->count; i++)
        if (strcmp(r->rows[i].figure->name, figure) == 0) return &r->rows[i];
    return NULL;
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

bool cell_median(const cell *c, double *value) {
    if (c->count == 0) return false;
    double *sorted = must_allocate(c->count * sizeof *sorted);
    memcpy(sorted, c->values, c->count * sizeof *sorted);
    qsort(sorted, c->count, sizeof *sorted, compare_doubles);
    *value = (sorted[(c->count - 1) / 2] + sorted[c->count / 2]) / 2;
    free(sorted);
    return true;
}

void cell_range(const cell *c, double *least, double *greatest) {
    *least = *greatest = c->values[0];
    for (unsigned i = 1; i < c->count; i++) {
        if (c->values[i] < *least) *least = c->values[i];
        if (c->values[i] > *greatest) *greatest = c->values[i];
    }
}

int results_column(const results *r, const char *engine) {
    for (unsigned i = 0; i < r->options->engine_count; i++)
        if (strcmp(r->options->engines[i]->name, engine) == 0) return (int)i;
    return -1;
}

int results_ours(const results *r) {
    for (unsigned i = 0; i < r->options->engine_count; i++)
        if (r->options->engines[i]->ours && !r->options->engines[i]->variant) return (int)i;
    return -1;
}

bool results_best_peer(const results *r, const row *row, double *value, unsigned *column) {
    bool found = false;
    for (unsigned i = 0; i < r->options->engine_count; i++) {
        double median;
        if (r->options->engines[i]->ours || r->options->engines[i]->variant) continue;
        if (!cell_median(&row->cells[i], &median)) continue;
        if (found && !(row->figure->less_is_better ? median < *value : median > *value)) continue;
        *value = median;
        *column = i;
        found = true;
    }
    return found;
}

double results_advantage(const figure *f, double ours, double other) {
    return f->less_is_better ? other / ours : ours / other;
}
