/* mention.c: names of things for messages. */
#include "storage/collection/mention.h"

#include <stdio.h>

#include "base/text.h"

const char *mention_entity(const collection *collection, const char *type, const hs_uuid *id,
                           char buffer[MENTION_MAX]) {
    char uuid[37];
    hs_uuid_format(id, uuid);
    snprintf(buffer, MENTION_MAX, "%s/%s/%s", collection->name, type, uuid);
    return buffer;
}

const char *mention_label(collection *collection, engine_txn *txn, uint32_t name,
                          char buffer[MENTION_MAX]) {
    hs_slice label;
    if (names_label(&collection->names, txn, name, &label) != HS_OK) label = hs_slice_of("?");
    return text_excerpt(label, buffer, MENTION_MAX);
}
