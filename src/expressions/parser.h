/* parser.h: tokens to a condition.
 *
 *   any        = all { "or" all }
 *   all        = negation { "and" negation }
 *   negation   = { "not" } primary
 *   primary    = "(" any ")" | operand "is" [ "not" ] "null" | operand sign operand
 *   operand    = name | text | number | "true" | "false" | "null"
 *   sign       = "=" | "!=" | "<" | "<=" | ">" | ">="
 */
#ifndef EXPRESSIONS_PARSER_H
#define EXPRESSIONS_PARSER_H

#include "base/arena.h"
#include "expressions/condition.h"

/* Parses a whole condition; its nodes lie in `memory`. HS_PARSE, HS_LIMIT, HS_NO_MEMORY. */
hs_status condition_parse(hs_slice text, arena *memory, condition **root);

#endif
