#include "policy/dkim_record.h"

#include "base/buf.h"

#define LINE_MAX_BYTES 8192
#define STRING_MAX 255

struct str dkim_record_name(struct arena *a, struct str selector, struct str domain)
{
    return arena_printf(a, "%.*s._domainkey.%.*s", STR_ARGS(selector), STR_ARGS(domain));
}

struct str dkim_record_text(struct arena *a, struct str algorithm, struct str public_key)
{
    struct str kind = str_sub(algorithm, 0, str_find(algorithm, '-')); /* rsa, ed25519 */

    return arena_printf(a, "v=DKIM1; k=%.*s; p=%.*s", STR_ARGS(kind), STR_ARGS(public_key));
}

struct str dkim_record_line(struct arena *a, struct str name, struct str text)
{
    struct str line;
    struct buf b;

    buf_init(&b, LINE_MAX_BYTES);
    buf_add(&b, name);
    buf_addz(&b, ". IN TXT");
    for (size_t at = 0; at < text.n; at += STRING_MAX) {
        struct str piece = str_sub(text, at, STRING_MAX);

        buf_addf(&b, " \"%.*s\"", STR_ARGS(piece));
    }
    line = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return line;
}

static bool same_but_space(struct str s, struct str want)
{
    size_t k = 0;

    for (size_t i = 0; i < s.n; i++) {
        if (ascii_is_space(s.p[i]))
            continue;
        if (k == want.n || s.p[i] != want.p[k])
            return false;
        k++;
    }
    return k == want.n;
}

bool dkim_record_has(struct str text, struct str public_key)
{
    struct str tag;

    while (str_split(&text, ';', &tag)) {
        size_t equals = str_find(tag, '=');

        if (str_eq(str_trim(str_sub(tag, 0, equals)), STR("p")))
            return same_but_space(str_from(tag, equals + 1), public_key);
    }
    return false;
}
