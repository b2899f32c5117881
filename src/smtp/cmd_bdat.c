/* BDAT (RFC 3030): a letter in chunks, whose octets follow the command line at once. Whatever is answered, they are read first, so that nothing of a
 * letter is ever taken for commands; who announces more than any letter may have is told so and gone. Text is held to what DATA takes, so that no server behind us, to which it
 * goes by DATA, sees another end of it than we do. With BODY=BINARYMIME only the header is. */
#include "mime/lines.h"
#include "smtp/finish.h"
#include "smtp/letter.h"
#include "smtp/trace.h"

#include <stdio.h>

struct smtp_chunks {
    struct letter letter;
    struct mime_lines lines;
    uint64_t size; /* announced so far */
};

struct chunk {
    uint64_t size;
    bool is_last, is_bad; /* something else than LAST stands behind the size */
};

void smtp_chunks_free(struct smtp_chunks *k)
{
    if (!k)
        return;
    letter_fini(&k->letter);
    mem_free(k);
}

static enum st parse(struct str args, struct chunk *out)
{
    struct str rest = str_trim(args), word;
    uint64_t size;

    if (!str_split(&rest, ' ', &word) || word.n > 20)
        return FAIL(ST_SYNTAX, "no size");
    TRY(str_u64(word, UINT64_MAX, &size));
    rest = str_trim(rest);
    *out = (struct chunk){.size = size, .is_last = str_ieq(rest, STR("LAST"))};
    out->is_bad = rest.n && !out->is_last;
    return ST_OK;
}

/* --- chunks that are not taken ----------------------------------------------------------------------------------- */

static enum st swallow(struct smtp_session *s, uint64_t n) SUSPENDS
{
    while (n) {
        struct str in = str_sub(stream_input(s->stream), 0, (size_t)MIN(n, (uint64_t)SIZE_MAX));

        if (!in.n) {
            TRY(stream_more(s->stream));
            continue;
        }
        stream_eat(s->stream, in.n);
        n -= in.n;
    }
    return ST_OK;
}

/* RFC 2033 section 4.3: behind the last chunk each recipient has an answer of his own. */
static uint32_t answers(const struct smtp_session *s, bool is_last)
{
    return s->lmtp && is_last ? s->txn.n_rcpts : 0;
}

/* Chunks behind one that was refused are in the pipeline already (section 2): they are no further mistakes. */
static enum st refuse(struct smtp_session *s, const struct chunk *k, enum smtp_reply reply, struct str arg) SUSPENDS
{
    uint64_t most = 2 * s->set->smtp_max_message_size;
    bool again = s->txn.bdat_failed;
    enum st st;

    if (k->size > most - MIN(most, s->txn.swallowed)) {
        smtp_session_end(s, ST_LIMIT, "a chunk of BDAT that is too large to be read away");
        return smtp_reply_arg(s, reply, arg);
    }
    TRY(swallow(s, k->size));
    s->txn.swallowed += k->size;
    smtp_bdat_fail(s);
    s->repeat = answers(s, k->is_last);
    st = again ? smtp_reply_arg(s, reply, arg) : smtp_refuse(s, reply, arg);
    s->repeat = 0;
    return st;
}

void smtp_bdat_fail(struct smtp_session *s)
{
    smtp_chunks_free(TAKE(s->txn.chunks));
    s->txn.bdat_failed = true;
    s->reading_text = false;
}

/* SMTP_REPLY_COUNT: none. */
static enum smtp_reply objection(const struct smtp_cmd *c, const struct chunk *k)
{
    const struct smtp_session *s = c->s;
    enum smtp_reply no = smtp_objection(s, c->verb, c->args);

    if (no != SMTP_REPLY_COUNT)
        return no;
    if (s->txn.bdat_failed)
        return SMTP_BDAT_FAILED;
    if (!s->txn.open)
        return SMTP_NEED_MAIL;
    if (s->txn.n_rcpts == 0)
        return SMTP_NEED_RCPT;
    if (k->is_bad)
        return SMTP_BAD_SYNTAX;
    return k->size > s->set->smtp_max_message_size - (s->txn.chunks ? s->txn.chunks->size : 0) ? SMTP_TOO_LARGE
                                                                                               : SMTP_REPLY_COUNT;
}

/* --- chunks that are --------------------------------------------------------------------------------------------- */

static void begin(struct smtp_session *s) SUSPENDS
{
    struct smtp_chunks *k = MEM_NEW(struct smtp_chunks);

    letter_init(&k->letter, s);
    mime_lines_init(&k->lines, LIMIT_TEXT_LINE, s->txn.is_binary);
    s->txn.chunks = k;
    s->txn.deadline = deadline_in(s->set->smtp_letter_timeout);
    s->reading_text = true;
    letter_prepend(&k->letter, trace_received(s, &s->txn_arena));
}

static bool is_bad(const struct smtp_chunks *k)
{
    return k->lines.has_bare || k->lines.has_long;
}

static enum st take(struct smtp_session *s, struct smtp_chunks *k, uint64_t n) SUSPENDS
{
    while (n) {
        struct str in = str_sub(stream_input(s->stream), 0, (size_t)MIN(n, (uint64_t)SIZE_MAX));

        if (!in.n) {
            TRY(stream_more(s->stream));
            continue;
        }
        mime_lines_feed(&k->lines, in);
        if (!is_bad(k))
            letter_add(&k->letter, in);
        stream_eat(s->stream, in.n);
        n -= in.n;
    }
    return ST_OK;
}

static enum st say_taken(struct smtp_session *s, uint64_t n) SUSPENDS
{
    char text[24];

    return smtp_reply_arg(s, SMTP_CHUNK_OK,
                          str_n(text, (size_t)snprintf(text, sizeof text, "%llu", (unsigned long long)n)));
}

/* RFC 3030 section 2: what went wrong with a chunk is said behind it, and those that follow fail until RSET. */
static enum st say_bad(struct smtp_session *s, struct smtp_chunks *k, bool is_last) SUSPENDS
{
    enum st st = k->letter.st;
    bool is_text = !is_bad(k), is_bare = k->lines.has_bare;

    smtp_bdat_fail(s);
    s->repeat = answers(s, is_last);
    if (is_text)
        st = smtp_letter_failed(s, st);
    else
        st = smtp_refuse(s, is_bare ? SMTP_BARE_CHUNK : SMTP_TEXT_LINE_TOO_LONG, STR(""));
    s->repeat = 0;
    return st;
}

static enum st finish(struct smtp_session *s, struct smtp_chunks *k) SUSPENDS
{
    enum st st;

    s->reading_text = false;
    st = smtp_letter_finish(s, &k->letter);
    smtp_txn_reset(s);
    smtp_origins_forget(s);
    return st;
}

static enum st one(struct smtp_session *s, const struct chunk *c) SUSPENDS
{
    struct smtp_chunks *k;

    if (!s->txn.chunks)
        begin(s);
    k = s->txn.chunks;
    k->size += c->size;
    TRY(take(s, k, c->size));
    if (c->is_last)
        mime_lines_end(&k->lines);
    if (is_bad(k) || k->letter.st != ST_OK)
        return say_bad(s, k, c->is_last);
    return c->is_last ? finish(s, k) : say_taken(s, c->size);
}

enum st smtp_cmd_bdat(struct smtp_cmd *c)
{
    struct smtp_session *s = c->s;
    struct chunk k;
    enum smtp_reply no;
    mono_ms end;
    enum st st;

    if (parse(c->args, &k) != ST_OK) { /* nobody knows where commands begin again */
        smtp_session_end(s, ST_SYNTAX, "BDAT without a size");
        return smtp_reply_arg(s, SMTP_BAD_SYNTAX, str_z(c->verb->syntax));
    }
    no = objection(c, &k);
    s->log.action = "reading BDAT";
    stream_set_timeouts(s->stream, (uint32_t)s->set->smtp_data_timeout, (uint32_t)s->set->net_write_timeout);
    end = s->txn.deadline ? s->txn.deadline : deadline_in(s->set->smtp_letter_timeout);
    stream_set_deadline(s->stream, end);
    if (no == SMTP_TOO_LARGE)
        st = refuse(s, &k, no, smtp_size_text(s));
    else if (no != SMTP_REPLY_COUNT)
        st = refuse(s, &k, no, no == SMTP_BAD_SYNTAX ? str_z(c->verb->syntax) : STR(""));
    else
        st = one(s, &k);
    stream_set_deadline(s->stream, NEVER);
    return st;
}
