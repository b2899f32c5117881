#include "policy/routing.h"

#define CODE_DIGITS 3

static const char *const words[] = {
#define BY(id, word, text) word,
#include "policy/routing_by.def"
#undef BY
};

const char *routing_by_word(enum routing_by by)
{
    return words[by];
}

enum st routing_by_find(struct str word, enum routing_by *out)
{
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_eq(word, str_z(words[i]))) {
            *out = (enum routing_by)i;
            return ST_OK;
        }
    return FAIL(ST_SYNTAX, "a route is for \"account ADDRESS\", \"from DOMAIN\" or \"to DOMAIN\"");
}

/* --- which rule --------------------------------------------------------------------------------------------------- */

/* How well: 0, not at all; more is better. */
static size_t fit_domain(struct str name, struct str domain)
{
    if (str_eq(name, domain))
        return SIZE_MAX;
    if (str_eq(name, ROUTING_ANY))
        return 1;
    return name.n > 1 && name.p[0] == '.' && domain.n > name.n && str_ends(domain, name) ? name.n : 0;
}

static size_t fit(const struct routing_rule *r, uint64_t account, struct str sender, struct str to)
{
    switch (r->by) {
    case ROUTING_BY_ACCOUNT: return account && r->account == account;
    case ROUTING_BY_SENDER: return sender.n && str_eq(r->name, sender);
    case ROUTING_BY_DESTINATION: return fit_domain(r->name, to);
    case ROUTING_BYS: break;
    }
    return 0;
}

static const struct routing_rule *best_of(const struct routing_rule *v, size_t n, bool is_fallback, uint64_t account,
                                          struct str sender, struct str to)
{
    const struct routing_rule *best = NULL;
    size_t best_fit = 0;

    for (size_t i = 0; i < n; i++) {
        size_t f = v[i].is_fallback == is_fallback ? fit(&v[i], account, sender, to) : 0;

        if (f && (!best || v[i].by < best->by || (v[i].by == best->by && f > best_fit))) {
            best = &v[i];
            best_fit = f;
        }
    }
    return best;
}

const struct routing_rule *routing_find(const struct routing_rule *v, size_t n, uint64_t account, struct str sender,
                                        struct str to)
{
    return best_of(v, n, false, account, sender, to);
}

const struct routing_rule *routing_fallback(const struct routing_rule *v, size_t n, struct str to)
{
    return best_of(v, n, true, 0, STR_NONE, to);
}

/* --- codes -------------------------------------------------------------------------------------------------------- */

static bool are_digits(struct str s, size_t least, size_t most)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_digit(s.p[i]))
            return false;
    return s.n >= least && s.n <= most;
}

static bool is_class(char c)
{
    return c == '4' || c == '5';
}

static bool is_code(struct str s)
{
    return are_digits(s, CODE_DIGITS, CODE_DIGITS) && is_class(s.p[0]);
}

/* RFC 3463 section 2. */
static bool is_status(struct str s, bool may_end_open)
{
    struct str part;
    size_t n = 0;

    if (!s.n || !is_class(s.p[0]) || s.p[s.n - 1] == '.')
        return false;
    for (; str_split(&s, '.', &part); n++)
        if (!(n == 2 && may_end_open && str_eq(part, STR("*"))) && !are_digits(part, 1, n ? 3 : 1))
            return false;
    return n == 3;
}

static bool is_item(struct str item)
{
    size_t slash = str_find(item, '/');

    if (slash < item.n)
        return is_code(str_sub(item, 0, slash)) && is_status(str_from(item, slash + 1), true);
    return is_code(item) || is_status(item, true);
}

enum st routing_codes_check(struct str codes)
{
    struct str item;

    if (codes.n > ROUTING_CODES_MAX)
        return FAIL(ST_SYNTAX, "so many codes are too many");
    while (codes.n && str_split(&codes, ',', &item))
        if (!is_item(item))
            return FAIL(ST_SYNTAX, "\"%.*s\" is no code: 550, 5.7.1, 5.7.* or 550/5.7.1, with commas between several",
                        (int)MIN(item.n, (size_t)40), item.p);
    return ST_OK;
}

static bool has_status(struct str want, struct str status)
{
    if (str_ends(want, STR(".*")))
        return str_starts(status, str_sub(want, 0, want.n - 1));
    return str_eq(want, status);
}

bool routing_codes_have(struct str codes, struct str answer)
{
    struct str code = str_sub(answer, 0, CODE_DIGITS),
               status = str_from(answer, MIN(answer.n, (size_t)CODE_DIGITS + 1)), item;

    status = str_sub(status, 0, str_find(status, ' '));
    status = str_sub(status, 0, str_find(status, '\n'));
    if (!is_code(code))
        return false;
    if (!is_status(status, false))
        status = STR_NONE;
    while (codes.n && str_split(&codes, ',', &item)) {
        size_t slash = str_find(item, '/');

        if (slash < item.n ? str_eq(str_sub(item, 0, slash), code) && has_status(str_from(item, slash + 1), status)
                           : str_eq(item, code) || (status.n && has_status(item, status)))
            return true;
    }
    return false;
}

/* --- between processes -------------------------------------------------------------------------------------------- */

#define RULE_LEAST (8 + 8 + 8 + 3 + 4 * 4)
#define TEXT_MOST 500

void routing_put(struct buf *b, const struct routing_rule *v, size_t n)
{
    rec_put_u32(b, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        rec_put_u64(b, v[i].id);
        rec_put_u8(b, (uint8_t)v[i].by);
        rec_put_u64(b, v[i].account);
        rec_put_u8(b, v[i].has_login);
        rec_put_u8(b, v[i].is_fallback);
        rec_put_u64(b, v[i].after_s);
        rec_put_str(b, v[i].name);
        rec_put_str(b, v[i].to);
        rec_put_str(b, v[i].security);
        rec_put_str(b, v[i].codes);
    }
}

static void rule_get(struct rec *r, struct routing_rule *v)
{
    uint8_t by;

    v->id = rec_u64(r);
    by = rec_u8(r);
    rec_need(r, by < ROUTING_BYS);
    v->by = r->bad ? ROUTING_BY_ACCOUNT : (enum routing_by)by;
    v->account = rec_u64(r);
    v->has_login = rec_u8(r) != 0;
    v->is_fallback = rec_u8(r) != 0;
    v->after_s = rec_u64(r);
    v->name = rec_str(r, TEXT_MOST);
    v->to = rec_str(r, TEXT_MOST);
    v->security = rec_str(r, TEXT_MOST);
    v->codes = rec_str(r, TEXT_MOST);
}

enum st routing_get(struct str bytes, struct arena *a, struct routing_rule **out, size_t *out_n)
{
    struct rec r = rec_of(bytes);
    uint32_t n = rec_u32(&r);
    struct routing_rule *v;

    rec_need(&r, n <= ROUTING_PAGE && n <= rec_left(&r) / RULE_LEAST);
    n = r.bad ? 0 : n;
    v = ARENA_ARRAY(a, struct routing_rule, n);
    for (uint32_t i = 0; i < n; i++)
        rule_get(&r, &v[i]);
    if (r.bad || rec_left(&r))
        return FAIL(ST_SYNTAX, "that is no list of routes");
    *out = v;
    *out_n = n;
    return ST_OK;
}
