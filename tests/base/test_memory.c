/* test_memory.c: allocation, its failure hook, and growing arrays. */
#include "cmocka_tests.h"

#include "base/memory.h"

static void no_bytes_still_give_a_block(void **state) {
    (void)state;
    void *a = memory_alloc(0), *b = memory_zeroed(0);
    assert_non_null(a);
    assert_non_null(b);
    a = memory_resize(a, 0);
    assert_non_null(a);
    memory_free(a);
    memory_free(b);
    memory_free(NULL);
}

static void zeroed_memory_is_zero(void **state) {
    (void)state;
    static const uint8_t zeros[100];
    void *block = memory_zeroed(100);
    assert_memory_equal(block, zeros, 100);
    memory_free(block);
}

static void the_nth_allocation_and_all_later_ones_fail(void **state) {
    (void)state;
    memory_fail_after(3);
    void *first = memory_alloc(1), *second = memory_zeroed(1);
    assert_non_null(first);
    assert_non_null(second);
    assert_null(memory_alloc(1));
    assert_null(memory_zeroed(1));
    assert_null(memory_resize(first, 100)); /* and keeps the block */
    memory_fail_after(0);
    *(char *)first = 'x';
    void *again = memory_alloc(1);
    assert_non_null(again);
    memory_free(first);
    memory_free(second);
    memory_free(again);
}

static void an_array_grows_by_doubling_and_keeps_its_items(void **state) {
    (void)state;
    uint32_t *items = NULL;
    size_t capacity = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        size_t before = capacity;
        assert_int_equal(memory_reserve((void **)&items, &capacity, (size_t)i + 1, sizeof *items),
                         HS_OK);
        assert_true(capacity == before || capacity >= 2 * before);
        items[i] = i;
    }
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(items[i], i);
    memory_free(items);
}

static void an_array_that_is_large_enough_is_left_alone(void **state) {
    (void)state;
    int item;
    void *array = &item;
    size_t capacity = 1;
    assert_int_equal(memory_reserve(&array, &capacity, 1, sizeof item), HS_OK);
    assert_ptr_equal(array, &item);
    assert_int_equal(capacity, 1);
}

static void an_array_that_cannot_grow_is_as_before(void **state) {
    (void)state;
    void *array = NULL;
    size_t capacity = 0;
    assert_int_equal(memory_reserve(&array, &capacity, 10, 8), HS_OK);
    void *before = array;
    size_t capacity_before = capacity;

    memory_fail_after(1);
    assert_int_equal(memory_reserve(&array, &capacity, 1000, 8), HS_NO_MEMORY);
    memory_fail_after(0);
    assert_ptr_equal(array, before);
    assert_int_equal(capacity, capacity_before);
    assert_non_null(strstr(hs_last_error(), "8192 bytes"));
    memory_free(array);
}

static void an_array_larger_than_the_address_space_is_refused(void **state) {
    (void)state;
    void *array = NULL;
    size_t capacity = 0;
    assert_int_equal(memory_reserve(&array, &capacity, SIZE_MAX, 1), HS_NO_MEMORY);
    assert_int_equal(memory_reserve(&array, &capacity, SIZE_MAX / 8, 16), HS_NO_MEMORY);
    assert_null(array);
    assert_int_equal(capacity, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_bytes_still_give_a_block),
        cmocka_unit_test(zeroed_memory_is_zero),
        cmocka_unit_test(the_nth_allocation_and_all_later_ones_fail),
        cmocka_unit_test(an_array_grows_by_doubling_and_keeps_its_items),
        cmocka_unit_test(an_array_that_is_large_enough_is_left_alone),
        cmocka_unit_test(an_array_that_cannot_grow_is_as_before),
        cmocka_unit_test(an_array_larger_than_the_address_space_is_refused),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
