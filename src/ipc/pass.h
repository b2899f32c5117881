/* Delivery passes: what lets an unauthenticated gate deliver to just the addresses that the keeper has resolved for just
 * this transaction. A keyed hash (BLAKE2b, libsodium) under a key that keeper and box share and that the keeper makes anew
 * at each start. */
#pragma once

#include "ipc/lists.h"

#define PASS_KEY_BYTES 32

/* Over gate, transaction, kind, account, address, mailbox. Writes PASS_BYTES. */
void pass_make(const unsigned char key[PASS_KEY_BYTES], uint32_t gate, uint64_t txn, const struct rcpt_target *t, unsigned char out[PASS_BYTES]);
bool pass_is_good(const unsigned char key[PASS_KEY_BYTES], uint32_t gate, uint64_t txn, const struct rcpt_target *t);
