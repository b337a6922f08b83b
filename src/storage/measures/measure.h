/* measure.h: what is stored of one measure, and its place in the order of values.
 *
 * The table `measures`:
 *
 *   rid(6) ‖ name(3)  ->  u8        bit 0: there is one value, and count to sum are left out
 *                         8 bytes   current value (float64, as all below)
 *                         8 bytes   its time, little-endian
 *                         varint    count of values
 *                         24 bytes  min, max, sum
 *                         the rest  unit, UTF-8
 *
 * The table `measure_order` has for each of them a key without a value:
 *
 *   name(3) ‖ bits of the current value(8) ‖ uuid(16)
 *
 * The bits are those of the float64, big-endian, all of them flipped if it is negative and else the
 * sign bit: their order is the order of the values. −0.0 stands there as 0.0.
 */
#ifndef STORAGE_MEASURE_H
#define STORAGE_MEASURE_H

#include "hyperspatial/measures.h"
#include "storage/collection/layout.h"

#define UNIT_MAX    63 /* bytes of UTF-8 */
#define MEASURE_MAX (1 + 8 + 8 + VARINT_MAX + 24 + UNIT_MAX)

/* Writes the stored form; returns its size. */
size_t measure_encode(const hs_measure *measure, uint8_t to[MEASURE_MAX]);

/* Fills all but the name; the unit points into `value`. HS_CORRUPT. */
hs_status measure_decode(hs_slice value, hs_measure *measure);

/* Reads a measure; all but its name. HS_NOT_FOUND (no message), HS_CORRUPT. */
hs_status measure_read(engine_txn *txn, engine_family family, uint64_t rid, uint32_t name,
                       hs_measure *measure);

#define ORDER_GROUP_SIZE 11

/* The key of a measure in measure_order, and what those of one value have in common. */
layout_key measure_order_key(uint32_t name, double value, const hs_uuid *id);
layout_key measure_order_group(uint32_t name, double value);

/* Takes a key apart. HS_CORRUPT. */
hs_status measure_order_read(hs_slice key, uint32_t *name, double *value, hs_uuid *id);

#endif
