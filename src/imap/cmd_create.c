/* CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE (RFC 3501 6.3.3 to 6.3.7): one or two names each. */
#include "imap/session.h"

struct names {
    struct str first, second;
};

static enum st names_parse(struct imap_lexer *lx, bool two, struct names *out) SUSPENDS
{
    struct names n = {0};

    TRY(imap_lex_sp(lx));
    TRY(imap_lex_mailbox(lx, &n.first));
    if (two) {
        TRY(imap_lex_sp(lx));
        TRY(imap_lex_mailbox(lx, &n.second));
    }
    TRY(imap_lex_end(lx));
    *out = n;
    return ST_OK;
}

/* A "/" behind a name announces children to come (RFC 3501 6.3.3); every mailbox here may have them. */
static struct str without_slash(struct str name)
{
    if (name.n > 1 && name.p[name.n - 1] == '/')
        name.n--;
    return name;
}

enum st cmd_create(struct imap_cmd *c)
{
    struct names n;
    enum st st;

    TRY(names_parse(&c->lx, false, &n));
    st = mailbox_create(c->s->account, without_slash(n.first), MAIL_USE_NONE);
    if (st == ST_SYNTAX) /* the command was fine, the name is not */
        return FAIL(ST_DENIED, "There can be no mailbox of that name");
    return st;
}

enum st cmd_delete(struct imap_cmd *c)
{
    struct names n;

    TRY(names_parse(&c->lx, false, &n));
    return mailbox_delete(c->s->account, n.first);
}

enum st cmd_rename(struct imap_cmd *c)
{
    struct names n;
    enum st st;

    TRY(names_parse(&c->lx, true, &n));
    st = mailbox_rename(c->s->account, n.first, without_slash(n.second));
    if (st == ST_SYNTAX)
        return FAIL(ST_DENIED, "There can be no mailbox of that name");
    return st;
}

enum st cmd_subscribe(struct imap_cmd *c)
{
    struct names n;
    enum st st;

    TRY(names_parse(&c->lx, false, &n));
    st = mailbox_subscribe(c->s->account, n.first, true);
    if (st == ST_SYNTAX)
        return FAIL(ST_DENIED, "There can be no mailbox of that name");
    return st;
}

enum st cmd_unsubscribe(struct imap_cmd *c)
{
    struct names n;
    enum st st;

    TRY(names_parse(&c->lx, false, &n));
    st = mailbox_subscribe(c->s->account, n.first, false);
    if (st == ST_SYNTAX)
        return FAIL(ST_DENIED, "There can be no mailbox of that name");
    return st;
}
