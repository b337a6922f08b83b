/* test_arena.c: arenas hand out separate, aligned memory and give it back all at once. */
#include "cmocka_tests.h"
#include "random.h"

#include "base/arena.h"
#include "base/memory.h"

static void allocations_are_aligned_and_do_not_overlap(void **state) {
    (void)state;
    enum { COUNT = 2000 };
    struct {
        uint8_t *at;
        size_t size;
    } blocks[COUNT];
    test_random random = test_random_start();
    arena a = {0};
    for (size_t i = 0; i < COUNT; i++) {
        blocks[i].size = test_random_below(&random, i % 100 == 0 ? 100000 : 300);
        blocks[i].at = arena_alloc(&a, blocks[i].size);
        assert_non_null(blocks[i].at);
        assert_int_equal((uintptr_t)blocks[i].at % 16, 0);
        memset(blocks[i].at, (int)(i & 0xFF), blocks[i].size);
    }
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < blocks[i].size; j++)
            assert_int_equal(blocks[i].at[j], i & 0xFF);
    arena_free(&a);
}

static void empty_allocations_are_distinct(void **state) {
    (void)state;
    arena a = {0};
    void *first = arena_alloc(&a, 0), *second = arena_alloc(&a, 0);
    assert_non_null(first);
    assert_ptr_not_equal(first, second);
    arena_free(&a);
}

static void a_copy_has_the_bytes_of_the_slice(void **state) {
    (void)state;
    arena a = {0};
    char text[] = "vital signs";
    hs_slice copy = arena_copy(&a, hs_slice_of(text));
    memset(text, 'x', sizeof text - 1);
    assert_int_equal(copy.size, 11);
    assert_memory_equal(copy.data, "vital signs", 11);
    hs_slice empty = arena_copy(&a, (hs_slice){NULL, 0});
    assert_int_equal(empty.size, 0);
    assert_non_null(empty.data);
    arena_free(&a);
}

static void reset_reuses_the_memory(void **state) {
    (void)state;
    arena a = {0};
    void *first = arena_alloc(&a, 100);
    size_t bytes = a.bytes;
    for (int round = 0; round < 100; round++) {
        arena_reset(&a);
        assert_ptr_equal(arena_alloc(&a, 100), first);
        assert_int_equal(a.bytes, bytes);
    }
    arena_free(&a);
}

static void reset_keeps_one_block_of_bounded_size(void **state) {
    (void)state;
    arena a = {0};
    for (int i = 0; i < 10000; i++)
        assert_non_null(arena_alloc(&a, 1000));
    assert_in_range(a.bytes, 10000000, 13000000);
    arena_reset(&a);
    assert_in_range(a.bytes, 1, 1 << 20);

    arena_free(&a);
    assert_non_null(arena_alloc(&a, 50 << 20)); /* one huge first block is given back */
    arena_reset(&a);
    assert_int_equal(a.bytes, 0);
    assert_non_null(arena_alloc(&a, 1));
    arena_free(&a);
}

static void recycling_keeps_all_memory_up_to_a_bound(void **state) {
    (void)state;
    arena a = {0};
    for (int i = 0; i < 3000; i++)
        assert_non_null(arena_alloc(&a, 1000));
    size_t bytes = a.bytes;
    arena_recycle(&a, 8 << 20);
    assert_int_equal(a.bytes, bytes);
    const char *first = arena_alloc(&a, 1000);
    for (int i = 1; i < 3000; i++)
        assert_ptr_equal(arena_alloc(&a, 1000), first + (ptrdiff_t)i * 1008);
    assert_int_equal(a.bytes, bytes);
    arena_recycle(&a, 8 << 20);
    assert_ptr_equal(arena_alloc(&a, 1), first);
    arena_recycle(&a, 1 << 20);
    assert_int_equal(a.bytes, 0);
    assert_non_null(arena_alloc(&a, 1));
    arena_free(&a);
}

static void a_large_allocation_does_not_waste_the_rest_of_the_block(void **state) {
    (void)state;
    arena a = {0};
    char *first = arena_alloc(&a, 16);
    assert_non_null(arena_alloc(&a, 10 << 20));
    char *second = arena_alloc(&a, 16);
    assert_ptr_equal(second, first + 16);
    arena_free(&a);
}

static void freeing_leaves_an_empty_usable_arena(void **state) {
    (void)state;
    arena a = {0};
    arena_free(&a);
    assert_non_null(arena_alloc(&a, 10));
    arena_free(&a);
    assert_null(a.head);
    assert_int_equal(a.bytes, 0);
    assert_non_null(arena_alloc(&a, 10));
    arena_free(&a);
}

static void short_memory_gives_null_and_changes_nothing(void **state) {
    (void)state;
    arena a = {0};
    memory_fail_after(1);
    assert_null(arena_alloc(&a, 10));
    hs_slice copy = arena_copy(&a, hs_slice_of("text"));
    memory_fail_after(0);
    assert_null(copy.data);
    assert_null(a.head);
    assert_int_equal(a.bytes, 0);
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_null(arena_alloc(&a, SIZE_MAX - 20));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_are_aligned_and_do_not_overlap),
        cmocka_unit_test(empty_allocations_are_distinct),
        cmocka_unit_test(a_copy_has_the_bytes_of_the_slice),
        cmocka_unit_test(reset_reuses_the_memory),
        cmocka_unit_test(reset_keeps_one_block_of_bounded_size),
        cmocka_unit_test(recycling_keeps_all_memory_up_to_a_bound),
        cmocka_unit_test(a_large_allocation_does_not_waste_the_rest_of_the_block),
        cmocka_unit_test(freeing_leaves_an_empty_usable_arena),
        cmocka_unit_test(short_memory_gives_null_and_changes_nothing),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
