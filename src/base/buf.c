#include "base/buf.h"
#include "base/arena.h"
#include "base/must.h"

#include <stdarg.h>
#include <stdio.h>

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_fini(struct buf *b)
{
    mem_free(b->p);
    *b = (struct buf){.max = b->max};
}

void buf_clear(struct buf *b)
{
    b->n = 0;
    b->over = false;
}

void buf_free_memory(struct buf *b)
{
    buf_fini(b);
}

char *buf_space(struct buf *b, size_t n)
{
    if (n > b->max || b->n > b->max - n) {
        b->over = true;
        return NULL;
    }
    if (b->cap - b->n < n) {
        size_t cap = MAX(MAX(b->cap * 2, b->n + n), 64);

        b->cap = MIN(cap, b->max);
        b->p = mem_resize(b->p, b->cap);
    }
    return b->p + b->n;
}

void buf_added(struct buf *b, size_t n)
{
    must(n <= b->cap - b->n);
    b->n += n;
}

void buf_add(struct buf *b, struct str s)
{
    char *p;

    if (s.n == 0 || b->over)
        return;
    p = buf_space(b, s.n);
    if (!p)
        return;
    memcpy(p, s.p, s.n);
    b->n += s.n;
}

void buf_addz(struct buf *b, const char *z)
{
    buf_add(b, str_z(z));
}

void buf_addc(struct buf *b, char c)
{
    buf_add(b, str_n(&c, 1));
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
    va_list ap, again;
    char *p;
    int n;

    va_start(ap, fmt);
    va_copy(again, ap);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    must(n >= 0);
    /* vsnprintf ends with a NUL that is not counted: it needs a byte of room all the same. */
    p = b->over ? NULL : buf_space(b, (size_t)n + 1);
    if (p) {
        vsnprintf(p, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
}

void buf_add_u64(struct buf *b, uint64_t v)
{
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    buf_add(b, str_n(digits + at, sizeof digits - at));
}

void buf_drop_front(struct buf *b, size_t n)
{
    must(n <= b->n);
    b->n -= n;
    if (b->n)
        memmove(b->p, b->p + n, b->n);
}

enum st buf_check(const struct buf *b)
{
    return b->over ? FAIL(ST_LIMIT, "more than %zu bytes", b->max) : ST_OK;
}
