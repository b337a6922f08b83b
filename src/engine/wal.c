/* wal.c: the log file: its header, its ring, reading and writing records. Who writes when is
 * commit.c's concern. */
#include "engine/wal.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/error.h"
#include "base/memory.h"

#define PREPARE_STEP  (UINT64_C(1) << 20)
#define STAGING_SIZE  ((size_t)64 << 10)
#define SCAN_STEP_MIN ((size_t)64 << 10)
#define SCAN_STEP_MAX ((size_t)1 << 20)
#define STAGED_MAX    ((size_t)8 << 10) /* bytes of a record that is copied, not written alone */

static uint64_t header_checksum(const log_header *h) {
    return XXH3_64bits(h, offsetof(log_header, checksum));
}

static uint64_t record_checksum(const record_header *h, uint64_t chain) {
    return XXH3_64bits_withSeed((const uint8_t *)h + sizeof h->checksum,
                                sizeof *h - sizeof h->checksum, chain);
}

/* Writes a header into the slot of its generation. */
static hs_status put_header(vfs_file *file, log_header *h) {
    h->checksum = header_checksum(h);
    return vfs_write(file, h->generation % 2 * UNIT_SIZE, &(vfs_buffer){h, sizeof *h}, 1);
}

hs_status wal_create(vfs *fs, const char *path, const uint8_t collection[16], uint64_t capacity) {
    hs_status status = vfs_unlink(fs, path);
    if (status != HS_OK && status != HS_NOT_FOUND) return status;
    log_header h = {.version = FORMAT_VERSION, .capacity = capacity};
    memcpy(h.magic, LOG_MAGIC, sizeof h.magic);
    memcpy(h.collection, collection, sizeof h.collection);
    vfs_file *file;
    TRY(vfs_open(fs, path, true, &file));
    status = vfs_grow(file, LOG_RING_OFFSET);
    for (h.generation = 1; status == HS_OK && h.generation <= 2; h.generation++)
        status = put_header(file, &h);
    if (status == HS_OK) status = vfs_sync(file);
    vfs_close(file);
    return status;
}

/* No log has had as many headers: adding to one below cannot overflow. */
#define GENERATION_LIMIT (UINT64_C(1) << 62)

/* Whether a header whose checksum fits can be what was written into a slot. */
static bool header_is_possible(const log_header *h, uint64_t slot) {
    return h->version == FORMAT_VERSION && h->generation % 2 == slot &&
           h->generation < GENERATION_LIMIT && h->capacity >= UNIT_SIZE && h->capacity % 8 == 0;
}

/* Reads the newer valid header slot. HS_CORRUPT, HS_VERSION, HS_IO. */
static hs_status read_header(vfs_file *file, const char *path, log_header *newest) {
    log_header slots[2] = {{.version = 0}, {.version = 0}};
    uint64_t size = 0;
    TRY(vfs_size(file, &size));
    for (uint64_t i = 0; i < 2 && size >= LOG_RING_OFFSET; i++)
        TRY(vfs_read(file, i * UNIT_SIZE, &slots[i], sizeof slots[i]));
    *newest = (log_header){.generation = 0};
    for (uint64_t i = 0; i < 2; i++) {
        const log_header *h = &slots[i];
        if (memcmp(h->magic, LOG_MAGIC, sizeof h->magic) != 0) continue;
        if (h->checksum != header_checksum(h)) continue;
        if (h->version > FORMAT_VERSION) {
            return error_set(HS_VERSION, "%s: log format %u is newer than this program's %d", path,
                             h->version, FORMAT_VERSION);
        }
        if (header_is_possible(h, i) && h->generation > newest->generation) *newest = *h;
    }
    if (newest->generation > 0) return HS_OK;
    return error_set(HS_CORRUPT, "%s: the log's header is damaged, in both slots", path);
}

static hs_status check_owner(const log_header *h, const char *path, const uint8_t collection[16]) {
    if (memcmp(h->collection, collection, sizeof h->collection) == 0) return HS_OK;
    return error_set(HS_CONFLICT, "%s belongs to another collection", path);
}

hs_status wal_open(wal *l, vfs *fs, const char *path, const uint8_t collection[16],
                   uint64_t *tail_sequence) {
    *l = (wal){.path = path};
    TRY(vfs_open(fs, path, false, &l->file));
    uint64_t size = 0;
    hs_status status = vfs_size(l->file, &size);
    if (status == HS_OK) status = read_header(l->file, path, &l->header);
    if (status == HS_OK) status = check_owner(&l->header, path, collection);
    if (status == HS_OK) status = vfs_random(fs, &l->session, sizeof l->session);
    if (status == HS_OK && (l->staging = memory_alloc(STAGING_SIZE)) == NULL)
        status = error_memory("the log's buffer", STAGING_SIZE);
    if (status != HS_OK) {
        memory_free(l->staging);
        vfs_close(l->file);
        *l = (wal){0};
        return status;
    }
    l->capacity = l->header.capacity;
    l->waiters_end = &l->waiters;
    *tail_sequence = l->header.tail_sequence;
    atomic_init(&l->prepared,
                size - LOG_RING_OFFSET < l->capacity ? size - LOG_RING_OFFSET : l->capacity);
    pthread_mutex_init(&l->prepare_lock, NULL);
    return HS_OK;
}

hs_status wal_verify(const wal *l, uint64_t sequence) {
    log_header h;
    TRY(read_header(l->file, l->path, &h));
    TRY(check_owner(&h, l->path, l->header.collection));
    if (h.generation != l->header.generation) {
        return error_set(HS_CORRUPT,
                         "%s: the log's header is damaged in slot %llu: the newest that can be "
                         "read has generation %llu instead of %llu",
                         l->path, (unsigned long long)(l->header.generation % 2),
                         (unsigned long long)h.generation,
                         (unsigned long long)l->header.generation);
    }
    if (h.capacity == l->capacity && h.tail_sequence <= sequence) return HS_OK;
    return error_set(HS_CORRUPT,
                     "%s: the log's header tells of a ring of %llu bytes that begins behind commit "
                     "%llu, where %llu bytes and at most commit %llu were expected",
                     l->path, (unsigned long long)h.capacity, (unsigned long long)h.tail_sequence,
                     (unsigned long long)l->capacity, (unsigned long long)sequence);
}

bool wal_holds_commits(vfs *fs, const char *path) {
    vfs_file *file;
    log_header h;
    if (vfs_open(fs, path, false, &file) != HS_OK) return false;
    hs_status status = read_header(file, path, &h);
    vfs_close(file);
    wal log;
    uint64_t tail = 0;
    if (status != HS_OK || wal_open(&log, fs, path, h.collection, &tail) != HS_OK) return false;
    bool first = false;
    if (wal_has_record(&log, 0, 0, 1, &first) != HS_OK) first = false;
    /* Behind a checkpoint the place of the next record is not known here: any ring may hold
     * some. */
    bool holds = first || (tail > 0 && atomic_load(&log.prepared) > 0);
    wal_close(&log);
    return holds;
}

void wal_free_records(wal_record *first) {
    while (first != NULL) {
        wal_record *next = first->next;
        memory_free(first);
        first = next;
    }
}

void wal_close(wal *l) {
    if (l->file == NULL) return;
    wal_free_records(l->queue_first);
    memory_free(l->staging);
    vfs_close(l->file);
    pthread_mutex_destroy(&l->prepare_lock);
    *l = (wal){0};
}

/* --- who holds it ----------------------------------------------------------------------------- */

void wal_write_holder(wal *l) {
    char text[LOG_HOLDER_SIZE] = {0};
    char name[64] = "a program";
    FILE *comm = fopen("/proc/self/comm", "r");
    if (comm != NULL) {
        if (fgets(name, sizeof name, comm) != NULL) name[strcspn(name, "\n")] = '\0';
        fclose(comm);
    }
    snprintf(text, sizeof text, "process %ld (%s)", (long)getpid(), name);
    (void)vfs_write(l->file, LOG_HOLDER_OFFSET, &(vfs_buffer){text, sizeof text}, 1);
}

void wal_read_holder(vfs *fs, const char *path, char *text, size_t size) {
    char stored[LOG_HOLDER_SIZE] = {0};
    vfs_file *file;
    snprintf(text, size, "another process");
    if (vfs_open(fs, path, false, &file) != HS_OK) return;
    if (vfs_read(file, LOG_HOLDER_OFFSET, stored, sizeof stored) == HS_OK && stored[0] != '\0') {
        stored[sizeof stored - 1] = '\0';
        snprintf(text, size, "%s", stored);
    }
    vfs_close(file);
}

/* --- the ring --------------------------------------------------------------------------------- */

/* Reads from the ring, around its end. */
static hs_status ring_read(wal *l, uint64_t position, uint8_t *to, size_t size) {
    while (size > 0) {
        uint64_t offset = position % l->capacity;
        size_t part = size < l->capacity - offset ? size : (size_t)(l->capacity - offset);
        TRY(vfs_read(l->file, LOG_RING_OFFSET + offset, to, part));
        to += part;
        position += part;
        size -= part;
    }
    return HS_OK;
}

#define STORED_MAX 1024u /* bytes that are stored rather than written, unless a sync follows */

/* One piece of the ring, split where the ring ends. */
static hs_status ring_write(wal *l, uint64_t position, const uint8_t *data, size_t size,
                            bool synced) {
    while (size > 0) {
        uint64_t offset = position % l->capacity;
        size_t part = size < l->capacity - offset ? size : (size_t)(l->capacity - offset);
        if (!synced && part <= STORED_MAX)
            TRY(vfs_store(l->file, LOG_RING_OFFSET + offset, data, part));
        else
            TRY(vfs_write(l->file, LOG_RING_OFFSET + offset, &(vfs_buffer){data, part}, 1));
        data += part;
        position += part;
        size -= part;
    }
    return HS_OK;
}

/* Bytes from `position` on that were ever written. */
static uint64_t ring_readable(wal *l, uint64_t position) {
    uint64_t prepared = atomic_load(&l->prepared), offset = position % l->capacity;
    if (prepared == l->capacity) return l->capacity;
    return offset < prepared ? prepared - offset : 0;
}

/* --- scanning --------------------------------------------------------------------------------- */

hs_status wal_scan_open(wal_scan *s, wal *l, uint64_t position, uint64_t chain, uint64_t sequence,
                        size_t bytes) {
    *s = (wal_scan){.log = l, .position = position, .chain = chain, .sequence = sequence};
    s->capacity = bytes < l->capacity ? bytes : (size_t)l->capacity;
    s->step = SCAN_STEP_MIN;
    s->buffer = memory_alloc(s->capacity);
    return s->buffer == NULL ? error_memory("the log's records", s->capacity) : HS_OK;
}

void wal_scan_close(wal_scan *s) {
    memory_free(s->buffer);
    s->buffer = NULL;
}

/* Reads on until `needed` bytes, which the buffer has room for, lie behind what was handed out.
 * HS_NOT_FOUND: so many were never written. */
static hs_status scan_fetch(wal_scan *s, size_t needed) {
    size_t have = s->filled - s->done, want = have + s->step;
    if (have >= needed) return HS_OK;
    uint64_t readable = ring_readable(s->log, s->position);
    if (readable < needed) return HS_NOT_FOUND;
    if (want > s->capacity - s->done) want = s->capacity - s->done;
    if (want > readable) want = (size_t)readable;
    if (want < needed) want = needed;
    TRY(ring_read(s->log, s->position + have, s->buffer + s->filled, want - have));
    s->filled = s->done + want;
    if (s->step < SCAN_STEP_MAX) s->step *= 2;
    return HS_OK;
}

/* The next record as a whole in the buffer, verified. HS_NOT_FOUND: it is none. HS_LIMIT: the
 * buffer has no room for it. */
static hs_status scan_record(wal_scan *s, record_header *header) {
    size_t room = s->capacity - s->done;
    s->needed = sizeof *header;
    if (room < s->needed) return HS_LIMIT;
    TRY(scan_fetch(s, s->needed));
    memcpy(header, s->buffer + s->done, sizeof *header);
    uint64_t bytes = wal_record_bytes(header->size);
    if (header->sequence != s->sequence || header->checksum != record_checksum(header, s->chain) ||
        bytes > s->log->capacity) {
        return HS_NOT_FOUND;
    }
    s->needed = (size_t)bytes;
    if (room < s->needed) return HS_LIMIT;
    TRY(scan_fetch(s, sizeof *header + header->size));
    const uint8_t *payload = s->buffer + s->done + sizeof *header;
    return header->payload_hash == XXH3_64bits(payload, header->size) ? HS_OK : HS_NOT_FOUND;
}

int wal_scan_next(wal_scan *s, record_header *header, const uint8_t **payload) {
    hs_status status = s->ended ? HS_NOT_FOUND : scan_record(s, header);
    if (status == HS_NOT_FOUND) s->ended = true;
    if (status == HS_NOT_FOUND || status == HS_LIMIT) return 0;
    if (status != HS_OK) return (int)status;
    *payload = s->buffer + s->done + sizeof *header;
    s->done += s->needed;
    if (s->filled < s->done) { /* the file ends before what rounds the last record up */
        memset(s->buffer + s->filled, 0, s->done - s->filled);
        s->filled = s->done;
    }
    s->position += s->needed;
    s->chain = header->checksum;
    s->sequence++;
    return 1;
}

hs_status wal_scan_rewrite(wal_scan *s, uint64_t end) {
    uint64_t from = s->position - s->done + s->rewritten;
    if (end <= from) return HS_OK;
    assert(end <= s->position);
    size_t size = (size_t)(end - from);
    TRY(ring_write(s->log, from, s->buffer + s->rewritten, size, true));
    s->rewritten += size;
    uint64_t offset = from % s->log->capacity, to_wrap = s->log->capacity - offset;
    vfs_write_behind(s->log->file, LOG_RING_OFFSET + offset, size < to_wrap ? size : to_wrap);
    return HS_OK;
}

hs_status wal_scan_renew(wal_scan *s) {
    uint8_t *buffer = s->buffer;
    size_t rest = s->filled - s->done, capacity = s->capacity;
    if (s->needed > capacity) {
        capacity = s->needed;
        buffer = memory_alloc(capacity);
        if (buffer == NULL) return error_memory("a log record", capacity);
    }
    memmove(buffer, s->buffer + s->done, rest);
    if (buffer != s->buffer) memory_free(s->buffer);
    s->buffer = buffer;
    s->capacity = capacity;
    s->filled = rest;
    s->done = s->rewritten = 0;
    return HS_OK;
}

hs_status wal_has_record(wal *l, uint64_t position, uint64_t chain, uint64_t sequence, bool *has) {
    wal_scan scan;
    record_header header;
    const uint8_t *payload;
    TRY(wal_scan_open(&scan, l, position, chain, sequence, SCAN_STEP_MIN));
    int next = wal_scan_next(&scan, &header, &payload);
    if (next == 0 && !scan.ended) {
        hs_status status = wal_scan_renew(&scan);
        next = status == HS_OK ? wal_scan_next(&scan, &header, &payload) : (int)status;
    }
    wal_scan_close(&scan);
    *has = next == 1;
    return next < 0 ? (hs_status)next : HS_OK;
}

/* --- writing ---------------------------------------------------------------------------------- */

hs_status wal_prepare(wal *l, uint64_t position) {
    uint64_t needed = position < l->capacity ? position : l->capacity;
    if (needed <= atomic_load(&l->prepared)) return HS_OK;
    pthread_mutex_lock(&l->prepare_lock);
    hs_status status = HS_OK;
    uint64_t have = atomic_load(&l->prepared);
    if (needed > have) {
        /* Zeros are written, not only allocated: overwriting unwritten extents would cost a
         * metadata commit each. */
        uint64_t target = (needed + PREPARE_STEP - 1) / PREPARE_STEP * PREPARE_STEP;
        if (target > l->capacity) target = l->capacity;
        size_t step = 256 * 1024;
        uint8_t *zeros = memory_zeroed(step);
        if (zeros == NULL) status = error_memory("log space", step);
        while (status == HS_OK && have < target) {
            size_t part = target - have < step ? (size_t)(target - have) : step;
            status = vfs_write(l->file, LOG_RING_OFFSET + have, &(vfs_buffer){zeros, part}, 1);
            if (status == HS_OK) atomic_store(&l->prepared, have += part);
        }
        memory_free(zeros);
    }
    pthread_mutex_unlock(&l->prepare_lock);
    return status;
}

void wal_append(wal *l, wal_record *record, uint64_t sequence) {
    record_header *h = &record->header;
    h->sequence = sequence;
    h->session = l->session;
    h->checksum = record_checksum(h, l->chain);
    l->chain = h->checksum;
    record->position = l->end;
    record->next = NULL;
    l->end += wal_record_bytes(record->payload_size);
    assert(l->end - l->tail <= l->capacity);
    if (l->queue_last != NULL) {
        l->queue_last->next = record;
    } else {
        l->queue_first = record;
    }
    l->queue_last = record;
    l->queue_bytes += wal_record_bytes(record->payload_size);
    l->queue_count++;
}

/* Small records are gathered, so that neighbours are written with one call. */
hs_status wal_write(wal *l, const wal_record *first, bool synced) {
    uint64_t start = first == NULL ? 0 : first->position; /* of what is staged */
    size_t staged = 0;
    for (const wal_record *r = first; r != NULL; r = r->next) {
        size_t size = sizeof r->header + r->payload_size, whole = wal_record_bytes(r->payload_size);
        bool copied = size <= STAGED_MAX;
        if (staged > 0 && (!copied || staged + whole > STAGING_SIZE)) {
            TRY(ring_write(l, start, l->staging, staged, synced));
            start = r->position;
            staged = 0;
        }
        if (copied) {
            memcpy(l->staging + staged, &r->header, size);
        } else {
            TRY(ring_write(l, start, (const uint8_t *)&r->header, size, synced));
            start += size;
        }
        memset(l->staging + staged + (copied ? size : 0), 0, whole - size);
        staged += copied ? whole : whole - size;
    }
    return staged == 0 ? HS_OK : ring_write(l, start, l->staging, staged, synced);
}

hs_status wal_rewrite_header(wal *l) {
    return put_header(l->file, &l->header);
}

/* Writes the newest header and brings it to disk, nothing else of the log along with it. */
static hs_status save_header(wal *l) {
    l->header_safe = false;
    TRY(put_header(l->file, &l->header));
    TRY(vfs_write_back(l->file, l->header.generation % 2 * UNIT_SIZE, UNIT_SIZE));
    TRY(vfs_sync_written(l->file));
    l->header_safe = true;
    return HS_OK;
}

hs_status wal_write_header(wal *l, uint64_t sequence) {
    /* The newest header of an earlier process may be no further than in the system's cache, where
     * it would hide that the disk has only the slot that is overwritten now. */
    if (!l->header_safe) TRY(save_header(l));
    l->header.generation++;
    l->header.tail_sequence = sequence;
    return save_header(l);
}
