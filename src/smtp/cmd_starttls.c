/* STARTTLS (RFC 3207). What stands in the buffer behind it was sent in clear text by who knows whom: it is never
 * executed, the connection is closed instead. After the handshake the client starts anew with EHLO (section 4.2). */
#include "smtp/session.h"

enum st smtp_cmd_starttls(struct smtp_cmd *c)
{
    struct smtp_session *s = c->s;
    enum st st;

    if (stream_is_tls(s->stream))
        return smtp_refuse(s, SMTP_TLS_ALREADY, STR(""));
    if (!smtp_offers_starttls(s))
        return smtp_refuse(
            s, s->setup.listener->security == SECURITY_STARTTLS ? SMTP_TLS_UNAVAILABLE : SMTP_TLS_NOT_HERE, STR(""));
    if (stream_input(s->stream).n) {
        smtp_session_end(s, ST_DENIED, "commands behind STARTTLS");
        return smtp_reply(s, SMTP_TLS_PIPELINED);
    }
    TRY(smtp_reply(s, SMTP_TLS_GO));
    TRY(stream_flush(s->stream));
    s->log.action = "TLS handshake";
    st = s->setup.ops->start_tls(s->setup.arg, s->stream);
    if (st != ST_OK) {
        smtp_session_end(s, st, "TLS handshake failed");
        return st;
    }
    smtp_session_forget(s);
    return ST_OK;
}
