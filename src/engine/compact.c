/* compact.c: making the file smaller: pages at its end are copied into free space before them,
 * family by family, in transactions that change nothing but where pages lie, and so log nothing.
 */
#include "engine/tree.h"

#include <string.h>

#include "base/error.h"

#define SLICE_UNITS  8192u /* moved per transaction: as long do a family's writers wait */
#define LIFTS_MAX    2u
#define PASSES_MAX   8u
#define LIFTED_LEAST 17u /* units: longer than any tree page */
#define SLACK_UNITS  8u  /* not worth a move: a small file would never come to rest */

/* What is moved in one go over all families. */
typedef struct plan {
    uint64_t limit; /* pages that reach behind it are moved */
    uint32_t least; /* units that a page must have to be moved, and may have */
    uint32_t most;
    uint64_t moved; /* units */
    uint64_t since; /* what write transactions from this number on have placed stays there */
    bool lift;      /* long values for which there is no place go to the end of the file */
} plan;

typedef struct move {
    plan *plan;
    txn *txn;
    table_entry *table;
    uint32_t left;  /* units that this transaction may still move */
    uint32_t stuck; /* units of the shortest page that found no free place before the limit */
} move;

/* Counts a moved page, and notices when it has come to lie no better. */
static void note_move(move *m, const page_header *to) {
    m->left -= to->units < m->left ? to->units : m->left;
    m->txn->writes++;
    m->plan->moved += to->units;
    bool behind = !m->plan->lift && to->page + (uint64_t)to->units > m->plan->limit;
    if (behind && to->units < m->stuck) m->stuck = to->units;
}

static bool may_move(const move *m, uint32_t page, uint32_t units) {
    return page + (uint64_t)units > m->plan->limit && units >= m->plan->least &&
           units <= m->plan->most && m->left > 0 && units < m->stuck;
}

static hs_status own(move *m, node **n) {
    if (txn_owns(m->txn, &(*n)->page)) return HS_OK;
    TRY(tree_copy_node(m->txn, m->table, *n, n));
    note_move(m, &(*n)->page);
    return HS_OK;
}

static hs_status move_value(move *m, node **leaf, uint32_t index) {
    node_value v = node_get_value(*leaf, &m->table->def->shape, index);
    if (v.long_page == 0) return HS_OK;
    uint64_t units = (sizeof(value_header) + v.bytes.size + UNIT_SIZE - 1) / UNIT_SIZE;
    if (!may_move(m, v.long_page, (uint32_t)units)) return HS_OK;
    if (!m->plan->lift && !space_has_place(&m->txn->store->space, (uint32_t)units, v.long_page))
        return HS_OK;
    page_expect expect = expect_value(m->table->def);
    page_header *from, *to;
    TRY(pagefile_get(&m->txn->store->file, v.long_page, &expect, &from));
    if (from->txn >= m->plan->since) return HS_OK;
    TRY(own(m, leaf));
    TRY(txn_reserve(m->txn, 1, 0));
    TRY(txn_alloc_value(m->txn, m->table->def, v.bytes.size, &to));
    memcpy((uint8_t *)to + sizeof(value_header), (const uint8_t *)from + sizeof(value_header),
           v.bytes.size);
    node_set_long_page(*leaf, index, to->page);
    txn_free(m->txn, from);
    note_move(m, to);
    return HS_OK;
}

/* Moves what lies too far behind of a subtree; *page is its root, before and after. */
static hs_status move_node(move *m, uint32_t *page, uint32_t level) {
    if (m->left == 0) return HS_OK;
    uint32_t units = level > 0 ? 1 : m->table->def->shape.leaf_units;
    if (level == 0 && m->table->long_values == 0 && !may_move(m, *page, units)) return HS_OK;
    node *n;
    TRY(tree_node(m->txn->store, m->table, *page, level, &n));
    for (uint32_t i = 0; i < n->count && level > 0; i++) {
        uint32_t child = node_child(n, i), before = child;
        TRY(move_node(m, &child, level - 1));
        if (child == before) continue;
        TRY(own(m, &n));
        node_set_child(n, i, child);
    }
    for (uint32_t i = 0; i < n->count && level == 0 && m->table->long_values > 0; i++)
        TRY(move_value(m, &n, i));
    if (may_move(m, n->page.page, n->page.units)) TRY(own(m, &n));
    *page = n->page.page;
    return HS_OK;
}

static hs_status move_tables(txn *t, txn_family *f, plan *p, bool *more) {
    move m = {.plan = p, .txn = t, .left = SLICE_UNITS, .stuck = UINT32_MAX};
    for (uint32_t i = 0; i < f->count; i++) {
        m.table = &f->tables[i];
        if (m.table->root != 0) TRY(move_node(&m, &m.table->root, m.table->height - 1));
    }
    *more = m.left == 0 && m.stuck > p->least;
    return HS_OK;
}

/* Moves a slice of a family's pages. */
static hs_status move_family(store *s, engine_family family, plan *p, bool *more) {
    engine_txn *base;
    *more = false;
    hs_status status = txn_begin_write(&s->base, &family, 1, HS_RELAXED, &base);
    if (status == HS_NOT_FOUND) return HS_OK; /* dropped meanwhile */
    if (status != HS_OK) return status;
    txn *t = (txn *)base;
    t->kit.refill = TXN_THRIFTY;
    txn_find_family(t, family)->needs_shared = true;
    status = commit_lock_shared(t);
    if (status == HS_OK) status = move_tables(t, txn_find_family(t, family), p, more);
    if (status != HS_OK) {
        txn_abort(base);
        return status;
    }
    return txn_commit(base);
}

/* The families at this moment, in a heap array. */
static hs_status list_families(store *s, engine_family **families, uint32_t *count) {
    pthread_mutex_lock(&s->pipeline);
    *count = s->latest->count;
    *families = memory_alloc((*count + 1u) * sizeof **families);
    for (uint32_t i = 0; *families != NULL && i < *count; i++)
        (*families)[i] = s->latest->families[i]->id;
    pthread_mutex_unlock(&s->pipeline);
    return *families == NULL ? error_memory("a list of column families", *count * sizeof **families)
                             : HS_OK;
}

/* Gives back what is not in use: what nobody can see any more, and the pages that families keep for
 * their next writers. They may be the ones in the way. */
static void give_back_unused(store *s) {
    readers_view view;
    store_look(s, &view);
    space_reclaim(&s->space, &view);
    for (family_state *f = atomic_load(&s->last_state); f != NULL; f = f->next) {
        pthread_mutex_lock(&f->writer);
        writer_kit_empty_pool(&s->space, &f->kit);
        pthread_mutex_unlock(&f->writer);
    }
}

static hs_status move_all(store *s, plan *p) {
    engine_family *families;
    uint32_t count;
    TRY(list_families(s, &families, &count));
    hs_status status = HS_OK;
    for (uint32_t i = 0; i < count && status == HS_OK; i++) {
        bool more = true;
        while (more && status == HS_OK)
            status = move_family(s, families[i], p, &more);
    }
    memory_free(families);
    return status;
}

/* The least units of what is moved, turn by turn: the longest values, …, large leaves, single
 * pages. */
static const uint32_t move_order[] = {4096, 512, 64, 17, 2, 1};

/* Moves pages of `least` to `most` units that reach behind `limit`, and saves that. */
static hs_status move_some(store *s, plan *p) {
    TRY(move_all(s, p));
    return checkpoint_run(s, CHECKPOINT_NEEDED);
}

/* The long values behind `limit` go to the end of the file, so that the short pages can close
 * up. */
static hs_status lift_values(store *s, uint64_t taken, uint64_t limit) {
    plan up = {.limit = limit,
               .least = LIFTED_LEAST,
               .most = UINT32_MAX,
               .since = atomic_load(&s->next_txn),
               .lift = true};
    TRY(move_some(s, &up));
    plan down = {.limit = taken - (up.moved < taken ? up.moved : taken),
                 .least = 1,
                 .most = LIFTED_LEAST - 1,
                 .since = UINT64_MAX};
    return move_some(s, &down);
}

/* One pass with a plan for each length, the longest first: what needs many units in one piece must
 * come before smaller pages fill the holes. */
static hs_status move_lengths(store *s, uint64_t limit) {
    for (size_t i = 0; i < sizeof move_order / sizeof *move_order; i++) {
        plan p = {.limit = limit, .least = move_order[i], .most = UINT32_MAX, .since = UINT64_MAX};
        TRY(move_some(s, &p));
    }
    /* The first checkpoint frees the places that were left; the second moves catalog and space map
     * into them. */
    TRY(checkpoint_run(s, CHECKPOINT_FORCED));
    TRY(checkpoint_run(s, CHECKPOINT_FORCED));
    return space_trim(&s->space, 0);
}

#define TIDYING_PASSES 3u  /* the first one leaves a few behind: copies need room too */
#define TIDIED_LEAST   16u /* a file that has less than a sixteenth free is left alone */
#define TIDIED_MOST    (UINT64_C(256) << 20) /* bytes to be moved: more would be felt */

hs_status store_tidy(store *s) {
    TRY(checkpoint_run(s, CHECKPOINT_NEEDED));
    give_back_unused(s);
    for (uint32_t pass = 0; pass < TIDYING_PASSES; pass++) {
        uint64_t taken = space_taken_units(&s->space), units = atomic_load(&s->file.units);
        uint64_t unused = units - taken;
        uint64_t moved = unused < taken ? unused : taken;
        if (unused <= units / TIDIED_LEAST + SLACK_UNITS || moved * UNIT_SIZE > TIDIED_MOST) break;
        TRY(move_lengths(s, taken));
    }
    return HS_OK;
}

hs_status store_compact(store *s) {
    TRY(checkpoint_run(s, CHECKPOINT_NEEDED));
    give_back_unused(s);
    uint64_t before = UINT64_MAX;
    uint32_t lifts = 0;
    for (uint32_t pass = 0; pass < PASSES_MAX; pass++) {
        uint64_t taken = space_taken_units(&s->space), units = atomic_load(&s->file.units);
        /* Stop when the file is within 1 % of what it must hold, or a pass has gained nothing. */
        if (units <= taken + taken / 100 + SLACK_UNITS || (units >= before && lifts == LIFTS_MAX))
            break;
        /* After the first pass, what is left behind found no hole that was long enough: clear one
         * by moving more of the short pages before it. If that gains nothing, the holes lie between
         * long values: lift half of these, then all, to the end of the file, so that they close up
         * when they come down again. */
        bool lift = units >= before;
        if (lift) TRY(lift_values(s, taken, lifts == 0 ? taken / 2 : 0));
        TRY(move_lengths(s, pass == 0 || lift ? taken : taken - (units - taken) / 2));
        before = lift ? UINT64_MAX : units;
        lifts += lift;
    }
    return space_trim(&s->space, 0);
}
