/* The records that depend on as what a domain's letters leave. */
#include "doctor/wants.c"

#include "config/config.h"
#include "test.h"

static struct str value_of(const struct want *w, size_t n, enum want_kind kind, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (w[i].kind == kind && str_eq(w[i].name, str_z(name)))
            return w[i].value;
    return STR("(none)");
}

TEST(senders_are_named)
{
    static const struct addr own = {.family = 4, .bytes = {5, 6, 7, 1}},
                             four = {.family = 4, .bytes = {5, 6, 7, 7}},
                             six = {.family = 6, .bytes = {0x2a, 1, [15] = 7}},
                             inside = {.family = 4, .bytes = {10, 0, 0, 7}};
    static struct config_errors errors;
    struct arena a = ARENA_INIT;
    struct facts f = {.domain = STR("d.test"),
                      .host = STR("mail.test"),
                      .user_host = STR("mail.test"),
                      .ehlo = STR("mail.test"),
                      .addresses = {own},
                      .n_addresses = 1};
    struct want *w;
    struct buf zone;
    size_t n;

    CHECK_ST(config_parse(STR("host_name mail.test"), "t", &f.set, &errors), ST_OK);
    w = wants_of(&a, &f, &n);
    CHECK_STR(value_of(w, n, WANT_KIND_SPF, "d.test"), STR("v=spf1 mx ~all"));
    CHECK_STR(value_of(w, n, WANT_KIND_HOST_SPF, "mail.test"), STR("v=spf1 a -all"));

    f.sources[0] = inside; /* the world sees another one */
    f.n_sources = 1;
    w = wants_of(&a, &f, &n);
    CHECK_STR(value_of(w, n, WANT_KIND_SPF, "d.test"), STR("v=spf1 mx ~all"));

    f.sources[0] = four;
    f.sources[1] = six;
    f.n_sources = 2;
    w = wants_of(&a, &f, &n);
    CHECK_STR(value_of(w, n, WANT_KIND_SPF, "d.test"), STR("v=spf1 mx ip4:5.6.7.7 ip6:2a01::7 ~all"));
    CHECK_STR(value_of(w, n, WANT_KIND_HOST_SPF, "mail.test"), STR("v=spf1 a ip4:5.6.7.7 ip6:2a01::7 -all"));

    f.ehlo = STR("out.test");
    w = wants_of(&a, &f, &n);
    CHECK_STR(value_of(w, n, WANT_KIND_HOST_SPF, "mail.test"), STR("v=spf1 a -all"));
    CHECK_STR(value_of(w, n, WANT_KIND_HOST_SPF, "out.test"), STR("v=spf1 a ip4:5.6.7.7 ip6:2a01::7 -all"));
    CHECK_STR(value_of(w, n, WANT_KIND_HOST, "out.test"), STR("5.6.7.7"));
    CHECK_STR(value_of(w, n, WANT_KIND_HOST, "mail.test"), STR("5.6.7.1"));
    buf_init(&zone, 1 << 20);
    wants_print(&f, w, n, &zone);
    CHECK(str_search(buf_str(&zone), STR("; 1.7.6.5.in-addr.arpa. 3600 IN PTR mail.test.\n")) < zone.n);
    CHECK(str_search(buf_str(&zone), STR("; 7.7.6.5.in-addr.arpa. 3600 IN PTR out.test.\n")) < zone.n);
    buf_fini(&zone);

    f.n_sources = 0;
    w = wants_of(&a, &f, &n);
    CHECK_STR(value_of(w, n, WANT_KIND_HOST, "out.test"), STR("5.6.7.1"));
    f.ehlo = f.domain;
    w = wants_of(&a, &f, &n);
    CHECK_STR(value_of(w, n, WANT_KIND_HOST_SPF, "d.test"), STR("(none)"));
    config_unref(f.set);
    arena_fini(&a);
}
