/* values.h: a cell's text as a typed value, and the narrowest type that holds a column's values.
 *
 * Only numbers in plain form are inferred: without a plus sign and needless leading zeros, which
 * may mean something. What the mapping declares to be a number may have them.
 */
#ifndef IMPORT_VALUES_H
#define IMPORT_VALUES_H

#include "import/row.h"
#include "import/times.h"

/* The type of a property in a mapping: a kind of value, or still to be inferred. */
#define KIND_INFER 0 /* HS_NULL is no type that a property can have */

/* The kind that a mapping calls `name` ("int64", …, "infer"); false if there is none of this name.
 */
bool value_kind_named(const char *name, int *kind);

/* Reads an int64, a finite float64 (rounded to nearest), a bool; false if the text is anything
 * else. */
bool value_int64(hs_slice text, int64_t *number);
bool value_float64(hs_slice text, double *number);
bool value_bool(hs_slice text, bool *boolean);

/* The cell as a value of `kind`, which may borrow the cell's bytes; bytes come from the arena.
 * NULL, or the reason why the text does not fit. */
const char *value_convert(int kind, const time_format_list *times, const import_cell *cell,
                          arena *memory, hs_value *value);

/* --- inference ------------------------------------------------------------------------------- */

/* What the values of a column seen so far allow. Zeroed but for its first member: none seen. */
typedef struct column_guess {
    bool only_json_numbers; /* text that looks like a number is none: in JSON numbers say so */
    bool seen;
    bool excluded[HS_UUID + 1]; /* kinds that some value does not fit */
} column_guess;

/* Takes a value that is not null into account. */
void guess_add(column_guess *guess, const time_format_list *times, const import_cell *cell);

/* The narrowest kind that holds all of them; HS_STRING if none was seen. */
hs_kind guess_kind(const column_guess *guess);

#endif
