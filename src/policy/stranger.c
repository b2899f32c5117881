#include "policy/stranger.h"

#include "base/buf.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>

static const struct {
    const char *word, *code, *text;
    size_t setting;
} rows[] = {
#define TRAIT(id, word_, setting_, code_, text_) {word_, code_, text_, offsetof(struct settings, setting_)},
#include "policy/stranger.def"
#undef TRAIT
};

static enum config_check check_of(const struct settings *set, size_t trait)
{
    return *(const enum config_check *)(const void *)((const char *)set + rows[trait].setting);
}

struct stranger_verdict stranger_judge(const struct settings *set, unsigned traits)
{
    struct stranger_verdict v = {.check = CHECK_OFF};

    for (size_t i = 0; i < STRANGER_TRAITS; i++)
        if ((traits & 1u << i) && check_of(set, i) > v.check)
            v = (struct stranger_verdict){check_of(set, i), (enum stranger_trait)i};
    return v;
}

struct str stranger_words(const struct settings *set, unsigned traits, char out[STRANGER_WORDS_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < STRANGER_TRAITS; i++)
        if ((traits & 1u << i) && check_of(set, i) != CHECK_OFF)
            n += (size_t)snprintf(out + n, STRANGER_WORDS_MAX - n, "%s%s", n ? ", " : "", rows[i].word);
    return str_n(out, n);
}

const char *stranger_code(enum stranger_trait t)
{
    return rows[t].code;
}

const char *stranger_text(enum stranger_trait t)
{
    return rows[t].text;
}

static bool is_literal(struct str s)
{
    struct str inner = str_sub(s, 1, s.n - 2);
    unsigned char bytes[16];
    char z[INET6_ADDRSTRLEN];
    bool is6 = str_istarts(inner, STR("IPv6:"));

    if (is6)
        inner = str_from(inner, 5);
    if (inner.n >= sizeof z)
        return false;
    memcpy(z, inner.p, inner.n);
    z[inner.n] = 0;
    return inet_pton(is6 ? AF_INET6 : AF_INET, z, bytes) == 1;
}

bool stranger_helo_is_full(struct str helo)
{
    struct str rest = helo, label = STR_NONE;
    size_t labels = 0;
    bool digits = true;

    if (helo.n >= 2 && helo.p[0] == '[' && helo.p[helo.n - 1] == ']')
        return is_literal(helo);
    if (helo.n && helo.p[helo.n - 1] == '.')
        rest = str_sub(helo, 0, helo.n - 1);
    while (str_split(&rest, '.', &label)) {
        if (!label.n || label.n > 63 || label.p[0] == '-' || label.p[label.n - 1] == '-')
            return false;
        for (size_t i = 0; i < label.n; i++)
            if (!ascii_is_alnum(label.p[i]) && !strchr("-_", label.p[i]) && (unsigned char)label.p[i] < 128)
                return false;
        labels++;
    }
    for (size_t i = 0; i < label.n; i++) /* of the last one: an address without its brackets is no name */
        digits = digits && ascii_is_digit(label.p[i]);
    return labels > 1 && !digits;
}

struct str stranger_list_name(struct arena *a, struct str address, struct str zone)
{
    static const char hex[] = "0123456789abcdef";
    struct buf b;
    struct str out;

    buf_init(&b, 400);
    for (size_t i = address.n; i-- > 0;) {
        unsigned char c = (unsigned char)address.p[i];

        if (address.n == 4)
            buf_addf(&b, "%u.", c);
        else
            buf_addf(&b, "%c.%c.", hex[c & 15], hex[c >> 4]);
    }
    buf_add(&b, zone);
    out = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return out;
}
