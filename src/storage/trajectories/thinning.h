/* thinning.h: which positions of a sequence are kept, decided one after the other. */
#ifndef STORAGE_THINNING_H
#define STORAGE_THINNING_H

#include "hyperspatial/trajectories.h"

/* A rule at work. */
typedef struct thinning {
    hs_thinning rule;
    bool started;
    uint64_t passed;  /* positions since the last kept */
    hs_position kept; /* the last one */
} thinning;

/* HS_INVALID unless the rule names one way of thinning, within its range. */
hs_status thinning_check(const hs_thinning *rule);

/* Whether the next position is kept; the first one is. */
bool thinning_keeps(thinning *t, const hs_position *position);

#endif
