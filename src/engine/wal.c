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

#define PREPARE_STEP (UINT64_C(1) << 20)
#define STAGING_SIZE ((size_t)64 << 10)
#define STAGED_MAX   ((size_t)8 << 10) /* bytes of a record that is copied, not written alone */

static uint64_t header_checksum(const log_header *h) {
    return XXH3_64bits(h, offsetof(log_header, checksum));
}

static uint64_t record_checksum(const record_header *h, uint64_t chain) {
    return XXH3_64bits_withSeed((const uint8_t *)h + sizeof h->checksum,
                                sizeof *h - sizeof h->checksum, chain);
}

static hs_status write_header(vfs_file *file, const uint8_t collection[16], uint64_t capacity,
                              uint64_t sequence) {
    log_header h = {.version = FORMAT_VERSION, .capacity = capacity, .tail_sequence = sequence};
    memcpy(h.magic, LOG_MAGIC, sizeof h.magic);
    memcpy(h.collection, collection, sizeof h.collection);
    h.checksum = header_checksum(&h);
    return vfs_write(file, 0, &(vfs_buffer){&h, sizeof h}, 1);
}

hs_status wal_create(vfs *fs, const char *path, const uint8_t collection[16], uint64_t capacity) {
    hs_status status = vfs_unlink(fs, path);
    if (status != HS_OK && status != HS_NOT_FOUND) return status;
    vfs_file *file;
    TRY(vfs_open(fs, path, true, &file));
    status = vfs_grow(file, LOG_RING_OFFSET);
    if (status == HS_OK) status = write_header(file, collection, capacity, 0);
    if (status == HS_OK) status = vfs_sync(file);
    vfs_close(file);
    return status;
}

static hs_status check_header(const log_header *h, const char *path, const uint8_t collection[16]) {
    if (memcmp(h->magic, LOG_MAGIC, sizeof h->magic) != 0 || h->checksum != header_checksum(h) ||
        h->capacity < UNIT_SIZE || h->capacity % 8 != 0) {
        return error_set(HS_CORRUPT, "%s: the log's header is damaged", path);
    }
    if (h->version > FORMAT_VERSION) {
        return error_set(HS_VERSION, "%s: log format %u is newer than this program's %d", path,
                         h->version, FORMAT_VERSION);
    }
    if (memcmp(h->collection, collection, sizeof h->collection) != 0) {
        return error_set(HS_CONFLICT, "%s belongs to another collection", path);
    }
    return HS_OK;
}

hs_status wal_open(wal *l, vfs *fs, const char *path, const uint8_t collection[16],
                   uint64_t *tail_sequence) {
    *l = (wal){.path = path};
    TRY(vfs_open(fs, path, false, &l->file));
    log_header h = {0};
    uint64_t size = 0;
    hs_status status = vfs_size(l->file, &size);
    if (status == HS_OK && size >= LOG_RING_OFFSET) status = vfs_read(l->file, 0, &h, sizeof h);
    if (status == HS_OK) status = check_header(&h, path, collection);
    if (status == HS_OK) status = vfs_random(fs, &l->session, sizeof l->session);
    if (status == HS_OK && (l->staging = memory_alloc(STAGING_SIZE)) == NULL)
        status = error_memory("the log's buffer", STAGING_SIZE);
    if (status != HS_OK) {
        memory_free(l->staging);
        vfs_close(l->file);
        *l = (wal){0};
        return status;
    }
    memcpy(l->collection, collection, sizeof l->collection);
    l->capacity = h.capacity;
    l->waiters_end = &l->waiters;
    *tail_sequence = h.tail_sequence;
    atomic_init(&l->prepared,
                size - LOG_RING_OFFSET < l->capacity ? size - LOG_RING_OFFSET : l->capacity);
    pthread_mutex_init(&l->prepare_lock, NULL);
    return HS_OK;
}

hs_status wal_verify(const wal *l, uint64_t sequence) {
    log_header h;
    TRY(vfs_read(l->file, 0, &h, sizeof h));
    TRY(check_header(&h, l->path, l->collection));
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
    hs_status status = vfs_read(file, 0, &h, sizeof h);
    vfs_close(file);
    wal log;
    uint64_t tail = 0;
    if (status != HS_OK || wal_open(&log, fs, path, h.collection, &tail) != HS_OK) return false;
    record_header record;
    uint8_t *payload;
    bool first = wal_read(&log, 0, 0, 1, &record, &payload) == HS_OK;
    memory_free(payload);
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

/* Reads from the ring; HS_NOT_FOUND where it was never written. */
static hs_status ring_read(wal *l, uint64_t position, void *data, size_t size) {
    uint8_t *to = data;
    while (size > 0) {
        uint64_t offset = position % l->capacity;
        size_t part = size < l->capacity - offset ? size : (size_t)(l->capacity - offset);
        if (offset + part > atomic_load(&l->prepared)) return HS_NOT_FOUND;
        TRY(vfs_read(l->file, LOG_RING_OFFSET + offset, to, part));
        to += part;
        position += part;
        size -= part;
    }
    return HS_OK;
}

hs_status wal_read(wal *l, uint64_t position, uint64_t chain, uint64_t sequence,
                   record_header *header, uint8_t **payload) {
    *payload = NULL;
    TRY(ring_read(l, position, header, sizeof *header));
    if (header->sequence != sequence || header->checksum != record_checksum(header, chain) ||
        wal_record_bytes(header->size) > l->capacity) {
        return HS_NOT_FOUND;
    }
    if (header->size == 0) return header->payload_hash == XXH3_64bits("", 0) ? HS_OK : HS_NOT_FOUND;
    uint8_t *bytes = memory_alloc(header->size);
    if (bytes == NULL) return error_memory("a log record", header->size);
    hs_status status = ring_read(l, position + sizeof *header, bytes, header->size);
    if (status == HS_OK && header->payload_hash != XXH3_64bits(bytes, header->size))
        status = HS_NOT_FOUND;
    if (status != HS_OK) {
        memory_free(bytes);
        return status;
    }
    *payload = bytes;
    return HS_OK;
}

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

/* One piece of the ring, split where the ring ends. */
static hs_status ring_write(wal *l, uint64_t position, const uint8_t *data, size_t size) {
    while (size > 0) {
        uint64_t offset = position % l->capacity;
        size_t part = size < l->capacity - offset ? size : (size_t)(l->capacity - offset);
        TRY(vfs_write(l->file, LOG_RING_OFFSET + offset, &(vfs_buffer){data, part}, 1));
        data += part;
        position += part;
        size -= part;
    }
    return HS_OK;
}

hs_status wal_rewrite(wal *l, uint64_t position, const record_header *header,
                      const uint8_t *payload) {
    TRY(ring_write(l, position, (const uint8_t *)header, sizeof *header));
    return ring_write(l, position + sizeof *header, payload, header->size);
}

/* Small records are gathered, so that neighbours are written with one call. */
hs_status wal_write(wal *l, const wal_record *first) {
    uint64_t start = first == NULL ? 0 : first->position; /* of what is staged */
    size_t staged = 0;
    for (const wal_record *r = first; r != NULL; r = r->next) {
        size_t size = sizeof r->header + r->payload_size, whole = wal_record_bytes(r->payload_size);
        bool copied = size <= STAGED_MAX;
        if (staged > 0 && (!copied || staged + whole > STAGING_SIZE)) {
            TRY(ring_write(l, start, l->staging, staged));
            start = r->position;
            staged = 0;
        }
        if (copied) {
            memcpy(l->staging + staged, &r->header, size);
        } else {
            TRY(ring_write(l, start, (const uint8_t *)&r->header, size));
            start += size;
        }
        memset(l->staging + staged + (copied ? size : 0), 0, whole - size);
        staged += copied ? whole : whole - size;
    }
    return staged == 0 ? HS_OK : ring_write(l, start, l->staging, staged);
}

hs_status wal_write_header(wal *l, uint64_t sequence) {
    return write_header(l->file, l->collection, l->capacity, sequence);
}
