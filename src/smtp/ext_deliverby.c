/* DELIVERBY (RFC 2852): by when a letter is to be delivered, and whether it comes back afterwards or its sender is told. The seconds that MAIL gives become a moment at once (section
 * 4), which is what the queue and the courier get. */
#include "smtp/ext.h"

static bool always(const struct smtp_session *s)
{
    (void)s;
    return true;
}

static uint64_t least_s(const struct smtp_session *s)
{
    return s->set->smtp_deliver_by_min / 1000;
}

/* min-by-time (section 2 (3)) */
static void args(const struct smtp_session *s, struct buf *out)
{
    if (!least_s(s))
        return;
    buf_addc(out, ' ');
    buf_add_u64(out, least_s(s));
}

static enum st mail(struct smtp_session *s, const struct smtp_param *p) SUSPENDS
{
    struct deliver_by *by = &s->txn.by;
    uint64_t now_us = clock_wall_us();

    if (deliver_by_parse(p->value, now_us, by) != ST_OK)
        return smtp_ext_deny(s, SMTP_BAD_SYNTAX, STR("BY=seconds;N or BY=seconds;R, which wants more than 0; and T"));
    if (by->returns && deliver_by_left_s(by, now_us) < (int64_t)least_s(s)) /* section 3 */
        return smtp_ext_deny(s, SMTP_DELIVER_BY_TOO_SOON,
                             arena_printf(&s->txn_arena, "%llu", (unsigned long long)least_s(s)));
    smtp_ext_remember(s, ATTR_DELIVER_BY, deliver_by_put(&s->txn_arena, by));
    return ST_OK;
}

const struct smtp_ext smtp_ext_deliverby = {
    .keyword = "DELIVERBY", .offered = always, .args = args, .mail = {{"BY", mail, false}}};
