/* What the DNS says about a stranger: the name of his address, whether that leads back, lists that he is on. All is asked at the same time, and
 * nobody waits longer than one deadline; what is not known then counts for nothing. */
#include "smtp/stranger.h"

#include "config/dns_lists.h"
#include "dns/dns.h"
#include "net/addr.h"

#include <stdio.h>

#define NAMES_MAX 5 /* of an address that are looked at */

struct look {
    struct smtp_session *s;
    struct str address; /* bytes */
    mono_ms deadline;
    unsigned pending;
    struct co_event all;
    unsigned traits;
    int score;
    struct buf on; /* zones */
    const struct config_dns_list *lists;
    size_t n_lists;
};

struct list_job {
    struct look *l;
    const struct config_dns_list *list;
};

static void one_less(struct look *l)
{
    if (--l->pending == 0)
        co_event_set(&l->all);
}

/* NOTFOUND: that name has other addresses, or none. */
static enum st leads_back(struct look *l, struct arena *a, struct str name) SUSPENDS
{
    struct dns_addr *v = NULL;
    struct dns dns;
    size_t n = 0;

    TRY(dns_addrs(l->s->setup.resolver, a, name, l->address.n == 4 ? DNS_A : DNS_AAAA, l->deadline, &dns, &v, &n));
    for (size_t i = 0; i < n; i++)
        if (str_eq(v[i].bytes, l->address))
            return ST_OK;
    return FAIL(ST_NOTFOUND, "it leads elsewhere");
}

static enum st confirm(struct look *l, struct arena *a, const struct str *names, size_t n) SUSPENDS
{
    enum st st = ST_NOTFOUND;

    for (size_t i = 0; i < MIN(n, (size_t)NAMES_MAX) && st != ST_OK; i++) {
        enum st one = leads_back(l, a, names[i]);

        if (one == ST_OK || one != ST_NOTFOUND)
            st = one;
    }
    return st;
}

static void look_at_reverse(void *arg) SUSPENDS
{
    const struct settings *set = ((struct look *)arg)->s->set;
    struct look *l = arg;
    struct arena a = ARENA_INIT;
    struct str *names = NULL;
    struct dns dns;
    size_t n = 0;
    enum st st = dns_ptr(l->s->setup.resolver, &a, l->address, l->deadline, &dns, &names, &n);

    if (st == ST_NOTFOUND)
        l->traits |= STRANGER_HAS(NO_REVERSE);
    else if (st == ST_OK && set->smtp_check_forward != CHECK_OFF && confirm(l, &a, names, n) == ST_NOTFOUND)
        l->traits |= STRANGER_HAS(UNCONFIRMED);
    arena_fini(&a);
    one_less(l);
}

static void look_at_list(void *arg) SUSPENDS
{
    struct list_job *j = arg;
    struct look *l = j->l;
    struct arena a = ARENA_INIT;
    struct dns_addr *v = NULL;
    bool counts = false;
    struct dns dns;
    size_t n = 0;

    if (dns_addrs(l->s->setup.resolver, &a, stranger_list_name(&a, l->address, j->list->zone), DNS_A, l->deadline, &dns,
                  &v, &n) == ST_OK)
        for (size_t i = 0; i < n; i++)
            counts = counts || config_dns_list_counts(j->list, (const uint8_t *)v[i].bytes.p);
    if (counts) {
        l->score += j->list->weight;
        buf_addf(&l->on, "%s%.*s", l->on.n ? " " : "", STR_ARGS(j->list->zone));
    }
    arena_fini(&a);
    one_less(l);
}

static void begin(struct look *l, void (*fn)(void *arg), void *arg)
{
    l->pending++;
    if (co_spawn(fn, arg, "stranger") != ST_OK) /* without a stack that is not known */
        l->pending--;
}

static void ask_all(struct look *l, struct list_job *jobs) SUSPENDS
{
    const struct settings *set = l->s->set;

    if (set->smtp_check_reverse != CHECK_OFF || set->smtp_check_forward != CHECK_OFF)
        begin(l, look_at_reverse, l);
    for (size_t i = 0; i < l->n_lists; i++) {
        jobs[i] = (struct list_job){l, &l->lists[i]};
        begin(l, look_at_list, &jobs[i]);
    }
    if (l->pending)
        co_event_wait_heedless(&l->all);
}

void stranger_look_up(struct smtp_session *s)
{
    struct smtp_stranger *t = s->stranger;
    struct config_dns_list lists[CONFIG_DNS_LISTS_MAX];
    struct list_job jobs[CONFIG_DNS_LISTS_MAX];
    struct addr peer;
    struct look l = {
        .s = s, .deadline = deadline_in(s->set->smtp_dns_time), .lists = lists};

    if (t->has_looked || !s->setup.resolver || addr_parse(s->setup.peer_address, 0, &peer) != ST_OK)
        return;
    l.address = str_n((const char *)peer.bytes, peer.family == 4 ? 4 : 16);
    t->has_looked = true;
    if (config_dns_lists(s->set->smtp_dns_lists, lists, &l.n_lists) != ST_OK)
        l.n_lists = 0; /* the check of the file has said so */
    buf_init(&l.on, sizeof t->lists - 1);
    ask_all(&l, jobs);
    t->traits |= l.traits;
    t->score = l.score;
    if (l.score >= (int)s->set->smtp_dns_lists_threshold && l.on.n)
        t->traits |= STRANGER_HAS(LISTED);
    snprintf(t->lists, sizeof t->lists, "%.*s", STR_ARGS(buf_str(&l.on)));
    buf_fini(&l.on);
}
