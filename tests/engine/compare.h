/* compare.h: whether two engines, of whatever back end, hold the same. */
#ifndef ENGINE_COMPARE_H
#define ENGINE_COMPARE_H

#include <stddef.h>

#include "engine/engine.h"

/* Compares all families, tables and entries that two transactions see, by name. True if they are
 * the same; else the first difference is written to `difference`. */
bool engines_equal(engine_txn *a, engine_txn *b, char *difference, size_t size);

#endif
