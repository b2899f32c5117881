#include "base/random.h"
#include "smtp/ext.h"
#include "smtp/stranger.h"

/* A bad path or a parameter: replies; ST_DENIED when the command is over with that. */
static enum st parse(struct smtp_cmd *c, struct smtp_path *path) SUSPENDS
{
    struct smtp_session *s = c->s;
    enum st st = smtp_path_parse(c->args, STR("FROM:"), path);

    if (st == ST_OK)
        return ST_OK;
    if (st == ST_DENIED)
        TRY(smtp_refuse(s, SMTP_BAD_SENDER_ADDRESS, str_z(err_get()->text)));
    else
        TRY(smtp_refuse(s, SMTP_BAD_SYNTAX, str_z(c->verb->syntax)));
    return ST_DENIED;
}

/* RFC 6409 section 6.1: a user sends as himself. The null path is for reports, which programs of users send too. */
static enum st check_sender(struct smtp_session *s, const struct smtp_path *path) SUSPENDS
{
    enum st st;

    if (!path->is_null && path->addr.is_utf8 && !s->txn.utf8) {
        TRY(smtp_refuse(s, SMTP_UTF8_NOT_OFFERED, path->text));
        return ST_DENIED;
    }
    if (path->is_null || (!s->submission && !s->user.account))
        return ST_OK;
    st = s->setup.ops->may_send_as(s->setup.arg, s->user.account, path->addr.whole);
    if (st == ST_OK)
        return ST_OK;
    if (!s->submission && (st == ST_DENIED || st == ST_FOREIGN)) { /* the mail server of a trusted network, perhaps */
        s->txn.is_stranger = true;
        return ST_OK;
    }
    if (st == ST_DENIED || st == ST_FOREIGN)
        TRY(smtp_refuse(s, SMTP_SENDER_NOT_YOURS, path->text));
    else
        TRY(smtp_reply(s, SMTP_LOCAL_ERROR));
    return ST_DENIED;
}

static enum st begin(struct smtp_cmd *c, struct smtp_path *path) SUSPENDS
{
    struct smtp_session *s = c->s;

    TRY(parse(c, path));
    TRY(smtp_ext_params(s, path, true, &s->txn_arena, s->txn.attributes, &s->txn.n_attributes));
    TRY(check_sender(s, path));
    return smtp_ext_mail_end(s);
}

/* RFC 9422: MAILMAX. */
static enum st refuse_more(struct smtp_session *s) SUSPENDS
{
    smtp_session_end(s, ST_LIMIT, "as many letters as a connection may have");
    return smtp_reply_arg(s, SMTP_TOO_MANY_LETTERS, arena_printf(&s->txn_arena, "%u", s->set->smtp_max_letters));
}

enum st smtp_cmd_mail(struct smtp_cmd *c)
{
    struct smtp_session *s = c->s;
    struct smtp_path *path;
    enum st st;

    if (s->txn.open)
        return smtp_refuse(s, SMTP_NESTED_MAIL, STR(""));
    smtp_txn_reset(s);
    if (s->set->smtp_max_letters && s->mails >= s->set->smtp_max_letters)
        return refuse_more(s);
    TRY(stranger_may_send(s));
    if (s->over)
        return ST_OK;
    path = ARENA_NEW(&s->txn_arena, struct smtp_path);
    st = begin(c, path);
    if (st != ST_OK) {
        smtp_txn_reset(s);
        return st == ST_DENIED ? ST_OK : st;
    }
    s->mails++;
    s->txn.open = true;
    s->txn.id = s->log.letter = random_u64() | 1;
    s->txn.reverse_path = path->is_null ? STR("") : path->addr.whole;
    if (s->txn.priority != s->txn.said_priority)
        return smtp_reply_arg(s, SMTP_PRIORITY_CHANGED, arena_printf(&s->txn_arena, "%d", s->txn.priority));
    return smtp_reply(s, SMTP_SENDER_OK);
}
