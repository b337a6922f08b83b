/* check.c: verifies the last checkpoint as it lies in the file: both header slots, every page,
 * every key's order, every unit accounted for; and the log's header.
 *
 * Writers and checkpoints go on meanwhile. What later checkpoints give up is kept from being reused
 * by a reader slot, taken before the checkpoint whose state is checked; the catalog and the space
 * map, which the next checkpoint overwrites, are verified and copied first, under its lock.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/key.h"
#include "base/text.h"
#include "engine/tree.h"

#define PROBLEM_MAX 1024 /* bytes of a problem's sentence */
#define RANGES_MAX  16   /* ranges of units that are told one by one */

typedef unsigned long long number;

typedef struct checker {
    store *store;
    engine_problem *report;
    void *context;
    engine_check_result *result;
    reader_slot *slot;  /* keeps the pages that are checked */
    file_header header; /* of the checkpoint that is checked */
    uint8_t *catalog;   /* its catalog's bytes; NULL if they cannot be read */
    page_run runs[2];   /* of its catalog and its space map; 0 units if there is none */
    bitmap seen;        /* units that the trees and the header lead to */
    bitmap marked;      /* units that the space map marks */
    /* Of the table being checked: */
    const char *family;
    const table_entry *table;
    uint64_t entries, units, long_values;
    uint8_t last_key[ENGINE_KEY_MAX];
    size_t last_size;
    bool has_last;
} checker;

/* The keys that a page is responsible for: ≥ lower and < upper; NULL: no bound. */
typedef struct bounds {
    const hs_slice *lower, *upper;
} bounds;

/* --- reporting -------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void problem(checker *c, const char *format, ...) {
    char text[PROBLEM_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    c->result->problems++;
    if (c->report != NULL) c->report(c->context, text);
}

/* Which keys bounds hold, in words: `, keys from "a" to before "c"`. */
static void describe_bounds(const bounds *b, char *text, size_t size) {
    char lower[80], upper[80];
    text[0] = '\0';
    if (b == NULL) return;
    if (b->lower != NULL) text_key(*b->lower, lower, sizeof lower);
    if (b->upper != NULL) text_key(*b->upper, upper, sizeof upper);
    if (b->lower == NULL && b->upper == NULL) {
        snprintf(text, size, ", all keys");
    } else if (b->lower == NULL) {
        snprintf(text, size, ", keys before %s", upper);
    } else if (b->upper == NULL) {
        snprintf(text, size, ", keys from %s on", lower);
    } else {
        snprintf(text, size, ", keys from %s to before %s", lower, upper);
    }
}

/* A problem of a page of the table being checked; `b` may be NULL. */
__attribute__((format(printf, 4, 5))) static void
page_problem(checker *c, uint32_t page, const bounds *b, const char *format, ...) {
    char text[512], keys[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    describe_bounds(b, keys, sizeof keys);
    if (c->table == NULL) {
        problem(c, "page %u (%s): %s", page, c->family, text);
    } else {
        problem(c, "page %u (column family %s, table %s%s): %s", page, c->family,
                c->table->def->name, keys, text);
    }
}

/* --- pages ------------------------------------------------------------------------------------ */

/* Notes that a run is in use. False if something else uses it already. */
static bool claim(checker *c, uint32_t page, uint32_t units, const bounds *b) {
    uint32_t used = 0, unmarked = 0;
    for (uint32_t i = 0; i < units; i++) {
        used += bitmap_test(&c->seen, page + i) || page + (uint64_t)i >= c->seen.bits;
        unmarked += !bitmap_test(&c->marked, page + i);
    }
    if (used > 0) {
        page_problem(c, page, b, "used twice: %u of its %u units belong to other pages", used,
                     units);
        return false;
    }
    bitmap_set(&c->seen, page, units);
    if (unmarked > 0)
        page_problem(c, page, b, "%u of its %u units are in use but marked as free", unmarked,
                     units);
    return true;
}

/* A page as it is in the file, whether it was verified before or not; NULL if it is not sound. */
static const page_header *fetch(checker *c, uint32_t page, const page_expect *expect,
                                const bounds *b) {
    char message[PAGE_FAULT_MAX];
    if (!pagefile_is_sound(&c->store->file, page, c->header.next_txn, expect, message)) {
        page_problem(c, page, b, "%s", message);
        return NULL;
    }
    const page_header *h = pagefile_at(&c->store->file, page);
    c->result->pages++;
    return claim(c, page, h->units, b) ? h : NULL;
}

static void check_long_value(checker *c, const node_value *v, hs_slice key) {
    page_expect expect = expect_value(c->table->def);
    const page_header *run = fetch(c, v->long_page, &expect, &(bounds){&key, NULL});
    c->long_values++;
    if (run == NULL) return;
    c->units += run->units;
    uint64_t bytes = ((const value_header *)(const void *)run)->bytes;
    if (bytes == v->bytes.size) return;
    page_problem(c, v->long_page, &(bounds){&key, NULL},
                 "a long value has not the length referred to: %llu bytes instead of %zu",
                 (number)bytes, v->bytes.size);
}

static void check_entry(checker *c, const node *leaf, uint32_t index, hs_slice key,
                        const bounds *b) {
    if (c->has_last && key_compare((hs_slice){c->last_key, c->last_size}, key) >= 0) {
        page_problem(c, leaf->page.page, b, "entry %u is not greater than the one before it",
                     index);
    }
    if (b->upper != NULL && key_compare(key, *b->upper) >= 0)
        page_problem(c, leaf->page.page, b, "entry %u lies beyond its separator", index);
    memcpy(c->last_key, key.data, key.size);
    c->last_size = key.size;
    c->has_last = true;
    c->entries++;
    c->result->entries++;
    node_value v = node_get_value(leaf, &c->table->def->shape, index);
    if (v.long_page != 0) check_long_value(c, &v, key);
}

/* Checks a subtree. */
static void check_node(checker *c, uint32_t page, uint32_t level, const bounds *b) {
    page_expect expect = expect_node(c->table->def, level);
    const node *n = (const node *)(const void *)fetch(c, page, &expect, b);
    if (n == NULL) return;
    c->units += n->page.units;
    uint8_t bytes[ENGINE_KEY_MAX], next_bytes[ENGINE_KEY_MAX];
    for (uint32_t i = 0; i < n->count; i++) {
        hs_slice key = node_key(n, i, bytes), next = {NULL, 0};
        bool last = i + 1u == n->count;
        if (b->lower != NULL && (level == 0 || i > 0) && key_compare(key, *b->lower) < 0)
            page_problem(c, page, b, "entry %u lies before its separator", i);
        if (level == 0) {
            check_entry(c, n, i, key, b);
            continue;
        }
        if (!last) next = node_key(n, i + 1, next_bytes);
        if (!last && i > 0 && key_compare(key, next) >= 0)
            page_problem(c, page, b, "separator %u is out of order", i);
        bounds below = {i == 0 ? b->lower : &key, last ? b->upper : &next};
        check_node(c, node_child(n, i), level - 1, &below);
    }
}

static void check_count(checker *c, const char *what, uint64_t found, uint64_t expected) {
    if (found == expected) return;
    problem(c, "column family %s, table %s: it holds %llu %s where the catalog says %llu",
            c->family, c->table->def->name, (number)found, what, (number)expected);
}

static void check_table(checker *c, const char *family, const table_entry *e) {
    c->family = family;
    c->table = e;
    c->entries = c->units = c->long_values = 0;
    c->has_last = false;
    if (e->root != 0) check_node(c, e->root, e->height - 1, &(bounds){NULL, NULL});
    check_count(c, "entries", c->entries, e->entries);
    check_count(c, "units", c->units, e->units);
    check_count(c, "long values", c->long_values, e->long_values);
}

/* --- units that belong to nothing ------------------------------------------------------------- */

static void check_space(checker *c) {
    uint64_t end = bitmap_end(&c->marked), ranges = 0, more = 0;
    const char *reach = c->result->problems > 0 ? " that can be reached" : "";
    for (uint64_t unit = 0; unit < end; unit++) {
        uint64_t start = unit;
        while (bitmap_test(&c->marked, unit) && !bitmap_test(&c->seen, unit))
            unit++;
        if (unit == start) continue;
        if (ranges++ >= RANGES_MAX) {
            more += unit - start;
            continue;
        }
        problem(c, "units %llu to %llu (%llu units) are marked as in use but belong to nothing%s",
                (number)start, (number)unit - 1, (number)(unit - start), reach);
    }
    if (more == 0) return;
    problem(c, "%llu more units in %llu ranges are marked as in use but belong to nothing%s",
            (number)more, (number)(ranges - RANGES_MAX), reach);
}

/* --- what the next checkpoint overwrites ------------------------------------------------------ */

/* A run that the header refers to; NULL if there is none or it is damaged. */
static const value_header *fetch_run(checker *c, const run_ref *ref, uint8_t kind,
                                     const char *name) {
    char message[PAGE_FAULT_MAX];
    page_expect expect = {.kind = kind};
    c->family = name;
    if (ref->page == 0) return NULL;
    if (!pagefile_is_sound(&c->store->file, ref->page, c->header.next_txn, &expect, message)) {
        page_problem(c, ref->page, NULL, "%s", message);
        return NULL;
    }
    const value_header *run =
        (const value_header *)(const void *)pagefile_at(&c->store->file, ref->page);
    if (run->bytes == ref->bytes) return run;
    page_problem(c, ref->page, NULL, "it holds %llu bytes where the header says %llu",
                 (number)run->bytes, (number)ref->bytes);
    return NULL;
}

/* The map in the file is what is checked; the one in memory, by which space is handed out, must say
 * the same. It stands in for one that is damaged. */
static hs_status copy_space_map(checker *c) {
    const bitmap *held = &c->store->space.durable;
    const value_header *run = fetch_run(c, &c->header.space_map, PAGE_SPACE, "space map");
    if (run == NULL) return bitmap_copy(&c->marked, held);
    TRY(bitmap_grow(&c->marked, run->bytes * 8));
    bitmap_load(&c->marked, (const uint8_t *)(run + 1), run->bytes);
    c->runs[1] = (page_run){run->page.page, run->page.units, 0};
    uint64_t end = bitmap_end(&c->marked), held_end = bitmap_end(held), unit = 0;
    if (held_end > end) end = held_end;
    while (unit < end && bitmap_test(&c->marked, unit) == bitmap_test(held, unit))
        unit++;
    if (unit < end)
        page_problem(c, run->page.page, NULL, "unit %llu is %s in the file and %s in memory",
                     (number)unit, bitmap_test(held, unit) ? "free" : "in use",
                     bitmap_test(held, unit) ? "in use" : "free");
    return HS_OK;
}

static hs_status copy_catalog(checker *c) {
    const value_header *run = fetch_run(c, &c->header.catalog, PAGE_CATALOG, "catalog");
    if (run == NULL) return HS_OK;
    c->catalog = memory_alloc(run->bytes + 1);
    if (c->catalog == NULL) return error_memory("a copy of the catalog", run->bytes);
    memcpy(c->catalog, run + 1, run->bytes);
    c->runs[0] = (page_run){run->page.page, run->page.units, 0};
    return HS_OK;
}

/* Both header slots: the newest as it was last written, the other one the one before it. */
static hs_status check_slots(checker *c) {
    const file_header *newest = &c->header;
    for (uint64_t i = 0; i < 2; i++) {
        file_header slot;
        uint64_t generation = newest->generation - i;
        uint64_t unit = generation % 2;
        if (generation == 0) break; /* a new file has written only one */
        TRY(vfs_read(c->store->file.file, unit * UNIT_SIZE, &slot, sizeof slot));
        uint64_t checksum = checkpoint_header_checksum(&slot);
        if (slot.checksum != checksum) {
            problem(c,
                    "header slot %llu: its checksum does not match: it says %016llx, its bytes "
                    "give %016llx",
                    (number)unit, (number)slot.checksum, (number)checksum);
        } else if (slot.generation != generation || slot.sequence > newest->sequence ||
                   memcmp(slot.collection, newest->collection, sizeof slot.collection) != 0) {
            problem(c,
                    "header slot %llu: it is not the one expected: generation %llu of commit %llu, "
                    "instead of generation %llu",
                    (number)unit, (number)slot.generation, (number)slot.sequence,
                    (number)generation);
        }
    }
    return HS_OK;
}

static hs_status check_log(checker *c) {
    hs_status status = wal_verify(&c->store->log, c->header.sequence);
    if (status != HS_CORRUPT && status != HS_CONFLICT && status != HS_VERSION) return status;
    problem(c, "%s", hs_last_error());
    return HS_OK;
}

/* A file that was not closed may have a slot torn by the crash that ended it. The first checkpoint
 * since writes that slot anew. */
static checkpoint_mode mode_of(store *s) {
    pthread_mutex_lock(&s->pipeline);
    bool torn = s->checkpoints == 0 && !atomic_load(&s->clean);
    pthread_mutex_unlock(&s->pipeline);
    return torn ? CHECKPOINT_FORCED : CHECKPOINT_NEEDED;
}

/* Chooses the state to be checked, and keeps it: first everything that is there now, then, once a
 * checkpoint is known to be no older, only what that one contains. */
static hs_status pin(checker *c) {
    store *s = c->store;
    TRY(readers_take(&s->readers, &c->slot));
    pthread_mutex_lock(&s->pipeline);
    reader_protect(c->slot, s->latest->sequence);
    pthread_mutex_unlock(&s->pipeline);
    TRY(checkpoint_run(s, mode_of(s)));
    pthread_mutex_lock(&s->checkpoint);
    c->header = s->header;
    hs_status status = check_slots(c);
    if (status == HS_OK) status = check_log(c);
    if (status == HS_OK) status = copy_space_map(c);
    if (status == HS_OK) status = copy_catalog(c);
    pthread_mutex_unlock(&s->checkpoint);
    reader_protect(c->slot, c->header.sequence);
    reader_limit(c->slot, c->header.next_txn);
    return status;
}

/* --- all of it -------------------------------------------------------------------------------- */

static hs_status check_tables(checker *c) {
    table_def *defs = NULL;
    catalog *saved = NULL;
    hs_status status = catalog_decode(c->catalog, c->header.catalog.bytes, &defs, &saved);
    if (status == HS_CORRUPT) problem(c, "%s", hs_last_error());
    for (uint32_t f = 0; saved != NULL && f < saved->count; f++) {
        for (uint32_t i = 0; i < saved->families[f]->count; i++)
            check_table(c, saved->families[f]->name, &saved->families[f]->tables[i]);
    }
    catalog_free_all(saved);
    while (defs != NULL) {
        table_def *next = defs->next;
        memory_free(defs);
        defs = next;
    }
    return status == HS_CORRUPT ? HS_OK : status;
}

static hs_status check_all(checker *c) {
    static const char *const names[] = {"catalog", "space map"};
    TRY(pin(c));
    uint64_t units = atomic_load(&c->store->file.units);
    TRY(bitmap_grow(&c->seen, units > c->header.units ? units : c->header.units));
    bitmap_set(&c->seen, 0, FIRST_PAGE);
    for (int i = 0; i < 2; i++) {
        c->family = names[i];
        c->result->pages += c->runs[i].units > 0;
        if (c->runs[i].units > 0) claim(c, c->runs[i].page, c->runs[i].units, NULL);
    }
    if (c->catalog != NULL) TRY(check_tables(c));
    check_space(c);
    return HS_OK;
}

hs_status store_check(store *s, engine_problem *report, void *context,
                      engine_check_result *result) {
    *result = (engine_check_result){0};
    TRY(store_check_process(s));
    checker *c = memory_zeroed(sizeof *c);
    if (c == NULL) return error_memory("a check", sizeof *c);
    *c = (checker){.store = s, .report = report, .context = context, .result = result};
    hs_status status = check_all(c);
    if (c->slot != NULL) reader_release(c->slot);
    bitmap_free(&c->seen);
    bitmap_free(&c->marked);
    memory_free(c->catalog);
    memory_free(c);
    if (status == HS_OK && result->problems > 0) {
        atomic_store(&s->damaged, true);
        status =
            error_set(HS_CORRUPT, "%s: %llu problems found", s->path, (number)result->problems);
    }
    return status;
}
