/* json.c: the JSON reader. jansson decides what is well-formed; the cells are slices of the text.
 */
#include "import/json.h"

#include <assert.h>
#include <jansson.h>
#include <string.h>

#include "base/memory.h"

#define BROKEN_BYTES 4096 /* shown of a row that is too long */

/* Where in an array the reader stands. */
typedef enum json_phase {
    PHASE_BEGIN, /* behind its bracket */
    PHASE_COMMA, /* behind a comma: an element must follow */
    PHASE_BEHIND /* behind its end: only blanks may follow */
} json_phase;

struct json_reader {
    feed feed;
    const char *path;
    bool lines; /* then there is no array, and `phase` is not used */
    bool discover;
    json_phase phase;
    const char *broken; /* why the array cannot be read further; NULL if it can */
    column_list *columns;
    uint64_t line;
    uint64_t number;
};

static bool is_space(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static const char *skip_space(const char *at, const char *end) {
    while (at < end && is_space(*at))
        at++;
    return at;
}

/* Behind the string that starts at `at`, or NULL if it does not end. */
static const char *skip_string(const char *at, const char *end) {
    for (at++; at < end; at++) {
        if (*at == '\\')
            at++;
        else if (*at == '"')
            return at + 1;
    }
    return NULL;
}

/* Behind the value that starts at `at`: at the next comma or closing bracket outside of it. NULL if
 * it does not end. */
static const char *skip_value(const char *at, const char *end) {
    size_t depth = 0;
    while (at < end) {
        char c = *at;
        if (c == '"') {
            at = skip_string(at, end);
            if (at == NULL) return NULL;
            continue;
        }
        if (depth == 0 && (c == ',' || c == ']' || c == '}')) return at;
        if (c == '[' || c == '{') depth++;
        if (c == ']' || c == '}') depth--;
        at++;
    }
    return NULL;
}

static const char *trim_space(const char *start, const char *end) {
    while (end > start && is_space(end[-1]))
        end--;
    return end;
}

/* --- one object into cells ------------------------------------------------------------------- */

/* The raw text of the next member's value in a well-formed object; `*at` stands behind the brace or
 * comma before it. */
static hs_slice next_value(const char **at, const char *end) {
    const char *name = skip_space(*at, end);
    const char *colon = skip_space(skip_string(name, end), end);
    const char *value = skip_space(colon + 1, end);
    const char *behind = skip_value(value, end);
    assert(behind != NULL && *colon == ':');
    *at = behind + 1;
    return (hs_slice){value, (size_t)(trim_space(value, behind) - value)};
}

static hs_status value_cell(row_block *block, const json_t *value, hs_slice raw,
                            import_cell *cell) {
    *cell = (import_cell){raw.data, (uint32_t)raw.size, CELL_NUMBER};
    if (json_is_null(value)) {
        *cell = (import_cell){.kind = CELL_NULL};
    } else if (json_is_boolean(value)) {
        cell->kind = CELL_BOOL;
    } else if (json_is_object(value) || json_is_array(value)) {
        cell->kind = CELL_NESTED;
    } else if (json_is_string(value)) {
        hs_slice text = {(const char *)raw.data + 1, raw.size - 2};
        if (memchr(text.data, '\\', text.size) != NULL) {
            text = (hs_slice){json_string_value(value), json_string_length(value)};
            size_t size = text.size;
            text = arena_copy(&block->arena, text);
            if (text.data == NULL && size > 0) return error_memory("a string", size);
        }
        *cell = (import_cell){text.data, (uint32_t)text.size, CELL_TEXT};
    }
    return HS_OK;
}

/* The column of a member; `*guess` is where it is if all objects have the same order. SIZE_MAX:
 * none. */
static hs_status find_column(json_reader *reader, const char *name, size_t *guess, size_t *index) {
    column_list *columns = reader->columns;
    hs_slice text = hs_slice_of(name);
    size_t i = (*guess)++;
    if (i < columns->count && columns->names[i].size == text.size &&
        memcmp(columns->names[i].data, text.data, text.size) == 0) {
        *index = i;
        return HS_OK;
    }
    *index = column_list_find(columns, text);
    if (*index != SIZE_MAX || !reader->discover) return HS_OK;
    *index = columns->count;
    hs_status status = column_list_add(columns, text);
    return status == HS_OK ? status : error_context(status, "%s", reader->path);
}

static hs_status object_cells(json_reader *reader, row_block *block, json_t *object,
                              import_row *taken) {
    const char *at = (const char *)taken->text.data + 1;
    const char *end = (const char *)taken->text.data + taken->text.size;
    for (size_t i = 0; i < reader->columns->count; i++)
        TRY(row_block_add_cell(block, (import_cell){.kind = CELL_NULL}));
    size_t guess = 0;
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value) {
        size_t index;
        hs_slice raw = next_value(&at, end);
        TRY(find_column(reader, name, &guess, &index));
        if (index == SIZE_MAX) continue;
        if (taken->first_cell + index == block->cell_count)
            TRY(row_block_add_cell(block, (import_cell){.kind = CELL_NULL}));
        TRY(value_cell(block, value, raw, &block->cells[taken->first_cell + index]));
    }
    taken->cell_count = block->cell_count - taken->first_cell;
    return HS_OK;
}

/* Makes a row of an element's text. */
static hs_status take_element(json_reader *reader, row_block *block, const char *start,
                              const char *end) {
    import_row taken = {.number = ++reader->number,
                        .line = reader->line,
                        .text = {start, (size_t)(end - start)},
                        .first_cell = block->cell_count,
                        .fault_column = ROW_FAULT_WHOLE};
    json_error_t error;
    size_t flags =
        JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL;
    json_t *value = json_loadb(start, taken.text.size, flags, &error);
    hs_status status = HS_OK;
    if (value == NULL)
        taken.fault =
            arena_text(&block->arena, "not JSON at its byte %d: %s", error.position, error.text);
    else if (!json_is_object(value))
        taken.fault = "not an object";
    else
        status = object_cells(reader, block, value, &taken);
    json_decref(value);
    TRY(status);
    return row_block_add_row(block, &taken);
}

/* --- the text into elements ------------------------------------------------------------------ */

/* Takes the next line with something in it. *taken is false if only a part of it is there. */
static hs_status take_line(json_reader *reader, row_block *block, size_t *next, bool *taken) {
    const char *start = block->text + *next, *text_end = block->text + block->text_size;
    const char *end = memchr(start, '\n', (size_t)(text_end - start));
    *taken = end != NULL || (reader->feed.ended && start < text_end);
    if (!*taken) return HS_OK;
    if (end == NULL) end = text_end;
    const char *from = skip_space(start, end);
    if (from < end) TRY(take_element(reader, block, from, trim_space(from, end)));
    reader->line++;
    *next = (size_t)(end - block->text) + (end < text_end);
    return HS_OK;
}

/* The array is broken: nothing tells where the next element starts, so that all behind it would be
 * missing. */
static hs_status array_broken(const json_reader *reader) {
    return error_set(HS_CORRUPT, "%s:%llu: %s; the rest of the file cannot be read", reader->path,
                     (unsigned long long)reader->line, reader->broken);
}

/* Takes the next element of the array, or its end. *taken is false if only a part of it is there,
 * or if the array is broken. */
static hs_status take_item(json_reader *reader, row_block *block, size_t *next, bool *taken) {
    const char *text_end = block->text + block->text_size;
    const char *start = block->text + *next;
    const char *end = start < text_end ? skip_value(start, text_end) : NULL;
    if (end == NULL && reader->feed.ended) reader->broken = "the array does not end";
    if (end != NULL && *end == '}') reader->broken = "a brace closes what none opened";
    *taken = end != NULL && reader->broken == NULL;
    if (!*taken) return HS_OK;
    if (end > start || *end == ',' || reader->phase == PHASE_COMMA)
        TRY(take_element(reader, block, start, trim_space(start, end)));
    reader->line += feed_count_lines(start, end);
    reader->phase = *end == ',' ? PHASE_COMMA : PHASE_BEHIND;
    *next = (size_t)(end + 1 - block->text);
    return HS_OK;
}

/* Goes to the next byte that is no blank, then on from there as the phase says. */
static hs_status take_from_array(json_reader *reader, row_block *block, size_t *next, bool *taken) {
    const char *text_end = block->text + block->text_size;
    const char *start = skip_space(block->text + *next, text_end);
    reader->line += feed_count_lines(block->text + *next, start);
    *next = (size_t)(start - block->text);
    if (reader->phase == PHASE_BEGIN || reader->phase == PHASE_COMMA)
        return take_item(reader, block, next, taken);

    if (start < text_end) reader->broken = "text follows the end of the array";
    *taken = false;
    return HS_OK;
}

/* --- blocks ---------------------------------------------------------------------------------- */

/* Makes a bad row of a line that is beyond the limit. */
static hs_status take_overlong(json_reader *reader, row_block *block, size_t next) {
    import_row taken = {
        .number = ++reader->number,
        .line = reader->line,
        .text = {block->text + next, BROKEN_BYTES},
        .first_cell = block->cell_count,
        .fault = arena_text(&block->arena, "the row has more than %u bytes", ROW_BYTES_MAX),
        .fault_column = ROW_FAULT_WHOLE};
    reader->line++;
    TRY(row_block_add_row(block, &taken));
    return feed_skip_line(&reader->feed, block);
}

hs_status json_fill(json_reader *reader, size_t max_rows, row_block *block) {
    feed *f = &reader->feed;
    TRY(feed_start(f, block));
    size_t next = 0;
    bool stop = false;
    while (!stop && block->row_count < max_rows && next < BLOCK_BYTES) {
        bool taken;
        if (reader->lines)
            TRY(take_line(reader, block, &next, &taken));
        else
            TRY(take_from_array(reader, block, &next, &taken));
        if (taken) continue;
        bool over = feed_over(block, next);
        if (over && reader->lines) return take_overlong(reader, block, next);
        if (over && reader->broken == NULL) reader->broken = "an element has more than 16 MiB";
        if (f->ended || reader->broken != NULL)
            stop = true;
        else
            TRY(feed_extend(f, block, next, &stop));
    }
    /* The rows before the break come first. */
    if (reader->broken != NULL && block->row_count == 0) return array_broken(reader);
    return feed_end(f, block, next);
}

hs_status json_open(input *in, const char *path, bool lines, column_list *columns, bool discover,
                    json_reader **result) {
    *result = NULL;
    json_reader *reader = memory_zeroed(sizeof *reader);
    if (reader == NULL) return error_memory("a JSON reader", sizeof *reader);
    reader->feed.in = in;
    reader->path = path;
    reader->lines = lines;
    reader->discover = discover;
    reader->columns = columns;
    reader->line = 1;
    hs_status status = feed_begin(&reader->feed);
    if (status == HS_OK && !lines) {
        feed *f = &reader->feed;
        const char *end = f->kept + f->kept_size;
        const char *start = skip_space(f->kept, end);
        if (start == end || *start != '[') {
            status = error_set(HS_PARSE,
                               "%s does not start with '[': one array of objects is expected"
                               " (or \"format\": \"jsonl\", one object a line)",
                               path);
        } else {
            reader->line += feed_count_lines(f->kept, start);
            f->kept_size = (size_t)(end - start - 1);
            memmove(f->kept, start + 1, f->kept_size);
        }
    }
    if (status != HS_OK)
        json_close(reader);
    else
        *result = reader;
    return status;
}

void json_close(json_reader *reader) {
    if (reader == NULL) return;
    feed_free(&reader->feed);
    memory_free(reader);
}
