/* drivers.c: which engines were built in. The build defines WITH_… for each peer that it found. */
#include "driver.h"

#include <string.h>

const driver *const drivers[] = {
    &driver_hyperspatial,
    &driver_hyperspatial_fixed,
#ifdef WITH_LMDB
    &driver_lmdb,
    &driver_lmdb_writemap,
#endif
#ifdef WITH_ROCKSDB
    &driver_rocksdb,
#endif
#ifdef WITH_WIREDTIGER
    &driver_wiredtiger,
#endif
#ifdef WITH_SQLITE
    &driver_sqlite,
    &driver_sqlite_eav,
#endif
    NULL,
};

const driver *driver_named(const char *name) {
    for (size_t i = 0; drivers[i] != NULL; i++)
        if (strcmp(drivers[i]->name, name) == 0) return drivers[i];
    return NULL;
}
