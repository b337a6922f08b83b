/* command_trajectory.c: trajectory: the positions of an entity over time. */
#include "address.h"
#include "points.h"

int command_trajectory(invocation *run) {
    static const char *const columns[] = {"time", "graph", "embedding", "property"};
    hs_address address;
    period span;
    int code = period_of(run, &span);
    if (code == EXIT_OK) code = address_open_entity(run, run->arguments[0], &address);
    if (code != EXIT_OK) return code;
    hs_trajectory_iterator *iterator;
    hs_status status = hs_trajectory_range(run->snapshot, address.type, &address.id, span.from,
                                           span.to, &iterator);
    if (status != HS_OK) return report_status(status);
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    hs_position position;
    int next = 0;
    while (code == EXIT_OK && (next = hs_trajectory_next(iterator, &position)) > 0) {
        const cell row[] = {
            cell_time(position.time),
            cell_floats(position.graph, HS_POSITION_DIMENSION),
            cell_floats(position.embedding, HS_POSITION_DIMENSION),
            cell_floats(position.property, HS_POSITION_DIMENSION),
        };
        code = output_row(run->out, row);
    }
    if (next < 0) code = report_status((hs_status)next);
    hs_trajectory_iterator_close(iterator);
    return output_end(run->out, code);
}
