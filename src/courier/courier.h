/* The courier: carries letters to other servers. What it has is in its memory only: the queue in the box has every letter until its
 * outcome is written down there, so this process may end at any time.
 *
 * A letter in hand is split by the domains of its recipients. Each domain is a destination with jobs that wait, and some
 * sessions, each of which takes one job after the other over one connection. */
#pragma once

#include "base/list.h"
#include "base/log.h"
#include "base/map.h"
#include "base/must.h"
#include "dns/dns.h"
#include "ipc/work.h"
#include "courier/identity.h"
#include "courier/order.h"
#include "courier/rank.h"
#include "courier/slow.h"
#include "main/peers.h"
#include "net/addr.h"
#include "policy/routing.h"
#include "smtp/client.h"

#define COURIER_ASK_MS 60000 /* for an answer of another process */
#define COURIER_DNS_MS 30000
#define COURIER_REMEMBERS 20000 /* answers of the keeper, and as many of the resolver */
#define COURIER_AGAIN_MS                                                                                               \
    10000 /* an answer of the keeper is used again so long, unless it says before that it may have changed */

#define NAMELESS_MAX 64

struct relay;

/* The administrator's rules: routes.h. */
struct routes {
    struct arena arena;
    struct routing_rule *v;
    size_t n;
    uint64_t version, known; /* of what the keeper has; differ: it is to be asked */
};

/* Views. */
struct relay_login {
    struct str user, password; /* user empty: no login */
};
struct sts;
struct tls_reports;

struct courier {
    struct peers peers;
    const struct settings *set;
    struct map letters, dests; /* by id; by domain */
    struct map records;        /* of DKIM keys in the DNS, by name: sign.c */
    struct tls_client *tls;    /* whom it trusts is said per connection: secure.h */
    struct co_waitq room;      /* letters, their bytes, or sessions have become fewer */
    struct list line;          /* letters that wait for room in memory */
    struct list spare;         /* letters whose bytes are here, and nobody works with them */
    struct map checks;         /* recipients that other servers have been asked about: verify.c */
    struct list checks_by_age, checks_running;
    struct relay_tls *ca; /* for servers whose certificate is checked; NULL: not needed yet */
    const struct role *role;
    struct routes routes;
    struct relay *relay; /* NULL: letters go to the servers of their domains */
    struct sts *sts;     /* policies of domains: sts.h */
    struct tls_reports *tls_reports;
    struct order wanting; /* destinations that got no session, since all are in use */
    struct list idle;     /* those with sessions that wait for another letter */
    struct list slowed;   /* those that asked us to come slower; they live on without letters */
    size_t n_slowed;
    struct rank rank;
    struct {
        struct addr source, own; /* as a connection was to be made from, and as it was: ours, without a reverse name */
        mono_ms until;
    } nameless[NAMELESS_MAX]; /* ipv6.c; the next that takes a place does so at: */
    size_t next_nameless;
    size_t n_sessions, n_busy; /* the latter with a letter, or what became of it, on its way */
    uint64_t bytes;            /* of letters in memory, or on their way there */
    bool is_stopping;
};

struct ipc *courier_box(const struct courier *c);
struct ipc *courier_keeper(const struct courier *c);
struct ipc *courier_resolver(const struct courier *c);
/* How long an answer of the keeper with this status may be used again (ipc_ask_again): what it could not find out is asked for each time. */
static inline uint64_t courier_again_ms(uint8_t status)
{
    bool is_known = status == ST_OK || status == ST_NOTFOUND || status == ST_FOREIGN || status == ST_DENIED;

    return is_known ? COURIER_AGAIN_MS : 0;
}
struct ipc *courier_errand(const struct courier *c); /* NULL until it has come for the first time */

/* admin.c: what the command line asks of the courier. */
void courier_admin(struct ipc_request *r) SUSPENDS;

/* --- a letter in hand: letter.c --- */
struct letter {
    struct courier *c;
    struct arena arena; /* for the envelope */
    struct work_letter work;
    struct deliver_by by; /* at_us 0: whenever it may be */
    unsigned jobs;        /* not ended */
    char *bytes;
    size_t size;
    size_t room;    /* that they have been given in memory */
    unsigned users; /* jobs that work with them */
    struct list spare;
    bool is_8bit, is_binary, is_loading, is_signing, is_signed;
    bool is_telling;        /* one outcome at a time: the last one has to be known as such */
    bool is_given_again;    /* by the box, while we had it: it gets it back in the end */
    struct str signatures;  /* of these bytes: letter_sign */
    struct co_waitq loaded; /* or signed */
    struct co_waitq told;
};

/* Takes the letter on: makes its jobs and starts sessions for them. It frees itself when all have ended. */
void letter_begin(struct courier *c, const struct work_letter *work);
/* Our signatures of the letter as this peer gets it, whole header fields that come in front of it; empty: it goes unsigned. They live as long as
 * the arena, or as the job. ST_TRYLATER: there should be some, but not just now. */
enum st letter_sign(struct letter *l, struct str form, struct arena *a, struct str *out) SUSPENDS MUST_USE;

/* Would a letter of the server itself, from that address, be signed? Other errors than ST_TRYLATER: no. */
enum st courier_can_sign(struct courier *c, struct arena *a, struct str author) SUSPENDS MUST_USE;

/* Some recipients of a letter, all of one domain, and sent on by aliases of one domain, if any. */
struct job {
    struct order_item turn; /* at its destination; with its letter's priority */
    struct letter *letter;
    struct work_rcpt **rcpts;
    struct work_result *results; /* of each */
    bool is_relayed;             /* its domain is one of ours that goes on: local_deliver says so */
    bool has_bytes;              /* job_bytes */
    bool is_quiet;               /* given back like others of its destination, of which the log has told */
    size_t n;
    struct str sender; /* under which it leaves, when that is known: job_sender */
};

/* The letter's bytes, read from the box when they are not here; they live until the job ends, or is done with them. ST_TRYLATER; ST_CORRUPT; ST_NOTFOUND: nobody
 * wants it carried any more. */
enum st job_bytes(struct job *j, struct str *out) SUSPENDS MUST_USE;
void job_done_with_bytes(struct job *j);

/* The reverse path of a job: another one than the letter's where an alias of ours sends on what is a stranger's. ST_TRYLATER. */
enum st job_sender(struct job *j, struct str *out) SUSPENDS MUST_USE;
/* The mark by which notices about it are known: as a header field, which may be none, and as the id of the envelope. */
struct str job_mark_line(const struct job *j, struct arena *a);
void job_mark_envelope(const struct job *j, struct arena *a, struct smtp_carry *t);

/* by.c: what a letter that is to be delivered by a certain time (RFC 2852) means for a job. */
bool job_is_too_late(struct job *j); /* then its recipients have failed */
/* What this server can't do for it, as an enhanced status code; NULL: nothing. */
const char *job_by_refusal(const struct job *j, const struct smtp_client *peer, const char **out_text);
/* WORK_PASSED in place of `state` where the sender is to be told that it was passed on. */
uint8_t job_by_state(const struct job *j, const struct smtp_client *peer, uint8_t state);
/* Who passes it to a server that does not heed the time asks to be told of delays by what that knows. */
void job_by_notify(const struct job *j, const struct smtp_client *peer, struct arena *a, struct smtp_carry_rcpt *r);

/* A job of those whose results are marked is_moved, for another destination; the others stay. */
struct job *job_split(struct job *j);

/* Every recipient's result has been filled in: the box is told, until it has heard it. Frees the job. */
void job_end(struct job *j) SUSPENDS;
void job_tell_suppressed(const struct job *j) SUSPENDS; /* suppress.c */
/* The same result for all that have none yet (state WORK_UNTRIED and no answer). */
void job_settle(struct job *j, uint8_t state, struct str status, struct str text);

/* --- where it goes: route.c --- */
struct route_host {
    struct str name;
    struct addr addr;
    uint16_t preference;  /* of its MX record */
    bool is_secure;       /* its address is validated by DNSSEC, and so are the aliases that lead there */
    struct str canonical; /* where the address stands, behind aliases; empty: at `name` */
};

#define ROUTE_HOSTS_MAX 16

struct route {
    bool is_chosen; /* the administrator has named its server for the domain */
    struct arena arena;
    struct route_host hosts[ROUTE_HOSTS_MAX];
    size_t n;
    bool
        is_secure; /* the MX records, or that there are none, are validated by DNSSEC; or somebody has named the server here */
    struct str canonical; /* where the MX records stand, behind aliases; empty: at the domain */
    uint16_t preference;  /* of what is being added */
    bool is_of_dns;       /* not a server that somebody has named here */
    bool is_lmtp;         /* its servers speak LMTP (RFC 2033); they may have our name, as being of the same machine */
    struct str onward, onward_security; /* of a domain of ours that goes on: as its row says; else empty */
    mono_ms good_until;
};

/* In the order in which they are to be tried (RFC 5321 section 5.1). ST_NOTFOUND: never possible; ST_TRYLATER: not now; `out_status` says why in
 * an enhanced status code. */
enum st route_find(struct courier *c, struct str domain, struct route *out, const char **out_status) SUSPENDS MUST_USE;
/* The addresses of one host, without asking for MX. As route_find. */
enum st route_to_host(struct courier *c, struct str host, uint16_t port, struct route *out, const char **out_status)
    SUSPENDS MUST_USE;
void route_fini(struct route *r);

/* --- addresses of ours without a name: ipv6.c --- */
/* May that address of the route be connected to from `source` (family 0: what the system chooses), and may the connection be used that has then been
 * made from `from`? ST_DENIED: it is left for others. */
enum st ipv6_before(const struct courier *c, const struct route *r, const struct addr *to, const struct addr *source)
    MUST_USE;
enum st ipv6_behind(struct courier *c, const struct route *r, const struct addr *to, const struct addr *source,
                    const struct addr *from) SUSPENDS MUST_USE;

/* --- the server that takes everything: relay.c --- */
#define RELAY_TLS_MS 60000
#define RELAY_DEST '>' /* its destination's name begins with that, which no domain does */
/* As the settings say, with the files that main handed over; NULL: there is none. Errors of the files, ST_SYNTAX. */
enum st relay_new(const struct role *r, const struct settings *set, struct relay **out) MUST_USE;
struct relay *relay_ref(struct relay *y); /* NULL is fine */
void relay_unref(struct relay *y);
/* A server that the administrator has named, of which certificates are checked where `security` is not none; `login` may be NULL. ST_TRYLATER: that can't be done. */
enum st relay_for_host(struct courier *c, struct str host, uint16_t port, enum config_security security, bool is_lmtp,
                       const struct relay_login *login, struct relay **out) MUST_USE;
void relay_tls_unref(struct relay_tls *t); /* NULL is fine */
struct str relay_host(const struct relay *y, uint16_t *out_port);
/* Greeting, TLS and login; `answer` is the last one that is of interest, `out_status` says why it failed. Owns the stream; as smtp_client_open. ST_NOTFOUND: it does not
 * offer what the settings ask for. */
enum st relay_greet(const struct relay *y, struct smtp_client *client, struct stream *stream, struct str helo,
                    struct smtp_answer *answer, const char **out_status) SUSPENDS MUST_USE;

/* --- domains of ours that go on to another server: onward.c --- */
/* As route_find, or as the domain's row in the directory says; `out_relay` is then how that host is spoken to, or NULL: as any other. */
enum st onward_route(struct courier *c, struct str domain, struct route *out, struct relay **out_relay,
                     const char **out_status) SUSPENDS MUST_USE;
/* Does the row say still what the route was made of? Yes, if nobody knows just now. */
bool onward_is_still(struct courier *c, struct str domain, const struct route *r) SUSPENDS;

/* To a server as the directory has it, "host:port" and "starttls", "tls", "none" or "may". */
enum st onward_to(struct courier *c, struct str to, struct str security, const struct relay_login *login,
                  struct route *out, struct relay **out_relay, const char **out_status) SUSPENDS MUST_USE;

/* --- verify.c: whether another server knows a recipient; of the link to the keeper --- */
void courier_verify(struct ipc_request *r) SUSPENDS;

/* --- destinations: dest.c --- */
struct dest {
    struct courier *c;
    struct str key;           /* of the map: the domain and as what its letters leave */
    struct str domain;        /* part of it */
    struct identity identity; /* of all its letters and connections */
    struct order jobs;
    struct order_item wants; /* of the courier's, likewise below */
    struct list idles, slows;
    struct co_waitq more; /* jobs, for sessions that have none */
    size_t n_sessions, n_idle;
    unsigned
        window; /* sessions that are allowed: grows by one with each letter that is taken, halves when the server is out of reach */
    unsigned failures; /* one behind the other */
    char why[200];     /* the last of them, for letters that are not tried for it */
    char why_status[12];
    bool is_unreached; /* that was, since no server could be spoken to */
    bool is_relayed;   /* a domain of ours that goes on */
    struct slow slow;
    mono_ms told_of; /* the end of the pause of which the log has said that letters are given back */
};

void dest_add(struct courier *c, struct str domain, const struct identity *id, struct job *j);
bool dest_is_relay(const struct dest *d);
void dest_kick(struct dest *d);          /* starts sessions, as many as may be */
void dest_spread(struct courier *c);     /* sessions that have ended go to those that want one */
void dest_end_idle(struct courier *c);   /* no session waits for a letter any more: the courier stops */
bool dest_is_down(const struct dest *d); /* out of reach just now: what waits is put off */
/* What a session has come to. */
void dest_succeeded(struct dest *d);
void dest_failed(struct dest *d);
/* It is down: what has no result yet is put off for the same reason. */
void dest_put_off(const struct dest *d, struct job *j);
/* What a server has said of a letter, or instead of a greeting, may ask us to come slower: one session only, and a pause. False: it does not. */
bool dest_heed(struct dest *d, struct str host, struct str answer);
bool dest_is_paused(const struct dest *d);                /* what waits is given back, without an attempt */
void dest_hold_back(const struct dest *d, struct job *j); /* in a pause: nothing of it is tried again before its end */
/* The next job, if one comes until the deadline. */
struct job *dest_next(struct dest *d, mono_ms deadline) SUSPENDS;

/* --- one connection after the other: session.c --- */
void session_run(struct dest *d) SUSPENDS;

/* Asks the servers of a domain of ours that goes on about a recipient; as smtp_client_ask, or why none could be asked. */
enum st session_ask(struct courier *c, struct str domain, struct str address, struct arena *a, struct smtp_answer *out)
    SUSPENDS MUST_USE;

/* --- our own domains: local.c --- */
/* Has the address' domain nothing to do with us? False also when nobody can say. */
bool courier_is_foreign(struct courier *c, struct arena *a, struct str address) SUSPENDS;
/* ST_FOREIGN: the domain is not ours, or goes on (is_relayed). Else the job's results are filled in. */
enum st local_deliver(struct job *j) SUSPENDS MUST_USE;
