/* positions.c: a hierarchy placed in hyperbolic space: where its root is, what is near what, how an
 * entity has moved. */
#include "example.h"

static void add(hs_batch *batch, const char *key, const char *above) {
    hs_uuid id = {{0}}, other = {{0}};
    must(hs_entity_upsert(batch, "animals", hs_slice_of(key), &id));
    if (above == NULL) return;
    must(hs_entity_upsert(batch, "animals", hs_slice_of(above), &other));
    hs_edge edge = {"animals", id, hs_slice_of("is_a"), "animals", other, true, 1};
    must(hs_edge_put(batch, &edge));
}

static hs_position position(hs_snapshot *snapshot, const char *key) {
    hs_entity entity;
    hs_position position;
    must(hs_entity_find(snapshot, "animals", hs_slice_of(key), &entity));
    must(hs_trajectory_at(snapshot, "animals", &entity.id, HS_TIME_MAX, &position));
    return position;
}

static double apart(hs_snapshot *snapshot, const char *a, const char *b) {
    hs_position x = position(snapshot, a), y = position(snapshot, b);
    double distance;
    must(hs_position_distance(&(hs_modality_weights){.graph = 1}, &x, &y, &distance));
    return distance;
}

int main(int count, char **arguments) {
    static const char *const tree[][2] = {
        {"animal", NULL},  {"mammal", "animal"}, {"bird", "animal"},
        {"dog", "mammal"}, {"cat", "mammal"},    {"terrier", "dog"},
        {"hound", "dog"},  {"owl", "bird"},      {"eagle", "bird"},
    };
    hs_router *router = example_open(count, arguments, "demo");
    must(hs_type_create(router, "demo", "animals"));
    hs_batch *batch;
    must(hs_batch_create(router, "demo", &batch));
    for (size_t i = 0; i < sizeof tree / sizeof *tree; i++)
        add(batch, tree[i][0], tree[i][1]);
    must(hs_batch_commit(batch));
    hs_batch_free(batch);

    hs_position_scope scope; /* all animals, and edges from each to all its ancestors */
    hs_position_scope_default(&scope, "demo", "animals");
    scope.closure = true;
    scope.time = 0;
    must(hs_position_init(router, &scope, &(hs_position_start){.strategy = HS_BY_DEGREE}, NULL));
    hs_learn_options options;
    hs_position_result result;
    hs_learn_options_default(&options);
    options.negatives = 5;
    scope.time = 60000000;
    must(hs_position_learn(router, &scope, &options, &result));
    printf("%llu entities, %llu edges, MAP %.2f\n", (unsigned long long)result.entities,
           (unsigned long long)result.edges, result.map);

    hs_snapshot *snapshot;
    must(hs_snapshot_open(router, "demo", &snapshot));
    printf("a terrier is nearer to a dog than to a hound: %s\n",
           apart(snapshot, "terrier", "dog") < apart(snapshot, "terrier", "hound") ? "yes" : "no");
    printf("and to a hound than to an owl: %s\n",
           apart(snapshot, "terrier", "hound") < apart(snapshot, "terrier", "owl") ? "yes" : "no");
    hs_entity dog;
    hs_motion_summary moved;
    must(hs_entity_find(snapshot, "animals", hs_slice_of("dog"), &dog));
    must(hs_motion_summarise(snapshot, "animals", &dog.id, HS_GRAPH, HS_TIME_MIN, HS_TIME_MAX,
                             &moved));
    printf("learning moved the dog: %llu positions, drift %s 0\n",
           (unsigned long long)moved.positions, moved.drift > 0 ? ">" : "=");
    hs_snapshot_close(snapshot);
    must(hs_router_close(router));
    return 0;
}
