/* vector_text.h: vectors of every form as text:
 *
 *   dense    [0.5,1,-2]
 *   binary   0b01101          bit 0 first
 *   sparse   {3:0.5,17:1}     index:value
 *   multi    [[1,2],[3,4]]
 */
#ifndef CLI_VECTOR_TEXT_H
#define CLI_VECTOR_TEXT_H

#include "buffer.h"
#include "hyperspatial/vectors.h"

/* A vector that was read from text, and the memory that it points to. */
typedef struct parsed_vector {
    hs_vector vector;
    float *values;
    uint32_t *indexes;
    uint8_t *bits;
} parsed_vector;

/* Whether a text begins as a vector does, so that it is none of the things beside which one may
 * stand. */
bool vector_text_is(const char *text);

/* Reads a vector. Reports and returns EXIT_USAGE if it is none; vector_text_free is called in any
 * case. */
int vector_text_parse(const char *text, parsed_vector *parsed);
void vector_text_free(parsed_vector *parsed);

void vector_text_format(buffer *to, const hs_vector *vector);

#endif
