/* fixture.c: a router over a fresh root directory for each test. */
#include "router/fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static hs_config small_config(void) {
    hs_config config;
    assert_ok(hs_config_preset(HS_PRESET_SMALL, &config));
    config.durability = HS_RELAXED;
    return config;
}

hs_router *open_router(const fixture *f) {
    hs_router *router = NULL;
    hs_config config = small_config();
    assert_ok(hs_router_open(f->root, &config, &router));
    return router;
}

int fixture_open(void **state) {
    const char *parent = getenv("TMPDIR");
    fixture *f = calloc(1, sizeof *f);
    if (f == NULL) return -1;
    snprintf(f->root, sizeof f->root - 8, "%s/hyperspatial-XXXXXX", parent ? parent : "/tmp");
    if (mkdtemp(f->root) == NULL) return -1;
    strcat(f->root, "/root");
    f->router = open_router(f);
    *state = f;
    return 0;
}

/* Removes the root, its files, and the directory above it. */
static void remove_root(char *root) {
    DIR *directory = opendir(root);
    struct dirent *entry;
    while (directory != NULL && (entry = readdir(directory)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(dirfd(directory), entry->d_name, 0);
    if (directory != NULL) closedir(directory);
    rmdir(root);
    *strrchr(root, '/') = '\0';
    rmdir(root);
}

int fixture_close(void **state) {
    fixture *f = *state;
    hs_status status = hs_router_close(f->router);
    if (status != HS_OK) print_error("closing: %s\n", hs_last_error());
    remove_root(f->root);
    free(f);
    return status == HS_OK ? 0 : -1;
}

void fixture_reopen(fixture *f) {
    assert_ok(hs_router_close(f->router));
    f->router = open_router(f);
}

const char *in_root(const fixture *f, const char *name) {
    static char paths[8][400];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", f->root, name);
    return path;
}

void create_medical(fixture *f) {
    assert_ok(hs_collection_create(f->router, "medical"));
    assert_ok(hs_type_create(f->router, "medical", "patients"));
    assert_ok(hs_type_create(f->router, "medical", "admissions"));
}

hs_uuid create_entity(fixture *f, const char *collection, const char *type, const char *key) {
    hs_uuid id = {0};
    hs_batch *batch;
    assert_ok(hs_batch_create(f->router, collection, &batch));
    assert_ok(hs_entity_create(batch, type, hs_slice_of(key), &id));
    assert_ok(hs_batch_commit(batch));
    hs_batch_free(batch);
    return id;
}
