/* assignment.h: NAME=VALUE on a command line as a property's name and typed value. */
#ifndef CLI_ASSIGNMENT_H
#define CLI_ASSIGNMENT_H

#include "hyperspatial/hyperspatial.h"

typedef struct assignment {
    hs_slice name; /* within the word that was parsed, as texts in `value` are */
    hs_value value;
    void *memory;  /* holds the bytes of an HS_BYTES value; released by assignment_free */
    hs_list *list; /* holds an HS_LIST value, likewise */
} assignment;

/* Parses "NAME=VALUE" or "NAME:TYPE=VALUE". Without a type the value is, in this order, null, true
 * or false, an int64, a float64, a timestamp or a UUID if it is written as one, as an import infers
 * them, and else a string. Reports and returns EXIT_USAGE if it cannot be. */
int assignment_parse(const char *word, assignment *parsed);
/* A word's value as it would be without a type; a text in it is the word. */
hs_value assignment_value(const char *word);
void assignment_free(assignment *parsed);

#endif
