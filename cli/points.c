/* points.c: points in time as rows. */
#include "points.h"

#include "options.h"

int period_of(const invocation *run, period *span) {
    *span = (period){HS_TIME_MIN, HS_TIME_MAX + 1};
    int code = option_time(run, "from", &span->from);
    return code == EXIT_OK ? option_time(run, "to", &span->to) : code;
}

int points_print(invocation *run, hs_point_iterator *iterator) {
    static const char *const columns[] = {"time", "value"};
    output_begin(run->out, columns, 2, false);
    int code = EXIT_OK, next = 0;
    hs_point point;
    while (code == EXIT_OK && (next = hs_point_next(iterator, &point)) > 0) {
        const cell row[] = {cell_time(point.time), cell_float64(point.value)};
        code = output_row(run->out, row);
    }
    if (next < 0) code = report_status((hs_status)next);
    hs_point_iterator_close(iterator);
    return output_end(run->out, code);
}
