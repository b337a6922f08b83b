/* command_type.c: type: the options of an entity type, shown and set. */
#include <string.h>

#include "address.h"
#include "options.h"

#define OPTION_NAME_MAX 63 /* characters before the = of an argument of --set */

/* Takes OPTION=VALUE apart. */
static int split(const char *text, char name[OPTION_NAME_MAX + 1], const char **value) {
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text || equals - text > OPTION_NAME_MAX) {
        return report(EXIT_USAGE, "option --set takes OPTION=VALUE, not \"%s\"", text);
    }
    memcpy(name, text, (size_t)(equals - text));
    name[equals - text] = '\0';
    *value = equals + 1;
    return EXIT_OK;
}

/* Goes over what is to be set. All of it is looked at (`address` NULL) before any of it is done. */
static int set_options(invocation *run, const hs_address *address) {
    for (size_t i = 0; i < run->given_count; i++) {
        char name[OPTION_NAME_MAX + 1];
        const char *value = "";
        if (strcmp(run->given[i].spec->name, "set") != 0) continue;
        int code = split(run->given[i].value, name, &value);
        if (code != EXIT_OK) return code;
        hs_status status = address == NULL ? hs_type_option_check(name, value)
                                           : hs_type_option_set(run->router, address->collection,
                                                                address->type, name, value);
        if (status != HS_OK) return report_status(status);
    }
    return EXIT_OK;
}

static int print_options(invocation *run, const hs_address *address) {
    static const char *const columns[] = {"option", "value", "default", "allowed", "meaning"};
    hs_type_options options;
    hs_status status =
        hs_type_option_list(run->router, address->collection, address->type, &options);
    if (status != HS_OK) return report_status(status);
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    int code = EXIT_OK;
    for (size_t i = 0; i < options.count && code == EXIT_OK; i++) {
        const hs_type_option *option = &options.options[i];
        const cell row[] = {cell_name(option->name), cell_name(option->value),
                            cell_name(option->initial), cell_name(option->allowed),
                            cell_name(option->help)};
        code = output_row(run->out, row);
    }
    hs_type_options_free(&options);
    return output_end(run->out, code);
}

int command_type(invocation *run) {
    hs_address address;
    int code = address_open_type(run, run->arguments[0], &address);
    if (code == EXIT_OK) code = set_options(run, NULL);
    if (code == EXIT_OK) code = set_options(run, &address);
    return code == EXIT_OK ? print_options(run, &address) : code;
}
