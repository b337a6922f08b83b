/* files.c: making, describing and sealing the files of a collection. */
#include "files.h"

#include <string.h>
#include <xxhash.h>

#include "base/bytes.h"
#include "engine/store.h"
#include "target.h"

/* Pieces are apart by at least this many zeros, so that their heads do not outweigh them. */
#define GAP 16

static void write_at(memory_vfs *m, const char *path, uint64_t offset, const uint8_t *bytes,
                     size_t size) {
    vfs *fs = memory_vfs_base(m);
    vfs_file *file = NULL;
    if (vfs_open(fs, path, false, &file) != HS_OK) {
        must_hold(vfs_open(fs, path, true, &file) == HS_OK);
        must_hold(vfs_grow(file, 2 * UNIT_SIZE) == HS_OK);
    }
    uint64_t end = (offset + size + UNIT_SIZE - 1) / UNIT_SIZE * UNIT_SIZE;
    must_hold(vfs_grow(file, end) == HS_OK);
    must_hold(vfs_write(file, offset, &(vfs_buffer){bytes, size}, 1) == HS_OK);
    vfs_close(file);
}

bool files_are_sealed(const uint8_t *data, size_t size) {
    return size > 0 && (data[0] & FILES_SEALED) != 0;
}

void files_make(memory_vfs *m, const uint8_t *data, size_t size, uint32_t only) {
    const uint8_t *end = data + size;
    for (const uint8_t *at = data + (size > 0); end - at > 6;) {
        uint32_t place = load_u32(at) | only, offset = place & ~FILES_IN_LOG;
        size_t length = load_u16(at + 4), left = (size_t)(end - at) - 6;
        if (length > left) length = left;
        at += 6;
        if (offset < FILES_MAX && length <= FILES_MAX - offset)
            write_at(m, (place & FILES_IN_LOG) != 0 ? FILES_LOG : FILES_PATH, offset, at, length);
        at += length;
    }
    if (files_are_sealed(data, size)) files_seal(m);
}

/* --- describing ------------------------------------------------------------------------------- */

/* The end of the piece that begins at `from`: where zeros begin, or it gets too long. */
static uint64_t piece_end(const uint8_t *bytes, uint64_t from, uint64_t size) {
    uint64_t end = from, zeros = 0;
    for (uint64_t at = from; at < size && at - from < UINT16_MAX && zeros < GAP; at++) {
        zeros = bytes[at] == 0 ? zeros + 1 : 0;
        if (zeros == 0) end = at + 1;
    }
    return end;
}

void files_describe(memory_vfs *m, const char *path, FILE *out) {
    uint64_t size = 0;
    const uint8_t *bytes = memory_vfs_bytes(m, path, &size);
    uint32_t in_log = strcmp(path, FILES_LOG) == 0 ? FILES_IN_LOG : 0;
    must_hold(bytes != NULL && size <= FILES_MAX + LOG_RING_OFFSET);
    for (uint64_t at = 0; at < size; at++) {
        if (bytes[at] == 0) continue;
        uint64_t end = piece_end(bytes, at, size);
        uint8_t head[6];
        store_u32(head, (uint32_t)at | in_log);
        store_u16(head + 4, (uint16_t)(end - at));
        must_hold(fwrite(head, 1, sizeof head, out) == sizeof head);
        must_hold(fwrite(bytes + at, 1, (size_t)(end - at), out) == end - at);
        at = end - 1;
    }
}

/* --- sealing ---------------------------------------------------------------------------------- */

/* From the last page to the first, as what looks like a page may lie inside of one before it. */
static void seal_pages(uint8_t *bytes, uint64_t size) {
    uint64_t units = size / UNIT_SIZE;
    for (uint64_t unit = units; unit-- > FIRST_PAGE;) {
        page_header *page = (page_header *)(void *)(bytes + unit * UNIT_SIZE);
        if (page->kind < PAGE_INNER || page->kind > PAGE_SPACE) continue;
        if (page->units == 0 || page->units > units - unit) continue;
        const value_header *run = (const value_header *)(const void *)page;
        uint64_t room = (uint64_t)page->units * UNIT_SIZE - sizeof *run;
        if (page->kind >= PAGE_VALUE && run->bytes > room) continue;
        page->checksum = page_checksum(page);
    }
}

static void seal_log_slots(uint8_t *bytes, uint64_t size) {
    for (uint64_t slot = 0; slot < 2 && size >= LOG_RING_OFFSET; slot++) {
        log_header h;
        memcpy(&h, bytes + slot * UNIT_SIZE, sizeof h);
        h.checksum = XXH3_64bits(&h, offsetof(log_header, checksum));
        memcpy(bytes + slot * UNIT_SIZE, &h, sizeof h);
    }
}

/* The newer header slot, sealed. */
static bool seal_slots(uint8_t *bytes, uint64_t size, file_header *newest) {
    bool found = false;
    for (uint64_t slot = 0; slot < FIRST_PAGE && size >= FIRST_PAGE * UNIT_SIZE; slot++) {
        file_header h;
        memcpy(&h, bytes + slot * UNIT_SIZE, sizeof h);
        if (memcmp(h.magic, FORMAT_MAGIC, sizeof h.magic) != 0) continue;
        h.checksum = checkpoint_header_checksum(&h);
        memcpy(bytes + slot * UNIT_SIZE, &h, sizeof h);
        if (!found || h.generation > newest->generation) *newest = h;
        found = true;
    }
    return found;
}

/* Copies to or from the ring, around its end. */
static void ring_copy(uint8_t *ring, uint64_t capacity, uint64_t position, uint8_t *bytes,
                      uint64_t size, bool to_ring) {
    for (uint64_t i = 0; i < size; i++) {
        uint8_t *at = ring + (position + i) % capacity;
        if (to_ring)
            *at = bytes[i];
        else
            bytes[i] = *at;
    }
}

static uint64_t seal_record(record_header *h, const uint8_t *payload, uint64_t chain) {
    h->payload_hash = XXH3_64bits(payload, h->size);
    h->checksum = XXH3_64bits_withSeed((const uint8_t *)h + sizeof h->checksum,
                                       sizeof *h - sizeof h->checksum, chain);
    return h->checksum;
}

/* Lets each record continue the chain of the one before it, as far as records look like some. */
static void seal_records(uint8_t *bytes, uint64_t size, const file_header *from) {
    uint64_t position = from->clean != 0 ? 0 : from->log_position;
    uint64_t chain = from->clean != 0 ? 0 : from->log_chain, capacity = from->log_capacity;
    if (size <= LOG_RING_OFFSET || capacity < UNIT_SIZE) return;
    uint64_t ring = size - LOG_RING_OFFSET;
    uint8_t *payload = malloc(ring);
    must_hold(payload != NULL);
    for (uint64_t done = 0; done < ring;) {
        record_header h;
        uint64_t first = position % capacity;
        if (first > ring || sizeof h > ring - first) break;
        memcpy(&h, bytes + LOG_RING_OFFSET + first, sizeof h);
        uint64_t length = wal_record_bytes(h.size);
        bool wraps = first + length > capacity;
        if (h.sequence == 0 || length > ring || (wraps ? ring < capacity : first + length > ring))
            break;
        ring_copy(bytes + LOG_RING_OFFSET, capacity, position + sizeof h, payload, h.size, false);
        chain = seal_record(&h, payload, chain);
        memcpy(bytes + LOG_RING_OFFSET + first, &h, sizeof h);
        position += length;
        done += length;
    }
    free(payload);
}

void files_seal(memory_vfs *m) {
    uint64_t size = 0, log_size = 0;
    file_header newest = {.version = 0};
    uint8_t *bytes = memory_vfs_bytes(m, FILES_PATH, &size);
    bool found = bytes != NULL && seal_slots(bytes, size, &newest);
    if (bytes != NULL) seal_pages(bytes, size);
    uint8_t *log = memory_vfs_bytes(m, FILES_LOG, &log_size);
    if (log != NULL) seal_log_slots(log, log_size);
    if (found && log != NULL) seal_records(log, log_size, &newest);
}

/* --- payloads --------------------------------------------------------------------------------- */

void files_log_payloads(memory_vfs *m, const uint8_t *data, size_t size) {
    uint64_t file_size = 0;
    file_header from = {.version = 0};
    uint8_t *bytes = memory_vfs_bytes(m, FILES_PATH, &file_size);
    must_hold(seal_slots(bytes, file_size, &from));
    uint64_t position = from.log_position, chain = from.log_chain;
    const uint8_t *at = data, *end = data + size;
    for (uint64_t sequence = from.sequence + 1; end - at >= 2; sequence++) {
        size_t length = load_u16(at);
        at += 2;
        if (length > (size_t)(end - at)) length = (size_t)(end - at);
        record_header h = {.sequence = sequence, .session = 1, .size = (uint32_t)length};
        chain = seal_record(&h, at, chain);
        if (position + wal_record_bytes(length) > FILES_MAX) break;
        write_at(m, FILES_LOG, LOG_RING_OFFSET + position, (const uint8_t *)&h, sizeof h);
        write_at(m, FILES_LOG, LOG_RING_OFFSET + position + sizeof h, at, length);
        position += wal_record_bytes(length);
        at += length;
    }
}
