/* golden_files.c: makes the golden files of the current format version.
 *
 *   golden_files FOLDER
 *
 * A change of the format gets a new folder, tests/engine/golden/VERSION, and a story of its own if
 * it must; the files of earlier versions stay as they are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/fixture.h"
#include "engine/format.h"
#include "engine/golden_story.h"
#include "oracle/memory_vfs.h"

#define PATH "collection"

/* A log goes without the zeros at its end, as it is allocated ahead, and without the name of this
 * process. */
static void save(memory_vfs *files, const char *from, const char *folder, const char *to,
                 bool is_log) {
    char path[4096];
    uint64_t size = 0;
    uint8_t *bytes = memory_vfs_bytes(files, from, &size);
    if (bytes == NULL) abort();
    if (is_log) memset(bytes + LOG_HOLDER_OFFSET, 0, LOG_HOLDER_SIZE);
    while (is_log && size > LOG_RING_OFFSET && bytes[size - 1] == 0)
        size--;
    snprintf(path, sizeof path, "%s/%s", folder, to);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

int main(int count, char **arguments) {
    if (count != 2) return fprintf(stderr, "usage: golden_files FOLDER\n"), 2;
    const char *folder = arguments[1];
    hs_config config = fixture_config();
    memory_vfs *files = memory_vfs_create();
    engine *e = NULL;
    assert_ok(engine_open(memory_vfs_base(files), PATH, true, &config, &e));
    golden_first_part(e);
    assert_ok(engine_compact(e));
    assert_ok(engine_close(e));
    save(files, PATH, folder, GOLDEN_CLOSED, false);
    assert_ok(engine_open(memory_vfs_base(files), PATH, false, &config, &e));
    golden_second_part(e);
    save(files, PATH, folder, GOLDEN_OPEN, false);
    save(files, PATH "-log", folder, GOLDEN_OPEN "-log", true);
    assert_ok(engine_close(e));
    memory_vfs_free(files);
    return 0;
}
