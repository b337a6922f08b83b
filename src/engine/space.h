/* space.h: which units of the data file are in use, and when a freed one may be used again.
 *
 * Two bitmaps, one bit per unit:
 *   durable   the units that the last finished checkpoint contains. They are never overwritten.
 *   taken     the units that may not be handed out now: durable ones, those of newer commits, those
 *             freed but still visible to a reader.
 *
 * Units freed by a commit wait in a *garbage* record until no reader can see them (the horizon has
 * reached the commit) and, if they are durable, until a checkpoint no longer contains them.
 *
 * Nothing of this is stored but the durable map, which is exactly what the checkpoint's trees
 * reach: what a crash leaves behind in other units is free space.
 */
#ifndef ENGINE_SPACE_H
#define ENGINE_SPACE_H

#include <pthread.h>

#include "engine/bitmap.h"
#include "engine/pagefile.h"
#include "engine/readers.h"

typedef struct page_run {
    uint32_t page;
    uint32_t units;
    uint64_t txn; /* of freed runs: the write transaction that made it */
} page_run;

typedef struct run_list {
    page_run *runs;
    size_t count;
    size_t capacity;
} run_list;

/* Appends a run. HS_NO_MEMORY. */
hs_status run_list_add(run_list *list, uint32_t page, uint32_t units, uint64_t txn);
/* Makes room for `more` runs, so that as many run_list_add cannot fail. */
hs_status run_list_reserve(run_list *list, size_t more);
void run_list_free(run_list *list);

struct table_def;

/* The tree of a dropped table, for the next checkpoint to take apart. */
typedef struct dropped_tree {
    struct dropped_tree *next;
    const struct table_def *def;
    uint32_t root;
    uint32_t height;
    bool long_values;
} dropped_tree;

/* A heap block that readers may still see: a catalog, a family entry. */
typedef struct garbage_object {
    void *block;
    uint64_t born; /* the commit that made it */
} garbage_object;

/* What one commit freed; or several commits in a row, then as if the last of them had. */
typedef struct garbage {
    struct garbage *next;
    uint64_t sequence; /* of the commit that freed it */
    run_list runs;
    dropped_tree *dropped; /* whole trees, taken apart by the next checkpoint */
    size_t object_count;
    garbage_object objects[]; /* [object_count] */
} garbage;

/* A heap block with room for `objects` objects, and the runs of a list. NULL when memory is
 * short. */
garbage *garbage_create(const run_list *runs, size_t objects);
void garbage_free(garbage *g);

/* Garbage records in commit order. */
typedef struct garbage_queue {
    garbage *first;
    garbage *last;
} garbage_queue;

typedef struct space {
    pthread_mutex_t lock;
    pagefile *file;
    bitmap durable;
    bitmap taken;
    garbage_queue fresh; /* a reader may still see it */
    garbage_queue held;  /* no reader sees it, but its runs are durable */
    /* Sifting looks through the fresh garbage for what no reader can see, a few records at a
     * time. */
    size_t unsifted;   /* runs that became fresh garbage since the last round began */
    size_t sifted;     /* runs that this round, or the last one, left */
    bool sift_due;     /* begin a round at the next need: a checkpoint has let go of some */
    bool sifting;      /* a round is under way */
    uint64_t sift_end; /* it ends behind this commit */
    garbage *sift_at;  /* it goes on behind this record; NULL: at the first one */
    uint64_t saved;    /* what a running checkpoint saves: records are not joined across it */
} space;

hs_status space_open(space *s, pagefile *file);
void space_close(space *s);

/* Takes over the space map of a checkpoint: `size` bytes, of which the first `units` bits count.
 * HS_CORRUPT if it marks units that the file does not have. */
hs_status space_load(space *s, const uint8_t *bytes, uint64_t size, uint64_t units);

/* Takes `count` runs of `units` units each and appends them to `out`. All or none: HS_FULL,
 * HS_NO_MEMORY, HS_IO. Freed space that no reader can see is used before the file grows, lowest
 * address first. */
hs_status space_take(space *s, const readers_view *view, uint32_t units, size_t count,
                     run_list *out);

/* Gives the runs of several lists back, in one step, that no commit has ever referred to; a run may
 * be listed twice. */
void space_give_back(space *s, const run_list *lists, size_t count);

/* Appends a commit's garbage; sequences ascend. The space owns it from now on. */
void space_add_garbage(space *s, garbage *garbage);

/* A checkpoint of commit `sequence` begins. Called before the next commit is published. */
void space_checkpointing(space *s, uint64_t sequence);

/* The checkpoint of commit `sequence` is finished: `durable` takes the place of the durable map
 * (the old one is handed back in it), and what it no longer contains becomes free as far as readers
 * allow. */
void space_checkpointed(space *s, uint64_t sequence, bitmap *durable);

/* Whether the last finished checkpoint contains a page, by its first unit: then it is never
 * changed, and has its checksum. */
bool space_is_durable(space *s, uint32_t page);

/* Whether `units` free units stand in one piece before unit `before`. */
bool space_has_place(space *s, uint32_t units, uint32_t before);

/* Gives the free end of the file back if it is longer than `slack` units. HS_IO. */
hs_status space_trim(space *s, uint64_t slack);

/* Units that were freed, but that a reader may still see; O(what is freed and not reused). */
uint64_t space_held_units(space *s, const readers_view *view);

/* Takes back what no reader can see and no checkpoint contains. */
void space_reclaim(space *s, const readers_view *view);

/* Units in use now. */
uint64_t space_taken_units(space *s);

#endif
