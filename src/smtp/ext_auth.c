/* AUTH (RFC 4954): the mechanisms that can be used here and now, and the AUTH= parameter of MAIL, which is taken and not
 * believed (section 5: an untrusted client's is treated as AUTH=<>). */
#include "sasl/sasl.h"
#include "smtp/ext.h"

static void args(const struct smtp_session *s, struct buf *out)
{
    unsigned announced = 0, taken;

    if (s->setup.ops->mechanisms)
        s->setup.ops->mechanisms(s->setup.arg, &announced, &taken);
    if (stream_is_tls(s->stream) || s->setup.listener->plaintext_auth)
        announced |= SASL_CLEAR;
    sasl_offer(out, announced);
}

static enum st mail(struct smtp_session *s, const struct smtp_param *p) SUSPENDS
{
    if (p->value.n)
        return ST_OK;
    TRY(smtp_refuse(s, SMTP_BAD_SYNTAX, STR("AUTH=address or AUTH=<>")));
    return ST_DENIED;
}

/* After the login it is not listed again (section 4: only one AUTH a session), but its parameter stays valid. */
static bool offered(const struct smtp_session *s)
{
    return s->submission && (smtp_may_auth(s) || s->authenticated);
}

const struct smtp_ext smtp_ext_auth = {
    .keyword = "AUTH", .offered = offered, .args = args, .mail = {{"AUTH", mail, false}}};
