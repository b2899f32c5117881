/* The rights of an access control list (RFC 4314 section 2.1) as bits, and as text. "c" and "d" of RFC 2086 are kx and te. Pure. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

enum {
    RIGHT_LOOKUP = 1,       /* l */
    RIGHT_READ = 2,         /* r */
    RIGHT_SEEN = 4,         /* s */
    RIGHT_WRITE = 8,        /* w */
    RIGHT_INSERT = 16,      /* i */
    RIGHT_POST = 32,        /* p */
    RIGHT_CREATE = 64,      /* k */
    RIGHT_REMOVE = 128,     /* x */
    RIGHT_DELETED = 256,    /* t */
    RIGHT_EXPUNGE = 512,    /* e */
    RIGHT_ADMINISTER = 1024 /* a */
};
#define RIGHTS_ALL 2047u
/* Whoever has one of these knows that the mailbox is there (section 4, MYRIGHTS). */
#define RIGHTS_ANY (RIGHT_LOOKUP | RIGHT_READ | RIGHT_INSERT | RIGHT_CREATE | RIGHT_REMOVE | RIGHT_ADMINISTER | 0u)

/* ST_SYNTAX: a letter that is no right (section 3.1: never ignored). */
enum st rights_read(struct str text, uint32_t *out) MUST_USE;
/* With the virtual ones that section 2.1.1 asks for. Lives in the arena. */
struct str rights_text(struct arena *a, uint32_t rights);
/* "-rights" and "+rights" change what there is, others replace it. */
enum rights_how { RIGHTS_SET, RIGHTS_ADD, RIGHTS_REMOVE };
enum st rights_change_read(struct str text, enum rights_how *out_how, uint32_t *out) MUST_USE;
uint32_t rights_changed(uint32_t was, enum rights_how how, uint32_t by);
