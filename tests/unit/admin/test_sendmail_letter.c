#include "test.h"

#include "../../../src/admin/sendmail_letter.c"

static const struct sendmail_self self = {.user = STR("www"),
                                          .full_name = STR("Web"),
                                          .host = STR("mx.example"),
                                          .now_us = 1795416020000000,
                                          .random = 0xabc};
#define ADDED                                                                                                          \
    "From: \"Web\" <www@mx.example>\r\nDate: Mon, 23 Nov 2026 06:40:20 +0000\r\n"                                      \
    "Message-ID: <1795416020000000.0000000000000abc@mx.example>\r\n"

struct text_case {
    const char *what, *input, *want;
};

static const struct text_case texts[] = {
    {"line ends", "Subject: x\n\na\r\nb\n", ADDED "Subject: x\r\n\r\na\r\nb\r\n"},
    {"no line end at the end", "Subject: x\n\na", ADDED "Subject: x\r\n\r\na\r\n"},
    {"a dot", "Subject: x\n\na\n.\nb\n", ADDED "Subject: x\r\n\r\na\r\n"},
    {"a dot with more", "\n. \n..\n", ADDED "\r\n. \r\n..\r\n"},
    {"bare CR and NUL", "\n10%\r20%\r\nx\0y\n", ADDED "\r\n10%\r\n20%\r\nx y\r\n"},
    {"nothing", "", ADDED "\r\n"},
    {"only a header", "Subject: x\n", ADDED "Subject: x\r\n\r\n"},
    {"no header", "hello world\nx: y\n", ADDED "\r\nhello world\r\nx: y\r\n"},
    {"no empty line behind the header", "Subject: x\nhello world\n", ADDED "Subject: x\r\n\r\nhello world\r\n"},
    {"a mailbox line", "From a Mon Jan 1\nSubject: x\n\na\n", ADDED "Subject: x\r\n\r\na\r\n"},
    {"what must not stand there",
     "Bcc: a@b,\n c@d\nReturn-Path: <x@y>\nContent-Length: 3\nResent-Bcc: x@y\nX: y\n\na\n", ADDED "X: y\r\n\r\na\r\n"},
    {"what is there", "from: a@b\nDATE: today\nMessage-Id: <1>\n\na\n",
     "from: a@b\r\nDATE: today\r\nMessage-Id: <1>\r\n\r\na\r\n"},
};

/* Cases with a NUL are longer than C thinks. */
static struct str input_of(const struct text_case *k)
{
    return strcmp(k->what, "bare CR and NUL") == 0 ? str_n(k->input, 14) : str_z(k->input);
}

TEST(a_text_becomes_a_letter)
{
    struct str to[] = {STR("root")};
    const struct sendmail_args args = {.rcpts = to, .n_rcpts = 1};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct arena a = ARENA_INIT;
        struct sendmail_letter l;

        CHECK_ST(sendmail_make(&a, &args, &self, input_of(&texts[i]), &l), ST_OK);
        CHECK_STR(buf_str(&l.text), str_z(texts[i].want));
        CHECK_STR(l.sender, STR("www@mx.example"));
        CHECK_STR(l.rcpts[0], STR("root@mx.example"));
        CHECK(!l.is_8bit && !l.is_utf8);
        buf_fini(&l.text);
        arena_fini(&a);
    }
}

struct rcpt_case {
    const char *args, *header, *want; /* recipients with blanks between; NULL: refused */
};

static const struct rcpt_case rcpts[] = {
    {"a", "", "a@mx.example"},
    {"a@b, c@d", "", "a@b c@d"},
    {"X <a@b>", "", "a@b"},
    {"a@b", "To: c@d\nBcc: A <e@f>,\n a@b\n", "a@b c@d e@f"},
    {"", "To: g: a@b, c;\nCc: \"x, y\" <z@w>\n", "a@b c@mx.example z@w"},
    {"", "To: a@b\nResent-To: c@d\nResent-Cc: e@f\n", "c@d e@f"},
    {"", "To: undisclosed-recipients:;\n", NULL},
    {"", "Subject: x\n", NULL},
    {"\"a b\"@c", "", "\"a b\"@c"},
    {"a..b@c", "", "\"a..b\"@c"},
    {"@", "", NULL},
    {"<>", "", NULL},
    {"a\rb@c", "", "ab@c"},
};

TEST(recipients_of_arguments_and_header)
{
    for (size_t i = 0; i < ARRAY_LEN(rcpts); i++) {
        struct arena a = ARENA_INIT;
        struct str to[] = {str_z(rcpts[i].args)};
        const struct sendmail_args args = {.rcpts = to, .n_rcpts = to[0].n != 0, .from_header = true};
        struct sendmail_letter l;
        struct buf got;
        enum st st = sendmail_make(&a, &args, &self, str_z(rcpts[i].header), &l);

        buf_init(&got, 4096);
        for (size_t k = 0; st == ST_OK && k < l.n_rcpts; k++)
            buf_addf(&got, "%s%.*s", k ? " " : "", STR_ARGS(l.rcpts[k]));
        if (rcpts[i].want)
            CHECK_STR(buf_str(&got), str_z(rcpts[i].want));
        else
            CHECK_ST(st, ST_SYNTAX);
        buf_fini(&got);
        buf_fini(&l.text);
        arena_fini(&a);
    }
}

TEST(senders_and_names)
{
    struct str to[] = {STR("x@y")};
    struct sendmail_args args = {.rcpts = to, .n_rcpts = 1, .has_sender = true};
    struct sendmail_self plain = self;
    struct arena a = ARENA_INIT;
    struct sendmail_letter l;

    CHECK_ST(sendmail_make(&a, &args, &self, STR("\n"), &l), ST_OK);
    CHECK_STR(l.sender, STR(""));
    CHECK(str_istarts(buf_str(&l.text), STR("From: \"Web\" <www@mx.example>\r\n")));
    buf_fini(&l.text);
    args.sender = STR("Me <me@there.example>");
    args.full_name = STR("A \"B\" C");
    CHECK_ST(sendmail_make(&a, &args, &self, STR("\n"), &l), ST_OK);
    CHECK_STR(l.sender, STR("me@there.example"));
    CHECK(str_istarts(buf_str(&l.text), STR("From: \"A \\\"B\\\" C\" <me@there.example>\r\n")));
    buf_fini(&l.text);
    args.full_name = STR("J\xc3\xb6rg");
    CHECK_ST(sendmail_make(&a, &args, &self, STR("\n"), &l), ST_OK);
    CHECK(str_istarts(buf_str(&l.text), STR("From: =?UTF-8?B?SsO2cmc=?= <me@there.example>\r\n")));
    buf_fini(&l.text);
    args.sender = STR("\xc3\xa4@there.example");
    args.full_name = plain.full_name = STR("");
    CHECK_ST(sendmail_make(&a, &args, &plain, STR("\n"), &l), ST_OK);
    CHECK(l.is_utf8);
    buf_fini(&l.text);
    args.sender = STR("@");
    CHECK_ST(sendmail_make(&a, &args, &self, STR("\n"), &l), ST_SYNTAX);
    buf_fini(&l.text);
    arena_fini(&a);
}

/* Whatever is read: it ends, and every line with CRLF. */
TEST(texts_that_are_cut_anywhere)
{
    static const char text[] = "From x\nTo: a@b, (c\n d) <e@f>\nBcc: \"g\n\nbody\r\n.x\r.\n";
    struct str to[] = {STR("x@y")};
    const struct sendmail_args args = {.rcpts = to, .n_rcpts = 1, .from_header = true};

    for (size_t n = 0; n < sizeof text; n++) {
        struct arena a = ARENA_INIT;
        struct sendmail_letter l;
        enum st st = sendmail_make(&a, &args, &self, str_n(text, n), &l);

        CHECK(st == ST_OK || st == ST_SYNTAX);
        for (size_t i = 0; st == ST_OK && i < l.text.n; i++)
            CHECK(l.text.p[i] != '\n' || (i > 0 && l.text.p[i - 1] == '\r'));
        CHECK(st != ST_OK || str_ends(buf_str(&l.text), STR("\r\n")));
        buf_fini(&l.text);
        arena_fini(&a);
    }
}
