/* The server side of SMTP: receiving for our own domains, and submission. A session is one function over a stream; what
 * it needs of other processes it asks through smtp_ops, which the gate fills with messages (and a test with fakes).
 * The letter's bytes are checked, trimmed and described (mime/scan.h) while they arrive; nothing is kept beyond
 * LIMIT_INLINE_LETTER bytes of memory, the rest goes to a spool file. */
#pragma once

#include "base/log.h"
#include "config/config.h"
#include "ipc/lists.h"
#include "net/stream.h"
#include "sasl/sasl.h"

struct smtp_session;

struct smtp_auth_try {
    const char *mechanism;
    struct str authzid, user, password;
};
struct smtp_auth_result {
    uint64_t account;
    struct str login; /* in the given arena */
    unsigned char token[16];
    bool has_token;
};

struct smtp_rcpt_result {
    struct rcpt_target *targets; /* in the given arena */
    size_t n;
    struct str text;     /* why not, for people; may be empty */
    uint64_t free;       /* so many bytes fit all of them for certain */
    uint64_t most_bytes; /* of a letter of the one who sends; 0: as the settings say */
    uint32_t most_rcpts; /* likewise */
};

/* A letter that is complete. Either `body` holds it, or `spool` is a descriptor with `body_size` bytes of it. */
struct smtp_letter {
    uint64_t txn;
    struct str reverse_path; /* without angle brackets; empty: the null path */
    const struct attribute *attributes;
    size_t n_attributes;
    const struct rcpt_target *targets;
    size_t n_targets;
    struct str body, record;
    int spool;
    uint64_t body_size;
    uint64_t account; /* who submits it; 0: nobody */
    const unsigned char *token;
    const struct attribute *origin; /* what is said of it in the trace (smtp/origin.h) */
    size_t n_origin;
};

/* What is counted of a stranger (smtp_setup.is_stranger). */
enum smtp_count { SMTP_COUNT_ERROR, SMTP_COUNT_UNKNOWN, SMTP_COUNT_LETTER };

struct smtp_ops {
    /* ST_OK, ST_DENIED (wrong), ST_TRYLATER. */
    enum st (*authenticate)(void *arg, const struct smtp_auth_try *try, struct arena *a, struct smtp_auth_result *out)
        SUSPENDS;
    /* ST_OK; ST_NOTFOUND no such user; ST_DENIED with text; ST_FOREIGN not a domain of ours; ST_TRYLATER;
     * ST_BUSY: another server has the domain, and can't say whether there is such a user;
     * ST_OVERRATE with text: he has sent too much lately;
     * ST_SUPPRESSED with text: the user's letters are not sent there any more; ST_OVERQUOTA, ST_TOOBIG: for a letter of `size` bytes (0: not said). */
    enum st (*resolve)(void *arg, uint64_t txn, uint64_t account, uint64_t size, struct str address, struct arena *a,
                       struct smtp_rcpt_result *out) SUSPENDS;
    enum st (*may_send_as)(void *arg, uint64_t account, struct str address)
        SUSPENDS; /* ST_OK, ST_DENIED, ST_FOREIGN (no, and not a domain of ours), ST_TRYLATER */
    /* May a letter of `size` bytes (0: not said) of the one who has logged in wait for a later time? ST_OVERQUOTA: too many do. */
    enum st (*may_hold)(void *arg, uint64_t size) SUSPENDS;
    enum st (*spool)(void *arg, int *out_fd) SUSPENDS;     /* ST_NOSPACE */
    void (*spool_done)(void *arg, int fd, uint64_t bytes); /* closes it; frees the budget */
    bool (*spool_may)(void *arg, uint64_t more);           /* the gate's budget of spool */
    /* Durable when ST_OK; *out_id names it in the reply. ST_NOSPACE, ST_TRYLATER, ST_DENIED. ST_OVERQUOTA,
     * ST_TOOBIG: the error's text is the recipient who has no room. */
    enum st (*deliver)(void *arg, const struct smtp_letter *l, uint64_t *out_id) SUSPENDS;
    enum st (*start_tls)(void *arg, struct stream *s) SUSPENDS;
    /* Parks until more input, hang-up or deadline; smtp_session_run is then called again. False: there is a line, or all that one may have. */
    bool (*park)(void *arg, struct stream *s, mono_ms deadline);
    /* As in struct login_ops (sasl/log_in.h), and NULL there too. */
    enum st (*sasl_step)(void *arg, struct arena *a, const struct sasl_message *m, struct sasl_reply *out,
                         struct smtp_auth_result *login) SUSPENDS;
    void (*mechanisms)(void *arg, unsigned *out_announced, unsigned *out_taken);
    /* ST_LIMIT: his network does more than it may; the error's text says so, and he is not served any more. */
    enum st (*count)(void *arg, enum smtp_count what);
    /* A transaction for which something was resolved is over; may be NULL. */
    void (*txn_over)(void *arg, uint64_t txn, bool accepted);
    /* The client is another one, as one says who may: `address` is his IP address without a port. *io_text and *io_address are the texts of struct smtp_setup from now on. `out_user`
     * as `user` there; account 0: nobody. ST_LIMIT: his network has too many connections; ST_DENIED: it is banned. NULL where nobody may. */
    enum st (*become)(void *arg, struct str address, uint16_t port, struct str *io_text, struct str *io_address,
                      struct smtp_auth_result *out_user, bool *out_is_stranger) SUSPENDS;
    /* ST_BUSY: nobody has seen the two together from there before; he may come again then. */
    enum st (*greylist)(void *arg, struct str sender, struct str rcpt, uint64_t *out_wait_s) SUSPENDS;
    /* A letter, or one of its recipients, was refused (smtp/origin.h). Does not wait; may be NULL. */
    void (*refused)(void *arg, uint64_t txn, const struct attribute *v, size_t n);
};

struct smtp_setup {
    struct stream *stream; /* borrowed; it outlives the session */
    const struct settings *set;
    const struct config_listener *listener;
    const struct smtp_ops *ops;
    void *arg;
    uint64_t sid;
    struct str peer_text;    /* "203.0.113.9:4711" */
    struct str peer_name;    /* what a proxy says of his name (XCLIENT); empty: nobody says anything */
    struct str peer_address; /* "203.0.113.9" or "2001:db8::1", for Received */
    struct str
        local_user; /* of this machine, who speaks over his connection to the administration socket; empty: a connection from outside */
    bool may_xclient, may_xforward; /* he is named for that (Postfix' XCLIENT_README, XFORWARD_README) */
    bool tls_available;             /* a certificate is there */
    /* Nobody who has logged in, nor of a network that is ours or that we trust: looked at closely (stranger.h), and ops->count is there. */
    bool is_stranger;
    struct ipc *resolver;  /* NULL: the DNS is not asked */
    unsigned *tarpit;      /* how many are held, of all sessions */
    uint64_t greet_delay;  /* milliseconds to wait whether he talks first; 0: he is greeted at once */
    /* Let in without a password: a user of this machine, or somebody in a trusted network; NULL: nobody. Copied. */
    const struct smtp_auth_result *user;
};

/* Instead of a greeting, to a connection over a limit (RFC 5321 section 3.8): a whole line. */
#define SMTP_NO_ROOM_MAX 200
struct str smtp_no_room(char line[SMTP_NO_ROOM_MAX]);
/* The same to one that is not let in, with the reason. */
#define SMTP_TURNED_AWAY_MAX 600
struct str smtp_turned_away(char line[SMTP_TURNED_AWAY_MAX], struct str why);

struct smtp_session *smtp_session_new(const struct smtp_setup *setup);
void smtp_session_free(struct smtp_session *s);

/* Greets and serves. `why`: ST_OK at first and when there is input, ST_TIMEOUT when a parked wait ran out, ST_CANCELED when
 * the server stops. ST_PARKED: call again. Anything else: the session is over, and how (ST_OK: QUIT). */
enum st smtp_session_run(struct smtp_session *s, enum st why) SUSPENDS;

/* His rights are withdrawn: the session ends before the next command, and what is under way is a stranger's. Parked, it
 * has to be run again for that. True: it reads a letter, whose end need not be waited for; cancelling its coroutine ends it. */
bool smtp_session_revoke(struct smtp_session *s);

bool smtp_session_reads_text(const struct smtp_session *s); /* of a letter */
/* Its place is needed for others: when its coroutine is cancelled it says that there are too many connections. */
void smtp_session_crowd(struct smtp_session *s);
