/* What lists: STAT, LIST, UIDL, CAPA; and what asks nothing of the mailbox. */
#include "base/retention.h"
#include "pop3/session.h"
#include "sasl/sasl.h"

#define TURN_LINES 2048 /* then others have the core */
#define LINE_MS 100     /* for each line, and net_write_timeout, at most: about 100 bytes, at 1,000 a second */

static enum st refused(enum st st)
{
    return st == ST_OK ? ST_DENIED : st;
}

enum st pop3_message_arg(struct pop3_cmd *c, uint32_t *out_number)
{
    struct pop3_session *s = c->s;
    uint32_t number;

    if (str_u32(pop3_word(&c->args), UINT32_MAX, &number) != ST_OK || number == 0)
        return refused(POP3_REFUSE(s, POP3_TEXT_NO_NUMBER, s->count));
    if (number > s->count)
        return refused(POP3_REFUSE(s, POP3_TEXT_NO_MESSAGE));
    if (pop3_bit(s->deleted, number))
        return refused(POP3_REFUSE(s, POP3_TEXT_IS_MARKED, number));
    *out_number = number;
    return ST_OK;
}

/* --- unique ids ----------------------------------------------------------------------------------------------- */

enum st pop3_uidls_begin(struct pop3_session *s)
{
    if (s->uidls_known)
        return ST_OK;
    TRY(view_uidls(s->view, s->uidl_format, &s->arena, &s->uidls));
    s->uidls_known = true;
    return ST_OK;
}

void pop3_uidl(const struct pop3_session *s, uint32_t number, struct buf *out)
{
    struct mail_msg m;
    struct str own = mail_uidl_of(&s->uidls, view_uid(s->view, number));

    if (own.n) {
        buf_add(out, own);
        return;
    }
    view_msg(s->view, number, &m);
    mail_uidl_make(s->view, s->uidl_format, &m, out);
}

/* --- commands ---------------------------------------------------------------------------------------------------- */

enum st pop3_cmd_stat(struct pop3_cmd *c)
{
    struct pop3_session *s = c->s;

    return stream_writef(s->stream, "+OK %u %llu\r\n", s->count - s->n_deleted,
                         (unsigned long long)(s->bytes - s->deleted_bytes));
}

enum st pop3_cmd_noop(struct pop3_cmd *c)
{
    return POP3_SAY(c->s, POP3_TEXT_DONE);
}

enum st pop3_cmd_utf8(struct pop3_cmd *c)
{
    c->s->said.utf8 = true;
    return POP3_SAY(c->s, POP3_TEXT_UTF8_ON);
}

enum st pop3_cmd_lang(struct pop3_cmd *c)
{
    struct pop3_session *s = c->s;
    bool failed;

    TRY(pop3_run_lang(s->stream, pop3_word(&c->args), pop3_preferred(s->set), &s->said, &failed));
    s->errors += failed;
    return ST_OK;
}

static void add_size(const struct pop3_session *s, uint32_t number, struct buf *out)
{
    struct mail_msg m;

    view_msg(s->view, number, &m);
    buf_add_u64(out, m.size);
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
    struct buf b;
    enum st st;

    stream_set_deadline(s->stream, deadline_in(s->set->net_write_timeout + (uint64_t)s->count * LINE_MS));
    st = POP3_SAY(s, POP3_TEXT_MESSAGES, s->count - s->n_deleted);
    buf_init(&b, 16384);
    for (uint32_t i = 1; i <= s->count && st == ST_OK; i++) {
        if (i % TURN_LINES == 0)
            co_yield ();
        if (pop3_bit(s->deleted, i))
            continue;
        buf_add_u64(&b, i);
        buf_addc(&b, ' ');
        add(s, i, &b);
        buf_addz(&b, "\r\n");
        if (b.n > b.max - 200)
            st = flush_lines(s, &b);
    }
    buf_addz(&b, ".\r\n");
    if (st == ST_OK)
        st = flush_lines(s, &b);
    stream_set_deadline(s->stream, NEVER);
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
    buf_init(&b, 200);
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
    struct pop3_session *s = c->s;
    enum st st = pop3_uidls_begin(s);

    if (st == ST_OK)
        return list(c, pop3_uidl);
    LOG(POP3_MAILBOX_FAILED, lf_z("status", st_name(st)), lf_err());
    return POP3_REFUSE(s, POP3_TEXT_TEMPORARY);
}

/* What held before the login stays listed (RFC 2449 section 5), with the numbers that hold for this account. */
enum st pop3_cmd_capa(struct pop3_cmd *c)
{
    struct pop3_session *s = c->s;
    struct pop3_capa capa = {.have = CAPA_CLEAR,
                             .mechanisms = s->opt.mechanisms,
                             .delay_s = pop3_login_delay(s),
                             .expire_days = retention_expire_days(s->retention)};

    return pop3_write_capa(s->stream, s->said.lang, &capa);
}
