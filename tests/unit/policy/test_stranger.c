#include "policy/stranger.c"

#include "test.h"

TEST(full_names)
{
    static const struct {
        const char *helo;
        bool full;
    } cases[] = {
        {"mail.example.org", true},
        {"MAIL.example.org.", true},
        {"a.b", true},
        {"[192.0.2.1]", true},
        {"[IPv6:2001:db8::1]", true},
        {"m\xc3\xbcnchen.example", true},
        {"x_y.example", true},
        {"pc", false},
        {"localhost", false},
        {"", false},
        {".", false},
        {"a..b", false},
        {"192.0.2.1", false},
        {"[192.0.2]", false},
        {"[2001:db8::1]", false},
        {"[]", false},
        {"-a.example", false},
        {"a-.example", false},
        {"a b.example", false},
        {"a.example-", false},
        {"[", false},
        {"[IPv6:]", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK(stranger_helo_is_full(str_z(cases[i].helo)) == cases[i].full);
}

TEST(names_in_lists)
{
    static const char six[16] = {0x20, 0x01, 0x0d, (char)0xb8, [15] = 0x1f};
    struct arena a = ARENA_INIT;

    CHECK_STR(stranger_list_name(&a, str_n("\xc0\x00\x02\x07", 4), STR("bl.test")), STR("7.2.0.192.bl.test"));
    CHECK_STR(stranger_list_name(&a, str_n(six, 16), STR("bl.test")),
              STR("f.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.bl.test"));
    arena_fini(&a);
}

TEST(the_strictest_counts)
{
    const struct settings *set;
    struct config_errors errors;
    char words[STRANGER_WORDS_MAX];
    struct stranger_verdict v;

    CHECK_ST(
        config_parse(STR("host_name a.test smtp_check_helo warn smtp_check_reverse defer smtp_check_forward refuse "
                         "smtp_check_helo_ours off"),
                     "t", &set, &errors),
        ST_OK);
    v = stranger_judge(set, 0);
    CHECK(v.check == CHECK_OFF);
    v = stranger_judge(set, STRANGER_HAS(HELO_OURS));
    CHECK(v.check == CHECK_OFF);
    v = stranger_judge(set, STRANGER_HAS(HELO_PART));
    CHECK(v.check == CHECK_WARN);
    v = stranger_judge(set, STRANGER_HAS(HELO_PART) | STRANGER_HAS(NO_REVERSE));
    CHECK(v.check == CHECK_DEFER && v.why == STRANGER_NO_REVERSE);
    v = stranger_judge(set, STRANGER_HAS(UNCONFIRMED) | STRANGER_HAS(NO_REVERSE));
    CHECK(v.check == CHECK_REFUSE && v.why == STRANGER_UNCONFIRMED);
    CHECK_STR(stranger_words(set, STRANGER_HAS(HELO_PART) | STRANGER_HAS(HELO_OURS) | STRANGER_HAS(NO_REVERSE), words),
              STR("helo-no-full-name, no-reverse-name"));
    config_unref(set);
}

TEST(all_words_have_room)
{
    const struct settings *set;
    struct config_errors errors;
    char words[STRANGER_WORDS_MAX];

    CHECK_ST(config_parse(STR("host_name a.test smtp_check_reverse warn smtp_check_forward warn"), "t", &set, &errors),
             ST_OK);
    CHECK(stranger_words(set, ~0u, words).n < STRANGER_WORDS_MAX - 1);
    config_unref(set);
}
