/* vfs_test.c: what engine/vfs.h promises, of the system's files and of those in memory; and that
 * the latter crash. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/fixture.h"
#include "oracle/memory_vfs.h"

typedef struct place {
    bool posix;
    memory_vfs *memory;
    vfs *vfs;
    char directory[256];
    char path[272];
} place;

static int set_up(void **state) {
    place *p = calloc(1, sizeof *p);
    p->posix = *(const bool *)*state;
    directory_create(p->directory, sizeof p->directory);
    snprintf(p->path, sizeof p->path, "%s/file", p->directory);
    if (!p->posix) p->memory = memory_vfs_create();
    p->vfs = p->posix ? vfs_posix() : memory_vfs_base(p->memory);
    *state = p;
    return 0;
}

static int tear_down(void **state) {
    place *p = *state;
    if (p->memory != NULL) memory_vfs_free(p->memory);
    directory_remove(p->directory);
    free(p);
    return 0;
}

static vfs_file *open_file(place *p, bool create) {
    vfs_file *file = NULL;
    assert_ok(vfs_open(p->vfs, p->path, create, &file));
    return file;
}

static void write_text(vfs_file *file, uint64_t offset, const char *text) {
    vfs_buffer buffer = {text, strlen(text)};
    assert_ok(vfs_write(file, offset, &buffer, 1));
}

static void expect_text_at(vfs_file *file, uint64_t offset, const char *text) {
    char read[64];
    size_t length = strlen(text);
    assert_ok(vfs_read(file, offset, read, length));
    assert_memory_equal(read, text, length);
}

/* --- both ------------------------------------------------------------------------------------- */

/* The window of the system's files covers 4 MiB at a time: stores within one, across its end, in
 * another one, and back. */
static void what_is_stored_is_read_and_mixes_with_what_is_written(void **state) {
    place *p = *state;
    const uint64_t window = UINT64_C(4) << 20;
    vfs_file *file = open_file(p, true);
    assert_ok(vfs_grow(file, 3 * window));
    assert_ok(vfs_store(file, 10, "stored", 6));
    expect_text_at(file, 10, "stored");
    write_text(file, 12, "writ");
    expect_text_at(file, 10, "stwrit");
    assert_ok(vfs_store(file, 14, "AB", 2));
    expect_text_at(file, 10, "stwrAB");
    assert_ok(vfs_store(file, window - 3, "across", 6));
    expect_text_at(file, window - 3, "across");
    assert_ok(vfs_store(file, 2 * window + 5, "far", 3));
    assert_ok(vfs_store(file, 10, "back", 4));
    assert_ok(vfs_sync(file));
    vfs_close(file);
    file = open_file(p, false);
    expect_text_at(file, 10, "backAB");
    expect_text_at(file, window - 3, "across");
    expect_text_at(file, 2 * window + 5, "far");
    vfs_close(file);
}

static void creating_and_opening_tell_whether_the_file_is_there(void **state) {
    place *p = *state;
    vfs_file *file = NULL, *other = NULL;
    assert_status(vfs_open(p->vfs, p->path, false, &file), HS_NOT_FOUND);
    file = open_file(p, true);
    assert_status(vfs_open(p->vfs, p->path, true, &other), HS_EXISTS);
    vfs_close(file);
    vfs_close(open_file(p, false));
    assert_ok(vfs_unlink(p->vfs, p->path));
    assert_status(vfs_unlink(p->vfs, p->path), HS_NOT_FOUND);
    assert_status(vfs_open(p->vfs, p->path, false, &file), HS_NOT_FOUND);
    assert_ok(vfs_sync_directory(p->vfs, p->path));
}

static void what_is_written_in_many_buffers_is_read_back(void **state) {
    place *p = *state;
    vfs_file *file = open_file(p, true);
    enum { COUNT = 500 };
    vfs_buffer buffers[COUNT];
    char bytes[COUNT * 10];
    size_t total = 0;
    for (size_t i = 0; i < COUNT; i++) {
        size_t size = i * 7 % 10;
        memset(bytes + total, (int)('a' + i % 26), size);
        buffers[i] = (vfs_buffer){bytes + total, size};
        total += size;
    }
    assert_ok(vfs_write(file, 5000, buffers, COUNT));
    assert_ok(vfs_sync(file));
    char *read = malloc(total);
    assert_ok(vfs_read(file, 5000, read, total));
    assert_memory_equal(read, bytes, total);
    uint64_t size = 0;
    assert_ok(vfs_size(file, &size));
    assert_int_equal(size, 5000 + total);
    free(read);
    vfs_close(file);
}

static void reading_behind_the_end_is_an_error(void **state) {
    place *p = *state;
    vfs_file *file = open_file(p, true);
    char bytes[8];
    write_text(file, 0, "1234");
    assert_status(vfs_read(file, 0, bytes, 5), HS_IO);
    assert_status(vfs_read(file, 100, bytes, 1), HS_IO);
    assert_ok(vfs_read(file, 2, bytes, 2));
    vfs_close(file);
}

static void a_file_grows_with_zeros_and_is_cut(void **state) {
    place *p = *state;
    vfs_file *file = open_file(p, true);
    uint64_t size = 0;
    char bytes[3];
    write_text(file, 0, "abc");
    assert_ok(vfs_grow(file, 100000));
    assert_ok(vfs_grow(file, 10));
    assert_ok(vfs_size(file, &size));
    assert_int_equal(size, 100000);
    assert_ok(vfs_read(file, 99997, bytes, 3));
    assert_memory_equal(bytes, "\0\0", 3);
    write_text(file, 50000, "def");
    assert_ok(vfs_truncate(file, 2));
    assert_ok(vfs_grow(file, 100000));
    assert_ok(vfs_read(file, 1, bytes, 3));
    assert_memory_equal(bytes, "b\0", 3);
    assert_ok(vfs_read(file, 50000, bytes, 3));
    assert_memory_equal(bytes, "\0\0", 3);
    vfs_close(file);
}

static void a_map_and_the_file_show_the_same_bytes(void **state) {
    place *p = *state;
    vfs_file *file = open_file(p, true);
    void *address = NULL;
    assert_ok(vfs_grow(file, 8192));
    assert_ok(vfs_map(file, 64 << 20, &address));
    char *map = address;
    memcpy(map + 5000, "stored", 6);
    expect_text_at(file, 5000, "stored");
    write_text(file, 100, "written");
    assert_memory_equal(map + 100, "written", 7);
    assert_ok(vfs_grow(file, 1 << 20));
    memcpy(map + 1000000, "behind", 6);
    assert_ok(vfs_sync(file));
    vfs_unmap(file, address, 64 << 20);
    expect_text_at(file, 1000000, "behind");
    vfs_close(file);
    file = open_file(p, false);
    expect_text_at(file, 5000, "stored");
    vfs_close(file);
}

static void an_impossible_map_is_refused(void **state) {
    place *p = *state;
    vfs_file *file = open_file(p, true);
    void *address = NULL;
    assert_status(vfs_map(file, UINT64_C(1) << 50, &address), HS_NO_MEMORY);
    vfs_close(file);
}

static void a_lock_lasts_until_its_handle_is_closed(void **state) {
    place *p = *state;
    vfs_file *first = open_file(p, true), *second = open_file(p, false);
    assert_ok(vfs_lock(first));
    assert_status(vfs_lock(second), HS_BUSY);
    vfs_close(first);
    assert_ok(vfs_lock(second));
    vfs_close(second);
}

static void a_file_gets_another_name(void **state) {
    place *p = *state;
    char other[300];
    snprintf(other, sizeof other, "%s-other", p->path);
    assert_status(vfs_rename(p->vfs, p->path, other, false), HS_NOT_FOUND);
    vfs_file *file = open_file(p, true);
    write_text(file, 0, "first");
    vfs_close(file);
    assert_ok(vfs_rename(p->vfs, p->path, other, false));
    assert_status(vfs_open(p->vfs, p->path, false, &file), HS_NOT_FOUND);
    file = open_file(p, true);
    write_text(file, 0, "second");
    vfs_close(file);
    assert_status(vfs_rename(p->vfs, p->path, other, false), HS_EXISTS);
    assert_ok(vfs_open(p->vfs, other, false, &file));
    expect_text_at(file, 0, "first");
    vfs_close(file);
    assert_ok(vfs_rename(p->vfs, p->path, other, true));
    assert_ok(vfs_open(p->vfs, other, false, &file));
    expect_text_at(file, 0, "second");
    vfs_close(file);
    assert_ok(vfs_unlink(p->vfs, other));
}

static void random_bytes_differ(void **state) {
    place *p = *state;
    uint64_t a[2] = {0, 0}, b[2] = {0, 0};
    assert_ok(vfs_random(p->vfs, a, sizeof a));
    assert_ok(vfs_random(p->vfs, b, sizeof b));
    assert_memory_not_equal(a, b, sizeof a);
}

/* --- the system's files ----------------------------------------------------------------------- */

static void the_holder_of_a_lock_is_named(void **state) {
    place *p = *state;
    vfs_file *mine = open_file(p, true);
    int ready[2], done[2];
    char byte = 0, expected[64];
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(done), 0);
    pid_t child = fork();
    if (child == 0) {
        vfs_file *theirs = NULL;
        bool locked =
            vfs_open(p->vfs, p->path, false, &theirs) == HS_OK && vfs_lock(theirs) == HS_OK;
        ssize_t told = write(ready[1], &byte, 1);
        ssize_t heard = read(done[0], &byte, 1);
        _exit(locked && told == 1 && heard == 1 ? 0 : 1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_status(vfs_lock(mine), HS_BUSY);
    snprintf(expected, sizeof expected, "process %ld", (long)child);
    assert_non_null(strstr(hs_last_error(), expected));
    assert_int_equal(write(done[1], &byte, 1), 1);
    int result = 1;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(result, 0);
    assert_ok(vfs_lock(mine));
    vfs_file *again = open_file(p, false);
    assert_status(vfs_lock(again), HS_BUSY);
    snprintf(expected, sizeof expected, "(%ld)", (long)getpid());
    assert_non_null(strstr(hs_last_error(), expected));
    vfs_close(again);
    vfs_close(mine);
    close(ready[0]), close(ready[1]), close(done[0]), close(done[1]);
}

static void errors_name_the_path(void **state) {
    place *p = *state;
    vfs_file *file = NULL;
    char path[300];
    assert_status(vfs_open(p->vfs, p->directory, false, &file), HS_IO);
    assert_non_null(strstr(hs_last_error(), p->directory));
    snprintf(path, sizeof path, "%s/no/file", p->directory);
    assert_status(vfs_open(p->vfs, path, true, &file), HS_IO);
    assert_non_null(strstr(hs_last_error(), path));
    assert_status(vfs_sync_directory(p->vfs, path), HS_IO);
    assert_status(vfs_unlink(p->vfs, path), HS_NOT_FOUND);
    assert_status(vfs_unlink(p->vfs, p->directory), HS_IO);
    assert_ok(vfs_sync_directory(p->vfs, "file"));
    assert_ok(vfs_sync_directory(p->vfs, "/file"));
}

static void a_file_that_cannot_grow_stays_as_it_is(void **state) {
    place *p = *state;
    vfs_file *file = open_file(p, true);
    uint64_t size = 0;
    write_text(file, 0, "abc");
    assert_status(vfs_grow(file, UINT64_MAX), HS_FULL);
    assert_status(vfs_grow(file, INT64_MAX), HS_FULL);
    assert_ok(vfs_size(file, &size));
    assert_int_equal(size, 3);
    expect_text_at(file, 0, "abc");
    vfs_close(file);
}

/* --- files in memory -------------------------------------------------------------------------- */

static void a_power_cut_keeps_what_was_synced_and_any_part_of_the_rest(void **state) {
    place *p = *state;
    vfs_file *file = open_file(p, true);
    char old[4096], new[4096], found[4096];
    unsigned kept = 0, lost = 0;
    memset(old, 'o', sizeof old);
    memset(new, 'n', sizeof new);
    assert_ok(vfs_write(file, 0, &(vfs_buffer){old, sizeof old}, 1));
    assert_ok(vfs_sync(file));
    assert_ok(vfs_sync_directory(p->vfs, p->path));
    assert_ok(vfs_write(file, 1024, &(vfs_buffer){new, 2048}, 1));
    for (uint64_t seed = 0; seed < 200; seed++) {
        memory_vfs *image = memory_vfs_crash(p->memory, CRASH_POWER, seed);
        vfs_file *copy = NULL;
        assert_ok(vfs_open(memory_vfs_base(image), p->path, false, &copy));
        assert_ok(vfs_read(copy, 0, found, sizeof found));
        assert_memory_equal(found, old, 1024);
        assert_memory_equal(found + 3072, old, 1024);
        for (size_t half = 1024; half < 3072; half += 256) {
            if (memcmp(found + half, new, 256) == 0)
                kept++;
            else if (memcmp(found + half, old, 256) == 0)
                lost++;
            else
                fail_msg("half a sector is torn");
        }
        vfs_close(copy);
        memory_vfs_free(image);
    }
    assert_true(kept > 100 && lost > 100);
    memory_vfs *killed = memory_vfs_crash(p->memory, CRASH_KILL, 1);
    uint64_t size = 0;
    assert_memory_equal(memory_vfs_bytes(killed, p->path, &size) + 1024, new, 2048);
    memory_vfs_free(killed);
    vfs_close(file);
}

static void an_unsynced_directory_entry_may_be_lost(void **state) {
    place *p = *state;
    vfs_close(open_file(p, true));
    unsigned there = 0;
    uint64_t size;
    for (uint64_t seed = 0; seed < 100; seed++) {
        memory_vfs *image = memory_vfs_crash(p->memory, CRASH_POWER, seed);
        there += memory_vfs_bytes(image, p->path, &size) != NULL;
        memory_vfs_free(image);
    }
    assert_in_range(there, 10, 90);
    assert_ok(vfs_sync_directory(p->vfs, p->path));
    assert_ok(vfs_unlink(p->vfs, p->path));
    there = 0;
    for (uint64_t seed = 0; seed < 100; seed++) {
        memory_vfs *image = memory_vfs_crash(p->memory, CRASH_POWER, seed);
        there += memory_vfs_bytes(image, p->path, &size) != NULL;
        memory_vfs_free(image);
    }
    assert_in_range(there, 10, 90);
}

/* One of the two names in each image, with the file that it then stands for. */
static void an_unsynced_name_is_the_old_or_the_new_one(void **state) {
    (void)state;
    unsigned found[2] = {0};
    memory_vfs *m = memory_vfs_create();
    vfs *v = memory_vfs_base(m);
    vfs_file *file = NULL;
    for (int i = 0; i < 2; i++) {
        assert_ok(vfs_open(v, i == 0 ? "old" : "new", true, &file));
        write_text(file, 0, i == 0 ? "old" : "new");
        assert_ok(vfs_sync(file));
        vfs_close(file);
    }
    assert_ok(vfs_sync_directory(v, "old"));
    assert_ok(vfs_rename(v, "new", "old", true));
    for (uint64_t seed = 0; seed < 60; seed++) {
        memory_vfs *image = memory_vfs_crash(m, CRASH_POWER, seed);
        uint64_t size = 0;
        const uint8_t *bytes = memory_vfs_bytes(image, "old", &size);
        assert_non_null(bytes);
        bool renamed = memory_vfs_bytes(image, "new", &size) == NULL;
        assert_memory_equal(bytes, renamed ? "new" : "old", 3);
        found[renamed]++;
        memory_vfs_free(image);
    }
    assert_true(found[0] > 10 && found[1] > 10);
    assert_ok(vfs_sync_directory(v, "old"));
    memory_vfs *image = memory_vfs_crash(m, CRASH_POWER, 1);
    uint64_t size = 0;
    assert_memory_equal(memory_vfs_bytes(image, "old", &size), "new", 3);
    memory_vfs_free(image);
    memory_vfs_free(m);
}

static void a_failed_sync_is_not_made_good_by_the_next_one(void **state) {
    place *p = *state;
    vfs_file *file = open_file(p, true);
    assert_ok(vfs_sync_directory(p->vfs, p->path));
    char bytes[64 * 512];
    memset(bytes, 'x', sizeof bytes);
    assert_ok(vfs_grow(file, sizeof bytes));
    assert_ok(vfs_sync(file));
    unsigned lost = 0;
    for (unsigned round = 0; round < 20; round++) {
        memset(bytes, (int)('a' + round), sizeof bytes);
        assert_ok(vfs_write(file, 0, &(vfs_buffer){bytes, sizeof bytes}, 1));
        memory_vfs_fail(p->memory, FAULT_SYNC, 1, false);
        assert_status(vfs_sync(file), HS_IO);
        assert_ok(vfs_sync(file));
        memory_vfs *image = memory_vfs_crash(p->memory, CRASH_POWER, round);
        uint64_t size = 0;
        uint8_t *found = memory_vfs_bytes(image, p->path, &size);
        if (size != sizeof bytes || memcmp(found, bytes, sizeof bytes) != 0) lost++;
        memory_vfs_free(image);
    }
    assert_true(lost > 5);
    vfs_close(file);
}

static void the_chosen_call_fails(void **state) {
    place *p = *state;
    vfs_file *file = open_file(p, true);
    char bytes[8];
    memory_vfs_fail(p->memory, FAULT_IO, 2, false);
    write_text(file, 0, "1");
    assert_status(vfs_read(file, 0, bytes, 1), HS_IO);
    assert_ok(vfs_read(file, 0, bytes, 1));
    memory_vfs_fail(p->memory, FAULT_FULL, 1, true);
    assert_ok(vfs_read(file, 0, bytes, 1));
    assert_status(vfs_grow(file, 100), HS_FULL);
    assert_status(vfs_grow(file, 100), HS_FULL);
    memory_vfs_fail(p->memory, FAULT_FULL, 0, false);
    assert_ok(vfs_grow(file, 100));
    memory_vfs_fail(p->memory, FAULT_SHORT_WRITE, 1, false);
    assert_status(vfs_write(file, 0, &(vfs_buffer){"12345678", 8}, 1), HS_IO);
    vfs_close(file);
}

#define BOTH(test)                                                                                 \
    {"posix: " #test, test, set_up, tear_down, &on_posix}, {                                       \
        "memory: " #test, test, set_up, tear_down, &in_memory                                      \
    }

int main(void) {
    static bool on_posix = true, in_memory = false;
    const struct CMUnitTest tests[] = {
        BOTH(what_is_stored_is_read_and_mixes_with_what_is_written),
        BOTH(creating_and_opening_tell_whether_the_file_is_there),
        BOTH(what_is_written_in_many_buffers_is_read_back),
        BOTH(reading_behind_the_end_is_an_error),
        BOTH(a_file_grows_with_zeros_and_is_cut),
        BOTH(a_map_and_the_file_show_the_same_bytes),
        BOTH(an_impossible_map_is_refused),
        BOTH(a_lock_lasts_until_its_handle_is_closed),
        BOTH(a_file_gets_another_name),
        BOTH(random_bytes_differ),
        {"the_holder_of_a_lock_is_named", the_holder_of_a_lock_is_named, set_up, tear_down,
         &on_posix},
        {"errors_name_the_path", errors_name_the_path, set_up, tear_down, &on_posix},
        {"a_file_that_cannot_grow_stays_as_it_is", a_file_that_cannot_grow_stays_as_it_is, set_up,
         tear_down, &on_posix},
        {"a_power_cut_keeps_what_was_synced_and_any_part_of_the_rest",
         a_power_cut_keeps_what_was_synced_and_any_part_of_the_rest, set_up, tear_down, &in_memory},
        {"an_unsynced_directory_entry_may_be_lost", an_unsynced_directory_entry_may_be_lost, set_up,
         tear_down, &in_memory},
        {"an_unsynced_name_is_the_old_or_the_new_one", an_unsynced_name_is_the_old_or_the_new_one,
         set_up, tear_down, &in_memory},
        {"a_failed_sync_is_not_made_good_by_the_next_one",
         a_failed_sync_is_not_made_good_by_the_next_one, set_up, tear_down, &in_memory},
        {"the_chosen_call_fails", the_chosen_call_fails, set_up, tear_down, &in_memory},
    };
    return cmocka_run_group_tests_name("vfs", tests, NULL, NULL);
}
