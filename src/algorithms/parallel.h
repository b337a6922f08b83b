/* parallel.h: a loop over blocks of numbers, on several threads. */
#ifndef ALGORITHMS_PARALLEL_H
#define ALGORITHMS_PARALLEL_H

#include <stdint.h>

#define PARALLEL_THREADS_MAX 256

/* What is done with the numbers from `from` to before `to`, on thread `worker`. */
typedef void parallel_body(void *context, unsigned worker, uint64_t from, uint64_t to);

/* Calls `body` for each block of `block` numbers below `count`, on up to `threads` threads, of
 * which the caller's is number 0. Which thread gets which block is left to chance: results must not
 * depend on it. If a thread cannot be started, the others do its work. */
void parallel_for(unsigned threads, uint64_t count, uint64_t block, parallel_body *body,
                  void *context);

/* The number of processors, 1 to PARALLEL_THREADS_MAX. */
unsigned parallel_processors(void);

#endif
