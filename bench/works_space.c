/* works_space.c: what churn does to the size of the files. */
#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "failure.h"
#include "machine.h"
#include "work.h"

#define CHURN_TIMES  20u  /* operations per row */
#define CHURN_BATCH  100u /* operations per commit */
#define LOOK_AT_SIZE 100u /* commits between two looks */

/* The rows that are there. */
typedef struct churn {
    bench_run *run;
    void *session;
    uint64_t rows, live, random;
    bool *there; /* [rows] */
} churn;

static void write_row(churn *c, uint64_t index, uint64_t version) {
    uint8_t key[KEY_SIZE], value[VALUE_SIZE];
    data_key(3, index, key);
    data_value(key, version, value);
    c->run->driver->put(c->session, 0, slice_of_key(key), (hs_slice){value, VALUE_SIZE});
    c->live += !c->there[index];
    c->there[index] = true;
}

static void delete_row(churn *c, uint64_t index) {
    uint8_t key[KEY_SIZE];
    data_key(3, index, key);
    c->run->driver->remove(c->session, 0, slice_of_key(key));
    c->live -= c->there[index];
    c->there[index] = false;
}

static void fill(churn *c) {
    for (uint64_t i = 0; i < c->rows; i++) {
        if (i % LOAD_BATCH == 0) c->run->driver->begin(c->session, 0);
        write_row(c, i, 0);
        if (i % LOAD_BATCH == LOAD_BATCH - 1 || i == c->rows - 1)
            c->run->driver->commit(c->session);
    }
}

/* One commit: three overwrites to one deletion, of random rows. */
static void churn_commit(churn *c, uint64_t version) {
    c->run->driver->begin(c->session, 0);
    for (unsigned i = 0; i < CHURN_BATCH; i++) {
        uint64_t choice = random_next(&c->random), index = (choice >> 2) % c->rows;
        if ((choice & 3) == 0)
            delete_row(c, index);
        else
            write_row(c, index, version);
    }
    c->run->driver->commit(c->session);
}

static void churn_run(bench_run *run) {
    const driver *d = run->driver;
    store_setup setup = {.level = LEVEL_BUFFERED, .families = 1};
    churn c = {.run = run, .rows = run->options->keys / 8, .random = 5};
    c.there = must_allocate(c.rows * sizeof *c.there);
    char path[4096];
    engine_path(run, run->work->name, path, sizeof path);
    void *store = open_store(run, &setup, true);
    c.session = d->attach(store);
    fill(&c);
    uint64_t commits = c.rows * CHURN_TIMES / CHURN_BATCH, elapsed = 0;
    double highest = 0, data = (double)ROW_SIZE;
    for (uint64_t i = 0; i < commits; i++) {
        uint64_t start = now_ns();
        churn_commit(&c, i);
        elapsed += now_ns() - start;
        if (i % LOOK_AT_SIZE != 0) continue;
        double ratio = (double)machine_directory_bytes(path, d->is_log) / (double)c.live / data;
        if (ratio > highest) highest = ratio;
    }
    report(run, "churn", (double)(commits * CHURN_BATCH) * 1e9 / (double)elapsed);
    report(run, "churn-high", highest);
    note_memory(run);
    d->detach(c.session);
    d->settle(store);
    d->close(store);
    report(run, "churn-final", (double)machine_directory_bytes(path, NULL) / (double)c.live / data);
    free(c.there);
}

const work work_churn = {
    .name = "churn",
    .title = "random overwrites and deletions of 20 times the data",
    .run = churn_run,
    .figures =
        (const figure[]){
            {"churn", "churn: overwrite and delete, 100 a commit, unsynced", "k/s", 1e-3, false,
             false},
            {"churn-high", "churn: largest data files ÷ live data", "×", 1, true, false},
            {"churn-final", "churn: files at its end, closed ÷ live data", "×", 1, true, false},
            {0},
        },
};
