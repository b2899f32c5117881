/* What a client is told of the selected mailbox without asking (RFC 3501 7.2 to 7.4). */
#include "imap/condstore.h"
#include "imap/result.h"

/* "* n WORD" */
static void put_numbered(struct imap_conn *c, uint32_t n, struct str words) SUSPENDS
{
    char *p = imap_room(c, 32 + words.n);

    *p++ = '*';
    *p++ = ' ';
    p = imap_digits(p, n);
    memcpy(p, words.p, words.n);
    imap_wrote(c, p + words.n);
}

void imap_put_flags(struct imap_session *s, const struct mail_msg *m)
{
    char *p = imap_room(&s->conn, 80), *start = p;

    *p++ = '(';
#define FLAG(bit, name, constant)                                                                                      \
    if (m->flags & (constant)) {                                                                                       \
        memcpy(p, " \\" name, sizeof(name) + 1);                                                                       \
        p += sizeof(name) + 1;                                                                                         \
    }
#include "imap/flags.def"
#undef FLAG
    if (m->recent && !imap_is_rev2(s)) {
        memcpy(p, " \\Recent", 8);
        p += 8;
    }
    if (p > start + 1) { /* the first one needs no blank before it */
        memmove(start + 1, start + 2, (size_t)(p - start - 2));
        p--;
    }
    bool first = p == start + 1;

    imap_wrote(&s->conn, p);
    for (uint64_t bits = m->keywords; bits; bits &= bits - 1) {
        if (!first)
            imap_put(&s->conn, STR(" "));
        first = false;
        imap_put(&s->conn, view_keyword(s->view, (unsigned)__builtin_ctzll(bits)));
    }
    imap_put(&s->conn, STR(")"));
}

static void put_known_flags(struct imap_session *s) SUSPENDS
{
    bool first = true;

#define FLAG(bit, name, constant)                                                                                      \
    imap_put(&s->conn, first ? STR("\\" name) : STR(" \\" name));                                                      \
    first = false;
#include "imap/flags.def"
#undef FLAG
    for (unsigned i = 0; i < view_keywords(s->view); i++) {
        struct str name = view_keyword(s->view, i);

        if (name.n == 0)
            continue;
        imap_put(&s->conn, STR(" "));
        imap_put(&s->conn, name);
    }
}

void imap_put_mailbox_flags(struct imap_session *s)
{
    imap_put(&s->conn, STR("* FLAGS ("));
    put_known_flags(s);
    imap_put(&s->conn, STR(")\r\n"));
    if (view_is_read_only(s->view)) {
        imap_put(&s->conn, STR("* OK [PERMANENTFLAGS ()] Nothing can be changed\r\n"));
        return;
    }
    imap_put(&s->conn, STR("* OK [PERMANENTFLAGS ("));
    put_known_flags(s);
    if (view_takes_keywords(s->view))
        imap_put(&s->conn, STR(" \\*"));
    imap_put(&s->conn, STR(")] Flags are kept\r\n"));
}

static void put_change(struct imap_session *s, const struct view_change *ch) SUSPENDS
{
    struct mail_msg m;

    switch (ch->what) {
    case VIEW_EXPUNGED: put_numbered(&s->conn, ch->seq, STR(" EXPUNGE\r\n")); break;
    case VIEW_EXISTS:
        put_numbered(&s->conn, ch->seq, STR(" EXISTS\r\n"));
        if (!imap_is_rev2(s))
            put_numbered(&s->conn, view_recent(s->view), STR(" RECENT\r\n"));
        break;
    case VIEW_FLAGS:
        view_msg(s->view, ch->seq, &m);
        imap_put_fetch(s, ch->seq, &m, imap_is_rev2(s) /* RFC 9051 section 7.5.2 */, true);
        break;
    case VIEW_KEYWORDS: imap_put_mailbox_flags(s); break;
    case VIEW_DELETED: /* the caller's */ break;
    }
}

enum st imap_send_changes(struct imap_session *s, bool may_expunge)
{
    struct view_change ch;

    while (s->view && view_next_change(s->view, may_expunge, &ch)) {
        if (ch.what == VIEW_DELETED) {
            /* RFC 2180 section 3.3: there is no response that takes a mailbox away from its session. */
            s->reason = "mailbox deleted";
            imap_put(&s->conn, STR("* BYE The selected mailbox was deleted\r\n"));
            return FAIL(ST_EOF, "the selected mailbox was deleted");
        }
        put_change(s, &ch);
        TRY(imap_conn_check(&s->conn));
    }
    return ST_OK;
}

void imap_leave_mailbox(struct imap_session *s)
{
    imap_forget_result(s); /* RFC 5182 section 2.1: it is of the selected mailbox */
    if (!s->view)
        return;
    view_on_change(s->view, NULL, NULL);
    view_close(TAKE(s->view));
}
