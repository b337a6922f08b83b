/* run.c: runs the works: engine by engine, each in a process of its own. */
#include "run.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "failure.h"
#include "machine.h"

#define PATIENCE 7200u /* seconds after which a work counts as hanging */

/* Set by a signal that asks to end: what has been measured until then is reported. */
static volatile sig_atomic_t stopped;
static volatile pid_t at_work; /* the child, or 0 */

static void stop(int number) {
    (void)number;
    stopped = 1;
    if (at_work > 0) kill(at_work, SIGKILL);
}

static void set_handlers(void (*handler)(int)) {
    struct sigaction action = {.sa_handler = handler};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* The child: does the work and ends. */
static _Noreturn void work_process(const options *o, const work *work, unsigned column, int out) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    set_handlers(SIG_DFL);
    alarm(PATIENCE);
    bool machine = column == MACHINE;
    bench_run run = {.options = o, .work = work, .driver = machine ? NULL : o->engines[column]};
    snprintf(run.directory, sizeof run.directory, "%s/%s", o->directory,
             machine ? "machine" : run.driver->name);
    run.out = fdopen(out, "w");
    if (run.out == NULL) fail("the pipe cannot be used: %s", strerror(errno));
    run.memory_start = machine_anonymous_memory();
    if (machine)
        work->limit(&run);
    else
        work->run(&run);
    fclose(run.out);
    _exit(0);
}

/* Reads the figures that a work reports, until it closes the pipe. */
static void read_figures(results *r, const work *work, unsigned column, FILE *in) {
    char line[256], figure[64];
    double value;
    while (fgets(line, sizeof line, in) != NULL) {
        if (sscanf(line, "%63s %lf", figure, &value) != 2)
            fail("work '%s' reports '%s', which is no figure", work->name, line);
        results_add(r, work, figure, column, value);
    }
}

/* Waits for a child; true if it did all it had to. */
static bool wait_for(pid_t child, const work *work, const char *who) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
    if (WIFSIGNALED(status))
        fprintf(stderr, "hyperspatial-bench: work '%s' of %s was ended by signal %d (%s)%s\n",
                work->name, who, WTERMSIG(status), strsignal(WTERMSIG(status)),
                WTERMSIG(status) == SIGALRM ? ": it hung" : "");
    else
        fprintf(stderr, "hyperspatial-bench: work '%s' of %s failed\n", work->name, who);
    return false;
}

static void run_one(results *r, const work *work, unsigned column) {
    const options *o = r->options;
    if (stopped) return;
    const char *who = column == MACHINE ? "the machine" : o->engines[column]->title;
    int ends[2];
    fprintf(stderr, "%s: %s\n", work->name, who);
    fflush(NULL);
    sync(); /* what others have written and deleted is not to be this one's burden */
    if (pipe(ends) != 0) fail("a pipe cannot be made: %s", strerror(errno));
    pid_t child = fork();
    if (child < 0) fail("a process cannot be made: %s", strerror(errno));
    if (child == 0) {
        close(ends[0]);
        work_process(o, work, column, ends[1]);
    }
    at_work = child;
    if (stopped) kill(child, SIGKILL); /* the signal came before there was anybody to kill */
    close(ends[1]);
    FILE *in = fdopen(ends[0], "r");
    if (in == NULL) fail("a pipe cannot be read: %s", strerror(errno));
    read_figures(r, work, column, in);
    fclose(in);
    if (!wait_for(child, work, who)) r->failures++;
    at_work = 0;
}

/* Deletes what a work leaves behind. */
static void clean_up_after(const options *o, const work *work) {
    for (unsigned i = 0; i < o->engine_count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s/%s", o->directory, o->engines[i]->name, work->name);
        machine_remove(path);
    }
}

void run_all(results *r) {
    const options *o = r->options;
    set_handlers(stop);
    for (unsigned run = 0; run < o->runs && !stopped; run++) {
        for (unsigned i = 0; i < o->work_count && !stopped; i++) {
            const work *work = o->works[i];
            if (work->limit != NULL) run_one(r, work, MACHINE);
            for (unsigned j = 0; j < o->engine_count; j++)
                if (work_fits(work, o->engines[j])) run_one(r, work, j);
            if (work->limit != NULL) run_one(r, work, MACHINE); /* again: disks drift */
            clean_up_after(o, work);
        }
    }
}

void run_clean_up(const options *o) {
    char path[4096];
    for (unsigned i = 0; i < o->engine_count; i++) {
        snprintf(path, sizeof path, "%s/%s", o->directory, o->engines[i]->name);
        machine_remove(path);
    }
    snprintf(path, sizeof path, "%s/machine", o->directory);
    machine_remove(path);
    rmdir(o->directory);
}
