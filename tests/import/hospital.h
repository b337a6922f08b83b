/* hospital.h: a router over a root of its own, files beside it, and questions to what was imported
 * into collection "c". */
#ifndef TESTS_IMPORT_HOSPITAL_H
#define TESTS_IMPORT_HOSPITAL_H

#include "hyperspatial/hyperspatial.h"

typedef struct hospital {
    char *dir;
    hs_router *router;
    hs_import_result result; /* of the last import */
} hospital;

/* cmocka set-up and tear-down: *state is a hospital. */
int hospital_open(void **state);
int hospital_close(void **state);
#define IN_HOSPITAL(test) cmocka_unit_test_setup_teardown(test, hospital_open, hospital_close)

void put_file(const hospital *h, const char *name, const char *text);

/* Imports into the collection "c" by a mapping with these sources. */
hs_status run(hospital *h, const char *sources, const hs_import_options *options);
/* The same with the default options; fails the test unless it is well. */
void run_well(hospital *h, const char *sources);

/* The collection as of now. */
hs_snapshot *look(hospital *h);
/* The id of an entity that must exist. */
hs_uuid find(hs_snapshot *snapshot, const char *type, const char *key);
/* A property as text with its kind before it: "int64 5"; "" if it does not exist. */
const char *property(hospital *h, const char *type, const char *key, const char *name);
uint64_t entities(hospital *h, const char *type);
/* The weight of an edge, or -1 if there is none. */
double edge(hospital *h, const char *source_type, const char *source, const char *type,
            const char *target_type, const char *target);
/* The points of a series as "TIME=VALUE " each. */
const char *series(hospital *h, const char *type, const char *key, const char *name);
/* The number of the last commit. */
uint64_t commits(hospital *h);

#endif
