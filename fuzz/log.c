/* log.c: a sound data file beside a log that may be anything. */
#include "target.h"
#include "visit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static memory_vfs *example;
    if (example == NULL) example = visit_example();
    memory_vfs *m = memory_vfs_crash(example, CRASH_KILL, 1);
    must_hold(vfs_unlink(memory_vfs_base(m), FILES_LOG) == HS_OK);
    files_make(m, data, size, FILES_IN_LOG);
    visit_collection(m, files_are_sealed(data, size) ? VISIT_SEALED : VISIT_ANY);
    memory_vfs_free(m);
    return 0;
}
