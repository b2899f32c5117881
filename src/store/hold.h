/* What a backup needs of the store besides its files. Inside store/; store.h has the calls. */
#pragma once

#include "base/arena.h"

#include <pthread.h>
#include <stdatomic.h>

struct store;

#define IDENTITY_CHARS 32 /* hexadecimal digits */

struct hold {
    pthread_mutex_t mutex; /* held while a segment goes away, and while a hold begins: never both */
    atomic_uint n;
    char identity[IDENTITY_CHARS + 1];
};

void hold_init(struct store *s);
void hold_fini(struct store *s);
/* Opening: the file IDENTITY, made when it is missing or makes no sense. */
enum st hold_open(struct store *s, struct arena *a) MUST_USE;
bool hold_is_held(struct store *s);
