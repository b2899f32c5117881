#include "smtp/path.h"

/* The end of the path that starts behind '<': the '>' outside quotes; n when there is none. */
static size_t path_end(struct str s)
{
    bool quoted = false;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\' && quoted)
            i++;
        else if (s.p[i] == '"')
            quoted = !quoted;
        else if (s.p[i] == '>' && !quoted)
            return i;
    }
    return s.n;
}

/* "@a,@b:user@c" gives "user@c". */
static struct str without_route(struct str s)
{
    size_t colon;

    if (s.n == 0 || s.p[0] != '@')
        return s;
    colon = str_find(s, ':');
    return colon < s.n ? str_from(s, colon + 1) : s;
}

/* esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-") */
static bool is_keyword(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_alnum(s.p[i]) && (i == 0 || s.p[i] != '-'))
            return false;
    return s.n > 0;
}

/* esmtp-value: no "=", SP or control characters; UTF-8 under RFC 6531. */
static bool is_value(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= 32 || s.p[i] == '=' || s.p[i] == 127)
            return false;
    return s.n > 0;
}

static enum st params(struct str rest, struct smtp_path *out)
{
    struct str word;

    while (str_split(&rest, ' ', &word)) {
        struct smtp_param *p = &out->params[out->n_params];
        size_t eq = str_find(word, '=');

        if (word.n == 0)
            continue;
        if (out->n_params == SMTP_PARAMS_MAX)
            return FAIL(ST_LIMIT, "more than %d parameters", SMTP_PARAMS_MAX);
        *p = (struct smtp_param){str_n(word.p, eq), eq < word.n ? str_from(word, eq + 1) : STR_NONE};
        if (!is_keyword(p->name) || (eq < word.n && !is_value(p->value)))
            return FAIL(ST_SYNTAX, "a parameter is KEYWORD or KEYWORD=value");
        out->n_params++;
    }
    return ST_OK;
}

static enum st address(struct smtp_path *out, bool may_be_null)
{
    if (out->text.n == 0) {
        out->is_null = may_be_null;
        return may_be_null ? ST_OK : FAIL(ST_DENIED, "it is empty");
    }
    if (str_ieq(out->text, STR("postmaster")) && !may_be_null) {
        out->is_postmaster = true;
        return ST_OK;
    }
    return addrspec_parse(out->text, &out->addr) == ST_OK ? ST_OK : ST_DENIED;
}

enum st smtp_path_parse(struct str args, struct str word, struct smtp_path *out)
{
    struct str rest;
    size_t end;

    out->is_null = out->is_postmaster = false;
    out->n_params = 0;
    args = str_trim(args);
    if (!str_istarts(args, word))
        return FAIL(ST_SYNTAX, "%.*s<address> is missing", STR_ARGS(word));
    rest = str_trim(str_from(args, word.n));
    if (rest.n == 0 || rest.p[0] != '<')
        return FAIL(ST_SYNTAX, "an address stands in angle brackets");
    rest = str_from(rest, 1);
    end = path_end(rest);
    if (end == rest.n)
        return FAIL(ST_SYNTAX, "an address stands in angle brackets");
    out->text = without_route(str_n(rest.p, end));
    rest = str_from(rest, end + 1);
    if (rest.n && rest.p[0] != ' ')
        return FAIL(ST_SYNTAX, "a space stands before parameters");
    TRY(params(rest, out));
    return address(out, str_ieq(word, STR("FROM:")));
}
