/* What lists: STAT, LIST, UIDL, CAPA; and NOOP. */
#include "pop3/session.h"

#include <stdio.h>

static enum st no_such_message(struct pop3_cmd *c) SUSPENDS
{
    TRY(pop3_refuse(c->s, "-ERR No such message"));
    return ST_DENIED;
}

enum st pop3_message_arg(struct pop3_cmd *c, uint32_t *out_number)
{
    uint32_t number;

    if (str_u32(pop3_word(&c->args), UINT32_MAX, &number) != ST_OK || number == 0 || number > c->s->count)
        return no_such_message(c);
    if (pop3_is_deleted(c->s, number)) {
        TRY(pop3_refuse(c->s, "-ERR The message is marked as deleted"));
        return ST_DENIED;
    }
    *out_number = number;
    return ST_OK;
}

struct str pop3_uid(const struct pop3_session *s, uint32_t number, char text[24])
{
    int n = snprintf(text, 24, "%u.%u", view_info(s->view)->uidvalidity, view_uid(s->view, number));

    return str_n(text, (size_t)n);
}

enum st pop3_cmd_stat(struct pop3_cmd *c)
{
    struct pop3_session *s = c->s;

    return stream_writef(s->stream, "+OK %u %llu\r\n", s->count - s->n_deleted,
                         (unsigned long long)(s->bytes - s->deleted_bytes));
}

enum st pop3_cmd_noop(struct pop3_cmd *c)
{
    return stream_write(c->s->stream, STR("+OK\r\n"));
}

enum st pop3_cmd_capa(struct pop3_cmd *c)
{
    return pop3_write_capa(c->s->stream, CAPA_CLEAR,
                           SASL_CLEAR); /* what held before the login stays listed (RFC 2449 section 5) */
}

static void add_size(const struct pop3_session *s, uint32_t number, struct buf *out)
{
    struct mail_msg m;

    view_msg(s->view, number, &m);
    buf_add_u64(out, m.size);
}

static void add_uid(const struct pop3_session *s, uint32_t number, struct buf *out)
{
    char text[24];

    buf_add(out, pop3_uid(s, number, text));
}

typedef void add_fn(const struct pop3_session *s, uint32_t number, struct buf *out);

static enum st flush_lines(struct pop3_session *s, struct buf *b) SUSPENDS
{
    enum st st = stream_write(s->stream, buf_str(b));

    buf_clear(b);
    return st;
}

/* "+OK", a line a message that is not marked, "." */
static enum st list_all(struct pop3_session *s, add_fn *add) SUSPENDS
{
    enum st st = stream_writef(s->stream, "+OK %u messages\r\n", s->count - s->n_deleted);
    struct buf b;

    buf_init(&b, 16384);
    for (uint32_t i = 1; i <= s->count && st == ST_OK; i++) {
        if (pop3_is_deleted(s, i))
            continue;
        buf_add_u64(&b, i);
        buf_addc(&b, ' ');
        add(s, i, &b);
        buf_addz(&b, "\r\n");
        if (b.n > b.max - 100)
            st = flush_lines(s, &b);
    }
    buf_addz(&b, ".\r\n");
    if (st == ST_OK)
        st = flush_lines(s, &b);
    buf_fini(&b);
    return st;
}

static enum st list(struct pop3_cmd *c, add_fn *add) SUSPENDS
{
    struct pop3_session *s = c->s;
    uint32_t number;
    struct buf b;
    enum st st;

    if (!c->args.n)
        return list_all(s, add);
    st = pop3_message_arg(c, &number);
    if (st != ST_OK)
        return st == ST_DENIED ? ST_OK : st;
    buf_init(&b, 100);
    buf_addf(&b, "+OK %u ", number);
    add(s, number, &b);
    buf_addz(&b, "\r\n");
    st = flush_lines(s, &b);
    buf_fini(&b);
    return st;
}

enum st pop3_cmd_list(struct pop3_cmd *c)
{
    return list(c, add_size);
}

enum st pop3_cmd_uidl(struct pop3_cmd *c)
{
    return list(c, add_uid);
}
