#include "smtp/dot.h"

void dot_init(struct dot_reader *d, size_t line_max)
{
    *d = (struct dot_reader){.state = DOT_LINE_START, .line_max = line_max};
}

/* How many bytes at the front are plain: no CR, LF or NUL among them. */
static size_t plain(struct str s)
{
    size_t n = str_find(s, '\r');

    n = str_find(str_n(s.p, n), '\n');
    return str_find(str_n(s.p, n), '\0');
}

/* From inside a line: as many bytes as can be handed on as they are, over line ends whose next line does not
 * begin with a dot. Leaves the state behind the last of them. */
static enum dot_event run(struct dot_reader *d, struct str in, size_t *out_n)
{
    size_t at = 0;

    while (at < in.n) {
        size_t n;

        if (d->state == DOT_LINE_START) {
            if (in.p[at] == '.')
                break;
            d->state = DOT_TEXT;
            d->line = 0;
        }
        n = plain(str_from(in, at));
        if (n > d->line_max - d->line)
            return DOT_LONG;
        at += n;
        d->line += n;
        if (at == in.n)
            break;
        if (in.p[at] != '\r')
            return DOT_BAD;
        if (at + 1 == in.n) { /* CR is the last byte here: it is handed on with its LF */
            d->state = DOT_TEXT_CR;
            break;
        }
        if (in.p[at + 1] != '\n')
            return DOT_BAD;
        at += 2;
        d->state = DOT_LINE_START;
    }
    *out_n = at;
    return DOT_SPAN;
}

static void eat(struct str *in, size_t n)
{
    *in = str_from(*in, n);
}

enum dot_event dot_read(struct dot_reader *d, struct str *in, struct str *out_span)
{
    enum dot_event ev;
    size_t n = 0;

    while (in->n) {
        char c = in->p[0];

        switch (d->state) {
        case DOT_ENDED: return DOT_END;
        case DOT_LINE_START:
            if (c == '.') {
                d->state = DOT_SEEN;
                d->line = 0;
                eat(in, 1);
                continue;
            }
            break;
        case DOT_SEEN: /* the dot itself is dropped, whatever follows (section 4.5.2) */
            d->state = c == '\r' ? DOT_SEEN_CR : DOT_TEXT;
            if (c == '\r')
                eat(in, 1);
            continue;
        case DOT_SEEN_CR:
            if (c != '\n')
                return DOT_BAD;
            eat(in, 1);
            d->state = DOT_ENDED;
            return DOT_END;
        case DOT_TEXT_CR:
            if (c != '\n')
                return DOT_BAD;
            eat(in, 1);
            d->state = DOT_LINE_START;
            *out_span = STR("\r\n");
            return DOT_SPAN;
        case DOT_TEXT: break;
        }
        ev = run(d, *in, &n);
        if (ev != DOT_SPAN)
            return ev;
        *out_span = str_n(in->p, n);
        eat(in, d->state == DOT_TEXT_CR ? n + 1 : n);
        if (n)
            return DOT_SPAN;
    }
    return d->state == DOT_ENDED ? DOT_END : DOT_MORE;
}
