#include "directory/address.c"

#include "test.h"

TEST(local_parts_compare_case_folded)
{
    static const char *const rows[][2] = {
        {"Alice", "alice"},
        {"\"A b\"", "\"a b\""},
        {"\xc3\x84", "\xc3\xa4"},
        {"a\xcc\x88", "\xc3\xa4"},
        {"Stra\xc3\x9f"
         "e",
         "strasse"},
        {"", ""},
    };
    struct arena a = ARENA_INIT;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        CHECK_STR(directory_key(&a, str_z(rows[i][0])), str_z(rows[i][1]));
    CHECK_STR(directory_key(&a, STR("\xff\xff")), STR("\xff\xff"));
    arena_fini(&a);
}

TEST(addresses_have_bounds)
{
    char big[300];
    struct directory_address a = {STR("x"), STR("example.test")};

    memset(big, 'a', sizeof(big));
    CHECK_ST(directory_address_check(&a), ST_OK);
    a.local = str_n(big, 64);
    CHECK_ST(directory_address_check(&a), ST_OK);
    a.local = str_n(big, 65);
    CHECK_ST(directory_address_check(&a), ST_LIMIT);
    a.local = STR("\xc3");
    CHECK_ST(directory_address_check(&a), ST_SYNTAX);
    a = (struct directory_address){STR("x"), str_n(big, 256)};
    CHECK_ST(directory_address_check(&a), ST_LIMIT);
    a.domain = STR("");
    CHECK_ST(directory_address_check(&a), ST_LIMIT);
}
