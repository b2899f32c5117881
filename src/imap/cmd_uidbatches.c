/* UIDBATCHES (RFC 10022): the selected mailbox as ranges of uids, each with so many messages, from the highest one down. Ranges lie one beside
 * the other, and the last one ends with 1 (section 3.1.4). */
#include "imap/session.h"

enum {
    SIZE_LEAST = 500,   /* messages of a batch (section 3.1.3.2): numbers of messages are not to be found out with it */
    SPAN_MOST = 100000, /* messages of a range of batches (section 3.1.5) */
    BATCHES_MOST = 1000, /* in one answer, which is one line */
    REQUESTS_MOST = 256, /* that are remembered, and answered before things change */
};

struct request {
    uint32_t size, lo, hi; /* lo 0: all batches */
};

/* Which were answered, and what was in the mailbox before the first of them. */
struct imap_batches {
    uint32_t exists, uidnext;
    size_t n, cap;
    struct request *asked;
};

void imap_batches_forget(struct imap_session *s)
{
    if (s->batches)
        mem_free(s->batches->asked);
    mem_free(TAKE(s->batches));
}

static enum st batches_parse(struct imap_cmd *c, struct request *out)
{
    struct imap_lexer *lx = &c->lx;
    struct request r = {0};

    TRY(imap_lex_sp(lx));
    TRY(imap_lex_number(lx, &r.size));
    if (!r.size)
        return FAIL(ST_SYNTAX, "A batch has messages");
    if (imap_lex_take(lx, ' ') && imap_lex_peek(lx) >= 0) {
        TRY(imap_lex_number(lx, &r.lo));
        TRY(imap_lex_want(lx, ':'));
        TRY(imap_lex_number(lx, &r.hi));
        if (!r.lo || !r.hi)
            return FAIL(ST_SYNTAX, "Batches are counted from 1");
    }
    TRY(imap_lex_end(lx));
    if (r.lo > r.hi) {
        c->code = STR("CLIENTBUG");
        return FAIL(ST_SYNTAX, "Invalid batch range");
    }
    *out = r;
    return ST_OK;
}

static uint32_t batches_of(const struct view *v, uint32_t size)
{
    return (uint32_t)(((uint64_t)view_count(v) + size - 1) / size);
}

static enum st check_size(struct imap_cmd *c, const struct request *r)
{
    if (r->size < SIZE_LEAST) {
        c->code = STR("TOOFEW");
        return FAIL(ST_LIMIT, "Minimum batch size is %d", SIZE_LEAST);
    }
    if (r->lo ? (r->hi - r->lo + 1ull) * r->size > SPAN_MOST : batches_of(c->s->view, r->size) > BATCHES_MOST) {
        c->code = STR("TOOMANY");
        return FAIL(ST_LIMIT, r->lo ? "Too many messages" : "Too many messages in mailbox");
    }
    return ST_OK;
}

/* Section 3.1.1: half a batch has gone or come since the first request that is remembered. */
static bool has_changed(const struct imap_batches *b, const struct view *v, uint32_t size)
{
    uint32_t old = view_seq_from(v, b->uidnext) - 1, gone = b->exists - old, come = view_count(v) - old;

    return gone > size / 2 || come >= size - size / 2;
}

static bool was_asked(const struct imap_batches *b, const struct request *r)
{
    for (size_t i = 0; i < b->n; i++)
        if (memcmp(&b->asked[i], r, sizeof *r) == 0)
            return true;
    return false;
}

/* The same is not asked again while it is nearly the same in the mailbox (sections 3.1.1 and 6). One that is empty answers always (section 3.1.6). */
static enum st remember(struct imap_session *s, const struct request *r)
{
    uint32_t count = view_count(s->view);

    if (!count)
        return ST_OK;
    if (s->batches && has_changed(s->batches, s->view, r->size))
        imap_batches_forget(s);
    if (!s->batches) {
        s->batches = MEM_NEW(struct imap_batches);
        s->batches->exists = count;
        s->batches->uidnext = view_uid(s->view, count) + 1;
    }
    struct imap_batches *b = s->batches;

    if (was_asked(b, r) || b->n == REQUESTS_MOST)
        return FAIL(ST_LIMIT, "Less than half a batch has changed since that was asked");
    if (b->n == b->cap) {
        b->cap = b->cap ? b->cap * 2 : 4;
        b->asked = mem_resize(b->asked, b->cap * sizeof *b->asked);
    }
    b->asked[b->n++] = *r;
    return ST_OK;
}

/* Batch k, from 1. Its upper end is beside the lower end of the one before it. */
static void put_batch(struct imap_session *s, uint32_t size, uint32_t k, uint32_t last, bool first) SUSPENDS
{
    const struct view *v = s->view;
    uint32_t count = view_count(v), top = count - (k - 1) * size;
    uint32_t from = k == 1 ? view_uid(v, top) : view_uid(v, top + 1) - 1;
    char *p = imap_room(&s->conn, 32);

    *p++ = first ? ' ' : ',';
    p = imap_digits(p, from);
    *p++ = ':';
    imap_wrote(&s->conn, imap_digits(p, k == last ? 1 : view_uid(v, top - size + 1)));
}

enum st cmd_uidbatches(struct imap_cmd *c)
{
    struct imap_session *s = c->s;
    uint32_t last, lo, hi;
    struct request r;

    TRY(batches_parse(c, &r));
    TRY(check_size(c, &r));
    TRY(remember(s, &r));
    last = batches_of(s->view, r.size);
    lo = r.lo ? r.lo : 1;
    hi = r.lo ? MIN(r.hi, last) : last;
    imap_put(&s->conn, STR("* UIDBATCHES (TAG \""));
    imap_put(&s->conn, c->tag);
    imap_put(&s->conn, STR("\")"));
    for (uint32_t k = lo; k <= hi; k++)
        put_batch(s, r.size, k, last, k == lo);
    imap_put(&s->conn, STR("\r\n"));
    return ST_OK;
}
