/* RETR and TOP. A message that was expunged by IMAP meanwhile answers -ERR; the session goes on. */
#include "pop3/session.h"
#include "pop3/stuff.h"

static enum st send_stuffed(struct pop3_session *s, struct dot_stuff *d, struct str bytes) SUSPENDS
{
    struct str span;
    bool dot;

    while (stuff_next(d, &bytes, &dot, &span)) {
        if (dot)
            TRY(stream_write(s->stream, STR(".")));
        TRY(stream_write(s->stream, span));
    }
    return ST_OK;
}

static enum st send_letter(struct pop3_session *s, const struct email *e, struct str body, uint64_t lines) SUSPENDS
{
    struct dot_stuff d;

    stuff_init(&d, lines);
    TRY(stream_writef(s->stream, "+OK %llu octets\r\n", (unsigned long long)e->size));
    TRY(send_stuffed(s, &d, e->prefix));
    TRY(send_stuffed(s, &d, body));
    return stream_write(s->stream, stuff_end(&d));
}

static enum st say_unreadable(struct pop3_session *s, uint32_t number, enum st st) SUSPENDS
{
    if (st == ST_NOTFOUND)
        return stream_write(s->stream, STR("-ERR The message was removed by another session\r\n"));
    LOG(POP3_MESSAGE_FAILED, lf_u64("number", number), lf_u64("uid", view_uid(s->view, number)),
        lf_z("status", st_name(st)), lf_err());
    return stream_writef(s->stream, "-ERR [SYS/%s] Message %u (uid %u) can't be read: %s\r\n",
                         st == ST_CORRUPT ? "PERM" : "TEMP", number, view_uid(s->view, number), st_text(st));
}

static enum st retrieve(struct pop3_session *s, uint32_t number, uint64_t lines) SUSPENDS
{
    struct blob_view body;
    struct email e;
    enum st st = view_email(s->view, number, &s->cmd_arena, &e);

    if (st == ST_OK)
        st = email_body(s->account, &e, &body);
    if (st != ST_OK)
        return say_unreadable(s, number, st);
    s->retrieved++;
    st = send_letter(s, &e, body.bytes, lines);
    email_body_close(&body);
    return st;
}

enum st pop3_cmd_retr(struct pop3_cmd *c)
{
    uint32_t number;
    enum st st = pop3_message_arg(c, &number);

    if (st != ST_OK)
        return st == ST_DENIED ? ST_OK : st;
    return retrieve(c->s, number, UINT64_MAX);
}

enum st pop3_cmd_top(struct pop3_cmd *c)
{
    uint32_t number, lines;
    enum st st = pop3_message_arg(c, &number);

    if (st != ST_OK)
        return st == ST_DENIED ? ST_OK : st;
    if (str_u32(pop3_word(&c->args), UINT32_MAX, &lines) != ST_OK)
        return pop3_refuse(c->s, "-ERR Syntax: TOP message lines");
    return retrieve(c->s, number, lines);
}
