/* import.c: hs_import_run: check everything, make what is missing, then write block after block. */
#include "hyperspatial/import.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "hyperspatial/vectors.h"
#include "import/pipeline.h"
#include "import/reader.h"
#include "import/rejects.h"
#include "import/writer.h"

#define BATCH_ROWS_MAX 1000000
#define COMMIT_TRIES   5 /* when others delete entities that rows refer to */

typedef struct import {
    hs_router *router;
    hs_import_options options;
    mapping map;
    plan order;
    step_file *files; /* per step */
    hs_batch *batch;
    writer *writer;
    rejects rejects;
    size_t step; /* whose binding the writer has; SIZE_MAX: none */
    hs_import_result result;
    uint64_t bytes_before; /* of the steps that are done */
    uint64_t bytes_read;   /* up to the end of the last block that was written */
    uint64_t bytes_total;
    uint64_t started; /* monotonic nanoseconds */
    uint64_t reported;
} import;

void hs_import_options_default(hs_import_options *options) {
    *options = (hs_import_options){
        .max_rejects = 100, .batch_rows = 5000, .durability = HS_BUFFERED, .progress_seconds = 0.5};
}

static hs_status check_options(const hs_import_options *options) {
    if (options->batch_rows < 1 || options->batch_rows > BATCH_ROWS_MAX)
        return error_set(HS_INVALID, "batch_rows is %zu; 1 to %d are allowed", options->batch_rows,
                         BATCH_ROWS_MAX);
    if (!(options->progress_seconds >= 0 && options->progress_seconds <= 86400))
        return error_set(HS_INVALID, "progress_seconds must be between 0 and 86,400");
    return HS_OK;
}

/* --- checking, before anything is written ---------------------------------------------------- */

/* Opens a step's file and compares its columns with the mapping. */
static hs_status check_file(const plan_step *step, step_file *file) {
    column_list columns = {0};
    binding bound = {0};
    reader *r = NULL;
    hs_status status = reader_open(step->from, file->path, &columns, false, &r);
    if (status == HS_OK) {
        file->size = reader_size(r);
        status = binding_make(step->from, file->path, reader_is_json(r), reader_columns(r), NULL,
                              &bound);
    }
    binding_free(&bound);
    reader_close(r);
    column_list_free(&columns);
    return status;
}

static hs_status check_files(import *im, const char *dir) {
    im->files = memory_zeroed(im->order.count * sizeof *im->files);
    if (im->files == NULL) return error_memory("the list of files", im->order.count);
    for (size_t i = 0; i < im->order.count; i++) {
        step_file *file = &im->files[i];
        TRY(reader_find(im->order.steps[i].from, dir, &file->path));
        if (file->path == NULL) continue;
        TRY(check_file(&im->order.steps[i], file));
        im->bytes_total += file->size;
    }
    return HS_OK;
}

static bool is_made(const mapping *map, const char *type) {
    for (size_t i = 0; i < map->source_count; i++)
        if (map->sources[i].type == type) return true;
    return false;
}

static bool has_name(const hs_names *names, const char *name) {
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->names[i], name) == 0) return true;
    return false;
}

/* Every type that the mapping names must be made by a source of it, or be there already:
 * `existing`. */
static hs_status check_types(const import *im, const hs_names *existing) {
    for (size_t i = 0; i < im->map.types.count; i++) {
        const char *type = im->map.types.names[i].data;
        if (is_made(&im->map, type) || has_name(existing, type)) continue;
        return error_set(HS_NOT_FOUND,
                         "%s refers to the entity type '%s', which no source of it makes and the "
                         "collection '%s' does not have",
                         im->map.path, type, im->map.collection);
    }
    return HS_OK;
}

static hs_status check_vector(const import *im, hs_snapshot *snapshot, const char *type,
                              const vector_spec *vector) {
    const hs_vector_kind *kinds;
    size_t count;
    TRY(hs_vector_kinds(snapshot, type, &kinds, &count));
    for (size_t i = 0; i < count; i++) {
        if (strcmp(kinds[i].name, vector->name) != 0) continue;
        const hs_vector_options *options = &kinds[i].options;
        if (options->form != HS_DENSE)
            return error_set(HS_INVALID,
                             "%s: the vector '%s' of '%s' is %s in the collection '%s'; an import "
                             "writes dense ones",
                             im->map.path, vector->name, type, hs_vector_form_name(options->form),
                             im->map.collection);
        if (options->dimension == vector->dimension) return HS_OK;
        return error_set(HS_INVALID,
                         "%s: the vector '%s' of '%s' has %u numbers, but those in the collection "
                         "'%s' have %u",
                         im->map.path, vector->name, type, vector->dimension, im->map.collection,
                         options->dimension);
    }
    return HS_OK;
}

/* Vector kinds that the collection has must have the mapping's dimensions. */
static hs_status check_vectors(const import *im, const hs_names *existing) {
    hs_snapshot *snapshot;
    TRY(hs_snapshot_open(im->router, im->map.collection, &snapshot));
    hs_status status = HS_OK;
    for (size_t s = 0; s < im->map.source_count; s++) {
        const source *from = &im->map.sources[s];
        for (size_t i = 0; i < from->vector_count && status == HS_OK; i++) {
            const char *type = vector_type(from, &from->vectors[i]);
            if (has_name(existing, type))
                status = check_vector(im, snapshot, type, &from->vectors[i]);
        }
    }
    hs_snapshot_close(snapshot);
    return status;
}

/* --- making the collection ready ------------------------------------------------------------- */

/* A kind that is there already may be stored otherwise; check_vectors has seen that it fits. */
static hs_status make_vectors(import *im, const source *from) {
    for (size_t i = 0; i < from->vector_count; i++) {
        const vector_spec *vector = &from->vectors[i];
        const hs_vector_options options = {.dimension = vector->dimension};
        hs_status status = hs_vector_register(im->router, im->map.collection,
                                              vector_type(from, vector), vector->name, &options);
        if (status != HS_OK && status != HS_EXISTS) return status;
    }
    return HS_OK;
}

static hs_status make_types(import *im, const hs_names *existing) {
    for (size_t i = 0; i < im->map.types.count; i++) {
        const char *type = im->map.types.names[i].data;
        if (has_name(existing, type)) continue;
        hs_status status = hs_type_create(im->router, im->map.collection, type);
        if (status != HS_OK && status != HS_EXISTS) return status;
    }
    for (size_t i = 0; i < im->map.source_count; i++)
        TRY(make_vectors(im, &im->map.sources[i]));
    return HS_OK;
}

static hs_status prepare_collection(import *im) {
    const char *collection = im->map.collection;
    hs_names existing = {0};
    hs_status status = hs_type_list(im->router, collection, &existing);
    /* Also where a file is there, but an earlier import was killed while it created it. */
    bool create = status == HS_NOT_FOUND;
    if (create) status = HS_OK;
    if (status == HS_OK) status = check_types(im, &existing);
    if (status == HS_OK && !create) status = check_vectors(im, &existing);
    if (status == HS_OK && create) status = hs_collection_create(im->router, collection);
    if (status == HS_OK) status = make_types(im, &existing);
    hs_names_free(&existing);
    return status;
}

/* --- writing --------------------------------------------------------------------------------- */

static hs_status reject(import *im, size_t step, import_row *row, const char *column,
                        const char *reason) {
    row->rejected = true;
    return rejects_add(&im->rejects, im->files[step].path, row, column, reason);
}

/* A row that the reader found bad. It was reported in the source's first reading already. */
static hs_status reject_unread(import *im, size_t step, import_row *row) {
    const binding *bound = &im->files[step].bound;
    if (im->order.steps[step].deferred) return HS_OK;
    const char *column =
        row->fault_column != ROW_FAULT_WHOLE ? bound->columns.names[row->fault_column].data : "";
    return reject(im, step, row, column, row->fault);
}

static hs_status record_rows(import *im, pipeline_block *block) {
    for (size_t i = 0; i < block->rows.row_count; i++) {
        import_row *row = &block->rows.rows[i];
        row_fault fault = {0};
        if (row->rejected) continue;
        if (row->fault != NULL) {
            TRY(reject_unread(im, block->step, row));
            continue;
        }
        TRY(writer_row(im->writer, &block->rows, row, &fault));
        if (fault.reason != NULL) TRY(reject(im, block->step, row, fault.column, fault.reason));
    }
    return writer_points(im->writer);
}

/* One attempt to commit a block. HS_NOT_FOUND: an entity was deleted since it was looked for. */
static hs_status try_block(import *im, pipeline_block *block) {
    hs_snapshot *snapshot;
    TRY(hs_snapshot_open(im->router, im->map.collection, &snapshot));
    writer_block(im->writer, snapshot);
    hs_status status = record_rows(im, block);
    hs_snapshot_close(snapshot);
    return status == HS_OK ? hs_batch_commit(im->batch) : status;
}

static hs_status write_block(import *im, pipeline_block *block) {
    if (im->step != block->step) {
        if (im->step != SIZE_MAX) im->bytes_before += im->files[im->step].size;
        im->step = block->step;
        TRY(writer_source(im->writer, &im->files[block->step].bound,
                          im->order.steps[block->step].deferred));
    }
    hs_status status = HS_NOT_FOUND;
    for (int tries = 0; status == HS_NOT_FOUND && tries < COMMIT_TRIES; tries++) {
        if (tries > 0) writer_forget(im->writer);
        hs_batch_clear(im->batch);
        status = try_block(im, block);
    }
    if (status != HS_OK) return status;
    writer_count(im->writer, &im->result);
    if (!im->order.steps[block->step].deferred) im->result.rows += block->rows.row_count;
    im->bytes_read = im->bytes_before + block->rows.bytes_read;
    return HS_OK;
}

/* --- progress -------------------------------------------------------------------------------- */

static double seconds_since(uint64_t start) {
    return (double)(clock_monotonic_ns() - start) / 1e9;
}

/* Tells the caller how far the import is, if it is time to. HS_CANCELLED if it shall stop. */
static hs_status report(import *im, bool finished) {
    const hs_import_options *options = &im->options;
    if (options->progress == NULL) return HS_OK;
    if (!finished && seconds_since(im->reported) < options->progress_seconds) return HS_OK;
    im->reported = clock_monotonic_ns();
    size_t step = im->step != SIZE_MAX ? im->step : 0;
    const plan_step *at = &im->order.steps[step];
    hs_import_progress progress = {.source = at->from->name,
                                   .source_index = step,
                                   .source_count = im->order.count,
                                   .rows = im->result.rows,
                                   .rejected = im->rejects.count,
                                   .bytes_read = finished ? im->bytes_total : im->bytes_read,
                                   .bytes_total = im->bytes_total,
                                   .seconds = seconds_since(im->started),
                                   .finished = finished};
    if (options->progress(options->context, &progress) || finished) return HS_OK;
    return error_set(HS_CANCELLED, "the import of %s was stopped after %llu rows", im->map.path,
                     (unsigned long long)im->result.rows);
}

/* --- the whole ------------------------------------------------------------------------------- */

static hs_status write_all(import *im) {
    pipeline *p;
    TRY(pipeline_start(&im->order, im->files, im->options.batch_rows, &p));
    hs_status status = HS_OK;
    bool ended = false;
    while (status == HS_OK && !ended) {
        pipeline_block *block;
        double wait = im->options.progress_seconds > 0.01 ? im->options.progress_seconds : 0.01;
        status = pipeline_take(p, wait, &block, &ended);
        if (status != HS_OK || ended) break;
        if (block != NULL) status = write_block(im, block);
        if (status == HS_OK) status = report(im, false);
        if (block != NULL) pipeline_give(p, block);
    }
    pipeline_stop(p);
    return status;
}

/* The directory of a path: what is before its last slash. */
static hs_status directory_of(const char *path, char **dir) {
    const char *slash = strrchr(path, '/');
    size_t size = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);
    *dir = memory_alloc(size + 1);
    if (*dir == NULL) return error_memory("a path", size + 1);
    memcpy(*dir, slash == NULL ? "." : path, size);
    (*dir)[size] = '\0';
    return HS_OK;
}

static hs_status check_all(import *im, const char *path, const char *source_dir) {
    TRY(check_options(&im->options));
    TRY(mapping_read(path, &im->map));
    TRY(plan_make(&im->map, &im->order));
    char *dir = NULL;
    hs_status status = source_dir == NULL ? directory_of(path, &dir) : HS_OK;
    if (status == HS_OK) status = check_files(im, source_dir != NULL ? source_dir : dir);
    memory_free(dir);
    return status;
}

static hs_status run(import *im) {
    TRY(rejects_open(&im->options, &im->rejects));
    TRY(prepare_collection(im));
    TRY(hs_batch_create(im->router, im->map.collection, &im->batch));
    TRY(hs_batch_durability(im->batch, im->options.durability));
    TRY(writer_create(&im->map, im->batch, &im->writer));
    TRY(write_all(im));
    TRY(rejects_close(&im->rejects));
    TRY(hs_collection_compact(im->router, im->map.collection));
    return report(im, true);
}

static void import_free(import *im) {
    writer_free(im->writer);
    hs_batch_free(im->batch);
    for (size_t i = 0; im->files != NULL && i < im->order.count; i++) {
        memory_free(im->files[i].path);
        binding_free(&im->files[i].bound);
    }
    memory_free(im->files);
    plan_free(&im->order);
    mapping_free(&im->map);
}

hs_status hs_import_run(hs_router *router, const char *mapping_path, const char *source_dir,
                        const hs_import_options *options, hs_import_result *result) {
    if (mapping_path == NULL) return error_null("path of the mapping");
    struct import im = {.router = router, .step = SIZE_MAX, .started = clock_monotonic_ns()};
    im.reported = im.started;
    hs_import_options_default(&im.options);
    if (options != NULL) im.options = *options;
    hs_status status = check_all(&im, mapping_path, source_dir);
    if (status == HS_OK) status = run(&im);
    if (status != HS_OK && im.rejects.file != NULL) {
        /* The error that stopped the import is the one to tell; the rejects so far are kept. */
        fclose(im.rejects.file);
    }
    im.result.rejected = im.rejects.count;
    im.result.seconds = seconds_since(im.started);
    if (result != NULL) *result = im.result;
    import_free(&im);
    return status;
}
