/* run.h: runs the works: engine by engine, each in a process of its own. */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include "results.h"

/* Runs all works of the options for all their engines, and the limits of the machine, as often as
 * asked; says on standard error what it is at. SIGINT and SIGTERM end it early. */
void run_all(results *r);

/* Deletes the engines' directories below that of the options, which goes too if it is empty then:
 * it may be one that holds other things. */
void run_clean_up(const options *o);

#endif
