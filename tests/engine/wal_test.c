/* wal_test.c: the log file: its header, its ring of records, and what must not be taken for one. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/memory.h"
#include "engine/fixture.h"
#include "engine/wal.h"
#include "oracle/memory_vfs.h"
#include "oracle/random.h"

#define PATH     "log"
#define CAPACITY UINT64_C(8192)

static const uint8_t collection_id[16] = "this collection";

typedef struct place {
    memory_vfs *files;
    vfs *vfs;
    wal log;
    uint64_t next; /* sequence of the next record */
} place;

static void open_log(place *p) {
    uint64_t tail = 0;
    assert_ok(wal_open(&p->log, p->vfs, PATH, collection_id, &tail));
}

static place place_create(uint64_t capacity) {
    place p = {.files = memory_vfs_create(), .next = 1};
    p.vfs = memory_vfs_base(p.files);
    assert_ok(wal_create(p.vfs, PATH, collection_id, capacity));
    open_log(&p);
    return p;
}

static void place_free(place *p) {
    wal_close(&p->log);
    memory_vfs_free(p->files);
}

/* --- records ---------------------------------------------------------------------------------- */

static uint8_t payload_byte(uint64_t sequence, size_t at) {
    return (uint8_t)(sequence * 131 + at * 7);
}

/* Appends a record whose payload follows from its sequence and size. */
static void append(place *p, size_t size) {
    wal_record *r = memory_zeroed(sizeof *r + size);
    for (size_t i = 0; i < size; i++)
        r->payload[i] = payload_byte(p->next, i);
    r->payload_size = size;
    r->header.size = (uint32_t)size;
    r->header.payload_hash = XXH3_64bits(r->payload, size);
    assert_ok(wal_prepare(&p->log, p->log.end + wal_record_bytes(size)));
    wal_append(&p->log, r, p->next++);
}

/* Writes what is queued, as the leader of a group commit does. */
static hs_status flush(place *p) {
    wal_record *first = p->log.queue_first;
    p->log.queue_first = p->log.queue_last = NULL;
    p->log.queue_bytes = 0;
    hs_status status = wal_write(&p->log, first, false);
    wal_free_records(first);
    return status;
}

static void append_and_write(place *p, size_t size) {
    append(p, size);
    assert_ok(flush(p));
}

/* A place in the log, as a header slot remembers it. */
typedef struct mark {
    uint64_t position, chain, sequence;
} mark;

static mark mark_end(const place *p) {
    return (mark){p->log.end, p->log.chain, p->next};
}

/* Begins a scan at a mark, with a buffer of `bytes`. */
static wal_scan begin_scan(place *p, mark at, size_t bytes) {
    wal_scan scan;
    assert_ok(wal_scan_open(&scan, &p->log, at.position, at.chain, at.sequence, bytes));
    return scan;
}

/* Hands out the next record, renewing the buffer as needed; false where the log ends. */
static bool scan_next(wal_scan *scan, record_header *h, const uint8_t **payload) {
    for (int renewals = 0; renewals < 3; renewals++) {
        int next = wal_scan_next(scan, h, payload);
        assert_true(next >= 0);
        if (next == 1 || scan->ended) return next == 1;
        assert_ok(wal_scan_renew(scan));
    }
    fail_msg("a renewed buffer has no room for one record");
    return false;
}

/* Reads records from the mark on until there is no more, through a buffer of `bytes`; returns how
 * many there were, and moves the mark behind them. */
static uint64_t read_through(place *p, mark *at, size_t bytes) {
    uint64_t count = 0;
    record_header h;
    const uint8_t *payload;
    wal_scan scan = begin_scan(p, *at, bytes);
    for (; scan_next(&scan, &h, &payload); count++) {
        assert_int_equal(h.sequence, at->sequence + count);
        for (size_t i = 0; i < h.size; i++)
            assert_int_equal(payload[i], payload_byte(h.sequence, i));
    }
    assert_int_equal(wal_scan_next(&scan, &h, &payload), 0); /* and stays there */
    *at = (mark){scan.position, scan.chain, scan.sequence};
    wal_scan_close(&scan);
    return count;
}

static uint64_t read_all(place *p, mark *at) {
    return read_through(p, at, 1 << 20);
}

static bool has_record(place *p, uint64_t position, uint64_t chain, uint64_t sequence) {
    bool has;
    assert_ok(wal_has_record(&p->log, position, chain, sequence, &has));
    return has;
}

static void expect_records(place *p, mark from, uint64_t count) {
    assert_int_equal(read_all(p, &from), count);
}

static void records_of_every_size_come_back(void **state) {
    (void)state;
    place p = place_create(1 << 20);
    mark start = mark_end(&p);
    for (size_t size = 0; size < 70; size++)
        append_and_write(&p, size);
    static const size_t sizes[] = {4056, 4057, 100000, 300000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        append_and_write(&p, sizes[i]);
    expect_records(&p, start, 74);
    mark end = start;
    (void)read_all(&p, &end);
    assert_int_equal(end.position, p.log.end);
    assert_int_equal(end.chain, p.log.chain);
    place_free(&p);
}

/* Wherever its end falls, in a header, a payload, at the ring's end, or before all of a record. */
static void a_scan_finds_the_same_through_a_buffer_of_any_size(void **state) {
    (void)state;
    place p = place_create(CAPACITY);
    for (uint64_t begin = 0; begin < 96; begin += 8) {
        p.log.tail = p.log.end = 5 * CAPACITY - 2000 + begin;
        mark start = mark_end(&p);
        for (size_t i = 0; i < 12; i++)
            append_and_write(&p, i * 37 % 500);
        append_and_write(&p, 3000);
        append_and_write(&p, 1);
        for (size_t bytes = sizeof(record_header); bytes < 1100; bytes += 9) {
            mark at = start;
            assert_int_equal(read_through(&p, &at, bytes), 14);
            assert_int_equal(at.position, p.log.end);
            assert_int_equal(at.chain, p.log.chain);
        }
    }
    place_free(&p);
}

/* The ring with every byte outside of [from, to) changed; a second call changes it back. */
static void invert_outside(place *p, uint64_t from, uint64_t to) {
    uint64_t size = 0;
    uint8_t *ring = memory_vfs_bytes(p->files, PATH, &size) + LOG_RING_OFFSET;
    for (uint64_t at = to; at < from + CAPACITY; at++)
        ring[at % CAPACITY] ^= 0xFF;
}

/* What the file holds is changed behind the scan's back: just the records asked for come back. */
static void a_rewrite_restores_whole_records_and_nothing_behind_them(void **state) {
    (void)state;
    for (uint64_t kept = 0; kept <= 10; kept++) {
        place p = place_create(CAPACITY);
        append_and_write(&p, CAPACITY - 1000);
        p.log.tail = p.log.end;
        mark start = mark_end(&p);
        for (int i = 0; i < 10; i++)
            append_and_write(&p, 150);
        uint64_t size = 0;
        uint8_t *ring = memory_vfs_bytes(p.files, PATH, &size) + LOG_RING_OFFSET;
        uint64_t before = XXH3_64bits(ring, CAPACITY);
        wal_scan scan = begin_scan(&p, start, CAPACITY);
        record_header h;
        const uint8_t *payload;
        while (wal_scan_next(&scan, &h, &payload) == 1)
            continue;
        uint64_t end = start.position + kept * wal_record_bytes(150);
        invert_outside(&p, start.position, start.position); /* all of it */
        assert_ok(wal_scan_rewrite(&scan, end));
        assert_ok(wal_scan_rewrite(&scan, end)); /* has nothing left to do */
        invert_outside(&p, start.position, end);
        assert_int_equal(XXH3_64bits(ring, CAPACITY), before);
        wal_scan_close(&scan);
        place_free(&p);
    }
}

static void many_records_are_written_at_once(void **state) {
    (void)state;
    place p = place_create(1 << 20);
    mark start = mark_end(&p);
    for (int i = 0; i < 1000; i++)
        append(&p, (size_t)i % 50);
    assert_int_equal(p.log.queue_bytes, p.log.end);
    uint64_t before = memory_vfs_calls(p.files, FAULT_SHORT_WRITE);
    assert_ok(flush(&p));
    assert_in_range(memory_vfs_calls(p.files, FAULT_SHORT_WRITE) - before, 1, 20);
    expect_records(&p, start, 1000);
    place_free(&p);
}

/* --- the ring --------------------------------------------------------------------------------- */

static void records_go_round_the_ring_for_many_laps(void **state) {
    (void)state;
    random_source random = {5};
    place p = place_create(CAPACITY);
    for (int i = 0; i < 500; i++) {
        mark start = mark_end(&p);
        p.log.tail = p.log.end;
        uint64_t records = 0, room = CAPACITY;
        while (records < 1 + random_below(&random, 20)) {
            size_t size = (size_t)random_below(&random, 2000);
            if (wal_record_bytes(size) > room) break;
            room -= wal_record_bytes(size);
            append(&p, size);
            records++;
            if (random_chance(&random, 50)) assert_ok(flush(&p));
        }
        assert_ok(flush(&p));
        expect_records(&p, start, records);
    }
    assert_true(p.log.end > 100 * CAPACITY);
    uint64_t size = 0;
    assert_ok(vfs_size(p.log.file, &size));
    assert_int_equal(size, LOG_RING_OFFSET + CAPACITY);
    place_free(&p);
}

static void a_record_may_fill_the_ring_exactly_wherever_it_begins(void **state) {
    (void)state;
    place p = place_create(CAPACITY);
    static const size_t before[] = {0, 3000, 1, 4056, 8000, 17};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        p.log.tail = p.log.end;
        append_and_write(&p, before[i]);
        p.log.tail = p.log.end;
        mark start = mark_end(&p);
        append_and_write(&p, CAPACITY - sizeof(record_header));
        assert_int_equal(p.log.end - p.log.tail, CAPACITY);
        expect_records(&p, start, 1);
    }
    place_free(&p);
}

static void what_is_left_of_earlier_laps_is_no_record(void **state) {
    (void)state;
    place p = place_create(CAPACITY);
    /* Eight records of 1,024 bytes fill the ring; each lap leaves the one before it behind the
     * end. */
    for (int lap = 0; lap < 5; lap++) {
        for (int i = 0; i < 8; i++) {
            p.log.tail = p.log.end;
            mark start = mark_end(&p);
            append_and_write(&p, 1024 - sizeof(record_header));
            expect_records(&p, start, 1);
            /* Nor is it one for a reader that expects just the sequence that lies there. */
            if (lap > 0) assert_false(has_record(&p, p.log.end, p.log.chain, p.next - 8));
        }
    }
    place_free(&p);
}

static void what_an_earlier_session_left_is_no_record(void **state) {
    (void)state;
    place p = place_create(CAPACITY);
    mark start = mark_end(&p);
    append_and_write(&p, 100);
    mark second = mark_end(&p);
    append_and_write(&p, 200);
    append_and_write(&p, 300);
    expect_records(&p, start, 3);
    uint64_t first_session = p.log.session;
    wal_close(&p.log);
    open_log(&p);
    assert_int_not_equal(p.log.session, first_session);
    /* The second session knows the first record only, as if the others had come too late, and
     * writes one with the same sequence and bytes as the second. */
    p.log.end = second.position;
    p.log.chain = second.chain;
    p.next = second.sequence;
    append_and_write(&p, 200);
    expect_records(&p, start, 2);
    place_free(&p);
}

static void a_log_continues_where_a_reader_found_its_end(void **state) {
    (void)state;
    place p = place_create(CAPACITY);
    mark start = mark_end(&p), end = start;
    for (int session = 0; session < 20; session++) {
        for (size_t i = 0; i < 3; i++)
            append_and_write(&p, i * 20);
        wal_close(&p.log);
        open_log(&p);
        end = start;
        assert_int_equal(read_all(&p, &end), ((uint64_t)session + 1) * 3);
        p.log.end = end.position;
        p.log.chain = end.chain;
        assert_int_equal(p.next, end.sequence);
    }
    place_free(&p);
}

/* --- damage ----------------------------------------------------------------------------------- */

static void a_torn_last_record_ends_the_log_before_it(void **state) {
    (void)state;
    for (size_t cut = 0; cut < 140; cut += 3) {
        for (int fill = 0; fill < 2; fill++) {
            place p = place_create(CAPACITY);
            mark start = mark_end(&p);
            append_and_write(&p, 50);
            append_and_write(&p, 60);
            uint64_t torn = p.log.end + cut, size = 0;
            append_and_write(&p, 100);
            uint8_t *bytes = memory_vfs_bytes(p.files, PATH, &size);
            memset(bytes + LOG_RING_OFFSET + torn, fill == 0 ? 0 : 0xEE, p.log.end - torn);
            expect_records(&p, start, 2);
            place_free(&p);
        }
    }
}

static void a_record_of_which_any_bit_is_changed_is_none(void **state) {
    (void)state;
    place p = place_create(CAPACITY);
    mark start = mark_end(&p);
    append_and_write(&p, 40);
    mark second = mark_end(&p);
    append_and_write(&p, 45);
    append_and_write(&p, 50);
    uint64_t size = 0;
    uint8_t *ring = memory_vfs_bytes(p.files, PATH, &size) + LOG_RING_OFFSET;
    uint64_t end = second.position + sizeof(record_header) + 45;
    for (uint64_t bit = second.position * 8; bit < end * 8; bit++) {
        ring[bit / 8] ^= (uint8_t)(1u << bit % 8);
        expect_records(&p, start, 1);
        ring[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    expect_records(&p, start, 3);
    place_free(&p);
}

static void a_record_longer_than_the_ring_is_none_even_with_a_right_checksum(void **state) {
    (void)state;
    place p = place_create(CAPACITY);
    assert_ok(wal_prepare(&p.log, CAPACITY));
    static const uint32_t sizes[] = {CAPACITY - sizeof(record_header) + 1, CAPACITY, UINT32_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        record_header h = {.sequence = 1, .size = sizes[i]};
        h.checksum = XXH3_64bits_withSeed(&h.sequence, sizeof h - 8, 0);
        assert_ok(vfs_write(p.log.file, LOG_RING_OFFSET, &(vfs_buffer){&h, sizeof h}, 1));
        assert_false(has_record(&p, 0, 0, 1));
    }
    place_free(&p);
}

/* --- the header ------------------------------------------------------------------------------- */

static void a_log_of_another_collection_is_refused(void **state) {
    (void)state;
    place p = place_create(CAPACITY);
    wal other;
    uint64_t tail;
    const uint8_t stranger[16] = "another one";
    assert_status(wal_open(&other, p.vfs, PATH, stranger, &tail), HS_CONFLICT);
    assert_non_null(strstr(hs_last_error(), "another collection"));
    assert_status(wal_open(&other, p.vfs, "no log", collection_id, &tail), HS_NOT_FOUND);
    place_free(&p);
}

/* The bytes of a header slot. */
static uint8_t *slot_bytes(place *p, uint64_t slot) {
    uint64_t size = 0;
    return memory_vfs_bytes(p->files, PATH, &size) + slot * UNIT_SIZE;
}

/* The tail that opening reads. */
static uint64_t tail_of(place *p) {
    uint64_t tail = 0;
    wal_close(&p->log);
    assert_ok(wal_open(&p->log, p->vfs, PATH, collection_id, &tail));
    return tail;
}

static void a_damaged_header_is_refused(void **state) {
    (void)state;
    place p = place_create(CAPACITY);
    wal_close(&p.log);
    uint64_t tail = 0;
    for (size_t at = 0; at < sizeof(log_header); at++) {
        slot_bytes(&p, 0)[at] ^= 0x10;
        slot_bytes(&p, 1)[at] ^= 0x10;
        assert_status(wal_open(&p.log, p.vfs, PATH, collection_id, &tail), HS_CORRUPT);
        slot_bytes(&p, 0)[at] ^= 0x10;
        slot_bytes(&p, 1)[at] ^= 0x10;
    }
    open_log(&p);
    assert_ok(vfs_truncate(p.log.file, LOG_RING_OFFSET - 1));
    wal_close(&p.log);
    assert_status(wal_open(&p.log, p.vfs, PATH, collection_id, &tail), HS_CORRUPT);
    place_free(&p);
}

static void whichever_slot_is_damaged_the_other_one_counts(void **state) {
    (void)state;
    place p = place_create(CAPACITY);
    for (uint64_t sequence = 10; sequence < 14; sequence++) {
        assert_ok(wal_write_header(&p.log, sequence));
        uint64_t newest = p.log.header.generation % 2;
        for (size_t at = 0; at < sizeof(log_header); at++) {
            for (uint64_t slot = 0; slot < 2; slot++) {
                slot_bytes(&p, slot)[at] ^= 0x10;
                bool first = sequence == 10 && slot == newest; /* the older one is as created */
                uint64_t older = first ? 0 : sequence - 1;
                assert_int_equal(tail_of(&p), slot == newest ? older : sequence);
                slot_bytes(&p, slot)[at] ^= 0x10;
            }
        }
        assert_int_equal(tail_of(&p), sequence);
    }
    place_free(&p);
}

static void a_slot_in_the_place_of_the_other_is_none(void **state) {
    (void)state;
    place p = place_create(CAPACITY);
    assert_ok(wal_write_header(&p.log, 10));
    assert_ok(wal_write_header(&p.log, 11));
    memcpy(slot_bytes(&p, 1), slot_bytes(&p, 0), sizeof(log_header));
    assert_int_equal(tail_of(&p), 11);
    /* So the next one is not written over the only one. */
    assert_ok(wal_write_header(&p.log, 12));
    memset(slot_bytes(&p, p.log.header.generation % 2), 0, sizeof(log_header));
    assert_int_equal(tail_of(&p), 11);
    place_free(&p);
}

static void verifying_notices_that_the_newest_slot_is_damaged(void **state) {
    (void)state;
    place p = place_create(CAPACITY);
    assert_ok(wal_write_header(&p.log, 10));
    assert_ok(wal_write_header(&p.log, 11));
    assert_ok(wal_verify(&p.log, 11));
    slot_bytes(&p, 0)[20] ^= 1;
    assert_status(wal_verify(&p.log, 11), HS_CORRUPT);
    slot_bytes(&p, 0)[20] ^= 1;
    slot_bytes(&p, 1)[20] ^= 1;
    assert_ok(wal_verify(&p.log, 11));
    assert_status(wal_verify(&p.log, 10), HS_CORRUPT);
    place_free(&p);
}

/* The only header slot left, with a right checksum, changed by the test. */
static void write_header(place *p, uint32_t version, uint64_t capacity, uint64_t generation) {
    log_header h;
    memset(slot_bytes(p, 0), 0, sizeof h);
    memcpy(&h, slot_bytes(p, 1), sizeof h);
    h.version = version;
    h.capacity = capacity;
    h.generation = generation;
    h.checksum = XXH3_64bits(&h, offsetof(log_header, checksum));
    memcpy(slot_bytes(p, 1), &h, sizeof h);
}

static void another_version_and_impossible_numbers_are_refused(void **state) {
    (void)state;
    place p = place_create(CAPACITY);
    wal_close(&p.log);
    uint64_t tail = 0;
    write_header(&p, FORMAT_VERSION + 1, CAPACITY, 1);
    assert_status(wal_open(&p.log, p.vfs, PATH, collection_id, &tail), HS_VERSION);
    const struct {
        uint32_t version;
        uint64_t capacity, generation;
    } impossible[] = {{FORMAT_VERSION - 1, CAPACITY, 1},  {FORMAT_VERSION, 0, 1},
                      {FORMAT_VERSION, UNIT_SIZE + 4, 1}, {FORMAT_VERSION, CAPACITY, 0},
                      {FORMAT_VERSION, CAPACITY, 2},      {FORMAT_VERSION, CAPACITY, UINT64_MAX}};
    for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++) {
        write_header(&p, impossible[i].version, impossible[i].capacity, impossible[i].generation);
        assert_status(wal_open(&p.log, p.vfs, PATH, collection_id, &tail), HS_CORRUPT);
    }
    write_header(&p, FORMAT_VERSION, CAPACITY, 1);
    open_log(&p);
    place_free(&p);
}

static void the_header_tells_what_may_have_been_overwritten(void **state) {
    (void)state;
    place p = place_create(CAPACITY);
    append_and_write(&p, 10);
    assert_ok(wal_write_header(&p.log, 77));
    assert_int_equal(tail_of(&p), 77);
    assert_int_equal(p.log.capacity, CAPACITY);
    expect_records(&p, (mark){0, 0, 1}, 1);
    place_free(&p);
}

static void creating_a_log_replaces_the_old_one(void **state) {
    (void)state;
    place p = place_create(CAPACITY);
    append_and_write(&p, 10);
    wal_close(&p.log);
    assert_ok(wal_create(p.vfs, PATH, collection_id, 2 * CAPACITY));
    open_log(&p);
    assert_int_equal(p.log.capacity, 2 * CAPACITY);
    expect_records(&p, (mark){0, 0, 1}, 0);
    place_free(&p);
}

static void the_holder_is_named_to_others(void **state) {
    (void)state;
    place p = place_create(CAPACITY);
    char text[64];
    wal_read_holder(p.vfs, "no log", text, sizeof text);
    assert_string_equal(text, "another process");
    wal_read_holder(p.vfs, PATH, text, sizeof text);
    assert_string_equal(text, "another process");
    wal_write_holder(&p.log);
    wal_read_holder(p.vfs, PATH, text, sizeof text);
    char expected[32];
    snprintf(expected, sizeof expected, "process %ld (", (long)getpid());
    assert_ptr_equal(strstr(text, expected), text);
    /* It is no part of the header's checksum. */
    wal_close(&p.log);
    open_log(&p);
    uint64_t size = 0;
    memset(memory_vfs_bytes(p.files, PATH, &size) + LOG_HOLDER_OFFSET, 'x', LOG_HOLDER_SIZE);
    char all[2 * LOG_HOLDER_SIZE];
    wal_read_holder(p.vfs, PATH, all, sizeof all);
    assert_int_equal(strlen(all), LOG_HOLDER_SIZE - 1);
    place_free(&p);
}

/* --- preparing and failing -------------------------------------------------------------------- */

static void preparing_allocates_ahead_but_never_behind_the_ring(void **state) {
    (void)state;
    uint64_t capacity = UINT64_C(5) << 19, size = 0;
    place p = place_create(capacity);
    assert_ok(wal_prepare(&p.log, 1));
    assert_int_equal(atomic_load(&p.log.prepared), 1 << 20);
    assert_ok(wal_prepare(&p.log, 1 << 20));
    assert_int_equal(atomic_load(&p.log.prepared), 1 << 20);
    assert_ok(wal_prepare(&p.log, (2 << 20) + 1));
    assert_int_equal(atomic_load(&p.log.prepared), capacity);
    assert_ok(wal_prepare(&p.log, 100 * capacity));
    assert_ok(vfs_size(p.log.file, &size));
    assert_int_equal(size, LOG_RING_OFFSET + capacity);
    wal_close(&p.log);
    open_log(&p);
    assert_int_equal(atomic_load(&p.log.prepared), capacity);
    place_free(&p);
}

static void preparing_can_be_tried_again_after_a_failure(void **state) {
    (void)state;
    static const memory_fault faults[] = {FAULT_FULL, FAULT_IO, FAULT_SHORT_WRITE};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        place p = place_create(2 << 20);
        memory_vfs_fail(p.files, faults[i], 3, false);
        assert_status(wal_prepare(&p.log, 1 << 20), i == 0 ? HS_FULL : HS_IO);
        assert_true(atomic_load(&p.log.prepared) < 1 << 20);
        assert_ok(wal_prepare(&p.log, 1 << 20));
        mark start = mark_end(&p);
        append_and_write(&p, 700000);
        expect_records(&p, start, 1);
        memory_fail_after(1);
        hs_status status = wal_prepare(&p.log, 2 << 20);
        memory_fail_after(0);
        assert_int_equal(status, HS_NO_MEMORY);
        place_free(&p);
    }
}

static void a_failed_write_is_reported(void **state) {
    (void)state;
    for (int round = 0; round < 2; round++) {
        place p = place_create(CAPACITY);
        p.log.tail = p.log.end = round == 0 ? 0 : CAPACITY - 64;
        append(&p, 500);
        memory_vfs_fail(p.files, round == 0 ? FAULT_SHORT_WRITE : FAULT_IO, 1, false);
        assert_status(flush(&p), HS_IO);
        place_free(&p);
    }
}

static void failures_of_reading_are_not_the_end_of_the_log(void **state) {
    (void)state;
    place p = place_create(1 << 20);
    append_and_write(&p, 100);
    mark second = mark_end(&p);
    append_and_write(&p, 300000);
    record_header h;
    const uint8_t *payload;
    bool has;
    /* Of the record's header, and of the rest of a long record. */
    for (uint64_t n = 1; n <= 2; n++) {
        wal_scan scan = begin_scan(&p, second, 1 << 20);
        memory_vfs_fail(p.files, FAULT_IO, n, false);
        assert_int_equal(wal_scan_next(&scan, &h, &payload), HS_IO);
        assert_false(scan.ended);
        assert_int_equal(wal_scan_next(&scan, &h, &payload), 1);
        wal_scan_close(&scan);
    }
    memory_vfs_fail(p.files, FAULT_IO, 1, false);
    assert_status(wal_has_record(&p.log, 0, 0, 1, &has), HS_IO);
    /* Of allocating the buffer, and of a longer one for the long record. */
    for (uint64_t n = 1; n <= 2; n++) {
        memory_fail_after(n);
        hs_status status =
            wal_has_record(&p.log, second.position, second.chain, second.sequence, &has);
        memory_fail_after(0);
        assert_int_equal(status, HS_NO_MEMORY);
    }
    expect_records(&p, (mark){0, 0, 1}, 2);
    place_free(&p);
}

static void every_failure_of_creating_and_opening_is_reported(void **state) {
    (void)state;
    for (int what = 0; what < 2; what++) {
        hs_status status = HS_IO;
        for (uint64_t n = 1; status != HS_OK; n++) {
            assert_true(n < 20);
            place p = place_create(CAPACITY);
            wal_close(&p.log);
            memory_vfs_fail(p.files, FAULT_IO, n, false);
            uint64_t tail;
            status = what == 0 ? wal_create(p.vfs, PATH, collection_id, CAPACITY)
                               : wal_open(&p.log, p.vfs, PATH, collection_id, &tail);
            if (status != HS_OK) assert_int_equal(status, HS_IO);
            if (status == HS_OK) assert_true(n > 3);
            place_free(&p);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_of_every_size_come_back),
        cmocka_unit_test(a_scan_finds_the_same_through_a_buffer_of_any_size),
        cmocka_unit_test(a_rewrite_restores_whole_records_and_nothing_behind_them),
        cmocka_unit_test(many_records_are_written_at_once),
        cmocka_unit_test(records_go_round_the_ring_for_many_laps),
        cmocka_unit_test(a_record_may_fill_the_ring_exactly_wherever_it_begins),
        cmocka_unit_test(what_is_left_of_earlier_laps_is_no_record),
        cmocka_unit_test(what_an_earlier_session_left_is_no_record),
        cmocka_unit_test(a_log_continues_where_a_reader_found_its_end),
        cmocka_unit_test(a_torn_last_record_ends_the_log_before_it),
        cmocka_unit_test(a_record_of_which_any_bit_is_changed_is_none),
        cmocka_unit_test(a_record_longer_than_the_ring_is_none_even_with_a_right_checksum),
        cmocka_unit_test(a_log_of_another_collection_is_refused),
        cmocka_unit_test(a_damaged_header_is_refused),
        cmocka_unit_test(whichever_slot_is_damaged_the_other_one_counts),
        cmocka_unit_test(a_slot_in_the_place_of_the_other_is_none),
        cmocka_unit_test(verifying_notices_that_the_newest_slot_is_damaged),
        cmocka_unit_test(another_version_and_impossible_numbers_are_refused),
        cmocka_unit_test(the_header_tells_what_may_have_been_overwritten),
        cmocka_unit_test(creating_a_log_replaces_the_old_one),
        cmocka_unit_test(the_holder_is_named_to_others),
        cmocka_unit_test(preparing_allocates_ahead_but_never_behind_the_ring),
        cmocka_unit_test(preparing_can_be_tried_again_after_a_failure),
        cmocka_unit_test(a_failed_write_is_reported),
        cmocka_unit_test(failures_of_reading_are_not_the_end_of_the_log),
        cmocka_unit_test(every_failure_of_creating_and_opening_is_reported),
    };
    return cmocka_run_group_tests_name("wal", tests, NULL, NULL);
}
