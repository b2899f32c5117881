/* Commands of the command line about mail and queue. They come to core 0; what concerns sessions is gathered from all cores. */
#include "admin/command.h"
#include "base/json.h"
#include "box/acl_admin.h"
#include "box/check_online.h"
#include "box/hold.h"
#include "box/queue_admin.h"
#include "box/sessions.h"
#include "box/store_admin.h"
#include "box/trace_admin.h"
#include "box/undelete.h"
#include "ipc/lists.h"
#include "mail/keep.h"

#define ANSWER_MAX (16u << 20)

struct job {
    struct box *box;
    struct ipc_request *r;
    struct admin_args args;
    struct json *json;
};

/* --- sessions ----------------------------------------------------------------------------------- */
struct gather {
    struct box_core *core;
    struct core *home;
    struct co_event done;
    struct buf out; /* objects with commas between them */
};

static void add_session(struct json *j, const struct box_session *b)
{
    json_object(j);
    if (b->imap) {
        struct imap_session_info i;

        imap_session_describe(b->imap, &i);
        json_kv_str(j, "service", STR("imap"));
        json_kv_str(j, "user", i.login);
        json_kv_str(j, "peer", i.peer);
        json_kv_bool(j, "tls", i.is_tls);
        json_kv_str(j, "mailbox", i.mailbox);
        json_kv_str(j, "command", i.is_idle ? STR("IDLE") : str_z(i.command));
        json_kv_u64(j, "bytes_in", i.bytes_in);
        json_kv_u64(j, "bytes_out", i.bytes_out);
    } else {
        struct pop3_session_info i;

        pop3_session_describe(b->pop3, &i);
        json_kv_str(j, "service", STR("pop3"));
        json_kv_str(j, "user", i.login);
        json_kv_str(j, "peer", i.peer);
        json_kv_bool(j, "tls", i.is_tls);
        json_kv_str(j, "mailbox", STR("INBOX"));
        json_kv_str(j, "command", str_z(i.command));
        json_kv_u64(j, "bytes_in", i.bytes_in);
        json_kv_u64(j, "bytes_out", i.bytes_out);
    }
    json_object_end(j);
}

static void gathered(void *arg)
{
    struct gather *g = arg;

    co_event_set(&g->done);
}

static void gather_here(void *arg)
{
    struct gather *g = arg;
    struct json j;

    json_init(&j, &g->out);
    LIST_EACH(pos, &g->core->sessions)
        add_session(&j, LIST_ITEM(pos, struct box_session, link));
    core_post(g->home, gathered, g);
}

static enum st sessions(struct job *job) SUSPENDS
{
    struct gather g = {.home = core_here()};

    json_object(job->json);
    json_key(job->json, "sessions");
    json_array(job->json);
    for (unsigned i = 0; i < job->box->n_cores; i++) {
        buf_init(&g.out, ANSWER_MAX / 2);
        g.core = &job->box->cores[i];
        core_post(g.core->core, gather_here, &g);
        co_event_wait_heedless(
            &g.done); /* g is in the other core's hands until then, which answers within a turn of its loop */
        json_raw(job->json, buf_str(&g.out));
        buf_fini(&g.out);
    }
    json_array_end(job->json);
    json_object_end(job->json);
    return ST_OK;
}

static enum st queue_command(struct job *job) SUSPENDS
{
    return queue_admin_run(job->box, ((const struct msg_admin_ask *)job->r->msg)->account, job->r->arena, &job->args,
                           job->json);
}

static enum st undelete(struct job *job) SUSPENDS
{
    return undelete_run(job->box, ((const struct msg_admin_ask *)job->r->msg)->account, job->r->arena, &job->args,
                        job->json);
}

static enum st acl(struct job *job) SUSPENDS
{
    return acl_admin_run(job->box, ((const struct msg_admin_ask *)job->r->msg)->account, job->r->arena, &job->args,
                         job->json);
}

static enum st trace(struct job *job) SUSPENDS
{
    return trace_admin_run(job->box, ((const struct msg_admin_ask *)job->r->msg)->account, job->r->arena, &job->args,
                           job->json);
}

static enum st store_status(struct job *job) SUSPENDS
{
    return store_status_run(job->box, job->r->arena, job->json);
}

static enum st store_hold(struct job *job)
{
    if (job->r->fd < 0)
        return FAIL(ST_SYNTAX, "a backup without a connection");
    TRY(hold_start(job->box, TAKE_FD(job->r->fd)));
    json_object(job->json);
    json_object_end(job->json);
    return ST_OK;
}

/* What it finds goes over the tool's own socket. */
static enum st check(struct job *job) SUSPENDS
{
    if (job->r->fd < 0)
        return FAIL(ST_SYNTAX, "that command comes with a socket to speak over");
    return check_online_start(job->box, TAKE_FD(job->r->fd), admin_has(&job->args, "repair"));
}

static const struct {
    enum admin_id id;
    enum st (*fn)(struct job *job) SUSPENDS;
} rows[] = {
    {ADMIN_CMD_sessions, sessions},
    {ADMIN_CMD_undelete, undelete},
    {ADMIN_CMD_acl_list, acl},
    {ADMIN_CMD_acl_set, acl},
    {ADMIN_CMD_acl_remove, acl},
    {ADMIN_CMD_acl_public, acl},
    {ADMIN_CMD_store_status, store_status},
    {ADMIN_CMD_store_hold, store_hold},
    {ADMIN_CMD_check, check},
    {ADMIN_CMD_trace, trace},
    {ADMIN_CMD_queue_list, queue_command},
    {ADMIN_CMD_queue_show, queue_command},
    {ADMIN_CMD_queue_stats, queue_command},
    {ADMIN_CMD_queue_retry, queue_command},
    {ADMIN_CMD_queue_hold, queue_command},
    {ADMIN_CMD_queue_release, queue_command},
    {ADMIN_CMD_queue_route, queue_command},
    {ADMIN_CMD_queue_drop, queue_command},
};

struct telling {
    struct mail *mail;
    const struct msg_admin_ask *ask;
    enum st st;
    struct err why;
};

static void tell_here(void *arg) SUSPENDS
{
    struct telling *t = arg;

    t->st = mail_tell(t->mail, t->ask->account, &t->ask->limits);
    if (t->st != ST_OK)
        t->why = *err_get();
}

/* Whatever the command does with the account, its limits are known from here on. */
static enum st tell(struct box *b, const struct msg_admin_ask *ask) SUSPENDS
{
    struct telling t = {.mail = b->mail, .ask = ask};

    if (!ask->account)
        return FAIL(ST_NOTFOUND, "there is no such account");
    TRY(box_on_core_of(b, ask->account, tell_here, &t));
    if (t.st != ST_OK)
        *err_get() = t.why;
    return t.st;
}

static enum st carry_out(struct job *job) SUSPENDS
{
    const struct msg_admin_ask *ask = job->r->msg;
    struct str *words;
    size_t n;

    TRY(words_get(ask->words, job->r->arena, ADMIN_WORDS_MAX, &words, &n));
    TRY(admin_parse(job->r->arena, words, n, &job->args));
    if (job->args.command->flags & CMD_ACCOUNT)
        TRY(tell(job->box, ask));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].id == job->args.command->id)
            return rows[i].fn(job);
    return FAIL(ST_NOTFOUND, "the box knows no such command");
}

void box_admin_ask(struct ipc_request *r)
{
    struct job job = {.box = ((struct box_peer *)r->arg)->core->box, .r = r};
    struct buf out;
    struct json json;
    enum st st;

    buf_init(&out, ANSWER_MAX);
    json_init(&json, &out);
    job.json = &json;
    st = carry_out(&job);
    if (st == ST_OK)
        st = buf_check(&out);
    if (st == ST_OK)
        st = ipc_answer_json(r, buf_str(&out));
    if (st != ST_OK) {
        struct msg_admin_answer m = {.status = st, .text = str_sub(str_z(err_get()->text), 0, 400)};

        IGNORE(ipc_answer(r, MSG_admin_answer, &m, -1)); /* control is gone: nobody waits */
    }
    buf_fini(&out);
}
