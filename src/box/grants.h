/* Grants: what the keeper told this core that a gate may do, and for whom. A token is good once, from the gate and connection that it
 * was made for, within GRANT_LIFE_MS; one for submission then lives as long as its connection. */
#pragma once

#include "box/box.h"

#define TOKEN_BYTES 16
#define GRANT_LIFE_MS 30000
#define GRANTS_MAX 200000 /* of one core: tokens not yet redeemed, and submission sessions */

struct grant {
    struct list link; /* by age, while it waits to be redeemed */
    unsigned char token[TOKEN_BYTES];
    uint64_t account, conn, credential;
    struct account_limits limits;
    uint32_t gate, rights;
    mono_ms expires;                                /* NEVER: redeemed for submission */
    char login[LIMIT_ADDRESS + 1], language[8 + 1]; /* of notices; empty: none of its own */
    char *pop3_uidl, *pop3_mailbox;                 /* owned; NULL: none of its own, none was asked for */
    uint32_t pop3_delay;
    char *withheld; /* capabilities of IMAP that the account is not offered; owned; NULL: all are */
};

/* ST_LIMIT: too many. */
enum st grant_add(struct box_core *c, const struct msg_grant_ask *m) MUST_USE;
/* Looks at it without using it up. ST_DENIED: unknown, expired, of another account, gate or connection, without this right. */
enum st grant_find(struct box_core *c, struct str token, uint64_t account, uint32_t gate, uint64_t conn, uint32_t right,
                   struct grant **out) MUST_USE;
/* The same for a submission session that has begun: its grant has been redeemed. */
enum st grant_submitting(struct box_core *c, struct str token, uint64_t account, uint32_t gate, uint64_t conn,
                         struct grant **out) MUST_USE;
void grant_free(struct box_core *c, struct grant *g);
void grants_revoke(struct box_core *c, uint64_t account, uint64_t credential); /* credential 0: all of the account */
void grants_drop_gate(struct box_core *c, uint32_t gate);                      /* it died: its connections are gone */
