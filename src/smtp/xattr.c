#include "smtp/xattr.h"

#include "base/err.h"

static int hex(char c)
{
    return ascii_is_digit(c) ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum st decode(struct str x, struct arena *a, struct str *out)
{
    char *text;
    size_t n = 0;

    if (!x.n || x.n > 3 * SMTP_XATTR_MAX)
        return FAIL(ST_SYNTAX, "a value of no bytes, or too many");
    text = arena_alloc(a, x.n);
    for (size_t i = 0; i < x.n; i++) {
        int c = (unsigned char)x.p[i];

        if (c == '+') {
            if (i + 2 >= x.n || hex(x.p[i + 1]) < 0 || hex(x.p[i + 2]) < 0)
                return FAIL(ST_SYNTAX, "no xtext");
            c = hex(x.p[i + 1]) * 16 + hex(x.p[i + 2]);
            i += 2;
        }
        if (c <= 32 || c == 127) /* it gets into headers and logs */
            return FAIL(ST_SYNTAX, "a control character or a blank");
        text[n++] = (char)c;
    }
    if (n > SMTP_XATTR_MAX || !str_is_utf8(str_n(text, n)))
        return FAIL(ST_SYNTAX, "a value that is too long, or no text");
    *out = str_n(text, n);
    return ST_OK;
}

static bool is_name(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_alpha(s.p[i]))
            return false;
    return s.n > 0;
}

static bool is_unknown(struct str x)
{
    return str_ieq(x, STR("[UNAVAILABLE]")) || str_ieq(x, STR("[TEMPUNAVAIL]"));
}

enum st smtp_xattrs_parse(struct str args, struct arena *a, struct smtp_xattr out[SMTP_XATTRS_MAX], size_t *out_n)
{
    struct str rest = str_trim(args), word;
    size_t n = 0;

    while (str_split(&rest, ' ', &word)) {
        size_t eq = str_find(word, '=');
        struct str x = str_from(word, eq + 1);

        if (!word.n)
            continue;
        if (n == SMTP_XATTRS_MAX)
            return FAIL(ST_LIMIT, "more than %d attributes", SMTP_XATTRS_MAX);
        out[n] = (struct smtp_xattr){.name = str_sub(word, 0, eq)};
        if (eq == word.n || !is_name(out[n].name))
            return FAIL(ST_SYNTAX, "an attribute is NAME=value");
        if (!is_unknown(x))
            TRY(decode(x, a, &out[n].value));
        n++;
    }
    *out_n = n;
    return n ? ST_OK : FAIL(ST_SYNTAX, "no attribute");
}
