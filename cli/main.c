/* main.c: hyperspatial, the program: finds the command, opens the root, runs it. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "display.h"
#include "help.h"
#include "options.h"

static int print_version(void) {
    bool written = printf("hyperspatial %s\n", hs_version()) > 0 && fflush(stdout) == 0;
    return written ? EXIT_OK : output_report_write("standard output", errno);
}

static int report_unknown_command(const char *word) {
    const char *names[64];
    size_t count = 0;
    for (const command *c = commands; c->name != NULL && count < 64; c++)
        names[count++] = c->name;
    const char *nearest = nearest_name(word, names, count);
    if (nearest != NULL) {
        return report(EXIT_USAGE, "unknown command %s; did you mean %s?", word, nearest);
    }
    return report(EXIT_USAGE, "unknown command %s; see hyperspatial --help", word);
}

/* Finds the root directory; reading must not leave an empty one behind a misspelled name. */
static int find_root(invocation *run) {
    run->root = option_value(run, "directory");
    if (run->root == NULL) run->root = getenv("HYPERSPATIAL_ROOT");
    if (run->root == NULL || *run->root == '\0') {
        return report(EXIT_USAGE, "no root directory is given; use -d DIR or HYPERSPATIAL_ROOT");
    }
    struct stat found;
    if (run->command->root == ROOT_CREATE || stat(run->root, &found) == 0) return EXIT_OK;
    if (errno != ENOENT) {
        return report(EXIT_FAILED, "cannot open the root directory %s: %s", run->root,
                      strerror(errno));
    }
    return report(EXIT_NOT_FOUND, "the root directory %s does not exist; import or create makes it",
                  run->root);
}

static int choose_format(invocation *run) {
    static const char *const names[] = {
        [OUTPUT_TABLE] = "table", [OUTPUT_JSON] = "json", [OUTPUT_CSV] = "csv"};
    size_t format = OUTPUT_TABLE;
    int code = option_choice(run, "format", names, sizeof names / sizeof *names, &format);
    run->format = (output_format)format;
    return code;
}

static int run_command(invocation *run) {
    int code = choose_format(run);
    bool rooted = run->command->root != ROOT_UNUSED && !command_salvages_path(run);
    if (code == EXIT_OK && rooted) code = find_root(run);
    if (code != EXIT_OK) return code;
    if (rooted) {
        hs_status status = hs_router_open(run->root, NULL, &run->router);
        if (status != HS_OK) return report_status(status);
    }
    run->out = output_open(stdout, run->format, display_terminal_width(STDOUT_FILENO));
    code = run->command->run(run);
    output_close(run->out);
    hs_snapshot_close(run->snapshot);
    if (run->router != NULL) {
        hs_status status = hs_router_close(run->router);
        if (status != HS_OK && code == EXIT_OK) code = report_status(status);
    }
    return code;
}

static int run_words(invocation *run, int count, char **words) {
    int next;
    int code = options_before_command(run, count, words, &next);
    if (code != EXIT_OK) return code;
    if (option_given(run, "version")) return print_version();
    if (next == count && option_given(run, "help")) return help_print(NULL);
    if (next == count) {
        return report(EXIT_USAGE, "no command is given; see hyperspatial --help");
    }
    run->command = command_find(words[next]);
    if (run->command == NULL) return report_unknown_command(words[next]);
    code = options_of_command(run, count - next, words + next);
    if (code != EXIT_OK) return code;
    if (option_given(run, "version")) return print_version();
    if (option_given(run, "help")) return help_print(run->command);
    return run_command(run);
}

/* Standard streams that are closed must not give their numbers to files of the library, nor swallow
 * what is printed: nothing can be written to these, and reading them ends at once. */
static void fill_standard_streams(void) {
    int descriptor;
    do {
        descriptor = open("/dev/null", O_RDONLY);
    } while (descriptor >= 0 && descriptor <= STDERR_FILENO);
    if (descriptor >= 0) close(descriptor);
}

int main(int argc, char **argv) {
    fill_standard_streams();
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is a failed write, seen where it happens */
    size_t characters = 0;    /* "-hV" is two options in one word */
    for (int i = 1; i < argc; i++)
        characters += strlen(argv[i]);
    invocation run = {.given = allocate(characters, sizeof *run.given)};
    int code = run_words(&run, argc, argv);
    free(run.given);
    return code;
}
