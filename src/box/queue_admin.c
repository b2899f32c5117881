/* What waits, why, and what the administrator does about it. */
#include "box/queue_admin.h"

#include "base/codec.h"
#include "base/envelope.h"
#include "base/map.h"
#include "queue/queue.h"
#include "smtp/next_hop.h"

#include <stdlib.h>

#define PAGE 500            /* entries read at a time */
#define DOMAINS_MAX 100000  /* that are told apart in queue stats */
#define DOMAINS_SHOWN 1000u /* those with the most letters */

struct queue_job {
    struct queue *queue;
    uint64_t account;
    struct arena *arena;
    const struct admin_args *args;
    struct json *json;
};

/* --- letters ------------------------------------------------------------------------------------------------------ */

static const char *state_name(enum queue_rcpt_state s)
{
    static const char *const names[] = {"waiting", "delivered", "failed"};

    return (unsigned)s < ARRAY_LEN(names) ? names[s] : "unknown";
}

/* What was said last to one of those that wait. */
static struct str why(const struct queue_entry *e)
{
    if (e->held)
        return e->hold_reason;
    if (queue_release_us(e) > clock_wall_us())
        return STR("it is to leave later");
    for (size_t i = 0; i < e->n_rcpts; i++)
        if (e->rcpts[i].state == QUEUE_RCPT_WAITING && e->rcpts[i].answer.n)
            return e->rcpts[i].answer;
    return STR("not tried yet");
}

/* What queue route has said. */
static struct str route_of(const struct queue_entry *e)
{
    struct str route = queue_attr_get(e->attrs, e->n_attrs, STR(QUEUE_ROUTE));

    return route.p ? route : STR("");
}

static uint64_t due_of(const struct queue_entry *e, const struct queue_rcpt *r)
{
    return r->due_us ? r->due_us : e->due_us;
}

static void add_rcpt(struct json *j, struct arena *a, const struct queue_entry *e, const struct queue_rcpt *r)
{
    json_object(j);
    json_kv_str(j, "address", r->address);
    json_kv_str(j, "state", str_z(state_name(r->state)));
    json_kv_u64(j, "attempts", r->attempts);
    if (r->state == QUEUE_RCPT_WAITING && !e->held)
        json_kv_str(j, "due", time_rfc3339(a, due_of(e, r)));
    json_kv_str(j, "answer", r->answer);
    json_object_end(j);
}

/* Times that its sender has asked for. */
static void add_wishes(struct json *j, struct arena *a, const struct queue_entry *e)
{
    struct str text = queue_attr_get(e->attrs, e->n_attrs, STR(ATTR_DELIVER_BY));
    uint64_t release_us = queue_release_us(e);
    struct deliver_by by;

    if (release_us)
        json_kv_str(j, "release", time_rfc3339(a, release_us));
    if (!text.p || deliver_by_get(text, &by) != ST_OK)
        return;
    json_kv_str(j, "deliver_by", time_rfc3339(a, by.at_us));
    json_kv_str(j, "deliver_by_mode", by.returns ? STR("return") : STR("notify"));
}

static void add_entry(struct json *j, struct arena *a, const struct queue_entry *e, bool whole)
{
    json_object(j);
    json_kv_str(j, "id", arena_printf(a, "%016llx", (unsigned long long)e->id));
    json_kv_str(j, "from", e->reverse_path);
    json_kv_u64(j, "size", e->size);
    json_kv_str(j, "arrived", time_rfc3339(a, e->arrival_us));
    json_kv_u64(j, "attempts", e->attempts);
    json_kv_i64(j, "priority", e->priority);
    json_kv_str(j, "state", e->held ? STR("held") : STR("waiting"));
    json_kv_str(j, "why", why(e));
    json_kv_str(j, "due", e->held ? STR("") : time_rfc3339(a, e->due_us));
    json_kv_str(j, "route", route_of(e));
    add_wishes(j, a, e);
    if (whole)
        json_kv_str(j, "letter", arena_printf(a, "%016llx", (unsigned long long)e->blob));
    json_key(j, "recipients");
    json_array(j);
    for (size_t i = 0; i < e->n_rcpts; i++) {
        if (whole)
            add_rcpt(j, a, e, &e->rcpts[i]);
        else
            json_str(j, e->rcpts[i].address);
    }
    json_array_end(j);
    json_object_end(j);
}

/* --- many of them ------------------------------------------------------------------------------------------------- */

static struct queue_filter filter_of(const struct queue_job *job)
{
    struct queue_filter f = {.most = PAGE, .account = job->account, .only_held = admin_has(job->args, "held")};

    IGNORE(admin_value(job->args, "domain", &f.domain));
    return f;
}

/* Calls `each` for all that fit, page by page, until it fails or the answer is full. */
static enum st for_all(struct queue_job *job, void *arg,
                       enum st (*each)(struct queue_job *job, void *arg, struct arena *a, const struct queue_entry *e)
                           SUSPENDS) SUSPENDS
{
    struct queue_filter f = filter_of(job);
    struct arena a = ARENA_INIT;
    bool more = true;
    enum st st = ST_OK;

    while (more && st == ST_OK && !job->json->out->over) {
        struct queue_entry *list;
        size_t n;

        st = queue_list(job->queue, &f, &a, &list, &n, &f.after, &more);
        for (size_t i = 0; st == ST_OK && i < n; i++)
            st = each(job, arg, &a, &list[i]);
        arena_reset(&a);
    }
    arena_fini(&a);
    return st;
}

static enum st list_one(struct queue_job *job, void *arg, struct arena *a, const struct queue_entry *e)
{
    (void)arg;
    add_entry(job->json, a, e, false);
    return ST_OK;
}

static enum st list(struct queue_job *job) SUSPENDS
{
    json_object(job->json);
    json_key(job->json, "letters");
    json_array(job->json);
    TRY(for_all(job, NULL, list_one));
    json_array_end(job->json);
    json_object_end(job->json);
    return ST_OK;
}

/* --- by domain ---------------------------------------------------------------------------------------------------- */

struct waiting {
    struct str domain, why; /* what was said last of it */
    uint64_t letters, recipients, held, oldest_us, due_us, last_id;
};

struct stats {
    struct map by_domain;
    struct arena arena;
    uint64_t letters, held, bytes;
    bool is_cut;
};

static struct waiting *waiting_for(struct stats *s, struct str domain)
{
    char *folded = arena_cstr(&s->arena, domain);
    struct waiting *w;

    for (size_t i = 0; i < domain.n; i++)
        folded[i] = ascii_lower(folded[i]);
    w = map_str_get(&s->by_domain, str_n(folded, domain.n));
    if (w)
        return w;
    if (s->by_domain.n == DOMAINS_MAX) {
        s->is_cut = true;
        return NULL;
    }
    w = ARENA_NEW(&s->arena, struct waiting);
    *w = (struct waiting){.domain = str_n(folded, domain.n), .oldest_us = UINT64_MAX, .due_us = UINT64_MAX};
    map_str_put(&s->by_domain, w->domain, w);
    return w;
}

static void count_rcpt(struct stats *s, const struct queue_entry *e, const struct queue_rcpt *r)
{
    struct waiting *w = waiting_for(s, str_from(r->address, str_rfind(r->address, '@') + 1));

    if (!w)
        return;
    w->recipients++;
    if (!w->letters || w->last_id != e->id) {
        w->letters++;
        w->held += e->held;
    }
    w->last_id = e->id;
    w->oldest_us = MIN(w->oldest_us, e->arrival_us);
    if (!e->held)
        w->due_us = MIN(w->due_us, due_of(e, r));
    if (!w->why.n && r->answer.n)
        w->why = arena_str(&s->arena, r->answer);
}

static enum st count_one(struct queue_job *job, void *arg, struct arena *a, const struct queue_entry *e)
{
    struct stats *s = arg;

    (void)job;
    (void)a;
    s->letters++;
    s->held += e->held;
    s->bytes += e->size;
    for (size_t i = 0; i < e->n_rcpts; i++)
        if (e->rcpts[i].state == QUEUE_RCPT_WAITING)
            count_rcpt(s, e, &e->rcpts[i]);
    return ST_OK;
}

static int by_letters(const void *a, const void *b)
{
    const struct waiting *x = *(const struct waiting *const *)a, *y = *(const struct waiting *const *)b;

    return x->letters != y->letters ? (x->letters < y->letters ? 1 : -1) : str_cmp(x->domain, y->domain);
}

/* Notices since the box has started. */
static void add_told(struct queue_job *job, struct json *j)
{
    uint64_t told[QUEUE_TOLD_WAYS];

    queue_get_told(job->queue, told);
    json_key(j, "notices");
    json_object(j);
    json_kv_u64(j, "sent", told[QUEUE_TOLD]);
    json_kv_u64(j, "no_sender", told[QUEUE_TOLD_NULL]);
    json_kv_u64(j, "over_cap", told[QUEUE_TOLD_CAPPED]);
    json_kv_u64(j, "strangers", told[QUEUE_TOLD_STRANGER]);
    json_object_end(j);
}

static void add_stats(struct queue_job *job, struct stats *s)
{
    struct waiting **all = ARENA_ARRAY(&s->arena, struct waiting *, s->by_domain.n + 1);
    struct json *j = job->json;
    size_t n = 0, pos = 0;
    void *w;

    while (map_next(&s->by_domain, &pos, &w))
        all[n++] = w;
    qsort(all, n, sizeof *all, by_letters);
    json_object(j);
    json_kv_u64(j, "letters", s->letters);
    json_kv_u64(j, "held", s->held);
    json_kv_u64(j, "bytes", s->bytes);
    json_kv_bool(j, "all_domains", !s->is_cut && n <= DOMAINS_SHOWN);
    json_key(j, "domains");
    json_array(j);
    for (size_t i = 0; i < n && i < DOMAINS_SHOWN; i++) {
        json_object(j);
        json_kv_str(j, "domain", all[i]->domain);
        json_kv_u64(j, "letters", all[i]->letters);
        json_kv_u64(j, "recipients", all[i]->recipients);
        json_kv_u64(j, "held", all[i]->held);
        json_kv_str(j, "oldest", time_rfc3339(&s->arena, all[i]->oldest_us));
        json_kv_str(j, "due", all[i]->due_us == UINT64_MAX ? STR("") : time_rfc3339(&s->arena, all[i]->due_us));
        json_kv_str(j, "why", all[i]->why.n ? all[i]->why : STR("not tried yet"));
        json_object_end(j);
    }
    json_array_end(j);
    add_told(job, j);
    json_object_end(j);
}

static enum st stats(struct queue_job *job) SUSPENDS
{
    struct stats s = {0};
    enum st st = for_all(job, &s, count_one);

    if (st == ST_OK)
        add_stats(job, &s);
    map_fini(&s.by_domain);
    arena_fini(&s.arena);
    return st;
}

/* --- one of them -------------------------------------------------------------------------------------------------- */

static enum st id_arg(const struct queue_job *job, uint64_t *out)
{
    struct str text = job->args->args[0];
    struct str raw;

    if (text.n != 16 || hex_decode(job->arena, text, &raw) != ST_OK)
        return FAIL(ST_SYNTAX, "\"%.*s\" is no letter's id: 16 hexadecimal digits, as `queue list` shows them",
                    (int)MIN(text.n, 40), text.p);
    *out = 0;
    for (size_t i = 0; i < raw.n; i++)
        *out = *out << 8 | (unsigned char)raw.p[i];
    return ST_OK;
}

static enum st show(struct queue_job *job) SUSPENDS
{
    struct queue_entry e;
    uint64_t id;

    TRY(id_arg(job, &id));
    TRY(queue_get(job->queue, id, job->arena, &e));
    add_entry(job->json, job->arena, &e, true);
    return ST_OK;
}

static enum st done(struct queue_job *job, enum st st, const char *what)
{
    if (st != ST_OK)
        return st;
    json_object(job->json);
    json_kv_str(job->json, "id", job->args->args[0]);
    json_kv_str(job->json, "done", str_z(what));
    json_object_end(job->json);
    return ST_OK;
}

static enum st hold(struct queue_job *job) SUSPENDS
{
    uint64_t id;

    TRY(id_arg(job, &id));
    return done(job, queue_hold(job->queue, id, STR("held by the administrator")), "held");
}

/* What is held of an account, or one letter of whatever kind. */
struct changing {
    enum st (*change)(struct queue *q, uint64_t id) SUSPENDS;
    uint64_t changed, left; /* left: being changed just now */
};

static enum st change_one(struct queue_job *job, void *arg, struct arena *a, const struct queue_entry *e) SUSPENDS
{
    struct changing *t = arg;
    enum st st = e->held ? t->change(job->queue, e->id) : ST_NOTFOUND;

    (void)a;
    t->changed += st == ST_OK;
    t->left += st == ST_BUSY;
    return st == ST_BUSY || st == ST_NOTFOUND ? ST_OK : st;
}

static enum st change(struct queue_job *job, enum st (*how)(struct queue *q, uint64_t id) SUSPENDS, const char *what)
    SUSPENDS
{
    struct changing t = {.change = how};
    uint64_t id;

    if ((job->account != 0) == (job->args->n != 0))
        return FAIL(ST_SYNTAX, "either a letter's ID, or --account ADDRESS");
    if (!job->account) {
        TRY(id_arg(job, &id));
        return done(job, how(job->queue, id), what);
    }
    TRY(for_all(job, &t, change_one));
    json_object(job->json);
    json_kv_u64(job->json, what, t.changed);
    json_kv_u64(job->json, "left_alone", t.left);
    json_object_end(job->json);
    return ST_OK;
}

static enum st release(struct queue_job *job) SUSPENDS
{
    return change(job, queue_release, "released");
}

static enum st drop(struct queue_job *job) SUSPENDS
{
    return change(job, queue_drop, "dropped");
}

/* --- trying at once ----------------------------------------------------------------------------------------------- */

struct retrying {
    uint64_t retried, left; /* left: held, or being carried just now */
};

static enum st retry_one(struct queue_job *job, void *arg, struct arena *a, const struct queue_entry *e) SUSPENDS
{
    struct retrying *t = arg;
    enum st st = e->held ? ST_DENIED : queue_retry_now(job->queue, e->id);

    (void)a;
    t->retried += st == ST_OK;
    t->left += st == ST_DENIED || st == ST_BUSY;
    return st == ST_DENIED || st == ST_BUSY || st == ST_NOTFOUND ? ST_OK : st;
}

static enum st retry(struct queue_job *job) SUSPENDS
{
    struct retrying t = {0};
    bool many = admin_has(job->args, "all") || admin_has(job->args, "domain");
    uint64_t id;

    if (many == (job->args->n != 0))
        return FAIL(ST_SYNTAX, "either a letter's ID, or --all, or --domain DOMAIN");
    if (!many) {
        TRY(id_arg(job, &id));
        return done(job, queue_retry_now(job->queue, id), "due now");
    }
    TRY(for_all(job, &t, retry_one));
    json_object(job->json);
    json_kv_u64(job->json, "due_now", t.retried);
    json_kv_u64(job->json, "left_alone", t.left);
    json_object_end(job->json);
    return ST_OK;
}

/* --- another way -------------------------------------------------------------------------------------------------- */

#define PORT_SMTP 25

struct rerouting {
    struct str route;
    uint64_t changed, left; /* left: being changed just now */
};

static enum st route_one(struct queue_job *job, void *arg, struct arena *a, const struct queue_entry *e) SUSPENDS
{
    struct rerouting *t = arg;
    enum st st = queue_set_route(job->queue, e->id, t->route);

    (void)a;
    t->changed += st == ST_OK;
    t->left += st == ST_BUSY;
    return st == ST_BUSY || st == ST_NOTFOUND ? ST_OK : st;
}

static enum st route_arg(const struct queue_job *job, struct str *out)
{
    struct str word = job->args->args[job->args->n - 1], security = STR("starttls"),
               rest = STR("starttls tls may none"), one, to;
    bool is_known = false;

    IGNORE(admin_value(job->args, "security", &security));
    if (str_eq(word, STR("default"))) {
        *out = STR("");
        return admin_has(job->args, "security") ? FAIL(ST_SYNTAX, "--security is about a server") : ST_OK;
    }
    while (str_split(&rest, ' ', &one))
        is_known = is_known || str_eq(one, security);
    if (!is_known)
        return FAIL(ST_SYNTAX, "--security is one of: starttls tls may none");
    TRY(next_hop_parse(job->arena, word, PORT_SMTP, &to));
    *out = arena_printf(job->arena, "%.*s %.*s", STR_ARGS(to), STR_ARGS(security));
    return ST_OK;
}

static enum st route(struct queue_job *job) SUSPENDS
{
    struct rerouting t = {0};
    bool many = admin_has(job->args, "all") || admin_has(job->args, "domain") || admin_has(job->args, "held") ||
                job->account != 0;
    uint64_t id;

    if (many != (job->args->n == 1))
        return FAIL(ST_SYNTAX, "either a letter's ID, or --all, --domain, --account or --held, and then the server");
    TRY(route_arg(job, &t.route));
    if (!many) {
        TRY(id_arg(job, &id));
        return done(job, queue_set_route(job->queue, id, t.route), t.route.n ? "another way" : "the usual way");
    }
    TRY(for_all(job, &t, route_one));
    json_object(job->json);
    json_kv_u64(job->json, "changed", t.changed);
    json_kv_u64(job->json, "left_alone", t.left);
    json_object_end(job->json);
    return ST_OK;
}

/* ------------------------------------------------------------------------------------------------------------------ */

static const struct {
    enum admin_id id;
    enum st (*fn)(struct queue_job *job) SUSPENDS;
} rows[] = {
    {ADMIN_CMD_queue_list, list},   {ADMIN_CMD_queue_show, show},   {ADMIN_CMD_queue_stats, stats},
    {ADMIN_CMD_queue_retry, retry}, {ADMIN_CMD_queue_hold, hold},   {ADMIN_CMD_queue_release, release},
    {ADMIN_CMD_queue_drop, drop},   {ADMIN_CMD_queue_route, route},
};

enum st queue_admin_run(struct box *b, uint64_t account, struct arena *a, const struct admin_args *args,
                        struct json *json)
{
    struct queue_job job = {.queue = b->queue, .account = account, .arena = a, .args = args, .json = json};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].id == args->command->id)
            return rows[i].fn(&job);
    return FAIL(ST_NOTFOUND, "no such command about the queue");
}
