/* Keys that sign what leaves (RFC 6376, 8463): made here, kept in the directory, used here only. The courier sends hashes. */
#pragma once

#include "base/arena.h"

#include <openssl/evp.h>

#define DKIM_KEYS_KEPT 64 /* ready for use, of all domains */

/* Keys that were read lately. Belongs to the directory's thread. */
struct dkim_kept {
    struct {
        uint64_t id;
        EVP_PKEY *key;
    } list[DKIM_KEYS_KEPT];
};

void dkim_kept_free(struct dkim_kept *k);

/* A new key: its private part as the directory keeps it (to be wiped), and p= of its record. Takes about 0.2 s for RSA. */
enum st dkim_key_make(struct arena *a, struct str algorithm, struct str *out_private, struct str *out_public) MUST_USE;
/* `out` has 1024 bytes. */
enum st dkim_key_sign(EVP_PKEY *key, struct str hash, unsigned char *out, size_t *out_n) MUST_USE;
