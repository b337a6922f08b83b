/* map_engine.h: the engine interface over maps in memory: the plainest model of what
 * engine/engine.h promises.
 *
 * Nothing is on disk. Memory that runs out ends the program.
 */
#ifndef ORACLE_MAP_ENGINE_H
#define ORACLE_MAP_ENGINE_H

#include "engine/engine.h"

/* An empty engine; ended with engine_close. */
void map_engine_open(engine **result);

#endif
