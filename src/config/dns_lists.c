#include "config/dns_lists.h"
#include "base/err.h"

#include <arpa/inet.h>

#define WEIGHT_MOST 1000
#define ZONE_MOST 180 /* there is an address in front of it */

static bool is_zone(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_alnum(s.p[i]) && !strchr("-_.", s.p[i]))
            return false;
    return s.n && s.n <= ZONE_MOST && s.p[0] != '.' && s.p[s.n - 1] != '.' && str_find(s, '.') < s.n;
}

static enum st parse_answer(struct str s, struct config_dns_list *out)
{
    size_t slash = str_find(s, '/');
    struct str address = str_sub(s, 0, slash);
    uint64_t bits = 32;
    char z[INET_ADDRSTRLEN];

    if (address.n >= sizeof z || (slash < s.n && str_u64(str_from(s, slash + 1), 32, &bits) != ST_OK))
        return ST_SYNTAX;
    memcpy(z, address.p, address.n);
    z[address.n] = 0;
    out->bits = (unsigned)bits;
    return inet_pton(AF_INET, z, out->answer) == 1 && bits ? ST_OK : ST_SYNTAX;
}

static enum st parse_weight(struct str s, int *out)
{
    bool is_good = s.n && s.p[0] == '-';
    uint64_t v;

    if (str_u64(str_from(s, is_good), WEIGHT_MOST, &v) != ST_OK || !v)
        return ST_SYNTAX;
    *out = is_good ? -(int)v : (int)v;
    return ST_OK;
}

static enum st parse_one(struct str item, struct config_dns_list *out)
{
    size_t blank = str_find(item, ' '), equals = str_find(str_sub(item, 0, blank), '=');

    out->zone = str_sub(item, 0, MIN(blank, equals));
    if (is_zone(out->zone) && parse_weight(str_trim(str_from(item, blank)), &out->weight) == ST_OK &&
        (equals == blank || parse_answer(str_sub(item, equals + 1, blank - equals - 1), out) == ST_OK))
        return ST_OK;
    return FAIL(ST_SYNTAX,
                "\"%.*s\" is not a list: write ZONE WEIGHT, or ZONE=127.0.0.2 WEIGHT, as in \"zen.example.org 5; "
                "good.example.net -3\"",
                (int)MIN(item.n, 80), item.p);
}

enum st config_dns_lists(struct str text, struct config_dns_list out[CONFIG_DNS_LISTS_MAX], size_t *out_n)
{
    struct str rest = text, item;
    size_t n = 0;

    while (str_split(&rest, ';', &item)) {
        item = str_trim(item);
        if (!item.n)
            continue;
        if (n == CONFIG_DNS_LISTS_MAX)
            return FAIL(ST_LIMIT, "more than %d lists", CONFIG_DNS_LISTS_MAX);
        out[n] = (struct config_dns_list){0};
        TRY(parse_one(item, &out[n]));
        n++;
    }
    *out_n = n;
    return ST_OK;
}

bool config_dns_list_counts(const struct config_dns_list *l, const uint8_t answer[4])
{
    unsigned whole = l->bits / 8, rest = l->bits % 8;

    if (answer[0] != 127 || (answer[1] == 255 && answer[2] == 255))
        return false;
    return memcmp(l->answer, answer, whole) == 0 &&
           (!rest || ((l->answer[whole] ^ answer[whole]) & (0xff << (8 - rest)) & 0xff) == 0);
}
