#include "mime/text_search.c"

#include "mime/scan.h"
#include "mime/structure.h"

#include "test.h"

static const struct str letter = STR("Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= outer\r\n"
                                     "From: Alice <alice@x.test>\r\n"
                                     "Content-Type: multipart/mixed; boundary=b\r\n"
                                     "\r\n"
                                     "preamble\r\n"
                                     "--b\r\n"
                                     "Content-Type: text/plain; charset=iso-8859-1\r\n"
                                     "Content-Transfer-Encoding: quoted-printable\r\n"
                                     "\r\n"
                                     "first te=\r\nxt with =FCmlaut\r\n"
                                     "--b\r\n"
                                     "Content-Type: text/html; charset=\"utf-8\"\r\n"
                                     "Content-Transfer-Encoding: base64\r\n"
                                     "\r\n"
                                     "PHA+w5xiZXIgdGhl\r\nIG1vb248L3A+\r\n"
                                     "--b\r\n"
                                     "Content-Type: application/octet-stream; name=secret\r\n"
                                     "\r\n"
                                     "hidden\r\n"
                                     "--b\r\n"
                                     "Content-Type: message/rfc822\r\n"
                                     "\r\n"
                                     "Subject: inner\r\n"
                                     "\r\n"
                                     "deep\r\n"
                                     "--b--\r\n");

static const struct {
    struct str needle;
    bool in_body, in_text;
} cases[] = {
    {STR("first text"), true, true},
    {STR("\xc3\x9cMLAUT"), true, true},
    {STR("u\xcc\x88mlaut"), true, true},
    {STR("\xc3\xbc"
         "ber the MOON"),
     true, true},
    {STR("gr\xc3\xbc"), false, true},
    {STR("outer"), false, true},
    {STR("alice@x"), false, true},
    {STR("inner"), true, true},
    {STR("deep"), true, true},
    {STR("secret"), false, true},
    {STR("hidden"), false, false},
    {STR("preamble"), true, true},
    {STR("--b"), false, false},
    {STR("textdeep"), false, false},
    {STR(""), true, true},
    {STR("</p>"), true, true},
    {STR("nowhere"), false, false},
};

static bool search_once(struct mime_search *s, const struct mime_record *r, struct str whole, size_t first, size_t step)
{
    mime_search_begin(s, r);
    mime_search_feed(s, str_sub(whole, 0, first));
    for (size_t at = first; at < whole.n; at += step)
        if (mime_search_feed(s, str_sub(whole, at, step)))
            break;
    return mime_search_end(s);
}

/* Behind a letter that was left in its middle it says the same again. */
static bool search_by(const struct mime_record *r, struct mime_needle *n, bool headers, struct str whole, size_t first,
                      size_t step)
{
    struct mime_search *s = mime_search_new(n, headers);
    bool found = search_once(s, r, whole, first, step);

    search_once(s, r, str_sub(whole, 0, first), first, 1);
    CHECK(search_once(s, r, whole, first, step) == found);
    mime_search_free(s);
    return found;
}

/* Whole, one byte at a time, and cut at each offset. */
static void check_search(struct str whole, struct str text, bool in_body, bool in_text)
{
    struct arena a = ARENA_INIT;
    struct mime_record r;
    struct mime_needle n;
    struct buf b;
    bool same = true;

    buf_init(&b, LIMIT_MIME_RECORD);
    mime_record_build(whole, &b);
    CHECK_ST(mime_record_open(buf_str(&b), &r), ST_OK);
    mime_needle_init(&n, &a, text);
    same &= mime_search_letter(&r, &n, false, whole) == in_body;
    same &= mime_search_letter(&r, &n, true, whole) == in_text;
    same &= search_by(&r, &n, false, whole, 0, 1) == in_body;
    same &= search_by(&r, &n, true, whole, 0, 1) == in_text;
    for (size_t cut = 1; cut < whole.n; cut++) {
        same &= search_by(&r, &n, false, whole, cut, whole.n) == in_body;
        same &= search_by(&r, &n, true, whole, cut, whole.n) == in_text;
    }
    CHECK(same);
    if (!same)
        printf("# %.*s in %.*s\n", STR_ARGS(text), STR_ARGS(whole));
    buf_fini(&b);
    arena_fini(&a);
}

TEST(letters_whole_bytewise_and_cut)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        check_search(letter, cases[i].needle, cases[i].in_body, cases[i].in_text);
}

#define MULTIPART(boundary) "Content-Type: multipart/mixed; boundary=\"" boundary "\"\r\n\r\n"

/* RFC 2046 5.1.1: what stands before the first and behind the last boundary is text of the body, the boundaries are
 * not. Letters that break the rules are searched as well as can be. */
static const struct {
    struct str letter, needle;
    bool in_body;
} around_boundaries[] = {
    {STR(MULTIPART("b") "--b\r\n\r\none\r\n--b--\r\nbehind all\r\n"), STR("behind all"), true},
    {STR(MULTIPART("b") "--b\r\n\r\none\r\n--b--\r\nbehind all\r\n"), STR("--b"), false},
    {STR(MULTIPART("b") "--b\r\n\r\none\r\n--b--\r\nbehind"), STR("onebehind"), false},
    {STR(MULTIPART("b") "--b\r\n\r\none\r\n--b-- word\r\nbehind"), STR("word"), false},
    {STR(MULTIPART("b") "--b\r\n\r\n--b--\r\nbehind"), STR("behind"), true},
    {STR(MULTIPART("b") "--b\r\n--b--\nbehind"), STR("behind"), true},
    {STR(MULTIPART("b") "--b\n\none\n\n--b--\nbehind\n--b\n\nagain"), STR("again"), true},
    {STR(MULTIPART("b") "--b\r\n\r\none\r\n--b--"), STR("b--"), false},
    {STR(MULTIPART("b") "before\r\nall\r\n--b\r\n\r\none\r\n"), STR("before\r\nall"), true},
    {STR(MULTIPART("b") "before\r\nall\r\n--b\r\n\r\none\r\n"), STR("allone"), false},
    {STR(MULTIPART("b") "before\r\n--b\r\n\r\none\r\n"), STR("--b"), false},
    {STR(MULTIPART("b") "before\r\n--b word\r\n\r\none\r\n"), STR("word"), false},
    /* epilogues of several at once, the outer one without its last boundary */
    {STR(MULTIPART("b") "--b\r\n" MULTIPART(
         "c") "--c\r\n\r\none\r\n--c--\r\ninner\r\n--b\r\n\r\ntwo\r\n--b--\r\nouter"),
     STR("inner"), true},
    {STR(MULTIPART("b") "--b\r\n" MULTIPART(
         "c") "--c\r\n\r\none\r\n--c--\r\ninner\r\n--b\r\n\r\ntwo\r\n--b--\r\nouter"),
     STR("outer"), true},
    {STR(MULTIPART("b") "--b\r\n" MULTIPART("c") "--c\r\n\r\none\r\n--c--\r\ninner\r\n--b--\r\nouter"), STR("outer"),
     true},
    {STR(MULTIPART("b") "--b\r\n" MULTIPART("c") "--c\r\n\r\none\r\n--c--\r\ninner\r\n--b--\r\nouter"), STR("inner"),
     true},
    {STR(MULTIPART("b") "--b\r\n" MULTIPART("c") "--c\r\n\r\none\r\n--c--\r\ninner\r\n--b--\r\nouter"), STR("--"),
     false},
    {STR(MULTIPART("b") "--b\r\n" MULTIPART("c") "--c\r\n\r\none\r\n--b--\r\nouter"), STR("one"), true},
    {STR(MULTIPART("b") "--b\r\n" MULTIPART("c") "--c\r\n\r\none\r\n--b--\r\nouter"), STR("outer"), true},
    {STR(MULTIPART("b") "--b\r\n" MULTIPART("c") "--c\r\n\r\none\r\n--c--\r\ninner\r\nlast"), STR("last"), true},
    /* within an embedded letter */
    {STR(MULTIPART("b") "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: deep\r\n" MULTIPART(
         "c") "first\r\n--c\r\n\r\none\r\n--c--\r\ninner\r\n--b--\r\nouter"),
     STR("first"), true},
    {STR(MULTIPART("b") "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: deep\r\n" MULTIPART(
         "c") "first\r\n--c\r\n\r\none\r\n--c--\r\ninner\r\n--b--\r\nouter"),
     STR("subject: deep"), true},
    {STR(MULTIPART("b") "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: deep\r\n" MULTIPART(
         "c") "first\r\n--c\r\n\r\none\r\n--c--\r\ninner\r\n--b--\r\nouter"),
     STR("inner"), true},
    {STR(MULTIPART("b") "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: deep\r\n" MULTIPART(
         "c") "first\r\n--c\r\n\r\none\r\n--c--\r\ninner\r\n--b--\r\nouter"),
     STR("outer"), true},
    /* behind what is no text */
    {STR(MULTIPART("b") "--b\r\nContent-Type: image/png\r\n\r\nhidden\r\n--b--\r\nbehind"), STR("behind"), true},
    {STR(MULTIPART("b") "--b\r\nContent-Type: image/png\r\n\r\nhidden\r\n--b--\r\nbehind"), STR("hidden"), false},
    /* no boundary named, none found, none that closes */
    {STR("Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\none\r\n"), STR("--b"), true},
    {STR(MULTIPART("b") "nothing begins\r\nhere"), STR("begins\r\nhere"), true},
    {STR(MULTIPART("b") "--b\r\n\r\none\r\n--b\r\n\r\ntwo"), STR("two"), true},
    {STR(MULTIPART("b") "--b\r\n\r\none\r\n--b\r\nX: two"), STR("two"), false},
};

TEST(text_around_boundaries)
{
    for (size_t i = 0; i < ARRAY_LEN(around_boundaries); i++) {
        bool in_body = around_boundaries[i].in_body, in_head = str_ieq(around_boundaries[i].needle, STR("two"));

        check_search(around_boundaries[i].letter, around_boundaries[i].needle, in_body, in_body || in_head);
    }
}

#define TYPE(type, rest) "Content-Type: " type "\r\n" rest "\r\n\r\n"

static const struct {
    struct str letter, needle;
    bool in_body;
} odd_parts[] = {
    {STR(TYPE("text/plain", "Content-Transfer-Encoding: x-unknown") "as it =66 stands"), STR("it =66 stands"), true},
    {STR(TYPE("text/plain; charset=x-unknown", "A: b") "gr\xc3\xbc\xc3\x9f"), STR("GR\xc3\x9c"), true},
    {STR(TYPE("text/plain; charset=x-unknown", "A: b") "gr\xfc\xdf"), STR("gr\xc3\xbc\xc3\x9f"), true},
    {STR(TYPE("text/plain; charset=us-ascii", "A: b") "gr\xc3\xbc\xc3\x9f"), STR("gr\xc3\xbc\xc3\x9f"), true},
    {STR(TYPE("nonsense", "A: b") "plain text"), STR("plain text"), true},
    {STR(TYPE("application/pdf", "A: b") "no text"), STR("no text"), false},
    {STR(TYPE("message/delivery-status", "A: b") "Action: failed"), STR("failed"), true},
    {STR(TYPE("message/global", "Content-Transfer-Encoding: base64") "YmFzZSA2NCE="), STR("base 64!"), true},
};

TEST(odd_encodings_charsets_and_types)
{
    for (size_t i = 0; i < ARRAY_LEN(odd_parts); i++)
        check_search(odd_parts[i].letter, odd_parts[i].needle, odd_parts[i].in_body, odd_parts[i].in_body);
}

static bool has_text(struct str whole, struct str text, size_t step)
{
    struct arena a = ARENA_INIT;
    struct mime_record r;
    struct mime_needle n;
    struct buf b;
    bool found;

    buf_init(&b, LIMIT_MIME_RECORD);
    mime_record_build(whole, &b);
    CHECK_ST(mime_record_open(buf_str(&b), &r), ST_OK);
    mime_needle_init(&n, &a, text);
    found = search_by(&r, &n, false, whole, 0, step);
    buf_fini(&b);
    arena_fini(&a);
    return found;
}

/* What is nested too deep to have been taken apart is searched as it stands. */
TEST(text_below_the_last_depth)
{
    struct buf whole;

    buf_init(&whole, 1u << 20);
    for (unsigned i = 0; i < LIMIT_MIME_DEPTH + 3; i++)
        buf_addf(&whole, "Content-Type: multipart/mixed; boundary=\"b%ub\"\r\n\r\n--b%ub\r\n", i, i);
    buf_addz(&whole, "\r\nthe bottom\r\n");
    for (unsigned i = LIMIT_MIME_DEPTH + 3; i--;)
        buf_addf(&whole, "--b%ub--\r\nbehind %u.\r\n", i, i);
    for (size_t step = 1; step <= whole.n; step += whole.n - 1) {
        CHECK(has_text(buf_str(&whole), STR("the bottom"), step));
        CHECK(has_text(buf_str(&whole), STR("behind 0."), step));
        CHECK(has_text(buf_str(&whole), STR("behind 66."), step));
        CHECK(!has_text(buf_str(&whole), STR("behind 67."), step));
    }
    buf_fini(&whole);
}

TEST(a_long_preamble_and_epilogue)
{
    struct buf whole;

    buf_init(&whole, 1u << 20);
    buf_addz(&whole, MULTIPART("b"));
    while (whole.n < 3 * PIECE + 4)
        buf_addz(&whole, whole.n % 70 == 1 ? "x\r\n" : "x");
    buf_addz(&whole, "the first needle\r\n--b\r\n\r\none\r\n--b--\r\n");
    while (whole.n < 6 * PIECE + 4)
        buf_addz(&whole, "y");
    buf_addz(&whole, "the second needle");
    for (size_t step = 1; step < 2 * whole.n; step = step * 3 + 1) {
        CHECK(has_text(buf_str(&whole), STR("xthe first needle\r\n"), step));
        CHECK(has_text(buf_str(&whole), STR("ythe second needle"), step));
        CHECK(!has_text(buf_str(&whole), STR("--b"), step));
    }
    buf_fini(&whole);
}

TEST(fields)
{
    struct arena a = ARENA_INIT;
    struct mime_needle n;

    mime_needle_init(&n, &a, STR("gr\xc3\x9c"));
    CHECK(mime_search_header(&n, letter, STR("SUBJECT")));
    CHECK(!mime_search_header(&n, letter, STR("From")));
    mime_needle_init(&n, &a, STR(""));
    CHECK(mime_search_header(&n, letter, STR("from")));
    CHECK(!mime_search_header(&n, letter, STR("To")));
    CHECK(mime_search_utf8(&n, STR("")));
    arena_fini(&a);
}

TEST(a_match_across_pieces_of_a_long_body)
{
    struct arena a = ARENA_INIT;
    struct mime_record r;
    struct mime_needle n;
    struct buf b, text;

    buf_init(&b, LIMIT_MIME_RECORD);
    buf_init(&text, 100000);
    buf_addz(&text, "a: b\r\n\r\n");
    while (text.n < 3 * PIECE + 4)
        buf_addz(&text, "x");
    buf_addz(&text, "the needle");
    mime_record_build(buf_str(&text), &b);
    CHECK_ST(mime_record_open(buf_str(&b), &r), ST_OK);
    mime_needle_init(&n, &a, STR("xthe NEEDLE"));
    CHECK(mime_search_letter(&r, &n, false, buf_str(&text)));
    mime_needle_init(&n, &a, STR("needles"));
    CHECK(!mime_search_letter(&r, &n, false, buf_str(&text)));
    buf_fini(&b);
    buf_fini(&text);
    arena_fini(&a);
}

/* --- from the record, or from the header: the same answer ---------------------------------------------------- */

static uint64_t seed = 20261123;

static unsigned below(unsigned n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((seed >> 33) % n);
}

/* A name with the hash of another. */
static struct str name_like(struct arena *a, struct str name)
{
    for (unsigned i = 0;; i++) {
        struct str other = arena_printf(a, "X-%u", i);

        if (mime_name_hash(other) == mime_name_hash(name))
            return other;
    }
}

static const struct str odd_names[] = {
    STR("Subject"),  STR("SUBJECT"), STR("subject "),   STR("Message-ID"), STR("In-Reply-To"), STR("Date"),
    STR("From"),     STR("To"),      STR("Cc"),         STR("Bcc"),        STR("Reply-To"),    STR("X-Other"),
    STR("Comments"), STR("Sender"),  STR("References"), STR("Subject\t"),
};
static const struct str odd_words[] = {
    STR(" "),
    STR("\r\n "),
    STR("\n\t"),
    STR("\r\n  \r\n "),
    STR("\r"),
    {"a\0b", 3},
    STR("apple"),
    STR("Apple pie"),
    STR("\"quo \\\" ted\""),
    STR("back\\slash"),
    STR("(comment (in it))"),
    STR("<a@example.test>"),
    STR("\"Last, First\" <b@example.test>, "),
    STR("friends: a@x.test, (c) d . e @ y.test;"),
    STR("<no@end"),
    STR(",;,:"),
    STR("gr\xc3\xbc\xc3\x9f"),
    STR("\xff\xe4 raw"),
    STR("=?utf-8?q?Gr=C3=BC=C3=9Fe?="),
    STR("=?utf-8?b?w5xi?= =?utf-8?b?ZXI=?="),
    STR("=?utf-8?q?sp=C3?=\r\n =?utf-8?q?=BClit?="),
    STR("=?utf-8?q?fol\r\n ded?="),
    STR("=?utf-8?q?not ended"),
    STR("=?iso-8859-1?q?=E4?="),
    STR("{3}"),
    STR("NIL"),
};
static const struct str odd_needles[] = {
    STR(""),
    STR("apple"),
    STR("APPLE PIE"),
    STR("pie"),
    STR("\xc3\xbc"),
    STR("\xc3\x9c"
        "ber"),
    STR("a@example"),
    STR("<a@"),
    STR("\"quo"),
    STR("quo \""),
    STR("split"),
    STR("sp\xc3\xbclit"),
    STR("folded"),
    STR("fol ded"),
    STR("=?utf"),
    STR("comment"),
    STR("nil"),
    STR("ab"),
    STR("last, first"),
    STR("y.test"),
    STR("\\"),
    STR("nowhere"),
    STR("  "),
    STR("{3}"),
};

static void add_odd_header(struct buf *out, struct str same_hash)
{
    unsigned fields = below(8);

    if (!below(8))
        buf_addz(out, ">From somebody\r\n");
    for (unsigned i = 0; i < fields; i++) {
        buf_add(out, below(10) ? odd_names[below(ARRAY_LEN(odd_names))] : same_hash);
        buf_addz(out, ":");
        for (unsigned words = below(5); words; words--)
            buf_add(out, odd_words[below(ARRAY_LEN(odd_words))]);
        for (unsigned n = below(200) ? 0 : MIME_ENVELOPE_STRING / 4 - 20 + below(30); n; n--)
            buf_addz(out, "=3D ");
        for (unsigned n = below(800) ? 0 : 17000; n; n--)
            buf_addz(out, "pie ");
        buf_addz(out, below(5) ? "\r\n" : "\n");
    }
    if (below(6))
        buf_addz(out, "\r\nthe body: apple\r\n");
}

struct counted {
    unsigned of[3];
};

static void compare(struct arena *a, struct str whole, struct str field, struct counted *counted)
{
    struct mime_record r;
    struct buf b;

    buf_init(&b, LIMIT_MIME_RECORD);
    mime_record_build(whole, &b);
    CHECK_ST(mime_record_open(buf_str(&b), &r), ST_OK);
    for (size_t i = 0; i < ARRAY_LEN(odd_needles); i++) {
        struct mime_needle n;
        enum mime_found got;
        bool want;

        mime_needle_init(&n, a, odd_needles[i]);
        want = mime_search_header(&n, str_sub(whole, 0, r.header_size), field);
        got = mime_search_record(&n, &r, field);
        counted->of[got]++;
        if (got == MIME_IN_HEADER || (got == MIME_FOUND) == want)
            continue;
        CHECK(!"the same answer");
        printf("# %.*s of %.*s in %.*s\n", STR_ARGS(odd_needles[i]), STR_ARGS(field), STR_ARGS(whole));
    }
    buf_fini(&b);
}

TEST(the_record_answers_as_the_header_does)
{
    static const struct str asked[] = {
        STR("subject"), STR("Message-Id"), STR("in-reply-to"), STR("DATE"),   STR("From"),
        STR("To"),      STR("Bcc"),        STR("x-other"),     STR("X-None"), STR("")};
    struct arena a = ARENA_INIT;
    struct str same_hash = name_like(&a, STR("Subject"));
    struct counted counted = {0};
    struct buf whole;

    buf_init(&whole, 1u << 20);
    for (unsigned i = 0; i < 3000; i++) {
        struct arena one = ARENA_INIT;

        buf_clear(&whole);
        add_odd_header(&whole, same_hash);
        compare(&one, buf_str(&whole), STR("Subject"), &counted);
        compare(&one, buf_str(&whole), asked[below(ARRAY_LEN(asked))], &counted);
        compare(&one, buf_str(&whole), same_hash, &counted);
        arena_fini(&one);
    }
    CHECK(counted.of[MIME_FOUND] > 1000 && counted.of[MIME_NOT_FOUND] > 1000 && counted.of[MIME_IN_HEADER] > 1000);
    buf_fini(&whole);
    arena_fini(&a);
}

static enum mime_found asked(const char *header, struct str field, struct str needle)
{
    struct arena a = ARENA_INIT;
    struct mime_needle n;
    struct mime_record r;
    enum mime_found found;
    struct buf b;

    buf_init(&b, LIMIT_MIME_RECORD);
    mime_record_build(str_z(header), &b);
    CHECK_ST(mime_record_open(buf_str(&b), &r), ST_OK);
    mime_needle_init(&n, &a, needle);
    found = mime_search_record(&n, &r, field);
    buf_fini(&b);
    arena_fini(&a);
    return found;
}

TEST(what_the_record_knows)
{
    struct str subject = STR("subject"), from = STR("from");

    CHECK(asked("Subject: =?utf-8?q?ap=\r\n ple?=\r\n\r\n", subject, STR("APPLE")) == MIME_NOT_FOUND);
    CHECK(asked("Subject: =?utf-8?q?ap?=\r\n =?utf-8?q?ple?=\r\n\r\n", subject, STR("APPLE")) == MIME_FOUND);
    CHECK(asked("Subject: one\r\nSubject: two\r\n\r\n", subject, STR("one")) == MIME_FOUND);
    CHECK(asked("Subject: one\r\nSubject: two\r\n\r\n", subject, STR("two")) == MIME_IN_HEADER);
    CHECK(asked("Subject:\r\n\r\n", subject, STR("")) == MIME_FOUND);
    CHECK(asked("From: a@b.test (apple)\r\n\r\n", from, STR("apple")) == MIME_IN_HEADER);
    CHECK(asked("To: a@b.test\r\n\r\n", from, STR("")) == MIME_NOT_FOUND);
    CHECK(asked("\r\nSubject: apple\r\n", subject, STR("apple")) == MIME_NOT_FOUND);
}

static enum mime_found in_addresses(const char *header, const char *field, const char *needle)
{
    struct arena a = ARENA_INIT;
    struct mime_needle n;
    struct mime_record r;
    struct buf b;
    enum mime_found found;

    buf_init(&b, LIMIT_MIME_RECORD);
    mime_record_build(str_z(header), &b);
    CHECK_ST(mime_record_open(buf_str(&b), &r), ST_OK);
    mime_needle_init(&n, &a, str_z(needle));
    found = mime_search_addresses(&n, &r, str_z(field));
    buf_fini(&b);
    arena_fini(&a);
    return found;
}

TEST(addresses_are_searched_as_envelope_has_them)
{
    static const char h[] = "From: =?utf-8?q?J=C3=BCrgen?= =?utf-8?q?_M?= <JJ@Example.test> (comment)\r\nTo: friends: "
                            "one@x.test, \"Two, T\" <two@x.test>;\r\n"
                            "Cc: a@b\r\nCc: c@d\r\nBcc:\r\n\r\n";

    CHECK(in_addresses(h, "From", "j\xc3\x9cRGEN m") == MIME_FOUND);
    CHECK(in_addresses(h, "from", "jj@example") == MIME_FOUND);
    CHECK(in_addresses(h, "From", "m <jj") == MIME_FOUND);
    CHECK(in_addresses(h, "From", "") == MIME_FOUND);
    CHECK(in_addresses(h, "From", "nobody") == MIME_NOT_FOUND);
    CHECK(in_addresses(h, "From", "comment") == MIME_NOT_FOUND); /* it is not in ENVELOPE */
    CHECK(in_addresses(h, "From", "(comment") == MIME_IN_HEADER);
    CHECK(in_addresses(h, "To", "friends") == MIME_FOUND);
    CHECK(in_addresses(h, "To", "two, t") == MIME_FOUND);
    CHECK(in_addresses(h, "To", "two@x.test") == MIME_FOUND);
    CHECK(in_addresses(h, "Cc", "c@d") == MIME_FOUND);
    CHECK(in_addresses(h, "Cc", "e@f") == MIME_IN_HEADER); /* there are two */
    CHECK(in_addresses(h, "Bcc", "x") == MIME_IN_HEADER);  /* no address in it */
    CHECK(in_addresses("To: x@y\r\n\r\n", "From", "") == MIME_NOT_FOUND);
}

TEST(a_list_of_addresses_that_was_cut_does_not_say_no)
{
    struct buf b;

    buf_init(&b, 1u << 20);
    buf_add(&b, STR("From: a@b\r\nTo: "));
    for (unsigned i = 0; i < 1000; i++)
        buf_addf(&b, "%suser%u@example.test", i ? ",\r\n " : "", i);
    buf_add(&b, STR("\r\n\r\n"));
    buf_addc(&b, 0);
    CHECK(in_addresses(b.p, "To", "user999@") == MIME_IN_HEADER);
    CHECK(in_addresses(b.p, "From", "user999@") == MIME_NOT_FOUND);
    buf_fini(&b);
}
