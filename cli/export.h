/* export.h: a collection as JSON Lines, in one form only: equal contents give equal bytes.
 *
 * Each line is an object; its first member says what it is. Types come by name; a type's line is
 * followed by its entities by UUID; an entity's line by what belongs to it, in this order:
 *
 *   {"collection":"medical","version":1}
 *   {"type":"patients","vectors":[{"name":"profile","form":"dense",…,"dimension":3}]}
 *   {"entity":UUID,"type":"patients","key":"10014729","properties":{"age":21,"dod":null}}
 *   {"edge":"has","source":UUID,"target_type":"admissions","target":UUID,"active":true,"weight":1}
 *   {"vector":"profile","entity":UUID,"values":[0.5,1,-2]}
 *   {"series":"Heart Rate","entity":UUID,"points":[["2171-11-14T10:00:00Z",108],…]}
 *   {"position":"2171-11-14T10:00:00Z","entity":UUID,"graph":[…],"embedding":[…],"property":[…]}
 *   {"measure":"weight","entity":UUID,"unit":"kg","history":[["2171-11-14T10:00:00Z",80.5],…]}
 *
 * Edges are sorted by type, target type and target; everything else by name and time. A long series
 * or history has several lines. Among the values of properties an integer is an int64, a number
 * with a point or an exponent a float64, and {"timestamp":…}, {"uuid":…} and {"bytes":HEX} are what
 * they say.
 *
 * With `meta` an entity has its revision and times as well, and "times" has, for each property,
 * [updated_at, valid_from].
 */
#ifndef CLI_EXPORT_H
#define CLI_EXPORT_H

#include <stdio.h>

#include "buffer.h"
#include "hyperspatial/hyperspatial.h"

typedef struct exporter {
    hs_snapshot *snapshot;
    FILE *stream;
    const char *stream_name; /* for messages */
    bool array;              /* one JSON array instead of lines */
    bool meta;
    uint64_t lines;
    const hs_vector_kind *kinds; /* [kind_count]: those of the type being exported */
    size_t kind_count;
    buffer line; /* freed by the caller in the end */
} exporter;

/* Writes the line that opens an export, everything in an entity type, and what closes the export.
 * Each reports failures and returns an exit code. */
int export_begin(exporter *to, const char *collection);
int export_type(exporter *to, const char *type);
int export_end(exporter *to);

#endif
