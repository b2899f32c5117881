/* Answers of a server (RFC 5321 section 4.2): "250-text" lines up to "250 text". */
#include "smtp/client_inside.h"

#include "base/buf.h"
#include "net/line.h"

#include <stdarg.h>
#include <stdio.h>

#define LINE_MAX_BYTES 2048 /* RFC 5321 section 4.5.3.1.5 asks for 512 */
#define LINES_MAX 128
#define TEXT_MAX 8192

static bool is_code(struct str line)
{
    return line.n >= 3 && line.p[0] >= '2' && line.p[0] <= '5' && ascii_is_digit(line.p[1]) &&
           ascii_is_digit(line.p[2]) && (line.n == 3 || line.p[3] == ' ' || line.p[3] == '-');
}

static unsigned code_of(struct str line)
{
    return (unsigned)(line.p[0] - '0') * 100 + (unsigned)(line.p[1] - '0') * 10 + (unsigned)(line.p[2] - '0');
}

/* "5.1.1" at the beginning, of the class of the code (RFC 2034 section 4); else nothing. */
static struct str status_of(struct str text, unsigned code)
{
    size_t at = 0, digits = 0, dots = 0;

    for (; at < text.n && (ascii_is_digit(text.p[at]) || text.p[at] == '.'); at++) {
        bool is_dot = text.p[at] == '.';

        if (is_dot ? !digits : digits == 3)
            return STR_NONE;
        digits = is_dot ? 0 : digits + 1;
        dots += is_dot;
    }
    if (dots != 2 || !digits || (at < text.n && text.p[at] != ' ') || (unsigned)(text.p[0] - '0') != code / 100 ||
        text.p[1] != '.')
        return STR_NONE;
    return str_sub(text, 0, at);
}

static void add_printable(struct buf *b, struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        buf_addc(b, (unsigned char)text.p[i] < 32 || text.p[i] == 127 ? '?' : text.p[i]);
}

static enum st read_lines(struct smtp_client *c, struct buf *text, unsigned *out_code) SUSPENDS
{
    unsigned code = 0;

    for (unsigned n = 0; n < LINES_MAX; n++) {
        struct str line;

        TRY(stream_line(c->stream, LINE_MAX_BYTES, &line));
        line_strip(&line);
        if (!is_code(line) || (n && code_of(line) != code))
            return FAIL(ST_SYNTAX, "\"%.*s\" is no answer of a mail server", (int)MIN(line.n, (size_t)80), line.p);
        code = code_of(line);
        if (text->n + line.n < TEXT_MAX) {
            if (n)
                buf_addc(text, '\n');
            else
                buf_addf(text, "%u ", code);
            add_printable(text, str_from(line, 4));
        }
        if (line.n == 3 || line.p[3] == ' ') {
            *out_code = code;
            return ST_OK;
        }
    }
    return FAIL(ST_LIMIT, "an answer of more than %d lines", LINES_MAX);
}

enum st smtp_client_answer(struct smtp_client *c, struct arena *a, uint32_t wait_ms, struct smtp_answer *out)
{
    struct smtp_answer answer = {0};
    struct buf text;
    enum st st;

    stream_set_timeouts(c->stream, wait_ms, SMTP_WAIT_BLOCK);
    buf_init(&text, TEXT_MAX + LINE_MAX_BYTES);
    st = read_lines(c, &text, &answer.code);
    if (st == ST_OK) {
        answer.text = arena_str(a, buf_str(&text));
        answer.status = status_of(str_from(answer.text, 4), answer.code);
        *out = answer;
    }
    buf_fini(&text);
    c->is_over = c->is_over || st != ST_OK || answer.code == 421;
    return st;
}

enum st smtp_client_say(struct smtp_client *c, const char *fmt, ...)
{
    struct arena a = ARENA_INIT;
    va_list args;
    char *line;
    enum st st;
    int n;

    va_start(args, fmt);
    n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    line = arena_alloc(&a, (size_t)n + 3);
    va_start(args, fmt);
    vsnprintf(line, (size_t)n + 1, fmt, args);
    va_end(args);
    memcpy(line + n, "\r\n", 2);
    st = stream_write(c->stream, str_n(line, (size_t)n + 2));
    c->is_over = c->is_over || st != ST_OK;
    arena_fini(&a);
    return st;
}

enum st smtp_client_refused(enum st st, const struct smtp_answer *answer)
{
    return FAIL(st, "%.*s", (int)MIN(answer->text.n, (size_t)200), answer->text.p);
}
