/* filter.c: the public face of conditions: parse once, ask often, free. */
#include <assert.h>

#include "base/error.h"
#include "base/memory.h"
#include "expressions/parser.h"

struct hs_filter {
    arena memory; /* holds the tree and everything that it points to */
    condition *root;
};

hs_status hs_filter_parse(hs_slice text, hs_filter **filter) {
    hs_filter *parsed = memory_zeroed(sizeof *parsed);
    if (parsed == NULL) return error_memory("a filter", sizeof *parsed);
    hs_status status = condition_parse(text, &parsed->memory, &parsed->root);
    if (status != HS_OK) {
        hs_filter_free(parsed);
        return status;
    }
    assert(parsed->root != NULL);
    *filter = parsed;
    return HS_OK;
}

void hs_filter_free(hs_filter *filter) {
    if (filter == NULL) return;
    arena_free(&filter->memory);
    memory_free(filter);
}

const condition *filter_condition(const hs_filter *filter) {
    return filter->root;
}

bool hs_filter_matches(const hs_filter *filter, const hs_entity *entity,
                       const hs_property *properties, size_t count) {
    return condition_holds(filter->root, entity, properties, count);
}

int hs_filter_accepts(void *context, const hs_uuid *id) {
    const hs_filter_context *of = context;
    hs_entity entity;
    const hs_property *properties;
    size_t count;
    hs_status status = hs_entity_get(of->snapshot, of->type, id, &entity);
    if (status == HS_OK) status = hs_property_all(of->snapshot, of->type, id, &properties, &count);
    if (status != HS_OK) return (int)status;
    return hs_filter_matches(of->filter, &entity, properties, count);
}
