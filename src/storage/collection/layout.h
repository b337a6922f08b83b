/* layout.h: where everything of a collection lies: families, tables and their keys.
 * docs/format-storage.md explains.
 *
 * Every entity has, beside its UUID, a row id (rid): dense per type from 1, below 2^48, never
 * reused, in the order of creation. All stores key by rid. Numbers in keys are big-endian, so that
 * memcmp order is their order; labels (property, edge-type, series and measure names) appear as
 * their interned number (names.h).
 *
 * Family "$system", one per collection; no transaction takes it together with another family:
 *
 *   1 routing    shared     uuid(16)            ->  family << 48 | rid  (u64 LE)
 *   2 names                 00 ‖ name(4)        ->  label
 *                           01 ‖ label          ->  name (u32 LE)
 *   3 settings              text                ->  see collection.c
 *
 * One family per entity type:
 *
 *   1 meta                  text                ->  "namespace": uuid; "counters": struct counters;
 *                                                   "options": text (type_options.h); "indexes":
 *                                                   index_list.h
 *   2 records               rid(8)              ->  record (record.h)
 *   3 shapes                shape(4)            ->  names of a record's properties (shapes.h)
 *   4 blobs                 rid(6) ‖ name(3)    ->  bytes of a long property value
 *   5 keys                  external key        ->  rid (u64 LE); if the key does not give the id
 *   6 edges                 source rid(6) ‖ name(3)
 *                           source rid(6) ‖ name(3) ‖ target family(2) ‖ target rid(6)
 *                                               ->  lists of edges (edge_list.h)
 *   7 edges_in   shared     the same with target and source exchanged
 *   8 series                rid(6) ‖ name(3) ‖ time(8, sign flipped) ‖ ordinal(2)
 *                                               ->  block of points (point_store.h)
 *   9 series_directory      rid(6) ‖ name(3)    ->  what is known of a series, and its newest
 *                                                   points (series_directory.h)
 *  10 trajectories          rid(8) ‖ time(8, sign flipped)
 *                                               ->  block of positions (position_store.h)
 *  11 measures              rid(6) ‖ name(3)    ->  measure (measures.h)
 *  12 measure_history                               like series
 *  13 measure_order         name(3) ‖ value(8) ‖ uuid(16)
 *                                               ->  nothing (measure.h)
 *  14 vector_kinds          name                ->  what its vectors are like (vector_kind.h)
 *  15 series_rollups        rid(6) ‖ name(3) ‖ level(1) ‖ time(8, sign flipped)
 *                                               ->  block of roll-ups (rollup_block.h)
 *  16 property_history      rid(6) ‖ name(3) ‖ time(8, sign flipped)
 *                                               ->  version (history.h)
 *  17 edge_history          rid(6) ‖ name(3) ‖ family(2) ‖ rid(6) ‖ time(8, sign flipped)
 *                                               ->  version of an edge (edge_history.h)
 *  18 edge_history_in shared                        the same with target and source exchanged
 *  19 edge_properties       rid(6) ‖ name(3) ‖ family(2) ‖ rid(6) ‖ property(3)
 *                                               ->  value (edge_properties.h)
 *  20 positions fixed       rid(8)              ->  the newest position (current_positions.h)
 *   … vectors_<name>        rid(8)              ->  vector (vector_value.h); fixed for dense and
 *                                                   binary ones
 *   … postings_<name> fixed index(4) ‖ rid(6)   ->  f32; of sparse vectors (postings.h)
 *   … bounds_<name> fixed   index(4)            ->  2 × f32; likewise
 *   … index_<name>          value ‖ rid(6)      ->  kind (index_key.h)
 *   … hnsw0.<name>    fixed rid(8)              ->  links (neighbour_index.h)
 *   … hnsw1.<name>    fixed level(1) ‖ rid(8)   ->  links
 */
#ifndef STORAGE_LAYOUT_H
#define STORAGE_LAYOUT_H

#include <assert.h>

#include "base/bytes.h"
#include "engine/engine.h"

#define LAYOUT_VERSION 3 /* of everything in this header and the encodings it names */

#define SYSTEM_FAMILY "$system"
enum system_table {
    TABLE_ROUTING = 1,
    TABLE_NAMES,
    TABLE_SETTINGS,
    SYSTEM_TABLE_COUNT = TABLE_SETTINGS
};
enum family_table {
    TABLE_META = 1,
    TABLE_RECORDS,
    TABLE_SHAPES,
    TABLE_BLOBS,
    TABLE_KEYS,
    TABLE_EDGES,
    TABLE_EDGES_IN,
    TABLE_SERIES,
    TABLE_SERIES_DIRECTORY,
    TABLE_TRAJECTORIES,
    TABLE_MEASURES,
    TABLE_MEASURE_HISTORY,
    TABLE_MEASURE_ORDER,
    TABLE_VECTOR_KINDS,
    TABLE_SERIES_ROLLUPS,
    TABLE_PROPERTY_HISTORY,
    TABLE_EDGE_HISTORY,
    TABLE_EDGE_HISTORY_IN,
    TABLE_EDGE_PROPERTIES,
    TABLE_POSITIONS,
    FAMILY_TABLE_COUNT = TABLE_POSITIONS
};

extern const engine_table_definition layout_system_tables[SYSTEM_TABLE_COUNT];
extern const engine_table_definition layout_family_tables[FAMILY_TABLE_COUNT];

#define RID_BITS    48
#define RID_MAX     ((UINT64_C(1) << RID_BITS) - 1)
#define NAME_BITS   24
#define NAME_MAX_ID ((UINT32_C(1) << NAME_BITS) - 1) /* interned labels: 1 to this; 0 is none */

static inline engine_table layout_table(engine_family family, uint32_t table) {
    return (engine_table){.family = family, .table = table};
}

/* An entity's place in one number, as the routing index stores it. */
static inline uint64_t layout_route(engine_family family, uint64_t rid) {
    assert(family <= ENGINE_FAMILIES_MAX && rid <= RID_MAX);
    return (uint64_t)family << RID_BITS | rid;
}

/* --- keys of fixed parts ---------------------------------------------------------------------- */

#define LAYOUT_KEY_MAX 32

/* A key by value, for the keys that are made of numbers only. */
typedef struct layout_key {
    uint8_t size;
    uint8_t bytes[LAYOUT_KEY_MAX];
} layout_key;

/* The key's bytes; valid while *key is. */
static inline hs_slice layout_slice(const layout_key *key) {
    return (hs_slice){key->bytes, key->size};
}

/* Appends the low `bytes` bytes of `value`, big-endian. */
static inline void layout_append(layout_key *key, uint64_t value, unsigned bytes) {
    assert(key->size + bytes <= LAYOUT_KEY_MAX && bytes <= 8);
    assert(bytes == 8 || value >> (8 * bytes) == 0);
    for (unsigned i = bytes; i-- > 0;)
        key->bytes[key->size++] = (uint8_t)(value >> (8 * i));
}

/* Reads `bytes` bytes at `at`, big-endian. */
static inline uint64_t layout_number(const uint8_t *at, unsigned bytes) {
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value = value << 8 | at[i];
    return value;
}

static inline uint64_t layout_time_bits(hs_time time) {
    return (uint64_t)time ^ (UINT64_C(1) << 63);
}
static inline hs_time layout_time(uint64_t bits) {
    return (hs_time)(bits ^ (UINT64_C(1) << 63));
}

/* rid(8): records, vectors, positions; and the prefix of trajectories. */
#define RID_KEY_SIZE 8
static inline layout_key layout_rid_key(uint64_t rid) {
    layout_key key = {0};
    layout_append(&key, rid, RID_KEY_SIZE);
    return key;
}
static inline bool layout_rid_read(hs_slice key, uint64_t *rid) {
    if (key.size != RID_KEY_SIZE) return false;
    *rid = layout_number(key.data, RID_KEY_SIZE);
    return *rid > 0 && *rid <= RID_MAX;
}

/* rid(6): the prefix of everything that an entity has in the other tables. */
#define RID_PREFIX_SIZE 6
static inline layout_key layout_rid_prefix(uint64_t rid) {
    layout_key key = {0};
    layout_append(&key, rid, RID_PREFIX_SIZE);
    return key;
}

/* rid(6) ‖ name(3): blobs, series_directory, measures; and the prefix of an entity's edges of one
 * type and of series. */
#define NAMED_KEY_SIZE 9
static inline layout_key layout_named_key(uint64_t rid, uint32_t name) {
    layout_key key = layout_rid_prefix(rid);
    layout_append(&key, name, 3);
    return key;
}
static inline bool layout_named_read(hs_slice key, uint64_t *rid, uint32_t *name) {
    if (key.size != NAMED_KEY_SIZE) return false;
    *rid = layout_number(key.data, 6);
    *name = (uint32_t)layout_number((const uint8_t *)key.data + 6, 3);
    return *rid > 0 && *name > 0;
}

/* rid(6) ‖ name(3) ‖ time(8) ‖ ordinal(2): blocks of series and measure_history. The ordinal tells
 * blocks apart that start at one time. */
#define BLOCK_KEY_SIZE 19
static inline layout_key layout_block_key(uint64_t rid, uint32_t name, hs_time start,
                                          uint32_t ordinal) {
    layout_key key = layout_named_key(rid, name);
    layout_append(&key, layout_time_bits(start), 8);
    layout_append(&key, ordinal, 2);
    return key;
}
static inline bool layout_block_read(hs_slice key, uint64_t *rid, uint32_t *name, hs_time *start,
                                     uint32_t *ordinal) {
    if (key.size != BLOCK_KEY_SIZE) return false;
    const uint8_t *rest = (const uint8_t *)key.data + NAMED_KEY_SIZE;
    *start = layout_time(layout_number(rest, 8));
    *ordinal = (uint32_t)layout_number(rest + 8, 2);
    return layout_named_read((hs_slice){key.data, NAMED_KEY_SIZE}, rid, name);
}

/* rid(6) ‖ name(3) ‖ time(8): versions of properties. */
#define VERSION_KEY_SIZE 17
static inline layout_key layout_version_key(uint64_t rid, uint32_t name, hs_time from) {
    layout_key key = layout_named_key(rid, name);
    layout_append(&key, layout_time_bits(from), 8);
    return key;
}
static inline bool layout_version_read(hs_slice key, uint64_t *rid, uint32_t *name, hs_time *from) {
    if (key.size != VERSION_KEY_SIZE) return false;
    *from = layout_time(layout_number((const uint8_t *)key.data + NAMED_KEY_SIZE, 8));
    return layout_named_read((hs_slice){key.data, NAMED_KEY_SIZE}, rid, name);
}

/* rid(6) ‖ name(3) ‖ level(1) ‖ time(8): blocks of roll-ups. */
#define ROLLUP_KEY_SIZE 18
static inline layout_key layout_rollup_key(uint64_t rid, uint32_t name, uint32_t level,
                                           hs_time start) {
    layout_key key = layout_named_key(rid, name);
    layout_append(&key, level, 1);
    layout_append(&key, layout_time_bits(start), 8);
    return key;
}
static inline bool layout_rollup_read(hs_slice key, uint64_t *rid, uint32_t *name, uint32_t *level,
                                      hs_time *start) {
    if (key.size != ROLLUP_KEY_SIZE) return false;
    const uint8_t *rest = (const uint8_t *)key.data + NAMED_KEY_SIZE;
    *level = *rest;
    *start = layout_time(layout_number(rest + 1, 8));
    return layout_named_read((hs_slice){key.data, NAMED_KEY_SIZE}, rid, name);
}

/* rid(8) ‖ time(8): blocks of trajectories. */
#define POSITION_KEY_SIZE 16
static inline layout_key layout_position_key(uint64_t rid, hs_time time) {
    layout_key key = layout_rid_key(rid);
    layout_append(&key, layout_time_bits(time), 8);
    return key;
}
static inline bool layout_position_read(hs_slice key, uint64_t *rid, hs_time *time) {
    if (key.size != POSITION_KEY_SIZE) return false;
    *time = layout_time(layout_number((const uint8_t *)key.data + RID_KEY_SIZE, 8));
    return layout_rid_read((hs_slice){key.data, RID_KEY_SIZE}, rid);
}

/* name(3) ‖ value(8) ‖ uuid(16): measure_order. */
#define ORDER_KEY_SIZE 27

/* rid(6) ‖ name(3) ‖ far route(8): an edge, or a block of edges. */
#define EDGE_KEY_SIZE 17
static inline layout_key layout_edge_key(uint64_t rid, uint32_t name, uint64_t far) {
    layout_key key = layout_named_key(rid, name);
    layout_append(&key, far, 8);
    return key;
}

/* --- counters of a family --------------------------------------------------------------------- */

/* The value of "counters" in meta: these numbers, u64 LE each; absent: the first entity gets rid 1
 * and all are 0. */
typedef struct counters {
    uint64_t next_rid;
    uint64_t entities;
    uint64_t edges;  /* outgoing */
    uint64_t series; /* (entity, name) pairs */
    uint64_t points; /* in them */
    uint64_t vectors;
    uint64_t measures;
    uint64_t shapes; /* ids 1 to this are taken */
} counters;
_Static_assert(sizeof(counters) == 64, "counters are stored as they lie in memory");

#define META_COUNTERS  "counters"
#define META_NAMESPACE "namespace"
#define META_OPTIONS   "options"
#define META_INDEXES   "indexes"

#endif
