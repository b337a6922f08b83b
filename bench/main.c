/* main.c: the program hyperspatial-bench: our engine and its peers at the same works. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
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

/* Everything that a file holds, as a string. */
static char *read_file(const char *path) {
    FILE *in = fopen(path, "re");
    if (in == NULL) return NULL;
    fseek(in, 0, SEEK_END);
    long size = ftell(in);
    rewind(in);
    char *text = must_allocate((size_t)(size > 0 ? size : 0) + 1);
    if (size < 0 || fread(text, 1, (size_t)size, in) != (size_t)size)
        fail("%s cannot be read: %s", path, strerror(errno));
    fclose(in);
    return text;
}

/* Writes the table as Markdown: between the marks of a file that has them, else as the whole file.
 */
static void write_markdown(const results *r, const char *path) {
    static const char begin[] = "<!-- hyperspatial-bench: begin -->\n";
    static const char end[] = "<!-- hyperspatial-bench: end -->";
    if (path == NULL) return;
    char *old = read_file(path);
    char *first = old != NULL ? strstr(old, begin) : NULL;
    char *rest = first != NULL ? strstr(first, end) : NULL;
    FILE *out = fopen(path, "we");
    if (out == NULL) fail("%s cannot be written: %s", path, strerror(errno));
    if (rest != NULL) fwrite(old, 1, (size_t)(first - old) + strlen(begin), out);
    report_markdown(r, out);
    if (rest != NULL) fputs(rest, out);
    if (ferror(out) || fclose(out) != 0) fail("%s cannot be written: %s", path, strerror(errno));
    free(old);
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
    if (!o.keep) run_clean_up(&o);
    machine_make_directory(o.directory);
    results_start(&r, &o);
    run_all(&r);
    report_table(&r, stdout);
    write_report(&r, o.json, report_json);
    write_markdown(&r, o.markdown);
    write_report(&r, o.plot, o.size_count > 0 ? report_curves : report_svg);
    if (!o.keep) run_clean_up(&o);
    code = r.failures > 0;
    results_free(&r);
    options_free(&o);
    return code;
}
