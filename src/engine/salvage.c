/* salvage.c: the walk through the trees of a damaged file. What a damaged node leads to is a
 * *gap*: a range of keys. The leaves that lie in gaps are looked for among all pages that no tree
 * leads to.
 */
#include "engine/salvage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/key.h"
#include "base/text.h"
#include "engine/cursor.h"
#include "engine/tree.h"

#define GAPS_MAX 1000 /* of a table; the last one takes in what would be more */

typedef unsigned long long number;

/* A range of keys, ≥ lower and < upper, that damaged pages lead to. */
typedef struct gap {
    bool has_lower, has_upper;
    uint16_t lower_size, upper_size;
    uint8_t lower[ENGINE_KEY_MAX], upper[ENGINE_KEY_MAX];
    uint64_t rows_before; /* of the table, when the gap was met */
    uint64_t found;       /* rows that were found in it all the same */
} gap;

typedef struct salvaged_table {
    const family_entry *family;
    const table_entry *entry;
    hs_salvage_table figures;
    gap *gaps;
    size_t gap_count, gap_capacity;
} salvaged_table;

/* A leaf that no tree leads to. */
typedef struct loose_leaf {
    uint64_t txn;
    uint32_t table; /* its place in salvage.tables */
    uint32_t page;
} loose_leaf;

typedef struct salvage {
    salvage_source source;
    salvage_target target;
    const hs_salvage_report *report;
    hs_salvage_result *result;
    bitmap seen; /* units of pages that are dealt with */
    salvaged_table *tables;
    size_t table_count;
    salvaged_table *table; /* the one that is being walked */
    uint8_t *levels[TREE_HEIGHT_MAX];
    uint8_t *nodes; /* room for a leaf and an inner node of each level */
    byte_buffer value;
    loose_leaf *leaves;
    size_t leaf_count, leaf_capacity;
    uint64_t strange; /* leaves of tables that the catalog does not know */
    bool log_whole;
} salvage;

/* The keys that a page is responsible for; NULL: no bound. */
typedef struct bounds {
    const hs_slice *lower, *upper;
} bounds;

static const table_def *def_of(const salvage *s) {
    return s->table->entry->def;
}

/* --- gaps ------------------------------------------------------------------------------------- */

static void set_upper(gap *g, const hs_slice *upper) {
    g->has_upper = upper != NULL;
    if (upper == NULL) return;
    g->upper_size = (uint16_t)upper->size;
    memcpy(g->upper, upper->data, upper->size);
}

static bool begins_at(const gap *g, const hs_slice *lower) {
    return lower != NULL && g->has_upper &&
           key_compare((hs_slice){g->upper, g->upper_size}, *lower) == 0;
}

static hs_status add_gap(salvage *s, const bounds *b) {
    salvaged_table *t = s->table;
    gap *last = t->gap_count > 0 ? &t->gaps[t->gap_count - 1] : NULL;
    bool next = last != NULL && last->rows_before == t->figures.rows && begins_at(last, b->lower);
    if (next || t->gap_count == GAPS_MAX) {
        set_upper(last, b->upper);
        return HS_OK;
    }
    TRY(memory_reserve((void **)&t->gaps, &t->gap_capacity, t->gap_count + 1, sizeof *t->gaps));
    gap *g = &t->gaps[t->gap_count++];
    g->has_lower = b->lower != NULL;
    g->rows_before = t->figures.rows;
    g->found = 0;
    if (b->lower != NULL) {
        g->lower_size = (uint16_t)b->lower->size;
        memcpy(g->lower, b->lower->data, b->lower->size);
    }
    set_upper(g, b->upper);
    return HS_OK;
}

/* The gap that a key lies in; NULL if it lies in none. */
static gap *find_gap(const salvaged_table *t, hs_slice key) {
    size_t low = 0, high = t->gap_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        gap *g = &t->gaps[middle];
        if (g->has_lower && key_compare(key, (hs_slice){g->lower, g->lower_size}) < 0)
            high = middle;
        else if (g->has_upper && key_compare(key, (hs_slice){g->upper, g->upper_size}) >= 0)
            low = middle + 1;
        else
            return g;
    }
    return NULL;
}

/* --- rows ------------------------------------------------------------------------------------- */

static void note_lost_value(salvage *s, uint32_t page, hs_slice key, const char *message) {
    char text[120];
    s->table->figures.values_lost++;
    s->table->figures.pages_lost++;
    salvage_note(
        s->report, "column family %s, table %s: the long value of key %s is lost: page %u: %s",
        s->table->family->name, def_of(s)->name, text_key(key, text, sizeof text), page, message);
}

/* A long value, into s->value. *found is false if it is damaged, which is told. */
static hs_status read_value(salvage *s, hs_slice key, const node_value *v, bool *found) {
    char message[PAGE_FAULT_MAX];
    page_expect expect = expect_value(def_of(s));
    TRY(salvage_read_value(&s->source, v->long_page, v->bytes.size, &expect, &s->value, message));
    *found = *message == '\0';
    if (*found) {
        uint32_t units = ((const page_header *)(const void *)s->value.data)->units;
        bitmap_set(&s->seen, v->long_page, units);
    } else {
        note_lost_value(s, v->long_page, key, message);
    }
    return HS_OK;
}

static hs_status copy_row(salvage *s, const node *leaf, uint32_t index, hs_slice key) {
    node_value v = node_get_value(leaf, &def_of(s)->shape, index);
    hs_slice value = v.bytes;
    bool found = true, written;
    if (v.long_page != 0) {
        TRY(read_value(s, key, &v, &found));
        if (!found) return HS_OK;
        value.data = s->value.data + sizeof(value_header);
    }
    TRY(salvage_target_put(&s->target, def_of(s)->id, key, value, &written));
    if (written) s->table->figures.rows++;
    return HS_OK;
}

/* --- the trees -------------------------------------------------------------------------------- */

/* Whether the keys of a sound node lie where its parent says. */
static bool keys_fit(const node *n, uint32_t level, const bounds *b) {
    uint8_t bytes[ENGINE_KEY_MAX];
    uint32_t first = level > 0 ? 1 : 0;
    if (first >= n->count) return true;
    if (b->lower != NULL && key_compare(node_key(n, first, bytes), *b->lower) < 0) return false;
    return b->upper == NULL || key_compare(node_key(n, n->count - 1u, bytes), *b->upper) < 0;
}

/* Reads a node that a tree leads to. NULL if it is damaged, which is told and makes a gap. */
static hs_status read_node(salvage *s, uint32_t page, uint32_t level, const bounds *b,
                           const node **result) {
    char message[PAGE_FAULT_MAX] = "its keys are not those that lead to it";
    page_expect expect = expect_node(def_of(s), level);
    uint32_t units = level > 0 ? 1 : def_of(s)->shape.leaf_units;
    const node *n = (const node *)(const void *)s->levels[level];
    *result = NULL;
    if (bitmap_test(&s->seen, page))
        strcpy(message, "it is used twice");
    else if (salvage_read_node(&s->source, page, &expect, s->levels[level], message) &&
             keys_fit(n, level, b))
        *result = n;
    if (page + (uint64_t)units <= s->seen.bits) bitmap_set(&s->seen, page, units);
    if (*result != NULL) return HS_OK;
    s->table->figures.pages_lost++;
    salvage_note(s->report, "page %u (column family %s, table %s, %s): %s", page,
                 s->table->family->name, def_of(s)->name, level > 0 ? "inner node" : "leaf",
                 message);
    return add_gap(s, b);
}

static hs_status copy_leaf(salvage *s, const node *leaf) {
    uint8_t bytes[ENGINE_KEY_MAX];
    for (uint32_t i = 0; i < leaf->count; i++)
        TRY(copy_row(s, leaf, i, node_key(leaf, i, bytes)));
    return salvage_target_relax(&s->target);
}

static hs_status walk(salvage *s, uint32_t page, uint32_t level, const bounds *b) {
    const node *n;
    uint8_t bytes[ENGINE_KEY_MAX], next_bytes[ENGINE_KEY_MAX];
    TRY(read_node(s, page, level, b, &n));
    if (n == NULL) return HS_OK;
    if (level == 0) return copy_leaf(s, n);
    for (uint32_t i = 0; i < n->count; i++) {
        bool last = i + 1u == n->count;
        hs_slice key = node_key(n, i, bytes), next = {NULL, 0};
        if (!last) next = node_key(n, i + 1, next_bytes);
        bounds below = {i == 0 ? b->lower : &key, last ? b->upper : &next};
        TRY(walk(s, node_child(n, i), level - 1, &below));
    }
    return HS_OK;
}

static hs_status walk_tables(salvage *s) {
    for (size_t i = 0; i < s->table_count; i++) {
        s->table = &s->tables[i];
        const table_entry *e = s->table->entry;
        if (!s->source.roots)
            TRY(add_gap(s, &(bounds){NULL, NULL}));
        else if (e->root != 0)
            TRY(walk(s, e->root, e->height - 1, &(bounds){NULL, NULL}));
    }
    return HS_OK;
}

/* --- leaves that are cut off ------------------------------------------------------------------ */

static salvaged_table *find_table(const salvage *s, uint32_t family, uint32_t table) {
    size_t low = 0, high = s->table_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        engine_table id = s->tables[middle].entry->def->id;
        if (id.family == family && id.table == table) return &s->tables[middle];
        if (id.family < family || (id.family == family && id.table < table))
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* The table that a page with a valid checksum belongs to, as a sound node; NULL if it is none. */
static salvaged_table *table_of(salvage *s, const page_header *h) {
    char message[PAGE_FAULT_MAX];
    if (h->kind >= PAGE_VALUE) return NULL;
    salvaged_table *t = find_table(s, h->family, h->table);
    if (t == NULL) {
        s->strange += h->level == 0 && h->txn < s->source.next_txn;
        return NULL;
    }
    page_expect expect = expect_node(t->entry->def, h->level);
    return page_is(h, s->source.next_txn, &expect, message) ? t : NULL;
}

/* The space map is whole: a page that it marks and no tree leads to belongs below a damaged one. */
static hs_status take_marked(void *context, const page_header *h) {
    salvage *s = context;
    uint8_t bytes[ENGINE_KEY_MAX];
    salvaged_table *t = table_of(s, h);
    if (t != NULL || h->kind == PAGE_CATALOG || h->kind == PAGE_SPACE)
        bitmap_set(&s->seen, h->page, h->units);
    if (t == NULL) return HS_OK;
    if (h->level > 0) return HS_OK;
    s->table = t;
    const node *leaf = (const node *)(const void *)h;
    for (uint32_t i = 0; i < leaf->count; i++) {
        hs_slice key = node_key(leaf, i, bytes);
        gap *g = find_gap(t, key);
        uint64_t before = t->figures.rows;
        if (g == NULL) continue;
        TRY(copy_row(s, leaf, i, key));
        g->found += t->figures.rows - before;
    }
    return salvage_target_relax(&s->target);
}

static hs_status note_leaf(void *context, const page_header *h) {
    salvage *s = context;
    salvaged_table *t = table_of(s, h);
    if (t == NULL || h->level > 0 || t->gap_count == 0) return HS_OK;
    TRY(memory_reserve((void **)&s->leaves, &s->leaf_capacity, s->leaf_count + 1,
                       sizeof *s->leaves));
    s->leaves[s->leaf_count++] = (loose_leaf){h->txn, (uint32_t)(t - s->tables), h->page};
    return HS_OK;
}

/* By table, the newest first. */
static int compare_leaves(const void *a, const void *b) {
    const loose_leaf *x = a, *y = b;
    if (x->table != y->table) return x->table < y->table ? -1 : 1;
    if (x->txn != y->txn) return x->txn > y->txn ? -1 : 1;
    return x->page < y->page ? -1 : x->page > y->page;
}

/* --- ranges of keys that newer leaves have answered for --------------------------------------- */

/* They are kept in a table of the new collection, last key -> first key, as there may be many. They
 * never overlap. */
static const engine_table cover = {ENGINE_FAMILIES_MAX, 1};

static hs_status cover_begin(salvage *s) {
    const engine_table_options options = {.alignment = 1};
    txn_family *f;
    engine_table made;
    TRY(salvage_target_family(&s->target, cover.family, &f));
    if (f == NULL) TRY(txn_create_family(s->target.txn, cover.family, "cover", &f));
    return txn_create_table(s->target.txn, f, cover.table, "cover", &options, &made);
}

static hs_status cover_end(salvage *s) {
    txn_family *f;
    TRY(salvage_target_family(&s->target, cover.family, &f));
    return txn_drop_table(s->target.txn, cover);
}

static hs_status cover_drop(salvage *s) {
    txn_family *f;
    TRY(salvage_target_family(&s->target, cover.family, &f));
    return f == NULL ? HS_OK : txn_drop_family(s->target.txn, f);
}

/* Whether a key lies in a range; a negative status on failure. */
static int covers(engine_cursor *ranges, hs_slice key) {
    int found = engine_cursor_seek(ranges, key);
    return found <= 0 ? found : key_compare(engine_cursor_value(ranges), key) <= 0;
}

/* Adds the range from `first` to `last`, joined with those that it overlaps. */
static hs_status cover_add(salvage *s, engine_cursor *ranges, hs_slice first, hs_slice last) {
    uint8_t first_bytes[ENGINE_KEY_MAX], last_bytes[ENGINE_KEY_MAX];
    txn_family *f;
    bool written;
    int found;
    TRY(salvage_target_family(&s->target, cover.family, &f));
    while ((found = engine_cursor_seek(ranges, first)) > 0) {
        hs_slice from = engine_cursor_value(ranges), to = engine_cursor_key(ranges);
        if (key_compare(from, last) > 0) break;
        if (key_compare(from, first) < 0)
            first = (hs_slice){memmove(first_bytes, from.data, from.size), from.size};
        if (key_compare(to, last) > 0)
            last = (hs_slice){memmove(last_bytes, to.data, to.size), to.size};
        uint8_t gone[ENGINE_KEY_MAX];
        to = (hs_slice){memcpy(gone, to.data, to.size), to.size};
        TRY(txn_delete(s->target.txn, cover, false, to));
    }
    if (found < 0) return (hs_status)found;
    return salvage_target_put(&s->target, cover, last, first, &written);
}

/* Takes the rows of a leaf that no newer leaf answers for. */
static hs_status take_rows(salvage *s, const node *leaf, engine_cursor *ranges) {
    uint8_t bytes[ENGINE_KEY_MAX], last[ENGINE_KEY_MAX];
    for (uint32_t i = 0; i < leaf->count; i++) {
        hs_slice key = node_key(leaf, i, bytes);
        gap *g = find_gap(s->table, key);
        uint64_t before = s->table->figures.rows;
        int covered = g == NULL ? 1 : covers(ranges, key);
        if (covered < 0) return (hs_status)covered;
        if (covered > 0) continue;
        TRY(copy_row(s, leaf, i, key));
        g->found += s->table->figures.rows - before;
        if (s->table->figures.rows > before) s->result->stale = true;
    }
    return cover_add(s, ranges, node_key(leaf, 0, bytes), node_key(leaf, leaf->count - 1u, last));
}

static hs_status take_leaf(salvage *s, const loose_leaf *loose) {
    char message[PAGE_FAULT_MAX];
    page_expect expect = expect_node(def_of(s), 0);
    engine_cursor *ranges;
    if (!salvage_read_node(&s->source, loose->page, &expect, s->levels[0], message)) return HS_OK;
    TRY(engine_cursor_open(&s->target.txn->base, cover, &ranges));
    hs_status status = take_rows(s, (const node *)(const void *)s->levels[0], ranges);
    engine_cursor_close(ranges);
    return status == HS_OK ? salvage_target_relax(&s->target) : status;
}

/* The space map is lost: pages of earlier states are among what is found, and the newest counts. */
static hs_status take_newest(salvage *s) {
    TRY(salvage_scan(&s->source, NULL, &s->seen, note_leaf, s));
    if (s->leaf_count == 0) return HS_OK;
    qsort(s->leaves, s->leaf_count, sizeof *s->leaves, compare_leaves);
    for (size_t i = 0; i < s->leaf_count; i++) {
        bool first = i == 0 || s->leaves[i].table != s->leaves[i - 1].table;
        bool last = i + 1 == s->leaf_count || s->leaves[i].table != s->leaves[i + 1].table;
        s->table = &s->tables[s->leaves[i].table];
        if (first) TRY(cover_begin(s));
        TRY(take_leaf(s, &s->leaves[i]));
        if (last) TRY(cover_end(s));
    }
    return cover_drop(s);
}

/* Looks for what is cut off. Without gaps, nothing is. */
static hs_status take_loose(salvage *s) {
    bool gaps = false;
    for (size_t i = 0; i < s->table_count; i++)
        gaps |= s->tables[i].gap_count > 0;
    if (!gaps) return HS_OK;
    if (!s->source.exact) return take_newest(s);
    TRY(salvage_scan(&s->source, &s->source.marked, &s->seen, take_marked, s));
    /* What is left in use: damaged pages, and long values whose leaf is lost. */
    for (uint64_t unit = FIRST_PAGE; unit < s->source.marked.bits; unit++)
        s->result->units_lost +=
            bitmap_test(&s->source.marked, unit) && !bitmap_test(&s->seen, unit);
    return HS_OK;
}

/* --- the report ------------------------------------------------------------------------------- */

/* The last key that was copied before a gap, or the first one behind it, as text. */
static hs_status neighbour(engine_cursor *c, const gap *g, bool before, char *text, size_t size) {
    int found = 0;
    if (before && g->has_lower) {
        found = engine_cursor_seek(c, (hs_slice){g->lower, g->lower_size});
        if (found >= 0) found = found > 0 ? engine_cursor_prev(c) : engine_cursor_last(c);
    } else if (!before && g->has_upper) {
        found = engine_cursor_seek(c, (hs_slice){g->upper, g->upper_size});
    }
    if (found < 0) return (hs_status)found;
    if (found == 0)
        snprintf(text, size, "%s", before ? "from the first key on" : "to the last key");
    else
        snprintf(text, size, "%s ", before ? "after key" : "before key");
    size_t used = strlen(text);
    if (found > 0) text_key(engine_cursor_key(c), text + used, size - used);
    return HS_OK;
}

static hs_status tell_gaps(salvage *s, engine_cursor *c) {
    for (size_t i = 0; i < s->table->gap_count; i++) {
        const gap *g = &s->table->gaps[i];
        char from[120], to[120], found[80] = "";
        TRY(neighbour(c, g, true, from, sizeof from));
        TRY(neighbour(c, g, false, to, sizeof to));
        if (g->found > 0)
            snprintf(found, sizeof found, ", but for %llu found there", (number)g->found);
        salvage_note(s->report, "column family %s, table %s: the rows %s %s are lost%s",
                     s->table->family->name, def_of(s)->name, from, to, found);
    }
    return HS_OK;
}

/* Sums a table up. Its rows are what the pages gave: the log has not been looked at yet. */
static hs_status tell_table(salvage *s) {
    hs_salvage_table *f = &s->table->figures;
    hs_salvage_result *r = s->result;
    uint64_t entries = s->table->entry->entries;
    f->lost_known = s->source.roots;
    if (f->lost_known && entries > f->rows) f->rows_lost = entries - f->rows;
    if (!f->lost_known) f->rows_lost = f->values_lost;
    r->tables++;
    r->rows += f->rows;
    r->rows_lost += f->rows_lost;
    r->pages_lost += f->pages_lost;
    r->values_lost += f->values_lost;
    hs_status status = HS_OK;
    if (f->rows_lost > f->values_lost && s->table->gap_count > 0) {
        engine_cursor *c;
        TRY(engine_cursor_open(&s->target.txn->base, def_of(s)->id, &c));
        status = tell_gaps(s, c);
        engine_cursor_close(c);
    }
    if (s->report != NULL && s->report->table != NULL) s->report->table(s->report->context, f);
    return status;
}

static hs_status tell(salvage *s) {
    for (size_t i = 0; i < s->table_count; i++) {
        s->table = &s->tables[i];
        TRY(tell_table(s));
    }
    if (s->strange > 0)
        salvage_note(s->report, "%llu leaves belong to tables that no catalog found knows",
                     (number)s->strange);
    if (s->result->units_lost > 0)
        salvage_note(s->report,
                     "%llu units in use are damaged, or belong to pages that are damaged",
                     (number)s->result->units_lost);
    return HS_OK;
}

/* --- beginning -------------------------------------------------------------------------------- */

static hs_status make_family(salvage *s, const family_entry *from) {
    txn_family *f;
    TRY(txn_create_family(s->target.txn, from->id, from->name, &f));
    for (uint32_t i = 0; i < from->count; i++) {
        const table_def *def = from->tables[i].def;
        engine_table table;
        TRY(txn_create_table(s->target.txn, f, def->id.table, def->name, &def->options, &table));
        salvaged_table *t = &s->tables[s->table_count++];
        *t = (salvaged_table){.family = from, .entry = &from->tables[i]};
        t->figures.family = from->name;
        t->figures.table = def->name;
    }
    f->next_table = from->next_table;
    return HS_OK;
}

/* Makes the families and tables under the numbers that they had. */
static hs_status make_families(salvage *s) {
    const catalog *c = s->source.catalog;
    size_t count = 0;
    engine_family next = s->source.newest != NULL ? s->source.newest->next_family : 1;
    for (uint32_t i = 0; i < c->count; i++)
        count += c->families[i]->count;
    s->tables = memory_zeroed((count + 1) * sizeof *s->tables);
    if (s->tables == NULL) return error_memory("a list of tables", count * sizeof *s->tables);
    for (uint32_t i = 0; i < c->count; i++) {
        TRY(make_family(s, c->families[i]));
        if (c->families[i]->id >= next) next = c->families[i]->id + 1;
    }
    s->target.store->next_family = next;
    s->target.sequence = s->source.newest != NULL ? s->source.newest->sequence : 0;
    return HS_OK;
}

static hs_status make_room(salvage *s) {
    size_t size = (16 + TREE_HEIGHT_MAX) * (size_t)UNIT_SIZE;
    s->nodes = memory_alloc(size);
    if (s->nodes == NULL) return error_memory("room for tree nodes", size);
    for (uint32_t level = 0; level < TREE_HEIGHT_MAX; level++)
        s->levels[level] = s->nodes + (level == 0 ? 0 : (size_t)(15 + level) * UNIT_SIZE);
    return bitmap_grow(&s->seen, s->source.units + 1);
}

/* --- all of it -------------------------------------------------------------------------------- */

static hs_status copy_all(salvage *s) {
    hs_salvage_result *r = s->result;
    TRY(make_room(s));
    TRY(make_families(s));
    TRY(walk_tables(s));
    TRY(take_loose(s));
    TRY(tell(s));
    TRY(salvage_log(&s->source, &s->target, &r->commits, &s->log_whole));
    r->complete = s->source.roots && s->log_whole && !r->stale && r->rows_lost == 0;
    return salvage_target_finish(&s->target);
}

hs_status engine_salvage(vfs *fs, const char *path, const char *new_path, const hs_config *config,
                         const hs_salvage_report *report, hs_salvage_result *result) {
    *result = (hs_salvage_result){0};
    salvage *s = memory_zeroed(sizeof *s);
    if (s == NULL) return error_memory("a salvage", sizeof *s);
    s->report = report;
    s->result = result;
    hs_status status = salvage_source_open(&s->source, fs, path, report);
    if (status == HS_OK) status = salvage_target_create(&s->target, fs, new_path, config);
    if (status == HS_OK) status = copy_all(s);
    salvage_target_discard(&s->target);
    salvage_source_close(&s->source);
    for (size_t i = 0; i < s->table_count; i++)
        memory_free(s->tables[i].gaps);
    memory_free(s->tables);
    memory_free(s->leaves);
    memory_free(s->nodes);
    buffer_free(&s->value);
    bitmap_free(&s->seen);
    memory_free(s);
    return status;
}
