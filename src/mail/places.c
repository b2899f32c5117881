/* Names of mailboxes of other accounts: to whom they lead. */
#include "mail/guest.h"

#include "base/must.h"

static const struct str others = STR(MAIL_OTHERS), shared = STR(MAIL_SHARED);

static bool is_in(struct str name, struct str space)
{
    return str_starts(name, space) || str_eq(name, str_sub(space, 0, space.n - 1));
}

enum st place_find(struct account *a, struct arena *ar, struct str name, struct place *out)
{
    const struct mail_names *names = a->core->m->opt.names;
    struct str space = is_in(name, others) ? others : shared, rest;
    struct mail_person p;
    size_t end;
    enum st st;

    /* what the account has itself, under such a name, from before there were namespaces, stays its own */
    if (!names || !is_in(name, space) || account_mailbox(a, name, true)) {
        *out = (struct place){.owner = a->id, .name = name, .is_own = true};
        return ST_OK;
    }
    rest = str_from(name, MIN(space.n, name.n));
    end = str_find(rest, '/');
    st = end + 1 < rest.n ? names->find(names->arg, ar, str_sub(rest, 0, end), false, &p) : ST_NOTFOUND;
    if (st == ST_NOTFOUND)
        return FAIL(ST_NOTFOUND, "no such mailbox");
    TRY(st);
    *out = (struct place){.owner = p.account,
                          .name = str_from(rest, end + 1),
                          .is_own = p.account == a->id,
                          .limits = p.limits,
                          .is_shared = space.p == shared.p,
                          .namespace = str_sub(name, 0, space.n + end + 1)};
    return ST_OK;
}
