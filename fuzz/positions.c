/* positions.c: a block of a trajectory. One that is accepted is encoded again, in as many blocks as
 * it takes, and read back bit for bit.
 *
 * An input: the time of its key (8); the block.
 */
#include <string.h>

#include "base/bytes.h"
#include "storage/trajectories/position_block.h"
#include "target.h"

#define COORDINATE_BYTES (COORDINATES * sizeof(float))

static void write_again(const hs_position *read, size_t count) {
    static hs_position same[POSITION_BLOCK_MAX];
    uint8_t bytes[POSITION_BLOCK_BYTES];
    for (size_t at = 0, taken; at < count; at += taken) {
        size_t again = 0, size = position_block_encode(read + at, count - at, bytes, &taken);
        must_hold(taken >= 1 && taken <= count - at && size <= sizeof bytes);
        must_hold(position_block_decode((hs_slice){bytes, size}, read[at].time, same, &again) ==
                  HS_OK);
        must_hold(again == taken);
        for (size_t i = 0; i < taken; i++) {
            must_hold(same[i].time == read[at + i].time);
            must_hold(memcmp(position_coordinates(&same[i]), position_coordinates(&read[at + i]),
                             COORDINATE_BYTES) == 0);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static hs_position read[POSITION_BLOCK_MAX];
    size_t count = 0, counted = 0;
    if (size < 8) return 0;
    hs_time start = (hs_time)load_u64(data);
    hs_slice block = {data + 8, size - 8};
    if (start < HS_TIME_MIN || start > HS_TIME_MAX) return 0; /* who reads the key refuses it */
    hs_status status = position_block_decode(block, start, read, &count);
    must_hold(status == HS_OK || status == HS_CORRUPT);
    if (status != HS_OK) return 0;
    must_hold(position_block_count(block, &counted) == HS_OK && counted == count);
    must_hold(count >= 1 && count <= POSITION_BLOCK_MAX && read[0].time == start);
    for (size_t i = 1; i < count; i++)
        must_hold(read[i - 1].time < read[i].time && read[i].time <= HS_TIME_MAX);
    write_again(read, count);
    return 0;
}
