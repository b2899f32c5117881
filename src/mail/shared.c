/* What an account may do with mailboxes of others besides looking into them: each call goes to its own mailboxes, or to the core of the
 * owner, where the rights are looked at. And which of them it sees. */
#include "mail/shared.h"
#include "mail/guest.h"
#include "mail/keep.h"
#include "mail/seen.h"

#include "base/must.h"

#include <stdlib.h>

struct asked {
    struct guest guest;
    struct place place, to; /* to: of a renaming */
    struct arena *ar;
    enum mail_use use;
    struct mailbox_info info;
};

/* --- about one mailbox ---------------------------------------------------------------------------------------- */

static void describe(const struct mailbox *mb, const struct guest *g, struct str namespace, struct arena *ar,
                     struct mailbox_info *out)
{
    mailbox_describe(mb, out);
    out->name = arena_printf(ar, "%.*s%.*s", STR_ARGS(namespace), STR_ARGS(out->name));
    out->owner = mb->a->id;
    out->rights = acl_rights(mb->acl, mb->a, g);
    out->use = MAIL_USE_NONE; /* Sent of somebody else is not where this account's client keeps what it sends */
    out->recent = 0;
}

static enum st status_there(struct account *owner, void *arg) SUSPENDS
{
    struct asked *q = arg;
    struct mailbox *mb;
    uint32_t seen;
    enum st st;

    TRY(guest_mailbox(owner, &q->guest, q->place.is_shared, q->place.name, RIGHT_READ, &mb));
    if (mb->durable.noselect || !mb->durable.exists)
        return FAIL(ST_NOTFOUND, "no such mailbox");
    mailbox_hold(mb);
    st = seen_count(mb, q->guest.id, &seen);
    if (st == ST_OK) {
        describe(mb, &q->guest, q->place.namespace, q->ar, &q->info);
        q->info.unseen = q->info.messages - MIN(seen, q->info.messages);
    }
    mailbox_release(mb);
    return st;
}

enum st mailbox_status(struct account *a, struct arena *ar, struct str name, struct mailbox_info *out)
{
    struct asked q = {.guest = guest_of(a), .ar = ar};

    TRY(place_find(a, ar, name, &q.place));
    if (q.place.is_own)
        return mailbox_status_own(a, ar, q.place.name, out);
    TRY(mail_visit(a->core->m, q.place.owner, status_there, &q));
    *out = q.info;
    out->subscribed = account_is_subscribed(a, out->name);
    return ST_OK;
}

static enum st count_deleted_there(struct account *owner, void *arg) SUSPENDS
{
    struct asked *q = arg;
    struct mailbox *mb;

    TRY(guest_mailbox(owner, &q->guest, owner->rec.is_public, q->place.name, RIGHT_READ, &mb));
    q->info.name = mb->durable.name;
    return mailbox_count_deleted_own(owner, &q->info);
}

enum st mailbox_count_deleted(struct account *a, struct mailbox_info *info)
{
    struct arena ar = ARENA_INIT;
    struct asked q = {.guest = guest_of(a), .info = *info};
    enum st st;

    if (!info->owner)
        return mailbox_count_deleted_own(a, info);
    st = place_find(a, &ar, info->name, &q.place);
    if (st == ST_OK)
        st = mail_visit(a->core->m, info->owner, count_deleted_there, &q);
    arena_fini(&ar);
    TRY(st);
    info->deleted_bytes = q.info.deleted_bytes;
    return ST_OK;
}

struct room {
    struct guest guest;
    struct place place;
    uint64_t bytes, messages;
};

static enum st room_there(struct account *owner, void *arg)
{
    const struct room *r = arg;
    struct arena ar = ARENA_INIT;
    struct mailbox *mb;

    if (r->guest.id != owner->id) {
        TRY(guest_mailbox(owner, &r->guest, r->place.is_shared, r->place.name, RIGHT_INSERT, &mb));
        usage_learn(owner, &r->place.limits, false);
    } else {
        TRY(account_check(owner));
        mb = account_mailbox(owner, mailbox_canonical(&ar, r->place.name), false);
        arena_fini(&ar);
    }
    if (!mb || mb->durable.noselect)
        return FAIL(ST_NOTFOUND, "no such mailbox");
    return r->bytes || r->messages ? account_has_room(owner, r->bytes, r->messages) : ST_OK;
}

enum st mailbox_has_room(struct account *a, struct str mailbox, uint64_t bytes, uint64_t messages)
{
    struct room r = {.guest = guest_of(a), .bytes = bytes, .messages = messages};
    struct arena ar = ARENA_INIT;
    enum st st = place_find(a, &ar, mailbox, &r.place);

    if (st == ST_OK)
        st = mail_visit(a->core->m, r.place.owner, room_there, &r);
    arena_fini(&ar);
    return st;
}

static enum st create_there(struct account *owner, void *arg) SUSPENDS
{
    struct asked *q = arg;

    TRY(account_check(owner));
    if (owner->rec.is_public != q->place.is_shared)
        return FAIL(ST_NOTFOUND, "no such mailbox");
    return mailbox_create_own(owner, q->place.name, MAIL_USE_NONE, &q->guest);
}

enum st mailbox_create(struct account *a, struct str name, enum mail_use use)
{
    struct arena ar = ARENA_INIT;
    struct asked q = {.guest = guest_of(a), .ar = &ar};
    enum st st = place_find(a, &ar, name, &q.place);

    if (st == ST_OK && q.place.is_own)
        st = mailbox_create_own(a, q.place.name, use, NULL);
    else if (st == ST_OK && use != MAIL_USE_NONE)
        st = FAIL(ST_DENIED, "A mailbox of somebody else can't have that use");
    else if (st == ST_OK)
        st = mail_visit(a->core->m, q.place.owner, create_there, &q);
    arena_fini(&ar);
    return st;
}

static enum st delete_there(struct account *owner, void *arg) SUSPENDS
{
    struct asked *q = arg;
    struct mailbox *mb;

    TRY(guest_mailbox(owner, &q->guest, q->place.is_shared, q->place.name, RIGHT_REMOVE, &mb));
    return mailbox_delete_own(owner, q->place.name);
}

enum st mailbox_delete(struct account *a, struct str name)
{
    struct arena ar = ARENA_INIT;
    struct asked q = {.guest = guest_of(a), .ar = &ar};
    enum st st = place_find(a, &ar, name, &q.place);

    if (st == ST_OK)
        st = q.place.is_own ? mailbox_delete_own(a, q.place.name)
                            : mail_visit(a->core->m, q.place.owner, delete_there, &q);
    arena_fini(&ar);
    return st;
}

static enum st rename_there(struct account *owner, void *arg) SUSPENDS
{
    struct asked *q = arg;

    TRY(account_check(owner));
    if (owner->rec.is_public != q->place.is_shared)
        return FAIL(ST_NOTFOUND, "no such mailbox");
    return mailbox_rename_own(owner, q->place.name, q->to.name, &q->guest);
}

enum st mailbox_rename(struct account *a, struct str from, struct str to)
{
    struct arena ar = ARENA_INIT;
    struct asked q = {.guest = guest_of(a), .ar = &ar};
    enum st st = place_find(a, &ar, from, &q.place);

    if (st == ST_OK)
        st = place_find(a, &ar, to, &q.to);
    if (st == ST_OK && (q.place.owner != q.to.owner || q.place.is_shared != q.to.is_shared))
        st = FAIL(ST_DENIED, "A mailbox can't be renamed into another account");
    else if (st == ST_OK)
        st = q.place.is_own ? mailbox_rename_own(a, q.place.name, q.to.name, NULL)
                            : mail_visit(a->core->m, q.place.owner, rename_there, &q);
    arena_fini(&ar);
    return st;
}

/* --- which there are -------------------------------------------------------------------------------------------- */

/* Those who share something are asked several at a time: opening their accounts may mean reading. */
#define ASKERS 8u
#define OWNERS_EACH 4u /* fewer are asked by one alone */
#define OWNERS_A_TURN 32u

struct note {
    uint64_t owner;
    bool is_own; /* of this account, not of everybody */
};

struct gathering {
    struct account *a;
    struct guest guest;
    struct arena *ar;
    struct mailbox_info *list;
    size_t n, cap;
    const struct note *notes;
    size_t n_notes, next;
    unsigned left; /* askers besides the first */
    struct co_event done;
};

/* What one owner shows, on its way; the arena is of the asker, who waits. */
struct found {
    struct guest guest;
    struct arena ar;
    struct mailbox_info *list;
    size_t n;
    bool is_public;
};

static void gather_one(struct gathering *g, const struct mailbox_info *info)
{
    if (g->n == g->cap) {
        g->cap = g->cap ? g->cap * 2 : 32;
        g->list = mem_resize(g->list, g->cap * sizeof *g->list);
    }
    g->list[g->n++] = *info;
}

static bool is_seen_by(const struct mailbox *mb, const struct guest *g)
{
    return mb->durable.exists && acl_rights(mb->acl, mb->a, g) & RIGHT_LOOKUP;
}

static enum st look_there(struct account *owner, void *arg)
{
    struct found *f = arg;
    size_t most = 0;

    TRY(account_check(owner));
    for (size_t i = 0; i < owner->n_mailboxes; i++)
        most += is_seen_by(owner->mailboxes[i], &f->guest);
    if (most > LIMIT_MAIL_SHARED_LISTED)
        return FAIL(ST_LIMIT, "More than %u mailboxes of others", (unsigned)LIMIT_MAIL_SHARED_LISTED);
    f->list = ARENA_ARRAY(&f->ar, struct mailbox_info, most);
    f->is_public = owner->rec.is_public;
    for (size_t i = 0; i < owner->n_mailboxes && f->n < most; i++)
        if (is_seen_by(owner->mailboxes[i], &f->guest))
            describe(owner->mailboxes[i], &f->guest, STR(""), &f->ar, &f->list[f->n++]);
    return ST_OK;
}

static enum st drop_there(struct account *everybody, void *arg) SUSPENDS
{
    return grantor_drop(everybody, *(const uint64_t *)arg);
}

/* Nobody keeps others from hearing of their own by giving more than there is room for. */
static void take_found(struct gathering *g, const struct found *f, struct str address)
{
    const char *space = f->is_public ? MAIL_SHARED : MAIL_OTHERS;

    if (g->n + f->n > LIMIT_MAIL_SHARED_LISTED)
        return;
    for (size_t i = 0; i < f->n; i++) {
        struct mailbox_info info = f->list[i];

        info.name = arena_printf(g->ar, "%s%.*s/%.*s", space, STR_ARGS(address), STR_ARGS(info.name));
        gather_one(g, &info);
    }
}

/* One that can't be asked just now is no reason to tell of none. */
static void ask_owner(struct gathering *g, const struct note *note, struct found *f) SUSPENDS
{
    const struct mail_names *names = g->a->core->m->opt.names;
    struct mail *m = g->a->core->m;
    uint64_t owner = note->owner;
    struct mail_person p;
    enum st st = mail_visit(m, owner, look_there, f);

    if (st == ST_OK && f->n)
        st = names->show(names->arg, &f->ar, owner, &p);
    if (st == ST_OK && f->n)
        take_found(g, f, p.name);
    if (st == ST_NOTFOUND && !note->is_own) /* the account is gone */
        IGNORE(mail_visit(m, MAIL_EVERYBODY, drop_there, &owner));
    if (note->is_own && (st == ST_NOTFOUND || (st == ST_OK && !f->n)))
        IGNORE(grantor_drop(g->a, owner)); /* another time, then */
}

static void ask_some(struct gathering *g) SUSPENDS
{
    struct found f = {.guest = g->guest};

    while (g->next < g->n_notes) {
        f.n = 0;
        ask_owner(g, &g->notes[g->next++], &f);
        arena_reset(&f.ar);
        if (g->next % OWNERS_A_TURN == 0)
            co_yield (); /* those of this core who are in memory wait for nothing */
    }
    arena_fini(&f.ar);
}

static void ask_beside(void *arg) SUSPENDS
{
    struct gathering *g = arg;

    ask_some(g);
    if (--g->left == 0)
        co_event_set(&g->done);
}

static void ask_all(struct gathering *g) SUSPENDS
{
    for (size_t i = 1; i < ASKERS && i < g->n_notes / OWNERS_EACH; i++)
        if (co_spawn(ask_beside, g, "list") == ST_OK)
            g->left++;
    ask_some(g);
    if (g->left)
        co_event_wait_heedless(&g->done);
}

struct copied_notes {
    struct arena *ar;
    uint64_t *owners;
    size_t n;
};

static enum st copy_notes(struct account *a, void *arg)
{
    struct copied_notes *c = arg;

    c->owners = ARENA_ARRAY(c->ar, uint64_t, a->n_grantors);
    for (c->n = 0; c->n < a->n_grantors; c->n++)
        c->owners[c->n] = a->grantors[c->n].owner;
    return ST_OK;
}

static int by_owner(const void *x, const void *y)
{
    const struct note *a = x, *b = y;

    if (a->owner != b->owner)
        return a->owner < b->owner ? -1 : 1;
    return b->is_own - a->is_own; /* who is in both is asked once, as one's own */
}

static enum st gather_all(struct gathering *g) SUSPENDS
{
    struct copied_notes mine = {.ar = g->ar}, all = {.ar = g->ar};
    struct note *notes;
    size_t n = 0;

    TRY(copy_notes(g->a, &mine));
    TRY(mail_visit(g->a->core->m, MAIL_EVERYBODY, copy_notes, &all));
    notes = ARENA_ARRAY(g->ar, struct note, mine.n + all.n);
    for (size_t i = 0; i < mine.n + all.n; i++)
        notes[i] = i < mine.n ? (struct note){mine.owners[i], true} : (struct note){all.owners[i - mine.n], false};
    if (mine.n + all.n)
        qsort(notes, mine.n + all.n, sizeof *notes, by_owner);
    for (size_t i = 0; i < mine.n + all.n; i++)
        if (notes[i].owner != g->a->id && (!n || notes[n - 1].owner != notes[i].owner))
            notes[n++] = notes[i];
    g->notes = notes;
    g->n_notes = n;
    ask_all(g);
    return ST_OK;
}

static int by_name(const void *x, const void *y)
{
    return str_cmp(((const struct mailbox_info *)x)->name, ((const struct mailbox_info *)y)->name);
}

static bool has_name(const struct mailbox_info *list, size_t n, struct str name)
{
    struct mailbox_info key = {.name = name};

    return n && bsearch(&key, list, n, sizeof *list, by_name);
}

/* The levels above, the namespace's own among them: names only. They are in order as they come, so that the last one of each
 * length is enough to know them again. */
static void add_levels(struct gathering *g)
{
    size_t n = g->n;
    struct str last = STR_NONE;

    for (size_t i = 0; i < n; i++) {
        struct str name = g->list[i].name;

        for (size_t k = 1; k < name.n; k++) {
            struct mailbox_info level = {.name = str_sub(name, 0, k), .noselect = true, .has_children = true};

            if (name.p[k] != '/' || (last.n > k && last.p[k] == '/' && str_starts(last, level.name)) ||
                has_name(g->list, n, level.name))
                continue;
            level.owner = g->list[i].owner;
            gather_one(g, &level);
        }
        last = name;
    }
}

static void finish(struct gathering *g)
{
    if (!g->n)
        return;
    qsort(g->list, g->n, sizeof *g->list, by_name);
    add_levels(g);
    qsort(g->list, g->n, sizeof *g->list, by_name);
    for (size_t i = 0; i < g->n; i++) {
        struct str name = g->list[i].name;

        /* names such as "a-b" may come between "a" and "a/b" */
        for (size_t k = i + 1; k < g->n && str_starts(g->list[k].name, name) && !g->list[i].has_children; k++)
            g->list[i].has_children = g->list[k].name.n > name.n && g->list[k].name.p[name.n] == '/';
        g->list[i].subscribed = account_is_subscribed(g->a, name);
    }
}

enum st mailbox_list_shared(struct account *a, struct arena *ar, struct mailbox_info **out, size_t *out_n)
{
    struct gathering g = {.a = a, .guest = guest_of(a), .ar = ar};
    enum st st;

    TRY(account_check(a));
    st = a->core->m->opt.names ? gather_all(&g) : ST_OK;
    if (st == ST_OK) {
        finish(&g);
        *out = ARENA_ARRAY(ar, struct mailbox_info, g.n);
        *out_n = g.n;
        if (g.n)
            memcpy(*out, g.list, g.n * sizeof **out);
    }
    mem_free(g.list);
    return st;
}

/* --- the administrator's --------------------------------------------------------------------------------------- */

bool account_is_public(const struct account *a)
{
    return a->rec.is_public;
}

enum st account_set_public(struct account *a, bool on)
{
    struct change *c;

    TRY(account_check(a));
    if (a->rec.is_public == on)
        return ST_OK;
    a->rec.is_public = on;
    c = change_begin(a);
    c->rec_changed = true;
    return change_commit(c, NULL, 0);
}

enum st mail_person_find(struct account *a, struct arena *ar, struct str name, struct mail_person *out)
{
    const struct mail_names *names = a->core->m->opt.names;

    return names ? names->find(names->arg, ar, name, true, out) : (enum st)FAIL(ST_NOTFOUND, "nobody knows names");
}
