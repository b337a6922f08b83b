/* uuid.c: UUIDs (RFC 9562) as text, from a name (version 5) and from the time (version 7). */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/sha1.h"
#include "base/text.h"

#define TEXT_SIZE 36

/* Whether a dash stands at this place of the text form 8-4-4-4-12. */
static bool is_dash_place(size_t i) {
    return i == 8 || i == 13 || i == 18 || i == 23;
}

void hs_uuid_format(const hs_uuid *id, char text[37]) {
    static const char digits[] = "0123456789abcdef";
    size_t nibble = 0;
    for (size_t i = 0; i < TEXT_SIZE; i++) {
        if (is_dash_place(i)) {
            text[i] = '-';
            continue;
        }
        uint8_t byte = id->bytes[nibble / 2];
        text[i] = digits[nibble % 2 == 0 ? byte >> 4 : byte & 15];
        nibble++;
    }
    text[TEXT_SIZE] = '\0';
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

hs_status hs_uuid_parse(hs_slice text, hs_uuid *id) {
    const char *at = text.data;
    hs_uuid parsed = {{0}};
    size_t nibble = 0;
    bool good = text.size == TEXT_SIZE;
    for (size_t i = 0; good && i < TEXT_SIZE; i++) {
        if (is_dash_place(i)) {
            good = at[i] == '-';
            continue;
        }
        int value = hex_value(at[i]);
        good = value >= 0;
        if (good) parsed.bytes[nibble / 2] |= (uint8_t)(nibble % 2 == 0 ? value << 4 : value);
        nibble++;
    }
    if (!good) {
        char excerpt[64];
        return error_set(HS_PARSE, "'%s' is no UUID such as 6ba7b810-9dad-11d1-80b4-00c04fd430c8",
                         text_excerpt(text, excerpt, sizeof excerpt));
    }
    *id = parsed;
    return HS_OK;
}

static void set_version(hs_uuid *id, unsigned version) {
    id->bytes[6] = (uint8_t)((id->bytes[6] & 0x0F) | version << 4);
    id->bytes[8] = (uint8_t)((id->bytes[8] & 0x3F) | 0x80); /* the variant of RFC 9562 */
}

void hs_uuid_v5(const hs_uuid *space, hs_slice name, hs_uuid *id) {
    uint8_t digest[SHA1_SIZE];
    sha1 hash;
    sha1_start(&hash);
    sha1_add(&hash, space->bytes, sizeof space->bytes);
    sha1_add(&hash, name.data, name.size);
    sha1_finish(&hash, digest);
    memcpy(id->bytes, digest, sizeof id->bytes);
    set_version(id, 5);
}

hs_status uuid_v7(hs_time now, hs_uuid *id) {
    uint64_t time = now > 0 ? (uint64_t)now : 0;
    uint64_t milliseconds = time / 1000;
    uint64_t fraction = time % 1000 * 4096 / 1000;
    TRY(random_bytes(id->bytes + 8, 8));
    for (int i = 0; i < 6; i++)
        id->bytes[i] = (uint8_t)(milliseconds >> (40 - 8 * i));
    id->bytes[6] = (uint8_t)(fraction >> 8);
    id->bytes[7] = (uint8_t)fraction;
    set_version(id, 7);
    return HS_OK;
}
