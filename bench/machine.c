/* machine.c: what this process and this machine are and use, from /proc, /sys and the file system.
 */
#include "machine.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "failure.h"

uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The text behind `field` in a file of "field: text" lines; false if there is none. */
static bool read_field(const char *path, const char *field, char *text, size_t size) {
    FILE *file = fopen(path, "re");
    if (file == NULL) return false;
    char line[512];
    bool found = false;
    while (!found && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, field, strlen(field)) != 0) continue;
        const char *colon = strchr(line, ':');
        if (colon == NULL) continue;
        colon += 1 + strspn(colon + 1, " \t");
        snprintf(text, size, "%.*s", (int)strcspn(colon, "\n"), colon);
        found = true;
    }
    fclose(file);
    return found;
}

uint64_t machine_anonymous_memory(void) {
    char text[64];
    if (!read_field("/proc/self/status", "RssAnon", text, sizeof text))
        fail("/proc/self/status tells no RssAnon");
    return strtoull(text, NULL, 10) * 1024;
}

unsigned machine_open_files(void) {
    DIR *directory = opendir("/proc/self/fd");
    if (directory == NULL) fail("/proc/self/fd cannot be read: %s", strerror(errno));
    unsigned count = 0;
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count - 3; /* ".", ".." and the directory itself */
}

uint64_t machine_directory_bytes(const char *path, bool (*left_out)(const char *name)) {
    DIR *directory = opendir(path);
    if (directory == NULL) return 0;
    uint64_t bytes = 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        char child[4096];
        struct stat status;
        snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
        if (lstat(child, &status) != 0) continue; /* deleted meanwhile */
        if (S_ISDIR(status.st_mode)) {
            bytes += machine_directory_bytes(child, left_out);
        } else if (left_out == NULL || !left_out(entry->d_name)) {
            uint64_t allocated = (uint64_t)status.st_blocks * 512,
                     length = (uint64_t)status.st_size;
            bytes += allocated < length ? allocated : length;
        }
    }
    closedir(directory);
    return bytes;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status, (void)kind, (void)place;
    return remove(path);
}

void machine_remove(const char *path) {
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
        fail("%s cannot be removed: %s", path, strerror(errno));
}

void machine_make_directory(const char *path) {
    char part[4096];
    snprintf(part, sizeof part, "%s", path);
    for (char *slash = part; (slash = strchr(slash + 1, '/')) != NULL; *slash = '/') {
        *slash = '\0';
        mkdir(part, 0755);
    }
    if (mkdir(part, 0755) != 0 && errno != EEXIST)
        fail("directory %s cannot be made: %s; choose another with --directory", path,
             strerror(errno));
}

bool machine_is_memory_only(const char *path) {
    struct statfs status;
    return statfs(path, &status) == 0 &&
           (status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC);
}

static const char *file_system_name(const char *path) {
    struct statfs status;
    if (statfs(path, &status) != 0) return "unknown file system";
    switch (status.f_type) {
    case EXT4_SUPER_MAGIC:
        return "ext4";
    case XFS_SUPER_MAGIC:
        return "xfs";
    case BTRFS_SUPER_MAGIC:
        return "btrfs";
    case OVERLAYFS_SUPER_MAGIC:
        return "overlayfs";
    case TMPFS_MAGIC:
        return "tmpfs";
    default:
        return "another file system";
    }
}

/* What kind of disk holds the path, as far as the system tells. */
static const char *disk_kind(const char *path) {
    struct stat status;
    if (stat(path, &status) != 0) return "disk";
    char link[64], target[512];
    snprintf(link, sizeof link, "/sys/dev/block/%u:%u", major(status.st_dev), minor(status.st_dev));
    ssize_t length = readlink(link, target, sizeof target - 1);
    if (length <= 0) return "disk";
    target[length] = '\0';
    if (strstr(target, "virtio") != NULL) return "virtual disk";
    if (strstr(target, "nvme") != NULL) return "NVMe disk";
    return "disk";
}

void machine_describe(const char *path, char *text, size_t size) {
    char model[128] = "unknown processor", memory[64] = "0";
    read_field("/proc/cpuinfo", "model name", model, sizeof model);
    read_field("/proc/meminfo", "MemTotal", memory, sizeof memory);
    snprintf(text, size, "%s, %ld cores, %.0f GB of memory, %s on a %s", model,
             sysconf(_SC_NPROCESSORS_ONLN), strtod(memory, NULL) / 1e6, file_system_name(path),
             disk_kind(path));
}
