/* stores_data.c: edges, points and properties of the works of the stores. */
#include "stores_data.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data.h"

#define FIRST_TIME INT64_C(1764115200000000) /* 2025-11-26 */
#define INTERVAL   INT64_C(10000000)         /* ten seconds */

/* Random bits that belong to two numbers. */
static uint64_t bits_of(uint64_t a, uint64_t b) {
    uint64_t state = a * UINT64_C(0xD1342543DE82EF95) + b;
    random_next(&state);
    return random_next(&state);
}

/* --- graph ------------------------------------------------------------------------------------ */

void edge_make(uint64_t index, uint32_t vertices, graph_edge *edge) {
    uint64_t round = index / vertices, place = index % vertices;
    uint64_t source = (bits_of(round, vertices) + place * 7919) % vertices; /* 7919 is a prime */
    /* Each round has distances of its own, so that a vertex never gets the same target twice. */
    uint64_t width = vertices / EDGES_A_VERTEX, bits = bits_of(source, round);
    edge->source = (uint32_t)source;
    edge->target = (uint32_t)((source + 1 + round * width + bits % width) % vertices);
    edge->weight = (float)(bits >> 40 & 63) / 8;
}

/* --- points ----------------------------------------------------------------------------------- */

void points_make(point_kind kind, uint32_t series, hs_point *points, size_t count) {
    int64_t level = 700 + series;
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = bits_of(series, i);
        if (bits & 1) level += (int64_t)(bits >> 8 & 7) - (level > 700 ? 4 : 3);
        points[i].time = FIRST_TIME + (hs_time)i * INTERVAL;
        points[i].value = kind == POINTS_GAUGE     ? (double)level
                          : kind == POINTS_DECIMAL ? (double)level / 10
                                                   : (double)(bits >> 11) * 0x1p-53;
    }
}

/* --- trajectories ----------------------------------------------------------------------------- */

void position_next(uint32_t entity, uint64_t *state, hs_position *position) {
    float *const spaces[] = {position->graph, position->embedding, position->property};
    bool first = *state == 0;
    if (first) *state = bits_of(entity, 3);
    position->time = first ? FIRST_TIME : position->time + INTERVAL;
    for (unsigned s = 0; s < 3; s++) {
        double squares = 1;
        for (unsigned i = 1; i < HS_POSITION_DIMENSION; i++) {
            float by = (float)(int32_t)random_next(state) * 0x1p-31f;
            spaces[s][i] += first ? by : by * 0.003f;
            squares += (double)spaces[s][i] * (double)spaces[s][i];
        }
        spaces[s][0] = (float)sqrt(squares); /* on the hyperboloid */
    }
}

/* --- properties ------------------------------------------------------------------------------- */

const property_column property_schema[PROPERTIES] = {
    {"admitted", HS_TIMESTAMP}, {"age", HS_INT64},    {"city", HS_STRING},
    {"gender", HS_STRING},      {"height", HS_INT64}, {"insurance", HS_STRING},
    {"smoker", HS_BOOL},        {"visits", HS_INT64}, {"ward", HS_STRING},
    {"weight", HS_FLOAT64},
};

static hs_value number(int64_t value) {
    return (hs_value){.kind = HS_INT64, .int64 = value};
}

static hs_value string(const char *text) {
    return (hs_value){.kind = HS_STRING, .bytes = hs_slice_of(text)};
}

void row_make(uint32_t index, property_row *row, char text[ROW_TEXT_SIZE]) {
    static const char *const cities[] = {"Berlin", "Boston", "Kyoto", "Lagos",
                                         "Lima",   "Madrid", "Perth", "Toronto"};
    static const char *const insurances[] = {"Medicaid", "Medicare", "Other", "Private"};
    uint64_t bits = bits_of(index, 17);
    int ward = (int)(bits >> 4 & 255);
    snprintf(text, 16, "%08u", (unsigned)index);
    snprintf(text + 16, 16, "%c%d", 'A' + ward % 6, ward / 6);
    row->key = hs_slice_of(text);
    row->values[0] =
        (hs_value){.kind = HS_TIMESTAMP,
                   .timestamp = FIRST_TIME - (hs_time)(bits >> 30) % 100000000 * INT64_C(1000000)};
    row->values[1] = number((int64_t)(bits >> 12 & 63) + 18);
    row->values[2] = string(cities[bits >> 18 & 7]);
    row->values[3] = string(bits & 1 ? "F" : "M");
    row->values[4] = number((int64_t)(bits >> 21 & 63) + 140);
    row->values[5] = string(insurances[bits >> 27 & 3]);
    row->values[6] = (hs_value){.kind = HS_BOOL, .boolean = bits >> 29 & 1};
    row->values[7] = number((int64_t)(bits >> 33 & 15));
    row->values[8] = string(text + 16);
    row->values[9] =
        (hs_value){.kind = HS_FLOAT64, .float64 = (double)(450 + (bits >> 40 & 511)) / 10};
}

size_t row_csv_size(const property_row *row) {
    size_t size =
        row->key.size + PROPERTIES + 1; /* with a comma before each value, and a newline */
    for (unsigned i = 0; i < PROPERTIES; i++) {
        const hs_value *value = &row->values[i];
        char text[64] = "";
        if (value->kind == HS_STRING)
            size += value->bytes.size;
        else if (value->kind == HS_BOOL)
            size += value->boolean ? 4 : 5;
        else if (value->kind == HS_INT64)
            size += (size_t)snprintf(text, sizeof text, "%lld", (long long)value->int64);
        else if (value->kind == HS_FLOAT64)
            size += (size_t)snprintf(text, sizeof text, "%.1f", value->float64);
        else {
            hs_time_format(value->timestamp, text);
            size += strlen(text);
        }
    }
    return size;
}

uint64_t value_digest(const hs_value *value) {
    uint64_t bits = 0;
    switch (value->kind) {
    case HS_STRING:
        memcpy(&bits, value->bytes.data, value->bytes.size < 8 ? value->bytes.size : 8);
        return bits * 31 + value->bytes.size;
    case HS_FLOAT64:
        memcpy(&bits, &value->float64, sizeof bits);
        return bits * 7;
    case HS_BOOL:
        return value->boolean ? 3 : 2;
    default:
        return (uint64_t)value->int64 * 5;
    }
}

/* --- the best --------------------------------------------------------------------------------- */

void best_offer(best_list *list, float score, uint32_t id) {
    size_t at = list->count;
    if (at == NEIGHBOURS && !(score > list->scores[at - 1])) return;
    if (at == NEIGHBOURS)
        at--;
    else
        list->count++;
    for (; at > 0 && (score > list->scores[at - 1] ||
                      (score == list->scores[at - 1] && id < list->ids[at - 1]));
         at--) {
        list->scores[at] = list->scores[at - 1];
        list->ids[at] = list->ids[at - 1];
    }
    list->scores[at] = score;
    list->ids[at] = id;
}
