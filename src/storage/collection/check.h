/* check.h: the invariants of the storage layer, verified in one snapshot: what the engine's own
 * check cannot know.
 *
 * Each store has a function `X_check(check, family)` that looks at one family and reports what is
 * wrong with check_problem; it fails only when it could not go on (memory, input and output), not
 * for a problem found. Damaged bytes (HS_CORRUPT from a decoder) are a problem to report, and the
 * next entry is looked at.
 */
#ifndef STORAGE_CHECK_H
#define STORAGE_CHECK_H

#include "storage/collection/snapshot.h"

typedef struct check {
    hs_snapshot *snapshot;
    hs_check_problem *report; /* may be NULL */
    void *context;
    hs_check_result *result;
} check;

/* A family being checked: what its counters say, and what the stores counted. */
typedef struct check_family {
    family *family;
    const char *type;
    counters stored;
    counters counted; /* each store fills its own: edges, series, points, vectors, measures */
} check_family;

/* Reports one problem: a sentence that names entity type, table and entity. */
void check_problem(check *check, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes a problem of damage that a reading function met: HS_OK for HS_CORRUPT, which is reported
 * with the thread's message; any other status as it is. */
hs_status check_damage(check *check, const check_family *family, hs_status status);

/* Whether an entity with this rid has a record; the stores' entries must not belong to any other.
 */
hs_status check_entity_exists(check *check, engine_family family, uint64_t rid, bool *exists);

/* Verifies the records of a family with their ids, keys, shapes and blobs (entity_check.c). */
hs_status entities_check(check *check, check_family *family);

/* Bytes of a property's value: texts are UTF-8, documents JSON, and packed lists can be read. */
hs_status entity_check_bytes(check *check, const check_family *family, uint64_t rid, hs_kind kind,
                             hs_slice bytes);

#endif
