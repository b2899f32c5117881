#include "policy/dkim_canon.c"

#include "base/codec.h"
#include "test.h"

static struct str relaxed(struct arena *a, struct str name, struct str value)
{
    struct str text;
    struct buf b;

    buf_init(&b, 1000);
    dkim_relaxed_field(&b, name, value);
    text = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return text;
}

/* The hash of a body that comes in two pieces, cut there. */
static struct str hash_cut(struct arena *a, struct str body, size_t at)
{
    unsigned char hash[DKIM_HASH];
    struct dkim_body b;

    dkim_body_begin(&b);
    dkim_body_add(&b, str_sub(body, 0, at));
    dkim_body_add(&b, str_from(body, at));
    dkim_body_end(&b, hash);
    return hex_of(a, hash, sizeof hash);
}

static struct str hash_bytewise(struct arena *a, struct str body)
{
    unsigned char hash[DKIM_HASH];
    struct dkim_body b;

    dkim_body_begin(&b);
    for (size_t i = 0; i < body.n; i++)
        dkim_body_add(&b, str_sub(body, i, 1));
    dkim_body_end(&b, hash);
    return hex_of(a, hash, sizeof hash);
}

static struct str sha(struct arena *a, struct str bytes)
{
    unsigned char hash[DKIM_HASH];

    dkim_sha256(bytes, hash);
    return hex_of(a, hash, sizeof hash);
}

TEST(fields)
{
    struct arena a = ARENA_INIT;

    /* RFC 6376 section 3.4.5 */
    CHECK_STR(relaxed(&a, STR("A"), STR(" X")), STR("a:X"));
    CHECK_STR(relaxed(&a, STR("B"), STR(" Y\t\r\n\tZ  ")), STR("b:Y Z"));
    CHECK_STR(relaxed(&a, STR("SubJect"), STR("")), STR("subject:"));
    CHECK_STR(relaxed(&a, STR("X"), STR(" \t \r\n ")), STR("x:"));
    CHECK_STR(relaxed(&a, STR("X"), STR("a\r\n\r\n b")), STR("x:a b"));
    CHECK_STR(relaxed(&a, STR("X"), STR("a\rb\nc\r")), STR("x:a\rb\nc\r"));
    arena_fini(&a);
}

static void same(struct str body, struct str want)
{
    struct arena a = ARENA_INIT;
    struct str hash = sha(&a, want);

    for (size_t at = 0; at <= body.n; at++)
        CHECK_STR(hash_cut(&a, body, at), hash);
    CHECK_STR(hash_bytewise(&a, body), hash);
    arena_fini(&a);
}

TEST(bodies)
{
    same(STR(" C \r\nD \t E\r\n\r\n\r\n"), STR(" C\r\nD E\r\n")); /* RFC 6376 section 3.4.5 */
    same(STR(""), STR(""));
    same(STR("\r\n"), STR(""));
    same(STR("\r\n \t\r\n\r\n"), STR(""));
    same(STR("a"), STR("a\r\n"));
    same(STR("a \t"), STR("a\r\n"));
    same(STR("a\r\n \t"), STR("a\r\n"));
    same(STR("a\r\n\t\r\n b\r\n"), STR("a\r\n\r\n b\r\n"));
    same(STR("a\rb\nc\r"), STR("a\rb\nc\r\r\n"));
    same(STR("a\r\r\n"), STR("a\r\r\n"));
    same(STR("a \r b\r\n"), STR("a \r b\r\n"));
}

TEST(empty_body_of_the_rfc)
{
    struct arena a = ARENA_INIT;
    unsigned char hash[DKIM_HASH];
    struct str raw;

    /* RFC 6376 section 3.4.4 */
    CHECK_ST(base64_decode(&a, STR("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="), &raw), ST_OK);
    dkim_sha256(STR(""), hash);
    CHECK_STR(str_n((const char *)hash, sizeof hash), raw);
    arena_fini(&a);
}

TEST(more_than_the_buffer_holds)
{
    struct arena a = ARENA_INIT;
    size_t n = 20000;
    char *text = arena_alloc(&a, n), *lines = arena_alloc(&a, n);

    memset(text, 'x', n);
    for (size_t i = 0; i < n; i += 2)
        memcpy(lines + i, "\r\n", 2);
    lines[0] = 'y';
    lines[1] = ' ';
    text[n - 2] = '\r';
    text[n - 1] = '\n';
    CHECK_STR(hash_cut(&a, str_n(text, n), n / 2), sha(&a, str_n(text, n)));
    CHECK_STR(hash_bytewise(&a, str_n(text, n)), sha(&a, str_n(text, n)));
    CHECK_STR(hash_cut(&a, str_n(lines, n), 777), sha(&a, STR("y\r\n")));
    lines[n - 2] = 'z';
    lines[n - 1] = ' ';
    CHECK_STR(hash_cut(&a, str_n(lines, n), 777), hash_bytewise(&a, str_n(lines, n)));
    arena_fini(&a);
}
