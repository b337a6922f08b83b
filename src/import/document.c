/* document.c: reading a JSON file, and finding the line of a place again when something is wrong
 * with it. */
#include "import/document.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "import/input.h"

#define DOCUMENT_BYTES_MAX (64u << 20)
#define PATH_BYTES         256 /* of a place, as messages show it */

static hs_status read_text(const char *path, document *doc) {
    input *in;
    TRY(input_open(path, &in));
    hs_status status = HS_OK;
    size_t capacity = 0, got = 1;
    while (status == HS_OK && got > 0) {
        status = memory_reserve((void **)&doc->text, &capacity, doc->size + 65536, 1);
        if (status == HS_OK)
            status = input_read(in, doc->text + doc->size, capacity - doc->size, &got);
        if (status != HS_OK) break;
        doc->size += got;
        if (doc->size > DOCUMENT_BYTES_MAX)
            status = error_set(HS_LIMIT, "%s has more than 64 MiB", path);
    }
    input_close(in);
    return status;
}

hs_status document_read(const char *path, document *doc) {
    *doc = (document){0};
    size_t size = strlen(path) + 1;
    char *copy = memory_alloc(size);
    if (copy == NULL) return error_memory("a path", size);
    memcpy(copy, path, size);
    doc->path = copy;
    TRY(read_text(path, doc));

    json_error_t error;
    doc->root = json_loadb(doc->text, doc->size, JSON_REJECT_DUPLICATES, &error);
    if (doc->root == NULL)
        return error_set(HS_PARSE, "%s:%d:%d: %s", path, error.line, error.column, error.text);
    return HS_OK;
}

void document_free(document *doc) {
    json_decref(doc->root);
    memory_free(doc->text);
    memory_free((char *)doc->path);
    *doc = (document){0};
}

/* --- places ---------------------------------------------------------------------------------- */

place document_root(const document *doc) {
    return (place){.of = doc, .value = doc->root};
}

place place_member(const place *at, const char *member) {
    return (place){at->of, at, member, 0, json_object_get(at->value, member)};
}

place place_element(const place *at, size_t index) {
    return (place){at->of, at, NULL, index, json_array_get(at->value, index)};
}

static const char *skip_blanks(const char *at) {
    while (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')
        at++;
    return at;
}

static const char *skip_string(const char *at) {
    for (at++; *at != '"'; at++)
        if (*at == '\\') at++;
    return at + 1;
}

/* Behind the value that starts at `at`. The text is well-formed, as jansson has read it. */
static const char *skip_value(const char *at) {
    size_t depth = 0;
    do {
        if (*at == '"') {
            at = skip_string(at);
            continue;
        }
        if (*at == '{' || *at == '[') depth++;
        if (*at == '}' || *at == ']') depth--;
        at++;
    } while (depth > 0 || strchr(",]} \t\r\n", *at) == NULL);
    return at;
}

/* Whether the string at `at` is `name`; one with escapes is compared as it is written, which is
 * good enough here. */
static bool string_is(const char *at, const char *name) {
    size_t size = strlen(name);
    return strncmp(at + 1, name, size) == 0 && at[1 + size] == '"';
}

/* The n-th member or element behind the bracket at `at`: its value, or its name for a member. */
static const char *find_child(const char *at, const place *child) {
    at = skip_blanks(at + 1);
    for (size_t i = 0; *at != '}' && *at != ']'; i++) {
        const char *start = at;
        if (child->member != NULL) {
            if (string_is(at, child->member)) return start;
            at = skip_blanks(skip_blanks(skip_string(at)) + 1);
        } else if (i == child->index) {
            return start;
        }
        at = skip_blanks(skip_value(at));
        if (*at == ',') at = skip_blanks(at + 1);
    }
    return NULL;
}

/* Where the value of the place starts in the text; of a missing member, where its object does. */
static const char *locate(const place *at) {
    if (at->in == NULL) return skip_blanks(at->of->text);
    const char *outer = locate(at->in);
    if (*outer == '"' && at->in->member != NULL)
        outer = skip_blanks(skip_blanks(skip_string(outer)) + 1);
    const char *inner = *outer == '{' || *outer == '[' ? find_child(outer, at) : NULL;
    return inner != NULL ? inner : outer;
}

static int line_of(const place *at) {
    int line = 1;
    for (const char *c = at->of->text, *end = locate(at); c < end; c++)
        line += *c == '\n';
    return line;
}

/* Appends the way to the place, such as "sources[3].edges[0].type". */
static size_t write_path(const place *at, char *path, size_t size) {
    if (at->in == NULL) return 0;
    size_t used = write_path(at->in, path, size);
    if (used + 1 >= size) return used;
    int more = at->member != NULL
                   ? snprintf(path + used, size - used, "%s%s", used > 0 ? "." : "", at->member)
                   : snprintf(path + used, size - used, "[%zu]", at->index);
    used += more > 0 ? (size_t)more : 0;
    return used < size ? used : size - 1;
}

hs_status place_error(const place *at, const char *format, ...) {
    char reason[512], path[PATH_BYTES] = "";
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    size_t size = write_path(at, path, sizeof path);
    return error_set(HS_PARSE, "%s:%d: %s%s%s", at->of->path, line_of(at), path,
                     size > 0 ? ": " : "", reason);
}

/* --- expectations ---------------------------------------------------------------------------- */

static const char *type_name(const json_t *value) {
    if (value == NULL) return "nothing";
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_NULL:
        return "null";
    default:
        return "a boolean";
    }
}

static hs_status expected(const place *at, const char *what) {
    if (at->value == NULL) return place_error(at, "is missing; expected %s", what);
    return place_error(at, "expected %s, not %s", what, type_name(at->value));
}

hs_status place_object(const place *at, const char *const members[]) {
    if (!json_is_object(at->value)) return expected(at, "an object");
    const char *name;
    json_t *value;
    json_object_foreach(at->value, name, value) {
        bool known = strcmp(name, "comment") == 0;
        for (size_t i = 0; !known && members[i] != NULL; i++)
            known = strcmp(name, members[i]) == 0;
        if (known) continue;

        char names[256];
        size_t used = 0;
        for (size_t i = 0; members[i] != NULL && used < sizeof names; i++)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i > 0 ? ", " : "",
                                     members[i]);
        place unknown = place_member(at, name);
        return place_error(&unknown, "there is no such member; there are: %s", names);
    }
    return HS_OK;
}

hs_status place_array(const place *at, size_t least) {
    if (!json_is_array(at->value)) return expected(at, "an array");
    if (json_array_size(at->value) < least)
        return place_error(at, "expected at least %zu element%s", least, least == 1 ? "" : "s");
    return HS_OK;
}

hs_status place_string(const place *at, bool may_be_empty, arena *memory, const char **text) {
    if (!json_is_string(at->value)) return expected(at, "a string");
    size_t size = json_string_length(at->value);
    if (size == 0 && !may_be_empty) return place_error(at, "the string is empty");
    assert(strlen(json_string_value(at->value)) == size);
    hs_slice copy = arena_copy(memory, (hs_slice){json_string_value(at->value), size + 1});
    if (copy.data == NULL) return error_memory("a string of the mapping", size + 1);
    *text = copy.data;
    return HS_OK;
}

hs_status place_bool(const place *at, bool *boolean) {
    if (!json_is_boolean(at->value)) return expected(at, "true or false");
    *boolean = json_is_true(at->value);
    return HS_OK;
}

hs_status place_number(const place *at, double *number) {
    if (!json_is_number(at->value)) return expected(at, "a number");
    *number = json_number_value(at->value);
    return HS_OK;
}
