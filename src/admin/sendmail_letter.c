/* What programs write for sendmail(1) to a letter that a server takes: line ends, what is missing in the header, what must not stand there, and
 * whom it is for. Pure. */
#include "admin/sendmail.h"

#include "base/clock.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/map.h"
#include "mime/address.h"
#include "mime/header.h"

#define LINE_MAX_BYTES (LIMIT_TEXT_LINE - 2)
#define WORD_BYTES 42 /* of a name in one encoded word (RFC 2047 section 2: at most 75 characters) */

/* --- text ------------------------------------------------------------------------------------------------------- */

/* A line as it may be sent: no CR or NUL, and no longer than servers take. What a program draws its progress with (CR) becomes lines. */
static void put_line(struct buf *out, struct str line)
{
    size_t n = 0;

    for (size_t i = 0; i < line.n; i++) {
        char c = line.p[i];

        if (c == '\r' || n == LINE_MAX_BYTES) {
            buf_addz(out, "\r\n");
            n = 0;
        }
        if (c == '\r')
            continue;
        buf_addc(out, c ? c : ' ');
        n++;
    }
    buf_addz(out, "\r\n");
}

static void put_text(const struct sendmail_args *args, struct str input, struct buf *out)
{
    struct str line;

    while (input.n) {
        size_t n = str_find(input, '\n');

        line = str_sub(input, 0, n);
        input = str_from(input, MIN(n + 1, input.n));
        while (str_ends(line, STR("\r")))
            line.n--;
        if (!args->keep_dots && str_eq(line, STR(".")))
            return;
        put_line(out, line);
    }
}

/* --- addresses -------------------------------------------------------------------------------------------------- */

static bool needs_quotes(struct str local)
{
    static const char special[] = "()<>[]:;@\\,\" ";
    bool dot = true; /* at the begin, at the end and twice it needs them */

    for (size_t i = 0; i < local.n; i++) {
        if (memchr(special, local.p[i], sizeof special - 1) || (dot && local.p[i] == '.'))
            return true;
        dot = local.p[i] == '.';
    }
    return dot;
}

static struct str address_of(struct arena *a, const struct mime_address *m, struct str host)
{
    struct str out;
    struct buf b;

    buf_init(&b, 4 * LIMIT_ADDRESS);
    if (needs_quotes(m->local)) {
        buf_addc(&b, '"');
        for (size_t i = 0; i < m->local.n; i++) {
            if (m->local.p[i] == '"' || m->local.p[i] == '\\')
                buf_addc(&b, '\\');
            buf_addc(&b, m->local.p[i]);
        }
        buf_addc(&b, '"');
    } else {
        buf_add(&b, m->local);
    }
    buf_addc(&b, '@');
    buf_add(&b, m->domain.n ? m->domain : host);
    out = b.over ? STR_NONE : arena_str(a, buf_str(&b));
    buf_fini(&b);
    return out;
}

/* It goes into a command: nothing may end that early. */
static enum st check_address(struct str address)
{
    bool fits = address.n > 0 && address.n <= LIMIT_ADDRESS;

    for (size_t i = 0; fits && i < address.n; i++)
        fits = (unsigned char)address.p[i] >= 32 && address.p[i] != 127;
    return fits ? ST_OK : FAIL(ST_SYNTAX, "\"%.*s\" is no address", (int)MIN(address.n, (size_t)80), address.p);
}

struct making {
    struct arena *a;
    const struct sendmail_args *args;
    const struct sendmail_self *self;
    struct sendmail_letter *out;
    struct map known;
};

static enum st add_rcpt(struct making *m, struct str address)
{
    TRY(check_address(address));
    if (map_str_get(&m->known, address))
        return ST_OK;
    if (m->out->n_rcpts == SENDMAIL_RCPTS_MAX)
        return FAIL(ST_LIMIT, "more than %d recipients", SENDMAIL_RCPTS_MAX);
    map_str_put(&m->known, address, m);
    m->out->rcpts[m->out->n_rcpts++] = address;
    m->out->is_utf8 = m->out->is_utf8 || !str_is_ascii(address);
    return ST_OK;
}

static enum st add_rcpts(struct making *m, struct str list)
{
    struct mime_address_iter it;
    struct mime_address at;

    mime_address_begin(&it, m->a, list);
    while (mime_address_next(&it, &at)) {
        if (at.kind != MIME_ADDR_MAILBOX)
            continue;
        if (!at.local.n)
            return FAIL(ST_SYNTAX, "\"%.*s\" holds no address", (int)MIN(list.n, (size_t)80), list.p);
        TRY(add_rcpt(m, address_of(m->a, &at, m->self->host)));
    }
    return ST_OK;
}

static enum st take_sender(struct making *m)
{
    struct mime_address_iter it;
    struct mime_address at;

    m->out->sender = STR("");
    if (m->args->has_sender && !m->args->sender.n)
        return ST_OK;
    if (m->args->has_sender) {
        mime_address_begin(&it, m->a, m->args->sender);
        if (!mime_address_next(&it, &at) || at.kind != MIME_ADDR_MAILBOX || !at.local.n)
            return FAIL(ST_SYNTAX, "\"%.*s\" is no sender address", (int)MIN(m->args->sender.n, (size_t)80),
                        m->args->sender.p);
    } else {
        at = (struct mime_address){.local = m->self->user};
    }
    m->out->sender = address_of(m->a, &at, m->self->host);
    m->out->is_utf8 = !str_is_ascii(m->out->sender);
    return check_address(m->out->sender);
}

/* --- header ------------------------------------------------------------------------------------------------------- */

struct seen {
    bool from, date, message_id, resent;
};

static struct seen look(struct str header)
{
    struct seen s = {0};
    struct mime_field f;
    size_t pos = 0;

    while (mime_header_next(header, &pos, &f)) {
        s.from = s.from || str_ieq(f.name, STR("From"));
        s.date = s.date || str_ieq(f.name, STR("Date"));
        s.message_id = s.message_id || str_ieq(f.name, STR("Message-ID"));
        s.resent = s.resent || str_ieq(f.name, STR("Resent-To")) || str_ieq(f.name, STR("Resent-Cc")) ||
                   str_ieq(f.name, STR("Resent-Bcc"));
    }
    return s;
}

/* Of a letter that is sent on, those of the sending on (RFC 5322 section 3.6.6). */
static bool names_rcpts(struct str name, bool resent)
{
    static const struct str names[] = {STR("To"), STR("Cc"), STR("Bcc")};

    if (resent && !str_istarts(name, STR("Resent-")))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_ieq(resent ? str_from(name, 7) : name, names[i]))
            return true;
    return false;
}

static bool is_dropped(struct str name)
{
    return str_ieq(name, STR("Bcc")) || str_ieq(name, STR("Resent-Bcc")) || str_ieq(name, STR("Return-Path")) ||
           str_ieq(name, STR("Content-Length")) || !name.n /* "From " of a mailbox file */;
}

static size_t char_bytes(unsigned char c)
{
    return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

static void put_encoded(struct buf *out, struct str name)
{
    while (name.n) {
        size_t n = 0;

        while (n < name.n && n + char_bytes((unsigned char)name.p[n]) <= WORD_BYTES)
            n += char_bytes((unsigned char)name.p[n]);
        n = MIN(n, name.n);
        buf_addz(out, "=?UTF-8?B?");
        base64_encode(out, str_sub(name, 0, n));
        buf_addz(out, "?=");
        name = str_from(name, n);
        if (name.n)
            buf_addz(out, "\r\n ");
    }
}

static void put_name(struct buf *out, struct str name)
{
    if (!str_is_ascii(name) && str_is_utf8(name)) {
        put_encoded(out, name);
        return;
    }
    buf_addc(out, '"');
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == '"' || name.p[i] == '\\')
            buf_addc(out, '\\');
        if ((unsigned char)name.p[i] >= 32 && (unsigned char)name.p[i] < 127)
            buf_addc(out, name.p[i]);
    }
    buf_addc(out, '"');
}

static void put_missing(const struct making *m, const struct seen *seen, struct buf *out)
{
    const struct sendmail_self *self = m->self;
    struct str name = m->args->full_name.n ? m->args->full_name : self->full_name;

    if (!seen->from) {
        buf_addz(out, "From: ");
        if (name.n) {
            put_name(out, name);
            buf_addc(out, ' ');
        }
        if (m->out->sender.n)
            buf_addf(out, "<%.*s>\r\n", STR_ARGS(m->out->sender));
        else
            buf_addf(out, "<%.*s@%.*s>\r\n", STR_ARGS(self->user), STR_ARGS(self->host));
    }
    if (!seen->date)
        buf_addf(out, "Date: %.*s\r\n", STR_ARGS(time_rfc5322(m->a, self->now_us)));
    if (!seen->message_id)
        buf_addf(out, "Message-ID: <%llu.%016llx@%.*s>\r\n", (unsigned long long)self->now_us,
                 (unsigned long long)self->random, STR_ARGS(self->host));
}

static enum st put_header(struct making *m, struct str text, size_t *out_end)
{
    struct seen seen = look(text);
    struct mime_field f;
    size_t pos = 0;

    put_missing(m, &seen, &m->out->text);
    while (mime_header_next(text, &pos, &f)) {
        if (m->args->from_header && names_rcpts(f.name, seen.resent))
            TRY(add_rcpts(m, mime_unfold(m->a, f.value)));
        if (!is_dropped(f.name))
            buf_add(&m->out->text, f.raw);
    }
    *out_end = pos;
    return ST_OK;
}

/* Text without a header, or right behind it, is the body all the same. */
static enum st put_letter(struct making *m, struct str text)
{
    struct buf *out = &m->out->text;
    size_t end;

    TRY(put_header(m, text, &end));
    if (!str_starts(str_from(text, end), STR("\r\n")))
        buf_addz(out, "\r\n");
    buf_add(out, str_from(text, end));
    TRY(buf_check(out));
    m->out->is_8bit = !str_is_ascii(buf_str(out));
    return ST_OK;
}

static enum st make(struct making *m, struct str input)
{
    struct buf text;
    enum st st;

    m->out->rcpts = ARENA_ARRAY(m->a, struct str, SENDMAIL_RCPTS_MAX);
    TRY(take_sender(m));
    for (size_t i = 0; i < m->args->n_rcpts; i++)
        TRY(add_rcpts(m, m->args->rcpts[i]));
    buf_init(&text, LIMIT_MESSAGE);
    put_text(m->args, input, &text);
    st = buf_check(&text);
    if (st == ST_OK)
        st = put_letter(m, buf_str(&text));
    buf_fini(&text);
    TRY(st);
    return m->out->n_rcpts ? ST_OK : FAIL(ST_SYNTAX, "the letter is for nobody: name recipients, or say -t");
}

enum st sendmail_make(struct arena *a, const struct sendmail_args *args, const struct sendmail_self *self,
                      struct str input, struct sendmail_letter *out)
{
    struct making m = {.a = a, .args = args, .self = self, .out = out, .known = MAP_INIT};
    enum st st;

    *out = (struct sendmail_letter){0};
    buf_init(&out->text, LIMIT_MESSAGE + LIMIT_HEADER);
    st = make(&m, input);
    map_fini(&m.known);
    return st;
}
