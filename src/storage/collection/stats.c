/* stats.c: what a collection holds, read from its counters. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "storage/collection/collection.h"

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

static double seconds(uint64_t nanoseconds) {
    return (double)nanoseconds / 1e9;
}

_Static_assert(HS_LATENCY_BUCKETS == ENGINE_LATENCY_BUCKETS, "the same buckets");

static hs_latency latency_of(const engine_latency *from) {
    hs_latency to = {from->count, from->p50, from->p90, from->p99, from->max, {0}};
    memcpy(to.buckets, from->buckets, sizeof to.buckets);
    return to;
}

static void take_over(hs_collection_stats *to, const engine_stats *from) {
    to->commits = from->sequence;
    to->file_bytes = from->file_bytes;
    to->free_bytes = from->free_bytes;
    to->held_bytes = from->held_bytes;
    to->log_bytes = from->log_bytes;
    to->log_used_bytes = from->log_used_bytes;
    to->log_capacity_bytes = from->log_capacity_bytes;
    to->snapshots = from->snapshots;
    to->oldest_snapshot = from->oldest_snapshot;
    to->oldest_snapshot_seconds = seconds(from->oldest_snapshot_age);
    to->opened_commits = from->commits;
    to->log_written_bytes = from->log_written_bytes;
    to->log_syncs = from->log_syncs;
    to->data_written_bytes = from->data_written_bytes;
    to->checkpoints = from->checkpoints;
    to->checkpoint_seconds = seconds(from->checkpoint_duration);
    to->checkpoint_age_seconds = seconds(from->checkpoint_age);
    to->checkpoint_running_seconds = seconds(from->checkpoint_running);
    to->commit_latency = latency_of(&from->latency);
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
    take_over(stats, &engine);
    return HS_OK;
}

void hs_collection_stats_free(hs_collection_stats *stats) {
    memory_free(stats->types);
    *stats = (hs_collection_stats){0};
}
