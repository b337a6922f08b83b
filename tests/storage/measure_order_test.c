/* measure_order_test.c: measures are incremented and reset, and entities are found in the order of
 * them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "storage/collection/repair.h"
#include "storage/fixture.h"
#include "storage/measures/measures.h"

#define TYPE "players"

/* --- short forms ------------------------------------------------------------------------------ */

static void set(hs_batch *batch, const hs_uuid *id, double value, hs_time time) {
    assert_ok(hs_measure_set(batch, TYPE, id, text("score"), value, text(""), time));
}

static void add(hs_batch *batch, const hs_uuid *id, double delta, const char *unit, hs_time time) {
    assert_ok(hs_measure_increment(batch, TYPE, id, text("score"), delta, text(unit), time));
}

static void reset(hs_batch *batch, const hs_uuid *id, double value, hs_time time) {
    assert_ok(hs_measure_reset(batch, TYPE, id, text("score"), value, time));
}

static void set_now(fixture *f, const hs_uuid *id, double value, hs_time time) {
    hs_batch *batch = begin_batch(f);
    set(batch, id, value, time);
    commit(batch);
}

static hs_measure score_of(fixture *f, const hs_uuid *id) {
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_measure measure;
    assert_ok(hs_measure_get(snapshot, TYPE, id, text("score"), &measure));
    hs_snapshot_close(snapshot);
    return measure; /* whose slices are not looked at */
}

static void assert_score(fixture *f, const hs_uuid *id, double value, hs_time time,
                         uint64_t count) {
    hs_measure measure = score_of(f, id);
    assert_true(measure.value == value);
    assert_true(measure.time == time);
    assert_int_equal(measure.count, count);
}

/* The keys of the ranked entities, with a blank before each. */
static void assert_rank(fixture *f, hs_rank which, size_t k, const char *expected) {
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_ranked ranked[16];
    size_t count;
    char found[256] = "";
    assert_true(k <= 16);
    assert_ok(hs_measure_rank(snapshot, TYPE, text("score"), which, k, ranked, &count));
    for (size_t i = 0; i < count; i++) {
        hs_entity entity;
        assert_ok(hs_entity_get(snapshot, TYPE, &ranked[i].id, &entity));
        size_t used = strlen(found);
        snprintf(found + used, sizeof found - used, " %.*s", (int)entity.key.size,
                 (const char *)entity.key.data);
    }
    assert_string_equal(found, expected);
    hs_snapshot_close(snapshot);
}

/* Players "a", "b", …, whose ids do not ascend with their keys. */
static void create_players(fixture *f, hs_uuid *ids, int count) {
    create_type(f, TYPE);
    for (int i = 0; i < count; i++)
        ids[i] = create_entity(f, TYPE, (char[]){(char)('a' + i), 0});
}

/* --- increments ------------------------------------------------------------------------------- */

static void an_increment_adds_to_what_stands_there(fixture *f) {
    hs_uuid id;
    create_players(f, &id, 1);
    hs_batch *batch = begin_batch(f);
    add(batch, &id, 2.5, "", 10); /* to nothing: 0 */
    add(batch, &id, 1, "", 20);   /* to what this batch has */
    commit(batch);
    assert_score(f, &id, 3.5, 20, 2);
    batch = begin_batch(f);
    set(batch, &id, 100, 30);
    add(batch, &id, -1, "", 40);
    set(batch, &id, 7, 35); /* older: only history */
    add(batch, &id, -2, "", 50);
    commit(batch);
    assert_score(f, &id, 97, 50, 6);
    assert_clean(f);
}

static void an_increment_in_the_past_is_taken_as_of_the_current_value(fixture *f) {
    hs_uuid id;
    create_players(f, &id, 1);
    set_now(f, &id, 5, 100);
    hs_batch *batch = begin_batch(f);
    add(batch, &id, 1, "", 50);
    add(batch, &id, 1, "", 100);
    commit(batch);
    assert_score(f, &id, 7, 100, 1);
    assert_rank(f, HS_GREATEST, 5, " a");
    assert_clean(f);
}

static void an_increment_in_another_unit_is_refused(fixture *f) {
    hs_uuid id;
    create_players(f, &id, 1);
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_measure_set(batch, TYPE, &id, text("score"), 70, text("kg"), 1));
    add(batch, &id, 1, "kg", 2);
    add(batch, &id, 1, "", 3); /* without one: the measure's */
    commit(batch);
    assert_score(f, &id, 72, 3, 3);
    batch = begin_batch(f);
    set(batch, &id, 1, 4);
    add(batch, &id, 1, "lb", 5);
    assert_error(hs_batch_commit(batch), HS_INVALID, "is kept in 'kg'; an increment in 'lb'");
    assert_int_equal(hs_batch_failed(batch), 1);
    hs_batch_free(batch);
    assert_score(f, &id, 72, 3, 3);
    batch = begin_batch(f);
    assert_ok(hs_measure_set(batch, TYPE, &id, text("score"), 160, text("lb"), 6));
    add(batch, &id, 1, "kg", 7); /* the unit that the batch has set counts */
    commit_failing(batch, HS_INVALID, 1);
}

static void an_increment_gives_a_unit_to_what_has_none(fixture *f) {
    hs_uuid id;
    create_players(f, &id, 1);
    set_now(f, &id, 1, 1);
    hs_batch *batch = begin_batch(f);
    add(batch, &id, 1, "goals", 2);
    commit(batch);
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_measure measure;
    assert_ok(hs_measure_get(snapshot, TYPE, &id, text("score"), &measure));
    assert_slice(measure.unit, "goals");
    assert_true(hs_measure_mean(&measure) == 1.5);
    hs_snapshot_close(snapshot);
}

static void a_sum_that_is_no_number_is_refused(fixture *f) {
    hs_uuid id;
    create_players(f, &id, 1);
    set_now(f, &id, 1.7e308, 1);
    hs_batch *batch = begin_batch(f);
    add(batch, &id, 1.7e308, "", 2);
    assert_error(hs_batch_commit(batch), HS_LIMIT, "to which 1.7e+308 cannot be added");
    hs_batch_free(batch);
    batch = begin_batch(f);
    assert_status(hs_measure_increment(batch, TYPE, &id, text("score"), NAN, text(""), 1),
                  HS_INVALID);
    assert_status(hs_measure_reset(batch, TYPE, &id, text("score"), INFINITY, 1), HS_INVALID);
    assert_int_equal(hs_batch_count(batch), 0);
    hs_batch_free(batch);
}

/* --- reset ------------------------------------------------------------------------------------ */

static void a_reset_measure_begins_anew_in_its_unit(fixture *f) {
    hs_uuid ids[2];
    create_players(f, ids, 2);
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_measure_set(batch, TYPE, &ids[0], text("score"), 5, text("kg"), 10));
    set(batch, &ids[0], 6, 20);
    set(batch, &ids[1], 1, 20);
    commit(batch);
    batch = begin_batch(f);
    set(batch, &ids[0], 9, 30);
    reset(batch, &ids[0], 0, 15); /* also what this batch has set */
    add(batch, &ids[0], 0.5, "kg", 16);
    commit(batch);
    assert_score(f, &ids[0], 0.5, 16, 2);
    assert_rank(f, HS_GREATEST, 5, " b a");
    batch = begin_batch(f);
    assert_ok(hs_measure_reset(batch, TYPE, &ids[0], text("none"), 0, 15));
    commit_failing(batch, HS_NOT_FOUND, 0);
    assert_clean(f);
}

/* --- order ------------------------------------------------------------------------------------ */

static void entities_come_in_the_order_of_their_values(fixture *f) {
    static const double values[] = {-1.5, 3, -0.0, 1e300, -1e300, 2.25};
    hs_uuid ids[6];
    create_players(f, ids, 6);
    hs_batch *batch = begin_batch(f);
    for (int i = 0; i < 6; i++)
        set(batch, &ids[i], values[i], 1);
    assert_ok(hs_measure_set(batch, TYPE, &ids[0], text("other"), 99, text(""), 1));
    commit(batch);
    assert_rank(f, HS_GREATEST, 16, " d b f c a e");
    assert_rank(f, HS_LEAST, 16, " e a c f b d");
    assert_rank(f, HS_GREATEST, 2, " d b");
    assert_rank(f, HS_LEAST, 3, " e a c");
    set_now(f, &ids[3], -7, 2);
    set_now(f, &ids[4], 50, 0); /* older: the current value stays */
    assert_rank(f, HS_GREATEST, 16, " b f c a d e");
    fixture_reopen(f);
    assert_rank(f, HS_LEAST, 16, " e d a c f b");
    assert_clean(f);
}

static void equals_come_in_the_order_of_their_ids(fixture *f) {
    hs_uuid ids[9];
    create_players(f, ids, 9);
    hs_batch *batch = begin_batch(f);
    for (int i = 0; i < 9; i++)
        set(batch, &ids[i], i == 4 ? 1 : i % 2 == 0 ? 0.0 : -0.0, 1);
    commit(batch);
    hs_snapshot *snapshot = begin_snapshot(f);
    for (int which = HS_GREATEST; which <= HS_LEAST; which++) {
        hs_ranked ranked[9];
        size_t count;
        assert_ok(
            hs_measure_rank(snapshot, TYPE, text("score"), (hs_rank)which, 9, ranked, &count));
        assert_int_equal(count, 9);
        assert_uuid(&ranked[which == HS_GREATEST ? 0 : 8].id, &ids[4]);
        int first = which == HS_GREATEST ? 1 : 0;
        for (int i = first + 1; i < first + 8; i++)
            assert_true(memcmp(&ranked[i - 1].id, &ranked[i].id, sizeof(hs_uuid)) < 0);
    }
    hs_snapshot_close(snapshot);
}

static void who_is_deleted_is_in_no_order(fixture *f) {
    hs_uuid ids[3];
    create_players(f, ids, 3);
    hs_batch *batch = begin_batch(f);
    for (int i = 0; i < 3; i++)
        set(batch, &ids[i], i, 1);
    commit(batch);
    delete_entity(f, TYPE, &ids[1]);
    assert_rank(f, HS_LEAST, 5, " a c");
    batch = begin_batch(f);
    assert_ok(hs_measure_delete(batch, TYPE, &ids[2], text("score")));
    commit(batch);
    assert_rank(f, HS_LEAST, 5, " a");
    assert_int_equal(count_entries(f, TYPE, TABLE_MEASURE_ORDER), 1);
    assert_clean(f);
}

static void a_snapshot_keeps_its_order(fixture *f) {
    hs_uuid ids[2];
    hs_ranked ranked[2];
    size_t count;
    create_players(f, ids, 2);
    set_now(f, &ids[0], 1, 1);
    set_now(f, &ids[1], 2, 1);
    hs_snapshot *snapshot = begin_snapshot(f);
    set_now(f, &ids[0], 3, 2);
    assert_ok(hs_measure_rank(snapshot, TYPE, text("score"), HS_GREATEST, 2, ranked, &count));
    assert_int_equal(count, 2);
    assert_uuid(&ranked[0].id, &ids[1]);
    assert_true(ranked[1].value == 1);
    hs_snapshot_close(snapshot);
    assert_rank(f, HS_GREATEST, 2, " a b");
}

static void bad_questions_are_refused(fixture *f) {
    hs_uuid id;
    hs_ranked ranked[1];
    size_t count = 5;
    create_players(f, &id, 1);
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_slice score = text("score");
    assert_ok(hs_measure_rank(snapshot, TYPE, score, HS_LEAST, 1, ranked, &count));
    assert_int_equal(count, 0); /* nothing was ever called so */
    assert_status(hs_measure_rank(snapshot, TYPE, score, HS_LEAST, 0, ranked, &count), HS_INVALID);
    assert_status(hs_measure_rank(snapshot, TYPE, score, HS_LEAST, 100001, ranked, &count),
                  HS_INVALID);
    assert_status(hs_measure_rank(snapshot, TYPE, score, (hs_rank)2, 1, ranked, &count),
                  HS_INVALID);
    assert_status(hs_measure_rank(snapshot, TYPE, text(""), HS_LEAST, 1, ranked, &count),
                  HS_INVALID);
    assert_status(hs_measure_rank(snapshot, "nobody", score, HS_LEAST, 1, ranked, &count),
                  HS_NOT_FOUND);
    hs_snapshot_close(snapshot);
}

/* --- checking --------------------------------------------------------------------------------- */

static void assert_check_finds(fixture *f, const char *problem) {
    report r;
    assert_status(check_now(f, &r), HS_CORRUPT);
    if (strstr(r.text, problem) == NULL) fail_msg("no \"%s\" in: %s", problem, r.text);
}

static void a_place_that_is_wrong_is_found_and_repaired(fixture *f) {
    hs_uuid ids[2];
    repair_result result;
    create_players(f, ids, 2);
    set_now(f, &ids[0], 1, 1);
    set_now(f, &ids[1], 2, 1);
    hs_slice nothing = {"", 0};
    layout_key place = first_key(f, TYPE, TABLE_MEASURE_ORDER), wrong = place;
    damage(f, TYPE, TABLE_MEASURE_ORDER, layout_slice(&place), NULL);
    assert_check_finds(f, "is not where measure");
    assert_check_finds(f, "2 measures have 1 places");
    wrong.bytes[5] ^= 1; /* another value */
    damage(f, TYPE, TABLE_MEASURE_ORDER, layout_slice(&wrong), &nothing);
    assert_check_finds(f, "is not where measure");
    assert_ok(collection_repair(f->collection, &result));
    assert_int_equal(result.places, 2);
    assert_clean(f);
    assert_rank(f, HS_LEAST, 5, " a b");
    memset(wrong.bytes, 0, ORDER_KEY_SIZE); /* no name */
    damage(f, TYPE, TABLE_MEASURE_ORDER, layout_slice(&wrong), &nothing);
    assert_check_finds(f, "2 measures have 3 places");
    assert_ok(collection_repair(f->collection, &result));
    assert_int_equal(result.places, 1);
    assert_clean(f);
    assert_ok(collection_repair(f->collection, &result));
    assert_int_equal(result.places, 0);
}

static void garbage_is_no_measure_and_no_place(fixture *f) {
    test_random random = test_random_start();
    uint8_t bytes[MEASURE_MAX];
    hs_measure measure;
    hs_uuid id;
    uint32_t name;
    double value;
    (void)f;
    for (int i = 0; i < 20000; i++) {
        size_t size = test_random_below(&random, sizeof bytes);
        for (size_t j = 0; j < size; j++)
            bytes[j] = (uint8_t)test_random_next(&random);
        if (size > 0 && i % 2 == 0) bytes[0] &= 1;
        if (measure_decode((hs_slice){bytes, size}, &measure) == HS_OK)
            assert_true(isfinite(measure.value) && measure.count > 0);
        if (measure_order_read((hs_slice){bytes, size}, &name, &value, &id) == HS_OK)
            assert_true(isfinite(value) && name > 0 && size == ORDER_KEY_SIZE);
    }
    assert_status(measure_order_read((hs_slice){bytes, ORDER_KEY_SIZE - 1}, &name, &value, &id),
                  HS_CORRUPT);
}

/* −0.0 stands as 0.0: a walk downwards would come back to such a place for ever. */
static void a_place_at_minus_zero_is_damaged(fixture *f) {
    const hs_slice nothing = {"", 0};
    hs_uuid ids[1];
    hs_ranked ranked[4];
    size_t count;
    create_players(f, ids, 1);
    set_now(f, &ids[0], -1, 1);
    layout_key place = first_key(f, TYPE, TABLE_MEASURE_ORDER);
    memset(place.bytes + 3, 0xFF, 8);
    place.bytes[3] = 0x7F;
    damage(f, TYPE, TABLE_MEASURE_ORDER, layout_slice(&place), &nothing);
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_status(hs_measure_rank(snapshot, TYPE, text("score"), HS_GREATEST, 4, ranked, &count),
                  HS_CORRUPT);
    hs_snapshot_close(snapshot);
}

/* --- against a model -------------------------------------------------------------------------- */

#define PLAYERS 8
#define TIMES   40

/* A measure as the values at its times. */
typedef struct model_player {
    bool exists, has[TIMES];
    double values[TIMES];
} model_player;

static int newest(const model_player *p) {
    int time = TIMES - 1;
    while (time >= 0 && !p->has[time])
        time--;
    return time;
}

static void model_step(hs_batch *batch, test_random *random, model_player *p, const hs_uuid *id) {
    int time = (int)test_random_below(random, TIMES), now = newest(p);
    double value = (double)test_random_below(random, 5) - 2;
    switch (test_random_below(random, 8)) {
    case 0:
        if (now < 0) return;
        reset(batch, id, value, time);
        memset(p->has, 0, sizeof p->has);
        break;
    case 1:
        if (now < 0) return;
        assert_ok(hs_measure_delete(batch, TYPE, id, text("score")));
        memset(p->has, 0, sizeof p->has);
        return;
    case 2:
    case 3:
    case 4:
        add(batch, id, value, "", time);
        if (time < now) time = now;
        value += now >= 0 ? p->values[now] : 0;
        break;
    default:
        set(batch, id, value, time);
    }
    p->has[time] = true;
    p->values[time] = value;
}

static void compare_player(fixture *f, const model_player *p, const hs_uuid *id) {
    int time = newest(p);
    if (time < 0) return;
    hs_measure measure = score_of(f, id);
    uint64_t count = 0;
    double sum = 0;
    for (int i = 0; i < TIMES; i++) {
        if (!p->has[i]) continue;
        count++;
        sum += p->values[i];
        assert_true(measure.min <= p->values[i] && p->values[i] <= measure.max);
    }
    assert_true(measure.time == time && measure.value == p->values[time]);
    assert_int_equal(measure.count, count);
    assert_true(fabs(measure.sum - sum) < 1e-9);
}

/* Whether player a comes before b from this end. */
static bool precedes(const hs_ranked *a, const hs_ranked *b, hs_rank which) {
    if (a->value != b->value)
        return which == HS_GREATEST ? a->value > b->value : a->value < b->value;
    return memcmp(&a->id, &b->id, sizeof a->id) < 0;
}

static void compare_order(fixture *f, const model_player *players, const hs_uuid *ids,
                          hs_rank which) {
    hs_ranked expected[PLAYERS], found[PLAYERS];
    size_t count = 0, got;
    for (int i = 0; i < PLAYERS; i++) {
        int time = players[i].exists ? newest(&players[i]) : -1;
        if (time < 0) continue;
        hs_ranked new = {ids[i], players[i].values[time]};
        size_t at = count++;
        for (; at > 0 && precedes(&new, &expected[at - 1], which); at--)
            expected[at] = expected[at - 1];
        expected[at] = new;
    }
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_ok(hs_measure_rank(snapshot, TYPE, text("score"), which, PLAYERS, found, &got));
    hs_snapshot_close(snapshot);
    assert_int_equal(got, count);
    for (size_t i = 0; i < count; i++) {
        assert_uuid(&found[i].id, &expected[i].id);
        assert_true(found[i].value == expected[i].value);
    }
}

static void random_batches_behave_like_the_model(fixture *f) {
    test_random random = test_random_start();
    model_player players[PLAYERS] = {{0}};
    hs_uuid ids[PLAYERS];
    create_players(f, ids, PLAYERS);
    for (int i = 0; i < PLAYERS; i++)
        players[i].exists = true;
    for (int round = 0; round < 150; round++) {
        hs_batch *batch = begin_batch(f);
        for (uint64_t n = test_random_below(&random, 10); n > 0; n--) {
            int i = (int)test_random_below(&random, PLAYERS);
            char key[2] = {(char)('a' + i), 0};
            if (!players[i].exists) {
                players[i].exists = true;
                assert_ok(hs_entity_create(batch, TYPE, text(key), &ids[i]));
            }
            model_step(batch, &random, &players[i], &ids[i]);
            if (test_random_below(&random, 20) > 0) continue;
            assert_ok(hs_entity_delete(batch, TYPE, &ids[i]));
            players[i] = (model_player){0};
        }
        commit(batch);
        if (round % 50 == 49) fixture_reopen(f);
        for (int i = 0; i < PLAYERS; i++)
            if (players[i].exists) compare_player(f, &players[i], &ids[i]);
        compare_order(f, players, ids, HS_GREATEST);
        compare_order(f, players, ids, HS_LEAST);
        if (round % 25 == 0) assert_clean(f);
    }
    assert_clean(f);
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(an_increment_adds_to_what_stands_there),
        FIXTURE_TEST(an_increment_in_the_past_is_taken_as_of_the_current_value),
        FIXTURE_TEST(an_increment_in_another_unit_is_refused),
        FIXTURE_TEST(an_increment_gives_a_unit_to_what_has_none),
        FIXTURE_TEST(a_sum_that_is_no_number_is_refused),
        FIXTURE_TEST(a_reset_measure_begins_anew_in_its_unit),
        FIXTURE_TEST(entities_come_in_the_order_of_their_values),
        FIXTURE_TEST(equals_come_in_the_order_of_their_ids),
        FIXTURE_TEST(who_is_deleted_is_in_no_order),
        FIXTURE_TEST(a_snapshot_keeps_its_order),
        FIXTURE_TEST(bad_questions_are_refused),
        FIXTURE_TEST(a_place_that_is_wrong_is_found_and_repaired),
        FIXTURE_TEST(garbage_is_no_measure_and_no_place),
        FIXTURE_TEST(a_place_at_minus_zero_is_damaged),
        FIXTURE_TEST(random_batches_behave_like_the_model),
    };
    return fixture_run("measure order", tests, sizeof tests / sizeof *tests);
}
