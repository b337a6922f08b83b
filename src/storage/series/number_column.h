/* number_column.h: a column of unsigned numbers in a Rice code whose parameter suits them.
 *
 * A number n is coded with a parameter k: n >> k ones, a zero, the k low bits; or, if that would be
 * LONG_CODE ones or more, LONG_CODE ones, 6 bits for its length l − 1 and its l bits. The parameter
 * NUMBERS_ALL_ZERO stands for a column of zeros that takes no bits.
 */
#ifndef STORAGE_NUMBER_COLUMN_H
#define STORAGE_NUMBER_COLUMN_H

#include "storage/series/bit_stream.h"

#define NUMBERS_MAX      512 /* of one column */
#define NUMBERS_ALL_ZERO 63

typedef struct number_column {
    size_t count;
    unsigned parameter;
    size_t bits; /* that the codes of all numbers take */
    uint64_t numbers[NUMBERS_MAX];
} number_column;

/* Chooses the parameter for column->numbers [count]. */
void numbers_plan(number_column *column);
void numbers_write(const number_column *column, bit_writer *writer);

/* Reads `count` numbers. False if the parameter is none or the bits end before the numbers do. */
bool numbers_read(bit_reader *reader, unsigned parameter, size_t count, uint64_t *numbers);

#endif
