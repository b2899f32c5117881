/* What a session counts as fetched, and what becomes of it; sessions beside each other. */
#include "world.h"

#include "pop3/session.c"

static const struct pop3_own nothing_own = {.delay_s = POP3_DELAY_DEFAULT};

static void deliver_n(struct world *w, size_t n)
{
    for (size_t i = 0; i < n; i++)
        CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "x"), ST_OK);
}

/* Messages that rows name. */
static size_t noted(const struct world *w)
{
    size_t n = 0;

    for (size_t i = 0; i < w->store->n_rows; i++) {
        const struct fake_row *row = &w->store->rows[i];
        struct fetched_rec r;

        if (row->account != 7 || row->key.p[0] != KEY_FETCHED)
            continue;
        CHECK_ST(fetched_rec_get(row->key, row->value, &r), ST_OK);
        for (size_t k = 0; k < r.n; k++)
            n += r.r[k].hi - r.r[k].lo + 1;
    }
    return n;
}

static void open_session(struct world *w, struct door *d, const char *settings, uint32_t retention)
{
    struct pop3_own own = nothing_own;

    own.retention = retention;
    door_open(w, d, settings, &own);
    CHECK(str_starts(chat_read(&d->chat, "+OK "), STR("+OK ")));
}

static void body_fetched(struct world *w)
{
    struct door d;

    deliver_n(w, 6);
    open_session(w, &d, "", RETAIN_DEFAULT);
    CHECK(str_ends(say(&d, "RETR 1", "."), STR("\n.\n")));
    door_close(&d); /* it has said nothing behind it: perhaps it did not arrive */
    CHECK_U64(noted(w), 0);
    open_session(w, &d, "", RETAIN_DEFAULT);
    say(&d, "RETR 1", ".");
    CHECK_STR(say(&d, "NOOP", "+OK"), STR("+OK Done\n"));
    say(&d, "TOP 3 100", ".");
    say(&d, "NOOP", "+OK");
    say(&d, "RETR 2", ".");
    door_close(&d);
    CHECK_U64(noted(w), 1);
    open_session(w, &d, "", RETAIN_DEFAULT);
    say(&d, "RETR 4\r\nNOOP", "+OK Done"); /* all of it was said before anything was read */
    door_close(&d);
    CHECK_U64(noted(w), 1);
    open_session(w, &d, "", RETAIN_DEFAULT);
    say(&d, "RETR 5\r\nRETR 6\r\nQUIT", "+OK Bye"); /* nor before QUIT: the letters may still be on their way */
    door_close(&d);
    CHECK_U64(noted(w), 1);
    open_session(w, &d, "", RETAIN_DEFAULT);
    say(&d, "RETR 5\r\nRETR 6", ".");
    say(&d, "QUIT", "+OK Bye");
    door_close(&d);
    CHECK_U64(noted(w), 3);
}
TEST(what_has_arrived_counts_as_fetched)
{
    in_world(1, body_fetched);
}

static uint32_t messages(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct view *v = open_view(a, "INBOX");
    uint32_t n = view_count(v);

    view_close(v);
    account_close(a);
    return n;
}

static void body_goes(struct world *w)
{
    struct door d;

    deliver_n(w, 5);
    open_session(w, &d, "pop3_retention fetched\n", RETAIN_DEFAULT);
    CHECK(str_search(say(&d, "CAPA", "."), STR("\nEXPIRE 0\n")) < 1000);
    say(&d, "RETR 2", ".");
    say(&d, "RETR 3", ".");
    say(&d, "DELE 5", "+OK");
    door_close(&d); /* RFC 1939 section 6: nothing goes without QUIT */
    CHECK_U64(messages(w), 5);
    CHECK_U64(noted(w), 2);
    open_session(w, &d, "pop3_retention fetched\n", RETAIN_DEFAULT);
    say(&d, "RETR 2", ".");
    say(&d, "RETR 3", ".");
    say(&d, "DELE 3", "+OK");
    say(&d, "RSET", "+OK");
    say(&d, "DELE 5", "+OK");
    CHECK_STR(say(&d, "QUIT", "+OK"), STR("+OK Bye, 3 messages removed\n"));
    door_close(&d);
    CHECK_U64(messages(w), 2);
    open_session(w, &d, "pop3_retention fetched\n", RETAIN_KEEP); /* the account's own */
    say(&d, "RETR 1", ".");
    CHECK_STR(say(&d, "QUIT", "+OK"), STR("+OK Bye, 0 messages removed\n"));
    door_close(&d);
    CHECK_U64(messages(w), 2);
}
TEST(what_was_fetched_goes_at_quit_where_that_is_said)
{
    in_world(1, body_goes);
}

static void body_beside(struct world *w)
{
    struct door a, b;

    deliver_n(w, 2);
    open_session(w, &a, "", RETAIN_DEFAULT);
    door_open(w, &b, "", &nothing_own);
    CHECK(str_starts(chat_read(&b.chat, ""), STR("-ERR [IN-USE] ")));
    door_close(&b);
    open_session(w, &b, "pop3_lock share\n", RETAIN_DEFAULT);
    say(&a, "DELE 1", "+OK");
    say(&b, "DELE 1", "+OK");
    say(&b, "DELE 2", "+OK");
    CHECK_STR(say(&a, "QUIT", "+OK"), STR("+OK Bye, 1 messages removed\n"));
    deliver_n(w, 1);
    CHECK(str_starts(say(&b, "RSET", "+OK"), STR("+OK 2 messages")));
    CHECK(str_starts(say(&b, "RETR 1", "-ERR"), STR("-ERR The message was removed")));
    CHECK(str_starts(say(&b, "RETR 3", "-ERR"), STR("-ERR No such message")));
    say(&b, "DELE 1", "+OK");
    say(&b, "DELE 2", "+OK");
    CHECK(str_starts(say(&b, "QUIT", "+OK"), STR("+OK Bye")));
    door_close(&a);
    door_close(&b);
    CHECK_U64(messages(w), 1);
}
TEST(sessions_lock_or_share)
{
    in_world(1, body_beside);
}

static void body_refused(struct world *w)
{
    struct pop3_own own = nothing_own;
    struct door d;

    own.mailbox = STR("none");
    door_open(w, &d, "", &own);
    CHECK(str_starts(chat_read(&d.chat, ""), STR("-ERR [SYS/PERM] ")));
    door_close(&d);
    own.mailbox = STR("Sent");
    own.delay_s = 100;
    door_open(w, &d, "", &own);
    CHECK(str_starts(chat_read(&d.chat, "+OK"), STR("+OK 0 messages")));
    CHECK(str_search(say(&d, "CAPA", "."), STR("\nLOGIN-DELAY 100\n")) < 1000);
    door_close(&d);
    door_open(w, &d, "", &own);
    CHECK(str_starts(chat_read(&d.chat, ""), STR("-ERR [LOGIN-DELAY] ")));
    door_close(&d);
}
TEST(who_may_not_is_told_why)
{
    in_world(1, body_refused);
}
