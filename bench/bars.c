/* bars.c: what our engine is to reach, as ratios within one run and as absolute bounds. */
#include <stdio.h>
#include <string.h>

#include "results.h"

typedef enum against {
    ABSOLUTE,    /* a bound in the figure's shown unit */
    BEST_PEER,   /* × the best peer's value */
    ENGINE,      /* × the value of the engine `name` */
    THE_MACHINE, /* × the machine's limit */
    OWN_FIGURE   /* × our own value of the figure `name` */
} against;

typedef struct bar {
    const char *figure;
    against against;
    bool at_most; /* ours ≤ factor × it; else ≥ */
    double factor;
    const char *name;
    const char *label; /* of our own figure */
} bar;

static const bar bars[] = {
    {"put-1", THE_MACHINE, false, 0.95, NULL, NULL},
    {"put-8", BEST_PEER, false, 2, NULL, NULL},
    {"beside-open-p50", OWN_FIGURE, true, 1.1, "alone-p50", "alone"},
    {"beside-load-p50", OWN_FIGURE, true, 1.5, "alone-p50", "alone"},
    {"beside-load-p99", ENGINE, true, 1, "wiredtiger", NULL},
    {"load", ENGINE, false, 1.35, "rocksdb", NULL},
    {"load", ENGINE, false, 5, "lmdb", NULL},
    {"load-ratio", ABSOLUTE, true, 1.55, NULL, NULL},
    {"buffered", ENGINE, false, 1.3, "wiredtiger", NULL},
    {"relaxed", ENGINE, false, 1.3, "wiredtiger", NULL},
    {"stop-max", ABSOLUTE, true, 2, NULL, NULL},
    {"get-1", ENGINE, false, 1.5, "lmdb", NULL},
    {"get-2", OWN_FIGURE, false, 1.9, "get-1", "1 thread"},
    {"get-snapshot-1", ENGINE, false, 1.5, "lmdb", NULL},
    {"get-snapshot-2", OWN_FIGURE, false, 1.9, "get-snapshot-1", "1 thread"},
    {"seek", ENGINE, false, 1.8, "lmdb", NULL},
    {"scan", BEST_PEER, false, 2, NULL, NULL},
    {"vector-insert", BEST_PEER, false, 1, NULL, NULL},
    {"vector-scan", THE_MACHINE, false, 0.8, NULL, NULL},
    {"vector-get", THE_MACHINE, false, 0.65, NULL, NULL},
    {"vector-get", ENGINE, false, 1.5, "lmdb", NULL},
    {"open", ABSOLUTE, true, 1, NULL, NULL},
    {"kill-open", ABSOLUTE, true, 150, NULL, NULL},
    {"replay", ABSOLUTE, false, 1, NULL, NULL},
    {"families-create", ABSOLUTE, true, 100, NULL, NULL},
    {"files-1", ABSOLUTE, true, 2, NULL, NULL},
    {"files-all", ABSOLUTE, true, 2, NULL, NULL},
    {"churn-high", ABSOLUTE, true, 2, NULL, NULL},
    {"churn-final", ABSOLUTE, true, 2, NULL, NULL},
    {"edge-insert", ABSOLUTE, false, 800, NULL, NULL},
    {"edge-bytes", ABSOLUTE, true, 80, NULL, NULL},
    {"edge-outgoing", ABSOLUTE, false, 20, NULL, NULL},
    {"edge-incoming", ABSOLUTE, false, 20, NULL, NULL},
    {"edge-all", ABSOLUTE, false, 50, NULL, NULL},
    {"point-load", ABSOLUTE, false, 3, NULL, NULL},
    {"point-bytes-gauge", ABSOLUTE, true, 3, NULL, NULL},
    {"point-bytes-decimal", ABSOLUTE, true, 3, NULL, NULL},
    {"point-bytes-random", ABSOLUTE, true, 10, NULL, NULL},
    {"point-read", ABSOLUTE, false, 50, NULL, NULL},
    {"point-hours", ABSOLUTE, true, 0.5, NULL, NULL},
    {"property-bytes", ABSOLUTE, true, 1.3, NULL, NULL},
    {"property-get", ABSOLUTE, true, 1, NULL, NULL},
    {"property-all", ABSOLUTE, true, 2, NULL, NULL},
    {"position-bytes", ABSOLUTE, true, 170, NULL, NULL},
    {"position-read", ABSOLUTE, false, 1, NULL, NULL},
    {"document-scan", THE_MACHINE, false, 0.8, NULL, NULL},
    {"scale-open", ABSOLUTE, true, 1, NULL, NULL},
    {"memory", ABSOLUTE, true, 100, NULL, NULL},
};

/* The value that a bar's factor is multiplied with; false if it was not measured. */
static bool reference_of(const results *r, const row *row, const bar *bar, double *value) {
    unsigned column;
    int engine;
    const struct row *other;
    switch (bar->against) {
    case ABSOLUTE:
        *value = 1 / row->figure->scale;
        return true;
    case BEST_PEER:
        return results_best_peer(r, row, value, &column);
    case ENGINE:
        engine = results_column(r, bar->name);
        return engine >= 0 && cell_median(&row->cells[engine], value);
    case THE_MACHINE:
        return cell_median(&row->cells[MACHINE], value);
    case OWN_FIGURE:
        other = results_row(r, bar->name);
        return other != NULL && cell_median(&other->cells[results_ours(r)], value);
    }
    return false;
}

static void describe(const bar *bar, const figure *figure, char *text, size_t size) {
    const char *sign = bar->at_most ? "≤" : "≥";
    const char *what = "";
    switch (bar->against) {
    case ABSOLUTE:
        snprintf(text, size, "%s %g %s", sign, bar->factor, figure->unit);
        return;
    case BEST_PEER:
        what = "best peer";
        break;
    case ENGINE:
        what = driver_named(bar->name) ? driver_named(bar->name)->title : bar->name;
        break;
    case THE_MACHINE:
        what = "limit";
        break;
    case OWN_FIGURE:
        what = bar->label;
        break;
    }
    snprintf(text, size, "%s %g × %s", sign, bar->factor, what);
}

/* Whether a bar is one of the figure: a figure of --scale is named "figure@point". */
static bool applies(const bar *bar, const figure *figure) {
    size_t length = strlen(bar->figure);
    return strncmp(bar->figure, figure->name, length) == 0 &&
           (figure->name[length] == '\0' || figure->name[length] == '@');
}

unsigned bars_judge(const results *r, const row *row, bar_result judged[BARS_MAX]) {
    unsigned count = 0;
    int ours = results_ours(r);
    for (size_t i = 0; i < sizeof bars / sizeof bars[0] && count < BARS_MAX; i++) {
        const bar *bar = &bars[i];
        if (!applies(bar, row->figure)) continue;
        bar_result *result = &judged[count++];
        *result = (bar_result){.verdict = VERDICT_NONE};
        describe(bar, row->figure, result->text, sizeof result->text);
        double value, reference;
        if (ours < 0 || !cell_median(&row->cells[ours], &value)) continue;
        if (!reference_of(r, row, bar, &reference)) continue;
        double factor = value / reference;
        snprintf(result->actual, sizeof result->actual, "%.3g", factor);
        bool met = bar->at_most ? factor <= bar->factor : factor >= bar->factor;
        result->verdict = met ? VERDICT_MET : VERDICT_MISSED;
    }
    return count;
}
