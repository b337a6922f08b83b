/* point_reader.c: finds blocks by time and decodes them one after the other. */
#include "storage/series/point_reader.h"

#include "base/error.h"
#include "base/key.h"

int point_block_stands(engine_cursor *cursor, const layout_key *series, int moved, hs_time *start,
                       uint32_t *ordinal) {
    uint64_t rid;
    uint32_t name;
    if (moved != 1) return moved;
    hs_slice key = engine_cursor_key(cursor);
    if (!key_has_prefix(key, layout_slice(series))) return 0;
    if (!layout_block_read(key, &rid, &name, start, ordinal))
        return error_set(HS_CORRUPT, "a key of %zu bytes is no key of a block of points", key.size);
    return 1;
}

hs_status point_block_read(engine_cursor *cursor, const layout_key *series, hs_time start,
                           hs_point points[POINT_BLOCK_POINTS], size_t *count) {
    hs_status status = point_block_decode(engine_cursor_value(cursor), start, points, count);
    if (status != HS_CORRUPT) return status;
    return error_context(status, "points of row %llu, name %llu",
                         (unsigned long long)layout_number(series->bytes, RID_PREFIX_SIZE),
                         (unsigned long long)layout_number(series->bytes + RID_PREFIX_SIZE, 3));
}

void point_reader_open(point_reader *reader, engine_txn *txn, engine_table table, uint64_t rid,
                       uint32_t name, const hs_point *tail, size_t tail_count) {
    memset(reader, 0, offsetof(point_reader, buffer));
    reader->txn = txn;
    reader->table = table;
    reader->series = layout_named_key(rid, name);
    reader->tail = tail;
    reader->tail_count = tail_count;
}

void point_reader_close(point_reader *reader) {
    engine_cursor_close(reader->cursor);
    reader->cursor = NULL;
}

static hs_status open_cursor(point_reader *reader) {
    if (reader->cursor != NULL) return HS_OK;
    return engine_cursor_open(reader->txn, reader->table, &reader->cursor);
}

/* Goes behind the blocks: to the tail, or to the end. */
static int enter_tail(point_reader *reader) {
    bool empty = reader->tail_count == 0;
    reader->where = empty ? READER_ENDED : READER_TAIL;
    reader->points = reader->tail;
    reader->at = 0;
    reader->count = reader->tail_count;
    return empty ? 0 : 1;
}

/* Decodes the block that the cursor stands on, if `stands` says that it does. */
static int enter_block(point_reader *reader, int stands, hs_time start) {
    if (stands == 0) return enter_tail(reader);
    if (stands < 0) return stands;
    reader->where = READER_BLOCKS;
    reader->points = reader->buffer;
    reader->at = 0;
    TRY(point_block_read(reader->cursor, &reader->series, start, reader->buffer, &reader->count));
    return 1;
}

int point_reader_next_run(point_reader *reader) {
    hs_time start = 0, last = reader->count > 0 ? reader->points[reader->count - 1].time : 0;
    uint32_t ordinal;
    if (reader->where != READER_BLOCKS) {
        reader->where = READER_ENDED;
        reader->at = reader->count = 0;
        return 0;
    }
    int stands = point_block_stands(reader->cursor, &reader->series,
                                    engine_cursor_next(reader->cursor), &start, &ordinal);
    if (stands == 1 && reader->count > 0 && start < last)
        return error_set(HS_CORRUPT, "two blocks of points overlap at time %lld", (long long)start);
    return enter_block(reader, stands, start);
}

/* Moves the cursor to the block that `time` falls into, or to the first one if it is before the
 * series: to the last one that starts before it, unless one starts at it. */
static int seek_block(point_reader *reader, hs_time time, hs_time *start) {
    layout_key key = reader->series;
    uint32_t ordinal;
    engine_cursor *cursor = reader->cursor;
    layout_append(&key, layout_time_bits(time), 8);
    int found = point_block_stands(cursor, &reader->series,
                                   engine_cursor_seek(cursor, layout_slice(&key)), start, &ordinal);
    if (found < 0 || (found == 1 && *start == time)) return found;
    found =
        point_block_stands(cursor, &reader->series, engine_cursor_prev(cursor), start, &ordinal);
    if (found != 0) return found;
    return point_block_stands(cursor, &reader->series, engine_cursor_next(cursor), start, &ordinal);
}

/* Passes over the points of the run that lie before `time`; on to the next runs if need be. */
static int pass(point_reader *reader, hs_time time) {
    while (reader->points[reader->count - 1].time < time) {
        int more = point_reader_next_run(reader);
        if (more != 1) return more;
    }
    size_t low = reader->at, high = reader->count - 1; /* the first one ≥ time is in [low, high] */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (reader->points[middle].time < time)
            low = middle + 1;
        else
            high = middle;
    }
    reader->at = low;
    return 1;
}

int point_reader_seek(point_reader *reader, hs_time time) {
    hs_time start = 0;
    int entered;
    reader->count = 0;
    if (reader->tail_count > 0 && reader->tail[0].time < time) {
        entered = enter_tail(reader);
    } else {
        TRY(open_cursor(reader));
        int found = seek_block(reader, time, &start);
        entered = enter_block(reader, found, start);
    }
    return entered == 1 ? pass(reader, time) : entered;
}

int point_reader_skip(point_reader *reader, hs_time time) {
    if (reader->where == READER_ENDED) return 0;
    if (reader->at < reader->count && reader->points[reader->count - 1].time >= time)
        return pass(reader, time);
    int more = point_reader_next_run(reader);
    if (more != 1) return more;
    if (reader->points[reader->count - 1].time >= time) return pass(reader, time);
    return point_reader_seek(reader, time);
}

int point_reader_before(point_reader *reader, hs_time time, bool at, hs_point *point) {
    hs_time start = 0;
    uint32_t ordinal;
    const hs_point *points = reader->tail;
    size_t count = reader->tail_count;
    if (count == 0 || points[0].time > time || (points[0].time == time && !at)) {
        layout_key key = reader->series;
        TRY(open_cursor(reader));
        engine_cursor *cursor = reader->cursor;
        layout_append(&key, layout_time_bits(time), 8);
        if (at) layout_append(&key, UINT16_MAX, 2);
        int found = engine_cursor_seek(cursor, layout_slice(&key));
        if (found < 0) return found;
        bool exact = found == 1 && key_compare(engine_cursor_key(cursor), layout_slice(&key)) == 0;
        if (!exact) found = engine_cursor_prev(cursor);
        found = point_block_stands(cursor, &reader->series, found, &start, &ordinal);
        if (found != 1) return found;
        TRY(point_block_read(cursor, &reader->series, start, reader->buffer, &count));
        points = reader->buffer;
    }
    reader->where = READER_ENDED;
    while (points[count - 1].time > time || (points[count - 1].time == time && !at))
        count--;
    *point = points[count - 1];
    return 1;
}
