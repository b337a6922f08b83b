/* history.h: former values of properties, of types with the option property_history.
 *
 *   property_history   rid(6) ‖ name(3) ‖ valid_from(8, sign flipped)  ->  version
 *
 *   version    kind(1)        0 value, 1 deleted
 *              updated_at     zigzag varint, µs after the epoch
 *              [value]        as in a record (record.h), of any size, a list packed
 *
 * The value that holds now is in the record and not here. Here are those that held before it, and,
 * where the property was deleted, that it was: the last version of a property that the record does
 * not have is a deletion. A value whose valid_from is not behind the last change enters the history
 * and leaves the present alone; at the same valid_from it replaces what is there.
 */
#ifndef STORAGE_HISTORY_H
#define STORAGE_HISTORY_H

#include "storage/batch/apply.h"
#include "storage/collection/check.h"
#include "storage/entities/entities.h"

/* A change of the history that a batch is to make; the last one at a time holds. */
typedef struct history_change {
    struct history_change *next;
    enum { HISTORY_VALUE, HISTORY_DELETED, HISTORY_ERASED } kind;
    uint32_t name;
    hs_time valid_from, updated_at;
    hs_value value; /* as records hold it, with its bytes */
} history_change;

/* What a value that is set at `valid_from` becomes. */
typedef enum history_place {
    HISTORY_PRESENT, /* the value that holds now */
    HISTORY_PAST,    /* it entered the history; the record stays as it is */
    HISTORY_SAME     /* it is there already */
} history_place;

/* Takes note of a value that is set; `current` is the property as the batch has made it so far,
 * NULL if the record does not have it. */
hs_status history_set(apply *apply, pending_record *pending, const record_property *current,
                      uint32_t name, const hs_value *value, hs_time valid_from,
                      history_place *place);

/* Takes note of a deletion. */
hs_status history_delete(apply *apply, pending_record *pending, const record_property *current);

/* Writes what was noted. Comes before the record and its long values are written: values that were
 * noted may lie there. */
hs_status history_flush(apply *apply, const pending_record *pending);

/* Carries OPERATION_PROPERTY_PURGE out. */
hs_status history_purge(apply *apply, const operation *operation);

/* Removes the history of an entity that is deleted. */
hs_status history_delete_entity(apply *apply, engine_family family, uint64_t rid);

/* Verifies the history of a family. */
hs_status history_check(check *check, check_family *family);

/* --- the encoding ----------------------------------------------------------------------------- */

typedef struct history_version {
    bool is_deletion;
    hs_time updated_at;
    hs_value value; /* as records hold it; slices in the bytes that were decoded */
} history_version;

/* HS_CORRUPT. */
hs_status history_decode(hs_slice bytes, hs_time epoch, history_version *version);

#endif
