/* map_engine.h: the engine interface over maps in memory: the plainest model of what
 * engine/engine.h promises.
 *
 * Differences: nothing is on disk; there is one write transaction at a time, and a thread that
 * begins a second one waits for itself. Memory that runs out ends the program.
 */
#ifndef ORACLE_MAP_ENGINE_H
#define ORACLE_MAP_ENGINE_H

#include "engine/engine.h"

/* An empty engine; ended with engine_close. */
void map_engine_open(engine **result);

#endif
