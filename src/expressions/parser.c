/* parser.c: recursive descent over the grammar in parser.h, one function per rule. */
#include "expressions/parser.h"

#include <assert.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "expressions/lexer.h"
#include "types/fields.h"

typedef struct parser {
    lexer lexer;
    token token; /* the one to be looked at next */
    size_t depth;
} parser;

static hs_status parse_any(parser *in, condition **node);

static hs_status advance(parser *in) {
    return lexer_next(&in->lexer, &in->token);
}

static hs_status expected(const parser *in, const char *what) {
    return lexer_expected(&in->lexer, in->token.source.data, what);
}

static hs_status new_condition(parser *in, condition_kind kind, condition **node) {
    *node = arena_alloc(in->lexer.memory, sizeof **node);
    if (*node == NULL) return error_memory("a condition", sizeof **node);
    **node = (condition){.kind = kind};
    return HS_OK;
}

/* `children` and a parent for them; no parent is needed for a single one. */
static hs_status join(parser *in, condition_kind kind, condition *children, condition **node) {
    assert(children != NULL);
    *node = children;
    if (children->next == NULL && kind != CONDITION_NOT) return HS_OK;
    TRY(new_condition(in, kind, node));
    assert(*node != NULL);
    (*node)->children = children;
    return HS_OK;
}

/* A condition is asked of the entities of one type, so that _type is no operand. */
static hs_status set_name(const parser *in, operand *side, hs_slice name) {
    static const operand_kind kinds[] = {[FIELD_KEY] = OPERAND_KEY,
                                         [FIELD_ID] = OPERAND_ID,
                                         [FIELD_REVISION] = OPERAND_REVISION,
                                         [FIELD_CREATED_AT] = OPERAND_CREATED_AT,
                                         [FIELD_UPDATED_AT] = OPERAND_UPDATED_AT,
                                         [FIELD_NONE] = OPERAND_PROPERTY};
    entity_field field = entity_field_named(name);
    if (field == FIELD_TYPE) return expected(in, "a name other than that of the entity type");
    side->kind = kinds[field];
    side->name = name;
    return HS_OK;
}

static void set_text(operand *side, hs_slice text) {
    side->literal = (hs_value){.kind = HS_STRING, .bytes = text};
    hs_time time;
    if (hs_time_parse(text, &time) == HS_OK) {
        side->as_timestamp = (hs_value){.kind = HS_TIMESTAMP, .timestamp = time};
    }
    hs_uuid id;
    if (hs_uuid_parse(text, &id) == HS_OK) {
        side->as_uuid = (hs_value){.kind = HS_UUID, .uuid = id};
    }
}

static hs_status parse_operand(parser *in, operand *side) {
    *side = (operand){.kind = OPERAND_LITERAL};
    const token *current = &in->token;
    switch (current->kind) {
    case TOKEN_NAME:
        TRY(set_name(in, side, current->text));
        break;
    case TOKEN_TEXT:
        set_text(side, current->text);
        break;
    case TOKEN_NUMBER:
        side->literal = current->number;
        break;
    case TOKEN_TRUE:
    case TOKEN_FALSE:
        side->literal = (hs_value){.kind = HS_BOOL, .boolean = current->kind == TOKEN_TRUE};
        break;
    case TOKEN_NULL:
        break;
    default:
        return expected(in, "a name or a value");
    }
    return advance(in);
}

/* "is" is the current token. */
static hs_status parse_is_null(parser *in, condition **node) {
    TRY(advance(in));
    bool negated = in->token.kind == TOKEN_NOT;
    if (negated) TRY(advance(in));
    if (in->token.kind != TOKEN_NULL) {
        return expected(in, negated ? "null" : "null or not null");
    }
    TRY(advance(in));
    if (negated) TRY(join(in, CONDITION_NOT, *node, node));
    return HS_OK;
}

static hs_status parse_comparison(parser *in, condition **node) {
    operand left;
    TRY(parse_operand(in, &left));
    bool is_null = in->token.kind == TOKEN_IS;
    if (!is_null && in->token.kind != TOKEN_COMPARISON) {
        return expected(in, "=, !=, <, <=, >, >=, is null or is not null");
    }
    condition *made = NULL;
    TRY(new_condition(in, is_null ? CONDITION_IS_NULL : CONDITION_COMPARE, &made));
    assert(made != NULL);
    *node = made;
    made->left = left;
    if (is_null) return parse_is_null(in, node);
    made->compare = in->token.compare;
    TRY(advance(in));
    return parse_operand(in, &made->right);
}

static hs_status parse_primary(parser *in, condition **node) {
    if (in->token.kind != TOKEN_LEFT) return parse_comparison(in, node);
    if (in->depth == CONDITION_DEPTH_MAX) {
        return error_set(HS_LIMIT, "the condition nests more than %d parentheses; simplify it",
                         CONDITION_DEPTH_MAX);
    }
    in->depth++;
    TRY(advance(in));
    TRY(parse_any(in, node));
    if (in->token.kind != TOKEN_RIGHT) return expected(in, "and, or, or a closing )");
    in->depth--;
    return advance(in);
}

/* Pairs of "not" cancel out here, so that a long row of them costs no depth. */
static hs_status parse_negation(parser *in, condition **node) {
    bool negated = false;
    while (in->token.kind == TOKEN_NOT) {
        negated = !negated;
        TRY(advance(in));
    }
    TRY(parse_primary(in, node));
    return negated ? join(in, CONDITION_NOT, *node, node) : HS_OK;
}

static hs_status parse_all(parser *in, condition **node) {
    condition *first = NULL;
    TRY(parse_negation(in, &first));
    for (condition *last = first; in->token.kind == TOKEN_AND; last = last->next) {
        TRY(advance(in));
        TRY(parse_negation(in, &last->next));
    }
    return join(in, CONDITION_ALL, first, node);
}

static hs_status parse_any(parser *in, condition **node) {
    condition *first = NULL;
    TRY(parse_all(in, &first));
    for (condition *last = first; in->token.kind == TOKEN_OR; last = last->next) {
        TRY(advance(in));
        TRY(parse_all(in, &last->next));
    }
    return join(in, CONDITION_ANY, first, node);
}

/* The length of the longest prefix that is UTF-8. */
static size_t utf8_prefix(hs_slice text) {
    const char *bytes = text.data;
    size_t at = 0;
    while (at < text.size) {
        size_t size = 1;
        while (size <= 4 && at + size <= text.size && !text_is_utf8((hs_slice){bytes + at, size})) {
            size++;
        }
        if (size > 4 || at + size > text.size) break;
        at += size;
    }
    return at;
}

hs_status condition_parse(hs_slice text, arena *memory, condition **root) {
    if (text.size > CONDITION_TEXT_MAX) {
        return error_set(HS_LIMIT, "the condition has %zu bytes; at most %zu are allowed",
                         text.size, CONDITION_TEXT_MAX);
    }
    parser in = {.depth = 0};
    lexer_start(&in.lexer, text, memory);
    if (!text_is_utf8(text)) {
        return lexer_expected(&in.lexer, in.lexer.start + utf8_prefix(text), "UTF-8 text");
    }
    TRY(advance(&in));
    TRY(parse_any(&in, root));
    if (in.token.kind != TOKEN_END) return expected(&in, "and, or, or the end");
    assert(in.depth == 0);
    return HS_OK;
}
