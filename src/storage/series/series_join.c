/* series_join.c: the points of one series beside those of another that held then. */
#include "base/error.h"
#include "base/memory.h"
#include "hyperspatial/timeseries.h"

struct hs_join_iterator {
    hs_point_iterator *left, *right;
    int64_t tolerance;
    bool has_held, has_next;
    hs_point held, next; /* of the right series: the last one passed, and the one that follows */
};

/* Moves on in the right series. */
static hs_status advance(hs_join_iterator *it) {
    int more = hs_point_next(it->right, &it->next);
    it->has_next = more == 1;
    return more < 0 ? (hs_status)more : HS_OK;
}

static hs_status start(hs_join_iterator *it, hs_snapshot *snapshot, const hs_series_name *left,
                       const hs_series_name *right, hs_time from, hs_time to) {
    TRY(hs_series_range(snapshot, left->type, &left->id, left->name, from, to, &it->left));
    hs_status status =
        hs_series_before(snapshot, right->type, &right->id, right->name, from, &it->held);
    if (status != HS_OK && status != HS_NOT_FOUND) return status;
    it->has_held = status == HS_OK;
    TRY(hs_series_range(snapshot, right->type, &right->id, right->name, from, to, &it->right));
    return advance(it);
}

hs_status hs_series_join(hs_snapshot *snapshot, const hs_series_name *left,
                         const hs_series_name *right, hs_time from, hs_time to, int64_t tolerance,
                         hs_join_iterator **iterator) {
    if (tolerance < 0)
        return error_set(HS_INVALID, "the tolerance of a join must not be negative: %lld µs",
                         (long long)tolerance);
    hs_join_iterator *it = memory_zeroed(sizeof *it);
    if (it == NULL) return error_memory("a join of series", sizeof *it);
    it->tolerance = tolerance;
    hs_status status = start(it, snapshot, left, right, from, to);
    if (status != HS_OK) {
        hs_join_iterator_close(it);
        return status;
    }
    *iterator = it;
    return HS_OK;
}

int hs_join_next(hs_join_iterator *it, hs_joined_point *point) {
    int more = hs_point_next(it->left, &point->left);
    if (more != 1) return more;
    while (it->has_next && it->next.time <= point->left.time) {
        it->held = it->next;
        it->has_held = true;
        TRY(advance(it));
    }
    point->has_right = it->has_held && point->left.time - it->held.time <= it->tolerance;
    point->right = point->has_right ? it->held : (hs_point){0};
    return 1;
}

void hs_join_iterator_close(hs_join_iterator *iterator) {
    if (iterator == NULL) return;
    hs_point_iterator_close(iterator->left);
    hs_point_iterator_close(iterator->right);
    memory_free(iterator);
}
