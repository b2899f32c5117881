#include "config/parse.c"

#include "config/field.h"
#include "test.h"

static struct config_errors errors;

static const struct settings *good(const char *text)
{
    const struct settings *set = NULL;

    CHECK_ST(config_parse(str_z(text), "t", &set, &errors), ST_OK);
    return set;
}

/* The text must be refused, and the whole list read as `want`. */
static void bad(const char *text, const char *want)
{
    const struct settings *set = NULL;
    struct buf out;

    CHECK_ST(config_parse(str_z(text), "t", &set, &errors), ST_SYNTAX);
    CHECK(set == NULL);
    buf_init(&out, 65536);
    config_errors_print(&errors, "t", &out);
    CHECK_STR(buf_str(&out), str_z(want));
    buf_fini(&out);
}

TEST(an_empty_file_gives_the_defaults_and_the_standard_ports)
{
    static const uint16_t want[] = {25, 587, 465, 143, 993, 110, 995, 80, 443};
    const struct settings *set = good("");

    CHECK_U64(set->smtp_max_message_size, 50 << 20);
    CHECK_U64(set->imap_idle_timeout, 1800000);
    CHECK_STR(set->recipient_delimiter, STR("+"));
    CHECK_STR(set->control_socket, STR("/run/restante/control"));
    CHECK_U64(set->listener_count, ARRAY_LEN(want));
    for (size_t i = 0; i < set->listener_count; i++) {
        const struct config_listener *l = &set->listeners[i];

        CHECK_U64(l->port, want[i]);
        CHECK_U64(l->address.n, 2);
        CHECK(l->address.v[0].sa.sa_family == AF_INET && ntohs(l->address.v[0].in.sin_port) == want[i]);
        CHECK(l->address.v[1].sa.sa_family == AF_INET6 && ntohs(l->address.v[1].in6.sin6_port) == want[i]);
        CHECK(l->address.v[0].optional && l->address.v[1].optional);
        CHECK(l->required == (l->protocol != PROTOCOL_HTTP));
    }
    CHECK(set->listeners[2].security == SECURITY_TLS && set->listeners[2].protocol == PROTOCOL_SUBMISSION);
    config_unref(set);
}

TEST(settings_blocks_and_prefixes)
{
    const struct settings *set = good("host_name mail.example.test # words\n"
                                      "data \"/srv/my mail\"  cores 2\r\n"
                                      "smtp { max_recipients 500\n command_timeout 30s }\n"
                                      "tls { certificate /a.pem key \"/b \\\"q\\\".pem\" }\n"
                                      "dns_zone example.test { server 127.0.0.1@5353,::1 }\n"
                                      "sandbox required\n");

    CHECK_STR(set->host_name, STR("mail.example.test"));
    CHECK_STR(set->data, STR("/srv/my mail"));
    CHECK_U64(set->cores, 2);
    CHECK_U64(set->smtp_max_recipients, 500);
    CHECK_U64(set->smtp_command_timeout, 30000);
    CHECK_U64(set->tls_count, 1);
    CHECK_STR(set->tls[0].key, STR("/b \"q\".pem"));
    CHECK_U64(set->zone_count, 1);
    CHECK_STR(set->zones[0].name, STR("example.test"));
    CHECK_U64(set->zones[0].server.n, 2);
    CHECK_U64(ntohs(set->zones[0].server.v[0].in.sin_port), 5353);
    CHECK_U64(ntohs(set->zones[0].server.v[1].in6.sin6_port), 53);
    CHECK(set->sandbox == SANDBOX_REQUIRED);
    config_unref(set);
}

TEST(listeners_named_and_not)
{
    const struct settings *set = good("listener imaps { port 10993 address 127.0.0.1 address ::1 }\n"
                                      "listener { protocol pop3 security none address 192.0.2.1 plaintext_auth yes }\n"
                                      "listener out { protocol submission security tls }");

    CHECK_U64(set->listener_count, 3);
    CHECK(set->listeners[0].protocol == PROTOCOL_IMAP && set->listeners[0].security == SECURITY_TLS);
    CHECK_U64(set->listeners[0].port, 10993);
    CHECK_U64(set->listeners[0].address.n, 2);
    CHECK_U64(ntohs(set->listeners[0].address.v[1].in6.sin6_port), 10993);
    CHECK(!set->listeners[0].address.v[0].optional);
    CHECK_STR(set->listeners[1].name, STR("listener-2"));
    CHECK_U64(set->listeners[1].port, 110);
    CHECK(set->listeners[1].plaintext_auth);
    CHECK_U64(set->listeners[2].port, 465);
    config_unref(set);
}

TEST(errors_say_where_what_and_what_instead)
{
    bad("smtp_max_recipient 5\n",
        "t:1:1: \"smtp_max_recipient\" is not a setting: did you mean smtp_max_recipients?\n");
    bad("smtp { max_recipient 5 }\n",
        "t:1:8: \"max_recipient\" is not a setting of this block: did you mean max_recipients?\n");
    bad("\n  cores many\n", "t:2:9: \"many\" does not fit: cores takes a number\n");
    bad("smtp_max_recipients 1\n", "t:1:21: 1 is below the minimum of smtp_max_recipients, which is 100\n");
    bad("smtp_max_message_size 101M\n", "t:1:23: 101M is above the maximum of smtp_max_message_size, which is 100M\n");
    bad("stop_grace 5\n", "t:1:12: \"5\" does not fit: stop_grace takes a duration such as 50ms, 30s, 5m, 4h or 5d\n");
    bad("sandbox maybe\n", "t:1:9: \"maybe\" does not fit: sandbox takes required, on or off-for-debugging\n");
    bad("data var/lib\n", "t:1:6: \"var/lib\" does not fit: data takes a path that begins with /\n");
    bad("data \"\"\n", "t:1:6: \"\" does not fit: data takes a path that begins with /\n");
    bad("host_name -x\n", "t:1:11: \"-x\" does not fit: host_name takes a host name such as mail.example.org\n");
    bad("cores\ngates 2\n", "t:1:1: cores has no value: write a number behind it, on the same line\n");
    bad("cores 1\ncores 2\n", "t:2:7: cores is set already in line 1: keep one of the two\n");
    bad("tls { min_version 1.3 certificate /a key /b }\n",
        "t:1:7: \"min_version\" is not a setting of this block: write tls_min_version outside of it\n");
    bad("tls { key /b }\n", "t:1:1: this tls block has no certificate: write certificate FILE\n");
    bad("listener a { port 1 }\n",
        "t:1:1: this listener has no protocol: write protocol smtp, submission, imap, pop3, http or metrics\n");
    bad("listener imap { address 300.1.1.1 }\n", "t:1:25: \"300.1.1.1\" does not fit: address takes an IPv4 or IPv6 "
                                                 "address, or *; several with commas between\n");
    bad("listener imap { address \"\" }\n", "t:1:1: this listener has no address: write address * for all of them\n");
    bad("listener imap {\n", "t:1:1: this block has no closing brace: write } at its end\n");
    bad("listener imap { } listener imap { port 7 }\n",
        "t:1:19: there are two listeners named imap: give them different names\n");
    bad("}\n", "t:1:1: a } that belongs to nothing: remove it, or name its block\n");
    bad("data \"/a\n", "t:1:6: a closing quote (\") is missing on this line\n");
    bad("data /a#b\n", "t:1:6: \" or # in the middle of a word: put the whole word into \"quotes\"\n");
    bad("data /\xff\n", "t:1:6: bytes that are not UTF-8: save the file as UTF-8\n");
    bad("recipient_delimiter \xc3\xa4 data x\n", "t:1:28: \"x\" does not fit: data takes a path that begins with /\n");
    bad("xyzzyxyzzy 1\n", "t:1:1: \"xyzzyxyzzy\" is not a setting: docs/settings.md lists them\n");
    bad("dns_zone { }\n", "t:1:1: a dns_zone block needs the name of its zone: dns_zone example.test { ... }\n");
    bad("dns_zone z { }\n", "t:1:1: this dns_zone has no server: write server ADDRESS or server ADDRESS@PORT\n");
}

TEST(listeners_of_the_web)
{
    const struct settings *set = good("listener http { port 8080 }\nlistener https { required yes }\n"
                                      "listener w { protocol http address 127.0.0.1 security tls }\n"
                                      "listener m { protocol metrics }\nlistener metrics { address * port 1 }\n");
    const struct config_listener *l = set->listeners;

    CHECK_U64(set->listener_count, 5);
    CHECK(l[0].protocol == PROTOCOL_HTTP && l[0].security == SECURITY_NONE && l[0].port == 8080 && !l[0].required);
    CHECK(l[1].security == SECURITY_TLS && l[1].port == 443 && l[1].required);
    CHECK(l[2].security == SECURITY_TLS && l[2].port == 443 && l[2].required);
    CHECK(l[3].security == SECURITY_NONE && l[3].port == 9815 && l[3].address.n == 1);
    CHECK(l[3].address.v[0].in.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
    CHECK_U64(ntohs(l[3].address.v[0].in.sin_port), 9815);
    CHECK(l[4].protocol == PROTOCOL_METRICS && l[4].address.n == 2);
    config_unref(set);
    bad("listener http { security starttls }\n", "t:1:1: http has no STARTTLS: write security tls, or security none\n");
}

TEST(a_listener_for_figures_leaves_the_standard_ports)
{
    const struct settings *set = good("listener metrics { }\n");

    CHECK_U64(set->listener_count, 10);
    CHECK(set->listeners[0].protocol == PROTOCOL_METRICS && set->listeners[1].port == 25);
    config_unref(set);
}

TEST(all_errors_are_found_in_the_order_of_the_file)
{
    bad("coers 1\nxsmtp { a 1 b 2 }\ngates x\nlistener { port y }\n",
        "t:1:1: \"coers\" is not a setting: did you mean cores?\n"
        "t:2:1: \"xsmtp\" is not a setting: docs/settings.md lists them\n"
        "t:3:7: \"x\" does not fit: gates takes a number\n"
        "t:4:1: this listener has no protocol: write protocol smtp, submission, imap, pop3, http or metrics\n"
        "t:4:17: \"y\" does not fit: port takes a number\n");
}

TEST(more_errors_than_the_list_holds_are_counted)
{
    const struct settings *set = NULL;
    char text[200] = "";

    for (int i = 0; i < 30; i++)
        strcat(text, "q 1\n");
    CHECK_ST(config_parse(str_z(text), "t", &set, &errors), ST_SYNTAX);
    CHECK_U64(errors.n, CONFIG_ERRORS_MAX);
    CHECK_U64(errors.more, 10);
}

static const char whole[] = "host_name mail.example.test\n"
                            "listener smtp { address 0.0.0.0,::1  port 25  max_connections 1000 }\n"
                            "tls { certificate /c.pem  key \"/k .pem\" } # end\n"
                            "dns_zone a.test { server 127.0.0.1@5353 type stub dnssec no }\n"
                            "smtp { max_recipients 500 max_message_size 20M }\n";

TEST(a_file_cut_at_any_byte_is_refused_or_taken_but_never_half)
{
    for (size_t cut = 0; cut < sizeof whole; cut++) {
        const struct settings *set = NULL;
        char *copy = mem_new(cut);
        enum st st;

        memcpy(copy, whole, cut);
        st = config_parse(str_n(copy, cut), "t", &set, &errors);
        CHECK((st == ST_OK) == (set != NULL));
        CHECK((st == ST_OK) == (errors.n == 0));
        mem_free(copy);
        config_unref(set);
    }
}

TEST(any_byte_may_be_wrong)
{
    static const char odd[] = {0, '\n', '"', '{', '}', '#', '\\', ',', '@', '*', (char)0xff, 'z', '0'};

    for (size_t at = 0; at < sizeof whole - 1; at++) {
        for (size_t i = 0; i < sizeof odd; i++) {
            const struct settings *set = NULL;
            char copy[sizeof whole];
            enum st st;

            memcpy(copy, whole, sizeof copy);
            copy[at] = odd[i];
            st = config_parse(str_n(copy, sizeof copy - 1), "t", &set, &errors);
            CHECK((st == ST_OK) == (errors.n == 0));
            config_unref(set);
        }
    }
}

TEST(a_file_that_is_too_large_is_refused)
{
    const struct settings *set = NULL;
    char *text = mem_new(LIMIT_CONFIG + 1);

    memset(text, '\n', LIMIT_CONFIG + 1);
    CHECK_ST(config_parse(str_n(text, LIMIT_CONFIG + 1), "t", &set, &errors), ST_SYNTAX);
    CHECK_ST(config_parse(str_n(text, LIMIT_CONFIG), "t", &set, &errors), ST_OK);
    config_unref(set);
    mem_free(text);
}

TEST(blocks_are_bounded)
{
    const struct settings *set = NULL;
    struct buf text;

    buf_init(&text, 65536);
    for (int i = 0; i < BLOCKS_MAX + 1; i++)
        buf_addf(&text, "listener l%d { protocol smtp port %d }\n", i, i + 1);
    CHECK_ST(config_parse(buf_str(&text), "t", &set, &errors), ST_SYNTAX);
    CHECK_U64(errors.n, 1);
    buf_fini(&text);
}
