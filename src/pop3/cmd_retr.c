/* RETR and TOP. A message that was expunged by IMAP meanwhile answers -ERR; the session goes on. A large one is sent piece by
 * piece; while its reader takes no more, it is not held in memory. */
#include "base/limits.h"
#include "pop3/ascii_header.h"
#include "pop3/session.h"
#include "pop3/stuff.h"

#define PIECE 262144u   /* bytes of a body in memory for a reader that is slow */
#define PATIENCE_MS 500 /* for which the whole of it is held for one that is not */
#define SLOWEST 1000    /* bytes a second: a letter takes so long, and net_write_timeout, at most */

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

struct sending {
    struct pop3_session *s;
    const struct email *e;
    struct blob_view body;
    bool is_held;
};

static void let_go(void *arg)
{
    struct sending *g = arg;

    if (g->is_held)
        email_body_close(&g->body);
    g->is_held = false;
}

/* The bytes are our own: nothing else of the body stays in memory while they wait for a reader that has stopped. */
static enum st send_piece(struct sending *g, struct dot_stuff *d, struct str piece) SUSPENDS
{
    struct co_timer patience = {0};
    enum st st;

    co_timer_set(&patience, deadline_in(PATIENCE_MS), let_go, g);
    st = send_stuffed(g->s, d, piece);
    co_timer_clear(&patience);
    return st;
}

static enum st send_large(struct sending *g, struct dot_stuff *d, size_t from) SUSPENDS
{
    size_t n = g->body.bytes.n;
    char *own = mem_new(PIECE);
    enum st st = ST_OK;

    for (size_t at = from, got; st == ST_OK && at < n && !stuff_is_over(d); at += got) {
        if (!g->is_held)
            st = email_body(g->s->account, g->e,
                            &g->body); /* it was there a moment ago: whatever this is, the connection ends */
        if (st != ST_OK)
            break;
        g->is_held = true;
        if (g->body.bytes.n != n)
            st = FAIL(ST_CORRUPT, "a body has another size than before");
        got = MIN(n - at, (size_t)PIECE);
        if (st == ST_OK) {
            memcpy(own, g->body.bytes.p + at, got);
            st = send_piece(g, d, str_n(own, got));
        }
    }
    mem_free(own);
    return st;
}

static enum st send_body(struct sending *g, struct dot_stuff *d, size_t from) SUSPENDS
{
    if (g->body.bytes.n - from > PIECE)
        return send_large(g, d, from);
    return send_stuffed(g->s, d, str_from(g->body.bytes, from));
}

/* In UTF-8 mode, and by far the most letters otherwise, go as they are. */
static bool needs_ascii(const struct sending *g)
{
    struct str header = str_sub(g->body.bytes, 0, g->e->rec.header_size);

    return !g->s->said.utf8 && g->s->set->pop3_utf8 != POP3_UTF8_AS_IS &&
           (ascii_header_is_due(header) || !str_is_ascii(g->e->prefix));
}

static enum st send_letter(struct sending *g, uint64_t lines, bool ascii) SUSPENDS
{
    struct pop3_session *s = g->s;
    size_t head = ascii ? MIN((size_t)g->e->rec.header_size, g->body.bytes.n) : 0;
    struct dot_stuff d;
    struct buf b;
    enum st st;

    stuff_init(&d, lines);
    buf_init(&b, 4 * ((size_t)LIMIT_HEADER + (size_t)LIMIT_MAIL_PREFIX));
    if (ascii) {
        ascii_header_make(g->e->prefix, &b);
        ascii_header_make(str_sub(g->body.bytes, 0, head), &b);
        if (b.over)
            st = FAIL(ST_LIMIT, "a header that is too large to be told in ASCII");
        else
            st = POP3_SAY(s, POP3_TEXT_FOLLOWS);
    } else {
        st = POP3_SAY(s, POP3_TEXT_OCTETS, (unsigned long long)g->e->size);
    }
    if (st == ST_OK)
        st = send_stuffed(s, &d, ascii ? buf_str(&b) : g->e->prefix);
    buf_free_memory(&b);
    if (st == ST_OK)
        st = send_body(g, &d, head);
    buf_fini(&b);
    return st == ST_OK ? stream_write(s->stream, stuff_end(&d)) : st;
}

static enum st say_unreadable(struct pop3_session *s, uint32_t number, enum st st) SUSPENDS
{
    if (st == ST_NOTFOUND)
        return POP3_SAY(s, POP3_TEXT_IS_GONE);
    LOG(POP3_MESSAGE_FAILED, lf_u64("number", number), lf_u64("uid", view_uid(s->view, number)),
        lf_z("status", st_name(st)), lf_err());
    return POP3_SAY(s, st == ST_CORRUPT ? POP3_TEXT_DAMAGED : POP3_TEXT_UNREADABLE, number, view_uid(s->view, number),
                    st_text(st));
}

static enum st retrieve(struct pop3_session *s, uint32_t number, uint64_t lines) SUSPENDS
{
    struct sending g = {.s = s};
    struct email e;
    bool ascii;
    enum st st = view_email(s->view, number, &s->cmd_arena, &e);

    g.e = &e;
    if (st == ST_OK)
        st = email_body(s->account, &e, &g.body);
    if (st != ST_OK)
        return say_unreadable(s, number, st);
    g.is_held = true;
    ascii = needs_ascii(&g);
    if (ascii && s->set->pop3_utf8 == POP3_UTF8_REFUSE) {
        let_go(&g);
        return POP3_REFUSE(s, POP3_TEXT_NEEDS_UTF8, number);
    }
    s->retrieved++;
    stream_set_deadline(s->stream, deadline_in(s->set->net_write_timeout + e.size * 1000 / SLOWEST));
    st = send_letter(&g, lines, ascii);
    stream_set_deadline(s->stream, NEVER);
    let_go(&g);
    return st;
}

enum st pop3_cmd_retr(struct pop3_cmd *c)
{
    uint64_t before = c->s->retrieved;
    uint32_t number;
    enum st st = pop3_message_arg(c, &number);

    if (st != ST_OK)
        return st == ST_DENIED ? ST_OK : st;
    TRY(retrieve(c->s, number, UINT64_MAX));
    if (c->s->retrieved > before)
        pop3_sent(c->s, number);
    return ST_OK;
}

enum st pop3_cmd_top(struct pop3_cmd *c)
{
    uint32_t number, lines;
    enum st st = pop3_message_arg(c, &number);

    if (st != ST_OK)
        return st == ST_DENIED ? ST_OK : st;
    if (str_u32(pop3_word(&c->args), UINT32_MAX, &lines) != ST_OK)
        return POP3_REFUSE(c->s, POP3_TEXT_SYNTAX, "TOP message lines");
    return retrieve(c->s, number, lines);
}
