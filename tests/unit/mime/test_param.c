#include "mime/param.c"

#include "test.h"

static struct str show(const struct mime_params *p, struct arena *a)
{
    struct buf b;
    struct str s;

    buf_init(&b, 10000);
    for (size_t i = 0; i < p->n; i++)
        buf_addf(&b, "%.*s=[%.*s]", STR_ARGS(p->list[i].name), STR_ARGS(p->list[i].value));
    s = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return s;
}

static const struct {
    struct str value, type, subtype, params;
} cases[] = {
    {STR(" text/plain; charset=us-ascii (Plain text)"), STR("text"), STR("plain"),
     STR("charset=[us-ascii]")}, /* RFC 2045 5.1 */
    {STR("text/plain; charset=\"us-ascii\""), STR("text"), STR("plain"), STR("charset=[us-ascii]")},
    {STR("TEXT / HTML ; a = b ;; C=\"d;\\\"e\""), STR("TEXT"), STR("HTML"), STR("a=[b]C=[d;\"e]")},
    {STR("multipart/mixed; boundary=----=_Part_1; x"), STR("multipart"), STR("mixed"), STR("boundary=[----=_Part_1]")},
    {STR("image/png; name=holiday photo.png ; y=z"), STR("image"), STR("png"), STR("name=[holiday photo.png]y=[z]")},
    {STR("a/b; =x; c=; d=e"), STR("a"), STR("b"), STR("c=[]d=[e]")},
    /* RFC 2231 */
    {STR("message/external-body; access-type=URL;\r\n URL*0=\"ftp://\";\r\n "
         "URL*1=\"cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar\""),
     STR("message"), STR("external-body"),
     STR("access-type=[URL]URL=[ftp://cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar]")},
    {STR("application/x-stuff; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A"), STR("application"),
     STR("x-stuff"), STR("title*=[us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A]")},
    {STR("a/b; n*2=c; n*0=a; x=y; n*1=b; n*9=z"), STR("a"), STR("b"), STR("n=[abc]x=[y]n*9=[z]")},
    {STR("a/b; n*1=c; n**=q; n*x=r"), STR("a"), STR("b"), STR("n*1=[c]n**=[q]n*x=[r]")},
};

TEST(content_types)
{
    struct arena a = ARENA_INIT;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct mime_content_type t;

        CHECK(mime_content_type_parse(&a, cases[i].value, &t));
        CHECK_STR(t.type, cases[i].type);
        CHECK_STR(t.subtype, cases[i].subtype);
        CHECK_STR(show(&t.params, &a), cases[i].params);
        for (size_t n = 0; n < cases[i].value.n; n++)
            if (mime_content_type_parse(&a, str_n(cases[i].value.p, n), &t))
                CHECK(t.params.n <= 4);
    }
    arena_fini(&a);
}

TEST(no_content_types)
{
    static const struct str bad[] = {STR(""),     STR("text"), STR("/plain"), STR("text/"), STR("text;charset=x/y"),
                                     STR("(a/b)")};
    struct arena a = ARENA_INIT;
    struct mime_content_type t;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK(!mime_content_type_parse(&a, bad[i], &t));
    arena_fini(&a);
}

TEST(values_in_utf8)
{
    static const struct {
        struct str value, want;
    } names[] = {
        {STR("attachment; filename=a.txt"), STR("a.txt")},
        {STR("attachment; filename*=iso-8859-1'de'gr%FC%DFe.txt; filename=x"), STR("gr\xc3\xbc\xc3\x9f"
                                                                                   "e.txt")},
        {STR("attachment; filename*0*=utf-8''a%C3; filename*1*=%BCb"), STR("a\xc3\xbc"
                                                                           "b")},
        {STR("attachment; filename=\"=?utf-8?q?a=C3=BC?=.txt\""), STR("a\xc3\xbc.txt")},
        {STR("attachment; filename=\"\xfc.txt\""), STR("\xc3\xbc.txt")},
        {STR("attachment; filename*=100%"), STR("100%")},
    };
    struct arena a = ARENA_INIT;
    struct mime_disposition d;

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        CHECK(mime_disposition_parse(&a, names[i].value, &d));
        CHECK_STR(d.kind, STR("attachment"));
        CHECK_STR(mime_param_text(&a, &d.params, STR("FILENAME")), names[i].want);
    }
    CHECK(mime_param_text(&a, &d.params, STR("size")).p == NULL);
    CHECK(mime_param_raw(&d.params, STR("filename")).p == NULL);
    CHECK(!mime_disposition_parse(&a, STR(" "), &d));
    arena_fini(&a);
}

TEST(too_many_parameters_are_ignored)
{
    struct arena a = ARENA_INIT;
    struct mime_content_type t;
    struct buf b;

    buf_init(&b, 100000);
    buf_addz(&b, "a/b");
    for (int i = 0; i < 1000; i++)
        buf_addf(&b, ";n*%d*=%%41", i);
    CHECK(mime_content_type_parse(&a, buf_str(&b), &t));
    CHECK_U64(t.params.n, 1);
    CHECK_U64(t.params.list[0].value.n, MIME_PARAMS_MAX * 3);
    buf_fini(&b);
    arena_fini(&a);
}
