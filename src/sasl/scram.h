/* The server's side of SCRAM (RFC 5802, RFC 7677) as values: a client's messages taken apart, the server's put together, a
 * proof looked at. Who the user is, which keys he has and what the connection binds to come from the caller. Pure; views
 * point into the message or the arena. */
#pragma once

#include "base/arena.h"
#include "sasl/scram_keys.h"

#define SCRAM_NONCE_MAX 256 /* bytes of the client's part */
#define SCRAM_MESSAGE_MAX 4096

enum scram_error {
    SCRAM_FINE,
#define SCRAM_ERROR(id, text) SCRAM_##id,
#include "sasl/scram_errors.def"
#undef SCRAM_ERROR
};

/* "e=invalid-proof" */
struct str scram_error_text(struct arena *a, enum scram_error e);

struct scram_first {
    struct str gs2;           /* the header with its commas */
    char flag;                /* 'n', 'y', 'p' */
    struct str binding;       /* 'p': which one, "tls-exporter" */
    struct str authzid, user; /* with =2C and =3D decoded, not prepared yet */
    struct str nonce;
    struct str bare;
};

struct scram_final {
    struct str bound; /* what c= holds, decoded */
    struct str nonce, proof;
    struct str without_proof;
};

enum scram_error scram_first_read(struct arena *a, struct str message, struct scram_first *out) MUST_USE;
enum scram_error scram_final_read(struct arena *a, struct str message, struct scram_final *out) MUST_USE;

/* A GS2 header alone, without a binding, as other mechanisms have it (RFC 7628 section 3.1): "n,a=...,". */
enum scram_error scram_header_read(struct arena *a, struct str header, struct str *out_authzid) MUST_USE;

/* "r=...,s=...,i=..." */
struct str scram_first_answer(struct arena *a, struct str nonce, struct str salt_text, uint32_t iterations);

/* What both sides sign (section 3, AuthMessage). */
struct str scram_auth_message(struct arena *a, struct str first_bare, struct str first_answer,
                              struct str without_proof);
/* Does the proof fit the key? In constant time. */
bool scram_proof_fits(enum scram_hash h, const struct scram_pair *keys, struct str auth_message, struct str proof);
/* "v=..." */
struct str scram_verifier(struct arena *a, enum scram_hash h, const struct scram_pair *keys, struct str auth_message);
