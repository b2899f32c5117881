#include "mime/envelope.c"

#include "mime/scan.h"

#include "test.h"

static bool text_of(struct str envelope, const char *field, struct arena *a, struct str *out)
{
    struct mime_record r = {.envelope = envelope};

    return mime_envelope_text(&r, str_z(field), a, out);
}

static const struct str whole = STR("(\"Mon\" {5}\r\na\"\\\xc3\xa4 ((\"q\\\")( {2}\r\n)(\" NIL \"a\" \"b\")(NIL NIL "
                                    "NIL NIL)) NIL NIL NIL NIL NIL NIL \"<\\\"x\\\\>\")");

TEST(texts_by_name)
{
    struct arena a = ARENA_INIT;
    struct str got = STR("untouched");

    CHECK(!text_of(whole, "From", &a, &got));
    CHECK(!text_of(whole, "X-Other", &a, &got));
    CHECK_STR(got, STR("untouched"));
    CHECK(text_of(whole, "DATE", &a, &got));
    CHECK_STR(got, STR("Mon"));
    CHECK(text_of(whole, "subject", &a, &got));
    CHECK_STR(got, STR("a\"\\\xc3\xa4"));
    CHECK(text_of(whole, "In-Reply-To", &a, &got));
    CHECK(got.p == NULL);
    CHECK(text_of(whole, "Message-Id", &a, &got));
    CHECK_STR(got, STR("<\"x\\>"));
    arena_fini(&a);
}

/* Bytes from another process: whatever they are, nothing is read beyond them. */
TEST(cut_at_each_place)
{
    static const char *const fields[] = {"Date", "Subject", "In-Reply-To", "Message-ID"};
    bool known[ARRAY_LEN(fields)] = {false};
    struct arena a = ARENA_INIT;

    for (size_t n = 2; n <= whole.n; n++) {
        char *copy = arena_alloc(&a, n);

        memcpy(copy, whole.p, n);
        for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
            struct str want, got;
            bool now = text_of(str_n(copy, n), fields[i], &a, &got);

            CHECK(now || !known[i]);
            known[i] = now;
            CHECK(text_of(whole, fields[i], &a, &want));
            if (now)
                CHECK_STR(got, want);
            CHECK(now || n < whole.n);
        }
    }
    arena_fini(&a);
}

TEST(not_an_envelope)
{
    static const struct str cases[] = {
        STR("()"),
        STR("(NIL)"),
        STR("(NILNIL NIL)"),
        STR("(NIL \"open\\\")"),
        STR("(NIL {99}\r\nshort)"),
        STR("(NIL {99999999999999999999}\r\nshort)"),
        STR("(NIL {2}ab)"),
        STR("(NIL {)"),
        STR("(NIL word)"),
        STR("(NIL (NIL) NIL)"),
        STR("(())))))))))"),
    };
    struct arena a = ARENA_INIT;
    struct str got;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK(!text_of(cases[i], "Subject", &a, &got));
    arena_fini(&a);
}

TEST(a_string_that_was_cut_is_not_told)
{
    struct arena a = ARENA_INIT;
    struct mime_record r;
    struct buf letter, b;
    struct str got;

    buf_init(&b, LIMIT_MIME_RECORD);
    buf_init(&letter, 100000);
    buf_addz(&letter, "Message-ID: <a@b>\r\nSubject: ");
    for (size_t i = 0; i < MIME_ENVELOPE_STRING + 1; i++)
        buf_addc(&letter, 's');
    buf_addz(&letter, "\r\n\r\n");
    mime_record_build(buf_str(&letter), &b);
    CHECK_ST(mime_record_open(buf_str(&b), &r), ST_OK);
    CHECK(!mime_envelope_text(&r, STR("Subject"), &a, &got));
    CHECK(mime_envelope_text(&r, STR("Message-ID"), &a, &got));
    CHECK_STR(got, STR("<a@b>"));
    buf_fini(&letter);
    buf_fini(&b);
    arena_fini(&a);
}

static bool address_of(struct str envelope, enum mime_envelope_list list, struct arena *a,
                       struct mime_envelope_address *out)
{
    struct mime_record r = {.envelope = envelope};

    return mime_envelope_address(&r, list, a, out);
}

TEST(first_addresses)
{
    static const struct str e = STR("(NIL NIL ((\"A \\\"q\" NIL {1}\r\na \"b\")(NIL NIL \"c\" \"d\")) NIL NIL "
                                    "((NIL NIL \"group\" NIL)(NIL NIL NIL NIL)) NIL NIL NIL NIL)");
    struct mime_envelope_address m = {.name = STR("untouched")};
    struct arena a = ARENA_INIT;

    CHECK(!address_of(STR("(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"), MIME_ENVELOPE_FROM, &a, &m));
    CHECK_STR(m.name, STR("untouched"));
    CHECK(address_of(e, MIME_ENVELOPE_FROM, &a, &m));
    CHECK_STR(m.name, STR("A \"q"));
    CHECK(m.route.p == NULL);
    CHECK_STR(m.mailbox, STR("a"));
    CHECK_STR(m.host, STR("b"));
    CHECK(address_of(e, MIME_ENVELOPE_TO, &a, &m));
    CHECK(m.name.p == NULL && m.host.p == NULL);
    CHECK_STR(m.mailbox, STR("group"));
    for (size_t n = 1; n < e.n; n++) {
        char *copy = arena_alloc(&a, n);
        bool known;

        memcpy(copy, e.p, n);
        known = address_of(str_n(copy, n), MIME_ENVELOPE_TO, &a, &m);
        CHECK(!known || str_eq(m.mailbox, STR("group")));
    }
    arena_fini(&a);
}
