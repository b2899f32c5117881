/* `restante resolve`: what the server sees in the DNS. All names of one command are asked for at a time. */
#include "resolver/resolver.h"

#include "admin/command.h"
#include "base/json.h"
#include "base/log.h"
#include "dns/rdata.h"
#include "ipc/lists.h"

#define RDATA_MOST 60000
#define ANSWER_MOST (8u << 20)

struct lookup {
    struct lookups *all;
    struct str name;
    struct arena arena;
    struct msg_dns_answer answer;
    struct buf rdata;
};

struct lookups {
    struct resolver *resolver;
    enum dns_type type;
    struct lookup *v;
    size_t n, open;
    struct co_event done;
};

static void look_up(void *arg)
{
    struct lookup *l = arg;
    struct str name;

    if (dns_ascii_name(&l->arena, l->name, &name) == ST_OK)
        resolver_resolve(l->all->resolver, &l->arena, name, (uint32_t)l->all->type, &l->answer, &l->rdata);
    else
        l->answer.status = ST_SYNTAX;
    if (--l->all->open == 0)
        co_event_set(&l->all->done);
}

/* Those that could not even start stay without an answer. */
static void look_up_all(struct lookups *all) SUSPENDS
{
    all->open = 1;
    for (size_t i = 0; i < all->n; i++) {
        struct lookup *l = &all->v[i];

        l->all = all;
        l->answer.status = ST_TRYLATER;
        buf_init(&l->rdata, RDATA_MOST);
        all->open++;
        if (co_spawn(look_up, l, "look-up") != ST_OK)
            all->open--;
    }
    if (--all->open)
        co_event_wait_heedless(&all->done); /* they use this memory, and each has its deadline */
}

static const char *status_word(enum st st)
{
    switch (st) {
    case ST_OK: return "found";
    case ST_NOTFOUND: return "none";
    case ST_CORRUPT: return "bogus";
    case ST_SYNTAX: return "no name";
    default: return "no answer";
    }
}

static void records_json(struct json *j, struct lookup *l, enum dns_type type)
{
    struct str *records = NULL;
    size_t n = 0;

    if (l->answer.status == ST_OK)
        IGNORE(words_get(l->answer.rdata, &l->arena, 4096, &records, &n)); /* our own list */
    json_key(j, "records");
    json_array(j);
    for (size_t i = 0; i < n; i++)
        json_str(j, dns_rdata_text(&l->arena, type, records[i]));
    json_array_end(j);
}

static void answers_json(struct json *j, struct lookups *all)
{
    json_object(j);
    json_key(j, "answers");
    json_array(j);
    for (size_t i = 0; i < all->n; i++) {
        struct lookup *l = &all->v[i];

        json_object(j);
        json_kv_str(j, "name", l->name);
        json_kv_str(j, "type", str_z(dns_type_name(all->type)));
        json_kv_str(j, "status", str_z(status_word((enum st)l->answer.status)));
        json_kv_bool(j, "secure", l->answer.secure != 0);
        json_kv_u64(j, "ttl", l->answer.ttl);
        records_json(j, l, all->type);
        json_object_end(j);
    }
    json_array_end(j);
    json_object_end(j);
}

static enum st carry_out(struct resolver *x, struct ipc_request *r, struct json *out) SUSPENDS
{
    const struct msg_admin_ask *m = r->msg;
    struct lookups all = {.resolver = x, .type = DNS_A};
    struct admin_args args;
    struct str *words, type;
    size_t n;

    TRY(words_get(m->words, r->arena, ADMIN_WORDS_MAX, &words, &n));
    TRY(admin_parse(r->arena, words, n, &args));
    if (args.command->id != ADMIN_CMD_resolve)
        return FAIL(ST_NOTFOUND, "that is no command of the resolver");
    if (admin_value(&args, "type", &type))
        TRY(dns_type_parse(type, &all.type));
    all.n = args.n;
    all.v = ARENA_ARRAY(r->arena, struct lookup, all.n);
    for (size_t i = 0; i < all.n; i++)
        all.v[i].name = args.args[i];
    look_up_all(&all);
    answers_json(out, &all);
    for (size_t i = 0; i < all.n; i++) {
        buf_fini(&all.v[i].rdata);
        arena_fini(&all.v[i].arena);
    }
    return ST_OK;
}

static void refuse(struct ipc_request *r, enum st why)
{
    struct msg_admin_answer m = {.status = (uint8_t)why, .text = str_sub(str_z(err_get()->text), 0, 400)};

    if (ipc_answer(r, MSG_admin_answer, &m, -1) != ST_OK)
        LOG(IPC_REQUEST_DROPPED, lf_z("process", "control"), lf_z("kind", "admin_ask"), lf_err());
}

void resolver_admin(struct ipc_request *r)
{
    struct buf answer;
    struct json json;
    enum st st;

    buf_init(&answer, ANSWER_MOST);
    json_init(&json, &answer);
    st = carry_out(r->arg, r, &json);
    if (st == ST_OK)
        st = buf_check(&answer);
    if (st == ST_OK)
        st = ipc_answer_json(r, buf_str(&answer));
    if (st != ST_OK)
        refuse(r, st);
    buf_fini(&answer);
}
