/* pipeline.h: the reading thread. It unpacks, takes apart and types the sources ahead of the thread
 * that writes them, by a few blocks at most.
 *
 *      reading thread: file -> rows in a block --> filled queue --> writing thread: batch -> commit
 *                                    ^------------ free blocks <-----------------'
 */
#ifndef IMPORT_PIPELINE_H
#define IMPORT_PIPELINE_H

#include "import/binding.h"
#include "import/plan.h"

typedef struct pipeline pipeline;

/* What a step of the plan needs to know of its file. */
typedef struct step_file {
    char *path; /* NULL: the source is optional and has no file */
    uint64_t size;
    binding bound; /* made by the reading thread before the first block of the step */
} step_file;

/* A block of rows of a step. */
typedef struct pipeline_block {
    size_t step;
    row_block rows;
} pipeline_block;

/* Starts to read the steps of a plan in blocks of up to `batch_rows` rows. All arguments outlive
 * the pipeline. */
hs_status pipeline_start(const plan *order, step_file *files, size_t batch_rows, pipeline **result);

/* The next block, which goes back with pipeline_give; NULL after `seconds` without one, or at the
 * end (*ended). The errors of the reading thread. */
hs_status pipeline_take(pipeline *p, double seconds, pipeline_block **block, bool *ended);
void pipeline_give(pipeline *p, pipeline_block *block);

/* Stops the reading thread, wherever it is, and frees the pipeline; NULL is allowed. */
void pipeline_stop(pipeline *p);

#endif
