/* content.h: everything in a collection as one number, so that two collections can be compared. */
#ifndef TESTS_IMPORT_CONTENT_H
#define TESTS_IMPORT_CONTENT_H

#include "hyperspatial/router.h"

/* A sum over hashes of all entities (key, revision), properties, edges, points, vectors and
 * measures. Times of writing and the order of creation do not count. */
uint64_t content_digest(hs_router *router, const char *collection);

#endif
