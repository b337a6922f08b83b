/* chord_kernel.h: the loops of chord.c; included once for each instruction set, with KERNEL(name)
 * and KERNEL_TARGET (an attribute) defined.
 *
 * The eight lanes and the order in which they are added are the same in each, and no multiplication
 * is fused with an addition: so the results are the same to the bit.
 */

/* apart = |x−y|² and rise = |y|² − |x|² = (y−x)·(y+x), over the spatial coordinates. */
KERNEL_TARGET static inline __attribute__((always_inline)) void
KERNEL(sums_of)(const float *x, uint32_t n, const float *const *points, size_t count, double *apart,
                double *rise) {
    for (size_t i = 0; i < count; i++) {
        const float *y = points[i];
        lanes square = {0}, step = {0};
        uint32_t j = 1;
        for (; j + LANES <= n + 1; j += LANES) {
            narrow_lanes from, to;
            memcpy(&from, x + j, sizeof from);
            memcpy(&to, y + j, sizeof to);
            lanes a = __builtin_convertvector(from, lanes), b = __builtin_convertvector(to, lanes);
            lanes difference = b - a;
            square += difference * difference;
            step += difference * (b + a);
        }
        for (uint32_t lane = 0; j <= n; j++, lane++) {
            double difference = (double)y[j] - (double)x[j];
            square[lane] += difference * difference;
            step[lane] += difference * ((double)y[j] + (double)x[j]);
        }
        half_lanes halves[4];
        memcpy(halves, &square, sizeof square);
        memcpy(halves + 2, &step, sizeof step);
        half_lanes a = halves[0] + halves[1], b = halves[2] + halves[3];
        apart[i] = (a[0] + a[2]) + (a[1] + a[3]);
        rise[i] = (b[0] + b[2]) + (b[1] + b[3]);
    }
}

/* The dimension of stored positions is a constant of its loop. */
KERNEL_TARGET static void KERNEL(sums)(const chord_query *query, const float *const *points,
                                       size_t count, double *apart, double *rise) {
    if (query->n == 16)
        KERNEL(sums_of)(query->point, 16, points, count, apart, rise);
    else
        KERNEL(sums_of)(query->point, query->n, points, count, apart, rise);
}

/* q = |x−y|² − (y₀−x₀)², with y₀ − x₀ = rise / (x₀ + y₀). */
KERNEL_TARGET static void KERNEL(chords)(const chord_query *query, const float *const *points,
                                         size_t count, double *q) {
    double rise[BLOCK];
    KERNEL(sums)(query, points, count, q, rise);
    double x0 = query->x0, square = query->square, least = 1 / query->k, most = query->square_max;
    for (size_t i = 0; i < count; i++) {
        double y0_square = square + rise[i];
        double y0 = sqrt(y0_square > least ? y0_square : least);
        double step = rise[i] / (x0 + y0), chord = q[i] - step * step;
        chord = chord < 0 ? 0 : chord;
        q[i] = y0_square <= most ? chord : INFINITY; /* NaN too */
    }
}

/* asinh(t) = log1p(t + t²/(1 + √(1 + t²))). */
KERNEL_TARGET static void KERNEL(distances)(double k, size_t count, double *q) {
    double scale = 2 / sqrt(k);
    for (size_t i = 0; i < count; i++) {
        double square = 0.25 * k * q[i], t = sqrt(square);
        double d = scale * log1p_positive(t + square / (1 + sqrt(1 + square)));
        q[i] = q[i] < INFINITY ? d : INFINITY;
    }
}
