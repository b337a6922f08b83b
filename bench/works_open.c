/* works_open.c: opening: after a clean close, after a kill, and with many families. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "data.h"
#include "failure.h"
#include "machine.h"
#include "work.h"

static double seconds_since(uint64_t start) {
    return (double)(now_ns() - start) * 1e-9;
}

/* Reads row `index` of family 0, which must be there. */
static void read_row(bench_run *run, void *session, uint64_t space, uint64_t index) {
    uint8_t key[KEY_SIZE], value[VALUE_SIZE];
    data_key(space, index, key);
    size_t size = run->driver->get_alone(session, 0, slice_of_key(key), value, sizeof value);
    data_check(run->driver->title, slice_of_key(key), (hs_slice){value, size});
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_of(double *values, size_t count) {
    qsort(values, count, sizeof *values, compare_doubles);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/* --- after a clean close ---------------------------------------------------------------------- */

#define OPENS 5u

static void open_run(bench_run *run) {
    double opened[OPENS], answered[OPENS], closed[OPENS];
    require_rows(run);
    for (unsigned i = 0; i < OPENS; i++) {
        uint64_t start = now_ns();
        void *store = open_rows(run, LEVEL_DURABLE, false);
        opened[i] = seconds_since(start);
        void *session = run->driver->attach(store);
        read_row(run, session, 0, i);
        answered[i] = seconds_since(start);
        run->driver->detach(session);
        start = now_ns();
        run->driver->close(store);
        closed[i] = seconds_since(start);
    }
    report(run, "open", median_of(opened, OPENS));
    report(run, "open-answer", median_of(answered, OPENS));
    report(run, "close", median_of(closed, OPENS));
}

const work work_open = {
    .name = "open",
    .title = "reopening after a clean close",
    .run = open_run,
    .figures =
        (const figure[]){
            {"open", "reopen after a clean close", "ms", 1e3, true, false},
            {"open-answer", "reopen, until the first get is answered", "ms", 1e3, true, false},
            {"close", "close without changes", "ms", 1e3, true, true},
            {0},
        },
};

/* --- after a kill ----------------------------------------------------------------------------- */

/* The process that is killed: it puts, says that it is done, and waits. */
static _Noreturn void victim(bench_run *run, const store_setup *setup, uint64_t puts, int done) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    void *store = open_store(run, setup, true);
    void *session = run->driver->attach(store);
    for (uint64_t i = 0; i < puts; i++) {
        uint8_t key[KEY_SIZE], value[VALUE_SIZE];
        data_key(2, i, key);
        data_value(key, 0, value);
        run->driver->put_alone(session, 0, slice_of_key(key), (hs_slice){value, VALUE_SIZE});
    }
    if (write(done, "", 1) != 1) fail("the killer cannot be told");
    for (;;)
        pause();
}

/* Lets a process put `puts` rows without a sync, kills it, and returns the seconds that opening
 * takes then. Every row must be there. */
static double open_after_kill(bench_run *run, const store_setup *setup, uint64_t puts) {
    int ends[2];
    char byte;
    if (pipe(ends) != 0) fail("a pipe cannot be made: %s", strerror(errno));
    pid_t child = fork();
    if (child < 0) fail("a process cannot be made: %s", strerror(errno));
    if (child == 0) victim(run, setup, puts, ends[1]);
    close(ends[1]);
    if (read(ends[0], &byte, 1) != 1) fail("the process to be killed died too early");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(ends[0]);

    uint64_t start = now_ns();
    void *store = open_store(run, setup, false);
    double seconds = seconds_since(start);
    void *session = run->driver->attach(store);
    for (uint64_t i = 0; i < puts; i++)
        read_row(run, session, 2, i);
    run->driver->detach(session);
    note_memory(run);
    run->driver->close(store);
    return seconds;
}

static void kill_run(bench_run *run) {
    uint64_t puts = run->options->keys / 5;
    store_setup setup = {.level = LEVEL_BUFFERED, .families = 1};
    report(run, "kill-open", open_after_kill(run, &setup, puts));
    if (!run->driver->replays) return;
    setup.hold_log = true;
    puts = run->options->keys;
    report(run, "replay", (double)puts / open_after_kill(run, &setup, puts));
}

const work work_kill = {
    .name = "kill",
    .title = "reopening after kill -9 of single puts that were not synced",
    .run = kill_run,
    .figures =
        (const figure[]){
            {"kill-open", "reopen after kill -9 of unsynced puts (a fifth of the rows)", "ms", 1e3,
             true, false},
            {"replay", "replay of a log that holds all puts", "M/s", 1e-6, false, false},
            {0},
        },
};

/* --- many families ---------------------------------------------------------------------------- */

/* Puts a row into each family, so that each is in use. */
static void use_families(bench_run *run, void *session, unsigned count) {
    uint8_t key[KEY_SIZE], value[VALUE_SIZE];
    data_key(2, 0, key);
    data_value(key, 0, value);
    for (unsigned i = 0; i < count; i++)
        run->driver->put_alone(session, i, slice_of_key(key), (hs_slice){value, VALUE_SIZE});
}

static void families_run(bench_run *run) {
    store_setup setup = {.level = LEVEL_DURABLE, .families = 1};
    const driver *d = run->driver;
    unsigned before = machine_open_files(), many = run->options->families;
    void *store = open_store(run, &setup, true);
    void *session = d->attach(store);
    use_families(run, session, 1);
    report(run, "files-1", machine_open_files() - before);

    uint64_t start = now_ns();
    d->create_families(store, 1, many - 1);
    report(run, "families-create", seconds_since(start));
    use_families(run, session, many);
    report(run, "files-all", machine_open_files() - before);
    note_memory(run);
    d->detach(session);
    d->close(store);

    setup.families = many;
    start = now_ns();
    store = open_store(run, &setup, false);
    session = d->attach(store);
    read_row(run, session, 2, 0);
    report(run, "families-open", seconds_since(start));
    note_memory(run);
    d->detach(session);
    d->close(store);
}

const work work_families = {
    .name = "families",
    .title = "many families",
    .run = families_run,
    .figures =
        (const figure[]){
            {"families-create", "create the families", "ms", 1e3, true, false},
            {"families-open", "reopen with all families", "ms", 1e3, true, false},
            {"files-1", "open files, 1 family", "", 1, true, false},
            {"files-all", "open files, all families", "", 1, true, false},
            {0},
        },
};
