/* fixture.c: directories and files for the tests of the import. */
#include "fixture.h"

#include "cmocka_tests.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

int directory_create(void **state) {
    const char *base = getenv("TMPDIR");
    char *dir = malloc(4096);
    assert_non_null(dir);
    snprintf(dir, 4096, "%s/hyperspatial-import-XXXXXX", base != NULL ? base : "/tmp");
    assert_non_null(mkdtemp(dir));
    *state = dir;
    return 0;
}

int directory_remove(void **state) {
    char command[4200];
    snprintf(command, sizeof command, "rm -rf '%s'", (char *)*state);
    int code = system(command);
    free(*state);
    return code;
}

const char *in_directory(const char *dir, const char *name) {
    static char paths[8][4200];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

void write_file(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

void write_text(const char *path, const char *text) {
    write_file(path, text, strlen(text));
}

void write_gzip(const char *path, const char *text) {
    gzFile file = gzopen(path, "wb");
    assert_non_null(file);
    if (text[0] != '\0')
        assert_int_equal(gzwrite(file, text, (unsigned)strlen(text)), strlen(text));
    assert_int_equal(gzclose(file), Z_OK);
}

void write_zstd(const char *path, const char *text) {
    size_t room = ZSTD_compressBound(strlen(text));
    char *packed = malloc(room);
    assert_non_null(packed);
    size_t size = ZSTD_compress(packed, room, text, strlen(text), 3);
    assert_false(ZSTD_isError(size));
    write_file(path, packed, size);
    free(packed);
}

void append_file(const char *path, const char *from) {
    size_t size;
    char *bytes = read_file(from, &size);
    FILE *file = fopen(path, "ab");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    free(bytes);
}

char *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    bytes[*size] = '\0';
    fclose(file);
    return bytes;
}

const char *shared_data(void) {
    static const char path[] = SOURCE_ROOT "/../shared/data";
    return access(path, R_OK) == 0 ? path : NULL;
}
