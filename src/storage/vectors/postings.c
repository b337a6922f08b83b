/* postings.c: the inverted index follows the vectors. */
#include "storage/vectors/postings.h"

#include <float.h>

#include "base/error.h"

const engine_table_options postings_options = {
    .key_size = POSTING_KEY_SIZE, .value_size = sizeof(float), .fixed_value = true, .alignment = 1};

const engine_table_options bounds_options = {.key_size = BOUND_KEY_SIZE,
                                             .value_size = 2 * sizeof(float),
                                             .fixed_value = true,
                                             .alignment = 1};

/* --- bounds ----------------------------------------------------------------------------------- */

hs_status bound_read(engine_txn *txn, engine_table bounds, uint32_t index, float *least,
                     float *greatest) {
    hs_slice value;
    layout_key key = bound_key(index);
    TRY(engine_get(txn, bounds, layout_slice(&key), &value));
    *least = load_f32(value.data);
    *greatest = load_f32((const uint8_t *)value.data + sizeof(float));
    if (*least <= *greatest) return HS_OK;
    return error_set(HS_CORRUPT, "the bounds of index %u of sparse vectors are damaged", index);
}

hs_status bound_widen(engine_txn *txn, engine_table bounds, uint32_t index, float value,
                      uint64_t *changed) {
    float pair[2] = {value, value};
    layout_key key = bound_key(index);
    hs_status status = bound_read(txn, bounds, index, &pair[0], &pair[1]);
    if (status == HS_OK && pair[0] <= value && value <= pair[1]) return HS_OK;
    if (status == HS_OK && value < pair[0]) pair[0] = value;
    if (status == HS_OK && value > pair[1]) pair[1] = value;
    if (status == HS_CORRUPT) pair[0] = -FLT_MAX, pair[1] = FLT_MAX;
    if (status != HS_OK && status != HS_NOT_FOUND && status != HS_CORRUPT) return status;
    ++*changed;
    return engine_put(txn, bounds, layout_slice(&key), (hs_slice){pair, sizeof pair});
}

/* --- postings --------------------------------------------------------------------------------- */

static hs_status put(engine_txn *txn, const vector_kind *kind, uint64_t rid, uint32_t index,
                     float value) {
    uint64_t widened = 0;
    layout_key key = posting_key(index, rid);
    if (kind->bounds.table != 0) TRY(bound_widen(txn, kind->bounds, index, value, &widened));
    return engine_put(txn, kind->postings, layout_slice(&key), (hs_slice){&value, sizeof value});
}

/* An entry that is missing is what a check finds; the vector can be changed all the same. */
static hs_status delete_entry(engine_txn *txn, engine_table postings, uint64_t rid,
                              uint32_t index) {
    layout_key key = posting_key(index, rid);
    hs_status status = engine_delete(txn, postings, layout_slice(&key));
    return status == HS_NOT_FOUND ? HS_OK : status;
}

hs_status postings_change(engine_txn *txn, const vector_kind *kind, uint64_t rid, hs_slice from,
                          hs_slice to) {
    size_t old_count = from.size / SPARSE_PAIR_SIZE, new_count = to.size / SPARSE_PAIR_SIZE;
    size_t i = 0, j = 0;
    while (i < old_count || j < new_count) {
        uint64_t old_index = i < old_count ? sparse_index(from.data, i) : UINT64_MAX;
        uint64_t new_index = j < new_count ? sparse_index(to.data, j) : UINT64_MAX;
        if (old_index < new_index) {
            TRY(delete_entry(txn, kind->postings, rid, (uint32_t)old_index));
        } else if (old_index > new_index ||
                   memcmp((const uint8_t *)from.data + i * SPARSE_PAIR_SIZE,
                          (const uint8_t *)to.data + j * SPARSE_PAIR_SIZE, SPARSE_PAIR_SIZE) != 0) {
            TRY(put(txn, kind, rid, (uint32_t)new_index, sparse_value(to.data, j)));
        }
        i += old_index <= new_index;
        j += new_index <= old_index;
    }
    return HS_OK;
}
