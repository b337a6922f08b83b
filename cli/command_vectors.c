/* command_vectors.c: vectors: the kinds of a type, registered, shown and dropped; the vectors of an
 * entity, shown and written. */
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "options.h"
#include "vector_text.h"

/* --- showing ---------------------------------------------------------------------------------- */

static int list_kinds(invocation *run, const hs_vector_kind *kinds, size_t count) {
    static const char *const columns[] = {"name",   "form",      "element",
                                          "metric", "dimension", "count"};
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    for (size_t i = 0; i < count; i++) {
        const hs_vector_options *options = &kinds[i].options;
        const cell row[] = {cell_name(kinds[i].name),
                            cell_name(hs_vector_form_name(options->form)),
                            cell_name(hs_element_name(options->element)),
                            cell_name(hs_metric_name(options->metric)),
                            cell_count(options->dimension),
                            cell_count(kinds[i].count)};
        output_row(run->out, row);
    }
    return output_end(run->out, EXIT_OK);
}

static int write_vector(invocation *run, const char *name, const hs_vector *vector) {
    buffer text = {NULL, 0, 0};
    cell values = cell_floats(vector->values, vector->dimension);
    if (vector->form != HS_DENSE) {
        vector_text_format(&text, vector);
        values = cell_text(buffer_content(&text));
    }
    const cell row[] = {cell_name(name), cell_count(vector->dimension), values};
    int code = output_row(run->out, row);
    buffer_free(&text);
    return code;
}

static int list_vectors(invocation *run, const hs_address *address, const hs_vector_kind *kinds,
                        size_t count) {
    static const char *const columns[] = {"name", "dimension", "values"};
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    int code = EXIT_OK;
    for (size_t i = 0; i < count && code == EXIT_OK; i++) {
        hs_vector vector;
        hs_status status =
            hs_vector_read(run->snapshot, address->type, &address->id, kinds[i].name, &vector);
        if (status == HS_NOT_FOUND) continue;
        code = status == HS_OK ? write_vector(run, kinds[i].name, &vector) : report_status(status);
    }
    return output_end(run->out, code);
}

static int show(invocation *run, const hs_address *address) {
    const hs_vector_kind *kinds;
    size_t count;
    hs_status status = hs_snapshot_open(run->router, address->collection, &run->snapshot);
    if (status == HS_OK) status = hs_vector_kinds(run->snapshot, address->type, &kinds, &count);
    if (status != HS_OK) return report_status(status);
    if (address->has_id) return list_vectors(run, address, kinds, count);
    return list_kinds(run, kinds, count);
}

/* --- registering ------------------------------------------------------------------------------ */

static int read_options(invocation *run, hs_vector_options *options) {
    static const char *const forms[] = {"dense", "binary", "sparse", "multi"};
    static const char *const elements[] = {"float32", "float16", "int8"};
    static const char *const metrics[] = {"l2", "cosine", "inner-product", "l1", "hamming"};
    size_t form = 0, element = 0, metric = 0;
    uint64_t dimension = 0;
    int code = option_choice(run, "form", forms, sizeof forms / sizeof *forms, &form);
    if (code == EXIT_OK)
        code =
            option_choice(run, "element", elements, sizeof elements / sizeof *elements, &element);
    if (code == EXIT_OK)
        code = option_choice(run, "metric", metrics, sizeof metrics / sizeof *metrics, &metric);
    if (code == EXIT_OK) code = option_count(run, "dimension", 1, UINT32_MAX, &dimension);
    *options = (hs_vector_options){
        .form = (hs_vector_form)form,
        .element = (hs_element)element,
        .metric = option_given(run, "metric") ? (hs_metric)(HS_L2 + metric) : HS_METRIC_DEFAULT,
        .dimension = (uint32_t)dimension};
    return code;
}

/* --register and --drop, and whether options fit to them. */
static int change_kinds(invocation *run, const hs_address *address) {
    static const char *const of_registering[] = {"form", "element", "metric", "dimension"};
    const char *new = option_value(run, "register"), *old = option_value(run, "drop");
    hs_vector_options options;
    for (size_t i = 0; i < 4 && new == NULL; i++)
        if (option_given(run, of_registering[i]))
            return report(EXIT_USAGE,
                          "option --%s is about a kind of vectors that is made; give "
                          "--register NAME",
                          of_registering[i]);
    if (new == NULL && old == NULL) return EXIT_OK;
    if (address->has_id)
        return report(EXIT_USAGE, "kinds of vectors belong to an entity type; give %s/%s",
                      address->collection, address->type);
    hs_status status = HS_OK;
    if (old != NULL) status = hs_vector_drop(run->router, address->collection, address->type, old);
    if (status != HS_OK || new == NULL) return status == HS_OK ? EXIT_OK : report_status(status);
    int code = read_options(run, &options);
    if (code != EXIT_OK) return code;
    status = hs_vector_register(run->router, address->collection, address->type, new, &options);
    return status == HS_OK ? EXIT_OK : report_status(status);
}

/* --- writing ---------------------------------------------------------------------------------- */

/* Records NAME=VECTOR. */
static int record_assignment(hs_batch *batch, const hs_address *address, const char *word) {
    const char *equals = strchr(word, '=');
    if (equals == NULL || equals == word)
        return report(EXIT_USAGE, "\"%s\" is not NAME=VECTOR", word);
    parsed_vector parsed;
    char *name = copy_string((hs_slice){word, (size_t)(equals - word)});
    int code = vector_text_parse(equals + 1, &parsed);
    if (code == EXIT_OK) {
        hs_status status =
            hs_vector_write(batch, address->type, &address->id, name, &parsed.vector);
        if (status != HS_OK) code = report_status(status);
    }
    vector_text_free(&parsed);
    free(name);
    return code;
}

static int record_all(invocation *run, hs_batch *batch, const hs_address *address) {
    int code = EXIT_OK;
    for (int i = 1; i < run->argument_count && code == EXIT_OK; i++)
        code = record_assignment(batch, address, run->arguments[i]);
    for (size_t i = 0; i < run->given_count && code == EXIT_OK; i++) {
        if (strcmp(run->given[i].spec->name, "unset") != 0) continue;
        hs_status status =
            hs_vector_delete(batch, address->type, &address->id, run->given[i].value);
        if (status != HS_OK) code = report_status(status);
    }
    return code;
}

static int write_vectors(invocation *run, const hs_address *address) {
    if (run->argument_count == 1 && !option_given(run, "unset")) return EXIT_OK;
    if (!address->has_id)
        return report(EXIT_USAGE, "vectors are set of an entity; give %s/%s/KEY",
                      address->collection, address->type);
    hs_batch *batch = NULL;
    hs_status status = hs_batch_create(run->router, address->collection, &batch);
    if (status != HS_OK) return report_status(status);
    int code = record_all(run, batch, address);
    if (code == EXIT_OK && (status = hs_batch_commit(batch)) != HS_OK) code = report_status(status);
    hs_batch_free(batch);
    return code;
}

int command_vectors(invocation *run) {
    hs_address address;
    hs_status status = hs_address_resolve(run->router, run->arguments[0], &address);
    if (status != HS_OK) return report_status(status);
    if (address.type[0] == '\0') {
        return report(EXIT_USAGE, "%s names a collection; give an entity type, %s/TYPE",
                      run->arguments[0], run->arguments[0]);
    }
    int code = change_kinds(run, &address);
    if (code == EXIT_OK) code = write_vectors(run, &address);
    return code == EXIT_OK ? show(run, &address) : code;
}
