/* trajectories_test.c: positions in blocks come back bit for bit; they are deleted by span and
 * thinned; whatever was written in whatever order. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "storage/fixture.h"
#include "storage/trajectories/position_block.h"
#include "storage/trajectories/thinning.h"

#define TYPE   "stays"
#define ALWAYS HS_TIME_MIN, INT64_MAX

/* --- short forms ------------------------------------------------------------------------------ */

static float *coordinate(hs_position *position, size_t i) {
    return position->graph + i;
}

/* A position that differs from the one before by about `step`. */
static void move(test_random *random, hs_position *position, double step) {
    position->time += 1000;
    for (size_t i = 0; i < COORDINATES; i++) {
        double by = (double)test_random_below(random, 2001) / 1000 - 1;
        *coordinate(position, i) += (float)(by * step);
    }
}

/* Positions that move slowly from somewhere. */
static hs_position *walk(test_random *random, size_t count, double step) {
    hs_position *positions = calloc(count, sizeof *positions), at = {.time = 0};
    assert_non_null(positions);
    move(random, &at, 3);
    for (size_t i = 0; i < count; i++) {
        positions[i] = at;
        move(random, &at, step);
    }
    return positions;
}

static void assert_same(const hs_position *a, const hs_position *b) {
    assert_true(a->time == b->time);
    assert_memory_equal(a->graph, b->graph, COORDINATES * sizeof(float));
}

static hs_uuid create_stay(fixture *f) {
    create_type(f, TYPE);
    return create_entity(f, TYPE, "1");
}

static void write_now(fixture *f, const hs_uuid *id, const hs_position *positions, size_t count) {
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_trajectory_write(batch, TYPE, id, positions, count));
    commit(batch);
}

static void delete_now(fixture *f, const hs_uuid *id, hs_time from, hs_time to) {
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_trajectory_delete(batch, TYPE, id, from, to));
    commit(batch);
}

static void thin_now(fixture *f, const hs_uuid *id, hs_time from, hs_time to, hs_thinning rule) {
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_trajectory_thin(batch, TYPE, id, from, to, &rule));
    commit(batch);
}

static void assert_iterates(hs_trajectory_iterator *iterator, const hs_position *expected,
                            size_t count) {
    hs_position position;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(hs_trajectory_next(iterator, &position), 1);
        assert_same(&position, expected + i);
    }
    assert_int_equal(hs_trajectory_next(iterator, &position), 0);
    assert_int_equal(hs_trajectory_next(iterator, &position), 0);
    hs_trajectory_iterator_close(iterator);
}

static void assert_range(fixture *f, const hs_uuid *id, hs_time from, hs_time to,
                         const hs_position *expected, size_t count) {
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_trajectory_iterator *iterator;
    assert_ok(hs_trajectory_range(snapshot, TYPE, id, from, to, &iterator));
    assert_iterates(iterator, expected, count);
    const hs_position *many;
    size_t seen = 0, n;
    int more;
    assert_ok(hs_trajectory_range(snapshot, TYPE, id, from, to, &iterator));
    while ((more = hs_trajectory_next_many(iterator, &many, &n)) == 1)
        for (size_t i = 0; i < n; i++, seen++) {
            assert_true(seen < count);
            assert_same(many + i, expected + seen);
        }
    assert_int_equal(more, 0);
    assert_int_equal(seen, count);
    hs_trajectory_iterator_close(iterator);
    hs_snapshot_close(snapshot);
}

/* --- blocks ----------------------------------------------------------------------------------- */

/* Encodes all positions in blocks and decodes them again; returns the bytes. */
static size_t round_trip(const hs_position *positions, size_t count) {
    size_t bytes = 0;
    for (size_t taken, decoded; count > 0; positions += taken, count -= taken) {
        uint8_t *block = malloc(POSITION_BLOCK_BYTES); /* a read behind its end would be seen */
        hs_position got[POSITION_BLOCK_MAX];
        size_t size = position_block_encode(positions, count, block, &taken);
        assert_in_range(taken, 1, count);
        assert_in_range(size, 1, POSITION_BLOCK_BYTES);
        uint8_t *exact = realloc(block, size);
        assert_ok(position_block_decode((hs_slice){exact, size}, positions[0].time, got, &decoded));
        assert_int_equal(decoded, taken);
        for (size_t i = 0; i < taken; i++)
            assert_same(got + i, positions + i);
        assert_ok(position_block_count((hs_slice){exact, size}, &decoded));
        assert_int_equal(decoded, taken);
        bytes += size;
        free(exact);
    }
    return bytes;
}

static void blocks_give_back_every_bit(fixture *f) {
    test_random random = test_random_start();
    (void)f;
    for (int round = 0; round < 60; round++) {
        hs_position *positions = walk(&random, 100, round % 3 == 0 ? 1e-3 : 1e30);
        for (size_t i = 0; i < 100; i++) {
            if (round % 2 == 0) positions[i].time = (hs_time)(i * i * i) * (round + 1) - 5;
            uint32_t bits = (uint32_t)test_random_next(&random);
            if (round % 4 == 1) /* any bits */
                memcpy(coordinate(&positions[i], test_random_below(&random, COORDINATES)), &bits,
                       4);
            if (round % 5 == 2) *coordinate(&positions[i], 3) = i % 2 == 0 ? 0.0f : -0.0f;
        }
        round_trip(positions, 100);
        round_trip(positions, 1);
        free(positions);
    }
}

static void slow_positions_take_six_tenths_of_what_they_are(fixture *f) {
    test_random random = test_random_start();
    hs_position *positions = walk(&random, 160, 1e-3);
    (void)f;
    assert_true(round_trip(positions, 160) < 160 * 212 * 6 / 10);
    for (size_t i = 0; i < 160; i++) /* steady movement: second differences are smaller */
        for (size_t j = 0; j < COORDINATES; j++)
            *coordinate(&positions[i], j) = 2 + (float)j * 0.01f + (float)i * 0.001f;
    assert_true(round_trip(positions, 160) < 160 * 212 * 2 / 10);
    free(positions);
}

static void damaged_blocks_are_refused(fixture *f) {
    test_random random = test_random_start();
    hs_position *positions = walk(&random, POSITION_BLOCK_MAX, 1e-3), got[POSITION_BLOCK_MAX];
    uint8_t block[POSITION_BLOCK_BYTES + 1] = {0}, copy[POSITION_BLOCK_BYTES];
    size_t taken, count;
    size_t size = position_block_encode(positions, POSITION_BLOCK_MAX, block, &taken);
    (void)f;
    for (size_t cut = 0; cut < size; cut++)
        assert_status(position_block_decode((hs_slice){block, cut}, 0, got, &count), HS_CORRUPT);
    assert_status(position_block_decode((hs_slice){block, size + 1}, 0, got, &count), HS_CORRUPT);
    assert_status(position_block_decode((hs_slice){block, size}, HS_TIME_MAX, got, &count),
                  HS_CORRUPT);
    assert_status(position_block_decode((hs_slice){block, size}, HS_TIME_MIN - 1, got, &count),
                  HS_CORRUPT);
    static const struct {
        size_t at;
        uint8_t byte;
    } wrong[] = {{0, 0}, {0, 17}, {0, 15}, {1, 2}, {2, 0}, {4, 33}, {4, 128 + 5}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        memcpy(copy, block, size);
        copy[wrong[i].at] = wrong[i].byte;
        assert_status(position_block_decode((hs_slice){copy, size}, 0, got, &count), HS_CORRUPT);
    }
    for (int i = 0; i < 20000; i++) { /* whatever stands there: no crash, and times that ascend */
        memcpy(copy, block, size);
        for (uint64_t n = 1 + test_random_below(&random, 4); n > 0; n--)
            copy[test_random_below(&random, size)] = (uint8_t)test_random_next(&random);
        if (position_block_decode((hs_slice){copy, size}, 0, got, &count) != HS_OK) continue;
        for (size_t j = 1; j < count; j++)
            assert_true(got[j - 1].time < got[j].time);
    }
    free(positions);
}

/* --- reading ---------------------------------------------------------------------------------- */

static void long_trajectories_are_read_by_span(fixture *f) {
    test_random random = test_random_start();
    hs_uuid id = create_stay(f), other = create_entity(f, TYPE, "2");
    hs_position *p = walk(&random, 200, 1e-3);
    write_now(f, &id, p, 200);
    write_now(f, &other, p + 50, 3);
    fixture_reopen(f);
    assert_range(f, &id, ALWAYS, p, 200);
    assert_range(f, &id, p[10].time, p[190].time, p + 10, 180);
    assert_range(f, &id, p[10].time + 1, p[11].time, NULL, 0);
    assert_range(f, &id, p[199].time + 1, INT64_MAX, NULL, 0);
    assert_range(f, &id, INT64_MIN, p[0].time, NULL, 0);
    assert_range(f, &other, ALWAYS, p + 50, 3);
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_position got;
    for (size_t i = 0; i < 200; i++) {
        assert_ok(hs_trajectory_at(snapshot, TYPE, &id, p[i].time + 999, &got));
        assert_same(&got, p + i);
    }
    assert_status(hs_trajectory_at(snapshot, TYPE, &id, p[0].time - 1, &got), HS_NOT_FOUND);
    assert_ok(hs_trajectory_last(snapshot, TYPE, &id, &got));
    assert_same(&got, p + 199);
    assert_ok(hs_trajectory_last(snapshot, TYPE, &other, &got));
    assert_same(&got, p + 52);
    hs_snapshot_close(snapshot);
    assert_clean(f);
    free(p);
}

static void an_entity_without_a_trajectory_has_no_last_position(fixture *f) {
    hs_uuid id = create_stay(f);
    hs_position got;
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_error(hs_trajectory_last(snapshot, TYPE, &id, &got), HS_NOT_FOUND, "has no trajectory");
    assert_status(hs_trajectory_last(snapshot, "nobody", &id, &got), HS_NOT_FOUND);
    hs_snapshot_close(snapshot);
}

static void appended_positions_fill_blocks(fixture *f) {
    test_random random = test_random_start();
    hs_uuid id = create_stay(f);
    hs_position *p = walk(&random, 100, 1e-4);
    for (size_t i = 0; i < 100; i++)
        write_now(f, &id, p + i, 1);
    assert_range(f, &id, ALWAYS, p, 100);
    assert_int_equal(count_entries(f, TYPE, TABLE_TRAJECTORIES), 7); /* six of 16, one of 4 */
    assert_clean(f);
    free(p);
}

/* --- deleting and thinning -------------------------------------------------------------------- */

static void a_span_is_deleted_and_the_rest_stays(fixture *f) {
    test_random random = test_random_start();
    hs_uuid id = create_stay(f);
    hs_position *p = walk(&random, 100, 1e-3);
    write_now(f, &id, p, 100);
    delete_now(f, &id, p[20].time, p[70].time);
    assert_range(f, &id, p[20].time, p[70].time, NULL, 0);
    assert_range(f, &id, INT64_MIN, p[70].time, p, 20);
    assert_range(f, &id, p[20].time, INT64_MAX, p + 70, 30);
    uint64_t before = newest_commit(f);
    delete_now(f, &id, p[70].time, p[70].time);
    delete_now(f, &id, p[30].time, p[40].time); /* nothing is there */
    delete_now(f, &id, p[75].time + 1, p[76].time);
    assert_int_equal(newest_commit(f), before);
    delete_now(f, &id, ALWAYS);
    assert_range(f, &id, ALWAYS, NULL, 0);
    assert_int_equal(count_entries(f, TYPE, TABLE_TRAJECTORIES), 0);
    delete_now(f, &id, ALWAYS);
    assert_clean(f);
    free(p);
}

static void every_third_position_is_kept_with_first_and_last(fixture *f) {
    test_random random = test_random_start();
    hs_uuid id = create_stay(f);
    hs_position *p = walk(&random, 100, 1e-4), kept[40];
    size_t count = 0;
    write_now(f, &id, p, 100);
    for (size_t i = 10; i < 91; i++)
        if ((i - 10) % 3 == 0 || i == 90) kept[count++] = p[i];
    hs_thinning rule = {.every = 3};
    hs_trajectory_iterator *iterator;
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_ok(hs_trajectory_thinned(snapshot, TYPE, &id, p[10].time, p[91].time, &rule, &iterator));
    assert_iterates(iterator, kept, count);
    assert_ok(hs_trajectory_thinned(snapshot, TYPE, &id, p[10].time, p[91].time, &rule, &iterator));
    const hs_position *many;
    size_t n, seen = 0;
    while (hs_trajectory_next_many(iterator, &many, &n) == 1)
        for (size_t i = 0; i < n; i++)
            assert_same(many + i, kept + seen++);
    assert_int_equal(seen, count);
    hs_trajectory_iterator_close(iterator);
    hs_snapshot_close(snapshot);

    thin_now(f, &id, p[10].time, p[91].time, rule);
    assert_range(f, &id, p[10].time, p[91].time, kept, count);
    assert_range(f, &id, INT64_MIN, p[10].time, p, 10);
    assert_range(f, &id, p[91].time, INT64_MAX, p + 91, 9);
    assert_int_equal(count_entries(f, TYPE, TABLE_TRAJECTORIES), 4); /* 47 positions */
    assert_clean(f);
    free(p);
}

static void what_has_not_moved_is_thinned_out(fixture *f) {
    hs_uuid id = create_stay(f);
    hs_position p[6] = {{0}}, kept[4];
    static const float places[] = {0, 0.05f, 0.2f, 0.25f, 0.5f, 0.55f};
    for (int i = 0; i < 6; i++) {
        p[i].time = i;
        p[i].embedding[7] = places[i];
        p[i].embedding[0] = (float)sqrt(1 + (double)places[i] * (double)places[i]);
    }
    kept[0] = p[0];
    kept[1] = p[2];
    kept[2] = p[4];
    kept[3] = p[5]; /* the last */
    write_now(f, &id, p, 6);
    hs_thinning rule = {.moved = 0.1, .metric = HS_MOVED_HYPERBOLIC};
    thin_now(f, &id, ALWAYS, rule);
    assert_range(f, &id, ALWAYS, kept, 4);
    thin_now(f, &id, ALWAYS, (hs_thinning){.moved = 1, .metric = HS_MOVED_EUCLIDEAN});
    kept[1] = p[5];
    assert_range(f, &id, ALWAYS, kept, 2);
    assert_clean(f);
}

/* Two points of the hyperboloid on a line through the origin are apart by the difference of the
 * arsinh of their coordinates. */
static void the_hyperbolic_distance_is_that_along_a_geodesic(fixture *f) {
    static const double radii[][2] = {{0, 1}, {0.5, 0.500001}, {3, 3.001}, {-2, 4}, {8, 8.5}};
    (void)f;
    for (size_t i = 0; i < sizeof radii / sizeof *radii; i++) {
        hs_position a = {0}, b = {0};
        a.property[16] = (float)sinh(radii[i][0]);
        b.property[16] = (float)sinh(radii[i][1]);
        double distance = asinh((double)b.property[16]) - asinh((double)a.property[16]);
        for (int more = 0; more <= 1; more++) {
            thinning t = {.rule = {.moved = distance * (more ? 1 + 1e-7 : 1 - 1e-7),
                                   .metric = HS_MOVED_HYPERBOLIC}};
            assert_true(thinning_keeps(&t, &a));
            assert_int_equal(thinning_keeps(&t, &b), !more);
        }
    }
}

static void bad_thinnings_are_refused(fixture *f) {
    hs_uuid id = create_stay(f);
    const hs_thinning bad[] = {{0},
                               {.every = 2, .moved = 1},
                               {.moved = -1},
                               {.moved = NAN},
                               {.every = 2, .metric = (hs_movement)2}};
    hs_batch *batch = begin_batch(f);
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_trajectory_iterator *iterator;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_status(hs_trajectory_thin(batch, TYPE, &id, ALWAYS, &bad[i]), HS_INVALID);
        assert_status(hs_trajectory_thinned(snapshot, TYPE, &id, ALWAYS, &bad[i], &iterator),
                      HS_INVALID);
    }
    hs_snapshot_close(snapshot);
    assert_int_equal(hs_batch_count(batch), 0);
    hs_uuid nobody = some_uuid(1);
    assert_ok(hs_trajectory_delete(batch, TYPE, &nobody, ALWAYS));
    commit_failing(batch, HS_NOT_FOUND, 0);
}

/* --- against a model -------------------------------------------------------------------------- */

#define SLOTS 120

typedef struct model {
    bool has[SLOTS];
    hs_position positions[SLOTS];
} model;

static void model_write(hs_batch *batch, test_random *random, model *m, const hs_uuid *id) {
    hs_position given[60];
    size_t count = test_random_below(random, 60), start = test_random_below(random, SLOTS);
    for (size_t i = 0; i < count; i++) {
        bool scattered = count % 3 == 0;
        size_t slot = scattered ? test_random_below(random, SLOTS) : (start + i) % SLOTS;
        given[i] = (hs_position){0};
        move(random, &given[i], count % 5 == 0 ? 1e20 : 1);
        given[i].time = (hs_time)slot * 7;
        m->has[slot] = true;
        m->positions[slot] = given[i];
    }
    assert_ok(hs_trajectory_write(batch, TYPE, id, given, count));
}

static void model_remove(hs_batch *batch, test_random *random, model *m, const hs_uuid *id) {
    size_t from = test_random_below(random, SLOTS), to = test_random_below(random, SLOTS + 1);
    bool thins = test_random_below(random, 2) == 0;
    thinning t = {.rule = {.every = 2 + (uint32_t)test_random_below(random, 3)}};
    if (thins)
        assert_ok(hs_trajectory_thin(batch, TYPE, id, (hs_time)from * 7, (hs_time)to * 7, &t.rule));
    else
        assert_ok(hs_trajectory_delete(batch, TYPE, id, (hs_time)from * 7, (hs_time)to * 7));
    size_t last = to;
    for (size_t i = from; i < to; i++)
        if (m->has[i]) last = i;
    for (size_t i = from; i < to; i++)
        if (m->has[i]) m->has[i] = thins && (thinning_keeps(&t, &m->positions[i]) || i == last);
}

static void model_compare(fixture *f, test_random *random, const model *m, const hs_uuid *id) {
    hs_position expected[SLOTS];
    size_t from = test_random_below(random, SLOTS), count = 0;
    for (int part = 0; part < 2; part++, from = 0, count = 0) {
        for (size_t i = from; i < SLOTS; i++)
            if (m->has[i]) expected[count++] = m->positions[i];
        assert_range(f, id, (hs_time)from * 7 - 3, INT64_MAX, expected, count);
    }
}

static void random_batches_behave_like_the_model(fixture *f) {
    test_random random = test_random_start();
    static model models[2];
    memset(models, 0, sizeof models);
    hs_uuid ids[2] = {create_stay(f)};
    ids[1] = create_entity(f, TYPE, "2");
    for (int round = 0; round < 120; round++) {
        hs_batch *batch = begin_batch(f);
        for (uint64_t n = test_random_below(&random, 4); n > 0; n--) {
            int which = (int)test_random_below(&random, 2);
            if (test_random_below(&random, 3) == 0)
                model_remove(batch, &random, &models[which], &ids[which]);
            else
                model_write(batch, &random, &models[which], &ids[which]);
            if (test_random_below(&random, 30) > 0) continue;
            assert_ok(hs_entity_delete(batch, TYPE, &ids[which]));
            assert_ok(hs_entity_create(batch, TYPE, text(which == 0 ? "1" : "2"), &ids[which]));
            memset(&models[which], 0, sizeof models[which]);
        }
        commit(batch);
        if (round % 40 == 39) fixture_reopen(f);
        for (int i = 0; i < 2; i++)
            model_compare(f, &random, &models[i], &ids[i]);
        if (round % 20 == 0) assert_clean(f);
    }
    assert_clean(f);
}

/* --- checking --------------------------------------------------------------------------------- */

static void assert_check_finds(fixture *f, const char *problem) {
    report r;
    assert_status(check_now(f, &r), HS_CORRUPT);
    if (strstr(r.text, problem) == NULL) fail_msg("no \"%s\" in: %s", problem, r.text);
}

static void wrong_blocks_are_found(fixture *f) {
    test_random random = test_random_start();
    hs_uuid id = create_stay(f);
    hs_position *p = walk(&random, 40, 1e-3), got;
    uint8_t block[POSITION_BLOCK_BYTES];
    size_t taken;
    write_now(f, &id, p, 40);
    layout_key first = first_key(f, TYPE, TABLE_TRAJECTORIES);
    size_t size = position_block_encode(p, 40, block, &taken);
    block[4] = 63; /* a width */
    damage(f, TYPE, TABLE_TRAJECTORIES, layout_slice(&first), &(hs_slice){block, size});
    assert_check_finds(f, "positions of the trajectory of row 1 are damaged");
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_trajectory_iterator *iterator;
    assert_ok(hs_trajectory_range(snapshot, TYPE, &id, ALWAYS, &iterator));
    assert_int_equal(hs_trajectory_next(iterator, &got), HS_CORRUPT);
    hs_trajectory_iterator_close(iterator);
    hs_snapshot_close(snapshot);
    p[0].graph[5] = NAN;
    size = position_block_encode(p, 40, block, &taken);
    damage(f, TYPE, TABLE_TRAJECTORIES, layout_slice(&first), &(hs_slice){block, size});
    assert_check_finds(f, "positions of the trajectory of row 1 are damaged");
    p[0].graph[5] = 0;
    p[15].time = p[16].time; /* into the next block */
    size = position_block_encode(p, 16, block, &taken);
    assert_int_equal(taken, 16);
    damage(f, TYPE, TABLE_TRAJECTORIES, layout_slice(&first), &(hs_slice){block, size});
    assert_check_finds(f, "blocks of the trajectory of row 1 overlap");
    free(p);
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(blocks_give_back_every_bit),
        FIXTURE_TEST(slow_positions_take_six_tenths_of_what_they_are),
        FIXTURE_TEST(damaged_blocks_are_refused),
        FIXTURE_TEST(long_trajectories_are_read_by_span),
        FIXTURE_TEST(an_entity_without_a_trajectory_has_no_last_position),
        FIXTURE_TEST(appended_positions_fill_blocks),
        FIXTURE_TEST(a_span_is_deleted_and_the_rest_stays),
        FIXTURE_TEST(every_third_position_is_kept_with_first_and_last),
        FIXTURE_TEST(what_has_not_moved_is_thinned_out),
        FIXTURE_TEST(the_hyperbolic_distance_is_that_along_a_geodesic),
        FIXTURE_TEST(bad_thinnings_are_refused),
        FIXTURE_TEST(random_batches_behave_like_the_model),
        FIXTURE_TEST(wrong_blocks_are_found),
    };
    return fixture_run("trajectories", tests, sizeof tests / sizeof *tests);
}
