/* lexer.h: a condition's text as tokens. */
#ifndef EXPRESSIONS_LEXER_H
#define EXPRESSIONS_LEXER_H

#include "base/arena.h"
#include "expressions/condition.h"

typedef enum token_kind {
    TOKEN_END,
    TOKEN_NAME,
    TOKEN_TEXT,
    TOKEN_NUMBER,
    TOKEN_COMPARISON,
    TOKEN_LEFT,  /* ( */
    TOKEN_RIGHT, /* ) */
    TOKEN_AND,
    TOKEN_OR,
    TOKEN_NOT,
    TOKEN_IS,
    TOKEN_NULL,
    TOKEN_TRUE,
    TOKEN_FALSE
} token_kind;

typedef struct token {
    token_kind kind;
    hs_slice source; /* where it stands in the condition */
    hs_slice text;   /* TOKEN_NAME, TOKEN_TEXT: without quotes; in the condition or in the arena */
    hs_value number; /* TOKEN_NUMBER: int64 if it is written as one and fits, else float64 */
    comparison compare;
} token;

typedef struct lexer {
    const char *start;
    const char *next;
    const char *end;
    arena *memory; /* receives what outlives the text: names and text literals */
} lexer;

/* Starts at the beginning of `text`, which must be UTF-8 and outlive the lexer. */
void lexer_start(lexer *lx, hs_slice text, arena *memory);

/* Reads the next token; at the end TOKEN_END again and again. HS_PARSE, HS_NO_MEMORY. */
hs_status lexer_next(lexer *lx, token *out);

/* HS_PARSE with a message that names the column of `at` (from 1, in characters), what was expected
 * there and what stands there instead. */
hs_status lexer_expected(const lexer *lx, const void *at, const char *expected);

#endif
