/* Which protocols a client may name in its TLS handshake (ALPN, RFC 7301), a service each. IMAP and POP3 have a name in
 * IANA's registry, and who names only others has reached the wrong port, or was led here: a browser whose request is
 * passed off as mail and answered under the certificate that it trusts (the ALPACA attack). Mail programs name the right
 * one or, nearly all, none.
 *
 * SMTP has no name in the registry, so none is answered. Some servers and clients use "smtp" and others all the
 * same; refusing what we do not know would cost mail. Only who names nothing but protocols that surely are not SMTP
 * is refused. */
#include "gate/gate.h"

#define NAMES(literal)                                                                                                 \
    {                                                                                                                  \
        (literal), sizeof(literal) - 1                                                                                 \
    }

static const struct tls_alpn imap = {.ours = NAMES("\4imap")}, pop3 = {.ours = NAMES("\4pop3")};
static const struct tls_alpn http = {.ours = NAMES("\10http/1.1\10http/1.0")};
static const struct tls_alpn smtp = {
    .others = NAMES("\2h2\3h2c\2h3\10http/1.1\10http/1.0\10http/0.9\6spdy/1\6spdy/2\6spdy/3\6webrtc\10c-webrtc"
                    "\4imap\4pop3\13managesieve\3ftp\4nntp\3irc\4mqtt\13xmpp-client\13xmpp-server\3smb\3dot\3doq"
                    "\12acme-tls/1\12postgresql")};

const struct tls_alpn *alpn_of(enum config_protocol protocol)
{
    switch (protocol) {
    case PROTOCOL_IMAP: return &imap;
    case PROTOCOL_POP3: return &pop3;
    case PROTOCOL_HTTP:
    case PROTOCOL_METRICS: return &http;
    case PROTOCOL_SMTP:
    case PROTOCOL_LMTP:
    case PROTOCOL_SUBMISSION: return &smtp;
    }
    never("a listener of an unknown protocol");
}
