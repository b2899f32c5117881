/* What the types of settings take, and how their values are written. The text of each error says
 * what was expected. */
#include "config/field.h"

#include "base/must.h"

#include <arpa/inet.h>
#include <stdio.h>

#define LIST_MAX 64 /* addresses in one setting */

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit size_units[] = {
    {"P", 1ull << 50}, {"T", 1ull << 40}, {"G", 1ull << 30}, {"M", 1ull << 20}, {"K", 1ull << 10}, {"", 1},
};
static const struct unit duration_units[] = {
    {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1},
};

const char *field_kind_text(enum field_kind kind)
{
    static const char *const texts[] = {
        [KIND_bool] = "yes or no",
        [KIND_u32] = "a number",
        [KIND_u64] = "a number",
        [KIND_size] = "a size such as 512, 64K, 50M or 2G",
        [KIND_duration] = "a duration such as 50ms, 30s, 5m, 4h or 5d",
        [KIND_str] = "text",
        [KIND_path] = "a path that begins with /",
        [KIND_host] = "a host name such as mail.example.org",
        [KIND_addresses] = "an IPv4 or IPv6 address, or *; several with commas between",
        [KIND_servers] = "ADDRESS or ADDRESS@PORT; several with commas between",
        [KIND_networks] = "a network such as 192.0.2.0/24 or 2001:db8::/32, or an address; several with commas between",
        [KIND_choice] = "one of its words",
    };
    return (size_t)kind < ARRAY_LEN(texts) ? texts[kind] : "a value";
}

static enum st expected(const struct field *f, struct str word)
{
    return FAIL(ST_SYNTAX, "\"%.*s\" does not fit: %s takes %s", (int)MIN(word.n, 60), word.p, f->name,
                field_kind_text(f->kind));
}

/* A number and a unit. Units compare without case, so that 50m is a size too. */
static enum st with_unit(const struct unit *units, size_t n, struct str word, uint64_t *out)
{
    size_t digits = 0;
    uint64_t v;

    while (digits < word.n && ascii_is_digit(word.p[digits]))
        digits++;
    TRY(str_u64(str_sub(word, 0, digits), UINT64_MAX, &v));
    for (size_t i = 0; i < n; i++) {
        if (str_ieq(str_from(word, digits), str_z(units[i].name))) {
            if (v > UINT64_MAX / units[i].factor)
                return FAIL(ST_LIMIT, "%.*s is too large", STR_ARGS(word));
            *out = v * units[i].factor;
            return ST_OK;
        }
    }
    return FAIL(ST_SYNTAX, "no such unit");
}

static enum st number(enum field_kind kind, struct str word, uint64_t *out)
{
    if (kind == KIND_size)
        return with_unit(size_units, ARRAY_LEN(size_units), word, out);
    if (kind == KIND_duration)
        return with_unit(duration_units, ARRAY_LEN(duration_units), word, out);
    return str_u64(word, kind == KIND_u32 ? UINT32_MAX : UINT64_MAX, out);
}

static enum st number_in_bounds(const struct field *f, struct str word, uint64_t *out)
{
    uint64_t v, bound;

    switch (number(f->kind, word, &v)) {
    case ST_OK: break;
    case ST_LIMIT:
        return FAIL(ST_LIMIT, "%.*s is above the maximum of %s, which is %s", (int)MIN(word.n, 60), word.p, f->name,
                    f->max);
    default: return expected(f, word);
    }
    if (strcmp(f->min, "-") != 0) {
        must(number(f->kind, str_z(f->min), &bound) == ST_OK);
        if (v < bound)
            return FAIL(ST_LIMIT, "%.*s is below the minimum of %s, which is %s", STR_ARGS(word), f->name, f->min);
    }
    if (strcmp(f->max, "-") != 0) {
        must(number(f->kind, str_z(f->max), &bound) == ST_OK);
        if (v > bound)
            return FAIL(ST_LIMIT, "%.*s is above the maximum of %s, which is %s", STR_ARGS(word), f->name, f->max);
    }
    *out = v;
    return ST_OK;
}

static enum st boolean(const struct field *f, struct str word, bool *out)
{
    if (!str_eq(word, STR("yes")) && !str_eq(word, STR("no")))
        return expected(f, word);
    *out = str_eq(word, STR("yes"));
    return ST_OK;
}

static enum st choice_word(const struct field *f, struct str word, unsigned *out)
{
    char all[200];
    size_t n = 0;

    for (unsigned i = 0; i < f->choices->n; i++) {
        if (str_eq(word, str_z(f->choices->list[i].word))) {
            *out = i;
            return ST_OK;
        }
    }
    for (size_t i = 0; i < f->choices->n; i++) {
        const char *between = i == 0 ? "" : i + 1 < f->choices->n ? ", " : " or ";
        int k = snprintf(all + n, sizeof all - n, "%s%s", between, f->choices->list[i].word);

        n = MIN(n + (size_t)k, sizeof all - 1);
    }
    return FAIL(ST_SYNTAX, "\"%.*s\" does not fit: %s takes %s", (int)MIN(word.n, 60), word.p, f->name, all);
}

/* RFC 1123 2.1: labels of letters, digits and inner hyphens. */
static bool is_host(struct str s)
{
    struct str label;

    if (s.n == 0 || s.n > 253)
        return false;
    while (str_split(&s, '.', &label)) {
        if (label.n == 0 || label.n > 63 || label.p[0] == '-' || label.p[label.n - 1] == '-')
            return false;
        for (size_t i = 0; i < label.n; i++)
            if (!ascii_is_alnum(label.p[i]) && label.p[i] != '-')
                return false;
    }
    return true;
}

static enum st text(struct arena *a, const struct field *f, struct str word, struct str *out)
{
    bool may_be_empty = strcmp(f->def, "\"\"") == 0 || strcmp(f->min, "\"\"") == 0 || f->kind == KIND_str;
    bool fits = f->kind == KIND_path ? str_starts(word, STR("/")) : f->kind == KIND_host ? is_host(word) : true;

    if (word.n == 0 ? !may_be_empty : !fits)
        return expected(f, word);
    *out = arena_str(a, word);
    return ST_OK;
}

static enum st address(struct str word, uint16_t port, struct config_addr *out)
{
    char z[64];

    *out = (struct config_addr){0};
    if (word.n >= sizeof z || memchr(word.p, '\0', word.n))
        return FAIL(ST_SYNTAX, "no address");
    memcpy(z, word.p, word.n);
    z[word.n] = '\0';
    if (inet_pton(AF_INET, z, &out->in.sin_addr) == 1) {
        out->in.sin_family = AF_INET;
        out->in.sin_port = htons(port);
        out->len = sizeof out->in;
        return ST_OK;
    }
    if (inet_pton(AF_INET6, z, &out->in6.sin6_addr) == 1) {
        out->in6.sin6_family = AF_INET6;
        out->in6.sin6_port = htons(port);
        out->len = sizeof out->in6;
        return ST_OK;
    }
    return FAIL(ST_SYNTAX, "no address");
}

/* One item: an address, "*" for two of them, or ADDRESS@PORT. */
static enum st address_item(enum field_kind kind, struct str item, struct config_addr *out, size_t *n)
{
    uint32_t port = 53;
    size_t at = str_rfind(item, '@');

    if (kind == KIND_addresses) {
        if (!str_eq(item, STR("*")))
            return *n = 1, address(item, 0, out);
        TRY(address(STR("0.0.0.0"), 0, &out[0]));
        TRY(address(STR("::"), 0, &out[1]));
        out[0].optional = out[1].optional = true;
        *n = 2;
        return ST_OK;
    }
    if (at < item.n) {
        TRY(str_u32(str_from(item, at + 1), 65535, &port));
        if (port == 0)
            return FAIL(ST_SYNTAX, "no port");
    }
    *n = 1;
    return address(str_sub(item, 0, at), (uint16_t)port, out);
}

static enum st append_addresses(struct arena *a, const struct field *f, struct str word, void *base)
{
    struct config_addrs *list = (void *)((char *)base + f->offset);
    struct config_addr *v;
    struct str rest = word, item;
    size_t n = list->n;

    if (n + LIST_MAX > 4 * LIST_MAX)
        return FAIL(ST_LIMIT, "too many addresses for %s", f->name);
    v = ARENA_ARRAY(a, struct config_addr, n + 2 * LIST_MAX);
    if (n)
        memcpy(v, list->v, n * sizeof *v);
    for (size_t items = 0; word.n && str_split(&rest, ',', &item); items++) {
        size_t added;

        if (items >= LIST_MAX)
            return FAIL(ST_LIMIT, "too many addresses for %s", f->name);
        if (address_item(f->kind, str_trim(item), v + n, &added) != ST_OK)
            return expected(f, item);
        n += added;
    }
    *list = (struct config_addrs){v, n};
    return ST_OK;
}

/* Bits behind the prefix are a mistake: 192.0.2.1/24 may mean the one or the other. */
static enum st network_item(struct str item, struct config_network *out)
{
    size_t slash = str_find(item, '/');
    struct config_addr addr;
    uint32_t bits;

    *out = (struct config_network){0};
    TRY(address(str_sub(item, 0, slash), 0, &addr));
    out->family = addr.sa.sa_family == AF_INET ? 4 : 6;
    bits = out->family == 4 ? 32 : 128;
    if (slash < item.n)
        TRY(str_u32(str_from(item, slash + 1), bits, &bits));
    out->bits = (uint8_t)bits;
    if (out->family == 4)
        memcpy(out->bytes, &addr.in.sin_addr, 4);
    else
        memcpy(out->bytes, &addr.in6.sin6_addr, 16);
    for (unsigned i = out->bits; i < (out->family == 4 ? 32u : 128u); i++)
        if (out->bytes[i / 8] & (0x80 >> i % 8))
            return FAIL(ST_SYNTAX, "an address within the network");
    return ST_OK;
}

static enum st append_networks(struct arena *a, const struct field *f, struct str word, void *base)
{
    struct config_networks *list = (void *)((char *)base + f->offset);
    struct config_network *v;
    struct str rest = word, item;
    size_t n = list->n;

    if (n > 3 * LIST_MAX)
        return FAIL(ST_LIMIT, "too many networks for %s", f->name);
    v = ARENA_ARRAY(a, struct config_network, n + LIST_MAX);
    if (n)
        memcpy(v, list->v, n * sizeof *v);
    for (size_t items = 0; word.n && str_split(&rest, ',', &item); items++) {
        if (items >= LIST_MAX)
            return FAIL(ST_LIMIT, "too many networks for %s", f->name);
        if (network_item(str_trim(item), &v[n++]) != ST_OK)
            return expected(f, item);
    }
    *list = (struct config_networks){v, n};
    return ST_OK;
}

enum st field_append(struct arena *a, const struct field *f, struct str word, void *base)
{
    if (f->kind == KIND_networks)
        return append_networks(a, f, word, base);
    return append_addresses(a, f, word, base);
}

enum st field_parse(struct arena *a, const struct field *f, struct str word, void *base)
{
    void *member = (char *)base + f->offset;
    uint64_t v;

    switch (f->kind) {
    case KIND_bool: return boolean(f, word, member);
    case KIND_u32:
        TRY(number_in_bounds(f, word, &v));
        *(uint32_t *)member = (uint32_t)v;
        return ST_OK;
    case KIND_u64:
    case KIND_size:
    case KIND_duration:
        TRY(number_in_bounds(f, word, &v));
        *(uint64_t *)member = v;
        return ST_OK;
    case KIND_str:
    case KIND_path:
    case KIND_host: return text(a, f, word, member);
    case KIND_addresses:
    case KIND_servers: *(struct config_addrs *)member = (struct config_addrs){0}; return field_append(a, f, word, base);
    case KIND_networks:
        *(struct config_networks *)member = (struct config_networks){0};
        return field_append(a, f, word, base);
    case KIND_choice: return choice_word(f, word, member);
    }
    never("no such kind of setting");
}

/* A default that its own row refuses is a mistake in the row. */
void field_defaults(struct arena *a, const struct field_table *t, void *base)
{
    for (size_t i = 0; i < t->n; i++) {
        struct str def = str_z(t->list[i].def);

        if (def.n >= 2 && def.p[0] == '"')
            def = str_sub(def, 1, def.n - 2);
        must(field_parse(a, &t->list[i], def, base) == ST_OK);
    }
}

static void print_with_unit(const struct unit *units, size_t n, uint64_t v, struct buf *out)
{
    size_t i = 0;

    while (i + 1 < n && (v == 0 || v % units[i].factor != 0))
        i++;
    buf_add_u64(out, v / units[i].factor);
    buf_addz(out, units[i].name);
}

void text_print(struct str s, struct buf *out)
{
    bool plain = s.n > 0;

    for (size_t i = 0; i < s.n; i++)
        if (ascii_is_space(s.p[i]) || strchr("\"\\{}#", s.p[i]))
            plain = false;
    if (plain) {
        buf_add(out, s);
        return;
    }
    buf_addc(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"' || s.p[i] == '\\')
            buf_addc(out, '\\');
        buf_addc(out, s.p[i]);
    }
    buf_addc(out, '"');
}

/* The port of a listener's address is a setting of its own. */
static void print_addresses(const struct field *f, const struct config_addrs *list, struct buf *out)
{
    if (list->n == 0)
        buf_addz(out, "\"\"");
    for (size_t i = 0; i < list->n; i++) {
        const struct config_addr *a = &list->v[i];
        bool is4 = a->sa.sa_family == AF_INET;
        char z[INET6_ADDRSTRLEN] = "?";

        if (i)
            buf_addc(out, ',');
        if (a->optional) {
            buf_addc(out, '*'); /* and its IPv6 half, which follows */
            i++;
            continue;
        }
        inet_ntop(a->sa.sa_family, is4 ? (const void *)&a->in.sin_addr : (const void *)&a->in6.sin6_addr, z, sizeof z);
        buf_addz(out, z);
        if (f->kind == KIND_servers)
            buf_addf(out, "@%u", (unsigned)ntohs(is4 ? a->in.sin_port : a->in6.sin6_port));
    }
}

static void print_networks(const struct config_networks *list, struct buf *out)
{
    if (list->n == 0)
        buf_addz(out, "\"\"");
    for (size_t i = 0; i < list->n; i++) {
        const struct config_network *n = &list->v[i];
        char z[INET6_ADDRSTRLEN] = "?";

        inet_ntop(n->family == 4 ? AF_INET : AF_INET6, n->bytes, z, sizeof z);
        buf_addf(out, "%s%s/%u", i ? "," : "", z, n->bits);
    }
}

void field_print(const struct field *f, const void *base, struct buf *out)
{
    const void *member = (const char *)base + f->offset;

    switch (f->kind) {
    case KIND_bool: buf_addz(out, *(const bool *)member ? "yes" : "no"); return;
    case KIND_u32: buf_add_u64(out, *(const uint32_t *)member); return;
    case KIND_u64: buf_add_u64(out, *(const uint64_t *)member); return;
    case KIND_size: print_with_unit(size_units, ARRAY_LEN(size_units), *(const uint64_t *)member, out); return;
    case KIND_duration:
        print_with_unit(duration_units, ARRAY_LEN(duration_units), *(const uint64_t *)member, out);
        return;
    case KIND_str:
    case KIND_path:
    case KIND_host: text_print(*(const struct str *)member, out); return;
    case KIND_addresses:
    case KIND_servers: print_addresses(f, member, out); return;
    case KIND_networks: print_networks(member, out); return;
    case KIND_choice: buf_addz(out, f->choices->list[*(const unsigned *)member].word); return;
    }
    never("no such kind of setting");
}
