/* The resolver: answers dns_ask by libunbound, which resolves and validates on one thread of its own; its descriptor is
 * watched on the loop. Each question has a deadline of ours. After one that passed, the library is asked for a name that it has
 * itself: when it doesn't even answer that, its thread hangs, this process ends, and main starts another one. Without a
 * network questions end one by one as TRYLATER, and nothing else happens.
 *
 * The library reads its files before the sandbox is sealed; its thread is started afterwards, so that it is confined too. */
#include "resolver/resolver.h"

#include "base/log.h"
#include "base/metrics.h"
#include "base/must.h"
#include "ipc/lists.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define OWN_NAME "alive.restante.invalid" /* known to the library without asking anybody */
#define OWN_MS 15000                      /* for its answer */
#define CONFIG_MOST 262144
#define HINTS_MOST 65536
#define ANSWER_MOST 60000
#define RECORDS_MOST 2000
#define STACK_BYTES (512 * 1024) /* the library's first call needs 200 KB */
#define COROUTINES 4096

enum { TYPE_A = 1, CLASS_IN = 1, RCODE_OK = 0, RCODE_NXDOMAIN = 3 };

struct question {
    struct co_event event;
    bool is_done;
    int err;
    struct ub_result *result;
};

/* --- the library's settings, as the file that it reads ------------------------------------------------------ */

static void put_server(struct buf *b, const char *key, const struct config_addr *a)
{
    char host[INET6_ADDRSTRLEN] = "";
    bool is_v6 = a->sa.sa_family == AF_INET6;
    unsigned port = ntohs(is_v6 ? a->in6.sin6_port : a->in.sin_port);

    inet_ntop(a->sa.sa_family, is_v6 ? (const void *)&a->in6.sin6_addr : (const void *)&a->in.sin_addr, host,
              sizeof host);
    buf_addf(b, "    %s: %s@%u\n", key, host, port);
}

static void put_zone(struct buf *b, bool is_stub, struct str name, const struct config_addrs *servers)
{
    buf_addf(b, "%s-zone:\n    name: \"%.*s\"\n", is_stub ? "stub" : "forward", STR_ARGS(name));
    for (size_t i = 0; i < servers->n; i++)
        put_server(b, is_stub ? "stub-addr" : "forward-addr", &servers->v[i]);
}

static void put_file(struct buf *b, const struct role *r, const char *key, const char *file)
{
    int fd = role_file_fd(r, file);

    if (fd >= 0)
        buf_addf(b, "    %s: \"/proc/self/fd/%d\"\n", key, fd);
}

/* One line of a file of root servers: what stands behind A or AAAA is their address. */
static void put_root_server(struct buf *b, struct str line)
{
    struct str word, before = STR_NONE, text = line;
    char address[INET6_ADDRSTRLEN];
    struct in6_addr bytes;

    str_split(&text, ';', &line);
    while (str_split(&line, ' ', &word)) {
        bool is_v4 = str_ieq(before, STR("A")), is_v6 = str_ieq(before, STR("AAAA"));

        word = str_trim(word);
        snprintf(address, sizeof address, "%.*s", STR_ARGS(word));
        if ((is_v4 || is_v6) && word.n < sizeof address && inet_pton(is_v4 ? AF_INET : AF_INET6, address, &bytes) == 1)
            buf_addf(b, "    stub-addr: %s\n", address);
        if (word.n)
            before = word;
    }
}

/* The library reads a file of root servers anew in its thread, which may open nothing: it gets them as the servers of a zone. */
static void put_root(struct buf *b, const struct role *r)
{
    struct arena a = ARENA_INIT;
    struct str text, line;
    struct buf servers;

    buf_init(&servers, HINTS_MOST);
    if (role_file_read(r, "root-hints", HINTS_MOST, &a, &text) == ST_OK) {
        char *p = arena_cstr(&a, text);

        for (size_t i = 0; i < text.n; i++)
            if (p[i] == '\t')
                p[i] = ' ';
        text = str_n(p, text.n);
        while (str_split(&text, '\n', &line))
            put_root_server(&servers, line);
    }
    if (servers.n) /* else those that the library knows */
        buf_addf(b, "stub-zone:\n    name: \".\"\n    stub-prime: yes\n%.*s", STR_ARGS(buf_str(&servers)));
    buf_fini(&servers);
    arena_fini(&a);
}

static void put_config(struct buf *b, const struct role *r)
{
    const struct settings *set = r->settings;

    buf_addz(b, "server:\n    do-not-query-localhost: no\n"); /* servers of zones may well be here */
    buf_addf(b, "    rrset-cache-size: %llu\n", (unsigned long long)set->resolver_cache / 2);
    buf_addf(b, "    msg-cache-size: %llu\n", (unsigned long long)set->resolver_cache / 4);
    buf_addf(b, "    key-cache-size: %llu\n", (unsigned long long)set->resolver_cache / 8);
    put_file(b, r, "trust-anchor-file", "trust-anchor");
    for (size_t i = 0; i < set->zone_count; i++) {
        const struct config_zone *z = &set->zones[i];

        /* names such as .test are answered by the library itself unless told otherwise */
        buf_addf(b, "    local-zone: \"%.*s\" transparent\n", STR_ARGS(z->name));
        if (!z->dnssec)
            buf_addf(b, "    domain-insecure: \"%.*s\"\n", STR_ARGS(z->name));
    }
    buf_addz(b, "    local-data: \"" OWN_NAME ". A 127.0.0.1\"\n");
    for (size_t i = 0; i < set->zone_count; i++)
        put_zone(b, set->zones[i].type == ZONE_STUB, set->zones[i].name, &set->zones[i].server);
    if (set->resolver_forward.n)
        put_zone(b, false, STR("."), &set->resolver_forward);
    else
        put_root(b, r);
}

static enum st failed(int e, const char *what)
{
    return FAIL(ST_INTERNAL, "libunbound, %s: %s", what, ub_strerror(e));
}

static enum st read_config(struct ub_ctx *ctx, struct str text)
{
    int fd = memfd_create("resolver", MFD_CLOEXEC), e;
    char path[40];
    FILE *f = fd < 0 ? NULL : fdopen(dup(fd), "w");

    if (!f || fwrite(text.p, 1, text.n, f) != text.n || fclose(f) != 0)
        return FAIL_ERRNO("the resolver's settings");
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    e = ub_ctx_config(ctx, path);
    close(fd);
    return e ? failed(e, "settings") : ST_OK;
}

/* The first question has the library read all its files. This one is answered on the spot, without a thread. */
static enum st finish_config(struct ub_ctx *ctx)
{
    struct ub_result *result = NULL;
    int e = ub_resolve(ctx, OWN_NAME, TYPE_A, CLASS_IN, &result);

    ub_resolve_free(result);
    return e ? failed(e, "start") : ST_OK;
}

static enum st resolver_prepare(struct role *r)
{
    struct resolver *x = MEM_NEW(struct resolver);
    struct buf text;
    enum st st;

    r->state = x;
    peers_init(&x->peers);
    x->set = r->settings; /* none of its settings changes by a reload, but the deadline */
    config_ref(x->set);
    x->ctx = ub_ctx_create();
    if (!x->ctx || ub_ctx_async(x->ctx, 1) != 0)
        return FAIL(ST_INTERNAL, "libunbound can't be started");
    buf_init(&text, CONFIG_MOST);
    put_config(&text, r);
    st = buf_check(&text);
    if (st == ST_OK)
        st = read_config(x->ctx, buf_str(&text));
    buf_fini(&text);
    return st == ST_OK ? finish_config(x->ctx) : st;
}

/* --- questions ------------------------------------------------------------------------------------------------ */

static void answered(void *arg, int err, struct ub_result *result)
{
    struct question *q = arg;

    q->err = err;
    q->result = result;
    q->is_done = true;
    co_event_set(&q->event);
}

/* ST_TIMEOUT, ST_SYNTAX for what is no name; *out_result is the caller's. */
static enum st ask(struct resolver *x, const char *name, uint32_t type, mono_ms deadline, struct ub_result **out_result)
    SUSPENDS
{
    struct question *q = MEM_NEW(struct question);
    int id = 0, e = ub_resolve_async(x->ctx, name, (int)type, CLASS_IN, q, answered, &id);
    enum st st = ST_OK;

    while (e == 0 && st == ST_OK && !q->is_done)
        st = co_event_wait(&q->event, deadline);
    if (e == 0 && !q->is_done)
        ub_cancel(x->ctx, id);
    if (e == 0 && q->is_done) {
        st = ST_OK;
        e = q->err;
        *out_result = q->result;
    }
    mem_free(q);
    if (e == UB_SYNTAX)
        return FAIL(ST_SYNTAX, "that is no name");
    return e ? failed(e, "question") : st;
}

static void check_alive(void *arg)
{
    struct resolver *x = arg;
    struct ub_result *result = NULL;
    enum st st = ask(x, OWN_NAME, TYPE_A, deadline_in(OWN_MS), &result);

    ub_resolve_free(result);
    x->is_checking = false;
    if (st != ST_TIMEOUT)
        return;
    LOG(RESOLVER_HANGS, lf_u64("open", x->open));
    _exit(1);
}

static void start_check(struct resolver *x)
{
    if (x->is_checking)
        return;
    x->is_checking = co_spawn(check_alive, x, "resolver check") == ST_OK;
}

static enum st status_of(const struct ub_result *u)
{
    if (u->bogus)
        return ST_CORRUPT;
    if (u->rcode == RCODE_NXDOMAIN || (u->rcode == RCODE_OK && !u->havedata))
        return ST_NOTFOUND;
    return u->rcode == RCODE_OK ? ST_OK : ST_TRYLATER;
}

static enum st fill(struct msg_dns_answer *m, const struct ub_result *u, struct arena *a, struct buf *rdata)
{
    struct str *records;
    size_t n = 0;

    while (u->data[n] && n < RECORDS_MOST)
        n++;
    records = ARENA_ARRAY(a, struct str, n);
    for (size_t i = 0; i < n; i++)
        records[i] = str_n(u->data[i], (size_t)u->len[i]);
    words_put(rdata, records, n);
    TRY(buf_check(rdata));
    m->rdata = buf_str(rdata);
    m->canonical = str_sub(arena_str(a, str_z(u->canonname)), 0, 255); /* the answer goes when `u` has gone */
    return ST_OK;
}

static enum st resolve(struct resolver *x, struct arena *a, struct str name, uint32_t type, struct msg_dns_answer *m,
                       struct buf *rdata) SUSPENDS
{
    struct ub_result *u = NULL;
    enum st st;

    if (name.n == 0 || memchr(name.p, 0, name.n) || type == 0 || type > 65535)
        return ST_SYNTAX;
    if (x->open >= x->set->resolver_max_questions)
        return ST_TRYLATER;
    x->open++;
    st = ask(x, arena_cstr(a, name), type, deadline_in(x->set->resolver_timeout), &u);
    x->open--;
    if (st == ST_TIMEOUT)
        start_check(x);
    if (st != ST_OK)
        return st == ST_SYNTAX ? st : ST_TRYLATER;
    st = status_of(u);
    m->secure = u->secure != 0; /* that there is no such name can be proven too */
    m->ttl = (uint32_t)MAX(u->ttl, 0);
    if (st == ST_OK)
        st = fill(m, u, a, rdata);
    ub_resolve_free(u);
    return st;
}

void resolver_resolve(struct resolver *x, struct arena *a, struct str name, uint32_t type, struct msg_dns_answer *out,
                      struct buf *rdata)
{
    uint64_t began = clock_mono_us();

    *out = (struct msg_dns_answer){0};
    out->status = (uint8_t)resolve(x, a, name, type, out, rdata);
    metric_add(METRIC_DNS_SECONDS, clock_mono_us() - began);
    metric_add(out->status == ST_OK         ? METRIC_DNS_OK
               : out->status == ST_NOTFOUND ? METRIC_DNS_NONE
               : out->status == ST_CORRUPT  ? METRIC_DNS_BOGUS
                                            : METRIC_DNS_FAILED,
               1);
}

static void on_dns_ask(struct ipc_request *r) SUSPENDS
{
    const struct msg_dns_ask *q = r->msg;
    struct msg_dns_answer m;
    struct buf rdata;

    buf_init(&rdata, ANSWER_MOST);
    resolver_resolve(r->arg, r->arena, q->name, q->type, &m, &rdata);
    if (ipc_answer(r, MSG_dns_answer, &m, -1) != ST_OK)
        LOG(IPC_REQUEST_DROPPED, lf_z("process", "resolver"), lf_z("kind", "dns_ask"), lf_err());
    buf_fini(&rdata);
}

/* --- the role -------------------------------------------------------------------------------------------------- */

static void library_speaks(void *arg, enum st why)
{
    struct resolver *x = arg;

    (void)why;
    co_fd_again(&x->fd, CO_READ); /* it reads all there is; what comes meanwhile is a new edge */
    ub_process(x->ctx);
    co_fd_park(&x->fd, NEVER, library_speaks, x);
}

static enum st resolver_start(struct role *r)
{
    struct resolver *x = r->state;

    TRY(co_fd_add(&x->fd, ub_fd(x->ctx)));
    co_fd_park(&x->fd, NEVER, library_speaks, x);
    return ST_OK;
}

static const struct ipc_handler handlers[] = {{MSG_dns_ask, on_dns_ask}};
static const struct ipc_handler control_handlers[] = {{MSG_admin_ask, resolver_admin}};

static void resolver_peer(struct role *r, const struct role_peer *p)
{
    struct resolver *x = r->state;
    struct ipc_options opt = {.handlers = handlers, .n_handlers = ARRAY_LEN(handlers), .arg = x};

    if (p->kind == ROLE_CONTROL)
        opt = (struct ipc_options){.handlers = control_handlers, .n_handlers = ARRAY_LEN(control_handlers), .arg = x};
    if (peers_attach(&x->peers, p, &opt) != ST_OK)
        LOG(IPC_PEER_REFUSED, lf_z("process", role_name(p->kind)), lf_err());
}

const struct role_ops resolver_role = {.name = "resolver",
                                       .coroutines = COROUTINES,
                                       .stack_bytes = STACK_BYTES,
                                       .prepare = resolver_prepare,
                                       .start = resolver_start,
                                       .peer = resolver_peer};
