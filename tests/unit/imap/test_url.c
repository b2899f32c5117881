#include "test.h"

#include "imap/url.c"

static void all(const char *text, struct imap_url *u)
{
    static struct arena a;

    arena_reset(&a);
    CHECK_ST(imap_url_parse(&a, str_z(text), u), ST_OK);
}

TEST(a_path)
{
    struct imap_url u;

    all("/Drafts;UIDVALIDITY=385759045/;UID=20/;section=1.2.MIME/;PARTIAL=3.1024", &u);
    CHECK(!u.is_absolute && !u.access);
    CHECK_STR(u.mailbox, STR("Drafts"));
    CHECK(u.uidvalidity == 385759045 && u.uid == 20);
    CHECK_STR(u.section, STR("1.2.MIME"));
    CHECK(u.is_partial && u.from == 3 && u.most == 1024);
    all("/a/b%20c%2F%c3%a4/;uid=4294967295", &u);
    CHECK_STR(u.mailbox, STR("a/b c/\303\244"));
    CHECK(u.uid == 4294967295 && !u.section.n && !u.is_partial && !u.uidvalidity);
    all("/x/;UID=1/;SECTION=HEADER.FIELDS%20(To%20Cc)", &u);
    CHECK_STR(u.section, STR("HEADER.FIELDS (To Cc)"));
    all("/x/;UID=1/;PARTIAL=7", &u);
    CHECK(u.is_partial && u.from == 7 && u.most == UINT64_MAX && !u.section.n);
}

TEST(an_absolute_one)
{
    struct imap_url u;

    all("imap://joe%40home;AUTH=*@Mail.Example.com:143/INBOX/;uid=20/;section=1.2;urlauth="
        "submit+fred:internal:91354a473744909de610943775f92038",
        &u);
    CHECK(u.is_absolute && u.uid == 20 && u.access == URL_ACCESS_SUBMIT && !u.expires_us);
    CHECK_STR(u.user, STR("joe@home"));
    CHECK_STR(u.host, STR("Mail.Example.com"));
    CHECK_STR(u.section, STR("1.2"));
    CHECK_STR(u.access_user, STR("fred"));
    CHECK_STR(u.rump,
              STR("imap://joe%40home;AUTH=*@Mail.Example.com:143/INBOX/;uid=20/;section=1.2;urlauth=submit+fred"));
    CHECK_STR(u.mechanism, STR("internal"));
    CHECK_STR(u.token, STR("91354a473744909de610943775f92038"));
    all("imap://joe@[2001:db8::1]/INBOX/;UID=1;EXPIRE=2026-11-24T01:00:00.5+01:00;URLAUTH=anonymous", &u);
    CHECK_STR(u.host, STR("[2001:db8::1]"));
    CHECK_U64(u.expires_us, 1795478400 * UINT64_C(1000000));
    CHECK(u.access == URL_ACCESS_ANONYMOUS && !u.mechanism.n && !u.token.n);
    CHECK(str_ends(u.rump, STR("=anonymous")));
    all("imap://host/INBOX/;UID=1/;PARTIAL=0.5;EXPIRE=2026-11-24T00:00:00Z;URLAUTH=authuser", &u);
    CHECK(!u.user.n && u.most == 5 && u.access == URL_ACCESS_AUTHUSER);
    CHECK_U64(u.expires_us, 1795478400 * UINT64_C(1000000));
    all("imap://h/INBOX/;UID=1;URLAUTH=user+b%3Ab", &u);
    CHECK_STR(u.access_user, STR("b:b"));
}

TEST(what_is_none)
{
    static const char *const texts[] = {"",
                                        "/",
                                        "//",
                                        "INBOX",
                                        "INBOX/;UID=1",
                                        ";UID=1",
                                        "/;UID=1",
                                        "/INBOX",
                                        "/INBOX/",
                                        "/INBOX;UID=1",
                                        "/INBOX/;UID=",
                                        "/INBOX/;UID=0",
                                        "/INBOX/;UID=4294967296",
                                        "/INBOX/;UID=1x",
                                        "/INBOX/;UID=1/",
                                        "/INBOX/;UID=1/;SECTION=",
                                        "/INBOX/;UID=1;SECTION=1",
                                        "/INBOX/;UID=1/;PARTIAL=",
                                        "/INBOX/;UID=1/;PARTIAL=1.",
                                        "/INBOX/;UID=1/;PARTIAL=1.0",
                                        "/INBOX/;UID=1/;PARTIAL=0.1/;SECTION=1",
                                        "/INBOX;UIDVALIDITY=0/;UID=1",
                                        "/INBOX;UIDVALIDITY=1;UID=1",
                                        "/IN%BOX/;UID=1",
                                        "/IN%2/;UID=1",
                                        "/IN%",
                                        "/IN%00BOX/;UID=1",
                                        "/IN%0aBOX/;UID=1",
                                        "/IN BOX/;UID=1",
                                        "/IN\"BOX/;UID=1",
                                        "/IN\303\244/;UID=1",
                                        "/IN%c3/;UID=1",
                                        "/INBOX?SUBJECT%20x",
                                        "//host/INBOX/;UID=1",
                                        "http://host/INBOX/;UID=1",
                                        "imap://",
                                        "imap:///INBOX/;UID=1",
                                        "imap://user@/INBOX/;UID=1",
                                        "imap://host",
                                        "imap://host/",
                                        "imap://host//INBOX/;UID=1",
                                        "imap://host:x/INBOX/;UID=1",
                                        "imap://host:123456/INBOX/;UID=1",
                                        "imap://a b@host/INBOX/;UID=1",
                                        "imap://a;X=1@host/INBOX/;UID=1",
                                        "/INBOX/;UID=1;EXPIRE=2026-11-24T00:00:00Z",
                                        "/INBOX/;UID=1;EXPIRE=2026-02-30T00:00:00Z;URLAUTH=anonymous",
                                        "/INBOX/;UID=1;EXPIRE=2026-11-24 00:00:00Z;URLAUTH=anonymous",
                                        "/INBOX/;UID=1;EXPIRE=2026-11-24T00:00:00;URLAUTH=anonymous",
                                        "/INBOX/;UID=1;URLAUTH=",
                                        "/INBOX/;UID=1;URLAUTH=everybody",
                                        "/INBOX/;UID=1;URLAUTH=user+",
                                        "/INBOX/;UID=1;URLAUTH=anonymous:",
                                        "/INBOX/;UID=1;URLAUTH=anonymous:INTERNAL",
                                        "/INBOX/;UID=1;URLAUTH=anonymous:INTERNAL:",
                                        "/INBOX/;UID=1;URLAUTH=anonymous:INTERNAL:91354a473744909de610943775f9203",
                                        "/INBOX/;UID=1;URLAUTH=anonymousx",
                                        "/INBOX/;UID=1;URLAUTH=anonymous::91354a473744909de610943775f92038",
                                        "/INBOX/;UID=1;URLAUTH=anonymous:INTER NAL:91354a473744909de610943775f92038",
                                        "/INBOX/;UID=1;URLAUTH=anonymous:INTERNAL:91354a473744909de610943775f9203g",
                                        "/INBOX/;UID=1;URLAUTH=anonymous;EXPIRE=2026-11-24T00:00:00Z"};
    struct arena a = ARENA_INIT;
    struct imap_url u;

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (imap_url_parse(&a, str_z(texts[i]), &u) != ST_SYNTAX) {
            printf("# %s\n", texts[i]);
            CHECK(!"taken");
        }
    arena_fini(&a);
}

/* Cut at each place, in memory of that size. */
TEST(cut_ones)
{
    static const char whole[] =
        "imap://joe%40x;AUTH=*@mail.test:143/a%20b;UIDVALIDITY=3/;UID=20/;SECTION=1.2/;PARTIAL=1.2;EXPIRE="
        "2026-11-24T00:00:00+01:00;URLAUTH=submit+fred:internal:91354a473744909de610943775f92038";
    struct arena a = ARENA_INIT;
    struct imap_url u;
    size_t good = 0;

    for (size_t n = 0; n < sizeof whole; n++) {
        char *p = mem_new(n + 1);

        memcpy(p, whole, n);
        good += imap_url_parse(&a, str_n(p, n), &u) == ST_OK;
        mem_free(p);
    }
    CHECK_U64(good, 13); /* behind each digit of UID and PARTIAL, in SECTION, behind each letter of the user, all */
    arena_fini(&a);
}
