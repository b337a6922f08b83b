/* format.h: every structure of the two files as it lies on disk. docs/format.md explains them; the
 * numbers are here.
 *
 * All integers are little-endian. The data file is an array of *units* of 4,096 bytes, addressed by
 * number:
 *
 *   unit 0        unit 1        unit 2 …
 *   +-------------+-------------+------------------------------------------------------+
 *   | header slot | header slot | pages: tree nodes, long values, catalog, space map    |
 *   +-------------+-------------+------------------------------------------------------+
 *
 * A checkpoint writes the header slot that the one before it did not; the valid slot with the
 * greater generation counts.
 *
 * The log file is three units and a ring of records; its header slots work like those of the data
 * file:
 *
 *   unit 0        unit 1        unit 2    unit 3 …
 *   +-------------+-------------+--------+--------------------------------------------------+
 *   | header slot | header slot | holder | ring: byte position p of the log lies at          |
 *   |             |             |        | 12,288 + p mod capacity                           |
 *   +-------------+-------------+--------+--------------------------------------------------+
 */
#ifndef ENGINE_FORMAT_H
#define ENGINE_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define FORMAT_VERSION 2
#define FORMAT_MAGIC   "HSPACE\r\n"
#define LOG_MAGIC      "HSLOG\r\n\0"

#define UNIT_SIZE  4096u
#define FIRST_PAGE 2u /* units 0 and 1 are the header slots */

/* A run of units that holds `bytes` bytes behind a page header. */
typedef struct run_ref {
    uint32_t page; /* 0: none */
    uint32_t reserved;
    uint64_t bytes;
} run_ref;

/* Header slot: the first bytes of unit 0 and unit 1. */
typedef struct file_header {
    uint8_t magic[8];
    uint32_t version;
    uint32_t unit_size;
    uint8_t collection[16]; /* random identity; the log carries the same */
    uint64_t generation;    /* grows by one with each header written */
    uint64_t sequence;      /* the last commit contained */
    uint64_t next_txn;      /* greater than the txn number of every page contained */
    uint64_t log_position;  /* where the record of commit sequence + 1 begins */
    uint64_t log_chain;     /* checksum of the record of commit `sequence` */
    uint64_t log_capacity;  /* bytes of the ring */
    uint64_t units;         /* units of the file that may be in use */
    run_ref catalog;
    run_ref space_map; /* one bit per unit, 1 = in use */
    uint32_t next_family;
    uint32_t clean;    /* 1: the log holds nothing beyond `sequence`, and may be absent */
    uint64_t checksum; /* XXH3-64 of everything above */
} file_header;
_Static_assert(sizeof(file_header) == 136, "file_header has no padding");
_Static_assert(offsetof(file_header, checksum) == 128, "checksum is last");

/* The first 32 bytes of every page. A page is 1 to 16 units (a tree node) or a run of any
 * length. */
typedef struct page_header {
    /* XXH3-64 of the page from byte 8 on; set by the checkpoint that first contains it. */
    uint64_t checksum;
    uint64_t txn;  /* the write transaction that made it */
    uint32_t page; /* its own unit number */
    uint32_t family;
    uint16_t table;
    uint8_t kind;   /* enum page_kind */
    uint8_t level;  /* 0: leaf */
    uint32_t units; /* its length */
} page_header;
_Static_assert(sizeof(page_header) == 32, "page_header has no padding");

enum page_kind {
    PAGE_INNER = 1,    /* node.h */
    PAGE_VARIABLE = 2, /* node.h */
    PAGE_FIXED = 3,    /* node.h */
    PAGE_VALUE = 4,    /* a long value: value_header, then its bytes */
    PAGE_CATALOG = 5,  /* catalog.h, behind a value_header */
    PAGE_SPACE = 6     /* the space map, behind a value_header */
};

/* A run: its header takes 64 bytes, so that the payload is 64-byte aligned. */
typedef struct value_header {
    page_header page;
    uint64_t bytes; /* of the payload; the checksum covers the header and these */
    uint8_t reserved[24];
} value_header;
_Static_assert(sizeof(value_header) == 64, "payload is aligned to 64 bytes");

/* Log header slot: the first bytes of unit 0 and unit 1 of the log. Both are written when the log
 * is created, and the one that is not the newest after each checkpoint. */
typedef struct log_header {
    uint8_t magic[8];
    uint32_t version;
    uint32_t reserved;
    uint8_t collection[16];
    uint64_t generation; /* grows by one with each header written, into slot generation mod 2 */
    uint64_t capacity;
    /* Commits up to this one may have been overwritten: they are in a checkpoint. */
    uint64_t tail_sequence;
    uint64_t checksum; /* XXH3-64 of everything above */
} log_header;
_Static_assert(sizeof(log_header) == 64, "log_header has no padding");

#define LOG_RING_OFFSET 12288u
/* Text that names the process that has the collection open, zero-terminated. It is overwritten in
 * place, so it lies in a unit of its own: writing it cannot tear a header. */
#define LOG_HOLDER_OFFSET 8192u
#define LOG_HOLDER_SIZE   256u

/* A log record: one commit. Its length is rounded up to 8 bytes. The checksum is seeded with the
 * record's before it, so that nothing left over from an earlier lap or an earlier session can
 * follow. */
typedef struct record_header {
    /* XXH3-64 of the rest of this header, seeded with the previous record's checksum. */
    uint64_t checksum;
    uint64_t sequence;
    uint64_t session;      /* random, of the opening that wrote it */
    uint64_t payload_hash; /* XXH3-64 of the payload */
    uint32_t size;         /* bytes of the payload: operations of redo.h one behind the other */
    uint32_t flags;        /* RECORD_… */
} record_header;
_Static_assert(sizeof(record_header) == 40, "record_header has no padding");

/* The commit was too large for the log: its pages are durable through the checkpoint that contains
 * it, or it is void. */
#define RECORD_UNLOGGED 1u

#endif
