#include "mime/html_text.c"

#include "test.h"

static const struct {
    struct str html, text, all; /* all: with what is quoted; without p: the same */
} cases[] = {
    {STR("plain"), STR("plain"), STR_NONE},
    {STR("<p>Hello <b>big</b>&nbsp;world</p><p>second</p>"), STR("Hello big world second"), STR_NONE},
    {STR("a<br/>b<div>c</div>d"), STR("a b c d"), STR_NONE},
    {STR("th<span class='x'>is</span> w<wbr>ord"), STR("this word"), STR_NONE},
    {STR("<html><head><title>T</title><meta x></head><body>B"), STR("B"), STR("B")},
    {STR("<head>lost<body>B"), STR("B"), STR("lost B")},
    {STR("a<style>p > a { color: red } </styl></style>b"), STR("ab"), STR_NONE},
    {STR("a<script>if (x<y) z = '<p>'; \"</script>b"), STR("ab"), STR_NONE},
    {STR("a<svg><text>t</text></svg>b"), STR("ab"), STR_NONE},
    {STR("a<!-- no <b>-- > -->b<!--[if mso]>c<![endif]-->d"), STR("abd"), STR_NONE},
    {STR("<![if !mso]>a<![endif]>"), STR("a"), STR_NONE},
    {STR("a < b <> c <3 d"), STR("a < b <> c <3 d"), STR_NONE},
    {STR("<a href=\"x>y\" title='it>'>z</a>"), STR("z"), STR_NONE},
    {STR("<p title=it's>z</p>"), STR("z"), STR_NONE},
    {STR("&lt;&amp;&quot;&#65;&#x42;&#X43;&eacute;&euro;&#128;&#x20ac"),
     STR("<&\"ABC\xc3\xa9\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"), STR_NONE},
    {STR("&unheard; &; a&b &#; &#xz; &verylongnamehere; &copy2"),
     STR("&unheard; &; a&b &#; &#xz; &verylongnamehere; &copy2"), STR_NONE},
    {STR("&#0; &#x110000; &#xd800; &#99999999999;"), STR("&#0; \xef\xbf\xbd \xef\xbf\xbd \xef\xbf\xbd"), STR_NONE},
    {STR("mine<blockquote type=\"cite\">theirs<blockquote>x</blockquote></blockquote>again"), STR("mine again"),
     STR("mine theirs x again")},
    {STR("<blockquote>a saying</blockquote>b"), STR("a saying b"), STR_NONE},
    {STR("yes<div class=\"gmail_quote\">On Monday Ann wrote:<br>hm</div>"), STR("yes"),
     STR("yes On Monday Ann wrote: hm")},
    {STR("<div class=\"gmail_quote\">first</div>"), STR("first"), STR_NONE},
    {STR("<script>never ends"), STR(""), STR_NONE},
    {STR("<p class=\"never ends"), STR(""), STR_NONE},
    {STR("x<!-- never ends"), STR("x"), STR_NONE},
    {STR("x&am"), STR("x&am"), STR_NONE},
    {STR("x&amp"), STR("x&"), STR_NONE},
    {STR("<"), STR(""), STR_NONE},
};

static void read_by(struct str html, bool all, size_t step, struct str want)
{
    struct html_text h;
    struct buf b;
    struct gist g = {.out = &b, .most = 200};

    buf_init(&b, 1000);
    html_text_init(&h, &g, all);
    for (size_t at = 0; at < html.n; at += step)
        html_text_feed(&h, str_sub(html, at, step));
    html_text_end(&h);
    CHECK_STR(buf_str(&b), want);
    buf_fini(&b);
}

TEST(html)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str all = cases[i].all.p ? cases[i].all : cases[i].text;

        read_by(cases[i].html, false, 1, cases[i].text);
        read_by(cases[i].html, false, SIZE_MAX / 2, cases[i].text);
        read_by(cases[i].html, true, 1, all);
        read_by(cases[i].html, true, 7, all);
    }
}

TEST(entities_are_sorted)
{
    for (size_t i = 1; i < ARRAY_LEN(entities); i++)
        CHECK(strcmp(entities[i - 1].name, entities[i].name) < 0);
    for (size_t i = 0; i < ARRAY_LEN(entities); i++)
        CHECK(strlen(entities[i].name) < sizeof(((struct html_text *)0)->entity));
}
