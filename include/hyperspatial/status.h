/* status.h: how every call of Hyperspatial reports failure.
 *
 * Each function that can fail returns an hs_status: HS_OK (0), or a negative code that names the
 * kind of failure. The sentence for people (which collection, entity type, key, file and line, and
 * what to do) is kept per thread and read with hs_last_error().
 */
#ifndef HYPERSPATIAL_STATUS_H
#define HYPERSPATIAL_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

/* One row per code: name, value, meaning. */
#define HS_STATUS_TABLE(ROW)                                                                       \
    ROW(HS_OK, 0, "success")                                                                       \
    ROW(HS_INVALID, -1, "an argument breaks a rule of the call")                                   \
    ROW(HS_NOT_FOUND, -2, "the thing named does not exist")                                        \
    ROW(HS_EXISTS, -3, "a thing of this name exists already")                                      \
    ROW(HS_CONFLICT, -4, "another commit came first; read again and retry")                        \
    ROW(HS_BUSY, -5, "held by another process or still in use")                                    \
    ROW(HS_IO, -6, "the operating system reported an input or output error")                       \
    ROW(HS_FULL, -7, "no space is left on the disk or in the address range")                       \
    ROW(HS_NO_MEMORY, -8, "memory could not be allocated")                                         \
    ROW(HS_CORRUPT, -9, "stored bytes are damaged")                                                \
    ROW(HS_NOT_A_COLLECTION, -10, "the file is not a Hyperspatial collection")                     \
    ROW(HS_VERSION, -11, "the file was written by a newer format version")                         \
    ROW(HS_READ_ONLY, -12, "writing is not possible (read-only, or stopped after a failed sync)")  \
    ROW(HS_LIMIT, -13, "a documented limit is exceeded")                                           \
    ROW(HS_PARSE, -14, "text could not be understood")                                             \
    ROW(HS_REJECTED, -15, "too many bad rows; the import stopped")                                 \
    ROW(HS_CANCELLED, -16, "stopped at the caller's request")

/* The codes as an enumeration. */
typedef enum hs_status {
#define HS_STATUS_ENUM(name, value, meaning) name = value,
    HS_STATUS_TABLE(HS_STATUS_ENUM)
#undef HS_STATUS_ENUM
} hs_status;

/* The name of `status`, for example "HS_NOT_FOUND"; "HS_UNKNOWN" for a number that is no code.
 * Static, never NULL. */
const char *hs_status_name(hs_status status);

/* The general meaning of `status` in a few words. Static, never NULL. */
const char *hs_status_meaning(hs_status status);

/* What went wrong in the last call of this thread that failed: one sentence without a final
 * newline, "" if none has failed yet. Owned by the library; overwritten by the thread's next
 * failing call. At most 1,023 bytes. */
const char *hs_last_error(void);

/* The library's version, for example "0.1.0". Static. */
const char *hs_version(void);

#ifdef __cplusplus
}
#endif

#endif
