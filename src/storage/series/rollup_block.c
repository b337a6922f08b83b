/* rollup_block.c: packs roll-ups into the bytes of a block and back. */
#include "storage/series/rollup_block.h"

#include "base/error.h"
#include "storage/series/value_column.h"

enum { FIRST, LAST, MIN, MAX, VALUE_COLUMNS };

#define COLUMN_BYTES_MAX (ROLLUP_BLOCK_BUCKETS * (VALUE_COLUMNS * 8 + 2 * 12)) /* of the bits */

static uint64_t value_of(const rollup *r, int column) {
    return column == FIRST ? r->first : column == LAST ? r->last : column == MIN ? r->min : r->max;
}

static void numbers_of(const rollup_block *block, number_column *counts, number_column *places) {
    uint64_t next = 0;
    counts->count = places->count = block->count;
    for (size_t i = 0; i < block->count; i++) {
        counts->numbers[i] = block->rollups[i].count - 1;
        places->numbers[i] = block->rollups[i].index - next;
        next = block->rollups[i].index + 1;
    }
    numbers_plan(counts);
    numbers_plan(places);
}

size_t rollup_block_encode(const rollup_block *block, bool integers, uint8_t to[ROLLUP_BLOCK_MAX]) {
    value_plan plan;
    number_column counts, places;
    uint64_t values[ROLLUP_BLOCK_BUCKETS];
    uint8_t bits[COLUMN_BYTES_MAX + BITS_PADDING];
    bit_writer w = {.bytes = bits};
    size_t n = block->count, at = varint_write(to, block->covered);
    at += varint_write(to + at, n);
    assert(n <= ROLLUP_BLOCK_BUCKETS);
    if (n == 0) return at;
    uint8_t *kinds = to + at++;
    *kinds = 0;
    for (int column = 0; column < VALUE_COLUMNS; column++) {
        for (size_t i = 0; i < n; i++)
            values[i] = value_of(&block->rollups[i], column);
        values_plan(&plan, values, n, integers);
        values_write_header(&plan, to + at);
        values_write(&plan, &w);
        at += plan.header_bytes;
        *kinds |= (uint8_t)(plan.kind << (2 * column));
    }
    numbers_of(block, &counts, &places);
    numbers_write(&counts, &w);
    numbers_write(&places, &w);
    to[at++] = (uint8_t)counts.parameter;
    to[at++] = (uint8_t)places.parameter;
    memcpy(to + at, bits, (w.at + 7) / 8);
    at += (w.at + 7) / 8;
    for (size_t i = 0; i < n; i++) {
        memcpy(to + at, block->rollups[i].sum, block->rollups[i].sum_size);
        at += block->rollups[i].sum_size;
    }
    return at;
}

/* Reads the bits of the columns from [at, end); returns the bytes that they take, or SIZE_MAX. */
static size_t read_bits(const value_header headers[VALUE_COLUMNS], const uint8_t parameters[2],
                        const uint8_t *at, const uint8_t *end, rollup_block *block) {
    uint8_t bytes[COLUMN_BYTES_MAX + VALUES_READ_PADDING] = {0};
    uint64_t numbers[NUMBERS_MAX], next = 0;
    size_t size = (size_t)(end - at), n = block->count;
    if (size > COLUMN_BYTES_MAX) size = COLUMN_BYTES_MAX;
    memcpy(bytes, at, size);
    bit_reader r = {.bytes = bytes, .end = 8 * size};
    for (int column = 0; column < VALUE_COLUMNS; column++) {
        if (!values_read(&headers[column], &r, n, numbers)) return SIZE_MAX;
        for (size_t i = 0; i < n; i++) {
            rollup *to = &block->rollups[i];
            *(column == FIRST  ? &to->first
              : column == LAST ? &to->last
              : column == MIN  ? &to->min
                               : &to->max) = numbers[i];
        }
    }
    if (!numbers_read(&r, parameters[0], n, numbers)) return SIZE_MAX;
    for (size_t i = 0; i < n; i++)
        block->rollups[i].count = numbers[i] + 1;
    if (!numbers_read(&r, parameters[1], n, numbers)) return SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        if (numbers[i] >= block->covered - next || block->rollups[i].count == 0) return SIZE_MAX;
        block->rollups[i].index = next + numbers[i];
        next = block->rollups[i].index + 1;
    }
    return (r.at + 7) / 8;
}

static bool read_block(const uint8_t *at, const uint8_t *end, rollup_block *block) {
    value_header headers[VALUE_COLUMNS];
    uint64_t count;
    size_t used = varint_read(at, end, &block->covered);
    at += used;
    if (used == 0 || block->covered == 0) return false;
    at += used = varint_read(at, end, &count);
    if (used == 0 || count > ROLLUP_BLOCK_BUCKETS) return false;
    block->count = (size_t)count;
    if (count == 0) return at == end;
    if (at == end) return false;
    uint8_t kinds = *at++;
    for (int column = 0; column < VALUE_COLUMNS; column++) {
        headers[column].kind = kinds >> (2 * column) & 3;
        if (!values_read_header(&headers[column], at, end, block->count, &used)) return false;
        at += used;
    }
    if (end - at < 2) return false;
    const uint8_t *parameters = at;
    at += 2;
    size_t bits = read_bits(headers, parameters, at, end, block);
    if (bits > (size_t)(end - at)) return false;
    at += bits;
    for (size_t i = 0; i < block->count; i++) {
        size_t size = exact_sum_size(at, end);
        if (size == 0) return false;
        block->rollups[i].sum = at;
        block->rollups[i].sum_size = size;
        at += size;
    }
    return at == end;
}

hs_status rollup_block_decode(hs_slice value, hs_time start, int64_t width, rollup_block *block) {
    const uint8_t *at = value.data;
    if (value.size > 0 && value.size <= ROLLUP_BLOCK_MAX && start >= HS_TIME_MIN &&
        start <= HS_TIME_MAX && read_block(at, at + value.size, block) &&
        block->covered <= (uint64_t)(HS_TIME_MAX - start) / (uint64_t)width + 1)
        return HS_OK;
    return error_set(HS_CORRUPT, "a block of roll-ups at time %lld is damaged", (long long)start);
}

hs_status rollup_add(const rollup *from, summary *to) {
    if (exact_sum_decode_add(&to->sum, from->sum, from->sum + from->sum_size) == 0)
        return error_set(HS_CORRUPT, "the sum of a roll-up is damaged");
    summary_merge_values(to, from->count, from->min, from->max, from->first, from->last);
    return HS_OK;
}

void rollup_make(summary *from, uint64_t index, uint8_t sum[EXACT_SUM_BYTES], rollup *to) {
    *to = (rollup){.index = index,
                   .count = from->count,
                   .first = from->first,
                   .last = from->last,
                   .min = from->min,
                   .max = from->max,
                   .sum = sum};
    to->sum_size = exact_sum_encode(&from->sum, sum);
}
