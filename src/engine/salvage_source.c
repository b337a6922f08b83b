/* salvage_source.c: reading a damaged file. It is read, not mapped: a disk that fails gives an
 * error for the page, and a file that is cut cannot fault. */
#define XXH_STATIC_LINKING_ONLY /* a hash's state on the stack */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "base/error.h"
#include "engine/salvage.h"

#define WINDOW     (16 * UNIT_SIZE) /* the longest tree node */
#define CANDIDATES 8                /* catalogs and space maps remembered, the newest ones */

void salvage_note(const hs_salvage_report *report, const char *format, ...) {
    char text[1024];
    if (report == NULL || report->note == NULL) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    report->note(report->context, text);
}

/* --- pages ------------------------------------------------------------------------------------ */

/* Reads the first unit of a page and sees whether its header is possible. */
static bool read_head(salvage_source *s, uint32_t page, uint8_t *buffer, char *message) {
    if (page < FIRST_PAGE || page >= s->units) {
        snprintf(message, PAGE_FAULT_MAX, "it lies outside of the file, which has %llu units",
                 (unsigned long long)s->units);
        return false;
    }
    if (vfs_read(s->file, (uint64_t)page * UNIT_SIZE, buffer, UNIT_SIZE) != HS_OK) {
        snprintf(message, PAGE_FAULT_MAX, "it cannot be read: %.150s", hs_last_error());
        return false;
    }
    return page_fits((const page_header *)(const void *)buffer, page, s->units, message);
}

/* Reads `size` bytes of a page from its byte `offset` on. */
static bool read_part(salvage_source *s, uint32_t page, uint64_t offset, void *to, size_t size,
                      char *message) {
    if (vfs_read(s->file, (uint64_t)page * UNIT_SIZE + offset, to, size) == HS_OK) return true;
    snprintf(message, PAGE_FAULT_MAX, "it cannot be read: %.150s", hs_last_error());
    return false;
}

bool salvage_read_node(salvage_source *s, uint32_t page, const page_expect *expect, uint8_t *buffer,
                       char *message) {
    if (!read_head(s, page, buffer, message)) return false;
    const page_header *h = (const page_header *)(const void *)buffer;
    uint32_t units = expect->kind == PAGE_INNER ? 1 : expect->shape->leaf_units;
    if (h->kind >= PAGE_VALUE || h->units != units) {
        snprintf(message, PAGE_FAULT_MAX,
                 "it is of another kind: %u of %u units instead of %u of %u", h->kind, h->units,
                 expect->kind, units);
        return false;
    }
    size_t rest = (size_t)(h->units - 1) * UNIT_SIZE;
    return (rest == 0 || read_part(s, page, UNIT_SIZE, buffer + UNIT_SIZE, rest, message)) &&
           page_is(h, s->next_txn, expect, message);
}

/* Reads a run of `bytes` bytes, as read_node does. */
static hs_status read_run(salvage_source *s, uint32_t page, uint64_t bytes,
                          const page_expect *expect, byte_buffer *buffer, char *message) {
    uint8_t head[UNIT_SIZE];
    *message = '\0';
    if (!read_head(s, page, head, message)) return HS_OK;
    value_header h;
    memcpy(&h, head, sizeof h);
    if (h.page.kind != expect->kind) {
        snprintf(message, PAGE_FAULT_MAX, "it is of another kind: %u instead of %u", h.page.kind,
                 expect->kind);
        return HS_OK;
    }
    if (h.bytes != bytes) {
        snprintf(message, PAGE_FAULT_MAX, "it holds %llu bytes instead of %llu",
                 (unsigned long long)h.bytes, (unsigned long long)bytes);
        return HS_OK;
    }
    size_t size = sizeof h + (size_t)bytes;
    buffer->size = 0;
    TRY(memory_reserve((void **)&buffer->data, &buffer->capacity, size, 1));
    if (read_part(s, page, 0, buffer->data, size, message))
        page_is((const page_header *)(const void *)buffer->data, s->next_txn, expect, message);
    buffer->size = size;
    return HS_OK;
}

hs_status salvage_read_value(salvage_source *s, uint32_t page, uint64_t bytes,
                             const page_expect *expect, byte_buffer *buffer, char *message) {
    return read_run(s, page, bytes, expect, buffer, message);
}

/* --- searching -------------------------------------------------------------------------------- */

/* Whether a run's checksum is right, read piece by piece. */
static bool run_is_sealed(salvage_source *s, const value_header *h) {
    XXH3_state_t hash;
    char message[PAGE_FAULT_MAX];
    uint64_t size = sizeof *h + h->bytes, at = sizeof h->page.checksum;
    XXH3_64bits_reset(&hash);
    while (at < size) {
        size_t part = size - at < WINDOW ? (size_t)(size - at) : WINDOW;
        if (!read_part(s, h->page.page, at, s->window, part, message)) return false;
        XXH3_64bits_update(&hash, s->window, part);
        at += part;
    }
    memcpy(s->window, h, sizeof *h);
    return XXH3_64bits_digest(&hash) == h->page.checksum;
}

/* Whether there is a page with a valid checksum at this unit; it is then in the window. */
static bool find_page(salvage_source *s, uint32_t page) {
    char message[PAGE_FAULT_MAX];
    const page_header *h = (const page_header *)(const void *)s->window;
    if (!read_head(s, page, s->window, message)) return false;
    if (h->kind >= PAGE_VALUE) {
        value_header run;
        memcpy(&run, s->window, sizeof run);
        return run_is_sealed(s, &run);
    }
    size_t rest = (size_t)(h->units - 1) * UNIT_SIZE;
    return (rest == 0 || read_part(s, page, UNIT_SIZE, s->window + UNIT_SIZE, rest, message)) &&
           h->checksum == page_checksum(h);
}

hs_status salvage_scan(salvage_source *s, const bitmap *only, const bitmap *seen,
                       salvage_visit *visit, void *context) {
    hs_status status = HS_OK;
    for (uint64_t unit = FIRST_PAGE; unit < s->units && status == HS_OK; unit++) {
        if (only != NULL && !bitmap_test(only, unit)) continue;
        if (seen != NULL && bitmap_test(seen, unit)) continue;
        if (!find_page(s, (uint32_t)unit)) continue;
        const page_header *h = (const page_header *)(const void *)s->window;
        uint64_t last = unit + h->units - 1;
        status = visit(context, h);
        unit = last;
    }
    return status;
}

/* --- header slots ----------------------------------------------------------------------------- */

static bool slot_is_valid(const file_header *h) {
    return memcmp(h->magic, FORMAT_MAGIC, sizeof h->magic) == 0 &&
           h->checksum == checkpoint_header_checksum(h) && h->unit_size == UNIT_SIZE;
}

/* A new file has written slot 1 only. */
static bool slot_is_empty(const file_header *h) {
    static const file_header empty;
    return memcmp(h, &empty, sizeof empty) == 0;
}

static hs_status read_slots(salvage_source *s) {
    for (uint64_t i = 0; i < 2; i++) {
        file_header *h = &s->slots[i];
        if (vfs_read(s->file, i * UNIT_SIZE, h, sizeof *h) != HS_OK) memset(h, 0, sizeof *h);
        if (!slot_is_valid(h)) continue;
        TRY(store_check_version(s->path, h));
        if (s->newest == NULL || h->generation > s->newest->generation) s->newest = h;
    }
    if (s->newest == NULL) {
        salvage_note(s->report, "both header slots are damaged: the newest catalog is looked for");
        return HS_OK;
    }
    const file_header *other = s->newest == s->slots ? &s->slots[1] : &s->slots[0];
    s->sure = slot_is_valid(other) ? other->generation + 1 == s->newest->generation
                                   : s->newest->generation == 1 && slot_is_empty(other);
    if (!s->sure)
        salvage_note(s->report,
                     "header slot %d is damaged: whether there is a newer catalog is looked for",
                     other == s->slots ? 0 : 1);
    return HS_OK;
}

/* --- catalog and space map -------------------------------------------------------------------- */

typedef struct candidate {
    uint64_t txn;
    uint32_t page;
    uint64_t bytes;
} candidate;

/* The catalogs or space maps found, the newest first. */
typedef struct candidates {
    candidate list[CANDIDATES];
    size_t count;
} candidates;

typedef struct search {
    candidates catalogs, maps;
    uint64_t newest; /* of all pages found */
    uint64_t limit;  /* pages from this transaction on do not count */
} search;

static void add_candidate(candidates *c, const candidate *found) {
    size_t at = c->count < CANDIDATES ? c->count++ : CANDIDATES - 1;
    if (at == CANDIDATES - 1 && c->list[at].txn >= found->txn && c->list[at].page != 0) return;
    while (at > 0 && c->list[at - 1].txn < found->txn) {
        c->list[at] = c->list[at - 1];
        at--;
    }
    c->list[at] = *found;
}

static hs_status note_candidate(void *context, const page_header *h) {
    search *found = context;
    if (h->txn >= found->limit) return HS_OK;
    if (h->txn > found->newest) found->newest = h->txn;
    if (h->kind != PAGE_CATALOG && h->kind != PAGE_SPACE) return HS_OK;
    candidate c = {h->txn, h->page, ((const value_header *)(const void *)h)->bytes};
    add_candidate(h->kind == PAGE_CATALOG ? &found->catalogs : &found->maps, &c);
    return HS_OK;
}

/* Reads the run of a candidate; an empty buffer if it is damaged. */
static hs_status read_candidate(salvage_source *s, const candidate *c, uint8_t kind,
                                byte_buffer *buffer) {
    char message[PAGE_FAULT_MAX];
    page_expect expect = {.kind = kind};
    TRY(read_run(s, c->page, c->bytes, &expect, buffer, message));
    if (*message == '\0') return HS_OK;
    salvage_note(s->report, "page %u (%s): %s", c->page,
                 kind == PAGE_CATALOG ? "catalog" : "space map", message);
    buffer->size = 0;
    return HS_OK;
}

/* Makes the map of a candidate the marked units. *loaded is false if it is damaged. */
static hs_status load_map(salvage_source *s, const candidate *c, bool *loaded) {
    byte_buffer buffer = {0};
    hs_status status = read_candidate(s, c, PAGE_SPACE, &buffer);
    uint64_t bytes = buffer.size > 0 ? buffer.size - sizeof(value_header) : 0;
    *loaded = status == HS_OK && bytes > 0 && bytes % 8 == 0;
    if (*loaded) status = bitmap_grow(&s->marked, bytes * 8);
    if (*loaded && status == HS_OK) {
        bitmap_load(&s->marked, buffer.data + sizeof(value_header), bytes);
        bitmap_set(&s->marked, 0, FIRST_PAGE);
    }
    buffer_free(&buffer);
    return status;
}

static hs_status load_catalog(salvage_source *s, const candidate *c, bool *loaded) {
    byte_buffer buffer = {0};
    hs_status status = read_candidate(s, c, PAGE_CATALOG, &buffer);
    *loaded = false;
    if (status == HS_OK && buffer.size > 0) {
        status = catalog_decode(buffer.data + sizeof(value_header),
                                buffer.size - sizeof(value_header), &s->defs, &s->catalog);
        *loaded = status == HS_OK;
        if (status == HS_CORRUPT) status = HS_OK;
    }
    buffer_free(&buffer);
    return status;
}

/* The catalog and the map that the newest header refers to. */
static hs_status load_by_header(salvage_source *s, bool *has_catalog, bool *has_map) {
    const file_header *h = s->newest;
    *has_catalog = *has_map = false;
    s->next_txn = h->next_txn;
    if (h->catalog.page == 0) { /* nothing was ever committed */
        s->catalog = catalog_alloc(0);
        if (s->catalog == NULL) return error_memory("the catalog", sizeof *s->catalog);
        *has_catalog = *has_map = true;
        return HS_OK;
    }
    TRY(load_catalog(s, &(candidate){0, h->catalog.page, h->catalog.bytes}, has_catalog));
    return load_map(s, &(candidate){0, h->space_map.page, h->space_map.bytes}, has_map);
}

/* Of the space maps found, the one that belongs to a catalog. */
static hs_status load_map_of(salvage_source *s, const candidate *c, const candidates *maps,
                             bool *loaded) {
    *loaded = false;
    for (size_t i = 0; i < maps->count && !*loaded; i++) {
        if (maps->list[i].txn != c->txn) continue;
        TRY(load_map(s, &maps->list[i], loaded));
        if (*loaded) *loaded = bitmap_test(&s->marked, c->page);
    }
    return HS_OK;
}

/* How many of these have the number of the newest one. */
static size_t count_newest(const candidates *c, uint64_t top) {
    size_t count = 0;
    while (count < c->count && c->list[count].txn == top)
        count++;
    return count;
}

/* Whether the first `count` catalogs say the same. Two checkpoints can have the same number, if a
 * transaction that had begun before the first was committed between them. */
static hs_status catalogs_agree(salvage_source *s, const candidates *c, size_t count, bool *agree) {
    byte_buffer first = {0}, other = {0};
    hs_status status = HS_OK;
    *agree = true;
    if (count > 1) status = read_candidate(s, &c->list[0], PAGE_CATALOG, &first);
    for (size_t i = 1; i < count && status == HS_OK; i++) {
        status = read_candidate(s, &c->list[i], PAGE_CATALOG, &other);
        if (status != HS_OK || first.size <= sizeof(value_header)) break;
        *agree &= first.size == other.size &&
                  memcmp(first.data + sizeof(value_header), other.data + sizeof(value_header),
                         first.size - sizeof(value_header)) == 0;
    }
    buffer_free(&first);
    buffer_free(&other);
    return status;
}

/* Chooses among what was found: the catalog of the newest checkpoint with its space map, or the
 * newest of each. */
static hs_status choose(salvage_source *s, const search *found) {
    const candidates *catalogs = &found->catalogs, *maps = &found->maps;
    uint64_t top = catalogs->count > 0 ? catalogs->list[0].txn : 0;
    if (maps->count > 0 && maps->list[0].txn > top) top = maps->list[0].txn;
    size_t newest = count_newest(catalogs, top), newest_maps = count_newest(maps, top);
    bool agree, loaded = false;
    TRY(catalogs_agree(s, catalogs, newest, &agree));
    for (size_t i = 0; i < newest && !s->exact; i++) {
        TRY(load_map_of(s, &catalogs->list[i], maps, &s->exact));
        if (s->exact) TRY(load_catalog(s, &catalogs->list[i], &loaded));
    }
    s->roots = loaded;
    for (size_t i = 0; i < catalogs->count && !loaded; i++) {
        TRY(load_catalog(s, &catalogs->list[i], &loaded));
        s->roots = loaded && i < newest && newest_maps == 0;
    }
    if (newest == 0 && newest_maps == 1) TRY(load_map(s, &maps->list[0], &s->exact));
    s->next_txn = top + 1;
    /* Which of two checkpoints is the newer one cannot be told; or there are pages of one that has
     * left nothing else. */
    if (!agree || found->newest > top) {
        s->roots = s->exact = false;
        s->next_txn = UINT64_MAX;
    }
    return HS_OK;
}

/* What the header leads to is damaged, or there may be something newer. */
static hs_status search_file(salvage_source *s, bool has_catalog, bool has_map) {
    search found = {.limit = s->sure ? s->newest->next_txn : UINT64_MAX};
    s->next_txn = UINT64_MAX;
    TRY(salvage_scan(s, NULL, NULL, note_candidate, &found));
    if (!s->sure) {
        bool empty = s->newest != NULL && s->newest->catalog.page == 0;
        if (empty && found.catalogs.count == 0) {
            s->roots = s->exact = true;
            return HS_OK;
        }
        catalog_free_all(s->catalog);
        s->catalog = NULL;
        return choose(s, &found);
    }
    s->next_txn = s->newest->next_txn;
    s->roots = has_catalog;
    s->exact = has_map;
    bool loaded = has_catalog;
    for (size_t i = 0; i < found.catalogs.count && !loaded; i++)
        TRY(load_catalog(s, &found.catalogs.list[i], &loaded));
    return HS_OK;
}

static void tell_state(const salvage_source *s) {
    if (!s->roots && s->exact)
        salvage_note(s->report, "the newest catalog is lost: an older one names the tables, and "
                                "their rows are looked for in all pages in use");
    if (!s->roots && !s->exact)
        salvage_note(s->report, "the newest catalog and space map are lost: an older one names the "
                                "tables, and rows are taken from the newest pages found");
    if (s->roots && !s->exact)
        salvage_note(s->report, "the space map is damaged: where a tree is cut off, rows are taken "
                                "from the newest pages found");
}

static hs_status find_state(salvage_source *s) {
    bool has_catalog = false, has_map = false;
    TRY(read_slots(s));
    if (s->newest != NULL) TRY(load_by_header(s, &has_catalog, &has_map));
    if (s->sure && has_catalog && has_map) {
        s->roots = s->exact = true;
        return HS_OK;
    }
    TRY(search_file(s, has_catalog, has_map));
    if (s->catalog == NULL && s->newest == NULL)
        return error_set(HS_NOT_A_COLLECTION,
                         "nothing can be saved of %s: it has no header and no catalog", s->path);
    if (s->catalog == NULL)
        return error_set(HS_CORRUPT, "nothing can be saved of %s: every catalog in it is damaged",
                         s->path);
    tell_state(s);
    return HS_OK;
}

/* --- opening ---------------------------------------------------------------------------------- */

hs_status salvage_source_open(salvage_source *s, vfs *fs, const char *path,
                              const hs_salvage_report *report) {
    uint64_t size = 0;
    *s = (salvage_source){.path = path, .report = report};
    TRY(vfs_open(fs, path, false, &s->file));
    TRY(vfs_lock(s->file));
    TRY(vfs_size(s->file, &size));
    s->units = size / UNIT_SIZE < UINT32_MAX ? size / UNIT_SIZE : UINT32_MAX;
    s->window = memory_alloc(WINDOW);
    if (s->window == NULL) return error_memory("a window on a file", WINDOW);
    return find_state(s);
}

void salvage_source_close(salvage_source *s) {
    vfs_close(s->file);
    catalog_free_all(s->catalog);
    while (s->defs != NULL) {
        table_def *next = s->defs->next;
        memory_free(s->defs);
        s->defs = next;
    }
    memory_free(s->window);
    bitmap_free(&s->marked);
    *s = (salvage_source){0};
}
