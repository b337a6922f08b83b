/* files.h: a collection's two files as a fuzzer's input, and back.
 *
 * Files are mostly zeros, and every byte of an input should matter. So an input lists what is not
 * zero:
 *
 *   u8 flags, then pieces:  u32 place (bit 31: in the log; else its offset) | u16 length | bytes
 *
 * Flag 1 asks for checksums that fit, however the bytes were changed: without, a fuzzer would never
 * get past them.
 */
#ifndef FUZZ_FILES_H
#define FUZZ_FILES_H

#include <stdio.h>

#include "oracle/memory_vfs.h"

#define FILES_PATH "collection"
#define FILES_LOG  "collection-log"

#define FILES_SEALED 1u
#define FILES_IN_LOG 0x80000000u
#define FILES_MAX    (1u << 20) /* bytes: pieces behind it are left out */

/* Makes the files that an input describes; those that it says nothing about stay as they are. With
 * `only` FILES_IN_LOG all pieces are in the log, wherever they say that they belong. */
void files_make(memory_vfs *m, const uint8_t *data, size_t size, uint32_t only);
bool files_are_sealed(const uint8_t *data, size_t size);

/* Writes the input that describes a file. */
void files_describe(memory_vfs *m, const char *path, FILE *out);

/* Gives every header, page and record the checksum that its bytes need. */
void files_seal(memory_vfs *m);

/* Puts records with these payloads (u16 length | bytes, one behind the other) into the log behind
 * the last checkpoint. */
void files_log_payloads(memory_vfs *m, const uint8_t *data, size_t size);

#endif
