/* world.h: a small collection that has one of everything, and everything that can be read of it. */
#ifndef FUZZ_WORLD_H
#define FUZZ_WORLD_H

#include "files.h"
#include "storage/collection/collection.h"

#define WORLD_TYPE     "patients"
#define WORLD_ENTITIES 12

/* A collection with one entity type, whose entities have properties with histories and an index,
 * edges with histories and properties, series, measures, trajectories, dense and sparse vectors,
 * and indexes of neighbours. The files are those of a process that ended. */
memory_vfs *world_create(void);

/* Opens files as a collection; the status of a refusal. */
hs_status world_open(memory_vfs *m, collection **collection);

/* The id of an entity. */
hs_uuid world_id(unsigned number);

/* Reads everything by every way that there is: of each, an error or an answer. */
void world_read(collection *collection);

/* Writes to everything, a few batches; of each, an error or a commit. */
void world_write(collection *collection);

#endif
