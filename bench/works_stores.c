/* works_stores.c: what the works of the stores share. */
#include "works_stores.h"

stores_run stores_begin(bench_run *run) {
    return (stores_run){
        .run = run, .calls = run->driver->stores, .title = run->driver->title, .random = 4711};
}

/* Where the store `name` of this work lies. */
static void store_path(const stores_run *s, const char *name, char *path, size_t size) {
    char place[256];
    snprintf(place, sizeof place, "%s/%s", s->run->work->name, name);
    engine_path(s->run, place, path, size);
}

void stores_open(stores_run *s, const char *name, content content, bool fresh) {
    char path[4096];
    store_path(s, name, path, sizeof path);
    if (fresh) machine_remove(path);
    machine_make_directory(path);
    s->store = s->calls->open(path, content);
}

void stores_close(stores_run *s) {
    s->calls->close(s->store);
    s->store = NULL;
}

uint64_t stores_bytes(const stores_run *s, const char *name) {
    char path[4096];
    store_path(s, name, path, sizeof path);
    return machine_directory_bytes(path, NULL);
}

void stores_time(stores_run *s, const char *figure, bool inverse, stores_pass *pass,
                 void *context) {
    s->calls->begin_read(s->store);
    pass(s, context);
    uint64_t operations = 0, start = now_ns();
    double seconds;
    do {
        operations += pass(s, context);
        seconds = seconds_since(start);
    } while (seconds < s->run->options->seconds);
    s->calls->end_read(s->store);
    report(s->run, figure, inverse ? seconds / (double)operations : (double)operations / seconds);
}
