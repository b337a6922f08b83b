/* redo.h: the operations that a log record holds, one behind the other. Integers are varints.
 *
 *   PUT            family, table, key length, key, value length, value
 *   DELETE         family, table, key length, key
 *   CREATE_FAMILY  family, name length, name
 *   DROP_FAMILY    family
 *   RENAME_FAMILY  family, name length, name
 *   CREATE_TABLE   family, table, name length, name, options (catalog.h)
 *   DROP_TABLE     family, table
 */
#ifndef ENGINE_REDO_H
#define ENGINE_REDO_H

enum redo_operation {
    REDO_PUT = 1,
    REDO_DELETE = 2,
    REDO_CREATE_FAMILY = 3,
    REDO_DROP_FAMILY = 4,
    REDO_RENAME_FAMILY = 5,
    REDO_CREATE_TABLE = 6,
    REDO_DROP_TABLE = 7
};

#endif
