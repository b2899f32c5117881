/* What a server keeps so that SCRAM (RFC 5802 section 3) can prove a password: StoredKey and ServerKey, for SHA-1 and for
 * SHA-256 (RFC 7677). Whoever has them can pretend to be the server, and can try passwords against them, at PBKDF2's
 * cost; nobody can log in with them. Nothing here suspends; making keys takes some milliseconds. */
#pragma once

#include "base/arena.h"
#include "base/secret.h"

#define SCRAM_ITERATIONS 10000 /* of accounts from now on; RFC 7677 section 4 asks for 4096 at least */
#define SCRAM_DIGEST_MAX 32

enum scram_hash { SCRAM_SHA_1, SCRAM_SHA_256 };

struct scram_pair {
    unsigned char stored[SCRAM_DIGEST_MAX], server[SCRAM_DIGEST_MAX];
};

struct scram_keys {
    struct scram_pair of[2]; /* by enum scram_hash */
};

size_t scram_digest_bytes(enum scram_hash h);
/* HMAC and H of section 2.2 of RFC 5802. */
void scram_hmac(enum scram_hash h, struct str key, struct str text, unsigned char out[SCRAM_DIGEST_MAX]);
void scram_digest(enum scram_hash h, struct str text, unsigned char out[SCRAM_DIGEST_MAX]);

/* `salt_text` is in base64. The password is prepared by SASLprep; ST_SYNTAX: it can't be, or the salt is none. */
enum st scram_keys_make(struct secret password, struct str salt_text, uint32_t iterations, struct scram_keys *out)
    MUST_USE;

/* In the arena, and back. CORRUPT. */
struct str scram_keys_text(struct arena *a, const struct scram_keys *k);
enum st scram_keys_read(struct str text, struct scram_keys *out) MUST_USE;
