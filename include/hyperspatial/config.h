/* config.h: how a router and its collections are set up. */
#ifndef HYPERSPATIAL_CONFIG_H
#define HYPERSPATIAL_CONFIG_H

#include "hyperspatial/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How safe a commit is when the call returns. */
typedef enum hs_durability {
    HS_DURABLE = 0,  /* on disk: survives a power cut */
    HS_BUFFERED = 1, /* with the operating system: survives a killed process */
    HS_RELAXED = 2   /* in memory: written within a second; order and atomicity hold all the same */
} hs_durability;

/* Starting points. Single settings may be changed afterwards. */
typedef enum hs_preset {
    HS_PRESET_DEFAULT = 0,
    HS_PRESET_SMALL = 1,      /* small devices and many collections: little memory, small log */
    HS_PRESET_LARGE = 2,      /* hundreds of gigabytes */
    HS_PRESET_READ_HEAVY = 3, /* frequent checkpoints: quick reopening, compact file */
    HS_PRESET_WRITE_HEAVY = 4 /* large log: few checkpoints */
} hs_preset;

/* Settings of a router; each collection that it opens uses them. Fill with hs_config_preset(). */
typedef struct hs_config {
    hs_durability durability; /* of batches that do not say otherwise */
    uint64_t log_size;        /* bytes of the write-ahead log: 1 MiB to 16 GiB */
    /* Bytes of address space reserved per open collection, the largest size of its file; halved
     * until the system grants it: 64 MiB to 64 TiB. */
    uint64_t address_range;
    uint64_t growth_step;        /* bytes by which a data file grows: 64 KiB to 1 GiB */
    uint32_t checkpoint_percent; /* share of the log that starts a checkpoint: 10 to 90 */
    uint32_t vector_page_size;   /* bytes of a vector table's page: 4,096 to 65,536, power of two */
    bool verify_pages;           /* check a page's checksum when first touched after opening */
    bool background;             /* checkpoints run in a thread of their own, not inside commits */
} hs_config;

/* Fills `config` with a preset. HS_INVALID for a number that is no preset. */
hs_status hs_config_preset(hs_preset preset, hs_config *config);

/* The preset of a name: "default", "small", "large", "read-heavy", "write-heavy". HS_INVALID for
 * another name. */
hs_status hs_config_preset_named(const char *name, hs_config *config);

/* Changes one setting by its field name and a text ("log_size", "256MiB"; "durability",
 * "buffered"). HS_INVALID names the unknown setting, or the value and the range allowed. */
hs_status hs_config_set(hs_config *config, const char *setting, const char *value);

/* Checks every setting's range. HS_INVALID names the first that breaks it. */
hs_status hs_config_validate(const hs_config *config);

#ifdef __cplusplus
}
#endif

#endif
