#include "mime/subject.c"

#include "test.h"

TEST(base_subjects)
{
    static const struct {
        struct str in, out;
        bool reply;
    } cases[] = {
        {STR(" plain"), STR("plain"), false},
        {STR("Re: a"), STR("a"), true},
        {STR("RE : re:Fwd:fw: a"), STR("a"), true},
        {STR("[list] Re: [other]  a"), STR("a"), true},
        {STR("Re[2]: a"), STR("a"), true},
        {STR("[only]"), STR("[only]"), false},
        {STR("[a] [b]"), STR("[b]"), false},
        {STR("a (fwd) (FWD)"), STR("a"), true},
        {STR("[fwd: re: a]"), STR("a"), true},
        {STR("[fwd: [fwd: a]]"), STR("a"), true},
        {STR("Re:"), STR(""), true},
        {STR("(fwd)"), STR(""), true},
        {STR("Reading"), STR("Reading"), false},
        {STR("a\t b\r\n  c"), STR("a b c"), false},
        {STR("=?utf-8?q?Re=3A_=C3=BC?="), STR("\xc3\xbc"), true},
        {STR("[open"), STR("[open"), false},
        {STR(""), STR(""), false},
    };
    struct arena a = ARENA_INIT;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        bool reply = !cases[i].reply;

        CHECK_STR(mime_base_subject(&a, cases[i].in, &reply), cases[i].out);
        CHECK(reply == cases[i].reply);
        for (size_t n = 0; n < cases[i].in.n; n++)
            CHECK(mime_base_subject(&a, str_n(cases[i].in.p, n), &reply).n <= n);
    }
    arena_fini(&a);
}
