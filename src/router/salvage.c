/* salvage.c: salvaging a collection's file, which needs no router: it may be one that cannot be opened
 * any more. */
#include "hyperspatial/salvage.h"

#include "base/error.h"
#include "engine/salvage.h"

hs_status hs_salvage(const char *path, const char *new_path, const hs_salvage_report *report,
                     hs_salvage_result *result) {
    hs_config config;
    TRY(hs_config_preset(HS_PRESET_DEFAULT, &config));
    return engine_salvage(vfs_posix(), path, new_path, &config, report, result);
}
