/* motion_test.c: steps of a trajectory: drift, displacement, velocity, acceleration, changes. */
#include <math.h>
#include <stdio.h>

#include "random.h"
#include "router/fixture.h"

#define SECOND INT64_C(1000000)

/* A position at (radius, angle) of the plane of the first two coordinates, of each kind at another
 * scale. */
static hs_position position_at(hs_time time, double radius, double angle) {
    hs_position position = {.time = time, .graph = {1}, .embedding = {1}, .property = {1}};
    float *const kinds[] = {position.graph, position.embedding, position.property};
    for (int kind = 0; kind < 3; kind++) {
        double r = radius * (kind + 1);
        kinds[kind][0] = (float)cosh(r);
        kinds[kind][1] = (float)(sinh(r) * cos(angle));
        kinds[kind][2] = (float)(sinh(r) * sin(angle));
    }
    return position;
}

static hs_uuid write_trajectory(fixture *f, const hs_position *positions, size_t count) {
    hs_batch *batch;
    create_medical(f);
    hs_uuid id = create_entity(f, "medical", "patients", "p");
    assert_ok(hs_batch_create(f->router, "medical", &batch));
    assert_ok(hs_trajectory_write(batch, "patients", &id, positions, count));
    assert_ok(hs_batch_commit(batch));
    hs_batch_free(batch);
    return id;
}

static void a_steady_walk_has_one_velocity_and_no_acceleration(void **state) {
    fixture *f = *state;
    hs_position positions[20];
    for (int i = 0; i < 20; i++)
        positions[i] = position_at(i * 2 * SECOND, 0.1 * i, 0.3);
    hs_uuid id = write_trajectory(f, positions, 20);
    hs_snapshot *snapshot;
    hs_motion_iterator *iterator;
    hs_motion motion;
    assert_ok(hs_snapshot_open(f->router, "medical", &snapshot));
    for (int kind = 0; kind < 3; kind++) {
        double step = 0.1 * (kind + 1);
        int count = 0, next;
        assert_ok(hs_motion_range(snapshot, "patients", &id, (hs_modality)kind, HS_TIME_MIN,
                                  HS_TIME_MAX, &iterator));
        while ((next = hs_motion_next(iterator, &motion)) == 1) {
            assert_true(fabs(motion.drift - step * count) < 1e-4);
            assert_true(fabs(motion.displacement - motion.drift) < 1e-4);
            assert_true(fabs(motion.velocity - (count > 0 ? step / 2 : 0)) < 1e-4);
            assert_true(motion.acceleration < 1e-3 && !motion.changed);
            double r =
                step * count; /* the tangent of a ray at distance r: (sinh, cosh·direction) */
            if (count > 0) assert_true(fabs(motion.direction[1] / (cosh(r) * cos(0.3)) - 1) < 1e-3);
            count++;
        }
        assert_true(next == 0 && count == 20);
        hs_motion_close(iterator);
    }
    hs_snapshot_close(snapshot);
}

static void a_turn_accelerates(void **state) {
    fixture *f = *state;
    const hs_position positions[] = {position_at(0, 1, 0), position_at(SECOND, 0, 0),
                                     position_at(2 * SECOND, 1, 1.5707963267948966)};
    hs_uuid id = write_trajectory(f, positions, 3);
    hs_snapshot *snapshot;
    hs_motion_summary summary;
    assert_ok(hs_snapshot_open(f->router, "medical", &snapshot));
    assert_ok(hs_motion_summarise(snapshot, "patients", &id, HS_GRAPH, HS_TIME_MIN, HS_TIME_MAX,
                                  &summary));
    assert_int_equal(summary.positions, 3);
    assert_true(summary.first == 0 && summary.last == 2 * SECOND);
    assert_true(fabs(summary.drift - 2) < 1e-5);
    assert_true(fabs(summary.displacement - acosh(cosh(1) * cosh(1))) < 1e-5);
    assert_true(fabs(summary.velocity - 1) < 1e-5 && fabs(summary.velocity_max - 1) < 1e-5);
    assert_true(fabs(summary.acceleration_max - sqrt(2)) < 1e-3); /* by a right angle at speed 1 */
    hs_snapshot_close(snapshot);
}

static void a_range_counts_only_what_is_in_it(void **state) {
    fixture *f = *state;
    hs_position positions[10];
    for (int i = 0; i < 10; i++)
        positions[i] = position_at(i * SECOND, 0.2 * i, 0);
    hs_uuid id = write_trajectory(f, positions, 10);
    hs_snapshot *snapshot;
    hs_motion_summary summary;
    assert_ok(hs_snapshot_open(f->router, "medical", &snapshot));
    assert_ok(
        hs_motion_summarise(snapshot, "patients", &id, HS_GRAPH, 3 * SECOND, 6 * SECOND, &summary));
    assert_int_equal(summary.positions, 3);
    assert_true(fabs(summary.drift - 0.4) < 1e-4);
    assert_ok(hs_motion_summarise(snapshot, "patients", &id, HS_GRAPH, 90 * SECOND, 91 * SECOND,
                                  &summary));
    assert_true(summary.positions == 0 && summary.drift == 0 && summary.velocity == 0);
    hs_motion_iterator *iterator;
    assert_error(hs_motion_range(snapshot, "patients", &id, (hs_modality)3, 0, 1, &iterator),
                 HS_INVALID, "kind");
    hs_uuid nobody = {{1}};
    assert_status(hs_motion_summarise(snapshot, "patients", &nobody, HS_GRAPH, 0, 1, &summary),
                  HS_NOT_FOUND);
    hs_snapshot_close(snapshot);
}

/* `per_step` for the first half of the steps, and `later` for the others, with 10 % of noise;
 * returns how many changes are found, and where the first one is. */
static int find_changes(fixture *f, double per_step, double later, int *first) {
    enum { STEPS = 80 };
    test_random random = test_random_start();
    static hs_position positions[STEPS];
    double radius = 0;
    int changes = 0, index = 0;
    for (int i = 0; i < STEPS; i++) {
        double noise = 0.9 + 0.2 * (double)test_random_below(&random, 1000) / 1000;
        radius += noise * (i <= STEPS / 2 ? per_step : later);
        positions[i] = position_at(i * SECOND, radius, 0);
    }
    hs_uuid id = write_trajectory(f, positions, STEPS);
    hs_snapshot *snapshot;
    hs_motion_iterator *iterator;
    hs_motion motion;
    assert_ok(hs_snapshot_open(f->router, "medical", &snapshot));
    assert_ok(
        hs_motion_range(snapshot, "patients", &id, HS_GRAPH, HS_TIME_MIN, HS_TIME_MAX, &iterator));
    for (; hs_motion_next(iterator, &motion) == 1; index++)
        if (motion.changed && changes++ == 0) *first = index;
    hs_motion_close(iterator);
    hs_snapshot_close(snapshot);
    return changes;
}

static void a_change_of_velocity_is_found_where_it_is(void **state) {
    int first = 0;
    assert_int_equal(find_changes(*state, 0.01, 0.04, &first), 1);
    assert_true(first >= 41 && first <= 43);
}

static void a_slowing_down_is_found_too(void **state) {
    int first = 0;
    assert_int_equal(find_changes(*state, 0.04, 0.01, &first), 1);
    assert_true(first >= 41 && first <= 43);
}

static void noise_is_no_change(void **state) {
    int first = 0;
    assert_int_equal(find_changes(*state, 0.02, 0.02, &first), 0);
}

static void standing_still_is_no_movement(void **state) {
    fixture *f = *state;
    hs_position positions[12];
    for (int i = 0; i < 12; i++)
        positions[i] = position_at(i * SECOND, 3, 1);
    hs_uuid id = write_trajectory(f, positions, 12);
    hs_snapshot *snapshot;
    hs_motion_summary summary;
    assert_ok(hs_snapshot_open(f->router, "medical", &snapshot));
    assert_ok(hs_motion_summarise(snapshot, "patients", &id, HS_PROPERTY, HS_TIME_MIN, HS_TIME_MAX,
                                  &summary));
    assert_true(summary.drift == 0 && summary.changes == 0 && summary.acceleration_max == 0);
    hs_snapshot_close(snapshot);
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(a_steady_walk_has_one_velocity_and_no_acceleration),
        TEST(a_turn_accelerates),
        TEST(a_range_counts_only_what_is_in_it),
        TEST(a_change_of_velocity_is_found_where_it_is),
        TEST(a_slowing_down_is_found_too),
        TEST(noise_is_no_change),
        TEST(standing_still_is_no_movement),
    };
    return cmocka_run_group_tests_name("motion", tests, NULL, NULL);
}
