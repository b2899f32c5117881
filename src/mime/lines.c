#include "mime/lines.h"

void mime_lines_init(struct mime_lines *l, size_t line_max, bool header_only)
{
    *l = (struct mime_lines){.line_max = line_max, .header_only = header_only};
}

/* How many bytes at the front are plain: no CR, LF or NUL among them. */
static size_t plain(struct str s)
{
    size_t n = str_find(s, '\r');

    n = str_find(str_n(s.p, n), '\n');
    return str_find(str_n(s.p, n), '\0');
}

static void end_line(struct mime_lines *l)
{
    l->is_over = l->header_only && l->line == 0;
    l->line = 0;
    l->behind_cr = false;
}

void mime_lines_feed(struct mime_lines *l, struct str bytes)
{
    for (size_t at = 0, n; at < bytes.n && !l->has_bare && !l->is_over; at += n) {
        n = 1;
        if (l->behind_cr) {
            l->has_bare = bytes.p[at] != '\n';
            end_line(l);
        } else if (bytes.p[at] == '\r') {
            l->behind_cr = true;
        } else {
            n = plain(str_from(bytes, at));
            l->has_bare = n == 0;
            l->line += n;
            l->has_long |= l->line > l->line_max;
        }
    }
}

void mime_lines_end(struct mime_lines *l)
{
    l->has_bare |= l->behind_cr;
}

struct mime_lines mime_lines_of(struct str bytes, size_t line_max)
{
    struct mime_lines l;

    mime_lines_init(&l, line_max, false);
    mime_lines_feed(&l, bytes);
    mime_lines_end(&l);
    return l;
}
