/* input.c: plain files, gzip by zlib, zstd by libzstd, behind one way to read. */
#include "import/input.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>

#include "base/error.h"
#include "base/memory.h"

#define PACKED_BYTES 262144    /* read from the file at a time */
#define GZIP_WINDOW  (15 + 16) /* the largest window, with a gzip header */

typedef enum packing { PACKING_NONE, PACKING_GZIP, PACKING_ZSTD } packing;

struct input {
    char *path;
    int fd;
    packing packing;
    bool within;   /* a gzip member or zstd frame has begun and not ended */
    bool file_end; /* the file has no more bytes */
    uint64_t consumed;
    uint64_t size;
    z_stream gzip;
    bool gzip_ready;
    ZSTD_DStream *zstd;
    size_t next, filled; /* of `packed`: what is not yet unpacked */
    uint8_t packed[PACKED_BYTES];
};

/* Reads the next bytes of the file into `packed`, which must be used up. */
static hs_status fill(input *in) {
    assert(in->next == in->filled);
    in->next = in->filled = 0;
    ssize_t got;
    do {
        got = read(in->fd, in->packed, PACKED_BYTES);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return error_errno(errno, "cannot read %s", in->path);
    in->filled = (size_t)got;
    in->consumed += (uint64_t)got;
    in->file_end = got == 0;
    return HS_OK;
}

static void *zlib_alloc(void *context, unsigned count, unsigned size) {
    (void)context;
    return memory_zeroed((size_t)count * size);
}

static void zlib_free(void *context, void *block) {
    (void)context;
    memory_free(block);
}

/* Looks at the first bytes, which are in `packed`, and makes ready to unpack. */
static hs_status detect(input *in) {
    static const uint8_t gzip_magic[] = {0x1F, 0x8B, 0x08};
    static const uint8_t zstd_magic[] = {0x28, 0xB5, 0x2F, 0xFD};
    if (in->filled >= sizeof gzip_magic && memcmp(in->packed, gzip_magic, sizeof gzip_magic) == 0) {
        in->packing = PACKING_GZIP;
        in->gzip.zalloc = zlib_alloc;
        in->gzip.zfree = zlib_free;
        if (inflateInit2(&in->gzip, GZIP_WINDOW) != Z_OK)
            return error_set(HS_NO_MEMORY, "no memory to unpack %s", in->path);
        in->gzip_ready = true;
    } else if (in->filled >= sizeof zstd_magic &&
               memcmp(in->packed, zstd_magic, sizeof zstd_magic) == 0) {
        in->packing = PACKING_ZSTD;
        in->zstd = ZSTD_createDStream();
        if (in->zstd == NULL || ZSTD_isError(ZSTD_initDStream(in->zstd)))
            return error_set(HS_NO_MEMORY, "no memory to unpack %s", in->path);
    }
    return HS_OK;
}

hs_status input_open(const char *path, input **result) {
    *result = NULL;
    input *in = memory_zeroed(sizeof *in);
    if (in == NULL) return error_memory("a file's buffer", sizeof *in);
    in->fd = -1;
    hs_status status = HS_OK;
    size_t path_size = strlen(path) + 1;
    in->path = memory_alloc(path_size);
    if (in->path == NULL) {
        status = error_memory("a path", path_size);
        goto done;
    }
    memcpy(in->path, path, path_size);

    in->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (in->fd < 0) {
        status = errno == ENOENT ? error_set(HS_NOT_FOUND, "there is no file %s", path)
                                 : error_errno(errno, "cannot open %s", path);
        goto done;
    }
    struct stat info;
    if (fstat(in->fd, &info) != 0) {
        status = error_errno(errno, "cannot read the size of %s", path);
        goto done;
    }
    if (S_ISDIR(info.st_mode)) {
        status = error_set(HS_IO, "%s is a directory, not a file", path);
        goto done;
    }
    if (S_ISREG(info.st_mode)) in->size = (uint64_t)info.st_size;
    status = fill(in);
    if (status == HS_OK) status = detect(in);

done:
    if (status != HS_OK)
        input_close(in);
    else
        *result = in;
    return status;
}

static hs_status read_plain(input *in, void *buffer, size_t size, size_t *result) {
    size_t count = in->filled - in->next;
    if (count > size) count = size;
    memcpy(buffer, in->packed + in->next, count);
    in->next += count;
    *result = count;
    return HS_OK;
}

/* One step of inflate. Zero bytes after a member are padding, as gzip itself has it. */
static hs_status read_gzip(input *in, void *buffer, size_t size, size_t *result) {
    *result = 0;
    if (!in->within) {
        while (in->next < in->filled && in->packed[in->next] == 0)
            in->next++;
        if (in->next == in->filled) return HS_OK;
        if (inflateReset(&in->gzip) != Z_OK)
            return error_set(HS_CORRUPT, "cannot unpack %s", in->path);
        in->within = true;
    }
    in->gzip.next_in = in->packed + in->next;
    in->gzip.avail_in = (unsigned)(in->filled - in->next);
    in->gzip.next_out = buffer;
    in->gzip.avail_out = size > UINT32_MAX ? UINT32_MAX : (unsigned)size;
    unsigned room = in->gzip.avail_out;
    int code = inflate(&in->gzip, Z_NO_FLUSH);
    in->next = in->filled - in->gzip.avail_in;
    *result = room - in->gzip.avail_out;
    if (code == Z_STREAM_END) {
        in->within = false;
    } else if (code == Z_MEM_ERROR) {
        return error_set(HS_NO_MEMORY, "no memory to unpack %s", in->path);
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
        return error_set(HS_CORRUPT, "%s is damaged: it cannot be unpacked (%s)", in->path,
                         in->gzip.msg != NULL ? in->gzip.msg : "gzip");
    }
    return HS_OK;
}

static hs_status read_zstd(input *in, void *buffer, size_t size, size_t *result) {
    ZSTD_inBuffer from = {in->packed, in->filled, in->next};
    ZSTD_outBuffer to = {buffer, size, 0};
    size_t code = ZSTD_decompressStream(in->zstd, &to, &from);
    in->next = from.pos;
    *result = to.pos;
    if (ZSTD_isError(code))
        return error_set(HS_CORRUPT, "%s is damaged: it cannot be unpacked (%s)", in->path,
                         ZSTD_getErrorName(code));
    in->within = code != 0;
    return HS_OK;
}

hs_status input_read(input *in, void *buffer, size_t size, size_t *result) {
    *result = 0;
    while (*result == 0 && size > 0) {
        if (in->next == in->filled && !in->file_end) TRY(fill(in));
        if (in->packing == PACKING_NONE) {
            TRY(read_plain(in, buffer, size, result));
            if (in->file_end) break;
            continue;
        }
        /* The unpackers may hold bytes back, so that they are asked once more at the file's end. */
        if (in->packing == PACKING_GZIP)
            TRY(read_gzip(in, buffer, size, result));
        else if (in->within || in->next < in->filled)
            TRY(read_zstd(in, buffer, size, result));
        if (*result > 0 || !in->file_end) continue;
        if (in->within)
            return error_set(HS_CORRUPT, "%s is cut off: its packed text does not end", in->path);
        break;
    }
    return HS_OK;
}

uint64_t input_consumed(const input *in) {
    return in->consumed - (in->filled - in->next);
}

uint64_t input_size(const input *in) {
    return in->size;
}

void input_close(input *in) {
    if (in == NULL) return;
    if (in->gzip_ready) inflateEnd(&in->gzip);
    if (in->zstd != NULL) ZSTD_freeDStream(in->zstd);
    if (in->fd >= 0) close(in->fd);
    memory_free(in->path);
    memory_free(in);
}
