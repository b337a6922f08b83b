/* rejects.h: what becomes of bad rows: counted, told to the caller, written to a file. */
#ifndef IMPORT_REJECTS_H
#define IMPORT_REJECTS_H

#include <stdio.h>

#include "hyperspatial/import.h"
#include "import/row.h"

typedef struct rejects {
    const hs_import_options *options; /* borrowed */
    FILE *file;                       /* NULL: none is asked for */
    uint64_t count;
} rejects;

/* Creates the rejects file, if one is asked for. HS_IO, HS_FULL. */
hs_status rejects_open(const hs_import_options *options, rejects *r);

/* Reports a bad row. HS_REJECTED when it is one too many; HS_IO, HS_FULL. */
hs_status rejects_add(rejects *r, const char *file, const import_row *bad, const char *column,
                      const char *reason);

/* Makes sure that the file is written. HS_IO, HS_FULL. */
hs_status rejects_close(rejects *r);

#endif
