// faiss.cc: faiss' IndexHNSWFlat, as its users use it: all rows added at once, by OpenMP's threads.
#include <omp.h>

#include <faiss/IndexHNSW.h>

#include "neighbours.h"

namespace {

void *build(const neighbour_data *data, unsigned links, unsigned width, unsigned threads,
            double *seconds, double *bytes) {
    double start = seconds_now();
    omp_set_num_threads(int(threads));
    auto *index = new faiss::IndexHNSWFlat(int(data->dimension), int(links));
    index->hnsw.efConstruction = int(width);
    index->add(faiss::Index::idx_t(data->rows), data->numbers);
    omp_set_num_threads(1);
    *seconds = seconds_now() - start;
    *bytes = double(index->hnsw.neighbors.size() * sizeof(index->hnsw.neighbors[0]) +
                    index->hnsw.levels.size() * sizeof(index->hnsw.levels[0]) +
                    index->hnsw.offsets.size() * sizeof(index->hnsw.offsets[0]));
    return index;
}

size_t search(void *made, const float *query, unsigned width, uint64_t labels[K]) {
    auto *index = static_cast<faiss::IndexHNSWFlat *>(made);
    float distances[K];
    faiss::Index::idx_t found[K];
    index->hnsw.efSearch = int(width);
    index->search(1, query, K, distances, found);
    size_t count = 0;
    for (size_t i = 0; i < K; i++)
        if (found[i] >= 0) labels[count++] = uint64_t(found[i]);
    return count;
}

uint64_t label(void *, uint32_t row) {
    return row;
}

void close_index(void *made) {
    delete static_cast<faiss::IndexHNSWFlat *>(made);
}

} // namespace

extern "C" const neighbour_engine engine_faiss = {"faiss", build, search, label, close_index};
