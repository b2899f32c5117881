#include "test.h"

#include "imap/resp.c"

/* What stands in the buffer, which is not given to a stream here. */
static void is_sent(struct imap_conn *c, struct str want)
{
    CHECK_STR(buf_str(&c->out), want);
    buf_clear(&c->out);
}

TEST(mailbox_names_are_written_as_the_client_reads_them)
{
    static const struct {
        struct str name, before, enabled;
    } rows[] = {
        {STR("a"), STR("a"), STR("a")},
        {STR("a b"), STR("\"a b\""), STR("\"a b\"")},
        {STR("a&b"), STR("a&-b"), STR("a&b")},
        {STR("Entw\xc3\xbcrfe"), STR("Entw&APw-rfe"), STR("\"Entw\xc3\xbcrfe\"")},
        {STR("nil"), STR("\"nil\""), STR("\"nil\"")},
        {STR(""), STR("\"\""), STR("\"\"")},
    };
    struct imap_conn c;

    imap_conn_init(&c, NULL);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        c.utf8 = false;
        imap_put_mailbox(&c, rows[i].name);
        is_sent(&c, rows[i].before);
        c.utf8 = true;
        imap_put_mailbox(&c, rows[i].name);
        is_sent(&c, rows[i].enabled);
    }
    imap_conn_fini(&c);
}

TEST(strings_beyond_ascii_are_quoted_when_they_may_be)
{
    struct imap_conn c;

    imap_conn_init(&c, NULL);
    imap_put_nstring(&c, STR("gr\xc3\xbc"));
    is_sent(&c, STR("{4}\r\ngr\xc3\xbc"));
    c.utf8 = true;
    imap_put_nstring(&c, STR("gr\xc3\xbc"));
    is_sent(&c, STR("\"gr\xc3\xbc\""));
    imap_put_nstring(&c, STR("gr\xc3"));
    is_sent(&c, STR("{3}\r\ngr\xc3"));
    imap_put_nstring(&c, STR("a\nb"));
    is_sent(&c, STR("{3}\r\na\nb"));
    imap_conn_fini(&c);
}
