/* The keeper: who may log in, where mail for an address goes, and signatures with private keys. One loop; SQL on one
 * thread of its own, password hashes on a few more. It has no socket but its pipes. */
#pragma once

#include "base/memo.h"
#include "co/offload.h"
#include "config/settings.h"
#include "directory/directory.h"
#include "directory/password.h"
#include "ipc/ipc.h"
#include "ipc/pass.h"
#include "keeper/brake.h"
#include "keeper/certs.h"
#include "keeper/dkim.h"
#include "keeper/exchange.h"
#include "keeper/failures.h"
#include "keeper/greylist.h"
#include "keeper/guard.h"
#include "keeper/known.h"
#include "keeper/logins.h"
#include "keeper/own_keys.h"
#include "keeper/resolved.h"
#include "keeper/sending.h"
#include "keeper/turns.h"
#include "keeper/uses.h"
#include "net/bans.h"
#include "net/tls_clients.h"

#define KEEPER_DIRECTORY_FILE "directory.db" /* in the role's own directory, data/keeper */
#define KEEPER_GATES_MAX 256
#define KEEPER_CORES_MAX 256
#define KEEPER_SLEEPERS_MAX 128 /* refused logins of one gate whose answers wait; above it the oldest is told early */
#define KEEPER_ASK_MS 10000     /* for a box to take a grant */
#define KEEPER_LOGIN_MS 20000   /* for a login to get its turn */
#define KEEPER_TICKETS_MAX 3    /* keys of session tickets: one that is used, those that are still taken */

#define KEEPER_OAUTH_SECRET_MAX 512    /* bytes */
#define KEEPER_TOKENS_MAX 10000        /* of OAuth that are remembered */
#define KEEPER_INTROSPECTING_MAX 50    /* questions about tokens at a time: the errand has other pages to fetch */
#define KEEPER_INTROSPECTING_OF_ONE 10 /* of these, of one network */
#define KEEPER_TOKEN_BYTES 16
#define KEEPER_VERIFY_MS                                                                                               \
    15000 /* for another server to say whether it knows a recipient; his sender comes again otherwise */
#define KEEPER_VERIFYING_MAX                                                                                           \
    64 /* at a time: gates' other questions are not to wait behind a server that does not answer */
#define KEEPER_LOCALS_MAX 200   /* connections of users of this machine at a time, of one gate */
#define KEEPER_LOCALS_OF_ONE 50 /* of these, of one user; a quarter of them is root's */

struct sleeper {
    struct list link;
    struct co_event event;
};

/* What belongs to one gate; the argument of its handlers. */
struct keeper_gate {
    struct keeper *keeper;
    unsigned index;
    struct ipc *ipc; /* NULL: never connected */
    struct list sleepers;
    unsigned n_sleepers;
    struct map locals; /* by connection: struct keeper_local */
    struct exchanges exchanges;
    struct sending_txns txns;
};

/* A user of this machine for whom a gate speaks SMTP. */
struct keeper_local {
    char name[65];
    bool is_trusted; /* may send as everybody */
};

/* Accounts that have addresses which their letters are not sent to: suppress.c. */
struct suppressed {
    struct map accounts;
    uint64_t generation; /* of the directory, when they were read */
    bool is_known;
};
void suppressed_fini(struct suppressed *s);

/* Who vouches for certificates of clients, of each listener that asks for them. */
struct keeper_clients {
    struct arena arena;
    size_t n;
    struct {
        struct str listener;
        struct tls_clients *from;
    } v[];
};
struct keeper_clients *keeper_clients_new(size_t most);
void keeper_clients_add(struct keeper_clients *c, struct str listener,
                        struct tls_clients *from); /* owned from now on */
void keeper_clients_free(struct keeper_clients *c);

struct keeper {
    const struct settings *set; /* a reference of its own */
    struct directory *directory;
    struct offload *sql, *hashing;
    struct turns turns;
    struct logins logins;
    struct resolved resolved; /* its generation is that of the directory */
    struct known known;
    struct memo
        permits; /* which accounts may send as what, and domains that are not ours: addresses.c. Until the directory changes */
    struct failures failures;
    struct guard guard;
    struct bans bans;
    struct greylist greylist;
    struct ipc *errand; /* fetches what endpoints say of tokens; NULL: not there yet */
    struct memo tokens; /* whose they are */
    struct memo opened; /* accounts that tokens have opened sessions of */
    struct turns introspecting;
    char oauth_secret[KEEPER_OAUTH_SECRET_MAX];
    size_t n_oauth_secret;
    struct keeper_clients *clients; /* NULL: nobody is asked */
    struct uses uses;               /* of credentials, not written yet */
    struct co_event core_came;      /* of the box: it needs the keys of notices */
    struct co_event removed;        /* an account was: its mail is to go */
    struct co_event offer_changed;
    bool offers_scram;
    struct directory_pop3_own offers_pop3;
    unsigned char false_salt_key[32]; /* of users that there are not; the directory has it */
    bool has_false_salt_key;
    unsigned char pass_key[PASS_KEY_BYTES];

    struct certs *certs, *old_certs; /* the old ones sign for handshakes under way at a reload */
    unsigned char tickets[KEEPER_TICKETS_MAX][TLS_TICKET_KEY_BYTES]; /* newest first */
    unsigned n_tickets;
    struct co_timer ticket_timer;

    struct keeper_gate gates[KEEPER_GATES_MAX];
    struct keeper_gate courier; /* asks for recipients and for signatures of letters */
    struct dkim_kept dkim_kept;
    struct own_keys srs, bounces;
    struct suppressed suppressed;
    struct senders senders;
    struct brakes brakes;
    unsigned n_gates, next_gate, n_verifying;
    struct ipc *cores[KEEPER_CORES_MAX];
    unsigned n_cores;
};

/* Takes a reference to `set` and owns `directory` and `certs` from now on. */
struct keeper *keeper_new(const struct settings *set, struct directory *directory, struct certs *certs, unsigned gates,
                          unsigned cores);
void keeper_free(struct keeper *k); /* nothing is under way any more */

/* A link has come, or come again: what its other end has to know is sent. */
void keeper_gate_is_up(struct keeper *k, unsigned gate, struct ipc *ipc);
void keeper_core_is_up(struct keeper *k, unsigned core, struct ipc *ipc);
/* New settings and certificates (owned from now on) for what comes from now on. */
void keeper_reload(struct keeper *k, const struct settings *set, struct certs *certs);

void keeper_take_clients(struct keeper *k,
                         struct keeper_clients *clients); /* owned from now on; NULL: nobody is asked */

/* Handlers of the links to gates; arg is a struct keeper_gate. */
void keeper_auth(struct ipc_request *r) SUSPENDS;
void keeper_sasl(struct ipc_request *r) SUSPENDS; /* scram.c */
void keeper_sasl_end(struct ipc_request *r);
void keeper_rcpt(struct ipc_request *r) SUSPENDS;
void keeper_sender(struct ipc_request *r) SUSPENDS;
void keeper_sign(struct ipc_request *r); /* on the loop */
void keeper_health(struct ipc_request *r) SUSPENDS;
void keeper_web(struct ipc_request *r) SUSPENDS; /* web.c */
/* Of the link to the courier: signatures of letters that leave. */
void keeper_dkim_keys(struct ipc_request *r) SUSPENDS;
void keeper_dkim_sign(struct ipc_request *r) SUSPENDS;
void keeper_srs(struct ipc_request *r) SUSPENDS;
void keeper_ours(struct ipc_request *r) SUSPENDS;  /* which domains are foreign */
void keeper_relay(struct ipc_request *r) SUSPENDS; /* domains that go on to another server */
void keeper_identity(struct ipc_request *r) SUSPENDS;
void keeper_routes(struct ipc_request *r) SUSPENDS; /* routes.c */
void keeper_route_login(struct ipc_request *r) SUSPENDS;
void keeper_sts_get(struct ipc_request *r) SUSPENDS;
void keeper_sts_put(struct ipc_request *r) SUSPENDS;
void keeper_sts_due(struct ipc_request *r) SUSPENDS;
void keeper_tls_note(struct ipc_request *r) SUSPENDS;
void keeper_tls_report(struct ipc_request *r) SUSPENDS;
void keeper_tls_reported(struct ipc_request *r) SUSPENDS;
/* trusted.c: without a password. */
void keeper_trust(struct ipc_request *r) SUSPENDS;
void keeper_local_end(struct ipc_request *r);
void keeper_local(struct ipc_request *r) SUSPENDS;                                        /* of the link to control */
const struct keeper_local *keeper_local_find(const struct keeper_gate *g, uint64_t conn); /* NULL: it is none */
void keeper_locals_drop(struct keeper_gate *g);                                           /* the gate has died */
/* Is it the address of that user, with or without a tag? `domain` is the server's own name. */
bool keeper_is_local_address(const struct directory_address *address, struct str user, struct str host,
                             struct str delimiters);
/* Where mail for a user of this machine goes, when its domain is no domain of ours: his account, or who gets the postmaster's. `may_be_anybody`: else only
 * names that every system has. NOTFOUND. On the directory's thread. */
enum st keeper_local_resolve(struct directory *d, struct arena *a, struct str local, const struct directory_ways *ways,
                             bool may_be_anybody, struct directory_target **out, size_t *out_n) MUST_USE;

void keeper_transport(struct ipc_request *r) SUSPENDS; /* transport.h */
/* Of the link to control; arg is a struct keeper. */
void keeper_admin(struct ipc_request *r) SUSPENDS;
void keeper_account(struct ipc_request *r) SUSPENDS;

/* Has the box take away the mail of accounts that were removed, one after the other, and then their tombstones; for as long
 * as the process lives. */
void keeper_removals(void *keeper) SUSPENDS;

/* Writes last uses of credentials to the directory: now, and once a minute for as long as the process lives. */
void keeper_write_uses(struct keeper *k) SUSPENDS;
void keeper_uses(void *keeper) SUSPENDS;

/* bans.c. Never of this house, nor of what the settings trust or never ban. */
bool keeper_may_ban(const struct settings *set, const struct addr *a);
/* The same of a peer, as failures_network. */
bool keeper_may_ban_peer(const struct settings *set, struct str peer, char *room, struct str *out_network);
const struct ban *keeper_ban_of(struct keeper *k, struct str network); /* NULL: none */
enum st keeper_bans_load(struct keeper *k) MUST_USE;                   /* at the start, before threads */
void keeper_bans_tell(const struct keeper *k, struct ipc *gate);       /* all of them */
/* Here and at the gates; the directory has it already, or is told by the caller. */
enum st keeper_ban_hold(struct keeper *k, const struct ban *ban) MUST_USE;
void keeper_ban_lifted(struct keeper *k, const struct addr *network, unsigned bits);
/* An address, from now on: an IPv4 address, an IPv6 /64. */
void keeper_ban(struct keeper *k, const struct addr *address, uint64_t for_ms, struct str reason) SUSPENDS;
void keeper_ban_note(struct ipc_request *r) SUSPENDS; /* by a gate */

/* greys.c */
void keeper_grey(struct ipc_request *r); /* by a gate; on the loop */
enum st keeper_greys_load(struct keeper *k) MUST_USE;
void keeper_greys_write(struct keeper *k) SUSPENDS; /* what has changed */

/* offer.c: what gates may announce. It is looked at anew some time after the directory or the settings have changed. */
void keeper_offer(void *keeper) SUSPENDS; /* for as long as the process lives */
void keeper_offer_changed(struct keeper *k);
void keeper_offer_tell(const struct keeper *k, struct ipc *gate); /* what is known */

/* Tells the box the keys by which it knows notices of what our users have sent, now and whenever they change; for as long as the process lives. */
void keeper_bounces(void *keeper) SUSPENDS;

/* What the box should know of a change; it is told, but not waited for. */
void keeper_tell_limits(struct keeper *k, uint64_t account, const struct account_limits *limits);
void keeper_tell_domain(struct keeper *k, uint64_t domain, uint64_t bytes, uint64_t messages);
void keeper_tell_accounts(struct keeper *k, struct str domain); /* all of it, in the background */

/* Runs fn(arg) on the directory's thread; its status and error record come back. */
enum st keeper_sql(struct keeper *k, enum st (*fn)(void *arg), void *arg) SUSPENDS MUST_USE;
/* The same on a hashing thread; the caller has a turn. */
enum st keeper_hash(struct keeper *k, enum st (*fn)(void *arg), void *arg) SUSPENDS MUST_USE;
struct password_cost keeper_cost(const struct settings *set);

/* The directory may have changed: nothing is known of it any more. To be called between the change and what is told of it, so
 * that who finds the generation unchanged comes before the revocation. */
void keeper_directory_changed(struct keeper *k);
void keeper_tell_courier(struct keeper *k); /* that answers of before may be wrong now */

/* What the box is told of, so that a gate may act for an account over one connection. */
struct keeper_grant {
    const struct settings *set;
    struct arena *a;
    const struct directory_account *account;
    uint64_t credential; /* 0: none */
    uint64_t generation; /* of the directory when the account was looked at */
    uint64_t conn;
    unsigned gate;
    uint32_t rights;    /* enum grant_right */
    struct str mailbox; /* that POP3 is to show; empty: as the setting says */
};
/* ST_OK: the box knows the token. ST_TRYLATER; ST_DENIED, ST_NOTFOUND: the account has changed meanwhile. */
enum st keeper_grant(struct keeper *k, const struct keeper_grant *g, unsigned char out_token[KEEPER_TOKEN_BYTES])
    SUSPENDS MUST_USE;

/* Everything of the account (credential 0) or of one credential ends: verified logins, grants, sessions. */
void keeper_revoke(struct keeper *k, uint64_t account, uint64_t credential, struct str why);

/* Is this an address that the account's letters are not sent to any more? ST_SUPPRESSED: the error says since when, why, and until when. */
enum st keeper_check_suppressed(struct keeper *k, const struct settings *set, struct arena *a, uint64_t account,
                                struct str address) SUSPENDS MUST_USE;
bool keeper_is_refused(const struct settings *set, const struct directory_suppressed *v, uint64_t now_us);
/* Of links to the box and to the courier. */
void keeper_who(struct ipc_request *r) SUSPENDS; /* by the box */
void keeper_suppress_note(struct ipc_request *r) SUSPENDS;
void keeper_suppress_note_by_courier(struct ipc_request *r) SUSPENDS;
void keeper_suppressed(struct ipc_request *r) SUSPENDS; /* by the courier */

/* sending.c: a recipient of a letter of the asking account is counted, with the letter at the first one. OVERRATE: there is no room, the error says until when. */
enum st keeper_sending_rcpt(struct keeper_gate *g, struct arena *a, const struct msg_rcpt_ask *ask,
                            struct msg_rcpt_answer *answer) SUSPENDS MUST_USE;
/* A letter of the account came back, since nobody is there; what it did up to now was right. */
void keeper_sending_failed(struct keeper *k, uint64_t account) SUSPENDS;
void keeper_sending_forgive(struct keeper *k, uint64_t account);
/* brake.c */
enum st keeper_brakes_load(struct keeper *k) MUST_USE; /* once, before anybody asks */
void keeper_brakes_tell(struct keeper *k, unsigned core);
void keeper_brakes(void *keeper) SUSPENDS; /* tells people; for as long as the process lives */
bool keeper_is_braked(const struct keeper *k, uint64_t account);
void keeper_brake_pull(struct keeper *k, uint64_t account, struct str address, enum brake_sign sign, uint64_t value,
                       struct str from_afar);
void keeper_brake_lift(struct keeper *k, uint64_t account, struct str address);
void keeper_txn_note(struct ipc_request *r);
enum st keeper_sending_show(struct keeper *k, bool is_domain, uint64_t of, struct sending_shown *out) SUSPENDS MUST_USE;
void keeper_write_sending(struct keeper *k) SUSPENDS; /* now, and every few seconds for as long as the process lives: */
void keeper_sending(void *keeper) SUSPENDS;

/* The address that stands in one of ours (srs_is). NOTFOUND: it is forged, or too old. On the directory's thread. */
enum st keeper_srs_original(struct keeper *k, struct arena *a, struct str local, struct directory_address *out)
    MUST_USE;

struct directory_ways keeper_ways(const struct settings *set, struct arena *a); /* with views of `set` */

/* An address as people write it, in the directory's form, in the arena. "postmaster" alone is that of the first domain;
 * another name alone is NOTFOUND unless `only_domain` and there is just one domain. On the directory's thread. */
enum st keeper_address(struct directory *d, struct arena *a, struct str text, bool only_domain,
                       struct directory_address *out) MUST_USE;
