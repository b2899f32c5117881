#include "sasl/scram_keys.c"

#include "test.h"

static void check_hex(const unsigned char *raw, size_t n, const char *hex)
{
    struct arena a = ARENA_INIT;

    CHECK_STR(hex_of(&a, raw, n), str_z(hex));
    arena_fini(&a);
}

/* RFC 5802 section 5 and RFC 7677 section 3: salt and count; the keys as the examples' proofs were made with. */
TEST(keys_of_the_examples)
{
    struct scram_keys one, many, back;
    struct arena a = ARENA_INIT;

    CHECK_ST(scram_keys_make(secret_of(STR("pencil")), STR("QSXCR+Q6sek8bf92"), 4096, &one), ST_OK);
    check_hex(one.of[SCRAM_SHA_1].stored, 20, "e9d94660c39d65c38fbad91c358f14da0eef2bd6");
    check_hex(one.of[SCRAM_SHA_1].server, 20, "0fe09258b3ac852ba502cc62ba903eaacdbf7d31");
    CHECK_ST(scram_keys_make(secret_of(STR("pencil")), STR("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096, &many), ST_OK);
    CHECK_ST(scram_keys_read(scram_keys_text(&a, &many), &back), ST_OK);
    CHECK(memcmp(&back, &many, sizeof(back)) == 0);
    CHECK(memcmp(&one, &many, sizeof(one)) != 0);
    arena_fini(&a);
}

TEST(what_is_no_password_salt_or_key_is_refused)
{
    struct scram_keys k;

    CHECK_ST(scram_keys_make(secret_of(STR("pencil")), STR("!"), 4096, &k), ST_SYNTAX);
    CHECK_ST(scram_keys_make(secret_of(STR("pencil")), STR(""), 4096, &k), ST_SYNTAX);
    CHECK_ST(scram_keys_make(secret_of(STR("pencil")), STR("QSXCR+Q6sek8bf92"), 0, &k), ST_SYNTAX);
    CHECK_ST(scram_keys_make(secret_of(STR("\1")), STR("QSXCR+Q6sek8bf92"), 4096, &k), ST_SYNTAX);
    CHECK_ST(scram_keys_read(STR("AAAA"), &k), ST_CORRUPT);
    CHECK_ST(scram_keys_read(STR("*"), &k), ST_CORRUPT);
}
