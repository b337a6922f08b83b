/* works_scale.h: the works of --scale. */
#ifndef BENCH_WORKS_SCALE_H
#define BENCH_WORKS_SCALE_H

#include "work.h"

/* Makes a work for each of `sizes` [count] in one family, and for `rows` rows in 1, 10, 100 and
 * 1,000 families (as many as have rows enough); returns how many. */
unsigned works_of_scale(const uint64_t *sizes, unsigned count, uint64_t rows,
                        const work *list[WORKS_MAX]);
void works_of_scale_free(const work *const *list, unsigned count);

#endif
