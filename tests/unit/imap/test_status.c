#include "world.h"

#include "imap/status.c"

TEST(items)
{
    struct memory {
        struct imap_lexer lx;
    } m;
    static const struct {
        struct str text;
        enum st st;
        unsigned items;
    } cases[] = {
        {STR("(messages UNSEEN)"), ST_OK, 1u << ITEM_messages | 1u << ITEM_unseen},
        {STR("(SIZE SIZE)"), ST_OK, 1u << ITEM_bytes},
        {STR("()"), ST_SYNTAX, 0},
        {STR("(SIZE"), ST_SYNTAX, 0},
        {STR("(SIZE )"), ST_SYNTAX, 0},
        {STR("SIZE"), ST_SYNTAX, 0},
        {STR("(UNHEARD)"), ST_SYNTAX, 0},
    };
    struct imap_source src = {0};
    struct arena a = ARENA_INIT;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        unsigned items = 0;

        m.lx = (struct imap_lexer){.src = &src, .arena = &a, .line = cases[i].text};
        CHECK_ST(imap_lex_status_items(&m.lx, &items), cases[i].st);
        CHECK_U64(items, cases[i].items);
    }
    arena_fini(&a);
}

/* Of all that account 7 has. */
static void check_all_deleted(struct world *w, struct door *d)
{
    struct account *a = open_account(w, 7);
    struct mailbox_info info;
    char want[100];

    CHECK_ST(mailbox_status(a, &w->arena, STR("INBOX"), &info), ST_OK);
    snprintf(want, sizeof want, "* STATUS INBOX (DELETED 1 DELETED-STORAGE %llu)\na OK Done\n",
             (unsigned long long)info.bytes);
    CHECK_STR(chat_say(&d->chat, "a STATUS INBOX (DELETED DELETED-STORAGE)\r\n"), str_z(want));
    account_close(a);
}

static void body_told(struct world *w)
{
    struct door d;

    door_open(w, &d, "");
    CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "x"), ST_OK);
    SAY(&d, "a STATUS inbox (UNSEEN MESSAGES)", "* STATUS INBOX (MESSAGES 1 UNSEEN 1)\na OK Done");
    SAY(&d, "a STATUS inbox (APPENDLIMIT MESSAGES)", "* STATUS INBOX (MESSAGES 1 APPENDLIMIT 104857600)\na OK Done");
    SAY(&d, "a LIST \"\" INBOX RETURN (STATUS (MESSAGES))",
        "* LIST (\\HasNoChildren) \"/\" INBOX\n* STATUS INBOX (MESSAGES 1)\na OK Done");
    CHECK(str_ends(chat_say(&d.chat, "a SELECT INBOX\r\n"), STR("a OK [READ-WRITE] Done\n")));
    SAY(&d, "a STORE 1 +FLAGS.SILENT (\\Deleted)", "a OK Done");
    check_all_deleted(w, &d);
    SAY(&d, "a EXPUNGE", "* 1 EXPUNGE\na OK Done");
    SAY(&d, "a STATUS INBOX (DELETED DELETED-STORAGE)", "* STATUS INBOX (DELETED 0 DELETED-STORAGE 0)\na OK Done");
    door_close(&d);
}
TEST(items_are_told)
{
    in_world(1, body_told);
}
