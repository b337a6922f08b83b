/* pending_points.h: points that a batch writes, gathered per series, so that each block is
 * changed once per batch however the rows of a file mix the series.
 */
#ifndef STORAGE_PENDING_POINTS_H
#define STORAGE_PENDING_POINTS_H

#include "storage/batch/apply.h"
#include "storage/series/point_store.h"

typedef struct pending_chunk {
    struct pending_chunk *next;
    const hs_point *points;
    size_t count;
} pending_chunk;

/* The points of one series, in the order in which they were recorded. */
typedef struct pending_series {
    struct pending_series *next;
    apply_family *family;
    uint64_t rid;
    uint32_t name;
    size_t count;
    pending_chunk *first;
    pending_chunk **tail;
    bool integers; /* the values are int64 */
    bool keep;     /* points of one time are all kept */
    /* Of measures only: */
    hs_slice unit;    /* the last one given; empty: none */
    hs_uuid id;       /* of the entity */
    bool has_current; /* `current` is known: the value with the greatest time, as of now */
    hs_point current;
} pending_series;

/* Series with points to be written, in the arena of the attempt. */
typedef struct pending_points {
    pending_series **table; /* open addressing, a power of two */
    size_t capacity;
    size_t count;
    pending_series *first; /* in the order of their first point */
    pending_series **tail;
} pending_points;

/* The one at *pending, made if it is NULL. HS_NO_MEMORY. */
hs_status pending_points_start(apply *apply, pending_points **pending);

/* The series' entry, which is made if it is new. HS_NO_MEMORY. */
hs_status pending_points_find(apply *apply, pending_points *pending, apply_family *family,
                              uint64_t rid, uint32_t name, pending_series **series);

/* Adds points, which stay where they are. HS_NO_MEMORY. */
hs_status pending_points_add(apply *apply, pending_series *series, const hs_point *points,
                             size_t count);

/* Writes one series of which `points` [count] ascend in time: of those at one time the last
 * recorded, or all of them if they are kept. */
typedef hs_status pending_writer(apply *apply, point_writer *writer, const pending_series *series,
                                 const hs_point *points, size_t count);

/* Writes all series to `table` of their families, with `write`, and forgets them. `pending` may
 * be NULL. */
hs_status pending_points_flush(apply *apply, pending_points *pending, uint32_t table,
                               pending_writer *write);

#endif
