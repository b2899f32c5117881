#include "transfer/names.h"

#include "base/buf.h"
#include "mime/mutf7.h"

#define FILE_MAX 255
#define PATH_ROOM 4096

static enum st finish(struct arena *a, struct buf *b, enum st st, struct str *out)
{
    if (st == ST_OK && b->over)
        st = FAIL(ST_LIMIT, "the name is too long for a file");
    if (st == ST_OK && !str_is_utf8(buf_str(b)))
        st = FAIL(ST_SYNTAX, "the name is no UTF-8");
    if (st == ST_OK)
        *out = arena_str(a, buf_str(b));
    buf_fini(b);
    return st;
}

enum st name_to_maildir(struct arena *a, struct str name, struct str *out)
{
    struct str coded;
    struct buf b;

    TRY(mutf7_encode(a, name, &coded));
    buf_init(&b, FILE_MAX - 1); /* the dot in front */
    for (size_t i = 0; i < coded.n; i++) {
        if (coded.p[i] == '/')
            buf_addc(&b, '.');
        else if (coded.p[i] == '.' || coded.p[i] == '\\')
            buf_addf(&b, "\\%02x", (unsigned char)coded.p[i]);
        else
            buf_addc(&b, coded.p[i]);
    }
    return finish(a, &b, ST_OK, out);
}

static int hex(char c)
{
    if (ascii_is_digit(c))
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* `mark` and two digits become a byte. */
static void unescape(struct str s, char mark, char level, struct buf *out)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == mark && i + 2 < s.n && hex(s.p[i + 1]) >= 0 && hex(s.p[i + 2]) >= 0) {
            buf_addc(out, (char)(hex(s.p[i + 1]) * 16 + hex(s.p[i + 2])));
            i += 2;
        } else {
            buf_addc(out, s.p[i] == level ? '/' : s.p[i]);
        }
    }
}

enum st name_from_maildir(struct arena *a, struct str file, struct str *out)
{
    struct str decoded;
    struct buf b;

    buf_init(&b, PATH_ROOM);
    unescape(file, '\\', '.', &b);
    decoded = buf_str(&b);
    if (mutf7_decode(a, decoded, &decoded) == ST_OK) { /* else it was written in UTF-8, as some have it */
        buf_clear(&b);
        buf_add(&b, decoded);
    }
    return finish(a, &b, ST_OK, out);
}

static bool is_misleading(struct str level, size_t i)
{
    char c = level.p[i];

    if ((unsigned char)c < ' ' || c == 0x7f || strchr("%:*?\"<>|\\", c))
        return true;
    if (i == 0 && (c == '.' || str_eq(level, STR("cur")) || str_eq(level, STR("new")) || str_eq(level, STR("tmp"))))
        return true;
    return c == '.' && (str_ieq(str_from(level, i), STR(".mbox")) || str_ieq(str_from(level, i), STR(".sbd")));
}

enum st name_to_path(struct arena *a, struct str name, struct str *out)
{
    struct buf b;
    struct str rest = name, level;
    enum st st = ST_OK;

    buf_init(&b, PATH_ROOM);
    while (str_split(&rest, '/', &level)) {
        size_t from = b.n;

        for (size_t i = 0; i < level.n; i++) {
            if (is_misleading(level, i))
                buf_addf(&b, "%%%02X", (unsigned char)level.p[i]);
            else
                buf_addc(&b, level.p[i]);
        }
        if (b.n - from > FILE_MAX - 5) /* for ".mbox" */
            st = FAIL(ST_LIMIT, "the name is too long for a file");
        buf_addc(&b, '/');
    }
    b.n -= b.n > 0;
    return finish(a, &b, st, out);
}

enum st name_from_path(struct arena *a, struct str path, struct str *out)
{
    struct buf b;

    buf_init(&b, PATH_ROOM);
    unescape(path, '%', '/', &b);
    return finish(a, &b, ST_OK, out);
}
