/* feed.c: the buffer between an input and a reader of rows. */
#include "import/feed.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"

void feed_free(feed *f) {
    memory_free(f->kept);
    *f = (feed){0};
}

hs_status feed_begin(feed *f) {
    TRY(memory_reserve((void **)&f->kept, &f->kept_capacity, FEED_READ_BYTES, 1));
    while (!f->ended && f->kept_size < FEED_READ_BYTES) {
        size_t got;
        TRY(input_read(f->in, f->kept + f->kept_size, FEED_READ_BYTES - f->kept_size, &got));
        f->kept_size += got;
        f->ended = got == 0;
    }
    if (f->kept_size >= 3 && memcmp(f->kept, "\xEF\xBB\xBF", 3) == 0) {
        f->kept_size -= 3;
        memmove(f->kept, f->kept + 3, f->kept_size);
    }
    return HS_OK;
}

hs_status feed_start(feed *f, row_block *block) {
    row_block_reset(block);
    TRY(row_block_text(block, BLOCK_BYTES + f->kept_size + FEED_READ_BYTES + FEED_PADDING));
    if (f->kept_size > 0) memcpy(block->text, f->kept, f->kept_size);
    block->text_size = f->kept_size;
    f->kept_size = 0;
    return HS_OK;
}

/* The text grows by at least what is there of the row, so that a long row is not scanned over and
 * over. */
hs_status feed_extend(feed *f, row_block *block, size_t next, bool *full) {
    assert(!f->ended && next <= block->text_size);
    size_t part = block->text_size - next;
    size_t more = part > FEED_READ_BYTES ? part : FEED_READ_BYTES;
    *full = false;
    if (block->text_size + more + FEED_PADDING > block->text_capacity) {
        *full = block->row_count > 0;
        if (*full) return HS_OK;
        TRY(row_block_text(block, block->text_size + more + FEED_PADDING));
    }
    size_t got;
    TRY(input_read(f->in, block->text + block->text_size, more, &got));
    block->text_size += got;
    f->ended = got == 0;
    return HS_OK;
}

bool feed_over(const row_block *block, size_t next) {
    return block->text_size - next > ROW_BYTES_MAX;
}

hs_status feed_skip_line(feed *f, row_block *block) {
    while (!f->ended) {
        char passed[4096];
        size_t got;
        TRY(input_read(f->in, passed, sizeof passed, &got));
        f->ended = got == 0;
        const char *end = memchr(passed, '\n', got);
        if (end == NULL) continue;
        /* The rest of the piece belongs to the next row: it is read again from what is kept. */
        size_t rest = got - (size_t)(end + 1 - passed);
        TRY(memory_reserve((void **)&f->kept, &f->kept_capacity, rest, 1));
        memcpy(f->kept, end + 1, rest);
        f->kept_size = rest;
        break;
    }
    block->bytes_read = input_consumed(f->in);
    return HS_OK;
}

hs_status feed_end(feed *f, row_block *block, size_t next) {
    size_t rest = block->text_size - next;
    TRY(memory_reserve((void **)&f->kept, &f->kept_capacity, rest, 1));
    if (rest > 0) memcpy(f->kept, block->text + next, rest);
    f->kept_size = rest;
    block->bytes_read = input_consumed(f->in);
    return HS_OK;
}

uint64_t feed_count_lines(const char *at, const char *end) {
    uint64_t lines = 0;
    while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        lines++;
        at++;
    }
    return lines;
}
