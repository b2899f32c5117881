/* Which accounts share something with this one: what LIST asks, so that it need not ask all. A note is written before the list of the
 * owner that it is about, and taken away only when the owner shares nothing and it is old, since nobody takes that long
 * from the one to the other. So it may stand for nothing, but none is missing. */
#include "mail/guest.h"

#define FRESH_US 600000000ull /* not written again before */
#define OLD_US 3600000000ull

static struct grantor *find(const struct account *a, uint64_t owner)
{
    for (size_t i = 0; i < a->n_grantors; i++)
        if (a->grantors[i].owner == owner)
            return &a->grantors[i];
    return NULL;
}

void grantors_put(struct account *a, uint64_t owner, uint64_t at_us)
{
    struct grantor *g = find(a, owner);

    if (g) {
        g->at_us = at_us;
        return;
    }
    if (a->n_grantors == a->cap_grantors) {
        a->cap_grantors = a->cap_grantors ? a->cap_grantors * 2 : 4;
        a->grantors = mem_resize(a->grantors, a->cap_grantors * sizeof *a->grantors);
    }
    a->grantors[a->n_grantors++] = (struct grantor){owner, at_us};
}

static enum st write_note(struct account *a, int op, uint64_t owner, uint64_t at_us) SUSPENDS
{
    struct change *c;

    TRY(account_check(a));
    c = change_begin(a);
    if (!a->rec.has_grantors) {
        a->rec.has_grantors = true;
        c->rec_changed = true;
    }
    change_kv(c, op, key_grantor(&c->arena, owner), op == KV_PUT ? grantor_rec_put(&c->arena, at_us) : STR_NONE);
    return change_commit(c, NULL, 0);
}

enum st grantor_add(struct account *a, uint64_t owner)
{
    uint64_t now = clock_wall_us();
    const struct grantor *g = find(a, owner);
    unsigned tries = 0;
    enum st st;

    if (g && g->at_us <= now && now - g->at_us < FRESH_US)
        return ST_OK;
    if (!g && a->n_grantors >= LIMIT_MAIL_GRANTORS)
        return FAIL(ST_LIMIT, "Too many share mailboxes with them");
    do
        st = write_note(a, KV_PUT, owner, now);
    while (change_again(st, &tries));
    if (st == ST_OK)
        grantors_put(a, owner, now);
    return st;
}

enum st grantor_drop(struct account *a, uint64_t owner)
{
    uint64_t now = clock_wall_us();
    struct grantor *g = find(a, owner);

    if (!g || g->at_us + OLD_US > now)
        return ST_OK;
    *g = a->grantors[--a->n_grantors];
    return write_note(a, KV_DEL, owner, 0); /* on its way behind every note of before */
}
