/* document.h: JSON texts as values: documents validated, arrays read as lists. */
#ifndef TYPES_DOCUMENT_H
#define TYPES_DOCUMENT_H

#include "base/arena.h"
#include "hyperspatial/types.h"

/* Whether a text is one JSON value (RFC 8259) that a property may hold: HS_OK; HS_PARSE with a
 * message that says where and why not; HS_LIMIT. Memory: a multiple of the text. */
hs_status document_check(hs_slice text);

/* Reads a JSON array as hs_list_parse does, into an arena. */
hs_status document_list(hs_slice text, arena *memory, hs_value *list);

#endif
