/* fixture.h: a router over a fresh root directory for each test. */
#ifndef TESTS_ROUTER_FIXTURE_H
#define TESTS_ROUTER_FIXTURE_H

#include "cmocka_tests.h"

#include "hyperspatial/hyperspatial.h"

typedef struct fixture {
    char root[256]; /* a directory below a fresh one */
    hs_router *router;
} fixture;

/* cmocka set-up and tear-down: *state is a fixture with an open router. */
int fixture_open(void **state);
int fixture_close(void **state);

/* Opens another router on the same root. */
hs_router *open_router(const fixture *f);

/* Closes the router and opens a new one. */
void fixture_reopen(fixture *f);

/* "ROOT/name" in one of eight static buffers. */
const char *in_root(const fixture *f, const char *name);

/* Creates the collection `medical` with the types patients and admissions. */
void create_medical(fixture *f);

/* Creates an entity with a key in a commit of its own. */
hs_uuid create_entity(fixture *f, const char *collection, const char *type, const char *key);

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

#endif
