/* target.h: what libFuzzer calls, and replay.c without it. Each target is one file that defines it;
 * it ends the program (abort, a sanitizer) when it finds something. */
#ifndef FUZZ_TARGET_H
#define FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold whatever the input is. */
#define must_hold(condition)                                                                       \
    do {                                                                                           \
        if (condition) break;                                                                      \
        fprintf(stderr, "%s:%d: %s does not hold; last error: %s\n", __FILE__, __LINE__,           \
                #condition, hs_last_error());                                                      \
        abort();                                                                                   \
    } while (0)

#endif
