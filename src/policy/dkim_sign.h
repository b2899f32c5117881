/* DKIM signatures (RFC 6376, 8463) but for the keys: what is signed of a letter, and the field that says so. Pure. Both
 * algorithms sign the same kind of hash, so whoever has the key needs 32 bytes and nothing of the letter. */
#pragma once

#include "base/arena.h"
#include "policy/dkim_canon.h"

#define DKIM_RSA STR("rsa-sha256")
#define DKIM_ED25519 STR("ed25519-sha256")
#define DKIM_SIGNATURE_MAX 1024 /* bytes, of a key of 8192 bits */
#define DKIM_FIELDS_MAX 200     /* fields that one signature names */
#define DKIM_HEADER_MAX (1u << 20)

/* What all signatures of one form of a letter share. */
struct dkim_letter {
    unsigned char body_hash[DKIM_HASH];
    struct str names;  /* "from:from:to: ...", the value of h= */
    struct str header; /* those fields, relaxed, in that order, each with its CRLF */
    struct str from;   /* the value of the From field, as it stands */
};

struct dkim_signer {
    struct str domain, selector, algorithm;
    uint64_t time_s;
};

/* The value of the letter's one From field, which costs little; errors as dkim_read, which finds the same. */
enum st dkim_from(struct str letter, struct str *out) MUST_USE;
/* Reads a letter whose lines end with CRLF. ST_SYNTAX: it has no header that ends properly, or not exactly one From field: nobody would believe a signature of it; ST_LIMIT:
 * more fields than a signature names. */
enum st dkim_read(struct arena *a, struct str letter, struct dkim_letter *out) MUST_USE;

/* The field up to and including "b=", folded; and the hash that is to be signed. */
struct str dkim_field_begin(struct arena *a, const struct dkim_letter *l, const struct dkim_signer *by,
                            unsigned char out_hash[DKIM_HASH]);
/* The whole field with its line end: `begin` with the signature behind it. */
struct str dkim_field_end(struct arena *a, struct str begin, struct str signature);
