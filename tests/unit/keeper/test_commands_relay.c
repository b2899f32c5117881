#include "test.h"

#include "../../../src/keeper/commands_relay.c"

TEST(where_mail_goes_on_to)
{
    static const struct {
        const char *word, *want; /* NULL: refused */
    } cases[] = {
        {"mx", "mx"},
        {"none", ""},
        {"mail.example.test", "mail.example.test:25"},
        {"Mail.Example.Test:2525", "mail.example.test:2525"},
        {"192.0.2.1", "192.0.2.1:25"},
        {"192.0.2.1:587", "192.0.2.1:587"},
        {"2001:db8::1", "[2001:db8::1]:25"},
        {"[2001:db8::1]", "[2001:db8::1]:25"},
        {"[2001:db8::1]:24", "[2001:db8::1]:24"},
        {"lmtp:Box.Example.Test", "lmtp:box.example.test:24"},
        {"lmtp:box.example.test:2424", "lmtp:box.example.test:2424"},
        {"lmtp:127.0.0.1", "lmtp:127.0.0.1:24"},
        {"lmtp:2001:db8::1", "lmtp:[2001:db8::1]:24"},
        {"lmtp:[2001:db8::1]:2424", "lmtp:[2001:db8::1]:2424"},
        {"lmtp:box.example.test:25", NULL}, /* RFC 2033 section 5 */
        {"lmtp:[::1]:25", NULL},
        {"lmtp:", NULL},
        {"lmtp:24", NULL}, /* the host has been forgotten */
        {"lmtp:mx:0", NULL},
        {"lmtp:lmtp:box.example.test", NULL},
        {"", NULL},
        {":25", NULL},
        {"a b", NULL},
        {"x:0", NULL},
        {"x:65536", NULL},
        {"x:y", NULL},
        {"x:", NULL},
        {"[::1", NULL},
        {"a@b", NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena a = ARENA_INIT;
        struct str got;
        enum st st = command_relay_to(&a, str_z(cases[i].word), &got);

        if (cases[i].want)
            CHECK_STR(st == ST_OK ? got : STR("(refused)"), str_z(cases[i].want));
        else
            CHECK_ST(st, ST_SYNTAX);
        arena_fini(&a);
    }
}
