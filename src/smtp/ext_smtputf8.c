/* SMTPUTF8 (RFC 6531): addresses may be UTF-8 once MAIL says so; without the parameter they are refused (section 3.5). */
#include "smtp/ext.h"

static bool offered(const struct smtp_session *s)
{
    (void)s;
    return true;
}

static enum st mail(struct smtp_session *s, const struct smtp_param *p) SUSPENDS
{
    if (p->value.p) { /* section 3.4: it takes no value */
        TRY(smtp_refuse(s, SMTP_BAD_SYNTAX, STR("SMTPUTF8 takes no value")));
        return ST_DENIED;
    }
    s->txn.utf8 = true;
    return ST_OK;
}

const struct smtp_ext smtp_ext_smtputf8 = {
    .keyword = "SMTPUTF8", .offered = offered, .mail = {{"SMTPUTF8", mail, true}}};
