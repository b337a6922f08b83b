/* motion.c: how an entity moves, as rows. */
#include "motion.h"

#include "options.h"

/* Which columns of a step are asked for: drift has three, velocity three. */
typedef struct motion_columns {
    const char *names[8];
    size_t count;
    bool drift, velocity;
} motion_columns;

static motion_columns choose_columns(const invocation *run) {
    static const char *const drift[] = {"step", "drift", "displacement"};
    static const char *const velocity[] = {"velocity", "acceleration", "changed"};
    motion_columns chosen = {.names = {"time"}, .count = 1};
    chosen.drift = option_given(run, "drift");
    chosen.velocity = option_given(run, "velocity");
    for (size_t i = 0; chosen.drift && i < 3; i++)
        chosen.names[chosen.count++] = drift[i];
    for (size_t i = 0; chosen.velocity && i < 3; i++)
        chosen.names[chosen.count++] = velocity[i];
    return chosen;
}

static int print_step(invocation *run, const motion_columns *chosen, const hs_motion *motion) {
    cell row[8] = {cell_time(motion->time)};
    size_t count = 1;
    if (chosen->drift) {
        row[count++] = cell_float64(motion->step);
        row[count++] = cell_float64(motion->drift);
        row[count++] = cell_float64(motion->displacement);
    }
    if (chosen->velocity) {
        row[count++] = cell_float64(motion->velocity);
        row[count++] = cell_float64(motion->acceleration);
        row[count++] = cell_bool(motion->changed);
    }
    return output_row(run->out, row);
}

bool motion_asked(const invocation *run) {
    return option_given(run, "drift") || option_given(run, "velocity");
}

int motion_print(invocation *run, const hs_address *address, const period *span) {
    static const char *const kinds[HS_MODALITIES] = {"graph", "embedding", "property"};
    motion_columns chosen = choose_columns(run);
    size_t kind = HS_GRAPH;
    hs_motion_iterator *iterator;
    int code = option_choice(run, "kind", kinds, HS_MODALITIES, &kind), next = 0;
    if (code != EXIT_OK) return code;
    hs_status status = hs_motion_range(run->snapshot, address->type, &address->id,
                                       (hs_modality)kind, span->from, span->to, &iterator);
    if (status != HS_OK) return report_status(status);
    output_begin(run->out, chosen.names, chosen.count, false);
    hs_motion motion;
    while (code == EXIT_OK && (next = hs_motion_next(iterator, &motion)) > 0)
        code = print_step(run, &chosen, &motion);
    if (next < 0) code = report_status((hs_status)next);
    hs_motion_close(iterator);
    return output_end(run->out, code);
}
