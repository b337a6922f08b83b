/* type_options.h: what may be chosen for an entity type: the table of known options, and their
 * values for one type.
 *
 * A type's options lie in its meta table under "options", as text: a line NAME=VALUE for each that
 * is not at its default, in the order of the table; without any the entry is absent.
 *
 * An option says how what is written from then on is kept. Setting one never touches what is there;
 * the help of each says what becomes of that.
 *
 * To add one: a field in struct type_options, and a row in the table in type_options.c.
 */
#ifndef STORAGE_TYPE_OPTIONS_H
#define STORAGE_TYPE_OPTIONS_H

#include "engine/engine.h"
#include "hyperspatial/router.h"

typedef enum series_duplicates { SERIES_REPLACE, SERIES_KEEP } series_duplicates;

/* The values for one type. Every option but a text is an int64: 0 or 1 for a switch, the place
 * among its choices, microseconds for a duration, or the number. */
typedef struct type_options {
    int64_t property_history;                       /* a switch */
    int64_t edge_history;                           /* a switch */
    int64_t series_duplicates;                      /* enum series_duplicates */
    char series_retention[HS_OPTION_VALUE_MAX + 1]; /* as it was set; "": everything is kept */
} type_options;

typedef enum option_kind {
    OPTION_SWITCH, /* on or off */
    OPTION_CHOICE,
    OPTION_DURATION, /* as hs_duration_parse reads it */
    OPTION_NUMBER,
    OPTION_TEXT
} option_kind;

typedef struct option_definition {
    const char *name;
    option_kind kind;
    size_t offset;              /* of its field in type_options */
    const char *const *choices; /* OPTION_CHOICE: up to a NULL */
    int64_t min, max;           /* OPTION_DURATION, OPTION_NUMBER */
    const char *initial;        /* the default */
    /* OPTION_TEXT: whether the owner takes the text; HS_INVALID with a message that says why not.
     * NULL: any is taken. */
    hs_status (*accepts)(hs_slice text);
    const char *allowed; /* what a value may be, for people */
    const char *help;    /* one line */
} option_definition;

/* All options; the last one has no name. */
extern const option_definition option_definitions[];

/* All at their defaults. */
void type_options_reset(type_options *options);

/* The option of this name. HS_INVALID names those there are. */
hs_status type_options_find(const char *name, const option_definition **definition);

/* Sets the field of an option. HS_INVALID names the option and what it takes. */
hs_status type_options_set_field(type_options *options, const option_definition *definition,
                                 const char *value);

/* Sets one by its name. HS_INVALID names the options there are, or what the value may be. */
hs_status type_options_set(type_options *options, const char *name, const char *value);

/* The value of one as text. */
void type_options_format(const type_options *options, const option_definition *definition,
                         char text[HS_OPTION_VALUE_MAX + 1]);

/* The entry in meta. The most bytes it can have, and its size; 0: all are at their defaults. */
size_t type_options_bound(void);
size_t type_options_encode(const type_options *options, char *out);
/* HS_CORRUPT. */
hs_status type_options_decode(type_options *options, hs_slice bytes);

/* What hs_type_option describes, as public text. */
void type_options_describe(const type_options *options, const option_definition *definition,
                           hs_type_option *result);

/* The options of a family as `txn` shows them. HS_CORRUPT. */
hs_status type_options_load(engine_txn *txn, engine_family family, type_options *options);

#endif
