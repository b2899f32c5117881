#include "imap/url.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/limits.h"

#define SECOND_US UINT64_C(1000000)

static enum st bad(const char *why)
{
    return FAIL(ST_SYNTAX, "%s", why);
}

/* --- characters (RFC 5092 section 11) ------------------------------------------------------------ */

static bool is_one_of(char c, const char *set)
{
    return c && strchr(set, c) != NULL;
}

static bool is_achar(char c)
{
    return ascii_is_alnum(c) || is_one_of(c, "-._~!$'()*+,&=");
}

static bool is_bchar(char c)
{
    return is_achar(c) || is_one_of(c, ":@/");
}

static int hex_digit(char c)
{
    c = ascii_lower(c);
    return ascii_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Nothing that is encoded may be a control character: neither names nor sections have any. */
static enum st decode(struct arena *a, struct str s, bool (*allowed)(char c), struct str *out)
{
    char *p = arena_alloc(a, s.n), *w = p;

    for (size_t i = 0; i < s.n; i++) {
        int hi, lo;

        if (s.p[i] != '%') {
            if (!allowed(s.p[i]))
                return bad("A character that has to be encoded");
            *w++ = s.p[i];
            continue;
        }
        hi = i + 2 < s.n ? hex_digit(s.p[i + 1]) : -1;
        lo = i + 2 < s.n ? hex_digit(s.p[i + 2]) : -1;
        if (hi < 0 || lo < 0 || hi * 16 + lo < ' ' || hi * 16 + lo == 127)
            return bad("A wrong percent sign");
        *w++ = (char)(hi * 16 + lo);
        i += 2;
    }
    *out = str_n(p, (size_t)(w - p));
    return str_is_utf8(*out) ? ST_OK : bad("Not UTF-8");
}

/* --- pieces -------------------------------------------------------------------------------------- */

/* ";NAME=" in front of *io, in any case. */
static bool take_name(struct str *io, struct str name)
{
    if (!str_istarts(*io, name))
        return false;
    *io = str_from(*io, name.n);
    return true;
}

static struct str take_digits(struct str *io)
{
    size_t n = 0;
    struct str out;

    while (n < io->n && ascii_is_digit(io->p[n]))
        n++;
    out = str_sub(*io, 0, n);
    *io = str_from(*io, n);
    return out;
}

static enum st take_nz_number(struct str *io, uint32_t *out)
{
    uint32_t n;

    if (str_u32(take_digits(io), UINT32_MAX, &n) != ST_OK || n == 0)
        return bad("Expected a number");
    *out = n;
    return ST_OK;
}

/* Up to the next ";", without the "/" that belongs to that. */
static struct str take_piece(struct str *io)
{
    size_t at = str_find(*io, ';');
    struct str out = str_sub(*io, 0, at);

    if (at < io->n && out.n && out.p[out.n - 1] == '/')
        out.n--;
    *io = str_from(*io, out.n);
    return out;
}

/* [user [";AUTH=" x] "@"] host [":" port] */
static enum st parse_server(struct arena *a, struct str server, struct imap_url *u)
{
    size_t at = str_rfind(server, '@'), colon;
    struct str user = at < server.n ? str_sub(server, 0, at) : STR_NONE;
    struct str host = at < server.n ? str_from(server, at + 1) : server;

    if (user.n) {
        struct str name = str_sub(user, 0, str_find(user, ';')), auth = str_from(user, name.n);

        if (auth.n && !str_istarts(auth, STR(";AUTH=")))
            return bad("An unknown parameter of the user");
        TRY(decode(a, name, is_achar, &u->user));
    }
    colon = str_rfind(host, ':');
    if (colon < host.n && host.p[host.n - 1] != ']') {
        struct str port = str_from(host, colon + 1), digits = take_digits(&port);

        if (port.n || digits.n > 5)
            return bad("A wrong port");
        host = str_sub(host, 0, colon);
    }
    if (!host.n)
        return bad("A URL without a server");
    u->host = host;
    return ST_OK;
}

static enum st parse_message(struct arena *a, struct str *io, struct imap_url *u)
{
    TRY(decode(a, take_piece(io), is_bchar, &u->mailbox));
    if (!u->mailbox.n || u->mailbox.n > LIMIT_MAILBOX_NAME)
        return bad("A URL without a mailbox");
    if (take_name(io, STR(";UIDVALIDITY=")))
        TRY(take_nz_number(io, &u->uidvalidity));
    if (!take_name(io, STR("/;UID=")))
        return bad("A URL of no message");
    return take_nz_number(io, &u->uid);
}

static enum st parse_partial(struct str *io, struct imap_url *u)
{
    u->is_partial = true;
    u->most = UINT64_MAX;
    if (str_u64(take_digits(io), INT64_MAX, &u->from) != ST_OK)
        return bad("A wrong PARTIAL");
    if (!take_name(io, STR(".")))
        return ST_OK;
    return str_u64(take_digits(io), INT64_MAX, &u->most) == ST_OK && u->most ? ST_OK : bad("A wrong PARTIAL");
}

static enum st parse_part(struct arena *a, struct str *io, struct imap_url *u)
{
    if (take_name(io, STR("/;SECTION="))) {
        TRY(decode(a, take_piece(io), is_bchar, &u->section));
        if (!u->section.n)
            return bad("An empty SECTION");
    }
    return take_name(io, STR("/;PARTIAL=")) ? parse_partial(io, u) : ST_OK;
}

/* --- EXPIRE (RFC 3339 section 5.6) ------------------------------------------------------------------ */

static bool take_number(struct str *io, size_t digits, unsigned most, unsigned *out)
{
    uint32_t n;

    if (io->n < digits || str_u32(str_sub(*io, 0, digits), most, &n) != ST_OK)
        return false;
    *io = str_from(*io, digits);
    *out = n;
    return true;
}

static bool take_date(struct str *io, int64_t *out_days)
{
    unsigned y, m, d, back_m, back_d;
    int64_t back_y;

    if (!take_number(io, 4, 9999, &y) || !take_name(io, STR("-")) || !take_number(io, 2, 12, &m) ||
        !take_name(io, STR("-")) || !take_number(io, 2, 31, &d) || y < 1970 || !m || !d)
        return false;
    *out_days = days_from_civil(y, m, d);
    civil_from_days(*out_days, &back_y, &back_m, &back_d);
    return back_y == y && back_m == m && back_d == d;
}

static bool take_zone(struct str *io, int *out_minutes)
{
    bool east = take_name(io, STR("+"));
    unsigned h, m;

    *out_minutes = 0;
    if (!east && take_name(io, STR("Z")))
        return true;
    if ((!east && !take_name(io, STR("-"))) || !take_number(io, 2, 23, &h) || !take_name(io, STR(":")) ||
        !take_number(io, 2, 59, &m))
        return false;
    *out_minutes = (int)(h * 60 + m) * (east ? 1 : -1);
    return true;
}

static enum st parse_expire(struct str *io, uint64_t *out_us)
{
    unsigned h, min, sec;
    int64_t days, s;
    int zone;

    if (!take_date(io, &days) || !take_name(io, STR("T")) || !take_number(io, 2, 23, &h) || !take_name(io, STR(":")) ||
        !take_number(io, 2, 59, &min) || !take_name(io, STR(":")) || !take_number(io, 2, 60, &sec))
        return bad("A wrong EXPIRE");
    if (take_name(io, STR(".")) && !take_digits(io).n)
        return bad("A wrong EXPIRE");
    if (!take_zone(io, &zone))
        return bad("A wrong EXPIRE");
    s = days * 86400 + h * 3600 + min * 60 + sec - zone * 60;
    *out_us = s > 0 ? (uint64_t)s * SECOND_US : 1;
    return ST_OK;
}

/* --- URLAUTH --------------------------------------------------------------------------------------- */

static enum st parse_access(struct arena *a, struct str *io, struct imap_url *u)
{
    static const struct {
        struct str word;
        enum imap_url_access access;
        bool has_user;
    } rows[] = {{STR("submit+"), URL_ACCESS_SUBMIT, true},
                {STR("user+"), URL_ACCESS_USER, true},
                {STR("authuser"), URL_ACCESS_AUTHUSER, false},
                {STR("anonymous"), URL_ACCESS_ANONYMOUS, false}};
    struct str user;

    for (size_t i = 0; i < ARRAY_LEN(rows) && !u->access; i++) {
        if (!take_name(io, rows[i].word))
            continue;
        u->access = rows[i].access;
        if (!rows[i].has_user)
            break;
        user = str_sub(*io, 0, str_find(*io, ':'));
        *io = str_from(*io, user.n);
        TRY(decode(a, user, is_achar, &u->access_user));
        if (!u->access_user.n)
            return bad("An access identifier without a user");
    }
    return u->access ? ST_OK : bad("An unknown access identifier");
}

/* ":" mechanism ":" token; the end of the URL */
static enum st parse_verifier(struct str rest, struct imap_url *u)
{
    size_t colon = str_find(rest, ':');

    u->mechanism = str_sub(rest, 0, colon);
    u->token = str_from(rest, colon + 1);
    for (size_t i = 0; i < u->mechanism.n; i++)
        if (!ascii_is_alnum(u->mechanism.p[i]) && !is_one_of(u->mechanism.p[i], "-."))
            return bad("A wrong mechanism");
    for (size_t i = 0; i < u->token.n; i++)
        if (hex_digit(u->token.p[i]) < 0)
            return bad("A wrong token");
    return u->mechanism.n && u->token.n >= 32 && u->token.n <= 256 ? ST_OK : bad("A wrong token");
}

static enum st parse_urlauth(struct arena *a, struct str text, struct str *io, struct imap_url *u)
{
    if (take_name(io, STR(";EXPIRE=")))
        TRY(parse_expire(io, &u->expires_us));
    if (!take_name(io, STR(";URLAUTH=")))
        return u->expires_us ? bad("EXPIRE without URLAUTH") : ST_OK;
    TRY(parse_access(a, io, u));
    u->rump = str_sub(text, 0, text.n - io->n);
    if (!take_name(io, STR(":")))
        return ST_OK;
    TRY(parse_verifier(*io, u));
    *io = STR_NONE;
    return ST_OK;
}

enum st imap_url_parse(struct arena *a, struct str text, struct imap_url *out)
{
    struct imap_url u = {0};
    struct str rest = text;

    u.is_absolute = take_name(&rest, STR("imap://"));
    if (u.is_absolute) {
        size_t slash = str_find(rest, '/');

        TRY(parse_server(a, str_sub(rest, 0, slash), &u));
        rest = str_from(rest, slash);
    }
    if (!take_name(&rest, STR("/")) || str_starts(rest, STR("/")))
        return bad(u.is_absolute ? "A URL of no message" : "Not an absolute path");
    TRY(parse_message(a, &rest, &u));
    TRY(parse_part(a, &rest, &u));
    TRY(parse_urlauth(a, text, &rest, &u));
    if (rest.n)
        return bad("Something behind the URL");
    *out = u;
    return ST_OK;
}
