/* catalog.c: bytes that may be a catalog. One that is accepted is encoded and read back the same.
 */
#include "engine/catalog.h"

#include <string.h>

#include "base/memory.h"
#include "target.h"

static void free_defs(table_def *defs) {
    while (defs != NULL) {
        table_def *next = defs->next;
        memory_free(defs);
        defs = next;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    table_def *defs = NULL;
    catalog *first = NULL, *second = NULL;
    hs_status status = catalog_decode(data, size, &defs, &first);
    must_hold(status == HS_OK || status == HS_CORRUPT);
    if (status == HS_OK) {
        uint8_t *bytes = NULL, *again = NULL;
        size_t bytes_size = 0, again_size = 0;
        must_hold(catalog_encode(first, &bytes, &bytes_size) == HS_OK);
        must_hold(catalog_decode(bytes, bytes_size, &defs, &second) == HS_OK);
        must_hold(catalog_encode(second, &again, &again_size) == HS_OK);
        must_hold(again_size == bytes_size && memcmp(bytes, again, bytes_size) == 0);
        memory_free(bytes);
        memory_free(again);
    }
    catalog_free_all(first);
    catalog_free_all(second);
    free_defs(defs);
    return 0;
}
