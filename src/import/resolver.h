/* resolver.h: the entities that rows refer to: do they exist, and what is a property of theirs.
 *
 * Looks in a snapshot, and remembers what it found in two tables of fixed size: the same few
 * patients, stays and items are asked for again and again. Entities are only remembered while they
 * exist; one that somebody deletes meanwhile makes the commit fail, upon which everything is
 * forgotten and asked anew.
 */
#ifndef IMPORT_RESOLVER_H
#define IMPORT_RESOLVER_H

#include "base/arena.h"
#include "base/error.h"
#include "hyperspatial/properties.h"

typedef struct resolver resolver;

hs_status resolver_create(resolver **r);
void resolver_free(resolver *r);

/* The snapshot to look in from now on; borrowed. */
void resolver_use(resolver *r, hs_snapshot *snapshot);
void resolver_forget(resolver *r);

/* Whether an entity exists, and its id. Equal types must be equal pointers. */
hs_status resolver_entity(resolver *r, const char *type, hs_slice key, hs_uuid *id, bool *exists);

/* The text of a property of an entity (an int64 in digits), valid until the next call; data NULL if
 * the entity or the property does not exist, or is no text and no int64, or is empty. */
hs_status resolver_text(resolver *r, const char *type, hs_slice key, hs_slice property,
                        hs_slice *text);

#endif
