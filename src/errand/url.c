#include "errand/errand.h"

#define SCHEME "https://"
#define HOST_MAX 253
#define LABEL_MAX 63

static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= 0x20 || s.p[i] >= 0x7f || s.p[i] == '\\' || s.p[i] == '"' || s.p[i] == '<' || s.p[i] == '>')
            return false;
    return true;
}

/* The last label begins with a letter: what is all numbers is an address to libcurl, however it is written. */
static bool is_host(struct str s)
{
    struct str rest = s, label, last = STR_NONE;

    if (!s.n || s.n > HOST_MAX || s.p[s.n - 1] == '.')
        return false;
    while (str_split(&rest, '.', &label)) {
        if (!label.n || label.n > LABEL_MAX)
            return false;
        for (size_t i = 0; i < label.n; i++)
            if (!ascii_is_alnum(label.p[i]) && label.p[i] != '-')
                return false;
        last = label;
    }
    return ascii_is_alpha(last.p[0]);
}

static size_t authority_end(struct str s)
{
    size_t n = 0;

    while (n < s.n && s.p[n] != '/' && s.p[n] != '?' && s.p[n] != '#')
        n++;
    return n;
}

enum st url_read(struct arena *a, struct str url, struct url *out)
{
    struct url u = {0};
    struct str authority;
    size_t colon;
    uint32_t port;
    char *host;

    if (!str_istarts(url, STR(SCHEME)) || !is_plain(url))
        return FAIL(ST_SYNTAX, "that is no address of a page under https");
    authority = str_from(url, sizeof SCHEME - 1);
    authority.n = authority_end(authority);
    colon = str_find(authority, ':');
    if (!is_host(str_sub(authority, 0, colon)))
        return FAIL(ST_SYNTAX, "the host of an address under https is no name");
    if (colon < authority.n) {
        if (str_u32(str_from(authority, colon + 1), UINT16_MAX, &port) != ST_OK || !port)
            return FAIL(ST_SYNTAX, "the port of an address under https is none");
        u.port = (uint16_t)port;
    }
    host = arena_cstr(a, str_sub(authority, 0, colon));
    for (size_t i = 0; i < colon; i++)
        host[i] = ascii_lower(host[i]);
    u.host = str_n(host, colon);
    *out = u;
    return ST_OK;
}
