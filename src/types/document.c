/* document.c: JSON by Jansson.
 *
 * What a property holds is the text as it was given, not what Jansson made of it: so numbers beyond
 * 64 bits of precision, the order of members and blanks come back as they were. Only numbers that
 * no int64 and no float64 has are refused, for nothing could compare them.
 */
#include "types/document.h"

#include <jansson.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

#define FLAGS (JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL)

static hs_status parse(hs_slice text, json_t **root) {
    json_error_t error;
    if (text.size > HS_DOCUMENT_MAX)
        return error_set(HS_LIMIT, "the JSON text has %zu bytes, more than 64 MiB", text.size);
    *root = json_loadb(text.size > 0 ? text.data : "", text.size, FLAGS, &error);
    if (*root != NULL) return HS_OK;
    return error_set(HS_PARSE, "no JSON: line %d, column %d: %s", error.line, error.column,
                     error.text);
}

hs_status document_check(hs_slice text) {
    json_t *root;
    TRY(parse(text, &root));
    json_decref(root);
    return HS_OK;
}

/* --- lists ------------------------------------------------------------------------------------ */

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static bool read_hex(hs_slice text, arena *memory, hs_slice *bytes) {
    const char *from = text.data;
    uint8_t *to = arena_alloc(memory, text.size / 2 + 1);
    if (to == NULL || text.size % 2 != 0) return false;
    for (size_t i = 0; i < text.size; i += 2) {
        int high = hex_digit(from[i]), low = hex_digit(from[i + 1]);
        if (high < 0 || low < 0) return false;
        to[i / 2] = (uint8_t)(high << 4 | low);
    }
    *bytes = (hs_slice){to, text.size / 2};
    return true;
}

/* {"timestamp": "…"}, {"uuid": "…"} and {"bytes": "…"} are what they say. */
static bool read_typed(const json_t *object, arena *memory, hs_value *value) {
    const char *name = json_object_iter_key(json_object_iter((json_t *)object));
    const json_t *member = name == NULL ? NULL : json_object_get(object, name);
    if (json_object_size(object) != 1 || !json_is_string(member)) return false;
    hs_slice text = {json_string_value(member), json_string_length(member)};
    if (strcmp(name, "timestamp") == 0) {
        value->kind = HS_TIMESTAMP;
        return hs_time_parse(text, &value->timestamp) == HS_OK;
    }
    if (strcmp(name, "uuid") == 0) {
        value->kind = HS_UUID;
        return hs_uuid_parse(text, &value->uuid) == HS_OK;
    }
    value->kind = HS_BYTES;
    return strcmp(name, "bytes") == 0 && read_hex(text, memory, &value->bytes);
}

static bool read_item(const json_t *item, arena *memory, hs_value *value) {
    *value = (hs_value){.kind = HS_NULL};
    switch (json_typeof(item)) {
    case JSON_NULL:
        return true;
    case JSON_TRUE:
    case JSON_FALSE:
        *value = (hs_value){.kind = HS_BOOL, .boolean = json_is_true(item)};
        return true;
    case JSON_INTEGER:
        *value = (hs_value){.kind = HS_INT64, .int64 = json_integer_value(item)};
        return true;
    case JSON_REAL:
        *value = (hs_value){.kind = HS_FLOAT64, .float64 = json_real_value(item)};
        return true;
    case JSON_STRING:
        value->kind = HS_STRING;
        value->bytes =
            arena_copy(memory, (hs_slice){json_string_value(item), json_string_length(item)});
        return value->bytes.data != NULL || value->bytes.size == 0;
    case JSON_OBJECT:
        return read_typed(item, memory, value);
    case JSON_ARRAY:
        break;
    }
    return false;
}

static hs_status read_items(const json_t *array, arena *memory, hs_value *list) {
    size_t count = json_array_size(array);
    hs_value *items = arena_alloc(memory, (count + 1) * sizeof *items);
    if (items == NULL) return error_memory("a list", count * sizeof *items);
    for (size_t i = 0; i < count; i++)
        if (!read_item(json_array_get(array, i), memory, items + i))
            return error_set(HS_PARSE,
                             "element %zu is no element of a list: null, true, false, a number, a "
                             "text, {\"timestamp\":…}, {\"uuid\":…} or {\"bytes\":…}",
                             i + 1);
    *list = (hs_value){.kind = HS_LIST, .list = {items, count}};
    return HS_OK;
}

hs_status document_list(hs_slice text, arena *memory, hs_value *list) {
    json_t *root;
    TRY(parse(text, &root));
    hs_status status = json_is_array(root)
                           ? read_items(root, memory, list)
                           : error_set(HS_PARSE, "a list is written as a JSON array");
    json_decref(root);
    return status;
}

struct hs_list {
    arena memory;
    hs_value value;
};

hs_status hs_list_parse(hs_slice json, hs_list **result) {
    hs_list *list = memory_zeroed(sizeof *list);
    if (list == NULL) return error_memory("a list", sizeof *list);
    hs_status status = document_list(json, &list->memory, &list->value);
    if (status == HS_OK)
        *result = list;
    else
        hs_list_free(list);
    return status;
}

const hs_value *hs_list_value(const hs_list *list) {
    return &list->value;
}

void hs_list_free(hs_list *list) {
    if (list == NULL) return;
    arena_free(&list->memory);
    memory_free(list);
}
