/* manual_test.c: every command and option of the command table is explained where users look:
 * manual page, completions and docs/cli.md. The folder of the sources is the first argument. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../cli/command.h"
#include "cmocka_tests.h"

static const char *source_folder;

/* The content of a file as a string; "\-" of manual pages becomes "-". Freed by the caller. */
static char *read_text(const char *path) {
    char name[4096];
    snprintf(name, sizeof name, "%s/%s", source_folder, path);
    FILE *file = fopen(name, "r");
    if (file == NULL) fail_msg("cannot open %s", name);
    size_t size = 0, capacity = 1 << 20;
    char *text = calloc(capacity, 1);
    assert_non_null(text);
    for (int c; (c = fgetc(file)) != EOF && size + 1 < capacity;) {
        if (c == '-' && size > 0 && text[size - 1] == '\\') size--;
        text[size++] = (char)c;
    }
    text[size] = '\0';
    fclose(file);
    return text;
}

static bool is_word(char c) {
    return isalnum((unsigned char)c) || c == '-' || c == '_';
}

/* Where `word` stands in `text` as a word of its own, from `from` on; NULL if it does not. */
static const char *find_word(const char *text, const char *from, const char *word) {
    size_t size = strlen(word);
    for (const char *at = from; (at = strstr(at, word)) != NULL; at++) {
        if ((at == text || !is_word(at[-1])) && !is_word(at[size])) return at;
    }
    return NULL;
}

static bool has_option(const char *text, const option_spec *spec) {
    char name[64], letter[3] = {'-', spec->letter, '\0'};
    snprintf(name, sizeof name, "--%s", spec->name);
    bool found = find_word(text, text, name) != NULL;
    return found && (spec->letter == 0 || find_word(text, text, letter) != NULL);
}

/* The part of `text` between the line that starts with `heading` and a word, and the next such
 * line; freed by the caller. */
static char *section(const char *text, const char *heading, const char *word) {
    char start[128];
    snprintf(start, sizeof start, "\n%s%s", heading, word);
    const char *from = strstr(text, start);
    while (from != NULL && is_word(from[strlen(start)]))
        from = strstr(from + 1, start);
    if (from == NULL) fail_msg("there is no section \"%s%s\"", heading, word);
    const char *to = strstr(from + strlen(start), heading);
    return to != NULL ? strndup(from, (size_t)(to - from)) : strdup(from);
}

static void check_sections(const char *path, const char *heading) {
    char *text = read_text(path);
    for (const command *c = commands; c->name != NULL; c++) {
        char *part = section(text, heading, c->name);
        for (const option_spec *o = c->options; o != NULL && o->name != NULL; o++) {
            if (!has_option(part, o)) fail_msg("%s: %s lacks --%s", path, c->name, o->name);
        }
        free(part);
    }
    for (const option_spec *o = global_options; o->name != NULL; o++) {
        if (!has_option(text, o)) fail_msg("%s lacks --%s", path, o->name);
    }
    free(text);
}

static void the_manual_page_has_every_command_and_option(void **state) {
    (void)state;
    check_sections("cli/hyperspatial.1", ".SS ");
}

static void docs_cli_has_every_command_and_option(void **state) {
    (void)state;
    check_sections("docs/cli.md", "### ");
}

static void check_completion(const char *path) {
    char *text = read_text(path);
    for (const command *c = commands; c->name != NULL; c++) {
        if (find_word(text, text, c->name) == NULL) fail_msg("%s lacks %s", path, c->name);
        for (const option_spec *o = c->options; o != NULL && o->name != NULL; o++) {
            char name[64];
            snprintf(name, sizeof name, "--%s", o->name);
            if (find_word(text, text, name) == NULL) fail_msg("%s lacks %s", path, name);
        }
    }
    for (const option_spec *o = global_options; o->name != NULL; o++) {
        if (strstr(text, o->name) == NULL) fail_msg("%s lacks --%s", path, o->name);
    }
    free(text);
}

static void the_completions_have_every_command_and_option(void **state) {
    (void)state;
    check_completion("cli/completion/hyperspatial.bash");
    check_completion("cli/completion/_hyperspatial");
}

static void every_command_of_the_table_is_complete(void **state) {
    (void)state;
    for (const command *c = commands; c->name != NULL; c++) {
        assert_true(command_find(c->name) == c);
        assert_non_null(c->run);
        assert_true(strlen(c->summary) > 10 && strlen(c->description) > 10);
        assert_non_null(strstr(c->example, c->name));
        assert_in_range(c->arguments_max, c->arguments_min, 4096);
        for (const option_spec *o = c->options; o != NULL && o->name != NULL; o++)
            assert_true(strlen(o->help) > 4);
    }
    assert_null(command_find("hel"));
}

/* Lines of the help fit a terminal of 80 columns. */
static void help_fits_80_columns(void **state) {
    (void)state;
    for (const command *c = commands; c->name != NULL; c++) {
        const char *line = c->description;
        while (line != NULL) {
            size_t size = strcspn(line, "\n");
            if (size > 80) fail_msg("%s: %.*s", c->name, (int)size, line);
            line = line[size] == '\n' ? line + size + 1 : NULL;
        }
        if (strlen(c->summary) > 80 - 14) fail_msg("%s: %s", c->name, c->summary);
        for (const option_spec *o = c->options; o != NULL && o->name != NULL; o++) {
            if (strlen(o->help) > 80 - 26) fail_msg("%s: %s", c->name, o->help);
        }
    }
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: manual_test SOURCE_FOLDER\n");
        return 2;
    }
    source_folder = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_manual_page_has_every_command_and_option),
        cmocka_unit_test(docs_cli_has_every_command_and_option),
        cmocka_unit_test(the_completions_have_every_command_and_option),
        cmocka_unit_test(every_command_of_the_table_is_complete),
        cmocka_unit_test(help_fits_80_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
