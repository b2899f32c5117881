#include "errand/url.c"

#include "test.h"

TEST(addresses_of_pages)
{
    static const struct {
        const char *url, *host;
        unsigned port;
    } good[] = {
        {"https://mta-sts.example.com/.well-known/mta-sts.txt", "mta-sts.example.com", 0},
        {"HTTPS://A.Example/", "a.example", 0},
        {"https://a.test", "a.test", 0},
        {"https://a.test:8443/x?y=z#w", "a.test", 8443},
        {"https://a.test?x@y", "a.test", 0},
        {"https://a.test/@b.test:1/", "a.test", 0},
        {"https://xn--bcher-kva.example/", "xn--bcher-kva.example", 0},
        {"https://localhost/", "localhost", 0},
    };
    struct arena a = ARENA_INIT;

    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct url u = {0};

        CHECK_ST(url_read(&a, str_z(good[i].url), &u), ST_OK);
        CHECK_STR(u.host, str_z(good[i].host));
        CHECK_U64(u.port, good[i].port);
    }
    arena_fini(&a);
}

TEST(what_is_none)
{
    static const char *const bad[] = {"",
                                      "https",
                                      "https://",
                                      "https:///x",
                                      "http://a.test/",
                                      "file:///etc/passwd",
                                      "https://user@a.test/",
                                      "https://user:word@a.test/",
                                      "https://a.test\\@b.test/",
                                      "https://a.test /",
                                      "https://a.test/\r\nHost: b.test",
                                      "https://a.test/\xc3\xbc",
                                      "https://127.0.0.1/",
                                      "https://2130706433/",
                                      "https://0x7f.0.0.1/",
                                      "https://127.1/",
                                      "https://[::1]/",
                                      "https://a.test./",
                                      "https://.a.test/",
                                      "https://a..test/",
                                      "https://a_b.test/",
                                      "https://a%2etest/",
                                      "https://a.test:/",
                                      "https://a.test:0/",
                                      "https://a.test:65536/",
                                      "https://a.test:443x/",
                                      "https://a.test:443:1/"};
    struct arena a = ARENA_INIT;
    struct url u = {.port = 7};

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_ST(url_read(&a, str_z(bad[i]), &u), ST_SYNTAX);
    CHECK_U64(u.port, 7);
    arena_fini(&a);
}
