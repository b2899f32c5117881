/* The parameter of SELECT, what of it counts, and resynchronizing by it (RFC 7162 section 3.2). */
#include "help.h"
#include "world.h"

#include "imap/qresync.c"
#include "mail/state.h"

TEST(the_parameter)
{
    struct imap_qresync q;
    struct memory m;

    PARSES(m, "(67890007 90060115194045000)", imap_lex_qresync(&m.lx, &q))
    {
        CHECK(q.is_there && !q.has_known && !q.seqs.n);
        CHECK_U64(q.uidvalidity, 67890007);
        CHECK_U64(q.since, 90060115194045000);
    }
    PARSES(m, "(1 9223372036854775807 41,43:211,214:541)", imap_lex_qresync(&m.lx, &q))
    CHECK(q.has_known && q.known.n == 3 && q.known.r[2].hi == 541);
    PARSES(m, "(1 2 1:29997 (5000,9990:9992 15000,29970,29973,29976))", imap_lex_qresync(&m.lx, &q))
    CHECK(q.has_known && q.seqs.n == 2 && q.uids.n == 4);
    PARSES(m, "(1 2 (3 4))", imap_lex_qresync(&m.lx, &q))
    CHECK(!q.has_known && q.seqs.n == 1 && q.uids.r[0].lo == 4);
    REFUSES(m, "(0 2)", imap_lex_qresync(&m.lx, &q), ST_SYNTAX);
    REFUSES(m, "(1 9223372036854775808)", imap_lex_qresync(&m.lx, &q), ST_SYNTAX);
    REFUSES(m, "(1 2 1:*)", imap_lex_qresync(&m.lx, &q), ST_SYNTAX);
    REFUSES(m, "(1 2 $)", imap_lex_qresync(&m.lx, &q), ST_SYNTAX);
    REFUSES(m, "(1 2 ())", imap_lex_qresync(&m.lx, &q), ST_SYNTAX);
    REFUSES(m, "(1 2 (1 *))", imap_lex_qresync(&m.lx, &q), ST_SYNTAX);
    REFUSES(m, "(1 2 (1,2 3))", imap_lex_qresync(&m.lx, &q), ST_SYNTAX);
    REFUSES(m, "(1 2 (2,1 3,4))", imap_lex_qresync(&m.lx, &q), ST_SYNTAX);
    REFUSES(m, "(1 2 (1,2 4,3))", imap_lex_qresync(&m.lx, &q), ST_SYNTAX);
    REFUSES(m, "(1 2 (2:1 3:4))", imap_lex_qresync(&m.lx, &q), ST_SYNTAX);
    REFUSES(m, "(1 2 (1 1) 3)", imap_lex_qresync(&m.lx, &q), ST_SYNTAX);
    REFUSES(m, "(1)", imap_lex_qresync(&m.lx, &q), ST_SYNTAX);
}

static uint32_t up_to(const struct view *v, const char *text)
{
    struct arena a = ARENA_INIT;
    struct imap_qresync q;
    struct memory m;
    uint32_t found;

    CHECK_ST(memory_begin(&m, arena_printf(&a, "%s\r\n", text)), ST_OK);
    CHECK_ST(imap_lex_qresync(&m.lx, &q), ST_OK);
    found = known_up_to(v, &q);
    memory_end(&m);
    arena_fini(&a);
    return found;
}

/* Uids 1, 2, 5, 6, 7, 10 are left of 10. */
static void body_match(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct view *v;

    for (int i = 0; i < 10; i++)
        CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "letter"), ST_OK);
    v = open_view(a, "INBOX");
    CHECK_ST(view_expunge(v, uids(3, 4), true), ST_OK);
    CHECK_ST(view_expunge(v, uids(8, 9), true), ST_OK);
    changes(w, v, true);
    CHECK_U64(view_count(v), 6);
    CHECK_U64(up_to(v, "(1 2 (1 1))"), 1);
    CHECK_U64(up_to(v, "(1 2 (1:10 1:10))"), 2);
    CHECK_U64(up_to(v, "(1 2 (2,5,8 2,5,8))"), 2);
    CHECK_U64(up_to(v, "(1 2 (3:5 5:7))"), 7);
    CHECK_U64(up_to(v, "(1 2 (3:6 5:8))"), 7);
    CHECK_U64(up_to(v, "(1 2 (3:5 4:6))"), 0);
    CHECK_U64(up_to(v, "(1 2 (1:6 1:2,5:7,10))"), 10);
    CHECK_U64(up_to(v, "(1 2 (1:7 1:2,5:7,10:11))"), 10);
    CHECK_U64(up_to(v, "(1 2 (7 10))"), 0);
    CHECK_U64(up_to(v, "(1 2 (1,4000000000:4294967295 1,4000000000:4294967295))"), 1);
    CHECK_U64(up_to(v, "(1 2 (1:4294967295 1:4294967295))"), 2);
    CHECK_U64(up_to(v, "(1 2)"), 0);
    view_close(v);
    account_close(a);
}
TEST(numbers_that_match)
{
    in_world(1, body_match);
}

static struct str since(struct door *d, const char *form, unsigned uidvalidity)
{
    struct arena *a = &d->chat.arena;
    struct str all, command = arena_printf(a, "s SELECT INBOX (QRESYNC (%u %s))\r\n", uidvalidity, form);

    all = chat_say(&d->chat, arena_cstr(a, command));
    all = str_from(all, str_search(all, STR("The latest change\n")) + 18);
    return str_sub(all, 0, str_search(all, STR("s OK [READ-WRITE] Done\n")));
}

static unsigned uidvalidity_of(struct door *d)
{
    struct str all = chat_say(&d->chat, "v STATUS INBOX (UIDVALIDITY)\r\n");
    unsigned n = 0;

    all = str_from(all, str_search(all, STR("UIDVALIDITY ")) + 12);
    for (size_t i = 0; i < all.n && all.p[i] != ')'; i++)
        n = n * 10 + (unsigned)(all.p[i] - '0');
    return n;
}

static void body_resync(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct door d;
    unsigned v;

    for (int i = 0; i < 8; i++) /* modseqs 2 to 9 */
        CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "letter"), ST_OK);
    door_open(w, &d, "");
    v = uidvalidity_of(&d);
    CHECK(str_starts(chat_say(&d.chat, "a SELECT INBOX (QRESYNC (1 2))\r\n"), STR("a BAD QRESYNC is not enabled")));
    SAY(&d, "a ENABLE QRESYNC", "* ENABLED CONDSTORE QRESYNC\na OK Done");
    CHECK_STR(since(&d, "9", v), STR(""));
    SAY(&d, "a UID STORE 4:6 +FLAGS.SILENT (\\Deleted)",
        "* 4 FETCH (UID 4 MODSEQ (10))\n* 5 FETCH (UID 5 MODSEQ (10))\n* 6 FETCH (UID 6 MODSEQ (10))\na OK Done");
    SAY(&d, "a UID EXPUNGE 5:6", "* VANISHED 5:6\na OK [HIGHESTMODSEQ 11] Done");
    SAY(&d, "a UID EXPUNGE 5:6", "a OK Done");
    CHECK(str_ends(chat_say(&d.chat, "a UID MOVE 8 Trash\r\n"),
                   STR("Moved\n* VANISHED 8\na OK [HIGHESTMODSEQ 12] Done\n")));
    CHECK_STR(since(&d, "9", v), STR("* VANISHED (EARLIER) 5:6,8\n* 4 FETCH (UID 4 FLAGS (\\Deleted) MODSEQ (10))\n"));
    CHECK_STR(since(&d, "10", v), STR("* VANISHED (EARLIER) 5:6,8\n"));
    CHECK_STR(since(&d, "11 1:7", v), STR(""));
    CHECK_STR(since(&d, "7 4,8:4294967295", v),
              STR("* VANISHED (EARLIER) 8\n* 4 FETCH (UID 4 FLAGS (\\Deleted) MODSEQ (10))\n"));
    CHECK_STR(since(&d, "7", v + 1), STR(""));
    CHECK_STR(since(&d, "10 (5 7)", v), STR("* VANISHED (EARLIER) 8\n"));
    CHECK_STR(since(&d, "10 6:8 (5:6 7:8)", v), STR("* VANISHED (EARLIER) 8\n"));
    a->rec.log_low = 12; /* the log does not know when 5 and 6 went */
    CHECK_STR(since(&d, "10", v), STR("* VANISHED (EARLIER) 5:6,8\n"));
    CHECK_STR(since(&d, "10 1,3,6:4294967295", v), STR("* VANISHED (EARLIER) 6,8\n"));
    CHECK_STR(since(&d, "11", v), STR("* VANISHED (EARLIER) 8\n"));
    SAY(&d, "a UID FETCH 6:* FLAGS (CHANGEDSINCE 10 VANISHED)", "* VANISHED (EARLIER) 6,8\na OK Done");
    SAY(&d, "a UID FETCH 1:* FLAGS (VANISHED CHANGEDSINCE 9)",
        "* VANISHED (EARLIER) 5:6,8\n* 4 FETCH (UID 4 FLAGS (\\Deleted) MODSEQ (10))\na OK Done");
    SAY(&d, "a UID FETCH 1:* FLAGS (VANISHED)", "a BAD VANISHED without CHANGEDSINCE");
    SAY(&d, "a FETCH 1:* FLAGS (CHANGEDSINCE 9 VANISHED)", "a BAD Unknown FETCH modifier");
    SAY(&d, "a CLOSE", "a OK Done"); /* takes 4 along, and does not say so */
    SAY(&d, "a FETCH 1 UID", "a BAD No mailbox is selected");
    CHECK_STR(since(&d, "12", v), STR("* VANISHED (EARLIER) 4\n"));
    door_close(&d);
    account_close(a);
}
TEST(a_client_comes_back)
{
    in_world(1, body_resync);
}

/* What another session has expunged is told once, by VANISHED without EARLIER; new messages that are not counted yet have not gone. */
static void body_two(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct door d, other;

    for (int i = 0; i < 4; i++) /* modseqs 2 to 5 */
        CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "letter"), ST_OK);
    door_open(w, &d, "");
    SAY(&d, "a ENABLE QRESYNC", "* ENABLED CONDSTORE QRESYNC\na OK Done");
    CHECK(str_ends(chat_say(&d.chat, "a SELECT INBOX\r\n"), STR("a OK [READ-WRITE] Done\n")));
    door_open(w, &other, "");
    CHECK(str_ends(chat_say(&other.chat, "a SELECT INBOX\r\n"), STR("a OK [READ-WRITE] Done\n")));
    SAY(&other, "a STORE 1,3 +FLAGS.SILENT (\\Deleted)", "a OK Done");
    SAY(&other, "a EXPUNGE", "* 1 EXPUNGE\n* 2 EXPUNGE\na OK Done");
    CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "letter"), ST_OK);
    a->rec.log_low = 100;
    SAY(&d, "a UID FETCH 1:* UID (CHANGEDSINCE 2 VANISHED)",
        "* 2 FETCH (UID 2 MODSEQ (3))\n* 4 FETCH (UID 4 MODSEQ (5))\n* VANISHED 1,3\n* 3 EXISTS\n* 3 RECENT\n"
        "a OK [HIGHESTMODSEQ 8] Done");
    SAY(&d, "a UID FETCH 1:* UID (CHANGEDSINCE 6 VANISHED)",
        "* VANISHED (EARLIER) 1,3\n* 3 FETCH (UID 5 MODSEQ (8))\na OK Done");
    door_close(&other);
    door_close(&d);
    account_close(a);
}
TEST(what_others_expunge)
{
    in_world(1, body_two);
}
