#include "directory/password.c"

#include "test.h"

static const struct password_cost cheap = {.memory = 8192, .passes = 1};

static struct secret pw(const char *z)
{
    return secret_of(str_z(z));
}

/* Published by the authors of each scheme: Argon2's test.c; Openwall's crypt_blowfish and yescrypt; Drepper's
 * SHA-crypt.txt; libscrypt; openssl-passwd(1). */
static const struct {
    const char *hash, *password;
} published[] = {
    {"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "password"},
    {"$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc", "password"},
    {"$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"},
    {"$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"},
    {"$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a", "U*U*U"},
    {"$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", "Hello world!"},
    {"$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA", "Hello world!"},
    {"$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
     "Hello world!"},
    {"$y$jD5.7$LdJMENpBABJJ3hIHjB1Bi.$HboGM6qPrsK.StKYGt6KErmUYtioHreJd98oIugoNB6", "pleaseletmein"},
    {"$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D", "pleaseletmein"},
    {"$1$xxxxxxxx$UYCIxa628.9qXjpQCjM4a.", "password"},
};

TEST(hashes_from_the_wild_are_verified)
{
    password_preload();
    for (size_t i = 0; i < ARRAY_LEN(published); i++) {
        CHECK_ST(password_check(str_z(published[i].hash), pw(published[i].password)), ST_OK);
        CHECK_ST(password_check(str_z(published[i].hash), pw("not it")), ST_DENIED);
        CHECK(strstr(err_get()->text, "not it") == NULL);
    }
}

TEST(a_cut_hash_lets_nobody_in)
{
    password_preload();
    for (size_t i = 2; i < ARRAY_LEN(published); i++)
        for (size_t n = 0; n < strlen(published[i].hash); n += 3) {
            enum st st = password_check(str_n(published[i].hash, n), pw(published[i].password));

            CHECK(st == ST_DENIED || st == ST_CORRUPT);
        }
}

TEST(a_new_hash_is_argon2id_and_its_own)
{
    char one[PASSWORD_HASH_MAX], two[PASSWORD_HASH_MAX];

    password_preload();
    CHECK_ST(password_hash(pw("correct horse"), cheap, one), ST_OK);
    CHECK_ST(password_hash(pw("correct horse"), cheap, two), ST_OK);
    CHECK(str_starts(str_z(one), STR("$argon2id$v=19$m=8,t=1,p=1$")));
    CHECK(strcmp(one, two) != 0);
    CHECK_ST(password_check(str_z(one), pw("correct horse")), ST_OK);
    CHECK_ST(password_check(str_z(one), pw("correct horse ")), ST_DENIED);
    CHECK_ST(password_check(str_z(one), pw("")), ST_DENIED);
    password_check_nobody(pw("anything"), cheap);
    password_check_nobody(pw(""), cheap);
}

TEST(both_ways_to_write_an_umlaut_are_one_password)
{
    char hash[PASSWORD_HASH_MAX];

    password_preload();
    CHECK_ST(password_hash(pw("gr\xc3\xbc\xc3\x9f"), cheap, hash), ST_OK);
    CHECK_ST(password_check(str_z(hash), pw("gru\xcc\x88\xc3\x9f")), ST_OK);
    CHECK_ST(password_hash(pw("a\x07"), cheap, hash), ST_SYNTAX);
    CHECK_ST(password_hash(pw(""), cheap, hash), ST_SYNTAX);
}

TEST(a_foreign_hash_of_raw_bytes_still_works)
{
    struct crypt_data *data = mem_new(sizeof(*data));
    const char *hash = crypt_rn("gru\xcc\x88n", "$5$rounds=1000$abcdefgh$", data, sizeof(*data));

    CHECK_ST(password_check(str_z(hash), pw("gru\xcc\x88n")), ST_OK);
    CHECK_ST(password_check(str_z(hash), pw("gr\xc3\xbcn")), ST_DENIED);
    mem_free(data);
}

TEST(importing_takes_braces_off_and_bounds_costs)
{
    static const char *const bad[] = {
        "",
        "plain",
        "{PLAIN}x",
        "$9$x",
        "{SHA1}xyz",
        "$2y$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2y$05$short",
        "$6$rounds=999999999$salt$x",
        "$argon2id$v=19$m=99999999,t=1,p=1$c29tZXNhbHQ$x",
        "$argon2id$v=19$m=1048576,t=100,p=1$c29tZXNhbHQ$x",
        "$argon2id$m=64",
        "$y$jz5.7$Ld$x",
        "$7$z6..../....S$k",
        "$1$",
    };
    char hash[PASSWORD_HASH_MAX];

    for (size_t i = 0; i < ARRAY_LEN(published); i++) {
        CHECK_ST(password_import(str_z(published[i].hash), hash), ST_OK);
        CHECK_STR(str_z(hash), str_z(published[i].hash));
    }
    CHECK_ST(password_import(STR("{SHA512-CRYPT}$6$saltstring$svn8"), hash), ST_OK);
    CHECK_STR(str_z(hash), STR("$6$saltstring$svn8"));
    CHECK_ST(password_import(STR("{blf-crypt}$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"), hash),
             ST_OK);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_ST(password_import(str_z(bad[i]), hash), ST_SYNTAX);
}

TEST(every_prefix_and_byte_of_a_hash_is_survived)
{
    char hash[PASSWORD_HASH_MAX];

    for (size_t i = 0; i < ARRAY_LEN(published); i++)
        for (size_t n = 0; n <= strlen(published[i].hash); n++) {
            enum st st = password_import(str_n(published[i].hash, n), hash);

            CHECK(st == ST_OK || st == ST_SYNTAX);
        }
}
