#include "mime/lex.h"

/* s.p[at] is a parenthesis. */
static size_t comment_end(struct str s, size_t at)
{
    size_t depth = 0;

    for (; at < s.n; at++) {
        if (s.p[at] == '\\')
            at++;
        else if (s.p[at] == '(')
            depth++;
        else if (s.p[at] == ')' && --depth == 0)
            return at + 1;
    }
    return s.n;
}

size_t mime_skip_comments(struct str s, size_t at, struct str *out_comment)
{
    while (at < s.n) {
        if (ascii_is_space(s.p[at])) {
            at++;
        } else if (s.p[at] == '(') {
            size_t end = comment_end(s, at);

            if (out_comment)
                *out_comment = str_trim(str_n(s.p + at + 1, end - at - 1 - (s.p[end - 1] == ')' && end > at + 1)));
            at = end;
        } else {
            return at;
        }
    }
    return s.n;
}

size_t mime_unquote(struct str s, size_t at, char *to, size_t *out_n)
{
    size_t n = 0;

    for (at++; at < s.n && s.p[at] != '"'; at++) {
        char c = s.p[at];

        if (c == '\\' && at + 1 < s.n)
            c = s.p[++at];
        if (c != '\r' && c != '\n' && c != '\0')
            to[n++] = c;
    }
    *out_n = n;
    return MIN(at + 1, s.n);
}
