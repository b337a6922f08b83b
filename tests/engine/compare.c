/* compare.c: whether two engines hold the same. */
#include "engine/compare.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct report {
    char *text;
    size_t size;
} report;

__attribute__((format(printf, 2, 3))) static bool differ(const report *r, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(r->text, r->size, format, arguments);
    va_end(arguments);
    return false;
}

static bool same_bytes(hs_slice a, hs_slice b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static bool same_entries(engine_cursor *a, engine_cursor *b, const char *table, uint64_t expected,
                         const report *r) {
    for (uint64_t i = 0;; i++) {
        int more_a = engine_cursor_next(a), more_b = engine_cursor_next(b);
        if (more_a < 0 || more_b < 0) {
            return differ(r, "table '%s', entry %" PRIu64 ": %s", table, i, hs_last_error());
        }
        if (more_a != more_b) {
            return differ(r, "table '%s' ends at entry %" PRIu64 " on the %s side only", table, i,
                          more_a == 0 ? "first" : "second");
        }
        if (more_a == 0 && i == expected) return true;
        if (more_a == 0) {
            return differ(r, "table '%s' has %" PRIu64 " entries but counts %" PRIu64, table, i,
                          expected);
        }
        if (!same_bytes(engine_cursor_key(a), engine_cursor_key(b))) {
            return differ(r, "table '%s', entry %" PRIu64 ": the keys differ", table, i);
        }
        if (!same_bytes(engine_cursor_value(a), engine_cursor_value(b))) {
            return differ(r, "table '%s', entry %" PRIu64 ": the values differ (%zu, %zu bytes)",
                          table, i, engine_cursor_value(a).size, engine_cursor_value(b).size);
        }
    }
}

static bool same_table(engine_txn *a, const engine_table_info *a_info, engine_txn *b,
                       const engine_table_info *b_info, const report *r) {
    engine_cursor *a_cursor = NULL, *b_cursor = NULL;
    if (strcmp(a_info->name, b_info->name) != 0) {
        return differ(r, "table '%s' instead of '%s'", a_info->name, b_info->name);
    }
    if (a_info->entries != b_info->entries) {
        return differ(r, "table '%s' counts %" PRIu64 " entries instead of %" PRIu64, a_info->name,
                      a_info->entries, b_info->entries);
    }
    bool same = false;
    if (engine_cursor_open(a, a_info->table, &a_cursor) == HS_OK &&
        engine_cursor_open(b, b_info->table, &b_cursor) == HS_OK) {
        same = same_entries(a_cursor, b_cursor, a_info->name, a_info->entries, r);
    } else {
        differ(r, "table '%s': %s", a_info->name, hs_last_error());
    }
    engine_cursor_close(a_cursor);
    engine_cursor_close(b_cursor);
    return same;
}

static bool same_family(engine_txn *a, const engine_family_info *a_info, engine_txn *b,
                        const engine_family_info *b_info, const report *r) {
    const engine_table_info *a_tables = NULL, *b_tables = NULL;
    size_t a_count = 0, b_count = 0;
    if (strcmp(a_info->name, b_info->name) != 0) {
        return differ(r, "family '%s' instead of '%s'", a_info->name, b_info->name);
    }
    if (engine_table_list(a, a_info->family, &a_tables, &a_count) != HS_OK ||
        engine_table_list(b, b_info->family, &b_tables, &b_count) != HS_OK) {
        return differ(r, "family '%s': %s", a_info->name, hs_last_error());
    }
    if (a_count != b_count) {
        return differ(r, "family '%s' has %zu tables instead of %zu", a_info->name, a_count,
                      b_count);
    }
    for (size_t i = 0; i < a_count; i++) {
        if (!same_table(a, &a_tables[i], b, &b_tables[i], r)) return false;
    }
    return true;
}

bool engines_equal(engine_txn *a, engine_txn *b, char *difference, size_t size) {
    const report r = {difference, size};
    const engine_family_info *a_families = NULL, *b_families = NULL;
    size_t a_count = 0, b_count = 0;
    if (engine_family_list(a, &a_families, &a_count) != HS_OK ||
        engine_family_list(b, &b_families, &b_count) != HS_OK) {
        return differ(&r, "the families: %s", hs_last_error());
    }
    if (a_count != b_count) return differ(&r, "%zu families instead of %zu", a_count, b_count);
    for (size_t i = 0; i < a_count; i++) {
        if (!same_family(a, &a_families[i], b, &b_families[i], &r)) return false;
    }
    return true;
}
