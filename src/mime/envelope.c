/* Items of ENVELOPE one after the other: NIL, quoted, literal, or a list of such in parentheses. The bytes come from another
 * process or from the disk; anything unexpected ends the reading. */
#include "mime/envelope.h"
#include "mime/structure.h"

/* Where the fields that are one string stand among the ten items. */
static const struct {
    struct str name;
    size_t item;
} texts[] = {{STR("Date"), 0}, {STR("Subject"), 1}, {STR("In-Reply-To"), 8}, {STR("Message-ID"), 9}};

static const struct {
    struct str name;
    enum mime_envelope_list list;
} lists[] = {{STR("From"), MIME_ENVELOPE_FROM},
             {STR("To"), MIME_ENVELOPE_TO},
             {STR("Cc"), MIME_ENVELOPE_CC},
             {STR("Bcc"), MIME_ENVELOPE_BCC}};

struct item {
    struct str bytes; /* of a string: its content, quoted as it stands; p is NULL for NIL */
    bool has_quoting; /* a backslash stands in it */
};

/* "..." at the start of s: the index behind it, 0 when it does not end. */
static size_t read_quoted(struct str s, struct item *out)
{
    size_t i = 1;

    while (i < s.n && s.p[i] != '"') {
        out->has_quoting |= s.p[i] == '\\';
        i += s.p[i] == '\\' ? 2 : 1;
    }
    if (i >= s.n)
        return 0;
    out->bytes = str_sub(s, 1, i - 1);
    return i + 1;
}

/* {n} and n bytes. */
static size_t read_literal(struct str s, struct item *out)
{
    size_t n = 0, i = 1;

    for (; i < s.n && ascii_is_digit(s.p[i]) && n <= LIMIT_MIME_RECORD; i++)
        n = n * 10 + (size_t)(s.p[i] - '0');
    if (!str_starts(str_from(s, i), STR("}\r\n")) || n > s.n - i - 3)
        return 0;
    out->bytes = str_sub(s, i + 3, n);
    return i + 3 + n;
}

static size_t read_string(struct str s, struct item *out)
{
    *out = (struct item){0};
    if (!s.n)
        return 0;
    if (s.p[0] == '"')
        return read_quoted(s, out);
    if (s.p[0] == '{')
        return read_literal(s, out);
    return str_starts(s, STR("NIL")) ? 3 : 0;
}

/* A string or a list of lists; gives the index behind it, 0 when it is none of both. */
static size_t read_item(struct str s, struct item *out)
{
    size_t depth = 0, i = 0, n;

    do {
        char c = i < s.n ? s.p[i] : 0;

        if (c == '(' || (c == ')' && depth)) {
            depth += c == '(' ? 1 : (size_t)-1;
            n = 1;
        } else if (c == ' ' && depth) {
            n = 1;
        } else {
            n = read_string(str_from(s, i), out);
        }
        i += n;
    } while (n && depth);
    return n ? i : 0;
}

static struct str unquoted(struct arena *a, struct item item)
{
    char *p;
    size_t n = 0;

    if (!item.has_quoting)
        return item.bytes;
    p = arena_alloc(a, item.bytes.n);
    for (size_t i = 0; i < item.bytes.n; i++) {
        i += item.bytes.p[i] == '\\';
        p[n++] = item.bytes.p[i];
    }
    return str_n(p, n);
}

/* Steps over items; *rest stands behind the blank then. */
static bool skip_items(struct str *rest, size_t count)
{
    struct item item;

    for (size_t i = 0; i < count; i++) {
        size_t n = read_item(*rest, &item);

        if (!n || n >= rest->n || rest->p[n] != ' ')
            return false;
        *rest = str_from(*rest, n + 1);
    }
    return true;
}

bool mime_envelope_text(const struct mime_record *r, struct str field, struct arena *a, struct str *out)
{
    struct str rest = str_from(r->envelope, 1), got;
    struct item item;
    size_t which = 0;

    while (which < ARRAY_LEN(texts) && !str_ieq(texts[which].name, field))
        which++;
    if (which == ARRAY_LEN(texts))
        return false;
    if (!skip_items(&rest, texts[which].item) || !read_string(rest, &item))
        return false;
    got = unquoted(a, item);
    if (got.n >= MIME_ENVELOPE_STRING)
        return false;
    *out = got;
    return true;
}

/* "(name route mailbox host)" at the start of *rest, which stands behind it then. */
static bool read_address(struct str *rest, struct arena *a, struct mime_envelope_address *out)
{
    struct str parts[4];

    if (!str_starts(*rest, STR("(")))
        return false;
    *rest = str_from(*rest, 1);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        struct item item;
        size_t n = read_string(*rest, &item);

        if (!n || n >= rest->n || rest->p[n] != (i + 1 < ARRAY_LEN(parts) ? ' ' : ')'))
            return false;
        parts[i] = unquoted(a, item);
        *rest = str_from(*rest, n + 1);
    }
    *out = (struct mime_envelope_address){parts[0], parts[1], parts[2], parts[3]};
    return true;
}

bool mime_envelope_address(const struct mime_record *r, enum mime_envelope_list list, struct arena *a,
                           struct mime_envelope_address *out)
{
    struct str rest = str_from(r->envelope, 1);

    if (!skip_items(&rest, list) || !str_starts(rest, STR("((")))
        return false;
    rest = str_from(rest, 1);
    return read_address(&rest, a, out);
}

static void put_address(struct buf *b, const struct mime_envelope_address *m)
{
    if (!m->mailbox.p) /* a group ends */
        return;
    if (b->n)
        buf_add(b, STR(", "));
    if (m->name.n) {
        buf_add(b, m->name);
        buf_add(b, STR(" <"));
    }
    buf_add(b, m->mailbox);
    if (m->host.p) {
        buf_addc(b, '@');
        buf_add(b, m->host);
    }
    if (m->name.n)
        buf_addc(b, '>');
}

bool mime_envelope_addresses(const struct mime_record *r, struct str field, struct arena *a, struct str *out)
{
    struct str rest = str_from(r->envelope, 1);
    struct mime_envelope_address m;
    struct buf b;
    size_t which = 0, before;
    bool good = true;

    while (which < ARRAY_LEN(lists) && !str_ieq(lists[which].name, field))
        which++;
    if (which == ARRAY_LEN(lists) || !skip_items(&rest, lists[which].list) || !str_starts(rest, STR("((")))
        return false;
    rest = str_from(rest, 1);
    before = rest.n;
    buf_init(&b, 2 * MIME_ENVELOPE_FEW);
    while (good && !str_starts(rest, STR(")"))) {
        good = before - rest.n < MIME_ENVELOPE_FEW && read_address(&rest, a, &m);
        if (good)
            put_address(&b, &m);
    }
    good = good && before - rest.n < MIME_ENVELOPE_FEW && !b.over;
    if (good)
        *out = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return good;
}
