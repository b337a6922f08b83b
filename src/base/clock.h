/* clock.h: the time, and new UUIDs. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "hyperspatial/types.h"

/* Now, in microseconds since 1970-01-01 UTC. */
hs_time clock_now(void);

/* Monotonic nanoseconds, for measuring how long something takes. */
uint64_t clock_monotonic_ns(void);

/* The same with the resolution of the system's tick, some milliseconds, for a fifth of the cost. */
uint64_t clock_coarse_ns(void);

/* A new version 7 UUID: `now` in milliseconds (those before 1970 as 0), then 12 bits of the
 * microseconds in it, then 62 random bits. HS_IO. */
hs_status uuid_v7(hs_time now, hs_uuid *id);

/* Fills `bytes` with random bytes from the operating system. HS_IO. */
hs_status random_bytes(void *bytes, size_t size);

#endif
