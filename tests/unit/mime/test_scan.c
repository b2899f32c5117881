#include "mime/scan.c"

#include "test.h"

static struct buf record;

/* The record of a letter that is fed in pieces of `step` bytes. */
static struct mime_record scan_by(struct str letter, size_t first, size_t step, struct buf *out)
{
    struct mime_scan s;
    struct mime_record r = {0};

    buf_clear(out);
    mime_scan_init(&s);
    mime_scan_feed(&s, str_sub(letter, 0, first));
    for (size_t at = first; at < letter.n; at += step)
        mime_scan_feed(&s, str_sub(letter, at, step));
    mime_scan_end(&s, out);
    CHECK_STR(mime_scan_header(&s), str_sub(letter, 0, s.top.n));
    mime_scan_fini(&s);
    CHECK_ST(mime_record_open(buf_str(out), &r), ST_OK);
    return r;
}

/* Whole, a byte at a time, and cut at each offset: always the same record. */
static struct mime_record scan(struct str letter)
{
    struct buf other;
    struct mime_record r;

    if (!record.max)
        buf_init(&record, LIMIT_MIME_RECORD);
    buf_init(&other, LIMIT_MIME_RECORD);
    r = scan_by(letter, 0, SIZE_MAX / 2, &record);
    scan_by(letter, 0, 1, &other);
    CHECK_STR(buf_str(&other), buf_str(&record));
    for (size_t i = 1; i < letter.n; i++) {
        scan_by(letter, i, letter.n, &other);
        if (!str_eq(buf_str(&other), buf_str(&record))) {
            CHECK_STR(buf_str(&other), buf_str(&record));
            break;
        }
    }
    buf_fini(&other);
    return r;
}

static struct str body_of(const struct mime_record *r, struct arena *a)
{
    struct buf b;
    struct str s;

    buf_init(&b, LIMIT_MIME_RECORD);
    mime_record_add_body(r, &b);
    s = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return s;
}

static struct str section(const struct mime_record *r, struct str letter, const char *path, enum mime_section what)
{
    uint32_t numbers[8];
    size_t n = 0;
    struct mime_span span;

    for (; *path; path++)
        if (*path != '.')
            numbers[n++] = (uint32_t)(*path - '0');
    if (mime_record_section(r, numbers, n, what, &span, NULL) != ST_OK)
        return STR("(none)");
    return str_sub(letter, span.at, span.n);
}

TEST(the_example_of_rfc_3501_section_8)
{
    struct str letter = STR("Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\n"
                            "From: Terry Gray <gray@cac.washington.edu>\r\n"
                            "Subject: IMAP4rev1 WG mtg summary and minutes\r\n"
                            "To: imap@cac.washington.edu\r\n"
                            "cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n"
                            "Message-Id: <B27397-0100000@cac.washington.edu>\r\n"
                            "MIME-Version: 1.0\r\n"
                            "Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\n"
                            "\r\n"
                            "Hello\r\n");
    struct mime_record r = scan(letter);
    struct arena a = ARENA_INIT;

    CHECK_STR(r.envelope, STR("(\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" "
                              "\"IMAP4rev1 WG mtg summary and minutes\" "
                              "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
                              "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
                              "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
                              "((NIL NIL \"imap\" \"cac.washington.edu\")) "
                              "((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")"
                              "(\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) NIL NIL "
                              "\"<B27397-0100000@cac.washington.edu>\")"));
    CHECK_STR(r.bodystructure,
              STR("(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7bit\" 7 1 NIL NIL NIL NIL)"));
    CHECK_STR(body_of(&r, &a), STR("(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7bit\" 7 1)"));
    CHECK(r.flags == MIME_RECORD_HAS_DATE);
    CHECK(r.sent_us == 837595405000000 && r.zone == -420);
    CHECK_STR(r.base_subject, STR("IMAP4REV1 WG MTG SUMMARY AND MINUTES"));
    CHECK_STR(r.from, STR("gray"));
    CHECK_STR(r.to, STR("imap"));
    CHECK_STR(r.cc, STR("minutes"));
    CHECK_U64(r.message_id_hash, mime_id_hash(STR("B27397-0100000@cac.washington.edu")));
    CHECK_U64(r.in_reply_to_hash, 0);
    CHECK_U64(r.n_fields, 8);
    CHECK_U64(r.body_lines, 1);
    CHECK_STR(section(&r, letter, "1", MIME_SECTION_ALL), STR("Hello\r\n"));
    CHECK(record.n < 900);
    arena_fini(&a);
}

/* RFC 2046 5.1.1 */
TEST(preamble_parts_and_epilogue)
{
    struct str letter = STR("From: Nathaniel Borenstein <nsb@bellcore.com>\r\n"
                            "MIME-Version: 1.0\r\n"
                            "Content-type: multipart/mixed; boundary=\"simple boundary\"\r\n"
                            "\r\n"
                            "This is the preamble.\r\n"
                            "\r\n"
                            "--simple boundary\r\n"
                            "\r\n"
                            "This is implicitly typed plain US-ASCII text.\r\n"
                            "It does NOT end with a linebreak.\r\n"
                            "--simple boundary\r\n"
                            "Content-type: text/plain; charset=us-ascii\r\n"
                            "\r\n"
                            "This is explicitly typed plain US-ASCII text.\r\n"
                            "It DOES end with a linebreak.\r\n"
                            "\r\n"
                            "--simple boundary--\r\n"
                            "\r\n"
                            "This is the epilogue.\r\n");
    struct mime_record r = scan(letter);

    CHECK_STR(r.bodystructure,
              STR("((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 80 2 NIL NIL NIL NIL)"
                  "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 78 2 NIL NIL NIL NIL)"
                  " \"mixed\" (\"boundary\" \"simple boundary\") NIL NIL NIL)"));
    CHECK_STR(section(&r, letter, "1", MIME_SECTION_ALL),
              STR("This is implicitly typed plain US-ASCII text.\r\nIt does NOT end with a linebreak."));
    CHECK_STR(section(&r, letter, "1", MIME_SECTION_MIME), STR("\r\n"));
    CHECK_STR(section(&r, letter, "2", MIME_SECTION_ALL),
              STR("This is explicitly typed plain US-ASCII text.\r\nIt DOES end with a linebreak.\r\n"));
    CHECK_STR(section(&r, letter, "3", MIME_SECTION_ALL), STR("(none)"));
    CHECK_U64(r.body_lines, 15);
}

TEST(an_embedded_letter_has_envelope_body_and_lines)
{
    struct str letter = STR("Subject: outer\r\n"
                            "Content-Type: multipart/mixed; boundary=b\r\n"
                            "\r\n"
                            "--b\r\n"
                            "Content-Type: message/rfc822\r\n"
                            "Content-Disposition: attachment; filename=\"a b.eml\"\r\n"
                            "\r\n"
                            "Subject: inner\r\n"
                            "From: a@b\r\n"
                            "Content-Type: multipart/alternative; boundary=bb\r\n"
                            "\r\n"
                            "--bb\r\n"
                            "Content-Type: text/html\r\n"
                            "Content-Language: de, en\r\n"
                            "\r\n"
                            "<p>\r\n"
                            "--bb--\r\n"
                            "--b\r\n"
                            "Content-Type: image/png; name=x\r\n"
                            "Content-Transfer-Encoding: BASE64\r\n"
                            "Content-ID: <i@d>\r\n"
                            "Content-Description: a \"picture\"\r\n"
                            "Content-MD5: Q2hlY2s=\r\n"
                            "Content-Location: http://x/\r\n"
                            "\r\n"
                            "QUJD\r\n"
                            "--b--\r\n");
    struct mime_record r = scan(letter);
    struct arena a = ARENA_INIT;

    CHECK_STR(r.bodystructure, STR("((\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 149 "
                                   "(NIL \"inner\" ((NIL NIL \"a\" \"b\")) ((NIL NIL \"a\" \"b\")) ((NIL NIL \"a\" "
                                   "\"b\")) NIL NIL NIL NIL NIL) "
                                   "((\"text\" \"html\" NIL NIL NIL \"7bit\" 3 1 NIL NIL (\"de\" \"en\") NIL)"
                                   " \"alternative\" (\"boundary\" \"bb\") NIL NIL NIL) 10 "
                                   "NIL (\"attachment\" (\"filename\" \"a b.eml\")) NIL NIL)"
                                   "(\"image\" \"png\" (\"name\" \"x\") \"<i@d>\" \"a \\\"picture\\\"\" \"BASE64\" 4 "
                                   "\"Q2hlY2s=\" NIL NIL \"http://x/\") \"mixed\" (\"boundary\" \"b\") NIL NIL NIL)"));
    CHECK_STR(body_of(&r, &a),
              STR("((\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 149 "
                  "(NIL \"inner\" ((NIL NIL \"a\" \"b\")) ((NIL NIL \"a\" \"b\")) ((NIL NIL \"a\" \"b\")) NIL NIL NIL "
                  "NIL NIL) "
                  "((\"text\" \"html\" NIL NIL NIL \"7bit\" 3 1)"
                  " \"alternative\") 10)"
                  "(\"image\" \"png\" (\"name\" \"x\") \"<i@d>\" \"a \\\"picture\\\"\" \"BASE64\" 4) \"mixed\")"));
    CHECK_STR(section(&r, letter, "1.1", MIME_SECTION_ALL), STR("<p>"));
    CHECK_STR(section(&r, letter, "1", MIME_SECTION_HEADER),
              STR("Subject: inner\r\nFrom: a@b\r\nContent-Type: multipart/alternative; boundary=bb\r\n\r\n"));
    CHECK_STR(section(&r, letter, "1.1", MIME_SECTION_MIME),
              STR("Content-Type: text/html\r\nContent-Language: de, en\r\n\r\n"));
    CHECK_STR(section(&r, letter, "2", MIME_SECTION_ALL), STR("QUJD"));
    CHECK(mime_record_part(&r, 1).flags == (MIME_PART_MESSAGE | MIME_PART_ATTACHMENT));
    CHECK(mime_record_part(&r, 3).flags == (MIME_PART_TEXT | MIME_PART_HTML));
    CHECK(mime_record_part(&r, 4).encoding == MIME_BASE64);
    arena_fini(&a);
}

TEST(a_digest_holds_letters)
{
    struct str letter = STR("Content-Type: multipart/digest; boundary=\"-next\"\r\n\r\n"
                            "---next\r\n\r\nSubject: one\r\n\r\ntext\r\n---next--\r\n");
    struct mime_record r = scan(letter);

    CHECK_STR(r.bodystructure,
              STR("((\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 20 "
                  "(NIL \"one\" NIL NIL NIL NIL NIL NIL NIL NIL) "
                  "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 4 1 NIL NIL NIL NIL) 3 "
                  "NIL NIL NIL NIL) \"digest\" (\"boundary\" \"-next\") NIL NIL NIL)"));
}

TEST(boundaries_that_begin_alike_and_ends_that_are_missing)
{
    struct str letter = STR("Content-Type: multipart/mixed; boundary=a\n\n"
                            "--a\nContent-Type: multipart/mixed; boundary=ab\n\n"
                            "--ab\n\none\n--ab\n\ntwo\n--a\n\nthree\nfour");
    struct mime_record r = scan(letter);

    CHECK_STR(section(&r, letter, "1.1", MIME_SECTION_ALL), STR("one"));
    CHECK_STR(section(&r, letter, "1.2", MIME_SECTION_ALL), STR("two"));
    CHECK_STR(section(&r, letter, "2", MIME_SECTION_ALL), STR("three\nfour"));
    CHECK_U64(mime_record_part(&r, 4).lines, 2);
}

TEST(envelopes_of_odd_headers)
{
    static const struct {
        struct str header, envelope;
    } cases[] = {
        {STR(""), STR("(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)")},
        {STR("Date:\r\nSubject: \r\nFrom:\r\nMessage-ID:\r\n\r\n"),
         STR("(\"\" \"\" NIL NIL NIL NIL NIL NIL NIL \"\")")},
        {STR("Subject: a\r\n  folded\r\n\tone\r\n\r\n"),
         STR("(NIL \"a  folded\tone\" NIL NIL NIL NIL NIL NIL NIL NIL)")},
        {STR("Subject: gr\xc3\xbc\xc3\x9f\r\n\r\n"),
         STR("(NIL {6}\r\ngr\xc3\xbc\xc3\x9f NIL NIL NIL NIL NIL NIL NIL NIL)")},
        {STR("Subject: a \"b\" \\c\r\n\r\n"), STR("(NIL \"a \\\"b\\\" \\\\c\" NIL NIL NIL NIL NIL NIL NIL NIL)")},
        {STR("From: f@x\r\nSender: s@x\r\nReply-To: <>\r\nIn-Reply-To: <1@x>\r\n\r\n"),
         STR("(NIL NIL ((NIL NIL \"f\" \"x\")) ((NIL NIL \"s\" \"x\")) ((NIL NIL \"f\" \"x\")) NIL NIL NIL \"<1@x>\" "
             "NIL)")},
        {STR("To: A Group:Ed Jones <joe@where.test>,b@c;\r\nBcc: Undisclosed recipients:;\r\n\r\n"),
         STR("(NIL NIL NIL NIL NIL ((NIL NIL \"A Group\" NIL)(\"Ed Jones\" NIL \"joe\" \"where.test\")"
             "(NIL NIL \"b\" \"c\")(NIL NIL NIL NIL)) NIL ((NIL NIL \"Undisclosed recipients\" NIL)(NIL NIL NIL NIL)) "
             "NIL NIL)")},
        {STR("To: a@b\r\nTo: c@d\r\n\r\n"),
         STR("(NIL NIL NIL NIL NIL ((NIL NIL \"a\" \"b\")(NIL NIL \"c\" \"d\")) NIL NIL NIL NIL)")},
        {STR("To: <@r1,@r2:\"j d\"@x> (Joe)\r\n\r\n"),
         STR("(NIL NIL NIL NIL NIL ((\"Joe\" \"@r1,@r2\" \"j d\" \"x\")) NIL NIL NIL NIL)")},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_STR(scan(cases[i].header).envelope, cases[i].envelope);
}

TEST(structures_of_odd_letters)
{
    static const struct {
        struct str letter, bodystructure;
    } cases[] = {
        {STR(""), STR("(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0 NIL NIL NIL NIL)")},
        {STR("no header here\r\n"),
         STR("(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 16 1 NIL NIL NIL NIL)")},
        {STR("Subject: x"),
         STR("(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0 NIL NIL NIL NIL)")},
        {STR("Subject: x\r\nbody at once"),
         STR("(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 12 1 NIL NIL NIL NIL)")},
        {STR("Content-Type: multipart/mixed\r\n\r\nx\r\n"),
         STR("(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 3 1 NIL NIL NIL NIL)")},
        {STR("Content-Type: multipart/mixed; boundary=q\r\n\r\nx\r\n"),
         STR("((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0) \"mixed\" (\"boundary\" \"q\") NIL "
             "NIL NIL)")},
        {STR("Content-Type: message/rfc822\r\n\r\n"),
         STR("(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 0 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) "
             "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0 NIL NIL NIL NIL) 0 NIL NIL NIL "
             "NIL)")},
        {STR("Content-Type: multipart/x; boundary=q\r\n\r\n--q\r\n--q--"),
         STR("((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0 NIL NIL NIL NIL) \"x\" "
             "(\"boundary\" \"q\") NIL NIL NIL)")},
        {STR("Content-Type: multipart/x; boundary=q\r\n\r\n--q\r\nContent-Type: "
             "message/rfc822\r\n--q\r\n\r\n\r\n--q--"),
         STR("((\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 0 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) "
             "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0 NIL NIL NIL NIL) 0 NIL NIL NIL NIL)"
             "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0 NIL NIL NIL NIL) \"x\" (\"boundary\" "
             "\"q\") NIL NIL NIL)")},
        /* RFC 2231 section 3 and 4.1; joined as section 6 asks */
        {STR("Content-Type: application/x-stuff;\r\n title*0*=us-ascii'en'This%20is%20even%20more%20;\r\n"
             " title*1*=%2A%2A%2Afun%2A%2A%2A%20;\r\n title*2=\"isn't it!\"\r\n\r\n"),
         STR("(\"application\" \"x-stuff\" (\"title*\" "
             "\"us-ascii'en'This%20is%20even%20more%20%2A%2A%2Afun%2A%2A%2A%20isn%27t%20it!\") "
             "NIL NIL \"7bit\" 0 NIL NIL NIL NIL)")},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_STR(scan(cases[i].letter).bodystructure, cases[i].bodystructure);
}

TEST(threads_find_their_ids)
{
    struct mime_record r = scan(
        STR("Subject: [list] Re: Fwd: x (fwd)\r\nReferences: <a@b> junk <c@\r\n d>\r\nIn-Reply-To: <c@d>\r\n\r\n"));

    CHECK_U64(r.n_refs, 2);
    CHECK_U64(mime_record_ref(&r, 1), mime_id_hash(STR("c@d")));
    CHECK_U64(r.in_reply_to_hash, mime_id_hash(STR("c@d")));
    CHECK_STR(r.base_subject, STR("X"));
    CHECK(r.flags & MIME_RECORD_IS_REPLY);
}

/* RFC 5256 section 3: quoting makes no difference; what is empty is no id. */
TEST(ids_are_the_same_quoted_or_not)
{
    struct mime_record r =
        scan(STR("Message-ID: <\"a b\\\"c\"@d>\r\nReferences: <> <\"x\"@y> <\"\">\r\nTo: team: a@b;\r\n\r\n"));

    CHECK_U64(r.message_id_hash, mime_id_hash(STR("ab\"c@d")));
    CHECK_U64(r.n_refs, 1);
    CHECK_U64(mime_record_ref(&r, 0), mime_id_hash(STR("x@y")));
    CHECK_STR(r.to, STR("team"));
}

TEST(bytes_that_say_8bit_and_binary)
{
    CHECK(scan(STR("a: b\r\n\r\nx\xff\r\n")).flags == MIME_RECORD_8BIT);
    CHECK(scan(str_n("a: b\r\n\r\nx\0\r\n0123456789", 21)).flags == MIME_RECORD_HAS_NUL);
}

/* Whatever is sent, the record has bounds. */
TEST(limits_hold)
{
    struct buf letter;
    struct mime_record r;

    buf_init(&letter, 1 << 24);
    buf_addz(&letter, "To: ");
    for (int i = 0; i < 30000; i++)
        buf_addz(&letter, "g: \"somebody\" <a@b>,");
    buf_addz(&letter, "\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n");
    for (int i = 0; i < 3000; i++)
        buf_addz(&letter, "--x\r\nContent-Type: text/plain; "
                          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=bbbbbbbbbbbbbbbbbbbbbbbbb"
                          "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
                          "bbbbbbbbbbbbbbbbbbbb\r\n\r\nt\r\n");
    buf_clear(&record);
    mime_record_build(buf_str(&letter), &record);
    CHECK(!record.over);
    CHECK_ST(mime_record_open(buf_str(&record), &r), ST_OK);
    CHECK_U64(r.n_parts, LIMIT_MIME_PARTS);
    CHECK_U64(mime_record_part(&r, LIMIT_MIME_PARTS - 1).body_end, letter.n);
    CHECK(str_ends(r.envelope, STR("(NIL NIL NIL NIL)) NIL NIL NIL NIL)")));

    buf_clear(&letter);
    for (int i = 0; i < 300; i++)
        buf_addf(&letter, "Content-Type: multipart/mixed; boundary=b%03d\r\n\r\n--b%03d\r\n", i, i);
    buf_clear(&record);
    mime_record_build(buf_str(&letter), &record);
    CHECK_ST(mime_record_open(buf_str(&record), &r), ST_OK);
    CHECK_U64(r.n_parts, LIMIT_MIME_DEPTH);
    CHECK(str_search(r.bodystructure, STR("octet-stream")) < r.bodystructure.n);
    buf_clear(&letter);
    for (int i = 0; i < 3000; i++)
        buf_addz(&letter, "Content-Type: message/rfc822\r\n\r\n");
    buf_clear(&record);
    mime_record_build(buf_str(&letter), &record);
    CHECK_ST(mime_record_open(buf_str(&record), &r), ST_OK);
    CHECK_U64(r.n_parts, LIMIT_MIME_DEPTH);
    buf_fini(&letter);
}

TEST(a_multipart_without_parts_has_an_empty_one)
{
    struct str letter = STR("Content-Type: multipart/mixed; boundary=b\r\n\r\nnothing\r\n");
    struct mime_record r = scan(letter);
    struct mime_span span;

    CHECK_STR(section(&r, letter, "1", MIME_SECTION_ALL), STR(""));
    CHECK_ST(mime_record_section(&r, (uint32_t[]){1}, 1, MIME_SECTION_ALL, &span, NULL), ST_OK);
    CHECK_ST(mime_record_section(&r, (uint32_t[]){1}, 1, MIME_SECTION_MIME, &span, NULL), ST_NOTFOUND);
    CHECK_ST(mime_record_section(&r, (uint32_t[]){2}, 1, MIME_SECTION_ALL, &span, NULL), ST_NOTFOUND);
    CHECK_ST(mime_record_section(&r, (uint32_t[]){1, 1}, 2, MIME_SECTION_ALL, &span, NULL), ST_NOTFOUND);
}

TEST(a_header_that_a_boundary_cuts_off_stays_in_its_part)
{
    struct str letter =
        STR("Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: in\r\n--b\r\n\r\n\r\n--b--\r\n");
    struct mime_record r = scan(letter);

    CHECK_STR(section(&r, letter, "1", MIME_SECTION_ALL), STR("Subject: in"));
    CHECK_STR(section(&r, letter, "1", MIME_SECTION_HEADER), STR("Subject: in"));
    CHECK_STR(section(&r, letter, "1", MIME_SECTION_TEXT), STR(""));
    CHECK_STR(section(&r, letter, "2", MIME_SECTION_ALL), STR(""));
    CHECK_STR(section(&r, letter, "2", MIME_SECTION_HEADER), STR(""));
}

TEST(a_boundary_may_end_the_header_that_names_it)
{
    struct str letter =
        STR("Content-Type: multipart/mixed; boundary=b\r\n--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n");
    struct mime_record r = scan(letter);

    CHECK_STR(section(&r, letter, "1", MIME_SECTION_ALL), STR("one"));
    CHECK_STR(section(&r, letter, "2", MIME_SECTION_ALL), STR("two"));
    CHECK_U64(r.n_parts, 3);
}

static struct mime_record scan_global(struct str letter, struct buf *anew)
{
    struct mime_scan s;
    struct mime_record r;

    buf_init(anew, LIMIT_MIME_RECORD);
    mime_scan_init_global(&s);
    mime_scan_feed(&s, letter);
    mime_scan_end(&s, anew);
    mime_scan_fini(&s);
    CHECK_ST(mime_record_open(buf_str(anew), &r), ST_OK);
    return r;
}

TEST(message_global_is_a_letter_only_where_it_is_asked_for)
{
    struct str part = STR("Content-Type: MESSAGE/Global\r\n\r\nSubject: in\r\n\r\ninside");
    struct str letter = STR("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
                            "Content-Type: MESSAGE/Global\r\n\r\nSubject: in\r\n\r\ninside\r\n--b--\r\n");
    struct mime_record as_kept = scan(letter), r;
    struct mime_span span;
    struct buf anew;

    CHECK_ST(mime_record_section(&as_kept, (uint32_t[]){1, 1}, 2, MIME_SECTION_ALL, &span, NULL), ST_NOTFOUND);
    CHECK(mime_record_has_global(&as_kept));
    r = scan_global(letter, &anew);
    CHECK_STR(section(&r, letter, "1.1", MIME_SECTION_ALL), STR("inside"));
    CHECK_STR(section(&r, letter, "1", MIME_SECTION_HEADER), STR("Subject: in\r\n\r\n"));
    buf_fini(&anew);
    r = scan_global(part, &anew); /* the letter itself */
    CHECK_STR(section(&r, part, "1.1", MIME_SECTION_ALL), STR("inside"));
    buf_fini(&anew);
    as_kept = scan(STR("Content-Type: multipart/mixed; boundary=\"message\\\" \\\"global\"\r\n\r\n"));
    CHECK(!mime_record_has_global(&as_kept));
}
