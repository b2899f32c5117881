/* Under which address a letter that an alias sends on leaves, and where a notice to that address goes (keeper/srs.h). On the directory's thread. */
#include "keeper/keeper.h"

#include "base/log.h"
#include "mime/addrspec.h"

struct srs_job {
    struct keeper *k;
    const struct settings *set; /* a reference: a reload may come while the thread works */
    struct arena *a;
    const struct msg_srs_ask *ask;
    struct str sender;
};

static enum st rewrite(struct srs_job *j, const struct directory_address *sender, struct str domain)
{
    struct own_keys *own = &j->k->srs;
    uint64_t now_us = clock_wall_us(), number;
    struct str local;
    enum st st;

    TRY(own_keys_ready(own, j->k->directory, OWN_KEYS_SRS, now_us));
    st = srs_wrap(j->a, &own->keys, srs_day(now_us), sender, &local);
    if (st == ST_LIMIT) {
        TRY(directory_sender_keep(j->k->directory, j->ask->sender, now_us, &number));
        local = srs_wrap_kept(j->a, &own->keys, srs_day(now_us), number);
    } else {
        TRY(st);
    }
    j->sender = arena_printf(j->a, "%.*s@%.*s", STR_ARGS(local), STR_ARGS(domain));
    return ST_OK;
}

/* One of our own stays what he is: his domain names us, or nobody. So does what is no address. */
static enum st find_sender(void *arg)
{
    struct srs_job *j = arg;
    struct directory_address sender, via;
    bool ours;

    j->sender = j->ask->sender;
    if (!j->set->srs || keeper_address(j->k->directory, j->a, j->ask->sender, false, &sender) != ST_OK)
        return ST_OK;
    TRY(directory_is_ours(j->k->directory, sender.domain, &ours));
    if (ours || str_ieq(sender.domain, j->set->host_name)) /* or a user of this machine */
        return ST_OK;
    TRY(keeper_address(j->k->directory, j->a, j->ask->via, false, &via));
    TRY(directory_is_ours(j->k->directory, via.domain, &ours));
    return ours ? rewrite(j, &sender, via.domain) : ST_OK; /* the domain has been removed meanwhile */
}

void keeper_srs(struct ipc_request *r)
{
    struct keeper *k = ((struct keeper_gate *)r->arg)->keeper;
    struct srs_job j = {.k = k, .set = config_ref(k->set), .a = r->arena, .ask = r->msg};
    struct msg_srs_answer answer = {.status = keeper_sql(k, find_sender, &j)};

    if (answer.status == ST_OK)
        answer.sender = j.sender;
    else
        LOG(KEEPER_DIRECTORY_FAILED, lf_z("what", "sender of a letter sent on"), lf_err());
    if (ipc_answer(r, MSG_srs_answer, &answer, -1) != ST_OK)
        LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "sender"), lf_err());
    config_unref(j.set);
}

/* Taken back also while nothing is rewritten any more: letters of before are still on their way. */
enum st keeper_srs_original(struct keeper *k, struct arena *a, struct str local, struct directory_address *out)
{
    struct srs_original original;
    uint64_t now_us = clock_wall_us();

    TRY(own_keys_ready(&k->srs, k->directory, OWN_KEYS_SRS, now_us));
    TRY(srs_unwrap(a, &k->srs.keys, srs_day(now_us), local, &original));
    if (original.kept)
        TRY(directory_sender_kept(k->directory, a, original.kept, &original.address));
    if (keeper_address(k->directory, a, original.address, false, out) != ST_OK)
        return FAIL(ST_NOTFOUND, "nobody stands in that address");
    return ST_OK;
}
