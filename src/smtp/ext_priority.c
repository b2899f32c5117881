/* MT-PRIORITY (RFC 6710): how urgent a letter is, from -9 to 9. No policy is named in EHLO (section 3): all nineteen values are levels of their own
 * here. Who has not logged in may only say that his letter is less urgent than others (section 4.1). */
#include "smtp/ext.h"

static bool always(const struct smtp_session *s)
{
    (void)s;
    return true;
}

static enum st mail(struct smtp_session *s, const struct smtp_param *p) SUSPENDS
{
    struct smtp_txn *t = &s->txn;

    if (priority_parse(p->value, &t->priority) != ST_OK)
        return smtp_ext_deny(s, SMTP_BAD_PRIORITY, STR(""));
    t->said_priority = t->priority;
    t->has_priority = true;
    return ST_OK;
}

/* He is told of the change in the answer to MAIL (X.3.6). */
static enum st mail_end(struct smtp_session *s)
{
    struct smtp_txn *t = &s->txn;
    int most = smtp_submitter(s) ? (int)s->set->smtp_priority_max : 0;

    if (!t->has_priority)
        return ST_OK;
    t->priority = MIN(t->priority, most);
    smtp_ext_remember(s, ATTR_PRIORITY, arena_printf(&s->txn_arena, "%d", t->priority));
    return ST_OK;
}

const struct smtp_ext smtp_ext_priority = {
    .keyword = "MT-PRIORITY", .offered = always, .mail = {{"MT-PRIORITY", mail, false}}, .mail_end = mail_end};
