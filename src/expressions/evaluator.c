/* evaluator.c: whether an entity meets a condition. Nothing is allocated and nothing can fail. */
#include <assert.h>
#include <string.h>

#include "expressions/condition.h"

static const hs_value missing = {.kind = HS_NULL};

static hs_value property_value(hs_slice name, const hs_property *properties, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (properties[i].name.size == name.size &&
            memcmp(properties[i].name.data, name.data, name.size) == 0) {
            return properties[i].value;
        }
    }
    return missing;
}

static hs_value operand_value(const operand *side, const hs_entity *entity,
                              const hs_property *properties, size_t count) {
    switch (side->kind) {
    case OPERAND_LITERAL:
        return side->literal;
    case OPERAND_PROPERTY:
        return property_value(side->name, properties, count);
    case OPERAND_KEY:
        if (entity->key.size == 0) return missing;
        return (hs_value){.kind = HS_STRING, .bytes = entity->key};
    case OPERAND_ID:
        return (hs_value){.kind = HS_UUID, .uuid = entity->id};
    case OPERAND_CREATED_AT:
        return (hs_value){.kind = HS_TIMESTAMP, .timestamp = entity->created_at};
    case OPERAND_UPDATED_AT:
        return (hs_value){.kind = HS_TIMESTAMP, .timestamp = entity->updated_at};
    case OPERAND_REVISION:
        return (hs_value){.kind = HS_INT64, .int64 = (int64_t)entity->revision};
    }
    assert(false);
    return missing;
}

/* A text literal beside a timestamp or a UUID is read as one. */
static hs_value meant_beside(const operand *side, hs_value value, hs_kind other) {
    if (side->kind != OPERAND_LITERAL || value.kind != HS_STRING) return value;
    if (other == HS_TIMESTAMP) return side->as_timestamp;
    if (other == HS_UUID) return side->as_uuid;
    return value;
}

static bool is_number(hs_kind kind) {
    return kind == HS_INT64 || kind == HS_FLOAT64;
}

static bool have_order(hs_kind a, hs_kind b) {
    if (a == HS_NULL || b == HS_NULL) return false;
    return a == b || (is_number(a) && is_number(b));
}

static bool comparison_holds(comparison compare, int order) {
    switch (compare) {
    case COMPARE_EQUAL:
        return order == 0;
    case COMPARE_UNEQUAL:
        return order != 0;
    case COMPARE_LESS:
        return order < 0;
    case COMPARE_LESS_OR_EQUAL:
        return order <= 0;
    case COMPARE_GREATER:
        return order > 0;
    case COMPARE_GREATER_OR_EQUAL:
        return order >= 0;
    }
    assert(false);
    return false;
}

static bool compare(const condition *node, hs_value left, hs_value right) {
    hs_kind left_kind = left.kind;
    left = meant_beside(&node->left, left, right.kind);
    right = meant_beside(&node->right, right, left_kind);
    if (!have_order(left.kind, right.kind)) return false;
    return comparison_holds(node->compare, hs_value_compare(&left, &right));
}

bool condition_holds(const condition *node, const hs_entity *entity, const hs_property *properties,
                     size_t count) {
    bool all = node->kind == CONDITION_ALL;
    switch (node->kind) {
    case CONDITION_ALL:
    case CONDITION_ANY:
        for (const condition *child = node->children; child != NULL; child = child->next) {
            if (condition_holds(child, entity, properties, count) != all) return !all;
        }
        return all;
    case CONDITION_NOT:
        return !condition_holds(node->children, entity, properties, count);
    case CONDITION_COMPARE:
        return compare(node, operand_value(&node->left, entity, properties, count),
                       operand_value(&node->right, entity, properties, count));
    case CONDITION_IS_NULL:
        return operand_value(&node->left, entity, properties, count).kind == HS_NULL;
    }
    assert(false);
    return false;
}
