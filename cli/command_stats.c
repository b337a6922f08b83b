/* command_stats.c: stats, check and compact: how much there is, whether it is sound, and in as
 * little space as can be. */
#include "options.h"

/* What is done for each collection that a command is about; returns an exit code. */
typedef int visit_collection(invocation *run, const char *collection);

/* Visits the collection named by the first argument, or all of them. A collection that fails does
 * not hide the others; the exit code is that of damage if there is some, else of the first failure.
 */
static int visit_collections(invocation *run, visit_collection *visit) {
    if (run->argument_count > 0) return visit(run, run->arguments[0]);
    hs_names names;
    hs_status status = hs_collection_list(run->router, &names);
    if (status != HS_OK) return report_status(status);
    int worst = EXIT_OK;
    for (size_t i = 0; i < names.count; i++) {
        int code = visit(run, names.names[i]);
        if (worst == EXIT_OK || code == EXIT_DAMAGED) worst = code;
    }
    hs_names_free(&names);
    return worst;
}

static int print_types(invocation *run, const char *collection) {
    hs_collection_stats stats;
    hs_status status = hs_collection_stats_read(run->router, collection, &stats);
    if (status != HS_OK) return report_status(status);
    int code = EXIT_OK;
    for (size_t i = 0; i < stats.type_count && code == EXIT_OK; i++) {
        const hs_type_stats *type = &stats.types[i];
        const cell row[] = {
            cell_name(collection),     cell_name(type->entity_type), cell_count(type->entities),
            cell_count(type->edges),   cell_count(type->series),     cell_count(type->points),
            cell_count(type->vectors), cell_count(type->measures),   cell_count(type->bytes),
        };
        code = output_row(run->out, row);
    }
    hs_collection_stats_free(&stats);
    return code;
}

static cell cell_if(bool known, double number) {
    return known ? cell_float64(number) : cell_absent();
}

static double milliseconds(uint64_t nanoseconds) {
    return (double)nanoseconds / 1e6;
}

static int print_storage(invocation *run, const char *collection) {
    hs_collection_stats stats;
    hs_status status = hs_collection_stats_read(run->router, collection, &stats);
    if (status != HS_OK) return report_status(status);
    const hs_latency *latency = &stats.commit_latency;
    bool synced = stats.log_syncs > 0, saved = stats.checkpoints > 0, timed = latency->count > 0;
    const cell row[] = {
        cell_name(collection),
        cell_count(stats.type_count),
        cell_count(stats.commits),
        cell_count(stats.file_bytes),
        cell_count(stats.free_bytes),
        cell_count(stats.held_bytes),
        cell_count(stats.log_bytes),
        cell_count(stats.log_used_bytes),
        cell_count(stats.log_capacity_bytes),
        cell_count(stats.snapshots),
        cell_float64(stats.oldest_snapshot_seconds),
        cell_count(stats.opened_commits),
        cell_count(stats.log_written_bytes),
        cell_count(stats.data_written_bytes),
        cell_count(stats.log_syncs),
        cell_if(synced, (double)stats.opened_commits / (double)stats.log_syncs),
        cell_count(stats.checkpoints),
        cell_if(saved, stats.checkpoint_seconds),
        cell_if(saved, stats.checkpoint_age_seconds),
        cell_if(timed, milliseconds(latency->p50_ns)),
        cell_if(timed, milliseconds(latency->p90_ns)),
        cell_if(timed, milliseconds(latency->p99_ns)),
        cell_if(timed, milliseconds(latency->max_ns)),
    };
    hs_collection_stats_free(&stats);
    return output_row(run->out, row);
}

int command_stats(invocation *run) {
    static const char *const of_types[] = {"collection", "entity_type", "entities",
                                           "edges",      "series",      "points",
                                           "vectors",    "measures",    "bytes"};
    static const char *const of_storage[] = {"collection",
                                             "entity_types",
                                             "commits",
                                             "file_bytes",
                                             "free_bytes",
                                             "held_bytes",
                                             "log_bytes",
                                             "log_used_bytes",
                                             "log_capacity_bytes",
                                             "snapshots",
                                             "oldest_snapshot_seconds",
                                             "opened_commits",
                                             "log_written_bytes",
                                             "data_written_bytes",
                                             "log_syncs",
                                             "commits_per_sync",
                                             "checkpoints",
                                             "checkpoint_seconds",
                                             "checkpoint_age_seconds",
                                             "commit_p50_ms",
                                             "commit_p90_ms",
                                             "commit_p99_ms",
                                             "commit_max_ms"};
    bool storage = option_given(run, "storage");
    if (storage) {
        output_begin(run->out, of_storage, sizeof of_storage / sizeof *of_storage, true);
    } else {
        output_begin(run->out, of_types, sizeof of_types / sizeof *of_types, false);
    }
    int code = visit_collections(run, storage ? print_storage : print_types);
    return output_end(run->out, code);
}

/* --- check ----------------------------------------------------------------------------------- */

static void report_problem(void *collection, const char *problem) {
    report(EXIT_DAMAGED, "%s: %s", (const char *)collection, problem);
}

static int check_collection(invocation *run, const char *collection) {
    hs_check_result result = {.problems = 0};
    hs_status status =
        hs_collection_check(run->router, collection, report_problem, (void *)collection, &result);
    if (status != HS_OK && result.problems == 0) return report_status(status);
    const cell row[] = {cell_name(collection),      cell_count(result.pages),
                        cell_count(result.entries), cell_count(result.entities),
                        cell_count(result.edges),   cell_count(result.problems)};
    int code = output_row(run->out, row);
    return result.problems > 0 ? EXIT_DAMAGED : code;
}

int command_check(invocation *run) {
    if (option_given(run, "salvage")) return command_salvage(run);
    static const char *const columns[] = {"collection", "pages", "entries",
                                          "entities",   "edges", "problems"};
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    int code = visit_collections(run, check_collection);
    return output_end(run->out, code);
}

/* --- compact --------------------------------------------------------------------------------- */

static int compact_collection(invocation *run, const char *collection) {
    hs_collection_stats before, after;
    hs_status status = hs_collection_stats_read(run->router, collection, &before);
    if (status != HS_OK) return report_status(status);
    status = hs_collection_compact(run->router, collection);
    if (status == HS_OK) status = hs_collection_stats_read(run->router, collection, &after);
    if (status == HS_OK) {
        const cell row[] = {cell_name(collection), cell_count(before.file_bytes),
                            cell_count(after.file_bytes)};
        hs_collection_stats_free(&after);
        hs_collection_stats_free(&before);
        return output_row(run->out, row);
    }
    hs_collection_stats_free(&before);
    return report_status(status);
}

int command_compact(invocation *run) {
    static const char *const columns[] = {"collection", "bytes_before", "bytes_after"};
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    int code = visit_collections(run, compact_collection);
    return output_end(run->out, code);
}
