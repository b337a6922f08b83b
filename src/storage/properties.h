/* properties.h: the properties of entities, which lie in their records, long values in blobs. */
#ifndef STORAGE_PROPERTIES_H
#define STORAGE_PROPERTIES_H

#include "storage/entities.h"

hs_status properties_apply(apply *apply, const operation *operation);

/* Removes the blobs of an entity that is deleted. */
hs_status properties_delete_entity(apply *apply, const pending_record *record);

#endif
