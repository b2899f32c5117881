/* VRFY (RFC 5321 section 3.5): whether an address exists is told to those who deliver to it, and, by setting, to who has logged in. EXPN and ETRN (RFC 1985)
 * are known so that they are refused as what they are. */
#include "base/random.h"
#include "mime/addrspec.h"
#include "smtp/session.h"

/* "bob@example.org", "<bob@example.org>", "Bob <bob@example.org>"; behind it SMTPUTF8 may stand (RFC 6531 section 3.7.4.2). */
static struct str address_in(struct str args)
{
    struct str s = str_trim(args);
    size_t open = str_rfind(s, '<'), close;

    if (str_iends(s, STR(" SMTPUTF8")))
        s = str_trim(str_sub(s, 0, s.n - 9));
    if (open >= s.n)
        return s;
    close = str_find(str_from(s, open), '>');
    return str_sub(s, open + 1, close - 1);
}

static enum st answer(struct smtp_session *s, enum st st, struct str address, const struct smtp_rcpt_result *r) SUSPENDS
{
    switch (st) {
    case ST_OK:
        if (r->n && r->targets[0].kind != RCPT_LOCAL)
            return smtp_reply(s, SMTP_VRFY_MAYBE);
        return smtp_reply_arg(s, SMTP_VRFY_YES, address);
    case ST_NOTFOUND:
        if (++s->unknown_rcpts > s->set->smtp_max_unknown_recipients) {
            smtp_session_end(s, ST_DENIED, "too many unknown recipients");
            return smtp_reply(s, SMTP_TOO_MANY_UNKNOWN);
        }
        return smtp_reply_arg(s, SMTP_NO_SUCH_USER, address);
    case ST_DENIED: return smtp_refuse_disabled(s, address);
    default: return smtp_reply(s, SMTP_VRFY_MAYBE); /* another server's to know, or not known just now */
    }
}

enum st smtp_cmd_vrfy(struct smtp_cmd *c)
{
    struct smtp_session *s = c->s;
    struct str text = address_in(c->args);
    struct smtp_rcpt_result r = {0};
    uint64_t txn = random_u64();
    struct addrspec address;
    struct arena a = ARENA_INIT;
    enum st st;

    if (str_trim(c->args).n == 0)
        return smtp_refuse(s, SMTP_BAD_SYNTAX, str_z(c->verb->syntax));
    if (s->set->smtp_vrfy != VRFY_USERS || !s->user.account || addrspec_parse(text, &address) != ST_OK)
        return smtp_reply(s, SMTP_VRFY_MAYBE);
    st = s->setup.ops->resolve(s->setup.arg, txn, s->user.account, 0, address.whole, &a, &r);
    if (s->setup.ops->txn_over) /* nothing is sent to him: he counts for no limit */
        s->setup.ops->txn_over(s->setup.arg, txn, false);
    st = answer(s, st, address.whole, &r);
    arena_fini(&a);
    return st;
}

enum st smtp_cmd_not_offered(struct smtp_cmd *c)
{
    return smtp_refuse(c->s, SMTP_NOT_OFFERED, c->verb->word);
}
