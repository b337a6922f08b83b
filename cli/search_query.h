/* search_query.h: what nearest and within are asked: among which entities, by which vector or kind
 * of position, near to what.
 */
#ifndef CLI_SEARCH_QUERY_H
#define CLI_SEARCH_QUERY_H

#include "address.h"
#include "options.h"
#include "vector_text.h"

typedef struct search_query {
    hs_address searched; /* the type */
    const char *what;    /* a kind of vectors; or of positions, if `hyperbolic` */
    bool hyperbolic;
    hs_metric metric; /* of vectors */
    hs_modality_weights weights;
    hs_neighbours_options options;
    hs_filter *filter; /* NULL: no condition */
    hs_filter_context where;
    hs_address entity;    /* that is asked about, if it is one; it is left out of the answer */
    parsed_vector given;  /* or this vector */
    hs_vector vector;     /* the query */
    hs_position position; /* if `hyperbolic` */
} search_query;

/* What of the type is near to `text`: a kind of vectors or, if there is none of this name and it is
 * graph, embedding or property, a kind of positions. `query` is zeroed and filled. An exit code; in
 * any case search_query_free comes after it. */
int search_query_part(invocation *run, const hs_address *searched, const char *what,
                      const char *text, search_query *query);

/* Reads the arguments COLLECTION/TYPE WHAT QUERY and the options metric, weights, where and
 * threads. Returns an exit code. In any case search_query_free comes after it; `query` must stay
 * where it is until then. */
int search_query_read(invocation *run, search_query *query);
void search_query_free(search_query *query);

/* Writes a row of key, id and distance; the columns are search_columns. An exit code. */
extern const char *const search_columns[3];
int search_row(invocation *run, const search_query *query, const hs_neighbour *neighbour);

#endif
