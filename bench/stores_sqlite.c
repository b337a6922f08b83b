/* stores_sqlite.c: the works of the stores on SQLite: edges with an index for either direction,
 * points WITHOUT ROWID, properties as columns or, in the variant, as entity-attribute-value. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "failure.h"
#include "stores_data.h"

/* Every statement that is used, prepared when it first is. */
typedef enum statement {
    BEGIN,
    COMMIT,
    PUT_VERTEX,
    PUT_EDGE,
    LIST_OUTGOING,
    LIST_INCOMING,
    ALL_EDGES,
    PUT_POINT,
    READ_POINTS,
    READ_HOURS,
    PUT_ROW,
    PUT_ENTITY,
    PUT_VALUE,
    GET_ROW,
    GET_VALUES,
    GET_VALUE,
    GET_COLUMN, /* and those behind it: one per column */
    PUT_POSITION = GET_COLUMN + PROPERTIES,
    READ_POSITIONS,
    PUT_VECTOR,
    ALL_VECTORS,
    STATEMENTS
} statement;

static const char *const texts[STATEMENTS] = {
    [BEGIN] = "BEGIN",
    [COMMIT] = "COMMIT",
    [PUT_VERTEX] = "INSERT INTO vertices VALUES (?1)",
    [PUT_EDGE] = "INSERT INTO edges VALUES (?1, 1, ?2, ?3)",
    [LIST_OUTGOING] = "SELECT target, weight FROM edges WHERE source = ?1",
    [LIST_INCOMING] = "SELECT source, weight FROM edges WHERE target = ?1",
    [ALL_EDGES] = "SELECT source, target, weight FROM edges",
    [PUT_POINT] = "INSERT OR REPLACE INTO points VALUES (?1, ?2, ?3)",
    [READ_POINTS] = "SELECT time, value FROM points WHERE series = ?1 AND time >= ?2 AND time < ?3 "
                    "ORDER BY time",
    [READ_HOURS] =
        "SELECT time / 3600000000 * 3600000000 AS hour, count(*), min(value), "
        "max(value), sum(value) FROM points WHERE series = ?1 GROUP BY hour ORDER BY hour",
    [PUT_ROW] = "INSERT INTO patients VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    [PUT_ENTITY] = "INSERT INTO entities VALUES (?1, ?2)",
    [PUT_VALUE] = "INSERT INTO properties VALUES (?1, ?2, ?3)",
    [GET_ROW] =
        "SELECT admitted, age, city, gender, height, insurance, smoker, visits, ward, weight "
        "FROM patients WHERE id = ?1",
    [GET_VALUES] = "SELECT value FROM properties WHERE entity = ?1 ORDER BY name",
    [GET_VALUE] = "SELECT value FROM properties WHERE entity = ?1 AND name = ?2",
    [GET_COLUMN + 0] = "SELECT admitted FROM patients WHERE id = ?1",
    [GET_COLUMN + 1] = "SELECT age FROM patients WHERE id = ?1",
    [GET_COLUMN + 2] = "SELECT city FROM patients WHERE id = ?1",
    [GET_COLUMN + 3] = "SELECT gender FROM patients WHERE id = ?1",
    [GET_COLUMN + 4] = "SELECT height FROM patients WHERE id = ?1",
    [GET_COLUMN + 5] = "SELECT insurance FROM patients WHERE id = ?1",
    [GET_COLUMN + 6] = "SELECT smoker FROM patients WHERE id = ?1",
    [GET_COLUMN + 7] = "SELECT visits FROM patients WHERE id = ?1",
    [GET_COLUMN + 8] = "SELECT ward FROM patients WHERE id = ?1",
    [GET_COLUMN + 9] = "SELECT weight FROM patients WHERE id = ?1",
    [PUT_POSITION] = "INSERT OR REPLACE INTO positions VALUES (?1, ?2, ?3)",
    [READ_POSITIONS] = "SELECT time, coordinates FROM positions WHERE entity = ?1 ORDER BY time",
    [PUT_VECTOR] = "INSERT INTO vectors VALUES (?1, ?2)",
    [ALL_VECTORS] = "SELECT id, vector FROM vectors ORDER BY id",
};

static const char set_up[] =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA cache_size = -262144;"
    "PRAGMA mmap_size = 2147418112;"
    "CREATE TABLE IF NOT EXISTS vertices (id INTEGER PRIMARY KEY);"
    "CREATE TABLE IF NOT EXISTS edges (source INTEGER NOT NULL, type INTEGER NOT NULL,"
    " target INTEGER NOT NULL, weight REAL NOT NULL, PRIMARY KEY (source, type, target))"
    " WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS edges_in ON edges (target, type, source, weight);"
    "CREATE TABLE IF NOT EXISTS points (series INTEGER NOT NULL, time INTEGER NOT NULL,"
    " value REAL NOT NULL, PRIMARY KEY (series, time)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS patients (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,"
    " admitted INTEGER, age INTEGER, city TEXT, gender TEXT, height INTEGER, insurance TEXT,"
    " smoker INTEGER, visits INTEGER, ward TEXT, weight REAL);"
    "CREATE TABLE IF NOT EXISTS entities (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE);"
    "CREATE TABLE IF NOT EXISTS properties (entity INTEGER NOT NULL, name TEXT NOT NULL, value,"
    " PRIMARY KEY (entity, name)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS positions (entity INTEGER NOT NULL, time INTEGER NOT NULL,"
    " coordinates BLOB NOT NULL, PRIMARY KEY (entity, time)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS vectors (id INTEGER PRIMARY KEY, vector BLOB NOT NULL);";

typedef struct sqlite_stores {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
    sqlite3_stmt *held; /* whose row was given back; to be reset */
} sqlite_stores;

static void must(sqlite3 *db, int code, const char *call) {
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW)
        fail("SQLite: %s: %s", call, db != NULL ? sqlite3_errmsg(db) : sqlite3_errstr(code));
}

/* Five vectors fit a page of 16 KiB, one would fit one of 4 KiB. A checkpoint at 64 MiB of log. */
static void *open_stores(const char *directory, content content) {
    sqlite_stores *s = must_allocate(sizeof *s);
    char path[4096];
    const char *pages = content == CONTENT_VECTORS
                            ? "PRAGMA page_size = 16384; PRAGMA wal_autocheckpoint = 4096"
                            : "PRAGMA page_size = 4096; PRAGMA wal_autocheckpoint = 16384";
    snprintf(path, sizeof path, "%s/stores.db", directory);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    must(s->db, sqlite3_open_v2(path, &s->db, flags, NULL), "sqlite3_open_v2");
    must(s->db, sqlite3_exec(s->db, pages, NULL, NULL, NULL), pages);
    must(s->db, sqlite3_exec(s->db, set_up, NULL, NULL, NULL), "creating the tables");
    return s;
}

static void close_stores(void *self) {
    sqlite_stores *s = self;
    for (unsigned i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(s->statements[i]);
    must(s->db, sqlite3_close(s->db), "sqlite3_close");
    free(s);
}

static sqlite3_stmt *prepared(sqlite_stores *s, unsigned number) {
    if (s->held != NULL) sqlite3_reset(s->held);
    s->held = NULL;
    if (s->statements[number] == NULL)
        must(s->db,
             sqlite3_prepare_v3(s->db, texts[number], -1, SQLITE_PREPARE_PERSISTENT,
                                &s->statements[number], NULL),
             texts[number]);
    return s->statements[number];
}

/* Steps to the next row; resets the statement at its end. */
static bool step(sqlite_stores *s, sqlite3_stmt *statement) {
    int code = sqlite3_step(statement);
    must(s->db, code, sqlite3_sql(statement));
    if (code == SQLITE_ROW) return true;
    sqlite3_reset(statement);
    return false;
}

static void run(sqlite_stores *s, unsigned number) {
    step(s, prepared(s, number));
}

static void begin_read(void *self) {
    run(self, BEGIN);
}

static void end_read(void *self) {
    run(self, COMMIT);
}

/* --- graph ------------------------------------------------------------------------------------ */

static void put_vertices(void *self, uint32_t first, uint32_t count) {
    sqlite_stores *s = self;
    run(s, BEGIN);
    sqlite3_stmt *put = prepared(s, PUT_VERTEX);
    for (uint32_t i = first; i < first + count; i++) {
        sqlite3_bind_int64(put, 1, i);
        step(s, put);
    }
    run(s, COMMIT);
}

static void put_edges(void *self, const graph_edge *edges, size_t count) {
    sqlite_stores *s = self;
    run(s, BEGIN);
    sqlite3_stmt *put = prepared(s, PUT_EDGE);
    for (size_t i = 0; i < count; i++) {
        sqlite3_bind_int64(put, 1, edges[i].source);
        sqlite3_bind_int64(put, 2, edges[i].target);
        sqlite3_bind_double(put, 3, (double)edges[i].weight);
        step(s, put);
    }
    run(s, COMMIT);
}

static void list_edges(void *self, uint32_t vertex, bool incoming, edge_sum *sum) {
    sqlite_stores *s = self;
    sqlite3_stmt *list = prepared(s, incoming ? LIST_INCOMING : LIST_OUTGOING);
    sqlite3_bind_int64(list, 1, vertex);
    while (step(s, list)) {
        uint64_t far = (uint64_t)sqlite3_column_int64(list, 0);
        edge_sum_add(sum, incoming ? far : vertex, incoming ? vertex : far,
                     (float)sqlite3_column_double(list, 1));
    }
}

static void all_edges(void *self, edge_sum *sum) {
    sqlite_stores *s = self;
    sqlite3_stmt *all = prepared(s, ALL_EDGES);
    while (step(s, all))
        edge_sum_add(sum, (uint64_t)sqlite3_column_int64(all, 0),
                     (uint64_t)sqlite3_column_int64(all, 1), (float)sqlite3_column_double(all, 2));
}

/* --- points ----------------------------------------------------------------------------------- */

static void put_points(void *self, const point_run *runs, size_t count) {
    sqlite_stores *s = self;
    run(s, BEGIN);
    sqlite3_stmt *put = prepared(s, PUT_POINT);
    for (size_t i = 0; i < count; i++)
        for (const hs_point *p = runs[i].points; p < runs[i].points + runs[i].count; p++) {
            sqlite3_bind_int64(put, 1, runs[i].series);
            sqlite3_bind_int64(put, 2, p->time);
            sqlite3_bind_double(put, 3, p->value);
            step(s, put);
        }
    run(s, COMMIT);
}

static size_t read_points(void *self, uint32_t series, hs_time from, hs_time to, hs_point *points,
                          size_t room) {
    sqlite_stores *s = self;
    sqlite3_stmt *read = prepared(s, READ_POINTS);
    sqlite3_bind_int64(read, 1, series);
    sqlite3_bind_int64(read, 2, from);
    sqlite3_bind_int64(read, 3, to);
    size_t count = 0;
    s->held = read;
    for (; count < room && step(s, read); count++)
        points[count] = (hs_point){sqlite3_column_int64(read, 0), sqlite3_column_double(read, 1)};
    return count;
}

static size_t read_hours(void *self, uint32_t series, point_hour *hours, size_t room) {
    sqlite_stores *s = self;
    sqlite3_stmt *read = prepared(s, READ_HOURS);
    sqlite3_bind_int64(read, 1, series);
    size_t count = 0;
    s->held = read;
    for (; count < room && step(s, read); count++)
        hours[count] =
            (point_hour){sqlite3_column_int64(read, 0), (uint64_t)sqlite3_column_int64(read, 1),
                         sqlite3_column_double(read, 2), sqlite3_column_double(read, 3),
                         sqlite3_column_double(read, 4)};
    return count;
}

/* --- properties ------------------------------------------------------------------------------- */

static void bind(sqlite3_stmt *statement, int place, const hs_value *value) {
    if (value->kind == HS_STRING)
        sqlite3_bind_text(statement, place, value->bytes.data, (int)value->bytes.size,
                          SQLITE_STATIC);
    else if (value->kind == HS_FLOAT64)
        sqlite3_bind_double(statement, place, value->float64);
    else
        sqlite3_bind_int64(statement, place,
                           value->kind == HS_BOOL ? value->boolean : value->int64);
}

static void column_value(sqlite3_stmt *statement, int place, hs_kind kind, hs_value *value) {
    value->kind = kind;
    if (kind == HS_STRING) {
        value->bytes.data = sqlite3_column_text(statement, place);
        value->bytes.size = (size_t)sqlite3_column_bytes(statement, place);
    } else if (kind == HS_FLOAT64) {
        value->float64 = sqlite3_column_double(statement, place);
    } else if (kind == HS_BOOL) {
        value->boolean = sqlite3_column_int64(statement, place) != 0;
    } else {
        value->int64 = sqlite3_column_int64(statement, place);
    }
}

static void bind_key(sqlite3_stmt *statement, uint32_t entity, const property_row *row) {
    sqlite3_bind_int64(statement, 1, entity);
    sqlite3_bind_text(statement, 2, row->key.data, (int)row->key.size, SQLITE_STATIC);
}

static void put_rows(void *self, uint32_t first, const property_row *rows, size_t count) {
    sqlite_stores *s = self;
    run(s, BEGIN);
    sqlite3_stmt *put = prepared(s, PUT_ROW);
    for (size_t i = 0; i < count; i++) {
        bind_key(put, first + (uint32_t)i, &rows[i]);
        for (unsigned j = 0; j < PROPERTIES; j++)
            bind(put, (int)j + 3, &rows[i].values[j]);
        step(s, put);
    }
    run(s, COMMIT);
}

/* A statement on one entity that yields a row, which stays until the next call. */
static sqlite3_stmt *row_of(sqlite_stores *s, unsigned number, uint32_t entity) {
    sqlite3_stmt *get = prepared(s, number);
    sqlite3_bind_int64(get, 1, entity);
    if (!step(s, get)) fail("SQLite does not find what was written");
    s->held = get;
    return get;
}

static void get_value(void *self, uint32_t entity, unsigned column, hs_value *value) {
    column_value(row_of(self, GET_COLUMN + column, entity), 0, property_schema[column].kind, value);
}

static void get_row(void *self, uint32_t entity, hs_value values[PROPERTIES]) {
    sqlite3_stmt *get = row_of(self, GET_ROW, entity);
    for (unsigned i = 0; i < PROPERTIES; i++)
        column_value(get, (int)i, property_schema[i].kind, &values[i]);
}

static void put_values(void *self, uint32_t first, const property_row *rows, size_t count) {
    sqlite_stores *s = self;
    run(s, BEGIN);
    sqlite3_stmt *entity = prepared(s, PUT_ENTITY), *put = prepared(s, PUT_VALUE);
    for (size_t i = 0; i < count; i++) {
        bind_key(entity, first + (uint32_t)i, &rows[i]);
        step(s, entity);
        for (unsigned j = 0; j < PROPERTIES; j++) {
            sqlite3_bind_int64(put, 1, first + (uint32_t)i);
            sqlite3_bind_text(put, 2, property_schema[j].name, -1, SQLITE_STATIC);
            bind(put, 3, &rows[i].values[j]);
            step(s, put);
        }
    }
    run(s, COMMIT);
}

static void get_value_named(void *self, uint32_t entity, unsigned column, hs_value *value) {
    sqlite_stores *s = self;
    sqlite3_stmt *get = prepared(s, GET_VALUE);
    sqlite3_bind_text(get, 2, property_schema[column].name, -1, SQLITE_STATIC);
    column_value(row_of(s, GET_VALUE, entity), 0, property_schema[column].kind, value);
}

static void get_values(void *self, uint32_t entity, hs_value values[PROPERTIES]) {
    static char texts_read[PROPERTIES][64]; /* since a text is gone with the next row */
    sqlite_stores *s = self;
    sqlite3_stmt *get = prepared(s, GET_VALUES);
    sqlite3_bind_int64(get, 1, entity);
    unsigned count = 0;
    s->held = get;
    for (; count < PROPERTIES && step(s, get); count++) {
        hs_value *value = &values[count];
        column_value(get, 0, property_schema[count].kind, value);
        if (value->kind != HS_STRING) continue;
        memcpy(texts_read[count], value->bytes.data, value->bytes.size);
        value->bytes.data = texts_read[count];
    }
    if (count != PROPERTIES) fail("SQLite has %u properties of %u", count, PROPERTIES);
}

/* --- trajectories ----------------------------------------------------------------------------- */

static void put_positions(void *self, uint32_t first, const hs_position *positions, size_t count) {
    sqlite_stores *s = self;
    run(s, BEGIN);
    sqlite3_stmt *put = prepared(s, PUT_POSITION);
    for (size_t i = 0; i < count; i++) {
        sqlite3_bind_int64(put, 1, first + (uint32_t)i);
        sqlite3_bind_int64(put, 2, positions[i].time);
        sqlite3_bind_blob(put, 3, positions[i].graph, COORDINATE_BYTES, SQLITE_STATIC);
        step(s, put);
    }
    run(s, COMMIT);
}

static size_t read_positions(void *self, uint32_t entity, hs_position *positions, size_t room) {
    sqlite_stores *s = self;
    sqlite3_stmt *read = prepared(s, READ_POSITIONS);
    sqlite3_bind_int64(read, 1, entity);
    size_t count = 0;
    s->held = read;
    for (; count < room && step(s, read); count++) {
        positions[count].time = sqlite3_column_int64(read, 0);
        memcpy(positions[count].graph, sqlite3_column_blob(read, 1), COORDINATE_BYTES);
    }
    return count;
}

/* --- vectors ---------------------------------------------------------------------------------- */

static void put_vectors(void *self, uint32_t first, const float *vectors, size_t count) {
    sqlite_stores *s = self;
    run(s, BEGIN);
    sqlite3_stmt *put = prepared(s, PUT_VECTOR);
    for (size_t i = 0; i < count; i++) {
        sqlite3_bind_int64(put, 1, first + (uint32_t)i);
        sqlite3_bind_blob(put, 2, vectors + i * VECTOR_DIMENSIONS, VECTOR_SIZE, SQLITE_STATIC);
        step(s, put);
    }
    run(s, COMMIT);
}

static double scan_vectors(void *self, const float *query) {
    sqlite_stores *s = self;
    sqlite3_stmt *all = prepared(s, ALL_VECTORS);
    double sum = 0;
    while (step(s, all))
        sum += (double)vector_dot(query, sqlite3_column_blob(all, 1));
    return sum;
}

static void nearest(void *self, const float *query, uint32_t entities[NEIGHBOURS]) {
    sqlite_stores *s = self;
    sqlite3_stmt *all = prepared(s, ALL_VECTORS);
    best_list best = {.count = 0};
    while (step(s, all))
        best_offer(&best, vector_dot(query, sqlite3_column_blob(all, 1)),
                   (uint32_t)sqlite3_column_int64(all, 0));
    memcpy(entities, best.ids, sizeof best.ids);
}

const stores stores_sqlite = {
    .settings = "edges WITHOUT ROWID and a covering index of the other direction, points WITHOUT "
                "ROWID (series, time), properties as columns",
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

/* What a table of any properties looks like in SQLite; all else is as above. */
const stores stores_sqlite_eav = {
    .settings = "properties in a table (entity, name) -> value WITHOUT ROWID",
    .open = open_stores,
    .close = close_stores,
    .begin_read = begin_read,
    .end_read = end_read,
    .put_rows = put_values,
    .get_value = get_value_named,
    .get_row = get_values,
};
