/* shapes.h: the lists of property names that a type's records have, each stored once per family.
 *
 *   shapes table:   shape(4 BE)  ->  name (varint) …      in the byte order of the labels
 *
 * Rows of one file all have the same shape, so a record spends a byte or two on it. A family has at most SHAPES_MAX
 * shapes; records beyond that carry their list themselves (shape 0).
 */
#ifndef STORAGE_SHAPES_H
#define STORAGE_SHAPES_H

#include "base/arena.h"
#include "storage/layout.h"
#include "storage/slots.h"

#define SHAPES_MAX     4096
#define PROPERTIES_MAX 4096 /* of an entity */

typedef struct shape {
    uint32_t id;
    uint32_t count;
    uint32_t names[];
} shape;

struct names;

/* Committed shapes of a family that were met so far. */
typedef struct shapes {
    slots by_id;
} shapes;

#endif
