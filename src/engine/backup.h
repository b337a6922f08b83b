/* backup.h: a consistent copy of an open collection, as a file of its own. */
#ifndef ENGINE_BACKUP_H
#define ENGINE_BACKUP_H

#include "engine/engine.h"

/* What engine_backup promises, of the embedded engine. */
hs_status backup_run(engine *e, const char *path, const engine_backup_options *options,
                     engine_backup_result *result);

#endif
