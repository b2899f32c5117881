#include "ipc/pass.h"

#include "base/must.h"
#include "base/secret.h"

#include <sodium.h>

_Static_assert(PASS_BYTES >= crypto_generichash_BYTES_MIN && PASS_KEY_BYTES <= crypto_generichash_KEYBYTES_MAX,
               "BLAKE2b allows it");

static void add_number(crypto_generichash_state *h, uint64_t v)
{
    unsigned char raw[8];

    for (int i = 0; i < 8; i++)
        raw[i] = (unsigned char)(v >> (8 * i));
    must(crypto_generichash_update(h, raw, sizeof raw) == 0);
}

/* With its length in front, so that bytes can't wander from one text to the next. */
static void add_text(crypto_generichash_state *h, struct str s)
{
    add_number(h, s.n);
    must(s.n == 0 || crypto_generichash_update(h, (const unsigned char *)s.p, s.n) == 0);
}

static void add_limits(crypto_generichash_state *h, const struct account_limits *l)
{
    const uint64_t all[] = {l->bytes,        l->messages,        l->domain,
                            l->domain_bytes, l->domain_messages, (uint64_t)l->retention << 32 | l->keep_s};

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        add_number(h, all[i]);
}

void pass_make(const unsigned char key[PASS_KEY_BYTES], uint32_t gate, uint64_t txn, uint64_t submitter,
               const struct rcpt_target *t, unsigned char out[PASS_BYTES])
{
    crypto_generichash_state h;

    must(crypto_generichash_init(&h, key, PASS_KEY_BYTES, PASS_BYTES) == 0);
    add_number(&h, gate);
    add_number(&h, txn);
    add_number(&h, submitter);
    add_number(&h, t->kind);
    add_number(&h, t->account);
    add_text(&h, t->address);
    add_text(&h, t->mailbox);
    add_limits(&h, &t->limits);
    must(crypto_generichash_final(&h, out, PASS_BYTES) == 0);
    wipe(&h, sizeof h);
}

bool pass_is_good(const unsigned char key[PASS_KEY_BYTES], uint32_t gate, uint64_t txn, uint64_t submitter,
                  const struct rcpt_target *t)
{
    unsigned char want[PASS_BYTES];

    if (t->pass.n != PASS_BYTES)
        return false;
    pass_make(key, gate, txn, submitter, t, want);
    return bytes_eq_const(want, t->pass.p, PASS_BYTES);
}
