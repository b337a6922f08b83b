/* input.h: the bytes of a source file, unpacked on the way when they are packed with gzip or zstd.
 */
#ifndef IMPORT_INPUT_H
#define IMPORT_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include "hyperspatial/status.h"

typedef struct input input;

/* Opens a file; whether it is packed is known by its first bytes. HS_NOT_FOUND, HS_IO,
 * HS_NO_MEMORY. */
hs_status input_open(const char *path, input **in);

/* Reads up to `size` unpacked bytes; *read is 0 only at the end. gzip members and zstd frames that
 * follow one another are read as one text. HS_IO; HS_CORRUPT if a packed file is damaged or cut
 * off. */
hs_status input_read(input *in, void *buffer, size_t size, size_t *read);

/* Bytes read so far of the file as it is on disk, and the size of it (0 if it is no regular file).
 */
uint64_t input_consumed(const input *in);
uint64_t input_size(const input *in);

/* Closes the file; NULL is allowed. */
void input_close(input *in);

#endif
