/* key.c: tuple keys. What can be read as a tuple is the one encoding of that tuple; and of two
 * tuples the order of the bytes is the order of the values.
 *
 * An input: the number of parts (at most PARTS_MOST), a byte for the kind of each, and two keys of
 * equal length.
 */
#include "base/key.h"

#include <math.h>
#include <string.h>

#include "target.h"

#define PARTS_MOST 8

typedef enum part_kind { U8, U16, U32, U64, I64, F64, UUID, STRING, KINDS } part_kind;

typedef struct part {
    part_kind kind;
    uint64_t number;
    int64_t integer;
    double real;
    hs_uuid id;
    uint8_t text[KEY_MAX];
    size_t size;
} part;

static void read_part(key_reader *r, part *p) {
    switch (p->kind) {
    case U8:
        p->number = key_read_u8(r);
        break;
    case U16:
        p->number = key_read_u16(r);
        break;
    case U32:
        p->number = key_read_u32(r);
        break;
    case U64:
        p->number = key_read_u64(r);
        break;
    case I64:
        p->integer = key_read_i64(r);
        break;
    case F64:
        p->real = key_read_f64(r);
        break;
    case UUID:
        p->id = key_read_uuid(r);
        break;
    case STRING:
        p->size = key_read_string(r, p->text, sizeof p->text);
        break;
    case KINDS:
        abort();
    }
}

static void write_part(key_writer *w, const part *p) {
    switch (p->kind) {
    case U8:
        key_u8(w, (uint8_t)p->number);
        break;
    case U16:
        key_u16(w, (uint16_t)p->number);
        break;
    case U32:
        key_u32(w, (uint32_t)p->number);
        break;
    case U64:
        key_u64(w, p->number);
        break;
    case I64:
        key_i64(w, p->integer);
        break;
    case F64:
        key_f64(w, p->real);
        break;
    case UUID:
        key_uuid(w, &p->id);
        break;
    case STRING:
        key_string(w, (hs_slice){p->text, p->size});
        break;
    case KINDS:
        abort();
    }
}

static int sign_of(int difference) {
    return (difference > 0) - (difference < 0);
}

static int compare_reals(double a, double b) {
    if (a != b) return a < b ? -1 : 1;
    return (signbit(b) != 0) - (signbit(a) != 0); /* −0.0 just below 0.0 */
}

static int compare_parts(const part *a, const part *b) {
    if (a->kind == I64) return (a->integer > b->integer) - (a->integer < b->integer);
    if (a->kind == F64) return compare_reals(a->real, b->real);
    if (a->kind == UUID) return sign_of(memcmp(&a->id, &b->id, sizeof a->id));
    if (a->kind == STRING)
        return sign_of(key_compare((hs_slice){a->text, a->size}, (hs_slice){b->text, b->size}));
    return (a->number > b->number) - (a->number < b->number);
}

/* Reads the parts; whatever was read must be written as the same bytes. */
static bool read_tuple(hs_slice key, const uint8_t *kinds, size_t count, part *parts,
                       key_writer *written) {
    key_reader r;
    key_read(&r, key);
    key_start(written);
    for (size_t i = 0; i < count; i++) {
        parts[i].kind = (part_kind)(kinds[i] % KINDS);
        read_part(&r, &parts[i]);
        if (!r.failed) write_part(written, &parts[i]);
    }
    if (r.failed || written->overflow) return false;
    size_t used = key.size - (size_t)(r.end - r.next);
    must_hold(key_slice(written).size == used);
    must_hold(used == 0 || memcmp(key_slice(written).data, key.data, used) == 0);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static part parts[2][PARTS_MOST];
    static key_writer keys[2];
    size_t count = size > 0 ? data[0] % (PARTS_MOST + 1) : 0;
    if (size < 1 + count) return 0;
    const uint8_t *kinds = data + 1, *at = kinds + count;
    size_t half = (size - 1 - count) / 2;
    hs_slice first = {at, half}, second = {at + half, half};
    if (!read_tuple(first, kinds, count, parts[0], &keys[0]) ||
        !read_tuple(second, kinds, count, parts[1], &keys[1]))
        return 0;
    int order = 0;
    for (size_t i = 0; i < count && order == 0; i++) {
        bool numbers =
            parts[0][i].kind != F64 || (!isnan(parts[0][i].real) && !isnan(parts[1][i].real));
        if (!numbers) return 0;
        order = compare_parts(&parts[0][i], &parts[1][i]);
    }
    must_hold(sign_of(key_compare(key_slice(&keys[0]), key_slice(&keys[1]))) == order);
    if (key_successor(&keys[0]))
        must_hold(key_compare(first, key_slice(&keys[0])) < 0 || key_slice(&keys[0]).size == 0);
    return 0;
}
