/* Parameters. A first pass reads them as they stand; a second joins the continuations of RFC 2231. */
#include "mime/param.h"
#include "mime/charset.h"
#include "mime/encword.h"
#include "mime/header.h"
#include "mime/lex.h"

#define SECTIONS_MAX MIME_PARAMS_MAX

/* A parameter as it stands in the field. */
struct piece {
    struct str name, base, value; /* base: the name without *N and * */
    int section;                  /* of a continuation, or -1 */
    bool extended;                /* the name ended in "*" */
    bool used;
};

static bool is_token(char c)
{
    return (unsigned char)c > ' ' && c != ';' && c != '(' && c != '"' && c != 127;
}

static struct str take_token(struct str s, size_t *at, char stop)
{
    size_t from = *at;

    while (*at < s.n && is_token(s.p[*at]) && s.p[*at] != stop)
        ++*at;
    return str_sub(s, from, *at - from);
}

/* A value: quoted, a token, or (not allowed, but seen) words up to the next semicolon. */
static struct str take_value(struct arena *a, struct str s, size_t *at)
{
    size_t from = *at, n;
    struct str v;

    if (*at < s.n && s.p[*at] == '"') {
        char *p = arena_alloc(a, s.n - *at);

        *at = mime_unquote(s, *at, p, &n);
        v = str_n(p, n);
        *at += str_find(str_from(s, *at), ';');
        return v;
    }
    v = take_token(s, at, '\0');
    *at = mime_skip_cfws(s, *at);
    if (*at < s.n && s.p[*at] != ';') {
        *at += str_find(str_from(s, *at), ';');
        v = mime_unfold(a, str_sub(s, from, *at - from));
    }
    return v;
}

/* "filename*1*": base, section, extended. */
static void split_name(struct piece *p, struct str name)
{
    size_t star, digits = 0;
    int section = 0;

    p->section = -1;
    p->extended = name.n > 1 && name.p[name.n - 1] == '*';
    name.n -= p->extended;
    star = str_rfind(name, '*');
    while (star + 1 + digits < name.n && digits < 3 && ascii_is_digit(name.p[star + 1 + digits]))
        section = section * 10 + (name.p[star + 1 + digits++] - '0');
    if (digits && star + 1 + digits == name.n) {
        p->section = section;
        name.n = star;
    }
    p->base = name;
}

static size_t read_pieces(struct arena *a, struct str s, size_t at, struct piece *list)
{
    size_t n = 0;

    while (at < s.n && n < MIME_PARAMS_MAX) {
        struct str name;

        at = mime_skip_cfws(s, at);
        if (at < s.n && s.p[at] == ';') {
            at++;
            continue;
        }
        name = take_token(s, &at, '=');
        at = mime_skip_cfws(s, at);
        if (name.n == 0 || at >= s.n || s.p[at] != '=') {
            at += str_find(str_from(s, at), ';');
            continue;
        }
        at = mime_skip_cfws(s, at + 1);
        list[n] = (struct piece){.name = name, .value = take_value(a, s, &at)};
        split_name(&list[n++], name);
    }
    return n;
}

static struct piece *find_section(struct piece *list, size_t n, struct str base, int section)
{
    for (size_t i = 0; i < n; i++)
        if (!list[i].used && list[i].section == section && str_ieq(list[i].base, base))
            return &list[i];
    return NULL;
}

/* RFC 2231 section 7: what may stand in an extended value without percent sign. */
static bool is_attribute_char(char c)
{
    return (ascii_is_alnum(c) || (c && strchr("!#$&+-.^_`{|}~", c))) && !(c & 0x80);
}

static void add_encoded(char *to, size_t *n, struct str s)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (is_attribute_char(s.p[i])) {
            to[(*n)++] = s.p[i];
            continue;
        }
        to[(*n)++] = '%';
        to[(*n)++] = digits[c >> 4];
        to[(*n)++] = digits[c & 15];
    }
}

static struct mime_param join(struct arena *a, struct piece *list, size_t n, struct piece *first)
{
    struct piece *sections[SECTIONS_MAX] = {first};
    size_t count = 1, len = first->value.n, w = 0;
    bool extended = first->extended;
    char *name, *p;

    first->used = true;
    while (count < SECTIONS_MAX) {
        struct piece *next = find_section(list, n, first->base, (int)count);

        if (!next)
            break;
        next->used = true;
        len += next->value.n;
        sections[count++] = next;
    }
    p = arena_alloc(a, len * 3 + 1);
    for (size_t i = 0; i < count; i++) {
        if (extended && !sections[i]->extended) {
            add_encoded(p, &w, sections[i]->value);
            continue;
        }
        if (sections[i]->value.n)
            memcpy(p + w, sections[i]->value.p, sections[i]->value.n);
        w += sections[i]->value.n;
    }
    name = arena_alloc(a, first->base.n + 2);
    memcpy(name, first->base.p, first->base.n);
    name[first->base.n] = '*';
    return (struct mime_param){str_n(name, first->base.n + extended), str_n(p, w)};
}

static struct mime_params read_params(struct arena *a, struct str s, size_t at)
{
    struct piece list[MIME_PARAMS_MAX];
    size_t n = read_pieces(a, s, at, list);
    struct mime_param *joined = ARENA_ARRAY(a, struct mime_param, n);
    size_t n_joined = 0;

    for (size_t i = 0; i < n; i++) {
        struct piece *p = &list[i];
        struct piece *first = p->section >= 0 && !p->used ? find_section(list, n, p->base, 0) : NULL;

        if (first) /* the whole stands where the first of its sections does */
            joined[n_joined++] = join(a, list, n, first);
        if (!p->used)
            joined[n_joined++] = (struct mime_param){p->name, p->value};
        p->used = true;
    }
    return (struct mime_params){joined, n_joined};
}

bool mime_content_type_parse(struct arena *a, struct str value, struct mime_content_type *out)
{
    size_t at = mime_skip_cfws(value, 0);
    struct str type = take_token(value, &at, '/'), subtype;

    at = mime_skip_cfws(value, at);
    if (type.n == 0 || at >= value.n || value.p[at] != '/')
        return false;
    at = mime_skip_cfws(value, at + 1);
    subtype = take_token(value, &at, ';');
    if (subtype.n == 0)
        return false;
    *out = (struct mime_content_type){type, subtype, read_params(a, value, at)};
    return true;
}

bool mime_disposition_parse(struct arena *a, struct str value, struct mime_disposition *out)
{
    size_t at = mime_skip_cfws(value, 0);
    struct str kind = take_token(value, &at, ';');

    if (kind.n == 0)
        return false;
    *out = (struct mime_disposition){kind, read_params(a, value, at)};
    return true;
}

static const struct mime_param *find_param(const struct mime_params *params, struct str name, bool extended)
{
    for (size_t i = 0; i < params->n; i++) {
        struct str n = params->list[i].name;
        bool has_star = n.n > 1 && n.p[n.n - 1] == '*';

        if (has_star == extended && str_ieq(str_n(n.p, n.n - has_star), name))
            return &params->list[i];
    }
    return NULL;
}

struct str mime_param_raw(const struct mime_params *params, struct str name)
{
    const struct mime_param *p = find_param(params, name, false);

    return p ? p->value : STR_NONE;
}

static int hex_value(char c)
{
    c = ascii_lower(c);
    if (ascii_is_digit(c))
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static struct str percent_decode(struct arena *a, struct str s)
{
    char *p = arena_alloc(a, s.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        int hi = s.p[i] == '%' && i + 2 < s.n ? hex_value(s.p[i + 1]) : -1, lo = hi >= 0 ? hex_value(s.p[i + 2]) : -1;

        p[n++] = lo >= 0 ? (char)(hi << 4 | lo) : s.p[i];
        i += lo >= 0 ? 2 : 0;
    }
    return str_n(p, n);
}

/* charset'language'text */
static struct str extended_text(struct arena *a, struct str v)
{
    struct str charset = STR_NONE, language, rest = v, got;
    struct buf out;

    if (str_split(&rest, '\'', &charset) && str_split(&rest, '\'', &language) && rest.p)
        v = rest;
    else
        charset = STR_NONE;
    v = percent_decode(a, v);
    buf_init(&out, v.n * 4 + 64);
    charset_to_utf8(charset_find(charset), v, &out);
    got = arena_str(a, buf_str(&out));
    buf_fini(&out);
    return got;
}

struct str mime_param_text(struct arena *a, const struct mime_params *params, struct str name)
{
    const struct mime_param *p = find_param(params, name, true);

    if (p)
        return extended_text(a, p->value);
    p = find_param(params, name, false);
    return p ? mime_encword_decode(a, p->value) : STR_NONE;
}
