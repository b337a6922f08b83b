/* example.h: what the small programs of this folder share, so that each shows one store only. */
#ifndef EXAMPLES_EXAMPLE_H
#define EXAMPLES_EXAMPLE_H

#include <stdio.h>
#include <stdlib.h>

#include <hyperspatial/hyperspatial.h>

/* How to print a slice that holds text: printf("%.*s", TEXT(slice)). */
#define TEXT(slice) (int)(slice).size, (const char *)(slice).data

/* Ends the program with the library's sentence if a call failed. */
static inline void must(hs_status status) {
    if (status == HS_OK) return;
    fprintf(stderr, "%s: %s\n", hs_status_name(status), hs_last_error());
    exit(1);
}

/* Opens the root directory that the program was given, with an empty collection in it. */
static inline hs_router *example_open(int count, char **arguments, const char *collection) {
    if (count != 2) {
        fprintf(stderr, "usage: %s DIRECTORY (its collection '%s' is replaced)\n", arguments[0],
                collection);
        exit(2);
    }
    hs_router *router;
    must(hs_router_open(arguments[1], NULL, &router));
    hs_status status = hs_collection_drop(router, collection);
    if (status != HS_NOT_FOUND) must(status);
    must(hs_collection_create(router, collection));
    return router;
}

#endif
