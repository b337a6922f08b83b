/* config.c: the settings of a router, as one table that presets, texts and checks go by. */
#include "hyperspatial/config.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

#define KIB (UINT64_C(1) << 10)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define TIB (UINT64_C(1) << 40)

static const struct {
    const char *name;
    hs_config config;
} presets[] = {
    [HS_PRESET_DEFAULT] = {"default",
                           {.durability = HS_DURABLE,
                            .log_size = 256 * MIB,
                            .address_range = TIB,
                            .growth_step = 16 * MIB,
                            .checkpoint_percent = 50,
                            .vector_page_size = 16384,
                            .verify_pages = true,
                            .background = true}},
    [HS_PRESET_SMALL] = {"small",
                         {.durability = HS_DURABLE,
                          .log_size = 4 * MIB,
                          .address_range = 64 * GIB,
                          .growth_step = MIB,
                          .checkpoint_percent = 50,
                          .vector_page_size = 16384,
                          .verify_pages = true,
                          .background = true}},
    [HS_PRESET_LARGE] = {"large",
                         {.durability = HS_DURABLE,
                          .log_size = 512 * MIB,
                          .address_range = 16 * TIB,
                          .growth_step = 256 * MIB,
                          .checkpoint_percent = 50,
                          .vector_page_size = 16384,
                          .verify_pages = true,
                          .background = true}},
    [HS_PRESET_READ_HEAVY] = {"read-heavy",
                              {.durability = HS_DURABLE,
                               .log_size = 16 * MIB,
                               .address_range = TIB,
                               .growth_step = 4 * MIB,
                               .checkpoint_percent = 25,
                               .vector_page_size = 16384,
                               .verify_pages = true,
                               .background = true}},
    [HS_PRESET_WRITE_HEAVY] = {"write-heavy",
                               {.durability = HS_DURABLE,
                                .log_size = GIB,
                                .address_range = TIB,
                                .growth_step = 64 * MIB,
                                .checkpoint_percent = 70,
                                .vector_page_size = 16384,
                                .verify_pages = true,
                                .background = true}},
};
#define PRESET_COUNT (sizeof presets / sizeof presets[0])

static const char *const durability_names[] = {
    [HS_DURABLE] = "durable", [HS_BUFFERED] = "buffered", [HS_RELAXED] = "relaxed"};
#define DURABILITY_COUNT (sizeof durability_names / sizeof durability_names[0])

/* How a setting is written as text. */
typedef enum setting_kind {
    SETTING_DURABILITY,
    SETTING_BYTES,
    SETTING_PERCENT,
    SETTING_PAGE_SIZE, /* bytes, a power of two */
    SETTING_SWITCH
} setting_kind;

/* A field of hs_config: an unsigned number of `size` bytes, whatever its type. */
typedef struct setting {
    const char *name;
    setting_kind kind;
    size_t offset, size;
    uint64_t min, max;
    const char *allowed; /* the range, for people */
} setting;

#define PLACE(field) offsetof(hs_config, field), sizeof(((hs_config *)NULL)->field)

/* In the order of hs_config, in which they are checked. */
static const setting settings[] = {
    {"durability", SETTING_DURABILITY, PLACE(durability), 0, DURABILITY_COUNT - 1,
     "durable, buffered or relaxed"},
    {"log_size", SETTING_BYTES, PLACE(log_size), MIB, 16 * GIB, "1MiB to 16GiB"},
    {"address_range", SETTING_BYTES, PLACE(address_range), 64 * MIB, 64 * TIB, "64MiB to 64TiB"},
    {"growth_step", SETTING_BYTES, PLACE(growth_step), 64 * KIB, GIB, "64KiB to 1GiB"},
    {"checkpoint_percent", SETTING_PERCENT, PLACE(checkpoint_percent), 10, 90, "10 to 90"},
    {"vector_page_size", SETTING_PAGE_SIZE, PLACE(vector_page_size), 4 * KIB, 64 * KIB,
     "4KiB, 8KiB, 16KiB, 32KiB or 64KiB"},
    {"verify_pages", SETTING_SWITCH, PLACE(verify_pages), 0, 1, "true or false"},
    {"background", SETTING_SWITCH, PLACE(background), 0, 1, "true or false"},
};
#define SETTING_COUNT (sizeof settings / sizeof settings[0])

static uint64_t setting_get(const setting *setting, const hs_config *config) {
    uint64_t value = 0;
    memcpy(&value, (const char *)config + setting->offset, setting->size);
    return value;
}

static void setting_put(const setting *setting, hs_config *config, uint64_t value) {
    memcpy((char *)config + setting->offset, &value, setting->size);
}

static bool setting_allows(const setting *setting, uint64_t value) {
    if (value < setting->min || value > setting->max) return false;
    return setting->kind != SETTING_PAGE_SIZE || (value & (value - 1)) == 0;
}

hs_status hs_config_preset(hs_preset preset, hs_config *config) {
    if ((size_t)preset >= PRESET_COUNT)
        return error_set(HS_INVALID, "%d is no preset; the presets are 0 to %zu", (int)preset,
                         PRESET_COUNT - 1);
    *config = presets[preset].config;
    return HS_OK;
}

hs_status hs_config_preset_named(const char *name, hs_config *config) {
    if (name == NULL) return error_null("name of a preset");
    for (size_t i = 0; i < PRESET_COUNT; i++)
        if (strcmp(presets[i].name, name) == 0) return hs_config_preset((hs_preset)i, config);
    char excerpt[64];
    return error_set(HS_INVALID,
                     "'%s' is no preset; use default, small, large, read-heavy or write-heavy",
                     text_excerpt(hs_slice_of(name), excerpt, sizeof excerpt));
}

/* A whole number of bytes, with or without a unit: "1048576", "256MiB". */
static bool parse_bytes(const char *text, uint64_t *bytes) {
    static const struct {
        const char *name;
        uint64_t bytes;
    } units[] = {{"", 1}, {"KiB", KIB}, {"MiB", MIB}, {"GiB", GIB}, {"TiB", TIB}};

    if (*text < '0' || *text > '9') return false;
    uint64_t number = 0;
    for (; *text >= '0' && *text <= '9'; text++) {
        if (__builtin_mul_overflow(number, 10, &number)) return false;
        if (__builtin_add_overflow(number, *text - '0', &number)) return false;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(text, units[i].name) == 0)
            return !__builtin_mul_overflow(number, units[i].bytes, bytes);
    return false;
}

/* The place of `text` among `count` names. */
static bool parse_name(const char *text, const char *const *names, size_t count, uint64_t *place) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, names[i]) != 0) continue;
        *place = i;
        return true;
    }
    return false;
}

static bool parse_setting(setting_kind kind, const char *text, uint64_t *value) {
    static const char *const switches[] = {"false", "true"};
    switch (kind) {
    case SETTING_DURABILITY:
        return parse_name(text, durability_names, DURABILITY_COUNT, value);
    case SETTING_SWITCH:
        return parse_name(text, switches, 2, value);
    case SETTING_BYTES:
    case SETTING_PERCENT:
    case SETTING_PAGE_SIZE:
        return parse_bytes(text, value);
    }
    return false;
}

hs_status hs_config_set(hs_config *config, const char *name, const char *value) {
    char excerpt[64];
    if (name == NULL) return error_null("name of a setting");
    if (value == NULL) return error_set(HS_INVALID, "the setting %.60s has no value", name);
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const setting *setting = &settings[i];
        if (strcmp(setting->name, name) != 0) continue;
        uint64_t number;
        if (!parse_setting(setting->kind, value, &number) || !setting_allows(setting, number))
            return error_set(HS_INVALID, "the setting %s cannot be '%s'; it must be %s", name,
                             text_excerpt(hs_slice_of(value), excerpt, sizeof excerpt),
                             setting->allowed);
        setting_put(setting, config, number);
        return HS_OK;
    }
    return error_set(HS_INVALID, "there is no setting '%s'; see config.h for the names",
                     text_excerpt(hs_slice_of(name), excerpt, sizeof excerpt));
}

hs_status hs_config_validate(const hs_config *config) {
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        uint64_t value = setting_get(&settings[i], config);
        if (!setting_allows(&settings[i], value))
            return error_set(HS_INVALID, "the setting %s cannot be %" PRIu64 "; it must be %s",
                             settings[i].name, value, settings[i].allowed);
    }
    return HS_OK;
}
