/* space.c: handing out units, and taking freed ones back when nobody can see them. */
#include "engine/space.h"

#include <assert.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

#define SIFT_LEAST  1024u /* runs for which a round is worth while */
#define SIFT_STEP   64u   /* records looked at in one go, under the lock */
#define JOINED_RUNS 512u  /* of several commits in one record */

hs_status run_list_reserve(run_list *list, size_t more) {
    return memory_reserve((void **)&list->runs, &list->capacity, list->count + more,
                          sizeof *list->runs);
}

hs_status run_list_add(run_list *list, uint32_t page, uint32_t units, uint64_t txn) {
    if (list->count == list->capacity) TRY(run_list_reserve(list, 1));
    list->runs[list->count++] = (page_run){page, units, txn};
    return HS_OK;
}

void run_list_free(run_list *list) {
    memory_free(list->runs);
    *list = (run_list){0};
}

hs_status space_open(space *s, pagefile *file) {
    *s = (struct space){.file = file};
    pthread_mutex_init(&s->lock, NULL);
    TRY(bitmap_grow(&s->durable, atomic_load(&file->units)));
    TRY(bitmap_grow(&s->taken, atomic_load(&file->units)));
    bitmap_set(&s->durable, 0, FIRST_PAGE);
    bitmap_set(&s->taken, 0, FIRST_PAGE);
    return HS_OK;
}

hs_status space_load(space *s, const uint8_t *bytes, uint64_t size, uint64_t units) {
    if (size > s->durable.bits / 8) {
        return error_set(HS_CORRUPT, "%s: the space map is longer than the file", s->file->path);
    }
    if (size % 8 != 0) return error_set(HS_CORRUPT, "%s: the space map is cut off", s->file->path);
    bitmap_load(&s->durable, bytes, size);
    bitmap_load(&s->taken, bytes, size);
    if (bitmap_end(&s->durable) > units) {
        return error_set(HS_CORRUPT, "%s: the space map marks units that are not there",
                         s->file->path);
    }
    bitmap_set(&s->durable, 0, FIRST_PAGE);
    bitmap_set(&s->taken, 0, FIRST_PAGE);
    return HS_OK;
}

garbage *garbage_create(const run_list *runs, size_t objects) {
    garbage *g = memory_alloc(sizeof *g + objects * sizeof *g->objects);
    if (g == NULL) return NULL;
    *g = (garbage){.next = NULL};
    if (run_list_reserve(&g->runs, runs->count) != HS_OK) {
        memory_free(g);
        return NULL;
    }
    if (runs->count > 0) memcpy(g->runs.runs, runs->runs, runs->count * sizeof *runs->runs);
    g->runs.count = runs->count;
    return g;
}

void garbage_free(garbage *g) {
    for (size_t i = 0; i < g->object_count; i++)
        memory_free(g->objects[i].block);
    while (g->dropped != NULL) {
        dropped_tree *next = g->dropped->next;
        memory_free(g->dropped);
        g->dropped = next;
    }
    run_list_free(&g->runs);
    memory_free(g);
}

static void queue_append(garbage_queue *queue, garbage *g) {
    assert(queue->last == NULL || queue->last->sequence <= g->sequence);
    g->next = NULL;
    if (queue->last != NULL) {
        queue->last->next = g;
    } else {
        queue->first = g;
    }
    queue->last = g;
}

static garbage *queue_pop(garbage_queue *queue) {
    garbage *g = queue->first;
    queue->first = g->next;
    if (queue->first == NULL) queue->last = NULL;
    g->next = NULL;
    return g;
}

void space_close(space *s) {
    if (s->file == NULL) return;
    while (s->fresh.first != NULL)
        garbage_free(queue_pop(&s->fresh));
    while (s->held.first != NULL)
        garbage_free(queue_pop(&s->held));
    bitmap_free(&s->durable);
    bitmap_free(&s->taken);
    pthread_mutex_destroy(&s->lock);
    *s = (struct space){0};
}

/* Frees the runs of `g` that are not durable, keeps the others, and frees the heap blocks. */
static void reclaim_one(space *s, garbage *g) {
    size_t kept = 0;
    for (size_t i = 0; i < g->runs.count; i++) {
        page_run run = g->runs.runs[i];
        if (bitmap_test(&s->durable, run.page)) {
            g->runs.runs[kept++] = run;
        } else {
            bitmap_clear(&s->taken, run.page, run.units);
        }
    }
    g->runs.count = kept;
    for (size_t i = 0; i < g->object_count; i++)
        memory_free(g->objects[i].block);
    g->object_count = 0;
}

static void reclaim(space *s, uint64_t horizon) {
    while (s->fresh.first != NULL && s->fresh.first->sequence <= horizon) {
        garbage *g = queue_pop(&s->fresh);
        if (s->sift_at == g) s->sift_at = NULL;
        reclaim_one(s, g);
        if (g->runs.count > 0 || g->dropped != NULL) {
            queue_append(&s->held, g);
        } else {
            garbage_free(g);
        }
    }
}

/* Frees what came and went between two readers, so that an old one holds back only what it can
 * see. */
static void sift_one(space *s, const readers_view *view, garbage *g) {
    size_t kept = 0;
    for (size_t i = 0; i < g->runs.count; i++) {
        page_run run = g->runs.runs[i];
        if (bitmap_test(&s->durable, run.page) || readers_see(view, 0, run.txn, g->sequence)) {
            g->runs.runs[kept++] = run;
        } else {
            bitmap_clear(&s->taken, run.page, run.units);
        }
    }
    g->runs.count = kept;
    kept = 0;
    for (size_t i = 0; i < g->object_count; i++) {
        garbage_object object = g->objects[i];
        if (readers_see(view, object.born, 0, g->sequence)) {
            g->objects[kept++] = object;
        } else {
            memory_free(object.block);
        }
    }
    g->object_count = kept;
}

/* Joins a record to the one before it, so that many small commits take little memory. What the
 * first freed counts as freed a little later then; a checkpoint that lies between them would go
 * wrong. */
static bool join(space *s, garbage *before, const garbage *g) {
    size_t runs = before->runs.count + g->runs.count;
    bool parted = before->sequence <= s->saved && s->saved < g->sequence;
    if (runs > JOINED_RUNS || parted || before->object_count + g->object_count > 0 ||
        before->dropped != NULL || g->dropped != NULL ||
        run_list_reserve(&before->runs, g->runs.count) != HS_OK)
        return false;
    memcpy(&before->runs.runs[before->runs.count], g->runs.runs,
           g->runs.count * sizeof *g->runs.runs);
    before->runs.count = runs;
    before->sequence = g->sequence;
    return true;
}

/* Looks at the record behind sift_at, which is there, and takes it out if nothing is left of it. */
static void sift_next(space *s, const readers_view *view) {
    garbage *before = s->sift_at, *g = before == NULL ? s->fresh.first : before->next;
    sift_one(s, view, g);
    s->sifted += g->runs.count;
    bool empty = g->runs.count == 0 && g->object_count == 0 && g->dropped == NULL;
    if (!empty && (before == NULL || !join(s, before, g))) {
        s->sift_at = g;
        return;
    }
    if (before == NULL) {
        s->fresh.first = g->next;
    } else {
        before->next = g->next;
    }
    if (s->fresh.last == g) s->fresh.last = before;
    garbage_free(g);
}

/* Goes on with a round of sifting. A round begins when as much was added as the last one left. */
static void sift(space *s, const readers_view *view) {
    if (!s->sifting && (s->sift_due || (s->unsifted >= SIFT_LEAST && s->unsifted >= s->sifted))) {
        s->sifting = true;
        s->sift_due = false;
        s->unsifted = s->sifted = 0;
        s->sift_at = NULL;
        s->sift_end = view->visible;
    }
    for (uint32_t i = 0; s->sifting && i < SIFT_STEP; i++) {
        const garbage *g = s->sift_at == NULL ? s->fresh.first : s->sift_at->next;
        s->sifting = g != NULL && g->sequence <= s->sift_end;
        if (s->sifting) sift_next(s, view);
    }
}

void space_checkpointing(space *s, uint64_t sequence) {
    pthread_mutex_lock(&s->lock);
    s->saved = sequence;
    pthread_mutex_unlock(&s->lock);
}

void space_checkpointed(space *s, uint64_t sequence, bitmap *durable) {
    pthread_mutex_lock(&s->lock);
    bitmap old = s->durable;
    s->sift_due = true;
    s->durable = *durable;
    *durable = old;
    for (uint32_t i = 0; s->held.first != NULL && s->held.first->sequence <= sequence; i++) {
        if (i % SIFT_STEP == SIFT_STEP - 1) {
            /* Let writers in between. */
            pthread_mutex_unlock(&s->lock);
            pthread_mutex_lock(&s->lock);
            if (s->held.first == NULL || s->held.first->sequence > sequence) break;
        }
        garbage *g = queue_pop(&s->held);
        reclaim_one(s, g);
        assert(g->runs.count == 0 && g->dropped == NULL);
        garbage_free(g);
    }
    pthread_mutex_unlock(&s->lock);
}

/* One run from the clear bits, growing the file if need be. */
static hs_status take_run(space *s, uint32_t units, uint32_t *page) {
    uint64_t file_units = atomic_load(&s->file->units);
    uint64_t found = bitmap_find_clear(&s->taken, units);
    if (found == UINT64_MAX || found + units > file_units) {
        /* A run that would begin in the free tail of the file may continue behind its present
         * end. */
        uint64_t start = found != UINT64_MAX ? found : bitmap_end(&s->taken);
        TRY(bitmap_grow(&s->taken, start + units));
        TRY(pagefile_grow(s->file, start + units));
        found = start;
    }
    bitmap_set(&s->taken, found, units);
    *page = (uint32_t)found;
    pagefile_set_verified(s->file, *page);
    return HS_OK;
}

hs_status space_take(space *s, const readers_view *view, uint32_t units, size_t count,
                     run_list *out) {
    TRY(run_list_reserve(out, count));
    size_t before = out->count;
    pthread_mutex_lock(&s->lock);
    reclaim(s, view->oldest);
    sift(s, view);
    hs_status status = HS_OK;
    for (size_t i = 0; i < count && status == HS_OK; i++) {
        uint32_t page;
        status = take_run(s, units, &page);
        if (status == HS_OK) out->runs[out->count++] = (page_run){page, units, 0};
    }
    if (status != HS_OK) {
        for (size_t i = before; i < out->count; i++)
            bitmap_clear(&s->taken, out->runs[i].page, units);
        out->count = before;
    }
    pthread_mutex_unlock(&s->lock);
    return status;
}

void space_give_back(space *s, const run_list *lists, size_t count) {
    pthread_mutex_lock(&s->lock);
    for (size_t l = 0; l < count; l++) {
        for (size_t i = 0; i < lists[l].count; i++) {
            page_run run = lists[l].runs[i];
            assert(run.units == 0 || !bitmap_test(&s->durable, run.page));
            bitmap_clear(&s->taken, run.page, run.units);
        }
    }
    pthread_mutex_unlock(&s->lock);
}

void space_add_garbage(space *s, garbage *g) {
    pthread_mutex_lock(&s->lock);
    queue_append(&s->fresh, g);
    s->unsifted += g->runs.count + g->object_count;
    pthread_mutex_unlock(&s->lock);
}

bool space_is_durable(space *s, uint32_t page) {
    pthread_mutex_lock(&s->lock);
    bool durable = bitmap_test(&s->durable, page);
    pthread_mutex_unlock(&s->lock);
    return durable;
}

bool space_has_place(space *s, uint32_t units, uint32_t before) {
    pthread_mutex_lock(&s->lock);
    uint64_t found = bitmap_find_clear(&s->taken, units);
    pthread_mutex_unlock(&s->lock);
    return found < before;
}

hs_status space_trim(space *s, uint64_t slack) {
    pthread_mutex_lock(&s->lock);
    uint64_t end = bitmap_end(&s->taken);
    hs_status status = HS_OK;
    if (end + slack < atomic_load(&s->file->units)) status = pagefile_shrink(s->file, end);
    pthread_mutex_unlock(&s->lock);
    return status;
}

uint64_t space_held_units(space *s, const readers_view *view) {
    uint64_t units = 0;
    pthread_mutex_lock(&s->lock);
    for (const garbage *g = s->fresh.first; g != NULL && g->sequence <= view->visible;
         g = g->next) {
        for (size_t i = 0; i < g->runs.count; i++) {
            page_run run = g->runs.runs[i];
            if (readers_see(view, 0, run.txn, g->sequence)) units += run.units;
        }
    }
    pthread_mutex_unlock(&s->lock);
    return units;
}

void space_reclaim(space *s, const readers_view *view) {
    pthread_mutex_lock(&s->lock);
    reclaim(s, view->oldest);
    pthread_mutex_unlock(&s->lock);
}

uint64_t space_taken_units(space *s) {
    pthread_mutex_lock(&s->lock);
    uint64_t taken = s->taken.set;
    pthread_mutex_unlock(&s->lock);
    return taken;
}
