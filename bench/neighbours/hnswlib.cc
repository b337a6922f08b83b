// hnswlib.cc: hnswlib, as its users use it: rows added by threads, one search after the other.
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <hnswlib/hnswlib.h>

#include "neighbours.h"

namespace {

struct index {
    hnswlib::L2Space space;
    hnswlib::HierarchicalNSW<float> graph;
    index(const neighbour_data *data, unsigned links, unsigned width)
        : space(data->dimension), graph(&space, data->rows, links, width) {}
};

double bytes_beside_rows(const hnswlib::HierarchicalNSW<float> &graph, size_t rows) {
    double bytes = double(rows) * double(graph.size_links_level0_ + sizeof(hnswlib::labeltype));
    for (size_t i = 0; i < rows; i++)
        bytes += double(graph.element_levels_[i]) * double(graph.size_links_per_element_);
    return bytes;
}

void *build(const neighbour_data *data, unsigned links, unsigned width, unsigned threads,
            double *seconds, double *bytes) {
    double start = seconds_now();
    index *made = new index(data, links, width);
    made->graph.addPoint(data->numbers, 0);
    std::atomic<size_t> next(1);
    std::vector<std::thread> workers;
    for (unsigned t = 0; t < threads; t++)
        workers.emplace_back([&] {
            for (size_t i; (i = next++) < data->rows;)
                made->graph.addPoint(data->numbers + i * data->dimension, i);
        });
    for (std::thread &worker : workers)
        worker.join();
    *seconds = seconds_now() - start;
    *bytes = bytes_beside_rows(made->graph, data->rows);
    return made;
}

size_t search(void *made, const float *query, unsigned width, uint64_t labels[K]) {
    hnswlib::HierarchicalNSW<float> &graph = static_cast<index *>(made)->graph;
    graph.setEf(width);
    auto found = graph.searchKnn(query, K);
    size_t count = found.size();
    for (size_t i = count; i-- > 0; found.pop())
        labels[i] = found.top().second;
    return count;
}

uint64_t label(void *, uint32_t row) {
    return row;
}

void close_index(void *made) {
    delete static_cast<index *>(made);
}

} // namespace

extern "C" const neighbour_engine engine_hnswlib = {"hnswlib", build, search, label, close_index};
