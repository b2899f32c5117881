/* 8BITMIME (RFC 6152): letters are kept byte for byte anyway; the parameter is remembered for the next hop. */
#include "smtp/ext.h"

static bool offered(const struct smtp_session *s)
{
    (void)s;
    return true;
}

static enum st mail(struct smtp_session *s, const struct smtp_param *p) SUSPENDS
{
    s->txn.is_binary = str_ieq(p->value, STR("BINARYMIME")); /* RFC 3030 section 3 */
    if (s->txn.is_binary || str_ieq(p->value, STR("7BIT")) || str_ieq(p->value, STR("8BITMIME")))
        return ST_OK;
    TRY(smtp_refuse(s, SMTP_BAD_SYNTAX, STR("BODY=7BIT, BODY=8BITMIME or BODY=BINARYMIME")));
    return ST_DENIED;
}

const struct smtp_ext smtp_ext_8bitmime = {.keyword = "8BITMIME", .offered = offered, .mail = {{"BODY", mail, true}}};
