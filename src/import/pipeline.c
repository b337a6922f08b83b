/* pipeline.c: blocks from the reading to the writing thread and back. */
#include "import/pipeline.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "import/reader.h"

#define BLOCKS 4

/* A ring of blocks; it never holds more than there are. */
typedef struct block_queue {
    pipeline_block *blocks[BLOCKS];
    size_t first;
    size_t count;
} block_queue;

struct pipeline {
    const plan *order;
    step_file *files;
    size_t batch_rows;
    pthread_t thread;
    pipeline_block blocks[BLOCKS];

    pthread_mutex_t lock; /* of everything below */
    pthread_cond_t changed;
    block_queue filled;
    block_queue free;
    bool stopping; /* the writing thread has had enough */
    bool ended;    /* the reading thread is done, with `status` */
    hs_status status;
    char message[1024];
};

static void queue_put(block_queue *q, pipeline_block *block) {
    assert(q->count < BLOCKS);
    q->blocks[(q->first + q->count++) % BLOCKS] = block;
}

static pipeline_block *queue_take(block_queue *q) {
    if (q->count == 0) return NULL;
    pipeline_block *block = q->blocks[q->first];
    q->first = (q->first + 1) % BLOCKS;
    q->count--;
    return block;
}

/* --- the reading thread ---------------------------------------------------------------------- */

static bool is_stopping(pipeline *p) {
    pthread_mutex_lock(&p->lock);
    bool stopping = p->stopping;
    pthread_mutex_unlock(&p->lock);
    return stopping;
}

/* A free block; NULL when the pipeline is being stopped. */
static pipeline_block *wait_for_free(pipeline *p) {
    pthread_mutex_lock(&p->lock);
    while (p->free.count == 0 && !p->stopping)
        pthread_cond_wait(&p->changed, &p->lock);
    pipeline_block *block = p->stopping ? NULL : queue_take(&p->free);
    pthread_mutex_unlock(&p->lock);
    return block;
}

static void put(pipeline *p, block_queue *q, pipeline_block *block) {
    pthread_mutex_lock(&p->lock);
    queue_put(q, block);
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

/* Reads the file once for the types of its columns, with a block that waits anyway. */
static hs_status infer(pipeline *p, reader *r, inference *known) {
    pipeline_block *block = wait_for_free(p);
    if (block == NULL) return HS_OK;
    hs_status status = HS_OK;
    while (status == HS_OK && !is_stopping(p)) {
        status = reader_fill(r, p->batch_rows, &block->rows);
        if (status != HS_OK || block->rows.row_count == 0) break;
        status = inference_add(known, reader_columns(r), &block->rows);
    }
    put(p, &p->free, block);
    return status;
}

/* Finds out what there is to know of a step's file before its rows are written. */
static hs_status bind_file(pipeline *p, const plan_step *step, step_file *file, bool *is_json) {
    column_list columns = {0};
    reader *r = NULL;
    bool needed = !step->deferred && inference_needed(step->from);
    hs_status status = reader_open(step->from, file->path, &columns, needed, &r);
    inference known = {.of = step->from};
    if (status == HS_OK) {
        *is_json = known.json = reader_is_json(r);
        if (needed) status = infer(p, r, &known);
    }
    if (status == HS_OK)
        status = binding_make(step->from, file->path, *is_json, reader_columns(r),
                              needed ? &known : NULL, &file->bound);
    inference_free(&known);
    reader_close(r);
    column_list_free(&columns);
    return status;
}

static hs_status read_step(pipeline *p, size_t index) {
    const plan_step *step = &p->order->steps[index];
    step_file *file = &p->files[index];
    bool is_json;
    if (file->path == NULL) return HS_OK;
    TRY(bind_file(p, step, file, &is_json));
    reader *r;
    TRY(reader_open(step->from, file->path, &file->bound.columns, false, &r));
    hs_status status = HS_OK;
    for (;;) {
        pipeline_block *block = wait_for_free(p);
        if (block == NULL) break;
        block->step = index;
        status = reader_fill(r, p->batch_rows, &block->rows);
        bool some = status == HS_OK && block->rows.row_count > 0;
        put(p, some ? &p->filled : &p->free, block);
        if (!some) break;
    }
    reader_close(r);
    return status;
}

static void *read_all(void *context) {
    pipeline *p = context;
    hs_status status = HS_OK;
    for (size_t i = 0; i < p->order->count && status == HS_OK && !is_stopping(p); i++)
        status = read_step(p, i);
    pthread_mutex_lock(&p->lock);
    p->ended = true;
    p->status = status;
    if (status != HS_OK) snprintf(p->message, sizeof p->message, "%s", hs_last_error());
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* --- the writing thread ---------------------------------------------------------------------- */

hs_status pipeline_start(const plan *order, step_file *files, size_t batch_rows,
                         pipeline **result) {
    *result = NULL;
    pipeline *p = memory_zeroed(sizeof *p);
    if (p == NULL) return error_memory("the import's queue", sizeof *p);
    p->order = order;
    p->files = files;
    p->batch_rows = batch_rows;
    for (size_t i = 0; i < BLOCKS; i++)
        queue_put(&p->free, &p->blocks[i]);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&p->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&p->lock, NULL);
    int error = pthread_create(&p->thread, NULL, read_all, p);
    if (error != 0) {
        pthread_cond_destroy(&p->changed);
        pthread_mutex_destroy(&p->lock);
        memory_free(p);
        return error_errno(error, "cannot start the thread that reads the sources");
    }
    *result = p;
    return HS_OK;
}

static struct timespec after(double seconds) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    int64_t ns = time.tv_nsec + (int64_t)(seconds * 1e9);
    time.tv_sec += ns / 1000000000;
    time.tv_nsec = ns % 1000000000;
    return time;
}

hs_status pipeline_take(pipeline *p, double seconds, pipeline_block **block, bool *ended) {
    struct timespec deadline = after(seconds);
    hs_status status = HS_OK;
    int waited = 0;
    pthread_mutex_lock(&p->lock);
    while (p->filled.count == 0 && !p->ended && waited == 0)
        waited = pthread_cond_timedwait(&p->changed, &p->lock, &deadline);
    *block = queue_take(&p->filled);
    *ended = *block == NULL && p->ended;
    if (*ended && p->status != HS_OK) status = error_set(p->status, "%s", p->message);
    pthread_mutex_unlock(&p->lock);
    return status;
}

void pipeline_give(pipeline *p, pipeline_block *block) {
    put(p, &p->free, block);
}

void pipeline_stop(pipeline *p) {
    if (p == NULL) return;
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    for (size_t i = 0; i < BLOCKS; i++)
        row_block_free(&p->blocks[i].rows);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
    memory_free(p);
}
