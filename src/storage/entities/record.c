/* record.c: encoding and decoding of records; record.h draws them. */
#include "storage/entities/record.h"

#include <assert.h>
#include <math.h>

#include "base/bytes.h"
#include "base/error.h"
#include "storage/collection/layout.h"
#include "storage/entities/shapes.h"

enum flag {
    FLAG_REVISION = 0x01,
    FLAG_UPDATED = 0x02,
    FLAG_ID = 0x04,
    FLAG_KEY = 0x08,
    FLAG_TIMES = 0x10,
    FLAG_ALL = 0x1F
};

/* n of FORM_NULL. */
enum other_form {
    OTHER_NULL,
    OTHER_LIST,
    OTHER_JSON,
    OTHER_LONG_LIST,
    OTHER_LONG_JSON,
    OTHER_COUNT
};

enum form {
    FORM_NULL,
    FORM_BOOL,
    FORM_INT64,
    FORM_WHOLE,
    FORM_STRING,
    FORM_BYTES,
    FORM_SECONDS,
    FORM_UUID,
    FORM_FLOAT64,
    FORM_TENTHS,
    FORM_HUNDREDTHS,
    FORM_THOUSANDTHS,
    FORM_LONG_STRING,
    FORM_LONG_BYTES,
    FORM_MICROSECONDS,
    FORM_SMALL
};

#define SIZE_FOLLOWS 15 /* n of strings and bytes: a varint size follows the tag */
#define SMALL_MAX    15
#define EXPONENT_MAX 9
#define WHOLE_MAX    INT64_C(9007199254740992) /* 2^53: whole numbers up to it are exact */
#define SECOND       INT64_C(1000000)

static const double power_of_ten[EXPONENT_MAX + 1] = {1,   1e1, 1e2, 1e3, 1e4,
                                                      1e5, 1e6, 1e7, 1e8, 1e9};

/* Times are stored as differences, which wrap around for damaged ones; the reader checks ranges. */
static uint64_t time_delta(hs_time time, hs_time base) {
    return zigzag_encode((int64_t)((uint64_t)time - (uint64_t)base));
}
static hs_time time_from(uint64_t delta, hs_time base) {
    return (hs_time)((uint64_t)base + (uint64_t)zigzag_decode(delta));
}

/* --- encoding of values ----------------------------------------------------------------------- */

static uint8_t *write_tag(uint8_t *out, enum form form, unsigned n) {
    assert(n < 16);
    *out = (uint8_t)((unsigned)form << 4 | n);
    return out + 1;
}

static unsigned bytes_of(uint64_t zigzag) {
    return zigzag == 0 ? 0 : (unsigned)(8 - __builtin_clzll(zigzag) / 8);
}

static uint8_t *write_bytes(uint8_t *out, uint64_t value, unsigned n) {
    for (unsigned i = 0; i < n; i++)
        *out++ = (uint8_t)(value >> (8 * i));
    return out;
}

static uint8_t *write_integer(uint8_t *out, enum form form, int64_t value) {
    uint64_t zigzag = zigzag_encode(value);
    unsigned n = bytes_of(zigzag);
    return write_bytes(write_tag(out, form, n), zigzag, n);
}

static uint64_t float_bits(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static uint8_t *write_float(uint8_t *out, double value) {
    static const enum form forms[] = {FORM_WHOLE, FORM_TENTHS, FORM_HUNDREDTHS, FORM_THOUSANDTHS};
    for (unsigned e = 0; e <= EXPONENT_MAX; e++) {
        double scaled = value * power_of_ten[e];
        if (!(fabs(scaled) < (double)WHOLE_MAX)) break;
        int64_t mantissa = llrint(scaled);
        if (float_bits((double)mantissa / power_of_ten[e]) != float_bits(value)) continue;
        if (e < sizeof forms / sizeof *forms) return write_integer(out, forms[e], mantissa);
        uint64_t zigzag = zigzag_encode(mantissa);
        unsigned n = bytes_of(zigzag);
        out = write_tag(out, FORM_FLOAT64, n);
        *out++ = (uint8_t)e;
        return write_bytes(out, zigzag, n);
    }
    return write_bytes(write_tag(out, FORM_FLOAT64, 0), float_bits(value), 8);
}

static uint8_t *write_text(uint8_t *out, enum form form, hs_slice bytes) {
    if (bytes.size < SIZE_FOLLOWS) {
        out = write_tag(out, form, (unsigned)bytes.size);
    } else {
        out = write_tag(out, form, SIZE_FOLLOWS);
        out += varint_write(out, bytes.size);
    }
    if (bytes.size > 0) memcpy(out, bytes.data, bytes.size);
    return out + bytes.size;
}

static uint8_t *write_long(uint8_t *out, const hs_value *value) {
    assert(value->bytes.size > LONG_VALUE);
    switch (value->kind) {
    case HS_STRING:
        out = write_tag(out, FORM_LONG_STRING, 0);
        break;
    case HS_LIST:
        out = write_tag(out, FORM_NULL, OTHER_LONG_LIST);
        break;
    case HS_JSON:
        out = write_tag(out, FORM_NULL, OTHER_LONG_JSON);
        break;
    default:
        out = write_tag(out, FORM_LONG_BYTES, 0);
    }
    return out + varint_write(out, value->bytes.size);
}

static uint8_t *write_other(uint8_t *out, enum other_form form, hs_slice bytes) {
    out = write_tag(out, FORM_NULL, form);
    out += varint_write(out, bytes.size);
    if (bytes.size > 0) memcpy(out, bytes.data, bytes.size);
    return out + bytes.size;
}

static uint8_t *write_value(uint8_t *out, const hs_value *value) {
    switch (value->kind) {
    case HS_NULL:
        return write_tag(out, FORM_NULL, 0);
    case HS_BOOL:
        return write_tag(out, FORM_BOOL, value->boolean);
    case HS_INT64:
        if (value->int64 >= 0 && value->int64 <= SMALL_MAX)
            return write_tag(out, FORM_SMALL, (unsigned)value->int64);
        return write_integer(out, FORM_INT64, value->int64);
    case HS_FLOAT64:
        return write_float(out, value->float64);
    case HS_STRING:
        return write_text(out, FORM_STRING, value->bytes);
    case HS_BYTES:
        return write_text(out, FORM_BYTES, value->bytes);
    case HS_TIMESTAMP:
        if (value->timestamp % SECOND == 0)
            return write_integer(out, FORM_SECONDS, value->timestamp / SECOND);
        return write_integer(out, FORM_MICROSECONDS, value->timestamp);
    case HS_UUID:
        out = write_tag(out, FORM_UUID, 0);
        memcpy(out, value->uuid.bytes, sizeof value->uuid.bytes);
        return out + sizeof value->uuid.bytes;
    case HS_LIST:
        return write_other(out, OTHER_LIST, value->bytes);
    case HS_JSON:
        return write_other(out, OTHER_JSON, value->bytes);
    }
    assert(!"a value of no kind");
    return out;
}

#define VALUE_MAX                                                                                  \
    (1 + 2 * VARINT_MAX + sizeof(hs_uuid)) /* of a value, without the bytes of a text */

size_t record_value_bound(const hs_value *value) {
    return VALUE_MAX + (record_has_bytes(value) ? value->bytes.size : 0);
}

size_t record_value_write(const hs_value *value, uint8_t *out) {
    return (size_t)(write_value(out, value) - out);
}

size_t record_list_bound(const hs_value *list) {
    size_t size = VARINT_MAX;
    for (size_t i = 0; i < list->list.count; i++)
        size += record_value_bound(list->list.items + i);
    return size;
}

size_t record_list_pack(const hs_value *list, uint8_t *out) {
    const uint8_t *start = out;
    out += varint_write(out, list->list.count);
    for (size_t i = 0; i < list->list.count; i++) {
        assert(list->list.items[i].kind != HS_LIST && list->list.items[i].kind != HS_JSON);
        out = write_value(out, list->list.items + i);
    }
    return (size_t)(out - start);
}

bool record_value_equal(const hs_value *a, const hs_value *b) {
    if (a->kind != HS_LIST || b->kind != HS_LIST) return hs_value_equal(a, b);
    return a->bytes.size == b->bytes.size &&
           (a->bytes.size == 0 || memcmp(a->bytes.data, b->bytes.data, a->bytes.size) == 0);
}

/* --- encoding of records ---------------------------------------------------------------------- */

static bool has_times(const record *record, size_t index) {
    const record_property *property = record->properties + index;
    return property->updated_at != record->created_at || property->valid_from != record->created_at;
}

static size_t count_times(const record *record) {
    size_t count = 0;
    for (size_t i = 0; i < record->count; i++)
        count += has_times(record, i);
    return count;
}

static uint8_t *write_times(uint8_t *out, const record *record, size_t count) {
    out += varint_write(out, count);
    size_t last = SIZE_MAX; /* −1: wraps around in the first step */
    for (size_t i = 0; i < record->count; i++) {
        if (!has_times(record, i)) continue;
        const record_property *property = record->properties + i;
        out += varint_write(out, i - last);
        out += varint_write(out, time_delta(property->updated_at, record->created_at));
        out += varint_write(out, time_delta(property->valid_from, record->created_at));
        last = i;
    }
    return out;
}

size_t record_bound(const record *record) {
    size_t size = 1 + 7 * VARINT_MAX + sizeof(hs_uuid) + record->key.size;
    for (size_t i = 0; i < record->count; i++) {
        const record_property *property = record->properties + i;
        bool sized = record_has_bytes(&property->value);
        size += 4 * VARINT_MAX + 1 + sizeof(hs_uuid);
        if (sized && !property->is_long) size += VARINT_MAX + property->value.bytes.size;
    }
    return size;
}

size_t record_encode(const record *record, hs_time epoch, uint8_t *out) {
    const uint8_t *start = out;
    size_t times = count_times(record);
    unsigned flags = (record->revision != 1 ? FLAG_REVISION : 0) |
                     (record->updated_at != record->created_at ? FLAG_UPDATED : 0) |
                     (record->has_id ? FLAG_ID : 0) | (record->key.size > 0 ? FLAG_KEY : 0) |
                     (times > 0 ? FLAG_TIMES : 0);
    *out++ = (uint8_t)flags;
    out += varint_write(out, time_delta(record->created_at, epoch));
    if (flags & FLAG_REVISION) out += varint_write(out, record->revision);
    if (flags & FLAG_UPDATED)
        out += varint_write(out, time_delta(record->updated_at, record->created_at));
    if (flags & FLAG_ID) {
        memcpy(out, record->id.bytes, sizeof record->id.bytes);
        out += sizeof record->id.bytes;
    }
    if (flags & FLAG_KEY) {
        out += varint_write(out, record->key.size);
        memcpy(out, record->key.data, record->key.size);
        out += record->key.size;
    }
    out += varint_write(out, record->shape);
    if (record->shape == 0) {
        out += varint_write(out, record->count);
        for (size_t i = 0; i < record->count; i++)
            out += varint_write(out, record->properties[i].name);
    }
    if (times > 0) out = write_times(out, record, times);
    for (size_t i = 0; i < record->count; i++)
        out = record->properties[i].is_long ? write_long(out, &record->properties[i].value)
                                            : write_value(out, &record->properties[i].value);
    return (size_t)(out - start);
}

/* --- decoding of records ---------------------------------------------------------------------- */

static hs_status damaged(const record_reader *reader, const char *what) {
    return error_set(HS_CORRUPT, "a record is damaged at byte %zu of %zu: %s",
                     (size_t)(reader->next - reader->start), (size_t)(reader->end - reader->start),
                     what);
}

static bool read_varint(record_reader *reader, uint64_t *value) {
    size_t used = varint_read(reader->next, reader->end, value);
    reader->next += used;
    return used > 0;
}

static size_t left(const record_reader *reader) {
    return (size_t)(reader->end - reader->next);
}

static bool time_in_range(hs_time time) {
    return time >= HS_TIME_MIN && time <= HS_TIME_MAX;
}

static hs_status read_stamps(record_reader *reader, unsigned flags, hs_time epoch) {
    record *head = &reader->head;
    uint64_t number;
    if (!read_varint(reader, &number)) return damaged(reader, "created_at");
    head->created_at = time_from(number, epoch);
    head->revision = 1;
    if ((flags & FLAG_REVISION) && !read_varint(reader, &head->revision))
        return damaged(reader, "revision");
    number = 0;
    if ((flags & FLAG_UPDATED) && !read_varint(reader, &number))
        return damaged(reader, "updated_at");
    head->updated_at = time_from(number, head->created_at);
    if (head->revision == 0 || !time_in_range(head->created_at) || !time_in_range(head->updated_at))
        return damaged(reader, "a revision or time out of range");
    return HS_OK;
}

static hs_status read_identity(record_reader *reader, unsigned flags) {
    record *head = &reader->head;
    head->has_id = flags & FLAG_ID;
    if (head->has_id) {
        if (left(reader) < sizeof head->id.bytes) return damaged(reader, "id");
        memcpy(head->id.bytes, reader->next, sizeof head->id.bytes);
        reader->next += sizeof head->id.bytes;
    }
    head->key = (hs_slice){"", 0};
    if (flags & FLAG_KEY) {
        uint64_t size;
        if (!read_varint(reader, &size) || size == 0 || size > HS_KEY_MAX || size > left(reader))
            return damaged(reader, "key");
        head->key = (hs_slice){reader->next, size};
        reader->next += size;
    }
    if (!head->has_id && head->key.size == 0) return damaged(reader, "neither id nor key");
    return HS_OK;
}

/* Reads the shape's number; for shape 0 passes over the names, which record_next reads. */
static hs_status read_shape(record_reader *reader) {
    uint64_t number, name;
    if (!read_varint(reader, &number) || number > SHAPES_MAX) return damaged(reader, "shape");
    reader->head.shape = (uint32_t)number;
    if (number > 0) return HS_OK;
    if (!read_varint(reader, &number) || number > PROPERTIES_MAX)
        return damaged(reader, "number of properties");
    reader->head.count = number;
    reader->inline_name = reader->next;
    for (size_t i = 0; i < number; i++)
        if (!read_varint(reader, &name) || name == 0 || name > NAME_MAX_ID)
            return damaged(reader, "name of a property");
    return HS_OK;
}

hs_status record_open(record_reader *reader, hs_slice bytes, hs_time epoch) {
    const uint8_t *start = bytes.data;
    *reader = (record_reader){.start = start, .next = start, .end = start + bytes.size};
    if (bytes.size == 0) return damaged(reader, "empty");
    unsigned flags = *reader->next++;
    if (flags & ~(unsigned)FLAG_ALL) return damaged(reader, "flags");
    TRY(read_stamps(reader, flags, epoch));
    TRY(read_identity(reader, flags));
    TRY(read_shape(reader));
    reader->times = (flags & FLAG_TIMES) != 0;
    return HS_OK;
}

/* Reads the step to the next property that has times of its own. */
static hs_status next_time(record_reader *reader) {
    uint64_t step = 0;
    size_t used = varint_read(reader->time, reader->end, &step);
    reader->time += used;
    if (used == 0 || step == 0 || step > reader->head.count) return damaged(reader, "times");
    reader->timed += step;
    if (reader->timed >= reader->head.count) return damaged(reader, "times");
    return HS_OK;
}

hs_status record_properties(record_reader *reader, const uint32_t *names, size_t count) {
    if (reader->head.shape != 0) {
        reader->names = names;
        reader->head.count = count;
    }
    if (reader->times == 0) return HS_OK;
    uint64_t number;
    if (!read_varint(reader, &reader->times) || reader->times == 0 ||
        reader->times > reader->head.count)
        return damaged(reader, "number of times");
    reader->time = reader->next;
    for (uint64_t i = 0; i < 3 * reader->times; i++)
        if (!read_varint(reader, &number)) return damaged(reader, "times");
    reader->timed = UINT64_MAX; /* −1: wraps around in the first step */
    return next_time(reader);
}

/* --- decoding of values ----------------------------------------------------------------------- */

static bool read_integer(record_reader *reader, unsigned n, int64_t *value) {
    if (n > 8 || n > left(reader)) return false;
    uint64_t zigzag = 0;
    for (unsigned i = 0; i < n; i++)
        zigzag |= (uint64_t)reader->next[i] << (8 * i);
    reader->next += n;
    *value = zigzag_decode(zigzag);
    return true;
}

static bool read_decimal(record_reader *reader, unsigned n, unsigned exponent, double *value) {
    int64_t mantissa;
    if (exponent > EXPONENT_MAX || !read_integer(reader, n, &mantissa)) return false;
    if (mantissa < -WHOLE_MAX || mantissa > WHOLE_MAX) return false;
    *value = (double)mantissa / power_of_ten[exponent];
    return true;
}

static bool read_float(record_reader *reader, unsigned n, double *value) {
    if (n > 0) {
        if (left(reader) == 0) return false;
        unsigned exponent = *reader->next++;
        return read_decimal(reader, n, exponent, value);
    }
    if (left(reader) < sizeof *value) return false;
    memcpy(value, reader->next, sizeof *value);
    reader->next += sizeof *value;
    return isfinite(*value);
}

static bool read_text(record_reader *reader, unsigned n, hs_slice *bytes) {
    uint64_t size = n;
    if (n == SIZE_FOLLOWS && !read_varint(reader, &size)) return false;
    if (size > left(reader) || (size > LONG_VALUE && !reader->is_unbounded)) return false;
    *bytes = (hs_slice){reader->next, size};
    reader->next += size;
    return true;
}

static bool read_long(record_reader *reader, unsigned n, record_property *property) {
    uint64_t size;
    if (reader->is_unbounded || n != 0 || !read_varint(reader, &size) || size <= LONG_VALUE ||
        size > HS_VALUE_MAX)
        return false;
    property->is_long = true;
    property->value.bytes = (hs_slice){NULL, size};
    return true;
}

static bool read_time(record_reader *reader, unsigned n, int64_t unit, hs_time *time) {
    int64_t value;
    if (!read_integer(reader, n, &value)) return false;
    if (value < HS_TIME_MIN / unit || value > HS_TIME_MAX / unit) return false;
    *time = value * unit;
    return true;
}

static bool read_uuid(record_reader *reader, unsigned n, hs_uuid *uuid) {
    if (n != 0 || left(reader) < sizeof uuid->bytes) return false;
    memcpy(uuid->bytes, reader->next, sizeof uuid->bytes);
    reader->next += sizeof uuid->bytes;
    return true;
}

/* Null, and what has no form of its own. */
static bool read_other(record_reader *reader, unsigned n, record_property *property) {
    static const hs_kind kinds[OTHER_COUNT] = {HS_NULL, HS_LIST, HS_JSON, HS_LIST, HS_JSON};
    if (n >= OTHER_COUNT || (n != OTHER_NULL && reader->in_list)) return false;
    property->value.kind = kinds[n];
    if (n == OTHER_NULL) return true;
    if (n == OTHER_LIST || n == OTHER_JSON)
        return read_text(reader, SIZE_FOLLOWS, &property->value.bytes);
    return read_long(reader, 0, property);
}

static const hs_kind form_kinds[] = {
    [FORM_NULL] = HS_NULL,
    [FORM_BOOL] = HS_BOOL,
    [FORM_INT64] = HS_INT64,
    [FORM_WHOLE] = HS_FLOAT64,
    [FORM_STRING] = HS_STRING,
    [FORM_BYTES] = HS_BYTES,
    [FORM_SECONDS] = HS_TIMESTAMP,
    [FORM_UUID] = HS_UUID,
    [FORM_FLOAT64] = HS_FLOAT64,
    [FORM_TENTHS] = HS_FLOAT64,
    [FORM_HUNDREDTHS] = HS_FLOAT64,
    [FORM_THOUSANDTHS] = HS_FLOAT64,
    [FORM_LONG_STRING] = HS_STRING,
    [FORM_LONG_BYTES] = HS_BYTES,
    [FORM_MICROSECONDS] = HS_TIMESTAMP,
    [FORM_SMALL] = HS_INT64,
};

static bool read_value(record_reader *reader, record_property *property) {
    if (left(reader) == 0) return false;
    unsigned tag = *reader->next++;
    unsigned n = tag & 15;
    enum form form = (enum form)(tag >> 4);
    hs_value *value = &property->value;
    value->kind = form_kinds[form];
    switch (form) {
    case FORM_NULL:
        return read_other(reader, n, property);
    case FORM_BOOL:
        value->boolean = n == 1;
        return n <= 1;
    case FORM_INT64:
        return read_integer(reader, n, &value->int64);
    case FORM_SMALL:
        value->int64 = n;
        return true;
    case FORM_WHOLE:
        return read_decimal(reader, n, 0, &value->float64);
    case FORM_TENTHS:
    case FORM_HUNDREDTHS:
    case FORM_THOUSANDTHS:
        return read_decimal(reader, n, (unsigned)(form - FORM_TENTHS) + 1, &value->float64);
    case FORM_FLOAT64:
        return read_float(reader, n, &value->float64);
    case FORM_STRING:
    case FORM_BYTES:
        return read_text(reader, n, &value->bytes);
    case FORM_LONG_STRING:
    case FORM_LONG_BYTES:
        return read_long(reader, n, property);
    case FORM_SECONDS:
        return read_time(reader, n, SECOND, &value->timestamp);
    case FORM_MICROSECONDS:
        return read_time(reader, n, 1, &value->timestamp);
    case FORM_UUID:
        return read_uuid(reader, n, &value->uuid);
    }
    return false;
}

/* Takes the times of the property at reader->timed and finds the next that has some. */
static hs_status read_times(record_reader *reader, record_property *property) {
    uint64_t updated_at = 0, valid_from = 0;
    reader->time += varint_read(reader->time, reader->end, &updated_at);
    reader->time += varint_read(reader->time, reader->end, &valid_from);
    property->updated_at = time_from(updated_at, reader->head.created_at);
    property->valid_from = time_from(valid_from, reader->head.created_at);
    if (!time_in_range(property->updated_at) || !time_in_range(property->valid_from))
        return damaged(reader, "a property's times");
    return --reader->times > 0 ? next_time(reader) : HS_OK;
}

int record_next(record_reader *reader, record_property *property) {
    if (reader->index == reader->head.count) {
        if (left(reader) > 0) return damaged(reader, "more than its properties");
        return 0;
    }
    *property = (record_property){.updated_at = reader->head.created_at,
                                  .valid_from = reader->head.created_at};
    if (reader->names != NULL) {
        property->name = reader->names[reader->index];
    } else {
        uint64_t name = 0; /* record_open has checked it */
        reader->inline_name += varint_read(reader->inline_name, reader->end, &name);
        property->name = (uint32_t)name;
    }
    if (!read_value(reader, property)) return damaged(reader, "value");
    if (reader->times > 0 && reader->timed == reader->index) TRY(read_times(reader, property));
    reader->index++;
    return 1;
}

/* --- finding one ------------------------------------------------------------------------------ */

static bool skip_bytes(record_reader *reader, uint64_t size) {
    if (size > left(reader)) return false;
    reader->next += size;
    return true;
}

static bool skip_sized(record_reader *reader) {
    uint64_t size;
    return read_varint(reader, &size) && skip_bytes(reader, size);
}

static bool skip_value(record_reader *reader) {
    uint64_t size;
    if (left(reader) == 0) return false;
    unsigned tag = *reader->next++, n = tag & 15;
    switch ((enum form)(tag >> 4)) {
    case FORM_NULL:
        if (n == OTHER_NULL) return true;
        return n <= OTHER_JSON ? skip_sized(reader) : read_varint(reader, &size);
    case FORM_BOOL:
    case FORM_SMALL:
        return true;
    case FORM_INT64:
    case FORM_WHOLE:
    case FORM_TENTHS:
    case FORM_HUNDREDTHS:
    case FORM_THOUSANDTHS:
    case FORM_SECONDS:
    case FORM_MICROSECONDS:
        return skip_bytes(reader, n);
    case FORM_STRING:
    case FORM_BYTES:
        return n == SIZE_FOLLOWS ? skip_sized(reader) : skip_bytes(reader, n);
    case FORM_FLOAT64:
        return skip_bytes(reader, n == 0 ? sizeof(double) : 1 + n);
    case FORM_UUID:
        return skip_bytes(reader, sizeof(hs_uuid));
    case FORM_LONG_STRING:
    case FORM_LONG_BYTES:
        return read_varint(reader, &size);
    }
    return false;
}

int record_find(record_reader *reader, uint32_t name, record_property *property) {
    int found;
    size_t at = 0;
    if (reader->names == NULL) {
        while ((found = record_next(reader, property)) > 0 && property->name != name) {
        }
        return found;
    }
    while (at < reader->head.count && reader->names[at] != name)
        at++;
    if (at == reader->head.count) return 0;
    for (; reader->index < at; reader->index++) {
        if (!skip_value(reader)) return damaged(reader, "value");
        if (reader->times > 0 && reader->timed == reader->index) TRY(read_times(reader, property));
    }
    return record_next(reader, property);
}

/* --- values by themselves, and lists ---------------------------------------------------------- */

hs_status record_value_read(hs_slice bytes, hs_value *value) {
    const uint8_t *start = bytes.data;
    record_reader reader = {
        .start = start, .next = start, .end = start + bytes.size, .is_unbounded = true};
    record_property property = {.is_long = false};
    if (!read_value(&reader, &property) || left(&reader) > 0)
        return error_set(HS_CORRUPT, "a value is damaged; run a check");
    *value = property.value;
    return HS_OK;
}

static hs_status list_damaged(void) {
    return error_set(HS_CORRUPT, "a list is damaged; run a check");
}

hs_status record_list_unpack(hs_slice bytes, arena *memory, hs_value *list) {
    const uint8_t *start = bytes.data;
    record_reader reader = {.start = start,
                            .next = start,
                            .end = start + bytes.size,
                            .is_unbounded = true,
                            .in_list = true};
    uint64_t count;
    if (bytes.size == 0 || !read_varint(&reader, &count) || count > left(&reader))
        return list_damaged();
    hs_value *items = arena_alloc(memory, (count + 1) * sizeof *items);
    if (items == NULL) return error_memory("a list", count * sizeof *items);
    for (uint64_t i = 0; i < count; i++) {
        record_property item = {.is_long = false};
        if (!read_value(&reader, &item)) return list_damaged();
        items[i] = item.value;
    }
    if (left(&reader) > 0) return list_damaged();
    *list = (hs_value){.kind = HS_LIST, .list = {items, count}};
    return HS_OK;
}
