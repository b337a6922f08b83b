/* help.c: --help of the program and of each command. */
#include "help.h"

#include <errno.h>
#include <string.h>

#include "options.h"

/* Where explanations start, so that they fit 80 columns. */
#define COMMAND_COLUMN 14
#define OPTION_COLUMN  26

/* Adds a line: `left`, then `right` from `column` on. */
static void add_pair(buffer *to, size_t column, const char *left, const char *right) {
    size_t size = strlen(left) + 2;
    buffer_format(to, "  %s", left);
    buffer_fill(to, ' ', size + 1 < column ? column - size : 1);
    buffer_format(to, "%s\n", right);
}

static void add_options(buffer *to, const option_spec *spec) {
    for (; spec != NULL && spec->name != NULL; spec++) {
        buffer left = {NULL, 0, 0};
        if (spec->letter != 0) buffer_format(&left, "-%c, ", spec->letter);
        buffer_format(&left, "%s--%s", spec->letter != 0 ? "" : "    ", spec->name);
        if (spec->argument != NULL) buffer_format(&left, " %s", spec->argument);
        add_pair(to, OPTION_COLUMN, buffer_string(&left), spec->help);
        buffer_free(&left);
    }
}

static void add_program(buffer *to) {
    buffer_text(to,
                "usage: hyperspatial [-d DIR] [--format table|json|csv] COMMAND ...\n\n"
                "Hyperspatial keeps entities with their properties, edges, vectors, time series\n"
                "and measures in one file per collection below a root directory.\n\n"
                "Commands:\n");
    for (const command *c = commands; c->name != NULL; c++)
        add_pair(to, COMMAND_COLUMN, c->name, c->summary);
    buffer_text(to, "\nOptions of every command:\n");
    add_options(to, global_options);
    buffer_text(to, "\nEnvironment:\n");
    add_pair(to, OPTION_COLUMN, "HYPERSPATIAL_ROOT", "root directory where -d is not given");
    add_pair(to, OPTION_COLUMN, "COLUMNS", "columns of the terminal that tables fit");
    buffer_text(to, "\nAddresses: medical (a collection), medical/patients (an entity type),\n"
                    "medical/patients/10014729 (an entity by its key), medical/UUID, UUID.\n\n"
                    "Exit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 damaged, 5 busy,\n"
                    "6 too many bad rows, 130 interrupted.\n\n"
                    "`hyperspatial COMMAND --help` explains a command.\n");
}

static void add_command(buffer *to, const command *about) {
    buffer_format(to, "usage: hyperspatial %s", about->name);
    if (about->options != NULL) buffer_text(to, " [OPTIONS]");
    if (*about->arguments != '\0') buffer_format(to, " %s", about->arguments);
    buffer_format(to, "\n\n%s.\n\n%s\n", about->summary, about->description);
    if (about->options != NULL) {
        buffer_text(to, "\nOptions:\n");
        add_options(to, about->options);
    }
    buffer_text(to, "\nOptions of every command:\n");
    add_options(to, global_options);
    buffer_format(to, "\nExample:\n  %s\n", about->example);
}

int help_print(const command *about) {
    buffer text = {NULL, 0, 0};
    if (about == NULL) {
        add_program(&text);
    } else {
        add_command(&text, about);
    }
    bool written = fwrite(text.data, 1, text.size, stdout) == text.size && fflush(stdout) == 0;
    int code = written ? EXIT_OK : output_report_write("standard output", errno);
    buffer_free(&text);
    return code;
}

int command_help(invocation *run) {
    if (run->argument_count == 0) return help_print(NULL);
    const command *about = command_find(run->arguments[0]);
    if (about != NULL) return help_print(about);
    return report(EXIT_USAGE, "there is no command \"%s\"; see hyperspatial --help",
                  run->arguments[0]);
}
