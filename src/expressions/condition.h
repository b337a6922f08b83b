/* condition.h: a parsed condition, as the parser builds it and the evaluator reads it.
 *
 * A tree of nodes in the filter's arena, never changed after parsing. Nodes joined by the same word
 * are siblings under one ALL or ANY, so that the tree is only as deep as the condition has
 * parentheses.
 */
#ifndef EXPRESSIONS_CONDITION_H
#define EXPRESSIONS_CONDITION_H

#include "hyperspatial/filter.h"

#define CONDITION_TEXT_MAX  ((size_t)64 * 1024) /* bytes of a condition's text */
#define CONDITION_DEPTH_MAX 256                 /* nested parentheses */

typedef enum operand_kind {
    OPERAND_LITERAL,
    OPERAND_PROPERTY,
    OPERAND_KEY,
    OPERAND_ID,
    OPERAND_CREATED_AT,
    OPERAND_UPDATED_AT,
    OPERAND_REVISION
} operand_kind;

/* One side of a comparison. */
typedef struct operand {
    operand_kind kind;
    hs_slice name;    /* OPERAND_PROPERTY */
    hs_value literal; /* OPERAND_LITERAL */
    /* What a text literal means beside a timestamp or a UUID; HS_NULL where it means nothing. */
    hs_value as_timestamp;
    hs_value as_uuid;
} operand;

typedef enum comparison {
    COMPARE_EQUAL,
    COMPARE_UNEQUAL,
    COMPARE_LESS,
    COMPARE_LESS_OR_EQUAL,
    COMPARE_GREATER,
    COMPARE_GREATER_OR_EQUAL
} comparison;

typedef enum condition_kind {
    CONDITION_ALL,     /* every child holds */
    CONDITION_ANY,     /* at least one child holds */
    CONDITION_NOT,     /* its one child does not hold */
    CONDITION_COMPARE, /* left `compare` right */
    CONDITION_IS_NULL  /* left is missing or null */
} condition_kind;

typedef struct condition condition;
struct condition {
    condition_kind kind;
    comparison compare;
    condition *children; /* ALL, ANY, NOT: the first; the others follow by `next` */
    condition *next;
    operand left;
    operand right;
};

/* What a filter was parsed into. */
const condition *filter_condition(const hs_filter *filter);

/* Whether an entity with these properties [count] meets the condition. */
bool condition_holds(const condition *root, const hs_entity *entity, const hs_property *properties,
                     size_t count);

#endif
