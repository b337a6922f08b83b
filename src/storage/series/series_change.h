/* series_change.h: changes one series in a transaction: its blocks, its roll-ups and its entry in
 * the directory together.
 */
#ifndef STORAGE_SERIES_CHANGE_H
#define STORAGE_SERIES_CHANGE_H

#include "storage/batch/apply.h"
#include "storage/series/pending_points.h"
#include "storage/series/series_directory.h"

/* Writes points [count] of a series, ascending in time (pending_writer). */
hs_status series_write_points(apply *apply, point_writer *writer, const pending_series *series,
                              const hs_point *points, size_t count);

/* Removes all that is stored of one series. HS_NOT_FOUND without a message. */
hs_status series_remove(apply *apply, apply_family *family, uint64_t rid, uint32_t name);

/* Deletes the points of a range; the series, if nothing is left. HS_NOT_FOUND without a message. */
hs_status series_delete_range(apply *apply, apply_family *family, uint64_t rid, uint32_t name,
                              hs_time from, hs_time to);

/* Gives up what is older than the retention says. HS_NOT_FOUND without a message. */
hs_status series_retain(apply *apply, apply_family *family, uint64_t rid, uint32_t name,
                        const hs_retention *kept, hs_time now);

#endif
