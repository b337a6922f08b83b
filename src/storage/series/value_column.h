/* value_column.h: a column of 64-bit values, float64 or int64, in as few bits as suit them.
 *
 * A column is a kind, a header of whole bytes and a run of bits. The kind is stored by the owner.
 *
 *   VALUES_DECIMAL   u8      decimal exponent e, 0 to 15                  A value is the float64
 *                    varint  zigzag of the first integer d                nearest to d / 10^e, bit
 *                    u8      parameter of the differences of d            for bit
 *                    bits    zigzagged differences of d (number_column.h)
 *   VALUES_XOR       bits    64 bits; then for each value 0 if it equals the one before, 10 and the
 *                            bits of the last window, or 11, 5 bits leading zeros, 6 bits length
 *                            − 1 and the bits
 *   VALUES_RAW       bits    64 a value
 *   VALUES_INTEGER   varint  zigzag of the first                          int64; the differences
 *                    u8      parameter of the differences                 wrap around
 *                    bits    zigzagged differences
 *
 * The parameter is there if there are two values or more. XOR after Pelkonen et al., "Gorilla: A
 * Fast, Scalable, In-Memory Time Series Database", VLDB 2015; decimals after Afroozeh, Kuffo,
 * Boncz, "ALP: Adaptive Lossless Floating-Point Compression", SIGMOD 2023.
 */
#ifndef STORAGE_VALUE_COLUMN_H
#define STORAGE_VALUE_COLUMN_H

#include "storage/series/number_column.h"

enum { VALUES_DECIMAL = 0, VALUES_XOR = 1, VALUES_RAW = 2, VALUES_INTEGER = 3 };

#define VALUES_MAX        NUMBERS_MAX
#define VALUES_HEADER_MAX (2 + VARINT_MAX)
#define XOR_VALUE_BITS    (2 + 5 + 6 + 64) /* of one value, at most */

/* What a reader may look at behind the end of the bits: a code is read before its end is checked.
 * Must be allocated, and zeros. */
#define VALUES_READ_PADDING (XOR_VALUE_BITS / 8 + 3 * BITS_PADDING)

/* How a column will be written. */
typedef struct value_plan {
    size_t count;
    unsigned kind;
    size_t header_bytes;
    size_t bits;
    unsigned exponent;
    int64_t first;
    number_column differences; /* of decimals and integers */
    const uint64_t *values;
    uint8_t xor_bytes[VALUES_MAX * XOR_VALUE_BITS / 8 + 1 + BITS_PADDING];
} value_plan;

/* Chooses the smallest kind for values [count], 1 to VALUES_MAX, which stay where they are until
 * they are written. */
void values_plan(value_plan *plan, const uint64_t *values, size_t count, bool integers);
/* Writes plan->header_bytes, and then the bits. */
void values_write_header(const value_plan *plan, uint8_t *to);
void values_write(const value_plan *plan, bit_writer *writer);

/* The header of a column. */
typedef struct value_header {
    unsigned kind;
    unsigned exponent;
    unsigned parameter;
    int64_t first;
} value_header;

/* Reads the header of a column of `count` values of header->kind from [at, end); returns its bytes.
 * False if it is none. */
bool values_read_header(value_header *header, const uint8_t *at, const uint8_t *end, size_t count,
                        size_t *bytes);
/* Reads the values. False if the bits are none of a column. */
bool values_read(const value_header *header, bit_reader *reader, size_t count, uint64_t *values);

#endif
