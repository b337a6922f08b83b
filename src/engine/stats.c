/* stats.c: what an open engine holds, holds back and has done. */
#include "base/clock.h"
#include "base/error.h"
#include "engine/store.h"

void stats_start(store *s) {
    s->first_sequence = s->latest->sequence;
    s->first_log_end = s->log.end;
}

/* Snapshots and what they hold back. */
static void read_snapshots(store *s, engine_stats *out) {
    readers_view view;
    uint64_t now = clock_coarse_ns(), since = now;
    store_look(s, &view);
    out->snapshots = view.count;
    out->oldest_snapshot = view.oldest;
    if (view.count > 0) since = readers_oldest_since(&s->readers, now);
    out->oldest_snapshot_age = now - since;
    out->held_bytes = space_held_units(&s->space, &view) * UNIT_SIZE;
}

/* What the pipeline lock guards. */
static void read_progress(store *s, engine_stats *out) {
    pthread_mutex_lock(&s->pipeline);
    uint64_t now = clock_monotonic_ns();
    out->commits = s->latest->sequence - s->first_sequence;
    out->log_used_bytes = s->log.end - s->log.tail;
    out->log_written_bytes = s->log.end - s->first_log_end;
    out->log_syncs = s->log.syncs;
    out->data_written_bytes = s->checkpointed_units * UNIT_SIZE;
    out->checkpoints = s->checkpoints;
    out->checkpoint_duration = s->checkpoint_duration;
    if (s->checkpoints > 0) out->checkpoint_age = now - s->checkpoint_end;
    if (s->checkpoint_start != 0) out->checkpoint_running = now - s->checkpoint_start;
    pthread_mutex_unlock(&s->pipeline);
}

hs_status store_stats(engine *e, engine_stats *out) {
    store *s = (store *)e;
    *out = (engine_stats){.sequence = atomic_load(&s->visible_sequence)};
    TRY(store_check_process(s));
    TRY(vfs_size(s->file.file, &out->file_bytes));
    TRY(vfs_size(s->log.file, &out->log_bytes));
    out->free_bytes = out->file_bytes - space_taken_units(&s->space) * UNIT_SIZE;
    out->log_capacity_bytes = s->log.capacity;
    read_snapshots(s, out);
    read_progress(s, out);
    latency_read(&s->latency, &out->latency);
    return HS_OK;
}
