/* RSET, NOOP, VRFY, HELP, QUIT. */
#include "smtp/session.h"

enum st smtp_cmd_rset(struct smtp_cmd *c)
{
    smtp_txn_reset(c->s);
    return smtp_reply(c->s, SMTP_OK);
}

enum st smtp_cmd_noop(struct smtp_cmd *c)
{
    return smtp_reply(c->s, SMTP_OK);
}

/* 252 to everybody: whether an address exists is told to those who deliver to it (RFC 5321 section 3.5.3). */
enum st smtp_cmd_vrfy(struct smtp_cmd *c)
{
    if (str_trim(c->args).n == 0)
        return smtp_refuse(c->s, SMTP_BAD_SYNTAX, str_z(c->verb->syntax));
    return smtp_reply(c->s, SMTP_VRFY_MAYBE);
}

enum st smtp_cmd_help(struct smtp_cmd *c)
{
    struct buf list;
    enum st st;

    buf_init(&list, 400);
    for (size_t i = 0; i < smtp_n_verbs; i++)
        buf_addf(&list, "%s%.*s", i ? " " : "", STR_ARGS(smtp_verbs[i].word));
    st = smtp_reply_arg(c->s, SMTP_HELP, buf_str(&list));
    buf_fini(&list);
    return st;
}

enum st smtp_cmd_quit(struct smtp_cmd *c)
{
    smtp_session_end(c->s, ST_OK, "quit");
    return smtp_reply_arg(c->s, SMTP_BYE, c->s->set->host_name);
}
