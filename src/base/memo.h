/* Answers that may be given again for a while: bytes under a text. Bounded by number and by bytes (the one that was asked
 * for longest ago goes first); each has a time at which it ends. Not shared by threads.
 *
 * Whoever keeps an answer that he had to wait for takes memo.generation before he asks and hands it in with the answer:
 * what a drop has overtaken meanwhile is not kept. */
#pragma once

#include "base/clock.h"
#include "base/list.h"
#include "base/map.h"

#define MEMO_ONE_OF 16 /* an answer of more than this part of all bytes is not kept */

struct memo {
    struct map by_key;
    struct list by_use;
    size_t most, bytes_most, bytes; /* bytes: of keys and values */
    uint64_t generation;            /* raised by each drop */
};

void memo_init(struct memo *m, size_t most, size_t bytes_most);
void memo_fini(struct memo *m);
/* All of it may be wrong from now on. */
void memo_drop(struct memo *m);
/* A view until the next call. False: nothing is known, or not any more. */
bool memo_get(struct memo *m, struct str key, mono_ms now, struct str *out);
void memo_forget(struct memo *m, struct str key); /* that one alone */
/* Replaces what is there. */
void memo_put(struct memo *m, uint64_t generation, struct str key, struct str value, mono_ms until);
