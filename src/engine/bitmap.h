/* bitmap.h: a growing bitmap that finds clear bits quickly, through a summary of its full words. */
#ifndef ENGINE_BITMAP_H
#define ENGINE_BITMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hyperspatial/status.h"

typedef struct bitmap {
    uint64_t *words;
    uint64_t *full; /* one bit per word: all of its bits are set */
    uint64_t bits;  /* addressable; bits behind it read as clear */
    uint64_t set;   /* number of set bits */
    uint64_t hint;  /* no bit below it is clear */
} bitmap;

/* Makes at least `bits` bits addressable. HS_NO_MEMORY leaves the bitmap as it was. */
hs_status bitmap_grow(bitmap *map, uint64_t bits);
void bitmap_free(bitmap *map);
/* Makes `to` a copy of `from`. HS_NO_MEMORY. */
hs_status bitmap_copy(bitmap *to, const bitmap *from);

/* Takes over `size` bytes (a multiple of 8, at most bits / 8) as the first bits; the others are
 * clear. */
void bitmap_load(bitmap *map, const uint8_t *bytes, uint64_t size);

static inline bool bitmap_test(const bitmap *map, uint64_t bit) {
    return bit < map->bits && ((map->words[bit / 64] >> (bit % 64)) & 1);
}
/* Sets or clears `count` bits from `bit` on, all of which are addressable; setting a set bit, or
 * clearing a clear one, is allowed. */
void bitmap_set(bitmap *map, uint64_t bit, uint64_t count);
void bitmap_clear(bitmap *map, uint64_t bit, uint64_t count);

/* The lowest run of `count` clear bits that lies below map->bits; UINT64_MAX if there is none. */
uint64_t bitmap_find_clear(bitmap *map, uint64_t count);

/* One more than the highest set bit; 0 if none is set. */
uint64_t bitmap_end(const bitmap *map);

#endif
