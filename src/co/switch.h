/* Changing from one stack to another: our own few instructions on x86-64 and aarch64, ucontext
 * elsewhere and when built with -DCORO_UCONTEXT. The sanitizers are told of each change. Control
 * words of the floating point units are not saved: nobody changes them. */
#pragma once

#include "base/base.h"

#if defined(__SANITIZE_ADDRESS__)
#define SWITCH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SWITCH_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define SWITCH_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SWITCH_TSAN 1
#endif
#endif

#if !defined(CORO_UCONTEXT) && !defined(__x86_64__) && !defined(__aarch64__)
#define CORO_UCONTEXT 1
#endif
#ifdef CORO_UCONTEXT
#include <ucontext.h>
#endif

struct context {
#ifdef CORO_UCONTEXT
    ucontext_t uc;
#else
    void *sp;
#endif
    const void *stack; /* the lowest byte, for the sanitizers */
    size_t stack_size;
#ifdef SWITCH_ASAN
    void *fake_stack;
#endif
#ifdef SWITCH_TSAN
    void *fiber;
#endif
};

/* The context of the running thread itself, to be switched away from. */
void context_of_thread(struct context *c);

/* A context that will run fn() on the `size` bytes at `stack`. fn must call context_enter first, and
 * ends by context_exit, never by returning. */
void context_make(struct context *c, char *stack, size_t size, void (*fn)(void));
void context_fini(struct context *c); /* one that has ended, or never ran */

void context_switch(struct context *from, struct context *to);
void context_enter(struct context *self, struct context *from); /* first thing on a new stack */
NORETURN void context_exit(struct context *self, struct context *to);
