/* A buffer that owns its bytes and grows up to a maximum that it is created with (a row of
 * base/limits.def). Going over sets a flag that stays, and adds nothing more: a writer may add
 * freely and ask once at the end. */
#pragma once

#include "base/str.h"

struct buf {
    char *p;
    size_t n, cap, max;
    bool over; /* something did not fit */
};

void buf_init(struct buf *b, size_t max); /* allocates nothing yet */
void buf_fini(struct buf *b);
void buf_clear(struct buf *b);       /* empty again, memory kept, `over` gone */
void buf_free_memory(struct buf *b); /* empty again and without memory (an idle session) */

void buf_add(struct buf *b, struct str s);
void buf_addz(struct buf *b, const char *z);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_add_u64(struct buf *b, uint64_t v); /* decimal */

/* Room for `n` more bytes, to be written at the returned place and then counted with buf_added.
 * NULL (and over) when they can't fit. */
char *buf_space(struct buf *b, size_t n);
void buf_added(struct buf *b, size_t n);

void buf_drop_front(struct buf *b, size_t n);

static inline struct str buf_str(const struct buf *b)
{
    return str_n(b->p, b->n);
}

/* ST_LIMIT when something did not fit. */
enum st buf_check(const struct buf *b) MUST_USE;
