/* stores_lmdb.c: the works of the stores on LMDB in the layout that suggests itself: one key per
 * edge and direction, point, property and vector; numbers in keys are big-endian. */
#include <lmdb.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "failure.h"
#include "stores_data.h"

#define MAP_SIZE (UINT64_C(256) << 30) /* address space only */

/* The named databases. */
enum {
    DB_VERTICES,   /* vertex(8)                   -> nothing */
    DB_OUTGOING,   /* source(8) type(2) target(8) -> weight */
    DB_INCOMING,   /* target(8) type(2) source(8) -> weight */
    DB_POINTS,     /* series(4) time(8)           -> value */
    DB_KEYS,       /* external key                -> entity(8) */
    DB_PROPERTIES, /* entity(8) name              -> kind(1) and the value's bytes */
    DB_POSITIONS,  /* entity(4) time(8)           -> 3 × 17 floats */
    DB_VECTORS,    /* entity(8)                   -> floats */
    DB_COUNT
};

#define EDGE_TYPE 1u

typedef struct lmdb_stores {
    MDB_env *env;
    MDB_dbi dbs[DB_COUNT];
    MDB_txn *txn;
    MDB_cursor *cursors[DB_COUNT]; /* of the snapshot; renewed with it */
} lmdb_stores;

static void must(int code, const char *call) {
    if (code != MDB_SUCCESS) fail("LMDB: %s: %s", call, mdb_strerror(code));
}

static size_t append(uint8_t *key, size_t size, uint64_t value, unsigned bytes) {
    for (unsigned i = bytes; i-- > 0;)
        key[size++] = (uint8_t)(value >> (8 * i));
    return size;
}

static uint64_t number_at(const MDB_val *key, size_t at, unsigned bytes) {
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value = value << 8 | ((const uint8_t *)key->mv_data)[at + i];
    return value;
}

static void begin(lmdb_stores *s, unsigned flags) {
    must(mdb_txn_begin(s->env, NULL, flags, &s->txn), "mdb_txn_begin");
}

static void commit(lmdb_stores *s) {
    must(mdb_txn_commit(s->txn), "mdb_txn_commit");
}

static void *open_stores(const char *directory, content content) {
    (void)content;
    static const char *const names[DB_COUNT] = {"vertices", "outgoing",   "incoming",  "points",
                                                "keys",     "properties", "positions", "vectors"};
    lmdb_stores *s = must_allocate(sizeof *s);
    must(mdb_env_create(&s->env), "mdb_env_create");
    must(mdb_env_set_mapsize(s->env, MAP_SIZE), "mdb_env_set_mapsize");
    must(mdb_env_set_maxdbs(s->env, DB_COUNT), "mdb_env_set_maxdbs");
    must(mdb_env_open(s->env, directory, 0, 0600), "mdb_env_open");
    begin(s, 0);
    for (unsigned i = 0; i < DB_COUNT; i++)
        must(mdb_dbi_open(s->txn, names[i], MDB_CREATE, &s->dbs[i]), "mdb_dbi_open");
    commit(s);
    return s;
}

static void close_stores(void *self) {
    lmdb_stores *s = self;
    mdb_env_close(s->env);
    free(s);
}

static void begin_read(void *self) {
    lmdb_stores *s = self;
    begin(s, MDB_RDONLY);
    for (unsigned i = 0; i < DB_COUNT; i++)
        must(mdb_cursor_open(s->txn, s->dbs[i], &s->cursors[i]), "mdb_cursor_open");
}

static void end_read(void *self) {
    lmdb_stores *s = self;
    for (unsigned i = 0; i < DB_COUNT; i++)
        mdb_cursor_close(s->cursors[i]);
    mdb_txn_abort(s->txn);
}

static void put(lmdb_stores *s, unsigned db, const void *key, size_t key_size, const void *value,
                size_t value_size, unsigned flags) {
    MDB_val k = {key_size, (void *)(uintptr_t)key}, v = {value_size, (void *)(uintptr_t)value};
    must(mdb_put(s->txn, s->dbs[db], &k, &v, flags), "mdb_put");
}

/* A cursor's step: false at the end. */
static bool step(lmdb_stores *s, unsigned db, MDB_val *key, MDB_val *value,
                 MDB_cursor_op operation) {
    int code = mdb_cursor_get(s->cursors[db], key, value, operation);
    if (code == MDB_NOTFOUND) return false;
    must(code, "mdb_cursor_get");
    return true;
}

/* --- graph ------------------------------------------------------------------------------------ */

static void put_vertices(void *self, uint32_t first, uint32_t count) {
    lmdb_stores *s = self;
    uint8_t key[8];
    begin(s, 0);
    for (uint32_t i = first; i < first + count; i++) {
        append(key, 0, i, 8);
        put(s, DB_VERTICES, key, sizeof key, NULL, 0, MDB_APPEND);
    }
    commit(s);
}

static size_t edge_key(uint8_t key[18], uint64_t near, uint64_t far) {
    size_t size = append(key, 0, near, 8);
    size = append(key, size, EDGE_TYPE, 2);
    return append(key, size, far, 8);
}

static void put_edges(void *self, const graph_edge *edges, size_t count) {
    lmdb_stores *s = self;
    uint8_t key[18];
    begin(s, 0);
    for (const graph_edge *e = edges; e < edges + count; e++) {
        put(s, DB_OUTGOING, key, edge_key(key, e->source, e->target), &e->weight, 4, 0);
        put(s, DB_INCOMING, key, edge_key(key, e->target, e->source), &e->weight, 4, 0);
    }
    commit(s);
}

static float weight_of(const MDB_val *value) {
    float weight;
    memcpy(&weight, value->mv_data, sizeof weight);
    return weight;
}

static void list_edges(void *self, uint32_t vertex, bool incoming, edge_sum *sum) {
    lmdb_stores *s = self;
    unsigned db = incoming ? DB_INCOMING : DB_OUTGOING;
    uint8_t start[8];
    append(start, 0, vertex, 8);
    MDB_val key = {sizeof start, start}, value;
    bool more = step(s, db, &key, &value, MDB_SET_RANGE);
    for (; more && number_at(&key, 0, 8) == vertex; more = step(s, db, &key, &value, MDB_NEXT)) {
        uint64_t far = number_at(&key, 10, 8);
        edge_sum_add(sum, incoming ? far : vertex, incoming ? vertex : far, weight_of(&value));
    }
}

static void all_edges(void *self, edge_sum *sum) {
    lmdb_stores *s = self;
    MDB_val key, value;
    bool more = step(s, DB_OUTGOING, &key, &value, MDB_FIRST);
    for (; more; more = step(s, DB_OUTGOING, &key, &value, MDB_NEXT))
        edge_sum_add(sum, number_at(&key, 0, 8), number_at(&key, 10, 8), weight_of(&value));
}

/* --- points ----------------------------------------------------------------------------------- */

static size_t point_key(uint8_t key[12], uint32_t series, hs_time time) {
    append(key, 0, series, 4);
    return append(key, 4, (uint64_t)time ^ UINT64_C(1) << 63, 8);
}

static hs_time time_of(const MDB_val *key) {
    return (hs_time)(number_at(key, 4, 8) ^ UINT64_C(1) << 63);
}

static double double_of(const MDB_val *value) {
    double number;
    memcpy(&number, value->mv_data, sizeof number);
    return number;
}

static void put_points(void *self, const point_run *runs, size_t count) {
    lmdb_stores *s = self;
    uint8_t key[12];
    begin(s, 0);
    for (size_t i = 0; i < count; i++)
        for (const hs_point *p = runs[i].points; p < runs[i].points + runs[i].count; p++)
            put(s, DB_POINTS, key, point_key(key, runs[i].series, p->time), &p->value, 8, 0);
    commit(s);
}

static bool seek_point(lmdb_stores *s, uint32_t series, hs_time from, MDB_val *key,
                       MDB_val *value) {
    uint8_t start[12];
    *key = (MDB_val){point_key(start, series, from), start};
    return step(s, DB_POINTS, key, value, MDB_SET_RANGE);
}

static size_t read_points(void *self, uint32_t series, hs_time from, hs_time to, hs_point *points,
                          size_t room) {
    lmdb_stores *s = self;
    size_t count = 0;
    MDB_val key, value;
    bool more = seek_point(s, series, from, &key, &value);
    for (; more && count < room; more = step(s, DB_POINTS, &key, &value, MDB_NEXT)) {
        hs_time time = time_of(&key);
        if (number_at(&key, 0, 4) != series || time >= to) break;
        points[count++] = (hs_point){time, double_of(&value)};
    }
    return count;
}

static size_t read_hours(void *self, uint32_t series, point_hour *hours, size_t room) {
    lmdb_stores *s = self;
    size_t count = 0;
    MDB_val key, value;
    bool more = seek_point(s, series, HS_TIME_MIN, &key, &value);
    for (; more && number_at(&key, 0, 4) == series;
         more = step(s, DB_POINTS, &key, &value, MDB_NEXT)) {
        hs_time start = time_of(&key) / HOUR * HOUR;
        double number = double_of(&value);
        if (count == 0 || hours[count - 1].start != start) {
            if (count == room) break;
            hours[count++] = (point_hour){start, 0, number, number, 0};
        }
        point_hour *hour = &hours[count - 1];
        hour->count++;
        hour->sum += number;
        if (number < hour->min) hour->min = number;
        if (number > hour->max) hour->max = number;
    }
    return count;
}

/* --- properties ------------------------------------------------------------------------------- */

static size_t property_key(uint8_t key[32], uint32_t entity, unsigned column) {
    size_t length = strlen(property_schema[column].name);
    append(key, 0, entity, 8);
    memcpy(key + 8, property_schema[column].name, length);
    return 8 + length;
}

/* Writes kind and value to `bytes`; returns how many. */
static size_t encode(const hs_value *value, uint8_t bytes[64]) {
    bytes[0] = (uint8_t)value->kind;
    if (value->kind == HS_STRING) {
        memcpy(bytes + 1, value->bytes.data, value->bytes.size);
        return 1 + value->bytes.size;
    }
    if (value->kind == HS_BOOL) {
        bytes[1] = value->boolean;
        return 2;
    }
    memcpy(bytes + 1, &value->int64, 8); /* the others have 8 bytes as well */
    return 9;
}

static void decode(const MDB_val *stored, hs_value *value) {
    const uint8_t *bytes = stored->mv_data;
    value->kind = (hs_kind)bytes[0];
    if (value->kind == HS_STRING)
        value->bytes = (hs_slice){bytes + 1, stored->mv_size - 1};
    else if (value->kind == HS_BOOL)
        value->boolean = bytes[1];
    else
        memcpy(&value->int64, bytes + 1, 8);
}

static void put_rows(void *self, uint32_t first, const property_row *rows, size_t count) {
    lmdb_stores *s = self;
    uint8_t entity[8], key[32], bytes[64];
    begin(s, 0);
    for (size_t i = 0; i < count; i++) {
        append(entity, 0, first + i, 8);
        put(s, DB_KEYS, rows[i].key.data, rows[i].key.size, entity, sizeof entity, MDB_NOOVERWRITE);
        for (unsigned j = 0; j < PROPERTIES; j++)
            put(s, DB_PROPERTIES, key, property_key(key, first + (uint32_t)i, j), bytes,
                encode(&rows[i].values[j], bytes), 0);
    }
    commit(s);
}

static void get_value(void *self, uint32_t entity, unsigned column, hs_value *value) {
    lmdb_stores *s = self;
    uint8_t bytes[32];
    MDB_val key = {property_key(bytes, entity, column), bytes}, stored;
    must(mdb_get(s->txn, s->dbs[DB_PROPERTIES], &key, &stored), "mdb_get");
    decode(&stored, value);
}

static void get_row(void *self, uint32_t entity, hs_value values[PROPERTIES]) {
    lmdb_stores *s = self;
    uint8_t start[8];
    append(start, 0, entity, 8);
    MDB_val key = {sizeof start, start}, stored;
    unsigned count = 0;
    bool more = step(s, DB_PROPERTIES, &key, &stored, MDB_SET_RANGE);
    for (; more && count < PROPERTIES && number_at(&key, 0, 8) == entity;
         more = step(s, DB_PROPERTIES, &key, &stored, MDB_NEXT))
        decode(&stored, &values[count++]);
    if (count != PROPERTIES) fail("LMDB has %u properties of %u", count, PROPERTIES);
}

/* --- trajectories ----------------------------------------------------------------------------- */

static void put_positions(void *self, uint32_t first, const hs_position *positions, size_t count) {
    lmdb_stores *s = self;
    uint8_t key[12];
    begin(s, 0);
    for (size_t i = 0; i < count; i++)
        put(s, DB_POSITIONS, key, point_key(key, first + (uint32_t)i, positions[i].time),
            positions[i].graph, COORDINATE_BYTES, 0);
    commit(s);
}

static size_t read_positions(void *self, uint32_t entity, hs_position *positions, size_t room) {
    lmdb_stores *s = self;
    size_t count = 0;
    uint8_t start[12];
    MDB_val key = {point_key(start, entity, HS_TIME_MIN), start}, value;
    bool more = step(s, DB_POSITIONS, &key, &value, MDB_SET_RANGE);
    for (; more && count < room && number_at(&key, 0, 4) == entity;
         more = step(s, DB_POSITIONS, &key, &value, MDB_NEXT)) {
        positions[count].time = time_of(&key);
        memcpy(positions[count++].graph, value.mv_data, COORDINATE_BYTES);
    }
    return count;
}

/* --- vectors ---------------------------------------------------------------------------------- */

static void put_vectors(void *self, uint32_t first, const float *vectors, size_t count) {
    lmdb_stores *s = self;
    uint8_t key[8];
    begin(s, 0);
    for (size_t i = 0; i < count; i++) {
        append(key, 0, first + i, 8);
        put(s, DB_VECTORS, key, sizeof key, vectors + i * VECTOR_DIMENSIONS, VECTOR_SIZE,
            MDB_APPEND);
    }
    commit(s);
}

static double scan_vectors(void *self, const float *query) {
    lmdb_stores *s = self;
    MDB_val key, value;
    double sum = 0;
    bool more = step(s, DB_VECTORS, &key, &value, MDB_FIRST);
    for (; more; more = step(s, DB_VECTORS, &key, &value, MDB_NEXT))
        sum += (double)vector_dot(query, value.mv_data);
    return sum;
}

static void nearest(void *self, const float *query, uint32_t entities[NEIGHBOURS]) {
    lmdb_stores *s = self;
    best_list best = {.count = 0};
    MDB_val key, value;
    bool more = step(s, DB_VECTORS, &key, &value, MDB_FIRST);
    for (; more; more = step(s, DB_VECTORS, &key, &value, MDB_NEXT))
        best_offer(&best, vector_dot(query, value.mv_data), (uint32_t)number_at(&key, 0, 8));
    memcpy(entities, best.ids, sizeof best.ids);
}

const stores stores_lmdb = {
    .settings = "a key per edge and direction, point, property and vector; ids of 8 bytes; one "
                "read transaction",
    .open = open_stores,
    .close = close_stores,
    .begin_read = begin_read,
    .end_read = end_read,
    .put_vertices = put_vertices,
    .put_edges = put_edges,
    .list_edges = list_edges,
    .all_edges = all_edges,
    .put_points = put_points,
    .read_points = read_points,
    .read_hours = read_hours,
    .put_rows = put_rows,
    .get_value = get_value,
    .get_row = get_row,
    .put_positions = put_positions,
    .read_positions = read_positions,
    .put_vectors = put_vectors,
    .scan_vectors = scan_vectors,
    .nearest = nearest,
};
