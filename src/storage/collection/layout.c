/* layout.c: the tables that a collection and each of its entity types are created with. */
#include "storage/collection/layout.h"

/* In the order of enum system_table. */
const engine_table_definition layout_system_tables[SYSTEM_TABLE_COUNT] = {
    {"routing",
     {.key_size = sizeof(hs_uuid),
      .value_size = sizeof(uint64_t),
      .fixed_value = true,
      .alignment = 1,
      .shared = true}},
    {"names", {.alignment = 1}},
    {"settings", {.alignment = 1}},
};

/* In the order of enum family_table. */
const engine_table_definition layout_family_tables[FAMILY_TABLE_COUNT] = {
    {"meta", {.alignment = 1}},
    {"records", {.key_size = RID_KEY_SIZE, .alignment = 1}},
    {"shapes", {.key_size = sizeof(uint32_t), .alignment = 1}},
    {"blobs", {.key_size = NAMED_KEY_SIZE, .alignment = 1}},
    {"keys", {.alignment = 1}},
    {"edges", {.alignment = 1}},
    {"edges_in", {.alignment = 1, .shared = true}},
    {"series", {.key_size = BLOCK_KEY_SIZE, .alignment = 1}},
    {"series_directory", {.key_size = NAMED_KEY_SIZE, .alignment = 1}},
    {"trajectories", {.key_size = POSITION_KEY_SIZE, .alignment = 1, .page_size = 8192}},
    {"measures", {.key_size = NAMED_KEY_SIZE, .alignment = 1}},
    {"measure_history", {.key_size = BLOCK_KEY_SIZE, .alignment = 1}},
    {"measure_order", {.key_size = ORDER_KEY_SIZE, .alignment = 1}},
    {"vector_kinds", {.alignment = 1}},
    {"series_rollups", {.key_size = ROLLUP_KEY_SIZE, .alignment = 1}},
    {"property_history", {.key_size = VERSION_KEY_SIZE, .alignment = 1}},
    {"edge_history", {.key_size = EDGE_KEY_SIZE + 8, .alignment = 1}},
    {"edge_history_in", {.key_size = EDGE_KEY_SIZE + 8, .alignment = 1, .shared = true}},
    {"edge_properties", {.key_size = EDGE_KEY_SIZE + 3, .alignment = 1}},
    {"positions",
     {.key_size = RID_KEY_SIZE,
      .value_size = 3 * 16 * sizeof(float),
      .fixed_value = true,
      .alignment = 64,
      .page_size = 16384}},
};
