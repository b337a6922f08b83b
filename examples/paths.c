/* paths.c: ways through a graph: who is near, the shortest way, all ways, what hangs together. */
#include "example.h"

/* A road between the houses of two people, with its length in kilometres. */
static void road(hs_batch *batch, const char *from, const char *to, float length) {
    hs_edge edge = {.source_type = "people",
                    .type = hs_slice_of("road"),
                    .target_type = "people",
                    .active = true,
                    .weight = length};
    must(hs_entity_upsert(batch, "people", hs_slice_of(from), &edge.source));
    must(hs_entity_upsert(batch, "people", hs_slice_of(to), &edge.target));
    must(hs_edge_put(batch, &edge));
}

static void print_path(hs_snapshot *snapshot, const hs_path *path) {
    for (size_t i = 0; i <= path->length; i++) {
        hs_entity entity;
        must(hs_entity_get(snapshot, path->steps[i].type, &path->steps[i].id, &entity));
        printf(" %.*s", TEXT(entity.key));
    }
    printf(" (%g km)\n", path->weight);
}

/* Nothing is prepared for these: they read the roads of a house when they come to it. */
static void ask_on_the_way(hs_snapshot *snapshot, hs_graph_options options, const hs_uuid *from,
                           const hs_uuid *to) {
    hs_traversal *traversal;
    hs_paths *paths;
    hs_path path;
    must(hs_traversal_open(snapshot, &options, "people", from, 2, &traversal));
    for (hs_visit visit; hs_traversal_next(traversal, &visit) == 1;) {
        must(hs_traversal_path(traversal, &path));
        printf("after %u roads:", visit.depth);
        print_path(snapshot, &path);
    }
    hs_traversal_close(traversal);
    options.weighted = true;
    must(hs_shortest_path(snapshot, &options, "people", from, "people", to, 0, &path));
    printf("the shortest way:");
    print_path(snapshot, &path);
    must(hs_paths_open(snapshot, &options, "people", from, "people", to, 4, &paths));
    while (hs_paths_next(paths, &path) == 1) {
        printf("a way of %zu roads:", path.length);
        print_path(snapshot, &path);
    }
    hs_paths_close(paths);
}

int main(int count, char **arguments) {
    hs_router *router = example_open(count, arguments, "demo");
    hs_batch *batch;
    hs_snapshot *snapshot;
    hs_entity ana, eva;
    must(hs_type_create(router, "demo", "people"));
    must(hs_batch_create(router, "demo", &batch));
    road(batch, "ana", "ben", 1);
    road(batch, "ben", "cleo", 1);
    road(batch, "cleo", "dan", 1.5f);
    road(batch, "ana", "dan", 6);
    road(batch, "dan", "eva", 2);
    must(hs_batch_commit(batch));
    hs_batch_free(batch);
    must(hs_snapshot_open(router, "demo", &snapshot));
    must(hs_entity_find(snapshot, "people", hs_slice_of("ana"), &ana));
    must(hs_entity_find(snapshot, "people", hs_slice_of("eva"), &eva));
    hs_graph_options options = {.orientation = HS_UNDIRECTED};
    ask_on_the_way(snapshot, options, &ana.id, &eva.id);

    hs_graph *graph; /* all roads, read once into arrays */
    double ranks[5]; /* of the people, in the order of creation */
    must(hs_graph_build(snapshot, &options, &graph));
    must(hs_graph_pagerank(graph, NULL, ranks));
    printf("ana's rank is %.3f, dan's %.3f\n", ranks[0], ranks[3]);
    hs_graph_free(graph);
    hs_snapshot_close(snapshot);
    must(hs_router_close(router));
    return 0;
}
