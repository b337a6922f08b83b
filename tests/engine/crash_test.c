/* crash_test.c: power cuts and kills at any moment, also inside commits, checkpoints, growth and
 * recovery.
 *
 *   crash_test [--images N] [--seed N]
 *
 * A story of commits runs on files in memory. Before any call that changes or syncs a file, and
 * between the commits, images are taken of what a crash would leave behind; each is opened, and
 * must hold one of the states that may be found: all of one commit and nothing of the next, no
 * acknowledged one missing.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/fixture.h"
#include "engine/workload.h"
#include "oracle/memory_vfs.h"

#define PATH "collection"

enum { IMAGES_PER_STORY = 150, STEPS_PER_STORY = 400 };

typedef struct story {
    workload workload;
    memory_vfs *memory;
    random_source
        random; /* of the images; the workload has its own, so that it does not depend on them */
    uint64_t seed, images, nested;
    unsigned percent; /* of the calls before which an image is taken */
    bool created;     /* the collection's creation was acknowledged */
} story;

static void report_problem(void *context, const char *problem) {
    (void)context;
    print_error("check: %s\n", problem);
}

#define broken(s, ...)                                                                             \
    do {                                                                                           \
        print_error("seed %" PRIu64 ", image %" PRIu64 ": ", (s)->seed, (s)->images);              \
        fail_msg(__VA_ARGS__);                                                                     \
    } while (0)

/* The number of the state that the open engine holds, after a check of everything. */
static uint64_t examine(story *s, engine *e, uint64_t minimum) {
    char difference[512] = "";
    engine_check_result result = {0};
    engine_txn *t = NULL;
    if (engine_check(e, report_problem, NULL, &result) != HS_OK || result.problems > 0) {
        broken(s, "check: %s", hs_last_error());
    }
    assert_ok(engine_begin_read(e, &t));
    uint64_t found = workload_find(&s->workload, t, minimum, difference, sizeof difference);
    if (found == UINT64_MAX) {
        broken(s, "none of the states %" PRIu64 " to %" PRIu64 " is there; the last but for: %s",
               minimum, workload_last(&s->workload), difference);
    }
    engine_abort(t);
    return found;
}

static void open_image(story *s, memory_vfs *image, uint64_t minimum, bool nest);

/* Cuts the power while the image recovers. */
static void crash_recovery(void *context, memory_vfs *image, const char *call) {
    story *s = context;
    (void)call;
    if (!random_chance(&s->random, 25)) return;
    memory_vfs *again = memory_vfs_crash(image, CRASH_POWER, random_next(&s->random));
    s->nested++;
    open_image(s, again, s->workload.durable, false);
    memory_vfs_free(again);
}

/* Opens an image, compares, closes it and opens it once more. */
static void open_image(story *s, memory_vfs *image, uint64_t minimum, bool nest) {
    hs_config config = fixture_config();
    engine *e = NULL;
    if (nest) memory_vfs_hook(image, crash_recovery, s);
    hs_status status = engine_open(memory_vfs_base(image), PATH, false, &config, &e);
    memory_vfs_hook(image, NULL, NULL);
    if (status != HS_OK && !s->created) return;
    if (status != HS_OK) broken(s, "open: %s (%s)", hs_status_name(status), hs_last_error());
    uint64_t found = examine(s, e, minimum);
    if (engine_close(e) != HS_OK) broken(s, "close: %s", hs_last_error());
    if (!random_chance(&s->random, 20)) return;
    status = engine_open(memory_vfs_base(image), PATH, false, &config, &e);
    if (status != HS_OK) broken(s, "open again: %s", hs_last_error());
    uint64_t again = examine(s, e, minimum);
    if (again != found) broken(s, "state %" PRIu64 ", then %" PRIu64, found, again);
    if (engine_close(e) != HS_OK) broken(s, "close: %s", hs_last_error());
}

static void take_image(story *s) {
    bool power = random_chance(&s->random, 80);
    memory_vfs *image =
        memory_vfs_crash(s->memory, power ? CRASH_POWER : CRASH_KILL, random_next(&s->random));
    s->images++;
    open_image(s, image, power ? s->workload.durable : s->workload.buffered,
               random_chance(&s->random, 40));
    memory_vfs_free(image);
}

static void before_call(void *context, memory_vfs *m, const char *call) {
    story *s = context;
    (void)call;
    if (random_chance(&s->random, 3)) memory_vfs_write_back(m, random_next(&s->random));
    if (random_chance(&s->random, s->percent)) take_image(s);
}

/* Goes on with what a crash left, instead of what it was taken of. */
static void crash_and_continue(story *s) {
    bool power = random_chance(&s->random, 50);
    memory_vfs *image =
        memory_vfs_crash(s->memory, power ? CRASH_POWER : CRASH_KILL, random_next(&s->random));
    hs_config config = fixture_config();
    workload_release(&s->workload);
    memory_vfs_hook(s->memory, NULL, NULL);
    assert_ok(engine_close(s->workload.subject));
    memory_vfs_free(s->memory);
    s->memory = image;
    if (power) s->workload.buffered = s->workload.durable;
    memory_vfs_hook(image, before_call, s);
    assert_ok(engine_open(memory_vfs_base(image), PATH, false, &config, &s->workload.subject));
    workload_rewind(&s->workload, examine(s, s->workload.subject, s->workload.buffered));
    /* What was recovered is shown now, so a power cut may not take it away any more. */
    workload_saved(&s->workload, workload_last(&s->workload));
    take_image(s);
}

static void close_and_reopen(story *s) {
    hs_config config = fixture_config();
    workload_release(&s->workload);
    assert_ok(engine_close(s->workload.subject));
    workload_saved(&s->workload, workload_last(&s->workload));
    assert_ok(engine_open(memory_vfs_base(s->memory), PATH, false, &config, &s->workload.subject));
}

static void tell_story(story *s, uint64_t wanted) {
    hs_config config = fixture_config();
    workload_start(&s->workload, random_next(&s->random));
    s->memory = memory_vfs_create();
    s->created = false;
    s->percent = 20;
    memory_vfs_hook(s->memory, before_call, s);
    assert_ok(engine_open(memory_vfs_base(s->memory), PATH, true, &config, &s->workload.subject));
    s->created = true;
    uint64_t end = s->images + (wanted < IMAGES_PER_STORY ? wanted : IMAGES_PER_STORY);
    for (int i = 0; i < STEPS_PER_STORY && s->images < end; i++) {
        s->percent = i < 20 ? 20 : 3;
        hs_status status = workload_step(&s->workload);
        if (status != HS_OK) broken(s, "%s: %s", hs_status_name(status), hs_last_error());
        if (random_chance(&s->random, 10)) take_image(s);
        if (random_chance(&s->random, 2)) close_and_reopen(s);
        if (random_chance(&s->random, 2)) crash_and_continue(s);
    }
    workload_release(&s->workload);
    memory_vfs_hook(s->memory, NULL, NULL);
    assert_ok(engine_close(s->workload.subject));
    memory_vfs_free(s->memory);
    workload_end(&s->workload);
}

static struct { uint64_t images, seed; } arguments = {1000, 1};

static void every_image_of_a_crash_opens_as_a_state_that_may_be_found(void **state) {
    (void)state;
    story *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->seed = s->random.state = arguments.seed;
    while (s->images < arguments.images) {
        tell_story(s, arguments.images - s->images);
    }
    print_message("# seed %" PRIu64 ": %" PRIu64 " images, %" PRIu64 " more during recovery\n",
                  s->seed, s->images, s->nested);
    free(s);
}

int main(int count, char **values) {
    for (int i = 1; i + 1 < count; i += 2) {
        uint64_t number = strtoull(values[i + 1], NULL, 10);
        if (strcmp(values[i], "--images") == 0)
            arguments.images = number;
        else if (strcmp(values[i], "--seed") == 0)
            arguments.seed = number;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_image_of_a_crash_opens_as_a_state_that_may_be_found),
    };
    return cmocka_run_group_tests_name("crash", tests, NULL, NULL);
}
