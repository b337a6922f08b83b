/* hyperspatial.h: everything.
 *
 * Read router.h first (opening, snapshots, addresses), then batch.h (writing), then the store that
 * you need.
 */
#ifndef HYPERSPATIAL_H
#define HYPERSPATIAL_H

#include "hyperspatial/adjacency.h"
#include "hyperspatial/algorithms.h"
#include "hyperspatial/batch.h"
#include "hyperspatial/config.h"
#include "hyperspatial/entities.h"
#include "hyperspatial/filter.h"
#include "hyperspatial/graph.h"
#include "hyperspatial/hyperbolic.h"
#include "hyperspatial/import.h"
#include "hyperspatial/indexes.h"
#include "hyperspatial/measures.h"
#include "hyperspatial/neighbours.h"
#include "hyperspatial/positions.h"
#include "hyperspatial/properties.h"
#include "hyperspatial/ranking.h"
#include "hyperspatial/router.h"
#include "hyperspatial/salvage.h"
#include "hyperspatial/select.h"
#include "hyperspatial/status.h"
#include "hyperspatial/timeseries.h"
#include "hyperspatial/trajectories.h"
#include "hyperspatial/types.h"
#include "hyperspatial/vectors.h"

#endif
