/* APPEND (RFC 3501 6.3.11) with APPENDUID (RFC 4315). The message is scanned while it arrives, taken byte for byte,
 * and a large one is staged before its commit. */
#include "imap/session.h"
#include "mail/keep.h"
#include "mime/date.h"
#include "mime/scan.h"

#define APPEND_FREE                                                                                                    \
    262144 /* bytes that each APPEND may hold without asking: small messages go through whatever others do */

/* Bytes beyond that, of all APPENDs under way on this core: what users send and never finish must not eat the memory of all. */
static _Thread_local uint64_t append_held;

struct append {
    struct str mailbox;
    struct imap_flags flags;
    uint64_t internal_date_us; /* 0: now */
    uint64_t size;
    bool sync;
};

static enum st parse_datetime(struct imap_lexer *lx, uint64_t *out) SUSPENDS
{
    struct mime_date date;
    struct str text;

    TRY(imap_lex_string(lx, &text));
    if (imap_datetime_parse(text, &date) != ST_OK)
        return FAIL(ST_SYNTAX, "Expected a date like \" 1-Jan-2026 10:00:00 +0100\"");
    *out = date.wall_us > 0 ? (uint64_t)date.wall_us : 1;
    return ST_OK;
}

/* Up to the literal, which is left where it is. */
static enum st append_parse(struct imap_lexer *lx, struct append *out) SUSPENDS
{
    struct append a = {0};

    TRY(imap_lex_sp(lx));
    TRY(imap_lex_mailbox(lx, &a.mailbox));
    TRY(imap_lex_sp(lx));
    if (imap_lex_peek(lx) == '(') {
        TRY(imap_lex_flags(lx, false, &a.flags));
        TRY(imap_lex_sp(lx));
    }
    if (imap_lex_peek(lx) == '"') {
        TRY(parse_datetime(lx, &a.internal_date_us));
        TRY(imap_lex_sp(lx));
    }
    TRY(imap_lex_literal_head(lx, &a.size, &a.sync));
    *out = a;
    return ST_OK;
}

/* What can be known before the message is sent: so that it need not be. */
static enum st append_check(struct imap_cmd *c, const struct append *a) SUSPENDS
{
    struct mailbox_info info;
    enum st st;

    if (a->size > c->s->set->imap_max_append_size || a->size > LIMIT_MESSAGE) {
        c->code = STR("TOOBIG");
        return FAIL(ST_LIMIT, "The message is too large");
    }
    if (a->size == 0)
        return FAIL(ST_DENIED, "A message of no bytes");
    st = mailbox_status(c->s->account, &c->s->cmd_arena, a->mailbox, &info);
    if (st == ST_NOTFOUND || (st == ST_OK && info.noselect)) {
        c->code = STR("TRYCREATE");
        return FAIL(ST_NOTFOUND, "There is no such mailbox");
    }
    return st == ST_OK ? account_has_room(c->s->account, a->size, 1) : st;
}

struct arriving {
    struct buf letter, record;
    struct mime_scan scan;
    uint64_t held; /* of append_held */
    bool has_nul, too_much;
};

static void give_back(struct arriving *r)
{
    append_held -= r->held;
    r->held = 0;
}

static void keep(struct imap_session *s, struct arriving *r, struct str piece)
{
    if (r->letter.n + piece.n > APPEND_FREE) {
        r->too_much |= append_held + piece.n > s->set->imap_append_memory;
        if (r->too_much) {
            give_back(r);
            buf_free_memory(&r->letter);
            return;
        }
        append_held += piece.n;
        r->held += piece.n;
    }
    r->has_nul |= memchr(piece.p, '\0', piece.n) != NULL;
    mime_scan_feed(&r->scan, piece);
    buf_add(&r->letter, piece);
}

/* The literal's bytes, scanned as they come. */
static enum st take_literal(struct imap_cmd *c, const struct append *a, struct arriving *r) SUSPENDS
{
    struct imap_conn *conn = &c->s->conn;
    struct str piece;

    if (a->sync)
        imap_put(conn, STR("+ OK\r\n"));
    for (uint64_t left = a->size; left > 0; left -= piece.n) {
        TRY(imap_conn_bytes(conn, left, &piece));
        if (!r->too_much)
            keep(c->s, r, piece);
        stream_eat(conn->stream, piece.n);
    }
    TRY(imap_lex_next_line(&c->lx));
    TRY(imap_lex_end(&c->lx));
    if (r->too_much)
        return FAIL(ST_TRYLATER, "Too many large messages are arriving at the same time");
    return r->has_nul ? FAIL(ST_DENIED, "A message with a NUL in it") : ST_OK; /* RFC 3501 9, CHAR8 */
}

static enum st append_commit(struct imap_cmd *c, const struct append *a, struct str record, struct buf *letter) SUSPENDS
{
    struct imap_session *s = c->s;
    struct new_mail mail = {.record = record,
                            .flags = a->flags.bits,
                            .keywords = a->flags.keywords,
                            .n_keywords = a->flags.n_keywords,
                            .internal_date_us = a->internal_date_us};
    uint32_t uidvalidity, *uids;
    enum st st;

    if (letter->n > LIMIT_APPEND_INLINE) {
        TRY(mail_stage(s->account, buf_str(letter), &mail.stage));
        buf_free_memory(letter);
    } else {
        mail.bytes = buf_str(letter);
    }
    st = mail_append(s->account, a->mailbox, &mail, 1, &s->cmd_arena, &uidvalidity, &uids);
    if (st == ST_NOTFOUND)
        c->code = STR("TRYCREATE");
    TRY(st);
    c->code = arena_printf(&s->cmd_arena, "APPENDUID %u %u", uidvalidity, uids[0]);
    return ST_OK;
}

static enum st append_run(struct imap_cmd *c, const struct append *a) SUSPENDS
{
    struct arriving *r = MEM_NEW(struct arriving);
    enum st st;

    buf_init(&r->letter, (size_t)a->size);
    buf_init(&r->record, LIMIT_MIME_RECORD);
    mime_scan_init(&r->scan);
    st = take_literal(c, a, r);
    if (st == ST_OK) {
        mime_scan_end(&r->scan, &r->record);
        st = append_commit(c, a, buf_str(&r->record), &r->letter);
    }
    give_back(r);
    mime_scan_fini(&r->scan);
    buf_fini(&r->record);
    buf_fini(&r->letter);
    mem_free(r);
    return st;
}

enum st cmd_append(struct imap_cmd *c)
{
    struct append a;

    TRY(append_parse(&c->lx, &a));
    TRY(append_check(c, &a));
    return append_run(c, &a);
}
