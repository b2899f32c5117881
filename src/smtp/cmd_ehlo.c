/* EHLO and HELO. Either one resets the transaction (RFC 5321 section 4.1.4). */
#include "smtp/ext.h"

/* A name or an address literal; what it is exactly is not held against anybody (section 4.1.4), but it goes into a header
 * line, so bytes that don't belong there are refused. */
static bool is_host(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= 32 || s.p[i] == 127 || strchr("()<>,;\"\\", s.p[i]))
            return false;
    return s.n > 0 && s.n <= 255 && str_is_utf8(s);
}

static enum st hello(struct smtp_cmd *c, bool extended) SUSPENDS
{
    struct smtp_session *s = c->s;
    struct str host = str_trim(c->args);

    if (!is_host(host))
        return smtp_refuse(s, SMTP_BAD_SYNTAX, str_z(c->verb->syntax));
    smtp_txn_reset(s);
    smtp_origins_forget(s);
    s->said_helo = true;
    s->extended = extended;
    memcpy(s->helo_bytes, host.p, host.n);
    s->helo = str_n(s->helo_bytes, host.n);
    return ST_OK;
}

enum st smtp_cmd_helo(struct smtp_cmd *c)
{
    struct smtp_session *s = c->s;
    unsigned errors = s->errors;

    TRY(hello(c, false));
    return s->errors > errors ? ST_OK : stream_writef(s->stream, "250 %.*s\r\n", STR_ARGS(s->set->host_name));
}

enum st smtp_cmd_ehlo(struct smtp_cmd *c)
{
    struct smtp_session *s = c->s;
    unsigned errors = s->errors;
    struct buf out;
    enum st st;

    TRY(hello(c, true));
    if (s->errors > errors)
        return ST_OK;
    buf_init(&out, 4096);
    buf_addf(&out, "250-%.*s", STR_ARGS(s->set->host_name));
    for (size_t i = 0; i < smtp_n_exts; i++) {
        const struct smtp_ext *e = smtp_exts[i];

        if (!e->offered(s))
            continue;
        buf_addf(&out, "\r\n250-%s", e->keyword);
        if (e->args)
            e->args(s, &out);
    }
    buf_addz(&out, "\r\n250 HELP\r\n");
    st = buf_check(&out);
    if (st == ST_OK)
        st = stream_write(s->stream, buf_str(&out));
    buf_fini(&out);
    return st;
}
