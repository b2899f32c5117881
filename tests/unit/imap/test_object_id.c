#include "help.h"

#include "imap/object_id.c"

TEST(ids_of_messages)
{
    static const uint64_t ids[] = {0, 1, 0x0123456789abcdef, UINT64_MAX};
    char text[17];
    uint64_t n;

    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        CHECK(imap_email_object_id(text, ids[i]) == text + 17);
        CHECK(imap_object_id_read(str_n(text, 17), 'M', &n));
        CHECK_U64(n, ids[i]);
        CHECK(!imap_object_id_read(str_n(text, 17), 'T', &n));
        CHECK(!imap_object_id_read(str_n(text, 16), 'M', &n));
    }
    CHECK(imap_object_id_read(STR("M00000000000000ab"), 'M', &n));
    CHECK(!imap_object_id_read(STR("M00000000000000AB"), 'M', &n));
    CHECK(!imap_object_id_read(STR("M00000000000000a-"), 'M', &n));
    CHECK(!imap_object_id_read(STR("M000000000000000ab"), 'M', &n));
}

TEST(ids_of_mailboxes)
{
    struct mailbox_info a = {.id = 7, .uidvalidity = 9}, b = {.id = 7, .uidvalidity = 10};
    struct arena ar = ARENA_INIT;

    CHECK_STR(imap_mailbox_object_code(&ar, &a), STR("MAILBOXID (F00000007-00000009)"));
    CHECK(!str_eq(imap_mailbox_object_id(&ar, &a), imap_mailbox_object_id(&ar, &b)));
    arena_fini(&ar);
}

TEST(arguments)
{
    struct str id;
    struct memory m;

    CHECK_ST(memory_begin(&m, STR("a_-9Z)\r\n")), ST_OK);
    CHECK_ST(imap_lex_object_id(&m.lx, &id), ST_OK);
    CHECK_STR(id, STR("a_-9Z"));
    memory_end(&m);
    REFUSES(m, "", imap_lex_object_id(&m.lx, &id), ST_SYNTAX);
    REFUSES(m, "\"a\"", imap_lex_object_id(&m.lx, &id), ST_SYNTAX);
    struct buf b;

    buf_init(&b, 1000);
    for (int i = 0; i < IMAP_OBJECT_ID_MAX + 1; i++)
        buf_addc(&b, 'x');
    buf_addz(&b, "\r\n");
    CHECK_ST(memory_begin(&m, buf_str(&b)), ST_OK);
    CHECK_ST(imap_lex_object_id(&m.lx, &id), ST_SYNTAX);
    memory_end(&m);
    buf_fini(&b);
}
