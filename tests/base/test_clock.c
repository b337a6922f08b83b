/* test_clock.c: the clocks and the random numbers of the operating system. */
#include <time.h>

#include "cmocka_tests.h"

#include "base/clock.h"

static void now_is_the_time_of_day_in_microseconds(void **state) {
    (void)state;
    time_t before = time(NULL);
    hs_time now = clock_now();
    assert_true(now / 1000000 >= before - 1); /* time() may lag behind by a tick */
    assert_true(now / 1000000 <= time(NULL) + 1);
}

static void the_monotonic_clock_does_not_go_back(void **state) {
    (void)state;
    uint64_t last = clock_monotonic_ns();
    for (int i = 0; i < 1000; i++) {
        uint64_t now = clock_monotonic_ns();
        assert_true(now >= last);
        last = now;
    }
}

static void random_bytes_fill_all_of_a_large_buffer(void **state) {
    (void)state;
    static uint8_t first[4096], second[4096];
    static const uint8_t zeros[16];
    assert_int_equal(random_bytes(first, sizeof first), HS_OK);
    assert_int_equal(random_bytes(second, sizeof second), HS_OK);
    assert_memory_not_equal(first, second, sizeof first);
    assert_memory_not_equal(first, zeros, sizeof zeros);
    assert_memory_not_equal(first + sizeof first - 16, zeros, sizeof zeros);
    assert_int_equal(random_bytes(NULL, 0), HS_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(now_is_the_time_of_day_in_microseconds),
        cmocka_unit_test(the_monotonic_clock_does_not_go_back),
        cmocka_unit_test(random_bytes_fill_all_of_a_large_buffer),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
