/* graph.h: the question that the command `graph` was asked, and its answers: along ways from an
 * entity, or over the whole graph. */
#ifndef CLI_GRAPH_H
#define CLI_GRAPH_H

#include "command.h"

/* An entity that a question names. */
typedef struct graph_end {
    const char *type; /* NULL: not named */
    char type_name[HS_NAME_MAX + 1];
    hs_uuid id;
} graph_end;

typedef struct graph_question {
    hs_graph_options options;
    const char **types; /* what options points to */
    hs_slice *edge_types;
    hs_weight_range weights;
    hs_filter *where;
    graph_end from;
    graph_end to;
    uint64_t depth; /* 0: any */
    uint64_t limit;
    hs_pagerank_options pagerank;
    uint64_t iterations;
    bool groups;
    hs_time as_of; /* of the edges, if options points here */
} graph_question;

/* Each answers one kind of question and returns an exit code. */
int graph_bfs(invocation *run, const graph_question *asked);
int graph_shortest_path(invocation *run, const graph_question *asked);
int graph_paths(invocation *run, const graph_question *asked);
int graph_components(invocation *run, const graph_question *asked);
int graph_pagerank(invocation *run, const graph_question *asked);
int graph_labels(invocation *run, const graph_question *asked);
int graph_clustering(invocation *run, const graph_question *asked);

#endif
