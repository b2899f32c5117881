/* Sessions that are told of changes while they are parked. */
#include "world.h"

#include "imap/notify.c"

static void body_parked(struct world *w)
{
    struct door d, other;

    door_open(w, &d, "");
    door_open(w, &other, "");
    SAY(&d, "a NOTIFY SET (personal (MessageNew MessageExpunge MailboxName))", "a OK Done");
    CHECK(d.session->phase == SESSION_PARKED || d.session->phase == SESSION_RUNNING);
    chat_say(&other.chat, "b CREATE New\r\n");
    CHECK_STR(chat_read(&d.chat, "* "), STR("* LIST (\\HasNoChildren) \"/\" New\n"));
    CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "letter"), ST_OK);
    CHECK(str_starts(chat_read(&d.chat, "* "), STR("* STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY ")));
    CHECK(str_starts(chat_say(&d.chat, "a CREATE Mine\r\n"), STR("a OK ")));
    chat_say(&other.chat, "b SELECT INBOX\r\n");
    chat_say(&other.chat, "b STORE 1 +FLAGS.SILENT \\Seen\r\n");
    SAY(&d, "a NOOP", "a OK Done");
    door_close(&other);
    door_close(&d);
}
TEST(parked_sessions_are_woken)
{
    in_world(1, body_parked);
}

static void body_held_back(struct world *w)
{
    struct door d, other;
    uint64_t told;

    CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "letter"), ST_OK);
    CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "letter"), ST_OK);
    door_open(w, &d, "");
    door_open(w, &other, "");
    chat_say(&other.chat, "b SELECT INBOX\r\n");
    chat_say(&other.chat, "b STORE 1 +FLAGS.SILENT \\Deleted\r\n");
    chat_say(&d.chat, "a ENABLE QRESYNC\r\n");
    chat_say(&d.chat, "a EXAMINE INBOX\r\n");
    told = view_told_modseq(d.session->view);
    SAY(&d, "a NOTIFY SET (selected-delayed (MessageNew MessageExpunge FlagChange))", "a OK Done");
    chat_say(&other.chat, "b EXPUNGE\r\n");
    chat_say(&other.chat, "b STORE 1 +FLAGS.SILENT \\Flagged\r\n");
    CHECK(str_starts(chat_read(&d.chat, "* "), STR("* 2 FETCH (UID 2 FLAGS (")));
    CHECK_STR(chat_read(&d.chat, "* "),
              arena_printf(&d.chat.arena, "* OK [HIGHESTMODSEQ %llu] Told so far\n", (unsigned long long)told));
    CHECK(str_starts(chat_say(&d.chat, "a NOOP\r\n"), STR("* VANISHED 1\na OK [HIGHESTMODSEQ ")));
    door_close(&other);
    door_close(&d);
}
TEST(no_modseq_stands_above_an_expunge_that_is_held_back)
{
    in_world(1, body_held_back);
}

static void body_too_much(struct world *w)
{
    struct account_watch *watch;
    struct account_event e;
    struct account *a;
    struct door d;
    char name[32];

    CHECK_ST(account_open(w->mail, 7, &a), ST_OK);
    watch = account_watch_new(a);
    door_open(w, &d, "");
    SAY(&d, "a NOTIFY SET (personal (MailboxName))", "a OK Done");
    for (unsigned i = 0; i <= LIMIT_MAIL_WATCH_EVENTS; i++) {
        snprintf(name, sizeof name, "m%u", i);
        CHECK_ST(mailbox_subscribe(a, str_z(name), true), ST_OK);
    }
    CHECK(account_watch_next(watch, &e));
    CHECK(e.what == ACCOUNT_OVERFLOW);
    CHECK(!account_watch_next(watch, &e));
    CHECK_ST(mailbox_create(a, STR("x"), MAIL_USE_NONE), ST_OK);
    CHECK(!account_watch_has(watch));
    account_watch_free(watch);

    /* The session has had its turns, so nothing was lost for it; now it gets none. */
    account_watch_free(d.session->notify->watch);
    watch = d.session->notify->watch = account_watch_new(a);
    for (unsigned i = 0; i <= LIMIT_MAIL_WATCH_EVENTS; i++) {
        snprintf(name, sizeof name, "n%u", i);
        CHECK_ST(mailbox_subscribe(a, str_z(name), true), ST_OK);
    }
    CHECK(str_ends(chat_say(&d.chat, "a NOOP\r\n"),
                   STR("* OK [NOTIFICATIONOVERFLOW] Too much has changed; nothing more is told\na OK Done\n")));
    CHECK(d.session->notify->watch == NULL);
    CHECK_ST(mailbox_create(a, STR("y"), MAIL_USE_NONE), ST_OK);
    SAY(&d, "a NOOP", "a OK Done");
    door_close(&d);
    account_close(a);
}
TEST(too_much_is_said)
{
    in_world(1, body_too_much);
}
