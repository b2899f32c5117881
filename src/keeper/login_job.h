/* What all ways of logging in share: whom the name means, is it refused, the grant, and how a refusal is told. Inside keeper/ only. */
#pragma once

#include "keeper/keeper.h"

struct login_job {
    struct keeper *k;
    const struct settings *set; /* a reference: a reload may come while a thread works */
    struct arena *a;
    const struct msg_auth_ask *ask; /* made up where it was not a password that came */
    struct str network;
    bool may_be_banned;

    struct directory_account account;
    struct directory_credential *credentials;
    size_t n;
    bool is_another; /* the authorization identity is not the account */
    struct str name; /* what stands for the account, or for a name that nobody has, in keeper/guard.h */
    struct str mailbox; /* of POP3, that the user's name asked for; empty: as ever */
    bool is_guarded;
    bool is_usual;                              /* one of its credentials was last used from this network */
    uint64_t credential;                        /* the one that was used; 0: none of the directory's */
    uint32_t uses;                              /* of it */
    const struct directory_credential *checked; /* whose hash was compared; NULL: none */
    struct directory_scram scram;
    struct str keys;
    uint64_t generation; /* of the directory when it was asked */
};

/* On the directory's thread: the account and its credentials, of the ask's user, and whether he wants to be another (RFC 4616 section 2). NOTFOUND: there
 * is none. */
enum st login_look_up(void *login_job) MUST_USE;
/* The same for an account that is found already. */
enum st login_look_at(struct login_job *j) MUST_USE;
/* What stands for it in keeper/guard.h. */
struct str login_name_of(struct arena *a, const struct directory_address *address);
/* TRYLATER: there were too many wrong passwords for the account, and it is not used from here. After login_look_up. */
enum st login_is_guarded(struct login_job *j) MUST_USE;
bool login_may_use(const struct login_job *j); /* the credential, for the service that is asked for */
/* TRYLATER: the network is turned away. */
enum st login_may_try(struct login_job *j) MUST_USE;
/* What has been found, OK, DENIED (a failure, which counts), TRYLATER or a failure of ours, becomes what the client is told, a refusal late; with a grant where it is OK. */
enum st login_conclude(struct login_job *j, struct keeper_gate *g, enum st found,
                       unsigned char out_token[KEEPER_TOKEN_BYTES]) SUSPENDS MUST_USE;
