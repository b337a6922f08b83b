/* options.h: the command line taken apart by the command table, and options asked for by name. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "command.h"

/* Reads the options that stand before the command; *next receives the index of the command's name,
 * or `count` if there is none. Options are added to run->given, which has room for them. Returns
 * an exit code. */
int options_before_command(invocation *run, int count, char **words, int *next);

/* Reads the options and arguments of run->command: words[0] is its name. */
int options_of_command(invocation *run, int count, char **words);

/* Whether an option was given. */
bool option_given(const invocation *run, const char *name);

/* The value of an option (the last one, if it was given more than once); NULL if it was not. */
const char *option_value(const invocation *run, const char *name);

/* Options with a meaning; each leaves *value alone if the option was not given, and returns an exit
 * code. A count lies between `min` and `max`. */
int option_count(const invocation *run, const char *name, uint64_t min, uint64_t max,
                 uint64_t *value);
int option_number(const invocation *run, const char *name, double min, double max, double *value);
int option_time(const invocation *run, const char *name, hs_time *value);

/* The system's time: what an option of a time defaults to. */
hs_time time_now(void);

/* Finds the option's value in `choices` [count]; *index receives its place. */
int option_choice(const invocation *run, const char *name, const char *const *choices, size_t count,
                  size_t *index);

/* Reads a decimal number within the range; false if `text` is anything else. */
bool parse_count(const char *text, uint64_t min, uint64_t max, uint64_t *value);

/* The one of `names` [count] that `word` was probably meant to be, or NULL. */
const char *nearest_name(const char *word, const char *const *names, size_t count);

#endif
