/* series_directory.c: entries of the directory of series in bytes. */
#include "storage/series/series_directory.h"

#include "base/error.h"

enum { FLAG_INTEGERS = 1, FLAG_KEEP = 2, FLAG_HORIZONS = 4, FLAG_TAIL_SHIFT = 3, FLAGS = 31 };
enum { TAIL_NONE, TAIL_BLOCK, TAIL_RAW };

/* A tail is raw if the series has so many times its points. */
#define RAW_TAIL_FACTOR 16

_Static_assert(sizeof(hs_point) == 16, "a raw tail is stored as it lies in memory");

void series_entry_start(series_entry *entry, bool integers, bool keep) {
    memset(entry, 0, offsetof(series_entry, tail));
    entry->integers = integers;
    entry->keep = keep;
    entry->settled = SERIES_NEVER;
    for (int level = 0; level < LEVEL_COUNT - 1; level++)
        entry->given_up[level] = SERIES_NEVER;
}

static bool has_horizons(const series_entry *entry) {
    return entry->unsettled > 0 || entry->settled > SERIES_NEVER || series_gave_up(entry);
}

static size_t put_time(uint8_t *to, hs_time time) {
    store_u64(to, (uint64_t)time);
    return 8;
}

static unsigned tail_form(const series_entry *entry) {
    if (entry->tail_count == 0) return TAIL_NONE;
    return entry->points >= RAW_TAIL_FACTOR * entry->tail_count ? TAIL_RAW : TAIL_BLOCK;
}

size_t series_entry_encode(const series_entry *entry, uint8_t to[SERIES_ENTRY_MAX]) {
    size_t at = 1, taken;
    unsigned form = tail_form(entry);
    assert(entry->tail_count <= entry->points && entry->tail_count <= TAIL_POINTS);
    to[0] = (uint8_t)((entry->integers ? FLAG_INTEGERS : 0) | (entry->keep ? FLAG_KEEP : 0) |
                      (has_horizons(entry) ? FLAG_HORIZONS : 0));
    at += varint_write(to + at, entry->points);
    if (entry->points > 0) {
        at += put_time(to + at, entry->first);
        at += varint_write(to + at, (uint64_t)(entry->last - entry->first));
    }
    if (has_horizons(entry)) {
        at += varint_write(to + at, entry->unsettled);
        at += put_time(to + at, entry->settled);
        for (int level = 0; level < LEVEL_COUNT - 1; level++)
            at += put_time(to + at, entry->given_up[level]);
    }
    if (form == TAIL_NONE) return at;
    at += varint_write(to + at, (uint64_t)(entry->tail[0].time - entry->first));
    if (form == TAIL_BLOCK) {
        uint8_t block[POINT_BLOCK_BYTES];
        size_t size =
            point_block_encode(entry->tail, entry->tail_count, entry->integers, block, &taken);
        if (taken == entry->tail_count) {
            to[0] |= TAIL_BLOCK << FLAG_TAIL_SHIFT;
            memcpy(to + at, block, size);
            return at + size;
        }
    }
    to[0] |= TAIL_RAW << FLAG_TAIL_SHIFT;
    memcpy(to + at, entry->tail, entry->tail_count * sizeof *entry->tail);
    return at + entry->tail_count * sizeof *entry->tail;
}

static bool read_times(const uint8_t **at, const uint8_t *end, hs_time *times, size_t count) {
    for (size_t i = 0; i < count; i++, *at += 8) {
        if (end - *at < 8) return false;
        times[i] = (hs_time)load_u64(*at);
        if (times[i] < HS_TIME_MIN || times[i] > HS_TIME_MAX) return false;
    }
    return true;
}

/* Reads a varint that must be at most `most`. */
static bool read_number(const uint8_t **at, const uint8_t *end, uint64_t most, uint64_t *number) {
    size_t used = varint_read(*at, end, number);
    *at += used;
    return used > 0 && *number <= most;
}

static bool tail_is_sound(const series_entry *entry) {
    const hs_point *tail = entry->tail;
    if (entry->tail_count > entry->points || tail[0].time < entry->first) return false;
    for (size_t i = 1; i < entry->tail_count; i++)
        if (tail[i].time < tail[i - 1].time || (!entry->keep && tail[i].time == tail[i - 1].time))
            return false;
    return tail[entry->tail_count - 1].time == entry->last;
}

static bool read_tail(const uint8_t *at, const uint8_t *end, unsigned form, series_entry *entry) {
    hs_point points[POINT_BLOCK_POINTS];
    uint64_t after;
    size_t size;
    if (entry->points == 0 ||
        !read_number(&at, end, (uint64_t)(entry->last - entry->first), &after))
        return false;
    size = (size_t)(end - at);
    if (form == TAIL_RAW) {
        entry->tail_count = size / sizeof *entry->tail;
        if (size % sizeof *entry->tail != 0 || entry->tail_count > TAIL_POINTS || size == 0)
            return false;
        memcpy(entry->tail, at, size);
    } else {
        if (point_block_decode((hs_slice){at, size}, entry->first + (hs_time)after, points,
                               &entry->tail_count) != HS_OK ||
            entry->tail_count > TAIL_POINTS)
            return false;
        memcpy(entry->tail, points, entry->tail_count * sizeof *points);
    }
    return entry->tail[0].time == entry->first + (hs_time)after && tail_is_sound(entry);
}

static bool read_entry(const uint8_t *at, const uint8_t *end, series_entry *entry) {
    uint64_t length;
    if (at == end || *at > FLAGS) return false;
    uint8_t flags = *at++;
    series_entry_start(entry, flags & FLAG_INTEGERS, flags & FLAG_KEEP);
    if (!read_number(&at, end, UINT64_MAX, &entry->points)) return false;
    if (entry->points > 0) {
        if (!read_times(&at, end, &entry->first, 1) ||
            !read_number(&at, end, (uint64_t)(HS_TIME_MAX - entry->first), &length))
            return false;
        entry->last = entry->first + (hs_time)length;
    }
    if (flags & FLAG_HORIZONS && (!read_number(&at, end, entry->points, &entry->unsettled) ||
                                  !read_times(&at, end, &entry->settled, 1) ||
                                  !read_times(&at, end, entry->given_up, LEVEL_COUNT - 1)))
        return false;
    if (entry->points == 0 && !series_gave_up(entry)) return false;
    unsigned form = flags >> FLAG_TAIL_SHIFT;
    if (form == TAIL_NONE) return at == end;
    return form <= TAIL_RAW && read_tail(at, end, form, entry);
}

hs_status series_entry_decode(hs_slice value, series_entry *entry) {
    const uint8_t *at = value.data;
    if (value.size > 0 && read_entry(at, at + value.size, entry)) return HS_OK;
    return error_set(HS_CORRUPT, "an entry of %zu bytes in the directory of series is damaged",
                     value.size);
}

hs_status series_entry_get(engine_txn *txn, engine_family family, uint64_t rid, uint32_t name,
                           series_entry *entry) {
    hs_slice value;
    layout_key key = layout_named_key(rid, name);
    TRY(engine_get(txn, layout_table(family, TABLE_SERIES_DIRECTORY), layout_slice(&key), &value));
    return series_entry_decode(value, entry);
}

hs_status series_entry_kind(engine_txn *txn, engine_family family, uint64_t rid, uint32_t name,
                            bool *integers, bool *keep) {
    hs_slice value;
    layout_key key = layout_named_key(rid, name);
    TRY(engine_get(txn, layout_table(family, TABLE_SERIES_DIRECTORY), layout_slice(&key), &value));
    uint8_t flags = value.size > 0 ? *(const uint8_t *)value.data : 0;
    *integers = (flags & FLAG_INTEGERS) != 0;
    *keep = (flags & FLAG_KEEP) != 0;
    return HS_OK;
}

hs_status series_entry_put(engine_txn *txn, engine_family family, uint64_t rid, uint32_t name,
                           const series_entry *entry) {
    uint8_t value[SERIES_ENTRY_MAX];
    layout_key key = layout_named_key(rid, name);
    size_t size = series_entry_encode(entry, value);
    return engine_put(txn, layout_table(family, TABLE_SERIES_DIRECTORY), layout_slice(&key),
                      (hs_slice){value, size});
}
