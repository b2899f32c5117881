#include "imap/withhold.h"

#include "base/buf.h"
#include "imap/states.h"

static const struct {
    struct str name, reference;
} caps[] = {
#define CAP(name, states, reference) {{name, sizeof(name) - 1}, {reference, sizeof(reference) - 1}},
#include "imap/capabilities.def"
#undef CAP
};

static const struct {
    struct str name, other;
} needs[] = {
#define NEEDS(name, other, reference) {{name, sizeof(name) - 1}, {other, sizeof(other) - 1}},
#include "imap/needs.def"
#undef NEEDS
};

_Static_assert(ARRAY_LEN(caps) <= IMAP_CAPABILITIES_MAX, "more capabilities than bits");

static bool has(const struct imap_withheld *w, size_t i)
{
    return w->bits[i / 64] >> (i % 64) & 1;
}

static bool has_any(const struct imap_withheld *w)
{
    uint64_t all = 0;

    for (size_t i = 0; w && i < ARRAY_LEN(w->bits); i++)
        all |= w->bits[i];
    return all != 0;
}

/* Its place; ARRAY_LEN(caps): unknown, or the protocol itself. */
static size_t find(struct str name)
{
    size_t i = 0;

    while (i < ARRAY_LEN(caps) && !str_ieq(caps[i].name, name))
        i++;
    return str_ieq(name, STR("IMAP4rev1")) ? ARRAY_LEN(caps) : i;
}

static void add(struct imap_withheld *w, struct str name)
{
    size_t i = find(name);

    if (i < ARRAY_LEN(caps))
        w->bits[i / 64] |= UINT64_C(1) << (i % 64);
}

/* What needs something that needs something is found in another round. */
static void add_dependents(struct imap_withheld *w)
{
    for (size_t round = 0; round < ARRAY_LEN(needs); round++) {
        struct imap_withheld before = *w;

        for (size_t i = 0; i < ARRAY_LEN(needs); i++)
            if (imap_is_withheld(w, needs[i].other))
                add(w, needs[i].name);
        if (memcmp(&before, w, sizeof before) == 0)
            return;
    }
}

static bool next_name(struct str *names, struct str *out)
{
    size_t n = 0;

    while (names->n && (names->p[0] == ' ' || names->p[0] == ','))
        *names = str_from(*names, 1);
    while (n < names->n && names->p[n] != ' ' && names->p[n] != ',')
        n++;
    *out = str_sub(*names, 0, n);
    *names = str_from(*names, n);
    return n > 0;
}

void imap_withhold(struct imap_withheld *w, struct str names)
{
    struct str name;

    while (next_name(&names, &name))
        add(w, name);
    add_dependents(w);
}

enum st imap_withhold_check(struct str names)
{
    struct str name;

    while (next_name(&names, &name))
        if (find(name) == ARRAY_LEN(caps))
            return FAIL(ST_SYNTAX, "IMAP has no capability \"%.*s\" that can be withheld",
                        STR_ARGS(str_sub(name, 0, 60)));
    return ST_OK;
}

/* --- rules ------------------------------------------------------------------------------------------------------------- */

struct rule {
    struct str field, pattern, names;
};

/* *out_good: the rule has its three parts. */
static bool next_rule(struct str *rules, struct rule *out, bool *out_good)
{
    struct str rule, head;
    size_t colon, is;

    do {
        if (!str_split(rules, ';', &rule))
            return false;
        rule = str_trim(rule);
    } while (rule.n == 0);
    colon = str_rfind(rule, ':'); /* no capability has one; a pattern may */
    head = str_sub(rule, 0, colon);
    is = str_find(head, '=');
    *out_good = colon < rule.n && is < head.n;
    *out = (struct rule){.field = str_trim(str_sub(head, 0, is)),
                         .pattern = str_trim(str_from(head, is + 1)),
                         .names = str_from(rule, colon + 1)};
    return true;
}

/* When it does not fit, the last star takes one byte more. */
bool imap_wild_matches(struct str pattern, struct str s)
{
    size_t p = 0, i = 0, star = pattern.n, from = 0;

    while (i < s.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            from = i;
        } else if (p < pattern.n && ascii_upper(pattern.p[p]) == ascii_upper(s.p[i])) {
            p++;
            i++;
        } else if (star < pattern.n) {
            p = star + 1;
            i = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}

void imap_withhold_by_id(struct imap_withheld *w, struct str rules, struct str field, struct str value)
{
    struct rule r;
    bool good;

    while (next_rule(&rules, &r, &good))
        if (good && str_ieq(r.field, field) && imap_wild_matches(r.pattern, value))
            imap_withhold(w, r.names);
}

enum st imap_withhold_check_rules(struct str rules)
{
    struct rule r;
    bool good;

    while (next_rule(&rules, &r, &good)) {
        if (!good || r.field.n == 0 || r.pattern.n == 0 || str_trim(r.names).n == 0)
            return FAIL(ST_SYNTAX, "a rule is a field of ID, a pattern and capabilities: name=Some*: MOVE IDLE");
        TRY(imap_withhold_check(r.names));
    }
    return ST_OK;
}

/* --- asking ------------------------------------------------------------------------------------------------------------- */

bool imap_is_withheld(const struct imap_withheld *w, struct str capability)
{
    size_t i;

    if (!has_any(w))
        return false;
    i = find(capability);
    return i < ARRAY_LEN(caps) && has(w, i);
}

/* "RFC 8514" of "RFC 8514 4.2" */
static struct str rfc_of(struct str reference)
{
    size_t blank = str_find(str_from(reference, 4), ' ');

    return str_sub(reference, 0, 4 + blank);
}

bool imap_row_is_withheld(const struct imap_withheld *w, struct str reference)
{
    struct str rfc = rfc_of(reference);
    size_t n = 0;

    if (!has_any(w))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(caps); i++) {
        if (!str_eq(rfc_of(caps[i].reference), rfc))
            continue;
        if (!has(w, i))
            return false;
        n++;
    }
    return n > 0;
}

bool imap_command_is_withheld(const struct imap_withheld *w, struct str capability, struct str reference)
{
    if (imap_row_is_withheld(w, reference))
        return true;
    /* What is of the protocol itself stays, whatever more it has become by an extension; THREAD has a capability for each way. */
    return !str_eq(rfc_of(reference), STR("RFC 3501")) && !str_istarts(capability, STR("THREAD=")) &&
           imap_is_withheld(w, capability);
}

struct str imap_withheld_names(struct arena *a, const struct imap_withheld *w)
{
    struct buf b;
    struct str out;

    buf_init(&b, IMAP_WITHHELD_TEXT);
    for (size_t i = 0; i < ARRAY_LEN(caps); i++)
        if (has(w, i))
            buf_addf(&b, b.n ? " %.*s" : "%.*s", STR_ARGS(caps[i].name));
    out = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return out;
}
