/* commands.c: the command table: every command and option of the program, in one place. */
#include <string.h>

#include "command.h"

#define END                                                                                        \
    { .name = NULL }

const option_spec global_options[] = {
    {"directory", 'd', "DIR", "root directory (default: HYPERSPATIAL_ROOT)"},
    {"format", 'f', "FORMAT", "table (default), json or csv"},
    {"help", 'h', NULL, "show this help"},
    {"version", 'V', NULL, "show the version"},
    END,
};

static const option_spec backup_options[] = {
    {"force", 0, NULL, "replace FILE if it is there"},
    {"quiet", 'q', NULL, "no progress"},
    END,
};

static const option_spec check_options[] = {
    {"salvage", 0, "NEW.hs", "copy what can be read into this new file"},
    END,
};

static const option_spec drop_options[] = {
    {"yes", 'y', NULL, "really drop it"},
    END,
};

static const option_spec edges_options[] = {
    {"in", 0, NULL, "only edges that arrive"},
    {"out", 0, NULL, "only edges that leave"},
    {"type", 't', "TYPE", "only edges of this type"},
    {"type-prefix", 0, "TEXT", "only edges of types that begin with TEXT"},
    {"other-type", 0, "TYPE", "only edges with entities of this type"},
    {"active", 0, NULL, "leave out edges that are not active"},
    {"as-of", 0, "TIME", "as they were at TIME, from their history"},
    {"count", 0, NULL, "how many there are, instead of the edges"},
    {"properties", 0, NULL, "a row for each property of an edge"},
    {"limit", 'n', "N", "at most N edges"},
    END,
};

static const option_spec export_options[] = {
    {"type", 't', "TYPE", "only this entity type"},
    {"output", 'o', "FILE", "write to FILE instead of standard output"},
    {"meta", 0, NULL, "with revisions and times of change"},
    END,
};

static const option_spec get_options[] = {
    {"details", 0, NULL, "properties as rows, with their types and times"},
    {"as-of", 0, "TIME", "its properties as they were at this time"},
    END,
};

static const option_spec graph_options[] = {
    {"type", 't', "TYPE", "only entities of this type; may be repeated"},
    {"edge", 'e', "TYPE", "only edges of this type; may be repeated"},
    {"from", 0, "KEY", "start here: a key of the types, TYPE/KEY or an id"},
    {"to", 0, "KEY", "end here"},
    {"undirected", 'u', NULL, "walk edges in both directions"},
    {"reverse", 'r', NULL, "walk edges from target to source"},
    {"depth", 0, "N", "go no further than this; paths: edges (default 4)"},
    {"weighted", 0, NULL, "distances are sums of weights, not edges"},
    {"where", 'w', "CONDITION", "only entities that meet the condition"},
    {"active", 0, NULL, "leave out edges that are not active"},
    {"as-of", 0, "TIME", "edges as they were at TIME, from their history"},
    {"min-weight", 0, "X", "only edges that weigh at least X"},
    {"max-weight", 0, "X", "only edges that weigh at most X"},
    {"limit", 'n', "N", "at most N rows; paths: N paths (default 100)"},
    {"groups", 'g', NULL, "a row for each component or community"},
    {"iterations", 'i', "N", "pagerank: exactly N; labels: at most N (default 10)"},
    {"damping", 0, "X", "pagerank: share that follows edges (default 0.85)"},
    {"memory", 0, "MIB", "fail rather than take more memory than this"},
    {"threads", 0, "N", "that work on the whole graph (default: processors)"},
    END,
};

static const option_spec import_options[] = {
    {"max-rejects", 0, "N", "stop after N bad rows, or unlimited (default 100)"},
    {"rejects", 0, "FILE", "write the bad rows to FILE, as JSON Lines"},
    {"batch", 0, "N", "rows a commit, 1 to 1000000 (default 5000)"},
    {"durability", 0, "KIND", "of a commit: durable, buffered (default), relaxed"},
    {"quiet", 'q', NULL, "no progress"},
    END,
};

static const option_spec index_options[] = {
    {"unique", 'u', NULL, "create: no two entities may have an equal value"},
    {"vector", 'v', "NAME", "create: of neighbours, over the vectors of this kind"},
    {"positions", 'p', NULL, "create: of neighbours, over current positions"},
    {"weights", 0, "A,B,C", "of graph, embedding and property positions (1,0,0)"},
    {"metric", 'm', "METRIC", "of vectors: l2, cosine, inner-product, l1"},
    {"links", 0, "N", "of neighbours: links of an entity, 4 to 64 (16)"},
    {"width", 0, "N", "of neighbours: candidates while building (128)"},
    {"seed", 0, "N", "of neighbours: of the levels of entities (0)"},
    {"threads", 't', "N", "of neighbours: build with N threads, 1 to 64"},
    {"from", 0, "VALUE", "count: values from this one on"},
    {"to", 0, "VALUE", "count: values up to this one"},
    {"descending", 0, NULL, "count: the greatest value first"},
    {"limit", 'n', "N", "count: at most N values"},
    END,
};

static const option_spec list_options[] = {
    {"where", 'w', "CONDITION", "only entities that meet the condition"},
    {"limit", 'n', "N", "at most N entities"},
    {"after", 0, "KEY", "go on behind the entity of this key or id"},
    {"columns", 'c', "A,B,...", "these columns, in this order"},
    {"order-by", 0, "NAME", "by the values of this property, which has an index"},
    {"descending", 0, NULL, "with --order-by: the greatest value first"},
    {"explain", 0, NULL, "show how the entities are found, and how many"},
    END,
};

static const option_spec measures_options[] = {
    {"from", 0, "TIME", "history from this time on"},
    {"to", 0, "TIME", "history before this time"},
    {"by", 0, "NAME", "the entities of a type in the order of this measure"},
    {"top", 0, "N", "the N greatest, from the greatest down (default 10)"},
    {"bottom", 0, "N", "the N least, from the least up"},
    {"set", 0, "VALUE", "set the measure NAME to this value"},
    {"increment", 0, "DELTA", "add this to the current value; without one, to 0"},
    {"reset", 0, "VALUE", "forget its history, and begin anew with this value"},
    {"delete", 0, NULL, "delete the measure with its history"},
    {"unit", 0, "UNIT", "of --set and --increment"},
    {"time", 0, "TIME", "of the value (default: now)"},
    END,
};

static const option_spec nearest_options[] = {
    {"count", 'k', "N", "how many, 1 to 100000 (default 10)"},
    {"metric", 'm', "METRIC", "l2, cosine, inner-product, l1, hamming, hyperbolic"},
    {"weights", 0, "A,B,C", "hyperbolic, all: of graph, embedding, property"},
    {"where", 'w', "CONDITION", "only entities that meet the condition"},
    {"threads", 't', "N", "compare with N threads, 1 (default) to 64"},
    {"exact", 0, NULL, "compare all, even if there is an index"},
    {"width", 0, "N", "candidates kept in an index (64): more find more"},
    {"explain", 0, NULL, "how they were found, instead of what"},
    END,
};

static const option_spec rank_options[] = {
    {"count", 'k', "N", "how many, 1 to 100000 (default 10)"},
    {"depth", 0, "N", "so many of each ranking are fused (default 100)"},
    {"fuse", 0, "HOW", "by ranks (default), or by scores"},
    {"where", 'w', "CONDITION", "only entities that meet the condition"},
    END,
};

static const option_spec within_options[] = {
    {"distance", 0, "D", "the greatest distance"},
    {"metric", 'm', "METRIC", "l2, cosine, inner-product, l1, hamming, hyperbolic"},
    {"weights", 0, "A,B,C", "hyperbolic, all: of graph, embedding, property"},
    {"where", 'w', "CONDITION", "only entities that meet the condition"},
    {"limit", 'n', "N", "at most N entities"},
    END,
};

static const option_spec plot_options[] = {
    {"output", 'o', "FILE", "the picture, as SVG"},
    {"kind", 0, "KIND", "of position: graph (default), embedding, property"},
    {"type", 't', "TYPE", "only edges of this type"},
    {"label", 0, "NAME", "the property that names a node (default: its key)"},
    {"labels", 0, "N", "at most N labels (default 60)"},
    {"nodes", 0, "N", "the N most connected entities (default 2000)"},
    {"centre", 0, "KEY", "with this entity in the middle"},
    {"time", 0, "TIME", "as it was then (default: the latest)"},
    END,
};

static const option_spec position_options[] = {
    {"strategy", 's', "STRATEGY", "init: degree (default), tree, embedding, fingerprint"},
    {"vector", 0, "NAME", "init: the kind of vector to project (embedding)"},
    {"radius", 0, "R", "init: how far out, or how long an edge is; up to 12"},
    {"type", 't', "TYPE", "only edges of this type"},
    {"closure", 0, NULL, "edges to everything that is reached along them"},
    {"symmetric", 0, NULL, "edges in both directions"},
    {"dimension", 0, "N", "use N dimensions, 1 to 16 (default 16; 2 for pictures)"},
    {"epochs", 'e', "N", "learn: how many (default 300)"},
    {"learned", 0, "N", "learn: go on after N epochs, from stored positions"},
    {"from-stored", 0, NULL, "learn: start anew at stored positions"},
    {"negatives", 0, "N", "learn: entities to tell an edge from (default 50)"},
    {"rate", 0, "R", "learn: how far an edge moves its ends (default 0.05)"},
    {"seed", 0, "N", "of everything random (default 1)"},
    {"time", 0, "TIME", "of the positions (default: now; show: the latest)"},
    {"limit", 'n', "N", "show: at most N entities"},
    {"quiet", 'q', NULL, "learn: no progress"},
    END,
};

static const option_spec history_options[] = {
    {"edge", 'e', "TYPE", "of the edge of this type, instead of a property"},
    {"to", 0, "KEY", "and to this entity: TYPE/KEY or an id"},
    END,
};

static const option_spec purge_options[] = {
    {"before", 0, "TIME", "remove what no time from this one on needs"},
    {"edges", 0, NULL, "former states of edges, instead of properties"},
    {"edge", 'e', "TYPE", "the same, only of edges of this type"},
    {"to", 0, "KEY", "only of edges to this entity: TYPE/KEY or an id"},
    END,
};

static const option_spec series_options[] = {
    {"from", 0, "TIME", "points from this time on"},
    {"to", 0, "TIME", "points before this time"},
    {"every", 'e', "WIDTH", "in buckets of this width: 90s, 15m, 1h, 1d, 1w"},
    {"agg", 'a', "AGG", "avg (default), min, max, sum, count, first, last, all"},
    {"gap", 0, "HOW", "gaps: skip (default), null, previous, linear"},
    {"percentile", 0, "P", "a column with this percentile, 0 to 100"},
    {"weighted", 0, "HOW", "a column: time-weighted average, step or linear"},
    {"as-of", 0, "TIME", "the point that held at this time"},
    {"join", 0, "OTHER", "beside each point the one of OTHER that held then"},
    {"delete-range", 0, NULL, "delete the points of --from and --to"},
    END,
};

static const option_spec retain_options[] = {
    {"keep", 0, "RETENTION", "raw=TIME,minutes=TIME,hours=TIME (default: the type's)"},
    {"now", 0, "TIME", "as of this time instead of now"},
    END,
};

static const option_spec set_options[] = {
    {"create", 0, NULL, "create the entity if it is missing"},
    {"unset", 'u', "NAME", "remove a property; may be repeated"},
    {"revision", 'r', "N", "fail unless the entity has this revision"},
    END,
};

static const option_spec stats_options[] = {
    {"storage", 's', NULL, "a record per collection: files, log, checkpoints"},
    END,
};

static const option_spec trajectory_options[] = {
    {"from", 0, "TIME", "positions from this time on"},
    {"to", 0, "TIME", "positions before this time"},
    {"at", 0, "TIME", "only the position as of this time"},
    {"last", 0, NULL, "only the last position"},
    {"every", 0, "N", "each N-th position, the first and the last"},
    {"moved", 0, "DISTANCE", "those that have moved by more than this"},
    {"metric", 'm', "METRIC", "of --moved: hyperbolic (default) or euclidean"},
    {"drift", 0, NULL, "each step: its length, the path's, and from the start"},
    {"velocity", 0, NULL, "each step: velocity, acceleration, change points"},
    {"kind", 0, "KIND", "of steps: graph (default), embedding, property"},
    END,
};

static const option_spec vectors_options[] = {
    {"unset", 'u', "NAME", "remove a vector of the entity; may be repeated"},
    {"register", 'r', "NAME", "make a kind of vectors of the type"},
    {"dimension", 'n', "N", "its numbers, bits or greatest index + 1"},
    {"form", 0, "FORM", "dense (default), binary, sparse or multi"},
    {"element", 0, "ELEMENT", "stored as float32 (default), float16 or int8"},
    {"metric", 'm', "METRIC", "l2, cosine, inner-product, l1 or hamming"},
    {"drop", 0, "NAME", "drop a kind with all its vectors"},
    END,
};

static const option_spec type_options[] = {
    {"set", 's', "OPTION=VALUE", "set an option; may be repeated"},
    END,
};

const command commands[] = {
    {
        .name = "import",
        .arguments = "MAPPING [SOURCE_DIR]",
        .arguments_min = 1,
        .arguments_max = 2,
        .summary = "Import CSV, TSV, JSON or JSONL files",
        .description =
            "MAPPING is a JSON file that says what the rows of each file mean; the files\n"
            "are looked for in SOURCE_DIR, or beside the mapping. They may be packed with\n"
            "gzip or zstd. The collection and its types are created where they are missing.\n"
            "Importing again gives the same contents, and finishes one that was stopped.\n"
            "Progress goes to standard error. Ctrl-C stops between two commits.",
        .example = "hyperspatial -d db import examples/wordnet/mapping.json wordnet-3.0",
        .options = import_options,
        .root = ROOT_CREATE,
        .run = command_import,
    },
    {
        .name = "stats",
        .arguments = "[COLLECTION]",
        .arguments_max = 1,
        .summary = "Count what a collection holds, by entity type",
        .description =
            "A row for each entity type: entities, outgoing edges, series, points, vectors,\n"
            "measures, and the bytes of their pages. Without a collection: of all of them.",
        .example = "hyperspatial -d db stats medical",
        .options = stats_options,
        .run = command_stats,
    },
    {
        .name = "get",
        .arguments = "ADDRESS",
        .arguments_min = 1,
        .arguments_max = 1,
        .summary = "Show an entity with its properties",
        .description =
            "The entity's own fields are _key, _id, _type, _revision, _created_at and\n"
            "_updated_at; everything else is a property. JSON is an array of one object.",
        .example = "hyperspatial -d db get medical/patients/10014729",
        .options = get_options,
        .run = command_get,
    },
    {
        .name = "list",
        .arguments = "[COLLECTION[/TYPE]]",
        .arguments_max = 1,
        .summary = "List entities, entity types or collections",
        .description = "COLLECTION/TYPE: its entities in the order of their creation, one a row;\n"
                       "columns are _key, every property that one of them has, and _id.\n"
                       "COLLECTION: its entity types. Nothing: the collections.\n"
                       "A condition compares properties (and _key, _id, _revision, _created_at,\n"
                       "_updated_at) by =, !=, <, <=, >, >=, is null, is not null with numbers,\n"
                       "\"texts\", true and false; and, or, not and parentheses join comparisons.",
        .example = "hyperspatial -d db list medical/admissions --where 'insurance = \"Medicaid\"'",
        .options = list_options,
        .run = command_list,
    },
    {
        .name = "edges",
        .arguments = "ADDRESS",
        .arguments_min = 1,
        .arguments_max = 1,
        .summary = "Show the edges of an entity",
        .description =
            "Outgoing edges, then incoming ones, each with the entity at its other end.\n"
            "With the option edge_history of its type, its edges are remembered over time.",
        .example = "hyperspatial -d db edges medical/patients/10014729 --in --type of_patient",
        .options = edges_options,
        .run = command_edges,
    },
    {
        .name = "graph",
        .arguments = "COLLECTION QUESTION",
        .arguments_min = 2,
        .arguments_max = 2,
        .summary = "Ask about ways through the graph, or about its shape",
        .description =
            "QUESTION is one of\n"
            "  bfs            what is reached from an entity, nearest first (--from)\n"
            "  shortest-path  the steps to another one (--from, --to), or without --to the\n"
            "                 distances to all\n"
            "  paths          all paths between two, the shortest first (--from, --to)\n"
            "  components     which entities hang together\n"
            "  pagerank       how much leads to an entity, the highest rank first\n"
            "  labels         communities, by label propagation\n"
            "  clustering     how many of an entity's neighbours are neighbours themselves\n"
            "Without --type and --edge all entities and edges count. The two ends need not\n"
            "meet the condition.",
        .example = "hyperspatial -d db graph snb paths --from 933 --to 4139 -t persons -u",
        .options = graph_options,
        .run = command_graph,
    },
    {
        .name = "series",
        .arguments = "ADDRESS [NAME]",
        .arguments_min = 1,
        .arguments_max = 2,
        .summary = "Show the time series of an entity",
        .description =
            "Without NAME: which series the entity has. With NAME: its points, or with\n"
            "--every one row for each bucket that is not empty: its start, the number of\n"
            "points in it, and an aggregate of them. Buckets start at whole multiples of\n"
            "their width since 1970-01-01T00:00:00Z. TIME is RFC 3339; --to is exclusive.",
        .example = "hyperspatial -d db series medical/icustays/30057454 'Heart Rate' --every 1h",
        .options = series_options,
        .run = command_series,
    },
    {
        .name = "retain",
        .arguments = "COLLECTION/TYPE",
        .arguments_min = 1,
        .arguments_max = 1,
        .summary = "Give up old points of series, and keep their roll-ups",
        .description =
            "Gives up what is older than the retention says in all series of the entity\n"
            "type: points, then roll-ups by minute, then by hour. What is given up has a\n"
            "roll-up one level above; roll-ups by day are kept for ever.",
        .example = "hyperspatial -d db retain medical/icustays --keep raw=7d,minutes=30d",
        .options = retain_options,
        .run = command_retain,
    },
    {
        .name = "measures",
        .arguments = "ADDRESS [NAME]",
        .arguments_min = 1,
        .arguments_max = 2,
        .summary = "Show and change the measures of an entity",
        .description =
            "Without NAME: every measure with its current value, its unit, the time of that\n"
            "value, and count, min, max and avg of all values so far. With NAME: its values\n"
            "over time. With --by, ADDRESS is COLLECTION/TYPE: the entities whose current\n"
            "value of a measure is the greatest or the least; ties by id.\n"
            "--set, --increment, --reset and --delete change the measure NAME in one commit\n"
            "and show it as it is then; increments are never lost to another writer.",
        .example = "hyperspatial -d db measures medical/patients/10014729",
        .options = measures_options,
        .run = command_measures,
    },
    {
        .name = "trajectory",
        .arguments = "ADDRESS",
        .arguments_min = 1,
        .arguments_max = 1,
        .summary = "Show the positions of an entity over time",
        .description =
            "Each row has a time and three positions of 17 coordinates on the hyperboloid:\n"
            "in the graph, in the embedding, and by properties. --every and --moved leave out\n"
            "positions in between; nothing is deleted.",
        .example = "hyperspatial -d db trajectory medical/patients/10014729 --from 2180-01-01",
        .options = trajectory_options,
        .run = command_trajectory,
    },
    {
        .name = "position",
        .arguments = "init|learn|show COLLECTION/TYPE",
        .arguments_min = 2,
        .arguments_max = 2,
        .summary = "Place entities in hyperbolic space, or show where they are",
        .description =
            "init: first positions, by the graph (degree: hubs near the origin; tree:\n"
            "Sarkar's construction, edges lead to parents), a vector (embedding) or the\n"
            "properties (fingerprint). learn: entities that share an edge come near, others\n"
            "go away (Riemannian SGD); the same seed gives the same positions. Both write to\n"
            "the trajectories, in batches. show: norms of a type's positions, or the\n"
            "positions of an entity (its address instead of the type's). Progress goes to\n"
            "standard error. Ctrl-C stops learning, and what was learned is written.",
        .example = "hyperspatial -d db position learn wordnet/synsets --type hypernym --closure",
        .options = position_options,
        .run = command_position,
    },
    {
        .name = "plot",
        .arguments = "COLLECTION/TYPE",
        .arguments_min = 1,
        .arguments_max = 1,
        .summary = "Draw the Poincare disk of an entity type as SVG",
        .description =
            "Nodes are the type's entities at their positions, larger the more edges they\n"
            "have; edges are geodesics; labels never overlap. Distances from the middle are\n"
            "true; angles are those in the plane of the two principal axes. Positions of two\n"
            "dimensions (position --dimension 2) are shown as they are.",
        .example = "hyperspatial -d db plot medical/d_icd_diagnoses --output disk.svg",
        .options = plot_options,
        .run = command_plot,
    },
    {
        .name = "vectors",
        .arguments = "ADDRESS [NAME=VECTOR...]",
        .arguments_min = 1,
        .arguments_max = 4096,
        .summary = "Show and set vectors of an entity, and the kinds of a type",
        .description =
            "COLLECTION/TYPE: the kinds of vectors registered for the type; --register makes\n"
            "one, --drop drops one. An entity: its vectors; NAME=VECTOR sets one:\n"
            "[0.5,1] dense, 0b0110 binary (bit 0 first), {3:0.5,17:1} sparse (index:value),\n"
            "[[1,2],[3,4]] multi.",
        .example = "hyperspatial -d db vectors medical/icustays -r text -n 768 -m cosine",
        .options = vectors_options,
        .run = command_vectors,
    },
    {
        .name = "nearest",
        .arguments = "COLLECTION/TYPE VECTOR QUERY",
        .arguments_min = 3,
        .arguments_max = 3,
        .summary = "Find the entities whose vector or position is nearest",
        .description =
            "QUERY is the address of an entity, or its key in the type: its vector named\n"
            "VECTOR is looked for, and the entity itself left out. Or it is a vector, such\n"
            "as [0.5,1] (see vectors). The nearest come first.\n"
            "With --metric hyperbolic current positions are compared: VECTOR is graph,\n"
            "embedding, property, or all with --weights.\n"
            "Every vector of the type is compared, or of the entities that meet the\n"
            "condition, unless there is an index of neighbours (see index) and it is faster;\n"
            "then nearly all of the nearest are found. --explain says which, and why.",
        .example = "hyperspatial -d db nearest medical/icustays vitals 30057454 -k 5",
        .options = nearest_options,
        .run = command_nearest,
    },
    {
        .name = "within",
        .arguments = "COLLECTION/TYPE VECTOR QUERY",
        .arguments_min = 3,
        .arguments_max = 3,
        .summary = "Find all entities within a distance",
        .description =
            "VECTOR and QUERY as with nearest. All entities of the type whose vector or\n"
            "position is at most --distance away, in the order of their creation. Exact.",
        .example =
            "hyperspatial -d db within icd/diagnoses graph I21 --metric hyperbolic --distance 2",
        .options = within_options,
        .run = command_within,
    },
    {
        .name = "rank",
        .arguments = "COLLECTION/TYPE WHAT=QUERY...",
        .arguments_min = 2,
        .arguments_max = 1 + HS_RANKINGS_MAX,
        .summary = "Rank entities by several searches at once",
        .description =
            "Each WHAT=QUERY is a search as with nearest, by a kind of vectors, or by graph,\n"
            "embedding or property positions; WHAT:WEIGHT=QUERY lets it count more or less.\n"
            "What they find is fused, the best come first: by ranks, each search counts\n"
            "1 / (60 + place); by scores, from 1 for the nearest to 0 for the farthest found.",
        .example = "hyperspatial -d db rank medical/notes text=n3 'terms:2={17:1}'",
        .options = rank_options,
        .run = command_rank,
    },
    {
        .name = "create",
        .arguments = "COLLECTION[/TYPE]",
        .arguments_min = 1,
        .arguments_max = 1,
        .summary = "Create a collection or an entity type",
        .description = "A type's collection is created with it if it is missing. Names match\n"
                       "[a-z_][a-z0-9_]* and have at most 63 bytes.",
        .example = "hyperspatial -d db create medical/patients",
        .root = ROOT_CREATE,
        .run = command_create,
    },
    {
        .name = "history",
        .arguments = "ADDRESS [PROPERTY]",
        .arguments_min = 1,
        .arguments_max = 2,
        .summary = "Show the versions of a property or an edge",
        .description =
            "Of a property: a row for each value that it had, by the time from which it held,\n"
            "and for each deletion; the present value comes last. Of the edge of --edge that\n"
            "leads --to another entity: a row for each state in which it was. Types keep\n"
            "these with their options property_history and edge_history.",
        .example = "hyperspatial -d db history medical/patients/10014729 ward",
        .options = history_options,
        .run = command_history,
    },
    {
        .name = "purge",
        .arguments = "ADDRESS [PROPERTY]",
        .arguments_min = 1,
        .arguments_max = 2,
        .summary = "Remove former values of properties, or states of edges",
        .description =
            "Of an entity, or of all entities of COLLECTION/TYPE: versions that were replaced\n"
            "at the time of --before or earlier. Without PROPERTY: of all properties; with\n"
            "--edges, those of the edges that leave.",
        .example = "hyperspatial -d db purge medical/patients --before 2020-01-01",
        .options = purge_options,
        .run = command_purge,
    },
    {
        .name = "index",
        .arguments = "ACTION COLLECTION/TYPE [NAME]",
        .arguments_min = 2,
        .arguments_max = 3,
        .summary = "Create, drop, list and ask indexes",
        .description =
            "ACTION is create, drop, list, stats or count. An index of a property, which\n"
            "NAME is, finds the entities that have a value, or a range of values; the\n"
            "command list uses it by itself. An index of neighbours, called NAME, is over\n"
            "--vector or --positions; nearest uses it by itself. list shows the indexes that\n"
            "there are, stats what those of neighbours are like.\n"
            "count shows each value with the number of entities that have it, from the index\n"
            "alone; VALUE is typed as set types values.",
        .example = "hyperspatial -d db index create medical/admissions insurance",
        .options = index_options,
        .run = command_index,
    },
    {
        .name = "type",
        .arguments = "COLLECTION/TYPE",
        .arguments_min = 1,
        .arguments_max = 1,
        .summary = "Show and set the options of an entity type",
        .description =
            "A row for each option: its value, its default, what it may be, and what it is\n"
            "for. An option says how what is written from then on is kept; setting one\n"
            "leaves what is there as it is.",
        .example = "hyperspatial -d db type medical/patients --set property_history=on",
        .options = type_options,
        .run = command_type,
    },
    {
        .name = "set",
        .arguments = "ADDRESS [NAME=VALUE...]",
        .arguments_min = 1,
        .arguments_max = 4096,
        .summary = "Set properties of an entity",
        .description =
            "All changes are one commit. A value is null, true or false, an int64, a\n"
            "float64, a timestamp (RFC 3339) or a UUID if it is written as one, and else a\n"
            "string. NAME:TYPE=VALUE says it: null, bool, int64, float64, string, bytes\n"
            "(hexadecimal), timestamp, uuid, list (a JSON array), json. With --create ADDRESS\n"
            "may be COLLECTION/TYPE: then the new entity has no key.",
        .example = "hyperspatial -d db set medical/patients/10014729 ward=ICU code:string=007",
        .options = set_options,
        .run = command_set,
    },
    {
        .name = "delete",
        .arguments = "ADDRESS",
        .arguments_min = 1,
        .arguments_max = 1,
        .summary = "Delete an entity and everything that belongs to it",
        .description = "Its properties, edges in both directions, vectors, series, trajectory and\n"
                       "measures go with it, in one commit.",
        .example = "hyperspatial -d db delete medical/patients/10014729",
        .run = command_delete,
    },
    {
        .name = "drop",
        .arguments = "COLLECTION[/TYPE]",
        .arguments_min = 1,
        .arguments_max = 1,
        .summary = "Drop an entity type or a collection with everything in it",
        .description = "Without --yes nothing is dropped: the message says how much would be lost.",
        .example = "hyperspatial -d db drop medical/patients --yes",
        .options = drop_options,
        .run = command_drop,
    },
    {
        .name = "export",
        .arguments = "COLLECTION",
        .arguments_min = 1,
        .arguments_max = 1,
        .summary = "Write a collection as JSON Lines",
        .description =
            "Two collections of equal content give equal bytes: types, entities, edges and\n"
            "all the rest have one order, and times of change are left out without --meta.\n"
            "With --format json the lines are one array. FILE appears when it is whole.",
        .example = "hyperspatial -d db export medical -o medical.jsonl",
        .options = export_options,
        .run = command_export,
    },
    {
        .name = "backup",
        .arguments = "COLLECTION FILE",
        .arguments_min = 2,
        .arguments_max = 2,
        .summary = "Copy a collection to a file, verified",
        .description =
            "FILE is a collection of its own: put into a root directory as NAME.hs it is\n"
            "the collection NAME. It has no free space, and appears when it is whole and on\n"
            "disk. Every page is verified; damage is not copied. A collection that is open\n"
            "in another program is backed up by that program (hs_collection_backup).\n"
            "Progress goes to standard error. Ctrl-C stops it, and leaves nothing behind.",
        .example = "hyperspatial -d db backup medical /mnt/backups/medical.hs",
        .options = backup_options,
        .run = command_backup,
    },
    {
        .name = "check",
        .arguments = "[COLLECTION]",
        .arguments_max = 1,
        .summary = "Check a collection, or save what is left of a damaged one",
        .description =
            "Every page's checksum, every key's order, every free page, every index entry,\n"
            "both ends of every edge and all counters. Problems go to standard error, and\n"
            "the exit code is 4. Without a collection: all of them.\n\n"
            "With --salvage nothing is checked: all rows that can be read are copied into\n"
            "the new file NEW.hs, with a row for each table and, on standard error, what is\n"
            "lost. The damaged file is only read; COLLECTION may be its path. The exit code\n"
            "is 0 if everything was copied, 4 if something is lost or nothing can be saved.",
        .example = "hyperspatial -d db check medical --salvage saved/medical.hs",
        .options = check_options,
        .root = ROOT_OR_FILE,
        .run = command_check,
    },
    {
        .name = "compact",
        .arguments = "[COLLECTION]",
        .arguments_max = 1,
        .summary = "Make a collection's file as small as it can be",
        .description =
            "Moves what lies at the end of the file into free space before it and gives the\n"
            "end back. Prints the bytes before and after. Without a collection: all of them.",
        .example = "hyperspatial -d db compact medical",
        .run = command_compact,
    },
    {
        .name = "help",
        .arguments = "[COMMAND]",
        .arguments_max = 1,
        .summary = "Explain the program or a command",
        .description = "The same as hyperspatial COMMAND --help.",
        .example = "hyperspatial help series",
        .root = ROOT_UNUSED,
        .run = command_help,
    },
    END,
};

const command *command_find(const char *name) {
    for (const command *c = commands; c->name != NULL; c++) {
        if (strcmp(c->name, name) == 0) return c;
    }
    return NULL;
}
