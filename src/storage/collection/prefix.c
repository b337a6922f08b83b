/* prefix.c: walks and deletes the entries under a prefix. */
#include "storage/collection/prefix.h"

#include <string.h>

#include "base/error.h"
#include "base/key.h"

int prefix_stands(const engine_cursor *cursor, hs_slice prefix) {
    return key_has_prefix(engine_cursor_key(cursor), prefix) ? 1 : 0;
}

int prefix_seek(engine_cursor *cursor, hs_slice prefix) {
    int found = engine_cursor_seek(cursor, prefix);
    return found == 1 ? prefix_stands(cursor, prefix) : found;
}

int prefix_next(engine_cursor *cursor, hs_slice prefix) {
    int found = engine_cursor_next(cursor);
    return found == 1 ? prefix_stands(cursor, prefix) : found;
}

hs_status prefix_count(engine_txn *txn, engine_table table, hs_slice prefix, size_t *count) {
    engine_cursor *cursor;
    TRY(engine_cursor_open(txn, table, &cursor));
    int found = prefix_seek(cursor, prefix);
    for (*count = 0; found == 1; found = prefix_next(cursor, prefix))
        ++*count;
    engine_cursor_close(cursor);
    return (hs_status)found;
}

hs_status prefix_delete(engine_txn *txn, engine_table table, hs_slice prefix) {
    uint8_t key[ENGINE_KEY_MAX];
    engine_cursor *cursor;
    TRY(engine_cursor_open(txn, table, &cursor));
    int found;
    hs_status status = HS_OK;
    while (status == HS_OK && (found = prefix_seek(cursor, prefix)) != 0) {
        if (found < 0) {
            status = (hs_status)found;
            break;
        }
        hs_slice at = engine_cursor_key(cursor);
        memcpy(key, at.data, at.size);
        status = engine_delete(txn, table, (hs_slice){key, at.size});
    }
    engine_cursor_close(cursor);
    return status;
}
