#include "box/grants.h"
#include "ipc/lists.h"

static void expire(struct box_core *c)
{
    mono_ms now = clock_mono_ms();

    LIST_EACH_SAFE(pos, tmp, &c->grants_by_age) {
        struct grant *g = LIST_ITEM(pos, struct grant, link);

        if (g->expires > now)
            return;
        grant_free(c, g);
    }
}

static char *own_text(struct str s)
{
    char *p = s.n ? mem_new(s.n + 1) : NULL;

    if (p)
        memcpy(p, s.p, s.n);
    return p;
}

enum st grant_add(struct box_core *c, const struct msg_grant_ask *m)
{
    struct grant *g, *old;

    expire(c);
    if (m->token.n != TOKEN_BYTES || m->login.n > LIMIT_ADDRESS || m->language.n >= sizeof g->language)
        return FAIL(ST_SYNTAX, "a grant that is malformed");
    if (c->grants.n >= GRANTS_MAX)
        return FAIL(ST_LIMIT, "too many grants");
    g = MEM_NEW(struct grant);
    memcpy(g->token, m->token.p, TOKEN_BYTES);
    memcpy(g->login, m->login.p, m->login.n);
    memcpy(g->language, m->language.p, m->language.n);
    g->withheld = own_text(m->withheld);
    g->pop3_uidl = own_text(m->pop3_uidl);
    g->pop3_mailbox = own_text(m->pop3_mailbox);
    g->pop3_delay = m->pop3_delay;
    g->account = m->account;
    g->conn = m->conn;
    g->credential = m->credential;
    g->limits = m->limits;
    g->gate = m->gate;
    g->rights = m->rights;
    g->expires = deadline_in(GRANT_LIFE_MS);
    list_add_tail(&c->grants_by_age, &g->link);
    old = map_str_put(&c->grants, m->token, g);
    must(old == NULL); /* tokens are 128 random bits */
    return ST_OK;
}

enum st grant_find(struct box_core *c, struct str token, uint64_t account, uint32_t gate, uint64_t conn, uint32_t right,
                   struct grant **out)
{
    struct grant *g;

    expire(c);
    g = token.n == TOKEN_BYTES ? map_str_get(&c->grants, token) : NULL;
    if (!g || g->account != account || g->gate != gate || g->conn != conn || !(g->rights & right))
        return FAIL(ST_DENIED, "no such grant");
    *out = g;
    return ST_OK;
}

enum st grant_submitting(struct box_core *c, struct str token, uint64_t account, uint32_t gate, uint64_t conn,
                         struct grant **out)
{
    struct grant *g;

    TRY(grant_find(c, token, account, gate, conn, GRANT_SUBMIT, &g));
    if (g->expires != NEVER)
        return FAIL(ST_DENIED, "a grant that was not redeemed");
    *out = g;
    return ST_OK;
}

void grant_free(struct box_core *c, struct grant *g)
{
    list_del(&g->link);
    map_str_del(&c->grants, str_n((const char *)g->token, TOKEN_BYTES));
    mem_free(g->withheld);
    mem_free(g->pop3_uidl);
    mem_free(g->pop3_mailbox);
    wipe(g, sizeof *g);
    mem_free(g);
}

void grants_revoke(struct box_core *c, uint64_t account, uint64_t credential)
{
    size_t pos = 0;
    void *v;

    while (map_next(&c->grants, &pos, &v)) {
        struct grant *g = v;

        if (g->account == account && (!credential || g->credential == credential))
            grant_free(c, g);
    }
}

void grants_drop_gate(struct box_core *c, uint32_t gate)
{
    size_t pos = 0;
    void *v;

    while (map_next(&c->grants, &pos, &v)) {
        struct grant *g = v;

        if (g->gate == gate)
            grant_free(c, g);
    }
}

static struct box_core *core_of(const struct ipc_request *r)
{
    return ((struct box_peer *)r->arg)->core;
}

void box_grant_ask(struct ipc_request *r)
{
    const struct msg_grant_ask *m = r->msg;
    struct msg_grant_answer a = {.status = (uint8_t)grant_add(core_of(r), m)};

    IGNORE(ipc_answer(r, MSG_grant_answer, &a, -1)); /* a keeper that is gone asks again */
}

void box_pass_key(struct ipc_request *r)
{
    const struct msg_pass_key *m = r->msg;
    struct box_core *c = core_of(r);

    if (m->key.n != PASS_KEY_BYTES)
        return;
    memcpy(c->pass_key, m->key.p, PASS_KEY_BYTES);
    c->has_pass_key = true;
}

/* A submission session begins: its grant is kept for as long as the connection is. */
void box_submit_ask(struct ipc_request *r)
{
    const struct msg_submit_ask *m = r->msg;
    struct box_peer *peer = r->arg;
    struct msg_submit_answer a;
    struct grant *g;

    a.status = (uint8_t)grant_find(peer->core, m->token, m->account, peer->index, m->conn, GRANT_SUBMIT, &g);
    if (a.status == ST_OK && g->expires == NEVER)
        a.status = ST_DENIED; /* redeemed once already */
    if (a.status == ST_OK) {
        g->expires = NEVER;
        list_del(&g->link);
    }
    IGNORE(ipc_answer(r, MSG_submit_answer, &a, -1));
}

void box_submit_end(struct ipc_request *r)
{
    const struct msg_submit_end *m = r->msg;
    struct box_peer *peer = r->arg;
    struct grant *g;

    if (grant_submitting(peer->core, m->token, m->account, peer->index, m->conn, &g) == ST_OK)
        grant_free(peer->core, g);
}
