/* csv.c: the CSV reader. Fields are slices of the block's text; only those with doubled quotes are
 * copied. */
#include "import/csv.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "base/text.h"

#define READ_BYTES 65536
#define PADDING                                                                                    \
    8 /* bytes behind the text that may be read, not used: fields are scanned by words */

struct csv_reader {
    input *in;
    const char *path;
    csv_format format;
    column_list header;
    const column_list *columns;
    char *carry; /* bytes read but not in a block yet */
    size_t carry_size;
    size_t carry_capacity;
    bool ended; /* the input has no more bytes */
    uint64_t line;
    uint64_t number;
};

/* What became of an attempt to take a row off the text. */
typedef enum take_result { TAKEN_ROW, TAKEN_NOTHING, TAKEN_PART } take_result;

/* The first `a` or `b` at or after `at`, or `end`. Reads up to PADDING bytes beyond `end`. */
static const char *scan(const char *at, const char *end, char a, char b) {
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = UINT64_C(0x8080808080808080);
    uint64_t as = ones * (uint8_t)a, bs = ones * (uint8_t)b;
    while (at < end) {
        uint64_t word = load_u64(at);
        uint64_t in_a = word ^ as, in_b = word ^ bs;
        uint64_t hit = (((in_a - ones) & ~in_a) | ((in_b - ones) & ~in_b)) & highs;
        if (hit != 0) {
            at += __builtin_ctzll(hit) / 8;
            return at < end ? at : end;
        }
        at += 8;
    }
    return end;
}

static uint64_t count_lines(const char *at, const char *end) {
    uint64_t lines = 0;
    while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        lines++;
        at++;
    }
    return lines;
}

static bool has_high_bit(const char *at, const char *end) {
    uint64_t all = 0;
    for (; end - at >= 8; at += 8)
        all |= load_u64(at);
    for (; at < end; at++)
        all |= (uint64_t)(uint8_t)*at << 56;
    return (all & UINT64_C(0x8080808080808080)) != 0;
}

/* --- one field ------------------------------------------------------------------------------- */

typedef struct text_range {
    const char *at;
    const char *end;
    bool last; /* nothing follows `end` in the file */
} text_range;

typedef enum field_end {
    FIELD_SEPARATOR,
    FIELD_LINE,
    FIELD_CUT,
    FIELD_UNENDED,
    FIELD_TRAILED
} field_end;

/* Copies a quoted field with its doubled quotes made single. */
static hs_status unescape(row_block *block, const char *from, const char *to, char quote,
                          import_cell *field) {
    char *copy = arena_alloc(&block->arena, (size_t)(to - from));
    if (copy == NULL) return error_memory("a field", (size_t)(to - from));
    size_t size = 0;
    for (const char *at = from; at < to; at++) {
        copy[size++] = *at;
        if (*at == quote) at++;
    }
    field->data = copy;
    field->size = (uint32_t)size;
    return HS_OK;
}

/* Takes a field that starts with a quote off `range`; which then starts behind its separator or line end. */
static hs_status take_quoted(const csv_format *format, row_block *block, text_range *range,
                             import_cell *field, field_end *how) {
    char quote = format->quote;
    const char *start = range->at + 1;
    const char *at = start;
    bool doubled = false;
    for (;;) {
        at = memchr(at, quote, (size_t)(range->end - at));
        if (at == NULL) {
            *how = range->last ? FIELD_UNENDED : FIELD_CUT;
            return HS_OK;
        }
        if (at + 1 == range->end || at[1] != quote) break;
        doubled = true;
        at += 2;
    }
    const char *behind = at + 1;
    if (behind < range->end && *behind == '\r') {
        if (behind + 1 == range->end && !range->last) {
            *how = FIELD_CUT;
            return HS_OK;
        }
        if (behind + 1 == range->end || behind[1] == '\n') behind++;
    }
    if (behind == range->end && !range->last) {
        *how = FIELD_CUT;
        return HS_OK;
    }
    bool line = behind == range->end || *behind == '\n';
    if (!line && (*behind != format->separator || behind != at + 1)) {
        *how = FIELD_TRAILED;
        return HS_OK;
    }
    *how = line ? FIELD_LINE : FIELD_SEPARATOR;
    *field = (import_cell){start, (uint32_t)(at - start), CELL_TEXT};
    range->at = behind == range->end ? behind : behind + 1;
    return doubled ? unescape(block, start, at, quote, field) : HS_OK;
}

static inline void take_plain(const csv_format *format, text_range *range, import_cell *field,
                              field_end *how) {
    const char *start = range->at;
    const char *at = scan(start, range->end, format->separator, '\n');
    if (at == range->end && !range->last) {
        *how = FIELD_CUT;
        return;
    }
    bool line = at == range->end || *at == '\n';
    const char *end = line && at > start && at[-1] == '\r' ? at - 1 : at;
    *how = line ? FIELD_LINE : FIELD_SEPARATOR;
    *field = (import_cell){start, (uint32_t)(end - start), CELL_TEXT};
    range->at = at == range->end ? at : at + 1;
}

/* --- one row --------------------------------------------------------------------------------- */

/* Makes the row its first physical line only, bad for `fault`, so that reading goes on with the line behind it. */
static void give_up(text_range *range, const char *start, import_row *taken, const char *fault) {
    const char *end = memchr(start, '\n', (size_t)(range->end - start));
    range->at = end == NULL ? range->end : end + 1;
    taken->fault = fault;
    taken->fault_column = ROW_FAULT_WHOLE;
}

static hs_slice line_text(const char *start, const char *end) {
    if (end > start && end[-1] == '\n') end--;
    if (end > start && end[-1] == '\r') end--;
    return (hs_slice){start, (size_t)(end - start)};
}

/* Names the first column whose text is not UTF-8. */
static void check_utf8(row_block *block, import_row *taken) {
    const char *text = taken->text.data;
    if (!has_high_bit(text, text + taken->text.size)) return;
    const import_cell *cells = row_cells(block, taken);
    for (size_t i = 0; i < taken->cell_count; i++) {
        if (text_is_utf8(cell_slice(&cells[i]))) continue;
        taken->fault = "not UTF-8";
        taken->fault_column = i;
        return;
    }
}

static void check_count(csv_reader *reader, row_block *block, size_t columns, import_row *taken) {
    if (reader->columns == NULL || columns == reader->columns->count) return;
    taken->fault = arena_text(
        &block->arena, "%zu column%s, but the %s %zu", columns, columns == 1 ? "" : "s",
        reader->format.columns != NULL ? "mapping names" : "header has", reader->columns->count);
    taken->fault_column = ROW_FAULT_WHOLE;
}

/* Takes one row with its cells off `range` and adds both to the block; TAKEN_PART leaves all as it was. */
static hs_status take_row(csv_reader *reader, row_block *block, text_range *range,
                          take_result *what) {
    const char *start = range->at;
    import_row taken = {.line = reader->line, .first_cell = block->cell_count};
    size_t columns = 0;
    field_end how = FIELD_SEPARATOR;
    while (how == FIELD_SEPARATOR) {
        import_cell field = {0};
        if (range->at < range->end && *range->at == reader->format.quote && *range->at != '\0')
            TRY(take_quoted(&reader->format, block, range, &field, &how));
        else
            take_plain(&reader->format, range, &field, &how);
        if (how > FIELD_LINE) break;
        /* A row of countless separators must not take countless cells. */
        if (columns++ < COLUMNS_MAX + 1) TRY(row_block_add_cell(block, field));
    }
    if (how == FIELD_CUT) {
        range->at = start;
        block->cell_count = taken.first_cell;
        *what = TAKEN_PART;
        return HS_OK;
    }
    if (how == FIELD_UNENDED || how == FIELD_TRAILED) {
        uint64_t quote_line = reader->line + count_lines(start, range->at);
        const char *fault = how == FIELD_UNENDED
                                ? "the quoted field %zu, on line %llu, does not end"
                                : "text follows the closing quote of field %zu, on line %llu";
        give_up(range, start, &taken,
                arena_text(&block->arena, fault, columns + 1, (unsigned long long)quote_line));
    }
    taken.text = line_text(start, range->at);
    reader->line += count_lines(start, range->at);
    if (taken.text.size == 0) {
        block->cell_count = taken.first_cell;
        *what = TAKEN_NOTHING;
        return HS_OK;
    }
    taken.number = ++reader->number;
    taken.cell_count = block->cell_count - taken.first_cell;
    if (taken.fault == NULL) check_count(reader, block, columns, &taken);
    if (taken.fault == NULL) check_utf8(block, &taken);
    if (taken.fault != NULL) {
        block->cell_count = taken.first_cell;
        taken.cell_count = 0;
    }
    *what = TAKEN_ROW;
    return row_block_add_row(block, &taken);
}

/* --- blocks ---------------------------------------------------------------------------------- */

/* Appends what the input has next to the block's text; at least `bytes` of room are asked for. */
static hs_status read_more(csv_reader *reader, row_block *block, size_t bytes) {
    size_t got;
    assert(block->text_size + bytes + PADDING <= block->text_capacity);
    TRY(input_read(reader->in, block->text + block->text_size, bytes, &got));
    block->text_size += got;
    if (got == 0) reader->ended = true;
    return HS_OK;
}

/* Makes a bad row of one that is beyond the limit, and goes on behind its first line end, wherever that is. */
static hs_status take_overlong(csv_reader *reader, row_block *block, size_t *next) {
    const char *start = block->text + *next;
    text_range range = {start, block->text + block->text_size, false};
    import_row taken = {
        .number = ++reader->number, .line = reader->line, .first_cell = block->cell_count};
    give_up(&range, start, &taken,
            arena_text(&block->arena, "the row has more than %u bytes", ROW_BYTES_MAX));
    taken.text = line_text(start, range.at);
    TRY(row_block_add_row(block, &taken));
    reader->line++;
    *next = (size_t)(range.at - block->text);

    const char *end = range.at > start && range.at[-1] == '\n' ? range.at : NULL;
    while (end == NULL && !reader->ended) {
        char passed[4096];
        size_t got;
        TRY(input_read(reader->in, passed, sizeof passed, &got));
        reader->ended = got == 0;
        end = memchr(passed, '\n', got);
        if (end == NULL) continue;
        size_t rest = got - (size_t)(end + 1 - passed);
        assert(rest + PADDING <= block->text_capacity - block->text_size);
        memcpy(block->text + block->text_size, end + 1, rest);
        block->text_size += rest;
    }
    return HS_OK;
}

static hs_status keep_rest(csv_reader *reader, const row_block *block, size_t from) {
    size_t rest = block->text_size - from;
    TRY(memory_reserve((void **)&reader->carry, &reader->carry_capacity, rest, 1));
    if (rest > 0) memcpy(reader->carry, block->text + from, rest);
    reader->carry_size = rest;
    return HS_OK;
}

static hs_status start_block(csv_reader *reader, row_block *block) {
    row_block_reset(block);
    TRY(row_block_text(block, BLOCK_BYTES + reader->carry_size + READ_BYTES + PADDING));
    if (reader->carry_size > 0) memcpy(block->text, reader->carry, reader->carry_size);
    block->text_size = reader->carry_size;
    reader->carry_size = 0;
    return HS_OK;
}

/* More text for a row of which `part` bytes are there. Its bytes are doubled, so that a long row is not scanned
 * over and over. *full says that the block has to do without: it has rows that point into its text. */
static hs_status extend(csv_reader *reader, row_block *block, size_t part, bool *full) {
    size_t more = part > READ_BYTES ? part : READ_BYTES;
    *full = false;
    if (block->text_size + more + PADDING > block->text_capacity) {
        *full = block->row_count > 0;
        if (*full) return HS_OK;
        TRY(row_block_text(block, block->text_size + more + PADDING));
    }
    return read_more(reader, block, more);
}

hs_status csv_fill(csv_reader *reader, size_t max_rows, row_block *block) {
    TRY(start_block(reader, block));
    size_t next = 0; /* of the text: what is not taken yet */
    while (block->row_count < max_rows && next < BLOCK_BYTES) {
        text_range range = {block->text + next, block->text + block->text_size, reader->ended};
        take_result what = TAKEN_PART;
        if (range.at < range.end) TRY(take_row(reader, block, &range, &what));
        if (what != TAKEN_PART) {
            next = (size_t)(range.at - block->text);
        } else if (reader->ended) {
            break;
        } else if (block->text_size - next > ROW_BYTES_MAX) {
            TRY(take_overlong(reader, block, &next));
        } else {
            bool full;
            TRY(extend(reader, block, block->text_size - next, &full));
            if (full) break;
        }
    }
    block->bytes_read = input_consumed(reader->in);
    return keep_rest(reader, block, next);
}

/* --- header ---------------------------------------------------------------------------------- */

/* The separator that the first line has most of, outside of quotes. */
static char guess_separator(const csv_reader *reader) {
    static const char candidates[] = {',', '\t', ';', '|'};
    size_t counts[sizeof candidates] = {0};
    bool quoted = false;
    for (size_t i = 0; i < reader->carry_size; i++) {
        char c = reader->carry[i];
        if (c == '\n' && !quoted) break;
        if (c == reader->format.quote && c != '\0') quoted = !quoted;
        for (size_t k = 0; k < sizeof candidates && !quoted; k++)
            if (c == candidates[k]) counts[k]++;
    }
    size_t best = 0;
    for (size_t k = 1; k < sizeof candidates; k++)
        if (counts[k] > counts[best]) best = k;
    return candidates[best];
}

/* Reads the start of the text, without its byte order mark, into `carry`. */
static hs_status read_start(csv_reader *reader) {
    TRY(memory_reserve((void **)&reader->carry, &reader->carry_capacity, READ_BYTES, 1));
    while (!reader->ended && reader->carry_size < READ_BYTES) {
        size_t got;
        TRY(input_read(reader->in, reader->carry + reader->carry_size,
                       READ_BYTES - reader->carry_size, &got));
        reader->carry_size += got;
        reader->ended = got == 0;
    }
    if (reader->carry_size >= 3 && memcmp(reader->carry, "\xEF\xBB\xBF", 3) == 0) {
        reader->carry_size -= 3;
        memmove(reader->carry, reader->carry + 3, reader->carry_size);
    }
    return HS_OK;
}

/* A column without a name, as spreadsheets and data frames write them, is named by its place. */
static hs_status add_column(csv_reader *reader, const import_row *header, hs_slice name) {
    char place[32];
    if (name.size == 0) {
        snprintf(place, sizeof place, "column_%zu", reader->header.count + 1);
        name = hs_slice_of(place);
    }
    if (column_list_find(&reader->header, name) != SIZE_MAX)
        return error_set(HS_PARSE, "%s:%llu: two columns are named '%.*s'", reader->path,
                         (unsigned long long)header->line, (int)name.size, (const char *)name.data);
    return column_list_add(&reader->header, name);
}

static hs_status read_header(csv_reader *reader) {
    row_block block = {0};
    hs_status status = csv_fill(reader, 1, &block);
    if (status == HS_OK && block.row_count == 0)
        status =
            error_set(HS_PARSE, "%s is empty: the line with the names of its columns is missing",
                      reader->path);
    const import_row *header = block.rows;
    if (status == HS_OK && header->fault != NULL)
        status = error_set(HS_PARSE, "%s:%llu: the line with the names of the columns: %s",
                           reader->path, (unsigned long long)header->line, header->fault);
    for (size_t i = 0; status == HS_OK && i < header->cell_count; i++)
        status = add_column(reader, header, cell_slice(&row_cells(&block, header)[i]));
    row_block_free(&block);
    reader->columns = &reader->header;
    reader->number = 0;
    return status;
}

hs_status csv_open(input *in, const char *path, const csv_format *format, csv_reader **result) {
    *result = NULL;
    csv_reader *reader = memory_zeroed(sizeof *reader);
    if (reader == NULL) return error_memory("a CSV reader", sizeof *reader);
    reader->in = in;
    reader->path = path;
    reader->format = *format;
    reader->columns = format->columns;
    reader->line = 1;
    hs_status status = read_start(reader);
    if (status == HS_OK && reader->format.separator == '\0')
        reader->format.separator = guess_separator(reader);
    if (status == HS_OK && reader->columns == NULL) status = read_header(reader);
    if (status != HS_OK)
        csv_close(reader);
    else
        *result = reader;
    return status;
}

void csv_close(csv_reader *reader) {
    if (reader == NULL) return;
    column_list_free(&reader->header);
    memory_free(reader->carry);
    memory_free(reader);
}

const column_list *csv_columns(const csv_reader *reader) {
    return reader->columns;
}
