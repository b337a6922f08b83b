/* sparse_search.c: the largest inner products of sparse vectors, from their postings.
 *
 * Rows are gone through in windows of consecutive row numbers. In each window the postings of one
 * index of the query after the other are added up in an array, so that memory is bounded and
 * nothing is sorted.
 *
 * Once there are k results, indexes are passed over that cannot lead to a better one (MaxScore;
 * Turtle and Flood 1995): by the bounds of its postings an index can add only so much to a product.
 * Those that together cannot add as much as the least result has are not gone through; what they
 * add to rows that others lead to is looked up, or gone through if that is less work. What is
 * offered is computed anew from the vector, so that the results do not depend on the way.
 */
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "storage/vectors/postings.h"
#include "storage/vectors/search.h"

#define WINDOW       (1 << 17) /* rows, the most */
#define WINDOW_FIRST (1 << 12) /* of the first, so that soon there is a least result */
#define LOOKUPS_MAX  64        /* rows of a window that are looked up for an index */

/* Sums are in float64: so much of all that could be added they may be off. */
#define SLACK 1e-10

/* An index of the query. */
typedef struct term {
    uint32_t index;
    float weight;
    double most;   /* that it can add to a product; infinite: not known */
    double so_far; /* … and the terms before it, that add less */
} term;

typedef struct window {
    const search *search;
    engine_cursor *cursor;
    term *terms;    /* [query->count], those that can add least first */
    uint64_t first; /* row */
    uint64_t size;
    uint64_t next;       /* the least row with a posting behind the window; 0: there is none */
    double sums[WINDOW]; /* of products */
    uint64_t met[WINDOW / 64]; /* a bit for each row that has a posting */
} window;

static bool is_met(const window *w, uint64_t at) {
    return w->met[at / 64] >> (at % 64) & 1;
}

/* --- going through postings ------------------------------------------------------------------- */

/* Adds a posting; false if it is behind the window, or of another index. `lead`: rows that were not
 * met are met now; else they are passed over. */
static bool add_posting(window *w, const term *term, bool lead, const uint8_t *key, float value) {
    if (posting_index(key) != term->index) return false;
    uint64_t rid = posting_rid(key), at = rid - w->first;
    if (at >= w->size) {
        if (lead && (w->next == 0 || rid < w->next)) w->next = rid;
        return false;
    }
    if (!lead && !is_met(w, at)) return true;
    w->sums[at] += (double)term->weight * (double)value;
    w->met[at / 64] |= UINT64_C(1) << (at % 64);
    return true;
}

static hs_status add_index(window *w, const term *term, bool lead) {
    layout_key from = posting_key(term->index, w->first);
    engine_run run = {0};
    int moved = engine_cursor_seek(w->cursor, layout_slice(&from));
    if (moved == 1 && !add_posting(w, term, lead, engine_cursor_key(w->cursor).data,
                                   load_f32(engine_cursor_value(w->cursor).data)))
        return HS_OK;
    while (moved == 1 && (moved = engine_cursor_next_run(w->cursor, &run)) == 1)
        for (size_t i = 0; i < run.count; i++)
            if (!add_posting(w, term, lead, run.keys + i * POSTING_KEY_SIZE,
                             load_f32(run.values + i * run.stride)))
                return HS_OK;
    return (hs_status)moved;
}

/* --- passing over ----------------------------------------------------------------------------- */

/* What a product must reach to be of interest. */
static double least_wanted(const nearest *nearest) {
    return nearest->count < nearest->capacity ? -INFINITY : -nearest->heap[0].distance;
}

/* Whether a row with this sum, to which so much could be added, is out of the question. */
static bool is_hopeless(double sum, double most, double wanted) {
    return sum + most + SLACK * (fabs(sum) + most + fabs(wanted)) < wanted;
}

/* How many of the terms, from the first on, cannot make a result by themselves. */
static size_t count_passed(const window *w, double wanted) {
    size_t passed = 0;
    while (passed < w->search->query->count && wanted > 0 &&
           is_hopeless(0, w->terms[passed].so_far, wanted))
        passed++;
    return passed;
}

typedef hs_status visit_row(window *w, const term *term, uint64_t at);

/* Visits the rows that were met and are not hopeless. */
static hs_status for_each_hopeful(window *w, const term *term, double wanted, visit_row *visit,
                                  size_t *count) {
    *count = 0;
    for (size_t word = 0; word < w->size / 64; word++)
        for (uint64_t bits = w->met[word]; bits != 0; bits &= bits - 1) {
            size_t at = word * 64 + (size_t)__builtin_ctzll(bits);
            if (is_hopeless(w->sums[at], term->so_far, wanted)) continue;
            ++*count;
            if (visit != NULL) TRY(visit(w, term, at));
        }
    return HS_OK;
}

static hs_status look_up(window *w, const term *term, uint64_t at) {
    hs_slice value;
    layout_key key = posting_key(term->index, w->first + at);
    hs_status status =
        engine_get(w->search->snapshot->txn, w->search->kind->postings, layout_slice(&key), &value);
    if (status == HS_NOT_FOUND) return HS_OK;
    if (status == HS_OK) w->sums[at] += (double)term->weight * (double)load_f32(value.data);
    return status;
}

/* Completes the sums of rows that were met by the terms that were passed over. */
static hs_status complete(window *w, size_t passed, double wanted) {
    for (size_t i = passed; i-- > 0;) {
        const term *term = &w->terms[i];
        size_t hopeful;
        TRY(for_each_hopeful(w, term, wanted, NULL, &hopeful));
        if (hopeful == 0) return HS_OK;
        if (hopeful <= LOOKUPS_MAX)
            TRY(for_each_hopeful(w, term, wanted, look_up, &hopeful));
        else
            TRY(add_index(w, term, false));
    }
    return HS_OK;
}

/* --- offering --------------------------------------------------------------------------------- */

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

/* The product of the query with a row's vector, in the order of their indexes. */
static hs_status product_of(const search *search, uint64_t rid, double *product) {
    hs_slice value;
    layout_key key = layout_rid_key(rid);
    const hs_vector *query = search->query;
    hs_status status =
        engine_get(search->snapshot->txn, search->kind->table, layout_slice(&key), &value);
    if (status == HS_NOT_FOUND)
        return error_set(HS_CORRUPT, "the postings of vector '%s' have row %llu, which has none",
                         search->kind->name, (unsigned long long)rid);
    TRY(status);
    *product = 0;
    for (size_t i = 0, j = 0; i < query->count && j < value.size / SPARSE_PAIR_SIZE;) {
        uint32_t a = query->indexes[i], b = sparse_index(value.data, j);
        if (a == b) *product += (double)query->values[i] * (double)sparse_value(value.data, j);
        i += a <= b;
        j += b <= a;
    }
    return HS_OK;
}

/* Offers the rows of the window, and empties it. */
static hs_status offer_rows(window *w, nearest *nearest) {
    for (size_t word = 0; word < w->size / 64; word++)
        for (; w->met[word] != 0; w->met[word] &= w->met[word] - 1) {
            size_t at = word * 64 + (size_t)__builtin_ctzll(w->met[word]);
            double sum = w->sums[at], product = 0;
            w->sums[at] = 0;
            if (is_hopeless(sum, 0, least_wanted(nearest)) || !is_among(w->search, w->first + at))
                continue;
            TRY(product_of(w->search, w->first + at, &product));
            if (nearest_wants(nearest, -product))
                TRY(search_offer(w->search, nearest, w->first + at, -product));
        }
    return HS_OK;
}

/* --- searching -------------------------------------------------------------------------------- */

static int by_most(const void *a, const void *b) {
    const term *x = a, *y = b;
    if (x->most != y->most) return x->most < y->most ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* What a term can add: nothing, if rows that have it lose by it. */
static hs_status find_bound(const search *search, term *term) {
    float least, greatest;
    term->most = INFINITY;
    if (search->kind->bounds.table == 0) return HS_OK;
    hs_status status =
        bound_read(search->snapshot->txn, search->kind->bounds, term->index, &least, &greatest);
    if (status == HS_NOT_FOUND) term->most = 0;
    if (status != HS_OK) return status == HS_NOT_FOUND ? HS_OK : status;
    double weight = (double)term->weight;
    term->most = fmax(0, fmax(weight * (double)least, weight * (double)greatest));
    return HS_OK;
}

static hs_status make_terms(window *w) {
    const hs_vector *query = w->search->query;
    double so_far = 0;
    w->terms = memory_alloc((query->count + 1) * sizeof *w->terms);
    if (w->terms == NULL) return error_memory("a search of sparse vectors", query->count * 24);
    for (size_t i = 0; i < query->count; i++) {
        w->terms[i] = (term){.index = query->indexes[i], .weight = query->values[i]};
        TRY(find_bound(w->search, &w->terms[i]));
    }
    qsort(w->terms, query->count, sizeof *w->terms, by_most);
    for (size_t i = 0; i < query->count; i++)
        w->terms[i].so_far = so_far += w->terms[i].most;
    return HS_OK;
}

static hs_status go_through(window *w, nearest *nearest) {
    w->next = 1;
    w->size = WINDOW_FIRST;
    while (w->next != 0) {
        double wanted = least_wanted(nearest);
        size_t passed = count_passed(w, wanted);
        w->first = w->next;
        w->next = 0;
        for (size_t i = w->search->query->count; i-- > passed;)
            TRY(add_index(w, &w->terms[i], true));
        TRY(complete(w, passed, wanted));
        TRY(offer_rows(w, nearest));
        if (w->size < WINDOW) w->size *= 2;
    }
    return HS_OK;
}

hs_status search_sparse(const search *search, nearest *nearest) {
    window *w = memory_zeroed(sizeof *w);
    if (w == NULL) return error_memory("a search of sparse vectors", sizeof *w);
    w->search = search;
    hs_status status =
        engine_cursor_open(search->snapshot->txn, search->kind->postings, &w->cursor);
    if (status == HS_OK) status = make_terms(w);
    if (status == HS_OK) status = go_through(w, nearest);
    engine_cursor_close(w->cursor);
    memory_free(w->terms);
    memory_free(w);
    return status;
}
