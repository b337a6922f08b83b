/* trajectories.c: where an entity was at a time, and how it got there. */
#include <math.h>

#include "example.h"

/* A place on the hyperboloid at a distance from its origin, in all three spaces. */
static hs_position place(const char *day, double distance) {
    hs_position position = {.time = 0};
    must(hs_time_parse(hs_slice_of(day), &position.time));
    float *const spaces[] = {position.graph, position.embedding, position.property};
    for (int i = 0; i < 3; i++) {
        spaces[i][0] = (float)cosh(distance);
        spaces[i][1] = (float)sinh(distance);
    }
    return position;
}

static void print(const hs_position *position) {
    char time[32];
    hs_time_format(position->time, time);
    printf(" %.10s at %.2f;", time, asinh((double)position->graph[1]));
}

static void print_path(hs_snapshot *snapshot, const hs_uuid *id, const hs_thinning *rule) {
    hs_trajectory_iterator *path;
    if (rule == NULL)
        must(hs_trajectory_range(snapshot, "patients", id, HS_TIME_MIN, HS_TIME_MAX, &path));
    else
        must(
            hs_trajectory_thinned(snapshot, "patients", id, HS_TIME_MIN, HS_TIME_MAX, rule, &path));
    printf(rule == NULL ? "path:" : "where it moved:");
    for (hs_position position; hs_trajectory_next(path, &position) == 1;)
        print(&position);
    printf("\n");
    hs_trajectory_iterator_close(path);
}

int main(int count, char **arguments) {
    hs_router *router = example_open(count, arguments, "demo");
    must(hs_type_create(router, "demo", "patients"));
    hs_batch *batch;
    must(hs_batch_create(router, "demo", &batch));
    hs_uuid ana = {{0}};
    must(hs_entity_create(batch, "patients", hs_slice_of("ana"), &ana));
    const hs_position places[] = {place("2171-03-01", 1), place("2171-03-02", 1.05),
                                  place("2171-03-03", 1.5), place("2171-03-04", 1.51),
                                  place("2171-03-05", 1.52)};
    must(hs_trajectory_write(batch, "patients", &ana, places, 5));
    must(hs_batch_commit(batch));

    hs_snapshot *snapshot;
    hs_position position;
    must(hs_snapshot_open(router, "demo", &snapshot));
    print_path(snapshot, &ana, NULL);
    print_path(snapshot, &ana, &(hs_thinning){.moved = 0.1, .metric = HS_MOVED_HYPERBOLIC});
    must(hs_trajectory_at(snapshot, "patients", &ana, places[2].time - 1, &position));
    printf("just before 2171-03-03:");
    print(&position);
    printf("\n");
    hs_snapshot_close(snapshot);
    hs_batch_free(batch);
    must(hs_router_close(router));
    return 0;
}
