/* real_data_test.c: the mappings of the examples on the real files, if they are there: every row,
 * nothing dangling, and the answers that are known. */
#include "cmocka_tests.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "fixture.h"
#include "hyperspatial/hyperspatial.h"

typedef struct import_root {
    void *dir;
    hs_router *router;
    hs_snapshot *snapshot;
    hs_import_result result;
} import_root;

/* Imports an example's data set, or skips the test. */
static import_root import_example(const char *example, const char *data_set,
                                  const char *collection) {
    char mapping[1024], source[1024];
    import_root r = {0};
    const char *data = shared_data();
    snprintf(source, sizeof source, "%s/%s", data != NULL ? data : "", data_set);
    struct stat info;
    if (data == NULL || stat(source, &info) != 0) {
        printf("# the files of %s are not there\n", data_set);
        skip();
    }
    directory_create(&r.dir);
    snprintf(mapping, sizeof mapping, "%s/examples/%s/mapping.json", SOURCE_ROOT, example);
    assert_int_equal(hs_router_open(r.dir, NULL, &r.router), HS_OK);
    hs_status status = hs_import_run(r.router, mapping, source, NULL, &r.result);
    if (status != HS_OK) fail_msg("%s: %s", hs_status_name(status), hs_last_error());
    assert_int_equal(hs_snapshot_open(r.router, collection, &r.snapshot), HS_OK);
    return r;
}

/* Closes the collection and removes it; the size of its file when nobody had it open. */
static uint64_t import_root_close(import_root *r, const char *file) {
    struct stat info;
    hs_snapshot_close(r->snapshot);
    assert_int_equal(hs_router_close(r->router), HS_OK);
    assert_int_equal(stat(in_directory(r->dir, file), &info), 0);
    assert_int_equal(directory_remove(&r->dir), 0);
    return (uint64_t)info.st_size;
}

static void assert_count(const import_root *r, const char *type, uint64_t expected) {
    uint64_t count;
    assert_int_equal(hs_entity_count(r->snapshot, type, &count), HS_OK);
    if (count != expected)
        fail_msg("%s: %llu, not %llu", type, (unsigned long long)count,
                 (unsigned long long)expected);
}

static void assert_bucket(hs_bucket_iterator *buckets, const char *start, uint64_t count,
                          double avg) {
    hs_bucket bucket;
    char text[32];
    assert_int_equal(hs_bucket_next(buckets, &bucket), 1);
    hs_time_format(bucket.start, text);
    assert_string_equal(text, start);
    assert_int_equal(bucket.count, count);
    assert_true(bucket.avg > avg - 5e-7 && bucket.avg < avg + 5e-7);
}

static void assert_heart_rate(const import_root *r) {
    hs_entity stay;
    hs_bucket_iterator *buckets;
    assert_int_equal(hs_entity_find(r->snapshot, "icustays", hs_slice_of("30057454"), &stay),
                     HS_OK);
    assert_int_equal(hs_series_buckets(r->snapshot, "icustays", &stay.id, hs_slice_of("Heart Rate"),
                                       HS_TIME_MIN, HS_TIME_MAX, INT64_C(3600000000), &buckets),
                     HS_OK);
    assert_bucket(buckets, "2171-11-14T10:00:00Z", 4, 108.75);
    assert_bucket(buckets, "2171-11-14T11:00:00Z", 3, 102.333333);
    hs_bucket_iterator_close(buckets);
}

#define PLAIN_CSV_BYTES UINT64_C(108600000) /* of the 31 tables, unpacked */

static void the_mimic_demo_is_imported_whole(void **state) {
    (void)state;
    import_root r = import_example("mimic-iv-demo", "mimic-iv-demo-2.2", "medical");
    assert_int_equal(r.result.rows, 1398500);
    assert_int_equal(r.result.entities, 1398500);
    assert_int_equal(r.result.rejected, 0);
    assert_int_equal(r.result.points, 257474);
    assert_count(&r, "patients", 100);
    assert_count(&r, "admissions", 275);
    assert_count(&r, "icustays", 140);
    assert_count(&r, "labevents", 107727);
    assert_count(&r, "chart_events", 668862);
    assert_heart_rate(&r);
    hs_check_result check;
    assert_int_equal(hs_collection_check(r.router, "medical", NULL, NULL, &check), HS_OK);
    assert_int_equal(check.entities, 1398500);
    uint64_t bytes = import_root_close(&r, "medical.hs");
    printf("# %.0f rows/s, %.1f MB\n", (double)r.result.rows / r.result.seconds,
           (double)bytes / 1e6);
    assert_true(bytes <= 2 * PLAIN_CSV_BYTES);
}

static void wordnet_is_imported_whole(void **state) {
    (void)state;
    import_root r = import_example("wordnet", "wordnet-3.0", "wordnet");
    assert_count(&r, "synsets", 82115);
    assert_int_equal(r.result.edges, 106614);
    assert_int_equal(r.result.rejected, 0);
    hs_entity entity;
    hs_property lemma;
    assert_int_equal(hs_entity_find(r.snapshot, "synsets", hs_slice_of("00001930"), &entity),
                     HS_OK);
    assert_int_equal(
        hs_property_get(r.snapshot, "synsets", &entity.id, hs_slice_of("lemma"), &lemma), HS_OK);
    assert_int_equal(lemma.value.bytes.size, strlen("physical_entity"));
    hs_edge_iterator *edges;
    hs_edge edge;
    const hs_edge_filter hypernyms = {.type = hs_slice_of("hypernym")};
    assert_int_equal(
        hs_edge_iterate(r.snapshot, "synsets", &entity.id, HS_OUTGOING, &hypernyms, &edges), HS_OK);
    assert_int_equal(hs_edge_next(edges, &edge), 1);
    assert_int_equal(hs_entity_get(r.snapshot, "synsets", &edge.target, &entity), HS_OK);
    assert_memory_equal(entity.key.data, "00001740", entity.key.size);
    assert_int_equal(hs_edge_next(edges, &edge), 0);
    hs_edge_iterator_close(edges);
    import_root_close(&r, "wordnet.hs");
}

int main(void) {
    if (shared_data() == NULL) return skip_all("a folder of data sets");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wordnet_is_imported_whole),
        cmocka_unit_test(the_mimic_demo_is_imported_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
