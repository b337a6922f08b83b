/* graph_pending.h: the changes of edges that a batch holds back (graph.h says why). */
#ifndef STORAGE_GRAPH_PENDING_H
#define STORAGE_GRAPH_PENDING_H

#include "storage/graph/edge_list.h"
#include "storage/graph/graph.h"

/* Holds back a change of the edge from the row `source` to `target`. `operation` is what it comes
 * from, for messages; NULL: a deletion, which does not tell the target, and says so itself. */
hs_status pending_forward(apply *apply, const edge_change *change, const operation *operation);

/* Leaves a change of the reverse half, as the target sees it, to the commit. */
hs_status pending_reverse(apply *apply, edge_change change);

/* Calls `visit` for each source of which a reverse change to `target` is pending. */
typedef hs_status pending_visitor(apply *apply, uint64_t target, uint64_t source, uint32_t name);
hs_status pending_sources(apply *apply, uint64_t target, pending_visitor *visit);

#endif
