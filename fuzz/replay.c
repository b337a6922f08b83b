/* replay.c: runs a target over files, without libFuzzer: the corpus as an ordinary test.
 *
 *   replay FOLDER
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "target.h"

static int replay(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) return perror(path), 1;
    uint8_t *bytes = NULL;
    size_t size = 0, capacity = 0, got = 1;
    while (got > 0) {
        if (capacity - size < 65536) bytes = realloc(bytes, capacity = 2 * capacity + 65536);
        if (bytes == NULL) abort();
        got = fread(bytes + size, 1, capacity - size, file);
        size += got;
    }
    fclose(file);
    /* A block of exactly its size, so that a sanitizer sees a read behind it. */
    uint8_t *exact = realloc(bytes, size + (size == 0));
    if (exact == NULL) abort();
    printf("%s\n", path);
    fflush(stdout);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return 0;
}

int main(int count, char **arguments) {
    if (count != 2) return fprintf(stderr, "usage: replay FOLDER\n"), 2;
    DIR *folder = opendir(arguments[1]);
    if (folder == NULL) return perror(arguments[1]), 1;
    int failed = 0, files = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char path[4096];
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s", arguments[1], entry->d_name);
        failed |= replay(path);
        files++;
    }
    closedir(folder);
    return files == 0 ? fprintf(stderr, "%s is empty\n", arguments[1]), 1 : failed;
}
