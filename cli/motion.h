/* motion.h: how an entity moves, as rows: the options --drift and --velocity of trajectory. */
#ifndef CLI_MOTION_H
#define CLI_MOTION_H

#include "points.h"

/* Whether steps are asked for, instead of positions. */
bool motion_asked(const invocation *run);

/* Writes a row for each step of the kind of position that --kind says. Returns an exit code. */
int motion_print(invocation *run, const hs_address *address, const period *span);

#endif
