/* help.h: usage and help, written from the command table. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "command.h"

/* Writes the help of a command, or of the program if `command` is NULL. Returns an exit code. */
int help_print(const command *about);

#endif
