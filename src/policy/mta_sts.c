/* The grammars of RFC 8461 sections 3.1 and 3.2, field by field. */
#include "policy/mta_sts.h"

#include "base/buf.h"

#define VERSION "STSv1"
#define FIELD_NAME_MAX 32
#define MAX_AGE_DIGITS 10
#define LABEL_MAX 63
#define HOST_MAX 253

static const char *const mode_names[] = {[STS_NONE] = "none", [STS_TESTING] = "testing", [STS_ENFORCE] = "enforce"};

const char *sts_mode_name(enum sts_mode mode)
{
    return mode_names[mode];
}

enum st sts_mode_parse(struct str name, enum sts_mode *out)
{
    for (size_t i = 0; i < ARRAY_LEN(mode_names); i++)
        if (str_eq(name, str_z(mode_names[i]))) {
            *out = (enum sts_mode)i;
            return ST_OK;
        }
    return FAIL(ST_SYNTAX, "the mode of an MTA-STS policy is none, testing or enforce");
}

static struct str skip_wsp(struct str s)
{
    size_t n = 0;

    while (n < s.n && (s.p[n] == ' ' || s.p[n] == '\t'))
        n++;
    return str_from(s, n);
}

static struct str drop_wsp(struct str s)
{
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

/* sts-ext-name and sts-policy-ext-name; the names that are known have that form too. */
static bool is_name(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_alnum(s.p[i]) && (i == 0 || !memchr("_-.", s.p[i], 3)))
            return false;
    return s.n && s.n <= FIELD_NAME_MAX;
}

/* --- the TXT record ------------------------------------------------------------------------------------------------ */

static bool is_id(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_alnum(s.p[i]))
            return false;
    return s.n && s.n <= STS_ID_MAX;
}

static bool is_record_value(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 0x21 || s.p[i] > 0x7e || s.p[i] == '=' || s.p[i] == ';')
            return false;
    return s.n != 0;
}

/* Does it say that it is one? Then *rest is what stands behind the first semicolon. */
static bool is_record(struct str txt, struct str *rest)
{
    struct str s = txt;

    if (!str_starts(s, STR("v=" VERSION)))
        return false;
    s = skip_wsp(str_from(s, sizeof "v=" VERSION - 1));
    if (!s.n || s.p[0] != ';')
        return false;
    *rest = skip_wsp(str_from(s, 1));
    return true;
}

static enum st read_field(struct str field, struct str *id)
{
    size_t equals = str_find(field, '=');
    struct str name = str_sub(field, 0, equals), value = str_from(field, equals + 1);

    if (equals == field.n || !is_name(name) || !is_record_value(value))
        return FAIL(ST_SYNTAX, "a field of the MTA-STS record is malformed");
    if (!str_eq(name, STR("id")) || id->n)
        return ST_OK;
    if (!is_id(value))
        return FAIL(ST_SYNTAX, "the id of the MTA-STS record is malformed");
    *id = value;
    return ST_OK;
}

static enum st read_record(struct str rest, struct str *out_id)
{
    struct str id = STR_NONE;

    while (rest.n) {
        size_t end = str_find(rest, ';');
        struct str field = str_sub(rest, 0, end);

        TRY(read_field(end < rest.n ? drop_wsp(field) : field, &id));
        rest = skip_wsp(str_from(rest, end + 1));
    }
    if (!id.n)
        return FAIL(ST_SYNTAX, "the MTA-STS record has no id");
    *out_id = id;
    return ST_OK;
}

enum st sts_record_parse(struct arena *a, const struct str *txt, size_t n, struct str *out_id)
{
    struct str rest = STR_NONE, id = STR_NONE;
    size_t found = 0;

    for (size_t i = 0; i < n; i++)
        found += is_record(txt[i], &rest);
    if (!found)
        return FAIL(ST_NOTFOUND, "there is no MTA-STS record");
    if (found > 1)
        return FAIL(ST_SYNTAX, "there are %zu MTA-STS records", found);
    TRY(read_record(rest, &id));
    *out_id = arena_str(a, id);
    return ST_OK;
}

struct str sts_record_text(struct arena *a, struct str id)
{
    return arena_printf(a, "v=" VERSION "; id=%.*s;", STR_ARGS(id));
}

/* --- the policy file ----------------------------------------------------------------------------------------------- */

/* What has been read of a file; a field that is there already is left alone. */
struct reading {
    struct arena *a;
    struct sts_policy p;
    bool has_version, has_mode, has_max_age;
};

/* sts-policy-ext-value; those of known fields are narrower. */
static bool is_file_value(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return false;
    return s.n && str_is_utf8(s);
}

static bool is_label(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_alnum(s.p[i]) && (s.p[i] != '-' || i == 0 || i == s.n - 1))
            return false;
    return s.n && s.n <= LABEL_MAX;
}

static bool is_host(struct str s)
{
    size_t at = 0;

    if (!s.n || s.n > HOST_MAX)
        return false;
    for (;;) {
        struct str label = str_sub(s, at, str_find(str_from(s, at), '.'));

        if (!is_label(label))
            return false;
        at += label.n;
        if (at == s.n)
            return true;
        at++;
    }
}

static enum st read_mx(struct reading *r, struct str value)
{
    char *name;

    if (!is_host(str_starts(value, STR("*.")) ? str_from(value, 2) : value))
        return FAIL(ST_SYNTAX, "an mx of the policy is no host name");
    if (r->p.n_mx == STS_MX_MAX)
        return FAIL(ST_LIMIT, "the policy has more than %u mx", STS_MX_MAX);
    if (!r->p.mx)
        r->p.mx = ARENA_ARRAY(r->a, struct str, STS_MX_MAX);
    name = arena_cstr(r->a, value);
    for (size_t i = 0; i < value.n; i++)
        name[i] = ascii_lower(name[i]);
    r->p.mx[r->p.n_mx++] = str_n(name, value.n);
    return ST_OK;
}

static enum st read_version(struct reading *r, struct str value)
{
    if (r->has_version)
        return ST_OK;
    if (!str_eq(value, STR(VERSION)))
        return FAIL(ST_SYNTAX, "the version of the policy is not " VERSION);
    r->has_version = true;
    return ST_OK;
}

static enum st read_mode(struct reading *r, struct str value)
{
    if (r->has_mode)
        return ST_OK;
    TRY(sts_mode_parse(value, &r->p.mode));
    r->has_mode = true;
    return ST_OK;
}

static enum st read_max_age(struct reading *r, struct str value)
{
    uint64_t seconds;

    if (r->has_max_age)
        return ST_OK;
    if (value.n > MAX_AGE_DIGITS || str_u64(value, UINT64_MAX, &seconds) != ST_OK)
        return FAIL(ST_SYNTAX, "the max_age of the policy is no number of seconds");
    r->p.max_age = (uint32_t)MIN(seconds, STS_MAX_AGE);
    r->has_max_age = true;
    return ST_OK;
}

static enum st read_line(struct reading *r, struct str line)
{
    size_t colon = str_find(line, ':');
    struct str name = str_sub(line, 0, colon), value = drop_wsp(skip_wsp(str_from(line, colon + 1)));

    if (colon == line.n || !is_name(name) || !is_file_value(value))
        return FAIL(ST_SYNTAX, "a line of the policy is no field");
    if (str_eq(name, STR("mx")))
        return read_mx(r, value);
    if (str_eq(name, STR("version")))
        return read_version(r, value);
    if (str_eq(name, STR("mode")))
        return read_mode(r, value);
    if (str_eq(name, STR("max_age")))
        return read_max_age(r, value);
    return ST_OK;
}

static enum st check(const struct reading *r)
{
    if (!r->has_version || !r->has_mode || !r->has_max_age)
        return FAIL(ST_SYNTAX, "the policy has no %s", !r->has_version ? "version" : !r->has_mode ? "mode" : "max_age");
    if (!r->p.n_mx && r->p.mode != STS_NONE)
        return FAIL(ST_SYNTAX, "the policy has no mx");
    return ST_OK;
}

enum st sts_policy_parse(struct arena *a, struct str text, struct sts_policy *out)
{
    struct reading r = {.a = a};
    struct str line;

    if (text.n > STS_POLICY_BYTES)
        return FAIL(ST_LIMIT, "the policy is longer than %u bytes", STS_POLICY_BYTES);
    while (str_split(&text, '\n', &line)) {
        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        if (drop_wsp(line).n) /* an empty line says nothing that could be misunderstood */
            TRY(read_line(&r, line));
    }
    TRY(check(&r));
    *out = r.p;
    return ST_OK;
}

struct str sts_policy_text(struct arena *a, const struct sts_policy *p)
{
    struct str text;
    struct buf b;

    buf_init(&b, STS_MX_MAX * (HOST_MAX + sizeof "mx: *.\r\n") + 256);
    buf_addf(&b, "version: " VERSION "\r\nmode: %s\r\n", sts_mode_name(p->mode));
    for (size_t i = 0; i < p->n_mx; i++)
        buf_addf(&b, "mx: %.*s\r\n", STR_ARGS(p->mx[i]));
    buf_addf(&b, "max_age: %u\r\n", p->max_age);
    text = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return text;
}

/* --- hosts --------------------------------------------------------------------------------------------------------- */

bool sts_policy_allows(const struct sts_policy *p, struct str host)
{
    size_t dot;

    if (host.n && host.p[host.n - 1] == '.')
        host.n--;
    dot = str_find(host, '.');
    for (size_t i = 0; i < p->n_mx; i++) {
        struct str mx = p->mx[i];

        if (str_ieq(mx, host))
            return true;
        if (str_starts(mx, STR("*.")) && dot > 0 && dot < host.n && str_ieq(str_from(mx, 2), str_from(host, dot + 1)))
            return true;
    }
    return false;
}
