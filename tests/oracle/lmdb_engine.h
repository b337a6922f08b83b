/* lmdb_engine.h: the engine interface over LMDB, with which the embedded engine is compared.
 *
 * It keeps every promise of engine/engine.h with these differences:
 *
 * - Keys are at most LMDB_ENGINE_KEY_MAX bytes (LMDB's own limit); longer ones are HS_LIMIT.
 * - There is one write transaction at a time whatever its families, and it belongs to the thread
 *   that began it. A thread that begins a second one waits for itself.
 * - Commits reach the operating system, not the disk: every durability survives a kill, none a
 *   power cut.
 * - Dropping costs O(entries).
 * - A path may be open once per process.
 */
#ifndef ORACLE_LMDB_ENGINE_H
#define ORACLE_LMDB_ENGINE_H

#include "engine/engine.h"

#define LMDB_ENGINE_KEY_MAX 507

/* Opens or creates the environment in file `path` (with `path`-lock beside it). */
hs_status lmdb_engine_open(const char *path, engine **result);

#endif
