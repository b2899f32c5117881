#include "config/check.c"

#include "test.h"

#include <fcntl.h>

static struct config_errors errors;
static char dir[] = "/tmp/restante-check-XXXXXX";

/* Checks a file that has what it needs, with `more` behind it; gives the list as text. */
static struct str checked(struct arena *a, const char *head, const char *more)
{
    const struct settings *set = NULL;
    struct buf out;
    struct str text = arena_printf(
        a, "data %s/data run %s/run user { keeper 0 gate 0 box 0 courier 0 errand 0 resolver 0 control 0 }\n%s%s", dir,
        dir, head, more);
    struct str list;

    CHECK_ST(config_parse(text, "t", &set, &errors), ST_OK);
    CHECK((config_check(set, &errors) == ST_OK) == (errors.n == 0));
    buf_init(&out, 65536);
    config_errors_print(&errors, "t", &out);
    list = arena_str(a, buf_str(&out));
    buf_fini(&out);
    config_unref(set);
    return list;
}

static void touch(struct arena *a, const char *name)
{
    int fd = open(arena_printf(a, "%s/%s", dir, name).p, O_CREAT | O_WRONLY, 0600);

    CHECK(fd >= 0);
    close(fd);
}

static const char plain[] = "host_name a.test listener imap { security none }";

TEST(what_misses_something_else)
{
    struct arena a = ARENA_INIT;

    CHECK(mkdtemp(dir) != NULL);
    CHECK_STR(checked(&a, plain, ""), STR(""));
    CHECK_STR(checked(&a, "listener imap { security none }", ""),
              STR("t: host_name is missing: write host_name mail.example.org\n"));
    CHECK_STR(
        checked(&a, "host_name a.test listener imap { }", ""),
        STR("t:2:18: listener imap has security starttls, but there is no certificate: write tls { certificate FILE  "
            "key FILE }, or security none\n"));
    CHECK_STR(checked(&a, plain, "\nrelay_host b.test relay_security none"), STR(""));
    CHECK_STR(checked(&a, plain, "\nrelay_user x"), STR("")); /* of no host */
    CHECK(str_starts(checked(&a, plain, "\nauth_oauth_introspection https://id.test/"),
                     STR("t:3:26: auth_oauth_introspection: with neither auth_oauth_audience nor auth_oauth_scope")));
    CHECK_STR(checked(&a, plain, "\nauth_oauth_introspection https://id.test/ auth_oauth_audience x"), STR(""));
    CHECK_STR(checked(&a, plain, "\nauth_oauth_introspection https://id.test/ auth_oauth_scope x"), STR(""));
    CHECK_STR(checked(&a, plain, "\nauth_oauth_introspection https://id.test/ auth_oauth_any_token yes"), STR(""));
    CHECK_STR(checked(&a, plain, "\nadmin_contact mailto:help@example.test"), STR(""));
    CHECK_STR(checked(&a, plain, "\nadmin_contact help@example.test"),
              STR("t:3:15: admin_contact is a URI: write mailto:help@example.org, or tel: or https:\n"));
    CHECK_STR(checked(&a, plain, "\nadmin_contact \"mail to:x\""),
              STR("t:3:15: admin_contact is a URI: write mailto:help@example.org, or tel: or https:\n"));
    CHECK_STR(checked(&a, plain, "\nadmin_contact 1:x"),
              STR("t:3:15: admin_contact is a URI: write mailto:help@example.org, or tel: or https:\n"));
    CHECK_STR(checked(&a, plain, "\ncourier_source 192.0.2.1,2001:db8::1"), STR(""));
    CHECK_STR(checked(&a, plain, "\ncourier_source 192.0.2.1,192.0.2.2"),
              STR("t:3:16: courier_source: write one IPv4 address of this machine, one IPv6 address, or both\n"));
    CHECK_STR(checked(&a, plain, "\ncourier_source *"),
              STR("t:3:16: courier_source: write one IPv4 address of this machine, one IPv6 address, or both\n"));
    CHECK_STR(checked(&a, plain, "\ncourier_source ::"),
              STR("t:3:16: courier_source: write one IPv4 address of this machine, one IPv6 address, or both\n"));
    CHECK_STR(checked(&a, plain, "\nrelay_host b.test relay_security none relay_user x"),
              STR("t:3:50: relay_user: a password is not sent without TLS: write relay_security starttls, or tls\n"
                  "t:3:50: relay_user has no password: write relay_password_file /etc/restante/relay-password\n"));
    CHECK_STR(
        checked(&a, plain, "\nrelay_host b.test relay_ca /nowhere/ca relay_user x relay_password_file /nowhere/p"),
        STR("t:3:28: relay_ca /nowhere/ca: No such file or directory\n"
            "t:3:73: relay_password_file /nowhere/p: No such file or directory\n"));
    CHECK_STR(checked(&a, plain, "\nlistener b { protocol pop3 security none port 143 }"),
              STR("t:3:1: listeners imap and b want the same address and port 143\n"));
    arena_fini(&a);
}

TEST(what_is_not_in_the_world)
{
    struct arena a = ARENA_INIT;
    struct str tls = arena_printf(&a, "\ntls { certificate %s/cert key %s/key }", dir, dir);
    struct str file = arena_printf(&a, "\nresolver_root_hints %s/cert/x", dir);

    touch(&a, "cert");
    CHECK_STR(checked(&a, plain, tls.p), arena_printf(&a, "t:3:1: key %s/key: No such file or directory\n", dir));
    touch(&a, "key");
    CHECK_STR(checked(&a, plain, tls.p), STR(""));
    CHECK_STR(checked(&a, plain, file.p),
              arena_printf(&a, "t:3:21: resolver_root_hints %s/cert/x: Not a directory\n", dir));
    CHECK_STR(checked(&a, plain, arena_printf(&a, "\nweb_well_known %s", dir).p), STR(""));
    CHECK_STR(checked(&a, plain, arena_printf(&a, "\nweb_well_known %s/key", dir).p),
              arena_printf(&a, "t:3:16: web_well_known %s/key: not a directory\n", dir));
    CHECK_STR(checked(&a, plain, arena_printf(&a, "\nweb_well_known %s/none", dir).p),
              arena_printf(&a, "t:3:16: web_well_known %s/none: No such file or directory\n", dir));
    touch(&a, "data");
    CHECK_STR(checked(&a, plain, ""), arena_printf(&a, "t:1:6: data %s/data: %s/data is not a directory\n", dir, dir));
    unlink(arena_printf(&a, "%s/data", dir).p);
    unlink(arena_printf(&a, "%s/cert", dir).p);
    unlink(arena_printf(&a, "%s/key", dir).p);
    rmdir(dir);
    arena_fini(&a);
}

TEST(the_control_socket_fits_into_its_address)
{
    struct config_errors e;
    const struct settings *set = NULL;
    char text[200] = "control_socket /";

    memset(text + 16, 'x', 108);
    CHECK_ST(config_parse(str_z(text), "t", &set, &e), ST_OK);
    CHECK_ST(config_check(set, &e), ST_SYNTAX);
    CHECK(strstr(e.list[e.n - 1].text, "choose a shorter one") || strstr(e.list[1].text, "choose a shorter one"));
    config_unref(set);
}
