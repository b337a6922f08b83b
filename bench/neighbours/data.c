/* data.c: vectors for indexes of neighbours, and the true neighbours by comparing all. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../failure.h"
#include "kernels/kernels.h"
#include "neighbours.h"

#define CENTRES   1000u
#define SPREAD    0.5
#define SIFT_ROWS 5000u
#define SIFT_DIM  128u
#define SIFT_ASK  100u

double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

uint64_t random_number(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

double random_normal(uint64_t *state) {
    double a = ((double)(random_number(state) >> 11) + 1) * 0x1p-53;
    double b = (double)(random_number(state) >> 11) * 0x1p-53;
    return sqrt(-2 * log(a)) * cos(6.283185307179586 * b);
}

static float *allocate_rows(size_t rows, uint32_t dimension) {
    size_t bytes = (rows * dimension * sizeof(float) + 63) / 64 * 64;
    float *numbers = aligned_alloc(64, bytes > 0 ? bytes : 64);
    if (numbers == NULL) fail("no memory for %zu vectors", rows);
    return numbers;
}

/* --- truth ------------------------------------------------------------------------------------ */

static void find_truth(neighbour_data *data) {
    const kernels *kernels = kernels_best();
    double *distances = must_allocate(data->rows * sizeof *distances);
    double unused;
    data->truth = must_allocate(data->queries * K * sizeof *data->truth);
    for (size_t q = 0; q < data->queries; q++) {
        kernels->rows[KERNEL_L2][ELEMENT_F32](data->asked + q * data->dimension, data->dimension,
                                              data->numbers, data->dimension * sizeof(float),
                                              data->rows, distances, &unused);
        for (size_t n = 0; n < K; n++) {
            size_t best = 0;
            for (size_t i = 1; i < data->rows; i++)
                if (distances[i] < distances[best]) best = i;
            data->truth[q * K + n] = (uint32_t)best;
            distances[best] = INFINITY;
        }
    }
    free(distances);
}

/* --- clusters --------------------------------------------------------------------------------- */

static void draw(float *to, size_t count, uint32_t dimension, const float *centres,
                 uint64_t *state) {
    for (size_t i = 0; i < count; i++) {
        const float *centre = centres + random_number(state) % CENTRES * dimension;
        for (uint32_t d = 0; d < dimension; d++)
            to[i * dimension + d] = centre[d] + (float)(SPREAD * random_normal(state));
    }
}

neighbour_data data_clustered(size_t rows, uint32_t dimension, size_t queries) {
    uint64_t state = 2016;
    neighbour_data data = {.name = "clustered",
                           .title = "vectors around 1,000 centres",
                           .dimension = dimension,
                           .rows = rows,
                           .queries = queries,
                           .numbers = allocate_rows(rows, dimension),
                           .asked = allocate_rows(queries, dimension)};
    float *centres = allocate_rows(CENTRES, dimension);
    for (size_t i = 0; i < (size_t)CENTRES * dimension; i++)
        centres[i] = (float)random_normal(&state);
    draw(data.numbers, rows, dimension, centres, &state);
    draw(data.asked, queries, dimension, centres, &state);
    free(centres);
    find_truth(&data);
    return data;
}

/* --- SIFT ------------------------------------------------------------------------------------- */

/* Reads vectors of bytes, each behind its dimension. */
static bool read_vectors(const char *directory, const char *name, size_t count, float *to) {
    char path[4096];
    uint8_t vector[4 + SIFT_DIM];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *in = fopen(path, "rbe");
    if (in == NULL) return false;
    bool read = true;
    for (size_t i = 0; i < count && read; i++) {
        read = fread(vector, sizeof vector, 1, in) == 1;
        for (size_t d = 0; d < SIFT_DIM; d++)
            to[i * SIFT_DIM + d] = vector[4 + d];
    }
    fclose(in);
    return read;
}

bool data_sift(const char *directory, neighbour_data *data) {
    *data = (neighbour_data){.name = "sift",
                             .title = "SIFT vectors",
                             .dimension = SIFT_DIM,
                             .rows = SIFT_ROWS,
                             .queries = SIFT_ASK,
                             .numbers = allocate_rows(SIFT_ROWS, SIFT_DIM),
                             .asked = allocate_rows(SIFT_ASK, SIFT_DIM)};
    if (read_vectors(directory, "base.bvecs", SIFT_ROWS, data->numbers) &&
        read_vectors(directory, "query.bvecs", SIFT_ASK, data->asked)) {
        find_truth(data);
        return true;
    }
    data_free(data);
    return false;
}

void data_free(neighbour_data *data) {
    free(data->numbers);
    free(data->asked);
    free(data->truth);
    memset(data, 0, sizeof *data);
}
