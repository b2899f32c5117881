#include "imap/partial.h"

static enum st one_end(struct imap_lexer *lx, bool from_last, uint32_t *out)
{
    if (from_last)
        TRY(imap_lex_want(lx, '-'));
    TRY(imap_lex_number(lx, out));
    return *out ? ST_OK : FAIL(ST_SYNTAX, "Results are counted from 1");
}

enum st imap_lex_partial(struct imap_lexer *lx, struct imap_partial *out)
{
    struct imap_partial p = {.from_last = imap_lex_peek(lx) == '-'};
    size_t from = lx->at;
    uint32_t a, b;

    TRY(one_end(lx, p.from_last, &a));
    TRY(imap_lex_want(lx, ':'));
    TRY(one_end(lx, p.from_last, &b));
    p.lo = MIN(a, b);
    p.hi = MAX(a, b);
    p.text = str_sub(lx->line, from, lx->at - from);
    *out = p;
    return ST_OK;
}

void imap_partial_of(const struct imap_partial *p, size_t n, size_t *out_from, size_t *out_n)
{
    size_t hi = MIN((size_t)p->hi, n);

    *out_from = 0;
    *out_n = 0;
    if (p->lo == 0 || p->lo > hi)
        return;
    *out_n = hi - p->lo + 1;
    *out_from = p->from_last ? n - hi : p->lo - 1;
}
