/* command_position.c: position: first positions in hyperbolic space, positions learned from the
 * graph, and what they are. */
#include <math.h>
#include <string.h>

#include "address.h"
#include "options.h"
#include "progress.h"

static const char *const kinds[HS_MODALITIES] = {"graph", "embedding", "property"};

/* What init and learn have in common; address.collection and .type are kept in `address`. */
static int read_scope(invocation *run, hs_address *address, hs_position_scope *scope) {
    uint64_t dimension = HS_POSITION_DIMENSION - 1;
    int code = address_open_type(run, run->arguments[1], address);
    if (code != EXIT_OK) return code;
    hs_position_scope_default(scope, address->collection, address->type);
    if (option_given(run, "type")) scope->edge_type = hs_slice_of(option_value(run, "type"));
    scope->symmetric = option_given(run, "symmetric");
    scope->closure = option_given(run, "closure");
    code = option_time(run, "time", &scope->time);
    if (code == EXIT_OK) code = option_count(run, "dimension", 1, dimension, &dimension);
    scope->dimension = (uint32_t)dimension;
    return code;
}

static int print_result(invocation *run, const hs_position_result *result, bool learned) {
    static const char *const columns[] = {"entities", "edges",     "seconds", "epochs",
                                          "loss",     "mean_rank", "map"};
    const cell row[] = {
        cell_count(result->entities),
        cell_count(result->edges),
        cell_float64(round(1000 * result->seconds) / 1000),
        cell_count(result->epochs),
        cell_float64(result->loss),
        result->map > 0 ? cell_float64(result->mean_rank) : cell_absent(),
        result->map > 0 ? cell_float64(result->map) : cell_absent(),
    };
    output_begin(run->out, columns, learned ? 7 : 3, true);
    output_row(run->out, row);
    return output_end(run->out, EXIT_OK);
}

/* --- init ------------------------------------------------------------------------------------- */

static int position_init(invocation *run) {
    static const char *const strategies[] = {
        [HS_BY_DEGREE] = "degree",
        [HS_BY_TREE] = "tree",
        [HS_BY_EMBEDDING] = "embedding",
        [HS_BY_FINGERPRINT] = "fingerprint",
    };
    hs_address address;
    hs_position_scope scope;
    hs_position_result result;
    hs_position_start start = {.vector = option_value(run, "vector"), .seed = 1};
    size_t strategy = option_given(run, "vector") ? HS_BY_EMBEDDING : HS_BY_DEGREE;
    int code = read_scope(run, &address, &scope);
    if (code == EXIT_OK) code = option_choice(run, "strategy", strategies, 4, &strategy);
    if (code == EXIT_OK) code = option_count(run, "seed", 0, UINT64_MAX, &start.seed);
    if (code == EXIT_OK) code = option_number(run, "radius", 0, 12, &start.radius);
    if (code != EXIT_OK) return code;
    start.strategy = (hs_strategy)strategy;
    hs_status status = hs_position_init(run->router, &scope, &start, &result);
    return status == HS_OK ? print_result(run, &result, false) : report_status(status);
}

/* --- learn ------------------------------------------------------------------------------------ */

static bool show_progress(void *context, const hs_learn_progress *now) {
    progress *to = context;
    if (progress_due(to, now->seconds)) {
        buffer line = {NULL, 0, 0};
        buffer_format(&line, "epoch %u of %u  loss %.4f", now->epoch, now->epochs, now->loss);
        progress_add_share(&line, now->epoch, now->epochs, now->seconds);
        progress_show(to, &line, now->seconds);
    }
    return !progress_interrupted();
}

static int read_learn_options(const invocation *run, hs_learn_options *options) {
    uint64_t epochs = options->epochs, learned = 0, negatives = options->negatives;
    int code = option_count(run, "epochs", 1, 1000000, &epochs);
    if (code == EXIT_OK) code = option_count(run, "learned", 1, 1000000, &learned);
    if (code == EXIT_OK) code = option_count(run, "negatives", 1, 10000, &negatives);
    if (code == EXIT_OK) code = option_count(run, "seed", 0, UINT64_MAX, &options->seed);
    if (code == EXIT_OK) code = option_number(run, "rate", 0, 10, &options->rate);
    options->epochs = (uint32_t)epochs;
    options->learned = (uint32_t)learned;
    options->negatives = (uint32_t)negatives;
    options->from_stored = option_given(run, "from-stored");
    return code;
}

static int position_learn(invocation *run) {
    hs_address address;
    hs_position_scope scope;
    hs_position_result result;
    hs_learn_options options;
    progress line = progress_start(option_given(run, "quiet"));
    hs_learn_options_default(&options);
    int code = read_scope(run, &address, &scope);
    if (code == EXIT_OK) code = read_learn_options(run, &options);
    if (code != EXIT_OK) return code;
    options.progress = show_progress;
    options.context = &line;
    progress_catch_interrupts();
    hs_status status = hs_position_learn(run->router, &scope, &options, &result);
    progress_close(&line);
    if (status != HS_OK) return report_status(status);
    code = print_result(run, &result, true);
    if (!progress_interrupted()) return code;
    return report(EXIT_INTERRUPTED, "learning was stopped after %u epochs; --learned %u goes on",
                  result.epochs, result.epochs);
}

/* --- show ------------------------------------------------------------------------------------- */

/* How far a stored position is from the origin. */
static hs_status norm_of(const float *position, double *norm) {
    hs_hyperbolic space = HS_POSITION_SPACE;
    double x[HS_POSITION_DIMENSION];
    hs_status status = hs_hyperbolic_load(&space, HS_PROJECT, position, x);
    return status == HS_OK ? hs_hyperbolic_norm(&space, x, norm) : status;
}

static int show_entity(invocation *run, const hs_address *address, hs_time time) {
    static const char *const columns[] = {"kind", "time", "norm", "coordinates"};
    hs_position position;
    double norm;
    hs_status status =
        hs_trajectory_at(run->snapshot, address->type, &address->id, time, &position);
    if (status != HS_OK) return report_status(status);
    output_begin(run->out, columns, 4, false);
    for (int i = 0; i < HS_MODALITIES; i++) {
        const float *coordinates = hs_position_of(&position, (hs_modality)i);
        if ((status = norm_of(coordinates, &norm)) != HS_OK) break;
        const cell row[] = {cell_name(kinds[i]), cell_time(position.time), cell_float64(norm),
                            cell_floats(coordinates, HS_POSITION_DIMENSION)};
        output_row(run->out, row);
    }
    return output_end(run->out, status == HS_OK ? EXIT_OK : report_status(status));
}

static int show_row(invocation *run, const hs_entity *entity, const hs_position *position) {
    double norms[HS_MODALITIES];
    for (int i = 0; i < HS_MODALITIES; i++) {
        hs_status status = norm_of(hs_position_of(position, (hs_modality)i), &norms[i]);
        if (status != HS_OK) return report_status(status);
    }
    const cell row[] = {cell_key(entity->key),  cell_id(&entity->id),   cell_time(position->time),
                        cell_float64(norms[0]), cell_float64(norms[1]), cell_float64(norms[2])};
    return output_row(run->out, row);
}

static int show_type(invocation *run, const hs_address *address, hs_time time, uint64_t limit) {
    static const char *const columns[] = {"key", "id", "time", "graph", "embedding", "property"};
    hs_entity_iterator *entities;
    hs_status status =
        hs_entity_iterate(run->snapshot, address->type, HS_BY_CREATION, NULL, &entities);
    if (status != HS_OK) return report_status(status);
    output_begin(run->out, columns, 6, false);
    int code = EXIT_OK, next = 0;
    hs_entity entity;
    while (limit > 0 && code == EXIT_OK && (next = hs_entity_next(entities, &entity)) == 1) {
        hs_position position;
        status = hs_trajectory_at(run->snapshot, address->type, &entity.id, time, &position);
        if (status == HS_NOT_FOUND) continue;
        code = status == HS_OK ? show_row(run, &entity, &position) : report_status(status);
        limit--;
    }
    if (next < 0) code = report_status((hs_status)next);
    hs_entity_iterator_close(entities);
    return output_end(run->out, code);
}

static int position_show(invocation *run) {
    hs_address address;
    hs_time time = HS_TIME_MAX;
    uint64_t limit = UINT64_MAX;
    int code = option_time(run, "time", &time);
    if (code == EXIT_OK) code = option_count(run, "limit", 0, UINT64_MAX, &limit);
    if (code == EXIT_OK) code = address_open(run, run->arguments[1], &address);
    if (code != EXIT_OK) return code;
    if (address.has_id) return show_entity(run, &address, time);
    if (address.type[0] != '\0') return show_type(run, &address, time, limit);
    return report(EXIT_USAGE, "%s names a collection; give an entity type, %s/TYPE",
                  run->arguments[1], run->arguments[1]);
}

int command_position(invocation *run) {
    static const struct {
        const char *name;
        int (*run)(invocation *run);
    } actions[] = {{"init", position_init}, {"learn", position_learn}, {"show", position_show}};
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strcmp(run->arguments[0], actions[i].name) == 0) return actions[i].run(run);
    return report(EXIT_USAGE, "position takes init, learn or show, not \"%s\"", run->arguments[0]);
}
