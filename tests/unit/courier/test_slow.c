/* Which answers ask us to come slower, and what follows. */
#include "courier/slow.c"

#include "test.h"

static const struct {
    const char *answer;
    enum slow_action action;
} cases[] = {
    {"421-4.7.28 Gmail has detected an unusual rate of unsolicited mail\n421 4.7.28 see", SLOW_PAUSE},
    {"421-4.7.0 Try again later, closing connection", SLOW_PAUSE},
    {"450-4.2.1 The user you are trying to contact is receiving mail at a rate that", SLOW_NOTHING},
    {"421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to user complaints", SLOW_PAUSE},
    {"421 4.7.1 [TS03] All messages from 192.0.2.1 will be permanently deferred", SLOW_LONG},
    {"451 4.7.500 Server busy. Please try again later from [192.0.2.1]. (S77719)", SLOW_PAUSE},
    {"451 4.7.651 The mail server has been temporarily rate limited due to IP reputation", SLOW_PAUSE},
    {"451 4.7.1 part of their network is on our block list (S3150)", SLOW_LONG},
    {"421 RP-001 exceeded the connection limit", SLOW_PAUSE},
    {"421 4.3.2 The maximum number of concurrent server connections has exceeded a limit", SLOW_FEWER},
    {"421 4.7.0 mx Error: Too Many Connections from 192.0.2.1", SLOW_FEWER},
    {"421 too many concurrent SMTP connections; please try again later.", SLOW_FEWER},
    {"450 4.7.1 Error: too much mail from 192.0.2.1", SLOW_PAUSE},
    {"450 Mail frequency limited", SLOW_PAUSE},
    {"451 4.7.1 Greylisted, please try again later", SLOW_NOTHING},
    {"421 4.7.0 Greylisting in action", SLOW_NOTHING},
    {"452 4.2.2 mailbox full, try again later", SLOW_NOTHING},
    {"451 Resources temporarily not available - Please try again later [#4.16.55]", SLOW_PAUSE},
    {"421 4.7.0 Too many messages in this session", SLOW_NOTHING},
    {"452 4.5.3 too many recipients", SLOW_NOTHING},
    {"451 4.3.0 not today, try again later", SLOW_NOTHING},
    {"421 4.4.2 timeout", SLOW_NOTHING},
    {"550 5.7.1 rate limit", SLOW_NOTHING},
    {"250 4.7.0 rate limit", SLOW_NOTHING},
    {"421", SLOW_NOTHING},
    {"4x1 rate limit", SLOW_NOTHING},
    {"", SLOW_NOTHING},
};

TEST(what_answers_ask_for)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str s = str_z(cases[i].answer);

        if (slow_asked(s) != cases[i].action)
            CHECK_STR(str_z(slow_name(slow_asked(s))), str_z(cases[i].answer));
        for (size_t n = 0; n <= s.n; n++)
            CHECK(slow_asked(str_sub(s, 0, n)) < SLOW_ACTIONS);
    }
    CHECK(!strcmp(slow_name(SLOW_FEWER), "fewer"));
}

TEST(pauses_double_and_end)
{
    struct slow s = {0};
    mono_ms now = 1000, longest = 0;

    CHECK(slow_took(&s) && !slow_is_paused(&s, now));
    CHECK(slow_down(&s, SLOW_PAUSE, now) && s.until == now + 60000 && slow_is_paused(&s, now + 59999));
    CHECK(!slow_down(&s, SLOW_PAUSE, now + 10) && s.step == 1); /* another session hears the same */
    CHECK(!slow_down(&s, SLOW_LONG, now + 10) && s.until == now + 10 + 900000);
    for (unsigned i = 0; i < 100; i++) {
        now = s.until;
        CHECK(!slow_is_paused(&s, now) && slow_down(&s, SLOW_PAUSE, now));
        CHECK(s.until - now >= longest);
        longest = s.until - now;
    }
    CHECK_U64(longest, 3600000);
    CHECK(s.forget > s.until);
}

TEST(trust_comes_back_by_letters_that_are_taken)
{
    struct slow s = {0};
    unsigned grown = 0;

    CHECK(slow_down(&s, SLOW_FEWER, 0) && slow_down(&s, SLOW_FEWER, 5000) && s.step == 2);
    for (unsigned i = 0; i < 9; i++)
        grown += slow_took(&s);
    CHECK(grown == 1 && s.step == 1);
    CHECK(slow_took(&s) && !s.step && slow_took(&s) && slow_took(&s));
}
