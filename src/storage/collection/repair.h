/* repair.h: what follows from a collection's records, made to agree with them again after some of
 * its rows were lost.
 *
 * The routing index leads to every record that can be read, and to nothing else; the postings of
 * sparse vectors are those of the vectors, and current positions are the last ones of their
 * trajectories. The counters of each entity type are what is there, and
 * so are those of lists of edges, and no row number that anything still names is given again.
 * Indexes of properties are built anew, and the entities stand in the order of their measures.
 * What a record cannot tell stays as it is, and is what a check finds.
 */
#ifndef STORAGE_REPAIR_H
#define STORAGE_REPAIR_H

#include "storage/collection/collection.h"

typedef struct repair_result {
    uint64_t routes_removed;  /* led to rows that are gone */
    uint64_t routes_added;    /* to records that the index did not lead to */
    uint64_t places;          /* removed from or added to measure_order */
    uint64_t postings;        /* of sparse vectors, added or removed */
    uint64_t positions;       /* current ones, written or removed */
    uint64_t types;           /* whose counters were wrong */
    uint64_t indexes;         /* of properties, built anew */
    uint64_t indexes_dropped; /* for equal values in unique ones, or a damaged list */
} repair_result;

/* Whether the engine holds a collection whose settings are there: only then may it be opened, for
 * opening it without would make new ones, by which its records would be misread. */
hs_status repair_is_possible(engine *engine, bool *possible);

/* Repairs a collection that nobody else uses. Commits as it goes. */
hs_status collection_repair(collection *collection, repair_result *result);

#endif
