/* fixture.h: an engine in a fresh directory for each test, on every back end. */
#ifndef ENGINE_FIXTURE_H
#define ENGINE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/engine.h"

/* An implementation of the engine interface. */
typedef struct backend {
    const char *name;
    hs_status (*open)(const char *path, bool create, engine **engine);
    size_t key_max; /* bytes of the longest key that it takes */
    unsigned traits;
} backend;

/* What a back end has, and what a test needs. */
enum {
    PARALLEL_WRITERS = 1, /* transactions on different families run at the same time */
    FILES = 2,            /* data lie in a file and can be opened again */
};

extern const backend backend_embedded;
extern const backend backend_lmdb;
extern const backend backend_map;

typedef struct fixture {
    const backend *backend;
    char directory[256];
    char path[272];
    engine *engine;
} fixture;

typedef struct fixture_test {
    const char *name;
    void (*run)(fixture *fixture);
    unsigned needs;
} fixture_test;

#define FIXTURE_TEST(function)                                                                     \
    { #function, function, 0 }
#define FIXTURE_TEST_NEEDS(function, traits)                                                       \
    { #function, function, traits }

/* Runs each test on each back end that has what it needs; the number of failures. */
int fixture_run(const fixture_test *tests, size_t count);

/* Closes the engine and opens it again; one without files goes on as it is. */
void fixture_reopen(fixture *f);

/* A fresh directory below $TMPDIR or /tmp, and the end of it with the files in it. */
void directory_create(char *path, size_t size);
void directory_remove(const char *path);

/* What the tests run the embedded engine with: small, no thread of its own, so that a run repeats
 * exactly. */
hs_config fixture_config(void);

#define assert_status(expression, expected)                                                        \
    do {                                                                                           \
        hs_status assert_got = (expression);                                                       \
        if (assert_got != (expected)) {                                                            \
            fail_msg("%s is %s (%s) instead of %s", #expression, hs_status_name(assert_got),       \
                     assert_got == HS_OK ? "" : hs_last_error(), #expected);                       \
        }                                                                                          \
    } while (0)
#define assert_ok(expression) assert_status(expression, HS_OK)

/* Tables without fixed sizes, written directly or by queued writes. */
extern const engine_table_options plain_options;
extern const engine_table_options shared_options;

/* Short forms for tests with text keys and values. */
engine_txn *begin_read(engine *e);
engine_txn *begin_write(engine *e, engine_family family);
void put_text(engine_txn *t, engine_table table, const char *key, const char *value);
/* Fails unless the table maps `key` to `value` (NULL: has no such key). */
void expect_text(engine_txn *t, engine_table table, const char *key, const char *value);
/* The same in a snapshot of its own. */
void expect_committed(engine *e, engine_table table, const char *key, const char *value);
/* A family with one table "t" of the options (NULL: none fixed). */
engine_table create_table(engine *e, const char *family, const engine_table_options *options);
/* A family "accounts" with the tables "a" (1), "b" (2) and the shared "s" (3). */
engine_family create_accounts(engine *e);

#endif
