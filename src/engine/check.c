/* check.c: verifies the last checkpoint as it lies in the file: every page, every key's order,
 * every unit accounted for.
 *
 * The checkpoint lock is held meanwhile, so that nothing it contains is reused; commits go on.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/key.h"
#include "engine/tree.h"

typedef struct checker {
    store *store;
    engine_problem *report;
    void *context;
    engine_check_result *result;
    bitmap seen;
    /* Of the table being checked: */
    const char *family;
    const table_entry *table;
    uint64_t entries, units, long_values;
    uint8_t last_key[ENGINE_KEY_MAX];
    size_t last_size;
    bool has_last;
} checker;

__attribute__((format(printf, 2, 3))) static void problem(checker *c, const char *format, ...) {
    char text[768];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    c->result->problems++;
    if (c->report != NULL) c->report(c->context, text);
}

/* Marks a run as in use; false if another page has it already. */
static bool claim(checker *c, uint32_t page, uint32_t units) {
    bool unclaimed = page + (uint64_t)units <= c->seen.bits;
    for (uint32_t i = 0; unclaimed && i < units; i++)
        unclaimed = !bitmap_test(&c->seen, page + i);
    if (unclaimed) {
        bitmap_set(&c->seen, page, units);
    } else {
        problem(c, "page %u (column family %s, table %s): used twice", page, c->family,
                c->table != NULL ? c->table->def->name : "-");
    }
    return unclaimed;
}

/* A page as it is in the file, whether it was verified before or not. */
static page_header *fetch(checker *c, uint32_t page, const page_expect *expect) {
    if (pagefile_verify(&c->store->file, page, expect) != HS_OK) {
        problem(c, "%s", hs_last_error());
        return NULL;
    }
    page_header *h = pagefile_at(&c->store->file, page);
    c->result->pages++;
    return claim(c, page, h->units) ? h : NULL;
}

static void check_entry(checker *c, const node *leaf, uint32_t index, hs_slice key,
                        const hs_slice *upper) {
    if (c->has_last && key_compare((hs_slice){c->last_key, c->last_size}, key) >= 0) {
        problem(
            c,
            "page %u (column family %s, table %s): entry %u is not greater than the one before it",
            leaf->page.page, c->family, c->table->def->name, index);
    }
    if (upper != NULL && key_compare(key, *upper) >= 0) {
        problem(c, "page %u (column family %s, table %s): entry %u lies beyond its separator",
                leaf->page.page, c->family, c->table->def->name, index);
    }
    memcpy(c->last_key, key.data, key.size);
    c->last_size = key.size;
    c->has_last = true;
    c->entries++;
    c->result->entries++;
    node_value v = node_get_value(leaf, &c->table->def->shape, index);
    if (v.long_page == 0) return;
    page_expect expect = expect_value(c->table->def);
    const page_header *run = fetch(c, v.long_page, &expect);
    c->long_values++;
    if (run == NULL) return;
    c->units += run->units;
    if (((const value_header *)(const void *)run)->bytes != v.bytes.size) {
        problem(c,
                "page %u (column family %s, table %s): a long value has not the length referred to",
                v.long_page, c->family, c->table->def->name);
    }
}

/* Checks a subtree whose keys must be ≥ `lower` and < `upper` (NULL: no bound). */
static void check_node(checker *c, uint32_t page, uint32_t level, const hs_slice *lower,
                       const hs_slice *upper) {
    page_expect expect = expect_node(c->table->def, level);
    const node *n = (const node *)(const void *)fetch(c, page, &expect);
    if (n == NULL) return;
    c->units += n->page.units;
    uint8_t bytes[ENGINE_KEY_MAX], next_bytes[ENGINE_KEY_MAX];
    for (uint32_t i = 0; i < n->count; i++) {
        hs_slice key = node_key(n, i, bytes);
        if (lower != NULL && (level == 0 || i > 0) && key_compare(key, *lower) < 0) {
            problem(c, "page %u (column family %s, table %s): entry %u lies before its separator",
                    page, c->family, c->table->def->name, i);
        }
        if (level == 0) {
            check_entry(c, n, i, key, upper);
            continue;
        }
        hs_slice next = {NULL, 0};
        if (i + 1 < n->count) next = node_key(n, i + 1, next_bytes);
        if (i + 1 < n->count && i > 0 && key_compare(key, next) >= 0) {
            problem(c, "page %u (column family %s, table %s): separator %u is out of order", page,
                    c->family, c->table->def->name, i);
        }
        check_node(c, node_child(n, i), level - 1, i == 0 ? lower : &key,
                   i + 1 < n->count ? &next : upper);
    }
}

static void check_table(checker *c, const char *family, const table_entry *e) {
    c->family = family;
    c->table = e;
    c->entries = c->units = c->long_values = 0;
    c->has_last = false;
    if (e->root != 0) check_node(c, e->root, e->height - 1, NULL, NULL);
    if (c->entries != e->entries || c->units != e->units || c->long_values != e->long_values) {
        problem(c,
                "column family %s, table %s: it holds %llu entries, %llu units and %llu long "
                "values where the catalog says "
                "%llu, %llu and %llu",
                family, e->def->name, (unsigned long long)c->entries, (unsigned long long)c->units,
                (unsigned long long)c->long_values, (unsigned long long)e->entries,
                (unsigned long long)e->units, (unsigned long long)e->long_values);
    }
}

/* Compares what the trees use with what the space map says. */
static void check_space(checker *c) {
    const bitmap *durable = &c->store->space.durable;
    uint64_t end = bitmap_end(durable), unseen = 0, unmarked = 0, example = 0;
    uint64_t seen_end = bitmap_end(&c->seen);
    if (seen_end > end) end = seen_end;
    for (uint64_t unit = 0; unit < end; unit++) {
        bool used = bitmap_test(&c->seen, unit), marked = bitmap_test(durable, unit);
        if (used == marked) continue;
        example = unit;
        if (used) {
            unmarked++;
        } else {
            unseen++;
        }
    }
    if (unseen > 0) {
        problem(c, "%llu units are marked as in use but belong to nothing (for example unit %llu)",
                (unsigned long long)unseen, (unsigned long long)example);
    }
    if (unmarked > 0) {
        problem(c, "%llu units are in use but marked as free (for example unit %llu)",
                (unsigned long long)unmarked, (unsigned long long)example);
    }
}

static hs_status check_saved(checker *c) {
    store *s = c->store;
    const file_header *h = &s->header;
    c->family = "-";
    bitmap_set(&c->seen, 0, FIRST_PAGE);
    page_expect as_catalog = {.kind = PAGE_CATALOG}, as_space = {.kind = PAGE_SPACE};
    page_header *run = h->catalog.page == 0 ? NULL : fetch(c, h->catalog.page, &as_catalog);
    if (h->space_map.page != 0) fetch(c, h->space_map.page, &as_space);
    if (run == NULL) return HS_OK;
    table_def *defs = NULL;
    catalog *saved;
    hs_status status = catalog_decode((const uint8_t *)run + sizeof(value_header), h->catalog.bytes,
                                      &defs, &saved);
    if (status == HS_OK) {
        for (uint32_t f = 0; f < saved->count; f++) {
            for (uint32_t i = 0; i < saved->families[f]->count; i++) {
                check_table(c, saved->families[f]->name, &saved->families[f]->tables[i]);
            }
        }
        catalog_free_all(saved);
    } else if (status == HS_CORRUPT) {
        problem(c, "%s", hs_last_error());
    }
    while (defs != NULL) {
        table_def *next = defs->next;
        memory_free(defs);
        defs = next;
    }
    return status == HS_NO_MEMORY ? status : HS_OK;
}

hs_status store_check(store *s, engine_problem *report, void *context,
                      engine_check_result *result) {
    *result = (engine_check_result){0};
    TRY(checkpoint_run(s, CHECKPOINT_NEEDED));
    checker *c = memory_zeroed(sizeof *c);
    if (c == NULL) return error_memory("a check", sizeof *c);
    *c = (checker){.store = s, .report = report, .context = context, .result = result};
    pthread_mutex_lock(&s->checkpoint);
    hs_status status = bitmap_grow(&c->seen, atomic_load(&s->file.units));
    if (status == HS_OK) status = check_saved(c);
    if (status == HS_OK && result->problems == 0) check_space(c);
    pthread_mutex_unlock(&s->checkpoint);
    bitmap_free(&c->seen);
    memory_free(c);
    if (status == HS_OK && result->problems > 0) {
        status = error_set(HS_CORRUPT, "%s: %llu problems found", s->path,
                           (unsigned long long)result->problems);
    }
    return status;
}
