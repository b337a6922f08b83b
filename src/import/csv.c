/* csv.c: the CSV reader. Fields are slices of the block's text; only those with doubled quotes are
 * copied. */
#include "import/csv.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "base/text.h"

struct csv_reader {
    feed feed;
    const char *path;
    csv_format format;
    column_list header;
    const column_list *columns;
    uint64_t line;
    uint64_t number;
};

/* What became of an attempt to take a row off the text. */
typedef enum take_result { TAKEN_ROW, TAKEN_NOTHING, TAKEN_PART } take_result;

/* The first `a` or `b` at or after `at`, or `end`. Reads up to FEED_PADDING bytes beyond `end`. */
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

/* Takes a field that starts with a quote off `range`; which then starts behind its separator or
 * line end. */
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

/* Makes the row its first physical line only, bad for `fault`, so that reading goes on with the
 * line behind it. */
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

/* Takes one row with its cells off `range` and adds both to the block; TAKEN_PART leaves all as it
 * was. */
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
        uint64_t quote_line = reader->line + feed_count_lines(start, range->at);
        const char *fault = how == FIELD_UNENDED
                                ? "the quoted field %zu, on line %llu, does not end"
                                : "text follows the closing quote of field %zu, on line %llu";
        give_up(range, start, &taken,
                arena_text(&block->arena, fault, columns + 1, (unsigned long long)quote_line));
    }
    taken.text = line_text(start, range->at);
    reader->line += feed_count_lines(start, range->at);
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

/* Makes a bad row of a part that is beyond the limit. *skip says that its line ends nowhere in the
 * block's text. */
static hs_status take_overlong(csv_reader *reader, row_block *block, size_t *next, bool *skip) {
    const char *start = block->text + *next;
    text_range range = {start, block->text + block->text_size, false};
    import_row taken = {
        .number = ++reader->number, .line = reader->line, .first_cell = block->cell_count};
    give_up(&range, start, &taken,
            arena_text(&block->arena, "the row has more than %u bytes", ROW_BYTES_MAX));
    taken.text = line_text(start, range.at);
    reader->line++;
    *next = (size_t)(range.at - block->text);
    *skip = range.at[-1] != '\n';
    return row_block_add_row(block, &taken);
}

hs_status csv_fill(csv_reader *reader, size_t max_rows, row_block *block) {
    feed *f = &reader->feed;
    TRY(feed_start(f, block));
    size_t next = 0; /* of the text: what is not taken yet */
    bool stop = false;
    while (!stop && block->row_count < max_rows && next < BLOCK_BYTES) {
        text_range range = {block->text + next, block->text + block->text_size, f->ended};
        take_result what = TAKEN_PART;
        if (range.at < range.end) TRY(take_row(reader, block, &range, &what));
        if (what != TAKEN_PART) {
            next = (size_t)(range.at - block->text);
        } else if (f->ended) {
            stop = true;
        } else if (feed_over(block, next)) {
            TRY(take_overlong(reader, block, &next, &stop));
            if (stop) return feed_skip_line(f, block);
        } else {
            TRY(feed_extend(f, block, next, &stop));
        }
    }
    return feed_end(f, block, next);
}

/* --- header ---------------------------------------------------------------------------------- */

/* The separator that the first line has most of, outside of quotes. */
static char guess_separator(const csv_reader *reader) {
    static const char candidates[] = {',', '\t', ';', '|'};
    size_t counts[sizeof candidates] = {0};
    bool quoted = false;
    for (size_t i = 0; i < reader->feed.kept_size; i++) {
        char c = reader->feed.kept[i];
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

/* A carriage return alone ends no line: in a header it tells of a file whose lines end so, which
 * would be taken for a header without rows. */
static bool has_bare_return(hs_slice line) {
    const char *text = line.data;
    for (size_t i = 0; i + 1 < line.size; i++)
        if (text[i] == '\r' && text[i + 1] != '\n') return true;
    return false;
}

/* A column without a name, as spreadsheets and data frames write them, is named by its place. */
static hs_status add_column(csv_reader *reader, const import_row *header, hs_slice name) {
    char place[32];
    if (name.size == 0) {
        snprintf(place, sizeof place, "column_%zu", reader->header.count + 1);
        name = hs_slice_of(place);
    }
    if (column_list_find(&reader->header, name) != SIZE_MAX)
        return error_set(HS_PARSE,
                         "%s:%llu: two columns are named '%.*s'; give the names yourself, with "
                         "\"columns\" and \"header\": true",
                         reader->path, (unsigned long long)header->line, (int)name.size,
                         (const char *)name.data);
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
    if (status == HS_OK && has_bare_return(header->text))
        status = error_set(HS_PARSE,
                           "%s:%llu: the line with the names of the columns has a carriage return "
                           "in it; lines must end in LF or CR LF",
                           reader->path, (unsigned long long)header->line);
    bool replaced = reader->columns != NULL;
    for (size_t i = 0; status == HS_OK && i < header->cell_count && !replaced; i++)
        status = add_column(reader, header, cell_slice(&row_cells(&block, header)[i]));
    row_block_free(&block);
    if (!replaced) reader->columns = &reader->header;
    reader->number = 0;
    return status;
}

hs_status csv_open(input *in, const char *path, const csv_format *format, csv_reader **result) {
    *result = NULL;
    csv_reader *reader = memory_zeroed(sizeof *reader);
    if (reader == NULL) return error_memory("a CSV reader", sizeof *reader);
    reader->feed.in = in;
    reader->path = path;
    reader->format = *format;
    reader->columns = format->columns;
    reader->line = 1;
    hs_status status = feed_begin(&reader->feed);
    if (status == HS_OK && reader->format.separator == '\0')
        reader->format.separator = guess_separator(reader);
    if (status == HS_OK && (reader->columns == NULL || format->replaces_header))
        status = read_header(reader);
    if (status != HS_OK)
        csv_close(reader);
    else
        *result = reader;
    return status;
}

void csv_close(csv_reader *reader) {
    if (reader == NULL) return;
    column_list_free(&reader->header);
    feed_free(&reader->feed);
    memory_free(reader);
}

const column_list *csv_columns(const csv_reader *reader) {
    return reader->columns;
}
