/* redo.c: a sound collection whose log holds records of any content. It opens or it does not; if it
 * does, it is sound. */
#include "target.h"
#include "visit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static memory_vfs *example;
    if (example == NULL) example = visit_example();
    memory_vfs *m = memory_vfs_crash(example, CRASH_KILL, 1);
    files_log_payloads(m, data, size);
    visit_collection(m, VISIT_SOUND);
    memory_vfs_free(m);
    return 0;
}
