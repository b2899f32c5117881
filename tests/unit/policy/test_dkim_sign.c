#include "policy/dkim_sign.c"

#include "test.h"

#include <openssl/evp.h>

static const struct str joe = STR("From: Joe SixPack <joe@football.example.com>\r\n"
                                  "To: Suzie Q <suzie@shopping.example.net>\r\n"
                                  "Subject: Is dinner ready?\r\n"
                                  "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
                                  "Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
                                  "\r\n"
                                  "Hi.\r\n"
                                  "\r\n"
                                  "We lost the game.  Are you hungry yet?\r\n"
                                  "\r\n"
                                  "Joe.\r\n");

static const struct dkim_signer by = {.domain = STR("football.example.com"),
                                      .selector = STR("brisbane"),
                                      .algorithm = STR("ed25519-sha256"),
                                      .time_s = 1528637909};

static struct str bytes_of(const unsigned char *p, size_t n)
{
    return str_n((const char *)p, n);
}

/* RFC 8463 appendix A.3: its field and its order of h=, through our canonical forms and its public key. */
TEST(the_example_of_rfc_8463)
{
    struct arena a = ARENA_INIT;
    static const struct str names[] = {STR("from"), STR("to"), STR("subject"), STR("date"), STR("message-id")};
    const struct str field =
        STR(" v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n d=football.example.com; i=@football.example.com;\r\n"
            " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n subject : date : message-id : from : subject : "
            "date;\r\n"
            " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b=");
    struct str key, signature, body_hash;
    unsigned char hash[DKIM_HASH];
    struct dkim_letter l;
    struct mime_field f;
    struct buf input;
    EVP_PKEY *public;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    CHECK_ST(base64_decode(&a, STR("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="), &key), ST_OK);
    CHECK_ST(base64_decode(
                 &a, STR("/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw=="),
                 &signature),
             ST_OK);
    CHECK_ST(base64_decode(&a, STR("2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="), &body_hash), ST_OK);
    CHECK_ST(dkim_read(&a, joe, &l), ST_OK);
    CHECK_STR(bytes_of(l.body_hash, DKIM_HASH), body_hash);
    buf_init(&input, 10000);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        CHECK_ST(mime_header_find(joe, names[i], &f), ST_OK);
        dkim_relaxed_field(&input, f.name, f.value);
        buf_addz(&input, "\r\n");
    }
    dkim_relaxed_field(&input, STR("DKIM-Signature"), field);
    dkim_sha256(buf_str(&input), hash);
    public = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, (const unsigned char *)key.p, key.n);
    CHECK(EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, public) == 1);
    CHECK(EVP_DigestVerify(ctx, (const unsigned char *)signature.p, signature.n, hash, sizeof hash) == 1);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(public);
    buf_fini(&input);
    arena_fini(&a);
}

TEST(what_is_signed)
{
    struct arena a = ARENA_INIT;
    struct dkim_letter l;

    CHECK_ST(dkim_read(&a, STR("Received: x\r\nList-ID: l\r\nTo: 1\r\nfrom: me\r\nTo :  2\r\n\r\nbody"), &l), ST_OK);
    CHECK_STR(l.header, STR("from:me\r\nto:2\r\nto:1\r\nlist-id:l\r\n"));
    CHECK_STR(
        l.names,
        STR("from:from:to:to:to:cc:subject:date:message-id:reply-to:in-reply-to:references:mime-version:content-type:"
            "content-transfer-encoding:list-id"));
    CHECK_STR(l.from, STR(" me"));
    arena_fini(&a);
}

TEST(what_can_not_be_signed)
{
    struct arena a = ARENA_INIT;
    struct dkim_letter l;
    struct buf many;

    CHECK_ST(dkim_read(&a, STR("To: a\r\n\r\nx"), &l), ST_SYNTAX);
    CHECK_ST(dkim_read(&a, STR("From: a\r\nFrom: b\r\n\r\nx"), &l), ST_SYNTAX);
    CHECK_ST(dkim_read(&a, STR("From: a\r\n"), &l), ST_OK);
    CHECK_ST(dkim_read(&a, STR("From: a\r\n\r"), &l), ST_SYNTAX);
    CHECK_ST(dkim_read(&a, STR("From: a\n\r\n"), &l), ST_SYNTAX);
    CHECK_ST(dkim_read(&a, STR("From: a\r\nthis is no field\r\n\r\nx"), &l), ST_SYNTAX);
    CHECK_ST(dkim_read(&a, STR(""), &l), ST_SYNTAX);
    buf_init(&many, 10000);
    buf_addz(&many, "From: a\r\n");
    for (int i = 0; i < DKIM_FIELDS_MAX; i++)
        buf_addz(&many, "To: b\r\n");
    buf_addz(&many, "\r\n");
    CHECK_ST(dkim_read(&a, buf_str(&many), &l), ST_LIMIT);
    buf_fini(&many);
    arena_fini(&a);
}

static void check_lines(struct str field)
{
    struct str line;

    CHECK(str_ends(field, STR("\r\n")));
    field.n -= 2;
    for (bool is_first = true; str_split(&field, '\n', &line); is_first = false) {
        CHECK(is_first || line.p[0] == '\t');
        CHECK(line.n <= 80 && (!field.n || str_ends(line, STR("\r"))));
    }
}

TEST(the_field)
{
    struct arena a = ARENA_INIT;
    unsigned char hash[DKIM_HASH], again[DKIM_HASH];
    struct str begin, field, value;
    struct dkim_letter l;
    struct buf input;

    CHECK_ST(dkim_read(&a, joe, &l), ST_OK);
    begin = dkim_field_begin(&a, &l, &by, hash);
    CHECK(str_starts(begin,
                     STR("DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n\td=football.example.com; ")));
    CHECK(str_ends(begin, STR(" b=")));
    field = dkim_field_end(&a, begin, str_n(joe.p, 256));
    check_lines(field);
    CHECK(str_starts(field, begin));
    /* what a verifier takes away is what stands behind b= */
    value = str_sub(begin, 15, begin.n - 15);
    buf_init(&input, 10000);
    buf_add(&input, l.header);
    dkim_relaxed_field(&input, STR("dkim-signature"), value);
    dkim_sha256(buf_str(&input), again);
    CHECK_STR(bytes_of(again, DKIM_HASH), bytes_of(hash, DKIM_HASH));
    buf_fini(&input);
    arena_fini(&a);
}

/* Whole, and cut at each offset: never out of bounds, and a signature is never made of a field that is cut. */
TEST(cut)
{
    size_t header = str_search(joe, STR("\r\n\r\n")) + 4;

    for (size_t n = 0; n <= joe.n; n++) {
        struct arena a = ARENA_INIT;
        char *copy = mem_new(n + 1); /* so that a sanitizer sees a byte too many */
        struct dkim_letter l;
        bool is_whole = n > 0 && n < joe.n && joe.p[n - 1] == '\n' && joe.p[n] != ' '; /* a header alone */

        memcpy(copy, joe.p, n);
        CHECK_ST(dkim_read(&a, str_n(copy, n), &l), n < header && !is_whole ? ST_SYNTAX : ST_OK);
        mem_free(copy);
        arena_fini(&a);
    }
}

TEST(the_author_is_in_the_only_from_field)
{
    struct str from = STR_NONE;

    CHECK_ST(dkim_from(STR("To: a\r\nFROM : me\r\nX: from\r\n\r\nFrom: no\r\n"), &from), ST_OK);
    CHECK_STR(str_trim(from), STR("me"));
    CHECK_ST(dkim_from(STR("To: a\r\n\r\nFrom: x\r\n"), &from), ST_SYNTAX);
    CHECK_ST(dkim_from(STR("From: a\r\nFrom: b\r\n\r\nx"), &from), ST_SYNTAX);
}
