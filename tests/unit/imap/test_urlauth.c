#include "test.h"

#include "imap/urlauth.c"

static struct imap_url parsed(struct arena *a, const char *text)
{
    struct imap_url u;

    CHECK_ST(imap_url_parse(a, str_z(text), &u), ST_OK);
    return u;
}

TEST(a_token_is_good_for_its_key_and_its_rump)
{
    static const char *const others[] = {"imap://j@h/INBOX/;UID=2;URLAUTH=anonymous",
                                         "imap://j@H/INBOX/;UID=1;URLAUTH=anonymous",
                                         "imap://j@h/INBOX/;UID=1;URLAUTH=authuser"};
    unsigned char key[MAIL_URL_KEY_BYTES] = {1, 2, 3}, other[MAIL_URL_KEY_BYTES] = {1, 2, 4};
    char token[URLAUTH_TOKEN_CHARS];
    struct arena a = ARENA_INIT;
    struct imap_url u = parsed(&a, "imap://j@h/INBOX/;UID=1;URLAUTH=anonymous");

    /* of Python's hmac module */
    urlauth_token(key, u.rump, token);
    CHECK_STR(str_n(token, sizeof token), STR("01646324bf0c587f2575bcd53a8f59832c5896147318f88c111d8c063f418aa302"));
    u.token = str_n(token, sizeof token);
    CHECK(urlauth_is_good(key, &u));
    CHECK(!urlauth_is_good(other, &u));
    for (size_t i = 0; i < sizeof token; i++) {
        token[i] ^= 1;
        CHECK(!urlauth_is_good(key, &u));
        token[i] ^= 1;
    }
    for (size_t n = 0; n < sizeof token; n++) {
        u.token.n = n;
        CHECK(!urlauth_is_good(key, &u));
    }
    u.token = arena_printf(&a, "%.*s00", (int)sizeof token, token);
    CHECK(!urlauth_is_good(key, &u));
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        struct imap_url o = parsed(&a, others[i]);

        o.token = str_n(token, sizeof token);
        CHECK(!urlauth_is_good(key, &o));
    }
    arena_fini(&a);
}

TEST(who_may_use_it)
{
    static const struct {
        const char *text, *login;
        bool may;
    } rows[] = {
        {"imap://j@h/INBOX/;UID=1;URLAUTH=anonymous", "ann@a.test", true},
        {"imap://j@h/INBOX/;UID=1;URLAUTH=authuser", "ann@a.test", true},
        {"imap://j@h/INBOX/;UID=1;URLAUTH=user+Ann%40a.test", "ann@a.test", true},
        {"imap://j@h/INBOX/;UID=1;URLAUTH=user+ann", "ann@a.test", false},
        {"imap://j@h/INBOX/;UID=1;URLAUTH=user+ann%40a.test", "ann@a.tes", false},
        {"imap://j@h/INBOX/;UID=1;URLAUTH=submit+ann%40a.test", "ann@a.test", false},
        {"imap://j@h/INBOX/;UID=1", "j", false},
        {"imap://j@h/INBOX/;UID=1;EXPIRE=2026-11-24T00:00:00Z;URLAUTH=anonymous", "ann@a.test", true},
        {"imap://j@h/INBOX/;UID=1;EXPIRE=2026-11-23T23:59:59Z;URLAUTH=anonymous", "ann@a.test", false},
    };
    struct arena a = ARENA_INIT;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct imap_url u = parsed(&a, rows[i].text);

        CHECK(urlauth_may(&u, str_z(rows[i].login), 1795478400 * UINT64_C(1000000)) == rows[i].may);
    }
    arena_fini(&a);
}
