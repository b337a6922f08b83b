/* history.c: writing, purging and checking of the history of properties; history_read.c reads. */
#include "storage/entities/history.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/memory.h"
#include "storage/collection/prefix.h"

#define VERSION_HEAD (1 + VARINT_MAX)

enum version_kind { VERSION_VALUE, VERSION_DELETED };

static engine_table history(engine_family family) {
    return layout_table(family, TABLE_PROPERTY_HISTORY);
}

/* --- the encoding ----------------------------------------------------------------------------- */

static size_t encode(const history_change *change, hs_time epoch, uint8_t *out) {
    const uint8_t *start = out;
    *out++ = change->kind == HISTORY_DELETED ? VERSION_DELETED : VERSION_VALUE;
    uint64_t delta = (uint64_t)change->updated_at - (uint64_t)epoch;
    out += varint_write(out, zigzag_encode((int64_t)delta));
    if (change->kind == HISTORY_VALUE) out += record_value_write(&change->value, out);
    return (size_t)(out - start);
}

static hs_status version_damaged(void) {
    return error_set(HS_CORRUPT, "a version of a property is damaged; run a check");
}

hs_status history_decode(hs_slice bytes, hs_time epoch, history_version *version) {
    const uint8_t *at = bytes.data, *end = at + bytes.size;
    uint64_t delta;
    *version = (history_version){.value = {.kind = HS_NULL}};
    if (bytes.size == 0 || *at > VERSION_DELETED) return version_damaged();
    version->is_deletion = *at++ == VERSION_DELETED;
    size_t used = varint_read(at, end, &delta);
    if (used == 0) return version_damaged();
    at += used;
    version->updated_at = (hs_time)((uint64_t)epoch + (uint64_t)zigzag_decode(delta));
    if (version->updated_at < HS_TIME_MIN || version->updated_at > HS_TIME_MAX)
        return version_damaged();
    if (version->is_deletion) return at == end ? HS_OK : version_damaged();
    return record_value_read((hs_slice){at, (size_t)(end - at)}, &version->value);
}

/* --- noting ----------------------------------------------------------------------------------- */

static hs_status note(apply *apply, pending_record *pending, history_change change) {
    void *memory;
    TRY(apply_alloc(apply, sizeof change, &memory));
    history_change *noted = memory;
    *noted = change;
    noted->next = NULL;
    if (pending->history_tail == NULL) pending->history_tail = &pending->history;
    *pending->history_tail = noted;
    pending->history_tail = &noted->next;
    pending->checked = true; /* the entity's revision grows */
    entities_change(apply, pending);
    return HS_OK;
}

/* The property as the batch has made it so far; NULL if the record does not have it. */
static const record_property *current_property(const pending_record *pending, uint32_t name) {
    for (size_t i = 0; i < pending->record.count; i++)
        if (pending->record.properties[i].name == name) return pending->record.properties + i;
    return NULL;
}

/* Notes the present value, which does not stay. */
static hs_status note_superseded(apply *apply, pending_record *pending,
                                 const record_property *current) {
    return note(apply, pending,
                (history_change){.kind = HISTORY_VALUE,
                                 .name = current->name,
                                 .valid_from = current->valid_from,
                                 .updated_at = current->updated_at,
                                 .value = current->value});
}

/* The version at a time exactly, of the table. HS_NOT_FOUND (no message). */
static hs_status stored_version(apply *apply, const pending_record *pending, uint32_t name,
                                hs_time valid_from, history_version *version) {
    layout_key key = layout_version_key(pending->rid, name, valid_from);
    hs_slice bytes;
    TRY(engine_get(apply->txn, history(pending->family->number), layout_slice(&key), &bytes));
    return history_decode(bytes, apply->collection->epoch, version);
}

/* Since when a property that the record does not have is deleted: the last version of it. Found is
 * 0 if it never was there. */
static int deleted_since(apply *apply, const pending_record *pending, uint32_t name,
                         hs_time *since) {
    int found = 0;
    for (const history_change *noted = pending->history; noted != NULL; noted = noted->next) {
        if (noted->name != name || noted->kind != HISTORY_DELETED) continue;
        *since = noted->valid_from;
        found = 1;
    }
    if (found > 0) return found;
    engine_cursor *cursor;
    layout_key prefix = layout_named_key(pending->rid, name);
    layout_key behind = layout_version_key(pending->rid, name, HS_TIME_MAX);
    TRY(engine_cursor_open(apply->txn, history(pending->family->number), &cursor));
    found = engine_cursor_seek(cursor, layout_slice(&behind));
    if (found >= 0 && !(found > 0 && prefix_stands(cursor, layout_slice(&prefix))))
        found = engine_cursor_prev(cursor);
    if (found > 0) found = prefix_stands(cursor, layout_slice(&prefix));
    if (found > 0) {
        uint64_t rid;
        uint32_t same;
        if (!layout_version_read(engine_cursor_key(cursor), &rid, &same, since))
            found = version_damaged();
    }
    engine_cursor_close(cursor);
    return found;
}

static hs_status set_in_past(apply *apply, pending_record *pending, uint32_t name,
                             const hs_value *value, hs_time valid_from, history_place *place) {
    history_version there;
    *place = HISTORY_PAST;
    hs_status status = stored_version(apply, pending, name, valid_from, &there);
    if (status != HS_OK && status != HS_NOT_FOUND) return status;
    if (status == HS_OK && !there.is_deletion && pending->history == NULL &&
        record_value_equal(&there.value, value)) {
        *place = HISTORY_SAME;
        return HS_OK;
    }
    return note(apply, pending,
                (history_change){.kind = HISTORY_VALUE,
                                 .name = name,
                                 .valid_from = valid_from,
                                 .updated_at = apply->now,
                                 .value = *value});
}

hs_status history_set(apply *apply, pending_record *pending, const record_property *current,
                      uint32_t name, const hs_value *value, hs_time valid_from,
                      history_place *place) {
    hs_time last = 0;
    *place = HISTORY_PRESENT;
    if (current != NULL) {
        if (valid_from > current->valid_from) return note_superseded(apply, pending, current);
        if (valid_from == current->valid_from) return HS_OK;
        return set_in_past(apply, pending, name, value, valid_from, place);
    }
    int found = deleted_since(apply, pending, name, &last);
    if (found < 0) return (hs_status)found;
    if (found == 0 || valid_from > last) return HS_OK;
    if (valid_from < last) return set_in_past(apply, pending, name, value, valid_from, place);
    return note(apply, pending,
                (history_change){.kind = HISTORY_ERASED, .name = name, .valid_from = valid_from});
}

hs_status history_delete(apply *apply, pending_record *pending, const record_property *current) {
    hs_time since = apply->now > current->valid_from ? apply->now : current->valid_from;
    if (since > current->valid_from) TRY(note_superseded(apply, pending, current));
    return note(apply, pending,
                (history_change){.kind = HISTORY_DELETED,
                                 .name = current->name,
                                 .valid_from = since,
                                 .updated_at = apply->now});
}

/* --- writing ---------------------------------------------------------------------------------- */

/* A long value that the batch did not set is where it was. */
static hs_status read_long(apply *apply, const pending_record *pending, history_change *change) {
    hs_slice *bytes = &change->value.bytes;
    if (change->kind != HISTORY_VALUE || !record_has_bytes(&change->value)) return HS_OK;
    if (bytes->size <= LONG_VALUE || bytes->data != NULL) return HS_OK;
    layout_key key = layout_named_key(pending->rid, change->name);
    return engine_get(apply->txn, layout_table(pending->family->number, TABLE_BLOBS),
                      layout_slice(&key), bytes);
}

static hs_status write_change(apply *apply, const pending_record *pending,
                              const history_change *change) {
    engine_table table = history(pending->family->number);
    layout_key key = layout_version_key(pending->rid, change->name, change->valid_from);
    if (change->kind == HISTORY_ERASED) {
        hs_status status = engine_delete(apply->txn, table, layout_slice(&key));
        return status == HS_NOT_FOUND ? HS_OK : status;
    }
    history_change whole = *change;
    TRY(read_long(apply, pending, &whole));
    size_t bound = VERSION_HEAD + record_value_bound(&whole.value);
    TRY(memory_reserve(&apply->buffer, &apply->buffer_capacity, bound, 1));
    size_t size = encode(&whole, apply->collection->epoch, apply->buffer);
    assert(size <= bound);
    return engine_put(apply->txn, table, layout_slice(&key), (hs_slice){apply->buffer, size});
}

hs_status history_flush(apply *apply, const pending_record *pending) {
    if (!pending->family->options.property_history) return HS_OK;
    for (const history_change *noted = pending->history; noted != NULL; noted = noted->next)
        TRY(write_change(apply, pending, noted));
    return HS_OK;
}

hs_status history_delete_entity(apply *apply, engine_family family, uint64_t rid) {
    layout_key prefix = layout_rid_prefix(rid);
    return prefix_delete(apply->txn, history(family), layout_slice(&prefix));
}

/* --- purging ---------------------------------------------------------------------------------- */

/* Deletes the versions of one property that no moment from `before` on needs, the first of which
 * the cursor stands on; it is left behind them. The version in force at `before` stays, unless it
 * is a deletion or the record's value is in force. */
static int purge_name(apply *apply, apply_family *family, engine_cursor *cursor,
                      const pending_record *pending, hs_time before) {
    layout_key last = {0};
    uint64_t rid;
    uint32_t name, group = 0;
    hs_time from;
    int found = 1;
    for (; found > 0; found = engine_cursor_next(cursor)) {
        hs_slice key = engine_cursor_key(cursor);
        if (!layout_version_read(key, &rid, &name, &from)) return version_damaged();
        if (rid != pending->rid || (group != 0 && name != group)) break;
        group = name;
        if (from > before) continue;
        if (last.size > 0)
            TRY(engine_delete(apply->txn, history(family->number), layout_slice(&last)));
        last.size = (uint8_t)key.size;
        memcpy(last.bytes, key.data, key.size);
    }
    if (found < 0 || last.size == 0) return found;
    hs_slice bytes;
    history_version version;
    TRY(engine_get(apply->txn, history(family->number), layout_slice(&last), &bytes));
    TRY(history_decode(bytes, apply->collection->epoch, &version));
    const record_property *current = current_property(pending, group);
    if (version.is_deletion || (current != NULL && current->valid_from <= before))
        TRY(engine_delete(apply->txn, history(family->number), layout_slice(&last)));
    return found;
}

static hs_status purge_names(apply *apply, apply_family *family, const pending_record *pending,
                             const operation *operation) {
    engine_cursor *cursor;
    layout_key prefix = operation->name == 0 ? layout_rid_prefix(pending->rid)
                                             : layout_named_key(pending->rid, operation->name);
    TRY(engine_cursor_open(apply->txn, history(family->number), &cursor));
    int found = prefix_seek(cursor, layout_slice(&prefix));
    while (found > 0) {
        found = purge_name(apply, family, cursor, pending, operation->purge_before);
        if (found > 0) found = prefix_stands(cursor, layout_slice(&prefix));
    }
    engine_cursor_close(cursor);
    return (hs_status)found;
}

hs_status history_purge(apply *apply, const operation *operation) {
    apply_entity *entity;
    pending_record *pending;
    TRY(apply_owner_entity(apply, operation, &entity));
    TRY(entities_pending(apply, entity, &pending));
    TRY(history_flush(apply, pending)); /* so that versions of this batch are found too */
    pending->history = NULL;
    pending->history_tail = NULL;
    return purge_names(apply, entity->family, pending, operation);
}

/* --- checking --------------------------------------------------------------------------------- */

/* Versions are sound and belong to rows. Whether they lie before the present value cannot be
 * demanded: while the option was off, values were replaced and deleted without a trace. */
static hs_status check_version(check *check, const check_family *family, hs_slice key,
                               hs_slice value, uint64_t *last_rid) {
    uint64_t rid;
    uint32_t name;
    hs_time from;
    hs_slice label;
    history_version version;
    bool exists = true;
    if (!layout_version_read(key, &rid, &name, &from)) {
        check_problem(check, "%s: a key of the history of properties is damaged", family->type);
        return HS_OK;
    }
    if (rid != *last_rid) TRY(check_entity_exists(check, family->family->number, rid, &exists));
    *last_rid = rid;
    if (!exists)
        check_problem(check, "%s: the history of properties has row %llu, which does not exist",
                      family->type, (unsigned long long)rid);
    hs_status status = snapshot_label(check->snapshot, name, &label);
    if (status == HS_OK)
        status = history_decode(value, check->snapshot->collection->epoch, &version);
    if (status != HS_OK || !record_has_bytes(&version.value))
        return check_damage(check, family, entity_damaged(status, family->family->number, rid));
    return entity_check_bytes(check, family, rid, version.value.kind, version.value.bytes);
}

hs_status history_check(check *check, check_family *family) {
    engine_cursor *cursor;
    uint64_t last_rid = 0;
    TRY(engine_cursor_open(check->snapshot->txn, history(family->family->number), &cursor));
    hs_status status = HS_OK;
    int found;
    while ((found = engine_cursor_next(cursor)) > 0 && status == HS_OK)
        status = check_version(check, family, engine_cursor_key(cursor),
                               engine_cursor_value(cursor), &last_rid);
    engine_cursor_close(cursor);
    return found < 0 ? (hs_status)found : status;
}
