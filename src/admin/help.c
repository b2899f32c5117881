/* Help and manual, from the rows. */
#include "admin/admin.h"

#include "admin/command.h"

static void command_line(const struct admin_command *c, struct buf *out)
{
    buf_addf(out, "  restante %s%s%s%s%s\n      %s\n", c->noun, c->verb[0] ? " " : "", c->verb, c->args[0] ? " " : "",
             c->args, c->help);
}

static void option_lines(const struct admin_command *c, struct buf *out)
{
    const struct admin_option *o;
    struct str list = str_z(c->options), part;
    size_t n;

    o = admin_options(&n);
    while (str_split(&list, ' ', &part))
        for (size_t i = 0; i < n; i++)
            if (str_eq(part, str_z(o[i].name)))
                buf_addf(out, "    --%s%s%s\n        %s\n", o[i].name, o[i].value[0] ? " " : "", o[i].value, o[i].help);
}

static void common_options(struct buf *out)
{
    size_t n;
    const struct admin_option *o = admin_options(&n);

    buf_addz(out, "\nWith every command:\n");
    for (size_t i = 0; i < n; i++)
        if (admin_option_is_common(o[i].name))
            buf_addf(out, "  --%s%s%s\n      %s\n", o[i].name, o[i].value[0] ? " " : "", o[i].value, o[i].help);
}

static void exits(struct buf *out)
{
    buf_addz(out, "\nExit status:\n");
#define EXIT(name, code, text) buf_addf(out, "  %d  %s\n", code, text);
#include "admin/exit.def"
#undef EXIT
}

void admin_help_verbs(struct str noun, struct buf *out)
{
    size_t count;
    const struct admin_command *c = admin_commands(&count);

    for (size_t i = 0; i < count; i++)
        if (str_eq(noun, str_z(c[i].noun)) && !(c[i].flags & CMD_INSIDE))
            command_line(&c[i], out);
}

void admin_help(const struct str *words, size_t n, struct buf *out)
{
    size_t count, shown = 0;
    const struct admin_command *c = admin_commands(&count);

    for (size_t i = 0; i < count; i++) {
        if ((n > 0 && !str_eq(words[0], str_z(c[i].noun))) || (c[i].flags & CMD_INSIDE))
            continue;
        if (n > 1 && !str_eq(words[1], str_z(c[i].verb)))
            continue;
        if (n == 0 && i > 0 && strcmp(c[i].noun, c[i - 1].noun) != 0 && c[i - 1].verb[0])
            buf_addc(out, '\n');
        command_line(&c[i], out);
        if (n > 0)
            option_lines(&c[i], out);
        shown++;
    }
    if (shown == 0 && n > 1) { /* what stood behind a command of one word */
        admin_help(words, 1, out);
        return;
    }
    if (shown == 0)
        buf_addz(out, "There is no such command; restante help lists them.\n");
    if (n == 0) {
        common_options(out);
        exits(out);
    }
}

static void roff(struct buf *out, const char *text)
{
    for (const char *p = text; *p; p++) {
        if (*p == '-' || *p == '\\')
            buf_addc(out, '\\');
        if ((*p == '.' || *p == '\'') && p == text)
            buf_addz(out, "\\&");
        buf_addc(out, *p);
    }
}

static void roff_option(struct buf *out, const struct admin_option *o)
{
    buf_addz(out, ".TP\n\\fB\\-\\-");
    roff(out, o->name);
    buf_addz(out, "\\fR");
    if (o->value[0])
        buf_addf(out, " \\fI%s\\fR", o->value);
    buf_addc(out, '\n');
    roff(out, o->help);
    buf_addc(out, '\n');
}

void admin_manual(struct buf *out)
{
    size_t n, n_options;
    const struct admin_command *c = admin_commands(&n);
    const struct admin_option *o = admin_options(&n_options);

    buf_addz(
        out,
        ".\\\" Made from the rows of src/admin by gen_docs; do not edit.\n.TH RESTANTE 1\n.SH NAME\nrestante \\- "
        "a mail server, and its command line\n"
        ".SH SYNOPSIS\n\\fBrestante\\fR \\fICOMMAND\\fR [\\fIARGUMENTS\\fR] [\\fIOPTIONS\\fR]\n.SH DESCRIPTION\n"
        "Speaks to the running server over its administration socket. Commands about domains, accounts and "
        "aliases work on the "
        "data directory by themselves while no server runs.\n"
        ".PP\nWith \\-\\-json the answer is one JSON object (RFC 8259) on a line. A list stands in it under the name "
        "of what is "
        "listed: domains, accounts, aliases, sessions, letters (of the queue), deleted (messages).\n.SH COMMANDS\n");
    for (size_t i = 0; i < n; i++) {
        struct buf usage;

        if (c[i].flags & CMD_INSIDE)
            continue;
        buf_init(&usage, 2000);
        admin_usage(&c[i], &usage);
        buf_addc(&usage, '\0');
        buf_addz(out, ".TP\n\\fB");
        roff(out, usage.p);
        buf_addz(out, "\\fR\n");
        roff(out, c[i].help);
        buf_addc(out, '\n');
        buf_fini(&usage);
    }
    buf_addz(out, ".SH OPTIONS\n");
    for (size_t i = 0; i < n_options; i++)
        roff_option(out, &o[i]);
    buf_addz(out, ".SH EXIT STATUS\n");
#define EXIT(name, code, text)                                                                                         \
    buf_addf(out, ".TP\n\\fB%d\\fR\n", code);                                                                          \
    roff(out, text);                                                                                                   \
    buf_addc(out, '\n');
#include "admin/exit.def"
#undef EXIT
    buf_addz(out, ".SH FILES\n.TP\n" ADMIN_CONFIG_DEFAULT
                  "\nThe configuration; its settings are explained in docs/settings.md.\n");
}
