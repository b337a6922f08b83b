/* edge_properties.h: properties of edges, a table entry for each, in the family of the source.
 *
 *   edge_properties   source rid(6) ‖ name(3) ‖ target family(2) ‖ target rid(6) ‖ property(3)
 *                     ->  kind(1) ‖ value: of null nothing; of bool 1 byte; of int64, float64 and
 *                         timestamp 8, little-endian; of a UUID 16; of a list as record.h packs
 *                         it; of others their bytes
 *
 * They go with their edge.
 */
#ifndef STORAGE_EDGE_PROPERTIES_H
#define STORAGE_EDGE_PROPERTIES_H

#include "storage/batch/apply.h"
#include "storage/collection/check.h"

/* Reads a value; slices in it point into `bytes`, and a list stays packed in value->bytes.
 * HS_CORRUPT. */
hs_status edge_property_decode(hs_slice bytes, hs_value *value);

/* Sets (operation->edge.value) or deletes (NULL) the property operation->edge.property of the edge
 * of a locked family; *found tells whether one to be deleted was there. */
hs_status edge_property_write(apply *apply, engine_family family, uint64_t rid, uint64_t target,
                              const operation *operation, bool *found);

/* Deletes all properties of an edge, or of all edges of an entity. */
hs_status edge_properties_delete(apply *apply, engine_family family, uint64_t rid, uint32_t name,
                                 uint64_t target);
hs_status edge_properties_delete_entity(apply *apply, engine_family family, uint64_t rid);

/* Verifies that each property is sound and belongs to an edge. */
hs_status edge_properties_check(check *check, check_family *family);

#endif
