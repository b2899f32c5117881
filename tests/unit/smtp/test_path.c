#include "smtp/path.c"

#include "test.h"

static enum st from(const char *args, struct smtp_path *p)
{
    return smtp_path_parse(str_z(args), STR("FROM:"), p);
}

static enum st to(const char *args, struct smtp_path *p)
{
    return smtp_path_parse(str_z(args), STR("TO:"), p);
}

TEST(paths_of_every_allowed_form)
{
    struct smtp_path p;

    CHECK_ST(from(" FROM:<a@Example.ORG>", &p), ST_OK);
    CHECK_STR(p.addr.whole, STR("a@example.org"));
    CHECK(!p.is_null);
    CHECK_ST(from(" from:<>", &p), ST_OK);
    CHECK(p.is_null);
    CHECK_ST(from(" FROM: <a@b.example>", &p), ST_OK); /* forgiven */
    CHECK_ST(to(" TO:<@one.example,@two.example:a@b.example>", &p), ST_OK);
    CHECK_STR(p.text, STR("a@b.example"));
    CHECK_ST(to(" TO:<Postmaster>", &p), ST_OK);
    CHECK(p.is_postmaster);
    CHECK_ST(to(" TO:<\"a>b\"@b.example>", &p), ST_OK);
    CHECK_STR(p.addr.local_raw, STR("a>b"));
    CHECK_ST(to(" TO:<u@[192.0.2.1]>", &p), ST_OK);
    CHECK(p.addr.is_literal);
}

TEST(parameters_are_cut_at_blanks)
{
    struct smtp_path p;

    CHECK_ST(from(" FROM:<a@b.example> SIZE=100  BODY=8BITMIME SMTPUTF8", &p), ST_OK);
    CHECK_U64(p.n_params, 3);
    CHECK_STR(p.params[0].name, STR("SIZE"));
    CHECK_STR(p.params[0].value, STR("100"));
    CHECK(p.params[2].value.p == NULL);
    CHECK_ST(from(" FROM:<a@b.example> SIZE=", &p), ST_SYNTAX);
    CHECK_ST(from(" FROM:<a@b.example> =1", &p), ST_SYNTAX);
    CHECK_ST(from(" FROM:<a@b.example>SIZE=1", &p), ST_SYNTAX);
}

TEST(what_is_no_path_is_refused)
{
    static const char *const bad[] = {
        "", " FROM", " FROM:", " FROM:a@b.example", " FROM:<a@b.example", " TO:<a@b.example>", " FROM:a@b.example>"};
    struct smtp_path p;
    char many[400] = " FROM:<a@b.example>";

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_ST(from(bad[i], &p), ST_SYNTAX);
    CHECK_ST(from(" FROM:<a b@c.example>", &p), ST_DENIED);
    CHECK_ST(from(" FROM:<@>", &p), ST_DENIED);
    CHECK_ST(to(" TO:<>", &p), ST_DENIED);
    CHECK_ST(from(" FROM:<postmaster>", &p), ST_DENIED);
    for (int i = 0; i <= SMTP_PARAMS_MAX; i++)
        strcat(many, " X=1");
    CHECK_ST(from(many, &p), ST_LIMIT);
}

TEST(a_path_cut_anywhere_does_no_harm)
{
    struct str whole = STR(" FROM:<@r.example:\"a\\\"b\"@b.example> SIZE=1 BODY=7BIT");
    struct smtp_path p;

    for (size_t n = 0; n <= whole.n; n++) {
        enum st st = smtp_path_parse(str_n(whole.p, n), STR("FROM:"), &p);

        CHECK(st == ST_OK || st == ST_SYNTAX || st == ST_DENIED);
    }
}
