/* crash_test.c: power cuts and kills at any moment, also inside commits, checkpoints, growth and
 * recovery.
 *
 *   crash_test [--images N] [--seed N]
 *
 * A story of commits runs on files in memory. Before any call that changes or syncs a file, and
 * between the commits, images are taken of what a crash would leave behind; each is opened, and
 * must hold one of the states that may be found: all of one commit and nothing of the next, no
 * acknowledged one missing. While an image recovers, images are taken of it in turn, and of those
 * once more.
 *
 * Each image counts for the moments that it was taken in; none of them may be left without one.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/fixture.h"
#include "engine/format.h"
#include "engine/workload.h"
#include "oracle/memory_vfs.h"

#define PATH "collection"
#define LOG  PATH "-log"

enum { IMAGES_PER_STORY = 150, STEPS_PER_STORY = 400, DEEPEST = 3 };

/* What was under way when an image was taken. */
typedef enum moment {
    BETWEEN_COMMITS,
    IN_CREATION,
    IN_COMMIT,
    IN_CREATION_OF_FAMILY,
    IN_RENAMING,
    IN_DROP,
    BEFORE_DROP_IS_SAVED, /* the tree that was dropped is still in the last checkpoint */
    BEFORE_PAGES_ARE_SYNCED,
    BEFORE_HEADER_IS_WRITTEN,
    BEFORE_HEADER_IS_SYNCED,
    BEFORE_LOG_HEADER_IS_WRITTEN,
    IN_GROWTH, /* the file is longer than the disk knows */
    IN_LOG_WRAP,
    IN_COMPACTION,
    IN_CUT, /* before the end of a file is given back */
    IN_CLOSE,
    IN_RECOVERY,
    IN_SECOND_RECOVERY, /* of an image taken in a recovery */
    IN_THIRD_RECOVERY,
    MOMENTS
} moment;

static const char *const moment_names[MOMENTS] = {
    [BETWEEN_COMMITS] = "between commits",
    [IN_CREATION] = "inside the creation of the collection",
    [IN_COMMIT] = "inside a commit",
    [IN_CREATION_OF_FAMILY] = "inside the creation of a column family",
    [IN_RENAMING] = "inside the renaming of a column family",
    [IN_DROP] = "inside the drop of a column family",
    [BEFORE_DROP_IS_SAVED] = "after a drop, before a checkpoint",
    [BEFORE_PAGES_ARE_SYNCED] = "inside a checkpoint, pages not synced",
    [BEFORE_HEADER_IS_WRITTEN] = "inside a checkpoint, header not written",
    [BEFORE_HEADER_IS_SYNCED] = "inside a checkpoint, header not synced",
    [BEFORE_LOG_HEADER_IS_WRITTEN] = "inside a checkpoint, log header not written",
    [IN_GROWTH] = "inside a growth of the file",
    [IN_LOG_WRAP] = "inside a wrap of the log",
    [IN_COMPACTION] = "inside a compaction",
    [IN_CUT] = "before a file is cut",
    [IN_CLOSE] = "inside a close",
    [IN_RECOVERY] = "inside a recovery",
    [IN_SECOND_RECOVERY] = "inside a recovery from a crash in a recovery",
    [IN_THIRD_RECOVERY] = "inside a third recovery",
};

typedef struct story story;

/* Files that are watched: those of the story, or an image that is opened and closed. */
typedef struct watched {
    story *story;
    unsigned depth;   /* 0: the story's; n: an image taken in a recovery of depth n − 1 */
    unsigned percent; /* of the calls before which an image is taken */
    uint64_t minimum; /* the state that must be there after a power cut; UINT64_MAX: story's */
    bool closing;
    bool dropped;         /* since the last checkpoint */
    bool header_written;  /* of the data file, and not yet synced */
    bool pages_synced;    /* and no header written since */
    bool log_header_next; /* a checkpoint's header is synced */
    bool wrapped;         /* since the log's last sync */
    uint64_t last_write;  /* to the log */
} watched;

struct story {
    workload workload;
    memory_vfs *memory;
    watched files;
    random_source
        random; /* of the images; the workload has its own, so that it does not depend on them */
    uint64_t seed, number, images, wanted;
    uint64_t counts[MOMENTS];
    bool created;  /* the collection's creation was acknowledged */
    bool stepping; /* a step of the workload is under way */
};

static void report_problem(void *context, const char *problem) {
    (void)context;
    print_error("check: %s\n", problem);
}

#define broken(s, ...)                                                                             \
    do {                                                                                           \
        print_error("seed %" PRIu64 ", story %" PRIu64 ", image %" PRIu64 ": ", (s)->seed,         \
                    (s)->number, (s)->images);                                                     \
        fail_msg(__VA_ARGS__);                                                                     \
    } while (0)

/* --- opening images --------------------------------------------------------------------------- */

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

static void before_call(void *context, memory_vfs *m, const char *call);

/* Opens an image, which must hold state `minimum` or a later one, compares, closes it and sometimes
 * opens it once more. */
static void open_image(story *s, memory_vfs *image, uint64_t minimum, unsigned depth) {
    hs_config config = fixture_config();
    engine *e = NULL;
    watched w = {.story = s, .depth = depth, .minimum = s->workload.durable, .percent = 12 / depth};
    bool nests = depth <= DEEPEST && random_chance(&s->random, 25);
    if (nests) memory_vfs_hook(image, before_call, &w);
    hs_status status = engine_open(memory_vfs_base(image), PATH, false, &config, &e);
    memory_vfs_hook(image, NULL, NULL);
    if (status != HS_OK && !s->created) return;
    if (status != HS_OK) broken(s, "open: %s (%s)", hs_status_name(status), hs_last_error());
    uint64_t found = examine(s, e, minimum);
    w.closing = true;
    w.minimum = found; /* which was shown */
    if (nests) memory_vfs_hook(image, before_call, &w);
    if (engine_close(e) != HS_OK) broken(s, "close: %s", hs_last_error());
    memory_vfs_hook(image, NULL, NULL);
    if (!random_chance(&s->random, 10)) return;
    status = engine_open(memory_vfs_base(image), PATH, false, &config, &e);
    if (status != HS_OK) broken(s, "open again: %s", hs_last_error());
    uint64_t again = examine(s, e, minimum);
    if (again != found) broken(s, "state %" PRIu64 ", then %" PRIu64, found, again);
    if (engine_close(e) != HS_OK) broken(s, "close: %s", hs_last_error());
}

static void take_image(watched *w, memory_vfs *m) {
    story *s = w->story;
    bool power = w->depth > 0 || random_chance(&s->random, 80);
    memory_vfs *image =
        memory_vfs_crash(m, power ? CRASH_POWER : CRASH_KILL, random_next(&s->random));
    s->images++;
    uint64_t minimum = w->depth > 0 ? w->minimum
                       : power      ? s->workload.durable
                                    : s->workload.buffered;
    open_image(s, image, minimum, w->depth + 1);
    memory_vfs_free(image);
}

/* --- moments ---------------------------------------------------------------------------------- */

/* The moment that the workload's step makes. */
static moment step_moment(const story *s) {
    if (!s->created) return IN_CREATION;
    if (!s->stepping) return IN_CLOSE;
    switch (s->workload.doing) {
    case WORKLOAD_CREATES:
        return IN_CREATION_OF_FAMILY;
    case WORKLOAD_RENAMES:
        return IN_RENAMING;
    case WORKLOAD_DROPS:
        return IN_DROP;
    case WORKLOAD_COMPACTS:
        return IN_COMPACTION;
    case WORKLOAD_COMMITS:
    case WORKLOAD_SAVES:
    case WORKLOAD_HOLDS:
        return IN_COMMIT;
    }
    return IN_COMMIT;
}

static bool is_sync(const char *call) {
    return strcmp(call, "sync") == 0 || strcmp(call, "sync_written") == 0;
}

/* The moments, a bit each, before a call. */
static unsigned moments_before(const watched *w, const memory_vfs *m, const char *call) {
    const memory_call *about = memory_vfs_call(m);
    const story *s = w->story;
    unsigned moments;
    uint64_t size = 0;
    bool data = strcmp(about->path, PATH) == 0, writes = strcmp(call, "write") == 0;
    if (w->depth > 0)
        moments = w->closing ? 1u << IN_CLOSE : 1u << (IN_RECOVERY + w->depth - 1);
    else
        moments = 1u << step_moment(s);
    if (strcmp(call, "truncate") == 0) moments |= 1u << IN_CUT;
    if (memory_vfs_bytes((memory_vfs *)(uintptr_t)m, PATH, &size) != NULL && s->created &&
        size > memory_vfs_disk_size(m, PATH))
        moments |= 1u << IN_GROWTH;
    if (data && is_sync(call))
        moments |= 1u << (w->header_written ? BEFORE_HEADER_IS_SYNCED : BEFORE_PAGES_ARE_SYNCED);
    if (data && writes && w->pages_synced) moments |= 1u << BEFORE_HEADER_IS_WRITTEN;
    if (!data && writes && w->log_header_next && about->offset < LOG_RING_OFFSET)
        moments |= 1u << BEFORE_LOG_HEADER_IS_WRITTEN;
    if (w->wrapped) moments |= 1u << IN_LOG_WRAP;
    if (w->dropped && w->depth == 0) moments |= 1u << BEFORE_DROP_IS_SAVED;
    return moments;
}

/* Notes what a call is about to do. */
static void follow(watched *w, const memory_vfs *m, const char *call) {
    const memory_call *about = memory_vfs_call(m);
    bool data = strcmp(about->path, PATH) == 0, syncs = is_sync(call);
    if (data && strcmp(call, "write") == 0) {
        w->header_written = true;
    } else if (data && syncs) {
        if (w->header_written) w->dropped = false;
        w->pages_synced = !w->header_written;
        w->log_header_next = w->header_written;
        w->header_written = false;
    } else if (strcmp(call, "write") == 0 && about->offset >= LOG_RING_OFFSET) {
        if (about->offset < w->last_write) w->wrapped = true;
        w->last_write = about->offset;
        w->log_header_next = false;
    } else if (!data && syncs) {
        w->wrapped = false;
    }
}

/* Of what happens seldom, more is looked at. */
static bool is_rare(unsigned moments) {
    const unsigned frequent = 1u << IN_COMMIT | 1u << IN_COMPACTION |
                              1u << BEFORE_PAGES_ARE_SYNCED | 1u << BEFORE_HEADER_IS_SYNCED |
                              1u << BEFORE_DROP_IS_SAVED | 1u << BEFORE_LOG_HEADER_IS_WRITTEN |
                              1u << IN_LOG_WRAP | 1u << BEFORE_HEADER_IS_WRITTEN | 1u << IN_GROWTH |
                              1u << IN_CUT | 1u << IN_CLOSE;
    return (moments & ~frequent) != 0;
}

static void before_call(void *context, memory_vfs *m, const char *call) {
    watched *w = context;
    story *s = w->story;
    unsigned moments = moments_before(w, m, call);
    unsigned percent = w->depth == 0 && is_rare(moments) ? 8 * w->percent : w->percent;
    follow(w, m, call);
    if (random_chance(&s->random, 3)) memory_vfs_write_back(m, random_next(&s->random));
    if (s->images >= s->wanted || !random_chance(&s->random, percent)) return;
    for (unsigned i = 0; i < MOMENTS; i++)
        s->counts[i] += moments >> i & 1;
    take_image(w, m);
}

/* --- stories ---------------------------------------------------------------------------------- */

/* Between calls there is nothing under way. */
static void take_image_between(story *s) {
    if (s->images >= s->wanted) return;
    s->counts[BETWEEN_COMMITS]++;
    take_image(&s->files, s->memory);
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
    memory_vfs_hook(image, before_call, &s->files);
    assert_ok(engine_open(memory_vfs_base(image), PATH, false, &config, &s->workload.subject));
    workload_rewind(&s->workload, examine(s, s->workload.subject, s->workload.buffered));
    /* What was recovered is shown now, so a power cut may not take it away any more. */
    workload_saved(&s->workload, workload_last(&s->workload));
    take_image_between(s);
}

static void close_and_reopen(story *s) {
    hs_config config = fixture_config();
    workload_release(&s->workload);
    assert_ok(engine_close(s->workload.subject));
    workload_saved(&s->workload, workload_last(&s->workload));
    assert_ok(engine_open(memory_vfs_base(s->memory), PATH, false, &config, &s->workload.subject));
}

static void take_step(story *s) {
    s->stepping = true;
    s->files.percent = 2;
    hs_status status = workload_step(&s->workload);
    if (status != HS_OK) broken(s, "%s: %s", hs_status_name(status), hs_last_error());
    if (s->workload.doing == WORKLOAD_DROPS) s->files.dropped = true;
    s->stepping = false;
}

static void tell_story(story *s) {
    hs_config config = fixture_config();
    workload_start(&s->workload, random_next(&s->random));
    /* Most stories are about small files, whose images take less time. */
    if (random_chance(&s->random, 90)) {
        s->workload.keys = 60;
        s->workload.longest = 40000;
    }
    s->memory = memory_vfs_create();
    s->created = false;
    s->files = (watched){.story = s, .percent = 10};
    memory_vfs_hook(s->memory, before_call, &s->files);
    assert_ok(engine_open(memory_vfs_base(s->memory), PATH, true, &config, &s->workload.subject));
    s->created = true;
    uint64_t end = s->images + IMAGES_PER_STORY;
    for (int i = 0; i < STEPS_PER_STORY && s->images < end && s->images < s->wanted; i++) {
        take_step(s);
        if (random_chance(&s->random, 10)) take_image_between(s);
        if (random_chance(&s->random, 2)) close_and_reopen(s);
        if (random_chance(&s->random, 2)) crash_and_continue(s);
    }
    workload_release(&s->workload);
    memory_vfs_hook(s->memory, NULL, NULL);
    assert_ok(engine_close(s->workload.subject));
    memory_vfs_free(s->memory);
    workload_end(&s->workload);
    s->number++;
}

static struct { uint64_t images, seed; } arguments = {1500, 1};

static void every_image_of_a_crash_opens_as_a_state_that_may_be_found(void **state) {
    (void)state;
    story *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->seed = s->random.state = arguments.seed;
    s->wanted = arguments.images;
    while (s->images < s->wanted)
        tell_story(s);
    for (int i = 0; i < MOMENTS; i++)
        print_message("# %8" PRIu64 " images %s\n", s->counts[i], moment_names[i]);
    print_message("# crash images: %" PRIu64 " in %" PRIu64 " stories, seed %" PRIu64 "\n",
                  s->images, s->number, s->seed);
    for (int i = 0; i < MOMENTS; i++) {
        if (s->counts[i] == 0) fail_msg("no image was taken %s", moment_names[i]);
    }
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
