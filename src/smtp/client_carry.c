/* A letter's transaction: MAIL, RCPT, and the letter by DATA or BDAT. With PIPELINING all commands go at once, and their answers are read one by
 * one (RFC 2920 section 3.1); then the server may have said 354 although it wants nobody of the recipients, and gets an empty letter. */
#include "smtp/client_inside.h"

#include "base/buf.h"
#include "base/must.h"

#define COMMAND_MAX 8192

static const struct {
    bool is_mail;
    enum smtp_feature needs;
    struct str name;
} passed_on[] = {
#define MAIL true
#define RCPT false
#define PASS_ON(where, name, feature) {where, SMTP_HAS_##feature, {name, sizeof name - 1}},
#include "smtp/client.def"
#undef PASS_ON
#undef MAIL
#undef RCPT
};

/* --- what can stand in a command ------------------------------------------------------------------------------- */

static bool is_clean(struct str s, bool spaces)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 32 || s.p[i] == 127 || s.p[i] == '<' || s.p[i] == '>' || (!spaces && s.p[i] == ' '))
            return false;
    return true;
}

/* Quoted local parts may have spaces in them. */
static bool is_path(struct str s)
{
    return is_clean(s, s.n && s.p[0] == '"');
}

/* Values may have angle brackets in them: xtext (RFC 3461 section 4) does. */
static bool is_word(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= 32 || s.p[i] == 127)
            return false;
    return true;
}

static bool are_clean(const struct smtp_attr *attrs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!is_clean(attrs[i].name, false) || !is_word(attrs[i].value))
            return false;
    return true;
}

static enum st check(const struct smtp_carry *t)
{
    bool ok = is_path(t->reverse_path) && are_clean(t->attrs, t->n_attrs);

    for (size_t i = 0; ok && i < t->n_rcpts; i++)
        ok = t->rcpts[i].address.n && is_path(t->rcpts[i].address) && are_clean(t->rcpts[i].attrs, t->rcpts[i].n_attrs);
    return ok ? ST_OK : FAIL(ST_SYNTAX, "an address that can't be said in SMTP");
}

/* --- commands -------------------------------------------------------------------------------------------------- */

static void add_params(const struct smtp_client *c, struct buf *b, bool is_mail, const struct smtp_attr *attrs,
                       size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < ARRAY_LEN(passed_on); k++) {
            if (passed_on[k].is_mail != is_mail || !c->has[passed_on[k].needs] ||
                !str_ieq(passed_on[k].name, attrs[i].name))
                continue;
            buf_addc(b, ' ');
            buf_add(b, attrs[i].name);
            if (attrs[i].value.n)
                buf_addc(b, '=');
            buf_add(b, attrs[i].value);
        }
}

static enum st say(struct smtp_client *c, struct buf *b) SUSPENDS
{
    enum st st = buf_check(b);

    if (st == ST_OK)
        st = smtp_client_say(c, "%.*s", STR_ARGS(buf_str(b)));
    buf_fini(b);
    return st;
}

/* What is left of the time just now (RFC 2852 section 4.1.4). In mode R there is some: who asks has looked. */
static void add_by(struct buf *b, const struct deliver_by *by)
{
    int64_t left_s = deliver_by_left_s(by, clock_wall_us());

    buf_addf(b, " BY=%lld;%s%s", (long long)(by->returns ? MAX(left_s, (int64_t)1) : left_s), by->returns ? "R" : "N",
             by->traces ? "T" : "");
}

static enum st say_mail(struct smtp_client *c, const struct smtp_carry *t) SUSPENDS
{
    struct buf b;

    buf_init(&b, COMMAND_MAX);
    buf_addf(&b, "MAIL FROM:<%.*s>", STR_ARGS(t->reverse_path));
    if (c->has[SMTP_HAS_SIZE])
        buf_addf(&b, " SIZE=%zu", t->head.n + t->letter.n);
    if (t->is_binary)
        buf_addz(&b, " BODY=BINARYMIME");
    else if (t->is_8bit && c->has[SMTP_HAS_8BITMIME])
        buf_addz(&b, " BODY=8BITMIME");
    if (t->by.at_us && c->has[SMTP_HAS_DELIVERBY])
        add_by(&b, &t->by);
    add_params(c, &b, true, t->attrs, t->n_attrs);
    return say(c, &b);
}

static enum st say_rcpt(struct smtp_client *c, const struct smtp_carry_rcpt *r) SUSPENDS
{
    struct buf b;

    buf_init(&b, COMMAND_MAX);
    buf_addf(&b, "RCPT TO:<%.*s>", STR_ARGS(r->address));
    add_params(c, &b, false, r->attrs, r->n_attrs);
    return say(c, &b);
}

/* --- answers --------------------------------------------------------------------------------------------------- */

static enum smtp_fate fate_of(unsigned code)
{
    return code / 100 == 2 ? SMTP_TAKEN : code / 100 == 5 ? SMTP_REFUSED : SMTP_DEFERRED;
}

/* Those that nothing has been said of, or that were welcome so far. */
static void settle(struct smtp_carry *t, bool only_welcome, enum smtp_fate fate, const struct smtp_answer *answer)
{
    for (size_t i = 0; i < t->n_rcpts; i++) {
        struct smtp_carry_rcpt *r = &t->rcpts[i];

        if (r->fate != SMTP_OPEN || (only_welcome && r->answer.code / 100 != 2))
            continue;
        r->fate = fate;
        r->answer = *answer;
    }
}

static size_t welcome(const struct smtp_carry *t)
{
    size_t n = 0;

    for (size_t i = 0; i < t->n_rcpts; i++)
        n += t->rcpts[i].fate == SMTP_OPEN && t->rcpts[i].answer.code / 100 == 2;
    return n;
}

static enum st read_rcpt(struct smtp_client *c, struct arena *a, struct smtp_carry *t, size_t i) SUSPENDS
{
    struct smtp_carry_rcpt *r = &t->rcpts[i];
    struct smtp_answer answer;
    bool is_full;

    TRY(smtp_client_answer(c, a, SMTP_WAIT_COMMAND, &answer));
    r->answer = answer;
    /* RFC 5321 section 4.5.3.1.10: 452, or 552 of older servers, behind others that were welcome: too many at a time */
    is_full = welcome(t) && (answer.code == 452 || answer.code == 552) && !str_starts(answer.status, STR("4.2.")) &&
              !str_starts(answer.status, STR("5.2."));
    if (is_full)
        r->fate = SMTP_NEXT_TIME;
    else if (answer.code / 100 != 2)
        r->fate = fate_of(answer.code);
    return ST_OK;
}

/* What MAIL is told holds for all, whatever is answered to the RCPTs behind it. */
static enum st read_mail(struct smtp_client *c, struct arena *a, struct smtp_carry *t) SUSPENDS
{
    struct smtp_answer answer;

    TRY(smtp_client_answer(c, a, SMTP_WAIT_COMMAND, &answer));
    if (answer.code / 100 != 2)
        settle(t, false, fate_of(answer.code), &answer);
    return ST_OK;
}

static enum st read_rcpts(struct smtp_client *c, struct arena *a, struct smtp_carry *t) SUSPENDS
{
    for (size_t i = 0; i < t->n_rcpts; i++) {
        struct smtp_answer ignored;

        if (t->rcpts[i].fate == SMTP_OPEN)
            TRY(read_rcpt(c, a, t, i));
        else
            TRY(smtp_client_answer(c, a, SMTP_WAIT_COMMAND, &ignored));
    }
    return ST_OK;
}

/* --- the letter ------------------------------------------------------------------------------------------------ */

/* Lines that begin with a dot get another one (RFC 5321 section 4.5.2). */
static enum st send_dotted(struct stream *s, struct str letter) SUSPENDS
{
    size_t from = 0;

    for (size_t at = 0; at < letter.n;) {
        const char *lf;

        if (letter.p[at] == '.') {
            TRY(stream_write(s, str_sub(letter, from, at - from)));
            TRY(stream_write(s, STR(".")));
            from = at;
        }
        lf = memchr(letter.p + at, '\n', letter.n - at);
        at = lf ? (size_t)(lf - letter.p) + 1 : letter.n;
    }
    TRY(stream_write(s, str_from(letter, from)));
    if (letter.n && !str_ends(letter, STR("\r\n")))
        TRY(stream_write(s, STR("\r\n")));
    return stream_write(s, STR(".\r\n"));
}

static enum st read_verdict(struct smtp_client *c, struct arena *a, struct smtp_carry *t) SUSPENDS
{
    struct smtp_answer answer;

    TRY(smtp_client_answer(c, a, SMTP_WAIT_TAKEN, &answer));
    settle(t, true, fate_of(answer.code), &answer);
    return ST_OK;
}

/* RFC 2033 section 4.2: one for each that was welcome, in their order. Behind 421, too: some servers say it of one recipient and go on. */
static enum st read_verdicts(struct smtp_client *c, struct arena *a, struct smtp_carry *t) SUSPENDS
{
    for (size_t i = 0; i < t->n_rcpts; i++) {
        struct smtp_carry_rcpt *r = &t->rcpts[i];
        struct smtp_answer answer;

        if (r->fate != SMTP_OPEN || r->answer.code / 100 != 2)
            continue;
        TRY(smtp_client_answer(c, a, SMTP_WAIT_TAKEN, &answer));
        r->fate = fate_of(answer.code);
        r->answer = answer;
    }
    return ST_OK;
}

static enum st finish(struct smtp_client *c, struct arena *a, struct smtp_carry *t, enum st sent) SUSPENDS
{
    enum st st = sent;

    if (st == ST_OK)
        st = stream_flush(c->stream);
    if (st == ST_OK) {
        st = (c->is_lmtp ? read_verdicts : read_verdict)(c, a, t);
        t->is_uncertain = st != ST_OK;
    }
    if (st != ST_OK) {
        c->is_over = true;
        return st;
    }
    c->is_dirty = false;
    c->letters++;
    return ST_OK;
}

static enum st send_by_data(struct smtp_client *c, struct arena *a, struct smtp_carry *t) SUSPENDS
{
    struct smtp_answer answer;
    enum st st;

    TRY(smtp_client_answer(c, a, SMTP_WAIT_DATA, &answer));
    if (answer.code != 354) {
        /* 2xx is no answer to DATA that can be gone on with */
        settle(t, true, answer.code / 100 == 5 ? SMTP_REFUSED : SMTP_DEFERRED, &answer);
        return ST_OK;
    }
    if (!welcome(t) &&
        c->is_lmtp) { /* RFC 2033 section 4.2 forbids that, and nobody knows how many answers would follow */
        c->is_over = true;
        return ST_OK;
    }
    if (!welcome(t))
        return finish(c, a, t, send_dotted(c->stream, STR_NONE));
    st = stream_write(c->stream, t->head); /* no field begins with a dot */
    if (st == ST_OK)
        st = send_dotted(c->stream, t->letter);
    return finish(c, a, t, st);
}

static enum st send_by_bdat(struct smtp_client *c, struct arena *a, struct smtp_carry *t) SUSPENDS
{
    enum st st;

    if (!welcome(t))
        return ST_OK;
    st = smtp_client_say(c, "BDAT %zu LAST", t->head.n + t->letter.n);
    if (st == ST_OK)
        st = stream_write(c->stream, t->head);
    if (st == ST_OK)
        st = stream_write(c->stream, t->letter);
    return finish(c, a, t, st);
}

/* --- all of it -------------------------------------------------------------------------------------------------- */

static enum st carry_at_once(struct smtp_client *c, struct arena *a, struct smtp_carry *t, bool by_data) SUSPENDS
{
    struct smtp_answer ignored;
    bool had_reset = c->is_dirty;

    if (c->is_dirty)
        TRY(smtp_client_say(c, "RSET"));
    c->is_dirty = true;
    TRY(say_mail(c, t));
    for (size_t i = 0; i < t->n_rcpts; i++)
        TRY(say_rcpt(c, &t->rcpts[i]));
    if (by_data)
        TRY(smtp_client_say(c, "DATA"));
    if (had_reset)
        TRY(smtp_client_answer(c, a, SMTP_WAIT_COMMAND, &ignored));
    TRY(read_mail(c, a, t));
    TRY(read_rcpts(c, a, t));
    return by_data ? send_by_data(c, a, t) : send_by_bdat(c, a, t);
}

static enum st carry_in_turns(struct smtp_client *c, struct arena *a, struct smtp_carry *t, bool by_data) SUSPENDS
{
    struct smtp_answer ignored;

    if (c->is_dirty) {
        TRY(smtp_client_say(c, "RSET"));
        TRY(smtp_client_answer(c, a, SMTP_WAIT_COMMAND, &ignored));
    }
    c->is_dirty = true;
    TRY(say_mail(c, t));
    TRY(read_mail(c, a, t));
    for (size_t i = 0; i < t->n_rcpts; i++) {
        if (t->rcpts[i].fate != SMTP_OPEN)
            continue;
        TRY(say_rcpt(c, &t->rcpts[i]));
        TRY(read_rcpt(c, a, t, i));
    }
    if (!welcome(t))
        return ST_OK;
    if (!by_data)
        return send_by_bdat(c, a, t);
    TRY(smtp_client_say(c, "DATA"));
    return send_by_data(c, a, t);
}

bool smtp_client_may_carry(const struct smtp_client *c)
{
    return !c->is_over && (!c->mail_max || c->mails < c->mail_max);
}

size_t smtp_client_rcpts_max(const struct smtp_client *c)
{
    return c->rcpt_max ? MIN(c->rcpt_max, SMTP_CARRY_RCPTS) : SMTP_CARRY_RCPTS;
}

enum st smtp_client_carry(struct smtp_client *c, struct arena *a, struct smtp_carry *t)
{
    bool by_data = !c->has[SMTP_HAS_CHUNKING];
    enum st st;

    must(t->n_rcpts && t->n_rcpts <= smtp_client_rcpts_max(c) && smtp_client_may_carry(c));
    must(!t->is_binary || (c->has[SMTP_HAS_BINARYMIME] && !by_data)); /* RFC 3030 section 3: under no circumstances */
    t->is_uncertain = false;
    for (size_t i = 0; i < t->n_rcpts; i++)
        t->rcpts[i].fate = SMTP_OPEN;
    TRY(check(t));
    c->mails++;
    st = (c->has[SMTP_HAS_PIPELINING] ? carry_at_once : carry_in_turns)(c, a, t, by_data);
    for (size_t i = 0; i < t->n_rcpts; i++)
        must(st != ST_OK || t->rcpts[i].fate != SMTP_OPEN);
    return st;
}
