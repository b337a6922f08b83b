/* command_salvage.c: check --salvage: what can be read of a damaged collection, in a new file. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

/* A collection's name has neither slashes nor points. */
static bool is_path(const char *argument) {
    return strpbrk(argument, "/.") != NULL;
}

bool command_salvages_path(const invocation *run) {
    return run->command->root == ROOT_OR_FILE && option_given(run, "salvage") &&
           run->argument_count > 0 && is_path(run->arguments[0]);
}

/* Tables that are and were empty are left out. */
static void print_table(void *context, const hs_salvage_table *table) {
    invocation *run = context;
    if (table->rows == 0 && table->rows_lost == 0 && table->pages_lost == 0) return;
    const cell row[] = {
        cell_name(table->family),
        cell_name(table->table),
        cell_count(table->rows),
        table->lost_known ? cell_count(table->rows_lost) : cell_absent(),
        cell_count(table->values_lost),
        cell_count(table->pages_lost),
    };
    output_row(run->out, row);
}

static void print_note(void *context, const char *sentence) {
    (void)context;
    report(EXIT_DAMAGED, "%s", sentence);
}

/* The closing sum, if something is or may be lost. */
static int conclude(const char *path, const char *new_path, const hs_salvage_result *result) {
    if (result->complete) return EXIT_OK;
    return report(EXIT_DAMAGED,
                  "%s: %" PRIu64 " rows and %" PRIu64
                  " commits of the log were copied to %s; %" PRIu64 " rows are known to be lost%s",
                  path, result->rows, result->commits, new_path, result->rows_lost,
                  result->stale ? ", and some may be of an earlier state" : "");
}

int command_salvage(invocation *run) {
    static const char *const columns[] = {"entity_type", "table",       "rows",
                                          "rows_lost",   "values_lost", "pages_lost"};
    const char *new_path = option_value(run, "salvage");
    if (run->argument_count == 0)
        return report(EXIT_USAGE, "check --salvage needs a collection, or the path of its file");
    buffer path = {NULL, 0, 0};
    if (is_path(run->arguments[0]))
        buffer_text(&path, run->arguments[0]);
    else
        buffer_format(&path, "%s/%s.hs", run->root, run->arguments[0]);
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    const hs_salvage_report sink = {print_table, print_note, run};
    hs_salvage_result result;
    hs_status status = hs_salvage(buffer_string(&path), new_path, &sink, &result);
    int code =
        status == HS_OK ? conclude(buffer_string(&path), new_path, &result) : report_status(status);
    buffer_free(&path);
    return output_end(run->out, code);
}
