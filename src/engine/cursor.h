/* cursor.h: walking through the keys of a table in order. */
#ifndef ENGINE_CURSOR_H
#define ENGINE_CURSOR_H

#include "engine/tree.h"

typedef struct cursor {
    engine_cursor base;
    txn *txn;
    engine_table table;
    const table_entry *entry; /* in a snapshot: of the table; it does not change there */
    const node *prefixed;     /* key_bytes begins with this leaf's prefix */
    const uint8_t *ahead;     /* the leaf that comes next, while it is being fetched */
    tree_path path;
    enum { CURSOR_BEFORE, CURSOR_ON, CURSOR_BEHIND } place;
    uint64_t writes; /* of the transaction, when the path was taken */
    hs_slice key;
    hs_slice value;
    uint8_t key_bytes[NODE_KEY_ROOM];
} cursor;

hs_status cursor_open(engine_txn *t, engine_table table, engine_cursor **result);
void cursor_close(engine_cursor *c);
int cursor_seek(engine_cursor *c, hs_slice key);
int cursor_last(engine_cursor *c);
int cursor_next(engine_cursor *c);
int cursor_next_run(engine_cursor *c, engine_run *run);
int cursor_prev(engine_cursor *c);
hs_slice cursor_key(const engine_cursor *c);
hs_slice cursor_value(const engine_cursor *c);

#endif
