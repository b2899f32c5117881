/* Keys by which the box marks letters that leave, so that it knows notices about them: made here, since the directory keeps them. */
#include "keeper/keeper.h"

#include "base/log.h"

#define LOOK_MS 3600000
#define AGAIN_MS 10000

_Static_assert(SRS_KEY_BYTES == 32, "box/mark.h says the same");

static enum st ready(void *arg)
{
    struct keeper *k = arg;

    return own_keys_ready(&k->bounces, k->directory, OWN_KEYS_BOUNCES, clock_wall_us());
}

static void tell(struct keeper *k)
{
    struct msg_bounce_keys m = {.keys = str_n((const char *)k->bounces.keys.key, k->bounces.keys.n * SRS_KEY_BYTES)};

    for (unsigned i = 0; i < k->n_cores; i++)
        if (k->cores[i] && ipc_is_up(k->cores[i]) && ipc_send(k->cores[i], MSG_bounce_keys, &m, -1) != ST_OK)
            LOG(KEEPER_BOX_NOT_TOLD, lf_z("what", "keys of notices"), lf_err());
}

void keeper_bounces(void *arg)
{
    struct keeper *k = arg;
    enum st st;

    do {
        enum st keys = keeper_sql(k, ready, k);

        if (keys == ST_OK)
            tell(k);
        else
            LOG(KEEPER_DIRECTORY_FAILED, lf_z("what", "keys of notices"), lf_err());
        st = co_event_wait(&k->core_came, deadline_in(keys == ST_OK ? LOOK_MS : AGAIN_MS));
    } while (st == ST_OK || st == ST_TIMEOUT);
}
