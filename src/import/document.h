/* document.h: a JSON file that people write, read so that every complaint says where: file, line
 * and path of members.
 *
 * A place is a value with the way to it. Places live on the caller's stack, each pointing at the
 * one that it is in:
 *
 *      mapping.json:17: sources[3].edges[0].tpye: there is no such member; there are: type, …
 */
#ifndef IMPORT_DOCUMENT_H
#define IMPORT_DOCUMENT_H

#include <jansson.h>

#include "base/arena.h"
#include "base/error.h"

typedef struct document {
    const char *path; /* owned by the document, as the text and the tree */
    char *text;
    size_t size;
    json_t *root;
} document;

typedef struct place {
    const document *of;
    const struct place *in; /* NULL: the root */
    const char *member;     /* NULL: an element of an array */
    size_t index;
    json_t *value; /* NULL: the member is missing */
} place;

/* Reads a file. HS_NOT_FOUND, HS_IO, HS_LIMIT (over 64 MiB), HS_PARSE with line and column. Free
 * with document_free, also after an error. */
hs_status document_read(const char *path, document *doc);
void document_free(document *doc);

place document_root(const document *doc);
/* The member of an object; value NULL if it is missing. */
place place_member(const place *at, const char *member);
place place_element(const place *at, size_t index);

/* HS_PARSE with file, line and path of the place before the sentence; a missing member counts as
 * where its object is. */
hs_status place_error(const place *at, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* HS_PARSE unless the place is an object that has only these members (ended by NULL), and
 * `comment`. */
hs_status place_object(const place *at, const char *const members[]);
/* HS_PARSE unless it is an array of at least `least` elements. */
hs_status place_array(const place *at, size_t least);
/* The string at the place, without NUL bytes and not empty unless allowed; copied to the arena.
 * HS_PARSE. */
hs_status place_string(const place *at, bool may_be_empty, arena *memory, const char **text);
hs_status place_bool(const place *at, bool *boolean);
hs_status place_number(const place *at, double *number);

#endif
