/* memory_vfs.h: files in memory that fail and crash on demand.
 *
 * Of each file three versions are kept: the bytes that a process sees, the bytes that the system
 * believes to be on disk (those of the last sync), and the bytes that are on disk. The last two
 * differ only after a sync that failed: the system then forgets what it could not write, and no
 * later sync brings it to disk. Directory entries are durable once the directory is synced. Bytes
 * stored through the map count like written ones.
 *
 * One thread at a time may use a memory_vfs.
 */
#ifndef ORACLE_MEMORY_VFS_H
#define ORACLE_MEMORY_VFS_H

#include "engine/vfs.h"

#define MEMORY_VFS_CAPACITY (UINT64_C(256) << 20) /* bytes: the largest file, and the largest map */

typedef struct memory_vfs memory_vfs;

/* An empty file system; freed with memory_vfs_free when no file is open. */
memory_vfs *memory_vfs_create(void);
void memory_vfs_free(memory_vfs *m);
vfs *memory_vfs_base(memory_vfs *m);

/* --- faults ----------------------------------------------------------------------------------- */

typedef enum memory_fault {
    FAULT_IO,          /* any call: HS_IO, nothing done */
    FAULT_SHORT_WRITE, /* write: HS_IO after a part of it, which ends with a half sector */
    FAULT_FULL,        /* creating open, write, grow: HS_FULL, nothing done */
    FAULT_SYNC         /* syncs: HS_IO; any part may be on disk, the rest never will */
} memory_fault;
#define MEMORY_FAULTS 4

/* Lets the n-th call from now (1 = the next) that the fault applies to fail, and only that one, or
 * all later ones too. n = 0 ends it. */
void memory_vfs_fail(memory_vfs *m, memory_fault fault, uint64_t n, bool all_later);

/* Lets an image go on counting calls, and failing, as what it was taken of would. */
void memory_vfs_inherit(memory_vfs *image, const memory_vfs *m);

/* The number of calls so far that the fault applies to. */
uint64_t memory_vfs_calls(const memory_vfs *m, memory_fault fault);

/* --- crashes ---------------------------------------------------------------------------------- */

typedef enum memory_crash {
    /* The process ends: everything done so far is there, and in a hook before a write any first
     * part of it that ends with a half sector. */
    CRASH_KILL,
    /* The machine ends: what was synced is there, of the rest any half sectors (256 bytes), of
     * sizes and directory entries either version. */
    CRASH_POWER
} memory_crash;

/* What a later process may find if this one ended now. The same seed gives the same image. */
memory_vfs *memory_vfs_crash(const memory_vfs *m, memory_crash crash, uint64_t seed);

/* Brings any of what is not synced to disk, as a system does when it pleases. */
void memory_vfs_write_back(memory_vfs *m, uint64_t seed);

/* A call that is about to be done. */
typedef struct memory_call {
    const char *path; /* of its file; "" if it is about none */
    uint64_t offset;  /* of a write or a write back; the new size of a file that grows or is cut */
    uint64_t size;    /* of a write or a write back */
} memory_call;

/* Calls the hook before each call that changes a file or a directory, or syncs one; NULL ends it.
 * The hook may take images. */
typedef void memory_hook(void *context, memory_vfs *m, const char *call);
void memory_vfs_hook(memory_vfs *m, memory_hook *hook, void *context);
/* In a hook: more about the call. */
const memory_call *memory_vfs_call(const memory_vfs *m);

/* --- looking in ------------------------------------------------------------------------------- */

/* The file's bytes as a process sees them, to be read or damaged; NULL if there is none. Valid
 * until the next call. */
uint8_t *memory_vfs_bytes(memory_vfs *m, const char *path, uint64_t *size);
/* The file's size as it is on disk; 0 if there is none. */
uint64_t memory_vfs_disk_size(const memory_vfs *m, const char *path);

#endif
