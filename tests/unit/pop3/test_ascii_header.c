#include "pop3/ascii_header.c"

#include "test.h"

static void becomes(const char *header, const char *ascii)
{
    struct buf b;

    buf_init(&b, 100000);
    ascii_header_make(str_z(header), &b);
    CHECK_STR(buf_str(&b), str_z(ascii));
    buf_fini(&b);
}

TEST(words_become_encoded_words)
{
    becomes("Subject: a \xc3\xa4 b\r\n\r\n", "Subject: a =?UTF-8?B?w6Q=?= b\r\n\r\n");
    becomes("Subject: \xc3\xa4 \xc3\xb6\r\n\r\n",
            "Subject: =?UTF-8?B?w6Qgw7Y=?=\r\n\r\n"); /* the blank between is kept */
    becomes("Subject: \xc3\xa4\r\n \xc3\xb6\r\nX: y\r\n\r\n",
            "Subject: =?UTF-8?B?w6Q=?=\r\n =?UTF-8?B?w7Y=?=\r\nX: y\r\n\r\n");
    becomes(
        "Subject: "
        "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3"
        "\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\r\n",
        "Subject: =?UTF-8?B?w6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6Q=?=\r\n =?UTF-8?B?w6Q=?=\r\n");
}

TEST(addresses_become_nobodys)
{
    becomes("To: \xc3\xa4@x.example, b@y.example\r\n",
            "To: invalid@internationalized-address.invalid, b@y.example\r\n");
    becomes("From: J\xc3\xb6rg <j\xc3\xb6rg@x.example>\r\n",
            "From: =?UTF-8?B?SsO2cmc=?= <invalid@internationalized-address.invalid>\r\n");
    becomes("From: \"\xc3\xa4, \\\"b\\\"\" <a@x.example>\r\n", "From: =?UTF-8?B?w6QsICJiIg==?= <a@x.example>\r\n");
    becomes("From: \"plain, \\\" text\" (\xc3\xa4) <a@x.example>\r\n",
            "From: \"plain, \\\" text\" (=?UTF-8?B?w6Q=?=) <a@x.example>\r\n");
    becomes("From: \"\xc3\xa4 not closed\r\n", "From: \"=?UTF-8?B?w6Q=?= not closed\r\n");
}

TEST(parameters_and_names_that_are_not_ascii_go)
{
    becomes("Content-Type: text/plain; charset=utf-8;\r\n name=\"\xc3\xa4;b\"; x=y\r\n",
            "Content-Type: text/plain; charset=utf-8; x=y\r\n");
    becomes("Content-Disposition: attachment; filename=\xc3\xa4\r\nX: y\r\n",
            "Content-Disposition: attachment\r\nX: y\r\n");
    becomes("X-\xc3\xa4: y\r\nX: z\r\n", "X: z\r\n");
    becomes("\xc3\xa4 no field\r\nX: z\r\n", "X: z\r\n");
}

TEST(what_is_ascii_or_no_utf8_stays_as_it_is)
{
    becomes("", "");
    becomes("\r\n", "\r\n");
    becomes("Subject: \xe4\r\nX:\r\n y\r\n\r\n", "Subject: \xe4\r\nX:\r\n y\r\n\r\n");
    becomes("no colon", "no colon");
    becomes(" folded at once: \r\n\tx", " folded at once: \r\n\tx");
}

TEST(it_is_due_for_internationalized_letters)
{
    CHECK(!ascii_header_is_due(STR("")));
    CHECK(!ascii_header_is_due(STR("Subject: a\r\n\r\n")));
    CHECK(!ascii_header_is_due(STR("Subject: \xe4\r\n\r\n")));
    CHECK(ascii_header_is_due(STR("Subject: \xc3\xa4\r\n\r\n")));
    CHECK(ascii_header_is_due(STR("Received: from a by b\r\n with UTF8SMTPS id 1\r\nSubject: \xc3\xa4\r\n\r\n")));
    CHECK(!ascii_header_is_due(STR("Received: from a by b\r\n with ESMTPS id 1\r\nSubject: \xc3\xa4\r\n\r\n")));
    CHECK(ascii_header_is_due(STR(
        "Received: by c with ESMTP id 2\r\nreceived: from a by b\r\n with UTF8SMTPA id 1\r\nTo: \xc3\xa4@x\r\n\r\n")));
}

TEST(cut_anywhere_it_ends)
{
    static const char header[] = "From: \"\xc3\xa4 \\\"b\\\"\" <j\xc3\xb6@x.example>\r\nContent-Type: a/b; "
                                 "c=\"\xc3\xa4;d\"; e=f\r\nSubject: \xc3\xa4 \xc3\xb6 u\r\n\r\n";
    struct buf b;

    buf_init(&b, 100000);
    for (size_t n = 0; n < sizeof header; n++) {
        buf_clear(&b);
        ascii_header_make(str_n(header, n), &b);
        CHECK(!b.over);
    }
    buf_fini(&b);
}
