/* vfs_posix.c: the engine's files on a POSIX system (Linux: open-file-description locks, /proc).
 *
 * Every call here finishes what it was asked to do: short transfers go on, interrupted ones begin
 * again.
 */
#include "engine/vfs.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"

#define XFS_SUPER_MAGIC 0x58465342
#define MAP_UNIT        4096 /* bytes of a part of the map that always exists */
#define WRITE_BATCH     64   /* buffers handed to the system at once */
#define WINDOW_SIZE     (UINT64_C(4) << 20)

typedef struct posix_file {
    vfs_file base;
    int descriptor;
    void *map; /* NULL: it is not mapped */
    /* The part of the file that bytes are stored in without a call of the system. */
    uint8_t *window; /* NULL: there is none */
    uint64_t window_offset;
    char path[]; /* for messages */
} posix_file;

static posix_file *posix(vfs_file *file) {
    return (posix_file *)file;
}

/* --- opening and closing ------------------------------------------------------------------------
 */

/* Opens a file under a descriptor above 2: in a process whose standard streams are closed, their
 * numbers are given out next, and what somebody prints would go into the file. -1 with errno. */
static int open_above_standard(const char *path, int flags) {
    int descriptor;
    do {
        descriptor = open(path, flags, 0666);
    } while (descriptor < 0 && errno == EINTR);
    if (descriptor < 0 || descriptor > STDERR_FILENO) return descriptor;
    int higher = fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1), error = errno;
    close(descriptor);
    errno = error;
    return higher;
}

static hs_status posix_open(vfs *system, const char *path, bool create, vfs_file **result) {
    *result = NULL;
    size_t length = strlen(path);
    posix_file *file = memory_alloc(sizeof *file + length + 1);
    if (file == NULL) return error_memory("an open file", sizeof *file + length + 1);
    file->base.ops = system->ops;
    file->map = NULL;
    file->window = NULL;
    memcpy(file->path, path, length + 1);
    int flags = O_RDWR | O_CLOEXEC | (create ? O_CREAT | O_EXCL : 0);
    file->descriptor = open_above_standard(path, flags);
    if (file->descriptor >= 0) {
        *result = &file->base;
        return HS_OK;
    }
    int error = errno;
    memory_free(file);
    if (error == EEXIST) return error_set(HS_EXISTS, "the file '%s' exists already", path);
    if (error == ENOENT && !create) {
        return error_set(HS_NOT_FOUND, "there is no file '%s'", path);
    }
    return error_errno(error, create ? "cannot create the file '%s'" : "cannot open the file '%s'",
                       path);
}

static void posix_close(vfs_file *file) {
    if (posix(file)->window != NULL) munmap(posix(file)->window, WINDOW_SIZE);
    /* Linux frees the descriptor even when close reports an error, and nothing is owed to it: what
     * must be kept was synced before. */
    close(posix(file)->descriptor);
    memory_free(file);
}

/* --- transfers ----------------------------------------------------------------------------------
 */

static hs_status posix_read(vfs_file *base, uint64_t offset, void *data, size_t size) {
    posix_file *file = posix(base);
    uint8_t *next = data;
    while (size > 0) {
        ssize_t got = pread(file->descriptor, next, size, (off_t)offset);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            return error_errno(errno, "cannot read %zu bytes at %" PRIu64 " of '%s'", size, offset,
                               file->path);
        }
        if (got == 0) {
            return error_set(HS_IO, "'%s' ends at byte %" PRIu64 ", %zu bytes too early",
                             file->path, offset, size);
        }
        next += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return HS_OK;
}

/* Collects what is left from `skip` bytes into buffers[0] into `parts`; returns the number of
 * parts. */
static int write_parts(const vfs_buffer *buffers, size_t count, size_t skip,
                       struct iovec parts[WRITE_BATCH]) {
    int used = 0;
    for (size_t i = 0; i < count && used < WRITE_BATCH; i++) {
        const uint8_t *data = buffers[i].data;
        size_t size = buffers[i].size - skip;
        if (size > 0) parts[used++] = (struct iovec){(void *)(uintptr_t)(data + skip), size};
        skip = 0;
    }
    return used;
}

static hs_status posix_write(vfs_file *base, uint64_t offset, const vfs_buffer *buffers,
                             size_t count) {
    posix_file *file = posix(base);
    size_t skip = 0; /* bytes of buffers[0] that are written */
    for (;;) {
        while (count > 0 && skip >= buffers->size) {
            skip -= buffers->size;
            buffers++;
            count--;
        }
        if (count == 0) return HS_OK;
        struct iovec parts[WRITE_BATCH];
        int used = write_parts(buffers, count, skip, parts);
        ssize_t put = pwritev(file->descriptor, parts, used, (off_t)offset);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) {
            return error_errno(put < 0 ? errno : EIO, "cannot write at %" PRIu64 " of '%s'", offset,
                               file->path);
        }
        offset += (uint64_t)put;
        skip += (size_t)put;
    }
}

/* Lays the window over the bytes from `offset` on. False if the system does not grant it. */
static bool move_window(posix_file *file, uint64_t offset) {
    uint64_t start = offset / WINDOW_SIZE * WINDOW_SIZE;
    if (file->window != NULL && start == file->window_offset) return true;
    int fixed = file->window != NULL ? MAP_FIXED : 0;
    void *window = mmap(file->window, WINDOW_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | fixed,
                        file->descriptor, (off_t)start);
    if (window == MAP_FAILED) {
        if (file->window != NULL) munmap(file->window, WINDOW_SIZE);
        file->window = NULL;
        return false;
    }
    file->window = window;
    file->window_offset = start;
    return true;
}

/* What is copied into a shared map is with the system as if it had been written: it survives the
 * process, and the next sync takes it along. */
static hs_status posix_store(vfs_file *base, uint64_t offset, const void *data, size_t size) {
    posix_file *file = posix(base);
    uint64_t inside = offset % WINDOW_SIZE;
    if (inside + size > WINDOW_SIZE || !move_window(file, offset))
        return posix_write(base, offset, &(vfs_buffer){data, size}, 1);
    memcpy(file->window + inside, data, size);
    return HS_OK;
}

/* Takes the file's pages out of the page table at once; who touches them next maps them again. Left
 * there, each page that is written back has to be write-protected on its own, which interrupts
 * every other core that runs a thread of this process: over a quarter of the time of two
 * writers. */
static void unmap_pages(const posix_file *file) {
    struct stat status;
    if (file->map != NULL && fstat(file->descriptor, &status) == 0 && status.st_size > 0)
        (void)madvise(file->map, (size_t)status.st_size, MADV_DONTNEED);
}

static hs_status posix_sync(vfs_file *base) {
    unmap_pages(posix(base));
    /* Not repeated after any failure, EINTR included: the system may have dropped the dirty pages,
     * and a second call would then report a success that is none. */
    if (fdatasync(posix(base)->descriptor) == 0) return HS_OK;
    return error_errno(errno, "cannot sync '%s'", posix(base)->path);
}

/* Whether syncing a part of a file of this file system also makes durable what was written back of
 * the rest: true of those that commit the file's metadata as a whole and flush the disk's cache. */
static bool syncs_by_parts(const posix_file *file) {
    struct statfs system;
    if (fstatfs(file->descriptor, &system) != 0) return false;
    return system.f_type == EXT4_SUPER_MAGIC || system.f_type == XFS_SUPER_MAGIC;
}

static hs_status posix_write_back(vfs_file *base, uint64_t offset, uint64_t size) {
    posix_file *file = posix(base);
    if (file->map != NULL) (void)madvise((uint8_t *)file->map + offset, size, MADV_DONTNEED);
    unsigned all = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    if (sync_file_range(file->descriptor, (off_t)offset, (off_t)size, all) == 0) return HS_OK;
    if (errno == ENOSYS || errno == ESPIPE) return posix_sync(base);
    return error_errno(errno, "cannot write back '%s'", file->path);
}

static hs_status posix_sync_written(vfs_file *base) {
    posix_file *file = posix(base);
    if (!syncs_by_parts(file)) return posix_sync(base);
    /* What is synced by parts is synced through a map; one unit will do. */
    void *map = file->map;
    if (map == NULL)
        map = mmap(NULL, MAP_UNIT, PROT_READ | PROT_WRITE, MAP_SHARED, file->descriptor, 0);
    if (map == MAP_FAILED) return posix_sync(base);
    int error = msync(map, MAP_UNIT, MS_SYNC) == 0 ? 0 : errno;
    if (file->map == NULL) munmap(map, MAP_UNIT);
    if (error == 0) return HS_OK;
    return error_errno(error, "cannot sync '%s'", file->path);
}

static void posix_write_behind(vfs_file *base, uint64_t offset, uint64_t size) {
    (void)sync_file_range(posix(base)->descriptor, (off_t)offset, (off_t)size,
                          SYNC_FILE_RANGE_WRITE);
}

/* --- size ---------------------------------------------------------------------------------------
 */

static hs_status posix_size(vfs_file *base, uint64_t *size) {
    struct stat status;
    if (fstat(posix(base)->descriptor, &status) != 0) {
        return error_errno(errno, "cannot read the size of '%s'", posix(base)->path);
    }
    *size = (uint64_t)status.st_size;
    return HS_OK;
}

static hs_status posix_truncate(vfs_file *base, uint64_t size) {
    int result;
    do {
        result = ftruncate(posix(base)->descriptor, (off_t)size);
    } while (result != 0 && errno == EINTR);
    if (result == 0) return HS_OK;
    return error_errno(errno, "cannot cut '%s' to %" PRIu64 " bytes", posix(base)->path, size);
}

static hs_status posix_grow(vfs_file *base, uint64_t size) {
    posix_file *file = posix(base);
    uint64_t old = 0;
    TRY(posix_size(base, &old));
    if (size <= old) return HS_OK;
    if (size > INT64_MAX) {
        return error_set(HS_FULL, "'%s' cannot grow to %" PRIu64 " bytes", file->path, size);
    }
    int error;
    do {
        error = posix_fallocate(file->descriptor, (off_t)old, (off_t)(size - old));
    } while (error == EINTR);
    if (error == 0) return HS_OK;
    /* Some file systems keep the part that they could allocate; without it the file is as before
     * the call. */
    int undone = ftruncate(file->descriptor, (off_t)old);
    (void)undone;
    return error_errno(error == EFBIG ? ENOSPC : error,
                       "cannot grow '%s' from %" PRIu64 " to %" PRIu64 " bytes", file->path, old,
                       size);
}

/* --- mapping ------------------------------------------------------------------------------------
 */

static hs_status posix_map(vfs_file *base, uint64_t range, void **address) {
    posix_file *file = posix(base);
    *address = NULL;
    if (range > SIZE_MAX / 2) {
        return error_set(HS_NO_MEMORY, "'%s' cannot be mapped over %" PRIu64 " bytes", file->path,
                         range);
    }
    void *map = mmap(NULL, (size_t)range, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
                     file->descriptor, 0);
    if (map == MAP_FAILED) {
        return error_errno(errno == EAGAIN ? ENOMEM : errno,
                           "cannot map '%s' over %" PRIu64 " bytes", file->path, range);
    }
    /* A core file would hold the whole collection. If the system does not know this advice, the map
     * works all the same. */
    madvise(map, (size_t)range, MADV_DONTDUMP);
    *address = file->map = map;
    return HS_OK;
}

static void posix_unmap(vfs_file *base, void *address, uint64_t range) {
    posix(base)->map = NULL;
    int result = munmap(address, (size_t)range);
    assert(result == 0);
    (void)result;
}

/* --- locking ------------------------------------------------------------------------------------
 */

/* Whether process `pid` holds a lock through its descriptor `name` of the file `wanted`. */
static bool descriptor_holds_lock(const char *pid, const char *name, const struct stat *wanted) {
    char path[64];
    struct stat status;
    snprintf(path, sizeof path, "/proc/%.12s/fd/%.12s", pid, name);
    if (stat(path, &status) != 0) return false;
    if (status.st_dev != wanted->st_dev || status.st_ino != wanted->st_ino) return false;
    snprintf(path, sizeof path, "/proc/%.12s/fdinfo/%.12s", pid, name);
    FILE *info = fopen(path, "re");
    if (info == NULL) return false;
    char line[256];
    bool held = false;
    while (!held && fgets(line, sizeof line, info) != NULL) {
        held = strncmp(line, "lock:", 5) == 0;
    }
    fclose(info);
    return held;
}

/* The process that holds a lock on the file, for the message only: the system does not tell for
 * locks of an open file description, so its descriptors are looked through. 0 if it is not visible
 * from here. */
static long lock_holder(const struct stat *wanted) {
    long holder = 0;
    DIR *processes = opendir("/proc");
    if (processes == NULL) return 0;
    struct dirent *process;
    while (holder == 0 && (process = readdir(processes)) != NULL) {
        if (process->d_name[0] < '0' || process->d_name[0] > '9') continue;
        char path[64];
        snprintf(path, sizeof path, "/proc/%.12s/fd", process->d_name);
        DIR *descriptors = opendir(path);
        if (descriptors == NULL) continue;
        struct dirent *entry;
        while (holder == 0 && (entry = readdir(descriptors)) != NULL) {
            if (entry->d_name[0] == '.') continue;
            if (descriptor_holds_lock(process->d_name, entry->d_name, wanted)) {
                holder = strtol(process->d_name, NULL, 10);
            }
        }
        closedir(descriptors);
    }
    closedir(processes);
    return holder;
}

static hs_status posix_lock(vfs_file *base) {
    posix_file *file = posix(base);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(file->descriptor, F_OFD_SETLK, &lock) == 0) return HS_OK;
    int error = errno;
    if (error != EAGAIN && error != EACCES) {
        return error_errno(error, "cannot lock '%s'", file->path);
    }
    struct stat status;
    long holder = fstat(file->descriptor, &status) == 0 ? lock_holder(&status) : 0;
    if (holder == (long)getpid()) {
        return error_set(HS_BUSY, "'%s' is open already in this process (%ld)", file->path, holder);
    }
    if (holder > 0) {
        return error_set(HS_BUSY, "'%s' is held by process %ld; end it or wait for it", file->path,
                         holder);
    }
    return error_set(HS_BUSY, "'%s' is held by another process", file->path);
}

/* --- names --------------------------------------------------------------------------------------
 */

static hs_status posix_unlink(vfs *system, const char *path) {
    (void)system;
    if (unlink(path) == 0) return HS_OK;
    if (errno == ENOENT) return error_set(HS_NOT_FOUND, "there is no file '%s'", path);
    return error_errno(errno, "cannot delete the file '%s'", path);
}

/* Renames unless the new name is taken; 0, or -1 with errno. */
static int rename_to_free_name(const char *from, const char *to) {
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return -1;
    /* The file system cannot do both in one step. */
    struct stat status;
    if (lstat(to, &status) == 0) errno = EEXIST;
    return errno == ENOENT ? rename(from, to) : -1;
}

static hs_status posix_rename(vfs *system, const char *from, const char *to, bool replace) {
    (void)system;
    if ((replace ? rename(from, to) : rename_to_free_name(from, to)) == 0) return HS_OK;
    if (errno == EEXIST) return error_set(HS_EXISTS, "the file '%s' exists already", to);
    if (errno == ENOENT) return error_set(HS_NOT_FOUND, "there is no file '%s'", from);
    return error_errno(errno, "cannot rename '%s' to '%s'", from, to);
}

static hs_status posix_sync_directory(vfs *system, const char *path) {
    (void)system;
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path);
    if (length >= sizeof directory) {
        return error_errno(ENAMETOOLONG, "cannot sync the directory of '%s'", path);
    }
    if (slash == NULL) {
        memcpy(directory, ".", 2);
    } else if (length == 0) {
        memcpy(directory, "/", 2);
    } else {
        memcpy(directory, path, length);
        directory[length] = '\0';
    }
    int descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return error_errno(errno, "cannot open the directory '%s'", directory);
    int error = fsync(descriptor) == 0 ? 0 : errno;
    close(descriptor);
    if (error != 0) return error_errno(error, "cannot sync the directory '%s'", directory);
    return HS_OK;
}

static hs_status posix_random(vfs *system, void *bytes, size_t size) {
    (void)system;
    return random_bytes(bytes, size);
}

vfs *vfs_posix(void) {
    static const vfs_ops operations = {
        .open = posix_open,
        .close = posix_close,
        .read = posix_read,
        .write = posix_write,
        .sync = posix_sync,
        .write_back = posix_write_back,
        .sync_written = posix_sync_written,
        .store = posix_store,
        .write_behind = posix_write_behind,
        .size = posix_size,
        .grow = posix_grow,
        .truncate = posix_truncate,
        .map = posix_map,
        .unmap = posix_unmap,
        .lock = posix_lock,
        .unlink = posix_unlink,
        .rename = posix_rename,
        .sync_directory = posix_sync_directory,
        .random = posix_random,
    };
    static vfs files = {&operations};
    return &files;
}
