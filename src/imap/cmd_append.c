/* APPEND (RFC 3501 6.3.11) with APPENDUID (RFC 4315), of several messages at once (RFC 3502): all or none, in one commit. Each
 * is scanned while it arrives, taken byte for byte. A small one is kept in memory for the commit; a large one goes to the disk as
 * it comes, and is staged when it is there. */
#include "base/metrics.h"
#include "co/co.h"
#include "imap/list.h"
#include "imap/message_limit.h"
#include "imap/notify.h"
#include "imap/url_text.h"
#include "mail/shared.h"
#include "mime/date.h"
#include "mime/scan.h"

#define APPEND_FREE                                                                                                    \
    262144 /* bytes that each APPEND may hold without asking: small messages go through whatever others do */
#define APPEND_PIECE 131072        /* of a large one that goes to the disk at a time */
#define TEXT_PIECE 65536           /* of a part of another message, between turns of others */
#define BADURL_MAX 500             /* of a URL that is named in an answer */
#define APPEND_MOST 1000           /* messages of one */
#define APPEND_TOGETHER (32 << 20) /* bytes of its small messages: they are in one commit */

/* Of all APPENDs under way on this core: bytes in memory beyond that, and bytes of large messages on the disk. What users send and
 * never finish must not eat the room of all. */
static _Thread_local uint64_t append_held, append_spooled;

struct append { /* one of the messages */
    struct imap_flags flags;
    uint64_t internal_date_us; /* 0: now */
    uint64_t size;
    bool is_catenate;                   /* its parts follow (RFC 4469) */
    bool sync, is_binary;               /* is_binary: it came as literal8 (RFC 3516 section 7) */
    bool is_utf8;                       /* in "UTF8 (...)" (RFC 6855 section 4) */
    uint32_t uid, uidvalidity, uidnext; /* as in new_mail */
    struct str uidl;                    /* the same */
};

struct batch {
    struct str mailbox;
    struct new_mail *mails;
    struct buf *letters, *records; /* what they point to */
    size_t n, cap;
    uint64_t held;     /* of append_held */
    uint64_t together; /* bytes in `letters` */
    uint32_t replaced; /* REPLACE: the uid of the message that goes; 0: APPEND */
    uint64_t goes;     /* its bytes */
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

/* " UIDL id" and " UID uid uidvalidity uidnext", before all else: of the command line only, for mail that keeps its unique id of POP3, and
 * its uids. The id lives as long as the command. */
static enum st parse_origin(struct imap_lexer *lx, struct arena *ar, struct append *out)
{
    if (str_istarts(str_from(lx->line, lx->at), STR(" UIDL "))) {
        lx->at += 6;
        out->uidl = arena_str(ar, str_sub(lx->line, lx->at, str_find(str_from(lx->line, lx->at), ' ')));
        lx->at += out->uidl.n;
    }
    if (!str_istarts(str_from(lx->line, lx->at), STR(" UID ")))
        return ST_OK;
    lx->at += 5;
    TRY(imap_lex_number(lx, &out->uid));
    TRY(imap_lex_sp(lx));
    TRY(imap_lex_number(lx, &out->uidvalidity));
    TRY(imap_lex_sp(lx));
    return imap_lex_number(lx, &out->uidnext);
}

/* Up to the literal, which is left where it is. */
static enum st append_parse(struct imap_lexer *lx, struct append *out) SUSPENDS
{
    struct append a = *out;

    TRY(imap_lex_sp(lx));
    if (imap_lex_peek(lx) == '(') {
        TRY(imap_lex_flags(lx, false, &a.flags));
        TRY(imap_lex_sp(lx));
    }
    if (imap_lex_peek(lx) == '"') {
        TRY(parse_datetime(lx, &a.internal_date_us));
        TRY(imap_lex_sp(lx));
    }
    a.is_catenate = imap_lex_may(lx, "CATENATE") && imap_lex_take_word(lx, STR("CATENATE"));
    if (a.is_catenate) {
        TRY(imap_lex_sp(lx));
        TRY(imap_lex_want(lx, '('));
        *out = a;
        return ST_OK;
    }
    a.is_utf8 = imap_lex_may(lx, "UTF8=ACCEPT") && imap_lex_take_word(lx, STR("UTF8"));
    if (a.is_utf8) {
        TRY(imap_lex_sp(lx));
        TRY(imap_lex_want(lx, '('));
        TRY(imap_lex_want(lx, '~'));
    }
    a.is_binary = a.is_utf8 || (imap_lex_may(lx, "BINARY") && imap_lex_take(lx, '~'));
    TRY(imap_lex_literal_head(lx, &a.size, &a.sync));
    *out = a;
    return ST_OK;
}

uint64_t imap_append_limit(const struct imap_session *s)
{
    return MIN(s->set->imap_max_append_size, (uint64_t)LIMIT_MESSAGE);
}

static enum st fits(struct imap_cmd *c, uint64_t size)
{
    if (size <= imap_append_limit(c->s))
        return ST_OK;
    c->code = STR("TOOBIG");
    return FAIL(ST_LIMIT, "The message is too large");
}

/* What can be known before the message is sent: so that it need not be. */
static enum st append_check(struct imap_cmd *c, const struct batch *b, const struct append *a) SUSPENDS
{
    uint64_t more = b->replaced && a->size <= b->goes ? 0 : a->size - b->goes;
    enum st st;

    TRY(fits(c, a->size));
    if (a->size == 0 && !a->is_catenate) /* RFC 3502 6.3.11: cancels it */
        return FAIL(ST_DENIED, "A message of no bytes");
    TRY(imap_check_limit(c, true, b->n + 1, 0));
    if (b->n == APPEND_MOST || b->together + a->size > APPEND_TOGETHER + LIMIT_MESSAGE)
        return FAIL(ST_LIMIT, "Too many messages at once");
    if (b->n)
        return ST_OK;
    st = mailbox_has_room(c->s->account, b->mailbox, more, b->replaced ? 0 : 1);
    if (st == ST_NOTFOUND) {
        c->code = STR("TRYCREATE");
        return FAIL(ST_NOTFOUND, "There is no such mailbox");
    }
    return st;
}

struct arriving {
    struct buf letter, record; /* of a large one, what the spool does not have yet */
    struct mime_scan scan;
    struct blob_spool *spool; /* of a large one */
    uint64_t held, spooled;   /* of append_held, append_spooled */
    uint64_t together;        /* what the messages before hold */
    uint64_t size;            /* of the parts so far (CATENATE) */
    uint64_t ascii;           /* so many bytes are, before the first that is not */
    bool has_nul, has_8bit;
    enum st failed; /* why the rest of it is thrown away */
    struct err why;
};

static void give_back(struct arriving *r) SUSPENDS
{
    append_held -= r->held;
    append_spooled -= r->spooled;
    r->held = r->spooled = 0;
    mail_spool_free(TAKE(r->spool));
}

static enum st spill(struct arriving *r) SUSPENDS
{
    TRY(mail_spool_add(r->spool, buf_str(&r->letter)));
    buf_clear(&r->letter);
    return ST_OK;
}

/* Counts `more` bytes in `all`, of which this message has `own`. */
static enum st count(uint64_t more, uint64_t *all, uint64_t *own, uint64_t most)
{
    if (*all + more > most)
        return FAIL(ST_TRYLATER, "Too many large messages are arriving at the same time");
    *all += more;
    *own += more;
    return ST_OK;
}

/* It has become a large one: what is in memory is the disk's from now on. */
static enum st go_to_spool(struct imap_session *s, struct arriving *r) SUSPENDS
{
    append_held -= r->held;
    r->held = 0;
    TRY(count(r->letter.n, &append_spooled, &r->spooled, s->set->imap_append_spool));
    r->spool = mail_spool_new(s->account);
    return spill(r);
}

static enum st keep(struct imap_session *s, struct arriving *r, struct str piece) SUSPENDS
{
    if (!r->spool && r->letter.n + piece.n > LIMIT_APPEND_INLINE)
        TRY(go_to_spool(s, r));
    if (r->spool) {
        TRY(count(piece.n, &append_spooled, &r->spooled, s->set->imap_append_spool));
        if (r->letter.n + piece.n > APPEND_PIECE)
            TRY(spill(r));
    } else if (r->together + r->letter.n + piece.n > APPEND_FREE) {
        TRY(count(piece.n, &append_held, &r->held, s->set->imap_append_memory));
    }
    buf_add(&r->letter, piece);
    return ST_OK;
}

static void look_for_8bit(struct arriving *r, struct str piece)
{
    size_t n = 0;

    if (r->has_8bit)
        return;
    r->has_8bit = !str_is_ascii(piece);
    while (n < piece.n && !(piece.p[n] & 0x80))
        n++;
    r->ascii += n;
}

/* Whatever becomes of it, the rest has to be read. */
static void take_piece(struct imap_session *s, struct arriving *r, struct str piece) SUSPENDS
{
    r->has_nul |= memchr(piece.p, '\0', piece.n) != NULL;
    look_for_8bit(r, piece);
    mime_scan_feed(&r->scan, piece);
    r->failed = keep(s, r, piece);
    if (r->failed == ST_OK)
        return;
    r->why = *err_get();
    give_back(r);
    buf_free_memory(&r->letter);
}

/* The literal's bytes, scanned as they come, and the line behind it. */
static enum st take_bytes(struct imap_cmd *c, uint64_t size, bool sync, struct arriving *r) SUSPENDS
{
    struct imap_conn *conn = &c->s->conn;
    struct str piece;

    if (sync)
        imap_put(conn, STR("+ OK\r\n"));
    for (uint64_t left = size; left > 0; left -= piece.n) {
        TRY(imap_conn_bytes(conn, left, &piece));
        if (r->failed == ST_OK)
            take_piece(c->s, r, piece);
        stream_eat(conn->stream, piece.n);
    }
    return imap_lex_next_line(&c->lx);
}

/* --- CATENATE (RFC 4469): the message consists of literals and of parts of messages that are here --- */

static enum st grows_by(struct imap_cmd *c, struct arriving *r, uint64_t n)
{
    TRY(fits(c, r->size + n));
    r->size += n;
    return ST_OK;
}

/* What the response code can't hold is encoded; an astring may have any byte. */
static struct str badurl_code(struct arena *a, struct str url)
{
    struct buf b;
    struct str out;

    buf_init(&b, 4 * BADURL_MAX);
    buf_addz(&b, "BADURL ");
    for (size_t i = 0; i < MIN(url.n, (size_t)BADURL_MAX); i++) {
        unsigned char ch = (unsigned char)url.p[i];

        if (ch <= ' ' || ch > '~' || ch == ']' || ch == '\\' || ch == '"')
            buf_addf(&b, "%%%02X", ch);
        else
            buf_addc(&b, (char)ch);
    }
    out = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return out;
}

static void take_text(struct imap_session *s, struct arriving *r, struct str text) SUSPENDS
{
    for (; text.n && r->failed == ST_OK; text = str_from(text, TEXT_PIECE)) {
        take_piece(s, r, str_sub(text, 0, TEXT_PIECE));
        co_yield ();
    }
}

static enum st add_url(struct imap_cmd *c, struct arriving *r, const struct imap_url *u) SUSPENDS
{
    struct url_text t;
    enum st st;

    TRY(url_text_open(c->s->account, &c->s->cmd_arena, u, &t));
    st = grows_by(c, r, t.bytes.first.n + t.bytes.second.n);
    if (st == ST_OK) {
        take_text(c->s, r, t.bytes.first);
        take_text(c->s, r, t.bytes.second);
    }
    url_text_close(&t);
    return st;
}

/* Of this server and this user, by their path alone (section 3); what a URL authorizes is none of CATENATE's. */
static enum st take_url(struct imap_cmd *c, struct arriving *r) SUSPENDS
{
    struct imap_url u;
    struct str text;
    enum st st;

    TRY(imap_lex_sp(&c->lx));
    TRY(imap_lex_astring(&c->lx, &text));
    st = imap_url_parse(&c->s->cmd_arena, text, &u);
    if (st == ST_OK && (u.is_absolute || u.access))
        st = FAIL(ST_DENIED, "Not a path of this session");
    if (st == ST_OK)
        st = add_url(c, r, &u);
    if (st != ST_SYNTAX && st != ST_NOTFOUND && st != ST_DENIED)
        return st;
    c->code = badurl_code(&c->s->cmd_arena, text);
    return FAIL(ST_DENIED, "That URL leads nowhere: %s", arena_cstr(&c->s->cmd_arena, str_z(err_get()->text)));
}

static enum st take_part(struct imap_cmd *c, struct append *a, struct arriving *r) SUSPENDS
{
    uint64_t size;
    bool sync;

    a->is_binary |= imap_lex_take(&c->lx, '~');
    TRY(imap_lex_literal_head(&c->lx, &size, &sync));
    TRY(grows_by(c, r, size));
    return take_bytes(c, size, sync, r);
}

static enum st take_text_part(struct imap_cmd *c, struct append *a, struct arriving *r) SUSPENDS
{
    TRY(imap_lex_sp(&c->lx));
    return take_part(c, a, r);
}

/* RFC 6855 section 4 */
static enum st take_utf8_part(struct imap_cmd *c, struct append *a, struct arriving *r) SUSPENDS
{
    TRY(imap_lex_sp(&c->lx));
    TRY(imap_lex_want(&c->lx, '('));
    if (imap_lex_peek(&c->lx) != '~')
        return FAIL(ST_SYNTAX, "Expected a literal8");
    TRY(take_part(c, a, r));
    return imap_lex_want(&c->lx, ')');
}

static enum st take_parts(struct imap_cmd *c, struct append *a, struct arriving *r) SUSPENDS
{
    for (unsigned n = 1;; n++) {
        if (imap_lex_take_word(&c->lx, STR("URL")))
            TRY(take_url(c, r));
        else if (imap_lex_take_word(&c->lx, STR("TEXT")))
            TRY(take_text_part(c, a, r));
        else if (imap_lex_may(&c->lx, "UTF8=ACCEPT") && imap_lex_take_word(&c->lx, STR("UTF8")))
            TRY(take_utf8_part(c, a, r));
        else
            return FAIL(ST_SYNTAX, "Expected URL or TEXT");
        if (r->failed != ST_OK)
            return ST_OK;
        if (!imap_lex_take(&c->lx, ' '))
            break;
        if (n == LIMIT_IMAP_CATENATE_PARTS)
            return FAIL(ST_LIMIT, "Too many parts");
    }
    TRY(imap_lex_want(&c->lx, ')'));
    return r->size ? ST_OK : FAIL(ST_DENIED, "A message of no bytes");
}

/* --- a message ------------------------------------------------------------------------------------ */

static enum st take_message(struct imap_cmd *c, struct append *a, struct arriving *r) SUSPENDS
{
    if (a->is_catenate) {
        TRY(take_parts(c, a, r));
    } else {
        TRY(take_bytes(c, a->size, a->sync, r));
        if (a->is_utf8)
            TRY(imap_lex_want(&c->lx, ')'));
    }
    if (r->failed != ST_OK)
        return FAIL(r->failed, "%s", r->why.text);
    if (!r->has_nul)
        return ST_OK;
    if (a->is_binary) /* what has NULs is not kept: BODY could not show it (RFC 3516 section 4.4) */
        c->code = STR("UNKNOWN-CTE");
    return FAIL(ST_DENIED, "A message with a NUL in it"); /* RFC 3501 9, CHAR8 */
}

static void batch_room(struct batch *b)
{
    if (b->n < b->cap)
        return;
    b->cap = MAX(b->cap * 2, (size_t)1);
    b->mails = mem_resize(b->mails, b->cap * sizeof *b->mails);
    b->letters = mem_resize(b->letters, b->cap * sizeof *b->letters);
    b->records = mem_resize(b->records, b->cap * sizeof *b->records);
}

static enum st stage_arrived(struct imap_session *s, struct arriving *r, struct blob_stage **out) SUSPENDS
{
    if (r->spool) {
        TRY(spill(r));
        TRY(mail_spool_stage(r->spool, out));
    } else {
        TRY(mail_stage(s->account, buf_str(&r->letter), out));
    }
    buf_free_memory(&r->letter);
    give_back(r);
    return ST_OK;
}

/* The letter that has arrived is kept until the commit: in memory, or in the store. */
static enum st batch_add(struct imap_session *s, struct batch *b, const struct append *a, struct arriving *r) SUSPENDS
{
    struct blob_stage *stage = NULL;

    if (r->spool || b->together + r->letter.n > APPEND_TOGETHER)
        TRY(stage_arrived(s, r, &stage));
    batch_room(b);
    b->letters[b->n] = r->letter;
    b->records[b->n] = r->record;
    b->mails[b->n] = (struct new_mail){.record = buf_str(&r->record),
                                       .bytes = stage ? STR_NONE : buf_str(&r->letter),
                                       .stage = stage,
                                       .flags = a->flags.bits,
                                       .keywords = a->flags.keywords,
                                       .n_keywords = a->flags.n_keywords,
                                       .internal_date_us = a->internal_date_us,
                                       .uid = a->uid,
                                       .uidl = a->uidl,
                                       .uidvalidity = a->uidvalidity,
                                       .uidnext = a->uidnext};
    b->n++;
    b->together += r->letter.n;
    b->held += r->held;
    r->held = 0;
    buf_init(&r->letter, 0); /* the batch has them */
    buf_init(&r->record, 0);
    return ST_OK;
}

static void batch_free(struct imap_session *s, struct batch *b)
{
    for (size_t i = 0; i < b->n; i++) {
        mail_unstage(s->account, b->mails[i].stage);
        buf_fini(&b->letters[i]);
        buf_fini(&b->records[i]);
    }
    append_held -= b->held;
    mem_free(b->mails);
    mem_free(b->letters);
    mem_free(b->records);
}

/* RFC 6855 section 4: who has not enabled UTF-8 sends headers of 7 bits, where the setting says so. The tool of the command line brings
 * what others had taken. */
static enum st check_header(const struct imap_session *s, const struct arriving *r)
{
    struct mime_record rec;

    if (!r->has_8bit || s->set->imap_append_8bit || s->conn.utf8 || s->is_tool ||
        imap_is_withheld(&s->withheld, STR("UTF8=ACCEPT")))
        return ST_OK;
    TRY(mime_record_open(buf_str(&r->record), &rec));
    return r->ascii < rec.header_size ? FAIL(ST_DENIED, "A header of 8 bits needs ENABLE UTF8=ACCEPT") : ST_OK;
}

static enum st append_take(struct imap_cmd *c, struct batch *b, struct append *a) SUSPENDS
{
    struct arriving *r = MEM_NEW(struct arriving);
    enum st st;

    r->together = b->together;
    if (a->size > LIMIT_APPEND_INLINE)
        r->spool = mail_spool_new(c->s->account);
    buf_init(&r->letter, r->spool ? APPEND_PIECE : a->is_catenate ? LIMIT_APPEND_INLINE : (size_t)a->size);
    buf_init(&r->record, LIMIT_MIME_RECORD);
    mime_scan_init(&r->scan);
    st = take_message(c, a, r);
    if (st == ST_OK) {
        mime_scan_end(&r->scan, &r->record);
        st = check_header(c->s, r);
    }
    if (st == ST_OK)
        st = batch_add(c->s, b, a, r);
    give_back(r);
    mime_scan_fini(&r->scan);
    buf_fini(&r->record);
    buf_fini(&r->letter);
    mem_free(r);
    return st;
}

/* "4,7:9" */
static struct str uid_set(struct arena *a, const uint32_t *uids, size_t n)
{
    struct buf b;
    struct str out;

    buf_init(&b, 64 * APPEND_MOST);
    for (size_t i = 0; i < n; i++) {
        size_t first = i;

        while (i + 1 < n && uids[i + 1] == uids[i] + 1)
            i++;
        buf_addf(&b, first == i ? "%s%u" : "%s%u:%u", first ? "," : "", uids[first], uids[i]);
    }
    out = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return out;
}

static enum st append_commit(struct imap_cmd *c, struct batch *b) SUSPENDS
{
    struct imap_session *s = c->s;
    struct arena *ar = &s->cmd_arena;
    uint32_t uidvalidity, *uids;
    enum st st = b->replaced ? view_replace(s->view, b->replaced, b->mailbox, b->mails, ar, &uidvalidity, &uids)
                             : mail_append(s->account, b->mailbox, b->mails, b->n, ar, &uidvalidity, &uids);

    for (size_t i = 0; i < b->n; i++)
        b->mails[i].stage = NULL; /* taken over */
    if (st == ST_NOTFOUND)
        c->code = STR("TRYCREATE");
    TRY(st);
    metric_add(METRIC_MESSAGES_APPENDED, b->n);
    imap_notify_own(s, uidvalidity, uids, b->n);
    /* RFC 4315 section 3: no uids of a mailbox that may not be selected */
    if (uidvalidity && imap_lex_may(&c->lx, "UIDPLUS"))
        c->code =
            arena_printf(&s->cmd_arena, "APPENDUID %u %.*s", uidvalidity, STR_ARGS(uid_set(&s->cmd_arena, uids, b->n)));
    return ST_OK;
}

static enum st append_all(struct imap_cmd *c, struct batch *b) SUSPENDS
{
    struct append a;

    do {
        a = (struct append){0};
        if (c->s->is_tool)
            TRY(parse_origin(&c->lx, &c->s->cmd_arena, &a));
        TRY(append_parse(&c->lx, &a));
        TRY(append_check(c, b, &a));
        TRY(append_take(c, b, &a));
    } while (imap_lex_may(&c->lx, "MULTIAPPEND") && imap_lex_peek(&c->lx) == ' ' && c->lx.line.n > c->lx.at + 1);
    TRY(imap_lex_end(&c->lx));
    return append_commit(c, b);
}

enum st cmd_append(struct imap_cmd *c)
{
    struct batch b = {0};
    struct str given;
    enum st st;

    TRY(imap_lex_sp(&c->lx));
    TRY(imap_lex_mailbox(&c->lx, &b.mailbox));
    given = c->lx.denormal;
    st = append_all(c, &b);
    batch_free(c->s, &b);
    if (st == ST_OK && given.n && imap_is_rev2(c->s)) /* RFC 9051 section 6.3.12 */
        imap_put_list_line(c->s, STR_NONE, b.mailbox, given);
    return st;
}

/* The message that is to go: "4", "*", or a uid. */
static enum st replace_parse(struct imap_cmd *c, struct mail_msg *out) SUSPENDS
{
    const struct view *v = c->s->view;
    uint32_t number = 0, count = view_count(v), seq;
    bool last;

    TRY(imap_lex_sp(&c->lx));
    last = imap_lex_take(&c->lx, '*');
    if (!last)
        TRY(imap_lex_number(&c->lx, &number));
    TRY(imap_lex_sp(&c->lx));
    seq = last ? count : c->uid ? view_seq(v, number) : number;
    if (!c->uid && (seq == 0 || seq > count))
        return FAIL(ST_SYNTAX, "There is no message of that number");
    if (view_is_examined(v))
        return FAIL(ST_DENIED, "The mailbox is open for reading only");
    if (seq == 0)
        return FAIL(ST_NOTFOUND, "There is no message of that UID");
    view_msg(v, seq, out);
    return out->gone ? FAIL(ST_DENIED, "The message was expunged") : ST_OK;
}

/* One message, and its number is told before the other one is gone (RFC 8508 section 4.3). */
static enum st replace_run(struct imap_cmd *c, struct batch *b) SUSPENDS
{
    struct append a = {0};

    TRY(append_parse(&c->lx, &a));
    TRY(append_check(c, b, &a));
    TRY(append_take(c, b, &a));
    TRY(imap_lex_end(&c->lx));
    TRY(append_commit(c, b));
    imap_put_status(&c->s->conn, STR("*"), "OK", c->code, STR("The new message"));
    c->code = STR_NONE;
    return ST_OK;
}

/* REPLACE and UID REPLACE (RFC 8508): one commit for both messages. */
enum st cmd_replace(struct imap_cmd *c)
{
    struct batch b = {0};
    struct mail_msg old;
    enum st st;

    TRY(replace_parse(c, &old));
    b.replaced = old.uid;
    b.goes = old.size;
    TRY(imap_lex_mailbox(&c->lx, &b.mailbox));
    st = replace_run(c, &b);
    batch_free(c->s, &b);
    return st;
}
