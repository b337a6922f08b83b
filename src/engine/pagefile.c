/* pagefile.c: mapping, growth and verification of the data file. */
#include "engine/pagefile.h"

#include <stdarg.h>
#include <stdio.h>
#include <xxhash.h>

#include "base/error.h"
#include "base/memory.h"
#include "engine/node.h"

#define RANGE_MIN (UINT64_C(64) << 20)

hs_status pagefile_open(pagefile *pf, vfs_file *file, const char *path, const hs_config *config) {
    uint64_t size;
    TRY(vfs_size(file, &size));
    uint64_t range = config->address_range;
    uint64_t floor = size + size / 4 > RANGE_MIN ? size + size / 4 : RANGE_MIN;
    /* The setting limits growth, not opening. */
    if (range < floor) range = floor;
    void *map = NULL;
    hs_status status = HS_NO_MEMORY;
    while (status == HS_NO_MEMORY && range >= floor) {
        status = vfs_map(file, range, &map);
        if (status == HS_NO_MEMORY) range /= 2;
    }
    if (status != HS_OK) return error_context(status, "%s: reserving address space", path);
    size_t words = (size_t)(range / UNIT_SIZE / 64 + 1);
    _Atomic uint64_t *verified = memory_zeroed(words * sizeof *verified);
    if (verified == NULL) {
        vfs_unmap(file, map, range);
        return error_memory("the page verification map", words * sizeof *verified);
    }
    *pf = (pagefile){.file = file,
                     .path = path,
                     .map = map,
                     .range = range,
                     .growth_step = config->growth_step,
                     .verify = config->verify_pages,
                     .verified = verified};
    atomic_init(&pf->units, size / UNIT_SIZE);
    return HS_OK;
}

void pagefile_close(pagefile *pf) {
    if (pf->map == NULL) return;
    vfs_unmap(pf->file, pf->map, pf->range);
    memory_free((void *)pf->verified);
    vfs_close(pf->file);
    *pf = (pagefile){0};
}

hs_status pagefile_grow(pagefile *pf, uint64_t units) {
    uint64_t have = atomic_load(&pf->units);
    if (units <= have) return HS_OK;
    /* Grow by an eighth of the file at least, so that the number of growths stays logarithmic, but
     * by no more than the configured step beyond what is needed. */
    uint64_t step = have / 8 < pf->growth_step / UNIT_SIZE ? have / 8 : pf->growth_step / UNIT_SIZE;
    uint64_t target = (units + step + 15) / 16 * 16;
    if (target * UNIT_SIZE > pf->range || target > UINT32_MAX) target = units;
    if (target * UNIT_SIZE > pf->range || target > UINT32_MAX) {
        return error_set(
            HS_FULL,
            "%s has reached the %llu bytes of address space reserved for it; open it with a larger "
            "address_range",
            pf->path, (unsigned long long)pf->range);
    }
    hs_status status = vfs_grow(pf->file, target * UNIT_SIZE);
    if (status == HS_FULL && target > units) {
        target = units;
        status = vfs_grow(pf->file, target * UNIT_SIZE);
    }
    if (status == HS_OK) atomic_store(&pf->units, target);
    return status;
}

hs_status pagefile_shrink(pagefile *pf, uint64_t units) {
    atomic_store(&pf->units, units);
    return vfs_truncate(pf->file, units * UNIT_SIZE);
}

void pagefile_set_verified(pagefile *pf, uint32_t page) {
    atomic_fetch_or_explicit(&pf->verified[page / 64], UINT64_C(1) << (page % 64),
                             memory_order_release);
}

uint64_t page_checksum(const page_header *page) {
    const uint8_t *bytes = (const uint8_t *)page;
    size_t size = (size_t)page->units * UNIT_SIZE;
    if (page->kind >= PAGE_VALUE)
        size = sizeof(value_header) + ((const value_header *)(const void *)page)->bytes;
    return XXH3_64bits(bytes + sizeof page->checksum, size - sizeof page->checksum);
}

/* Writes what is wrong into a message of PAGE_FAULT_MAX bytes; false, for `return fault(…)`. */
__attribute__((format(printf, 2, 3))) static bool fault(char *message, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, PAGE_FAULT_MAX, format, arguments);
    va_end(arguments);
    return false;
}

bool page_fits(const page_header *h, uint32_t page, uint64_t units, char *message) {
    if (h->units == 0 || h->units > units - page)
        return fault(message, "its length is impossible: %u units of %llu", h->units,
                     (unsigned long long)(units - page));
    if (h->page != page) return fault(message, "it carries another page's number: %u", h->page);
    if (h->kind < PAGE_INNER || h->kind > PAGE_SPACE)
        return fault(message, "its kind is unknown: %u", h->kind);
    if (h->kind < PAGE_VALUE && h->units > 16)
        return fault(message, "its length is impossible: %u units for a tree node", h->units);
    if (h->kind < PAGE_VALUE) return true;
    uint64_t bytes = ((const value_header *)(const void *)h)->bytes;
    if (bytes <= (uint64_t)h->units * UNIT_SIZE - sizeof(value_header)) return true;
    return fault(message, "its payload is longer than itself: %llu bytes in %u units",
                 (unsigned long long)bytes, h->units);
}

bool page_is(const page_header *h, uint64_t next_txn, const page_expect *expect, char *message) {
    uint64_t checksum = page_checksum(h);
    if (h->checksum != checksum)
        return fault(message,
                     "its checksum does not match: it says %016llx, its bytes give %016llx",
                     (unsigned long long)h->checksum, (unsigned long long)checksum);
    if (h->txn >= next_txn)
        return fault(message,
                     "it was written after the checkpoint that refers to it: by transaction %llu, "
                     "the checkpoint ends before %llu",
                     (unsigned long long)h->txn, (unsigned long long)next_txn);
    if (h->family != expect->family || h->table != expect->table)
        return fault(message, "it belongs to another table: column family %u, table %u", h->family,
                     h->table);
    if (h->kind != expect->kind)
        return fault(message, "it is of another kind: %u instead of %u", h->kind, expect->kind);
    if (h->level != expect->level)
        return fault(message, "it is of another tree level: %u instead of %u", h->level,
                     expect->level);
    const char *reason = h->kind < PAGE_VALUE ? node_fault(h, expect->shape) : NULL;
    return reason == NULL || fault(message, "%s", reason);
}

static bool is_outside(const pagefile *pf, uint32_t page) {
    return page < FIRST_PAGE || page >= atomic_load(&pf->units);
}

bool pagefile_is_sound(const pagefile *pf, uint32_t page, uint64_t next_txn,
                       const page_expect *expect, char *message) {
    uint64_t units = atomic_load(&pf->units);
    if (page < FIRST_PAGE || page >= units)
        return fault(message, "it lies outside of the file, which has %llu units",
                     (unsigned long long)units);
    const page_header *h = pagefile_at(pf, page);
    return page_fits(h, page, units, message) && page_is(h, next_txn, expect, message);
}

static hs_status damaged(const pagefile *pf, uint32_t page, const page_expect *expect,
                         const char *reason) {
    return error_set(HS_CORRUPT,
                     "%s: page %u (column family %u, table %u) is damaged: %s; run check, and "
                     "restore a backup or save what is left with check --salvage",
                     pf->path, page, expect->family, expect->table, reason);
}

hs_status pagefile_verify(pagefile *pf, uint32_t page, const page_expect *expect) {
    char message[PAGE_FAULT_MAX];
    if (pagefile_is_sound(pf, page, atomic_load(&pf->next_txn), expect, message)) return HS_OK;
    return damaged(pf, page, expect, message);
}

hs_status pagefile_touch(pagefile *pf, uint32_t page, const page_expect *expect) {
    if (pf->verify) TRY(pagefile_verify(pf, page, expect));
    if (is_outside(pf, page)) return damaged(pf, page, expect, "it lies outside of the file");
    pagefile_set_verified(pf, page);
    return HS_OK;
}
