/* versions.c: a version of a property, of an edge, and a property of an edge: refused, or values
 * within their ranges; a version of an edge that is accepted comes back as it was.
 *
 * An input: which of the three (1), for a version of an edge its key (25), and the value.
 */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "storage/entities/history.h"
#include "storage/graph/edge_history.h"
#include "storage/graph/edge_properties.h"
#include "target.h"

enum { PROPERTY_VERSION, EDGE_VERSION, EDGE_PROPERTY, KINDS };

static volatile uint8_t seen; /* so that no read is left out */

static void touch(const hs_value *value) {
    must_hold(hs_kind_name(value->kind) != NULL);
    if (value->kind == HS_FLOAT64) must_hold(isfinite(value->float64));
    if (value->kind != HS_STRING && value->kind != HS_BYTES && value->kind != HS_JSON) return;
    for (size_t i = 0; i < value->bytes.size; i++)
        seen ^= ((const uint8_t *)value->bytes.data)[i];
}

/* A value as records hold it: a list is still packed. */
static void take_value(hs_value value) {
    arena memory = {0};
    touch(&value);
    if (value.kind == HS_LIST) {
        hs_status status = record_list_unpack(value.bytes, &memory, &value);
        must_hold(status == HS_OK || status == HS_CORRUPT);
        for (size_t i = 0; status == HS_OK && i < value.list.count; i++)
            touch(&value.list.items[i]);
    }
    arena_free(&memory);
}

static void property_version(hs_slice bytes) {
    history_version version;
    hs_status status = history_decode(bytes, 1700000000000000, &version);
    must_hold(status == HS_OK || status == HS_CORRUPT);
    if (status != HS_OK) return;
    must_hold(version.updated_at >= HS_TIME_MIN && version.updated_at <= HS_TIME_MAX);
    if (!version.is_deletion) take_value(version.value);
}

static void edge_version_entry(hs_slice key, hs_slice value) {
    edge_version version, same;
    uint8_t bytes[EDGE_VERSION_MAX];
    hs_status status = edge_version_decode(key, value, &version);
    must_hold(status == HS_OK || status == HS_CORRUPT);
    if (status != HS_OK) return;
    must_hold(isfinite(version.weight));
    must_hold(version.from < version.until && version.until <= HS_TIME_MAX);
    layout_key again = edge_version_key(&version);
    size_t size = edge_version_encode(&version, bytes);
    must_hold(again.size == key.size && memcmp(again.bytes, key.data, key.size) == 0);
    must_hold(edge_version_decode(key, (hs_slice){bytes, size}, &same) == HS_OK);
    must_hold(same.from == version.from && same.until == version.until);
    must_hold(same.active == version.active && same.ended == version.ended);
    must_hold(same.weight == version.weight && same.far == version.far);
}

static void edge_property(hs_slice bytes) {
    hs_value value;
    hs_status status = edge_property_decode(bytes, &value);
    must_hold(status == HS_OK || status == HS_CORRUPT);
    if (status == HS_OK) take_value(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    hs_slice rest = {data + 1, size - 1};
    size_t key = rest.size < EDGE_VERSION_KEY_SIZE ? rest.size : EDGE_VERSION_KEY_SIZE;
    switch (data[0] % KINDS) {
    case PROPERTY_VERSION:
        property_version(rest);
        break;
    case EDGE_VERSION:
        edge_version_entry((hs_slice){rest.data, key}, (hs_slice){data + 1 + key, rest.size - key});
        break;
    default:
        edge_property(rest);
        break;
    }
    return 0;
}
