/* entities.h: entities as records: found and decoded for reading, held back while a batch changes
 * them. */
#ifndef STORAGE_ENTITIES_H
#define STORAGE_ENTITIES_H

#include "storage/batch/apply.h"
#include "storage/collection/snapshot.h"
#include "storage/entities/record.h"

/* --- reading ---------------------------------------------------------------------------------- */

/* HS_NOT_FOUND with the sentence that names type and entity. */
hs_status entity_not_found(const char *type, const hs_uuid *id);

/* The id of the entity with this rid. HS_NOT_FOUND (no message), HS_CORRUPT. */
hs_status entity_uuid(engine_txn *txn, family *family, uint64_t rid, hs_uuid *id);

/* The ids of entities in ascending order of their rids: a step of a cursor where the next is near,
 * instead of a descent for each. All zero, it has not begun. */
typedef struct entity_walk {
    engine_cursor *records; /* owned; NULL before the first */
    uint64_t rid;           /* where the cursor stands; UINT64_MAX: at the end */
} entity_walk;

/* As entity_uuid. rids may come in any order, but only ascending ones are fast. */
hs_status entity_walk_uuid(entity_walk *walk, engine_txn *txn, family *family, uint64_t rid,
                           hs_uuid *id);
void entity_walk_end(entity_walk *walk);

/* The id of an entity whose record was decoded. */
void entity_record_id(const family *family, const record *head, hs_uuid *id);

/* Opens the record of an entity up to its properties, which record_next gives. HS_NOT_FOUND (no
 * message), HS_CORRUPT. */
hs_status entity_record(engine_txn *txn, family *family, uint64_t rid, record_reader *reader);

/* The same in a transaction that wrote records: `added` are the shapes that it has interned, which
 * are not known as the family's before it commits. */
hs_status entity_record_written(engine_txn *txn, family *family, uint64_t rid, const shape *added,
                                record_reader *reader);

/* Opens the record that a cursor of the records table stands on. HS_CORRUPT. */
hs_status entity_record_at(engine_txn *txn, family *family, const engine_cursor *cursor,
                           record_reader *reader, uint64_t *rid);

/* Goes on from a record's head to its properties. HS_CORRUPT. */
hs_status entity_properties(engine_txn *txn, family *family, record_reader *reader);

/* An entity from its record's head. */
void entity_fill(const family *family, const record *head, hs_entity *entity);

/* Reads the entity with a rid that a key or route names, so that it must be there. HS_CORRUPT. */
hs_status entity_read(hs_snapshot *snapshot, family *family, uint64_t rid, hs_entity *entity);

/* Adds to a decoder's message of damage where the record lies. */
hs_status entity_damaged(hs_status status, engine_family family, uint64_t rid);

/* --- in a batch ------------------------------------------------------------------------------- */

/* A record as the batch has made it so far. Its properties are in the byte order of their names. A
 * long value that the batch has set is in value.bytes; it reaches blobs when the record is
 * written, so that until then blobs hold what `stored` says. */
typedef struct pending_record {
    struct pending_record *next; /* in apply->changed */
    apply_family *family;
    uint64_t rid;
    record record; /* its revision is the one before the batch: 0 if the batch created it */
    const record_property *stored; /* [stored_count] properties before the batch */
    size_t stored_count;
    size_t capacity; /* of record.properties; 0 as long as they are those in `stored` */
    bool changed;    /* it is in apply->changed, though the changes may cancel out */
    bool checked;    /* its revision grows even if they do */
    struct history_change *history; /* history.h: what the batch changes in it */
    struct history_change **history_tail;
    bool deleted;
    bool written; /* at the end of the attempt: it is not as it was before the batch */
} pending_record;

hs_status entities_apply(apply *apply, const operation *operation);

/* The record of an entity, read when first asked for. */
hs_status entities_pending(apply *apply, apply_entity *entity, pending_record **pending);

/* Lets the record be written with its next revision, unless it ends as it was before the batch. */
void entities_change(apply *apply, pending_record *pending);

/* Writes the records that changed. */
hs_status entities_flush(apply *apply);

/* Carries out OPERATION_TYPE_DROP. */
hs_status entities_drop_type(apply *apply, const operation *operation);

#endif
