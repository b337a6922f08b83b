/* command.h: what a command is (its row in the command table), and what it gets when it runs.
 *
 * The table is the one source of the usage line, the help, the reading of options and, by a test,
 * of the manual page and the completions.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "hyperspatial/hyperspatial.h"
#include "output.h"
#include "report.h"

typedef struct option_spec {
    const char *name;     /* "limit" for --limit; NULL ends a list */
    char letter;          /* 'n' for -n, or 0 */
    const char *argument; /* what it takes, "N"; NULL for nothing */
    const char *help;     /* one line */
} option_spec;

/* What a command needs of the root directory. */
typedef enum root_use {
    ROOT_READ,    /* must exist */
    ROOT_CREATE,  /* is made if it is missing */
    ROOT_OR_FILE, /* must exist, unless a file is to be salvaged that is named by its path */
    ROOT_UNUSED
} root_use;

typedef struct invocation invocation;

typedef struct command {
    const char *name;
    const char *arguments; /* as in the usage line: "ADDRESS [NAME]" */
    int arguments_min;
    int arguments_max;
    const char *summary;        /* one line */
    const char *description;    /* paragraphs for --help, each line within 80 columns */
    const char *example;        /* one command line */
    const option_spec *options; /* beside the global ones; NULL for none */
    root_use root;
    int (*run)(invocation *run); /* returns the exit code; has reported what went wrong */
} command;

/* A command as the user called it. */
struct invocation {
    const command *command;
    char **arguments; /* [argument_count] */
    int argument_count;
    struct given_option {
        const option_spec *spec;
        const char *value; /* "" for an option that takes nothing */
    } * given; /* [given_count], in the order of the command line; room for every character of it */
    size_t given_count;
    const char *root;
    output_format format;
    hs_router *router;     /* NULL for ROOT_UNUSED */
    hs_snapshot *snapshot; /* opened by the command if it reads; main closes it */
    output *out;
};

/* The options of every command, and the commands; both end with a nameless one. */
extern const option_spec global_options[];
extern const command commands[];

/* Whether a command's first argument is the path of a file to be salvaged, not a collection's
 * name. */
bool command_salvages_path(const invocation *run);

/* The command of this name, or NULL. */
const command *command_find(const char *name);

int command_backup(invocation *run);
int command_check(invocation *run);
int command_compact(invocation *run);
int command_create(invocation *run);
int command_delete(invocation *run);
int command_drop(invocation *run);
int command_edges(invocation *run);
int command_export(invocation *run);
int command_get(invocation *run);
int command_graph(invocation *run);
int command_help(invocation *run);
int command_history(invocation *run);
int command_import(invocation *run);
int command_index(invocation *run);
int command_list(invocation *run);
int command_measures(invocation *run);
int command_nearest(invocation *run);
int command_plot(invocation *run);
int command_position(invocation *run);
int command_purge(invocation *run);
int command_rank(invocation *run);
int command_retain(invocation *run);
int command_salvage(invocation *run); /* check --salvage */
int command_series(invocation *run);
int command_set(invocation *run);
int command_stats(invocation *run);
int command_trajectory(invocation *run);
int command_type(invocation *run);
int command_vectors(invocation *run);
int command_within(invocation *run);

#endif
