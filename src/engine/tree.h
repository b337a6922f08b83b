/* tree.h: a table's B+tree: look-up, and copy-on-write changes by a write transaction.
 *
 * A transaction copies a page once and edits its copy; readers of earlier commits keep the old one.
 * Every page that a change may need is reserved before the first one is touched, so that a change
 * happens as a whole or not at all.
 */
#ifndef ENGINE_TREE_H
#define ENGINE_TREE_H

#include "engine/txn.h"

/* Points *value at the value of `key`, in the mapping. HS_NOT_FOUND without a message;
 * HS_CORRUPT. */
hs_status tree_get(store *s, const table_entry *e, hs_slice key, hs_slice *value);

/* The same by a write transaction, without a descent if the key lies in the leaf where it last read
 * or wrote. */
hs_status tree_get_near(txn *t, const table_entry *e, hs_slice key, hs_slice *value);

/* From the node of `level`, whose index is set, down to the first or last entry below it. 1, or a
 * negative status. */
int tree_edge(store *s, const table_entry *e, tree_path *path, uint32_t level, bool last);
/* To the first entry of the next leaf, or the last one of the previous. 1, 0 if there is none, or a
 * negative status. */
int tree_step_leaf(store *s, const table_entry *e, tree_path *path, bool forward);

/* Where the leaf after that of the path lies, if it has the same parent and there is one; it may be
 * fetched, not read. NULL if not. */
const uint8_t *tree_leaf_ahead(const store *s, const tree_path *path);

/* Whether some key of the tree begins with `prefix`. HS_CORRUPT. */
hs_status tree_has_prefix(store *s, const table_entry *e, hs_slice prefix, bool *found);

/* The bytes of a leaf entry's value. HS_CORRUPT. */
hs_status tree_value(store *s, const table_entry *e, const node *leaf, uint32_t index,
                     hs_slice *value);

/* Walks from the root to the leaf where `key` belongs; *equal tells whether it is there. The tree
 * is not empty. */
hs_status tree_descend(store *s, const table_entry *e, hs_slice key, tree_path *path, bool *equal);

/* The node of a level that a page number names. HS_CORRUPT. */
hs_status tree_node(store *s, const table_entry *e, uint32_t page, uint32_t level, node **result);

/* A copy of a node for this transaction, which frees the original; the caller makes the parent
 * refer to it. HS_FULL. */
hs_status tree_copy_node(txn *t, table_entry *e, const node *n, node **copy);

/* Creates or replaces. HS_FULL and HS_NO_MEMORY leave everything as it was. */
hs_status tree_put(txn *t, table_entry *e, hs_slice key, hs_slice value);
/* HS_NOT_FOUND without a message. */
hs_status tree_delete(txn *t, table_entry *e, hs_slice key);

#endif
