/* LIMITS (RFC 9422): what a transaction, and a connection, may have here. Only limits that hold are announced. */
#include "smtp/ext.h"

static bool always(const struct smtp_session *s)
{
    (void)s;
    return true;
}

static void args(const struct smtp_session *s, struct buf *out)
{
    buf_addf(out, " RCPTMAX=%u", s->set->smtp_max_recipients);
    if (s->set->smtp_max_letters)
        buf_addf(out, " MAILMAX=%u", s->set->smtp_max_letters);
}

const struct smtp_ext smtp_ext_limits = {.keyword = "LIMITS", .offered = always, .args = args};
