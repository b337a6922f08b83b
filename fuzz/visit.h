/* visit.h: everything that a program does with a collection, done to files that may be anything. */
#ifndef FUZZ_VISIT_H
#define FUZZ_VISIT_H

#include "engine/engine.h"
#include "files.h"

hs_config visit_config(void);

typedef enum visit_trust {
    /* Anything may be wrong with the files, and checksums tell. */
    VISIT_ANY,
    /* Checksums fit whatever is wrong: nothing is written to what check does not call sound. A page
     * that the space map shows as free, or that two tables share, cannot be noticed by a writer. */
    VISIT_SEALED,
    /* What opens is sound. */
    VISIT_SOUND
} visit_trust;

/* Opens the collection, reads everything, checks it, writes a little to every table, saves, drops,
 * compacts and closes. Any call may fail; what check calls sound must be readable, take the writes
 * and be sound afterwards. */
void visit_collection(memory_vfs *m, visit_trust trust);

/* A new collection that has tables of every kind with a few entries and a long value, saved once,
 * with two more commits in its log. Always the same. */
memory_vfs *visit_example(void);

#endif
