/* fingerprints.c: fingerprints, similarity, and the distance over all three kinds of position. */
#include <math.h>

#include "base/error.h"
#include "hyperbolic/fingerprint.h"
#include "hyperspatial/positions.h"

#define FINGERPRINT_RADIUS 2

void hs_fingerprint(const hs_property *properties, size_t count,
                    float position[HS_POSITION_DIMENSION]) {
    double x[HS_POSITION_DIMENSION];
    fingerprint(HS_POSITION_DIMENSION - 1, properties, count, FINGERPRINT_RADIUS, x);
    for (size_t i = 0; i < HS_POSITION_DIMENSION; i++)
        position[i] = (float)x[i];
}

/* The distance of two stored positions of one kind. */
static hs_status stored_distance(const float *a, const float *b, double *distance) {
    hs_hyperbolic space = HS_POSITION_SPACE;
    double x[HS_POSITION_DIMENSION], y[HS_POSITION_DIMENSION];
    TRY(hs_hyperbolic_load(&space, HS_PROJECT, a, x));
    TRY(hs_hyperbolic_load(&space, HS_PROJECT, b, y));
    return hs_hyperbolic_distance(&space, x, y, distance);
}

hs_status hs_position_similarity(const float *a, const float *b, double *similarity) {
    double distance;
    TRY(stored_distance(a, b, &distance));
    *similarity = exp(-distance);
    return HS_OK;
}

hs_status hs_position_distance(const hs_modality_weights *weights, const hs_position *a,
                               const hs_position *b, double *distance) {
    if (weights == NULL) return error_null("weights of a distance");
    if (a == NULL || b == NULL) return error_null("position of a distance");
    const double each[HS_MODALITIES] = {weights->graph, weights->embedding, weights->property};
    double sum = 0, total = 0;
    for (int i = 0; i < HS_MODALITIES; i++) {
        double one = 0;
        if (!(each[i] >= 0) || isinf(each[i]))
            return error_set(HS_INVALID, "weight %d of a distance is %g: not a number from 0 on", i,
                             each[i]);
        if (each[i] == 0) continue;
        TRY(stored_distance(hs_position_of(a, (hs_modality)i), hs_position_of(b, (hs_modality)i),
                            &one));
        total += each[i];
        sum += each[i] * one;
    }
    if (!(total > 0 && isfinite(sum)))
        return error_set(HS_INVALID, "the weights of a distance have the sum %g", total);
    *distance = sum;
    return HS_OK;
}
