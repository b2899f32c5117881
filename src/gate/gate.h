/* The gate: connections of strangers. Accepts, speaks TLS (the keeper signs), everything before login and the whole of SMTP
 * service. It reads no file and connects to nobody: what it needs it asks of the keeper and the box. Glue: the protocol
 * rooms do the talking, this folder gives them their ops. */
#pragma once

#include "base/log.h"
#include "base/map.h"
#include "base/must.h"
#include "base/secret.h"
#include "config/settings.h"
#include "http/session.h"
#include "imap/imap.h"
#include "ipc/ipc.h"
#include "main/peers.h"
#include "net/addr.h"
#include "net/bans.h"
#include "net/listener.h"
#include "net/stream.h"
#include "net/tally.h"
#include "net/tls.h"
#include "net/tls_clients.h"
#include "pop3/pop3.h"

#define GATE_CORES_MAX 256
#define GATE_LOGINS_MAX                                                                                                \
    160 /* at a time: the keeper's other answers, signatures above all, don't wait behind its hashing */
#define GATE_COROUTINES 8192
#define GATE_ENDED_MAX 256   /* more than the keeper counts of one gate */
#define GATE_FIGURES_MAX 600 /* pages of metrics: processes */
#define GATE_ASK_MS 60000    /* for an answer of keeper or box; logins may queue for their hash */

struct relay;
struct smtp_session;
struct metrics_page;
struct gate;

struct gate_listener {
    struct gate *gate;
    unsigned row;                /* of settings->listeners */
    struct tls_clients *clients; /* whose certificates are asked for; NULL: nobody's */
    struct listener *listener;
};

struct gate {
    const struct settings *set; /* for new connections; replaced on reload */
    unsigned index, n_cores, n_listeners;
    struct core *core;
    struct ipc *main, *keeper, *boxes[GATE_CORES_MAX];
    struct peers others;
    struct tls_server *tls;
    bool has_certificates, stopping;
    bool offers_scram;                   /* as the keeper says */
    struct pop3_offer pop3_offer;        /* the same */
    struct co_waitq certificates_wanted; /* connections that came before the keeper was heard of */
    struct gate_listener *listeners;
    struct list conns;
    struct list busy; /* connections with a coroutine, the oldest of these first */
    size_t n_conns;
    uint64_t crowded; /* connections that crowd_relieve has ended */
    mono_ms crowd_told_at;
    unsigned n_logins; /* questions about passwords under way */
    struct co_waitq logins_room;
    const struct metrics_page *figures[GATE_FIGURES_MAX]; /* of all processes; none without a listener for metrics */
    unsigned n_figures;
    unsigned n_web;     /* questions for the web under way */
    struct tally tally; /* what networks do, here and at the other gates */
    struct bans bans;   /* the keeper's list */
    unsigned n_tarpit;  /* connections that are held */
    uint64_t spool_bytes;
    uint64_t notes; /* that may be made for the trace now, since: */
    mono_ms noted_at;
    uint64_t ended[GATE_ENDED_MAX]; /* connections of users of this machine that the keeper has not been told of yet */
    size_t n_ended;
    struct co_timer ended_again;
};

/* A connection, from accept to close or hand-over. */
struct conn {
    struct list link, busy;
    struct gate *gate;
    struct gate_listener *from;
    const struct settings *set;
    const struct config_listener *row; /* of that snapshot */
    struct stream *stream;
    struct arena arena;
    struct addr peer;
    char peer_text[ADDR_TEXT_MAX], peer_host[ADDR_TEXT_MAX];
    uint64_t id;  /* unguessable: grants are bound to it */
    uint64_t sid; /* for logs */
    struct log_ctx log;
    struct smtp_session *smtp;
    struct relay *relay; /* to the box, under TLS; NULL: none */
    struct imap_login_kept imap;
    struct pop3_login_kept pop3;
    struct http_kept http;
    struct co *co;         /* while one runs */
    struct co_timer again; /* while no coroutine is free */
    enum st woke;
    unsigned char token[16]; /* of a submission grant */
    struct str
        local_user; /* of this machine, who speaks over his connection to the administration socket; empty: a connection from outside */
    bool is_local;                   /* the same */
    bool is_counted;                 /* among the connections of its network */
    bool is_told;                    /* whose it is: what a proxy had to say of that has been read */
    bool has_grant, relaying, began; /* began: TLS stands where it must, the protocol has the connection */
    uint64_t account, credential, spooled;
    uint64_t trusted_as; /* the account that its network counts as; 0: none */
    struct str login;
};

/* --- conn.c --- */
void conn_accepted(void *gate_listener, int fd, const struct addr *peer);
void conn_excess(void *gate_listener, int fd); /* over a limit */
/* A user of this machine, whom the keeper vouches for; owns fd. */
void conn_local(struct gate *g, const struct msg_local_smtp *m, int fd);
void conns_stop(struct gate *g); /* says goodbye to all that are not logged in elsewhere */
enum st conn_start_tls(struct conn *c) SUSPENDS MUST_USE;
void conn_wake(void *conn, enum st why);
bool conn_park(void *conn);       /* until input comes, or the stream's deadline */
void conn_revoke(struct conn *c); /* a submission session whose account has lost its rights */
void conn_ban(struct conn *c);    /* its network is banned, and nobody has logged in */
void conn_free(struct conn *c);
/* It is of that peer, as somebody says who may. ST_LIMIT, ST_DENIED: his network may have no more, or is banned; the error says so. */
enum st conn_is_of(struct conn *c, const struct addr *peer) MUST_USE;
/* A socket that was accepted here before, nothing of which was read yet; *fd is owned then, and set to -1. Runs soon; the caller fills what
 * is known of it before it waits. ST_LIMIT: no room, which it was told; it is closed then. */
enum st conn_adopted(struct gate_listener *from, int *fd, const struct addr *peer, struct conn **out) MUST_USE;
void conn_go_on(struct conn *c); /* from where its protocol stands */

/* --- log_in.c: for protocols that users log in by; `arg` is the connection --- */
void conn_mechanisms(void *conn, unsigned *out_announced, unsigned *out_taken);
unsigned conn_announced(const struct conn *c);   /* to who may say a password */
bool conn_announces_bound(const struct conn *c); /* mechanisms that are bound to TLS */
const struct login_ops *conn_login_ops(const struct conn *c);

/* --- local.c --- */
void local_ended(struct gate *g, uint64_t conn); /* the keeper hears of it, if not at once */

/* --- alpn.c --- */
const struct tls_alpn *alpn_of(enum config_protocol protocol);

/* --- one file a protocol: serves until the connection is over, handed over (then conn->stream is NULL) or parked --- */
enum st conn_smtp(struct conn *c) SUSPENDS;
enum st conn_imap(struct conn *c) SUSPENDS;
enum st conn_pop3(struct conn *c) SUSPENDS;
enum st conn_http(struct conn *c) SUSPENDS;
void conn_smtp_end(struct conn *c); /* the session's memory and its grant */

enum st ask_auth(struct conn *c, struct str mechanism, struct str authzid, struct str user, struct str password,
                 struct login_result *out) SUSPENDS MUST_USE;
enum st ask_sasl(struct conn *c, struct arena *a, const struct sasl_message *m, struct sasl_reply *out,
                 struct login_result *login) SUSPENDS MUST_USE;
/* Gives the connection to the box on the core that owns the account. ST_OK: the stream is gone. */
enum st ask_session(struct conn *c, const struct login_result *who, struct str tag, struct str withheld)
    SUSPENDS MUST_USE;
struct ipc *box_of(const struct gate *g, uint64_t account);

/* --- clients.c: whose certificates are asked for --- */
/* As the settings say, from the files that main has handed over. */
enum st clients_load(struct gate *g, const struct role *r, const struct settings *set) MUST_USE;

/* --- certs.c: what the keeper pushes, and signatures asked of it --- */
extern const struct ipc_handler gate_keeper_handlers[];
extern const size_t gate_n_keeper_handlers;
enum st gate_sign(void *gate, uint32_t key_id, enum tls_key_kind kind, struct str input, unsigned char *out,
                  size_t out_max, size_t *out_n) SUSPENDS;

/* --- back.c: what the box gives back --- */
extern const struct ipc_handler gate_box_handlers[];
extern const size_t gate_n_box_handlers;

/* --- crowd.c: stacks, which are few beside connections --- */
void crowd_relieve(struct gate *g); /* before a coroutine is started for a connection */

/* --- figures.c --- */
enum st figures_open(struct gate *g, const struct role *r) MUST_USE;

/* --- limits.c: what networks may do --- */
enum st limits_open(struct gate *g, const struct role *r) MUST_USE;
/* Not of this house, and not in a network that the settings trust: counted, and banned perhaps. */
bool limits_apply(const struct settings *set, const struct addr *peer);
/* May it come in? Counts it then (c->is_counted, given back by conn_free). ST_LIMIT or ST_DENIED: the error's text says why not. */
enum st limits_admit(struct conn *c) MUST_USE;
void limits_leave(struct conn *c);
/* The address that is counted has become another one (a proxy's word): as if it had come anew. */
enum st limits_move(struct conn *c, const struct addr *peer) MUST_USE;
/* Something has come from there. ST_LIMIT: more than may within an hour; the error's text says so. */
enum st limits_count(struct conn *c, enum tally_what what) MUST_USE;
/* Handlers of the link to the keeper: its list of bans. */
void limits_ban_begin(struct ipc_request *r);
void limits_ban_put(struct ipc_request *r);
void limits_ban_lift(struct ipc_request *r);
