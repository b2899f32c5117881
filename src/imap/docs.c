#include "imap/docs.h"

#include "imap/states.h"
#include "imap/withhold.h"

static const struct {
    const char *name;
    unsigned states;
    const char *reference;
} caps[] = {
#define CAP(name, states, reference) {name, states, reference},
#include "imap/capabilities.def"
#undef CAP
};

static const struct {
    const char *name, *other;
} needs[] = {
#define NEEDS(name, other, reference) {name, other},
#include "imap/needs.def"
#undef NEEDS
};

/* Rows of the tables that a client can see. */
static const struct part {
    const char *kind, *name, *capability, *reference;
} parts[] = {
#define LOGIN_CMD(...)
#define CMD(name, handler, states, flags, capability, reference) {"command", name, capability, reference},
#include "imap/commands.def"
#undef CMD
#undef LOGIN_CMD
#define FETCH_ITEM(name, writer, flags, reference) {"FETCH", name, "", reference},
#define FETCH_SECTION(name, what, flags, reference)
#define FETCH_MACRO(...)
#include "imap/fetch_items.def"
#undef FETCH_ITEM
#undef FETCH_SECTION
#undef FETCH_MACRO
#define SEARCH_KEY(name, arg, what, num, field, negated, reference) {"SEARCH", name, "", reference},
#include "imap/search_keys.def"
#undef SEARCH_KEY
#define STATUS_ITEM(name, member, reference) {"STATUS", name, "", reference},
#define STATUS_WRITER STATUS_ITEM
#include "imap/status_items.def"
#undef STATUS_ITEM
#undef STATUS_WRITER
#define SORT_KEY(name, constant, reference) {"SORT", name, "", reference},
#include "imap/sort_keys.def"
#undef SORT_KEY
#define FEATURE(name, id, reference) {"ENABLE", name, name, reference},
#include "imap/features.def"
#undef FEATURE
};

/* Does the row go with this one, and by itself, not with what needs it? */
static bool goes_with(const struct part *p, const char *capability, const char *reference)
{
    struct imap_withheld w = {0};

    if (strcmp(p->kind, "ENABLE") == 0)
        return strcmp(p->name, capability) == 0;
    imap_withhold(&w, str_z(capability));
    if (strcmp(p->kind, "command") == 0 && strcmp(p->capability, capability) == 0)
        return imap_command_is_withheld(&w, str_z(p->capability), str_z(p->reference));
    return imap_row_is_withheld(&w, str_z(p->reference)) && strncmp(p->reference, reference, strlen("RFC 1234")) == 0;
}

static void put_parts(struct buf *out, const char *capability, const char *reference)
{
    const char *kind = "";
    bool any = false;

    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (!goes_with(&parts[i], capability, reference))
            continue;
        buf_addz(out, any ? ", " : "");
        if (strcmp(parts[i].kind, kind) != 0)
            buf_addf(out, "%s ", parts[i].kind);
        kind = parts[i].kind;
        buf_addf(out, "`%s`", parts[i].name);
        any = true;
    }
}

static void put_dependents(struct buf *out, const char *capability)
{
    bool any = false;

    for (size_t i = 0; i < ARRAY_LEN(needs); i++) {
        if (strcmp(needs[i].other, capability) != 0)
            continue;
        buf_addf(out, any ? ", %s" : "%s", needs[i].name);
        any = true;
    }
}

static const char *place(unsigned states)
{
    return states == IN_NONE  ? "before login"
           : states & IN_NONE ? "always"
           : states           ? "after login"
                              : "where it can be";
}

void imap_docs(struct buf *out)
{
    buf_addz(out, "# IMAP\n\n"
                  "What the server announces. This page is made from the rows in `src/imap/*.def` by `tools/gen_docs`; "
                  "change them, not it.\n\n"
                  "Each but IMAP4rev1 can be withheld: from a listener (`imap_withhold`), from an account (`restante "
                  "account set --imap-withhold`), and from\n"
                  "programs that say with ID what they are (`imap_withhold_clients`). What is withheld is not listed, "
                  "and what comes with it is unknown to the\n"
                  "server, as are parameters and options of the same RFC; what promises it goes too. `LITERAL-` is "
                  "listed where `LITERAL+` is withheld.\n"
                  "`AUTH=`, `STARTTLS` and `LOGINDISABLED` are the listener's `security` and `plaintext_auth`.\n\n"
                  "| capability | by | listed | comes with it | goes with it when withheld |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < ARRAY_LEN(caps); i++) {
        buf_addf(out, "| `%s` | %s | %s | ", caps[i].name, caps[i].reference, place(caps[i].states));
        if (strcmp(caps[i].name, "IMAP4rev1") != 0)
            put_parts(out, caps[i].name, caps[i].reference);
        buf_addz(out, " | ");
        put_dependents(out, caps[i].name);
        buf_addz(out, " |\n");
    }
}
