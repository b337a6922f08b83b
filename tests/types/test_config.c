/* test_config.c: presets, single settings, and what is refused. */
#include "cmocka_tests.h"

#include "hyperspatial/config.h"

static hs_config preset(const char *name) {
    hs_config config;
    assert_int_equal(hs_config_preset_named(name, &config), HS_OK);
    return config;
}

static void every_preset_is_valid_and_found_by_name(void **state) {
    (void)state;
    static const char *const names[] = {"default", "small", "large", "read-heavy", "write-heavy"};
    for (int i = HS_PRESET_DEFAULT; i <= HS_PRESET_WRITE_HEAVY; i++) {
        hs_config config;
        memset(&config, 0, sizeof config);
        assert_int_equal(hs_config_preset((hs_preset)i, &config), HS_OK);
        assert_int_equal(hs_config_validate(&config), HS_OK);
        hs_config named = preset(names[i]);
        assert_int_equal(named.log_size, config.log_size);
        assert_int_equal(named.growth_step, config.growth_step);
    }
}

static void presets_differ_as_their_names_say(void **state) {
    (void)state;
    hs_config normal = preset("default"), small = preset("small"), large = preset("large");
    hs_config read_heavy = preset("read-heavy"), write_heavy = preset("write-heavy");
    assert_int_equal(normal.durability, HS_DURABLE);
    assert_true(small.log_size < normal.log_size);
    assert_true(small.growth_step < normal.growth_step);
    assert_true(large.address_range > normal.address_range);
    assert_true(read_heavy.log_size * read_heavy.checkpoint_percent <
                normal.log_size * normal.checkpoint_percent);
    assert_true(write_heavy.log_size > normal.log_size);
}

static void an_unknown_preset_is_refused(void **state) {
    (void)state;
    hs_config config;
    assert_int_equal(hs_config_preset((hs_preset)5, &config), HS_INVALID);
    assert_int_equal(hs_config_preset((hs_preset)-1, &config), HS_INVALID);
    assert_int_equal(hs_config_preset_named("huge", &config), HS_INVALID);
    assert_non_null(strstr(hs_last_error(), "'huge' is no preset; use default, small"));
    assert_int_equal(hs_config_preset_named("", &config), HS_INVALID);
}

static void settings_are_changed_by_name(void **state) {
    (void)state;
    hs_config c = preset("default");
    assert_int_equal(hs_config_set(&c, "durability", "buffered"), HS_OK);
    assert_int_equal(c.durability, HS_BUFFERED);
    assert_int_equal(hs_config_set(&c, "durability", "relaxed"), HS_OK);
    assert_int_equal(c.durability, HS_RELAXED);
    assert_int_equal(hs_config_set(&c, "log_size", "256MiB"), HS_OK);
    assert_true(c.log_size == UINT64_C(256) << 20);
    assert_int_equal(hs_config_set(&c, "log_size", "1048576"), HS_OK);
    assert_true(c.log_size == 1 << 20);
    assert_int_equal(hs_config_set(&c, "address_range", "2TiB"), HS_OK);
    assert_true(c.address_range == UINT64_C(2) << 40);
    assert_int_equal(hs_config_set(&c, "growth_step", "64KiB"), HS_OK);
    assert_true(c.growth_step == 64 << 10);
    assert_int_equal(hs_config_set(&c, "growth_step", "1GiB"), HS_OK);
    assert_true(c.growth_step == 1 << 30);
    assert_int_equal(hs_config_set(&c, "checkpoint_percent", "90"), HS_OK);
    assert_int_equal(c.checkpoint_percent, 90);
    assert_int_equal(hs_config_set(&c, "vector_page_size", "64KiB"), HS_OK);
    assert_int_equal(c.vector_page_size, 65536);
    assert_int_equal(hs_config_set(&c, "verify_pages", "false"), HS_OK);
    assert_false(c.verify_pages);
    assert_int_equal(hs_config_set(&c, "background", "false"), HS_OK);
    assert_false(c.background);
    assert_int_equal(hs_config_set(&c, "background", "true"), HS_OK);
    assert_true(c.background);
    assert_int_equal(hs_config_validate(&c), HS_OK);
}

static void a_bad_value_is_refused_and_changes_nothing(void **state) {
    (void)state;
    static const struct {
        const char *setting;
        const char *value;
        const char *allowed;
    } cases[] = {
        {"durability", "none", "durable, buffered or relaxed"},
        {"durability", "", "durable, buffered or relaxed"},
        {"durability", "Durable", "durable, buffered or relaxed"},
        {"log_size", "1048575", "1MiB to 16GiB"},
        {"log_size", "17GiB", "1MiB to 16GiB"},
        {"log_size", "64 MiB", "1MiB to 16GiB"},
        {"log_size", "64MB", "1MiB to 16GiB"},
        {"log_size", "MiB", "1MiB to 16GiB"},
        {"log_size", "-64MiB", "1MiB to 16GiB"},
        {"log_size", "18446744073709551616", "1MiB to 16GiB"},
        {"log_size", "184467440737095516160", "1MiB to 16GiB"},
        {"log_size", "16777217TiB", "1MiB to 16GiB"}, /* 2^64 + 1 TiB */
        {"address_range", "65TiB", "64MiB to 64TiB"},
        {"address_range", "63MiB", "64MiB to 64TiB"},
        {"growth_step", "63KiB", "64KiB to 1GiB"},
        {"growth_step", "2GiB", "64KiB to 1GiB"},
        {"checkpoint_percent", "9", "10 to 90"},
        {"checkpoint_percent", "91", "10 to 90"},
        {"checkpoint_percent", "50%", "10 to 90"},
        {"checkpoint_percent", "4294967346", "10 to 90"}, /* 2^32 + 50 */
        {"vector_page_size", "2048", "4KiB, 8KiB, 16KiB, 32KiB or 64KiB"},
        {"vector_page_size", "12KiB", "4KiB, 8KiB, 16KiB, 32KiB or 64KiB"},
        {"vector_page_size", "128KiB", "4KiB, 8KiB, 16KiB, 32KiB or 64KiB"},
        {"verify_pages", "yes", "true or false"},
        {"background", "1", "true or false"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hs_config c = preset("default"), before = c;
        assert_int_equal(hs_config_set(&c, cases[i].setting, cases[i].value), HS_INVALID);
        assert_memory_equal(&c, &before, sizeof c);
        assert_non_null(strstr(hs_last_error(), cases[i].setting));
        assert_non_null(strstr(hs_last_error(), cases[i].value));
        assert_non_null(strstr(hs_last_error(), cases[i].allowed));
    }
}

static void an_unknown_setting_is_refused_by_name(void **state) {
    (void)state;
    hs_config c = preset("default");
    assert_int_equal(hs_config_set(&c, "log_sise", "64MiB"), HS_INVALID);
    assert_non_null(strstr(hs_last_error(), "no setting 'log_sise'"));
    assert_int_equal(hs_config_set(&c, "", "64MiB"), HS_INVALID);
}

static void validation_names_the_first_setting_out_of_range(void **state) {
    (void)state;
    hs_config c = preset("default");
    c.vector_page_size = 5000;
    assert_int_equal(hs_config_validate(&c), HS_INVALID);
    assert_non_null(strstr(hs_last_error(), "vector_page_size cannot be 5000"));
    c.growth_step = 1;
    assert_int_equal(hs_config_validate(&c), HS_INVALID);
    assert_non_null(strstr(hs_last_error(), "growth_step cannot be 1;"));

    static const hs_config zero;
    assert_int_equal(hs_config_validate(&zero), HS_INVALID);
    assert_non_null(strstr(hs_last_error(), "log_size"));
    c = preset("default");
    c.durability = (hs_durability)3;
    assert_int_equal(hs_config_validate(&c), HS_INVALID);
    assert_non_null(strstr(hs_last_error(), "durability"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_preset_is_valid_and_found_by_name),
        cmocka_unit_test(presets_differ_as_their_names_say),
        cmocka_unit_test(an_unknown_preset_is_refused),
        cmocka_unit_test(settings_are_changed_by_name),
        cmocka_unit_test(a_bad_value_is_refused_and_changes_nothing),
        cmocka_unit_test(an_unknown_setting_is_refused_by_name),
        cmocka_unit_test(validation_names_the_first_setting_out_of_range),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
