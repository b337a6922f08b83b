/* command_import.c: import: files into a collection, with progress on standard error. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "options.h"
#include "progress.h"

#define REDRAW_SECONDS 0.25 /* between two looks at progress, and at Ctrl-C */
#define REJECTS_SHOWN  10

typedef struct monitor {
    progress line;
    uint64_t rejected; /* bad rows told about so far, or counted */
} monitor;

static void add_progress(buffer *to, const hs_import_progress *now) {
    buffer_format(to, "[%zu/%zu] %s  ", now->source_index + 1, now->source_count, now->source);
    progress_add_grouped(to, now->rows);
    buffer_text(to, " rows");
    if (now->seconds > 0) {
        buffer_text(to, "  ");
        progress_add_grouped(to, (uint64_t)((double)now->rows / now->seconds));
        buffer_text(to, " rows/s");
    }
    if (now->rejected > 0) {
        buffer_text(to, "  ");
        progress_add_grouped(to, now->rejected);
        buffer_text(to, " rejected");
    }
    progress_add_share(to, now->bytes_read, now->bytes_total, now->seconds);
}

static bool show_progress(void *context, const hs_import_progress *now) {
    monitor *to = context;
    if (!now->finished && progress_due(&to->line, now->seconds)) {
        buffer line = {NULL, 0, 0};
        add_progress(&line, now);
        progress_show(&to->line, &line, now->seconds);
    }
    return !progress_interrupted();
}

static void show_reject(void *context, const hs_import_reject *reject) {
    monitor *to = context;
    if (to->rejected++ >= REJECTS_SHOWN) return;
    progress_close(&to->line);
    const char *separator = *reject->column != '\0' ? ", column " : "";
    fprintf(stderr, "hyperspatial: %s, line %" PRIu64 "%s%s: %s\n", reject->file, reject->line,
            separator, reject->column, reject->reason);
}

static int read_options(const invocation *run, hs_import_options *options) {
    static const char *const durabilities[] = {
        [HS_DURABLE] = "durable", [HS_BUFFERED] = "buffered", [HS_RELAXED] = "relaxed"};
    size_t durability = options->durability;
    uint64_t batch = options->batch_rows;
    const char *most = option_value(run, "max-rejects");
    int code = EXIT_OK;
    if (most != NULL && strcmp(most, "unlimited") == 0) {
        options->max_rejects = UINT64_MAX;
    } else if (most != NULL && !parse_count(most, 0, UINT64_MAX, &options->max_rejects)) {
        code = report(EXIT_USAGE, "option --max-rejects is a number or \"unlimited\", not \"%s\"",
                      most);
    }
    if (code == EXIT_OK) code = option_count(run, "batch", 1, 1000000, &batch);
    if (code == EXIT_OK) {
        code = option_choice(run, "durability", durabilities,
                             sizeof durabilities / sizeof *durabilities, &durability);
    }
    options->batch_rows = (size_t)batch;
    options->durability = (hs_durability)durability;
    options->rejects_path = option_value(run, "rejects");
    return code;
}

static int print_result(invocation *run, const hs_import_result *result) {
    static const char *const columns[] = {"rows",     "rejected", "entities",
                                          "edges",    "points",   "vectors",
                                          "measures", "seconds",  "rows_per_second"};
    double rate = result->seconds > 0 ? (double)result->rows / result->seconds : 0;
    const cell row[] = {
        cell_count(result->rows),     cell_count(result->rejected),
        cell_count(result->entities), cell_count(result->edges),
        cell_count(result->points),   cell_count(result->vectors),
        cell_count(result->measures), cell_float64(round(1000 * result->seconds) / 1000),
        cell_count((uint64_t)rate),
    };
    output_begin(run->out, columns, sizeof columns / sizeof *columns, true);
    output_row(run->out, row);
    return output_end(run->out, EXIT_OK);
}

static void report_rejected(const monitor *from, const hs_import_options *options) {
    if (from->rejected <= REJECTS_SHOWN) return;
    const char *where = options->rejects_path != NULL ? options->rejects_path : "see --rejects";
    fprintf(stderr, "hyperspatial: %" PRIu64 " more bad rows (%s)\n",
            from->rejected - REJECTS_SHOWN, where);
}

int command_import(invocation *run) {
    hs_import_options options;
    hs_import_options_default(&options);
    int code = read_options(run, &options);
    if (code != EXIT_OK) return code;
    monitor to = {.line = progress_start(option_given(run, "quiet"))};
    options.progress_seconds = REDRAW_SECONDS;
    options.progress = show_progress;
    options.reject = show_reject;
    options.context = &to;
    progress_catch_interrupts();

    hs_import_result result = {.rows = 0};
    const char *source_dir = run->argument_count > 1 ? run->arguments[1] : NULL;
    hs_status status = hs_import_run(run->router, run->arguments[0], source_dir, &options, &result);
    progress_close(&to.line);
    report_rejected(&to, &options);
    if (status == HS_CANCELLED) {
        code = report(EXIT_INTERRUPTED, "the import was stopped; what it committed stays, and "
                                        "running it again finishes it");
    } else if (status != HS_OK) {
        code = report_status(status);
    }
    bool summed_up = status == HS_OK || status == HS_REJECTED || status == HS_CANCELLED;
    int printed = summed_up ? print_result(run, &result) : EXIT_OK;
    return code == EXIT_OK ? printed : code;
}
