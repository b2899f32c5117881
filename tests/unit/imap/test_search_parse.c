#include "help.h"

#include "imap/search_parse.c"

static void show(struct buf *b, const struct search_key *k)
{
    static const char *const names[] = {[SEARCH_ALL] = "all",
                                        [SEARCH_AND] = "and",
                                        [SEARCH_OR] = "or",
                                        [SEARCH_NOT] = "not",
                                        [SEARCH_SEQ] = "seq",
                                        [SEARCH_UID] = "uid",
                                        [SEARCH_FLAG] = "flag",
                                        [SEARCH_KEYWORD] = "keyword",
                                        [SEARCH_RECENT] = "recent",
                                        [SEARCH_LARGER] = "larger",
                                        [SEARCH_SMALLER] = "smaller",
                                        [SEARCH_BEFORE] = "before",
                                        [SEARCH_ON] = "on",
                                        [SEARCH_SINCE] = "since",
                                        [SEARCH_SENTBEFORE] = "sentbefore",
                                        [SEARCH_SENTON] = "senton",
                                        [SEARCH_SENTSINCE] = "sentsince",
                                        [SEARCH_HEADER] = "header",
                                        [SEARCH_ADDRESS] = "address",
                                        [SEARCH_BODY] = "body",
                                        [SEARCH_TEXT] = "text",
                                        [SEARCH_OLDER] = "older",
                                        [SEARCH_SAVEDBEFORE] = "savedbefore",
                                        [SEARCH_SAVEDON] = "savedon",
                                        [SEARCH_SAVEDSINCE] = "savedsince",
                                        [SEARCH_EMAIL] = "email",
                                        [SEARCH_YOUNGER] = "younger",
                                        [SEARCH_MODSEQ] = "modseq"};

    buf_addz(b, names[k->what]);
    if (k->name.n)
        buf_addf(b, " %.*s", STR_ARGS(k->name));
    if (k->text.n)
        buf_addf(b, "=%.*s", STR_ARGS(k->text));
    if (k->num)
        buf_addf(b, " %llu", (unsigned long long)k->num);
    for (size_t i = 0; i < k->set.n; i++)
        buf_addf(b, " %u:%u", k->set.r[i].lo, k->set.r[i].hi);
    for (size_t i = 0; i < k->n_kids; i++) {
        buf_addz(b, i ? ", " : "(");
        show(b, k->kids[i]);
    }
    if (k->n_kids)
        buf_addc(b, ')');
}

static void check(const char *text, const char *want)
{
    struct imap_search s;
    struct memory m;
    struct arena a = ARENA_INIT;
    struct buf got;

    buf_init(&got, 4096);
    CHECK_ST(memory_begin(&m, arena_printf(&a, "%s\r\n", text)), ST_OK);
    CHECK_ST(imap_search_parse(&m.lx, &s), ST_OK);
    if (s.key)
        show(&got, s.key);
    CHECK_STR(buf_str(&got), str_z(want));
    memory_end(&m);
    arena_fini(&a);
    buf_fini(&got);
}

TEST(every_key)
{
    check(" ALL", "all");
    check(" answered", "flag 2");
    check(" UNSEEN", "not(flag 1)");
    check(" NEW", "and(recent, not(flag 1))");
    check(" OLD", "not(recent)");
    check(" BCC x", "address Bcc=x");
    check(" SUBJECT \"a b\"", "header Subject=a b");
    check(" HEADER X-Y \"\"", "header X-Y");
    check(" BEFORE 2-Jan-1970", "before 1");
    check(" SENTSINCE \"3-Jan-1970\"", "sentsince 2");
    check(" LARGER 5", "larger 5");
    check(" KEYWORD $Junk", "keyword=$Junk");
    check(" UNKEYWORD a", "not(keyword=a)");
    check(" UID 1:5,*", "uid 1:5 0:0");
    check(" 2:4", "seq 2:4");
    check(" NOT DELETED", "not(flag 8)");
    check(" OR SEEN (FLAGGED TEXT x)", "or(flag 1, and(flag 4, text=x))");
    check(" FROM a TO b", "and(address From=a, address To=b)");
    check(" (((SEEN)))", "flag 1");
    check(" OLDER 5 YOUNGER 4294967295", "and(older 5, younger 4294967295)");
    check(" $ UID $", "and(uid, uid)");
    check(" SAVEDON 2-Jan-1970 savedsince \"1-Feb-1970\"", "and(savedon 1, savedsince 31)");
    check(" SAVEDATESUPPORTED", "all");
    check(" EMAILID M00000000000000ff", "email 255");
    check(" OR EMAILID x THREADID T00000000000000ff", "or(uid, uid)");
}

TEST(what_to_return)
{
    struct imap_search s;
    struct memory m;

    PARSES(m, " RETURN (MIN Max ALL count SAVE MIN) CHARSET UTF-8 SEEN", imap_search_parse(&m.lx, &s))
    {
        CHECK_U64(s.returns, RETURN_MIN | RETURN_MAX | RETURN_ALL | RETURN_COUNT | RETURN_SAVE);
        CHECK(s.key->what == SEARCH_FLAG);
    }
    PARSES(m, " return () (SEEN)", imap_search_parse(&m.lx, &s))
    {
        CHECK_U64(s.returns, RETURN_ALL);
    }
    PARSES(m, " RETURN (COUNT PARTIAL -5:-1) (SEEN)", imap_search_parse(&m.lx, &s))
    {
        CHECK_U64(s.returns, RETURN_COUNT | RETURN_PARTIAL);
        CHECK(s.partial.lo == 1 && s.partial.hi == 5);
    }
    REFUSES(m, " RETURN (PARTIAL 1:2 ALL) ALL", imap_search_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " RETURN (PARTIAL 1:2 PARTIAL 3:4) ALL", imap_search_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " RETURN (PARTIAL) ALL", imap_search_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " RETURN", imap_search_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " RETURN ALL", imap_search_parse(&m.lx, &s), ST_SYNTAX);
    PARSES(m, " $ $ $ $ $ $ $ $", imap_search_parse(&m.lx, &s))
    {
        CHECK(s.key->n_kids == 8);
    }
    REFUSES(m, " $ $ $ $ $ $ $ $ $", imap_search_parse(&m.lx, &s), ST_LIMIT);
    REFUSES(m, " RETURN (ALL)SEEN", imap_search_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " RETURN (ALL) ", imap_search_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " RETURN (ALL )", imap_search_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " RETURN (X) ALL", imap_search_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " RETURN (SAVE) CHARSET X-NONE ALL", imap_search_parse(&m.lx, &s), ST_DENIED);
    CHECK_U64(s.returns, RETURN_SAVE);
    CHECK(s.bad_charset);
}

TEST(charset_without_its_word)
{
    struct imap_search s = {0};
    struct memory m;

    PARSES(m, "\"iso-8859-1\" UID 1", imap_search_parse_keys(&m.lx, true, &s))
    {
        CHECK(s.key->what == SEARCH_UID);
    }
    REFUSES(m, "UTF-8", imap_search_parse_keys(&m.lx, true, &s), ST_SYNTAX);
    REFUSES(m, "CHARSET UTF-8 ALL", imap_search_parse_keys(&m.lx, true, &s), ST_DENIED);
}

TEST(character_sets)
{
    struct imap_search s;
    struct memory m;

    check(" CHARSET UTF-8 TEXT {2+}\r\n\xc3\xbc", "text=\xc3\xbc");
    check(" CHARSET iso-8859-1 TEXT {1+}\r\n\xfc", "text=\xc3\xbc");
    check(" CHARSET US-ASCII ALL", "all");
    REFUSES(m, " CHARSET x-none ALL", imap_search_parse(&m.lx, &s), ST_DENIED);
    CHECK(s.bad_charset);
}

TEST(search_is_strict_and_bounded)
{
    struct imap_search s;
    struct memory m;
    struct buf b;

    REFUSES(m, " ", imap_search_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " UNHEARD", imap_search_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " NOT", imap_search_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " OR SEEN", imap_search_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " (SEEN", imap_search_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " SEEN)", imap_search_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " ON 32-Jan-1970", imap_search_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " EMAILID", imap_search_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " EMAILID M1/", imap_search_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " OLDER 0", imap_search_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " YOUNGER", imap_search_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " $x", imap_search_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " LARGER x", imap_search_parse(&m.lx, &s), ST_SYNTAX);

    buf_init(&b, 100000);
    buf_addc(&b, ' ');
    for (int i = 0; i < 10000; i++)
        buf_addc(&b, '(');
    buf_addz(&b, "\r\n");
    CHECK_ST(memory_begin(&m, buf_str(&b)), ST_OK);
    CHECK_ST(imap_search_parse(&m.lx, &s), ST_LIMIT);
    memory_end(&m);
    buf_clear(&b);
    for (int i = 0; i < 3000; i++)
        buf_addz(&b, " ALL");
    buf_addz(&b, "\r\n");
    CHECK_ST(memory_begin(&m, buf_str(&b)), ST_OK);
    CHECK_ST(imap_search_parse(&m.lx, &s), ST_LIMIT);
    memory_end(&m);
    buf_fini(&b);
}

static enum st find_filter(void *arg UNUSED, struct str name, struct str *out)
{
    static const struct {
        struct str name, text;
    } rows[] = {
        {STR("one"), STR("FLAGGED")},
        {STR("two"), STR("SEEN FILTER one")},
        {STR("literal"), STR("SUBJECT {3}\r\na b SEEN")},
        {STR("loop"), STR("FILTER loop")},
        {STR("bush"), STR("FILTER bush FILTER bush")},
        {STR("wrong"), STR("OR SEEN")},
        {STR("lines"), STR("SEEN\r\nFLAGGED")},
        {STR("cut"), STR("SUBJECT {3}\r\na")},
        {STR("saved"), STR("$")},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (str_eq(rows[i].name, name)) {
            *out = rows[i].text;
            return ST_OK;
        }
    return FAIL(ST_NOTFOUND, "none");
}

TEST(filters)
{
    static const struct {
        const char *text, *want; /* want: the keys, or the filter that is undefined */
        enum st st;
    } cases[] = {
        {" FILTER one", "and(flag 4)", ST_OK},
        {" NOT FILTER two", "not(and(and(flag 1, and(flag 4))))", ST_OK},
        {" FILTER literal ALL", "and(and(and(header Subject=a b, flag 1)), all)", ST_OK},
        {" FILTER saved", "and(uid)", ST_OK},
        {" FILTER none", "none", ST_DENIED},
        {" FILTER loop", "loop", ST_DENIED},
        {" FILTER bush", "bush", ST_DENIED},
        {" FILTER wrong", "wrong", ST_DENIED},
        {" FILTER lines", "lines", ST_DENIED},
        {" FILTER cut", "cut", ST_DENIED},
        {" FILTER a/b", "", ST_SYNTAX},
        {" FILTER", "", ST_SYNTAX},
        {" CHARSET iso-8859-1 FILTER one", "", ST_SYNTAX},
        {" CHARSET utf-8 FILTER one", "and(flag 4)", ST_OK},
    };
    const struct imap_filters filters = {find_filter, NULL};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena a = ARENA_INIT;
        struct imap_search s;
        struct memory m;
        struct buf got;

        buf_init(&got, 4096);
        CHECK_ST(memory_begin(&m, arena_printf(&a, "%s\r\n", cases[i].text)), ST_OK);
        m.lx.filters = &filters;
        CHECK_ST(imap_search_parse(&m.lx, &s), cases[i].st);
        if (cases[i].st == ST_OK)
            show(&got, s.key);
        else
            buf_add(&got, s.undefined_filter);
        CHECK_STR(buf_str(&got), str_z(cases[i].want));
        CHECK_ST(imap_filter_check(&m.lx, str_from(str_z(cases[i].text), 1)),
                 i < 10 ? ST_OK : ST_SYNTAX); /* what it names need not be there; no CHARSET in it */
        buf_fini(&got);
        memory_end(&m);
        arena_fini(&a);
    }
}
