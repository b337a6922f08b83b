/* settle.c: group commit: writing and syncing the log for all who wait, and the background
 * thread. */
#include "engine/settle.h"

#include <sched.h>
#include <semaphore.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"

static uint64_t max_u64(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

void settle_advance(store *s) {
    catalog *visible = atomic_load_explicit(&s->visible, memory_order_relaxed), *next;
    uint64_t synced = max_u64(s->log.synced, s->checkpointed),
             written = max_u64(s->log.written, s->checkpointed);
    while ((next = visible->next) != NULL && next->last_durable <= synced &&
           next->last_buffered <= written && next->last_unlogged <= s->checkpointed) {
        visible = next;
        atomic_store(&s->visible, visible);
        atomic_store(&s->visible_sequence, visible->sequence);
    }
}

/* What a commit still waits for. */
typedef enum lack { LACKS_NOTHING, LACKS_WRITE, LACKS_SYNC, LACKS_CHECKPOINT } lack;

/* A commit is settled when it is visible: it is then as durable as it asked to be, and so is every
 * commit before it. */
static lack lack_of(const store *s, const pending *p) {
    if (max_u64(s->log.synced, s->checkpointed) < p->last_durable) return LACKS_SYNC;
    if (max_u64(s->log.written, s->checkpointed) < p->last_buffered) return LACKS_WRITE;
    return s->checkpointed < p->last_unlogged ? LACKS_CHECKPOINT : LACKS_NOTHING;
}

/* --- leading ---------------------------------------------------------------------------------- */

/* Somebody who waits for a leader. Lives on its stack; the leader that takes it out of the list
 * does not touch it any more after the post. */
struct commit_waiter {
    struct commit_waiter *next;
    const pending *pending;
    bool settled; /* else: look again, and lead if nobody does */
    sem_t turn;
};

uint32_t settle_wake(store *s) {
    struct commit_waiter **at = &s->log.waiters;
    uint32_t found = 0;
    bool led = s->log.leader;
    for (; *at != NULL; found++) {
        struct commit_waiter *w = *at;
        w->settled = s->failed == HS_OK && lack_of(s, w->pending) == LACKS_NOTHING;
        if (!w->settled && s->failed == HS_OK && led) {
            at = &w->next;
            continue;
        }
        /* The first of those who must wait on is woken to lead; if it finds no need to, it calls
         * this again before it goes. */
        led = led || !w->settled;
        *at = w->next;
        sem_post(&w->turn);
    }
    s->log.waiters_end = at;
    return found;
}

#define GATHER_SHARE 4 /* of a sync's usual time, at most spent waiting for company */

/* Waits a little for as many committers as the last sync served: one sync for all of them costs
 * less than two, each for half. */
static void gather(store *s) {
    uint64_t start = clock_monotonic_ns(), limit = s->log.sync_ns / GATHER_SHARE;
    while (s->log.queue_count < s->log.company && clock_monotonic_ns() - start < limit) {
        pthread_mutex_unlock(&s->pipeline);
        sched_yield();
        pthread_mutex_lock(&s->pipeline);
    }
}

/* Writes records that were taken from the queue, without a lock. */
static hs_status write_records(store *s, const wal_record *first, bool sync, uint64_t *sync_ns) {
    TRY(wal_write(&s->log, first, sync));
    if (!sync) return HS_OK;
    uint64_t start = clock_monotonic_ns();
    hs_status status = vfs_sync(s->log.file);
    uint64_t took = clock_monotonic_ns() - start;
    *sync_ns = *sync_ns == 0 ? took : (*sync_ns * 7 + took) / 8;
    return status;
}

hs_status settle_flush(store *s, bool sync) {
    wal *log = &s->log;
    log->leader = true;
    if (sync && log->company > 1) gather(s);
    wal_record *first = log->queue_first;
    uint64_t upto = first != NULL ? log->queue_last->header.sequence : log->written;
    uint64_t sync_ns = log->sync_ns;
    log->queue_first = log->queue_last = NULL;
    log->queue_bytes = 0;
    log->queue_count = 0;
    pthread_mutex_unlock(&s->pipeline);
    hs_status status = write_records(s, first, sync, &sync_ns);
    wal_free_records(first);
    pthread_mutex_lock(&s->pipeline);
    log->leader = false;
    log->sync_ns = sync_ns;
    if (status == HS_OK) {
        log->written = max_u64(log->written, upto);
        if (sync) log->synced = max_u64(log->synced, upto);
        log->syncs += sync;
        settle_advance(s);
    } else {
        store_fail(s, status);
    }
    pthread_cond_broadcast(&s->progress);
    log->company = settle_wake(s) + 1; /* with the leader itself */
    return status;
}

/* Waits for the leader's word. True if the commit is settled. The pipeline lock is held; it is held
 * again only if the result is false. */
static bool await_leader(store *s, const pending *p) {
    struct commit_waiter w = {.pending = p};
    sem_init(&w.turn, 0, 0);
    *s->log.waiters_end = &w;
    s->log.waiters_end = &w.next;
    pthread_mutex_unlock(&s->pipeline);
    while (sem_wait(&w.turn) != 0)
        ; /* interrupted by a signal */
    sem_destroy(&w.turn);
    if (!w.settled) pthread_mutex_lock(&s->pipeline);
    return w.settled;
}

/* --- waiting ---------------------------------------------------------------------------------- */

hs_status settle_await_checkpoint(store *s) {
    if (!s->has_background) {
        pthread_mutex_unlock(&s->pipeline);
        hs_status status = checkpoint_run(s, CHECKPOINT_NEEDED);
        pthread_mutex_lock(&s->pipeline);
        return status;
    }
    uint64_t round = s->checkpoint_rounds, before = s->checkpointed;
    s->checkpoint_wanted = true;
    pthread_cond_signal(&s->wake);
    while (s->checkpoint_rounds == round && s->failed == HS_OK)
        pthread_cond_wait(&s->progress, &s->pipeline);
    if (s->failed != HS_OK) return store_check_writable(s);
    if (s->checkpointed == before && s->checkpoint_status != HS_OK) {
        return error_set(s->checkpoint_status, "the checkpoint that must free log space failed: %s",
                         s->checkpoint_failure);
    }
    return HS_OK;
}

#define RELAXED_QUEUE_WAKE                                                                         \
    (UINT64_C(256) << 10)                     /* bytes for which the background thread is woken */
#define RELAXED_QUEUE_MAX (UINT64_C(4) << 20) /* bytes that may wait in memory */

/* What a commit that is settled does for the others: starts what is due. The pipeline lock is held,
 * and released meanwhile. */
static bool start_what_is_due(store *s) {
    uint64_t used = s->log.end - s->log.tail;
    bool due = used > s->log.capacity / 100 * s->config.checkpoint_percent;
    if (due && s->has_background && !s->checkpoint_wanted) {
        s->checkpoint_wanted = true;
        pthread_cond_signal(&s->wake);
    }
    if (s->failed != HS_OK || s->log.leader) return due;
    if (s->log.queue_bytes > (s->has_background ? RELAXED_QUEUE_MAX : RELAXED_QUEUE_WAKE)) {
        (void)settle_flush(s, false);
    } else if (s->log.queue_bytes > RELAXED_QUEUE_WAKE && !s->flush_wanted) {
        s->flush_wanted = true;
        pthread_cond_signal(&s->wake);
    }
    return due;
}

hs_status settle(store *s, const pending *p) {
    pthread_mutex_lock(&s->pipeline);
    lack lack;
    while ((lack = lack_of(s, p)) != LACKS_NOTHING) {
        hs_status status = s->failed;
        if (status == HS_OK && lack == LACKS_CHECKPOINT) {
            settle_wake(s);
            status = settle_await_checkpoint(s);
        } else if (status == HS_OK && !s->log.leader) {
            status = settle_flush(s, lack == LACKS_SYNC);
        } else if (status == HS_OK && await_leader(s, p)) {
            return HS_OK;
        }
        if (status == HS_OK || lack_of(s, p) == LACKS_NOTHING) continue;
        store_fail(s, status);
        status = error_set(HS_IO, "%s: the commit may not be on disk: %s", s->path, s->failure);
        pthread_mutex_unlock(&s->pipeline);
        return status;
    }
    bool due = start_what_is_due(s);
    settle_wake(s);
    pthread_mutex_unlock(&s->pipeline);
    /* Without a background thread the checkpoint runs here. Its failure is not the commit's: the
     * next one meets it again. */
    if (due && !s->has_background) (void)checkpoint_run(s, CHECKPOINT_NEEDED);
    return HS_OK;
}

/* --- the background thread -------------------------------------------------------------------- */

#define BACKGROUND_PERIOD_NS UINT64_C(200000000) /* relaxed commits are written within 0.2 s */

static void wait_for_work(store *s) {
    uint64_t until = clock_monotonic_ns() + BACKGROUND_PERIOD_NS;
    struct timespec time = {(time_t)(until / 1000000000), (long)(until % 1000000000)};
    pthread_cond_timedwait(&s->wake, &s->pipeline, &time);
}

void *settle_background(void *argument) {
    store *s = argument;
    pthread_mutex_lock(&s->pipeline);
    while (!s->stopping) {
        if (s->checkpoint_wanted && s->failed == HS_OK) {
            s->checkpoint_wanted = false;
            pthread_mutex_unlock(&s->pipeline);
            (void)checkpoint_run(s, CHECKPOINT_NEEDED);
            pthread_mutex_lock(&s->pipeline);
            continue;
        }
        if (!s->flush_wanted) wait_for_work(s);
        s->flush_wanted = false;
        if (s->log.queue_first != NULL && !s->log.leader && s->failed == HS_OK && !s->stopping)
            (void)settle_flush(s, false);
    }
    pthread_mutex_unlock(&s->pipeline);
    return NULL;
}
