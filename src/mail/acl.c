/* Access control lists: what they give, and how they change (RFC 4314). A list is read and written as a whole, by one at a time in an
 * account. It stands at the owner; that something is shared with an account is noted there too, before the list says so, so that
 * a crash in between leaves a note for nothing and never a right that nobody finds. */
#include "mail/guest.h"

#include "base/must.h"

#define TURN_MS 60000

/* --- what it gives ------------------------------------------------------------------------------------------ */

const struct acl_entry *acl_find(const struct acl *acl, uint64_t who, bool negative)
{
    for (size_t i = 0; acl && i < acl->n; i++)
        if (acl->e[i].who == who && acl->e[i].negative == negative)
            return &acl->e[i];
    return NULL;
}

static bool is_anyone(const struct account *owner, const struct guest *g)
{
    switch (owner->core->rules.anyone) {
    case ANYONE_DOMAIN: return g->domain && g->domain == owner->rec.domain;
    case ANYONE_SERVER: return true;
    case ANYONE_NOBODY: return false;
    }
    never("no such rule");
}

/* RFC 4314 section 2: rights add up, negative ones are taken off the sum. */
uint32_t acl_rights(const struct acl *acl, const struct account *owner, const struct guest *g)
{
    uint32_t given = 0, taken = 0;

    for (size_t i = 0; acl && i < acl->n; i++) {
        const struct acl_entry *e = &acl->e[i];

        if (e->who ? e->who != g->id : !is_anyone(owner, g))
            continue;
        if (e->negative)
            taken |= e->rights;
        else
            given |= e->rights;
    }
    return given & ~taken;
}

enum st guest_may(const struct mailbox *mb, const struct guest *g, uint32_t rights)
{
    uint32_t has = acl_rights(mb->acl, mb->a, g);

    if ((has & rights) == rights)
        return ST_OK;
    /* RFC 4314 section 6: no word tells whether there is one that he may not see */
    return has & RIGHT_LOOKUP ? FAIL(ST_NOPERM, "You have no right to that") : FAIL(ST_NOTFOUND, "no such mailbox");
}

enum st guest_mailbox(struct account *owner, const struct guest *g, bool is_shared, struct str name, uint32_t rights,
                      struct mailbox **out)
{
    struct arena ar = ARENA_INIT;
    struct mailbox *mb;

    TRY(account_check(owner));
    mb = owner->rec.is_public == is_shared ? account_mailbox(owner, mailbox_canonical(&ar, name), true) : NULL;
    arena_fini(&ar);
    if (!mb)
        return FAIL(ST_NOTFOUND, "no such mailbox");
    TRY(guest_may(mb, g, rights));
    *out = mb;
    return ST_OK;
}

enum st target_find(const struct account *a, const struct target *t, struct mailbox **out)
{
    struct arena ar = ARENA_INIT;
    struct mailbox *mb;

    TRY(account_check(a));
    mb = t->id ? account_mailbox_of(a, t->id) : account_mailbox(a, mailbox_canonical(&ar, t->name), true);
    arena_fini(&ar);
    if (!mb || !mb->pending.exists)
        return FAIL(ST_NOTFOUND, "no such mailbox");
    if (t->id)
        TRY(guest_may(mb, t->guest, t->rights));
    if (mb->pending.noselect)
        return FAIL(ST_NOTFOUND, "no such mailbox");
    *out = mb;
    return ST_OK;
}

enum st guest_may_create(struct account *owner, const struct guest *g, struct str name)
{
    for (size_t i = name.n; i-- > 0;) {
        struct mailbox *above = name.p[i] == '/' ? account_mailbox(owner, str_sub(name, 0, i), true) : NULL;

        if (above)
            return guest_may(above, g, RIGHT_CREATE);
    }
    return FAIL(ST_NOTFOUND, "no such mailbox");
}

/* --- the caller's rights -------------------------------------------------------------------------------------- */

struct asking {
    struct guest guest;
    const struct place *place;
    struct arena *ar;
    uint32_t rights; /* needed; then: had */
    struct acl *out; /* in the arena */
};

static enum st my_rights_there(struct account *owner, void *arg)
{
    struct asking *q = arg;
    struct mailbox *mb;

    TRY(guest_mailbox(owner, &q->guest, q->place->is_shared, q->place->name, 0, &mb));
    q->rights = acl_rights(mb->acl, owner, &q->guest);
    return q->rights & RIGHTS_ANY ? ST_OK : FAIL(ST_NOTFOUND, "no such mailbox");
}

enum st mailbox_my_rights(struct account *a, struct str mailbox, uint32_t *out)
{
    struct arena ar = ARENA_INIT;
    struct place p = {0};
    struct asking q = {.guest = guest_of(a), .place = &p, .rights = RIGHTS_ALL};
    enum st st = place_find(a, &ar, mailbox, &p);

    if (st == ST_OK && !p.is_own)
        st = mail_visit(a->core->m, p.owner, my_rights_there, &q);
    else if (st == ST_OK && !account_mailbox(a, mailbox_canonical(&ar, p.name), false))
        st = FAIL(ST_NOTFOUND, "no such mailbox");
    arena_fini(&ar);
    TRY(st);
    *out = q.rights;
    return ST_OK;
}

/* --- reading it ------------------------------------------------------------------------------------------------ */

static enum st administered(struct account *owner, const struct guest *g, const struct place *p, struct mailbox **out)
{
    struct arena ar = ARENA_INIT;

    if (g->id != owner->id)
        return guest_mailbox(owner, g, p->is_shared, p->name, RIGHT_ADMINISTER, out);
    TRY(account_check(owner));
    *out = account_mailbox(owner, mailbox_canonical(&ar, p->name), true);
    arena_fini(&ar);
    return *out ? ST_OK : FAIL(ST_NOTFOUND, "no such mailbox");
}

static enum st read_there(struct account *owner, void *arg)
{
    struct asking *q = arg;
    struct mailbox *mb;
    size_t n;

    TRY(administered(owner, &q->guest, q->place, &mb));
    n = mb->acl ? mb->acl->n : 0;
    q->out = arena_alloc(q->ar, sizeof *q->out + n * sizeof *q->out->e);
    if (n)
        memcpy(q->out, mb->acl, sizeof *q->out + n * sizeof *q->out->e);
    return ST_OK;
}

/* ST_NOTFOUND: of an account that is gone. */
static enum st show(struct account *a, struct arena *ar, const struct acl_entry *e, struct str *out) SUSPENDS
{
    const struct mail_names *names = a->core->m->opt.names;
    struct mail_person p = {.name = STR("anyone")};

    if (e->who && !names)
        return FAIL(ST_NOTFOUND, "nobody knows names");
    if (e->who)
        TRY(names->show(names->arg, ar, e->who, &p));
    *out = e->negative ? arena_printf(ar, "-%.*s", STR_ARGS(p.name)) : p.name;
    return ST_OK;
}

static enum st show_all(struct account *a, struct arena *ar, uint64_t owner, const struct acl *acl,
                        struct acl_line **out, size_t *out_n) SUSPENDS
{
    struct acl_line *lines = ARENA_ARRAY(ar, struct acl_line, acl->n + 1);
    struct acl_entry first = {.who = owner, .rights = RIGHTS_ALL};
    size_t n = 0;

    for (size_t i = 0; i <= acl->n; i++) {
        const struct acl_entry *e = i ? &acl->e[i - 1] : &first;
        enum st st = show(a, ar, e, &lines[n].who);

        lines[n].rights = e->rights;
        if (st != ST_OK && st != ST_NOTFOUND)
            return st;
        n += st == ST_OK;
    }
    *out = lines;
    *out_n = n;
    return ST_OK;
}

enum st mailbox_acl(struct account *a, struct arena *ar, struct str mailbox, struct acl_line **out, size_t *out_n)
{
    struct place p;
    struct asking q = {.guest = guest_of(a), .place = &p, .ar = ar};

    TRY(place_find(a, ar, mailbox, &p));
    TRY(mail_visit(a->core->m, p.owner, read_there, &q));
    return show_all(a, ar, p.owner, q.out, out, out_n);
}

/* --- changing it ------------------------------------------------------------------------------------------------ */

struct changing {
    struct guest guest;
    struct place place;
    struct acl_entry entry; /* whom it is about */
    enum rights_how how;
    bool drops; /* the entry goes */
};

static enum st take_turn(struct account *a) SUSPENDS
{
    mono_ms deadline = deadline_in(TURN_MS);

    while (a->acl_busy)
        TRY(co_waitq_wait(&a->acl_wait, deadline));
    a->acl_busy = true;
    return ST_OK;
}

static void give_turn(struct account *a)
{
    a->acl_busy = false;
    co_waitq_wake_one(&a->acl_wait);
}

/* The list as it will be, owned; NULL: there is none any more. */
static enum st changed(const struct acl *was, const struct changing *ch, struct acl **out)
{
    const struct acl_entry *old = acl_find(was, ch->entry.who, ch->entry.negative);
    uint32_t rights = ch->drops ? 0 : rights_changed(old ? old->rights : 0, ch->how, ch->entry.rights);
    size_t n = was ? was->n : 0, k = 0;
    struct acl *acl = mem_new(sizeof *acl + (n + 1) * sizeof *acl->e);

    for (size_t i = 0; i < n; i++)
        if (&was->e[i] != old)
            acl->e[k++] = was->e[i];
        else if (rights)
            acl->e[k++] = (struct acl_entry){old->who, old->negative, rights};
    if (!old && rights)
        acl->e[k++] = (struct acl_entry){ch->entry.who, ch->entry.negative, rights};
    acl->n = k;
    if (k > LIMIT_MAIL_ACL) {
        mem_free(acl);
        return FAIL(ST_LIMIT, "No more than %u entries", (unsigned)LIMIT_MAIL_ACL);
    }
    *out = acl;
    return ST_OK;
}

static enum st change_once(struct account *owner, const struct changing *ch) SUSPENDS
{
    struct mailbox *mb;
    struct change *c;
    struct acl *acl;

    TRY(administered(owner, &ch->guest, &ch->place, &mb));
    TRY(changed(mb->acl, ch, &acl));
    c = change_begin(owner);
    change_acl(c, mb, acl);
    return change_commit(c, NULL, 0);
}

static enum st change_there(struct account *owner, void *arg) SUSPENDS
{
    unsigned tries = 0;
    enum st st;

    TRY(take_turn(owner));
    do
        st = change_once(owner, arg);
    while (change_again(st, &tries));
    give_turn(owner);
    return st;
}

/* Whom an identifier means (RFC 4314 section 2). */
static enum st find_who(struct account *a, struct arena *ar, struct str who, struct acl_entry *out) SUSPENDS
{
    const struct mail_names *names = a->core->m->opt.names;
    struct mail_person p;
    enum st st;

    out->negative = str_starts(who, STR("-"));
    who = out->negative ? str_from(who, 1) : who;
    out->who = 0;
    if (str_eq(who, STR("anyone")))
        return ST_OK;
    st = names ? names->find(names->arg, ar, who, true, &p) : ST_NOTFOUND;
    if (st == ST_NOTFOUND)
        return FAIL(ST_FOREIGN, "There is nobody of that name; identifiers are addresses of this server, and anyone");
    TRY(st);
    out->who = p.account;
    return ST_OK;
}

struct sweep {
    bool gives;
};

static enum st gives_anyone(struct account *owner, void *arg)
{
    struct sweep *s = arg;

    TRY(account_check(owner));
    for (size_t i = 0; i < owner->n_mailboxes; i++)
        s->gives = s->gives || acl_find(owner->mailboxes[i]->acl, 0, false);
    return ST_OK;
}

/* Who shares with everybody is looked through when there are too many: nobody else would see that one has stopped. */
static void sweep(struct account *everybody) SUSPENDS
{
    size_t n = everybody->n_grantors;
    uint64_t *owners = mem_new(n * sizeof *owners);

    for (size_t i = 0; i < n; i++)
        owners[i] = everybody->grantors[i].owner;
    for (size_t i = 0; i < n; i++) {
        struct sweep s = {false};

        if (mail_visit(everybody->core->m, owners[i], gives_anyone, &s) == ST_OK && !s.gives)
            IGNORE(grantor_drop(everybody, owners[i])); /* another time, then */
    }
    mem_free(owners);
}

static enum st note_there(struct account *a, void *arg) SUSPENDS
{
    enum st st = grantor_add(a, *(const uint64_t *)arg);

    if (st == ST_LIMIT && a->id == MAIL_EVERYBODY) {
        sweep(a);
        st = grantor_add(a, *(const uint64_t *)arg);
    }
    return st;
}

static enum st begin(struct account *a, struct arena *ar, struct str mailbox, struct str who, struct changing *ch)
    SUSPENDS
{
    bool is_owner;

    ch->guest = guest_of(a);
    TRY(mailbox_acl_may(a, mailbox, who, &is_owner));
    if (is_owner)
        return FAIL(ST_DENIED, "The owner has all rights, always");
    TRY(place_find(a, ar, mailbox, &ch->place));
    return find_who(a, ar, who, &ch->entry);
}

enum st mailbox_acl_set(struct account *a, struct str mailbox, struct str who, enum rights_how how, uint32_t rights)
{
    struct changing ch = {.how = how};
    struct arena ar = ARENA_INIT;
    enum st st = begin(a, &ar, mailbox, who, &ch);

    ch.entry.rights = rights;
    if (st == ST_OK && how != RIGHTS_REMOVE && rights && !ch.entry.negative)
        st = mail_visit(a->core->m, ch.entry.who ? ch.entry.who : MAIL_EVERYBODY, note_there, &ch.place.owner);
    if (st == ST_OK)
        st = mail_visit(a->core->m, ch.place.owner, change_there, &ch);
    arena_fini(&ar);
    return st;
}

enum st mailbox_acl_delete(struct account *a, struct str mailbox, struct str who)
{
    struct changing ch = {.drops = true};
    struct arena ar = ARENA_INIT;
    enum st st = begin(a, &ar, mailbox, who, &ch);

    if (st == ST_OK)
        st = mail_visit(a->core->m, ch.place.owner, change_there, &ch);
    arena_fini(&ar);
    return st;
}

static enum st may_there(struct account *owner, void *arg)
{
    const struct asking *q = arg;
    struct mailbox *mb;

    return administered(owner, &q->guest, q->place, &mb);
}

enum st mailbox_acl_may(struct account *a, struct str mailbox, struct str who, bool *out_is_owner)
{
    struct arena ar = ARENA_INIT;
    struct place p = {0};
    struct asking q = {.guest = guest_of(a), .place = &p};
    struct acl_entry e = {0};
    enum st st = place_find(a, &ar, mailbox, &p);

    if (st == ST_OK)
        st = mail_visit(a->core->m, p.owner, may_there, &q);
    if (st == ST_OK)
        st = find_who(a, &ar, who, &e);
    arena_fini(&ar);
    TRY(st);
    *out_is_owner = e.who == p.owner;
    return ST_OK;
}
