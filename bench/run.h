/* run.h: runs the works: engine by engine, each in a process of its own. */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include "results.h"

/* Runs all works of the options for all their engines, and the limits of the machine, as often as
 * asked; says on standard error what it is at. */
void run_all(results *r);

#endif
