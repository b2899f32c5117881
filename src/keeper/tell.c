/* When a domain gets a quota, all its accounts are told to the box: those that nobody has logged in to, and that have had no
 * letter, since they were made or brought here would not count otherwise. */
#include "keeper/keeper.h"

#include "base/log.h"

#define PAGE 100
#define PAUSE_MS 50 /* between pages: the box opens each account */

struct telling {
    struct keeper *k;
    struct arena a, page;
    struct str domain;
    struct directory_address after;
    bool has_after;
    struct directory_account *list;
    size_t n;
};

static enum st read_page(void *arg)
{
    struct telling *t = arg;

    return directory_account_list(t->k->directory, &t->page, t->domain, t->has_after ? &t->after : NULL, PAGE, &t->list,
                                  &t->n);
}

static void tell_page(struct telling *t)
{
    struct str last;
    size_t at;

    for (size_t i = 0; i < t->n; i++) {
        struct account_limits limits = directory_limits(&t->list[i], t->k->set->quota_default);

        keeper_tell_limits(t->k, t->list[i].id, &limits);
    }
    if (!t->n)
        return;
    last = arena_str(&t->a, t->list[t->n - 1].address);
    at = str_rfind(last, '@');
    t->after = (struct directory_address){str_sub(last, 0, at), str_from(last, at + 1)};
    t->has_after = true;
}

static void tell_all(void *arg) SUSPENDS
{
    struct telling *t = arg;
    enum st st;

    do {
        arena_reset(&t->page);
        st = keeper_sql(t->k, read_page, t);
        if (st == ST_OK) {
            tell_page(t);
            st = co_sleep(deadline_in(PAUSE_MS));
        }
    } while (st == ST_OK && t->n == PAGE);
    if (st != ST_OK)
        LOG(KEEPER_BOX_NOT_TOLD, lf_z("what", "limits"), lf_err());
    arena_fini(&t->page);
    arena_fini(&t->a);
    mem_free(t);
}

void keeper_tell_accounts(struct keeper *k, struct str domain)
{
    struct telling *t = MEM_NEW(struct telling);

    t->k = k;
    t->domain = arena_str(&t->a, domain);
    if (co_spawn(tell_all, t, "limits") == ST_OK)
        return;
    LOG(KEEPER_BOX_NOT_TOLD, lf_z("what", "limits"), lf_err());
    arena_fini(&t->a);
    mem_free(t);
}
