/* COMPRESS (RFC 4978): from behind the tagged OK on both sides send raw deflate. Under TLS the gate keeps TLS, so what it
 * encrypts is compressed already, as section 3 wants. We never let TLS compress (net/tls.c), so nothing else can be active. */
#include "imap/session.h"

static enum st compress_parse(struct imap_lexer *lx)
{
    struct str mechanism;

    TRY(imap_lex_sp(lx));
    TRY(imap_lex_word(lx, &mechanism));
    TRY(imap_lex_end(lx));
    return str_eq(mechanism, STR("DEFLATE")) ? ST_OK : FAIL(ST_SYNTAX, "Unknown compression");
}

static enum st begin(struct imap_session *s) SUSPENDS
{
    TRY(imap_conn_flush(&s->conn));
    return stream_push_deflate(s->conn.stream);
}

enum st cmd_compress(struct imap_cmd *c)
{
    TRY(compress_parse(&c->lx));
    if (stream_is_deflated(c->s->conn.stream)) {
        c->code = STR("COMPRESSIONACTIVE");
        return FAIL(ST_DENIED, "DEFLATE is active already by COMPRESS");
    }
    /* Section 3: the client sends nothing before it has seen the result. What it has sent all the same is not
     * compressed, and will be read as the commands that they are. */
    if (stream_input(c->s->conn.stream).n)
        return FAIL(ST_SYNTAX, "Nothing may follow COMPRESS before its answer");
    c->text = STR("DEFLATE active");
    c->then = begin;
    return ST_OK;
}
