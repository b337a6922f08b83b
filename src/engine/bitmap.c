/* bitmap.c: bits with a one-level summary: a summary word covers 4,096 bits, so that a gigabyte of
 * units (262,144 bits) is searched in 64 steps. */
#include "engine/bitmap.h"

#include <assert.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

static uint64_t words_for(uint64_t bits) {
    return (bits + 63) / 64;
}

/* Makes exactly the words addressable that hold `bits` bits; more than now. */
static hs_status extend(bitmap *map, uint64_t bits) {
    uint64_t old_words = words_for(map->bits), words = words_for(bits);
    uint64_t old_full = words_for(old_words), full = words_for(words);
    uint64_t *grown = memory_resize(map->words, words * sizeof *grown);
    if (grown == NULL) return error_memory("a bitmap", words * sizeof *grown);
    map->words = grown;
    uint64_t *summary = memory_resize(map->full, full * sizeof *summary);
    if (summary == NULL) return error_memory("a bitmap", full * sizeof *summary);
    map->full = summary;
    memset(grown + old_words, 0, (words - old_words) * sizeof *grown);
    memset(summary + old_full, 0, (full - old_full) * sizeof *summary);
    map->bits = words * 64;
    return HS_OK;
}

hs_status bitmap_grow(bitmap *map, uint64_t bits) {
    if (bits <= map->bits) return HS_OK;
    return extend(map, bits + bits / 8 + 4096);
}

void bitmap_free(bitmap *map) {
    memory_free(map->words);
    memory_free(map->full);
    *map = (bitmap){0};
}

hs_status bitmap_copy(bitmap *to, const bitmap *from) {
    if (to->bits < from->bits) TRY(extend(to, from->bits));
    uint64_t from_words = words_for(from->bits), to_words = words_for(to->bits);
    memset(to->words, 0, to_words * sizeof *to->words);
    memset(to->full, 0, words_for(to_words) * sizeof *to->full);
    if (from_words > 0) {
        memcpy(to->words, from->words, from_words * sizeof *to->words);
        memcpy(to->full, from->full, words_for(from_words) * sizeof *to->full);
    }
    to->set = from->set;
    to->hint = from->hint;
    return HS_OK;
}

void bitmap_load(bitmap *map, const uint8_t *bytes, uint64_t size) {
    uint64_t words = words_for(map->bits);
    assert(size % 8 == 0 && size / 8 <= words);
    memset(map->words, 0, words * sizeof *map->words);
    memset(map->full, 0, words_for(words) * sizeof *map->full);
    if (size > 0) memcpy(map->words, bytes, size);
    map->set = 0;
    map->hint = 0;
    for (uint64_t word = 0; word < size / 8; word++) {
        map->set += (uint64_t)__builtin_popcountll(map->words[word]);
        if (map->words[word] == ~UINT64_C(0)) map->full[word / 64] |= UINT64_C(1) << (word % 64);
    }
}

/* The bits of [bit, bit + count) that lie in the word of `bit`, as a mask; *taken tells how
 * many. */
static uint64_t mask_of(uint64_t bit, uint64_t count, uint64_t *taken) {
    uint64_t first = bit % 64;
    uint64_t n = count < 64 - first ? count : 64 - first;
    *taken = n;
    return (n == 64 ? ~UINT64_C(0) : (UINT64_C(1) << n) - 1) << first;
}

void bitmap_set(bitmap *map, uint64_t bit, uint64_t count) {
    assert(bit + count <= map->bits);
    if (bit <= map->hint && map->hint < bit + count) map->hint = bit + count;
    while (count > 0) {
        uint64_t taken, word = bit / 64, mask = mask_of(bit, count, &taken);
        map->set += (uint64_t)__builtin_popcountll(mask & ~map->words[word]);
        map->words[word] |= mask;
        if (map->words[word] == ~UINT64_C(0)) map->full[word / 64] |= UINT64_C(1) << (word % 64);
        bit += taken;
        count -= taken;
    }
}

void bitmap_clear(bitmap *map, uint64_t bit, uint64_t count) {
    assert(bit + count <= map->bits);
    if (count > 0 && bit < map->hint) map->hint = bit;
    while (count > 0) {
        uint64_t taken, word = bit / 64, mask = mask_of(bit, count, &taken);
        map->set -= (uint64_t)__builtin_popcountll(mask & map->words[word]);
        map->words[word] &= ~mask;
        map->full[word / 64] &= ~(UINT64_C(1) << (word % 64));
        bit += taken;
        count -= taken;
    }
}

/* The first clear bit at or after `bit`; map->bits if there is none. */
static uint64_t next_clear(const bitmap *map, uint64_t bit) {
    uint64_t words = words_for(map->bits);
    uint64_t word = bit / 64;
    if (word >= words) return map->bits;
    uint64_t clear = ~map->words[word] & (~UINT64_C(0) << (bit % 64));
    while (clear == 0) {
        word++;
        /* Skip full words 64 at a time. */
        while (word % 64 == 0 && word < words && map->full[word / 64] == ~UINT64_C(0))
            word += 64;
        if (word >= words) return map->bits;
        clear = ~map->words[word];
    }
    return word * 64 + (uint64_t)__builtin_ctzll(clear);
}

/* The first set bit at or after `bit` and before `end`; `end` if there is none. */
static uint64_t next_set(const bitmap *map, uint64_t bit, uint64_t end) {
    while (bit < end) {
        uint64_t word = map->words[bit / 64] & (~UINT64_C(0) << (bit % 64));
        if (word != 0) {
            uint64_t found = bit / 64 * 64 + (uint64_t)__builtin_ctzll(word);
            return found < end ? found : end;
        }
        bit = (bit / 64 + 1) * 64;
    }
    return end;
}

uint64_t bitmap_find_clear(bitmap *map, uint64_t count) {
    uint64_t bit = next_clear(map, map->hint);
    map->hint = bit;
    while (bit < map->bits && count <= map->bits - bit) {
        uint64_t end = next_set(map, bit, bit + count);
        if (end == bit + count) return bit;
        bit = next_clear(map, end);
    }
    return UINT64_MAX;
}

uint64_t bitmap_end(const bitmap *map) {
    for (uint64_t word = words_for(map->bits); word > 0; word--) {
        if (map->words[word - 1] != 0) {
            return word * 64 - (uint64_t)__builtin_clzll(map->words[word - 1]);
        }
    }
    return 0;
}
