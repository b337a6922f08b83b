/* stats.c: what a collection holds, read from its counters. */
#include <stdio.h>

#include "base/error.h"
#include "base/memory.h"
#include "storage/collection.h"

static hs_status type_stats(engine_txn *txn, const engine_family_info *family,
                            hs_type_stats *stats) {
    counters counters;
    TRY(collection_counters(txn, family->family, &counters));
    *stats = (hs_type_stats){
        .entities = counters.entities,
        .edges = counters.edges,
        .series = counters.series,
        .points = counters.points,
        .vectors = counters.vectors,
        .measures = counters.measures,
        .bytes = family->pages * 4096,
    };
    snprintf(stats->entity_type, sizeof stats->entity_type, "%s", family->name);
    return HS_OK;
}

static hs_status all_type_stats(engine_txn *txn, hs_collection_stats *stats) {
    const engine_family_info *families;
    size_t count;
    TRY(engine_family_list(txn, &families, &count));
    stats->types = memory_zeroed((count + 1) * sizeof *stats->types);
    if (stats->types == NULL) return error_memory("statistics", count * sizeof *stats->types);
    for (size_t i = 0; i < count; i++) {
        if (!collection_is_type(families + i)) continue;
        TRY(type_stats(txn, families + i, stats->types + stats->type_count));
        stats->type_count++;
    }
    return HS_OK;
}

hs_status collection_stats(collection *collection, hs_collection_stats *stats) {
    engine_stats engine;
    *stats = (hs_collection_stats){0};
    TRY(engine_stats_read(collection->engine, &engine));
    engine_txn *txn;
    TRY(engine_begin_read(collection->engine, &txn));
    hs_status status = all_type_stats(txn, stats);
    engine_abort(txn);
    if (status != HS_OK) {
        hs_collection_stats_free(stats);
        return status;
    }
    stats->commits = engine.sequence;
    stats->file_bytes = engine.file_bytes;
    stats->free_bytes = engine.free_bytes;
    stats->log_bytes = engine.log_bytes;
    stats->log_used_bytes = engine.log_used_bytes;
    stats->checkpoints = engine.checkpoints;
    stats->snapshots = engine.snapshots;
    stats->oldest_snapshot = engine.oldest_snapshot;
    return HS_OK;
}

void hs_collection_stats_free(hs_collection_stats *stats) {
    memory_free(stats->types);
    *stats = (hs_collection_stats){0};
}
