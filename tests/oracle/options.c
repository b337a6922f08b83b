/* options.c: the rules of engine/engine.h for names, table options and sizes. */
#include "oracle/options.h"

#include <string.h>

#include "base/error.h"

hs_status oracle_check_name(const char *what, const char *name) {
    size_t length = strlen(name);
    if (length >= 1 && length <= 80) return HS_OK;
    return error_set(HS_INVALID, "a %s name has 1 to 80 bytes, not %zu", what, length);
}

static uint32_t page_size(const engine_table_options *options) {
    return options->page_size == 0 ? 4096 : options->page_size;
}

hs_status oracle_check_options(const char *name, const engine_table_options *options) {
    uint32_t page = page_size(options);
    uint32_t alignment = options->alignment == 0 ? 1 : options->alignment;
    if (options->key_size > ENGINE_KEY_MAX) {
        return error_set(HS_LIMIT, "table '%s': keys of %u bytes are longer than %d", name,
                         options->key_size, ENGINE_KEY_MAX);
    }
    if (page < 4096 || page > 65536 || (page & (page - 1)) != 0) {
        return error_set(HS_INVALID, "table '%s': %u is no page size", name, page);
    }
    if (alignment != 1 && alignment != 8 && alignment != 64) {
        return error_set(HS_INVALID, "table '%s': %u is no alignment", name, alignment);
    }
    if (alignment > 1 && !options->fixed_value) {
        return error_set(HS_INVALID, "table '%s': only fixed values can be aligned", name);
    }
    if (!options->fixed_value) return HS_OK;
    if (options->key_size == 0) {
        return error_set(HS_INVALID, "table '%s': fixed values need fixed keys", name);
    }
    uint64_t value = ((uint64_t)options->value_size + alignment - 1) / alignment * alignment;
    if (64 + 3 * (options->key_size + value) > page) {
        return error_set(HS_INVALID, "table '%s': less than three entries fit a page of %u bytes",
                         name, page);
    }
    return HS_OK;
}

hs_status oracle_check_key(const engine_table_options *options, size_t key_size) {
    if (key_size > ENGINE_KEY_MAX) {
        return error_set(HS_LIMIT, "a key of %zu bytes is longer than %d", key_size,
                         ENGINE_KEY_MAX);
    }
    if (options->key_size > 0 && key_size != options->key_size) {
        return error_set(HS_INVALID, "a key of %zu bytes in a table with keys of %u bytes",
                         key_size, options->key_size);
    }
    return HS_OK;
}

hs_status oracle_check_entry(const engine_table_options *options, size_t key_size,
                             size_t value_size) {
    TRY(oracle_check_key(options, key_size));
    if (value_size > ENGINE_VALUE_MAX) {
        return error_set(HS_LIMIT, "a value of %zu bytes is too long", value_size);
    }
    if (options->fixed_value && value_size != options->value_size) {
        return error_set(HS_INVALID, "a value of %zu bytes in a table with values of %u bytes",
                         value_size, options->value_size);
    }
    return HS_OK;
}

size_t oracle_alignment(const engine_table_options *options, size_t value_size) {
    if (value_size > page_size(options) / 4) return 64;
    return options->alignment == 0 ? 1 : options->alignment;
}
