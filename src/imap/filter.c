#include "imap/filter.h"

#include <stdlib.h>

static const struct {
    struct str word;
    enum imap_filter_what what;
    bool has_names;
} kinds[] = {
    {STR("SELECTED"), FILTER_SELECTED, false},      {STR("SELECTED-DELAYED"), FILTER_SELECTED_DELAYED, false},
    {STR("INBOXES"), FILTER_INBOXES, false},        {STR("PERSONAL"), FILTER_PERSONAL, false},
    {STR("SUBSCRIBED"), FILTER_SUBSCRIBED, false},  {STR("SUBTREE"), FILTER_SUBTREE, true},
    {STR("SUBTREE-ONE"), FILTER_SUBTREE_ONE, true}, {STR("MAILBOXES"), FILTER_MAILBOXES, true},
};

struct name_list {
    struct str name;
    struct name_list *next;
};

static int by_name(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* INBOX is the same in any case also where it has mailboxes below it. */
static enum st one_name(struct imap_lexer *lx, struct str *out) SUSPENDS
{
    static const struct str inbox = STR("INBOX/");
    struct str name;

    TRY(imap_lex_mailbox(lx, &name));
    if (str_istarts(name, inbox)) {
        name = arena_str(lx->arena, name);
        memcpy((char *)(uintptr_t)name.p, inbox.p, inbox.n);
    }
    *out = name;
    return ST_OK;
}

/* RFC 5465 section 8, one-or-more-mailbox */
static enum st parse_names(struct imap_lexer *lx, struct imap_filter *f) SUSPENDS
{
    struct name_list first = {0}, *last = &first;
    bool several = imap_lex_take(lx, '(');

    do {
        struct name_list *item = ARENA_NEW(lx->arena, struct name_list);

        if (f->n == LIMIT_IMAP_FILTER_NAMES)
            return FAIL(ST_LIMIT, "Too many names of mailboxes");
        TRY(one_name(lx, &item->name));
        last = last->next = item;
        f->n++;
    } while (several && imap_lex_take(lx, ' '));
    if (several)
        TRY(imap_lex_want(lx, ')'));
    f->names = ARENA_ARRAY(lx->arena, struct str, f->n);
    last = first.next;
    for (size_t i = 0; i < f->n; i++, last = last->next)
        f->names[i] = last->name;
    qsort(f->names, f->n, sizeof *f->names, by_name);
    return ST_OK;
}

enum st imap_lex_filter(struct imap_lexer *lx, struct imap_filter *out)
{
    struct imap_filter f = {0};
    struct str word;

    TRY(imap_lex_word(lx, &word));
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (!str_eq(word, kinds[i].word))
            continue;
        f.what = kinds[i].what;
        if (kinds[i].has_names) {
            TRY(imap_lex_sp(lx));
            TRY(parse_names(lx, &f));
        }
        *out = f;
        return ST_OK;
    }
    return FAIL(ST_SYNTAX, "Unknown choice of mailboxes");
}

static bool has_name(const struct imap_filter *f, struct str name)
{
    return f->n && bsearch(&name, f->names, f->n, sizeof *f->names, by_name);
}

/* At most `levels` above it. */
static bool has_above(const struct imap_filter *f, struct str name, size_t levels)
{
    for (size_t i = name.n; i-- > 0 && levels;) {
        if (name.p[i] != '/')
            continue;
        if (has_name(f, str_sub(name, 0, i)))
            return true;
        levels--;
    }
    return false;
}

bool imap_filter_has(const struct imap_filter *f, struct str name, bool subscribed, bool is_own)
{
    switch (f->what) {
    case FILTER_SELECTED:
    case FILTER_SELECTED_DELAYED: return false;
    case FILTER_INBOXES: /* a letter can come into any (RFC 5465 section 6.3) */
    case FILTER_PERSONAL: return is_own;
    case FILTER_SUBSCRIBED: return subscribed;
    case FILTER_SUBTREE: return has_name(f, name) || has_above(f, name, SIZE_MAX);
    case FILTER_SUBTREE_ONE: return has_name(f, name) || has_above(f, name, 1);
    case FILTER_MAILBOXES: return has_name(f, name);
    }
    return false;
}
