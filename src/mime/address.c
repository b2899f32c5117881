/* Address lists. One item is read at a time; while it is not yet known whether words are a display
 * name or an address, both readings are put together: `phrase` with spaces, `spec` without. Neither
 * can be longer than the text that it is made of, so room for both is taken once. */
#include "mime/address.h"
#include "mime/lex.h"

struct item {
    char *phrase, *spec; /* end of what is written: phrase_n, spec_n */
    size_t phrase_n, spec_n;
    size_t at_sign; /* in spec, the last one; spec_n when none */
    size_t colon;   /* end of a route in spec, 0: none */
    bool has_at, in_angle, angle_done, space;
    struct str comment;
};

void mime_address_begin(struct mime_address_iter *it, struct arena *a, struct str value)
{
    /* A phrase gains at most a space for each word, which stands for white space or a comment. */
    *it = (struct mime_address_iter){.s = value, .room = arena_alloc(a, value.n * 2 + 2)};
}

static bool is_word(char c)
{
    switch (c) {
    case ' ':
    case '\t':
    case '\r':
    case '\n':
    case '\0':
    case '(':
    case '<':
    case '>':
    case '[':
    case ':':
    case ';':
    case '@':
    case ',':
    case '"': return false;
    default: return true;
    }
}

static void add_text(struct item *m, const char *p, size_t n)
{
    if (m->angle_done || n == 0)
        return;
    if (!m->in_angle) {
        if (m->space && m->phrase_n)
            m->phrase[m->phrase_n++] = ' ';
        memmove(m->phrase + m->phrase_n, p, n);
        m->phrase_n += n;
    }
    memmove(m->spec + m->spec_n, p, n);
    m->spec_n += n;
    m->space = false;
}

static size_t read_quoted(struct item *m, struct str s, size_t at)
{
    size_t n, end;

    if (m->angle_done) {
        char *spare = m->spec + m->spec_n; /* what stands behind the address does not count */

        return mime_unquote(s, at, spare, &n);
    }
    end = mime_unquote(s, at, m->spec + m->spec_n, &n);
    if (!m->in_angle) {
        if (m->space && m->phrase_n)
            m->phrase[m->phrase_n++] = ' ';
        memcpy(m->phrase + m->phrase_n, m->spec + m->spec_n, n);
        m->phrase_n += n;
    }
    m->spec_n += n;
    m->space = false;
    return end;
}

/* A domain literal without white space and NULs: "[192.0.2.1]". */
static size_t read_literal(struct item *m, struct str s, size_t at)
{
    bool last = false;

    for (; at < s.n && !last && s.p[at] != '\n'; at++) {
        last = s.p[at] == ']';
        if (!ascii_is_space(s.p[at]) && s.p[at])
            add_text(m, s.p + at, 1);
    }
    return at;
}

/* Adds what stands at `at` to the item and gives the index behind it. */
static size_t read_piece(struct item *m, struct str s, size_t at)
{
    size_t end = at;

    switch (s.p[at]) {
    case '"': return read_quoted(m, s, at);
    case '[': return read_literal(m, s, at);
    case '<':
        if (!m->in_angle && !m->angle_done) {
            m->in_angle = true;
            m->has_at = false;
            m->spec_n = m->at_sign = m->colon = 0;
        }
        return at + 1;
    case '>':
        m->angle_done = m->angle_done || m->in_angle;
        m->in_angle = false;
        return at + 1;
    case '@':
        if (!m->angle_done) {
            m->has_at = true;
            m->at_sign = m->spec_n;
        }
        add_text(m, "@", 1);
        return at + 1;
    case ':': /* only within < >: the end of a route */
        if (m->in_angle && m->spec_n && m->spec[0] == '@' && !m->colon) {
            m->colon = m->spec_n;
            m->has_at = false;
        }
        return at + 1;
    case '\0': return at + 1;
    }
    while (end < s.n && is_word(s.p[end]))
        end++;
    add_text(m, s.p + at, MAX(end, at + 1) - at);
    return MAX(end, at + 1);
}

static bool ends_item(const struct item *m, char c)
{
    if (m->in_angle) /* a comma parts the domains of a route; else the ">" was forgotten */
        return (c == ',' && !(m->spec_n && m->spec[0] == '@' && !m->colon)) || c == ';';
    return c == ',' || c == ';' || (c == ':' && !m->angle_done);
}

/* A comment without quoting and line ends, behind what is written. Its text is in neither reading,
 * so there is room for it. */
static struct str read_comment(struct mime_address_iter *it, struct str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\' && i + 1 < s.n)
            i++;
        if (s.p[i] != '\r' && s.p[i] != '\n' && s.p[i])
            it->room[n++] = s.p[i];
    }
    it->room += n;
    return str_n(it->room - n, n);
}

/* Moves the second reading behind the first, so that the room left is again twice the text left. */
static void finish(struct mime_address_iter *it, struct item *m, struct mime_address *out)
{
    bool angle = m->in_angle || m->angle_done;
    size_t from = m->colon;

    m->spec = memmove(m->phrase + m->phrase_n, m->spec, m->spec_n);
    it->room = m->spec + m->spec_n;
    *out = (struct mime_address){.kind = MIME_ADDR_MAILBOX};
    out->name = angle && m->phrase_n ? str_n(m->phrase, m->phrase_n) : read_comment(it, m->comment);
    out->route = str_n(m->spec, m->colon);
    out->local = str_n(m->spec + from, (m->has_at ? m->at_sign : m->spec_n) - from);
    if (m->has_at)
        out->domain = str_n(m->spec + m->at_sign + 1, m->spec_n - m->at_sign - 1);
    else if (!angle)
        out->local = str_n(m->phrase, m->phrase_n); /* only words: keep them apart */
}

static bool end_group(struct mime_address_iter *it, struct mime_address *out)
{
    it->in_group = false;
    *out = (struct mime_address){.kind = MIME_ADDR_GROUP_END};
    return true;
}

bool mime_address_next(struct mime_address_iter *it, struct mime_address *out)
{
    struct str s = it->s;

    while (it->at < s.n) {
        struct item m = {.phrase = it->room, .spec = it->room + s.n - it->at + 1};
        size_t at = it->at;
        char stop = 0;

        while (at < s.n) {
            size_t behind = mime_skip_comments(s, at, &m.comment);

            m.space = m.space || behind > at;
            at = behind;
            if (at == s.n || ends_item(&m, s.p[at]))
                break;
            at = read_piece(&m, s, at);
        }
        stop = at < s.n ? s.p[at] : 0;
        if (stop == ':' && !it->in_group) {
            it->at = at + 1;
            it->in_group = true;
            *out = (struct mime_address){.kind = MIME_ADDR_GROUP_BEGIN, .name = str_n(m.phrase, m.phrase_n)};
            it->room += m.phrase_n;
            return true;
        }
        if (m.spec_n || m.phrase_n) {
            /* A ";" is met again on the next call, with nothing before it, and ends the group. */
            it->at = at + (stop && stop != ';');
            finish(it, &m, out);
            return true;
        }
        it->at = at + 1;
        if (stop == ';' && it->in_group)
            return end_group(it, out);
    }
    return it->in_group && end_group(it, out);
}
