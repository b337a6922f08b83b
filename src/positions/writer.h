/* writer.h: positions of one kind, written to the trajectories of many entities. */
#ifndef POSITIONS_WRITER_H
#define POSITIONS_WRITER_H

#include "hyperspatial/positions.h"

/* Writes in batches; the other two kinds are carried on from the latest position at or before the
 * time. */
typedef struct placement_writer {
    hs_snapshot *snapshot; /* borrowed */
    hs_batch *batch;
    const char *type;
    uint32_t dimension; /* of what is added: x is double[1 + dimension] */
    hs_modality modality;
    hs_time time;
    uint64_t written;
} placement_writer;

/* HS_NOT_FOUND, HS_INVALID (the dimension), HS_LIMIT (the time), HS_NO_MEMORY. Close it, also
 * after a failure. */
hs_status placement_writer_open(hs_router *router, hs_snapshot *snapshot,
                                const hs_position_scope *scope, hs_modality modality,
                                placement_writer *writer);

/* Records the position x of an entity, and commits when enough wait. */
hs_status placement_writer_add(placement_writer *writer, const hs_uuid *id, const double *x);

/* Commits what waits. */
hs_status placement_writer_finish(placement_writer *writer);
void placement_writer_close(placement_writer *writer);

/* The stored position of an entity, of one kind, at or before a time, into x (double[17]).
 * HS_NOT_FOUND. */
hs_status placement_read(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                         hs_modality modality, hs_time time, double *x);

#endif
