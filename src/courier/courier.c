/* The role, and the coroutine that asks the box for letters. */
#include "courier/routes.h"
#include "courier/sts.h"
#include "courier/tls_reports.h"

#include "ipc/beside.h"
#include "net/tls_client.h"

#include <unistd.h>

#define COROUTINES 8192
#define LETTERS_AT_ONCE 200
#define WAIT_MS 30000
#define PAUSE_MS 200
#define PAUSE_ROUTES_MS 1000
#define LIST_MAX (64u << 20)
#define CA_MAX (4u << 20)

struct ipc *courier_box(const struct courier *c)
{
    return peers_get(&c->peers, ROLE_BOX, 0, 0);
}

struct ipc *courier_keeper(const struct courier *c)
{
    return peers_get(&c->peers, ROLE_KEEPER, 0, 0);
}

struct ipc *courier_resolver(const struct courier *c)
{
    return peers_get(&c->peers, ROLE_RESOLVER, 0, 0);
}

/* What follows from the directory may be another answer now. */
static void on_change(struct ipc_request *r)
{
    ipc_forget(r->from);
    routes_stale(r->arg);
}

struct ipc *courier_errand(const struct courier *c)
{
    return peers_get(&c->peers, ROLE_ERRAND, 0, 0);
}

/* --- letters that are due ------------------------------------------------------------------------------------------ */

static enum st read_list(int fd, struct arena *a, uint64_t size, struct str *out)
{
    if (fd < 0 || size > LIST_MAX)
        return FAIL(ST_SYNTAX, "a list of letters that is nowhere");
    return beside_take(fd, 0, (size_t)size, a, out);
}

static enum st ask_for_work(struct courier *c, struct arena *a, size_t most, struct work_letter **out, size_t *out_n)
    SUSPENDS
{
    struct msg_work_ask ask = {.most = (uint32_t)MIN(most, (size_t)LETTERS_AT_ONCE), .wait_ms = WAIT_MS};
    struct msg_work_answer m;
    struct str list;
    int fd = -1;
    enum st st = ipc_ask(courier_box(c), MSG_work_ask, &ask, -1, MSG_work_answer, a, &m, &fd,
                         deadline_in(WAIT_MS + COURIER_ASK_MS));

    if (st == ST_OK && m.status != ST_OK)
        st = FAIL(ST_TRYLATER, "the box has no letters to give just now");
    list = m.letters;
    if (st == ST_OK && !list.n)
        st = read_list(fd, a, m.size, &list);
    if (st == ST_OK)
        st = work_letters_get(list, a, out, out_n);
    if (fd >= 0)
        close(fd);
    return st;
}

/* They are ours already: the next courier gets them, if it comes to that. */
static enum st know_routes(struct courier *c) SUSPENDS
{
    enum st st;

    while ((st = routes_ready(c)) != ST_OK) {
        LOG(COURIER_ROUTES_UNKNOWN, lf_err());
        if (co_sleep(deadline_in(PAUSE_ROUTES_MS)) != ST_OK)
            return ST_CANCELED;
    }
    return st;
}

static enum st one_round(struct courier *c) SUSPENDS
{
    struct arena a = ARENA_INIT;
    struct work_letter *letters;
    size_t n = 0, most = c->set->courier_letters > c->letters.n ? c->set->courier_letters - c->letters.n : 0;
    enum st st = ST_OK;

    if (!most)
        st = co_waitq_wait(&c->room, deadline_in(WAIT_MS));
    else
        st = ask_for_work(c, &a, most, &letters, &n);
    if (st == ST_OK && n)
        st = know_routes(c);
    for (size_t i = 0; i < n && st == ST_OK; i++) {
        struct letter *l = map_get(&c->letters, letters[i].id);

        if (l) /* a box that has started anew does not know that we have it; or it is due again before we know that we are heard */
            l->is_given_again = true;
        else
            letter_begin(c, &letters[i]);
    }
    arena_fini(&a);
    return st == ST_TIMEOUT ? ST_OK : st;
}

static void fetch(void *arg) SUSPENDS
{
    struct courier *c = arg;

    while (!c->is_stopping) {
        enum st st = !c->set->courier_enabled ? ST_TRYLATER : one_round(c);

        if (st == ST_CANCELED || (st != ST_OK && co_sleep(deadline_in(PAUSE_MS)) == ST_CANCELED))
            return;
    }
}

/* Sessions are limited in all: those that ended leave room for destinations that had none. */
static void spread(void *arg) SUSPENDS
{
    struct courier *c = arg;

    while (co_waitq_wait(&c->room, NEVER) == ST_OK)
        dest_spread(c);
}

/* --- the role ------------------------------------------------------------------------------------------------------ */

/* Without the file no authority is trusted: what needs one waits, and says so. */
static enum st make_tls(const struct role *r, struct tls_client **out)
{
    struct arena a = ARENA_INIT;
    struct tls_client_options opt = {.dane = true, .no_ca = role_file_fd(r, "ca") < 0};
    enum st st = opt.no_ca ? ST_OK : role_file_read(r, "ca", CA_MAX, &a, &opt.ca_pem);

    if (st == ST_OK)
        st = tls_client_new(&opt, out);
    arena_fini(&a);
    return st;
}

static enum st courier_start(struct role *r) SUSPENDS
{
    struct courier *c = MEM_NEW(struct courier);

    peers_init(&c->peers);
    co_waitq_init(&c->room);
    list_init(&c->line);
    list_init(&c->spare);
    order_init(&c->wanting);
    list_init(&c->idle);
    list_init(&c->slowed);
    c->set = config_ref(r->settings);
    c->sts = sts_new();
    c->tls_reports = tls_reports_new();
    r->state = c;
    c->role = r;
    list_init(&c->checks_by_age);
    list_init(&c->checks_running);
    TRY(relay_new(r, r->settings, &c->relay));
    return make_tls(r, &c->tls);
}

static void begin(struct courier *c)
{
    if (co_spawn(fetch, c, "asking for letters") != ST_OK || co_spawn(spread, c, "spreading sessions") != ST_OK ||
        co_spawn(sts_refresh, c, "refreshing policies") != ST_OK ||
        co_spawn(tls_reports_run, c, "reports about TLS") != ST_OK)
        LOG(COURIER_NOT_STARTED, lf_err());
}

static const struct ipc_handler keeper_handlers[] = {{MSG_verify_ask, courier_verify},
                                                     {MSG_changed_note, on_change, .direct = true}};

static void courier_peer(struct role *r, const struct role_peer *p)
{
    struct courier *c = r->state;
    static const struct ipc_handler control_handlers[] = {{MSG_admin_ask, courier_admin}};
    struct ipc_options opt = {.handlers = keeper_handlers, .n_handlers = 0, .arg = c};
    bool had_all = courier_box(c) && courier_keeper(c) && courier_resolver(c);

    if (p->kind == ROLE_KEEPER) {
        opt.n_handlers = ARRAY_LEN(keeper_handlers);
        routes_stale(c);
    }
    if (p->kind == ROLE_KEEPER || p->kind == ROLE_RESOLVER)
        opt.remembers = COURIER_REMEMBERS;
    if (p->kind == ROLE_CONTROL)
        opt = (struct ipc_options){.handlers = control_handlers, .n_handlers = ARRAY_LEN(control_handlers), .arg = c};
    if (peers_attach(&c->peers, p, &opt) != ST_OK)
        LOG(IPC_PEER_REFUSED, lf_z("process", role_name(p->kind)), lf_err());
    if (!had_all && courier_box(c) && courier_keeper(c) && courier_resolver(c))
        begin(c);
}

static void courier_reload(struct role *r, const struct settings *set)
{
    struct courier *c = r->state;

    struct tls_client *tls;
    struct relay *relay;

    if (make_tls(r, &tls) == ST_OK) {
        tls_client_free(c->tls);
        c->tls = tls;
    } else {
        LOG(COURIER_TRUST_KEPT, lf_err());
    }
    if (relay_new(r, set, &relay) == ST_OK) {
        relay_unref(c->relay);
        c->relay = relay;
    } else {
        LOG(COURIER_RELAY_KEPT, lf_err());
    }
    relay_tls_unref(TAKE(c->ca)); /* its file may be another one */
    config_unref(c->set);
    c->set = config_ref(set);
}

/* Letters that are on their way may end; the others are in the queue, and a server that is slow to greet keeps nobody waiting. */
static void courier_stop(struct role *r, mono_ms deadline) SUSPENDS
{
    struct courier *c = r->state;

    c->is_stopping = true;
    dest_end_idle(c);
    while (c->n_busy && clock_mono_ms() < deadline)
        if (co_sleep(deadline_in(20)) != ST_OK)
            break;
    IGNORE(tls_reports_flush(c)); /* what can't be handed over now is lost, and it is only counts */
}

const struct role_ops courier_role = {.name = "courier",
                                      .coroutines = COROUTINES,
                                      .start = courier_start,
                                      .peer = courier_peer,
                                      .reload = courier_reload,
                                      .stop = courier_stop};
