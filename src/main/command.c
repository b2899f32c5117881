/* What the command line asks of main: how the server is, to reload, to stop. */
#include "main/server.h"

#include "admin/command.h"
#include "base/json.h"
#include "base/log.h"
#include "ipc/lists.h"

#include <unistd.h>

#define ANSWER_MOST 60000

static void child_json(struct json *j, const struct child *c)
{
    json_object(j);
    json_kv_str(j, "name", str_z(c->name));
    json_kv_u64(j, "pid", (uint64_t)c->pid);
    json_kv_bool(j, "ready", c->is_ready);
    json_kv_u64(j, "starts", c->starts);
    json_kv_u64(j, "up_s", c->pid ? (clock_mono_ms() - c->started) / 1000 : 0);
    json_object_end(j);
}

static enum st status(struct server *s, struct json *j)
{
    json_object(j);
    json_kv_u64(j, "pid", (uint64_t)getpid());
    json_kv_u64(j, "up_s", (clock_mono_us() - s->began_us) / 1000000);
    json_kv_u64(j, "gates", s->gates);
    json_kv_u64(j, "cores", s->cores);
    json_kv_bool(j, "ready", s->phase == PHASE_RUNNING);
    json_key(j, "roles");
    json_array(j);
    for (size_t i = 0; i < s->n_children; i++)
        child_json(j, &s->children[i]);
    json_array_end(j);
    json_object_end(j);
    return ST_OK;
}

static void stop_now(void *arg)
{
    server_stop(arg, EXIT_FINE);
}

static enum st carry_out(struct ipc_request *q, struct json *j, struct buf *complaint)
{
    const struct msg_admin_ask *m = q->msg;
    struct server *s = ((const struct child *)q->arg)->server;
    struct admin_args args;
    struct str *words;
    size_t n;

    TRY(words_get(m->words, q->arena, ADMIN_WORDS_MAX, &words, &n));
    TRY(admin_parse(q->arena, words, n, &args));
    switch (args.command->id) {
    case ADMIN_CMD_status: return status(s, j);
    case ADMIN_CMD_reload: return server_reload(s, complaint);
    case ADMIN_CMD_stop: /* the answer goes first */ core_post(s->core, stop_now, s); return ST_OK;
    default: return FAIL(ST_NOTFOUND, "main knows no such command");
    }
}

void command_serve(struct ipc_request *q)
{
    struct msg_admin_answer a = {.status = ST_OK};
    struct buf json, complaint;
    struct json j;

    buf_init(&json, ANSWER_MOST);
    buf_init(&complaint, ANSWER_MOST);
    json_init(&j, &json);
    a.status = (uint8_t)carry_out(q, &j, &complaint);
    a.json = buf_str(&json);
    if (a.status != ST_OK)
        a.text = str_sub(complaint.n ? buf_str(&complaint) : str_z(err_get()->text), 0, 400);
    if (ipc_answer(q, MSG_admin_answer, &a, -1) != ST_OK)
        LOG(IPC_REQUEST_DROPPED, lf_z("process", "control"), lf_z("kind", "admin_ask"), lf_err());
    buf_fini(&json);
    buf_fini(&complaint);
}
