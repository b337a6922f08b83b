/* model_test.c: random batches on entities, edges, properties, measures, series, trajectories and
 * vectors with indexes of neighbours over them and over positions, compared with a model in memory;
 * indexes of properties come and go meanwhile.
 *
 * The model is an array of entities with arrays of properties. Each operation is first carried out
 * on a copy of it, which tells what the commit must answer; then everything that can be read is
 * compared.
 */
#include <stdio.h>
#include <stdlib.h>

#include "storage/fixture.h"
#include "storage/indexes/index_build.h"
#include "storage/neighbours/neighbours.h"
#include "storage/vectors/vectors.h"

#define TYPES   2
#define KEYS    12 /* entities a type that may exist */
#define NAMES   6  /* properties that they may have */
#define TIMES   40 /* of measures and trajectories */
#define ROUNDS  600
#define OPS_MAX 14
#define KINDS   5   /* of vectors */
#define POINTS  300 /* that the series may have, ten minutes apart */
#define MINUTES INT64_C(60000000)

static const char *const type_names[TYPES] = {"patients", "stays"};
static const char *const labels[NAMES] = {"age", "b", "Name", "zeta", "é", "long text"};

static const char *const kind_names[KINDS] = {"dense", "half", "bits", "pairs", "rows"};
static const hs_vector_options kind_options[KINDS] = {
    {.form = HS_DENSE, .dimension = 3},
    {.form = HS_DENSE, .element = HS_ELEMENT_FLOAT16, .dimension = 3},
    {.form = HS_BINARY, .dimension = 8},
    {.form = HS_SPARSE},
    {.form = HS_MULTI, .dimension = 1},
};

typedef struct model_property {
    bool exists;
    hs_value value;
    hs_time updated_at, valid_from;
} model_property;

typedef struct model_entity {
    bool exists;
    bool changed;      /* by the batch, whatever its properties end as */
    uint64_t revision; /* before the batch; 0: created by it */
    hs_time created_at, updated_at;
    model_property properties[NAMES];
    double levels[TIMES];   /* of the measure, at each time; 0: none */
    double points[POINTS];  /* of the series; 0: none */
    bool placed[TIMES];     /* the trajectory has a position then */
    uint8_t vectors[KINDS]; /* numbers of vector_numbered; 0: none */
} model_entity;

typedef struct model {
    model_entity entities[TYPES][KEYS];
    uint8_t edges[TYPES][KEYS][TYPES][KEYS]; /* from, to: the weight; 0: none */
    bool changed;                            /* by the batch, beside properties */
} model;

typedef struct run {
    fixture *f;
    test_random random;
    model *model, *next; /* as committed; as the batch makes it */
    bool indexed[TYPES][NAMES], unique[TYPES][NAMES];
    hs_time now;
    double level; /* counts up: what is set is less than all before, what is added outweighs it */
    hs_uuid ids[TYPES][KEYS]; /* of the entities; the first half have keys that give them */
    hs_batch *batch;
} run;

/* --- values ----------------------------------------------------------------------------------- */

static char pool[5000];

static hs_value random_value(test_random *random) {
    uint64_t n = test_random_below(random, 3);
    static const hs_value items[] = {{.kind = HS_INT64, .int64 = 7}, {.kind = HS_NULL}};
    switch (test_random_below(random, 11)) {
    case 0:
        return null_value();
    case 1:
        return boolean(n == 1);
    case 2:
        return int64((int64_t)n - 1);
    case 3:
        return float64((double)n / 10);
    case 4:
        return bytes(pool, 10 * n);
    case 5:
        return timestamp((hs_time)n * 1500000);
    case 6:
        return (hs_value){.kind = HS_UUID, .uuid = some_uuid(n)};
    case 7:
        return (hs_value){.kind = HS_STRING, .bytes = {pool, 1500 + n}};
    case 8:
        return (hs_value){.kind = HS_LIST, .list = {items, n % 3}};
    case 9:
        return (hs_value){.kind = HS_JSON, .bytes = text(n == 0 ? "[ ]" : "{}")};
    default:
        return (hs_value){.kind = HS_STRING, .bytes = {pool, n}};
    }
}

/* --- operations ------------------------------------------------------------------------------- */

static hs_slice key_of(int type, int index, char text_room[16]) {
    snprintf(text_room, 16, "%d-%d", type, index);
    return index % 4 == 3 ? text("") : text(text_room); /* every fourth has none */
}

static hs_status create(run *r, int type, int index, bool upsert) {
    char room[16];
    model_entity *e = &r->next->entities[type][index];
    hs_uuid id = r->ids[type][index];
    hs_slice key = key_of(type, index, room);
    if (upsert)
        assert_ok(hs_entity_upsert(r->batch, type_names[type], key, &id));
    else
        assert_ok(hs_entity_create(r->batch, type_names[type], key, &id));
    assert_uuid(&id, &r->ids[type][index]);
    if (e->exists) return upsert ? HS_OK : HS_EXISTS;
    *e = (model_entity){.exists = true, .changed = true, .created_at = r->now};
    r->next->changed = true;
    return HS_OK;
}

static hs_status delete (run *r, int type, int index) {
    model_entity *e = &r->next->entities[type][index];
    assert_ok(hs_entity_delete(r->batch, type_names[type], &r->ids[type][index]));
    if (!e->exists) return HS_NOT_FOUND;
    *e = (model_entity){0};
    memset(r->next->edges[type][index], 0, sizeof r->next->edges[type][index]);
    for (int other = 0; other < TYPES * KEYS; other++)
        r->next->edges[other / KEYS][other % KEYS][type][index] = 0;
    r->next->changed = true;
    return HS_OK;
}

static hs_status update(run *r, int type, int index) {
    model_entity *e = &r->next->entities[type][index];
    uint64_t revision = e->revision + (test_random_below(&r->random, 8) == 0);
    assert_ok(hs_entity_update(r->batch, type_names[type], &r->ids[type][index], revision));
    if (!e->exists) return HS_NOT_FOUND;
    if (revision != e->revision) return HS_CONFLICT;
    e->changed = r->next->changed = true;
    return HS_OK;
}

/* A property as it was before the batch, if its entity was there. */
static const model_property *stored(const run *r, int type, int index, int name) {
    static const model_property none;
    bool created = r->next->entities[type][index].revision == 0;
    return created ? &none : r->model->entities[type][index].properties + name;
}

static hs_status set(run *r, int type, int index, int name) {
    model_entity *e = &r->next->entities[type][index];
    model_property *p = e->properties + name;
    hs_value value = random_value(&r->random);
    hs_time from = test_random_below(&r->random, 3) == 0 ? (hs_time)test_random_below(&r->random, 2)
                                                         : HS_TIME_NOW;
    assert_ok(hs_property_set(r->batch, type_names[type], &r->ids[type][index], text(labels[name]),
                              &value, from));
    if (!e->exists) return HS_NOT_FOUND;
    bool same = p->exists && hs_value_equal(&p->value, &value);
    if (same && (from == HS_TIME_NOW || from == p->valid_from)) return HS_OK;
    const model_property *before = stored(r, type, index, name);
    bool again = before->exists && hs_value_equal(&before->value, &value);
    if (!same) *p = again ? *before : (model_property){true, value, r->now, r->now};
    if (from != HS_TIME_NOW) p->valid_from = from;
    return HS_OK;
}

static hs_status unset(run *r, int type, int index, int name) {
    model_entity *e = &r->next->entities[type][index];
    assert_ok(
        hs_property_delete(r->batch, type_names[type], &r->ids[type][index], text(labels[name])));
    if (!e->exists || !e->properties[name].exists) return HS_NOT_FOUND;
    e->properties[name] = (model_property){0};
    return HS_OK;
}

static int last_level(const model_entity *e) {
    int time = TIMES - 1;
    while (time >= 0 && e->levels[time] == 0)
        time--;
    return time;
}

/* Sets the measure, or adds to it. */
static hs_status measure(run *r, int type, int index) {
    model_entity *e = &r->next->entities[type][index];
    const hs_uuid *id = &r->ids[type][index];
    int time = (int)test_random_below(&r->random, TIMES), last = last_level(e);
    double level = ++r->level;
    if (test_random_below(&r->random, 2) == 0) {
        assert_ok(hs_measure_increment(r->batch, type_names[type], id, text("level"), level,
                                       text(""), time));
        if (last >= 0) level += e->levels[last];
        if (time < last) time = last;
    } else {
        level = -level;
        assert_ok(
            hs_measure_set(r->batch, type_names[type], id, text("level"), level, text(""), time));
    }
    if (!e->exists) return HS_NOT_FOUND;
    e->levels[time] = level;
    r->next->changed = true;
    return HS_OK;
}

static bool has_series(const model_entity *e) {
    for (int i = 0; i < POINTS; i++)
        if (e->points[i] != 0) return true;
    return false;
}

/* Writes points that were never there, in order or not. */
static hs_status write_series(run *r, int type, int index) {
    model_entity *e = &r->next->entities[type][index];
    hs_point points[80];
    size_t count = test_random_below(&r->random, 80);
    int from = (int)test_random_below(&r->random, POINTS), step = count % 2 == 0 ? 1 : 17;
    for (size_t i = 0; i < count; i++) {
        int at = (from + (int)i * step) % POINTS;
        points[i] = (hs_point){at * 10 * MINUTES, ++r->level};
        if (!e->exists) continue;
        e->points[at] = r->level;
        r->next->changed = true;
    }
    assert_ok(hs_series_write(r->batch, type_names[type], &r->ids[type][index], text("course"),
                              points, count));
    return e->exists ? HS_OK : HS_NOT_FOUND;
}

/* Deletes the points of a span, or of all time. */
static hs_status cut_series(run *r, int type, int index) {
    model_entity *e = &r->next->entities[type][index];
    int from = (int)test_random_below(&r->random, POINTS);
    int to = from + (int)test_random_below(&r->random, POINTS);
    if (test_random_below(&r->random, 4) == 0) from = 0, to = POINTS;
    assert_ok(hs_series_delete_range(r->batch, type_names[type], &r->ids[type][index],
                                     text("course"), from * 10 * MINUTES, to * 10 * MINUTES));
    if (!e->exists || !has_series(e)) return HS_NOT_FOUND;
    for (int at = from; at < to && at < POINTS; at++) {
        r->next->changed |= e->points[at] != 0;
        e->points[at] = 0;
    }
    return HS_OK;
}

static hs_position position_at(int time) {
    hs_position position = {.time = time};
    position.embedding[time % HS_POSITION_DIMENSION] = (float)time / 7;
    return position;
}

/* Writes some positions, in any order. */
static hs_status place(run *r, int type, int index) {
    model_entity *e = &r->next->entities[type][index];
    hs_position positions[TIMES];
    size_t count = test_random_below(&r->random, TIMES);
    int from = (int)test_random_below(&r->random, TIMES), step = count % 2 == 0 ? 1 : 11;
    for (size_t i = 0; i < count; i++) {
        int time = (from + (int)i * step) % TIMES;
        positions[i] = position_at(time);
        if (!e->exists || e->placed[time]) continue;
        e->placed[time] = r->next->changed = true;
    }
    assert_ok(
        hs_trajectory_write(r->batch, type_names[type], &r->ids[type][index], positions, count));
    return e->exists ? HS_OK : HS_NOT_FOUND;
}

/* Deletes the positions of a span. */
static hs_status unplace(run *r, int type, int index) {
    model_entity *e = &r->next->entities[type][index];
    int from = (int)test_random_below(&r->random, TIMES);
    int to = from + (int)test_random_below(&r->random, TIMES);
    assert_ok(hs_trajectory_delete(r->batch, type_names[type], &r->ids[type][index], from, to));
    if (!e->exists) return HS_NOT_FOUND;
    for (int time = from; time < to && time < TIMES; time++) {
        r->next->changed = r->next->changed || e->placed[time];
        e->placed[time] = false;
    }
    return HS_OK;
}

/* The vector of a kind that a number from 1 on stands for, in the caller's memory. */
static hs_vector vector_numbered(int kind, uint8_t number, float values[3], uint32_t indexes[3],
                                 uint8_t *bits) {
    for (unsigned i = 0; i < 3; i++) {
        values[i] = (float)(number + i);
        indexes[i] = number + 2 * i * (1u + number % 2);
    }
    *bits = number;
    return (hs_vector){.form = kind_options[kind].form,
                       .dimension = kind_options[kind].dimension,
                       .count = number % 4,
                       .values = values,
                       .indexes = indexes,
                       .bits = bits};
}

/* Sets or deletes a vector; every fourth sparse one has no pairs, and no multi-vector that few. */
static hs_status change_vector(run *r, int type, int index) {
    model_entity *e = &r->next->entities[type][index];
    const hs_uuid *id = &r->ids[type][index];
    int kind = (int)test_random_below(&r->random, KINDS);
    uint8_t number = (uint8_t)test_random_below(&r->random, 12), bits;
    float values[3];
    uint32_t indexes[3];
    if (number == 0 || (number % 4 == 0 && kind_options[kind].form == HS_MULTI)) {
        number = 0;
        assert_ok(hs_vector_delete(r->batch, type_names[type], id, kind_names[kind]));
        if (!e->exists || e->vectors[kind] == 0) return HS_NOT_FOUND;
    } else {
        hs_vector vector = vector_numbered(kind, number, values, indexes, &bits);
        assert_ok(hs_vector_write(r->batch, type_names[type], id, kind_names[kind], &vector));
        if (!e->exists) return HS_NOT_FOUND;
    }
    bool empty = kind_options[kind].form == HS_SPARSE && number % 4 == 0 &&
                 e->vectors[kind] % 4 == 0 && number != 0 && e->vectors[kind] != 0;
    r->next->changed |= e->vectors[kind] != number && !empty;
    e->vectors[kind] = number;
    return HS_OK;
}

/* Puts an edge to another entity, or removes the one that is there. */
static hs_status change_edge(run *r, int type, int index) {
    int to = (int)test_random_below(&r->random, TYPES),
        target = (int)test_random_below(&r->random, KEYS);
    uint8_t *weight = &r->next->edges[type][index][to][target];
    hs_edge edge = {type_names[type],
                    r->ids[type][index],
                    text("knows"),
                    type_names[to],
                    r->ids[to][target],
                    true,
                    (float)(1 + test_random_below(&r->random, 2))};
    bool both = r->next->entities[type][index].exists && r->next->entities[to][target].exists;
    if (*weight != 0 && test_random_below(&r->random, 3) == 0) {
        assert_ok(hs_edge_remove(r->batch, &edge));
        *weight = 0;
        return HS_OK;
    }
    assert_ok(hs_edge_put(r->batch, &edge));
    if (both) *weight = (uint8_t)edge.weight;
    return both ? HS_OK : HS_NOT_FOUND;
}

static hs_status random_operation(run *r) {
    int type = (int)test_random_below(&r->random, TYPES),
        index = (int)test_random_below(&r->random, KEYS);
    int name = (int)test_random_below(&r->random, NAMES);
    switch (test_random_below(&r->random, 38)) {
    case 0:
        return create(r, type, index, false);
    case 1:
        return delete (r, type, index);
    case 2:
        return update(r, type, index);
    case 3:
        return unset(r, type, index, name);
    case 4:
    case 5:
    case 6:
        return create(r, type, index, true);
    case 20:
    case 21:
        return measure(r, type, index);
    case 22:
    case 23:
    case 24:
        return place(r, type, index);
    case 25:
        return unplace(r, type, index);
    case 26:
    case 27:
    case 28:
    case 29:
        if (!r->next->entities[type][index].exists) create(r, type, index, true);
        return change_vector(r, type, index);
    case 30:
    case 31:
    case 32:
        if (!r->next->entities[type][index].exists) create(r, type, index, true);
        return write_series(r, type, index);
    case 33:
        return cut_series(r, type, index);
    case 34:
    case 35:
    case 36:
    case 37:
        return change_edge(r, type, index);
    default: /* mostly of entities that exist, for failures end a batch */
        if (!r->next->entities[type][index].exists) create(r, type, index, true);
        return set(r, type, index, name);
    }
}

/* --- indexes ---------------------------------------------------------------------------------- */

static bool is_indexed(const hs_value *value) {
    return value->kind != HS_LIST && value->kind != HS_JSON;
}

/* Whether two entities of a type have an equal value, other than null. */
static bool has_equal_values(const model *m, int type, int name) {
    for (int i = 0; i < KEYS; i++) {
        const model_property *a = m->entities[type][i].properties + name;
        bool counts = a->exists && a->value.kind != HS_NULL && is_indexed(&a->value);
        for (int j = 0; j < i && counts; j++) {
            const model_property *b = m->entities[type][j].properties + name;
            if (b->exists && hs_value_compare(&a->value, &b->value) == 0) return true;
        }
    }
    return false;
}

static bool breaks_unique(const run *r, const model *m) {
    for (int type = 0; type < TYPES; type++)
        for (int name = 0; name < NAMES; name++)
            if (r->unique[type][name] && has_equal_values(m, type, name)) return true;
    return false;
}

/* Creates or drops a random index. */
static void change_index(run *r) {
    int type = (int)test_random_below(&r->random, TYPES),
        name = (int)test_random_below(&r->random, NAMES);
    bool unique = test_random_below(&r->random, 3) == 0;
    if (r->indexed[type][name]) {
        assert_ok(index_drop(r->f->collection, type_names[type], text(labels[name])));
        r->indexed[type][name] = r->unique[type][name] = false;
        return;
    }
    bool refused = unique && has_equal_values(r->model, type, name);
    assert_status(index_create(r->f->collection, type_names[type], text(labels[name]),
                               &(hs_index_options){.unique = unique}),
                  refused ? HS_EXISTS : HS_OK);
    r->indexed[type][name] = !refused;
    r->unique[type][name] = unique && !refused;
}

static int find_index(const run *r, int type, const hs_uuid *id) {
    for (int i = 0; i < KEYS; i++)
        if (memcmp(r->ids[type][i].bytes, id->bytes, sizeof id->bytes) == 0) return i;
    fail_msg("an index has an entity that is not there");
    return -1;
}

/* Every entity that has the property is in the index once, in order. */
static void compare_index(run *r, hs_snapshot *snapshot, int type, int name) {
    hs_index_iterator *iterator;
    hs_entity entity;
    const hs_value *last = NULL;
    int expected = 0, met = 0;
    bool seen[KEYS] = {false};
    for (int i = 0; i < KEYS; i++) {
        const model_property *p = r->model->entities[type][i].properties + name;
        expected += p->exists && is_indexed(&p->value);
    }
    assert_ok(hs_index_iterate(snapshot, type_names[type], text(labels[name]), NULL, &iterator));
    for (; hs_index_next(iterator, &entity) == 1; met++) {
        int i = find_index(r, type, &entity.id);
        const model_property *p = r->model->entities[type][i].properties + name;
        assert_true(p->exists && !seen[i]);
        seen[i] = true;
        /* values of some 1,500 bytes differ behind what the index tells apart */
        bool cut = p->value.kind == HS_STRING && p->value.bytes.size > 1000;
        if (last != NULL && !cut) assert_true(hs_value_compare(last, &p->value) <= 0);
        last = &p->value;
    }
    hs_index_iterator_close(iterator);
    assert_int_equal(met, expected);
}

/* --- comparing -------------------------------------------------------------------------------- */

static void compare_entity(run *r, hs_snapshot *snapshot, int type, int index) {
    const model_entity *e = &r->model->entities[type][index];
    const hs_uuid *id = &r->ids[type][index];
    char room[16];
    hs_entity entity;
    hs_slice key = key_of(type, index, room);
    assert_status(hs_entity_get(snapshot, type_names[type], id, &entity),
                  e->exists ? HS_OK : HS_NOT_FOUND);
    if (!e->exists) return;
    assert_slice(entity.key, key.size > 0 ? room : "");
    assert_int_equal(entity.revision, e->revision);
    assert_int_equal(entity.created_at, e->created_at);
    assert_int_equal(entity.updated_at, e->updated_at);
    if (key.size > 0) {
        assert_ok(hs_entity_find(snapshot, type_names[type], key, &entity));
        assert_uuid(&entity.id, id);
    }
    const hs_property *all;
    size_t count, expected = 0;
    assert_ok(hs_property_all(snapshot, type_names[type], id, &all, &count));
    for (int name = 0; name < NAMES; name++) {
        const model_property *p = e->properties + name;
        hs_property property;
        assert_status(
            hs_property_get(snapshot, type_names[type], id, text(labels[name]), &property),
            p->exists ? HS_OK : HS_NOT_FOUND);
        if (!p->exists) continue;
        expected++;
        assert_true(hs_value_equal(&property.value, &p->value));
        assert_int_equal(property.updated_at, p->updated_at);
        assert_int_equal(property.valid_from, p->valid_from);
    }
    assert_int_equal(count, expected);
}

static void compare_measure(run *r, hs_snapshot *snapshot, int type, int index) {
    const model_entity *e = &r->model->entities[type][index];
    hs_measure measure;
    uint64_t count = 0;
    int last = last_level(e);
    for (int time = 0; time < TIMES; time++)
        count += e->levels[time] != 0;
    assert_status(
        hs_measure_get(snapshot, type_names[type], &r->ids[type][index], text("level"), &measure),
        last >= 0 ? HS_OK : HS_NOT_FOUND);
    if (last < 0) return;
    assert_true(measure.value == e->levels[last] && measure.time == last);
    assert_int_equal(measure.count, count);
}

static void compare_trajectory(run *r, hs_snapshot *snapshot, int type, int index) {
    const model_entity *e = &r->model->entities[type][index];
    hs_trajectory_iterator *iterator;
    hs_position position;
    assert_ok(hs_trajectory_range(snapshot, type_names[type], &r->ids[type][index], HS_TIME_MIN,
                                  HS_TIME_MAX, &iterator));
    for (int time = 0; time < TIMES; time++) {
        if (!e->placed[time]) continue;
        hs_position expected = position_at(time);
        assert_int_equal(hs_trajectory_next(iterator, &position), 1);
        assert_int_equal(position.time, time);
        assert_memory_equal(position.embedding, expected.embedding, sizeof expected.embedding);
    }
    assert_int_equal(hs_trajectory_next(iterator, &position), 0);
    hs_trajectory_iterator_close(iterator);
}

/* The points, and their sums by the hour. */
static void compare_series(run *r, hs_snapshot *snapshot, int type, int index) {
    const model_entity *e = &r->model->entities[type][index];
    const hs_uuid *id = &r->ids[type][index];
    hs_point_iterator *iterator;
    hs_bucket_iterator *hours;
    hs_point point;
    hs_bucket bucket;
    bool exists = e->exists && has_series(e);
    assert_status(hs_series_range(snapshot, type_names[type], id, text("course"), HS_TIME_MIN,
                                  INT64_MAX, &iterator),
                  exists ? HS_OK : HS_NOT_FOUND);
    if (!exists) return;
    assert_ok(hs_series_buckets(snapshot, type_names[type], id, text("course"), HS_TIME_MIN,
                                INT64_MAX, 60 * MINUTES, &hours));
    for (int hour = 0; hour < POINTS; hour += 6) {
        double sum = 0;
        for (int at = hour; at < hour + 6; at++) {
            if (e->points[at] == 0) continue;
            assert_int_equal(hs_point_next(iterator, &point), 1);
            assert_true(point.time == at * 10 * MINUTES && point.value == e->points[at]);
            sum += point.value;
        }
        if (sum == 0) continue;
        assert_int_equal(hs_bucket_next(hours, &bucket), 1);
        assert_true(bucket.start == hour * 10 * MINUTES && bucket.sum == sum);
    }
    assert_int_equal(hs_point_next(iterator, &point), 0);
    assert_int_equal(hs_bucket_next(hours, &bucket), 0);
    hs_point_iterator_close(iterator);
    hs_bucket_iterator_close(hours);
}

static void compare_vectors(run *r, hs_snapshot *snapshot, int type, int index) {
    const model_entity *e = &r->model->entities[type][index];
    for (int kind = 0; kind < KINDS; kind++) {
        hs_vector found;
        uint8_t number = e->vectors[kind], bits;
        float values[3];
        uint32_t indexes[3];
        assert_status(hs_vector_read(snapshot, type_names[type], &r->ids[type][index],
                                     kind_names[kind], &found),
                      number != 0 ? HS_OK : HS_NOT_FOUND);
        if (number == 0) continue;
        hs_vector expected = vector_numbered(kind, number, values, indexes, &bits);
        hs_vector_form form = expected.form;
        size_t count = form == HS_DENSE || form == HS_BINARY ? 1 : expected.count;
        assert_int_equal(found.form, form);
        assert_int_equal(found.count, count);
        if (form == HS_BINARY)
            assert_int_equal(found.bits[0], bits);
        else
            assert_memory_equal(found.values, values,
                                (form == HS_DENSE ? 3 : count) * sizeof *values);
        if (form == HS_SPARSE) assert_memory_equal(found.indexes, indexes, count * sizeof *indexes);
    }
}

/* Of each sparse vector that shares an index with the query, the search finds the product. */
static void compare_search(run *r, hs_snapshot *snapshot, int type) {
    hs_neighbour found[KEYS];
    size_t count, expected = 0;
    uint32_t asked = 7;
    const hs_vector query = {
        .form = HS_SPARSE, .count = 1, .indexes = &asked, .values = (float[]){1}};
    for (int i = 0; i < KEYS; i++) {
        uint8_t number = r->model->entities[type][i].vectors[3], bits;
        float values[3];
        uint32_t indexes[3];
        vector_numbered(3, number, values, indexes, &bits);
        for (int pair = 0; pair < number % 4; pair++)
            expected += indexes[pair] == asked;
    }
    assert_ok(hs_vector_search(snapshot, type_names[type], kind_names[3], &query,
                               &(hs_vector_search_options){.k = KEYS}, found, &count));
    assert_int_equal(count, expected);
}

/* A walk through the whole of an index finds what a scan finds, in the same order. */
static void compare_neighbours(hs_snapshot *snapshot, int type) {
    static const float numbers[3] = {1, 2, 0.5f};
    const hs_vector query = {.form = HS_DENSE, .dimension = 3, .values = numbers};
    const hs_position place = {.graph = {1}, .embedding = {1}, .property = {1}};
    const hs_neighbours_options by_index = {.k = KEYS, .width = 8 * KEYS, .way = HS_WAY_INDEX};
    const hs_neighbours_options exact = {.k = KEYS, .way = HS_WAY_EXACT};
    hs_neighbour found[KEYS], expected[KEYS];
    size_t count, expected_count;
    assert_ok(hs_neighbours_of_vector(snapshot, type_names[type], "near_vectors", &query, &by_index,
                                      found, &count, NULL));
    assert_ok(hs_neighbours_of_vector(snapshot, type_names[type], "near_vectors", &query, &exact,
                                      expected, &expected_count, NULL));
    assert_int_equal(count, expected_count);
    for (size_t i = 0; i < count; i++)
        assert_true(found[i].distance == expected[i].distance);
    assert_ok(hs_neighbours_of_position(snapshot, type_names[type], "near_places", &place,
                                        &by_index, found, &count, NULL));
    assert_ok(hs_neighbours_of_position(snapshot, type_names[type], "near_places", &place, &exact,
                                        expected, &expected_count, NULL));
    assert_int_equal(count, expected_count);
    for (size_t i = 0; i < count; i++)
        assert_true(found[i].distance == expected[i].distance);
}

static void create_neighbour_indexes(fixture *f, int type) {
    const hs_neighbour_index_options over_vectors = {.vector = kind_names[type],
                                                     .metric = type == 0 ? HS_L2 : HS_COSINE,
                                                     .links = HS_INDEX_LINKS_MIN,
                                                     .width = 8};
    const hs_neighbour_index_options over_places = {
        .weights = {1, type, type}, .links = HS_INDEX_LINKS_MIN, .width = 8};
    assert_ok(
        neighbour_index_create(f->collection, type_names[type], "near_vectors", &over_vectors));
    assert_ok(neighbour_index_create(f->collection, type_names[type], "near_places", &over_places));
}

/* Every entity with the measure is in its order once. */
static void compare_order(run *r, hs_snapshot *snapshot, int type) {
    hs_ranked ranked[KEYS + 1];
    size_t count, expected = 0;
    assert_ok(hs_measure_rank(snapshot, type_names[type], text("level"), HS_GREATEST, KEYS + 1,
                              ranked, &count));
    for (int i = 0; i < KEYS; i++)
        expected += last_level(&r->model->entities[type][i]) >= 0;
    assert_int_equal(count, expected);
    for (size_t i = 0; i < count; i++) {
        const model_entity *e = &r->model->entities[type][find_index(r, type, &ranked[i].id)];
        assert_true(ranked[i].value == e->levels[last_level(e)]);
        if (i > 0) assert_true(ranked[i - 1].value >= ranked[i].value);
    }
}

/* Each edge of the model, and no other, is seen from both ends. */
static void compare_edges(run *r, hs_snapshot *snapshot, int type, int index) {
    for (int direction = HS_OUTGOING; direction <= HS_INCOMING; direction++) {
        uint64_t expected = 0, degree;
        for (int other = 0; other < TYPES * KEYS; other++) {
            int to = other / KEYS, target = other % KEYS;
            uint8_t weight = direction == HS_OUTGOING ? r->model->edges[type][index][to][target]
                                                      : r->model->edges[to][target][type][index];
            expected += weight != 0;
            if (direction == HS_INCOMING || !r->model->entities[to][target].exists) continue;
            hs_edge edge = {type_names[type],
                            r->ids[type][index],
                            text("knows"),
                            type_names[to],
                            r->ids[to][target],
                            false,
                            0};
            assert_status(hs_edge_get(snapshot, &edge), weight != 0 ? HS_OK : HS_NOT_FOUND);
            if (weight != 0) assert_true(edge.active && edge.weight == weight);
        }
        assert_ok(hs_edge_degree(snapshot, type_names[type], &r->ids[type][index],
                                 (hs_direction)direction, text("knows"), &degree));
        assert_int_equal(degree, expected);
    }
}

static void compare(run *r) {
    hs_snapshot *snapshot = begin_snapshot(r->f);
    for (int type = 0; type < TYPES; type++) {
        uint64_t count, expected = 0;
        for (int index = 0; index < KEYS; index++) {
            compare_entity(r, snapshot, type, index);
            if (!r->model->entities[type][index].exists) continue;
            expected++;
            compare_edges(r, snapshot, type, index);
            compare_measure(r, snapshot, type, index);
            compare_trajectory(r, snapshot, type, index);
            compare_vectors(r, snapshot, type, index);
            compare_series(r, snapshot, type, index);
        }
        compare_search(r, snapshot, type);
        compare_neighbours(snapshot, type);
        assert_ok(hs_entity_count(snapshot, type_names[type], &count));
        assert_int_equal(count, expected);
        compare_order(r, snapshot, type);
        for (int name = 0; name < NAMES; name++)
            if (r->indexed[type][name]) compare_index(r, snapshot, type, name);
    }
    hs_snapshot_close(snapshot);
}

/* --- running ---------------------------------------------------------------------------------- */

static bool differ(const model_property *a, const model_property *b) {
    if (!a->exists || !b->exists) return a->exists != b->exists;
    return !hs_value_equal(&a->value, &b->value) || a->updated_at != b->updated_at ||
           a->valid_from != b->valid_from;
}

/* What a commit does beside the operations: revisions and times of what changed in the end. */
static void settle(run *r) {
    if (memcmp(r->next->edges, r->model->edges, sizeof r->model->edges) != 0)
        r->next->changed = true;
    for (int type = 0; type < TYPES; type++)
        for (int index = 0; index < KEYS; index++) {
            model_entity *e = &r->next->entities[type][index];
            for (int name = 0; name < NAMES; name++)
                if (differ(e->properties + name, stored(r, type, index, name))) e->changed = true;
            if (!e->exists || !e->changed) continue;
            e->changed = false;
            e->revision++;
            e->updated_at = r->now;
            r->next->changed = true;
        }
}

static void one_batch(run *r) {
    size_t count = test_random_below(&r->random, OPS_MAX), failed = SIZE_MAX;
    hs_status expected = HS_OK;
    *r->next = *r->model;
    r->now = (hs_time)test_random_below(&r->random, 1000000) * 1000;
    r->batch = begin_batch(r->f);
    assert_ok(hs_batch_time(r->batch, r->now));
    while (hs_batch_count(r->batch) < count && expected == HS_OK) {
        expected = random_operation(r);
        if (expected != HS_OK) failed = hs_batch_count(r->batch) - 1;
    }
    if (expected == HS_OK && breaks_unique(r, r->next)) expected = HS_EXISTS;
    uint64_t before = newest_commit(r->f); /* recording may have interned names */
    assert_status(hs_batch_commit(r->batch), expected);
    assert_int_equal(hs_batch_failed(r->batch), failed);
    hs_batch_free(r->batch);
    if (expected == HS_OK) settle(r);
    assert_int_equal(newest_commit(r->f) - before, expected == HS_OK && r->next->changed);
    r->next->changed = false;
    if (expected == HS_OK) *r->model = *r->next;
}

static void random_batches_behave_like_the_model(fixture *f) {
    memset(pool, 'p', sizeof pool);
    run r = {.f = f,
             .random = test_random_start(),
             .model = calloc(1, sizeof *r.model),
             .next = calloc(1, sizeof *r.next)};
    for (int type = 0; type < TYPES; type++) {
        create_type(f, type_names[type]);
        for (int kind = 0; kind < KINDS; kind++)
            assert_ok(vectors_register(f->collection, type_names[type], kind_names[kind],
                                       &kind_options[kind]));
        create_neighbour_indexes(f, type);
    }
    hs_snapshot *snapshot = begin_snapshot(f);
    for (int type = 0; type < TYPES; type++)
        for (int index = 0; index < KEYS; index++) {
            char room[16];
            r.ids[type][index] = some_uuid((uint64_t)(100 * type + index));
            if (index < KEYS / 2 && key_of(type, index, room).size > 0)
                assert_ok(
                    hs_entity_id(snapshot, type_names[type], text(room), &r.ids[type][index]));
        }
    hs_snapshot_close(snapshot);

    hs_check_result result;
    for (int round = 0; round < ROUNDS; round++) {
        one_batch(&r);
        if (round % 20 == 7) change_index(&r);
        compare(&r);
        if (round % 100 == 99) {
            fixture_reopen(f);
            assert_ok(collection_check(f->collection, NULL, NULL, &result));
        }
    }
    free(r.model);
    free(r.next);
}

int main(void) {
    const fixture_test tests[] = {FIXTURE_TEST(random_batches_behave_like_the_model)};
    return fixture_run("model", tests, sizeof tests / sizeof *tests);
}
