/* point_iterator.c: hs_point_iterator: the points of a range, one by one or in runs. */
#include "base/error.h"
#include "base/memory.h"
#include "storage/series/point_store.h"

struct hs_point_iterator {
    hs_time from, to;
    bool integers;
    bool started;
    int state;     /* 1 while there may be more; then 0 or the error that next returns */
    size_t end;    /* of the reader's run: those before `to` */
    hs_point *run; /* of integers: a run as float64; NULL until needed */
    point_reader reader;
    hs_point tail[];
};

hs_status point_iterator_open(engine_txn *txn, engine_table table, uint64_t rid, uint32_t name,
                              hs_time from, hs_time to, const hs_point *tail, size_t tail_count,
                              bool integers, hs_point_iterator **iterator) {
    size_t bytes = sizeof **iterator + tail_count * sizeof *tail;
    hs_point_iterator *it = memory_alloc(bytes);
    if (it == NULL) return error_memory("an iterator over points", bytes);
    it->from = from;
    it->to = to;
    it->integers = integers;
    it->started = false;
    it->state = from < to ? 1 : 0;
    it->end = 0;
    it->run = NULL;
    if (tail_count > 0) memcpy(it->tail, tail, tail_count * sizeof *tail);
    point_reader_open(&it->reader, txn, table, rid, name, it->tail, tail_count);
    *iterator = it;
    return HS_OK;
}

/* Moves to the next run; sets state and end. */
static void load(hs_point_iterator *it) {
    point_reader *r = &it->reader;
    it->state = it->started ? point_reader_next_run(r) : point_reader_seek(r, it->from);
    it->started = true;
    it->end = 0;
    if (it->state != 1) return;
    it->end = r->count;
    while (it->end > r->at && r->points[it->end - 1].time >= it->to)
        it->end--;
    if (it->end == r->at) it->state = 0;
}

/* Whether there is a point at reader.at: 1, 0, an error. */
static inline int ready(hs_point_iterator *it) {
    if (it->state == 1 && it->reader.at == it->end) load(it);
    return it->state;
}

static double as_float64(const hs_point *point) {
    int64_t integer;
    memcpy(&integer, &point->value, sizeof integer);
    return (double)integer;
}

int hs_point_next(hs_point_iterator *iterator, hs_point *point) {
    int state = ready(iterator);
    if (state != 1) return state;
    *point = iterator->reader.points[iterator->reader.at++];
    if (iterator->integers) point->value = as_float64(point);
    return 1;
}

int hs_point_next_integer(hs_point_iterator *iterator, hs_integer_point *point) {
    if (!iterator->integers)
        return error_set(HS_INVALID, "the series is of float64; read it with hs_point_next");
    int state = ready(iterator);
    if (state != 1) return state;
    const hs_point *from = &iterator->reader.points[iterator->reader.at++];
    point->time = from->time;
    memcpy(&point->value, &from->value, sizeof point->value);
    return 1;
}

int hs_point_next_run(hs_point_iterator *iterator, const hs_point **points, size_t *count) {
    int state = ready(iterator);
    *count = 0;
    if (state != 1) return state;
    point_reader *r = &iterator->reader;
    *points = r->points + r->at;
    *count = iterator->end - r->at;
    r->at = iterator->end;
    if (!iterator->integers) return 1;
    if (iterator->run == NULL) iterator->run = memory_alloc(sizeof r->buffer);
    if (iterator->run == NULL)
        return iterator->state = (int)error_memory("a run of points", sizeof r->buffer);
    for (size_t i = 0; i < *count; i++)
        iterator->run[i] = (hs_point){(*points)[i].time, as_float64(&(*points)[i])};
    *points = iterator->run;
    return 1;
}

void hs_point_iterator_close(hs_point_iterator *iterator) {
    if (iterator == NULL) return;
    point_reader_close(&iterator->reader);
    memory_free(iterator->run);
    memory_free(iterator);
}
