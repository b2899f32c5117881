#include "base/uidl_format.h"

#include "base/err.h"

#include <inttypes.h>

#define WIDTH_MOST 16u

struct piece {
    char literal; /* or 0: */
    char what;    /* u v g f % */
    bool is_hex;
    unsigned width;
};

/* Takes the next piece of what is left. ST_SYNTAX: it is none. */
static enum st next_piece(struct str *rest, struct piece *out)
{
    struct piece p = {.literal = rest->p[0]};
    size_t at = 1;

    if (p.literal == '%') {
        p.literal = 0;
        while (at < rest->n && (ascii_is_digit(rest->p[at]) || rest->p[at] == 'X')) {
            if (rest->p[at] == 'X')
                p.is_hex = true;
            else
                p.width = MIN(p.width * 10 + (unsigned)(rest->p[at] - '0'), WIDTH_MOST + 1);
            at++;
        }
        if (at == rest->n)
            return FAIL(ST_SYNTAX, "a format does not end with %%");
        p.what = rest->p[at++];
    }
    *rest = str_from(*rest, at);
    *out = p;
    return ST_OK;
}

static size_t longest(const struct piece *p)
{
    switch (p->what) {
    case 'u':
    case 'v': return MAX(p->width, p->is_hex ? 8u : 10u);
    case 'g': return 16;
    case 'f': return 0; /* not known */
    default: return 1;
    }
}

static enum st check_piece(const struct piece *p, bool is_foreign)
{
    bool plain = !p->is_hex && !p->width;

    if (!p->what)
        return p->literal > ' ' && p->literal <= '~'
                   ? ST_OK
                   : FAIL(ST_SYNTAX, "a unique id has neither blanks nor letters beyond ASCII");
    if (p->width > WIDTH_MOST)
        return FAIL(ST_SYNTAX, "a number is at most %u characters wide", WIDTH_MOST);
    if (p->what == 'u' || p->what == 'v' || (p->what == '%' && plain))
        return ST_OK;
    if (plain && p->what == (is_foreign ? 'f' : 'g'))
        return ST_OK;
    return FAIL(ST_SYNTAX, is_foreign ? "a format knows %%u, %%v, %%f and %%%%, %%08Xu and the like"
                                      : "a format knows %%u, %%v, %%g and %%%%, %%08Xu and the like");
}

enum st uidl_format_check(struct str format, bool is_foreign)
{
    struct str rest = format;
    bool differs = false;
    size_t n = 0;

    if (format.n == 0 || format.n > UIDL_FORMAT_MAX)
        return FAIL(ST_SYNTAX, "a format has 1 to %u characters", (unsigned)UIDL_FORMAT_MAX);
    while (rest.n) {
        struct piece p;

        TRY(next_piece(&rest, &p));
        TRY(check_piece(&p, is_foreign));
        differs = differs || p.what == 'u' || p.what == 'g' || p.what == 'f';
        n += longest(&p);
    }
    if (!differs)
        return FAIL(ST_SYNTAX, "without %%u all messages would have the same unique id");
    return n <= UIDL_MAX ? ST_OK : FAIL(ST_SYNTAX, "a unique id has at most %u characters", (unsigned)UIDL_MAX);
}

static void add_number(struct buf *out, const struct piece *p, uint32_t v)
{
    char digits[12];
    size_t n = 0;

    do {
        digits[n++] = "0123456789abcdef"[v % (p->is_hex ? 16 : 10)];
        v /= p->is_hex ? 16 : 10;
    } while (v);
    for (size_t i = n; i < p->width; i++)
        buf_addc(out, '0');
    while (n)
        buf_addc(out, digits[--n]);
}

void uidl_format_make(struct str format, const struct uidl_parts *parts, struct buf *out)
{
    struct piece p;

    while (format.n && next_piece(&format, &p) == ST_OK) {
        switch (p.what) {
        case 'u': add_number(out, &p, parts->uid); break;
        case 'v': add_number(out, &p, parts->uidvalidity); break;
        case 'g': buf_addf(out, "%016" PRIx64, parts->email); break;
        case 'f': buf_add(out, parts->file); break;
        default: buf_addc(out, p.what ? p.what : p.literal); break;
        }
    }
}

bool uidl_is_valid(struct str id)
{
    for (size_t i = 0; i < id.n; i++)
        if (id.p[i] < 0x21 || id.p[i] > 0x7e)
            return false;
    return id.n >= 1 && id.n <= UIDL_MAX;
}

struct str uidl_format_named(struct str name)
{
    if (str_eq(name, STR("dovecot")))
        return STR("%08Xu%08Xv");
    if (str_eq(name, STR("courier")))
        return STR("UID%u-%v");
    if (str_eq(name, STR("cyrus")))
        return STR("%v.%u");
    return name;
}
