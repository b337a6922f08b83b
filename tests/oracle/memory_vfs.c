/* memory_vfs.c: files in memory that fail and crash on demand. */
#include "oracle/memory_vfs.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <xxhash.h>

#include "base/error.h"
#include "oracle/random.h"

#define SECTOR 512
#define HALF   256
#define PAGE   4096

#define SPACE_KEPT (UINT64_C(16) << 20) /* clearing more costs more than new pages do */

typedef struct memory_file memory_file;

struct memory_vfs {
    vfs base;
    memory_file *files;
    memory_hook *hook;
    void *hook_context;
    bool hooking; /* the hook is running: it is not called again */
    memory_call call;
    const vfs_buffer *writing; /* the buffers of a write that the hook precedes; else NULL */
    uint64_t calls[MEMORY_FAULTS];
    memory_fault fault;
    uint64_t fail_at; /* the number of the call that fails; 0: none */
    bool all_later;
    random_source random;
};

/* A file, also one that was deleted and is still open or still on disk. */
struct memory_file {
    memory_file *next;
    char *path;
    char *former; /* its name before it was renamed, as long as that is not on disk; or NULL */
    unsigned handles;
    bool listed;      /* the directory has it */
    bool disk_listed; /* the directory on disk has it */
    bool replaced;    /* another file was renamed to its name */
    bool locked;
    uint64_t size, believed_size, disk_size;
    uint8_t *bytes;    /* accessible up to its size, in whole pages; zero behind it */
    uint64_t open;     /* the bytes that are accessible, if a size was set */
    uint8_t *believed; /* what the system believes to be on disk */
    uint8_t *disk;     /* the same block, unless a sync has failed */
    /* One bit per half sector of each page of `bytes`: written since the last sync, so that it must
     * reach the disk also if it is as believed. */
    uint16_t *written;
    /* Of each page of `bytes`, the hash of what write_back brought out of the system's memory and
     * sync_written has not made durable yet; 0: nothing. */
    uint64_t *brought;
    bool changes_unseen; /* it was mapped or cut, so that `written` does not tell all */
    uint64_t range;      /* of its map; 0: none */
};
_Static_assert(PAGE / HALF == 16, "a page's half sectors have a bit each");

typedef struct memory_handle {
    vfs_file base;
    memory_vfs *owner;
    memory_file *file;
    bool locking;
} memory_handle;

static memory_vfs *memory_of(vfs *v) {
    return (memory_vfs *)v;
}
static memory_handle *handle_of(vfs_file *f) {
    return (memory_handle *)f;
}

static void *must(void *block) {
    if (block == NULL) abort();
    return block;
}

static uint64_t minimum(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}
static uint64_t maximum(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}
static uint64_t whole_pages(uint64_t size) {
    return (size + PAGE - 1) / PAGE * PAGE;
}

/* --- files ------------------------------------------------------------------------------------ */

/* Address space that files have left behind, zeroed, for the next ones: images are taken by the
 * thousand, and most of their cost would be the pages that the system clears and protects. */
typedef struct space {
    uint8_t *at;
    uint64_t open; /* the bytes that may be touched */
} space;

typedef struct space_pool {
    space free[16];
    size_t count;
} space_pool;

static pthread_mutex_t pools_lock = PTHREAD_MUTEX_INITIALIZER;
static space_pool shut, open_wide; /* for `bytes`, and for what the disk has */

/* MEMORY_VFS_CAPACITY bytes of zeros; of new ones the first `open` may be touched. */
static space space_take(space_pool *pool, uint64_t open) {
    space taken = {NULL, open};
    pthread_mutex_lock(&pools_lock);
    if (pool->count > 0) taken = pool->free[--pool->count];
    pthread_mutex_unlock(&pools_lock);
    if (taken.at != NULL) return taken;
    taken.at = mmap(NULL, MEMORY_VFS_CAPACITY, open > 0 ? PROT_READ | PROT_WRITE : PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (taken.at == MAP_FAILED) abort();
    return taken;
}

/* Gives space back of which nothing behind `used` bytes is set. */
static void space_give_back(space_pool *pool, space left, uint64_t used) {
    pthread_mutex_lock(&pools_lock);
    bool keep = used <= SPACE_KEPT && pool->count < sizeof pool->free / sizeof *pool->free;
    if (keep) {
        memset(left.at, 0, used);
        pool->free[pool->count++] = left;
    }
    pthread_mutex_unlock(&pools_lock);
    if (!keep) munmap(left.at, MEMORY_VFS_CAPACITY);
}

static uint8_t *disk_take(void) {
    return space_take(&open_wide, MEMORY_VFS_CAPACITY).at;
}

static void disk_give_back(uint8_t *disk, uint64_t used) {
    space_give_back(&open_wide, (space){disk, MEMORY_VFS_CAPACITY}, used);
}

static memory_file *file_create(memory_vfs *m, const char *path) {
    memory_file *file = must(calloc(1, sizeof *file));
    space bytes = space_take(&shut, 0);
    file->path = must(strdup(path));
    file->bytes = bytes.at;
    file->open = bytes.open;
    file->believed = file->disk = disk_take();
    file->next = m->files;
    m->files = file;
    return file;
}

static void file_free(memory_file *file) {
    uint64_t synced = whole_pages(maximum(file->believed_size, file->disk_size));
    space_give_back(&shut, (space){file->bytes, file->open}, whole_pages(file->size));
    disk_give_back(file->believed, synced);
    if (file->disk != file->believed) disk_give_back(file->disk, synced);
    free(file->written);
    free(file->brought);
    free(file->path);
    free(file->former);
    free(file);
}

/* Frees the files that nothing refers to any more. */
static void collect(memory_vfs *m) {
    memory_file **link = &m->files;
    while (*link != NULL) {
        memory_file *file = *link;
        if (file->handles > 0 || file->listed || file->disk_listed) {
            link = &file->next;
            continue;
        }
        *link = file->next;
        file_free(file);
    }
}

static memory_file *find(const memory_vfs *m, const char *path) {
    for (memory_file *file = m->files; file != NULL; file = file->next) {
        if (file->listed && strcmp(file->path, path) == 0) return file;
    }
    return NULL;
}

/* Changes the size; what is cut off reads as zeros when the file grows again, and touching it
 * faults. */
static void resize(memory_file *file, uint64_t size) {
    uint64_t old_pages = whole_pages(file->size), pages = whole_pages(size);
    assert(size <= MEMORY_VFS_CAPACITY);
    if (size < file->size) {
        memset(file->bytes + size, 0, old_pages - size);
        file->changes_unseen = true;
    }
    if (pages > file->open) {
        if (mprotect(file->bytes, pages, PROT_READ | PROT_WRITE) != 0) abort();
    } else if (pages < file->open) {
        if (mprotect(file->bytes + pages, file->open - pages, PROT_NONE) != 0) abort();
    }
    file->open = pages;
    if (pages > old_pages) {
        file->written = must(realloc(file->written, pages / PAGE * sizeof *file->written));
        file->brought = must(realloc(file->brought, pages / PAGE * sizeof *file->brought));
        memset(&file->brought[old_pages / PAGE], 0,
               (pages - old_pages) / PAGE * sizeof *file->brought);
        memset(&file->written[old_pages / PAGE], 0,
               (pages - old_pages) / PAGE * sizeof *file->written);
    }
    file->size = size;
}

/* The page at `offset` as a process sees it; zeros behind the end. */
static const uint8_t *seen(const memory_file *file, uint64_t offset) {
    static const uint8_t zeros[PAGE];
    return offset < whole_pages(file->size) ? file->bytes + offset : zeros;
}

/* --- what reaches the disk -------------------------------------------------------------------- */

typedef enum reach { REACH_ALL, REACH_SOME } reach;

/* The half sectors of a page that are not known to be on disk, a bit each. */
static unsigned unsynced(const memory_file *file, uint64_t page) {
    const uint8_t *bytes = seen(file, page), *believed = file->believed + page;
    unsigned halves = page < file->size ? file->written[page / PAGE] : 0;
    if (page < file->size && !file->changes_unseen) return halves;
    if (memcmp(bytes, believed, PAGE) == 0) return halves;
    for (unsigned i = 0; i < PAGE / HALF; i++) {
        if (memcmp(bytes + i * HALF, believed + i * HALF, HALF) != 0) halves |= 1u << i;
    }
    return halves;
}

/* Which half sectors of a page reach the disk, each with the given chance; mostly both of a sector
 * or none. */
static unsigned lucky(unsigned chance, random_source *random) {
    unsigned halves = 0;
    for (unsigned sector = 0; sector < PAGE / SECTOR; sector++) {
        bool whole = random_chance(random, 90);
        bool first = random_chance(random, chance), second = random_chance(random, chance);
        if (whole) second = first;
        halves |= (unsigned)(first | second << 1) << 2 * sector;
    }
    return halves;
}

/* Brings all, or a random part, of the unsynced half sectors to `disk` (of `*disk_size` bytes,
 * another file's if an image is made). */
static void reach_disk(const memory_file *file, reach reach, random_source *random, uint8_t *disk,
                       uint64_t *disk_size) {
    static const unsigned chances[] = {0, 3, 20, 50, 80, 97, 100};
    unsigned chance = 100;
    uint64_t end = maximum(file->size, file->believed_size), size = file->size;
    if (reach == REACH_SOME) {
        chance = chances[random_below(random, sizeof chances / sizeof *chances)];
        if (file->size == file->believed_size || random_chance(random, 40))
            size = *disk_size;
        else if (random_chance(random, 30)) {
            uint64_t low = minimum(file->size, *disk_size), high = maximum(file->size, *disk_size);
            size = low + random_below(random, (high - low) / SECTOR + 1) * SECTOR;
        }
    }
    for (uint64_t page = 0; page < end; page += PAGE) {
        unsigned halves = unsynced(file, page);
        if (halves != 0 && chance < 100) halves &= lucky(chance, random);
        for (unsigned i = 0; halves >> i != 0; i++) {
            if ((halves >> i & 1) != 0)
                memcpy(disk + page + i * HALF, seen(file, page) + i * HALF, HALF);
        }
    }
    if (size < end) memset(disk + size, 0, end - size);
    *disk_size = size;
}

/* Notes that the system believes everything to be on disk. */
static void believe(memory_file *file) {
    uint64_t end = maximum(file->size, file->believed_size);
    for (uint64_t page = 0; page < end; page += PAGE) {
        if (unsynced(file, page) != 0) memcpy(file->believed + page, seen(file, page), PAGE);
        if (page < file->size) file->written[page / PAGE] = 0;
    }
    file->believed_size = file->size;
}

/* What the disk has is no longer what the system believes. */
static void part_from_disk(memory_file *file) {
    if (file->disk != file->believed) return;
    file->disk = disk_take();
    memcpy(file->disk, file->believed, file->disk_size);
}

/* Syncs one page. */
static void sync_page(memory_file *file, uint64_t page, bool fails, random_source *random) {
    unsigned halves = unsynced(file, page), reached = halves;
    if (fails) reached &= lucky(50, random);
    for (unsigned i = 0; halves >> i != 0; i++) {
        const uint8_t *half = seen(file, page) + (size_t)i * HALF;
        if ((reached >> i & 1) != 0) memcpy(file->disk + page + i * HALF, half, HALF);
        if ((halves >> i & 1) != 0) memcpy(file->believed + page + i * HALF, half, HALF);
    }
    file->written[page / PAGE] = 0;
    file->brought[page / PAGE] = 0;
}

static uint64_t page_hash(const memory_file *file, uint64_t page) {
    return XXH3_64bits(file->bytes + page, PAGE) | 1;
}

/* What was brought out and not changed since is on disk, or any part of it; and so is the size. */
static void sync_brought(memory_file *file, bool fails, random_source *random) {
    if (fails) part_from_disk(file);
    for (uint64_t page = 0; page < file->size; page += PAGE) {
        if (file->brought[page / PAGE] == page_hash(file, page))
            sync_page(file, page, fails, random);
        file->brought[page / PAGE] = 0;
    }
    if (fails) return;
    for (uint64_t at = file->size; at < file->believed_size; at++)
        file->believed[at] = 0;
    for (uint64_t at = file->size; at < file->disk_size; at++)
        file->disk[at] = 0;
    file->believed_size = file->disk_size = file->size;
}

static void sync_file(memory_file *file, bool fails, random_source *random) {
    if (fails) part_from_disk(file);
    if (file->disk == file->believed)
        file->disk_size = file->size; /* what is believed is what is there */
    else
        reach_disk(file, fails ? REACH_SOME : REACH_ALL, random, file->disk, &file->disk_size);
    believe(file);
}

/* --- faults and hooks ------------------------------------------------------------------------- */

enum { TOUCHES = 0, CREATES = 1, WRITES = 2, GROWS = 4, SYNCS = 8, CHANGES = 16 };

static bool applies(memory_fault fault, unsigned kind) {
    switch (fault) {
    case FAULT_IO:
        return true;
    case FAULT_SHORT_WRITE:
        return (kind & WRITES) != 0;
    case FAULT_FULL:
        return (kind & (CREATES | WRITES | GROWS)) != 0;
    case FAULT_SYNC:
        return (kind & SYNCS) != 0;
    }
    return false;
}

/* Counts a call of the given kind and calls the hook; true if the call is to fail. */
static bool enter_call(memory_vfs *m, unsigned kind, const char *call, const memory_call *about) {
    bool fails = false;
    if (kind != TOUCHES && m->hook != NULL && !m->hooking) {
        m->hooking = true;
        m->call = *about;
        m->hook(m->hook_context, m, call);
        m->hooking = false;
    }
    for (int i = 0; i < MEMORY_FAULTS; i++) {
        memory_fault fault = (memory_fault)i;
        if (!applies(fault, kind)) continue;
        uint64_t number = ++m->calls[i];
        if (m->fail_at == 0 || m->fault != fault) continue;
        if (number == m->fail_at || (m->all_later && number > m->fail_at)) fails = true;
    }
    return fails;
}

static bool enter(memory_vfs *m, unsigned kind, const char *call, const char *path) {
    return enter_call(m, kind, call, &(memory_call){.path = path});
}

static hs_status fault_error(const memory_vfs *m, const char *call, const char *path) {
    return error_set(m->fault == FAULT_FULL ? HS_FULL : HS_IO, "%s of '%s' fails for the test",
                     call, path);
}

/* --- the functions of struct vfs_ops ---------------------------------------------------------- */

static hs_status memory_open(vfs *v, const char *path, bool create, vfs_file **result) {
    memory_vfs *m = memory_of(v);
    if (enter(m, create ? CREATES : TOUCHES, "open", path)) return fault_error(m, "open", path);
    memory_file *file = find(m, path);
    if (create && file != NULL) return error_set(HS_EXISTS, "'%s' exists already", path);
    if (!create && file == NULL) return error_set(HS_NOT_FOUND, "there is no '%s'", path);
    if (file == NULL) {
        file = file_create(m, path);
        file->listed = true;
    }
    memory_handle *handle = must(calloc(1, sizeof *handle));
    handle->base.ops = v->ops;
    handle->owner = m;
    handle->file = file;
    file->handles++;
    *result = &handle->base;
    return HS_OK;
}

static void memory_close(vfs_file *f) {
    memory_handle *handle = handle_of(f);
    if (handle->locking) handle->file->locked = false;
    handle->file->handles--;
    collect(handle->owner);
    free(handle);
}

static hs_status memory_read(vfs_file *f, uint64_t offset, void *data, size_t size) {
    memory_handle *handle = handle_of(f);
    memory_file *file = handle->file;
    if (enter(handle->owner, TOUCHES, "read", handle->file->path)) {
        return fault_error(handle->owner, "read", file->path);
    }
    if (offset > file->size || size > file->size - offset) {
        return error_set(HS_IO, "'%s' ends at %" PRIu64, file->path, file->size);
    }
    if (size > 0) memcpy(data, file->bytes + offset, size);
    return HS_OK;
}

/* How many of `size` bytes are written by a write that ends early: up to a whole half sector. */
static uint64_t short_of(uint64_t offset, uint64_t size) {
    uint64_t end = (offset + size) / HALF * HALF;
    return end > offset ? end - offset : 0;
}

/* What was written must reach the disk with the next sync, also if it is the same as before. */
static void note_written(memory_file *file, uint64_t offset, uint64_t end) {
    for (uint64_t at = offset / HALF * HALF; at < end; at += HALF)
        file->written[at / PAGE] |= (uint16_t)(1u << at % PAGE / HALF);
}

static hs_status memory_write(vfs_file *f, uint64_t offset, const vfs_buffer *buffers,
                              size_t count) {
    memory_handle *handle = handle_of(f);
    memory_vfs *m = handle->owner;
    memory_file *file = handle->file;
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += buffers[i].size;
    }
    m->writing = buffers;
    bool fails = enter_call(m, WRITES, "write", &(memory_call){file->path, offset, total});
    m->writing = NULL;
    if (fails && m->fault != FAULT_SHORT_WRITE) return fault_error(m, "write", file->path);
    if (fails) total = short_of(offset, random_below(&m->random, total));
    if (offset > MEMORY_VFS_CAPACITY || total > MEMORY_VFS_CAPACITY - offset) {
        return error_set(HS_FULL, "'%s' is full", file->path);
    }
    if (offset + total > file->size) resize(file, offset + total);
    for (size_t i = 0; i < count && total > 0; i++) {
        size_t part = (size_t)minimum(buffers[i].size, total);
        if (part > 0) memcpy(file->bytes + offset, buffers[i].data, part);
        note_written(file, offset, offset + part);
        offset += part;
        total -= part;
    }
    return fails ? fault_error(m, "write", file->path) : HS_OK;
}

static hs_status memory_store(vfs_file *f, uint64_t offset, const void *data, size_t size) {
    return memory_write(f, offset, &(vfs_buffer){data, size}, 1);
}

static hs_status memory_sync(vfs_file *f) {
    memory_handle *handle = handle_of(f);
    memory_vfs *m = handle->owner;
    bool fails = enter(m, SYNCS, "sync", handle->file->path);
    if (fails && m->fault != FAULT_SYNC) return fault_error(m, "sync", handle->file->path);
    sync_file(handle->file, fails, &m->random);
    return fails ? fault_error(m, "sync", handle->file->path) : HS_OK;
}

static hs_status memory_write_back(vfs_file *f, uint64_t offset, uint64_t size) {
    memory_handle *handle = handle_of(f);
    memory_vfs *m = handle->owner;
    memory_file *file = handle->file;
    bool fails = enter_call(m, SYNCS, "write_back", &(memory_call){file->path, offset, size});
    if (fails && m->fault != FAULT_SYNC) return fault_error(m, "write_back", file->path);
    /* There is memory of others behind the map, which the system's files would take for its own. */
    if (file->range > 0 && offset + size > file->range) {
        return error_set(HS_IO, "write_back of '%s' up to byte %" PRIu64 " of a map of %" PRIu64,
                         file->path, offset + size, file->range);
    }
    if (fails) part_from_disk(file);
    for (uint64_t page = offset / PAGE * PAGE; page < minimum(offset + size, file->size);
         page += PAGE) {
        if (fails)
            sync_page(file, page, true, &m->random);
        else
            file->brought[page / PAGE] = page_hash(file, page);
    }
    return fails ? fault_error(m, "write_back", file->path) : HS_OK;
}

static hs_status memory_sync_written(vfs_file *f) {
    memory_handle *handle = handle_of(f);
    memory_vfs *m = handle->owner;
    bool fails = enter(m, SYNCS, "sync_written", handle->file->path);
    if (fails && m->fault != FAULT_SYNC) return fault_error(m, "sync", handle->file->path);
    sync_brought(handle->file, fails, &m->random);
    return fails ? fault_error(m, "sync_written", handle->file->path) : HS_OK;
}

/* What reaches the disk of itself is drawn when a crash is made. */
static void memory_write_behind(vfs_file *f, uint64_t offset, uint64_t size) {
    (void)f;
    (void)offset;
    (void)size;
}

static hs_status memory_size(vfs_file *f, uint64_t *size) {
    memory_handle *handle = handle_of(f);
    if (enter(handle->owner, TOUCHES, "size", handle->file->path)) {
        return fault_error(handle->owner, "size", handle->file->path);
    }
    *size = handle->file->size;
    return HS_OK;
}

static hs_status memory_grow(vfs_file *f, uint64_t size) {
    memory_handle *handle = handle_of(f);
    if (enter_call(handle->owner, GROWS, "grow", &(memory_call){handle->file->path, size, 0})) {
        return fault_error(handle->owner, "grow", handle->file->path);
    }
    if (size > MEMORY_VFS_CAPACITY) return error_set(HS_FULL, "'%s' is full", handle->file->path);
    if (size > handle->file->size) resize(handle->file, size);
    return HS_OK;
}

static hs_status memory_truncate(vfs_file *f, uint64_t size) {
    memory_handle *handle = handle_of(f);
    if (enter_call(handle->owner, CHANGES, "truncate",
                   &(memory_call){handle->file->path, size, 0})) {
        return fault_error(handle->owner, "truncate", handle->file->path);
    }
    if (size > MEMORY_VFS_CAPACITY) return error_set(HS_FULL, "'%s' is full", handle->file->path);
    resize(handle->file, size);
    return HS_OK;
}

static hs_status memory_map(vfs_file *f, uint64_t range, void **address) {
    memory_handle *handle = handle_of(f);
    if (enter(handle->owner, TOUCHES, "map", handle->file->path)) {
        return fault_error(handle->owner, "map", handle->file->path);
    }
    if (range > MEMORY_VFS_CAPACITY) {
        return error_set(HS_NO_MEMORY, "no %" PRIu64 " bytes for a map of '%s'", range,
                         handle->file->path);
    }
    handle->file->changes_unseen = true;
    handle->file->range = range;
    *address = handle->file->bytes;
    return HS_OK;
}

static void memory_unmap(vfs_file *f, void *address, uint64_t range) {
    assert(address == handle_of(f)->file->bytes && range <= MEMORY_VFS_CAPACITY);
    handle_of(f)->file->range = 0;
    (void)address;
    (void)range;
}

static hs_status memory_lock(vfs_file *f) {
    memory_handle *handle = handle_of(f);
    if (enter(handle->owner, TOUCHES, "lock", handle->file->path)) {
        return fault_error(handle->owner, "lock", handle->file->path);
    }
    if (handle->file->locked && !handle->locking) {
        return error_set(HS_BUSY, "'%s' is locked already", handle->file->path);
    }
    handle->file->locked = handle->locking = true;
    return HS_OK;
}

static hs_status memory_unlink(vfs *v, const char *path) {
    memory_vfs *m = memory_of(v);
    if (enter(m, CHANGES, "unlink", path)) return fault_error(m, "unlink", path);
    memory_file *file = find(m, path);
    if (file == NULL) return error_set(HS_NOT_FOUND, "there is no '%s'", path);
    file->listed = false;
    collect(m);
    return HS_OK;
}

static hs_status memory_rename(vfs *v, const char *from, const char *to, bool replace) {
    memory_vfs *m = memory_of(v);
    if (enter(m, CHANGES, "rename", from)) return fault_error(m, "rename", from);
    memory_file *file = find(m, from), *other = find(m, to);
    if (file == NULL) return error_set(HS_NOT_FOUND, "there is no '%s'", from);
    if (other != NULL && !replace) return error_set(HS_EXISTS, "'%s' exists already", to);
    if (other == file) return HS_OK;
    if (other != NULL) {
        other->listed = false;
        other->replaced = true;
    }
    if (file->former == NULL)
        file->former = file->path;
    else
        free(file->path);
    file->path = must(strdup(to));
    collect(m);
    return HS_OK;
}

/* All files are in one directory. */
static hs_status memory_sync_directory(vfs *v, const char *path) {
    memory_vfs *m = memory_of(v);
    if (enter(m, SYNCS, "sync_directory", "")) return fault_error(m, "sync_directory", path);
    for (memory_file *file = m->files; file != NULL; file = file->next) {
        file->disk_listed = file->listed;
        file->replaced = false;
        free(file->former);
        file->former = NULL;
    }
    collect(m);
    return HS_OK;
}

static hs_status memory_random(vfs *v, void *bytes, size_t size) {
    memory_vfs *m = memory_of(v);
    if (enter(m, TOUCHES, "random", "")) return fault_error(m, "random", "");
    random_fill(&m->random, bytes, size);
    return HS_OK;
}

/* --- the test's side -------------------------------------------------------------------------- */

memory_vfs *memory_vfs_create(void) {
    static const vfs_ops operations = {
        .open = memory_open,
        .close = memory_close,
        .read = memory_read,
        .write = memory_write,
        .store = memory_store,
        .sync = memory_sync,
        .write_back = memory_write_back,
        .sync_written = memory_sync_written,
        .write_behind = memory_write_behind,
        .size = memory_size,
        .grow = memory_grow,
        .truncate = memory_truncate,
        .map = memory_map,
        .unmap = memory_unmap,
        .lock = memory_lock,
        .unlink = memory_unlink,
        .rename = memory_rename,
        .sync_directory = memory_sync_directory,
        .random = memory_random,
    };
    memory_vfs *m = must(calloc(1, sizeof *m));
    m->base.ops = &operations;
    m->random.state = 1;
    return m;
}

void memory_vfs_free(memory_vfs *m) {
    while (m->files != NULL) {
        memory_file *file = m->files;
        assert(file->handles == 0);
        m->files = file->next;
        file_free(file);
    }
    free(m);
}

vfs *memory_vfs_base(memory_vfs *m) {
    return &m->base;
}

void memory_vfs_fail(memory_vfs *m, memory_fault fault, uint64_t n, bool all_later) {
    m->fault = fault;
    m->fail_at = n == 0 ? 0 : m->calls[fault] + n;
    m->all_later = all_later;
}

void memory_vfs_inherit(memory_vfs *image, const memory_vfs *m) {
    memcpy(image->calls, m->calls, sizeof image->calls);
    image->fault = m->fault;
    image->fail_at = m->fail_at;
    image->all_later = m->all_later;
}

uint64_t memory_vfs_calls(const memory_vfs *m, memory_fault fault) {
    return m->calls[fault];
}

void memory_vfs_hook(memory_vfs *m, memory_hook *hook, void *context) {
    m->hook = hook;
    m->hook_context = context;
}

const memory_call *memory_vfs_call(const memory_vfs *m) {
    return &m->call;
}

uint64_t memory_vfs_disk_size(const memory_vfs *m, const char *path) {
    const memory_file *file = find(m, path);
    return file == NULL ? 0 : file->disk_size;
}

uint8_t *memory_vfs_bytes(memory_vfs *m, const char *path, uint64_t *size) {
    memory_file *file = find(m, path);
    if (file == NULL) return NULL;
    *size = file->size;
    return file->bytes;
}

/* The name under which the image's directory has the file, or NULL. Of two files of one path (one
 * deleted, one new) at most one is there, so both draw the same number: 0 is for the directory as
 * it is, 1 as it was when it was synced; in between, renaming is one step. */
static const char *surviving_name(const memory_file *file, memory_crash crash, uint64_t draw) {
    if (crash == CRASH_KILL || draw % 3 == 0) return file->listed ? file->path : NULL;
    const char *before = file->former != NULL ? file->former : file->path;
    if (draw % 3 == 1) return file->disk_listed ? before : NULL;
    if (file->replaced || (file->listed && file->former != NULL)) return before;
    return file->listed && file->disk_listed ? file->path : NULL;
}

/* Does a first part of the write that is about to be done. */
static void begin_write(const memory_vfs *m, memory_file *copy, random_source *random) {
    uint64_t offset = m->call.offset, left = random_below(random, m->call.size + 1);
    left = (offset + left) / HALF * HALF > offset ? (offset + left) / HALF * HALF - offset : 0;
    if (left == 0 || offset + left > MEMORY_VFS_CAPACITY) return;
    if (offset + left > copy->size) resize(copy, offset + left);
    note_written(copy, offset, offset + left);
    for (const vfs_buffer *b = m->writing; left > 0; b++) {
        size_t part = (size_t)minimum(b->size, left);
        if (part > 0) memcpy(copy->bytes + offset, b->data, part);
        offset += part;
        left -= part;
    }
}

/* A file as another process sees it. */
static void copy_file(memory_file *copy, const memory_file *file) {
    resize(copy, file->size);
    if (file->size > 0) memcpy(copy->bytes, file->bytes, file->size);
    memcpy(copy->believed, file->believed, maximum(file->believed_size, file->disk_size));
    if (file->disk != file->believed) {
        copy->disk = disk_take();
        memcpy(copy->disk, file->disk, maximum(file->believed_size, file->disk_size));
    }
    size_t pages = (size_t)(whole_pages(file->size) / PAGE);
    if (pages > 0) memcpy(copy->written, file->written, pages * sizeof *copy->written);
    if (pages > 0) memcpy(copy->brought, file->brought, pages * sizeof *copy->brought);
    copy->believed_size = file->believed_size;
    copy->disk_size = file->disk_size;
    copy->changes_unseen = file->changes_unseen;
}

/* A file as the next start of the machine may find it. */
static void copy_disk(memory_file *copy, const memory_file *file, random_source *random) {
    memcpy(copy->disk, file->disk, file->disk_size);
    copy->disk_size = file->disk_size;
    reach_disk(file, REACH_SOME, random, copy->disk, &copy->disk_size);
    copy->believed_size = copy->disk_size;
    resize(copy, copy->disk_size);
    if (copy->size > 0) memcpy(copy->bytes, copy->disk, copy->size);
}

memory_vfs *memory_vfs_crash(const memory_vfs *m, memory_crash crash, uint64_t seed) {
    memory_vfs *image = memory_vfs_create();
    random_source random = {seed};
    uint64_t draw = random_next(&random);
    image->random.state = random_next(&random);
    for (const memory_file *file = m->files; file != NULL; file = file->next) {
        const char *name = surviving_name(file, crash, draw);
        if (name == NULL) continue;
        memory_file *copy = file_create(image, name);
        copy->listed = copy->disk_listed = true;
        if (crash == CRASH_KILL)
            copy_file(copy, file);
        else
            copy_disk(copy, file, &random);
        bool written = m->writing != NULL && strcmp(file->path, m->call.path) == 0;
        if (crash == CRASH_KILL && written && file->listed) begin_write(m, copy, &random);
    }
    return image;
}

void memory_vfs_write_back(memory_vfs *m, uint64_t seed) {
    random_source random = {seed};
    for (memory_file *file = m->files; file != NULL; file = file->next) {
        uint64_t end = maximum(file->size, file->believed_size);
        for (uint64_t page = 0; page < end; page += PAGE) {
            unsigned halves = unsynced(file, page);
            for (unsigned i = 0; halves >> i != 0; i++) {
                if ((halves >> i & 1) == 0 || random_chance(&random, 50)) continue;
                memcpy(file->believed + page + i * HALF, seen(file, page) + i * HALF, HALF);
                memcpy(file->disk + page + i * HALF, seen(file, page) + i * HALF, HALF);
                if (page < file->size) file->written[page / PAGE] &= (uint16_t) ~(1u << i);
            }
        }
        file->believed_size = maximum(file->size, file->believed_size);
        file->disk_size = maximum(file->size, file->disk_size);
    }
}
