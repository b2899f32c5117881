/* A session of a destination: takes one job after the other, over one connection as long as that holds, and as it is protected as the letter
 * wants it (secure.h). Where TLS is a mere opportunity (RFC 7435) and fails, the same host once more without. */
#include "courier/routes.h"
#include "courier/secure.h"

#include "mime/narrow.h"

#include <stdio.h>

#define IDLE_MS 3000    /* a connection waits so long for another letter */
#define LETTERS_MAX 100 /* over one connection */
#define IN_MAX 16384
#define OUT_HIGH 65536
#define NARROW_MAX (256u << 20) /* of a letter that is written anew in 7 bits */

struct session {
    struct dest *dest;
    struct courier *c;
    struct route route;
    struct smtp_client client;
    bool is_open;
    struct relay *relay; /* of a destination that is the relay */
    struct str host;     /* of the connection, in `route` */
    char tls[160];
    struct tls_client *tls_client; /* of the connection */
    struct secure_wish wish;       /* of the letter that the connection was made for */
    bool is_qualified;             /* REQUIRETLS may be said (RFC 8689 section 2) */
    bool is_busy;
    bool is_uncertain; /* the last letter was sent whole, and not answered for all of its recipients */
};

/* A letter is on its way, or what became of it: one that is cut then may come twice. */
static void set_busy(struct session *s, bool is_busy)
{
    if (s->is_busy == is_busy)
        return;
    s->is_busy = is_busy;
    if (is_busy)
        s->c->n_busy++;
    else
        s->c->n_busy--;
}

/* What went wrong last, for the result of those that could not be tried. */
struct fault {
    const char *status;
    bool is_remote;
    bool is_final;     /* the letter can't go there, ever */
    bool is_of_tls;    /* without it there might be a way */
    bool is_loop;      /* it is ourselves */
    bool is_login;     /* it does not know us, or our password: no other address of it will */
    bool is_left;      /* the address was passed over: ipv6.c */
    bool is_unreached; /* no word was exchanged with a server, or nobody knows where one is */
    bool is_ours;      /* nor can anything leave for it from where the letter leaves: the server has no part in it */
    struct str host, text;
};

/* --- connecting --------------------------------------------------------------------------------------------------- */

static void hang_up(struct session *s) SUSPENDS
{
    if (!s->is_open)
        return;
    smtp_client_close(&s->client);
    tls_client_free(s->tls_client);
    s->tls_client = NULL;
    s->is_open = false;
}

static struct str ehlo_of(const struct session *s)
{
    return s->dest->identity.ehlo[0] ? str_z(s->dest->identity.ehlo) : s->c->set->host_name;
}

/* The client is to be closed when this fails. */
static enum st greet(struct session *s, const struct secure *x, struct stream *stream, struct arena *a,
                     struct smtp_answer *answer, struct secure_end *end) SUSPENDS
{
    TRY((s->route.is_lmtp ? smtp_client_open_lmtp : smtp_client_open)(&s->client, stream, ehlo_of(s), answer));
    TRY(secure_starttls(x, s->tls_client, &s->client, a, end));
    snprintf(s->tls, sizeof s->tls, "%.*s", STR_ARGS(secure_words(a, x, &s->client)));
    s->is_qualified = x->t.is_qualified;
    return ST_OK;
}

/* The same for the relay, whose status says more. */
static enum st greet_relay(struct session *s, struct stream *stream, struct smtp_answer *answer, struct fault *f)
    SUSPENDS
{
    struct stream_tls_info info;

    enum st st = relay_greet(s->relay, &s->client, stream, ehlo_of(s), answer, &f->status);

    f->is_login = st == ST_DENIED && answer->code && str_eq(str_z(f->status), STR("4.7.8"));
    if (f->is_login)
        LOG(COURIER_LOGIN_REFUSED, lf_str("host", f->host), lf_str("answer", answer->text));
    TRY(st);
    s->is_qualified = stream_tls_info(s->client.stream, &info);
    if (s->is_qualified)
        snprintf(s->tls, sizeof s->tls, "%s %s verified (relay)", info.version, info.cipher);
    if (!s->wish.needs_tls || (s->is_qualified && s->client.has[SMTP_HAS_REQUIRETLS]))
        return ST_OK;
    f->is_final = true;
    f->status = s->is_qualified ? "5.7.30" : "5.7.10";
    return FAIL(ST_DENIED, "the relay %s, and the letter asks for REQUIRETLS",
                s->is_qualified ? "does not know that" : "is spoken to without TLS");
}

static void note_end(const struct secure *x, const struct secure_end *end, struct fault *f)
{
    tls_note(x->c, x, end);
    if (!end->status)
        return;
    *f = (struct fault){
        .status = end->status, .is_final = end->is_final, .is_of_tls = true, .host = x->host->name, .text = end->text};
}

/* RFC 3463 section 3.5. Servers behind it are not better than we are. */
static enum st is_ourselves(const struct session *s, struct arena *a, struct fault *f)
{
    *f = (struct fault){.status = "5.4.6",
                        .is_final = true,
                        .is_loop = true,
                        .host = s->host,
                        .text = arena_printf(a, "mail for %.*s loops back to this server", STR_ARGS(s->dest->domain))};
    if (dest_is_relay(s->dest)) { /* somebody has written that, and may write something else */
        f->status = "4.4.6";
        f->is_final = false;
        f->text = arena_printf(a, "the server that the route names, %.*s, is this one", STR_ARGS(s->host));
    }
    return FAIL(ST_NOTFOUND, "%.*s", STR_ARGS(f->text));
}

/* ST_DENIED: the address is not used at all, just now; ST_FOREIGN: ours can't be had. */
static enum st dial(struct session *s, const struct addr *to, struct stream **out) SUSPENDS
{
    const struct stream_options opt = {
        .in_max = IN_MAX, .out_high = OUT_HIGH, .read_timeout_ms = 300000, .write_timeout_ms = 180000};
    struct addr source = identity_source(&s->dest->identity, to), from;
    struct stream *stream;
    enum st st;

    TRY(ipv6_before(s->c, &s->route, to, &source));
    st = stream_connect_from(&source, to, &opt, deadline_in(s->c->set->courier_connect_timeout), &stream);
    if (st == ST_FOREIGN)
        return st;
    if (st != ST_OK) {
        rank_failed(&s->c->rank, to, clock_mono_ms());
        return st;
    }
    from = addr_of_socket(stream_fd(stream));
    st = ipv6_behind(s->c, &s->route, to, &source, &from);
    if (st == ST_OK)
        *out = stream;
    else
        stream_free(stream);
    return st;
}

static void note_greeting(struct session *s, const struct addr *addr)
{
    if (s->client.greeting.code / 100 == 2)
        rank_worked(&s->c->rank, addr);
    else
        rank_failed(&s->c->rank, addr, clock_mono_ms());
}

/* `x` is NULL for the relay. */
static enum st try_host(struct session *s, const struct route_host *host, const struct secure *x, struct arena *a,
                        struct fault *f) SUSPENDS
{
    struct smtp_answer answer = {0};
    struct secure_end end = {0};
    struct addr from = {0};
    struct stream *stream;
    enum st st = dial(s, &host->addr, &stream);

    *f = (struct fault){.host = host->name,
                        .status = st == ST_OK ? "4.4.2" : "4.4.1",
                        .is_left = st == ST_DENIED,
                        .is_unreached = st != ST_OK && st != ST_CANCELED};
    if (st == ST_FOREIGN)
        *f = (struct fault){.status = "4.3.5", .is_left = true, .is_ours = true};
    s->tls[0] = '\0';
    if (st == ST_OK) {
        s->tls_client = tls_client_ref(s->c->tls);
        from = addr_of_socket(stream_fd(stream));
        st = x ? greet(s, x, stream, a, &answer, &end) : greet_relay(s, stream, &answer, f);
        note_greeting(s, &host->addr);
        s->host = host->name;
        s->is_open = true; /* to be closed, at least */
    }
    if (st == ST_OK && !routes_is_relay_host(s->dest) && !s->route.is_lmtp &&
        smtp_client_is(&s->client, s->c->set->host_name)) {
        hang_up(s);
        return is_ourselves(s, a, f);
    }
    f->is_remote = answer.code != 0 && answer.code / 100 != 2;
    if (st != ST_OK)
        f->text = arena_str(a, f->is_remote ? answer.text : str_z(err_get()->text));
    if (f->is_remote && !s->relay)
        f->status = "4.3.2";
    if (x && st != ST_OK && st != ST_CANCELED && !f->is_remote && !end.status)
        f->is_unreached = true;
    end.from = from;
    if (x && x->t.level != TRANSPORT_NONE && (st == ST_OK || end.status))
        note_end(x, &end, f);
    if (st != ST_OK)
        hang_up(s);
    return st;
}

static enum st try_secured(struct session *s, const struct secure_domain *d, struct route_host *host, struct arena *a,
                           struct fault *f) SUSPENDS
{
    struct secure_end end = {0};
    struct secure x;
    enum st st = secure_host(s->c, a, d, &s->route, host, &x, &end);

    if (st != ST_OK) {
        note_end(&x, &end, f);
        return st;
    }
    st = try_host(s, host, &x, a, f);
    if (st == ST_OK || st == ST_CANCELED || x.t.level != TRANSPORT_MAY || !f->is_of_tls)
        return st;
    x.t.level = TRANSPORT_NONE;
    return try_host(s, host, &x, a, f);
}

/* Beside what went wrong elsewhere, which may have been the only way. */
static void note_left(struct arena *a, const struct fault *left, bool has_other, struct fault *f)
{
    if (!has_other)
        *f = *left;
    else if (str_search(f->text, left->text) == f->text.n)
        f->text = arena_printf(a, "%.*s; %.*s", STR_ARGS(f->text), STR_ARGS(left->text));
}

static void log_source(const struct session *s, const struct fault *left)
{
    if (left->is_ours)
        LOG(COURIER_SOURCE_MISSING, lf_str("domain", s->dest->domain), lf_str("error", left->text));
}

/* ST_NOTFOUND: the letter can't go to any of them, ever. */
static enum st connect_any(struct session *s, struct arena *a, struct fault *f) SUSPENDS
{
    struct secure_domain d;
    uint8_t order[ROUTE_HOSTS_MAX];
    struct fault left = {0};
    size_t n_left = 0, n_tried = 0;
    bool is_final = s->route.n != 0, is_of_tls = false;
    enum st st = ST_OK;

    if (!s->relay) /* a server that is named here has its own policies (RFC 8461 section 3.4): those of the domain are about the way to us */
        st = secure_domain(s->c, a, s->route.is_chosen ? s->route.hosts[0].name : s->dest->domain, &s->wish, &d);
    if (st != ST_OK) {
        *f = (struct fault){.status = "4.3.0", .text = arena_str(a, str_z(err_get()->text))};
        return st;
    }
    rank_order(&s->c->rank, &s->route, clock_mono_ms(), order);
    for (size_t i = 0; i < s->route.n; i++) {
        struct route_host *host = &s->route.hosts[order[i]];
        struct fault g = {.status = "4.4.1"};

        st = s->relay ? try_host(s, host, NULL, a, &g) : try_secured(s, &d, host, a, &g);
        if (st == ST_OK)
            return ST_OK;
        if (g.is_left) {
            note_left(a, &g, n_left++ != 0, &left);
            left.is_ours = left.is_ours || g.is_ours;
            is_final = is_final && !g.is_ours;
            continue;
        }
        n_tried++;
        if (!g.is_final || is_final)
            *f = g;
        is_final = is_final && g.is_final;
        is_of_tls = is_of_tls || g.is_of_tls;
        f->is_unreached = f->is_unreached && !is_of_tls;
        if (st == ST_CANCELED)
            return ST_TRYLATER;
        if (g.is_loop || g.is_login)
            break;
    }
    log_source(s, &left);
    if (n_left)
        note_left(a, &left, n_tried != 0, f);
    return is_final && n_left < s->route.n ? ST_NOTFOUND : ST_TRYLATER;
}

static enum st find_route(struct session *s, const char **out_status) SUSPENDS
{
    relay_unref(TAKE(s->relay));
    if (s->dest->is_relayed)
        return onward_route(s->c, s->dest->domain, &s->route, &s->relay, out_status);
    if (!dest_is_relay(s->dest))
        return route_find(s->c, s->dest->domain, &s->route, out_status);
    return routes_find(s->c, s->dest->domain, &s->route, &s->relay, out_status);
}

/* ST_NOTFOUND: never; ST_TRYLATER: not now. */
static enum st open_connection(struct session *s, struct arena *a, struct fault *f) SUSPENDS
{
    enum st st = ST_OK;

    *f = (struct fault){.status = "4.4.1", .text = STR("no server could be reached")};
    if (!s->route.n || clock_mono_ms() >= s->route.good_until) {
        route_fini(&s->route);
        st = find_route(s, &f->status);
    }
    if (st != ST_OK) {
        f->text = arena_str(a, str_z(err_get()->text));
        f->is_unreached = st == ST_TRYLATER && str_eq(str_z(f->status), STR("4.4.3"));
        return st;
    }
    return connect_any(s, a, f);
}

/* --- one job ------------------------------------------------------------------------------------------------------ */

/* RFC 4954 section 6: a smarthost that wants a login, or another one, says nothing of the letter. */
static bool is_about_login(const struct session *s, unsigned code)
{
    return s->relay && (code == 530 || code == 534 || code == 535 || code == 538);
}

static void set_result(struct job *j, size_t i, uint8_t state, const struct smtp_carry_rcpt *r, const struct session *s)
{
    struct arena *a = &j->letter->arena;
    struct work_result *res = &j->results[i];

    res->state = state;
    res->is_remote = true;
    res->status = is_about_login(s, r->answer.code) ? STR("4.7.8") : arena_str(a, r->answer.status);
    res->answer = arena_str(a, r->answer.text);
    res->host = arena_str(a, s->host);
    res->tls = arena_str(a, str_z(s->tls));
    if (state == WORK_DEFERRED)
        dest_heed(s->dest, s->host, res->answer);
}

/* RFC 3461 section 5.2.1: a server without DSN will not tell of success, so we do. */
static uint8_t state_of(const struct session *s, const struct smtp_carry_rcpt *r)
{
    switch (r->fate) {
    case SMTP_TAKEN: return s->client.has[SMTP_HAS_DSN] ? WORK_DELIVERED : WORK_RELAYED;
    case SMTP_REFUSED: return is_about_login(s, r->answer.code) ? WORK_DEFERRED : WORK_FAILED;
    default: return WORK_DEFERRED;
    }
}

static struct smtp_attr *attrs_of(struct arena *a, const struct attribute *at, size_t n)
{
    struct smtp_attr *to = ARENA_ARRAY(a, struct smtp_attr, n + 1); /* room for one more */

    for (size_t i = 0; i < n; i++)
        to[i] = (struct smtp_attr){at[i].name, at[i].value};
    return to;
}

/* A server that knows priorities is told of every letter's (RFC 6710 section 4.2). */
static size_t with_priority(struct arena *a, const struct job *j, struct smtp_attr *attrs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_ieq(attrs[i].name, STR(ATTR_PRIORITY)))
            return n;
    attrs[n] = (struct smtp_attr){STR(ATTR_PRIORITY), arena_printf(a, "%d", (int)j->letter->work.priority)};
    return n + 1;
}

/* REQUIRETLS is said only where it will be obeyed (RFC 8689 section 2): a notice goes without it if it must. */
static size_t sayable(const struct session *s, struct smtp_attr *attrs, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++)
        if (s->is_qualified || !str_ieq(attrs[i].name, STR("REQUIRETLS")))
            attrs[kept++] = attrs[i];
    return kept;
}

/* Those without a result yet, as many as one transaction takes. */
static size_t gather(const struct job *j, const struct smtp_client *peer, struct arena *a,
                     struct smtp_carry_rcpt *rcpts, size_t *index)
{
    size_t n = 0;

    for (size_t i = 0; i < j->n && n < smtp_client_rcpts_max(peer); i++) {
        const struct work_rcpt *r = j->rcpts[i];

        if (j->results[i].state != WORK_UNTRIED)
            continue;
        index[n] = i;
        rcpts[n] = (struct smtp_carry_rcpt){
            .address = r->address, .attrs = attrs_of(a, r->attrs, r->n_attrs), .n_attrs = r->n_attrs};
        job_by_notify(j, peer, a, &rcpts[n++]);
    }
    return n;
}

/* What this server can't take for good; NULL: nothing. */
static const char *refusal(const struct session *s, const struct job *j, struct str letter, const char **out_text)
{
    bool is_wide = !str_is_ascii(j->letter->work.reverse_path);

    for (size_t i = 0; i < j->n; i++)
        is_wide = is_wide || !str_is_ascii(j->rcpts[i]->address);
    if (s->client.size_max && letter.n > s->client.size_max) {
        *out_text = "the letter is larger than the server takes";
        return "5.3.4";
    }
    if (is_wide && !s->client.has[SMTP_HAS_SMTPUTF8]) {
        *out_text = "the server does not take addresses beyond ASCII";
        return "5.6.7"; /* RFC 6531 section 3.5 */
    }
    return job_by_refusal(j, &s->client, out_text);
}

static bool takes_binary(const struct session *s)
{
    return s->client.has[SMTP_HAS_CHUNKING] && s->client.has[SMTP_HAS_BINARYMIME];
}

/* RFC 6152 section 3: a server that does not know 8BITMIME gets the letter in 7 bits; RFC 3030 section 3: one that takes lines only gets what is binary encoded. False:
 * that can't be done; `out` says why. */
static bool fit(const struct session *s, const struct job *j, struct str *letter, struct buf *out, struct arena *a,
                struct str *out_why)
{
    bool is_binary = j->letter->is_binary && !takes_binary(s);
    bool is_wide = j->letter->is_8bit && !s->client.has[SMTP_HAS_8BITMIME] && !(j->letter->is_binary && !is_binary);
    enum st st;

    if (!is_binary && !is_wide)
        return true;
    st = mime_narrow(*letter, s->client.has[SMTP_HAS_8BITMIME] ? MIME_TO_8BIT : MIME_TO_7BIT, out);
    if (st == ST_OK)
        *letter = buf_str(out);
    else
        *out_why = arena_printf(a, "the server does not take %s letters, and this one can't be changed: %s",
                                is_binary ? "binary" : "8-bit", err_get()->text);
    return st == ST_OK;
}

static enum st one_transaction(struct session *s, struct job *j, struct str letter, struct arena *a) SUSPENDS
{
    struct smtp_carry_rcpt *rcpts = ARENA_ARRAY(a, struct smtp_carry_rcpt, SMTP_CARRY_RCPTS);
    size_t *index = ARENA_ARRAY(a, size_t, SMTP_CARRY_RCPTS);
    struct smtp_attr *attrs = attrs_of(a, j->letter->work.attrs, j->letter->work.n_attrs);
    struct smtp_carry t = {.attrs = attrs,
                           .n_attrs = sayable(s, attrs, j->letter->work.n_attrs),
                           .is_8bit = j->letter->is_8bit && s->client.has[SMTP_HAS_8BITMIME],
                           .is_binary = j->letter->is_binary && takes_binary(s),
                           .by = j->letter->by,
                           .letter = letter,
                           .rcpts = rcpts,
                           .n_rcpts = gather(j, &s->client, a, rcpts, index)};
    struct str mark;
    enum st st;

    t.n_attrs = with_priority(a, j, attrs, t.n_attrs);
    TRY(job_sender(j, &t.reverse_path));
    TRY(letter_sign(j->letter, letter, a, &t.head));
    mark = job_mark_line(j, a);
    if (mark.n)
        t.head = arena_printf(a, "%.*s%.*s", STR_ARGS(t.head), STR_ARGS(mark));
    job_mark_envelope(j, a, &t);
    while (s->c->is_stopping && !s->is_busy) /* what has not begun is left to the next courier */
        TRY(co_sleep(deadline_in(1000)));
    set_busy(s, true);
    st = smtp_client_carry(&s->client, a, &t);
    s->is_uncertain = t.is_uncertain;
    for (size_t i = 0; i < t.n_rcpts; i++)
        if (rcpts[i].fate != SMTP_OPEN && rcpts[i].fate != SMTP_NEXT_TIME)
            set_result(j, index[i], job_by_state(j, &s->client, state_of(s, &rcpts[i])), &rcpts[i], s);
    if (st == ST_SYNTAX && !s->client.is_over) {
        job_settle(j, WORK_FAILED, STR("5.1.3"), STR("an address that can't be said in SMTP"));
        return ST_OK;
    }
    if (t.is_uncertain)
        LOG(COURIER_UNCERTAIN, lf_letter(j->letter->work.letter), lf_hex("id", j->letter->work.id),
            lf_str("host", s->host), lf_err());
    return st;
}

static bool has_open(const struct job *j)
{
    for (size_t i = 0; i < j->n; i++)
        if (j->results[i].state == WORK_UNTRIED)
            return true;
    return false;
}

static bool any_taken(const struct job *j)
{
    for (size_t i = 0; i < j->n; i++)
        if (work_is_taken(j->results[i].state))
            return true;
    return false;
}

/* Is the open connection one that this letter may take? */
static bool serves(const struct session *s, const struct secure_wish *wish)
{
    if (wish->needs_tls)
        return s->is_qualified && s->client.has[SMTP_HAS_REQUIRETLS];
    return s->relay || wish->ignores_policy || !s->wish.ignores_policy;
}

/* Transactions until every recipient has a result, or the connection has gone. */
static enum st carry_fitting(struct session *s, struct job *j, struct str letter, struct arena *a) SUSPENDS
{
    const char *text = NULL, *status = refusal(s, j, letter, &text);

    if (status)
        job_settle(j, WORK_FAILED, str_z(status), str_z(text));
    for (size_t rounds = 0; has_open(j) && rounds <= j->n && !job_is_too_late(j); rounds++) {
        TRY(one_transaction(s, j, letter, a));
        if (!smtp_client_may_carry(&s->client))
            break;
    }
    return ST_OK;
}

static enum st carry_all(struct session *s, struct job *j, struct str letter, struct arena *a) SUSPENDS
{
    struct str why;
    struct buf narrow;
    enum st st = ST_OK;

    buf_init(&narrow, NARROW_MAX);
    if (fit(s, j, &letter, &narrow, a, &why))
        st = carry_fitting(s, j, letter, a);
    else
        job_settle(j, WORK_FAILED, STR("5.6.3"), why);
    buf_fini(&narrow);
    return st;
}

static void put_off(struct session *s, struct job *j, const struct fault *f, uint8_t state)
{
    struct arena *a = &j->letter->arena;

    for (size_t i = 0; i < j->n; i++)
        if (j->results[i].state == WORK_UNTRIED)
            j->results[i] = (struct work_result){.index = j->results[i].index,
                                                 .state = state,
                                                 .is_remote = f->is_remote,
                                                 .is_unreached = f->is_unreached,
                                                 .is_put_off = j->results[i].is_put_off,
                                                 .status = arena_str(a, str_z(f->status)),
                                                 .answer = arena_str(a, f->text),
                                                 .host = arena_str(a, f->host)};
    if (state == WORK_DEFERRED && !f->is_ours && !(f->is_remote && dest_heed(s->dest, f->host, f->text))) {
        snprintf(s->dest->why, sizeof s->dest->why, "%.*s", STR_ARGS(f->text));
        snprintf(s->dest->why_status, sizeof s->dest->why_status, "%s", f->status);
        s->dest->is_unreached = f->is_unreached;
        dest_failed(s->dest);
    }
}

/* The administrator has said anew where the domain's mail goes: what is open leads elsewhere. */
static void leave_old_way(struct session *s) SUSPENDS
{
    bool is_onward = s->route.onward.n != 0;

    if (!s->route.n ||
        (is_onward == s->dest->is_relayed && (!is_onward || onward_is_still(s->c, s->dest->domain, &s->route))))
        return;
    hang_up(s);
    route_fini(&s->route);
}

/* A connection that has stood idle may have been closed meanwhile: that is no attempt, unless the letter has been sent whole (RFC 1047, RFC 2033
 * section 5). */
static void carry_job(struct session *s, struct job *j, struct arena *a) SUSPENDS
{
    struct fault f = {.status = "4.4.2", .text = STR("the connection broke")};
    struct secure_wish wish;
    struct str letter;
    enum st st = job_bytes(j, &letter);

    if (st != ST_OK) { /* that says nothing of the destination */
        job_settle(j, WORK_DEFERRED, STR("4.3.0"), str_z(err_get()->text));
        return;
    }
    leave_old_way(s);
    secure_wish(j->letter, letter, &wish);
    if (s->is_open && !serves(s, &wish))
        hang_up(s);
    for (unsigned i = 0; i < 2 && has_open(j);) {
        bool was_open = s->is_open;

        if (!was_open)
            s->wish = wish;
        st = was_open ? ST_OK : open_connection(s, a, &f);
        if (st != ST_OK) {
            put_off(s, j, &f, st == ST_NOTFOUND ? WORK_FAILED : WORK_DEFERRED);
            return;
        }
        st = carry_all(s, j, letter, a);
        if (st != ST_OK || s->client.is_over) {
            f = (struct fault){
                .status = "4.4.2",
                .host = arena_str(a, s->host),
                .text = arena_str(a, st == ST_OK ? STR("the server ended the connection") : str_z(err_get()->text))};
            hang_up(s);
        } else if (!smtp_client_may_carry(
                       &s->client)) { /* the rest goes over another connection (RFC 9422); each takes some of it */
            hang_up(s);
            continue;
        }
        if (!was_open || s->is_uncertain)
            break;
        i++;
    }
    if (any_taken(j))
        dest_succeeded(s->dest);
    if (has_open(j))
        put_off(s, j, &f, WORK_DEFERRED);
}

/* A domain of ours that goes on has its own way, whatever else goes to the relay. False: the job is another destination's. */
static bool is_of(struct dest *d, struct job *j)
{
    struct str address = j->rcpts[0]->address;

    d->is_relayed = j->is_relayed;
    if (!j->is_relayed || !dest_is_relay(d))
        return true;
    d->is_relayed = false;
    if (routes_is_by_hand(d))
        return true;
    job_done_with_bytes(j);
    dest_add(d->c, str_from(address, str_rfind(address, '@') + 1), &d->identity, j);
    return false;
}

/* As what it leaves says its sender's domain. False: the job is another destination's, or has ended. */
static bool leaves_from(struct session *s, struct job *j) SUSPENDS
{
    struct identity id;

    if (identity_find(j, &id) != ST_OK) {
        job_settle(j, WORK_DEFERRED, STR("4.3.0"), str_z(err_get()->text));
        set_busy(s, true);
        job_end(j);
        set_busy(s, false);
        return false;
    }
    if (identity_eq(&id, &s->dest->identity))
        return true;
    dest_add(s->c, s->dest->domain, &id, j);
    return false;
}

enum st session_ask(struct courier *c, struct str domain, struct str address, struct arena *a, struct smtp_answer *out)
{
    struct dest d = {.c = c, .domain = domain, .identity = identity_default(c->set), .is_relayed = true};
    struct session s = {.dest = &d, .c = c};
    struct fault f;
    enum st st = open_connection(&s, a, &f);

    if (st == ST_OK)
        st = smtp_client_ask(&s.client, a, address, out);
    else
        st = FAIL(st, "%.*s", STR_ARGS(f.text));
    hang_up(&s);
    route_fini(&s.route);
    relay_unref(s.relay);
    return st;
}

/* True, too, for what is not carried anywhere any more. */
static bool carry_here(struct job *j) SUSPENDS
{
    return job_is_too_late(j) || local_deliver(j) != ST_FOREIGN;
}

/* Nobody has tried: no attempt is counted. */
static void give_back(struct session *s, struct job *j, struct arena *a) SUSPENDS
{
    hang_up(s);
    j->is_quiet = s->dest->told_of == s->dest->slow.until;
    s->dest->told_of = s->dest->slow.until;
    job_settle(j, WORK_UNTRIED, STR("4.4.5"),
               arena_printf(a, "not tried now, since we were asked to come slower: %s", s->dest->why));
}

void session_run(struct dest *d)
{
    struct session s = {.dest = d, .c = d->c};
    struct job *j;

    while (!s.c->is_stopping && (j = dest_next(d, deadline_in(s.is_open ? IDLE_MS : 0))) != NULL) {
        struct arena a = ARENA_INIT;
        bool is_paused, is_looked_up, is_here;

        if (!leaves_from(&s, j))
            continue;
        is_paused = dest_is_paused(d);
        is_looked_up =
            dest_is_relay(d) || !(is_paused || dest_is_down(d)); /* to the relay go some for ourselves, too */

        set_busy(&s, true);
        is_here = is_looked_up && carry_here(j);
        set_busy(&s, is_here);

        if (is_looked_up && !is_here && !is_of(d, j)) {
            arena_fini(&a);
            continue;
        }
        if (!is_here && is_paused)
            give_back(&s, j, &a);
        else if (!is_here && dest_is_down(d))
            dest_put_off(d, j);
        else if (!is_here)
            carry_job(&s, j, &a);
        if (!is_here)
            dest_hold_back(d, j);
        set_busy(&s, true);
        if (is_here || !fallback_take(d, j))
            job_end(j);
        set_busy(&s, false);
        arena_fini(&a);
        if (s.is_open && (s.client.letters >= LETTERS_MAX || !smtp_client_may_carry(&s.client) || dest_is_paused(d)))
            hang_up(&s);
        if (order_is_empty(&d->jobs))
            d->failures = 0; /* what comes later is tried again */
    }
    hang_up(&s);
    route_fini(&s.route);
    relay_unref(s.relay);
}
