/* data_file.c: a collection of which every byte may be anything, with checksums that fit. */
#include "target.h"
#include "visit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    memory_vfs *m = memory_vfs_create();
    files_make(m, data, size, 0);
    visit_collection(m, files_are_sealed(data, size) ? VISIT_SEALED : VISIT_ANY);
    memory_vfs_free(m);
    return 0;
}
