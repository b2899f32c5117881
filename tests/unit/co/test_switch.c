#include "test.h"

#include "base/arena.h"
#include "co/switch.c"

static struct context main_context, other;
static unsigned long sum;

/* Values that the compiler keeps in registers and on the stack survive many switches. */
static unsigned long work(struct context *from, struct context *to, unsigned long seed)
{
    unsigned long a = seed, b = seed * 3, c = seed * 5, d = seed * 7, e = seed * 11, f = seed * 13;
    double x = (double)seed;

    for (int i = 0; i < 1000; i++) {
        a += b ^ c;
        b += c ^ d;
        c += d ^ e;
        d += e ^ f;
        e += f ^ a;
        f += a ^ b;
        x += 0.5;
        if (from)
            context_switch(from, to);
    }
    return a ^ b ^ c ^ d ^ e ^ f ^ (unsigned long)x;
}

static void body(void)
{
    char aligned[32] __attribute__((aligned(16)));

    context_enter(&other, &main_context);
    CHECK(((uintptr_t)aligned & 15) == 0);
    sum = work(&other, &main_context, 2);
    context_exit(&other, &main_context);
}

TEST(registers_survive)
{
    size_t size = 256 * 1024;
    char *stack = mem_new(size);
    unsigned long got;

    context_of_thread(&main_context);
    context_make(&other, stack, size, body);
    got = work(&main_context, &other, 1);
    context_switch(&main_context, &other); /* to its end */
    context_fini(&other);
    CHECK(got == work(NULL, NULL, 1));
    CHECK(sum == work(NULL, NULL, 2));
    mem_free(stack);
}
