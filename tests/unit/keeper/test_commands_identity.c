#include "test.h"

#include "../../../src/keeper/commands_identity.c"

TEST(addresses_to_leave_from)
{
    static const struct {
        const char *word, *four, *six; /* NULL: refused */
    } cases[] = {
        {"192.0.2.1", "192.0.2.1", ""},
        {"2001:DB8::1", "", "2001:db8::1"},
        {"192.0.2.1,2001:db8::1", "192.0.2.1", "2001:db8::1"},
        {"[2001:db8::1] , 10.0.0.1", "10.0.0.1", "2001:db8::1"},
        {"::ffff:192.0.2.1", "192.0.2.1", ""},
        {"127.0.0.9", "127.0.0.9", ""},
        {"none", "", ""},
        {"", NULL, ""},
        {",", NULL, ""},
        {"192.0.2.1,", NULL, ""},
        {"192.0.2.1,none", NULL, ""},
        {"192.0.2.1,192.0.2.2", NULL, ""},
        {"2001:db8::1,::2", NULL, ""},
        {"192.0.2", NULL, ""},
        {"192.0.2.1:25", NULL, ""},
        {"192.0.2.1/32", NULL, ""},
        {"mail.example.test", NULL, ""},
        {"0.0.0.0", NULL, ""},
        {"::", NULL, ""},
        {"224.0.0.1", NULL, ""},
        {"255.255.255.255", NULL, ""},
        {"fe80::1", NULL, ""},
        {"ff02::1", NULL, ""},
        {"*", NULL, ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena a = ARENA_INIT;
        struct directory_identity got = {.source4 = STR("before"), .ehlo = STR("kept.test")};
        enum st st = command_source(&a, str_z(cases[i].word), &got);

        if (cases[i].four) {
            CHECK_ST(st, ST_OK);
            CHECK_STR(got.source4, str_z(cases[i].four));
            CHECK_STR(got.source6, str_z(cases[i].six));
        } else {
            CHECK_ST(st, ST_SYNTAX);
            CHECK_STR(got.source4, STR("before"));
        }
        CHECK_STR(got.ehlo, STR("kept.test"));
        arena_fini(&a);
    }
}

TEST(names_in_ehlo)
{
    static const struct {
        const char *word, *want; /* NULL: refused */
    } cases[] = {
        {"Mail.Example.TEST", "mail.example.test"},
        {"m\xc3\xbcller.test", "xn--mller-kva.test"},
        {"none", ""},
        {"", NULL},
        {"mail", NULL},
        {"192.0.2.1", NULL},
        {"[192.0.2.1]", NULL},
        {"a b.test", NULL},
        {"a..test", NULL},
        {"a.test\r\nMAIL FROM:<>", NULL},
        {"-a.test", NULL},
        {"a_b.test", NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena a = ARENA_INIT;
        struct str got;
        enum st st = command_ehlo(&a, str_z(cases[i].word), &got);

        if (cases[i].want)
            CHECK_STR(st == ST_OK ? got : STR("(refused)"), str_z(cases[i].want));
        else
            CHECK_ST(st, ST_SYNTAX);
        arena_fini(&a);
    }
}
