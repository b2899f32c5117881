/* GETQUOTA, GETQUOTAROOT and SETQUOTA (RFC 9208). Each account is one quota root, which all of its mailboxes belong to.
 * The quota of a domain is none that a client hears of: what it shows is what others hold (section 8). */
#include "base/must.h"
#include "imap/session.h"
#include "mail/keep.h"
#include "mail/shared.h"

#define RESOURCES_MOST 16 /* of one SETQUOTA */

static const struct str own_root = STR("User quota");

/* --- telling ------------------------------------------------------------------------------------------------------ */

static void put_resource(struct imap_conn *conn, const char *name, uint64_t used, uint64_t most, bool *first) SUSPENDS
{
    if (!most)
        return;
    if (!*first)
        imap_put(conn, STR(" "));
    *first = false;
    imap_putz(conn, name);
    imap_put(conn, STR(" "));
    imap_put_u64(conn, used);
    imap_put(conn, STR(" "));
    imap_put_u64(conn, most);
}

/* Section 5.1: in units of 1,024 octets. Both are rounded up, so that a limit never reads as 0, which would prohibit all. */
static uint64_t storage_units(uint64_t bytes)
{
    return bytes / 1024 + (bytes % 1024 != 0);
}

/* Section 4.2.1: what is not named is not limited. */
static void put_quota(struct imap_session *s) SUSPENDS
{
    struct mail_usage u;
    bool first = true;

    account_usage(s->account, &u);
    imap_put(&s->conn, STR("* QUOTA "));
    imap_put_astring(&s->conn, own_root);
    imap_put(&s->conn, STR(" ("));
    put_resource(&s->conn, "STORAGE", storage_units(u.bytes), storage_units(u.limits.bytes), &first);
    put_resource(&s->conn, "MESSAGE", u.messages, u.limits.messages, &first);
    imap_put(&s->conn, STR(")\r\n"));
}

/* --- the commands -------------------------------------------------------------------------------------------------- */

static enum st getquota_parse(struct imap_lexer *lx, struct str *out_root) SUSPENDS
{
    TRY(imap_lex_sp(lx));
    TRY(imap_lex_astring(lx, out_root));
    return imap_lex_end(lx);
}

enum st cmd_getquota(struct imap_cmd *c)
{
    struct str root;

    TRY(getquota_parse(&c->lx, &root));
    if (!str_eq(root, own_root))
        return FAIL(ST_NOTFOUND, "There is no such quota root");
    put_quota(c->s);
    return ST_OK;
}

/* What is kept in mailboxes of others counts against the quota of those, which nobody else is told (section 8). */
static bool is_of_others(struct str name)
{
    return str_starts(name, STR(MAIL_OTHERS)) || str_starts(name, STR(MAIL_SHARED));
}

/* Section 4.1.2: the mailbox need not exist. */
enum st cmd_getquotaroot(struct imap_cmd *c)
{
    struct imap_conn *conn = &c->s->conn;
    struct str name;

    TRY(imap_lex_sp(&c->lx));
    TRY(imap_lex_mailbox(&c->lx, &name));
    TRY(imap_lex_end(&c->lx));
    imap_put(conn, STR("* QUOTAROOT "));
    imap_put_mailbox(conn, name);
    if (is_of_others(name)) {
        imap_put(conn, STR("\r\n"));
        return ST_OK;
    }
    imap_put(conn, STR(" "));
    imap_put_astring(conn, own_root);
    imap_put(conn, STR("\r\n"));
    put_quota(c->s);
    return ST_OK;
}

static enum st setquota_parse(struct imap_lexer *lx, struct str *out_root) SUSPENDS
{
    struct str resource;
    uint64_t most;

    TRY(imap_lex_sp(lx));
    TRY(imap_lex_astring(lx, out_root));
    TRY(imap_lex_sp(lx));
    TRY(imap_lex_want(lx, '('));
    if (imap_lex_take(lx, ')'))
        return imap_lex_end(lx);
    for (unsigned n = 0; n == 0 || imap_lex_take(lx, ' '); n++) {
        if (n == RESOURCES_MOST)
            return FAIL(ST_LIMIT, "Too many resources");
        TRY(imap_lex_atom(lx, &resource));
        TRY(imap_lex_sp(lx));
        TRY(imap_lex_number64(lx, &most));
    }
    TRY(imap_lex_want(lx, ')'));
    return imap_lex_end(lx);
}

/* Limits are the administrator's, who sets them with `restante account set`. Whoever logs in by IMAP is a user, so
 * QUOTASET, which says that the command is there to be used (section 4.1.3), is announced to nobody. */
enum st cmd_setquota(struct imap_cmd *c)
{
    struct str root;

    TRY(setquota_parse(&c->lx, &root));
    c->code = STR("NOPERM");
    return FAIL(ST_DENIED, "Only the administrator sets limits");
}
