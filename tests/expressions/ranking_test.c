/* ranking_test.c: fused rankings add up what the lists say, whatever order they come in. */
#include <math.h>

#include "cmocka_tests.h"
#include "hyperspatial/ranking.h"

static hs_uuid id_of(unsigned char number) {
    return (hs_uuid){.bytes = {number}};
}

static hs_neighbour at(unsigned char number, double distance) {
    return (hs_neighbour){.id = id_of(number), .distance = distance};
}

static void ranks_count_by_place_and_weight(void **state) {
    (void)state;
    const hs_neighbour a[] = {at(1, 0.1), at(2, 0.2), at(3, 9)}, b[] = {at(3, -7), at(1, -6)};
    const hs_ranking rankings[] = {{a, 3, 0}, {b, 2, 2}};
    hs_scored ranked[5];
    size_t found;
    assert_int_equal(hs_fuse(rankings, 2, HS_FUSE_RANKS, 5, ranked, &found), HS_OK);
    assert_int_equal(found, 3);
    assert_int_equal(ranked[0].id.bytes[0], 3);
    assert_float_equal(ranked[0].score, 1.0 / 63 + 2.0 / 61, 1e-15);
    assert_int_equal(ranked[1].id.bytes[0], 1);
    assert_float_equal(ranked[1].score, 1.0 / 61 + 2.0 / 62, 1e-15);
    assert_int_equal(ranked[2].id.bytes[0], 2);
    assert_int_equal(hs_fuse(rankings, 2, HS_FUSE_RANKS, 1, ranked, &found), HS_OK);
    assert_int_equal(found, 1);
    assert_int_equal(ranked[0].id.bytes[0], 3);
}

static void scores_are_brought_to_one_scale(void **state) {
    (void)state;
    const hs_neighbour a[] = {at(1, 100), at(2, 150), at(3, 200)}, b[] = {at(2, -3), at(4, -3)};
    const hs_ranking rankings[] = {{a, 3, 3}, {b, 2, 1}};
    hs_scored ranked[5];
    size_t found;
    assert_int_equal(hs_fuse(rankings, 2, HS_FUSE_SCORES, 5, ranked, &found), HS_OK);
    assert_int_equal(found, 4);
    assert_int_equal(ranked[0].id.bytes[0], 1);
    assert_float_equal(ranked[0].score, 0.75, 1e-15);
    assert_int_equal(ranked[1].id.bytes[0], 2);
    assert_float_equal(ranked[1].score, 0.75 * 0.5 + 0.25, 1e-15);
    assert_int_equal(ranked[2].id.bytes[0], 4);
    assert_int_equal(ranked[3].id.bytes[0], 3);
    assert_float_equal(ranked[3].score, 0, 1e-15);
}

static void distances_of_any_size_are_fused(void **state) {
    (void)state;
    const hs_neighbour a[] = {at(1, -1.7e308), at(2, 1.7e308)};
    const hs_ranking ranking = {a, 2, 1};
    hs_scored ranked[2];
    size_t found;
    assert_int_equal(hs_fuse(&ranking, 1, HS_FUSE_SCORES, 2, ranked, &found), HS_OK);
    assert_float_equal(ranked[0].score, 1, 1e-15);
    assert_float_equal(ranked[1].score, 0, 1e-15);
}

static void equal_scores_come_in_the_order_of_ids(void **state) {
    (void)state;
    const hs_neighbour a[] = {at(9, 1)}, b[] = {at(4, 1)};
    const hs_ranking rankings[] = {{a, 1, 0}, {b, 1, 0}, {NULL, 0, 0}};
    hs_scored ranked[2];
    size_t found;
    assert_int_equal(hs_fuse(rankings, 3, HS_FUSE_RANKS, 2, ranked, &found), HS_OK);
    assert_int_equal(found, 2);
    assert_int_equal(ranked[0].id.bytes[0], 4);
}

static void expect_refused(const hs_ranking *rankings, size_t count, hs_fusion fusion,
                           const char *part) {
    hs_scored ranked[4];
    size_t found;
    assert_int_equal(hs_fuse(rankings, count, fusion, 4, ranked, &found), HS_INVALID);
    if (strstr(hs_last_error(), part) == NULL) fail_msg("'%s' says no '%s'", hs_last_error(), part);
}

static void what_cannot_be_fused_is_refused(void **state) {
    (void)state;
    const hs_neighbour twice[] = {at(1, 0), at(2, 0), at(1, 1)}, far[] = {at(1, (double)INFINITY)};
    const hs_ranking good = {twice, 2, 0}, repeated = {twice, 3, 0}, infinite = {far, 1, 0},
                     negative = {twice, 2, -1};
    expect_refused(&repeated, 1, HS_FUSE_RANKS, "twice");
    expect_refused(&infinite, 1, HS_FUSE_SCORES, "finite");
    expect_refused(&negative, 1, HS_FUSE_RANKS, "weight");
    expect_refused(&good, 0, HS_FUSE_RANKS, "1 to 64");
    expect_refused(&good, 1, (hs_fusion)7, "7");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_count_by_place_and_weight),
        cmocka_unit_test(scores_are_brought_to_one_scale),
        cmocka_unit_test(distances_of_any_size_are_fused),
        cmocka_unit_test(equal_scores_come_in_the_order_of_ids),
        cmocka_unit_test(what_cannot_be_fused_is_refused),
    };
    return cmocka_run_group_tests_name("ranking", tests, NULL, NULL);
}
