/* pagefile.h: the data file in memory: one shared mapping, its growth, and the verification of
 * pages.
 *
 * Pages are read and written in the mapping. A page is verified (checksum, identity, structure)
 * when it is first touched after opening; pages made since are known to be good.
 */
#ifndef ENGINE_PAGEFILE_H
#define ENGINE_PAGEFILE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "engine/format.h"
#include "engine/vfs.h"
#include "hyperspatial/config.h"

typedef struct pagefile {
    vfs_file *file;
    const char *path;       /* for messages; owned by the store */
    uint8_t *map;           /* the whole file, and room to grow */
    uint64_t range;         /* bytes of address space reserved */
    _Atomic uint64_t units; /* of the file, as far as it may be touched */
    uint64_t growth_step;
    _Atomic uint64_t
        next_txn; /* of the newest header: the pages that it refers to have smaller numbers */
    bool verify;
    _Atomic uint64_t *verified; /* one bit per unit of `range`, for the first unit of a page */
} pagefile;

/* What a page must be to be the one asked for. */
typedef struct page_expect {
    uint32_t family;
    uint16_t table;
    uint8_t kind;
    uint8_t level;
    const struct node_shape *shape; /* of the table; NULL for runs */
} page_expect;

/* Maps `file` and prepares verification; takes over `file` only on success. HS_NO_MEMORY, HS_IO. */
hs_status pagefile_open(pagefile *pf, vfs_file *file, const char *path, const hs_config *config);
void pagefile_close(pagefile *pf);

/* Lets the file have at least `units` units, allocated on disk. HS_FULL, HS_IO. Called under the
 * space lock. */
hs_status pagefile_grow(pagefile *pf, uint64_t units);

/* Gives everything from unit `units` on back. Nobody refers to it. HS_IO. Called under the space
 * lock. */
hs_status pagefile_shrink(pagefile *pf, uint64_t units);

static inline page_header *pagefile_at(const pagefile *pf, uint32_t page) {
    return (page_header *)(void *)(pf->map + (uint64_t)page * UNIT_SIZE);
}

static inline bool pagefile_is_verified(const pagefile *pf, uint32_t page) {
    return (atomic_load_explicit(&pf->verified[page / 64], memory_order_acquire) >> (page % 64)) &
           1;
}
void pagefile_set_verified(pagefile *pf, uint32_t page);

#define PAGE_FAULT_MAX 192u /* bytes of a sentence that says what is wrong with a page */

/* The verification of a page in two steps, for whoever has it in memory of his own. First by its
 * header (of a run: its first 64 bytes), found at unit `page` < `units` of a file: whether the rest
 * of it may be read. Then, with all of it in memory, whether it is the page expected, sound, and
 * older than write transaction `next_txn`. If not, *message (PAGE_FAULT_MAX bytes) says why. */
bool page_fits(const page_header *h, uint32_t page, uint64_t units, char *message);
bool page_is(const page_header *h, uint64_t next_txn, const page_expect *expect, char *message);

/* Both steps for a page in the mapping, whether it was touched before or not. */
bool pagefile_is_sound(const pagefile *pf, uint32_t page, uint64_t next_txn,
                       const page_expect *expect, char *message);
/* The same, by the newest header, as an error: HS_CORRUPT. */
hs_status pagefile_verify(pagefile *pf, uint32_t page, const page_expect *expect);
/* The slow path of pagefile_get: verifies if the configuration says so. */
hs_status pagefile_touch(pagefile *pf, uint32_t page, const page_expect *expect);

/* Points *result at a page, verified. HS_CORRUPT names page, family and table. */
static inline hs_status pagefile_get(pagefile *pf, uint32_t page, const page_expect *expect,
                                     page_header **result) {
    page_header *at = *result = pagefile_at(pf, page);
    if (page < atomic_load_explicit(&pf->units, memory_order_relaxed) &&
        pagefile_is_verified(pf, page) && at->page == page && at->kind == expect->kind &&
        at->level == expect->level) {
        return HS_OK;
    }
    return pagefile_touch(pf, page, expect);
}

/* The checksum that a page must carry: over `units` units for nodes, over header and payload for
 * runs. */
uint64_t page_checksum(const page_header *page);

#endif
