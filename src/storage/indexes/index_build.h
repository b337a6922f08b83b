/* index_build.h: indexes created over what there is, and dropped. */
#ifndef STORAGE_INDEX_BUILD_H
#define STORAGE_INDEX_BUILD_H

#include "hyperspatial/indexes.h"
#include "storage/collection/collection.h"
#include "storage/indexes/index_list.h"

/* What hs_index_create and hs_index_drop promise. */
hs_status index_create(collection *collection, const char *type, hs_slice property,
                       const hs_index_options *options);
hs_status index_drop(collection *collection, const char *type, hs_slice property);

/* Removes the index whose building was cut short before the collection was opened; there is at most
 * one. */
hs_status index_abandon(collection *collection);

/* What became of the indexes of a family. */
typedef struct index_rebuilt {
    uint64_t rebuilt;
    uint64_t dropped; /* unique ones in which equal values met, and a list that is damaged */
} index_rebuilt;

/* Builds all indexes of a family anew from its records. For repairs: nobody else uses the
 * collection. */
hs_status index_rebuild_all(collection *collection, family *family, const char *type,
                            index_rebuilt *result);

#endif
