/* Header fields. Where a header ends must be decided the same way here and while a letter streams
 * in (scan.c): mime_header_goes_on is the one place. */
#include "mime/header.h"
#include "mime/encword.h"

#define NAME_REACH 250 /* how far into a line its colon is looked for */

/* Where the colon stands, or 0. RFC 5322 2.2 and 4.5: printable characters, then perhaps white space. */
static size_t colon_at(struct str line)
{
    size_t n = MIN(line.n, NAME_REACH), i = 0;

    while (i < n && line.p[i] > ' ' && line.p[i] != ':' && line.p[i] != 127)
        i++;
    if (i == 0)
        return 0;
    while (i < n && (line.p[i] == ' ' || line.p[i] == '\t'))
        i++;
    return i < n && line.p[i] == ':' ? i : 0;
}

static bool is_from_line(struct str line)
{
    return str_starts(line, STR("From ")) || str_starts(line, STR(">From "));
}

bool mime_header_goes_on(struct str line, bool any)
{
    if (line.n && (line.p[0] == ' ' || line.p[0] == '\t'))
        return any;
    return colon_at(line) > 0 || is_from_line(line);
}

static size_t line_len(struct str s, size_t at)
{
    const char *lf = at < s.n ? memchr(s.p + at, '\n', s.n - at) : NULL;

    return lf ? (size_t)(lf - s.p) + 1 - at : s.n - at;
}

bool mime_header_next(struct str header, size_t *pos, struct mime_field *out)
{
    size_t at = *pos, len, colon, name_n;
    struct str raw;

    if (at >= header.n || !mime_header_goes_on(str_from(header, at), false))
        return false;
    len = line_len(header, at);
    while (at + len < header.n && (header.p[at + len] == ' ' || header.p[at + len] == '\t'))
        len += line_len(header, at + len);
    raw = str_n(header.p + at, len);
    colon = name_n = colon_at(raw);
    while (name_n && (raw.p[name_n - 1] == ' ' || raw.p[name_n - 1] == '\t'))
        name_n--;
    out->raw = raw;
    out->name = str_n(raw.p, name_n);
    out->value = name_n ? str_from(raw, colon + 1) : raw;
    if (str_ends(out->value, STR("\n")))
        out->value.n--;
    if (str_ends(out->value, STR("\r")))
        out->value.n--;
    *pos = at + len;
    return true;
}

enum st mime_header_find(struct str header, struct str name, struct mime_field *out)
{
    struct mime_field f;

    for (size_t pos = 0; mime_header_next(header, &pos, &f);)
        if (str_ieq(f.name, name)) {
            *out = f;
            return ST_OK;
        }
    return FAIL(ST_NOTFOUND, "no such field");
}

static bool is_left_out(char c)
{
    return c == '\r' || c == '\n' || c == '\0';
}

static bool has_any(struct str s, const char *three)
{
    return memchr(s.p, three[0], s.n) || memchr(s.p, three[1], s.n) || memchr(s.p, three[2], s.n);
}

struct str mime_unfold(struct arena *a, struct str value)
{
    size_t n = 0, line;
    char *p;

    value = str_trim(value);
    if (!value.n || !has_any(value, "\n\r"))
        return value;
    p = arena_alloc(a, value.n + 1);
    for (size_t at = 0; at < value.n; at += line + 1) { /* runs between line ends in one go */
        struct str run = str_from(value, at);

        line = str_find(run, '\n');
        run = str_sub(run, 0, line);
        if (str_ends(run, STR("\r")))
            run.n--;
        if (has_any(run, "\n\r")) {
            for (size_t i = 0; i < run.n; i++)
                if (!is_left_out(run.p[i]))
                    p[n++] = run.p[i];
        } else {
            memcpy(p + n, run.p, run.n);
            n += run.n;
        }
    }
    return str_trim(str_n(p, n));
}

struct str mime_unfold_decoded(struct arena *a, struct str value)
{
    return mime_encword_decode(a, mime_unfold(a, value));
}

static bool is_listed(struct str name, const struct str *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_ieq(names[i], name))
            return true;
    return false;
}

void mime_header_filter(struct str header, const struct str *names, size_t n_names, bool exclude, struct buf *out)
{
    struct mime_field f;

    for (size_t pos = 0; mime_header_next(header, &pos, &f);)
        if (is_listed(f.name, names, n_names) != exclude) {
            buf_add(out, f.raw);
            if (!str_ends(f.raw, STR("\n")))
                buf_addz(out, "\r\n");
        }
    buf_addz(out, "\r\n");
}
