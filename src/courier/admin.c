/* Commands of the command line that the courier carries out. */
#include "courier/courier.h"

#include "admin/command.h"
#include "base/json.h"
#include "courier/tls_reports.h"
#include "ipc/lists.h"

#define ANSWER_MOST 60000
#define DAY_S 86400

static enum st send_reports(struct courier *c, struct json *j) SUSPENDS
{
    struct tls_reports_sent sent;

    TRY(tls_reports_flush(c));
    tls_reports_send(c, clock_wall_s() / DAY_S + 1, &sent);
    json_object(j);
    json_kv_u64(j, "reported", sent.reported);
    json_kv_u64(j, "without_address", sent.unasked);
    json_kv_u64(j, "failed", sent.failed);
    json_object_end(j);
    return ST_OK;
}

static enum st carry_out(struct ipc_request *r, struct json *j) SUSPENDS
{
    const struct msg_admin_ask *m = r->msg;
    struct admin_args args;
    struct str *words;
    size_t n;

    TRY(words_get(m->words, r->arena, ADMIN_WORDS_MAX, &words, &n));
    TRY(admin_parse(r->arena, words, n, &args));
    switch (args.command->id) {
    case ADMIN_CMD_reports_send: return send_reports(r->arg, j);
    default: return FAIL(ST_NOTFOUND, "the courier knows no such command");
    }
}

void courier_admin(struct ipc_request *r)
{
    struct msg_admin_answer a = {.status = ST_OK};
    struct buf json;
    struct json j;

    buf_init(&json, ANSWER_MOST);
    json_init(&j, &json);
    a.status = (uint8_t)carry_out(r, &j);
    a.json = buf_str(&json);
    if (a.status != ST_OK)
        a.text = str_sub(str_z(err_get()->text), 0, 400);
    if (ipc_answer(r, MSG_admin_answer, &a, -1) != ST_OK)
        LOG(COURIER_NOT_TOLD, lf_z("what", "control"));
    buf_fini(&json);
}
