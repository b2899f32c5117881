/* RSET, NOOP, HELP, QUIT. */
#include "smtp/session.h"

enum st smtp_cmd_rset(struct smtp_cmd *c)
{
    smtp_txn_reset(c->s);
    smtp_origins_forget(c->s);
    return smtp_reply(c->s, SMTP_OK);
}

enum st smtp_cmd_noop(struct smtp_cmd *c)
{
    return smtp_reply(c->s, SMTP_OK);
}

static enum st help_with(struct smtp_cmd *c, struct str word) SUSPENDS
{
    for (size_t i = 0; i < smtp_n_verbs; i++)
        if (str_ieq(word, smtp_verbs[i].word) && !(smtp_verbs[i].flags & HIDDEN_F))
            return smtp_reply_arg(c->s, SMTP_HELP_ONE, str_z(smtp_verbs[i].syntax));
    return smtp_refuse(c->s, SMTP_HELP_UNKNOWN, STR(""));
}

enum st smtp_cmd_help(struct smtp_cmd *c)
{
    struct str word = str_trim(c->args);
    struct buf list;
    enum st st;

    if (word.n)
        return help_with(c, word);
    buf_init(&list, 400);
    for (size_t i = 0; i < smtp_n_verbs; i++)
        if (!(smtp_verbs[i].flags & HIDDEN_F))
            buf_addf(&list, "%s%.*s", list.n ? " " : "", STR_ARGS(smtp_verbs[i].word));
    st = smtp_reply_arg(c->s, SMTP_HELP, buf_str(&list));
    buf_fini(&list);
    return st;
}

enum st smtp_cmd_quit(struct smtp_cmd *c)
{
    smtp_session_end(c->s, ST_OK, "quit");
    return smtp_reply_arg(c->s, SMTP_BYE, c->s->set->host_name);
}
