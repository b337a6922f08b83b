/* map_state.c: all families and tables of one commit, as the in-memory model holds them. */
#include "oracle/map_state.h"

#include "base/error.h"
#include "oracle/options.h"

map_state *map_state_copy(const map_state *from) {
    map_state *copy = oracle_copy(from, sizeof *from);
    copy->references = 1;
    copy->families = oracle_copy(from->families, from->count * sizeof *from->families);
    for (size_t i = 0; i < copy->count; i++) {
        map_family *family = &copy->families[i];
        family->tables = oracle_copy(family->tables, family->count * sizeof *family->tables);
        for (size_t k = 0; k < family->count; k++) {
            treap_retain(family->tables[k].entries);
        }
    }
    return copy;
}

void map_family_clear(map_family *family) {
    for (size_t k = 0; k < family->count; k++) {
        treap_release(family->tables[k].entries);
    }
    free(family->tables);
    *family = (map_family){0};
}

void map_state_release(map_state *s) {
    if (--s->references > 0) return;
    for (size_t i = 0; i < s->count; i++) {
        map_family_clear(&s->families[i]);
    }
    free(s->families);
    free(s);
}

hs_status map_find_family(const map_state *s, engine_family number, map_family **family) {
    *family = NULL;
    if (number == 0 || number > s->count || s->families[number - 1].number == 0) {
        return error_set(HS_NOT_FOUND, "there is no family %u", number);
    }
    *family = &s->families[number - 1];
    return HS_OK;
}

hs_status map_find_table(const map_state *s, engine_table id, map_table **table) {
    map_family *family;
    *table = NULL;
    TRY(map_find_family(s, id.family, &family));
    if (id.table == 0 || id.table > family->count || family->tables[id.table - 1].number == 0) {
        return error_set(HS_NOT_FOUND, "family '%s' has no table %u", family->name, id.table);
    }
    *table = &family->tables[id.table - 1];
    return HS_OK;
}

hs_status map_named_family(const map_state *s, const char *name, engine_family *family) {
    for (size_t i = 0; i < s->count; i++) {
        if (s->families[i].number == 0 || strcmp(s->families[i].name, name) != 0) continue;
        *family = s->families[i].number;
        return HS_OK;
    }
    return error_set(HS_NOT_FOUND, "there is no family '%s'", name);
}

hs_status map_named_table(const map_family *family, const char *name, engine_table *table) {
    for (size_t i = 0; i < family->count; i++) {
        if (family->tables[i].number == 0 || strcmp(family->tables[i].name, name) != 0) continue;
        *table = (engine_table){family->number, family->tables[i].number};
        return HS_OK;
    }
    return error_set(HS_NOT_FOUND, "family '%s' has no table '%s'", family->name, name);
}

hs_status map_check_free_name(const map_state *s, const char *name) {
    engine_family taken;
    TRY(oracle_check_name("family", name));
    if (map_named_family(s, name, &taken) != HS_OK) return HS_OK;
    return error_set(HS_EXISTS, "a family '%s' exists already", name);
}

hs_status map_add_family(map_state *s, const char *name, engine_family *number) {
    TRY(map_check_free_name(s, name));
    if (s->count == ENGINE_FAMILIES_MAX) return error_set(HS_LIMIT, "too many families");
    s->families = oracle_must(realloc(s->families, (s->count + 1) * sizeof *s->families));
    map_family *family = &s->families[s->count++];
    *family = (map_family){.number = (engine_family)s->count};
    strcpy(family->name, name);
    *number = family->number;
    return HS_OK;
}

hs_status map_add_table(map_state *s, engine_family number, const char *name,
                        const engine_table_options *options, engine_table *id) {
    map_family *family;
    TRY(map_find_family(s, number, &family));
    TRY(oracle_check_name("table", name));
    TRY(oracle_check_options(name, options));
    if (map_named_table(family, name, id) == HS_OK) {
        return error_set(HS_EXISTS, "family '%s' has a table '%s' already", family->name, name);
    }
    if (family->count == ENGINE_TABLES_MAX) return error_set(HS_LIMIT, "too many tables");
    family->tables =
        oracle_must(realloc(family->tables, (family->count + 1) * sizeof *family->tables));
    map_table *table = &family->tables[family->count++];
    *table = (map_table){.number = (uint32_t)family->count, .options = *options};
    strcpy(table->name, name);
    *id = (engine_table){number, table->number};
    return HS_OK;
}
