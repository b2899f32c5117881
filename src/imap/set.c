#include "imap/set.h"
#include "imap/conn.h"

#include <stdlib.h>

bool imap_lex_at_set(const struct imap_lexer *lx)
{
    int c = imap_lex_peek(lx);

    return c == '*' || c == '$' || (c >= '0' && c <= '9');
}

static enum st set_number(struct imap_lexer *lx, uint32_t *out)
{
    if (imap_lex_take(lx, '*')) {
        *out = 0;
        return ST_OK;
    }
    TRY(imap_lex_number(lx, out));
    return *out ? ST_OK : FAIL(ST_SYNTAX, "0 is no number of a message");
}

static struct imap_set saved_set(const struct imap_lexer *lx)
{
    struct imap_set set = {.is_saved = true};

    if (!lx->saved || lx->saved->n == 0)
        return set;
    set.n = lx->saved->n;
    set.r = ARENA_ARRAY(lx->arena, struct uid_range, set.n);
    memcpy(set.r, lx->saved->r, set.n * sizeof *set.r);
    return set;
}

enum st imap_lex_set(struct imap_lexer *lx, struct imap_set *out)
{
    struct imap_set set = {0};
    size_t most = 1;

    if (imap_lex_may(lx, "SEARCHRES") && imap_lex_take(lx, '$')) { /* alone: RFC 5182 section 3 */
        *out = saved_set(lx);
        return ST_OK;
    }
    for (size_t i = lx->at; i < lx->line.n && lx->line.p[i] != ' '; i++)
        most += lx->line.p[i] == ',';
    set.r = ARENA_ARRAY(lx->arena, struct uid_range, most);
    do {
        struct uid_range *r = &set.r[set.n++];

        TRY(set_number(lx, &r->lo));
        r->hi = r->lo;
        if (imap_lex_take(lx, ':'))
            TRY(set_number(lx, &r->hi));
    } while (imap_lex_take(lx, ','));
    *out = set;
    return ST_OK;
}

static int by_start(const void *a, const void *b)
{
    const struct uid_range *x = a, *y = b;

    return x->lo < y->lo ? -1 : x->lo > y->lo;
}

struct uid_set imap_set_order(struct arena *a, struct imap_set set, uint32_t star)
{
    struct uid_range *r = ARENA_ARRAY(a, struct uid_range, set.n + 1);
    size_t n = 0, merged = 0;

    for (size_t i = 0; i < set.n; i++) {
        uint32_t lo = set.r[i].lo ? set.r[i].lo : star, hi = set.r[i].hi ? set.r[i].hi : star;

        if (lo && hi)
            r[n++] = (struct uid_range){MIN(lo, hi), MAX(lo, hi)};
    }
    if (n)
        qsort(r, n, sizeof *r, by_start);
    for (size_t i = 0; i < n; i++) {
        if (merged && r[i].lo <= (uint64_t)r[merged - 1].hi + 1)
            r[merged - 1].hi = MAX(r[merged - 1].hi, r[i].hi);
        else
            r[merged++] = r[i];
    }
    return (struct uid_set){r, merged};
}

/* RFC 3501 section 9: numbers above the count are an error, "*" of an empty mailbox too. */
static enum st check_seqs(struct imap_set set, uint32_t count)
{
    for (size_t i = 0; i < set.n; i++)
        if (!count || set.r[i].lo > count || set.r[i].hi > count)
            return FAIL(ST_SYNTAX, "There is no message of that number");
    return ST_OK;
}

enum st imap_set_seqs(struct arena *a, struct imap_set set, bool uid, const struct view *v, struct uid_set *out)
{
    uint32_t count = view_count(v);

    if (!uid && !set.is_saved) {
        TRY(check_seqs(set, count));
        *out = imap_set_order(a, set, count);
        return ST_OK;
    }
    struct uid_set uids = imap_set_order(a, set, count ? view_uid(v, count) : 0);
    struct uid_range *r = ARENA_ARRAY(a, struct uid_range, uids.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < uids.n; i++) {
        uint32_t lo = view_seq_from(v, uids.r[i].lo);
        uint32_t end = uids.r[i].hi == UINT32_MAX ? count + 1 : view_seq_from(v, uids.r[i].hi + 1);

        if (lo < end)
            r[n++] = (struct uid_range){lo, end - 1};
    }
    *out = (struct uid_set){r, n};
    return ST_OK;
}

enum st imap_set_uids(struct arena *a, struct imap_set set, bool uid, const struct view *v, struct uid_set *out)
{
    uint32_t count = view_count(v);
    struct uid_set seqs;

    if (uid || set.is_saved) {
        *out = imap_set_order(a, set, count ? view_uid(v, count) : 0);
        return ST_OK;
    }
    TRY(imap_set_seqs(a, set, false, v, &seqs));
    struct uid_range *r = ARENA_ARRAY(a, struct uid_range, seqs.n + 1);

    /* Uids between two neighbours of this view are of messages that it does not know yet or any more. */
    for (size_t i = 0; i < seqs.n; i++)
        r[i] = (struct uid_range){view_uid(v, seqs.r[i].lo), view_uid(v, seqs.r[i].hi)};
    *out = (struct uid_set){r, seqs.n};
    return ST_OK;
}

struct str imap_set_print(struct arena *a, const uint32_t *numbers, size_t n)
{
    char *text = arena_alloc(a, n * 11 + 1), *p = text;

    for (size_t i = 0; i < n;) {
        size_t j = i + 1;

        while (j < n && numbers[j] == numbers[j - 1] + 1)
            j++;
        if (p > text)
            *p++ = ',';
        p = imap_digits(p, numbers[i]);
        if (j > i + 1) {
            *p++ = ':';
            p = imap_digits(p, numbers[j - 1]);
        }
        i = j;
    }
    return str_n(text, (size_t)(p - text));
}
