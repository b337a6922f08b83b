/* properties.h: the properties of entities, which lie in their records, long values in blobs. */
#ifndef STORAGE_PROPERTIES_H
#define STORAGE_PROPERTIES_H

#include "storage/entities/entities.h"

/* Whether a value can be kept under this name, of an entity or an edge. HS_INVALID, HS_LIMIT. */
hs_status properties_check_value(hs_slice name, const hs_value *value);

/* A copy in the batch's arena; a list is packed (record.h). HS_NO_MEMORY. */
hs_status properties_copy_value(hs_batch *batch, const hs_value *value, hs_value *copy);

hs_status properties_apply(apply *apply, const operation *operation);

/* Whether the properties are other than before the batch. */
bool properties_differ(const pending_record *pending);

/* Brings the blobs in line with the record, which is written next. */
hs_status properties_flush(apply *apply, const pending_record *pending);

/* Completes a decoded property with its name, the bytes of a long value, and the elements of a
 * list, which lie in `memory`. */
hs_status properties_fill(hs_snapshot *snapshot, const family *family, uint64_t rid,
                          const record_property *from, arena *memory, hs_property *to);

/* Reads the properties of a row whose record was opened up to them, as hs_property_all does. */
hs_status properties_read(hs_snapshot *snapshot, const family *family, uint64_t rid,
                          record_reader *reader, const hs_property **properties, size_t *count);

/* Removes the blobs of an entity that is deleted. */
hs_status properties_delete_entity(apply *apply, const pending_record *record);

#endif
