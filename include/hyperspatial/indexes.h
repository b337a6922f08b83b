/* indexes.h: secondary indexes: the entities of a type by the value of one of their properties.
 *
 * An index has an entry for each entity of its type that has the property, null too, but not lists
 * and JSON documents, and is kept in the commits that change entities. Its order is that of
 * hs_value_compare, equal values in the order of creation: so 3 and 3.0 are one value, as -0.0 and
 * 0.0 are, and each kind stands by itself. Values are told apart by their first 470 bytes or so;
 * those that agree in them stand in the order of creation.
 *
 * hs_select (select.h) uses indexes where a condition allows it; this header is for those who walk
 * them by themselves.
 */
#ifndef HYPERSPATIAL_INDEXES_H
#define HYPERSPATIAL_INDEXES_H

#include "hyperspatial/entities.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The indexes that a type may have at once. */
#define HS_INDEXES_MAX 64

/* What an index is to be. */
typedef struct hs_index_options {
    bool unique; /* no two entities have an equal value, null apart */
} hs_index_options;

/* Creates an index of a property and enters the entities that there are. Writers of the type go on
 * meanwhile: each of the many transactions in between takes some milliseconds. One index of a
 * collection is built at a time; a second call waits. `options` may be NULL: not unique. Should the
 * process die before this returns, the collection is without the index when it is opened next.
 * Memory: 1 MiB or so. Cost: O(n log n) for n entities of the type; the last commit is durable.
 * HS_EXISTS: the property has an index, or two entities have an equal value in a unique one, which
 * are named; then there is no index. HS_NOT_FOUND (type); HS_INVALID (name of the property);
 * HS_LIMIT: 64 indexes of a type, or 4,000 ever made. */
hs_status hs_index_create(hs_router *router, const char *collection, const char *type,
                          hs_slice property, const hs_index_options *options);

/* Drops the index of a property, in a durable commit. HS_NOT_FOUND. O(1) for the caller. */
hs_status hs_index_drop(hs_router *router, const char *collection, const char *type,
                        hs_slice property);

/* An index as it was listed. */
typedef struct hs_index {
    hs_slice property; /* valid until the snapshot ends */
    bool unique;
    bool ready;       /* false while it is being built: then it answers no questions */
    uint64_t entries; /* entities in it */
} hs_index;

/* The indexes of a type, in the order of their creation. The array is owned by the snapshot and
 * valid until its end or the next hs_index_list on it. HS_NOT_FOUND (type). */
hs_status hs_index_list(hs_snapshot *snapshot, const char *type, const hs_index **indexes,
                        size_t *count);

/* A range of values in the order of hs_value_compare. An open side (NULL) goes on as far as values
 * can be compared with the other side: from 5 on means numbers from 5 on. Both sides open: all. */
typedef struct hs_index_range {
    const hs_value *from, *to; /* borrowed as long as the iterator lives */
    bool from_excluded, to_excluded;
    bool descending; /* from the greatest to the smallest; of equal ones the latest created first */
} hs_index_range;

/* A walk over a part of an index. */
typedef struct hs_index_iterator hs_index_iterator;

/* Starts a walk; `range` may be NULL: all. The caller closes the iterator before the snapshot.
 * HS_NOT_FOUND: the type, or an index that is ready; HS_INVALID: a bound is a list or JSON
 * document. O(log n). */
hs_status hs_index_iterate(hs_snapshot *snapshot, const char *type, hs_slice property,
                           const hs_index_range *range, hs_index_iterator **iterator);

/* The next entity: 1 with *entity filled, 0 at the end, a negative hs_status. */
int hs_index_next(hs_index_iterator *iterator, hs_entity *entity);

/* A value and how many entities have it. */
typedef struct hs_value_count {
    hs_value value; /* valid until the next call; of kind int64 or float64 as the first of equal
                       numbers has it */
    bool is_prefix; /* all values that begin so: the index tells them no further apart */
    uint64_t count;
} hs_value_count;

/* The next value with all entities that have it: 1, 0 at the end, a negative hs_status. Entities
 * are not read: a walk over the index alone. An iterator is asked for entities or for values. */
int hs_index_next_value(hs_index_iterator *iterator, hs_value_count *counted);
void hs_index_iterator_close(hs_index_iterator *iterator);

/* The number of entities whose value lies in a range (NULL: all). HS_NOT_FOUND as above. O(entries
 * in the range), without reading entities; O(1) for all. */
hs_status hs_index_count(hs_snapshot *snapshot, const char *type, hs_slice property,
                         const hs_index_range *range, uint64_t *count);

#ifdef __cplusplus
}
#endif

#endif
