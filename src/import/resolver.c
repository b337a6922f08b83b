/* resolver.c: look-ups of entities with a memory. */
#include "import/resolver.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "base/memory.h"

#define ENTITY_SLOTS 65536 /* powers of two */
#define TEXT_SLOTS   8192
#define KEY_BYTES    39      /* longer keys are not remembered */
#define TEXT_BYTES   2097152 /* of remembered texts, after which all are forgotten */

/* A slot holds the last entity that fell to it. */
typedef struct entity_slot {
    const char *type; /* NULL: empty */
    hs_uuid id;
    uint8_t key_size;
    char key[KEY_BYTES];
} entity_slot;
_Static_assert(sizeof(entity_slot) == 64, "a slot is a cache line");

typedef struct text_slot {
    const char *type; /* NULL: empty */
    const void *property;
    hs_slice text;
    uint8_t key_size;
    char key[KEY_BYTES];
} text_slot;

struct resolver {
    hs_snapshot *snapshot;
    arena texts;
    entity_slot entities[ENTITY_SLOTS];
    text_slot labels[TEXT_SLOTS];
};

hs_status resolver_create(resolver **result) {
    *result = memory_zeroed(sizeof **result);
    return *result == NULL ? error_memory("the memory of entities", sizeof **result) : HS_OK;
}

void resolver_free(resolver *r) {
    if (r == NULL) return;
    arena_free(&r->texts);
    memory_free(r);
}

void resolver_use(resolver *r, hs_snapshot *snapshot) {
    r->snapshot = snapshot;
}

void resolver_forget(resolver *r) {
    memset(r->entities, 0, sizeof r->entities);
    memset(r->labels, 0, sizeof r->labels);
    arena_reset(&r->texts);
}

static size_t slot_of(const void *kind, hs_slice key, size_t slots) {
    return (size_t)XXH3_64bits_withSeed(key.data, key.size, (uintptr_t)kind) & (slots - 1);
}

/* HS_OK with *exists false for an entity that is not there. */
static hs_status find_entity(resolver *r, const char *type, hs_slice key, hs_entity *entity,
                             bool *exists) {
    hs_status status = hs_entity_find(r->snapshot, type, key, entity);
    *exists = status == HS_OK;
    return status == HS_NOT_FOUND ? HS_OK : status;
}

hs_status resolver_entity(resolver *r, const char *type, hs_slice key, hs_uuid *id, bool *exists) {
    entity_slot *slot = &r->entities[slot_of(type, key, ENTITY_SLOTS)];
    if (slot->type == type && slot->key_size == key.size &&
        memcmp(slot->key, key.data, key.size) == 0) {
        *id = slot->id;
        *exists = true;
        return HS_OK;
    }
    hs_entity entity;
    TRY(find_entity(r, type, key, &entity, exists));
    if (!*exists) return HS_OK;
    *id = entity.id;
    if (key.size > KEY_BYTES) return HS_OK;
    *slot = (entity_slot){.type = type, .id = entity.id, .key_size = (uint8_t)key.size};
    memcpy(slot->key, key.data, key.size);
    return HS_OK;
}

static hs_status read_text(resolver *r, const char *type, hs_slice key, hs_slice property,
                           char number[32], hs_slice *text) {
    hs_entity entity;
    hs_property found;
    bool exists;
    *text = (hs_slice){0};
    TRY(find_entity(r, type, key, &entity, &exists));
    if (!exists) return HS_OK;
    hs_status status = hs_property_get(r->snapshot, type, &entity.id, property, &found);
    if (status == HS_NOT_FOUND) return HS_OK;
    TRY(status);
    if (found.value.kind == HS_STRING && found.value.bytes.size > 0) *text = found.value.bytes;
    if (found.value.kind == HS_INT64) {
        int size = snprintf(number, 32, "%lld", (long long)found.value.int64);
        *text = (hs_slice){number, (size_t)size};
    }
    return HS_OK;
}

hs_status resolver_text(resolver *r, const char *type, hs_slice key, hs_slice property,
                        hs_slice *text) {
    text_slot *slot = &r->labels[slot_of(property.data, key, TEXT_SLOTS)];
    if (slot->type == type && slot->property == property.data && slot->key_size == key.size &&
        memcmp(slot->key, key.data, key.size) == 0) {
        *text = slot->text;
        return HS_OK;
    }
    char number[32];
    TRY(read_text(r, type, key, property, number, text));
    if (text->data == NULL || text->size > HS_LABEL_MAX) return HS_OK;
    if (r->texts.bytes > TEXT_BYTES) {
        memset(r->labels, 0, sizeof r->labels);
        arena_reset(&r->texts);
    }
    size_t size = text->size;
    *text = arena_copy(&r->texts, *text);
    if (text->data == NULL) return error_memory("a label", size);
    if (key.size > KEY_BYTES) return HS_OK;
    *slot = (text_slot){type, property.data, *text, (uint8_t)key.size, {0}};
    memcpy(slot->key, key.data, key.size);
    return HS_OK;
}
