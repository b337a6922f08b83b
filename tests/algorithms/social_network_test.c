/* social_network_test.c: friends, friends of friends and shortest paths between the persons of the
 * LDBC Social Network Benchmark, if its files are there, against a plain search over the same
 * lines. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "random.h"
#include "router/fixture.h"

#define DATA SOURCE_ROOT "/../shared/data/ldbc-snb-tiny/dynamic"

enum { PERSONS_MAX = 256, FAR = 1000 };

/* Who knows whom, read from the file. */
typedef struct friends {
    size_t count;
    uint64_t persons[PERSONS_MAX];
    bool knows[PERSONS_MAX][PERSONS_MAX];
    unsigned distance[PERSONS_MAX][PERSONS_MAX]; /* FAR: no way */
} friends;

static size_t person_of(friends *all, uint64_t id, bool add) {
    size_t i = 0;
    while (i < all->count && all->persons[i] != id)
        i++;
    if (i < all->count) return i;
    assert_true(add && all->count < PERSONS_MAX);
    all->persons[all->count] = id;
    return all->count++;
}

static void read_persons(friends *all) {
    char line[1024];
    uint64_t a, b;
    FILE *file = fopen(DATA "/person_0_0.csv", "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file) != NULL)
        person_of(all, strtoull(line, NULL, 10), true);
    fclose(file);
    file = fopen(DATA "/person_knows_person_0_0.csv", "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file) != NULL) {
        assert_int_equal(sscanf(line, "%" SCNu64 "|%" SCNu64 "|", &a, &b), 2);
        size_t x = person_of(all, a, false), y = person_of(all, b, false);
        all->knows[x][y] = all->knows[y][x] = true;
    }
    fclose(file);
}

static void find_distances(friends *all) {
    for (size_t i = 0; i < all->count; i++)
        for (size_t j = 0; j < all->count; j++)
            all->distance[i][j] = i == j ? 0 : all->knows[i][j] ? 1 : FAR;
    for (size_t k = 0; k < all->count; k++)
        for (size_t i = 0; i < all->count; i++)
            for (size_t j = 0; j < all->count; j++)
                if (all->distance[i][k] + all->distance[k][j] < all->distance[i][j])
                    all->distance[i][j] = all->distance[i][k] + all->distance[k][j];
}

static const char mapping[] =
    "{\"collection\": \"snb\", \"sources\": ["
    "{\"file\": \"person_0_0.csv\", \"type\": \"persons\", \"key\": \"id\", \"separator\": \"|\","
    " \"quote\": \"\", \"properties\": {\"firstName\": \"string\", \"gender\": \"string\"}},"
    "{\"file\": \"person_knows_person_0_0.csv\", \"separator\": \"|\", \"header\": true,"
    " \"columns\": [\"a\", \"b\", \"since\"], \"edges\": [{\"type\": \"knows\","
    " \"from\": {\"type\": \"persons\", \"key\": \"a\"},"
    " \"to\": {\"type\": \"persons\", \"key\": \"b\"}}]}]}";

/* The network, in the library and beside it. */
typedef struct network {
    friends *friends;
    hs_snapshot *snapshot;
    hs_graph_options options; /* who knows whom, in both directions */
} network;

static const hs_slice knows = {"knows", 5};
static const char *const persons[] = {"persons"};

static network import_network(fixture *f) {
    network n = {.options = {.types = persons,
                             .type_count = 1,
                             .edge_types = &knows,
                             .edge_type_count = 1,
                             .orientation = HS_UNDIRECTED}};
    n.friends = calloc(1, sizeof *n.friends);
    assert_non_null(n.friends);
    read_persons(n.friends);
    find_distances(n.friends);
    const char *path = in_root(f, "mapping.json");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(mapping, file);
    fclose(file);
    hs_import_result result;
    assert_ok(hs_import_run(f->router, path, DATA, NULL, &result));
    assert_int_equal(result.rejected, 0);
    assert_int_equal(unlink(path), 0);
    assert_ok(hs_snapshot_open(f->router, "snb", &n.snapshot));
    return n;
}

static void network_close(network *n) {
    hs_snapshot_close(n->snapshot);
    free(n->friends);
}

static hs_uuid id_of(const network *n, size_t person) {
    char key[32];
    hs_entity entity;
    snprintf(key, sizeof key, "%" PRIu64, n->friends->persons[person]);
    assert_ok(hs_entity_find(n->snapshot, "persons", hs_slice_of(key), &entity));
    return entity.id;
}

static size_t person_with(const network *n, const hs_uuid *id) {
    hs_entity entity;
    char key[32] = {0};
    assert_ok(hs_entity_get(n->snapshot, "persons", id, &entity));
    memcpy(key, entity.key.data, entity.key.size);
    return person_of(n->friends, strtoull(key, NULL, 10), false);
}

/* Compares who is within a distance of each person. */
static void check_circles(fixture *f, unsigned depth) {
    network n = import_network(f);
    const friends *all = n.friends;
    size_t met = 0;
    for (size_t i = 0; i < all->count; i++) {
        hs_uuid id = id_of(&n, i);
        hs_traversal *traversal;
        hs_visit visit;
        size_t expected = 0, found = 0;
        assert_ok(hs_traversal_open(n.snapshot, &n.options, "persons", &id, depth, &traversal));
        while (hs_traversal_next(traversal, &visit) == 1) {
            assert_int_equal(visit.depth, all->distance[i][person_with(&n, &visit.id)]);
            found++;
        }
        hs_traversal_close(traversal);
        for (size_t j = 0; j < all->count; j++)
            expected += all->distance[i][j] <= depth;
        assert_int_equal(found, expected);
        met += found;
    }
    printf("# %zu persons, %zu within a distance of %u\n", all->count, met, depth);
    network_close(&n);
}

static void friends_are_at_a_distance_of_one(void **state) {
    check_circles(*state, 1);
}

static void friends_of_friends_are_at_a_distance_of_two(void **state) {
    check_circles(*state, 2);
}

static void shortest_paths_between_persons_go_from_friend_to_friend(void **state) {
    network n = import_network(*state);
    const friends *all = n.friends;
    test_random random = test_random_start();
    size_t longest = 0;
    for (int round = 0; round < 2000; round++) {
        size_t a = test_random_below(&random, all->count),
               b = test_random_below(&random, all->count);
        hs_uuid from = id_of(&n, a), to = id_of(&n, b);
        hs_path path;
        hs_status status =
            hs_shortest_path(n.snapshot, &n.options, "persons", &from, "persons", &to, 0, &path);
        assert_status(status, all->distance[a][b] < FAR ? HS_OK : HS_NOT_FOUND);
        if (status != HS_OK) continue;
        assert_int_equal(path.length, all->distance[a][b]);
        assert_int_equal(person_with(&n, &path.steps[0].id), a);
        assert_int_equal(person_with(&n, &path.steps[path.length].id), b);
        for (size_t i = 1; i <= path.length; i++)
            assert_true(all->knows[person_with(&n, &path.steps[i - 1].id)]
                                  [person_with(&n, &path.steps[i].id)]);
        if (path.length > longest) longest = path.length;
    }
    printf("# the longest has %zu edges\n", longest);
    network_close(&n);
}

static void a_condition_keeps_to_persons_that_meet_it(void **state) {
    network n = import_network(*state);
    hs_filter *women;
    hs_graph *graph;
    uint64_t expected = 0;
    assert_ok(hs_filter_parse(hs_slice_of("gender = 'female'"), &women));
    n.options.where = women;
    bool is_woman[PERSONS_MAX];
    for (size_t i = 0; i < n.friends->count; i++) {
        hs_uuid id = id_of(&n, i);
        hs_property gender;
        assert_ok(hs_property_get(n.snapshot, "persons", &id, hs_slice_of("gender"), &gender));
        is_woman[i] = gender.value.bytes.size == strlen("female");
    }
    for (size_t i = 0; i < n.friends->count; i++)
        for (size_t j = 0; j < i; j++)
            expected += is_woman[i] && is_woman[j] && n.friends->knows[i][j];
    assert_ok(hs_graph_build(n.snapshot, &n.options, &graph));
    assert_true(expected > 0);
    assert_int_equal(hs_graph_edge_count(graph), expected);
    hs_graph_free(graph);
    hs_filter_free(women);
    network_close(&n);
}

int main(void) {
    if (access(DATA, R_OK) != 0) return skip_all("the data of the Social Network Benchmark");
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(friends_are_at_a_distance_of_one),
        TEST(friends_of_friends_are_at_a_distance_of_two),
        TEST(shortest_paths_between_persons_go_from_friend_to_friend),
        TEST(a_condition_keeps_to_persons_that_meet_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
