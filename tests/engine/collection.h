/* collection.h: an embedded engine on files in memory, for tests of its parts: no disk, no threads,
 * every run the same.
 */
#ifndef ENGINE_COLLECTION_H
#define ENGINE_COLLECTION_H

#include "engine/fixture.h"
#include "oracle/memory_vfs.h"

#define COLLECTION_PATH "collection"
#define COLLECTION_LOG  "collection-log"

typedef struct collection {
    memory_vfs *files;
    hs_config config; /* fixture_config, unless a test changes it before it opens again */
    engine *engine;   /* NULL: closed */
} collection;

/* A new collection, open. */
collection collection_create(void);
collection collection_create_with(const hs_config *config);
/* Closes it, if it is open, and frees its files. */
void collection_free(collection *c);

hs_status collection_open(collection *c);
/* Closes it and opens it again; both must succeed. */
void collection_reopen(collection *c);
/* Ends the engine as a crash does, and leaves the collection closed. The same seed leaves the same
 * files. */
void collection_crash(collection *c, memory_crash crash, uint64_t seed);
/* A second collection: what one that crashed now would leave, opened. */
collection collection_image(const collection *c, memory_crash crash, uint64_t seed);

/* Fails, printing each problem, unless engine_check finds none. */
void expect_sound(engine *e);
/* A hash over the names, options and entries of all families and tables. */
uint64_t content_hash(engine *e);

engine_stats stats_of(engine *e);
/* Pages (of 4 KiB) that a family's tables hold. */
uint64_t pages_of(engine *e, engine_family family);

/* A transaction that is only as durable as the process. */
engine_txn *begin_relaxed(engine *e, engine_family family);
/* Puts a value of `size` bytes that repeat `fill`. */
void put_filled(engine_txn *t, engine_table table, hs_slice key, size_t size, uint8_t fill);
/* A big-endian number as a key, in `bytes`. */
hs_slice number_key(uint64_t number, uint8_t bytes[8]);

#endif
