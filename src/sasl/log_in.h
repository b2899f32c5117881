/* What a protocol in which users log in asks of its owner, before there is a session: who that is, TLS, and to be left alone until there is input. */
#pragma once

#include "base/err.h"
#include "base/secret.h"
#include "sasl/sasl.h"

struct login_try {
    struct str mechanism; /* "PLAIN", "LOGIN": SASL; "": the protocol's own command */
    struct str authzid;   /* who to act as; empty: the same as user */
    struct str user;
    struct secret password;
};

/* Filled by `authenticate`; texts live until the login has returned (the glue's own buffer will do). */
struct login_result {
    uint64_t account;
    struct str login; /* the user's name in its one form, for logs and the box */
    struct str token; /* what the box redeems */
};

struct login_ops {
    /* ST_OK with *out filled; ST_DENIED: wrong; EXPIRED: a certificate has; DISABLED: the account is; NOTSELF: he may not act as who he says; TRYLATER: busy; NOTFOUND
     * counts as DENIED; BUSY: the account
     * has too many sessions; other: a fault of ours. Delays and bans are the keeper's, told by its answer. */
    enum st (*authenticate)(void *arg, const struct login_try *t, struct login_result *out) SUSPENDS;
    /* Pushes TLS on the stream (stream_push_tls); NULL: this listener offers none. */
    enum st (*starttls)(void *arg) SUSPENDS;
    /* stream_park with the caller's own function to be woken by; NULL: waits for commands keep the coroutine. */
    bool (*park)(void *arg);
    /* A message of a mechanism that the keeper runs; as pass of struct sasl_driver (sasl/sasl.h), with *login filled at the end. */
    enum st (*step)(void *arg, struct arena *a, const struct sasl_message *m, struct sasl_reply *out,
                    struct login_result *login) SUSPENDS;
    /* Which mechanisms may be announced, and which are taken, besides what TLS decides: enum sasl_flag. NULL: those that show a password. */
    void (*mechanisms)(void *arg, unsigned *out_announced, unsigned *out_taken);
};

/* The client's fault, and trying the same again does not help: it counts. EXPIRED, DISABLED and NOTSELF are told only to who has proven who he is. */
static inline bool login_is_refusal(enum st st)
{
    return st == ST_DENIED || st == ST_NOTFOUND || st == ST_EXPIRED || st == ST_DISABLED || st == ST_NOTSELF;
}

/* The same with what TLS decides. */
static inline unsigned login_announced(const struct login_ops *ops, void *arg, bool is_private)
{
    unsigned announced = 0, taken;

    if (ops->mechanisms)
        ops->mechanisms(arg, &announced, &taken);
    return announced | (is_private ? (unsigned)SASL_CLEAR : 0);
}

static inline unsigned login_taken(const struct login_ops *ops, void *arg, bool is_private)
{
    unsigned announced, taken = 0;

    if (ops->mechanisms)
        ops->mechanisms(arg, &announced, &taken);
    return taken | (is_private ? (unsigned)SASL_CLEAR : 0);
}
