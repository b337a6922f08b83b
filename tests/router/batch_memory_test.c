/* batch_memory_test.c: a batch of 100,000 operations of every kind is recorded and committed in
 * less than 200 MB; what has less memory than it needs is refused as a whole. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "router/fixture.h"

#define COLLECTION "hospital"

enum { ENTITIES = 14286, KINDS = 7, DIMENSION = 128 }; /* 100,002 operations */

/* An entity with all that it can have; its edge leads to the one before, the first one's to
 * itself. */
static hs_status record_entity(hs_batch *batch, int number, hs_uuid *before) {
    hs_uuid id = {{0}};
    char key[32];
    float vector[DIMENSION];
    hs_slice name = hs_slice_of("pulse");
    snprintf(key, sizeof key, "patient %d", number);
    for (int i = 0; i < DIMENSION; i++)
        vector[i] = (float)(number % (i + 1));
    const hs_value text = {.kind = HS_STRING, .bytes = hs_slice_of(key)};
    const hs_point point = {number, number};
    const hs_position position = {.time = number};
    hs_status status = hs_entity_create(batch, "patients", hs_slice_of(key), &id);
    if (number == 0) *before = id;
    const hs_edge edge = {"patients", id, hs_slice_of("after"), "patients", *before, true, 1};
    if (status == HS_OK)
        status = hs_property_set(batch, "patients", &id, hs_slice_of("name"), &text, HS_TIME_NOW);
    if (status == HS_OK) status = hs_edge_add(batch, &edge);
    if (status == HS_OK) status = hs_vector_set(batch, "patients", &id, "face", vector, DIMENSION);
    if (status == HS_OK) status = hs_series_write(batch, "patients", &id, name, &point, 1);
    if (status == HS_OK) status = hs_trajectory_write(batch, "patients", &id, &position, 1);
    if (status == HS_OK)
        status = hs_measure_set(batch, "patients", &id, name, number, hs_slice_of("1/min"), number);
    *before = id;
    return status;
}

static hs_status commit_all(hs_router *router) {
    hs_uuid before = {{0}};
    hs_batch *batch;
    hs_status status = hs_batch_create(router, COLLECTION, &batch);
    if (status != HS_OK) return status;
    for (int i = 0; i < ENTITIES && status == HS_OK; i++)
        status = record_entity(batch, i, &before);
    if (status == HS_OK) status = hs_batch_commit(batch);
    hs_batch_free(batch);
    return status;
}

/* Lets the process have so many bytes of memory of its own more than it has. */
static bool limit_memory(size_t more) {
    char line[128];
    size_t kilobytes = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "VmData: %zu kB", &kilobytes) == 1) break;
    if (file != NULL) fclose(file);
    size_t bytes = kilobytes * 1024 + more;
    return kilobytes > 0 && setrlimit(RLIMIT_DATA, &(struct rlimit){bytes, bytes}) == 0;
}

static hs_status entities_there(hs_router *router, uint64_t *count) {
    hs_snapshot *snapshot;
    hs_status status = hs_snapshot_open(router, COLLECTION, &snapshot);
    if (status != HS_OK) return status;
    status = hs_entity_count(snapshot, "patients", count);
    hs_snapshot_close(snapshot);
    return status;
}

/* What a commit in so much memory gives, in a process of its own; 0 to 255. */
static int commit_within(const fixture *f, size_t memory) {
    pid_t child = fork();
    if (child == 0) {
        uint64_t count = UINT64_MAX;
        const hs_vector_options vector = {.metric = HS_L2, .dimension = DIMENSION};
        hs_router *router = open_router(f);
        assert_ok(hs_collection_create(router, COLLECTION));
        assert_ok(hs_type_create(router, COLLECTION, "patients"));
        assert_ok(hs_vector_register(router, COLLECTION, "patients", "face", &vector));
        if (!limit_memory(memory)) _exit(100);
        hs_status status = commit_all(router);
        if (status != HS_OK) fprintf(stderr, "# %zu bytes: %s\n", memory, hs_last_error());
        if (entities_there(router, &count) != HS_OK) _exit(101);
        if (count != (status == HS_OK ? ENTITIES : 0)) _exit(102);
        _exit(-status);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void a_hundred_thousand_operations_need_less_than_200_mb(void **state) {
    _Static_assert(ENTITIES * KINDS >= 100000, "as many operations as the test is named for");
    assert_int_equal(commit_within(*state, (size_t)200 * 1000 * 1000), 0);
}

static void too_little_memory_is_an_error_and_changes_nothing(void **state) {
    for (size_t megabytes = 8; megabytes <= 40; megabytes += 8) {
        assert_int_equal(commit_within(*state, megabytes * 1000 * 1000), -HS_NO_MEMORY);
        hs_router *router = open_router(*state);
        assert_ok(hs_collection_drop(router, COLLECTION));
        assert_ok(hs_router_close(router));
    }
}

#define MEMORY_TEST(function) cmocka_unit_test_setup_teardown(function, fixture_open, fixture_close)

int main(void) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    printf("1..0 # SKIP a sanitizer needs more memory than the limit leaves\n");
    return 0;
#endif
    const struct CMUnitTest tests[] = {
        MEMORY_TEST(a_hundred_thousand_operations_need_less_than_200_mb),
        MEMORY_TEST(too_little_memory_is_an_error_and_changes_nothing),
    };
    return cmocka_run_group_tests_name("batch memory", tests, NULL, NULL);
}
