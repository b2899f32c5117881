/* The switch itself. What a function may expect to survive a call is pushed on the old stack, the
 * stack pointer changed, and the same popped from the new one; a new stack is laid out so that the
 * pop "returns" into its function. */
#include "co/switch.h"
#include "base/must.h"

#ifdef SWITCH_ASAN
#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef SWITCH_TSAN
#include <sanitizer/tsan_interface.h>
#endif

#ifndef CORO_UCONTEXT

void context_swap(void **save_sp, void *to_sp);

#if defined(__x86_64__)
/* rbx, rbp, r12-r15 survive calls (System V ABI, figure 3.4). */
__asm__(".text\n"
        ".globl context_swap\n"
        ".hidden context_swap\n"
        ".type context_swap,@function\n"
        ".p2align 4\n"
        "context_swap:\n"
        "    endbr64\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    ret\n"
        ".size context_swap,.-context_swap\n");

enum { SAVED_WORDS = 6 };

/* Saved registers, the address to return to, and a zero where the caller's return address would
 * stand: a function is entered with the stack 8 short of a multiple of 16. */
static void *lay_out(char *top, void (*fn)(void))
{
    void **sp = (void **)(void *)(top - 24);

    sp[0] = NULL;
    *--sp = (void *)(uintptr_t)fn;
    for (int i = 0; i < SAVED_WORDS; i++)
        *--sp = NULL;
    return sp;
}
#else
/* x19-x29, the link register, and d8-d15 survive calls (AAPCS64, 6.1). */
__asm__(".text\n"
        ".globl context_swap\n"
        ".hidden context_swap\n"
        ".type context_swap,%function\n"
        ".p2align 4\n"
        "context_swap:\n"
        "    hint #34\n" /* bti c */
        "    sub sp, sp, #160\n"
        "    stp x19, x20, [sp, #0]\n"
        "    stp x21, x22, [sp, #16]\n"
        "    stp x23, x24, [sp, #32]\n"
        "    stp x25, x26, [sp, #48]\n"
        "    stp x27, x28, [sp, #64]\n"
        "    stp x29, x30, [sp, #80]\n"
        "    stp d8, d9, [sp, #96]\n"
        "    stp d10, d11, [sp, #112]\n"
        "    stp d12, d13, [sp, #128]\n"
        "    stp d14, d15, [sp, #144]\n"
        "    mov x9, sp\n"
        "    str x9, [x0]\n"
        "    mov sp, x1\n"
        "    ldp x19, x20, [sp, #0]\n"
        "    ldp x21, x22, [sp, #16]\n"
        "    ldp x23, x24, [sp, #32]\n"
        "    ldp x25, x26, [sp, #48]\n"
        "    ldp x27, x28, [sp, #64]\n"
        "    ldp x29, x30, [sp, #80]\n"
        "    ldp d8, d9, [sp, #96]\n"
        "    ldp d10, d11, [sp, #112]\n"
        "    ldp d12, d13, [sp, #128]\n"
        "    ldp d14, d15, [sp, #144]\n"
        "    add sp, sp, #160\n"
        "    ret\n"
        ".size context_swap,.-context_swap\n");

static void *lay_out(char *top, void (*fn)(void))
{
    void **sp = (void **)(void *)(top - 160);

    memset(sp, 0, 160);
    sp[11] = (void *)(uintptr_t)fn; /* x30 */
    return sp;
}
#endif

static void swap(struct context *from, struct context *to)
{
    context_swap(&from->sp, to->sp);
}

#else

static void swap(struct context *from, struct context *to)
{
    must(swapcontext(&from->uc, &to->uc) == 0);
}

#endif

void context_of_thread(struct context *c)
{
    *c = (struct context){0};
#ifdef SWITCH_ASAN
    pthread_attr_t attr;
    void *stack = NULL;

    must(pthread_getattr_np(pthread_self(), &attr) == 0);
    must(pthread_attr_getstack(&attr, &stack, &c->stack_size) == 0);
    pthread_attr_destroy(&attr);
    c->stack = stack;
#endif
#ifdef SWITCH_TSAN
    c->fiber = __tsan_get_current_fiber();
#endif
}

void context_make(struct context *c, char *stack, size_t size, void (*fn)(void))
{
    memset(c, 0, sizeof *c);
    c->stack = stack;
    c->stack_size = size;
#ifdef CORO_UCONTEXT
    must(getcontext(&c->uc) == 0);
    c->uc.uc_stack.ss_sp = stack;
    c->uc.uc_stack.ss_size = size;
    makecontext(&c->uc, fn, 0);
#else
    c->sp = lay_out(stack + (size & ~(size_t)15), fn);
#endif
#ifdef SWITCH_TSAN
    c->fiber = __tsan_create_fiber(0);
#endif
}

void context_fini(struct context *c)
{
#ifdef SWITCH_ASAN
    __asan_unpoison_memory_region(c->stack, c->stack_size); /* the last frames never returned */
#endif
#ifdef SWITCH_TSAN
    __tsan_destroy_fiber(c->fiber);
#endif
    c->stack = NULL;
}

static void before(struct context *to, UNUSED void **fake_stack)
{
#ifdef SWITCH_ASAN
    __sanitizer_start_switch_fiber(fake_stack, to->stack, to->stack_size);
#endif
#ifdef SWITCH_TSAN
    __tsan_switch_to_fiber(to->fiber, 0);
#endif
    (void)to;
}

void context_switch(struct context *from, struct context *to)
{
#ifdef SWITCH_ASAN
    before(to, &from->fake_stack);
#else
    before(to, NULL);
#endif
    swap(from, to);
#ifdef SWITCH_ASAN
    __sanitizer_finish_switch_fiber(from->fake_stack, NULL, NULL);
#endif
}

void context_enter(struct context *self, struct context *from)
{
#ifdef SWITCH_ASAN
    __sanitizer_finish_switch_fiber(self->fake_stack, &from->stack, &from->stack_size);
#endif
    (void)self;
    (void)from;
}

void context_exit(struct context *self, struct context *to)
{
    before(to, NULL); /* NULL: this stack is done with */
    swap(self, to);
    never("a coroutine that has ended was resumed");
}
