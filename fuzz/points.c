/* points.c: blocks of points and of roll-ups. One that is accepted is encoded again and read back
 * the same.
 *
 * An input: bit 0: a block of roll-ups, bit 1: its values are integers (1); the time of its key
 * (8); the block.
 */
#include <string.h>

#include "base/bytes.h"
#include "storage/series/point_block.h"
#include "storage/series/rollup_block.h"
#include "target.h"

#define MINUTE INT64_C(60000000)

static void points(hs_slice block, hs_time start, bool integers) {
    static hs_point read[POINT_BLOCK_POINTS], same[POINT_BLOCK_POINTS];
    uint8_t bytes[POINT_BLOCK_BYTES];
    size_t count = 0, taken = 0, again = 0;
    hs_status status = point_block_decode(block, start, read, &count);
    must_hold(status == HS_OK || status == HS_CORRUPT);
    if (status != HS_OK) return;
    must_hold(count >= 1 && count <= POINT_BLOCK_POINTS && point_block_count(block) == count);
    must_hold(read[0].time == start);
    for (size_t i = 1; i < count; i++)
        must_hold(read[i - 1].time <= read[i].time);
    must_hold(read[count - 1].time <= HS_TIME_MAX);
    size_t size = point_block_encode(read, count, integers, bytes, &taken);
    must_hold(taken >= 1 && taken <= count);
    must_hold(point_block_decode((hs_slice){bytes, size}, start, same, &again) == HS_OK);
    must_hold(again == taken && memcmp(read, same, taken * sizeof *read) == 0);
}

static void rollups(hs_slice value, hs_time start, bool integers) {
    static rollup_block block, same;
    static uint8_t bytes[ROLLUP_BLOCK_MAX];
    static summary all;
    hs_status status = rollup_block_decode(value, start, MINUTE, &block);
    must_hold(status == HS_OK || status == HS_CORRUPT);
    if (status != HS_OK) return;
    must_hold(block.count <= ROLLUP_BLOCK_BUCKETS);
    summary_clear(&all, integers, true);
    for (size_t i = 0; i < block.count; i++) {
        must_hold(block.rollups[i].index < block.covered && block.rollups[i].count > 0);
        must_hold(i == 0 || block.rollups[i - 1].index < block.rollups[i].index);
        status = rollup_add(&block.rollups[i], &all);
        must_hold(status == HS_OK || status == HS_CORRUPT);
        if (status != HS_OK) return;
    }
    (void)exact_sum_value(&all.sum);
    size_t size = rollup_block_encode(&block, integers, bytes);
    must_hold(size <= sizeof bytes);
    must_hold(rollup_block_decode((hs_slice){bytes, size}, start, MINUTE, &same) == HS_OK);
    must_hold(same.covered == block.covered && same.count == block.count);
    for (size_t i = 0; i < block.count; i++) {
        const rollup *a = &block.rollups[i], *b = &same.rollups[i];
        must_hold(a->index == b->index && a->count == b->count && a->first == b->first);
        must_hold(a->last == b->last && a->min == b->min && a->max == b->max);
        must_hold(a->sum_size == b->sum_size && memcmp(a->sum, b->sum, a->sum_size) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 9) return 0;
    hs_time start = (hs_time)load_u64(data + 1);
    hs_slice block = {data + 9, size - 9};
    if (start < HS_TIME_MIN || start > HS_TIME_MAX) return 0; /* who reads the key refuses it */
    if ((data[0] & 1) == 0)
        points(block, start, (data[0] & 2) != 0);
    else
        rollups(block, start, (data[0] & 2) != 0);
    return 0;
}
