/* Delivery passes: what lets an unauthenticated gate deliver to just the addresses that the keeper has resolved for just
 * this transaction. A keyed hash (BLAKE2b, libsodium) under a key that keeper and box share and that the keeper makes anew
 * at each start. */
#pragma once

#include "ipc/lists.h"

#define PASS_KEY_BYTES 32
#define PASS_COURIER UINT32_MAX /* instead of a gate's number */

/* Over gate, transaction, submitting account (0: a stranger), kind, account, address, mailbox, limits. Writes PASS_BYTES. A recipient outside that
 * was resolved for an account is thus of no use to a letter that shows no grant of that account. */
void pass_make(const unsigned char key[PASS_KEY_BYTES], uint32_t gate, uint64_t txn, uint64_t submitter,
               const struct rcpt_target *t, unsigned char out[PASS_BYTES]);
bool pass_is_good(const unsigned char key[PASS_KEY_BYTES], uint32_t gate, uint64_t txn, uint64_t submitter,
                  const struct rcpt_target *t);
