/* Password hashes: made with Argon2id, checked in every form that users bring along from other servers. Texts are
 * prepared by SASLprep (RFC 4013) first, stored and given ones alike. All of this takes tens of milliseconds and up to
 * `memory` bytes: call it on a thread pool, never on a loop. No error text quotes a password or a hash. */
#pragma once

#include "base/arena.h"
#include "base/secret.h"

#define PASSWORD_HASH_MAX 384 /* with its NUL; crypt(3) gives at most this */
#define PASSWORD_MAX 1024     /* bytes, before and after preparation */

struct password_cost {
    uint64_t memory; /* bytes */
    uint32_t passes;
};

void password_preload(void); /* libsodium, ICU's tables: before a sandbox is sealed */

/* A new hash, NUL-terminated. ST_SYNTAX: a password that SASLprep refuses; ST_TRYLATER: no memory for it now. */
enum st password_hash(struct secret password, struct password_cost cost, char out_hash[PASSWORD_HASH_MAX]) MUST_USE;

/* ST_OK, ST_DENIED; ST_CORRUPT: not a hash that we know; ST_TRYLATER: no memory for it now. */
enum st password_check(struct str hash, struct secret password) MUST_USE;

/* Takes as long as checking a password that is hashed with `cost`, for users that don't exist. */
void password_check_nobody(struct secret password, struct password_cost cost);

/* A hash from another server, perhaps with a scheme in braces before it ({SHA512-CRYPT}, {BLF-CRYPT}, {ARGON2ID},
 * {CRYPT}), to the form that is stored: $argon2id$ $argon2i$ $2a$ $2b$ $2y$ $5$ $6$ $y$ $7$ $1$. ST_SYNTAX with a text
 * that says what is wrong: an unknown scheme, or a cost that would keep a thread busy for more than seconds. */
enum st password_import(struct str given, char out_hash[PASSWORD_HASH_MAX]) MUST_USE;
