/* properties.h: typed values by name, of an entity. */
#ifndef HYPERSPATIAL_PROPERTIES_H
#define HYPERSPATIAL_PROPERTIES_H

#include "hyperspatial/entities.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Lets a property's valid_from be the batch's time. */
#define HS_TIME_NOW INT64_MIN

/* A property as it was read. */
typedef struct hs_property {
    hs_slice name;      /* valid until the snapshot ends */
    hs_value value;     /* slices in it are valid until the snapshot ends */
    hs_time updated_at; /* when it was last set to another value */
    hs_time valid_from; /* since when the value holds, as the writer says */
} hs_property;

/* Records the setting of a property: created or replaced. Setting the value (and valid_from, unless
 * HS_TIME_NOW) that it has already changes nothing, nor do changes of one batch that cancel out.
 * At most 4,096 properties an entity; names 1 to 255 bytes of UTF-8, and not _key, _id, _type,
 * _revision, _created_at or _updated_at, which are the entity's own fields in conditions and in
 * output; values up to 1 GiB; float64 must be finite (NaN and the infinities are HS_INVALID). A
 * list has elements of any other kind but JSON; a JSON document is validated and kept as it is
 * written, to the byte, and has at most 64 MiB.
 * HS_NOT_FOUND at commit if the entity does not exist. */
hs_status hs_property_set(hs_batch *batch, const char *type, const hs_uuid *id, hs_slice name,
                          const hs_value *value, hs_time valid_from);

/* Records the deletion of a property; one that does not exist is HS_NOT_FOUND at commit. */
hs_status hs_property_delete(hs_batch *batch, const char *type, const hs_uuid *id, hs_slice name);

/* Reads one property; the elements of a list are valid until the next call. HS_NOT_FOUND says
 * whether the type, the entity or the property is missing. O(log n). */
hs_status hs_property_get(hs_snapshot *snapshot, const char *type, const hs_uuid *id, hs_slice name,
                          hs_property *property);

/* Reads all properties of an entity, in the byte order of their names. `properties` is an array
 * owned by the snapshot; it and its slices are valid until hs_snapshot_close or the next
 * hs_property_all on the same snapshot. */
hs_status hs_property_all(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                          const hs_property **properties, size_t *count);

/* --- history -------------------------------------------------------------------------------------
 * Of a type with the option property_history (hs_type_option_set), what a property was before is
 * kept: setting a value whose valid_from is later than that of the present one makes that one a
 * version of the past; an earlier one enters the history and leaves the present alone; at the same
 * valid_from it replaces what is there. A deletion is a version too, valid from the batch's time.
 * The present value counts as the last version, also where the option was switched on later or is
 * off again; while it is off, values that are replaced leave no version. */

/* A property as of a time: the value with the latest valid_from that is not after `time`; the
 * elements of a list are valid until the next call. HS_NOT_FOUND as hs_property_get, also if it was
 * not there then. O(log n). */
hs_status hs_property_get_at(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                             hs_slice name, hs_time time, hs_property *property);

/* All properties of an entity as of a time, in the byte order of their names; owned and valid as
 * the result of hs_property_all, which shares its memory. O(properties with a history × log n). */
hs_status hs_property_all_at(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                             hs_time time, const hs_property **properties, size_t *count);

/* One version of a property. */
typedef struct hs_property_version {
    hs_value value;     /* null if it is a deletion */
    bool is_deletion;   /* from valid_from on the entity did not have the property */
    hs_time valid_from; /* ascending in lists */
    hs_time updated_at; /* when it was written */
} hs_property_version;

/* The versions of a property, the present value last. The array is owned by the snapshot and valid
 * until its end or the next call on it. HS_NOT_FOUND: the type or entity; the property never was
 * there. O(versions + log n). */
hs_status hs_property_versions(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                               hs_slice name, const hs_property_version **versions, size_t *count);

/* Records the purge of versions that no time from `before` on needs: those that were replaced at
 * `before` or earlier. `name` empty: of all properties of the entity. Its revision stays.
 * HS_NOT_FOUND at commit if the entity does not exist. O(versions × log n). */
hs_status hs_property_purge(hs_batch *batch, const char *type, const hs_uuid *id, hs_slice name,
                            hs_time before);

#ifdef __cplusplus
}
#endif

#endif
