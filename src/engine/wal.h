/* wal.h: the write-ahead log: a preallocated ring of records in a file of its own, and what of it
 * is on disk.
 *
 * Commits append their record to a queue under the store's pipeline lock, which gives them their
 * place; whoever needs them on disk first becomes the leader, writes the whole queue and syncs it
 * once for all who wait (group commit).
 *
 * Positions count bytes since the collection was created; position p lies at ring offset p mod
 * capacity.
 */
#ifndef ENGINE_WAL_H
#define ENGINE_WAL_H

#include <pthread.h>
#include <stdbool.h>

#include "engine/format.h"
#include "engine/vfs.h"

/* A record on its way to the file; header and payload in one heap block. */
typedef struct wal_record {
    struct wal_record *next;
    uint64_t position;
    size_t payload_size;
    record_header header; /* followed by the payload */
    uint8_t payload[];
} wal_record;

typedef struct wal {
    vfs_file *file;
    const char *path; /* owned by the store */
    uint64_t capacity;
    uint64_t session;
    _Atomic uint64_t prepared; /* bytes of the ring that are allocated on disk */
    pthread_mutex_t prepare_lock;

    /* Guarded by the store's checkpoint lock: */
    log_header header; /* as last written */
    bool header_safe;  /* it is known to be on disk, so that the other slot may be overwritten */

    /* Below: guarded by the store's pipeline lock. */
    uint64_t tail;  /* position: records before it are in a checkpoint */
    uint64_t end;   /* position behind the last record appended */
    uint64_t chain; /* checksum of the last record appended */
    wal_record *queue_first;
    wal_record *queue_last;
    size_t queue_bytes;
    uint32_t queue_count;
    bool leader;                        /* somebody is writing */
    struct commit_waiter *waiters;      /* for what the leader does, in the order of coming */
    struct commit_waiter **waiters_end; /* where the next one is put */
    uint32_t company;                   /* committers that were there when the last sync ended */
    uint64_t sync_ns;                   /* what a sync takes, smoothed */
    uint64_t written;                   /* commits up to this one are with the operating system */
    uint64_t synced;                    /* commits up to this one are on disk */
    uint64_t syncs;                     /* how often, for commits, since opening */

    uint8_t *staging; /* the leader's: small records on their way to the file */
} wal;

/* Creates the log of a collection, replacing any file that is there; durable but for the
 * directory. */
hs_status wal_create(vfs *fs, const char *path, const uint8_t collection[16], uint64_t capacity);

/* Whether the file `path` is the log of some collection and holds commits. */
bool wal_holds_commits(vfs *fs, const char *path);

/* Opens a log. HS_NOT_FOUND; HS_CORRUPT: it is damaged; HS_CONFLICT: it is another collection's. */
hs_status wal_open(wal *l, vfs *fs, const char *path, const uint8_t collection[16],
                   uint64_t *tail_sequence);
void wal_close(wal *l);

/* Verifies the log's newest header as it lies in the file, beside a checkpoint of commit
 * `sequence`. The other slot is not needed: a crash may have torn it, and the next checkpoint
 * writes it. HS_CORRUPT, HS_CONFLICT, HS_VERSION; HS_IO if it cannot be read. */
hs_status wal_verify(const wal *l, uint64_t sequence);

/* Writes who holds the collection, for the message that others get; errors do not matter. */
void wal_write_holder(wal *l);
/* Reads it from a log that somebody else has open; "another process" if that fails. */
void wal_read_holder(vfs *fs, const char *path, char *text, size_t size);

/* Bytes that a record with a payload of `size` bytes takes in the ring. */
static inline uint64_t wal_record_bytes(size_t size) {
    return (sizeof(record_header) + (uint64_t)size + 7) / 8 * 8;
}

/* --- reading ----------------------------------------------------------------------------------
 *
 * A scan reads the ring in large pieces into a buffer and hands the records in it out one by one,
 * verified, without copying them:
 *
 *   buffer  [ handed out | read ahead |          ]
 *           0            done         filled     capacity
 */
typedef struct wal_scan {
    wal *log;
    uint64_t position; /* of the next record */
    uint64_t chain;    /* checksum of the record before it */
    uint64_t sequence; /* of the next record */
    uint8_t *buffer;
    size_t capacity;
    size_t done;
    size_t filled;
    size_t rewritten; /* bytes of the buffer that were written back */
    size_t step;      /* bytes to read at once; grows, as most logs are short after a crash */
    size_t needed;    /* bytes of the next record, if the buffer had no room for it */
    bool ended;       /* no valid record follows */
} wal_scan;

/* Begins a scan at `position` with the record of commit `sequence`, whose predecessor has checksum
 * `chain`. The buffer takes `bytes`, or as much as the longest record. HS_NO_MEMORY. */
hs_status wal_scan_open(wal_scan *s, wal *l, uint64_t position, uint64_t chain, uint64_t sequence,
                        size_t bytes);
void wal_scan_close(wal_scan *s);

/* Hands out the next record: 1, with *payload (header->size bytes) valid until wal_scan_renew. 0 if
 * the log ends here (`ended`), or if the buffer must be renewed first. HS_IO. */
int wal_scan_next(wal_scan *s, record_header *header, const uint8_t **payload);

/* Writes the records that were handed out and end at or before the position `end` back to where
 * they are, in one piece. HS_IO. */
hs_status wal_scan_rewrite(wal_scan *s, uint64_t end);

/* Makes room in the buffer: payloads handed out are gone. HS_NO_MEMORY. */
hs_status wal_scan_renew(wal_scan *s);

/* Whether a valid record of commit `sequence` begins at `position` behind one with checksum
 * `chain`. HS_NO_MEMORY, HS_IO. */
hs_status wal_has_record(wal *l, uint64_t position, uint64_t chain, uint64_t sequence, bool *has);

/* --- writing ---------------------------------------------------------------------------------- */

/* Makes sure that the ring is allocated on disk up to `position`, so that writing there cannot run
 * out of space. HS_FULL, HS_IO. */
hs_status wal_prepare(wal *l, uint64_t position);

/* Appends a record as commit `sequence`; the log owns it from now on. The caller holds the pipeline
 * lock, and has made sure that the ring has room and is prepared. */
void wal_append(wal *l, wal_record *record, uint64_t sequence);

/* Writes queued records (a list as taken from the queue) to the file; frees nothing. `synced`: a
 * sync follows at once. HS_IO. */
hs_status wal_write(wal *l, const wal_record *first, bool synced);
void wal_free_records(wal_record *first);

/* Writes the other header slot after a checkpoint of commit `sequence`, and brings it to disk: at
 * every moment one slot is whole there. The checkpoint lock is held. HS_IO. */
hs_status wal_write_header(wal *l, uint64_t sequence);
/* Writes the newest header again as it is, which tears nothing. Not synced. HS_IO. */
hs_status wal_rewrite_header(wal *l);

#endif
