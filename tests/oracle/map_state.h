/* map_state.h: all families and tables of one commit, as the in-memory model holds them.
 *
 * Memory that runs out ends the program.
 */
#ifndef ORACLE_MAP_STATE_H
#define ORACLE_MAP_STATE_H

#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "oracle/treap.h"

typedef struct map_table {
    uint32_t number; /* 0: dropped */
    char name[81];
    engine_table_options options;
    treap *entries;
} map_table;

typedef struct map_family {
    engine_family number; /* 0: dropped */
    char name[81];
    map_table *tables;
    size_t count; /* of tables ever created: table n is tables[n − 1] */
} map_family;

typedef struct map_state {
    size_t references; /* under the engine's mutex */
    uint64_t sequence;
    map_family *families;
    size_t count; /* of families ever created: family n is families[n − 1] */
} map_state;

static inline void *oracle_must(void *block) {
    if (block == NULL) abort();
    return block;
}

static inline void *oracle_copy(const void *array, size_t bytes) {
    void *copy = oracle_must(malloc(bytes + 1));
    if (bytes > 0) memcpy(copy, array, bytes);
    return copy;
}

/* A state of its own, with one reference, that shares the entries. */
map_state *map_state_copy(const map_state *from);
/* One reference less. The caller holds the engine's mutex, if others can see the state. */
void map_state_release(map_state *s);
/* Empties a family's place. */
void map_family_clear(map_family *family);

/* HS_NOT_FOUND with a message, and NULL. */
hs_status map_find_family(const map_state *s, engine_family number, map_family **family);
hs_status map_find_table(const map_state *s, engine_table id, map_table **table);
hs_status map_named_family(const map_state *s, const char *name, engine_family *family);
hs_status map_named_table(const map_family *family, const char *name, engine_table *table);

/* HS_INVALID or HS_EXISTS unless a family may be called so. */
hs_status map_check_free_name(const map_state *s, const char *name);
/* Adds a family or table under its next number. HS_INVALID, HS_EXISTS, HS_LIMIT. */
hs_status map_add_family(map_state *s, const char *name, engine_family *number);
hs_status map_add_table(map_state *s, engine_family number, const char *name,
                        const engine_table_options *options, engine_table *id);

#endif
