/* command_rank.c: rank: one ranking of several searches. */
#include <stdlib.h>
#include <string.h>

#include "search_run.h"

#define PARTS_MAX HS_RANKINGS_MAX

/* What each entity is ranked by. */
typedef struct parts {
    search_query *queries;    /* [count] */
    hs_ranking *rankings;     /* [count] */
    hs_neighbour *neighbours; /* [count × depth] */
    size_t count, depth;
} parts;

/* "WHAT[:WEIGHT]=QUERY": cut at its marks. */
static int split(char *word, const char **what, double *weight, const char **text) {
    char *equals = strchr(word, '='), *end;
    if (equals == NULL || equals == word)
        return report(EXIT_USAGE, "rank takes WHAT=QUERY, as in text=KEY, not \"%s\"", word);
    *equals = '\0';
    char *colon = strchr(word, ':');
    *what = word;
    *text = equals + 1;
    *weight = 1;
    if (colon == NULL) return EXIT_OK;
    *colon = '\0';
    *weight = strtod(colon + 1, &end);
    if (end != colon + 1 && *end == '\0' && *weight > 0) return EXIT_OK;
    return report(EXIT_USAGE, "the weight of %s is no number above 0: \"%s\"", word, colon + 1);
}

static int search_part(invocation *run, const hs_address *searched, char *word, parts *parts) {
    const char *what = NULL, *text = NULL;
    char index[HS_NAME_MAX + 1];
    hs_search_plan plan;
    double weight = 1;
    size_t at = parts->count;
    int code = split(word, &what, &weight, &text);
    if (code != EXIT_OK) return code;
    search_query *query = &parts->queries[parts->count++];
    code = search_query_part(run, searched, what, text, query);
    if (code != EXIT_OK) return code;
    hs_neighbour *neighbours = parts->neighbours + at * parts->depth;
    query->options.k = parts->depth;
    hs_status status = search_run(run, query, neighbours, &parts->rankings[at].count, index, &plan);
    parts->rankings[at].results = neighbours;
    parts->rankings[at].weight = weight;
    return status == HS_OK ? EXIT_OK : report_status(status);
}

static int print_ranked(invocation *run, const char *type, const hs_scored *ranked, size_t count) {
    static const char *const columns[] = {"key", "id", "score"};
    int code = EXIT_OK;
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    for (size_t i = 0; i < count && code == EXIT_OK; i++) {
        hs_entity entity;
        hs_status status = hs_entity_get(run->snapshot, type, &ranked[i].id, &entity);
        if (status != HS_OK) {
            code = report_status(status);
            break;
        }
        const cell row[] = {cell_key(entity.key), cell_id(&entity.id),
                            cell_float64(ranked[i].score)};
        code = output_row(run->out, row);
    }
    return output_end(run->out, code);
}

static int fuse_and_print(invocation *run, const char *type, const parts *parts, size_t k,
                          hs_fusion fusion) {
    size_t found;
    hs_scored *ranked = allocate(k, sizeof *ranked);
    hs_status status = hs_fuse(parts->rankings, parts->count, fusion, k, ranked, &found);
    int code = status == HS_OK ? print_ranked(run, type, ranked, found) : report_status(status);
    free(ranked);
    return code;
}

static int rank(invocation *run, parts *parts, size_t k, hs_fusion fusion) {
    hs_address searched;
    int code = address_open_type(run, run->arguments[0], &searched);
    for (int i = 1; i < run->argument_count && code == EXIT_OK; i++)
        code = search_part(run, &searched, run->arguments[i], parts);
    return code == EXIT_OK ? fuse_and_print(run, searched.type, parts, k, fusion) : code;
}

int command_rank(invocation *run) {
    static const char *const fusions[] = {"ranks", "scores"};
    uint64_t k = 10, depth = 100;
    size_t fusion = HS_FUSE_RANKS, count = (size_t)run->argument_count - 1;
    int code = option_choice(run, "fuse", fusions, sizeof fusions / sizeof *fusions, &fusion);
    if (code == EXIT_OK) code = option_count(run, "count", 1, HS_NEIGHBOURS_MAX, &k);
    if (code == EXIT_OK) code = option_count(run, "depth", 1, HS_NEIGHBOURS_MAX, &depth);
    if (code == EXIT_OK && count > PARTS_MAX)
        code = report(EXIT_USAGE, "rank takes at most %d rankings", PARTS_MAX);
    if (code != EXIT_OK) return code;
    parts parts = {.queries = allocate(count, sizeof *parts.queries),
                   .rankings = allocate(count, sizeof *parts.rankings),
                   .neighbours = allocate(count * (size_t)depth, sizeof *parts.neighbours),
                   .depth = (size_t)depth};
    code = rank(run, &parts, (size_t)k, (hs_fusion)fusion);
    for (size_t i = 0; i < parts.count; i++)
        search_query_free(&parts.queries[i]);
    free(parts.queries);
    free(parts.rankings);
    free(parts.neighbours);
    return code;
}
