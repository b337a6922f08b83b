/* fingerprint.h: a position that follows from properties alone. */
#ifndef HYPERBOLIC_FINGERPRINT_H
#define HYPERBOLIC_FINGERPRINT_H

#include "hyperspatial/properties.h"

/* The fingerprint of properties: a point double[1 + n], the same on every machine and in every
 * version. Each property gives a tangent vector of length 1 at the origin: of a text, a UUID,
 * bytes, JSON or a boolean in a direction hashed from name and value, so that only equal values
 * agree; a number v turns in a plane hashed from the name, by asinh(v), and a time by a turn in 60
 * years, so that near values are near; a list is the sum of its items over the root of their
 * number. The sum of all, over the root of their number, times `radius`, goes through the
 * exponential map. Null counts for nothing; without properties it is the origin. */
void fingerprint(uint32_t n, const hs_property *properties, size_t count, double radius, double *x);

#endif
