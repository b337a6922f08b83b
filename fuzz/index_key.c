/* index_key.c: an entry of an index of properties. What can be read as a value is written as the
 * same bytes; and of two values the order of the bytes is the order of the values.
 *
 * An input: for each of two entries its size (1), whether it says that it is of a float64 (1), and
 * the key.
 */
#include "storage/indexes/index_key.h"

#include <math.h>
#include <string.h>

#include "base/key.h"
#include "target.h"

typedef struct entry {
    hs_slice bytes; /* of the value in the key */
    hs_value value;
    uint8_t text[INDEX_VALUE_MAX];
} entry;

/* The entry that an input goes on with; false if it is damaged. */
static bool read_entry(const uint8_t **at, const uint8_t *end, entry *e) {
    static const uint8_t float64_kind = HS_FLOAT64;
    uint64_t rid;
    if (end - *at < 2) return false;
    size_t size = (*at)[0] == 0xFF ? INDEX_KEY_MAX : (*at)[0];
    hs_slice kind = {&float64_kind, (*at)[1] & 1};
    *at += 2;
    if (size > (size_t)(end - *at)) size = (size_t)(end - *at);
    hs_slice key = {*at, size};
    *at += size;
    return index_key_split(key, &e->bytes, &rid) &&
           index_value_read(e->bytes, kind, e->text, &e->value);
}

static void write_again(const entry *e) {
    index_key key;
    hs_slice kind = index_entry_kind(&e->value);
    must_hold(index_takes(e->value.kind));
    index_key_set(&key, &e->value);
    hs_slice written = index_key_value(&key);
    must_hold(written.size == e->bytes.size);
    must_hold(memcmp(written.data, e->bytes.data, written.size) == 0);
    must_hold(kind.size == (e->value.kind == HS_FLOAT64));
}

/* There is more than one, and no property is one. */
static bool is_nan(const hs_value *value) {
    return value->kind == HS_FLOAT64 && isnan(value->float64);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static entry entries[2];
    const uint8_t *at = data, *end = data + size;
    for (int i = 0; i < 2; i++) {
        if (!read_entry(&at, end, &entries[i])) return 0;
        if (index_is_cut(entries[i].bytes.size)) return 0; /* there is more than one such value */
        write_again(&entries[i]);
    }
    if (is_nan(&entries[0].value) || is_nan(&entries[1].value)) return 0;
    int order = hs_value_compare(&entries[0].value, &entries[1].value);
    int bytes = key_compare(entries[0].bytes, entries[1].bytes);
    must_hold((order > 0) - (order < 0) == (bytes > 0) - (bytes < 0));
    return 0;
}
