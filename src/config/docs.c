/* docs/settings.md from the rows. A table row a setting; the words of a choice stand in its text. */
#include "config/field.h"

/* The headings of settings.def between its rows, by name. */
static const struct heading {
    const char *title, *text; /* title NULL: a row */
    const char *name;
} outline[] = {
#define SECTION(title, text) {title, text, NULL},
#define SET(type, name, def, min, max, reload, text) {NULL, NULL, #name},
#define SET_CHOICE(choice, name, def, reload, text) {NULL, NULL, #name},
#include "config/settings.def"
#undef SECTION
#undef SET
#undef SET_CHOICE
};

static const char table_head[] = "| name | value | default | meaning |\n|---|---|---|---|\n";

/* "|" would end a cell. */
static void cell(struct buf *out, const char *z)
{
    for (; *z; z++) {
        if (*z == '|')
            buf_addc(out, '\\');
        buf_addc(out, *z);
    }
}

static void value_cell(struct buf *out, const struct field *f)
{
    static const char *const kinds[] = {
        [KIND_bool] = "`yes` or `no`", [KIND_u32] = "number",        [KIND_u64] = "number",
        [KIND_size] = "size",          [KIND_duration] = "duration", [KIND_str] = "text",
        [KIND_path] = "path",          [KIND_host] = "host name",    [KIND_addresses] = "addresses",
        [KIND_servers] = "servers",    [KIND_networks] = "networks",
    };

    if (f->kind == KIND_choice) {
        for (size_t i = 0; i < f->choices->n; i++)
            buf_addf(out, "%s`%s`", i ? ", " : "", f->choices->list[i].word);
        return;
    }
    buf_addz(out, kinds[f->kind]);
    if (strcmp(f->min, "\"\"") == 0)
        buf_addz(out, ", or empty");
    else if (strcmp(f->min, "-") != 0)
        buf_addf(out, ", %s to %s", f->min, f->max);
}

static void row(struct buf *out, const struct field *f)
{
    buf_addf(out, "| `%s` | ", f->name);
    value_cell(out, f);
    buf_addf(out, " | %s%s%s | ", *f->def ? "`" : "", f->def, *f->def ? "`" : "");
    cell(out, f->text);
    for (size_t i = 0; f->choices && i < f->choices->n; i++)
        buf_addf(out, "%s `%s`: %s", i ? ";" : "", f->choices->list[i].word, f->choices->list[i].text);
    buf_addf(out, "%s%s |\n", f->choices ? "." : "", f->reload ? "" : " *Restart.*");
}

static void block(struct buf *out, const struct field_table *t, const char *head, const char *text)
{
    buf_addf(out, "\n## `%s`\n\n%s\n\n%s", head, text, table_head);
    for (size_t i = 0; i < t->n; i++)
        row(out, &t->list[i]);
}

static void standard_ports(struct buf *out)
{
    buf_addz(out, "\n| name | protocol | security | port |\n|---|---|---|---|\n");
#define PORT(name, protocol, security, port, use)                                                                      \
    buf_addf(out, "| `%s` | %s | %s | %d |\n", name, config_protocol_name(protocol), config_security_name(security),   \
             port);
#include "config/ports.def"
#undef PORT
}

void config_docs(struct buf *out)
{
    buf_addz(
        out,
        "# Settings\n\n"
        "One file, by default `/etc/restante/restante.conf`. This page is made from the rows in\n"
        "`src/config/settings.def` by `tools/gen_docs`; change them, not it.\n\n"
        "```\n"
        "host_name mail.example.org          # a comment\n"
        "tls { certificate /etc/restante/tls/cert.pem  key /etc/restante/tls/key.pem }\n"
        "listener imaps { address 192.0.2.1,2001:db8::1 }\n"
        "smtp { max_recipients 500  max_message_size 30M }\n"
        "```\n\n"
        "A setting is its name and a value on the same line; a line may hold several. Text with blanks, braces or\n"
        "`#` goes into `\"quotes\"` (`\\\"` and `\\\\` inside). `smtp { max_recipients 500 }` is the same as\n"
        "`smtp_max_recipients 500`. Sizes: `512`, `64K`, `50M`, `2G`. Durations: `50ms`, `30s`, `5m`, `4h`, `5d`.\n"
        "Addresses and servers: several with commas between, or the setting repeated.\n\n"
        "`restante check-config` tells all that is wrong. `restante reload` (or SIGHUP) takes changes over; those\n"
        "marked *Restart* wait for the next start.\n");
    for (size_t i = 0; i < ARRAY_LEN(outline); i++) {
        const struct heading *h = &outline[i];

        if (h->title)
            buf_addf(out, "\n## %s\n\n%s%s%s", h->title, h->text, *h->text ? "\n\n" : "", table_head);
        else
            row(out, field_find(&fields_top, str_z(h->name)));
    }
    block(out, &fields_listener, "listener NAME { }",
          "A place where connections are accepted. Without any (one for `metrics` aside) the standard ports below are\n"
          "opened on all addresses, but those for metrics. A listener with one of their names has that protocol, "
          "security\n"
          "and port, and for `http` and `https` `required no`, unless it says otherwise; any other must name its "
          "protocol.\n"
          "What is not required is left out, with a line in the log, where another program has its port.");
    standard_ports(out);
    block(
        out, &fields_tls, "tls { }",
        "A certificate with its key. Several may be given; the names in each say which host it serves, and the first\n"
        "serves clients that name none of them.");
    block(out, &fields_zone, "dns_zone NAME { }", "A zone that is asked of servers of its own.");
    block(out, &fields_trusted, "trusted_network NAME { }",
          "Printers and programs that can't log in: who connects from there to an smtp or submission listener may send "
          "to\n"
          "everybody, and counts as an account of this server. Of several that an address is in the smallest holds. A "
          "login\n"
          "goes before it. On an smtp listener a sender who is not allowed is a stranger like others, who reaches our "
          "own\n"
          "domains only; on a submission listener he is refused. Whoever can use an address of such a network can send "
          "in its\n"
          "account's name.");
}
