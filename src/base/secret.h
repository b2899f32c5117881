/* Credentials. Their own type has no way into a log or an error text; comparing takes the same
 * time whatever the bytes are; memory is wiped when done with. */
#pragma once

#include "base/str.h"

struct secret {
    const char *p;
    size_t n;
};

static inline struct secret secret_of(struct str s)
{
    return (struct secret){s.p, s.n};
}

bool bytes_eq_const(const void *a, const void *b, size_t n);
void wipe(void *p, size_t n);
