#include "smtp/next_hop.c"

#include "test.h"

TEST(servers_have_one_form)
{
    static const struct {
        const char *word, *want; /* NULL: refused */
    } cases[] = {
        {"mail.example.test", "mail.example.test:587"},
        {"Mail.Example.Test:2525", "mail.example.test:2525"},
        {"192.0.2.1", "192.0.2.1:587"},
        {"192.0.2.1:25", "192.0.2.1:25"},
        {"2001:db8::1", "[2001:db8::1]:587"},
        {"[2001:db8::1]:24", "[2001:db8::1]:24"},
        {"b\xc3\xbc"
         "cher.test",
         "xn--bcher-kva.test:587"},
        {"", NULL},
        {":25", NULL},
        {"a b", NULL},
        {"x:0", NULL},
        {"x:65536", NULL},
        {"x:", NULL},
        {"]:25", NULL},
        {"a@b", NULL},
        {"24", NULL}, /* a port without a host */
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena a = ARENA_INIT;
        struct str got;
        enum st st = next_hop_parse(&a, str_z(cases[i].word), 587, &got);

        if (cases[i].want)
            CHECK_STR(st == ST_OK ? got : STR("(refused)"), str_z(cases[i].want));
        else
            CHECK_ST(st, ST_SYNTAX);
        arena_fini(&a);
    }
}

TEST(and_come_apart)
{
    struct str host;
    uint16_t port;

    CHECK_ST(next_hop_split(STR("[2001:db8::1]:25"), &host, &port), ST_OK);
    CHECK_STR(host, STR("2001:db8::1"));
    CHECK_U64(port, 25);
    CHECK_ST(next_hop_split(STR("a.test:587"), &host, &port), ST_OK);
    CHECK_STR(host, STR("a.test"));
    CHECK_U64(port, 587);
    CHECK_ST(next_hop_split(STR("a.test"), &host, &port), ST_TRYLATER);
    CHECK_ST(next_hop_split(STR("a.test:x"), &host, &port), ST_TRYLATER);
}
