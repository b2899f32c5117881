#include "smtp/trace.h"
#include "smtp/stranger.h"

/* RFC 3848 and RFC 6531 section 4.3: SMTP, ESMTP, with S under TLS, A when logged in, UTF8 in front. */
static const char *protocol(const struct smtp_session *s)
{
    static const char *const names[2][2][2] = {{{"ESMTP", "ESMTPA"}, {"ESMTPS", "ESMTPSA"}},
                                               {{"UTF8SMTP", "UTF8SMTPA"}, {"UTF8SMTPS", "UTF8SMTPSA"}}};

    if (s->lmtp) /* RFC 3848, RFC 6531 section 4.3 */
        return s->txn.utf8 ? (stream_is_tls(s->stream) ? "UTF8LMTPS" : "UTF8LMTP")
                           : (stream_is_tls(s->stream) ? "LMTPS" : "LMTP");
    return s->extended ? names[s->txn.utf8][stream_is_tls(s->stream)][s->authenticated && !s->by_network] : "SMTP";
}

/* Who speaks from where: a user of this machine has no address. */
static void put_origin(const struct smtp_session *s, struct buf *b)
{
    struct str peer = s->setup.peer_address;
    struct stream_tls_info tls;

    if (s->setup.local_user.n) {
        buf_addf(b, "Received: by %.*s (from user %.*s)", STR_ARGS(s->set->host_name), STR_ARGS(s->setup.local_user));
        return;
    }
    buf_addf(b, "Received: from %.*s (", STR_ARGS(s->helo));
    if (s->setup.peer_name.n)
        buf_addf(b, "%.*s ", STR_ARGS(s->setup.peer_name));
    buf_addf(b, "[%s%.*s])", str_find(peer, ':') < peer.n ? "IPv6:" : "", STR_ARGS(peer));
    if (stream_tls_info(s->stream, &tls))
        buf_addf(b, "\r\n\t(using %s with cipher %s)", tls.version, tls.cipher);
    buf_addf(b, "\r\n\tby %.*s with %s", STR_ARGS(s->set->host_name), protocol(s));
}

static void put_checks(const struct smtp_session *s, struct buf *b)
{
    char words[STRANGER_WORDS_MAX];
    struct str w = stranger_marks(s, words);

    if (w.n)
        buf_addf(b, "X-Restante-Checks: %.*s\r\n", STR_ARGS(w));
}

struct str trace_received(const struct smtp_session *s, struct arena *a)
{
    struct buf b;
    struct str out;

    buf_init(&b, 4096);
    put_origin(s, &b);
    buf_addf(&b, " id %016llx", (unsigned long long)s->txn.id);
    if (s->txn.only_rcpt.n) /* with several the line would tell each about the others (section 7.2) */
        buf_addf(&b, "\r\n\tfor <%.*s>", STR_ARGS(s->txn.only_rcpt));
    if (s->txn.has_priority) /* RFC 6710 section 10: what MAIL said */
        buf_addf(&b, "\r\n\tPRIORITY %d", s->txn.said_priority);
    buf_addf(&b, ";\r\n\t%.*s\r\n", STR_ARGS(time_rfc5322(a, clock_wall_us())));
    put_checks(s, &b);
    out = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return out;
}
