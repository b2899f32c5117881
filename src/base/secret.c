#include "base/secret.h"

bool bytes_eq_const(const void *a, const void *b, size_t n)
{
    const volatile unsigned char *x = a, *y = b;
    unsigned char d = 0;

    for (size_t i = 0; i < n; i++)
        d |= (unsigned char)(x[i] ^ y[i]);
    return d == 0;
}

void wipe(void *p, size_t n)
{
    if (n)
        explicit_bzero(p, n);
}
