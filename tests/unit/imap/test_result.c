/* What a search has found: told, and kept for "$". */
#include "world.h"

#include "imap/result.c"

static void fill(struct world *w, struct door *d)
{
    door_open(w, d, "");
    for (int i = 0; i < 6; i++)
        CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "letter"), ST_OK);
    SAY(d, "a STORE 1 x", "a BAD No mailbox is selected");
    CHECK(str_ends(chat_say(&d->chat, "a SELECT INBOX\r\n"), STR("a OK [READ-WRITE] Done\n")));
    SAY(d, "a STORE 2,4:5 +FLAGS.SILENT \\Seen", "a OK Done");
}

static void body_told(struct world *w)
{
    struct door d;

    fill(w, &d);
    SAY(&d, "t1 SEARCH RETURN () SEEN", "* ESEARCH (TAG \"t1\") ALL 2,4:5\nt1 OK Done");
    SAY(&d, "t2 UID SEARCH RETURN (MIN MAX COUNT ALL) UNSEEN",
        "* ESEARCH (TAG \"t2\") UID MIN 1 MAX 6 COUNT 3 ALL 1,3,6\nt2 OK Done");
    SAY(&d, "t3 SEARCH RETURN (MIN COUNT) FLAGGED", "* ESEARCH (TAG \"t3\") COUNT 0\nt3 OK Done");
    SAY(&d, "t4 SEARCH RETURN (SAVE) ALL", "t4 OK Done");
    SAY(&d, "t5 SEARCH RETURN (PARTIAL -2:-9 COUNT) SEEN",
        "* ESEARCH (TAG \"t5\") COUNT 3 PARTIAL (-2:-9 2,4)\nt5 OK Done");
    SAY(&d, "t6 UID SEARCH RETURN (PARTIAL 4:5) SEEN", "* ESEARCH (TAG \"t6\") UID PARTIAL (4:5 NIL)\nt6 OK Done");
    SAY(&d, "t7 UID FETCH 1:4,6 UID (PARTIAL -1:-2)", "* 4 FETCH (UID 4)\n* 6 FETCH (UID 6)\nt7 OK Done");
    SAY(&d, "t8 UID FETCH 2:* (UID) (PARTIAL 2:3)", "* 3 FETCH (UID 3)\n* 4 FETCH (UID 4)\nt8 OK Done");
    SAY(&d, "t9 FETCH 1 UID (PARTIAL 1:2)", "t9 BAD Unknown FETCH modifier");
    door_close(&d);
}
TEST(results_are_told)
{
    in_world(1, body_told);
}

static void body_saved(struct world *w)
{
    struct door d;

    fill(w, &d);
    SAY(&d, "a SEARCH $", "* SEARCH\na OK Done");
    SAY(&d, "a SEARCH RETURN (SAVE) UNSEEN", "a OK Done");
    CHECK_U64(d.session->saved.n, 3);
    SAY(&d, "a SEARCH RETURN (SAVE) $ 2:4", "a OK Done");
    SAY(&d, "a SEARCH $", "* SEARCH 3\na OK Done");
    SAY(&d, "a SEARCH RETURN (SAVE) 2:5", "a OK Done");
    CHECK_U64(d.session->saved.n, 1);
    SAY(&d, "a STORE 3 +FLAGS.SILENT \\Deleted", "a OK Done");
    SAY(&d, "a EXPUNGE", "* 3 EXPUNGE\na OK Done");
    SAY(&d, "a UID SEARCH $", "* SEARCH 2 4 5\na OK Done");
    SAY(&d, "a SEARCH RETURN (SAVE) X", "a BAD Unknown SEARCH key");
    SAY(&d, "a FETCH $ (UID)", "* 2 FETCH (UID 2)\n* 3 FETCH (UID 4)\n* 4 FETCH (UID 5)\na OK Done");
    SAY(&d, "a SEARCH RETURN (SAVE) CHARSET x ALL", "a NO [BADCHARSET (US-ASCII UTF-8)] Unknown character set");
    SAY(&d, "a FETCH $ (UID)", "a OK Done");
    SAY(&d, "a SEARCH RETURN (SAVE) ALL", "a OK Done");
    SAY(&d, "a UNSELECT", "a OK Done");
    CHECK_U64(d.session->saved.n, 0);
    door_close(&d);
}
TEST(results_are_saved)
{
    in_world(1, body_saved);
}

static void body_ends(struct world *w)
{
    static const struct {
        const char *options, *want;
    } cases[] = {{"MIN", "2"},
                 {"MAX", "5"},
                 {"MAX MIN", "2 5"},
                 {"COUNT MIN", "2 4 5"},
                 {"MAX ALL", "2 4 5"},
                 {"PARTIAL 2:2", "4"},
                 {"PARTIAL -1:-2", "4 5"},
                 {"PARTIAL 9:10", ""},
                 {"PARTIAL 2:2 MIN", "2 4"},
                 {"PARTIAL 2:2 MAX", "4 5"},
                 {"MIN PARTIAL -1:-1 COUNT", "2 4 5"}};
    struct door d;

    fill(w, &d);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *a = &d.chat.arena;
        char *ask = arena_cstr(a, arena_printf(a, "a SEARCH RETURN (SAVE %s) SEEN\r\n", cases[i].options));

        CHECK(str_ends(chat_say(&d.chat, ask), STR("a OK Done\n")));
        CHECK_STR(chat_say(&d.chat, "a SEARCH $\r\n"),
                  arena_printf(a, "* SEARCH%s%s\na OK Done\n", cases[i].want[0] ? " " : "", cases[i].want));
    }
    SAY(&d, "a SEARCH RETURN (SAVE MIN MAX) 3", "* ESEARCH (TAG \"a\") MIN 3 MAX 3\na OK Done");
    SAY(&d, "a SEARCH $", "* SEARCH 3\na OK Done");
    door_close(&d);
}
TEST(lowest_and_highest_are_saved)
{
    in_world(1, body_ends);
}
