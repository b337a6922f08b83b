/* test_sha1.c: the vectors of RFC 3174 and FIPS 180-2. */
#include <stdio.h>

#include "cmocka_tests.h"

#include "base/sha1.h"

static void assert_digest(sha1 *hash, const char *expected) {
    uint8_t digest[SHA1_SIZE];
    char text[2 * SHA1_SIZE + 1];
    sha1_finish(hash, digest);
    for (size_t i = 0; i < SHA1_SIZE; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    assert_string_equal(text, expected);
}

static void assert_sha1(const char *text, const char *expected) {
    sha1 hash;
    sha1_start(&hash);
    sha1_add(&hash, text, strlen(text));
    assert_digest(&hash, expected);
}

static void the_vectors_of_the_standards_hold(void **state) {
    (void)state;
    assert_sha1("", "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    assert_sha1("abc", "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_sha1("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
}

static void a_million_letters_hash_right(void **state) {
    (void)state;
    char letters[1000];
    memset(letters, 'a', sizeof letters);
    sha1 hash;
    sha1_start(&hash);
    for (int i = 0; i < 1000; i++)
        sha1_add(&hash, letters, sizeof letters);
    assert_digest(&hash, "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

static void repeated_octets_hash_right(void **state) {
    (void)state;
    sha1 hash;
    sha1_start(&hash);
    for (int i = 0; i < 80; i++)
        sha1_add(&hash, "01234567", 8);
    assert_digest(&hash, "dea356a2cddd90c7a7ecedc5ebb563934f460452");
}

static void pieces_hash_like_the_whole(void **state) {
    (void)state;
    uint8_t data[300], whole[SHA1_SIZE], pieces[SHA1_SIZE];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
    for (size_t size = 0; size <= sizeof data; size++) {
        sha1 hash;
        sha1_start(&hash);
        sha1_add(&hash, data, size);
        sha1_finish(&hash, whole);
        sha1_start(&hash);
        for (size_t at = 0, step = 1; at < size; at += step, step = step % 13 + 1) {
            if (step > size - at) step = size - at;
            sha1_add(&hash, data + at, step);
        }
        sha1_finish(&hash, pieces);
        assert_memory_equal(whole, pieces, SHA1_SIZE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_the_standards_hold),
        cmocka_unit_test(a_million_letters_hash_right),
        cmocka_unit_test(repeated_octets_hash_right),
        cmocka_unit_test(pieces_hash_like_the_whole),
    };
    return cmocka_run_group_tests_name("sha1", tests, NULL, NULL);
}
