/* What the administrator's listener shows: the sums of all pages that processes count on, and whether keeper and box answer. */
#include "gate/web.h"

#include "base/metrics.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

#define TEXT_MAX 262144
#define HEALTH_MS 1000

/* --- /metrics --------------------------------------------------------------------------------------------- */

static enum st map_page(struct gate *g, int fd)
{
    void *page = mmap(NULL, METRICS_BYTES, PROT_READ, MAP_SHARED, fd, 0);

    if (page == MAP_FAILED)
        return FAIL_ERRNO("a page for metrics");
    g->figures[g->n_figures++] = page;
    return ST_OK;
}

enum st figures_open(struct gate *g, const struct role *r)
{
    char name[32];

    for (;;) {
        int fd;

        snprintf(name, sizeof name, "metrics/%u", g->n_figures);
        fd = role_file_fd(r, name);
        if (fd < 0 || g->n_figures == GATE_FIGURES_MAX)
            return ST_OK;
        TRY(map_page(g, fd));
    }
}

enum st web_metrics(struct http_exchange *x)
{
    const struct conn *c = x->arg;
    uint64_t sums[METRIC_COUNT] = {0};
    struct buf text;
    enum st st;

    for (unsigned i = 0; i < c->gate->n_figures; i++)
        metrics_sum(c->gate->figures[i], sums);
    buf_init(&text, TEXT_MAX);
    metrics_text(&text, sums);
    st = buf_check(&text);
    x->response = (struct http_response){.status = HTTP_OK,
                                         .type = STR("text/plain; version=0.0.4; charset=utf-8"),
                                         .body = arena_str(x->arena, buf_str(&text))};
    buf_fini(&text);
    return st;
}

/* --- /health ------------------------------------------------------------------------------------------------- */

struct health {
    unsigned pending;
    struct co_event all; /* have answered, or have not in time */
};

struct target {
    struct health *health;
    struct ipc *ipc;
    enum st st;
};

static void ask(void *arg) SUSPENDS
{
    struct target *t = arg;
    struct msg_health_answer answer;
    struct msg_health_ask m = {0};
    struct arena a = ARENA_INIT;

    t->st = IPC_ASK(t->ipc, health_ask, &m, health_answer, &a, &answer, deadline_in(HEALTH_MS));
    if (t->st == ST_OK)
        t->st = (enum st)answer.status;
    arena_fini(&a);
    if (--t->health->pending == 0)
        co_event_set(&t->health->all);
}

/* All at the same time; whoever does not answer is given up behind the same second. */
static void ask_all(struct health *h, struct target *t, unsigned n) SUSPENDS
{
    for (unsigned i = 0; i < n; i++) {
        t[i].health = h;
        h->pending++;
        if (t[i].ipc && co_spawn(ask, &t[i], "health") == ST_OK)
            continue;
        h->pending--;
        t[i].st = ST_TRYLATER;
    }
    if (h->pending)
        co_event_wait_heedless(&h->all);
}

static void complain(struct buf *out, unsigned i, enum st st)
{
    if (i == 0)
        buf_addz(out, "keeper: ");
    else
        buf_addf(out, "box core %u: ", i - 1);
    switch (st) {
    case ST_TIMEOUT: buf_addz(out, "no answer within a second\n"); break;
    case ST_TRYLATER: buf_addz(out, "not there\n"); break;
    case ST_NOSPACE: buf_addz(out, "the store takes no mail, its disk is nearly full\n"); break;
    case ST_IO: buf_addz(out, "the store is broken, restart the server\n"); break;
    default: buf_addf(out, "%s\n", st_text(st)); break;
    }
}

enum st web_health(struct http_exchange *x)
{
    const struct gate *g = ((const struct conn *)x->arg)->gate;
    struct target *t = ARENA_ARRAY(x->arena, struct target, g->n_cores + 1);
    struct health h = {0};
    struct buf text;

    t[0].ipc = g->keeper;
    for (unsigned i = 0; i < g->n_cores; i++)
        t[i + 1].ipc = g->boxes[i];
    ask_all(&h, t, g->n_cores + 1);
    buf_init(&text, TEXT_MAX);
    for (unsigned i = 0; i <= g->n_cores; i++)
        if (t[i].st != ST_OK)
            complain(&text, i, t[i].st);
    x->response = (struct http_response){.status = text.n ? HTTP_UNAVAILABLE : HTTP_OK,
                                         .body = text.n ? arena_str(x->arena, buf_str(&text)) : STR("ok\n")};
    buf_fini(&text);
    return ST_OK;
}
