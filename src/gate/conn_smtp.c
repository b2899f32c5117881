/* What the SMTP room asks of the world, as messages. */
#include "gate/gate.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "base/route.h"
#include "ipc/beside.h"
#include "ipc/lists.h"
#include "smtp/smtp.h"

#include <errno.h>
#include <unistd.h>

#define ORIGIN_MAX 1500   /* bytes of what the trace hears of a letter */
#define NOTE_MAX 4000     /* and of one that is refused: */
#define NOTES_A_SECOND 10 /* of a gate */
#define NOTES_AT_ONCE 200
#define FRAME_ROOM                                                                                                     \
    56000 /* of a message: body, record and recipients together; the rest of the frame is for the envelope */

#define ROOM_HEADERS 2048 /* what we put before a letter: it counts too */
#define ROOM_AT_ONCE 20   /* recipients of one question */

static enum st status(uint8_t status, struct str text)
{
    return status == ST_OK ? ST_OK : FAIL(status < ST_COUNT ? (enum st)status : ST_INTERNAL, "%.*s", STR_ARGS(text));
}

static void give_back(struct conn *c)
{
    struct msg_submit_end end = {
        .token = str_n((const char *)c->token, sizeof c->token), .account = c->account, .conn = c->id};

    if (c->has_grant && ipc_is_up(box_of(c->gate, c->account)))
        IGNORE(ipc_send(box_of(c->gate, c->account), MSG_submit_end, &end,
                        -1)); /* a box that is gone has forgotten the grant */
    c->has_grant = false;
}

static const struct config_trusted *trusted_row(const struct conn *c)
{
    return c->is_local ? NULL : config_trusted_find(c->set, c->peer.family, c->peer.bytes);
}

/* A grant is redeemed at once and lives as long as this connection, or until another one takes its place. */
static enum st redeem(struct conn *c, uint64_t account, const unsigned char *token) SUSPENDS
{
    struct msg_submit_ask ask = {
        .token = str_n((const char *)token, sizeof c->token), .account = account, .conn = c->id};
    struct msg_submit_answer answer;
    struct arena a = ARENA_INIT;
    enum st st =
        IPC_ASK(box_of(c->gate, account), submit_ask, &ask, submit_answer, &a, &answer, deadline_in(GATE_ASK_MS));

    arena_fini(&a);
    TRY(st);
    TRY(status(answer.status, STR("the box did not take the grant")));
    give_back(c);
    memmove(c->token, token, sizeof c->token);
    c->has_grant = true;
    c->account = account;
    return ST_OK;
}

static enum st logged_in(struct conn *c, const struct login_result *r, struct smtp_auth_result *out) SUSPENDS
{
    if (r->token.n != sizeof c->token)
        return FAIL(ST_INTERNAL, "the keeper gave no token");
    TRY(redeem(c, r->account, (const unsigned char *)r->token.p));
    *out = (struct smtp_auth_result){.account = r->account, .login = r->login, .has_token = true};
    memcpy(out->token, r->token.p, sizeof out->token);
    return ST_OK;
}

/* A login for submission. */
static enum st authenticate(void *arg, const struct smtp_auth_try *t, struct arena *a, struct smtp_auth_result *out)
    SUSPENDS
{
    struct login_result r;

    (void)a;
    TRY(ask_auth(arg, str_z(t->mechanism), t->authzid, t->user, t->password, &r));
    return logged_in(arg, &r, out);
}

static enum st step(void *arg, struct arena *a, const struct sasl_message *m, struct sasl_reply *out,
                    struct smtp_auth_result *login) SUSPENDS
{
    struct login_result r;

    TRY(ask_sasl(arg, a, m, out, &r));
    return out->more ? ST_OK : logged_in(arg, &r, login);
}

static void mechanisms(void *arg, unsigned *out_announced, unsigned *out_taken)
{
    conn_mechanisms(arg, out_announced, out_taken);
}

/* --- without a password ------------------------------------------------------------------------------------------ */

/* What the keeper has said of a user of this machine. */
static enum st local_user(struct conn *c, struct smtp_auth_result *out) SUSPENDS
{
    unsigned char token[sizeof c->token];

    *out = (struct smtp_auth_result){.account = c->account, .login = c->login, .has_token = c->account != 0};
    if (!c->account)
        return ST_OK;
    memcpy(token, c->token, sizeof token);
    TRY(redeem(c, c->account, token));
    memcpy(out->token, token, sizeof out->token);
    wipe(token, sizeof token);
    return ST_OK;
}

/* Somebody in a trusted network. The keeper looks for itself; it is asked only where it would say yes. */
static enum st trusted(struct conn *c, struct smtp_auth_result *out) SUSPENDS
{
    struct msg_trust_ask ask = {.conn = c->id, .peer = str_z(c->peer_host)};
    struct msg_auth_answer answer;
    struct arena a = ARENA_INIT;
    enum st st = IPC_ASK(c->gate->keeper, trust_ask, &ask, auth_answer, &a, &answer, deadline_in(GATE_ASK_MS));

    if (st == ST_OK)
        st = status(answer.status, answer.text);
    if (st == ST_OK && answer.token.n != sizeof c->token)
        st = FAIL(ST_INTERNAL, "the keeper gave no token");
    if (st == ST_OK)
        st = redeem(c, answer.account, (const unsigned char *)answer.token.p);
    if (st == ST_OK) {
        c->log.user = c->login = arena_str(&c->arena, answer.login);
        *out = (struct smtp_auth_result){.account = answer.account, .login = c->login, .has_token = true};
        memcpy(out->token, c->token, sizeof out->token);
    }
    arena_fini(&a);
    return st;
}

static enum st ask_room_of(struct conn *c, unsigned core, const struct msg_room_ask *ask, uint64_t *io_free) SUSPENDS
{
    struct msg_room_answer answer;
    struct arena a = ARENA_INIT;
    enum st st = IPC_ASK(c->gate->boxes[core], room_ask, ask, room_answer, &a, &answer, deadline_in(GATE_ASK_MS));

    arena_fini(&a);
    TRY(st);
    TRY(status(answer.status, STR("no room")));
    *io_free = MIN(*io_free, answer.free);
    return ST_OK;
}

/* Those of one core, a few at a time. */
static enum st ask_room_on(struct conn *c, unsigned core, struct msg_room_ask *ask, struct arena *a,
                           struct smtp_rcpt_result *r) SUSPENDS
{
    struct rcpt_target *some = ARENA_ARRAY(a, struct rcpt_target, ROOM_AT_ONCE);
    enum st st = ST_OK;

    for (size_t i = 0, n = 0; i < r->n && st == ST_OK; i++) {
        const struct rcpt_target *t = &r->targets[i];
        struct buf list;

        if (t->kind == RCPT_LOCAL && account_limits_any(&t->limits) && route_core(t->account, c->gate->n_cores) == core)
            some[n++] = *t;
        if (n < ROOM_AT_ONCE && (i + 1 < r->n || !n))
            continue;
        buf_init(&list, 60000);
        rcpt_targets_put(&list, some, n);
        ask->rcpts = buf_str(&list);
        st = buf_check(&list);
        if (st == ST_OK)
            st = ask_room_of(c, core, ask, &r->free);
        buf_fini(&list);
        n = 0;
    }
    return st;
}

/* Who has no quota costs no question. */
static enum st ask_room(struct conn *c, uint64_t txn, uint64_t account, uint64_t size, struct arena *a,
                        struct smtp_rcpt_result *r) SUSPENDS
{
    struct msg_room_ask ask = {.txn = txn, .account = account, .size = size + ROOM_HEADERS};
    bool limited = false;

    for (size_t i = 0; i < r->n; i++)
        limited = limited || (r->targets[i].kind == RCPT_LOCAL && account_limits_any(&r->targets[i].limits));
    for (unsigned core = 0; limited && core < c->gate->n_cores; core++)
        TRY(ask_room_on(c, core, &ask, a, r));
    return ST_OK;
}

static enum st resolve(void *arg, uint64_t txn, uint64_t account, uint64_t size, struct str address, struct arena *a,
                       struct smtp_rcpt_result *out) SUSPENDS
{
    struct conn *c = arg;
    struct msg_rcpt_ask ask = {.txn = txn,
                               .account = account,
                               .conn = c->id,
                               .peer = account ? str_z(c->peer_host) : STR_NONE,
                               .address = address};
    struct msg_rcpt_answer answer;

    TRY(IPC_ASK(c->gate->keeper, rcpt_ask, &ask, rcpt_answer, a, &answer, deadline_in(GATE_ASK_MS)));
    if (c->is_local && answer.status == ST_FOREIGN) /* a keeper that does not know him any more: he comes again */
        answer.status = ST_TRYLATER;
    TRY(status(answer.status, answer.text));
    out->most_bytes = answer.most_bytes;
    out->most_rcpts = answer.most_rcpts;
    TRY(rcpt_targets_get(answer.targets, a, &out->targets, &out->n));
    return ask_room(c, txn, account, size, a, out);
}

static enum st may_send_as(void *arg, uint64_t account, struct str address) SUSPENDS
{
    struct conn *c = arg;
    struct msg_sender_ask ask = {.account = account, .conn = c->id, .address = address};
    struct msg_sender_answer answer;
    struct arena a = ARENA_INIT;
    enum st st;

    if (c->trusted_as && account == c->trusted_as && config_trusted_sender(trusted_row(c), address))
        return ST_OK;
    st = IPC_ASK(c->gate->keeper, sender_ask, &ask, sender_answer, &a, &answer, deadline_in(GATE_ASK_MS));

    if (st == ST_OK)
        st = status(answer.status, answer.text);
    arena_fini(&a);
    return st;
}

static enum st may_hold(void *arg, uint64_t size) SUSPENDS
{
    struct conn *c = arg;
    struct msg_future_ask ask = {.account = c->account, .conn = c->id, .size = size};
    struct msg_future_answer answer;
    struct arena a = ARENA_INIT;
    enum st st;

    if (c->has_grant)
        ask.token = str_n((const char *)c->token, sizeof c->token);
    st = IPC_ASK(box_of(c->gate, c->account), future_ask, &ask, future_answer, &a, &answer, deadline_in(GATE_ASK_MS));
    if (st == ST_OK)
        st = status(answer.status, STR("too many letters wait"));
    arena_fini(&a);
    return st;
}

static enum st spool(void *arg, int *out_fd) SUSPENDS
{
    struct conn *c = arg;
    struct msg_spool_ask ask = {.conn = c->id};
    struct msg_spool_answer answer;
    struct arena a = ARENA_INIT;
    int fd = -1;
    enum st st = ipc_ask(box_of(c->gate, c->account), MSG_spool_ask, &ask, -1, MSG_spool_answer, &a, &answer, &fd,
                         deadline_in(GATE_ASK_MS));

    if (st == ST_OK)
        st = status(answer.status, STR("no spool file"));
    if (st == ST_OK && fd < 0)
        st = FAIL(ST_INTERNAL, "a spool file without a descriptor");
    if (st == ST_OK)
        *out_fd = fd;
    else if (fd >= 0)
        close(fd);
    arena_fini(&a);
    return st;
}

static bool spool_may(void *arg, uint64_t more)
{
    struct conn *c = arg;

    if (c->gate->spool_bytes + more > c->set->gate_spool)
        return false;
    c->gate->spool_bytes += more;
    c->spooled += more;
    return true;
}

static void spool_done(void *arg, int fd, uint64_t bytes)
{
    struct conn *c = arg;

    (void)bytes;
    close(fd);
    c->gate->spool_bytes -= c->spooled;
    c->spooled = 0;
}

/* The body is in the spool already, or goes there now; record and recipients right behind it, also when the letter is handed in once more for fewer. */
static enum st fill_spool(struct conn *c, const struct smtp_letter *l, struct str rcpts, int *fd, bool *out_own)
    SUSPENDS
{
    *out_own = false;
    if (*fd < 0) {
        TRY(spool(c, fd));
        *out_own = true;
        TRY(beside_write(*fd, l->body));
    }
    if (lseek(*fd, (off_t)l->body_size, SEEK_SET) < 0)
        return FAIL_ERRNO("the spool");
    TRY(beside_write(*fd, l->record));
    return beside_write(*fd, rcpts);
}

static uint64_t owner_of(const struct smtp_letter *l)
{
    for (size_t i = 0; !l->account && i < l->n_targets; i++)
        if (l->targets[i].kind == RCPT_LOCAL)
            return l->targets[i].account;
    return l->account;
}

static enum st send_letter(struct conn *c, const struct smtp_letter *l, struct str attributes, struct str origin,
                           struct str rcpts, int *fd, bool *own, uint64_t *out_id) SUSPENDS
{
    struct msg_deliver_ask ask = {.txn = l->txn,
                                  .sid = c->sid,
                                  .conn = c->id,
                                  .account = l->account,
                                  .peer = str_z(c->peer_text),
                                  .reverse_path = l->reverse_path,
                                  .attributes = attributes,
                                  .origin = origin,
                                  .body_size = l->body_size,
                                  .record_size = l->record.n,
                                  .rcpts_size = rcpts.n};
    struct msg_deliver_answer answer;
    struct arena a = ARENA_INIT;
    enum st st = ST_OK;

    if (l->account && c->has_grant)
        ask.token = str_n((const char *)c->token, sizeof c->token);
    if (*fd < 0 && l->body.n + l->record.n + rcpts.n <= FRAME_ROOM) {
        ask.body = l->body;
        ask.record = l->record;
        ask.rcpts = rcpts;
    } else {
        st = fill_spool(c, l, rcpts, fd, own);
    }
    if (st == ST_OK)
        st = ipc_ask(box_of(c->gate, owner_of(l)), MSG_deliver_ask, &ask, *fd, MSG_deliver_answer, &a, &answer, NULL,
                     deadline_in(GATE_ASK_MS));
    if (st == ST_OK)
        st = status(answer.status, answer.text);
    if (st == ST_OK)
        *out_id = answer.id;
    arena_fini(&a);
    return st;
}

static void count(const struct smtp_letter *l, enum st st)
{
    switch (st) {
    case ST_OK:
        metric_add(METRIC_LETTERS_ACCEPTED, 1);
        metric_add(METRIC_LETTERS_BYTES, l->body_size);
        return;
    case ST_DENIED:
    case ST_TOOBIG:
    case ST_OVERQUOTA: metric_add(METRIC_LETTERS_REFUSED, 1); return;
    default: metric_add(METRIC_LETTERS_DEFERRED, 1); return;
    }
}

static enum st deliver(void *arg, const struct smtp_letter *l, uint64_t *out_id) SUSPENDS
{
    struct buf rcpts, attributes, origin;
    int fd = l->spool;
    bool own = false;
    enum st st;

    buf_init(&rcpts, LIMIT_RCPT_LIST);
    buf_init(&attributes, 4096);
    rcpt_targets_put(&rcpts, l->targets, l->n_targets);
    attributes_put(&attributes, l->attributes, l->n_attributes);
    buf_init(&origin, ORIGIN_MAX);
    attributes_put(&origin, l->origin, l->n_origin);
    st = buf_check(&rcpts);
    if (st == ST_OK)
        st = buf_check(&attributes);
    if (st == ST_OK)
        st = send_letter(arg, l, buf_str(&attributes), buf_check(&origin) == ST_OK ? buf_str(&origin) : STR_NONE,
                         buf_str(&rcpts), &fd, &own, out_id);
    count(l, st);
    if (own)
        spool_done(arg, fd, 0);
    buf_fini(&rcpts);
    buf_fini(&attributes);
    buf_fini(&origin);
    return st;
}

/* In a flood most are told to the log alone. */
static bool may_note(struct gate *g)
{
    mono_ms now = clock_mono_ms();
    uint64_t more = (now - g->noted_at) * NOTES_A_SECOND / 1000;

    if (more) {
        g->notes = MIN(g->notes + more, (uint64_t)NOTES_AT_ONCE);
        g->noted_at = now;
    }
    if (!g->notes)
        return false;
    g->notes--;
    return true;
}

static void refused(void *arg, uint64_t txn, const struct attribute *v, size_t n)
{
    struct conn *c = arg;
    struct msg_trace_note note = {.letter = txn, .account = c->account, .peer = str_z(c->peer_text)};
    struct buf fields;

    if (!may_note(c->gate))
        return;
    buf_init(&fields, NOTE_MAX);
    attributes_put(&fields, v, n);
    note.fields = buf_str(&fields);
    if (buf_check(&fields) == ST_OK)
        IGNORE(ipc_send(c->gate->boxes[0], MSG_trace_note, &note, -1)); /* a box that does not listen: the log has it */
    buf_fini(&fields);
}

static enum st start_tls(void *arg, struct stream *s) SUSPENDS
{
    (void)s;
    return conn_start_tls(arg);
}

static bool park(void *arg, struct stream *s, mono_ms deadline)
{
    return stream_park_line(s, LIMIT_SMTP_LINE, deadline, conn_wake, arg);
}

/* A keeper that is gone has taken back what it had not written. */
static void txn_over(void *arg, uint64_t txn, bool accepted)
{
    struct conn *c = arg;
    struct msg_txn_note m = {.txn = txn, .accepted = accepted};

    if (ipc_is_up(c->gate->keeper))
        IGNORE(ipc_send(c->gate->keeper, MSG_txn_note, &m, -1));
}

static enum st count_stranger(void *arg, enum smtp_count what)
{
    static const enum tally_what as[] = {
        [SMTP_COUNT_ERROR] = TALLY_ERRORS, [SMTP_COUNT_UNKNOWN] = TALLY_UNKNOWN, [SMTP_COUNT_LETTER] = TALLY_LETTERS};
    struct conn *c = arg;

    if (what == SMTP_COUNT_LETTER)
        tally_good(&c->gate->tally, tally_address(&c->peer));
    return limits_count(c, as[what]);
}

static bool may(const struct conn *c, const struct config_networks *list)
{
    return !c->is_local && config_networks_have(list, c->peer.family, c->peer.bytes);
}

static enum st greylist(void *arg, struct str sender, struct str rcpt, uint64_t *out_wait_s) SUSPENDS
{
    struct conn *c = arg;
    struct addr network = addr_network(&c->peer, 24, 64);
    char text[ADDR_TEXT_MAX];
    struct msg_grey_ask ask = {
        .network = addr_network_text(&network, network.family == 4 ? 24 : 64, text), .sender = sender, .rcpt = rcpt};
    struct msg_grey_answer answer;
    struct arena a = ARENA_INIT;
    enum st st = IPC_ASK(c->gate->keeper, grey_ask, &ask, grey_answer, &a, &answer, deadline_in(GATE_ASK_MS));

    if (st == ST_OK)
        st = status(answer.status, STR("come again"));
    if (st == ST_BUSY)
        *out_wait_s = answer.wait_s;
    arena_fini(&a);
    return st;
}

/* Who is let in without a password; ST_NOTFOUND: nobody. */
static enum st known_user(struct conn *c, struct smtp_auth_result *out) SUSPENDS
{
    enum st st;

    if (c->is_local)
        return local_user(c, out);
    if (!trusted_row(c) || c->row->protocol == PROTOCOL_LMTP) /* which brings letters for here, and nothing else */
        return ST_NOTFOUND;
    st = trusted(c, out);
    if (st != ST_OK) {
        LOG(GATE_NETWORK_UNTRUSTED, lf_z("status", st_name(st)), lf_err());
        return ST_NOTFOUND;
    }
    c->trusted_as = out->account;
    return ST_OK;
}

static bool is_stranger(const struct conn *c, bool is_known)
{
    return !is_known && c->row->protocol == PROTOCOL_SMTP && !c->is_local && limits_apply(c->set, &c->peer);
}

/* He is another one now: his grant is given back, and what his network counts as is asked anew. */
static enum st become(void *arg, struct str address, uint16_t port, struct str *io_text, struct str *io_address,
                      struct smtp_auth_result *out_user, bool *out_is_stranger) SUSPENDS
{
    struct conn *c = arg;
    struct addr peer;
    enum st st;

    TRY(addr_parse(address, port, &peer));
    st = conn_is_of(c, &peer);
    *io_text = str_z(c->peer_text);
    *io_address = str_z(c->peer_host);
    TRY(st);
    give_back(c);
    wipe(c->token, sizeof c->token);
    c->account = c->credential = c->trusted_as = 0;
    c->log.user = c->login = STR_NONE;
    st = known_user(c, out_user);
    *out_is_stranger = is_stranger(c, st == ST_OK);
    return st == ST_NOTFOUND ? ST_OK : st;
}

static const struct smtp_ops ops = {authenticate, resolve,    may_send_as,    may_hold,  spool,
                                    spool_done,   spool_may,  deliver,        start_tls, park,
                                    step,         mechanisms, count_stranger, txn_over,  become,
                                    greylist,     refused};

static enum st begin(struct conn *c) SUSPENDS
{
    struct smtp_auth_result user = {0};
    struct smtp_setup setup = {.stream = c->stream,
                               .set = c->set,
                               .listener = c->row,
                               .ops = &ops,
                               .arg = c,
                               .sid = c->sid,
                               .peer_text = str_z(c->peer_text),
                               .peer_address = str_z(c->peer_host),
                               .local_user = c->local_user,
                               .may_xclient = may(c, &c->row->xclient),
                               .may_xforward = may(c, &c->row->xforward),
                               .tls_available = c->gate->has_certificates};
    enum st st = known_user(c, &user);

    if (st != ST_OK && st != ST_NOTFOUND)
        return st;
    if (st == ST_OK)
        setup.user = &user;
    setup.is_stranger = is_stranger(c, setup.user != NULL);
    setup.resolver = peers_get(&c->gate->others, ROLE_RESOLVER, 0, 0);
    setup.tarpit = &c->gate->n_tarpit;
    if (setup.is_stranger && !tally_is_good(&c->gate->tally, tally_address(&c->peer)))
        setup.greet_delay = c->set->smtp_greeting_delay;
    c->smtp = smtp_session_new(&setup);
    wipe(&user, sizeof user);
    return ST_OK;
}

enum st conn_smtp(struct conn *c)
{
    if (!c->smtp)
        TRY(begin(c));
    return smtp_session_run(c->smtp, c->woke);
}

void conn_smtp_end(struct conn *c)
{
    give_back(c);
    wipe(c->token, sizeof c->token);
    smtp_session_free(TAKE(c->smtp));
}
