/* vfs.h: all file access of the engine, behind a table of functions that tests replace to fail,
 * cut, tear and crash.
 *
 * Errors are set with the path at fault; ENOSPC is HS_FULL.
 */
#ifndef ENGINE_VFS_H
#define ENGINE_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hyperspatial/status.h"

typedef struct vfs vfs;
typedef struct vfs_file vfs_file;

typedef struct vfs_buffer {
    const void *data;
    size_t size;
} vfs_buffer;

typedef struct vfs_ops {
    /* Opens for reading and writing. create: HS_EXISTS if it is there; else HS_NOT_FOUND if it is
     * not. */
    hs_status (*open)(vfs *vfs, const char *path, bool create, vfs_file **file);
    void (*close)(vfs_file *file);
    /* Reads exactly `size` bytes, or HS_IO (also at the end of the file). */
    hs_status (*read)(vfs_file *file, uint64_t offset, void *data, size_t size);
    /* Writes all of `count` buffers one behind the other, or fails having written any part. */
    hs_status (*write)(vfs_file *file, uint64_t offset, const vfs_buffer *buffers, size_t count);
    /* The same for few bytes inside of the file, of which nobody waits for a sync: for the price of
     * a copy, where the system allows it. By one thread at a time. */
    hs_status (*store)(vfs_file *file, uint64_t offset, const void *data, size_t size);
    /* Everything written or stored through the map so far is on disk, with the file's size. */
    hs_status (*sync)(vfs_file *file);
    /* Brings a part of the file out of the system's memory, and returns when that is done. What
     * sync_written then makes durable, all in all cheaper than `sync` and without holding up the
     * other writers of the disk; what changed outside of these parts need not be durable then. A
     * failure of either is a failed sync. */
    hs_status (*write_back)(vfs_file *file, uint64_t offset, uint64_t size);
    hs_status (*sync_written)(vfs_file *file);
    /* Lets the system begin to bring a part of the file to disk, so that a later sync is short.
     * Promises nothing, and may do nothing. */
    void (*write_behind)(vfs_file *file, uint64_t offset, uint64_t size);
    hs_status (*size)(vfs_file *file, uint64_t *size);
    /* Grows the file to `size` with its space allocated (reads as zeros), so that storing through
     * the map cannot fault. */
    hs_status (*grow)(vfs_file *file, uint64_t size);
    hs_status (*truncate)(vfs_file *file, uint64_t size);
    /* Maps the file for reading and writing at a fixed address over `range` bytes, which may exceed
     * its size: what lies behind the end may be touched once the file has grown. HS_NO_MEMORY if
     * the system does not grant the range. */
    hs_status (*map)(vfs_file *file, uint64_t range, void **address);
    void (*unmap)(vfs_file *file, void *address, uint64_t range);
    /* Locks the file exclusively for this handle until it is closed: HS_BUSY if another one holds
     * it. */
    hs_status (*lock)(vfs_file *file);
    /* Deletes a file; HS_NOT_FOUND. */
    hs_status (*unlink)(vfs *vfs, const char *path);
    /* Gives a file another name in the same file system, in one step: whatever happens, it has
     * either the old name or the new one. replace: in place of a file that has the new name
     * already; else HS_EXISTS if there is one. HS_NOT_FOUND. */
    hs_status (*rename)(vfs *vfs, const char *from, const char *to, bool replace);
    /* Makes creations, deletions and new names in the directory of `path` durable. */
    hs_status (*sync_directory)(vfs *vfs, const char *path);
    hs_status (*random)(vfs *vfs, void *bytes, size_t size);
} vfs_ops;

struct vfs {
    const vfs_ops *ops;
};
struct vfs_file {
    const vfs_ops *ops;
};

/* The operating system's files. Static; needs no release. */
vfs *vfs_posix(void);

static inline hs_status vfs_open(vfs *v, const char *path, bool create, vfs_file **file) {
    return v->ops->open(v, path, create, file);
}
static inline void vfs_close(vfs_file *f) {
    if (f != NULL) f->ops->close(f);
}
static inline hs_status vfs_read(vfs_file *f, uint64_t offset, void *data, size_t size) {
    return f->ops->read(f, offset, data, size);
}
static inline hs_status vfs_write(vfs_file *f, uint64_t offset, const vfs_buffer *buffers,
                                  size_t count) {
    return f->ops->write(f, offset, buffers, count);
}
static inline hs_status vfs_store(vfs_file *f, uint64_t offset, const void *data, size_t size) {
    return f->ops->store(f, offset, data, size);
}
static inline hs_status vfs_sync(vfs_file *f) {
    return f->ops->sync(f);
}
static inline hs_status vfs_write_back(vfs_file *f, uint64_t offset, uint64_t size) {
    return f->ops->write_back(f, offset, size);
}
static inline hs_status vfs_sync_written(vfs_file *f) {
    return f->ops->sync_written(f);
}
static inline void vfs_write_behind(vfs_file *f, uint64_t offset, uint64_t size) {
    f->ops->write_behind(f, offset, size);
}
static inline hs_status vfs_size(vfs_file *f, uint64_t *size) {
    return f->ops->size(f, size);
}
static inline hs_status vfs_grow(vfs_file *f, uint64_t size) {
    return f->ops->grow(f, size);
}
static inline hs_status vfs_truncate(vfs_file *f, uint64_t size) {
    return f->ops->truncate(f, size);
}
static inline hs_status vfs_map(vfs_file *f, uint64_t range, void **address) {
    return f->ops->map(f, range, address);
}
static inline void vfs_unmap(vfs_file *f, void *address, uint64_t range) {
    f->ops->unmap(f, address, range);
}
static inline hs_status vfs_lock(vfs_file *f) {
    return f->ops->lock(f);
}
static inline hs_status vfs_unlink(vfs *v, const char *path) {
    return v->ops->unlink(v, path);
}
static inline hs_status vfs_rename(vfs *v, const char *from, const char *to, bool replace) {
    return v->ops->rename(v, from, to, replace);
}
static inline hs_status vfs_sync_directory(vfs *v, const char *path) {
    return v->ops->sync_directory(v, path);
}
static inline hs_status vfs_random(vfs *v, void *bytes, size_t size) {
    return v->ops->random(v, bytes, size);
}

#endif
