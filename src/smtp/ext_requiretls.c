/* REQUIRETLS (RFC 8689): the letter goes on under TLS with a checked certificate only, or comes back. Announced under TLS only (section 2); the tag is an attribute of the
 * envelope, and what it asks for is done where the letter leaves. */
#include "smtp/ext.h"

static bool offered(const struct smtp_session *s)
{
    return stream_is_tls(s->stream);
}

static enum st mail(struct smtp_session *s, const struct smtp_param *p) SUSPENDS
{
    if (!p->value.p)
        return ST_OK;
    TRY(smtp_refuse(s, SMTP_BAD_SYNTAX, STR("REQUIRETLS takes no value")));
    return ST_DENIED;
}

const struct smtp_ext smtp_ext_requiretls = {
    .keyword = "REQUIRETLS", .offered = offered, .mail = {{"REQUIRETLS", mail, true}}};
