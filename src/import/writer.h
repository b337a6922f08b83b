/* writer.h: rows into a batch, as the mapping says.
 *
 * A row is resolved first: its key, values, references. Only if all of that is well is anything of
 * it recorded, so that a bad row leaves nothing behind. Points are gathered over the rows of a
 * block and recorded series by series at its end.
 */
#ifndef IMPORT_WRITER_H
#define IMPORT_WRITER_H

#include "hyperspatial/import.h"
#include "import/binding.h"
#include "import/resolver.h"

/* Why a row is bad. reason NULL: it is not. Both live as long as the block and the binding. */
typedef struct row_fault {
    const char *column; /* "" for the row as a whole */
    const char *reason;
} row_fault;

typedef struct writer writer;

/* Creates a writer of rows into `batch`, which it does not own, as the mapping. */
hs_status writer_create(const mapping *map, hs_batch *batch, writer **w);
void writer_free(writer *w);

/* Starts on the rows of one source; `deferred`: only the parts that are. The binding is borrowed.
 */
hs_status writer_source(writer *w, const binding *bound, bool deferred);

/* Starts a block: the entities that rows refer to are looked for in `snapshot`. */
void writer_block(writer *w, hs_snapshot *snapshot);
/* Records one row, or says what is wrong with it. An error is none of the row's making. */
hs_status writer_row(writer *w, row_block *block, const import_row *row, row_fault *fault);
/* Records the points of the block's rows. */
hs_status writer_points(writer *w);

/* What the rows recorded since writer_block amount to; `rows` and `rejected` are not touched. */
void writer_count(const writer *w, hs_import_result *result);

/* Forgets which entities exist, since one of them does not any more. */
void writer_forget(writer *w);

#endif
