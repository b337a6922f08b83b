/* works_trajectories.c: the trajectories of the stores: a hundred entities that move slowly. */
#include <stdlib.h>
#include <string.h>

#include "works_stores.h"

#define ENTITIES 100u

typedef struct trajectories_work {
    size_t length;          /* positions of each entity */
    hs_position *positions; /* by time: one of each entity, then the next of each */
    hs_position *read;      /* room for one entity */
} trajectories_work;

static trajectories_work make_work(const options *o) {
    trajectories_work w = {.length = (size_t)(o->keys / (10 * ENTITIES))};
    uint64_t states[ENTITIES] = {0};
    hs_position now[ENTITIES];
    memset(now, 0, sizeof now);
    w.positions = must_allocate(ENTITIES * w.length * sizeof *w.positions);
    w.read = must_allocate((w.length + 1) * sizeof *w.read);
    for (size_t i = 0; i < w.length; i++)
        for (uint32_t entity = 0; entity < ENTITIES; entity++) {
            position_next(entity, &states[entity], &now[entity]);
            w.positions[i * ENTITIES + entity] = now[entity];
        }
    return w;
}

/* Reads an entity's positions, each of which must be as it was written. */
static uint64_t read_entity(stores_run *s, trajectories_work *w, uint32_t entity) {
    size_t count = s->calls->read_positions(s->store, entity, w->read, w->length + 1);
    bool same = count == w->length;
    for (size_t i = 0; same && i < count; i++) {
        const hs_position *expected = &w->positions[i * ENTITIES + entity];
        same = w->read[i].time == expected->time &&
               memcmp(w->read[i].graph, expected->graph, COORDINATE_BYTES) == 0;
    }
    if (!same) fail("%s reads %zu positions of %zu, or others", s->title, count, w->length);
    return count;
}

static uint64_t read_pass(stores_run *s, void *w) {
    return read_entity(s, w, (uint32_t)(random_next(&s->random) % ENTITIES));
}

static void check_all(stores_run *s, trajectories_work *w) {
    s->calls->begin_read(s->store);
    for (uint32_t entity = 0; entity < ENTITIES; entity++)
        read_entity(s, w, entity);
    s->calls->end_read(s->store);
}

static void trajectories_run(bench_run *run) {
    trajectories_work w = make_work(run->options);
    double total = (double)ENTITIES * (double)w.length;
    run->memory_start = machine_anonymous_memory(); /* the positions are ours */
    stores_run s = stores_begin(run);
    stores_open(&s, "positions", CONTENT_ROWS, true);
    stores_close(&s);
    double before = (double)stores_bytes(&s, "positions");
    stores_open(&s, "positions", CONTENT_ROWS, false);
    uint64_t start = now_ns();
    for (size_t i = 0; i < w.length; i++)
        s.calls->put_positions(s.store, 0, w.positions + i * ENTITIES, ENTITIES);
    report(run, "position-write", total / seconds_since(start));
    note_memory(run);
    stores_close(&s);
    report(run, "position-bytes", ((double)stores_bytes(&s, "positions") - before) / total);
    stores_open(&s, "positions", CONTENT_ROWS, false);
    check_all(&s, &w);
    stores_time(&s, "position-read", false, read_pass, &w);
    note_memory(run);
    stores_close(&s);
    free(w.positions);
    free(w.read);
}

const work work_store_trajectories = {
    .name = "store-trajectories",
    .title = "stores: positions of 100 entities that move slowly",
    .part = PART_TRAJECTORIES,
    .run = trajectories_run,
    .figures =
        (const figure[]){
            {"position-write", "positions: write, one of each of 100 entities a durable commit",
             "k/s", 1e-3, false, false},
            {"position-bytes", "positions: files, closed, a position of 212 bytes", "bytes", 1,
             true, false},
            {"position-read", "positions: all of an entity", "M/s", 1e-6, false, false},
            {0},
        },
};
