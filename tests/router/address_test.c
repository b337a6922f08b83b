/* address_test.c: an address names a collection, an entity type, or an entity by key or id, or
 * is refused. */
#include <stdio.h>

#include "router/fixture.h"

static void assert_resolves(fixture *f, const char *text, const char *collection, const char *type,
                            const hs_uuid *id) {
    hs_address address;
    memset(&address, 0xAA, sizeof address);
    assert_ok(hs_address_resolve(f->router, text, &address));
    assert_string_equal(address.collection, collection);
    assert_string_equal(address.type, type);
    assert_int_equal(address.has_id, id != NULL);
    if (id != NULL) assert_memory_equal(&address.id, id, sizeof *id);
}

static const char *join(const char *prefix, const hs_uuid *id) {
    static char text[200];
    char uuid[37];
    hs_uuid_format(id, uuid);
    snprintf(text, sizeof text, "%s%s", prefix, uuid);
    return text;
}

static void collections_and_types_have_addresses(void **state) {
    fixture *f = *state;
    create_medical(f);
    assert_resolves(f, "medical", "medical", "", NULL);
    assert_resolves(f, "medical/patients", "medical", "patients", NULL);
}

static void entities_are_named_by_key_or_id(void **state) {
    fixture *f = *state;
    create_medical(f);
    hs_uuid a = create_entity(f, "medical", "patients", "10014729");
    hs_uuid b = create_entity(f, "medical", "admissions", "10014729");
    hs_uuid c = create_entity(f, "medical", "admissions", "");
    assert_resolves(f, "medical/patients/10014729", "medical", "patients", &a);
    assert_resolves(f, "medical/admissions/10014729", "medical", "admissions", &b);
    assert_resolves(f, join("medical/admissions/", &c), "medical", "admissions", &c);
    assert_resolves(f, join("medical/", &a), "medical", "patients", &a);
    assert_resolves(f, join("medical/", &c), "medical", "admissions", &c);
    assert_resolves(f, join("", &b), "medical", "admissions", &b);
}

static void further_slashes_belong_to_the_key(void **state) {
    fixture *f = *state;
    create_medical(f);
    hs_uuid a = create_entity(f, "medical", "patients", "a/b");
    hs_uuid b = create_entity(f, "medical", "patients", "/");
    hs_uuid c = create_entity(f, "medical", "patients", "a/b/");
    assert_resolves(f, "medical/patients/a/b", "medical", "patients", &a);
    assert_resolves(f, "medical/patients//", "medical", "patients", &b);
    assert_resolves(f, "medical/patients/a/b/", "medical", "patients", &c);
}

static void a_key_that_looks_like_an_id_comes_first(void **state) {
    fixture *f = *state;
    char key[37];
    create_medical(f);
    hs_uuid a = create_entity(f, "medical", "patients", "1");
    hs_uuid_format(&a, key);
    assert_resolves(f, join("medical/patients/", &a), "medical", "patients", &a);
    hs_uuid b = create_entity(f, "medical", "patients", key);
    assert_resolves(f, join("medical/patients/", &a), "medical", "patients", &b);
    assert_resolves(f, join("medical/", &a), "medical", "patients", &a);
}

static void a_bare_id_is_looked_for_in_every_collection(void **state) {
    fixture *f = *state;
    hs_address address;
    hs_uuid nobody = {{1, 2, 3}};
    create_medical(f);
    assert_ok(hs_collection_create(f->router, "archive"));
    assert_ok(hs_collection_create(f->router, "zoo"));
    assert_ok(hs_type_create(f->router, "zoo", "animals"));
    hs_uuid a = create_entity(f, "medical", "patients", "1");
    hs_uuid b = create_entity(f, "zoo", "animals", "1");
    assert_resolves(f, join("", &a), "medical", "patients", &a);
    assert_resolves(f, join("", &b), "zoo", "animals", &b);
    assert_status(hs_address_resolve(f->router, join("", &nobody), &address), HS_NOT_FOUND);

    FILE *file = fopen(in_root(f, "broken.hs"), "w"); /* is in nobody's way … */
    assert_non_null(file);
    fputs("no collection", file);
    fclose(file);
    assert_resolves(f, join("", &b), "zoo", "animals", &b);
    assert_error(hs_address_resolve(f->router, join("", &nobody), &address), HS_NOT_A_COLLECTION,
                 "can be opened"); /* … unless the id could be in it */
}

static void an_address_says_which_part_is_not_found(void **state) {
    fixture *f = *state;
    hs_address address;
    hs_uuid nobody = {{1, 2, 3}};
    create_medical(f);
    create_entity(f, "medical", "patients", "1");
    assert_error(hs_address_resolve(f->router, "other", &address), HS_NOT_FOUND, "'other'");
    assert_error(hs_address_resolve(f->router, "other/patients/1", &address), HS_NOT_FOUND,
                 "'other'");
    assert_error(hs_address_resolve(f->router, "medical/doctors", &address), HS_NOT_FOUND,
                 "'doctors'");
    assert_error(hs_address_resolve(f->router, "medical/doctors/1", &address), HS_NOT_FOUND,
                 "'doctors'");
    assert_error(hs_address_resolve(f->router, "medical/patients/2", &address), HS_NOT_FOUND, "2");
    assert_error(hs_address_resolve(f->router, "medical/admissions/1", &address), HS_NOT_FOUND,
                 "admissions");
    assert_status(hs_address_resolve(f->router, join("medical/", &nobody), &address), HS_NOT_FOUND);
    assert_status(hs_address_resolve(f->router, join("medical/patients/", &nobody), &address),
                  HS_NOT_FOUND);
    assert_string_equal(address.collection, "");
    assert_false(address.has_id);
}

static void what_is_no_address_is_refused(void **state) {
    fixture *f = *state;
    hs_address address;
    char longest[HS_NAME_MAX + 2];
    memset(longest, 'a', HS_NAME_MAX + 1);
    longest[HS_NAME_MAX + 1] = '\0';
    create_medical(f);
    const char *bad[] = {
        "",           "/",          "/medical",  "medical/", "medical/patients/", "Medical",
        "medical//",  "medical//1", "a b/c",     "ä",        "medical/Patients",  "medical/1st",
        "../medical", longest,      "medical/ x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_status(hs_address_resolve(f->router, bad[i], &address), HS_PARSE);
    assert_status(hs_address_resolve(f->router, "0198c5b2-0000-7000-8000-00000000000g", &address),
                  HS_PARSE);
}

int main(void) {
#define ADDRESS_TEST(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        ADDRESS_TEST(collections_and_types_have_addresses),
        ADDRESS_TEST(entities_are_named_by_key_or_id),
        ADDRESS_TEST(further_slashes_belong_to_the_key),
        ADDRESS_TEST(a_key_that_looks_like_an_id_comes_first),
        ADDRESS_TEST(a_bare_id_is_looked_for_in_every_collection),
        ADDRESS_TEST(an_address_says_which_part_is_not_found),
        ADDRESS_TEST(what_is_no_address_is_refused),
    };
    return cmocka_run_group_tests_name("addresses", tests, NULL, NULL);
}
