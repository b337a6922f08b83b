/* command_plot.c: plot: the Poincaré disk of an entity type as SVG. */
#include <errno.h>
#include <string.h>

#include "address.h"
#include "options.h"
#include "plot.h"

static int read_request(const invocation *run, plot_request *request, uint64_t *labels) {
    static const char *const kinds[HS_MODALITIES] = {"graph", "embedding", "property"};
    size_t kind = HS_GRAPH;
    uint64_t nodes = 2000;
    *request = (plot_request){
        .edge_type = option_value(run, "type"),
        .label = option_value(run, "label"),
        .centre = option_value(run, "centre"),
        .time = HS_TIME_MAX,
    };
    int code = option_choice(run, "kind", kinds, HS_MODALITIES, &kind);
    if (code == EXIT_OK) code = option_count(run, "nodes", 1, 100000, &nodes);
    if (code == EXIT_OK) code = option_count(run, "labels", 0, 10000, labels);
    if (code == EXIT_OK) code = option_time(run, "time", &request->time);
    request->modality = (hs_modality)kind;
    request->nodes_max = (size_t)nodes;
    return code;
}

static int write_file(const char *path, const buffer *picture) {
    FILE *file = fopen(path, "w");
    if (file == NULL) return output_report_write(path, errno);
    bool written = fwrite(picture->data, 1, picture->size, file) == picture->size;
    int error = errno;
    if (fclose(file) != 0 && written) {
        written = false;
        error = errno;
    }
    return written ? EXIT_OK : output_report_write(path, error);
}

static int print_result(invocation *run, const plot *plot, const char *path) {
    static const char *const columns[] = {"file", "nodes", "edges", "left_out"};
    const cell row[] = {cell_name(path), cell_count(plot->node_count), cell_count(plot->edge_count),
                        cell_count(plot->left_out)};
    output_begin(run->out, columns, 4, true);
    output_row(run->out, row);
    return output_end(run->out, EXIT_OK);
}

int command_plot(invocation *run) {
    hs_address address;
    plot_request request;
    plot plot;
    uint64_t labels = 60;
    const char *path = option_value(run, "output");
    if (path == NULL) return report(EXIT_USAGE, "plot needs --output FILE, such as disk.svg");
    int code = read_request(run, &request, &labels);
    if (code == EXIT_OK) code = address_open_type(run, run->arguments[0], &address);
    if (code != EXIT_OK) return code;
    code = plot_read(run, &address, &request, &plot);
    if (code == EXIT_OK) {
        buffer picture = {NULL, 0, 0};
        plot.labels_max = (size_t)labels;
        plot_svg(&plot, &picture);
        code = write_file(path, &picture);
        buffer_free(&picture);
    }
    if (code == EXIT_OK) code = print_result(run, &plot, path);
    plot_free(&plot);
    return code;
}
