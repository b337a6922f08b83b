/* command_retain.c: retain: gives up old points and roll-ups of all series of an entity type. */
#include <string.h>

#include "address.h"
#include "options.h"

#define BATCH_SERIES 256 /* series in one commit */

typedef struct retain_run {
    invocation *run;
    const hs_address *address;
    hs_retention kept;
    hs_time now;
    hs_batch *batch;
    uint64_t series;
} retain_run;

static hs_status commit(retain_run *r) {
    hs_status status = hs_batch_count(r->batch) > 0 ? hs_batch_commit(r->batch) : HS_OK;
    hs_batch_free(r->batch);
    r->batch = NULL;
    return status;
}

static hs_status retain_entity(retain_run *r, const hs_uuid *id) {
    const hs_series_info *series;
    size_t count;
    hs_status status = hs_series_list(r->run->snapshot, r->address->type, id, &series, &count);
    for (size_t i = 0; i < count && status == HS_OK; i++) {
        if (r->batch == NULL)
            status = hs_batch_create(r->run->router, r->address->collection, &r->batch);
        if (status == HS_OK)
            status =
                hs_series_retain(r->batch, r->address->type, id, series[i].name, &r->kept, r->now);
        r->series++;
        if (status == HS_OK && hs_batch_count(r->batch) >= BATCH_SERIES) status = commit(r);
    }
    return status;
}

static hs_status retain_all(retain_run *r) {
    hs_entity_iterator *entities;
    hs_entity entity;
    int more = 0;
    hs_status status =
        hs_entity_iterate(r->run->snapshot, r->address->type, HS_BY_CREATION, NULL, &entities);
    if (status != HS_OK) return status;
    while (status == HS_OK && (more = hs_entity_next(entities, &entity)) == 1)
        status = retain_entity(r, &entity.id);
    hs_entity_iterator_close(entities);
    if (status == HS_OK && more < 0) status = (hs_status)more;
    if (status == HS_OK && r->batch != NULL) status = commit(r);
    hs_batch_free(r->batch);
    return status;
}

/* The points of the type, as the newest snapshot counts them. */
static hs_status count_points(retain_run *r, uint64_t *points) {
    hs_collection_stats stats;
    hs_status status = hs_collection_stats_read(r->run->router, r->address->collection, &stats);
    if (status != HS_OK) return status;
    *points = 0;
    for (size_t i = 0; i < stats.type_count; i++)
        if (strcmp(stats.types[i].entity_type, r->address->type) == 0)
            *points = stats.types[i].points;
    hs_collection_stats_free(&stats);
    return HS_OK;
}

/* What to keep: the option --keep, or else that of the entity type. */
static int read_retention(retain_run *r) {
    const char *keep = option_value(r->run, "keep");
    hs_type_option option;
    if (keep == NULL) {
        hs_status status = hs_type_option_get(r->run->router, r->address->collection,
                                              r->address->type, "series_retention", &option);
        if (status != HS_OK) return report_status(status);
        keep = option.value;
        if (*keep == '\0')
            return report(EXIT_USAGE,
                          "'%s' has no option series_retention; set it, or give --keep, such as "
                          "raw=7d,minutes=30d",
                          r->address->type);
    }
    if (hs_retention_parse(hs_slice_of(keep), &r->kept) != HS_OK)
        return report(EXIT_USAGE, "%s", hs_last_error());
    return EXIT_OK;
}

int command_retain(invocation *run) {
    static const char *const columns[] = {"entity_type", "series", "points_given_up"};
    hs_address address;
    uint64_t before = 0, after = 0;
    int code = address_open_type(run, run->arguments[0], &address);
    if (code != EXIT_OK) return code;
    retain_run r = {.run = run, .address = &address, .now = time_now()};
    code = option_time(run, "now", &r.now);
    if (code == EXIT_OK) code = read_retention(&r);
    if (code != EXIT_OK) return code;
    hs_status status = count_points(&r, &before);
    if (status == HS_OK) status = retain_all(&r);
    if (status == HS_OK) status = count_points(&r, &after);
    if (status != HS_OK) return report_status(status);
    const cell row[] = {cell_name(address.type), cell_count(r.series), cell_count(before - after)};
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    output_row(run->out, row);
    return output_end(run->out, EXIT_OK);
}
