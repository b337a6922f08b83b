/* position_block.c: encoding and decoding of blocks of positions. */
#include "storage/trajectories/position_block.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

_Static_assert(offsetof(hs_position, embedding) - offsetof(hs_position, graph) ==
                       17 * sizeof(float) &&
                   offsetof(hs_position, property) - offsetof(hs_position, graph) ==
                       34 * sizeof(float) &&
                   3 * HS_POSITION_DIMENSION == COORDINATES,
               "the three positions lie side by side");

enum { FLAG_REGULAR = 1, COLUMN_SECOND = 64, COLUMN_WIDTH = 63 };

#define FIXED_BYTES     (2 + COORDINATES + COORDINATES * 4)
#define FIRST_STEP_BITS 32 /* of a coordinate with second differences */

/* The bits of a float as a number in the order of the values, and back. */
static uint32_t to_ordered(uint32_t bits) {
    return bits >> 31 ? ~bits : bits | UINT32_C(1) << 31;
}
static uint32_t from_ordered(uint32_t ordered) {
    return ordered >> 31 ? ordered ^ UINT32_C(1) << 31 : ~ordered;
}

/* A difference modulo 2^32 with its sign in bit 0, so that small ones have few bits. */
static uint32_t fold(uint32_t difference) {
    return difference << 1 ^ (uint32_t) - (difference >> 31);
}
static uint32_t unfold(uint32_t folded) {
    return folded >> 1 ^ (uint32_t) - (folded & 1);
}

static unsigned bits_of(uint32_t value) {
    return value == 0 ? 0 : 32 - (unsigned)__builtin_clz(value);
}

/* --- encoding --------------------------------------------------------------------------------- */

/* What the block's positions are to be written as: row i holds the differences of position i, from
 * 1. */
typedef struct differences {
    uint32_t steps[POSITION_BLOCK_MAX][COORDINATES];
    uint32_t second[POSITION_BLOCK_MAX][COORDINATES];
    uint8_t how[COORDINATES]; /* as in the block */
    size_t bits;              /* of all of them */
} differences;

static void ordered_of(const hs_position *position, uint32_t ordered[COORDINATES]) {
    memcpy(ordered, position_coordinates(position), COORDINATES * sizeof *ordered);
    for (size_t j = 0; j < COORDINATES; j++)
        ordered[j] = to_ordered(ordered[j]);
}

static void differences_make(const hs_position *positions, size_t count, differences *d) {
    uint32_t before[COORDINATES], now[COORDINATES], steps[COORDINATES] = {0};
    ordered_of(positions, before);
    for (size_t i = 1; i < count; i++) {
        ordered_of(positions + i, now);
        for (size_t j = 0; j < COORDINATES; j++) {
            uint32_t step = now[j] - before[j];
            d->steps[i][j] = fold(step);
            d->second[i][j] = fold(step - steps[j]);
            steps[j] = step;
        }
        memcpy(before, now, sizeof before);
    }
}

/* The bits of one coordinate's differences in a block of `count` positions. */
static size_t column_bits(uint8_t how, size_t count) {
    unsigned width = how & COLUMN_WIDTH;
    if (count < 2) return 0;
    return how & COLUMN_SECOND ? FIRST_STEP_BITS + (count - 2) * width : (count - 1) * width;
}

/* Chooses for each coordinate what takes fewer bits for the first `count` positions. */
static void differences_choose(differences *d, size_t count) {
    uint32_t steps[COORDINATES] = {0}, second[COORDINATES] = {0};
    for (size_t i = 1; i < count; i++)
        for (size_t j = 0; j < COORDINATES; j++) {
            steps[j] |= d->steps[i][j];
            second[j] |= i > 1 ? d->second[i][j] : 0;
        }
    d->bits = 0;
    for (size_t j = 0; j < COORDINATES; j++) {
        uint8_t how = (uint8_t)bits_of(steps[j]);
        uint8_t how_second = (uint8_t)(bits_of(second[j]) | COLUMN_SECOND);
        bool is_less = column_bits(how_second, count) < column_bits(how, count);
        d->how[j] = is_less ? how_second : how;
        d->bits += column_bits(d->how[j], count);
    }
}

static bool is_regular(const hs_position *positions, size_t count) {
    for (size_t i = 2; i < count; i++)
        if (positions[i].time - positions[i - 1].time != positions[1].time - positions[0].time)
            return false;
    return true;
}

static uint8_t *put_times(uint8_t *at, const hs_position *positions, size_t count, bool regular) {
    size_t written = regular && count > 2 ? 2 : count;
    for (size_t i = 1; i < written; i++)
        at += varint_write(at, (uint64_t)(positions[i].time - positions[i - 1].time));
    return at;
}

static size_t times_size(const hs_position *positions, size_t count, bool regular) {
    uint8_t bytes[VARINT_MAX * POSITION_BLOCK_MAX];
    return (size_t)(put_times(bytes, positions, count, regular) - bytes);
}

/* Bits that wait until there are 32 of them. */
typedef struct bit_queue {
    uint8_t *at;
    uint64_t waiting;
    unsigned bits;
} bit_queue;

static void queue_bits(bit_queue *q, uint32_t value, unsigned width) {
    assert(q->bits < 32 && width <= 32 && (uint64_t)value >> width == 0);
    q->waiting |= (uint64_t)value << q->bits;
    q->bits += width;
    if (q->bits < 32) return;
    store_u32(q->at, (uint32_t)q->waiting);
    q->at += 4;
    q->waiting >>= 32;
    q->bits -= 32;
}

/* Writes the differences; returns what follows them. */
static uint8_t *put_differences(uint8_t *at, const differences *d, size_t count) {
    bit_queue q = {.at = at};
    for (size_t j = 0; j < COORDINATES && count > 1; j++) {
        unsigned width = d->how[j] & COLUMN_WIDTH;
        bool second = d->how[j] & COLUMN_SECOND;
        const uint32_t(*rows)[COORDINATES] = second ? d->second : d->steps;
        queue_bits(&q, d->steps[1][j], second ? FIRST_STEP_BITS : width);
        for (size_t i = 2; i < count; i++)
            queue_bits(&q, rows[i][j], width);
    }
    for (at = q.at; q.bits > 0; q.bits -= q.bits < 8 ? q.bits : 8, q.waiting >>= 8)
        *at++ = (uint8_t)q.waiting;
    return at;
}

static size_t block_size(const differences *d, size_t times, size_t count) {
    return FIXED_BYTES + times + (d->bits + 7) / 8 - (count == 1 ? COORDINATES : 0);
}

size_t position_block_encode(const hs_position *positions, size_t count,
                             uint8_t block[POSITION_BLOCK_BYTES], size_t *taken) {
    differences d;
    bool regular;
    size_t size, n = count < POSITION_BLOCK_MAX ? count : POSITION_BLOCK_MAX;
    assert(count > 0);
    differences_make(positions, n, &d);
    for (;; n--) {
        differences_choose(&d, n);
        regular = is_regular(positions, n);
        size = block_size(&d, times_size(positions, n, regular), n);
        if (size <= POSITION_BLOCK_BYTES) break;
        assert(n > 1);
    }
    uint8_t *at = block;
    *at++ = (uint8_t)n;
    *at++ = regular ? FLAG_REGULAR : 0;
    at = put_times(at, positions, n, regular);
    if (n > 1) {
        memcpy(at, d.how, COORDINATES);
        at += COORDINATES;
    }
    memcpy(at, position_coordinates(positions), 4 * COORDINATES);
    at = put_differences(at + 4 * COORDINATES, &d, n);
    assert(at == block + size);
    *taken = n;
    return size;
}

/* --- decoding --------------------------------------------------------------------------------- */

static hs_status damaged(hs_slice block) {
    return error_set(HS_CORRUPT, "a block of positions of %zu bytes is damaged", block.size);
}

hs_status position_block_count(hs_slice block, size_t *count) {
    const uint8_t *at = block.data;
    if (block.size < FIXED_BYTES - COORDINATES || at[0] == 0 || at[0] > POSITION_BLOCK_MAX ||
        at[1] > FLAG_REGULAR)
        return damaged(block);
    *count = at[0];
    return HS_OK;
}

/* Reads the times; returns what follows them, or NULL. */
static const uint8_t *get_times(const uint8_t *at, const uint8_t *end, hs_time start, bool regular,
                                hs_position *positions, size_t count) {
    uint64_t step = 0;
    positions[0].time = start;
    for (size_t i = 1; i < count; i++) {
        if (i == 1 || !regular) {
            size_t used = varint_read(at, end, &step);
            if (used == 0 || step == 0) return NULL;
            at += used;
        }
        if (step > (uint64_t)HS_TIME_MAX - (uint64_t)positions[i - 1].time) return NULL;
        positions[i].time = positions[i - 1].time + (hs_time)step;
    }
    return at;
}

static uint32_t bits_at(const uint8_t *from, size_t bits, unsigned width) {
    return (uint32_t)(load_u64(from + bits / 8) >> bits % 8 & ((UINT64_C(1) << width) - 1));
}

/* Reads one coordinate from its first value and its differences, which begin `bits` bits behind
 * `from`; eight bytes behind them may be read. */
static void get_column(const uint8_t *from, size_t bits, uint8_t how, uint32_t first, float *to,
                       size_t count) {
    unsigned width = how & COLUMN_WIDTH, width_first = width;
    uint32_t keep = 0; /* all ones: the step before is part of the next */
    uint32_t ordered = to_ordered(first), step = 0;
    if (how & COLUMN_SECOND) {
        width_first = FIRST_STEP_BITS;
        keep = UINT32_MAX;
    }
    memcpy(to, &first, sizeof first);
    for (size_t i = 1; i < count; i++) {
        unsigned w = i == 1 ? width_first : width;
        step = (step & keep) + unfold(bits_at(from, bits, w));
        bits += w;
        ordered += step;
        uint32_t value = from_ordered(ordered);
        to += sizeof(hs_position) / sizeof(float);
        memcpy(to, &value, sizeof value);
    }
}

/* The bits that the differences take; SIZE_MAX if a width is none. */
static size_t difference_bits(const uint8_t how[COORDINATES], size_t count) {
    size_t bits = 0;
    for (size_t j = 0; j < COORDINATES; j++) {
        if ((how[j] & COLUMN_WIDTH) > 32 || how[j] > (COLUMN_SECOND | COLUMN_WIDTH))
            return SIZE_MAX;
        bits += column_bits(how[j], count);
    }
    return bits;
}

hs_status position_block_decode(hs_slice block, hs_time start,
                                hs_position positions[POSITION_BLOCK_MAX], size_t *count) {
    static const uint8_t none[COORDINATES];
    uint8_t copy[POSITION_BLOCK_BYTES + 8]; /* with eight bytes that may be read behind it */
    TRY(position_block_count(block, count));
    size_t n = *count;
    if (block.size > POSITION_BLOCK_BYTES || start < HS_TIME_MIN || start > HS_TIME_MAX)
        return damaged(block);
    memcpy(copy, block.data, block.size);
    memset(copy + block.size, 0, 8);
    const uint8_t *end = copy + block.size;
    const uint8_t *at = get_times(copy + 2, end, start, copy[1] == FLAG_REGULAR, positions, n);
    if (at == NULL || end - at < COORDINATES * 4 + (n > 1 ? COORDINATES : 0)) return damaged(block);
    const uint8_t *how = n > 1 ? at : none;
    const uint8_t *first = n > 1 ? at + COORDINATES : at, *from = first + COORDINATES * 4;
    size_t bits = difference_bits(how, n);
    if (bits == SIZE_MAX || (size_t)(end - from) != (bits + 7) / 8) return damaged(block);
    bits = 0;
    float *column = positions[0].graph; /* the three kinds lie one behind the other */
    for (size_t j = 0; j < COORDINATES; j++) {
        get_column(from, bits, how[j], load_u32(first + 4 * j), column + j, n);
        bits += column_bits(how[j], n);
    }
    return HS_OK;
}
