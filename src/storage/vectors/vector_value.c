/* vector_value.c: vectors checked, encoded and decoded. */
#include "storage/vectors/vector_value.h"

#include <math.h>

#include "base/error.h"

/* --- what is given ---------------------------------------------------------------------------- */

static hs_status missing(const char *name, const char *what) {
    return error_set(HS_INVALID, "the %s of vector '%s' are a null pointer", what, name);
}

/* Numbers in rows of `dimension`. */
static hs_status check_numbers(const char *name, const float *values, size_t rows,
                               size_t dimension) {
    if (values == NULL) return missing(name, "elements");
    for (size_t i = 0; i < rows * dimension; i++) {
        if (isfinite(values[i])) continue;
        if (rows == 1)
            return error_set(HS_INVALID, "element %zu of vector '%s' is not finite", i, name);
        return error_set(HS_INVALID, "element %zu of row %zu of vector '%s' is not finite",
                         i % dimension, i / dimension, name);
    }
    return HS_OK;
}

/* Whether the bits behind the last one are 0. */
static bool rest_is_zero(const uint8_t *bits, uint32_t dimension) {
    return dimension % 8 == 0 || bits[dimension / 8] >> (dimension % 8) == 0;
}

static hs_status check_bits(const char *name, const hs_vector *vector) {
    if (vector->bits == NULL) return missing(name, "bits");
    if (rest_is_zero(vector->bits, vector->dimension)) return HS_OK;
    return error_set(HS_INVALID, "the bits behind the %u of vector '%s' are not 0",
                     vector->dimension, name);
}

static hs_status check_pairs(const char *name, const hs_vector *vector) {
    if (vector->count > HS_SPARSE_MAX)
        return error_set(HS_INVALID, "sparse vector '%s' has %zu pairs, and may have %d", name,
                         vector->count, HS_SPARSE_MAX);
    if (vector->count == 0) return HS_OK;
    if (vector->indexes == NULL) return missing(name, "indexes");
    if (vector->values == NULL) return missing(name, "elements");
    for (size_t i = 0; i < vector->count; i++) {
        if (i > 0 && vector->indexes[i] <= vector->indexes[i - 1])
            return error_set(HS_INVALID,
                             "index %u follows %u in sparse vector '%s'; indexes ascend, each once",
                             vector->indexes[i], vector->indexes[i - 1], name);
        if (!isfinite(vector->values[i]))
            return error_set(HS_INVALID, "the value at index %u of vector '%s' is not finite",
                             vector->indexes[i], name);
    }
    return HS_OK;
}

hs_status vector_value_check(const char *name, const hs_vector *vector) {
    if (vector == NULL)
        return error_set(HS_INVALID, "the value of vector '%s' is a null pointer", name);
    if (hs_vector_form_name(vector->form) == NULL)
        return error_set(HS_INVALID, "%d is no form of vectors", (int)vector->form);
    if (vector->form == HS_SPARSE) return check_pairs(name, vector);
    TRY(vector_dimension_check(vector->form, vector->dimension));
    if (vector->form == HS_BINARY) return check_bits(name, vector);
    if (vector->form == HS_DENSE) return check_numbers(name, vector->values, 1, vector->dimension);
    if (vector->count < 1 || vector->count > HS_MULTI_MAX)
        return error_set(HS_INVALID, "multi-vector '%s' has 1 to %d rows, not %zu", name,
                         HS_MULTI_MAX, vector->count);
    return check_numbers(name, vector->values, vector->count, vector->dimension);
}

hs_status vector_value_fits(const vector_kind *kind, const char *owner, const hs_vector *vector) {
    const hs_vector_options *options = &kind->options;
    if (vector->form != options->form)
        return error_set(HS_INVALID, "vector '%s' of %s is %s, not %s", kind->name, owner,
                         hs_vector_form_name(options->form), hs_vector_form_name(vector->form));
    if (vector->form != HS_SPARSE) {
        if (vector->dimension == options->dimension) return HS_OK;
        return error_set(HS_INVALID, "vector '%s' of %s has %u dimensions, not %u", kind->name,
                         owner, options->dimension, vector->dimension);
    }
    if (options->dimension == 0 || vector->count == 0 ||
        vector->indexes[vector->count - 1] < options->dimension)
        return HS_OK;
    return error_set(HS_INVALID, "vector '%s' of %s has indexes below %u, not %u", kind->name,
                     owner, options->dimension, vector->indexes[vector->count - 1]);
}

/* --- encoding --------------------------------------------------------------------------------- */

size_t vector_value_size(const vector_kind *kind, const hs_vector *vector) {
    if (vector->form == HS_SPARSE) return vector->count * SPARSE_PAIR_SIZE;
    return (vector->form == HS_MULTI ? vector->count : 1) * vector_row_size(&kind->options);
}

static hs_status encode_rows(const vector_kind *kind, const hs_vector *vector, uint8_t *to) {
    size_t rows = vector->form == HS_MULTI ? vector->count : 1;
    size_t size = vector_row_size(&kind->options);
    for (size_t i = 0; i < rows; i++) {
        const float *row = vector->values + i * vector->dimension;
        uint32_t failed = 0;
        if (!element_encode(vector_element(&kind->options), row, vector->dimension, to + i * size,
                            &failed))
            return error_set(HS_INVALID,
                             "element %u of vector '%s' is %g, and float16 ends at %g: scale the "
                             "vectors, or register float32",
                             failed, kind->name, (double)row[failed], (double)FLOAT16_MAX);
    }
    return HS_OK;
}

hs_status vector_value_encode(const vector_kind *kind, const hs_vector *vector, void *to) {
    uint8_t *at = to;
    switch (vector->form) {
    case HS_BINARY:
        memcpy(to, vector->bits, vector_value_size(kind, vector));
        return HS_OK;
    case HS_SPARSE:
        for (size_t i = 0; i < vector->count; i++, at += SPARSE_PAIR_SIZE) {
            store_u32(at, vector->indexes[i]);
            memcpy(at + 4, &vector->values[i], sizeof(float));
        }
        return HS_OK;
    default:
        return encode_rows(kind, vector, to);
    }
}

/* --- decoding --------------------------------------------------------------------------------- */

static hs_status bad_size(const vector_kind *kind, hs_slice value) {
    return error_set(HS_CORRUPT, "a %s vector '%s' of %u dimensions has %zu bytes",
                     hs_vector_form_name(kind->options.form), kind->name, kind->options.dimension,
                     value.size);
}

hs_status vector_value_count(const vector_kind *kind, hs_slice value, size_t *count) {
    size_t unit =
        kind->options.form == HS_SPARSE ? SPARSE_PAIR_SIZE : vector_row_size(&kind->options);
    *count = value.size / unit;
    bool right = value.size % unit == 0;
    if (kind->options.form == HS_SPARSE)
        right = right && *count <= HS_SPARSE_MAX;
    else if (kind->options.form == HS_MULTI)
        right = right && *count >= 1 && *count <= HS_MULTI_MAX;
    else
        right = right && *count == 1;
    return right ? HS_OK : bad_size(kind, value);
}

static hs_status decode_pairs(hs_slice value, arena *arena, hs_vector *vector) {
    size_t bytes = (vector->count + 1) * (sizeof(float) + sizeof(uint32_t));
    uint32_t *indexes = arena_alloc(arena, bytes);
    if (indexes == NULL) return error_memory("a sparse vector", bytes);
    float *values = (float *)(void *)(indexes + vector->count);
    for (size_t i = 0; i < vector->count; i++) {
        indexes[i] = sparse_index(value.data, i);
        values[i] = sparse_value(value.data, i);
    }
    vector->indexes = indexes;
    vector->values = values;
    return HS_OK;
}

static hs_status decode_rows(const vector_kind *kind, hs_slice value, arena *arena,
                             hs_vector *vector) {
    uint32_t dimension = vector->dimension;
    if (kind->options.element == HS_ELEMENT_FLOAT32 &&
        (uintptr_t)value.data % _Alignof(float) == 0) {
        vector->values = value.data;
        return HS_OK;
    }
    size_t size = vector_row_size(&kind->options),
           bytes = vector->count * dimension * sizeof(float);
    float *values = arena_alloc(arena, bytes);
    if (values == NULL) return error_memory("a vector", bytes);
    for (size_t i = 0; i < vector->count; i++)
        element_decode(vector_element(&kind->options), (const uint8_t *)value.data + i * size,
                       dimension, values + i * dimension);
    vector->values = values;
    return HS_OK;
}

hs_status vector_value_decode(const vector_kind *kind, hs_slice value, arena *arena,
                              hs_vector *vector) {
    *vector = (hs_vector){.form = kind->options.form, .dimension = kind->options.dimension};
    TRY(vector_value_count(kind, value, &vector->count));
    if (vector->form == HS_SPARSE) return decode_pairs(value, arena, vector);
    if (vector->form != HS_BINARY) return decode_rows(kind, value, arena, vector);
    vector->bits = value.data;
    return HS_OK;
}

static hs_status verify_pairs(const vector_kind *kind, const void *pairs, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t index = sparse_index(pairs, i);
        if (i > 0 && index <= sparse_index(pairs, i - 1))
            return error_set(HS_CORRUPT, "has indexes that do not ascend");
        if (kind->options.dimension != 0 && index >= kind->options.dimension)
            return error_set(HS_CORRUPT, "has the index %u, beyond its dimension", index);
        if (!isfinite(sparse_value(pairs, i)))
            return error_set(HS_CORRUPT, "has an element that is not finite");
    }
    return HS_OK;
}

hs_status vector_value_verify(const vector_kind *kind, hs_slice value) {
    size_t count = 0, size = vector_row_size(&kind->options);
    if (vector_value_count(kind, value, &count) != HS_OK)
        return error_set(HS_CORRUPT, "has %zu bytes, as no vector of its kind has", value.size);
    if (kind->options.form == HS_SPARSE) return verify_pairs(kind, value.data, count);
    if (kind->options.form == HS_BINARY) {
        if (rest_is_zero(value.data, kind->options.dimension)) return HS_OK;
        return error_set(HS_CORRUPT, "has bits behind its last one that are not 0");
    }
    for (size_t i = 0; i < count; i++)
        if (!element_row_is_sound(vector_element(&kind->options),
                                  (const uint8_t *)value.data + i * size, kind->options.dimension))
            return error_set(HS_CORRUPT, "has an element that is not finite");
    return HS_OK;
}
