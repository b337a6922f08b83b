/* fixture.h: an open collection in a fresh directory for each test, on more than one engine. */
#ifndef STORAGE_FIXTURE_H
#define STORAGE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hyperspatial/hyperspatial.h"
#include "random.h"
#include "storage/batch/batch.h"
#include "storage/collection/snapshot.h"

typedef struct fixture {
    char directory[256];
    char path[272];
    bool has_file; /* the engine keeps its data when it is closed */
    hs_status (*open)(const char *path, bool create, engine **engine);
    engine *engine;
    collection *collection;
} fixture;

typedef struct fixture_test {
    const char *name;
    void (*run)(fixture *f);
} fixture_test;

#define FIXTURE_TEST(function)                                                                     \
    { #function, function }

/* Runs each test on each engine; the number of failures. The tests of an engine that keeps its data
 * in memory are the same, for they do not open it again unless they call fixture_reopen. */
int fixture_run(const char *group, const fixture_test *tests, size_t count);

/* Closes the collection and opens it again from its file; on an engine without files it goes on. */
void fixture_reopen(fixture *f);

#define assert_status(expression, expected)                                                        \
    do {                                                                                           \
        hs_status assert_got = (expression);                                                       \
        if (assert_got != (expected)) {                                                            \
            fail_msg("%s is %s (%s) instead of %s", #expression, hs_status_name(assert_got),       \
                     assert_got == HS_OK ? "" : hs_last_error(), #expected);                       \
        }                                                                                          \
    } while (0)
#define assert_ok(expression) assert_status(expression, HS_OK)

/* Fails unless the expression gives this status and the message contains `part`. */
#define assert_error(expression, expected, part)                                                   \
    do {                                                                                           \
        assert_status(expression, expected);                                                       \
        if (strstr(hs_last_error(), part) == NULL)                                                 \
            fail_msg("the message of %s is \"%s\", without \"%s\"", #expression, hs_last_error(),  \
                     part);                                                                        \
    } while (0)

/* --- short forms ------------------------------------------------------------------------------ */

void create_type(fixture *f, const char *type);
hs_batch *begin_batch(fixture *f);
/* Commits and frees the batch. */
void commit(hs_batch *batch);
/* Commits and frees a batch whose operation `index` (SIZE_MAX: none in particular) fails. */
void commit_failing(hs_batch *batch, hs_status expected, size_t index);
hs_snapshot *begin_snapshot(fixture *f);

/* The same data as hs_slice. */
hs_slice text(const char *string);
void assert_slice(hs_slice slice, const char *expected);
void assert_uuid(const hs_uuid *a, const hs_uuid *b);

/* Creates an entity with a key in a commit of its own. */
hs_uuid create_entity(fixture *f, const char *type, const char *key);
void delete_entity(fixture *f, const char *type, const hs_uuid *id);
/* A UUID that is the same for the same number and belongs to no entity. */
hs_uuid some_uuid(uint64_t number);

/* Values. */
hs_value null_value(void);
hs_value boolean(bool value);
hs_value int64(int64_t value);
hs_value float64(double value);
hs_value string(const char *value);
hs_value bytes(const void *data, size_t size);
hs_value timestamp(hs_time value);

/* Sets a property in a commit of its own. */
void set_property(fixture *f, const char *type, const hs_uuid *id, const char *name,
                  hs_value value);

/* The number of entries of a table in the newest state. */
uint64_t count_entries(fixture *f, const char *type, uint32_t table);
uint64_t count_routes(fixture *f);
/* The number of the newest commit. */
uint64_t newest_commit(fixture *f);

/* --- checking and damaging -------------------------------------------------------------------- */

/* What a check reported: its problems, one a line. */
typedef struct report {
    char text[8192];
    hs_check_result result;
} report;
hs_status check_now(fixture *f, report *r);

/* Checks the collection, and fails with the problems if there are any. */
void assert_clean(fixture *f);

/* A table of an entity type, or of $system if `type` is NULL. */
engine_table table_of(fixture *f, const char *type, uint32_t table);

/* Writes (or with `value` NULL removes) an entry behind the back of the storage layer. */
void damage(fixture *f, const char *type, uint32_t table, hs_slice key, const hs_slice *value);

/* The key of the only or first entry of a table. */
layout_key first_key(fixture *f, const char *type, uint32_t table);

#endif
