/* SIZE (RFC 1870): the limit is announced, and a letter that says itself that it is larger is refused at MAIL. */
#include "smtp/ext.h"

static bool offered(const struct smtp_session *s)
{
    (void)s;
    return true;
}

static void args(const struct smtp_session *s, struct buf *out)
{
    buf_addc(out, ' ');
    buf_add_u64(out, s->set->smtp_max_message_size);
}

static enum st mail(struct smtp_session *s, const struct smtp_param *p) SUSPENDS
{
    uint64_t size;
    enum st st = p->value.n <= 20 ? str_u64(p->value, UINT64_MAX, &size) : ST_SYNTAX;

    if (st != ST_OK) {
        TRY(smtp_refuse(s, SMTP_BAD_SYNTAX, STR("SIZE=number")));
        return ST_DENIED;
    }
    if (size > s->set->smtp_max_message_size) {
        struct str most = arena_printf(&s->txn_arena, "%llu", (unsigned long long)s->set->smtp_max_message_size);

        TRY(smtp_reply_arg(s, SMTP_TOO_LARGE, most)); /* section 6.1 */
        return ST_DENIED;
    }
    s->txn.size = size;
    return ST_OK;
}

const struct smtp_ext smtp_ext_size = {
    .keyword = "SIZE", .offered = offered, .args = args, .mail = {{"SIZE", mail, false}}};
