/* search_run.h: the nearest to a query, by an index of neighbours where there is one that is
 * faster. */
#ifndef CLI_SEARCH_RUN_H
#define CLI_SEARCH_RUN_H

#include "search_query.h"

/* Finds the nearest; *index is the name of the index that was asked, "" if there is none for it. */
hs_status search_run(invocation *run, const search_query *query, hs_neighbour *neighbours,
                     size_t *count, char index[HS_NAME_MAX + 1], hs_search_plan *plan);

#endif
