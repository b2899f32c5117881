/* What is known of the domains of senders: the keeper is asked again each second in which letters of theirs leave. */
#include "courier/courier.h"

#include <stdio.h>

#define KNOWN_MS 1000 /* what the administrator changes holds from then on */
#define KNOWN_MAX 1000

/* Of a domain; what it leaves open is in none of them. */
struct known {
    struct identity identity;
    mono_ms until;
};

static void forget_all(struct courier *c)
{
    void *known;

    for (size_t pos = 0; map_next(&c->identities, &pos, &known);)
        mem_free(known);
    map_fini(&c->identities);
    c->identities = MAP_INIT;
}

static void keep(struct courier *c, struct str domain, const struct identity *id)
{
    struct known *k = map_str_get(&c->identities, domain);

    if (!k && c->identities.n >= KNOWN_MAX) /* senders elsewhere, of which there is nothing to know */
        forget_all(c);
    if (!k) {
        k = MEM_NEW(struct known);
        map_str_put(&c->identities, domain, k);
    }
    *k = (struct known){*id, deadline_in(KNOWN_MS)};
}

/* The directory was given it by the commands, which have looked at it. */
static void take(struct str text, struct addr *io)
{
    struct addr addr;

    if (text.n && addr_parse(text, 0, &addr) == ST_OK)
        *io = addr;
}

static enum st ask(struct courier *c, struct str domain, struct identity *out) SUSPENDS
{
    struct msg_identity_ask ask = {.domain = domain};
    struct msg_identity_answer m;
    struct arena a = ARENA_INIT;
    enum st st = IPC_ASK(courier_keeper(c), identity_ask, &ask, identity_answer, &a, &m, deadline_in(COURIER_ASK_MS));

    *out = (struct identity){0};
    if (st == ST_OK && m.status == ST_OK) {
        take(m.source4, &out->source4);
        take(m.source6, &out->source6);
        snprintf(out->ehlo, sizeof out->ehlo, "%.*s", STR_ARGS(m.ehlo));
    } else if (st == ST_OK && m.status != ST_NOTFOUND) {
        st = FAIL(ST_TRYLATER, "nobody says just now from which address this letter leaves");
    }
    arena_fini(&a);
    return st;
}

static struct identity with_default(const struct courier *c, const struct identity *own)
{
    struct identity id = identity_default(c->set);

    if (own->source4.family)
        id.source4 = own->source4;
    if (own->source6.family)
        id.source6 = own->source6;
    if (own->ehlo[0])
        memcpy(id.ehlo, own->ehlo, sizeof id.ehlo);
    return id;
}

/* Empty for a notice, and for what no domain of ours can be. */
static struct str domain_of(struct arena *a, struct str path)
{
    struct str domain = arena_str(a, str_from(path, str_rfind(path, '@') + 1));

    for (size_t i = 0; i < domain.n; i++)
        ((char *)(uintptr_t)domain.p)[i] = ascii_lower(domain.p[i]);
    return str_find(path, '@') < path.n && domain.n <= IDENTITY_EHLO_MAX ? domain : STR("");
}

enum st identity_find(struct job *j, struct identity *out)
{
    struct courier *c = j->letter->c;
    struct arena a = ARENA_INIT;
    struct identity own = {0};
    const struct known *k;
    struct str sender, domain = STR("");
    enum st st = job_sender(j, &sender);

    if (st == ST_OK)
        domain = domain_of(&a, sender);
    if (st == ST_OK && domain.n) {
        k = map_str_get(&c->identities, domain);
        if (k && clock_mono_ms() < k->until) {
            own = k->identity;
        } else {
            st = ask(c, domain, &own);
            if (st == ST_OK)
                keep(c, domain, &own);
        }
    }
    arena_fini(&a);
    TRY(st);
    *out = with_default(c, &own);
    return ST_OK;
}

struct identity identity_guess(const struct job *j)
{
    const struct courier *c = j->letter->c;
    struct arena a = ARENA_INIT;
    struct str path = j->sender.p ? j->sender : j->letter->work.reverse_path;
    const struct known *k = map_str_get(&c->identities, domain_of(&a, path));

    arena_fini(&a);
    return with_default(c, k ? &k->identity : &(struct identity){0});
}
