/* vector_kind.c: kinds of vectors: what may be registered, the registry, the tables. */
#include "storage/vectors/vector_kind.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "storage/vectors/postings.h"

#define VECTORS_PREFIX   "vectors_"
#define POSTINGS_PREFIX  "postings_"
#define BOUNDS_PREFIX    "bounds_"
#define TABLE_NAME_MAX   80
#define VECTOR_ALIGNMENT 64
#define PAGE_HEADER      64
#define PAGE_ENTRIES_MIN 3

/* --- options ---------------------------------------------------------------------------------- */

/* What there is of a form. */
typedef struct form_traits {
    const char *name;
    uint32_t dimension_min, dimension_max;
    bool elements; /* numbers may be stored as something else than float32 */
    hs_metric usual;
    unsigned metrics; /* a bit for each */
} form_traits;

#define METRIC(metric) (1u << (metric))

static const form_traits forms[] = {
    [HS_DENSE] = {"dense", 1, HS_DIMENSION_MAX, true, HS_L2,
                  METRIC(HS_L2) | METRIC(HS_COSINE) | METRIC(HS_INNER_PRODUCT) | METRIC(HS_L1)},
    [HS_BINARY] = {"binary", 1, HS_BINARY_DIMENSION_MAX, false, HS_HAMMING, METRIC(HS_HAMMING)},
    [HS_SPARSE] = {"sparse", 0, UINT32_MAX, false, HS_INNER_PRODUCT, METRIC(HS_INNER_PRODUCT)},
    [HS_MULTI] = {"multi", 1, HS_DIMENSION_MAX, true, HS_INNER_PRODUCT,
                  METRIC(HS_COSINE) | METRIC(HS_INNER_PRODUCT)},
};
static const char *const elements[] = {"float32", "float16", "int8"};
static const char *const metrics[] = {NULL, "l2", "cosine", "inner-product", "l1", "hamming"};

#define COUNT(array) (sizeof(array) / sizeof *(array))

const char *hs_vector_form_name(hs_vector_form form) {
    return (unsigned)form < COUNT(forms) ? forms[form].name : NULL;
}

const char *hs_element_name(hs_element element) {
    return (unsigned)element < COUNT(elements) ? elements[element] : NULL;
}

const char *hs_metric_name(hs_metric metric) {
    return (unsigned)metric < COUNT(metrics) ? metrics[metric] : NULL;
}

hs_status vector_metric_check(const hs_vector_options *options, hs_metric metric) {
    if (hs_metric_name(metric) == NULL)
        return error_set(HS_INVALID, "%d is no metric", (int)metric);
    if (forms[options->form].metrics & METRIC(metric)) return HS_OK;
    return error_set(HS_INVALID, "the metric %s is not for %s vectors", hs_metric_name(metric),
                     forms[options->form].name);
}

hs_status vector_dimension_check(hs_vector_form form, uint32_t dimension) {
    const form_traits *traits = &forms[form];
    if (dimension >= traits->dimension_min && dimension <= traits->dimension_max) return HS_OK;
    return error_set(HS_INVALID, "a %s vector has %u to %u dimensions, not %u", traits->name,
                     traits->dimension_min, traits->dimension_max, dimension);
}

hs_status vector_options_check(hs_vector_options *options) {
    if (hs_vector_form_name(options->form) == NULL)
        return error_set(HS_INVALID, "%d is no form of vectors", (int)options->form);
    if (hs_element_name(options->element) == NULL)
        return error_set(HS_INVALID, "%d is no element of vectors", (int)options->element);
    TRY(vector_dimension_check(options->form, options->dimension));
    const form_traits *traits = &forms[options->form];
    if (options->element != HS_ELEMENT_FLOAT32 && !traits->elements)
        return error_set(HS_INVALID, "%s vectors cannot be stored as %s", traits->name,
                         elements[options->element]);
    if (options->metric == HS_METRIC_DEFAULT) options->metric = traits->usual;
    return vector_metric_check(options, options->metric);
}

size_t vector_row_size(const hs_vector_options *options) {
    if (options->form == HS_BINARY) return ((size_t)options->dimension + 7) / 8;
    return element_row_size(vector_element(options), options->dimension);
}

/* --- the registry ----------------------------------------------------------------------------- */

void vector_kind_encode(const hs_vector_options *options, uint8_t bytes[VECTOR_KIND_SIZE]) {
    bytes[0] = (uint8_t)options->form;
    bytes[1] = (uint8_t)options->element;
    bytes[2] = (uint8_t)options->metric;
    bytes[3] = 0;
    store_u32(bytes + 4, options->dimension);
}

hs_status vector_kind_decode(hs_slice name, hs_slice value, vector_kind *kind) {
    const uint8_t *bytes = value.data;
    if (name.size == 0 || name.size > HS_NAME_MAX || value.size != VECTOR_KIND_SIZE ||
        bytes[2] == HS_METRIC_DEFAULT || bytes[3] != 0)
        return error_set(HS_CORRUPT, "an entry of the registry of vectors is damaged");
    *kind = (vector_kind){.options = {.form = (hs_vector_form)bytes[0],
                                      .element = (hs_element)bytes[1],
                                      .metric = (hs_metric)bytes[2],
                                      .dimension = load_u32(bytes + 4)}};
    memcpy(kind->name, name.data, name.size);
    if (vector_options_check(&kind->options) == HS_OK) return HS_OK;
    return error_set(HS_CORRUPT, "the registration of vector '%s' is damaged", kind->name);
}

static void table_name(const char *prefix, const char *name, char to[TABLE_NAME_MAX + 1]) {
    snprintf(to, TABLE_NAME_MAX + 1, "%s%s", prefix, name);
}

/* The table of a kind. HS_CORRUPT if it is gone. */
static hs_status find_table(engine_txn *txn, engine_family family, const char *prefix,
                            const char *name, engine_table *table) {
    char full[TABLE_NAME_MAX + 1];
    table_name(prefix, name, full);
    hs_status status = engine_table_find(txn, family, full, table);
    if (status != HS_NOT_FOUND) return status;
    return error_set(HS_CORRUPT, "vector '%s' is registered, but its table %s is gone", name, full);
}

static hs_status find_tables(engine_txn *txn, engine_family family, vector_kind *kind) {
    TRY(find_table(txn, family, VECTORS_PREFIX, kind->name, &kind->table));
    if (kind->options.form != HS_SPARSE) return HS_OK;
    TRY(find_table(txn, family, POSTINGS_PREFIX, kind->name, &kind->postings));
    char full[TABLE_NAME_MAX + 1];
    table_name(BOUNDS_PREFIX, kind->name, full);
    hs_status status = engine_table_find(txn, family, full, &kind->bounds);
    return status == HS_NOT_FOUND ? HS_OK : status;
}

hs_status vector_kind_find(engine_txn *txn, engine_family family, const char *name,
                           vector_kind *kind) {
    hs_slice value;
    TRY(engine_get(txn, layout_table(family, TABLE_VECTOR_KINDS), hs_slice_of(name), &value));
    TRY(vector_kind_decode(hs_slice_of(name), value, kind));
    return find_tables(txn, family, kind);
}

hs_status vector_kind_list(engine_txn *txn, engine_family family, arena *arena,
                           const vector_kind **kinds, size_t *count) {
    engine_table registry = layout_table(family, TABLE_VECTOR_KINDS);
    engine_cursor *cursor;
    size_t n = 0, capacity = 0;
    vector_kind *list = NULL;
    hs_status status = HS_OK;
    int moved;
    TRY(engine_cursor_open(txn, registry, &cursor));
    while (status == HS_OK && (moved = engine_cursor_next(cursor)) != 0) {
        if (n == capacity) {
            size_t wanted = capacity == 0 ? 8 : 2 * capacity;
            vector_kind *larger = arena_alloc(arena, wanted * sizeof *larger);
            if (larger == NULL) {
                status = error_memory("a list of vector kinds", wanted * sizeof *larger);
                break;
            }
            if (n > 0) memcpy(larger, list, n * sizeof *larger);
            list = larger;
            capacity = wanted;
        }
        status = moved == 1 ? vector_kind_decode(engine_cursor_key(cursor),
                                                 engine_cursor_value(cursor), &list[n])
                            : (hs_status)moved;
        if (status == HS_OK) status = find_tables(txn, family, &list[n++]);
    }
    engine_cursor_close(cursor);
    *kinds = list;
    *count = n;
    return status;
}

/* --- tables ----------------------------------------------------------------------------------- */

static engine_table_options table_options(const hs_vector_options *options, uint32_t page_size) {
    engine_table_options table = {.key_size = RID_KEY_SIZE, .alignment = 1};
    if (options->form == HS_SPARSE || options->form == HS_MULTI) return table;
    table.fixed_value = true;
    table.value_size = (uint32_t)vector_row_size(options);
    table.alignment =
        options->form == HS_BINARY && table.value_size < VECTOR_ALIGNMENT ? 8 : VECTOR_ALIGNMENT;
    uint32_t stride = (table.value_size + table.alignment - 1) / table.alignment * table.alignment;
    uint32_t needed = PAGE_HEADER + VECTOR_ALIGNMENT + PAGE_ENTRIES_MIN * (stride + RID_KEY_SIZE);
    while (page_size < needed)
        page_size *= 2;
    table.page_size = page_size;
    return table;
}

/* A table of a family by its name; NULL: there is none. Valid until the transaction's next list. */
static hs_status table_info(engine_txn *txn, engine_family family, const char *prefix,
                            const char *name, const engine_table_info **info) {
    char full[TABLE_NAME_MAX + 1];
    const engine_table_info *tables;
    size_t count;
    table_name(prefix, name, full);
    TRY(engine_table_list(txn, family, &tables, &count));
    *info = NULL;
    for (size_t i = 0; i < count; i++)
        if (strcmp(tables[i].name, full) == 0) *info = &tables[i];
    return HS_OK;
}

static hs_status create_table(engine_txn *txn, engine_family family, const char *prefix,
                              const char *name, const engine_table_options *options) {
    char full[TABLE_NAME_MAX + 1];
    engine_table table;
    const engine_table_info *left;
    table_name(prefix, name, full);
    TRY(table_info(txn, family, prefix, name, &left));
    if (left == NULL) return engine_table_create(txn, family, full, options, &table);
    if (left->options.fixed_value == options->fixed_value &&
        left->options.key_size == options->key_size &&
        left->options.value_size == options->value_size)
        return HS_OK;
    return error_set(HS_EXISTS,
                     "table %s is there without its registration, and holds vectors of another "
                     "kind; drop vector '%s' first",
                     full, name);
}

hs_status vector_kind_create(engine_txn *txn, engine_family family, const char *name,
                             const hs_vector_options *options, uint32_t page_size) {
    uint8_t bytes[VECTOR_KIND_SIZE];
    const engine_table_info *taken_over;
    engine_table_options table = table_options(options, page_size);
    TRY(create_table(txn, family, VECTORS_PREFIX, name, &table));
    if (options->form == HS_SPARSE) {
        bool found;
        TRY(table_info(txn, family, POSTINGS_PREFIX, name, &taken_over));
        found = taken_over != NULL;
        TRY(create_table(txn, family, POSTINGS_PREFIX, name, &postings_options));
        /* Postings that are taken over have no bounds unless those are there too. */
        if (!found) TRY(create_table(txn, family, BOUNDS_PREFIX, name, &bounds_options));
    }
    vector_kind_encode(options, bytes);
    return engine_put(txn, layout_table(family, TABLE_VECTOR_KINDS), hs_slice_of(name),
                      (hs_slice){bytes, sizeof bytes});
}

static hs_status drop_table(engine_txn *txn, engine_family family, const char *prefix,
                            const char *name, uint64_t *entries, bool *found) {
    const engine_table_info *info;
    TRY(table_info(txn, family, prefix, name, &info));
    if (info == NULL) return HS_OK;
    *found = true;
    *entries = info->entries;
    return engine_table_drop(txn, info->table);
}

hs_status vector_kind_drop(engine_txn *txn, engine_family family, const char *name,
                           uint64_t *vectors) {
    bool found = false;
    uint64_t postings;
    *vectors = 0;
    hs_status status =
        engine_delete(txn, layout_table(family, TABLE_VECTOR_KINDS), hs_slice_of(name));
    if (status != HS_OK && status != HS_NOT_FOUND) return status;
    found = status == HS_OK;
    TRY(drop_table(txn, family, VECTORS_PREFIX, name, vectors, &found));
    TRY(drop_table(txn, family, POSTINGS_PREFIX, name, &postings, &found));
    TRY(drop_table(txn, family, BOUNDS_PREFIX, name, &postings, &found));
    return found ? HS_OK : HS_NOT_FOUND;
}

static bool has_prefix(const engine_table_info *table, const char *prefix, const char **name) {
    size_t size = strlen(prefix);
    if (table->table.table <= FAMILY_TABLE_COUNT || strncmp(table->name, prefix, size) != 0)
        return false;
    *name = table->name + size;
    return true;
}

bool vector_table_is(const engine_table_info *table, const char **name) {
    return has_prefix(table, VECTORS_PREFIX, name);
}

bool vector_postings_is(const engine_table_info *table, const char **name) {
    return has_prefix(table, POSTINGS_PREFIX, name);
}

bool vector_bounds_is(const engine_table_info *table, const char **name) {
    return has_prefix(table, BOUNDS_PREFIX, name);
}
