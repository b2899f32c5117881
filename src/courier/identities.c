/* As what a job leaves: the keeper knows of the domains of senders. */
#include "courier/courier.h"

#include <stdio.h>

/* The directory was given it by the commands, which have looked at it. */
static void take(struct str text, struct addr *io)
{
    struct addr addr;

    if (text.n && addr_parse(text, 0, &addr) == ST_OK)
        *io = addr;
}

static uint64_t good_ms(const void *answer)
{
    return courier_again_ms(((const struct msg_identity_answer *)answer)->status);
}

static enum st ask(struct courier *c, struct arena *a, struct str domain, struct identity *io) SUSPENDS
{
    struct msg_identity_ask ask = {.domain = domain};
    struct msg_identity_answer m;

    TRY(IPC_ASK_AGAIN(courier_keeper(c), identity_ask, &ask, identity_answer, a, &m, deadline_in(COURIER_ASK_MS),
                      good_ms));
    if (m.status == ST_NOTFOUND)
        return ST_OK;
    if (m.status != ST_OK)
        return FAIL(ST_TRYLATER, "nobody says just now from which address this letter leaves");
    take(m.source4, &io->source4);
    take(m.source6, &io->source6);
    if (m.ehlo.n)
        snprintf(io->ehlo, sizeof io->ehlo, "%.*s", STR_ARGS(m.ehlo));
    return ST_OK;
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
    struct identity id = identity_default(c->set);
    struct arena a = ARENA_INIT;
    struct str sender, domain;
    enum st st = job_sender(j, &sender);

    if (st == ST_OK) {
        domain = domain_of(&a, sender);
        st = domain.n ? ask(c, &a, domain, &id) : ST_OK;
    }
    arena_fini(&a);
    if (st == ST_OK)
        *out = id;
    return st;
}
