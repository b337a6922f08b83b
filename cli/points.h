/* points.h: points in time as rows: a series, a measure's history. */
#ifndef CLI_POINTS_H
#define CLI_POINTS_H

#include "command.h"

/* A span of time, from ≤ t < to. */
typedef struct period {
    hs_time from;
    hs_time to;
} period;

/* Reads --from and --to; without them, all time. Returns an exit code. */
int period_of(const invocation *run, period *span);

/* Writes the columns time and value, and closes the iterator. Returns an exit code. */
int points_print(invocation *run, hs_point_iterator *iterator);

#endif
