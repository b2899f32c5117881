#include "config/diff.c"

#include "test.h"

static struct config_errors errors;

static const struct settings *parse(struct str text)
{
    const struct settings *set = NULL;

    CHECK_ST(config_parse(text, "t", &set, &errors), ST_OK);
    return set;
}

TEST(a_change_knows_whether_it_needs_a_restart)
{
    const struct settings *a =
        parse(STR("cores 1 tls { certificate /a key /b } listener imap { } listener x { protocol pop3 }"
                  "dns_zone z { server ::1 }"));
    const struct settings *b = parse(STR("cores 2 smtp_max_recipients 200 tls { certificate /a key /c }"
                                         "listener imap { max_connections 5 } listener y { protocol pop3 }"
                                         "dns_zone z { server ::2 }"));
    static const struct {
        const char *kind, *name;
        bool restart;
    } want[] = {
        {"setting", "cores", true},  {"setting", "smtp_max_recipients", false},
        {"listener", "imap", false}, {"listener", "x", true},
        {"listener", "y", true},     {"tls", "tls", false},
        {"dns_zone", "z", true},
    };
    struct config_change got[16];

    CHECK_U64(config_diff(a, b, got, ARRAY_LEN(got)), ARRAY_LEN(want));
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        CHECK_STR(str_z(got[i].kind), str_z(want[i].kind));
        CHECK_STR(got[i].name, str_z(want[i].name));
        CHECK(got[i].needs_restart == want[i].restart);
    }
    CHECK_U64(config_diff(a, b, got, 1), ARRAY_LEN(want));
    CHECK_U64(config_diff(a, a, got, 1), 0);
    config_unref(a);
    config_unref(b);
}

TEST(a_printed_snapshot_parses_to_an_equal_one)
{
    const struct settings *a = parse(STR("host_name a.test data \"/x y\" quota_default 1500 listener \"odd \\\" name\""
                                         "{ protocol imap address *,127.0.0.1 port 5 } dns_zone z { server ::1 }"));
    const struct settings *b;
    struct buf text;

    for (int all = 0; all < 2; all++) {
        buf_init(&text, 65536);
        config_print(a, all, &text);
        b = parse(buf_str(&text));
        CHECK_U64(config_diff(a, b, NULL, 0), 0);
        config_unref(b);
        buf_fini(&text);
    }
    config_unref(a);
}

TEST(a_snapshot_lives_until_its_last_reference_goes)
{
    const struct settings *a = parse(STR("host_name a.test"));

    CHECK(config_ref(a) == a);
    config_unref(a);
    CHECK_STR(a->host_name, STR("a.test"));
    config_unref(a);
    config_unref(NULL);
}
