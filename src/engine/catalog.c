/* catalog.c: making, searching and storing catalogs. */
#include "engine/catalog.h"

#include <string.h>

#include "base/buffer.h"
#include "base/error.h"

catalog *catalog_alloc(uint32_t families) {
    catalog *c = memory_zeroed(sizeof *c + families * sizeof(family_entry *));
    if (c != NULL) c->count = families;
    return c;
}

family_entry *family_alloc(uint32_t tables) {
    family_entry *f = memory_zeroed(sizeof *f + tables * sizeof(table_entry));
    if (f != NULL) f->count = tables;
    return f;
}

static uint32_t page_size_of(const engine_table_options *options) {
    return options->page_size == 0 ? UNIT_SIZE : options->page_size;
}

static uint32_t alignment_of(const engine_table_options *options) {
    return options->alignment == 0 ? 1 : options->alignment;
}

hs_status table_options_check(const char *name, const engine_table_options *options) {
    uint32_t page_size = page_size_of(options), alignment = alignment_of(options);
    if (name == NULL || name[0] == '\0' || strlen(name) > CATALOG_NAME_MAX) {
        return error_set(HS_INVALID, "a table name must have 1 to %d bytes", CATALOG_NAME_MAX);
    }
    if (page_size < UNIT_SIZE || page_size > 16 * UNIT_SIZE || (page_size & (page_size - 1)) != 0) {
        return error_set(HS_INVALID,
                         "table %s: page_size %u is not a power of two from 4096 to 65536", name,
                         page_size);
    }
    if (alignment != 1 && alignment != 8 && alignment != 64) {
        return error_set(HS_INVALID, "table %s: alignment %u is none of 1, 8, 64", name, alignment);
    }
    if (options->key_size > ENGINE_KEY_MAX) {
        return error_set(HS_LIMIT, "table %s: key_size %u exceeds %d", name, options->key_size,
                         ENGINE_KEY_MAX);
    }
    if (!options->fixed_value) {
        if (alignment > 1)
            return error_set(HS_INVALID, "table %s: alignment needs fixed values", name);
        if (options->value_size > 0)
            return error_set(HS_INVALID, "table %s: value_size needs fixed values", name);
        return HS_OK;
    }
    if (options->key_size == 0)
        return error_set(HS_INVALID, "table %s: fixed values need a key_size", name);
    if (options->value_size > page_size ||
        fixed_layout_of(options->key_size, options->value_size, alignment, page_size).capacity <
            3) {
        return error_set(HS_INVALID,
                         "table %s: fewer than three entries of %u + %u bytes fit a page of %u",
                         name, options->key_size, options->value_size, page_size);
    }
    return HS_OK;
}

table_def *table_def_create(engine_table id, const char *name,
                            const engine_table_options *options) {
    table_def *def = memory_zeroed(sizeof *def);
    if (def == NULL) return NULL;
    def->id = id;
    strncpy(def->name, name, CATALOG_NAME_MAX);
    def->options = *options;
    def->options.page_size = page_size_of(options);
    def->options.alignment = alignment_of(options);
    def->shape.leaf_units = def->options.page_size / UNIT_SIZE;
    def->shape.fixed = options->fixed_value;
    if (options->fixed_value) {
        def->shape.layout = fixed_layout_of(options->key_size, options->value_size,
                                            def->options.alignment, def->options.page_size);
    }
    def->max_inline = def->options.page_size / 4;
    return def;
}

family_entry *catalog_family(const catalog *c, engine_family id) {
    uint32_t low = 0, high = c->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (c->families[middle]->id == id) return c->families[middle];
        if (c->families[middle]->id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

family_entry *catalog_family_named(const catalog *c, const char *name) {
    for (uint32_t i = 0; i < c->count; i++) {
        if (strcmp(c->families[i]->name, name) == 0) return c->families[i];
    }
    return NULL;
}

table_entry *family_table(family_entry *f, uint32_t number) {
    /* Without drops, table n stands at n - 1. */
    if (number >= 1 && number <= f->count && f->tables[number - 1].def->id.table == number)
        return &f->tables[number - 1];
    for (uint32_t i = 0; i < f->count; i++) {
        if (f->tables[i].def->id.table == number) return &f->tables[i];
    }
    return NULL;
}

table_entry *family_table_named(family_entry *f, const char *name) {
    for (uint32_t i = 0; i < f->count; i++) {
        if (strcmp(f->tables[i].def->name, name) == 0) return &f->tables[i];
    }
    return NULL;
}

/* --- on disk ---------------------------------------------------------------------------------- */

hs_status table_options_encode(byte_buffer *b, const engine_table_options *o) {
    TRY(buffer_varint(b, o->key_size));
    TRY(buffer_varint(b, o->value_size));
    TRY(buffer_varint(b, (o->fixed_value ? 1u : 0u) | (o->shared ? 2u : 0u)));
    TRY(buffer_varint(b, o->alignment));
    return buffer_varint(b, o->page_size);
}

engine_table_options table_options_decode(byte_reader *r) {
    engine_table_options o = {0};
    o.key_size = read_u32(r, UINT32_MAX);
    o.value_size = read_u32(r, UINT32_MAX);
    uint32_t flags = read_u32(r, 3);
    o.fixed_value = (flags & 1) != 0;
    o.shared = (flags & 2) != 0;
    o.alignment = read_u32(r, UINT32_MAX);
    o.page_size = read_u32(r, UINT32_MAX);
    return o;
}

static hs_status encode_table(byte_buffer *b, const table_entry *t) {
    TRY(buffer_varint(b, t->def->id.table));
    TRY(buffer_slice(b, hs_slice_of(t->def->name)));
    TRY(table_options_encode(b, &t->def->options));
    TRY(buffer_varint(b, t->root));
    TRY(buffer_varint(b, t->height));
    TRY(buffer_varint(b, t->entries));
    TRY(buffer_varint(b, t->units));
    return buffer_varint(b, t->long_values);
}

static hs_status encode_all(byte_buffer *b, const catalog *c) {
    TRY(buffer_varint(b, c->count));
    for (uint32_t i = 0; i < c->count; i++) {
        const family_entry *f = c->families[i];
        TRY(buffer_varint(b, f->id));
        TRY(buffer_slice(b, hs_slice_of(f->name)));
        TRY(buffer_varint(b, f->next_table));
        TRY(buffer_varint(b, f->count));
        for (uint32_t t = 0; t < f->count; t++)
            TRY(encode_table(b, &f->tables[t]));
    }
    return HS_OK;
}

hs_status catalog_encode(const catalog *c, uint8_t **bytes, size_t *size) {
    byte_buffer b = {0};
    hs_status status = encode_all(&b, c);
    if (status != HS_OK) {
        buffer_free(&b);
        return status;
    }
    *bytes = b.data;
    *size = b.size;
    return HS_OK;
}

bool read_name(byte_reader *r, char name[CATALOG_NAME_MAX + 1]) {
    hs_slice text = read_slice(r);
    if (r->failed || text.size == 0 || text.size > CATALOG_NAME_MAX ||
        memchr(text.data, 0, text.size) != NULL) {
        r->failed = true;
        return false;
    }
    memcpy(name, text.data, text.size);
    name[text.size] = '\0';
    return true;
}

static hs_status decode_table(byte_reader *r, engine_family family, table_def **defs,
                              table_entry *t) {
    char name[CATALOG_NAME_MAX + 1];
    uint64_t number = read_varint(r);
    if (!read_name(r, name)) return HS_CORRUPT;
    engine_table_options options = table_options_decode(r);
    if (r->failed || number == 0 || number > ENGINE_TABLES_MAX ||
        table_options_check(name, &options) != HS_OK) {
        return HS_CORRUPT;
    }
    table_def *def = table_def_create((engine_table){family, (uint32_t)number}, name, &options);
    if (def == NULL) return error_memory("a table definition", sizeof *def);
    def->next = *defs;
    *defs = def;
    t->def = def;
    t->root = read_u32(r, UINT32_MAX);
    t->height = read_u32(r, 32);
    t->entries = read_varint(r);
    t->units = read_varint(r);
    t->long_values = read_varint(r);
    return r->failed || (t->root == 0) != (t->height == 0) ? HS_CORRUPT : HS_OK;
}

static hs_status decode_family(byte_reader *r, engine_family above, table_def **defs,
                               family_entry **result) {
    char name[CATALOG_NAME_MAX + 1];
    uint64_t id = read_varint(r);
    if (!read_name(r, name)) return HS_CORRUPT;
    uint32_t next_table = read_u32(r, ENGINE_TABLES_MAX + 1),
             count = read_u32(r, ENGINE_TABLES_MAX);
    if (r->failed || id <= above || id > ENGINE_FAMILIES_MAX) return HS_CORRUPT;
    family_entry *f = family_alloc(count);
    if (f == NULL) return error_memory("a column family", sizeof *f);
    *result = f;
    f->id = (engine_family)id;
    f->next_table = next_table;
    memcpy(f->name, name, sizeof name);
    for (uint32_t t = 0; t < f->count; t++) {
        TRY(decode_table(r, f->id, defs, &f->tables[t]));
        if (t > 0 && f->tables[t].def->id.table <= f->tables[t - 1].def->id.table)
            return HS_CORRUPT;
    }
    bool numbered = f->count == 0 || f->tables[f->count - 1].def->id.table < next_table;
    return next_table > 0 && numbered ? HS_OK : HS_CORRUPT;
}

hs_status catalog_decode(const uint8_t *bytes, size_t size, table_def **defs, catalog **result) {
    byte_reader r = {bytes, bytes + size, false};
    uint64_t count = read_varint(&r);
    if (r.failed || count > ENGINE_FAMILIES_MAX)
        return error_set(HS_CORRUPT, "the catalog is damaged");
    catalog *c = catalog_alloc((uint32_t)count);
    if (c == NULL) return error_memory("the catalog", sizeof *c);
    hs_status status = HS_OK;
    engine_family above = 0;
    c->count = 0;
    while (c->count < count && status == HS_OK) {
        family_entry *f = NULL;
        status = decode_family(&r, above, defs, &f);
        if (f != NULL) {
            above = f->id;
            c->families[c->count++] = f;
        }
    }
    if (status == HS_OK && (r.failed || r.next != r.end)) status = HS_CORRUPT;
    if (status != HS_OK) {
        catalog_free_all(c);
        return status == HS_CORRUPT ? error_set(HS_CORRUPT, "the catalog is damaged") : status;
    }
    *result = c;
    return HS_OK;
}

void catalog_free_all(catalog *c) {
    if (c == NULL) return;
    for (uint32_t i = 0; i < c->count; i++)
        memory_free(c->families[i]);
    memory_free(c);
}
