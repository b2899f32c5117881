#include "pop3/stuff.h"

void stuff_init(struct dot_stuff *d, uint64_t body_lines)
{
    *d = (struct dot_stuff){.lines_left = body_lines, .empty_so_far = true};
}

/* A line has ended: was it the header's empty one, is it one of the body's? */
static void line_ended(struct dot_stuff *d)
{
    if (d->in_body && d->lines_left != UINT64_MAX)
        d->lines_left--;
    if (!d->in_body && d->empty_so_far)
        d->in_body = true;
    d->empty_so_far = true;
}

static bool only_cr(struct str s)
{
    return s.n == 0 || (s.n == 1 && s.p[0] == '\r');
}

bool stuff_next(struct dot_stuff *d, struct str *in, bool *out_dot, struct str *out_span)
{
    size_t at = 0;

    if (in->n == 0 || stuff_is_over(d))
        return false;
    *out_dot = !d->inside_line && in->p[0] == '.';
    while (at < in->n) {
        struct str rest = str_from(*in, at);
        size_t n = str_find(rest, '\n');

        if (!d->inside_line && rest.p[0] == '.' && at > 0)
            break; /* a dot goes in here: the caller comes back */
        d->empty_so_far = d->empty_so_far && only_cr(str_n(rest.p, n));
        d->inside_line = n == rest.n;
        d->after_cr = d->inside_line && rest.p[n - 1] == '\r';
        at += MIN(n + 1, rest.n);
        if (!d->inside_line) {
            line_ended(d);
            if (stuff_is_over(d))
                break;
        }
    }
    *out_span = str_n(in->p, at);
    *in = str_from(*in, at);
    return true;
}

struct str stuff_end(const struct dot_stuff *d)
{
    if (!d->inside_line)
        return STR(".\r\n");
    return d->after_cr ? STR("\n.\r\n") : STR("\r\n.\r\n");
}
