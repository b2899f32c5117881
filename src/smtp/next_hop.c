#include "smtp/next_hop.h"

#include "mime/addrspec.h"
#include "net/addr.h"

/* Behind the last colon, unless that belongs to an address without brackets. */
static enum st split_port(struct str word, struct str *out_host, uint32_t *io_port)
{
    size_t at = str_rfind(word, ':');
    bool has_port = at < word.n && (str_find(word, ':') == at || (word.p[0] == '[' && at && word.p[at - 1] == ']'));

    *out_host = has_port ? str_sub(word, 0, at) : word;
    if (has_port && (str_u32(str_from(word, at + 1), 65535, io_port) != ST_OK || !*io_port))
        return FAIL(ST_SYNTAX, "\"%.*s\" is no port", STR_ARGS(str_from(word, at + 1)));
    return ST_OK;
}

enum st next_hop_parse(struct arena *a, struct str word, uint16_t port_default, struct str *out)
{
    uint32_t port = port_default;
    char text[ADDR_TEXT_MAX];
    struct str host, name;
    struct addr addr;
    uint32_t number;

    TRY(split_port(word, &host, &port));
    if (addr_parse(host, (uint16_t)port, &addr) == ST_OK) {
        *out = arena_str(a, addr_text(&addr, text));
        return ST_OK;
    }
    if (domain_parse(a, host, &name) != ST_OK || str_u32(name, UINT32_MAX, &number) == ST_OK)
        return FAIL(ST_SYNTAX, "\"%.*s\" is no server: HOST or HOST:PORT", (int)MIN(word.n, (size_t)100), word.p);
    *out = arena_printf(a, "%.*s:%u", STR_ARGS(name), port);
    return ST_OK;
}

enum st next_hop_split(struct str to, struct str *out_host, uint16_t *out_port)
{
    size_t at = str_rfind(to, ':');
    struct str host = str_sub(to, 0, at);
    uint32_t port;

    if (at == to.n || str_u32(str_from(to, at + 1), 65535, &port) != ST_OK)
        return FAIL(ST_TRYLATER, "\"%.*s\" is no server", STR_ARGS(to));
    if (str_starts(host, STR("[")) && str_ends(host, STR("]")))
        host = str_sub(host, 1, host.n - 2);
    *out_host = host;
    *out_port = (uint16_t)port;
    return ST_OK;
}
