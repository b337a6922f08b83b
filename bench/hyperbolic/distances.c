/* distances.c: how many hyperbolic distances a core computes in a second, with each instruction set
 * that the processor has: from one query to 20,000 points of 17 float32. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "hyperbolic/chord.h"

#define POINTS 20000
#define ROUNDS 200
#define WIDTH  17

static const char *const names[CHORD_SET_COUNT] = {"portable", "AVX2", "AVX-512"};

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double millions(double best) {
    return POINTS / best / 1e6;
}

static void measure(chord_set set, const chord_query *query, const float *const *points,
                    double *q) {
    double chords = 1e9, distances = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        double start = seconds();
        chord_many_with(set, query, points, POINTS, q);
        double middle = seconds();
        chord_distances_with(set, query->k, POINTS, q);
        double end = seconds();
        chords = middle - start < chords ? middle - start : chords;
        distances = end - start < distances ? end - start : distances;
    }
    printf("%-8s  to compare: %6.1f M/s  distances: %6.1f M/s\n", names[set], millions(chords),
           millions(distances));
}

static int measure_all(float *rows, const float **points, double *q) {
    hs_hyperbolic space = HS_POSITION_SPACE;
    chord_query query;
    srand(1);
    for (size_t i = 0; i < (size_t)POINTS * WIDTH; i++)
        rows[i] = (float)(rand() % 2001 - 1000) / 1000;
    for (size_t i = 0; i < POINTS; i++)
        points[i] = rows + i * WIDTH;
    if (chord_prepare(&space, rows, &query) != HS_OK) return 1;
    for (int set = 0; set < CHORD_SET_COUNT; set++)
        if (chord_set_available((chord_set)set)) measure((chord_set)set, &query, points, q);
    return 0;
}

int main(void) {
    float *rows = malloc(sizeof(float) * POINTS * WIDTH);
    const float **points = malloc(sizeof(float *) * POINTS);
    double *q = malloc(sizeof(double) * POINTS);
    int failed = rows == NULL || points == NULL || q == NULL ? 1 : measure_all(rows, points, q);
    free(rows);
    free(points);
    free(q);
    return failed;
}
