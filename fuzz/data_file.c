/* data_file.c: a collection of which every byte may be anything, with checksums that fit. */
#include "engine/format.h"
#include "target.h"
#include "visit.h"

/* Without records there is nothing to replay: that is writing, which visit.h says when to do. */
static void empty_log(memory_vfs *m) {
    vfs_file *log = NULL;
    if (vfs_open(memory_vfs_base(m), FILES_LOG, false, &log) != HS_OK) return;
    must_hold(vfs_truncate(log, LOG_RING_OFFSET) == HS_OK);
    vfs_close(log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bool sealed = files_are_sealed(data, size);
    memory_vfs *m = memory_vfs_create();
    files_make(m, data, size, 0);
    if (sealed) empty_log(m);
    visit_collection(m, sealed ? VISIT_SEALED : VISIT_ANY);
    memory_vfs_free(m);
    return 0;
}
