/* log_slots_test.c: the log's header is whole in one slot at every moment: power cuts before each
 * call that lose or tear, at any byte, whatever header is not known to be on disk, and damage to
 * one of two that are.
 *
 *   log_slots_test [--images N] [--seed N]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/collection.h"
#include "engine/format.h"
#include "oracle/random.h"

#define SLOT    sizeof(log_header)
#define DEEPEST 2u /* a session that follows a kill in a session that followed one */

typedef struct watch {
    collection *c;
    engine_table table;
    random_source *random;
    uint64_t *images;
    unsigned depth, percent;
    unsigned pending, brought; /* slots that may not be on disk; of these, brought out for a sync */
    uint8_t disk[2][SLOT];     /* what the disk has of them */
    char last[16];             /* the call that was about to be done, if on the log */
    uint64_t last_offset;
    uint64_t acknowledged, attempted; /* numbers put */
} watch;

static uint8_t *log_bytes(memory_vfs *m) {
    uint64_t size = 0;
    uint8_t *bytes = memory_vfs_bytes(m, COLLECTION_LOG, &size);
    return size < LOG_RING_OFFSET ? NULL : bytes;
}

/* --- what an image must hold ------------------------------------------------------------------ */

/* The number that the open collection holds, which must be one that may be found. */
static uint64_t examine(engine *e, engine_table table, uint64_t least, uint64_t most) {
    hs_slice value;
    uint64_t number = 0;
    engine_txn *t = begin_read(e);
    hs_status status = engine_get(t, table, hs_slice_of("number"), &value);
    if (status == HS_OK) memcpy(&number, value.data, sizeof number);
    engine_abort(t);
    if (status != HS_NOT_FOUND) assert_ok(status);
    assert_in_range(number, least, most);
    expect_sound(e);
    return number;
}

/* Opens an image and looks at it; `what` says what was done to it. */
static void open_image(watch *w, memory_vfs *m, const char *what, size_t at) {
    engine *e = NULL;
    hs_status status = engine_open(memory_vfs_base(m), COLLECTION_PATH, false, &w->c->config, &e);
    if (status != HS_OK)
        fail_msg("image %" PRIu64 ", %s at byte %zu: %s (%s)", *w->images, what, at,
                 hs_status_name(status), hs_last_error());
    examine(e, w->table, w->acknowledged, w->attempted);
    assert_ok(engine_close(e));
    memory_vfs_free(m);
    ++*w->images;
}

static memory_vfs *power_cut(watch *w) {
    return memory_vfs_crash(w->c->files, CRASH_POWER, random_next(w->random));
}

/* All headers that are not on disk for certain, torn: their first bytes are new and the others old,
 * or the other way round. */
static void tear(watch *w) {
    size_t at = random_below(w->random, SLOT + 1);
    bool front = random_chance(w->random, 50);
    memory_vfs *m = power_cut(w);
    uint8_t *image = log_bytes(m), *now = log_bytes(w->c->files);
    for (unsigned slot = 0; slot < 2 && image != NULL; slot++) {
        if ((w->pending >> slot & 1) == 0) continue;
        uint8_t *to = image + slot * UNIT_SIZE;
        memcpy(to, w->disk[slot], SLOT);
        memcpy(front ? to : to + at, now + slot * UNIT_SIZE + (front ? 0 : at),
               front ? at : SLOT - at);
    }
    open_image(w, m, front ? "torn" : "torn from behind", at);
}

/* The same ones, with anything in their place. */
static void lose(watch *w) {
    memory_vfs *m = power_cut(w);
    uint8_t *image = log_bytes(m), *now = log_bytes(w->c->files);
    for (unsigned slot = 0; slot < 2 && image != NULL; slot++) {
        /* Writing what is there already changes nothing, whatever part of it is done. */
        bool changes = memcmp(w->disk[slot], now + slot * UNIT_SIZE, SLOT) != 0;
        if ((w->pending >> slot & 1) != 0 && changes)
            random_fill(w->random, image + slot * UNIT_SIZE, SLOT);
    }
    open_image(w, m, "lost", 0);
}

/* One of two that are on disk, damaged. */
static void damage(watch *w) {
    for (unsigned slot = 0; slot < 2; slot++) {
        memory_vfs *m = power_cut(w);
        uint8_t *image = log_bytes(m);
        if (image != NULL) random_fill(w->random, image + slot * UNIT_SIZE, SLOT);
        open_image(w, m, "damaged in slot", slot);
    }
}

/* --- following -------------------------------------------------------------------------------- */

/* What the call before this one has done. */
static void note_last(watch *w) {
    uint8_t *bytes = log_bytes(w->c->files);
    unsigned slot = 1u << (w->last_offset / UNIT_SIZE);
    bool header = w->last_offset < 2 * UNIT_SIZE;
    if (strcmp(w->last, "write") == 0 && header) w->pending |= slot, w->brought &= ~slot;
    if (strcmp(w->last, "write_back") == 0 && header) w->brought |= slot;
    unsigned safe = strcmp(w->last, "sync") == 0           ? w->pending
                    : strcmp(w->last, "sync_written") == 0 ? w->brought
                                                           : 0;
    for (unsigned i = 0; i < 2; i++) {
        if ((safe >> i & 1) != 0) memcpy(w->disk[i], bytes + i * UNIT_SIZE, SLOT);
    }
    w->pending &= ~safe;
    w->brought &= ~safe;
    w->last[0] = '\0';
}

static void session(watch *w, unsigned steps);

/* A process is killed now; the next one goes on with the files as they are in the system's cache,
 * and then the power is cut. */
static void kill_and_go_on(watch *w) {
    collection c = {.files = memory_vfs_crash(w->c->files, CRASH_KILL, random_next(w->random)),
                    .config = w->c->config};
    watch next = *w;
    next.c = &c;
    next.depth++;
    session(&next, 4);
    collection_free(&c);
}

static void before_call(void *context, memory_vfs *m, const char *call) {
    (void)m;
    watch *w = context;
    const memory_call *about = memory_vfs_call(w->c->files);
    note_last(w);
    /* One of them is always there. */
    assert_int_not_equal(w->pending, 3);
    if (strcmp(about->path, COLLECTION_LOG) == 0) {
        snprintf(w->last, sizeof w->last, "%s", call);
        w->last_offset = about->offset;
    }
    if (!random_chance(w->random, w->percent)) return;
    if (w->pending != 0) {
        tear(w);
        tear(w);
        lose(w);
        if (w->depth < DEEPEST && random_chance(w->random, 30)) kill_and_go_on(w);
    } else {
        damage(w);
    }
}

/* --- what is done meanwhile ------------------------------------------------------------------- */

static void put_number(watch *w, hs_durability durability) {
    uint8_t filler[600] = {0};
    engine_txn *t = NULL;
    uint64_t number = w->attempted + 1;
    assert_ok(engine_begin_write(w->c->engine, &w->table.family, 1, durability, &t));
    assert_ok(engine_put(t, w->table, hs_slice_of("number"),
                         (hs_slice){(uint8_t *)&number, sizeof number}));
    assert_ok(engine_put(t, w->table, hs_slice_of("filler"), (hs_slice){filler, sizeof filler}));
    w->attempted = number;
    assert_ok(engine_commit(t));
    if (durability == HS_DURABLE) w->acknowledged = number;
}

static void take_step(watch *w) {
    switch (random_below(w->random, 6)) {
    case 0:
        put_number(w, HS_DURABLE);
        break;
    case 1:
    case 2:
        put_number(w, HS_BUFFERED);
        break;
    case 3:
    case 4:
        assert_ok(engine_checkpoint(w->c->engine));
        w->acknowledged = w->attempted;
        break;
    default:
        assert_ok(engine_close(w->c->engine));
        w->c->engine = NULL;
        w->acknowledged = w->attempted;
        assert_ok(collection_open(w->c));
    }
}

/* Opens the collection, if it is closed, and takes some steps, under watch. */
static void session(watch *w, unsigned steps) {
    memory_vfs_hook(w->c->files, before_call, w);
    if (w->c->engine == NULL) {
        assert_ok(collection_open(w->c));
        w->attempted = examine(w->c->engine, w->table, w->acknowledged, w->attempted);
    }
    while (steps-- > 0)
        take_step(w);
    memory_vfs_hook(w->c->files, NULL, NULL);
}

static struct { uint64_t images, seed; } arguments = {1000, 1};

static void a_header_is_whole_whatever_a_power_cut_does_to_the_other(void **state) {
    (void)state;
    random_source random = {arguments.seed};
    uint64_t images = 0;
    while (images < arguments.images) {
        collection c = collection_create();
        watch w = {.c = &c, .random = &random, .images = &images, .percent = 20};
        w.table = create_table(c.engine, "f", NULL);
        for (unsigned slot = 0; slot < 2; slot++)
            memcpy(w.disk[slot], log_bytes(c.files) + slot * UNIT_SIZE, SLOT);
        session(&w, 12);
        collection_free(&c);
    }
    print_message("# images: %" PRIu64 ", seed %" PRIu64 "\n", images, arguments.seed);
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
        cmocka_unit_test(a_header_is_whole_whatever_a_power_cut_does_to_the_other),
    };
    return cmocka_run_group_tests_name("log slots", tests, NULL, NULL);
}
