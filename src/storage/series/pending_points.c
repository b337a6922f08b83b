/* pending_points.c: a hash table of series with the points that wait to be written. */
#include "storage/series/pending_points.h"

#include <assert.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

#define FIRST_CAPACITY 64

hs_status pending_points_start(apply *apply, pending_points **pending) {
    if (*pending != NULL) return HS_OK;
    void *memory;
    TRY(apply_alloc(apply, sizeof **pending, &memory));
    memset(memory, 0, sizeof **pending);
    *pending = memory;
    (*pending)->tail = &(*pending)->first;
    return HS_OK;
}

static uint64_t hash(engine_family family, uint64_t rid, uint32_t name) {
    uint64_t h = (rid ^ (uint64_t)family << RID_BITS) * UINT64_C(0x9E3779B97F4A7C15);
    h = (h ^ h >> 32 ^ name) * UINT64_C(0xD6E8FEB86659FD93);
    return h ^ h >> 32;
}

static pending_series **slot_of(pending_points *pending, engine_family family, uint64_t rid,
                                uint32_t name) {
    size_t mask = pending->capacity - 1;
    for (size_t i = hash(family, rid, name) & mask;; i = (i + 1) & mask) {
        pending_series *s = pending->table[i];
        if (s == NULL || (s->rid == rid && s->name == name && s->family->number == family))
            return &pending->table[i];
    }
}

/* Makes room for one more entry; at most half of the table is used. */
static hs_status grow(apply *apply, pending_points *pending) {
    if (2 * (pending->count + 1) <= pending->capacity) return HS_OK;
    size_t capacity = pending->capacity > 0 ? 2 * pending->capacity : FIRST_CAPACITY;
    void *memory;
    TRY(apply_alloc(apply, capacity * sizeof(pending_series *), &memory));
    memset(memory, 0, capacity * sizeof(pending_series *));
    pending->table = memory;
    pending->capacity = capacity;
    for (pending_series *s = pending->first; s != NULL; s = s->next)
        *slot_of(pending, s->family->number, s->rid, s->name) = s;
    return HS_OK;
}

hs_status pending_points_find(apply *apply, pending_points *pending, apply_family *family,
                              uint64_t rid, uint32_t name, pending_series **series) {
    TRY(grow(apply, pending));
    pending_series **slot = slot_of(pending, family->number, rid, name);
    if (*slot == NULL) {
        void *memory;
        TRY(apply_alloc(apply, sizeof **slot, &memory));
        pending_series *s = memory;
        *s = (pending_series){.family = family, .rid = rid, .name = name};
        s->tail = &s->first;
        *slot = s;
        *pending->tail = s;
        pending->tail = &s->next;
        pending->count++;
    }
    *series = *slot;
    return HS_OK;
}

hs_status pending_points_add(apply *apply, pending_series *series, const hs_point *points,
                             size_t count) {
    if (count == 0) return HS_OK;
    void *memory;
    TRY(apply_alloc(apply, sizeof(pending_chunk), &memory));
    pending_chunk *chunk = memory;
    *chunk = (pending_chunk){.points = points, .count = count};
    *series->tail = chunk;
    series->tail = &chunk->next;
    series->count += count;
    return HS_OK;
}

/* Memory in which the points of one series after the other are sorted. */
typedef struct point_buffer {
    hs_point *points;
    size_t capacity;
} point_buffer;

static hs_status sorted_points(const pending_series *series, point_buffer *buffer, size_t *count) {
    TRY(memory_reserve((void **)&buffer->points, &buffer->capacity, 2 * series->count,
                       sizeof *buffer->points));
    size_t n = 0;
    for (const pending_chunk *c = series->first; c != NULL; c = c->next) {
        memcpy(buffer->points + n, c->points, c->count * sizeof *c->points);
        n += c->count;
    }
    assert(n == series->count);
    *count = point_sort(buffer->points, n, buffer->points + n, series->keep);
    return HS_OK;
}

static void clear(pending_points *pending) {
    if (pending->capacity > 0)
        memset(pending->table, 0, pending->capacity * sizeof(pending_series *));
    pending->count = 0;
    pending->first = NULL;
    pending->tail = &pending->first;
}

hs_status pending_points_flush(apply *apply, pending_points *pending, uint32_t table,
                               pending_writer *write) {
    if (pending == NULL || pending->first == NULL) return HS_OK;
    point_buffer buffer = {0};
    point_writer writer = {0};
    hs_status status = HS_OK;
    for (pending_series *s = pending->first; s != NULL && status == HS_OK; s = s->next) {
        size_t count;
        if (writer.table.family != s->family->number) {
            point_writer_close(&writer);
            status = point_writer_open(&writer, apply->txn, layout_table(s->family->number, table));
        }
        writer.integers = s->integers;
        writer.keep = s->keep;
        if (status == HS_OK) status = sorted_points(s, &buffer, &count);
        if (status == HS_OK) status = write(apply, &writer, s, buffer.points, count);
    }
    point_writer_close(&writer);
    memory_free(buffer.points);
    clear(pending);
    return status;
}
