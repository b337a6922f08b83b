/* command_import.c: import: files into a collection, with progress on standard error. */
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "display.h"
#include "options.h"

#define REDRAW_SECONDS 0.25 /* between two looks at progress, and at Ctrl-C */
#define LINE_SECONDS   5.0  /* between two lines of progress where there is no terminal */
#define REJECTS_SHOWN  10

static volatile sig_atomic_t interrupted;

static void note_interrupt(int signal_number) {
    (void)signal_number;
    interrupted = 1;
}

/* The first Ctrl-C ends the import between two commits; a second one ends the program. */
static void catch_interrupts(void) {
    struct sigaction action = {.sa_handler = note_interrupt,
                               .sa_flags = (int)(SA_RESTART | SA_RESETHAND)};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

typedef struct monitor {
    bool quiet;
    size_t width;      /* of the terminal that standard error is: there the line is redrawn; or 0 */
    bool line_open;    /* the cursor stands behind a line of progress */
    double last_line;  /* seconds at the last plain line */
    uint64_t rejected; /* bad rows told about so far, or counted */
} monitor;

static void close_line(monitor *to) {
    if (to->line_open) fputs("\r\033[K", stderr);
    to->line_open = false;
}

/* "1,398,500" */
static void add_grouped(buffer *to, uint64_t number) {
    char digits[21];
    int size = snprintf(digits, sizeof digits, "%" PRIu64, number);
    for (int i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0) buffer_char(to, ',');
        buffer_char(to, digits[i]);
    }
}

/* "4:09", "1:04:09" */
static void add_seconds(buffer *to, double seconds) {
    uint64_t whole = (uint64_t)(seconds + 0.5), hours = whole / 3600;
    if (hours > 0) buffer_format(to, "%" PRIu64 ":", hours);
    buffer_format(to, hours > 0 ? "%02" PRIu64 : "%" PRIu64, whole / 60 % 60);
    buffer_format(to, ":%02" PRIu64, whole % 60);
}

static void add_progress(buffer *to, const hs_import_progress *now) {
    buffer_format(to, "[%zu/%zu] %s  ", now->source_index + 1, now->source_count, now->source);
    add_grouped(to, now->rows);
    buffer_text(to, " rows");
    if (now->seconds > 0) {
        buffer_text(to, "  ");
        add_grouped(to, (uint64_t)((double)now->rows / now->seconds));
        buffer_text(to, " rows/s");
    }
    if (now->rejected > 0) {
        buffer_text(to, "  ");
        add_grouped(to, now->rejected);
        buffer_text(to, " rejected");
    }
    if (now->bytes_read > 0 && now->bytes_read < now->bytes_total) {
        double share = (double)now->bytes_read / (double)now->bytes_total;
        buffer_format(to, "  %.0f %%  ", floor(100 * share));
        add_seconds(to, now->seconds / share - now->seconds);
        buffer_text(to, " left");
    }
}

static bool show_progress(void *context, const hs_import_progress *now) {
    monitor *to = context;
    bool due = to->width > 0 || now->seconds - to->last_line >= LINE_SECONDS;
    if (to->quiet || now->finished || !due) return !interrupted;
    buffer line = {NULL, 0, 0};
    add_progress(&line, now);
    /* A character in the last column would wrap the line. */
    if (to->width > 0) line.size = display_prefix(buffer_content(&line), to->width - 1);
    fprintf(stderr, to->width > 0 ? "\r\033[K%s" : "%s\n", buffer_string(&line));
    fflush(stderr);
    to->line_open = to->width > 0;
    to->last_line = now->seconds;
    buffer_free(&line);
    return !interrupted;
}

static void show_reject(void *context, const hs_import_reject *reject) {
    monitor *to = context;
    if (to->rejected++ >= REJECTS_SHOWN) return;
    close_line(to);
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
    monitor to = {.quiet = option_given(run, "quiet"),
                  .width = display_terminal_width(STDERR_FILENO)};
    options.progress_seconds = REDRAW_SECONDS;
    options.progress = show_progress;
    options.reject = show_reject;
    options.context = &to;
    catch_interrupts();

    hs_import_result result = {.rows = 0};
    const char *source_dir = run->argument_count > 1 ? run->arguments[1] : NULL;
    hs_status status = hs_import_run(run->router, run->arguments[0], source_dir, &options, &result);
    close_line(&to);
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
