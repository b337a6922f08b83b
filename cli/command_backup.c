/* command_backup.c: backup: a collection into a file of its own, with progress on standard
 * error. */
#include <math.h>

#include "options.h"
#include "progress.h"

#define MB 1000000.0

static bool show_progress(void *context, const hs_backup_progress *now) {
    progress *to = context;
    if (progress_due(to, now->seconds)) {
        buffer line = {NULL, 0, 0};
        progress_add_grouped(&line, (uint64_t)((double)now->bytes / MB));
        buffer_text(&line, " MB of ");
        progress_add_grouped(&line, (uint64_t)((double)now->bytes_total / MB));
        buffer_text(&line, " MB  ");
        progress_add_grouped(&line, (uint64_t)((double)now->bytes / MB / now->seconds));
        buffer_text(&line, " MB/s");
        progress_add_share(&line, now->bytes, now->bytes_total, now->seconds);
        progress_show(to, &line, now->seconds);
    }
    return !progress_interrupted();
}

int command_backup(invocation *run) {
    static const char *const columns[] = {"collection", "file", "commit", "bytes", "seconds"};
    const char *collection = run->arguments[0], *file = run->arguments[1];
    progress to = progress_start(option_given(run, "quiet"));
    const hs_backup_options options = {
        .replace = option_given(run, "force"), .progress = show_progress, .context = &to};
    progress_catch_interrupts();
    hs_backup_result result;
    hs_status status = hs_collection_backup(run->router, collection, file, &options, &result);
    progress_close(&to);
    if (status == HS_CANCELLED)
        return report(EXIT_INTERRUPTED, "the backup was stopped; %s was not written", file);
    if (status != HS_OK) return report_status(status);
    const cell row[] = {cell_name(collection), cell_name(file), cell_count(result.commit),
                        cell_count(result.bytes),
                        cell_float64(round(1000 * result.seconds) / 1000)};
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    return output_end(run->out, output_row(run->out, row));
}
