/* index_check.h: whether indexes and records say the same, both ways.
 *
 * Each record that has an indexed property is looked for in the index; entries beyond those that
 * were found belong to no record.
 */
#ifndef STORAGE_INDEX_CHECK_H
#define STORAGE_INDEX_CHECK_H

#include "storage/collection/check.h"
#include "storage/entities/record.h"
#include "storage/indexes/index_list.h"

typedef struct index_check {
    index_list list;
    uint64_t expected[INDEXES_MAX]; /* entries */
} index_check;

/* Reads the list of indexes; a damaged one is reported and taken as empty. */
hs_status indexes_check_begin(check *check, const check_family *family, index_check *indexes);

/* A property of a row has its entry. */
hs_status indexes_check_property(check *check, const check_family *family, index_check *indexes,
                                 uint64_t rid, const record_property *property);

/* Comes after all rows: there are no other entries; values of unique indexes differ. */
hs_status indexes_check_end(check *check, const check_family *family, const index_check *indexes);

#endif
