/* Work on accounts of other cores: a function runs where the account lives, and the caller waits for its end. Nothing else of one
 * core's memory is ever touched by another, but what hangs on `arg`, which nobody else has meanwhile. */
#include "mail/shared.h"
#include "mail/state.h"

#include "base/must.h"

struct errand {
    void (*fn)(void *arg) SUSPENDS;
    void *arg;
    struct core *home;
    struct co_event done;
    enum st st;
};

static void finished(void *arg)
{
    struct errand *e = arg;

    co_event_set(&e->done);
}

static void run(void *arg) SUSPENDS
{
    struct errand *e = arg;

    e->fn(e->arg);
    core_post(e->home, finished, e);
}

static void arrived(void *arg)
{
    struct errand *e = arg;

    e->st = co_spawn(run, e, "errand");
    if (e->st != ST_OK)
        core_post(e->home, finished, e);
}

enum st mail_on_core_of(struct mail *m, uint64_t account, void (*fn)(void *arg) SUSPENDS, void *arg)
{
    struct errand e = {.fn = fn, .arg = arg, .home = core_here()};

    core_post(m->opt.cores[mail_core_of(m, account)], arrived, &e);
    co_event_wait_heedless(&e.done); /* e is in the other core's hands until then */
    return e.st == ST_OK ? ST_OK : FAIL(ST_TRYLATER, "too much at once");
}

/* --- with the account open ------------------------------------------------------------------------------- */

struct visit {
    struct mail *m;
    uint64_t account;
    enum st (*fn)(struct account *a, void *arg) SUSPENDS;
    void *arg;
    enum st st;
    char text[ERR_TEXT_MAX]; /* error records stay on their core */
};

static void visit(void *arg) SUSPENDS
{
    struct visit *v = arg;
    struct account *a;

    v->st = account_open(v->m, v->account, &a);
    if (v->st == ST_OK) {
        v->st = v->fn(a, v->arg);
        account_close(a);
    }
    if (v->st != ST_OK)
        memcpy(v->text, err_get()->text, sizeof v->text);
}

enum st mail_visit(struct mail *m, uint64_t account, enum st (*fn)(struct account *a, void *arg) SUSPENDS, void *arg)
{
    struct visit v = {.m = m, .account = account, .fn = fn, .arg = arg};

    if (&m->cores[mail_core_of(m, account)] == mail_core_here(m))
        visit(&v);
    else
        TRY(mail_on_core_of(m, account, visit, &v));
    return v.st == ST_OK ? ST_OK : FAIL(v.st, "%s", v.text);
}
