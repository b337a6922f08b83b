/* router_test.c: collections of a root directory are created, opened, listed and dropped as
 * router.h says, and every bad name, path and file is refused with an error that says why. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "router/fixture.h"

static void write_file(const char *path, const char *text, size_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    fclose(file);
}

static bool file_exists(const char *path) {
    return access(path, F_OK) == 0;
}

/* --- the root --------------------------------------------------------------------------------- */

static void the_root_is_created_if_its_parent_exists(void **state) {
    fixture *f = *state;
    hs_router *router = NULL;
    struct stat status;
    assert_ok(hs_router_open(in_root(f, "below"), NULL, &router));
    assert_int_equal(stat(in_root(f, "below"), &status), 0);
    assert_true(S_ISDIR(status.st_mode));
    assert_ok(hs_router_close(router));
    rmdir(in_root(f, "below"));
    assert_error(hs_router_open(in_root(f, "no/such"), NULL, &router), HS_IO, "no/such");
    assert_ok(hs_router_close(NULL));
}

static void a_root_that_is_no_directory_is_refused(void **state) {
    fixture *f = *state;
    hs_router *router = NULL;
    write_file(in_root(f, "file"), "", 0);
    assert_error(hs_router_open(in_root(f, "file"), NULL, &router), HS_IO, "not a directory");
    assert_status(hs_router_open("", NULL, &router), HS_INVALID);
    assert_status(hs_router_open(NULL, NULL, &router), HS_INVALID);
}

static void a_bad_configuration_is_refused(void **state) {
    fixture *f = *state;
    hs_router *router = NULL;
    hs_config config;
    assert_ok(hs_config_preset(HS_PRESET_DEFAULT, &config));
    config.checkpoint_percent = 5;
    assert_error(hs_router_open(in_root(f, "new"), &config, &router), HS_INVALID,
                 "checkpoint_percent");
    assert_false(file_exists(in_root(f, "new")));
}

/* --- collections ------------------------------------------------------------------------------ */

static void collections_are_listed_by_name(void **state) {
    fixture *f = *state;
    hs_names names;
    assert_ok(hs_collection_list(f->router, &names));
    assert_int_equal(names.count, 0);
    hs_names_free(&names);
    assert_ok(hs_collection_create(f->router, "medical"));
    assert_ok(hs_collection_create(f->router, "_archive"));
    assert_ok(hs_collection_create(f->router, "b2"));
    const char *others[] = {"Bad.hs", "1a.hs", "a.hs.bak", ".hs", "plain", "a b.hs"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        write_file(in_root(f, others[i]), "", 0);
    assert_ok(hs_collection_list(f->router, &names));
    assert_int_equal(names.count, 3);
    assert_string_equal(names.names[0], "_archive");
    assert_string_equal(names.names[1], "b2");
    assert_string_equal(names.names[2], "medical");
    hs_names_free(&names);
}

static void a_collection_is_two_files(void **state) {
    fixture *f = *state;
    assert_ok(hs_collection_create(f->router, "medical"));
    assert_true(file_exists(in_root(f, "medical.hs")));
    assert_true(file_exists(in_root(f, "medical.hs-log")));
    assert_ok(hs_collection_exists(f->router, "medical"));
    assert_ok(hs_collection_drop(f->router, "medical"));
    assert_false(file_exists(in_root(f, "medical.hs")));
    assert_false(file_exists(in_root(f, "medical.hs-log")));
    assert_status(hs_collection_exists(f->router, "medical"), HS_NOT_FOUND);
}

static void creating_a_collection_twice_is_refused(void **state) {
    fixture *f = *state;
    assert_ok(hs_collection_create(f->router, "medical"));
    assert_error(hs_collection_create(f->router, "medical"), HS_EXISTS, "'medical'");
    fixture_reopen(f);
    assert_error(hs_collection_create(f->router, "medical"), HS_EXISTS, "'medical'");
}

static void data_is_there_in_the_next_router(void **state) {
    fixture *f = *state;
    uint64_t microseconds = UINT64_MAX, count;
    create_medical(f);
    hs_uuid id = create_entity(f, "medical", "patients", "10014729");
    fixture_reopen(f);
    assert_ok(hs_collection_open(f->router, "medical", &microseconds));
    assert_true(microseconds < UINT64_C(60000000));
    assert_ok(hs_collection_open(f->router, "medical", NULL));
    hs_snapshot *snapshot;
    hs_entity entity;
    assert_ok(hs_snapshot_open(f->router, "medical", &snapshot));
    assert_ok(hs_entity_find(snapshot, "patients", hs_slice_of("10014729"), &entity));
    assert_memory_equal(&entity.id, &id, sizeof id);
    assert_ok(hs_entity_count(snapshot, "patients", &count));
    assert_int_equal(count, 1);
    hs_snapshot_close(snapshot);
}

static void a_dropped_collection_can_be_created_anew(void **state) {
    fixture *f = *state;
    hs_names names;
    create_medical(f);
    create_entity(f, "medical", "patients", "1");
    assert_ok(hs_collection_drop(f->router, "medical"));
    assert_error(hs_collection_drop(f->router, "medical"), HS_NOT_FOUND, "'medical'");
    assert_ok(hs_collection_create(f->router, "medical"));
    assert_ok(hs_type_list(f->router, "medical", &names));
    assert_int_equal(names.count, 0);
    hs_names_free(&names);
    fixture_reopen(f);
    assert_ok(hs_collection_drop(f->router, "medical")); /* one that is not open */
    assert_status(hs_collection_exists(f->router, "medical"), HS_NOT_FOUND);
}

static void what_is_in_use_is_neither_dropped_nor_closed(void **state) {
    fixture *f = *state;
    hs_snapshot *snapshot;
    hs_batch *batch;
    create_medical(f);
    assert_ok(hs_snapshot_open(f->router, "medical", &snapshot));
    assert_error(hs_collection_drop(f->router, "medical"), HS_BUSY, "'medical'");
    assert_error(hs_router_close(f->router), HS_BUSY, "'medical'");
    hs_snapshot_close(snapshot);
    assert_ok(hs_batch_create(f->router, "medical", &batch));
    assert_status(hs_collection_drop(f->router, "medical"), HS_BUSY);
    assert_status(hs_router_close(f->router), HS_BUSY);
    hs_uuid id = {0};
    assert_ok(hs_entity_create(batch, "patients", hs_slice_of("1"), &id)); /* still at work */
    assert_ok(hs_batch_commit(batch));
    hs_batch_free(batch);
    assert_ok(hs_collection_drop(f->router, "medical"));
}

static void a_collection_is_open_in_one_router_at_a_time(void **state) {
    fixture *f = *state;
    hs_snapshot *snapshot;
    create_medical(f);
    hs_router *other = open_router(f);
    assert_error(hs_collection_open(other, "medical", NULL), HS_BUSY, "medical");
    assert_status(hs_snapshot_open(other, "medical", &snapshot), HS_BUSY);
    assert_status(hs_collection_drop(other, "medical"), HS_BUSY);
    assert_status(hs_collection_create(other, "medical"), HS_EXISTS);
    assert_ok(hs_collection_exists(other, "medical"));
    assert_true(file_exists(in_root(f, "medical.hs")));
    assert_true(file_exists(in_root(f, "medical.hs-log")));
    assert_ok(hs_router_close(other));
    create_entity(f, "medical", "patients", "1");
}

/* --- bad input -------------------------------------------------------------------------------- */

static void names_must_follow_the_rules(void **state) {
    fixture *f = *state;
    char longest[HS_NAME_MAX + 2];
    memset(longest, 'a', sizeof longest);
    longest[HS_NAME_MAX + 1] = '\0';
    const char *bad[] = {"", "Medical", "1st", "a-b", "a b", "ä", "../a", "a/b", ".", longest};
    hs_snapshot *snapshot;
    hs_batch *batch;
    hs_names names;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_error(hs_collection_create(f->router, bad[i]), HS_INVALID, "collection name");
        assert_status(hs_collection_drop(f->router, bad[i]), HS_INVALID);
        assert_status(hs_collection_exists(f->router, bad[i]), HS_INVALID);
        assert_status(hs_collection_open(f->router, bad[i], NULL), HS_INVALID);
        assert_status(hs_snapshot_open(f->router, bad[i], &snapshot), HS_INVALID);
        assert_status(hs_batch_create(f->router, bad[i], &batch), HS_INVALID);
        assert_status(hs_type_list(f->router, bad[i], &names), HS_INVALID);
    }
    longest[HS_NAME_MAX] = '\0';
    assert_ok(hs_collection_create(f->router, longest));
    assert_ok(hs_collection_create(f->router, "_0"));
    for (size_t i = 0; i + 1 < sizeof bad / sizeof *bad; i++) {
        assert_error(hs_type_create(f->router, "_0", bad[i]), HS_INVALID, "entity type name");
        assert_status(hs_type_drop(f->router, "_0", bad[i]), HS_INVALID);
        assert_status(hs_type_rename(f->router, "_0", bad[i], "fine"), HS_INVALID);
    }
    assert_ok(hs_type_create(f->router, "_0", longest));
    assert_status(hs_type_rename(f->router, "_0", longest, "Not Fine"), HS_INVALID);
    assert_ok(hs_collection_list(f->router, &names));
    assert_int_equal(names.count, 2);
    hs_names_free(&names);
}

static void an_unknown_collection_is_not_found(void **state) {
    fixture *f = *state;
    hs_snapshot *snapshot;
    hs_batch *batch;
    hs_names names;
    hs_collection_stats stats;
    hs_check_result result;
    hs_router *r = f->router;
    assert_error(hs_collection_open(r, "nope", NULL), HS_NOT_FOUND, "'nope'");
    assert_status(hs_collection_drop(r, "nope"), HS_NOT_FOUND);
    assert_status(hs_collection_exists(r, "nope"), HS_NOT_FOUND);
    assert_status(hs_collection_checkpoint(r, "nope"), HS_NOT_FOUND);
    assert_status(hs_collection_stats_read(r, "nope", &stats), HS_NOT_FOUND);
    assert_status(hs_collection_check(r, "nope", NULL, NULL, &result), HS_NOT_FOUND);
    assert_status(hs_snapshot_open(r, "nope", &snapshot), HS_NOT_FOUND);
    assert_status(hs_batch_create(r, "nope", &batch), HS_NOT_FOUND);
    assert_status(hs_type_create(r, "nope", "t"), HS_NOT_FOUND);
    assert_status(hs_type_drop(r, "nope", "t"), HS_NOT_FOUND);
    assert_status(hs_type_rename(r, "nope", "t", "u"), HS_NOT_FOUND);
    assert_status(hs_type_list(r, "nope", &names), HS_NOT_FOUND);
    assert_status(hs_vector_register(r, "nope", "t", "v", &(hs_vector_options){.dimension = 3}),
                  HS_NOT_FOUND);
    assert_status(hs_vector_drop(r, "nope", "t", "v"), HS_NOT_FOUND);
    assert_false(file_exists(in_root(f, "nope.hs")));
    assert_false(file_exists(in_root(f, "nope.hs-log")));
}

static void an_option_of_a_type_is_set_and_read(void **state) {
    fixture *f = *state;
    hs_type_option option;
    hs_type_options all;
    create_medical(f);
    assert_ok(hs_type_option_get(f->router, "medical", "patients", "edge_history", &option));
    assert_string_equal(option.value, "off");
    assert_string_equal(option.initial, "off");
    assert_string_equal(option.allowed, "on, off");
    assert_ok(hs_type_option_check("edge_history", "on"));
    assert_ok(hs_type_option_set(f->router, "medical", "patients", "edge_history", "on"));
    assert_ok(hs_type_option_get(f->router, "medical", "patients", "edge_history", &option));
    assert_string_equal(option.value, "on");
    assert_ok(hs_type_option_list(f->router, "medical", "patients", &all));
    bool found = false;
    for (size_t i = 0; i < all.count; i++) {
        bool is_set = strcmp(all.options[i].name, "edge_history") == 0;
        found = found || is_set;
        assert_string_equal(all.options[i].value, is_set ? "on" : all.options[i].initial);
    }
    assert_true(found);
    hs_type_options_free(&all);
    assert_error(hs_type_option_get(f->router, "medical", "patients", "x", &option), HS_INVALID,
                 "edge_history");
    assert_error(hs_type_option_check("edge_history", "x"), HS_INVALID, "off or on");
    hs_router *r = f->router;
    assert_status(hs_type_option_set(r, "nope", "t", "edge_history", "on"), HS_NOT_FOUND);
    assert_status(hs_type_option_set(r, "medical", "t", "edge_history", "on"), HS_NOT_FOUND);
    assert_status(hs_type_option_get(r, "nope", "t", "edge_history", &option), HS_NOT_FOUND);
    assert_status(hs_type_option_list(r, "nope", "t", &all), HS_NOT_FOUND);
    assert_status(hs_type_option_list(r, "medical", "t", &all), HS_NOT_FOUND);
}

static void an_unknown_type_is_not_found(void **state) {
    fixture *f = *state;
    create_medical(f);
    assert_error(hs_type_drop(f->router, "medical", "nope"), HS_NOT_FOUND, "'nope'");
    assert_error(hs_type_rename(f->router, "medical", "nope", "fine"), HS_NOT_FOUND, "'nope'");
    assert_error(
        hs_vector_register(f->router, "medical", "nope", "v", &(hs_vector_options){.dimension = 3}),
        HS_NOT_FOUND, "'nope'");
    assert_error(hs_vector_drop(f->router, "medical", "patients", "v"), HS_NOT_FOUND, "'v'");
    assert_status(hs_vector_register(f->router, "medical", "patients", "v",
                                     &(hs_vector_options){.dimension = 5000}),
                  HS_INVALID);
}

static void a_file_that_is_no_collection_is_refused_and_left_alone(void **state) {
    fixture *f = *state;
    static char text[20000];
    memset(text, 'x', sizeof text);
    write_file(in_root(f, "short.hs"), "hello", 5);
    write_file(in_root(f, "long.hs"), text, sizeof text);
    hs_snapshot *snapshot;
    struct stat status;
    assert_error(hs_snapshot_open(f->router, "short", &snapshot), HS_NOT_A_COLLECTION, "short.hs");
    assert_error(hs_snapshot_open(f->router, "long", &snapshot), HS_NOT_A_COLLECTION, "long.hs");
    assert_error(hs_collection_create(f->router, "long"), HS_EXISTS, "no collection");
    assert_error(hs_collection_drop(f->router, "long"), HS_NOT_A_COLLECTION, "long.hs");
    assert_error(hs_collection_drop(f->router, "short"), HS_NOT_A_COLLECTION, "short.hs");
    assert_int_equal(stat(in_root(f, "short.hs"), &status), 0);
    assert_int_equal(stat(in_root(f, "long.hs"), &status), 0);
    assert_int_equal(status.st_size, sizeof text);
}

/* Whether list, exists and open agree about a name: HS_OK of all but open, which gives `opened`; or
 * HS_NOT_FOUND of all. */
static void assert_agreement(fixture *f, const char *name, hs_status opened) {
    hs_names names;
    size_t listed = 0;
    assert_ok(hs_collection_list(f->router, &names));
    for (size_t i = 0; i < names.count; i++)
        listed += strcmp(names.names[i], name) == 0;
    hs_names_free(&names);
    assert_int_equal(listed, opened != HS_NOT_FOUND);
    assert_status(hs_collection_exists(f->router, name),
                  opened == HS_NOT_FOUND ? HS_NOT_FOUND : HS_OK);
    assert_status(hs_collection_open(f->router, name, NULL), opened);
    assert_status(hs_collection_checkpoint(f->router, name), opened);
}

static void what_is_no_file_is_no_collection(void **state) {
    fixture *f = *state;
    create_medical(f);
    assert_int_equal(mkdir(in_root(f, "dir.hs"), 0777), 0);
    assert_int_equal(mkfifo(in_root(f, "fifo.hs"), 0666), 0);
    assert_int_equal(symlink("nowhere", in_root(f, "dangling.hs")), 0);
    assert_int_equal(symlink("medical.hs", in_root(f, "link.hs")), 0);
    const char *names[] = {"dir", "fifo", "dangling", "link"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_agreement(f, names[i], HS_NOT_A_COLLECTION);
        assert_error(hs_collection_create(f->router, names[i]), HS_EXISTS, names[i]);
        assert_error(hs_collection_drop(f->router, names[i]), HS_NOT_A_COLLECTION, names[i]);
    }
    assert_int_equal(rmdir(in_root(f, "dir.hs")), 0);
    for (size_t i = 1; i < sizeof names / sizeof *names; i++) {
        char file[32];
        snprintf(file, sizeof file, "%s.hs", names[i]);
        assert_int_equal(unlink(in_root(f, file)), 0);
    }
}

static void what_an_interrupted_creation_leaves_is_not_there_and_can_be_created(void **state) {
    fixture *f = *state;
    static const char zeros[1 << 16];
    const size_t sizes[] = {0, 8192, sizeof zeros};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        write_file(in_root(f, "half.hs"), zeros, sizes[i]);
        assert_agreement(f, "half", HS_NOT_FOUND);
        assert_status(hs_collection_drop(f->router, "half"), HS_NOT_FOUND);
        assert_ok(hs_collection_create(f->router, "half"));
        assert_agreement(f, "half", HS_OK);
        assert_ok(hs_collection_drop(f->router, "half"));
    }
    write_file(in_root(f, "short.hs"), zeros, 100);
    assert_agreement(f, "short", HS_NOT_A_COLLECTION);
}

static void an_emptied_file_whose_log_holds_commits_is_damaged(void **state) {
    fixture *f = *state;
    static char log[4 << 20];
    create_medical(f);
    FILE *file = fopen(in_root(f, "medical.hs-log"), "rb");
    size_t size = fread(log, 1, sizeof log, file); /* as a process that is killed leaves it */
    fclose(file);
    assert_ok(hs_router_close(f->router));
    write_file(in_root(f, "medical.hs-log"), log, size);
    write_file(in_root(f, "medical.hs"), "", 0);
    f->router = open_router(f);
    assert_agreement(f, "medical", HS_CORRUPT);
    assert_error(hs_collection_create(f->router, "medical"), HS_CORRUPT, "medical.hs-log");
    assert_true(file_exists(in_root(f, "medical.hs-log")));
    assert_ok(hs_collection_drop(f->router, "medical"));
}

static void a_damaged_collection_can_be_dropped(void **state) {
    fixture *f = *state;
    create_medical(f);
    assert_ok(hs_router_close(f->router));
    assert_int_equal(truncate(in_root(f, "medical.hs"), 5000), 0);
    f->router = open_router(f);
    assert_int_not_equal(hs_collection_open(f->router, "medical", NULL), HS_OK);
    assert_ok(hs_collection_exists(f->router, "medical"));
    assert_ok(hs_collection_drop(f->router, "medical"));
    assert_false(file_exists(in_root(f, "medical.hs")));
    assert_false(file_exists(in_root(f, "medical.hs-log")));
}

static void a_damaged_collection_is_refused(void **state) {
    fixture *f = *state;
    create_medical(f);
    create_entity(f, "medical", "patients", "1");
    assert_ok(hs_router_close(f->router));
    struct stat status;
    static char zeros[1 << 16];
    assert_int_equal(stat(in_root(f, "medical.hs"), &status), 0);
    int file = open(in_root(f, "medical.hs"), O_WRONLY);
    assert_true(file >= 0);
    for (off_t at = 8192; at < status.st_size; at += (off_t)sizeof zeros) /* all but the header */
        assert_true(pwrite(file, zeros, sizeof zeros, at) > 0);
    close(file);
    f->router = open_router(f);
    hs_snapshot *snapshot = NULL;
    hs_status opened = hs_snapshot_open(f->router, "medical", &snapshot);
    uint64_t count;
    hs_status counted = opened == HS_OK ? hs_entity_count(snapshot, "patients", &count) : opened;
    hs_snapshot_close(snapshot);
    assert_int_equal(counted, HS_CORRUPT);
}

static void a_child_process_may_not_use_its_parents_router(void **state) {
    fixture *f = *state;
    create_medical(f);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        hs_snapshot *snapshot;
        hs_names names;
        bool refused = hs_snapshot_open(f->router, "medical", &snapshot) == HS_INVALID &&
                       hs_collection_list(f->router, &names) == HS_INVALID &&
                       hs_collection_create(f->router, "other") == HS_INVALID &&
                       hs_router_close(f->router) == HS_INVALID;
        _exit(refused ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    create_entity(f, "medical", "patients", "1"); /* the parent goes on */
}

/* --- types, statistics, checking -------------------------------------------------------------- */

static void types_are_created_renamed_and_dropped(void **state) {
    fixture *f = *state;
    hs_names names;
    create_medical(f);
    assert_error(hs_type_create(f->router, "medical", "patients"), HS_EXISTS, "'patients'");
    assert_status(hs_type_rename(f->router, "medical", "patients", "admissions"), HS_EXISTS);
    assert_ok(hs_type_rename(f->router, "medical", "patients", "people"));
    assert_ok(hs_type_create(f->router, "medical", "patients"));
    assert_ok(hs_type_drop(f->router, "medical", "admissions"));
    assert_ok(hs_type_list(f->router, "medical", &names));
    assert_int_equal(names.count, 2);
    assert_string_equal(names.names[0], "patients");
    assert_string_equal(names.names[1], "people");
    hs_names_free(&names);
}

static void statistics_count_what_is_there(void **state) {
    fixture *f = *state;
    hs_collection_stats stats;
    create_medical(f);
    hs_uuid a = create_entity(f, "medical", "patients", "1");
    hs_uuid b = create_entity(f, "medical", "admissions", "2");
    assert_ok(hs_vector_register(f->router, "medical", "patients", "v",
                                 &(hs_vector_options){.dimension = 2}));
    hs_batch *batch;
    const hs_edge edge = {"patients", a, hs_slice_of("had"), "admissions", b, true, 1};
    const hs_point points[] = {{1, 1}, {2, 2}, {3, 3}};
    assert_ok(hs_batch_create(f->router, "medical", &batch));
    assert_ok(hs_edge_put(batch, &edge));
    assert_ok(hs_series_write(batch, "patients", &a, hs_slice_of("s"), points, 3));
    assert_ok(hs_vector_set(batch, "patients", &a, "v", (float[]){1, 2}, 2));
    assert_ok(hs_measure_set(batch, "patients", &a, hs_slice_of("m"), 1, hs_slice_of(""), 0));
    assert_ok(hs_batch_commit(batch));
    hs_batch_free(batch);
    assert_ok(hs_collection_stats_read(f->router, "medical", &stats));
    assert_int_equal(stats.type_count, 2);
    const hs_type_stats *admissions = &stats.types[0], *patients = &stats.types[1];
    assert_string_equal(admissions->entity_type, "admissions");
    assert_int_equal(admissions->entities, 1);
    assert_int_equal(admissions->edges, 0);
    assert_string_equal(patients->entity_type, "patients");
    assert_int_equal(patients->entities, 1);
    assert_int_equal(patients->edges, 1);
    assert_int_equal(patients->series, 1);
    assert_int_equal(patients->points, 3);
    assert_int_equal(patients->vectors, 1);
    assert_int_equal(patients->measures, 1);
    assert_true(patients->bytes > 0 && stats.file_bytes > 0 && stats.commits > 0);
    hs_collection_stats_free(&stats);
    assert_ok(hs_collection_checkpoint(f->router, "medical"));
    assert_ok(hs_collection_stats_read(f->router, "medical", &stats));
    assert_int_equal(stats.log_used_bytes, 0);
    hs_collection_stats_free(&stats);
}

static void a_sound_collection_checks_clean(void **state) {
    fixture *f = *state;
    hs_check_result result;
    create_medical(f);
    create_entity(f, "medical", "patients", "1");
    create_entity(f, "medical", "patients", "2");
    assert_ok(hs_collection_check(f->router, "medical", NULL, NULL, &result));
    assert_int_equal(result.problems, 0);
    assert_int_equal(result.entities, 2);
    assert_true(result.entries > 0);
}

/* Uses a router of its own from opening to closing; the first failure. */
static hs_status use_router(const char *root) {
    hs_router *router;
    hs_config config;
    hs_snapshot *snapshot = NULL;
    hs_batch *batch = NULL;
    hs_names names = {0};
    hs_address address;
    hs_config_preset(HS_PRESET_SMALL, &config);
    config.background = false;
    TRY(hs_router_open(root, &config, &router));
    hs_status status = hs_collection_exists(router, "medical");
    if (status == HS_NOT_FOUND) status = hs_collection_create(router, "medical");
    if (status == HS_OK) status = hs_collection_list(router, &names);
    hs_names_free(&names);
    if (status == HS_OK) status = hs_snapshot_open(router, "medical", &snapshot);
    if (status == HS_OK) status = hs_batch_create(router, "medical", &batch);
    hs_batch_free(batch);
    hs_snapshot_close(snapshot);
    if (status == HS_OK) status = hs_address_resolve(router, "medical", &address);
    if (status == HS_OK) status = hs_collection_drop(router, "medical");
    memory_fail_after(0);
    hs_status closed = hs_router_close(router);
    return status == HS_OK ? closed : status;
}

static void every_failure_of_an_allocation_is_reported(void **state) {
    fixture *f = *state;
    hs_status status = HS_NO_MEMORY;
    for (uint64_t n = 1; status != HS_OK; n++) {
        memory_fail_after(n);
        status = use_router(in_root(f, "below"));
        memory_fail_after(0);
        assert_true(status == HS_OK || status == HS_NO_MEMORY);
        assert_true(n < 10000);
    }
    assert_false(file_exists(in_root(f, "below/medical.hs")));
    assert_int_equal(rmdir(in_root(f, "below")), 0);
}

static uint64_t file_bytes(fixture *f) {
    hs_collection_stats stats;
    assert_ok(hs_collection_stats_read(f->router, "medical", &stats));
    uint64_t bytes = stats.file_bytes;
    hs_collection_stats_free(&stats);
    return bytes;
}

static void a_compacted_collection_is_small_and_sound(void **state) {
    fixture *f = *state;
    hs_check_result result;
    hs_batch *batch;
    hs_uuid id = {0};
    static char page[100000];
    hs_value value = {.kind = HS_BYTES, .bytes = {page, sizeof page}};
    create_medical(f);
    assert_ok(hs_batch_create(f->router, "medical", &batch));
    for (int i = 0; i < 100; i++) {
        id = (hs_uuid){0};
        assert_ok(hs_entity_create(batch, "admissions", hs_slice_of(""), &id));
        assert_ok(
            hs_property_set(batch, "admissions", &id, hs_slice_of("scan"), &value, HS_TIME_NOW));
    }
    assert_ok(hs_batch_commit(batch));
    hs_batch_free(batch);
    create_entity(f, "medical", "patients", "1");
    assert_ok(hs_collection_checkpoint(f->router, "medical"));
    uint64_t before = file_bytes(f);
    assert_ok(hs_type_drop(f->router, "medical", "admissions"));
    assert_ok(hs_collection_compact(f->router, "medical"));
    assert_true(file_bytes(f) < before / 2);
    assert_ok(hs_collection_check(f->router, "medical", NULL, NULL, &result));
    assert_int_equal(result.entities, 1);
}

/* --- backups ---------------------------------------------------------------------------------- */

static bool count_progress(void *context, const hs_backup_progress *now) {
    unsigned *calls = context;
    assert_true(now->bytes > 0 && now->bytes <= now->bytes_total && now->seconds >= 0);
    ++*calls;
    return true;
}

static void statistics_say_how_commits_went(void **state) {
    fixture *f = *state;
    hs_collection_stats stats;
    hs_snapshot *snapshot;
    create_medical(f);
    fixture_reopen(f);
    for (char key[] = "a"; key[0] < 'e'; key[0]++) {
        hs_batch *batch;
        hs_uuid id = {0};
        assert_ok(hs_batch_create(f->router, "medical", &batch));
        assert_ok(hs_batch_durability(batch, HS_DURABLE));
        assert_ok(hs_entity_create(batch, "patients", hs_slice_of(key), &id));
        assert_ok(hs_batch_commit(batch));
        hs_batch_free(batch);
    }
    assert_ok(hs_snapshot_open(f->router, "medical", &snapshot));
    assert_ok(hs_collection_stats_read(f->router, "medical", &stats));
    assert_int_equal(stats.opened_commits, 4);
    assert_int_equal(stats.commit_latency.count, 4);
    assert_int_equal(stats.log_syncs, 4);
    assert_true(stats.log_written_bytes > 0 && stats.log_capacity_bytes >= stats.log_used_bytes);
    assert_true(stats.commit_latency.p50_ns > 0);
    assert_true(stats.commit_latency.p50_ns <= stats.commit_latency.max_ns);
    assert_int_equal(stats.snapshots, 1);
    assert_int_equal(stats.oldest_snapshot, hs_snapshot_sequence(snapshot));
    assert_true(stats.oldest_snapshot_seconds >= 0);
    hs_collection_stats_free(&stats);
    hs_snapshot_close(snapshot);
    assert_ok(hs_collection_checkpoint(f->router, "medical"));
    assert_ok(hs_collection_stats_read(f->router, "medical", &stats));
    assert_true(stats.checkpoints > 0 && stats.data_written_bytes > 0);
    assert_true(stats.checkpoint_seconds > 0 && stats.checkpoint_age_seconds > 0);
    hs_collection_stats_free(&stats);
}

static void a_backup_is_restored_under_any_name(void **state) {
    fixture *f = *state;
    hs_snapshot *snapshot;
    hs_entity entity;
    hs_backup_result result = {0};
    unsigned calls = 0;
    hs_backup_options options = {.progress = count_progress, .context = &calls};
    create_medical(f);
    hs_uuid id = create_entity(f, "medical", "patients", "1");
    assert_ok(hs_collection_backup(f->router, "medical", in_root(f, "copy.hs"), &options, &result));
    assert_true(calls > 0 && result.bytes > 0 && result.commit > 0 && result.seconds >= 0);
    create_entity(f, "medical", "patients", "2");
    /* It has the ids of the original, and goes its own way. */
    assert_ok(hs_snapshot_open(f->router, "copy", &snapshot));
    assert_int_equal(hs_snapshot_sequence(snapshot), result.commit);
    assert_ok(hs_entity_find(snapshot, "patients", hs_slice_of("1"), &entity));
    assert_memory_equal(&entity.id, &id, sizeof id);
    assert_status(hs_entity_find(snapshot, "patients", hs_slice_of("2"), &entity), HS_NOT_FOUND);
    hs_snapshot_close(snapshot);
    create_entity(f, "copy", "patients", "3");
    fixture_reopen(f);
    hs_check_result check;
    assert_ok(hs_collection_check(f->router, "copy", NULL, NULL, &check));
    assert_int_equal(check.entities, 2);
    assert_ok(hs_collection_check(f->router, "medical", NULL, NULL, &check));
    assert_int_equal(check.entities, 2);
}

static void a_backup_that_cannot_be_made_is_refused(void **state) {
    fixture *f = *state;
    const hs_backup_options replacing = {.replace = true};
    create_medical(f);
    const char *path = in_root(f, "copy.hs");
    assert_error(hs_collection_backup(f->router, "nope", path, NULL, NULL), HS_NOT_FOUND, "nope");
    assert_error(hs_collection_backup(f->router, "medical", "", NULL, NULL), HS_INVALID, "empty");
    assert_error(hs_collection_backup(f->router, "medical", in_root(f, "no/copy.hs"), NULL, NULL),
                 HS_IO, "no/copy.hs");
    write_file(path, "mine", 4);
    assert_error(hs_collection_backup(f->router, "medical", path, NULL, NULL), HS_EXISTS, path);
    assert_ok(hs_collection_backup(f->router, "medical", path, &replacing, NULL));
    assert_error(
        hs_collection_backup(f->router, "medical", in_root(f, "medical.hs"), &replacing, NULL),
        HS_BUSY, "medical.hs");
    assert_false(file_exists(in_root(f, "copy.hs.partial")));
    assert_ok(hs_collection_drop(f->router, "copy"));
}

int main(void) {
#define ROUTER_TEST(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        ROUTER_TEST(the_root_is_created_if_its_parent_exists),
        ROUTER_TEST(a_root_that_is_no_directory_is_refused),
        ROUTER_TEST(a_bad_configuration_is_refused),
        ROUTER_TEST(collections_are_listed_by_name),
        ROUTER_TEST(a_collection_is_two_files),
        ROUTER_TEST(creating_a_collection_twice_is_refused),
        ROUTER_TEST(data_is_there_in_the_next_router),
        ROUTER_TEST(a_dropped_collection_can_be_created_anew),
        ROUTER_TEST(what_is_in_use_is_neither_dropped_nor_closed),
        ROUTER_TEST(a_collection_is_open_in_one_router_at_a_time),
        ROUTER_TEST(names_must_follow_the_rules),
        ROUTER_TEST(an_unknown_collection_is_not_found),
        ROUTER_TEST(an_option_of_a_type_is_set_and_read),
        ROUTER_TEST(an_unknown_type_is_not_found),
        ROUTER_TEST(a_file_that_is_no_collection_is_refused_and_left_alone),
        ROUTER_TEST(what_is_no_file_is_no_collection),
        ROUTER_TEST(what_an_interrupted_creation_leaves_is_not_there_and_can_be_created),
        ROUTER_TEST(a_damaged_collection_is_refused),
        ROUTER_TEST(an_emptied_file_whose_log_holds_commits_is_damaged),
        ROUTER_TEST(a_damaged_collection_can_be_dropped),
        ROUTER_TEST(a_child_process_may_not_use_its_parents_router),
        ROUTER_TEST(types_are_created_renamed_and_dropped),
        ROUTER_TEST(statistics_count_what_is_there),
        ROUTER_TEST(a_sound_collection_checks_clean),
        ROUTER_TEST(a_compacted_collection_is_small_and_sound),
        ROUTER_TEST(statistics_say_how_commits_went),
        ROUTER_TEST(a_backup_is_restored_under_any_name),
        ROUTER_TEST(a_backup_that_cannot_be_made_is_refused),
        ROUTER_TEST(every_failure_of_an_allocation_is_reported),
    };
    return cmocka_run_group_tests_name("router", tests, NULL, NULL);
}
