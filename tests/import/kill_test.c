/* kill_test.c: an import killed at any moment leaves a collection that opens clean, and running it
 * again ends in the same content as one that was left alone. */
#include "cmocka_tests.h"
#include "random.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "content.h"
#include "fixture.h"
#include "hyperspatial/hyperspatial.h"

#define PATIENTS 300
#define STAYS    3000
#define EVENTS   12000

static const char mapping[] =
    "{\"collection\": \"c\", \"sources\": ["
    "{\"file\": \"patients.csv\", \"type\": \"patients\", \"key\": \"id\"},"
    "{\"file\": \"stays.csv\", \"type\": \"stays\", \"key\": \"id\", \"edges\": ["
    " {\"type\": \"of\", \"to\": {\"type\": \"patients\", \"key\": \"patient\"}},"
    " {\"type\": \"before\", \"to\": {\"type\": \"stays\", \"key\": \"next\"}}],"
    " \"vectors\": [{\"name\": \"xy\", \"columns\": [\"x\", \"y\"]}]},"
    "{\"file\": \"events.csv\", \"type\": \"events\", \"key\": {\"row_number\": true},"
    " \"series\": [{\"owner\": {\"type\": \"stays\", \"key\": \"stay\"},"
    "  \"name\": {\"column\": \"what\"}, \"time\": \"at\", \"value\": \"v\"}],"
    " \"measures\": [{\"owner\": {\"type\": \"stays\", \"key\": \"stay\"},"
    "  \"name\": {\"column\": \"what\"}, \"time\": \"at\", \"value\": \"v\"}]}]}";

static void write_sources(const char *dir) {
    FILE *file = fopen(in_directory(dir, "patients.csv"), "w");
    assert_non_null(file);
    fputs("id,age\n", file);
    for (int i = 1; i <= PATIENTS; i++)
        fprintf(file, "%d,%d\n", i, i % 90);
    fclose(file);
    file = fopen(in_directory(dir, "stays.csv"), "w");
    assert_non_null(file);
    fputs("id,patient,next,x,y\n", file);
    for (int i = 1; i <= STAYS; i++)
        fprintf(file, "%d,%d,%d,%d,0.5\n", i, i % PATIENTS + 1, i % STAYS + 1, i);
    fclose(file);
    file = fopen(in_directory(dir, "events.csv"), "w");
    assert_non_null(file);
    fputs("stay,what,at,v\n", file);
    for (int i = 1; i <= EVENTS; i++)
        fprintf(file, "%d,%s,2171-11-14 10:%02d:%02d,%d.25\n", i % STAYS + 1,
                i % 3 ? "Heart Rate" : "pH", i / 60 % 60, i % 60, i);
    fclose(file);
    write_text(in_directory(dir, "mapping.json"), mapping);
}

static hs_router *open_root(const char *dir) {
    hs_router *router;
    hs_config config;
    assert_int_equal(hs_config_preset(HS_PRESET_SMALL, &config), HS_OK);
    hs_status status = hs_router_open(in_directory(dir, "root"), &config, &router);
    if (status != HS_OK) fail_msg("%s", hs_last_error());
    return router;
}

static hs_status import_all(hs_router *router, const char *dir, hs_import_result *result) {
    hs_import_options options;
    hs_import_options_default(&options);
    options.batch_rows = 100;
    return hs_import_run(router, in_directory(dir, "mapping.json"), NULL, &options, result);
}

/* Imports in a process of its own, which ends without a warning after so many microseconds. Whether
 * it did. */
static bool import_killed(const char *dir, long microseconds) {
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct itimerval timer = {
            .it_value = {microseconds / 1000000, microseconds % 1000000}};
        signal(SIGALRM, SIG_DFL); /* which ends the process as SIGKILL does */
        setitimer(ITIMER_REAL, &timer, NULL);
        _exit(import_all(open_root(dir), dir, NULL) == HS_OK ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status)) assert_int_equal(WEXITSTATUS(status), 0);
    return WIFSIGNALED(status);
}

static void assert_clean(hs_router *router) {
    hs_check_result check;
    hs_status status = hs_collection_check(router, "c", NULL, NULL, &check);
    if (status == HS_NOT_FOUND) return; /* killed before it was created, or while it was */
    if (status != HS_OK) fail_msg("%s: %s", hs_status_name(status), hs_last_error());
}

static void an_import_killed_at_any_moment_is_finished_by_the_next(void **state) {
    const char *dir = *state;
    test_random random = test_random_start();
    write_sources(dir);
    hs_router *router = open_root(dir);
    hs_import_result result;
    assert_int_equal(import_all(router, dir, &result), HS_OK);
    uint64_t microseconds = (uint64_t)(result.seconds * 1e6) + 1;
    uint64_t digest = content_digest(router, "c");
    int killed = 0;
    for (int round = 0; round < 10; round++) {
        assert_int_equal(hs_collection_drop(router, "c"), HS_OK);
        assert_int_equal(hs_router_close(router), HS_OK);
        /* Up to three kills on the way of one import. */
        for (int attempt = 0; attempt < 3; attempt++) {
            killed += import_killed(dir, (long)test_random_below(&random, microseconds) + 1);
            router = open_root(dir);
            assert_clean(router);
            assert_int_equal(hs_router_close(router), HS_OK);
        }
        router = open_root(dir);
        assert_int_equal(import_all(router, dir, NULL), HS_OK);
        assert_clean(router);
        assert_true(content_digest(router, "c") == digest);
    }
    assert_true(killed > 0);
    assert_int_equal(hs_router_close(router), HS_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_import_killed_at_any_moment_is_finished_by_the_next,
                                        directory_create, directory_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
