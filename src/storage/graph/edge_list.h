/* edge_list.h: the edges of one entity, of one type and direction, in a table edges or edges_in.
 *
 *   rid(6) ‖ name(3)                       head: a short list, as one block (edge_block.h), or
 *
 *                                          form(1) = 40   count, varint    the edges of a long list
 *
 *   rid(6) ‖ name(3) ‖ family(2) ‖ rid(6)  blocks of a long list, by their first far end
 *
 * So an entity with few edges of a type has one entry for them; of one with many a change rewrites
 * one block and the head; and the head tells how many there are.
 */
#ifndef STORAGE_EDGE_LIST_H
#define STORAGE_EDGE_LIST_H

#include "storage/collection/layout.h"
#include "storage/graph/edge_block.h"

/* --- reading ---------------------------------------------------------------------------------- */

/* What an entry of the table is. */
typedef struct edge_entry {
    uint64_t rid;  /* of the near end */
    uint32_t name; /* edge type */
    bool is_index; /* the head of a long list: `count` edges, and no block */
    uint64_t count;
    edge_block block;
} edge_entry;

/* HS_CORRUPT if key or value are damaged, or do not belong together. */
hs_status edge_entry_read(hs_slice key, hs_slice value, edge_entry *entry);

/* The edge of a list to `row`. HS_NOT_FOUND (no message). O(log n). */
hs_status edge_list_find(engine_txn *txn, engine_table table, uint64_t rid, uint32_t name,
                         uint64_t row, edge_far *edge);

/* The number of edges of a list, 0 if there is none. O(log n). */
hs_status edge_list_count(engine_txn *txn, engine_table table, uint64_t rid, uint32_t name,
                          uint64_t *count);

/* --- writing ---------------------------------------------------------------------------------- */

typedef enum edge_action {
    EDGE_ADD,    /* it must not be there */
    EDGE_UPDATE, /* it must be there */
    EDGE_PUT,    /* either */
    EDGE_REMOVE, /* it must be there */
    EDGE_ERASE,  /* either */
    EDGE_NEED    /* it must be there, and stays as it is */
} edge_action;

typedef enum edge_outcome {
    EDGE_SAME, /* nothing has changed */
    EDGE_ADDED,
    EDGE_CHANGED,
    EDGE_REMOVED,
    EDGE_EXISTS, /* refused: it was there */
    EDGE_MISSING /* refused: it was not there */
} edge_outcome;

static inline bool edge_has_changed(uint8_t outcome) {
    return outcome == EDGE_ADDED || outcome == EDGE_CHANGED || outcome == EDGE_REMOVED;
}

/* A change of one edge as one of its ends sees it. */
typedef struct edge_change {
    uint64_t near; /* rows, family << 48 | rid */
    uint64_t far;
    uint32_t name;
    uint32_t order; /* of changes of the same edge */
    float weight;
    uint8_t action;  /* edge_action */
    uint8_t outcome; /* edge_outcome, set by edge_list_change */
    bool active;
} edge_change;
_Static_assert(sizeof(edge_change) == 32, "a batch has one or two for each edge");

/* Sorts changes by near end, type, far end and order. */
void edge_changes_sort(edge_change *changes, size_t count);

/* The number of changes that belong to the same list as the first. */
size_t edge_changes_run(const edge_change *changes, size_t count);

/* A writer of lists in one table: its working memory, kept from list to list. */
typedef struct edge_lists {
    engine_txn *txn;
    engine_table table;
    engine_cursor *cursor; /* NULL until first needed */
    edge_far *old, *new;
    size_t old_capacity, new_capacity;
} edge_lists;

/* Frees the memory; the transaction must not have ended. */
void edge_lists_close(edge_lists *lists);

/* Carries out changes of one list ([count], sorted), and sets their outcomes. *edges is the number
 * of edges added less those removed. Refused changes leave the list as it was. HS_NO_MEMORY,
 * HS_CORRUPT, the engine's errors. */
hs_status edge_list_change(edge_lists *lists, edge_change *changes, size_t count, int64_t *edges);

/* --- repairing -------------------------------------------------------------------------------- */

/* Makes the heads of long lists in a table, as `seen` shows it, agree with the blocks that are
 * there, after some were lost. Nobody else writes meanwhile; commits as it goes. */
hs_status edge_lists_repair(engine *engine, engine_txn *seen, engine_table table, bool shared);

#endif
