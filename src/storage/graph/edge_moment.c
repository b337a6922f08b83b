/* edge_moment.c: the merge of edges that are there now with their versions. */
#include "storage/graph/edge_moment.h"

#include "base/error.h"
#include "storage/collection/prefix.h"

/* Reads the version that the cursor stands on, if it was moved to one. */
static hs_status settle(edge_moment *m, int found) {
    m->found = found;
    if (found == 1) {
        hs_status status = edge_version_decode(engine_cursor_key(m->cursor),
                                               engine_cursor_value(m->cursor), &m->version);
        if (status != HS_OK) m->found = (int)status;
    }
    return m->found < 0 ? (hs_status)m->found : HS_OK;
}

hs_status edge_moment_seek(edge_moment *m, hs_snapshot *snapshot, engine_family family,
                           hs_direction direction, const layout_key *prefix) {
    uint32_t table = direction == HS_OUTGOING ? TABLE_EDGE_HISTORY : TABLE_EDGE_HISTORY_IN;
    m->found = 0;
    m->current.count = m->next = 0;
    m->has_held = false;
    m->prefix = *prefix;
    if (m->cursor == NULL || m->family != family) {
        edge_moment_close(m);
        TRY(engine_cursor_open(snapshot->txn, layout_table(family, table), &m->cursor));
        m->family = family;
    }
    return settle(m, prefix_seek(m->cursor, layout_slice(&m->prefix)));
}

void edge_moment_close(edge_moment *m) {
    engine_cursor_close(m->cursor);
    m->cursor = NULL;
}

static int compare_edges(const edge_version *a, const edge_version *b) {
    if (a->rid != b->rid) return a->rid < b->rid ? -1 : 1;
    if (a->name != b->name) return a->name < b->name ? -1 : 1;
    return a->far < b->far ? -1 : a->far > b->far;
}

/* The next edge that is there now, as a version that has not ended: 1, 0 or an error. */
static int look_at_current(edge_moment *m, edge_version *edge) {
    if (m->next == m->current.count) {
        m->next = m->current.count = 0;
        int found = m->now(m->context, &m->current);
        if (found != 1) {
            m->current.count = 0;
            return found;
        }
    }
    const hs_adjacency_block *block = &m->current;
    *edge = (edge_version){.rid = hs_row_number(block->near),
                           .name = block->type,
                           .far = block->far[m->next],
                           .from = HS_TIME_MIN,
                           .until = HS_TIME_MAX,
                           .active = block->active == NULL || block->active[m->next],
                           .weight = block->weights == NULL ? 1.0f : block->weights[m->next]};
    return 1;
}

/* Goes over the versions of one edge. *there tells whether one covers the moment, and *edge becomes
 * it; *since, from when on the edge can have been there without a version. */
static hs_status pass_versions(edge_moment *m, edge_version *edge, bool *there, hs_time *since) {
    const edge_version first = m->version;
    while (m->found == 1 && compare_edges(&m->version, &first) == 0) {
        const edge_version *v = &m->version;
        if (v->from <= m->time && (!v->ended || m->time < v->until)) {
            *there = true;
            *edge = *v;
        }
        *since = v->until;
        TRY(settle(m, prefix_next(m->cursor, layout_slice(&m->prefix))));
    }
    return m->found < 0 ? (hs_status)m->found : HS_OK;
}

/* The next edge that was there at the moment: 1, 0 or an error. */
static int next_edge(edge_moment *m, edge_version *edge) {
    for (;;) {
        edge_version current;
        int more = look_at_current(m, &current);
        if (more < 0) return more;
        if (m->found < 0 || (more == 0 && m->found == 0)) return m->found;
        int order = more == 0 ? 1 : m->found == 0 ? -1 : compare_edges(&current, &m->version);
        bool there = false;
        hs_time since = HS_TIME_MIN;
        if (order >= 0) TRY(pass_versions(m, edge, &there, &since));
        if (order <= 0) {
            m->next++;
            if (!there && since <= m->time) {
                there = true;
                *edge = current;
            }
        }
        if (there) return 1;
    }
}

int edge_moment_next(edge_moment *m, hs_adjacency_block *block) {
    edge_version edge;
    int more = 1;
    *block = (hs_adjacency_block){.far = m->far, .active = m->active, .weights = m->weights};
    while (block->count < EDGE_BLOCK_EDGES) {
        if (m->has_held)
            edge = m->held;
        else
            more = next_edge(m, &edge);
        m->has_held = false;
        if (more != 1) break;
        hs_row near = layout_route(m->family, edge.rid);
        if (block->count > 0 && (near != block->near || edge.name != block->type)) {
            m->has_held = true;
            m->held = edge;
            break;
        }
        block->near = near;
        block->type = edge.name;
        m->far[block->count] = edge.far;
        m->active[block->count] = edge.active;
        m->weights[block->count++] = edge.weight;
    }
    return more < 0 ? more : block->count > 0;
}
