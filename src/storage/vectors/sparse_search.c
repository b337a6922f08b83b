/* sparse_search.c: the largest inner products of sparse vectors, from their postings.
 *
 * Rows are gone through in windows of consecutive row numbers. In each window the postings of one
 * index of the query after the other are added up in an array, so that memory is bounded and
 * nothing is sorted.
 */
#include "base/error.h"
#include "base/memory.h"
#include "storage/vectors/postings.h"
#include "storage/vectors/search.h"

#define WINDOW (1 << 17) /* rows */

typedef struct window {
    const search *search;
    engine_cursor *cursor;
    uint64_t first;      /* row */
    uint64_t next;       /* the least row with a posting behind the window; 0: there is none */
    double sums[WINDOW]; /* of products */
    uint64_t met[WINDOW / 64]; /* a bit for each row that has a posting */
} window;

/* Adds a posting; false if it is behind the window, or of another index. */
static bool add_posting(window *w, uint32_t index, float weight, const uint8_t *key, float value) {
    if (posting_index(key) != index) return false;
    uint64_t rid = posting_rid(key), at = rid - w->first;
    if (at >= WINDOW) {
        if (w->next == 0 || rid < w->next) w->next = rid;
        return false;
    }
    w->sums[at] += (double)weight * (double)value;
    w->met[at / 64] |= UINT64_C(1) << (at % 64);
    return true;
}

static hs_status add_index(window *w, uint32_t index, float weight) {
    layout_key from = posting_key(index, w->first);
    engine_run run = {0};
    int moved = engine_cursor_seek(w->cursor, layout_slice(&from));
    if (moved == 1 && !add_posting(w, index, weight, engine_cursor_key(w->cursor).data,
                                   load_f32(engine_cursor_value(w->cursor).data)))
        return HS_OK;
    while (moved == 1 && (moved = engine_cursor_next_run(w->cursor, &run)) == 1)
        for (size_t i = 0; i < run.count; i++)
            if (!add_posting(w, index, weight, run.keys + i * POSTING_KEY_SIZE,
                             load_f32(run.values + i * run.stride)))
                return HS_OK;
    return (hs_status)moved;
}

/* Whether a row is among those that are searched. */
static bool is_among(const search *search, uint64_t rid) {
    if (!search->limited) return true;
    size_t low = 0, high = search->among_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (search->among[middle] < rid)
            low = middle + 1;
        else
            high = middle;
    }
    return low < search->among_count && search->among[low] == rid;
}

/* Offers the rows of the window, and empties it. */
static hs_status offer_rows(window *w, nearest *nearest) {
    for (size_t word = 0; word < WINDOW / 64; word++)
        for (; w->met[word] != 0; w->met[word] &= w->met[word] - 1) {
            size_t at = word * 64 + (size_t)__builtin_ctzll(w->met[word]);
            double distance = -w->sums[at];
            w->sums[at] = 0;
            if (!nearest_wants(nearest, distance) || !is_among(w->search, w->first + at)) continue;
            TRY(search_offer(w->search, nearest, w->first + at, distance));
        }
    return HS_OK;
}

static hs_status go_through(window *w, nearest *nearest) {
    const hs_vector *query = w->search->query;
    w->next = 1;
    while (w->next != 0) {
        w->first = w->next;
        w->next = 0;
        for (size_t i = 0; i < query->count; i++)
            TRY(add_index(w, query->indexes[i], query->values[i]));
        TRY(offer_rows(w, nearest));
    }
    return HS_OK;
}

hs_status search_sparse(const search *search, nearest *nearest) {
    window *w = memory_zeroed(sizeof *w);
    if (w == NULL) return error_memory("a search of sparse vectors", sizeof *w);
    w->search = search;
    hs_status status =
        engine_cursor_open(search->snapshot->txn, search->kind->postings, &w->cursor);
    if (status == HS_OK) status = go_through(w, nearest);
    engine_cursor_close(w->cursor);
    memory_free(w);
    return status;
}
