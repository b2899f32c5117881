/* Last uses of credentials on their way to the directory. */
#include "keeper/keeper.h"

#include "base/log.h"

#define WRITE_MS 60000

struct uses_job {
    struct directory *directory;
    const struct use *v;
    size_t n;
};

static enum st write_all(void *arg)
{
    const struct uses_job *j = arg;
    enum st st = directory_begin(j->directory);

    TRY(st);
    for (size_t i = 0; i < j->n && st == ST_OK; i++)
        st = directory_credential_used(j->directory, j->v[i].credential, j->v[i].at_us, str_n(j->v[i].from, j->v[i].n));
    if (st == ST_OK)
        return directory_commit(j->directory);
    directory_abort(j->directory);
    return st;
}

void keeper_write_uses(struct keeper *k)
{
    struct arena a = ARENA_INIT;
    struct uses_job j = {.directory = k->directory};

    if (k->uses.by_credential.n) {
        j.v = uses_take(&k->uses, &a, &j.n);
        if (keeper_sql(k, write_all, &j) != ST_OK)
            LOG(KEEPER_DIRECTORY_FAILED, lf_z("what", "last use"), lf_err());
    }
    arena_fini(&a);
}

void keeper_uses(void *arg)
{
    struct keeper *k = arg;

    while (co_sleep(deadline_in(WRITE_MS)) == ST_OK) {
        keeper_write_uses(k);
        keeper_greys_write(k);
    }
}
