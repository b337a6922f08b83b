/* mention.h: how messages of the stores name an entity and a label. */
#ifndef STORAGE_MENTION_H
#define STORAGE_MENTION_H

#include "storage/collection/collection.h"

#define MENTION_MAX 192 /* bytes for collection/type/uuid, and for a label cut to fit */

/* "medical/patients/0198c5b2-…" in `buffer`, which is returned. */
const char *mention_entity(const collection *collection, const char *type, const hs_uuid *id,
                           char buffer[MENTION_MAX]);

/* The label of an interned name for a message, "?" if it cannot be read. */
const char *mention_label(collection *collection, engine_txn *txn, uint32_t name,
                          char buffer[MENTION_MAX]);

#endif
