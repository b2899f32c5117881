/* The brake: accounts whose letters the box holds, since it looks as if somebody else were sending with them. The directory keeps them, the box is told before it takes a letter,
 * and owner and administrator are told once (twice, when this process dies between two steps). */
#include "keeper/keeper.h"

#include "base/log.h"
#include "base/route.h"
#include "net/addr.h"

#define AGAIN_MS 10000
#define TELL_MS 30000

struct braked {
    uint64_t account, since_us;
    enum brake_sign sign;
    uint64_t value;
    char from_afar[ADDR_TEXT_MAX];
    bool is_told;
};

void brakes_fini(struct brakes *b)
{
    size_t pos = 0;
    void *one;

    while (map_next(&b->by_account, &pos, &one)) {
        map_del(&b->by_account, ((struct braked *)one)->account);
        mem_free(one);
    }
    map_fini(&b->by_account);
}

static struct braked *add(struct brakes *b, uint64_t account, uint64_t since_us, enum brake_sign sign, uint64_t value,
                          struct str from_afar)
{
    struct braked *one = MEM_NEW(struct braked);

    one->account = account;
    one->since_us = since_us;
    one->sign = sign;
    one->value = value;
    snprintf(one->from_afar, sizeof one->from_afar, "%.*s", (int)MIN(from_afar.n, sizeof one->from_afar - 1),
             from_afar.n ? from_afar.p : "");
    map_put(&b->by_account, account, one);
    return one;
}

enum st keeper_brakes_load(struct keeper *k)
{
    struct arena a = ARENA_INIT;
    struct directory_brake *v;
    size_t n = 0;
    enum st st = directory_brake_list(k->directory, &a, &v, &n);

    for (size_t i = 0; st == ST_OK && i < n; i++) {
        struct braked *one =
            add(&k->brakes, v[i].account, v[i].since_us, brake_of_word(v[i].sign), v[i].value, v[i].from_afar);

        one->is_told = v[i].is_told;
    }
    arena_fini(&a);
    return st;
}

/* --- the box ------------------------------------------------------------------------------------------------------ */

static void tell_box(struct ipc *box, uint64_t account, const char *why)
{
    struct msg_brake_note m = {.account = account, .why = str_z(why)};

    if (box && ipc_is_up(box) && ipc_send(box, MSG_brake_note, &m, -1) != ST_OK)
        LOG(KEEPER_BOX_NOT_TOLD, lf_z("what", "brake"), lf_err());
}

static const char *why(const struct braked *one)
{
    static const char *const texts[BRAKE_SIGNS] = {
        [BRAKE_RATE] = "brake: far more recipients in an hour than usual",
        [BRAKE_FRESH] = "brake: many recipients that had never been written to",
        [BRAKE_BOUNCES] = "brake: many letters came back",
        [BRAKE_BY_HAND] = "brake: by an administrator",
    };

    return texts[one->sign] ? texts[one->sign] : "brake";
}

static struct ipc *core_of(const struct keeper *k, uint64_t account)
{
    return k->n_cores ? k->cores[route_core(account, k->n_cores)] : NULL;
}

void keeper_brakes_tell(struct keeper *k, unsigned core)
{
    size_t pos = 0;
    void *v;

    tell_box(k->cores[core], 0, "");
    while (map_next(&k->brakes.by_account, &pos, &v)) {
        const struct braked *one = v;

        if (core_of(k, one->account) == k->cores[core])
            tell_box(k->cores[core], one->account, why(one));
    }
    co_event_set(&k->brakes.due);
}

/* --- pulled and lifted -------------------------------------------------------------------------------------------- */

bool keeper_is_braked(const struct keeper *k, uint64_t account)
{
    return map_get(&k->brakes.by_account, account) != NULL;
}

void keeper_brake_pull(struct keeper *k, uint64_t account, struct str address, enum brake_sign sign, uint64_t value,
                       struct str from_afar)
{
    struct braked *one;

    if (keeper_is_braked(k, account) || k->brakes.by_account.n >= DIRECTORY_BRAKES_MAX)
        return;
    one = add(&k->brakes, account, clock_wall_us(), sign, value, from_afar);
    tell_box(core_of(k, account), account, why(one));
    LOG(KEEPER_ACCOUNT_BRAKED, lf_str("account", address), lf_z("sign", brake_word(sign)), lf_u64("value", value),
        lf_str("from_afar", from_afar));
    co_event_set(&k->brakes.due);
}

void keeper_brake_lift(struct keeper *k, uint64_t account, struct str address)
{
    mem_free(map_del(&k->brakes.by_account, account));
    tell_box(core_of(k, account), account, "");
    keeper_sending_forgive(k, account);
    LOG(KEEPER_ACCOUNT_UNBRAKED, lf_str("account", address));
}

/* --- kept and told ------------------------------------------------------------------------------------------------ */

struct keep_job {
    struct keeper *k;
    struct arena *a;
    struct directory_brake row;
    struct directory_account account;
    struct str tell, admin; /* the setting, and the address that it is */
};

static enum st keep(void *arg)
{
    struct keep_job *j = arg;
    struct directory_address address;

    TRY(directory_account_by_id(j->k->directory, j->a, j->row.account, &j->account));
    if (j->tell.n && keeper_address(j->k->directory, j->a, j->tell, false, &address) == ST_OK)
        j->admin = arena_printf(j->a, "%.*s@%.*s", STR_ARGS(address.local), STR_ARGS(address.domain));
    return directory_brake_put(j->k->directory, &j->row);
}

static enum st told(void *arg)
{
    struct keep_job *j = arg;

    return directory_brake_told(j->k->directory, j->row.account, j->row.since_us);
}

static enum st forget(void *arg)
{
    struct keep_job *j = arg;
    bool was;

    return directory_brake_remove(j->k->directory, j->row.account, &was);
}

static enum st ask_box(struct keeper *k, struct keep_job *j) SUSPENDS
{
    struct ipc *box = k->n_cores ? k->cores[0] : NULL;
    struct msg_alert_ask ask = {.owner = j->account.address,
                                .admin = j->admin,
                                .language = str_z(j->account.language),
                                .sign = j->row.sign,
                                .value = j->row.value,
                                .from_afar = j->row.from_afar};
    struct msg_alert_answer answer;

    if (!box || !ipc_is_up(box))
        return FAIL(ST_TRYLATER, "the mail store is not ready");
    TRY(IPC_ASK(box, alert_ask, &ask, alert_answer, j->a, &answer, deadline_in(TELL_MS)));
    return answer.status == ST_OK ? ST_OK : FAIL(ST_TRYLATER, "the letters could not be stored");
}

/* What may go while it waits is looked up again by its number. */
static enum st finish(struct keeper *k, uint64_t account, struct arena *a) SUSPENDS
{
    struct braked *one = map_get(&k->brakes.by_account, account);
    const struct settings *set = config_ref(k->set);
    struct keep_job j = {.k = k, .a = a};
    uint64_t since_us = one->since_us;
    enum st st;

    j.row = (struct directory_brake){.account = account,
                                     .since_us = since_us,
                                     .sign = str_z(brake_word(one->sign)),
                                     .value = one->value,
                                     .from_afar = arena_str(a, str_z(one->from_afar))};
    j.tell = arena_str(a, set->brake_tell);
    config_unref(set);
    st = one->is_told ? ST_OK : keeper_sql(k, keep, &j);
    if (st == ST_OK)
        st = ask_box(k, &j);
    if (st == ST_OK)
        st = keeper_sql(k, told, &j);
    one = map_get(&k->brakes.by_account, account);
    if (!one && keeper_sql(k, forget, &j) != ST_OK) /* lifted meanwhile */
        LOG(KEEPER_DIRECTORY_FAILED, lf_z("what", "brake"), lf_err());
    if (one && one->since_us == since_us)
        one->is_told = st == ST_OK || st == ST_NOTFOUND; /* an account that is gone */
    return st == ST_NOTFOUND ? ST_OK : st;
}

static uint64_t next_untold(const struct keeper *k)
{
    size_t pos = 0;
    void *v;

    while (map_next(&k->brakes.by_account, &pos, &v))
        if (!((struct braked *)v)->is_told)
            return ((struct braked *)v)->account;
    return 0;
}

void keeper_brakes(void *arg)
{
    struct keeper *k = arg;
    struct arena a = ARENA_INIT;
    enum st wait = ST_OK;

    while (wait == ST_OK || wait == ST_TIMEOUT) {
        uint64_t account = next_untold(k);
        enum st st = account ? finish(k, account, &a) : ST_OK;

        if (st != ST_OK)
            LOG(KEEPER_BOX_NOT_TOLD, lf_z("what", "letters about a brake"), lf_err());
        arena_reset(&a);
        if (account && st == ST_OK)
            continue;
        wait = co_event_wait(&k->brakes.due, account ? deadline_in(AGAIN_MS) : NEVER);
    }
    arena_fini(&a);
}
