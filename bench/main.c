/* main.c: the program hyperspatial-bench: our engine and its peers at the same works. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "failure.h"
#include "machine.h"
#include "options.h"
#include "report.h"
#include "run.h"

/* The directory of the data if none was named: beside this program. */
static const char *default_directory(void) {
    static char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 16);
    if (length <= 0) fail("this program's place is not known; name a --directory");
    path[length] = '\0';
    strcpy(strrchr(path, '/'), "/bench-data");
    return path;
}

static void write_report(const results *r, const char *path,
                         void (*write)(const results *r, FILE *out)) {
    if (path == NULL) return;
    FILE *out = fopen(path, "we");
    if (out == NULL) fail("%s cannot be written: %s", path, strerror(errno));
    write(r, out);
    if (ferror(out) || fclose(out) != 0) fail("%s cannot be written: %s", path, strerror(errno));
}

int main(int count, char **words) {
    options o;
    results r;
    int code = options_read(&o, count, words);
    if (code >= 0) return code;
    if (o.directory == NULL) o.directory = default_directory();
    machine_make_directory(o.directory);
    if (machine_is_memory_only(o.directory))
        fputs("hyperspatial-bench: the directory of the data lives in memory, so syncs cost "
              "nothing; choose one on a disk with --directory\n",
              stderr);
    results_start(&r, &o);
    run_all(&r);
    report_table(&r, stdout);
    write_report(&r, o.json, report_json);
    write_report(&r, o.markdown, report_markdown);
    write_report(&r, o.plot, report_svg);
    if (!o.keep) machine_remove(o.directory);
    code = r.failures > 0;
    results_free(&r);
    return code;
}
