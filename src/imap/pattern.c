/* All ways that a pattern can match are followed at once, so that no pattern takes longer than its length times that of
 * the name. */
#include "imap/pattern.h"

static bool is_wild(char c)
{
    return c == '*' || c == '%';
}

/* Of wildcards behind one another one is left, the one that stands for more: else each step would go over all of them. */
static size_t collapse(char *text, size_t n)
{
    size_t left = 0;

    for (size_t i = 0; i < n; i++) {
        if (!is_wild(text[i]) || !left || !is_wild(text[left - 1]))
            text[left++] = text[i];
        else if (text[i] == '*')
            text[left - 1] = '*';
    }
    return left;
}

void imap_pattern_init(struct imap_pattern *p, struct arena *a, struct str reference, struct str pattern)
{
    size_t n = reference.n + pattern.n;

    *p = (struct imap_pattern){0};
    if (n > IMAP_PATTERN_MAX)
        return;
    char *text = arena_alloc(a, n);

    if (reference.n)
        memcpy(text, reference.p, reference.n);
    if (pattern.n)
        memcpy(text + reference.n, pattern.p, pattern.n);
    n = collapse(text, n);
    p->text = str_n(text, n);
    p->now = arena_alloc(a, n + 1);
    p->next = arena_alloc(a, n + 1);
}

/* A wildcard may stand for nothing: whoever is before it is behind it too. */
static void reach(const struct imap_pattern *p, bool *set, size_t i)
{
    set[i] = true;
    while (i < p->text.n && is_wild(p->text.p[i]))
        set[++i] = true;
}

static bool is_inbox(struct str name)
{
    return str_istarts(name, STR("INBOX")) && (name.n == 5 || name.p[5] == '/');
}

bool imap_pattern_matches(struct imap_pattern *p, struct str name)
{
    size_t any_case = is_inbox(name) ? 5 : 0;

    if (!p->now)
        return false;
    memset(p->now, 0, p->text.n + 1);
    reach(p, p->now, 0);
    for (size_t at = 0; at < name.n; at++) {
        char c = name.p[at];
        bool *now = p->now;

        memset(p->next, 0, p->text.n + 1);
        for (size_t i = 0; i < p->text.n; i++) {
            char want = p->text.p[i];

            if (!now[i])
                continue;
            if (want == '*' || (want == '%' && c != '/'))
                reach(p, p->next, i);
            else if (!is_wild(want) && (want == c || (at < any_case && ascii_upper(want) == ascii_upper(c))))
                reach(p, p->next, i + 1);
        }
        p->now = p->next;
        p->next = now;
    }
    return p->now[p->text.n];
}
