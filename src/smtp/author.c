#include "smtp/author.h"

#include "base/buf.h"
#include "base/err.h"
#include "mime/address.h"
#include "mime/addrspec.h"
#include "mime/header.h"

#define PARTING " \t,;:<>()\""            /* between words */
#define SEEN_MAX (4 * LIMIT_SMTP_AUTHORS) /* each is met twice, and a few may be there again */

/* False: it is no address. */
static bool add(struct authors *l, struct arena *a, struct str text)
{
    struct addrspec spec;

    l->too_many = l->too_many || l->seen++ == SEEN_MAX;
    if (l->too_many)
        return true;
    if (text.n > LIMIT_ADDRESS + ADDR_LOCAL_MAX || addrspec_parse(text, &spec) != ST_OK)
        return false;
    for (size_t i = 0; i < l->n; i++)
        if (str_eq(l->list[i], spec.whole))
            return true;
    l->too_many = l->n == LIMIT_SMTP_AUTHORS;
    if (!l->too_many)
        l->list[l->n++] = arena_str(a, spec.whole);
    return true;
}

/* The index behind a comment or quoted string that begins at `at`; 0 when it does not end. */
static size_t behind(struct str s, size_t at)
{
    bool is_comment = s.p[at] == '(';
    size_t depth = 1;

    for (at++; at < s.n; at++) {
        if (s.p[at] == '\\') {
            at++;
        } else if (is_comment && s.p[at] == '(') {
            depth++;
        } else if (s.p[at] == (is_comment ? ')' : '"') && --depth == 0) {
            return at + 1;
        }
    }
    return 0;
}

/* Words with an @ in them that stand where names do ("boss@example.org <me@example.net>" without quotes): some programs show
 * these as the address. */
static void add_word(struct authors *l, struct arena *a, struct str word)
{
    size_t at = str_find(word, '@');

    if (at > 0 && at + 1 < word.n)
        IGNORE(add(l, a, word)); /* what is no address, nobody takes for one */
}

/* All words, whatever they stand in; before a domain that stands alone there may be anything. */
static void add_words(struct authors *l, struct arena *a, struct str s)
{
    for (size_t at = 0, n; at < s.n && !l->too_many; at += n + 1) {
        struct str word;

        for (n = 0; at + n < s.n && !strchr(PARTING, s.p[at + n]);)
            n++;
        word = str_sub(s, at, n);
        if (n > 1 && n < LIMIT_ADDRESS && s.p[at] == '@')
            word = arena_printf(a, "?%.*s", STR_ARGS(word));
        add_word(l, a, word);
    }
}

/* Do all readers find the same addresses in it? Quotes, comments and brackets end, and nothing stands behind an address in brackets. */
static bool is_plain(struct authors *l, struct arena *a, struct str s)
{
    enum { NAME, ANGLE, BEHIND_ANGLE } where = NAME;
    size_t word = 0, at = 0, next;

    for (; at < s.n; at = next) {
        char c = s.p[at];

        next = at + 1;
        if (!strchr(PARTING, c)) {
            if (where == BEHIND_ANGLE)
                return false;
            continue;
        }
        add_word(l, a, str_sub(s, word, at - word));
        if (c == '(' || c == '"')
            next = behind(s, at);
        word = next;
        if (!next || (c == '<' && where != NAME) || (c == '>' && where != ANGLE) ||
            (where == BEHIND_ANGLE && strchr(":)\"", c)))
            return false;
        if (c == '<')
            where = ANGLE;
        else if (c == '>')
            where = BEHIND_ANGLE;
        else if (where == BEHIND_ANGLE && (c == ',' || c == ';'))
            where = NAME;
    }
    add_word(l, a, str_from(s, word));
    return where != ANGLE;
}

/* The local part is quoted, whatever is in it: addrspec_parse leaves out what need not be. */
static bool add_mailbox(struct authors *l, struct arena *a, const struct mime_address *m)
{
    struct buf text;
    bool is_one;

    if (!m->local.n || !m->domain.n || m->local.n > ADDR_LOCAL_MAX)
        return false;
    buf_init(&text, LIMIT_ADDRESS * 2);
    buf_addc(&text, '"');
    for (size_t i = 0; i < m->local.n; i++) {
        if (m->local.p[i] == '"' || m->local.p[i] == '\\')
            buf_addc(&text, '\\');
        buf_addc(&text, m->local.p[i]);
    }
    buf_addz(&text, "\"@");
    buf_add(&text, m->domain);
    is_one = !text.over && add(l, a, buf_str(&text));
    buf_fini(&text);
    return is_one;
}

static bool read_value(struct authors *l, struct arena *a, struct str value)
{
    struct mime_address_iter it;
    struct mime_address m;
    bool is_whole = is_plain(l, a, value), any = false;

    mime_address_begin(&it, a, value);
    while (!l->too_many && mime_address_next(&it, &m)) {
        if (m.kind != MIME_ADDR_MAILBOX)
            continue;
        any = true;
        if (!add_mailbox(l, a, &m))
            is_whole = false;
    }
    return (is_whole && any) || l->too_many;
}

void authors_field(struct authors *l, struct arena *a, struct str field)
{
    size_t colon = str_find(field, ':');
    struct str name = str_trim(str_n(field.p, colon)), value;

    if (l->too_many || colon == field.n || !(str_ieq(name, STR("From")) || str_ieq(name, STR("Sender"))))
        return;
    value = mime_unfold(a, str_from(field, colon + 1));
    if (read_value(l, a, value))
        return;
    add_words(l, a, value);
    if (!l->is_unreadable)
        l->unreadable = arena_str(a, str_sub(value, 0, 200));
    l->is_unreadable = true;
}
