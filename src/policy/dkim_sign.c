#include "policy/dkim_sign.h"

#include "base/codec.h"
#include "base/must.h"
#include "mime/header.h"

#define FIELD_MAX 16384
#define LINE_MAX 76

static const struct {
    const char *name;
    bool always;
} covered[] = {
/* From is the first */
#define ALWAYS true
#define PRESENT false
#define FIELD(name, when) {name, when},
#include "policy/dkim_fields.def"
#undef FIELD
#undef ALWAYS
#undef PRESENT
};

/* --- what is signed ---------------------------------------------------------------------------------------------- */

struct chosen {
    struct mime_field list[DKIM_FIELDS_MAX]; /* as they stand, from top to bottom */
    unsigned char which[DKIM_FIELDS_MAX];    /* of `covered` */
    size_t n, from;                          /* number of From fields */
};

static enum st choose(struct chosen *c, const struct mime_field *f)
{
    for (size_t i = 0; i < ARRAY_LEN(covered); i++) {
        if (!str_ieq(f->name, str_z(covered[i].name)))
            continue;
        if (c->n == DKIM_FIELDS_MAX)
            return FAIL(ST_LIMIT, "more header fields than a signature names");
        c->from += i == 0;
        c->which[c->n] = (unsigned char)i;
        c->list[c->n++] = *f;
        return ST_OK;
    }
    return ST_OK;
}

static void add_name(struct buf *names, const char *name)
{
    if (names->n)
        buf_addc(names, ':');
    while (*name)
        buf_addc(names, ascii_lower(*name++));
}

/* Of several fields of one name the last comes first (RFC 6376 section 5.4.2). */
static enum st write_chosen(struct arena *a, const struct chosen *c, struct dkim_letter *out)
{
    struct buf names, header;
    enum st st;

    buf_init(&names, FIELD_MAX);
    buf_init(&header, DKIM_HEADER_MAX);
    for (size_t i = 0; i < ARRAY_LEN(covered); i++) {
        for (size_t k = c->n; k-- > 0;)
            if (c->which[k] == i) {
                add_name(&names, covered[i].name);
                dkim_relaxed_field(&header, c->list[k].name, c->list[k].value);
                buf_addz(&header, "\r\n");
            }
        if (covered[i].always)
            add_name(&names, covered[i].name);
    }
    st = buf_check(&header);
    if (st == ST_OK)
        st = buf_check(&names);
    out->names = arena_str(a, buf_str(&names));
    out->header = arena_str(a, buf_str(&header));
    buf_fini(&names);
    buf_fini(&header);
    return st;
}

static void hash_body(struct str body, unsigned char hash[DKIM_HASH])
{
    struct dkim_body *b = MEM_NEW(struct dkim_body);

    dkim_body_begin(b);
    dkim_body_add(b, body);
    dkim_body_end(b, hash);
    mem_free(b);
}

enum st dkim_from(struct str letter, struct str *out)
{
    struct str found = STR_NONE;
    struct mime_field f;
    size_t pos = 0, n = 0;

    while (pos <= DKIM_HEADER_MAX && mime_header_next(letter, &pos, &f))
        if (str_ieq(f.name, str_z(covered[0].name))) {
            found = f.value;
            n++;
        }
    if (n != 1 || pos > DKIM_HEADER_MAX)
        return FAIL(ST_SYNTAX, n == 1 ? "a header that can't be signed" : "a letter with %zu From fields", n);
    *out = found;
    return ST_OK;
}

enum st dkim_read(struct arena *a, struct str letter, struct dkim_letter *out)
{
    struct chosen *c = ARENA_NEW(a, struct chosen);
    struct mime_field f;
    size_t pos = 0;

    while (mime_header_next(letter, &pos, &f)) {
        if (pos > DKIM_HEADER_MAX || !str_ends(f.raw, STR("\r\n")))
            return FAIL(ST_SYNTAX, "a header that can't be signed");
        TRY(choose(c, &f));
    }
    if (pos < letter.n && !str_starts(str_from(letter, pos), STR("\r\n"))) /* a letter may be a header alone */
        return FAIL(ST_SYNTAX, "a header without an end");
    if (c->from != 1)
        return FAIL(ST_SYNTAX, "a letter with %zu From fields", c->from);
    for (size_t i = 0; i < c->n; i++)
        if (c->which[i] == 0)
            out->from = c->list[i].value;
    hash_body(str_from(letter, MIN(pos + 2, letter.n)), out->body_hash);
    return write_chosen(a, c, out);
}

/* --- the field --------------------------------------------------------------------------------------------------- */

/* Written with line ends where there is no room any more. */
struct folded {
    struct buf b;
    size_t column;
};

static void add_piece(struct folded *f, struct str piece, bool spaced)
{
    if (f->column + spaced + piece.n > LINE_MAX) {
        buf_addz(&f->b, "\r\n\t");
        f->column = 8;
    } else if (spaced) {
        buf_addc(&f->b, ' ');
        f->column++;
    }
    buf_add(&f->b, piece);
    f->column += piece.n;
}

static void add_tag(struct folded *f, const char *tag, struct str value)
{
    struct arena a = ARENA_INIT;

    add_piece(f, arena_printf(&a, "%s=%.*s;", tag, STR_ARGS(value)), true);
    arena_fini(&a);
}

/* A line may end before the colons of h=, and anywhere in base64 (RFC 6376 section 3.5). */
static void add_names(struct folded *f, struct str names)
{
    struct str name;
    bool is_first = true;

    while (str_split(&names, ':', &name)) {
        char piece[80];
        size_t n = MIN(name.n, sizeof piece - 4), at = 0;

        if (is_first) {
            memcpy(piece, "h=", 2);
            at = 2;
        } else {
            piece[at++] = ':';
        }
        memcpy(piece + at, name.p, n);
        add_piece(f, str_n(piece, at + n), is_first);
        is_first = false;
    }
    buf_addc(&f->b, ';');
}

static struct str base64_of(struct arena *a, struct str raw)
{
    struct str text;
    struct buf b;

    buf_init(&b, FIELD_MAX);
    base64_encode(&b, raw);
    text = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return text;
}

struct str dkim_field_begin(struct arena *a, const struct dkim_letter *l, const struct dkim_signer *by,
                            unsigned char out_hash[DKIM_HASH])
{
    static const struct str name = STR("DKIM-Signature");
    struct folded f = {.column = name.n + 1};
    struct str begin;
    struct buf input;

    buf_init(&f.b, FIELD_MAX + l->names.n * 2);
    buf_add(&f.b, name);
    buf_addc(&f.b, ':');
    add_tag(&f, "v", STR("1"));
    add_tag(&f, "a", by->algorithm);
    add_tag(&f, "c", STR("relaxed/relaxed"));
    add_tag(&f, "d", by->domain);
    add_tag(&f, "s", by->selector);
    add_tag(&f, "t", arena_printf(a, "%llu", (unsigned long long)by->time_s));
    add_names(&f, l->names);
    f.column = LINE_MAX;
    add_tag(&f, "bh", base64_of(a, str_n((const char *)l->body_hash, DKIM_HASH)));
    add_piece(&f, STR("b="), true);
    begin = arena_str(a, buf_str(&f.b));
    buf_fini(&f.b);

    /* the field itself comes last, without its CRLF (RFC 6376 section 3.7) */
    buf_init(&input, DKIM_HEADER_MAX + begin.n * 2);
    buf_add(&input, l->header);
    dkim_relaxed_field(&input, name, str_from(begin, name.n + 1));
    must(!input.over);
    dkim_sha256(buf_str(&input), out_hash);
    buf_fini(&input);
    return begin;
}

struct str dkim_field_end(struct arena *a, struct str begin, struct str signature)
{
    struct str text = base64_of(a, signature), out;
    struct buf b;

    buf_init(&b, begin.n + FIELD_MAX);
    buf_add(&b, begin);
    while (text.n) {
        struct str piece = str_sub(text, 0, LINE_MAX - 8);

        buf_addz(&b, "\r\n\t");
        buf_add(&b, piece);
        text = str_from(text, piece.n);
    }
    buf_addz(&b, "\r\n");
    out = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return out;
}
