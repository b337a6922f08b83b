/* kernels.c: which forms there are, and the choice among them. */
#include "kernels/kernels.h"

static const kernels *const forms[] = {
#if defined(__x86_64__)
    &kernels_avx512,
    &kernels_avx2,
#elif defined(__aarch64__)
    &kernels_neon,
#endif
    &kernels_portable,
};

const kernels *const *kernels_all(size_t *count) {
    *count = sizeof forms / sizeof *forms;
    return forms;
}

const kernels *kernels_best(void) {
    size_t i = 0;
    while (!forms[i]->supported())
        i++;
    return forms[i];
}
