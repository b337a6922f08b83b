/* path.h: paths as the API returns them, made of the vertices that a search has met. */
#ifndef ALGORITHMS_PATH_H
#define ALGORITHMS_PATH_H

#include "algorithms/reached.h"

/* Room for a path of `length` edges; its steps are zero. */
hs_status path_start(arena *arena, size_t length, hs_path *path, hs_path_step **steps);

/* Fills a step with the entity of a row. */
hs_status path_vertex(const selection *selection, hs_row row, hs_path_step *step);

/* Fills the edge that leads to a step. */
hs_status path_edge(const selection *selection, uint32_t name, bool against, float weight,
                    hs_path_step *step);

/* Fills steps[0] to steps[depth of the vertex] with the way from the first vertex to this one. */
hs_status path_trace(const selection *selection, const reached *reached, uint32_t vertex,
                     hs_path_step *steps);

/* Sums the weights, when all steps are filled. */
void path_finish(hs_path *path);

#endif
