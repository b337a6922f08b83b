/* options.h: the rules of engine/engine.h for names, table options and sizes, as the oracles check
 * them. Written from the header alone, so that they are a second opinion on what the embedded
 * engine does. */
#ifndef ORACLE_OPTIONS_H
#define ORACLE_OPTIONS_H

#include "engine/engine.h"

/* HS_INVALID unless `name` has 1 to 80 bytes; `what` is "family" or "table". */
hs_status oracle_check_name(const char *what, const char *name);

/* HS_INVALID or HS_LIMIT unless the options are possible; `name` is the table's. */
hs_status oracle_check_options(const char *name, const engine_table_options *options);

/* HS_LIMIT or HS_INVALID unless a key of this size fits the options. */
hs_status oracle_check_key(const engine_table_options *options, size_t key_size);

/* HS_LIMIT or HS_INVALID unless an entry of these sizes fits the options. */
hs_status oracle_check_entry(const engine_table_options *options, size_t key_size,
                             size_t value_size);

/* The alignment in memory that a value of this size is owed. */
size_t oracle_alignment(const engine_table_options *options, size_t value_size);

#endif
