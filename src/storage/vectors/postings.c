/* postings.c: the inverted index follows the vectors. */
#include "storage/vectors/postings.h"

#include "base/error.h"

const engine_table_options postings_options = {
    .key_size = POSTING_KEY_SIZE, .value_size = sizeof(float), .fixed_value = true, .alignment = 1};

static hs_status put(engine_txn *txn, engine_table postings, uint64_t rid, uint32_t index,
                     float value) {
    layout_key key = posting_key(index, rid);
    return engine_put(txn, postings, layout_slice(&key), (hs_slice){&value, sizeof value});
}

/* An entry that is missing is what a check finds; the vector can be changed all the same. */
static hs_status delete_entry(engine_txn *txn, engine_table postings, uint64_t rid,
                              uint32_t index) {
    layout_key key = posting_key(index, rid);
    hs_status status = engine_delete(txn, postings, layout_slice(&key));
    return status == HS_NOT_FOUND ? HS_OK : status;
}

hs_status postings_change(engine_txn *txn, engine_table postings, uint64_t rid, hs_slice from,
                          hs_slice to) {
    size_t old_count = from.size / SPARSE_PAIR_SIZE, new_count = to.size / SPARSE_PAIR_SIZE;
    size_t i = 0, j = 0;
    while (i < old_count || j < new_count) {
        uint64_t old_index = i < old_count ? sparse_index(from.data, i) : UINT64_MAX;
        uint64_t new_index = j < new_count ? sparse_index(to.data, j) : UINT64_MAX;
        if (old_index < new_index) {
            TRY(delete_entry(txn, postings, rid, (uint32_t)old_index));
        } else if (old_index > new_index ||
                   memcmp((const uint8_t *)from.data + i * SPARSE_PAIR_SIZE,
                          (const uint8_t *)to.data + j * SPARSE_PAIR_SIZE, SPARSE_PAIR_SIZE) != 0) {
            TRY(put(txn, postings, rid, (uint32_t)new_index, sparse_value(to.data, j)));
        }
        i += old_index <= new_index;
        j += new_index <= old_index;
    }
    return HS_OK;
}
