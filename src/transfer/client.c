#include "transfer/client.h"

#include "base/limits.h"
#include "mime/mutf7.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define LINE_MAX (4u << 20)
#define LITERALS_MAX (LIMIT_MESSAGE + (1u << 20))

void client_init(struct client *c, struct stream *s)
{
    *c = (struct client){.stream = s};
    buf_init(&c->line, LINE_MAX);
    buf_init(&c->literals, LITERALS_MAX);
}

void client_fini(struct client *c)
{
    stream_free(TAKE(c->stream));
    buf_fini(&c->line);
    buf_fini(&c->literals);
}

/* --- sending --------------------------------------------------------------------------------------------- */

enum st client_begin(struct client *c, struct str text)
{
    TRY(stream_writef(c->stream, "t%u ", ++c->tag));
    return stream_write(c->stream, text);
}

enum st client_put(struct client *c, struct str bytes)
{
    return stream_write(c->stream, bytes);
}

enum st client_send(struct client *c, const char *fmt, ...)
{
    struct buf line;
    va_list ap;
    char *p;
    int n;
    enum st st;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    buf_init(&line, LINE_MAX);
    p = n < 0 ? NULL : buf_space(&line, (size_t)n + 1);
    if (p) {
        va_start(ap, fmt);
        vsnprintf(p, (size_t)n + 1, fmt, ap);
        va_end(ap);
        buf_added(&line, (size_t)n);
        buf_addz(&line, "\r\n");
    }
    if (p)
        st = client_begin(c, buf_str(&line));
    else
        st = FAIL(ST_LIMIT, "a command is too long");
    buf_fini(&line);
    return st;
}

/* --- reading ---------------------------------------------------------------------------------------------- */

static enum st read_literal(struct client *c, uint64_t n) SUSPENDS
{
    if (c->n_literals == CLIENT_LITERALS_MAX || n > LITERALS_MAX - c->literals.n)
        return FAIL(ST_LIMIT, "the server's answer is too large");
    while (n > 0) {
        struct str got = stream_input(c->stream);

        if (got.n == 0) {
            TRY(stream_more(c->stream));
            continue;
        }
        got = str_sub(got, 0, n);
        buf_add(&c->literals, got);
        n -= got.n;
        stream_eat(c->stream, got.n);
    }
    c->literal_at[++c->n_literals] = c->literals.n;
    return buf_check(&c->literals);
}

/* "... {123}" */
static bool ends_in_literal(struct str line, uint64_t *out_n)
{
    size_t open = str_rfind(line, '{');

    return line.n && line.p[line.n - 1] == '}' && open < line.n &&
           str_u64(str_sub(line, open + 1, line.n - open - 2), LIMIT_MESSAGE, out_n) == ST_OK;
}

static enum st read_whole(struct client *c) SUSPENDS
{
    struct str line;
    uint64_t n;

    buf_clear(&c->line);
    buf_clear(&c->literals);
    c->n_literals = 0;
    c->literal_at[0] = 0;
    for (;;) {
        TRY(stream_line(c->stream, LIMIT_IMAP_LINE, &line));
        while (line.n && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
            line.n--;
        buf_add(&c->line, line);
        TRY(buf_check(&c->line));
        if (!ends_in_literal(line, &n))
            return ST_OK;
        TRY(read_literal(c, n));
    }
}

static enum st status_of(struct str text)
{
    if (str_istarts(text, STR("OK")))
        return ST_OK;
    if (!str_istarts(text, STR("NO")))
        return ST_SYNTAX;
    if (str_search(text, STR("[OVERQUOTA]")) < text.n)
        return ST_OVERQUOTA;
    return str_search(text, STR("[TRYCREATE]")) < text.n || str_search(text, STR("[NONEXISTENT]")) < text.n
               ? ST_NOTFOUND
               : ST_DENIED;
}

enum st client_read(struct client *c, struct answer *out)
{
    struct str line;
    char tag[16];

    do {
        TRY(read_whole(c));
        line = buf_str(&c->line);
    } while (str_starts(line, STR("+")));
    if (str_starts(line, STR("* "))) {
        *out = (struct answer){.text = str_from(line, 2)};
        if (str_istarts(out->text, STR("BYE")))
            return FAIL(ST_EOF, "the server ends: %.*s", STR_ARGS(str_sub(out->text, 4, 150)));
        return ST_OK;
    }
    snprintf(tag, sizeof tag, "t%u ", c->tag);
    if (!str_starts(line, c->tag ? str_z(tag) : STR("login ")))
        return FAIL(ST_SYNTAX, "that is no answer of an IMAP server: %.*s", STR_ARGS(str_sub(line, 0, 80)));
    *out = (struct answer){.is_tagged = true, .text = str_from(line, str_find(line, ' ') + 1)};
    out->st = status_of(out->text);
    return ST_OK;
}

enum st client_failed(const struct answer *tagged)
{
    if (tagged->st == ST_OK)
        return ST_OK;
    return FAIL(tagged->st, "%.*s", STR_ARGS(str_sub(str_from(tagged->text, 3), 0, 200)));
}

enum st client_finish(struct client *c)
{
    struct answer a;

    do
        TRY(client_read(c, &a));
    while (!a.is_tagged);
    return client_failed(&a);
}

/* --- words ------------------------------------------------------------------------------------------------- */

struct words words_of(const struct client *c, struct arena *a, const struct answer *answer)
{
    return (struct words){.client = c, .arena = a, .text = answer->text};
}

static struct str quoted(struct words *w)
{
    struct str s = str_from(w->text, w->at);
    char *p = arena_alloc(w->arena, s.n + 1);
    size_t n = 0, i = 0;

    for (; i < s.n && s.p[i] != '"'; i++) {
        i += s.p[i] == '\\' && i + 1 < s.n;
        p[n++] = s.p[i];
    }
    w->at += MIN(i + 1, s.n);
    return str_n(p, n);
}

static struct str literal(struct words *w)
{
    const struct client *c = w->client;
    size_t at = c->literal_at[w->literal], end = c->literal_at[w->literal + 1];

    w->literal++;
    w->at += str_find(str_from(w->text, w->at), '}') + 1;
    return str_n(c->literals.p + at, end - at);
}

enum word_kind word_next(struct words *w, struct str *out)
{
    size_t from;
    char first;

    while (w->at < w->text.n && w->text.p[w->at] == ' ')
        w->at++;
    *out = STR_NONE;
    if (w->at >= w->text.n)
        return WORD_END;
    first = w->text.p[w->at];
    if (first == '(' || first == ')') {
        w->at++;
        return first == '(' ? WORD_OPEN : WORD_CLOSE;
    }
    if (first == '"') {
        w->at++;
        *out = quoted(w);
        return WORD_STRING;
    }
    if (first == '{' && w->literal < w->client->n_literals) {
        *out = literal(w);
        return WORD_STRING;
    }
    from = w->at;
    while (w->at < w->text.n && !strchr(" ()\"", w->text.p[w->at]))
        w->at++;
    *out = str_sub(w->text, from, w->at - from);
    return WORD_ATOM;
}

void word_skip(struct words *w, enum word_kind kind)
{
    unsigned depth = kind == WORD_OPEN;
    struct str s;

    while (depth && kind != WORD_END) {
        kind = word_next(w, &s);
        if (kind == WORD_OPEN)
            depth++;
        if (kind == WORD_CLOSE)
            depth--;
    }
}

enum st client_mailbox(struct arena *a, struct str name, struct str *out)
{
    struct str coded;
    char *p;
    size_t n = 0;

    TRY(mutf7_encode(a, name, &coded));
    p = arena_alloc(a, 2 * coded.n + 2);
    p[n++] = '"';
    for (size_t i = 0; i < coded.n; i++) {
        if (coded.p[i] == '"' || coded.p[i] == '\\')
            p[n++] = '\\';
        p[n++] = coded.p[i];
    }
    p[n++] = '"';
    *out = str_n(p, n);
    return ST_OK;
}
