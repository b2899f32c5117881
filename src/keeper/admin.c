/* Commands of the command line that the running keeper carries out: passwords hashed in turn with the logins, the rest on
 * the directory's thread, then the sessions of those concerned ended, then the answer in pieces. */
#include "keeper/keeper.h"

#include "base/log.h"
#include "base/route.h"
#include "ipc/lists.h"
#include "keeper/commands.h"

static enum st prepare(void *arg)
{
    return command_prepare(arg);
}

static enum st run(void *arg)
{
    return command_run(arg);
}

static enum st find(void *arg)
{
    return command_find(arg);
}

/* What is held: not told when the box can't say. */
static void ask_usage(struct keeper *k, struct command *c) SUSPENDS
{
    struct msg_usage_ask ask = {.account = c->account, .domain = c->of_domain};
    struct ipc *box = k->n_cores ? k->cores[route_core(c->account, k->n_cores)] : NULL;
    struct msg_usage_answer answer;

    if (!box || !ipc_is_up(box) ||
        IPC_ASK(box, usage_ask, &ask, usage_answer, c->arena, &answer, deadline_in(KEEPER_ASK_MS)) != ST_OK ||
        answer.status != ST_OK)
        return;
    c->has_usage = c->account != 0;
    c->has_domain_usage = c->of_domain != 0;
    c->bytes = answer.bytes;
    c->messages = answer.messages;
    c->domain_bytes = answer.domain_bytes;
    c->domain_messages = answer.domain_messages;
}

static void tell_bans(struct keeper *k, const struct command *c)
{
    for (size_t i = 0; i < c->n_bans; i++) {
        const struct command_ban *b = &c->bans[i];

        if (b->is_lifted)
            keeper_ban_lifted(k, &b->ban.network, b->ban.bits);
        else if (keeper_ban_hold(k, &b->ban) != ST_OK)
            LOG(KEEPER_BAN_FAILED, lf_str("network", b->text), lf_err());
    }
}

static void tell(struct keeper *k, const struct command *c)
{
    if (c->tells)
        keeper_tell_limits(k, c->told, &c->limits);
    if (c->tells_domain)
        keeper_tell_domain(k, c->domain.id, c->domain.quota_bytes, c->domain.quota_messages);
    if (c->tells_domain && (c->domain.quota_bytes || c->domain.quota_messages))
        keeper_tell_accounts(k, c->domain.name);
    for (size_t i = 0; i < c->n_revoked; i++)
        keeper_revoke(k, c->revoked[i], c->revoked_credential, str_z(c->why));
    if (c->unbrakes)
        keeper_brake_lift(k, c->unbrakes, c->braked_address);
    if (c->brakes)
        keeper_brake_pull(k, c->brakes, c->braked_address, BRAKE_BY_HAND, 0, STR(""));
    if (c->removes)
        co_event_set(&k->removed);
}

/* The tool's end of a pair becomes a session of the account, at the core that owns it. */
static enum st open_mail(struct keeper *k, struct ipc_request *r, const struct directory_account *account) SUSPENDS
{
    const struct msg_admin_ask *from = r->msg;
    struct ipc *box = k->n_cores ? k->cores[route_core(account->id, k->n_cores)] : NULL;
    struct msg_tool_ask ask = {.account = account->id,
                               .uid = from->uid,
                               .limits = directory_limits(account, k->set->quota_default),
                               .login = account->address};
    struct msg_tool_answer answer;

    if (!box)
        return FAIL(ST_TRYLATER, "the mail store is not ready");
    if (r->fd < 0)
        return FAIL(ST_SYNTAX, "that command comes with a socket to speak over");
    TRY(ipc_ask(box, MSG_tool_ask, &ask, r->fd, MSG_tool_answer, r->arena, &answer, NULL, deadline_in(KEEPER_ASK_MS)));
    if (answer.status != ST_OK)
        return FAIL((enum st)answer.status, "%.*s", STR_ARGS(answer.text));
    return ST_OK;
}

static enum st carry_out(struct keeper *k, struct ipc_request *r, struct command *c) SUSPENDS
{
    enum st st;

    while (command_needs_prepare(c)) {
        TRY(turns_take(&k->turns, STR("administration"), deadline_in(KEEPER_LOGIN_MS)));
        st = keeper_hash(k, prepare, c);
        turns_give(&k->turns, STR("administration"));
        TRY(st);
    }
    if (command_wants_usage(c)) {
        TRY(keeper_sql(k, find, c));
        ask_usage(k, c);
        c->has_sent =
            keeper_sending_show(k, c->of_domain != 0, c->of_domain ? c->of_domain : c->account, &c->sending) == ST_OK;
    }
    keeper_write_uses(k);
    st = keeper_sql(k, run, c);
    tell_bans(k, c);
    keeper_directory_changed(k); /* whatever the command was: they are few */
    TRY(st);
    tell(k, c);
    return c->opens.id ? open_mail(k, r, &c->opens) : ST_OK;
}

static void refuse(struct ipc_request *r, enum st why)
{
    struct msg_admin_answer m = {.status = why, .text = str_sub(str_z(err_get()->text), 0, 400)};

    if (ipc_answer(r, MSG_admin_answer, &m, -1) != ST_OK)
        LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "answer to a command"), lf_err());
}

void keeper_admin(struct ipc_request *r)
{
    struct keeper *k = r->arg;
    const struct msg_admin_ask *ask = r->msg;
    const struct settings *set = config_ref(k->set);
    struct command c = {0};
    struct str *words = NULL;
    struct buf answer;
    struct json json;
    size_t n = 0;
    enum st st;

    buf_init(&answer, COMMAND_ANSWER_MAX);
    json_init(&json, &answer);
    st = words_get(ask->words, r->arena, ADMIN_WORDS_MAX, &words, &n);
    if (st == ST_OK)
        st = command_init(&c, set, k->directory, r->arena, words, n, ask->input, &json);
    if (st == ST_OK)
        st = carry_out(k, r, &c);
    if (st == ST_OK)
        st = buf_check(&answer);
    if (c.args.command)
        LOG(KEEPER_COMMAND_FINISHED, lf_u64("uid", ask->uid),
            lf_str("command",
                   n > 1 ? arena_printf(r->arena, "%.*s %.*s", STR_ARGS(words[0]), STR_ARGS(words[1])) : words[0]),
            lf_z("status", st_name(st)));
    if (st == ST_OK)
        st = ipc_answer_json(r, buf_str(&answer));
    if (st != ST_OK)
        refuse(r, st);
    command_wipe(&c);
    if (answer.n)
        wipe(answer.p, answer.n); /* it may hold a password that was made up */
    buf_fini(&answer);
    config_unref(set);
}
