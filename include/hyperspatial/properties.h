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

#ifdef __cplusplus
}
#endif

#endif
