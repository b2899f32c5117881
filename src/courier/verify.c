/* Recipients of domains that go on to another server: does that know them? It is asked with the words of a letter that never comes, once for all who
 * want to know, and what it says is remembered. When it can't be asked, who was known before is known still. */
#include "courier/courier.h"

#define CHECKS_MAX 50000 /* answers that are remembered */
#define RUNNING_MAX 64   /* questions under way */
#define RUNNING_OF_ONE 8 /* of one domain: a server is not to feel attacked */
#define WAIT_MS 14000    /* for an answer; the question goes on, for who comes again */
#define UNKNOWN_MS 30000 /* a server that could not be asked is left alone so long */
#define TEXT_MAX 200

struct check {
    struct list by_age, running; /* running: empty when it is not */
    struct courier *c;
    char *address; /* small letters */
    size_t n;
    enum st said;  /* ST_OK, ST_NOTFOUND, ST_TRYLATER */
    bool was_good; /* before it could not be asked */
    mono_ms until;
    unsigned waiting;
    struct co_waitq done;
    char text[TEXT_MAX + 1];
};

static struct str name_of(const struct check *k)
{
    return str_n(k->address, k->n);
}

static struct str domain_of(struct str address)
{
    return str_from(address, str_rfind(address, '@') + 1);
}

/* --- what is remembered ------------------------------------------------------------------------------------------- */

static bool is_running(const struct check *k)
{
    return !list_is_empty(&k->running);
}

static void check_free(struct check *k)
{
    map_str_del(&k->c->checks, name_of(k));
    list_del(&k->by_age);
    mem_free(k->address);
    mem_free(k);
}

/* The oldest that nobody waits for. */
static void make_room(struct courier *c)
{
    if (c->checks.n < CHECKS_MAX)
        return;
    LIST_EACH_SAFE(pos, tmp, &c->checks_by_age) {
        struct check *k = LIST_ITEM(pos, struct check, by_age);

        if (is_running(k) || k->waiting)
            continue;
        check_free(k);
        return;
    }
}

static struct check *check_of(struct courier *c, struct arena *a, struct str address)
{
    char *folded = arena_cstr(a, address);
    struct check *k;

    for (size_t i = 0; i < address.n; i++)
        folded[i] = ascii_lower(folded[i]);
    k = map_str_get(&c->checks, str_n(folded, address.n));
    if (k)
        return k;
    make_room(c);
    k = MEM_NEW(struct check);
    k->c = c;
    k->address = mem_new(address.n + 1);
    memcpy(k->address, folded, address.n);
    k->n = address.n;
    k->said = ST_TRYLATER;
    list_init(&k->running);
    list_add_tail(&c->checks_by_age, &k->by_age);
    co_waitq_init(&k->done);
    map_str_put(&c->checks, name_of(k), k);
    return k;
}

/* --- asking --------------------------------------------------------------------------------------------------------- */

/* A refusal for another reason than that there is no such recipient says nothing of him. */
static enum st meaning(const struct smtp_answer *answer)
{
    if (answer->code / 100 == 2)
        return ST_OK;
    if (answer->code / 100 != 5 || answer->code == 552 || str_starts(answer->status, STR("5.7.")))
        return ST_TRYLATER;
    return ST_NOTFOUND;
}

static void remember(struct check *k, enum st said, struct str text)
{
    const struct settings *set = k->c->set;
    uint64_t ms = said == ST_OK ? set->relay_known : said == ST_NOTFOUND ? set->relay_unknown : UNKNOWN_MS;

    k->was_good = said == ST_OK || (said == ST_TRYLATER && k->was_good);
    k->said = said;
    k->until = deadline_in(ms);
    text = str_sub(text, 0, TEXT_MAX);
    memcpy(k->text, text.p, text.n);
    k->text[text.n] = '\0';
    list_del(&k->by_age);
    list_add_tail(&k->c->checks_by_age, &k->by_age);
}

static void ask(void *arg) SUSPENDS
{
    struct check *k = arg;
    struct arena a = ARENA_INIT;
    struct smtp_answer answer = {0};
    enum st st = session_ask(k->c, domain_of(name_of(k)), name_of(k), &a, &answer);

    if (st == ST_OK)
        remember(k, meaning(&answer), answer.text);
    else
        remember(k, ST_TRYLATER, arena_str(&a, str_z(err_get()->text)));
    LOG(COURIER_RECIPIENT_ASKED, lf_str("rcpt", name_of(k)), lf_z("status", st_name(k->said)), lf_z("answer", k->text));
    list_del(&k->running);
    list_init(&k->running);
    co_waitq_wake_all(&k->done);
    arena_fini(&a);
}

static bool has_room(const struct check *k)
{
    size_t all = 0, same = 0;

    LIST_EACH(pos, &k->c->checks_running) {
        all++;
        same += str_eq(domain_of(name_of(LIST_ITEM(pos, struct check, running))), domain_of(name_of(k)));
    }
    return all < RUNNING_MAX && same < RUNNING_OF_ONE;
}

static enum st start(struct check *k)
{
    if (!has_room(k))
        return FAIL(ST_TRYLATER, "too many recipients are being asked about");
    list_add_tail(&k->c->checks_running, &k->running);
    if (co_spawn(ask, k, "asking about a recipient") == ST_OK)
        return ST_OK;
    list_del(&k->running);
    list_init(&k->running);
    return ST_TRYLATER;
}

static enum st wait_for(struct check *k) SUSPENDS
{
    mono_ms deadline = deadline_in(WAIT_MS);
    enum st st = ST_OK;

    k->waiting++;
    while (is_running(k) && st == ST_OK)
        st = co_waitq_wait(&k->done, deadline);
    k->waiting--;
    return st;
}

static enum st verify(struct check *k) SUSPENDS
{
    enum st st = ST_OK;

    if (!is_running(k) && clock_mono_ms() >= k->until)
        st = start(k);
    if (st == ST_OK)
        st = wait_for(k);
    if (st == ST_OK && k->said != ST_TRYLATER)
        return k->said;
    return k->was_good ? ST_OK : ST_TRYLATER;
}

void courier_verify(struct ipc_request *r)
{
    const struct msg_verify_ask *m = r->msg;
    struct msg_verify_answer answer;
    struct check *k = check_of(r->arg, r->arena, m->address);

    answer.status = (uint8_t)verify(k);
    answer.text = str_z(k->text);
    IGNORE(ipc_answer(r, MSG_verify_answer, &answer, -1)); /* a keeper that is gone: its gate says so */
}
