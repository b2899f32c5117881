/* Building changes on the pending state, and what happens when they have become durable or have failed:
 * see change.h. */
#include "mail/replica.h"

#include "base/must.h"
#include "co/co.h"

#define TRIES 4 /* each time behind another one that fails */

static void *grown(struct arena *a, void *old, size_t n, size_t *cap, size_t size)
{
    void *p = old;

    if (n == *cap) {
        *cap = *cap ? *cap * 2 : 8;
        p = arena_array(a, size, *cap);
        if (n)
            memcpy(p, old, n * size);
    }
    return p;
}

void change_kv(struct change *c, int op, struct str key, struct str value)
{
    c->kv = grown(&c->arena, c->kv, c->n_kv, &c->cap_kv, sizeof *c->kv);
    c->kv[c->n_kv++] = (struct kv_change){.key = key, .value = value, .op = op};
}

void change_release(struct change *c)
{
    struct account *a = c->a;

    if (--c->users > 0)
        return;
    for (struct mailbox_change *mc = c->mailboxes; mc; mc = mc->next)
        mailbox_release(mc->mb);
    for (struct tree_change *t = c->tree; t; t = t->next)
        mailbox_release(t->mb);
    for (struct acl_change *l = c->acls; l; l = l->next) {
        mem_free(l->acl);
        mailbox_release(l->mb);
    }
    arena_fini(&c->arena);
    mem_free(c);
    account_release(a);
}

/* --- building ----------------------------------------------------------------------------------- */

static void done(struct kv_part *part, enum st st);

struct change *change_begin(struct account *a)
{
    struct change *c = MEM_NEW(struct change);

    NOYIELD_BEGIN;
    account_hold(a);
    c->a = a;
    c->by = co_here();
    c->users = 1;
    c->modseq = a->next_version + 1;
    c->tree_end = &c->tree;
    c->subs_end = &c->subs;
    c->acls_end = &c->acls;
    return c;
}

bool change_is_empty(const struct change *c)
{
    for (const struct mailbox_change *mc = c->mailboxes; mc; mc = mc->next) {
        if (mc->n_edits || mc->n_adds)
            return false;
    }
    return !c->n_kv && !c->acls && !c->tree && !c->subs && !c->rec_changed;
}

void change_drop(struct change *c)
{
    must(change_is_empty(c));
    for (struct mailbox_change *mc = c->mailboxes; mc; mc = mc->next) {
        list_del(&mc->link);
        mc->mb->keywords_taken = 0;
    }
    NOYIELD_END;
    change_release(c);
}

struct mailbox_change *change_mailbox(struct change *c, struct mailbox *mb)
{
    struct mailbox_change *mc = c->mailboxes;

    while (mc && mc->mb != mb)
        mc = mc->next;
    if (mc)
        return mc;
    mc = ARENA_NEW(&c->arena, struct mailbox_change);
    mc->c = c;
    mc->mb = mb;
    mc->next = c->mailboxes;
    c->mailboxes = mc;
    mailbox_hold(mb);
    list_init(&mc->link);
    list_init(&mc->adding);
    return mc;
}

void change_edits(struct mailbox_change *mc, size_t n)
{
    must(!mc->edits);
    mc->edits = ARENA_ARRAY(&mc->c->arena, struct edit, n);
    list_add_tail(&mc->mb->in_flight, &mc->link);
}

static void count(struct mailbox_change *mc, const struct counts *d)
{
    counts_add(&mc->delta, d, 1);
    counts_add(&mc->mb->will, d, 1);
    counts_add(&mc->mb->a->will, d, 1);
}

static struct counts counts_of(const struct hot *h, int sign)
{
    return (struct counts){
        .messages = sign,
        .unseen = h->flags & MAIL_SEEN ? 0 : sign,
        .deleted = h->flags & MAIL_DELETED ? sign : 0,
        .bytes = sign * (int64_t)h->size,
    };
}

void change_edit_flags(struct mailbox_change *mc, const struct hot *was, uint8_t flags, uint64_t keywords, bool quiet)
{
    struct change *c = mc->c;
    struct hot h = *was;
    struct counts before = counts_of(was, -1), after;

    h.flags = flags;
    h.keywords = keywords;
    if (!quiet)
        h.modseq = c->modseq;
    after = counts_of(&h, 1);
    count(mc, &before);
    count(mc, &after);
    mc->edits[mc->n_edits++] =
        (struct edit){.uid = h.uid, .flags = flags, .keywords = keywords, .modseq = h.modseq, .quiet = quiet};
    change_kv(c, KV_PUT, key_hot(&c->arena, mc->mb->id, h.uid), hot_put(&c->arena, &h));
}

void change_edit_remove(struct mailbox_change *mc, const struct hot *was)
{
    struct counts before = counts_of(was, -1);

    count(mc, &before);
    mc->edits[mc->n_edits++] = (struct edit){.uid = was->uid, .removed = true, .modseq = mc->c->modseq};
    change_kv(mc->c, KV_DEL, key_hot(&mc->c->arena, mc->mb->id, was->uid), STR_NONE);
    if (mc->c->a->rec.has_uidls)
        change_kv(mc->c, KV_DEL, key_uidl(&mc->c->arena, mc->mb->id, was->uid), STR_NONE);
}

uint32_t change_add(struct mailbox_change *mc, struct hot *h)
{
    struct change *c = mc->c;
    struct counts after = counts_of(h, 1);

    must(mc->mb->uidnext_pending < UINT32_MAX);
    h->uid = mc->mb->uidnext_pending++;
    h->modseq = c->modseq;
    count(mc, &after);
    if (!mc->n_adds)
        list_add_tail(&mc->mb->adding, &mc->adding);
    mc->adds = grown(&c->arena, mc->adds, mc->n_adds, &mc->cap_adds, sizeof *mc->adds);
    mc->adds[mc->n_adds++] = *h;
    change_kv(c, KV_PUT, key_hot(&c->arena, mc->mb->id, h->uid), hot_put(&c->arena, h));
    return h->uid;
}

void change_uidl(struct change *c, const struct mailbox *mb, uint32_t uid, struct str uidl)
{
    if (!c->a->rec.has_uidls) {
        c->a->rec.has_uidls = true;
        c->rec_changed = true;
    }
    change_kv(c, KV_PUT, key_uidl(&c->arena, mb->id, uid), uidl_rec_put(&c->arena, uidl));
}

/* Version and number: no counter has to be written, and what was made since a version can be found. */
uint64_t change_new_email(struct change *c, uint64_t blob, struct str prefix, struct str record)
{
    uint64_t id = c->modseq << 20 | c->next_email++;

    must(c->next_email < 1u << 20);
    change_kv(c, KV_PUT, key_email(&c->arena, id), email_rec_put(&c->arena, blob, prefix, record));
    return id;
}

uint64_t change_take_email(struct change *c, uint64_t id, uint64_t blob, struct str value)
{
    if (!id)
        id = c->modseq << 20 | c->next_email++;
    must(c->next_email < 1u << 20);
    change_kv(c, KV_PUT, key_email(&c->arena, id), value);
    c->derefs = grown(&c->arena, c->derefs, c->n_derefs, &c->cap_derefs, sizeof *c->derefs);
    c->derefs[c->n_derefs++] = (struct kv_deref){.id = blob, .delta = 1};
    return id;
}

void change_seen(struct mailbox_change *mc, uint64_t who, uint32_t uid, bool seen)
{
    struct change *c = mc->c;

    must(!mc->reader || mc->reader == who);
    mc->reader = who;
    if (!c->a->rec.has_seen) {
        c->a->rec.has_seen = true;
        c->rec_changed = true;
    }
    mc->seens = grown(&c->arena, mc->seens, mc->n_seens, &mc->cap_seens, sizeof *mc->seens);
    mc->seens[mc->n_seens++] = (struct seen_edit){uid, seen};
    change_kv(c, KV_PUT, key_seen(&c->arena, mc->mb->id, who, uid), seen_rec_put(&c->arena, seen, c->modseq));
}

void change_gone(struct change *c, uint64_t email)
{
    c->gone = grown(&c->arena, c->gone, c->n_gone, &c->cap_gone, sizeof *c->gone);
    c->gone[c->n_gone++] = email;
}

void change_drop_email(struct change *c, uint64_t email, uint64_t blob, bool shared, bool tell)
{
    if (shared) {
        uint32_t refs = refs_get(c->a, email);

        refs_put(c, email, refs ? refs - 1 : 0);
        if (refs > 1)
            return;
    }
    change_kv(c, KV_DEL, key_email(&c->arena, email), STR_NONE);
    c->derefs = grown(&c->arena, c->derefs, c->n_derefs, &c->cap_derefs, sizeof *c->derefs);
    c->derefs[c->n_derefs++] = (struct kv_deref){.id = blob, .delta = -1};
    if (tell)
        change_gone(c, email);
}

/* --- names ------------------------------------------------------------------------------------------ */

void change_acl(struct change *c, struct mailbox *mb, struct acl *acl)
{
    struct acl_change *l = ARENA_NEW(&c->arena, struct acl_change);
    struct str key = key_acl(&c->arena, mb->id);

    if (!c->a->rec.has_acl) {
        c->a->rec.has_acl = true;
        c->rec_changed = true;
    }
    if (acl->n)
        change_kv(c, KV_PUT, key, acl_rec_put(&c->arena, acl));
    else
        change_kv(c, KV_DEL, key, STR_NONE);
    l->mb = mb;
    l->acl = acl;
    *c->acls_end = l;
    c->acls_end = &l->next;
    mailbox_hold(mb);
}

/* What is made below a mailbox has its list (RFC 4314 section 4, CREATE). */
static void inherit(struct change *c, struct mailbox *mb, struct str name)
{
    const struct mailbox *above = NULL;
    const struct acl *acl;
    struct acl *copy;

    for (size_t i = name.n; i-- > 0 && !above;)
        above = name.p[i] == '/' ? account_mailbox(c->a, str_sub(name, 0, i), true) : NULL;
    if (!above)
        return;
    acl = above->acl;
    for (const struct acl_change *l = c->acls; l; l = l->next)
        acl = l->mb == above ? l->acl : acl;
    if (!acl || !acl->n)
        return;
    copy = mem_new(sizeof *copy + acl->n * sizeof *copy->e);
    memcpy(copy, acl, sizeof *copy + acl->n * sizeof *copy->e);
    change_acl(c, mb, copy);
}

/* Its list goes with a mailbox (section 4, DELETE), and what others have seen in it. */
static void drop_shared(struct change *c, const struct mailbox *mb)
{
    if (c->a->rec.has_acl)
        change_kv(c, KV_DEL, key_acl(&c->arena, mb->id), STR_NONE);
    if (c->a->rec.has_seen)
        change_kv(c, KV_DEL_RANGE, key_seen(&c->arena, mb->id, 0, 0), key_seen(&c->arena, mb->id + 1, 0, 0));
}

void change_node(struct change *c, struct mailbox *mb, const struct node *after)
{
    struct tree_change *t = ARENA_NEW(&c->arena, struct tree_change);

    t->mb = mb;
    t->after = *after;
    if (mb->pending.exists && !after->exists) {
        counts_add(&c->a->will, &mb->will, -1);
        drop_shared(c, mb);
        if (c->a->rec.has_uidls)
            change_kv(c, KV_DEL_RANGE, key_uidl(&c->arena, mb->id, 0), key_uidl(&c->arena, mb->id + 1, 0));
        change_kv(c, KV_DEL, key_url_key(&c->arena, 0, mb->id), STR_NONE);
    }
    *c->tree_end = t;
    c->tree_end = &t->next;
    mb->pending = *after;
    mailbox_hold(mb);
    change_mailbox(c, mb); /* its record is to be written */
}

struct mailbox *change_new_mailbox(struct change *c, struct str name, enum mail_use use)
{
    struct account *a = c->a;
    uint32_t now = (uint32_t)clock_wall_s();
    struct node node = {.name = arena_str(&a->names, name), .use = use, .exists = true};
    struct mailbox *mb;

    a->rec.uidvalidity_high = MAX(a->rec.uidvalidity_high + 1, now);
    mb = mailbox_new(a, a->rec.next_mailbox++, a->rec.uidvalidity_high);
    c->rec_changed = true;
    change_node(c, mb, &node);
    inherit(c, mb, node.name);
    return mb;
}

void change_subscription(struct change *c, struct str name, bool on)
{
    struct sub_change *s = ARENA_NEW(&c->arena, struct sub_change);

    s->name = arena_str(&c->arena, name);
    s->on = on;
    *c->subs_end = s;
    c->subs_end = &s->next;
    change_kv(c, on ? KV_PUT : KV_DEL, key_subscription(&c->arena, name), on ? STR("\1") : STR_NONE);
}

/* --- the end of building --------------------------------------------------------------------------- */

static void put_mailbox(struct change *c, const struct mailbox *mb)
{
    struct mailbox_rec r = {
        .name = mb->pending.name,
        .use = mb->pending.use,
        .noselect = mb->pending.noselect,
        .uidvalidity = mb->uidvalidity,
        .uidnext = mb->uidnext_pending,
        .first_recent = mb->first_recent,
        .messages = (uint32_t)mb->will.messages,
        .unseen = (uint32_t)mb->will.unseen,
        .deleted = (uint32_t)mb->will.deleted,
        .recent = (uint32_t)MIN(mb->recent + (mb->uidnext_pending - mb->uidnext), mb->will.messages),
        .highestmodseq = c->modseq,
        .bytes = (uint64_t)mb->will.bytes,
        .n_keywords = mb->n_keywords,
    };

    if (!mb->pending.exists) {
        change_kv(c, KV_DEL, key_mailbox(&c->arena, mb->id), STR_NONE);
        change_kv(c, KV_DEL_RANGE, key_note(&c->arena, mb->id, 0, STR_NONE),
                  key_note(&c->arena, mb->id + 1, 0, STR_NONE));
        return;
    }
    if (mb->n_keywords)
        memcpy(r.keywords, mb->keywords, mb->n_keywords * sizeof *r.keywords);
    change_kv(c, KV_PUT, key_mailbox(&c->arena, mb->id), mailbox_rec_put(&c->arena, &r));
}

static void add_uid(struct log_entry *e, struct uid_range *ranges, uint32_t uid)
{
    if (e->n && ranges[e->n - 1].hi + 1 == uid)
        ranges[e->n - 1].hi = uid;
    else
        ranges[e->n++] = (struct uid_range){uid, uid};
}

#define LOG_OF_MAILBOX 4 /* entries */

static size_t log_mailbox(struct arena *a, const struct mailbox_change *mc, struct log_entry *e)
{
    struct log_entry *added = &e[0], *changed = &e[1], *vanished = &e[2], *touched = &e[3];
    struct uid_range *ranges = ARENA_ARRAY(a, struct uid_range, mc->n_adds);

    *added = (struct log_entry){.kind = LOG_ADDED, .mailbox = mc->mb->id, .ranges = ranges};
    for (size_t i = 0; i < mc->n_adds; i++)
        add_uid(added, ranges, mc->adds[i].uid);
    *changed = (struct log_entry){.kind = LOG_CHANGED, .mailbox = mc->mb->id};
    *vanished = (struct log_entry){.kind = LOG_VANISHED, .mailbox = mc->mb->id};
    *touched = (struct log_entry){.kind = LOG_TOUCHED, .mailbox = mc->mb->id};
    if (mc->n_edits) {
        struct uid_range *c = ARENA_ARRAY(a, struct uid_range, mc->n_edits);
        struct uid_range *v = ARENA_ARRAY(a, struct uid_range, mc->n_edits);
        struct uid_range *t = ARENA_ARRAY(a, struct uid_range, mc->n_edits);

        changed->ranges = c;
        vanished->ranges = v;
        touched->ranges = t;
        for (size_t i = 0; i < mc->n_edits; i++) {
            if (mc->edits[i].removed)
                add_uid(vanished, v, mc->edits[i].uid);
            else if (mc->edits[i].quiet)
                add_uid(touched, t, mc->edits[i].uid);
            else
                add_uid(changed, c, mc->edits[i].uid);
        }
    }
    return LOG_OF_MAILBOX;
}

static enum log_kind log_kind_of(const struct tree_change *t)
{
    if (!t->after.exists)
        return LOG_MAILBOX_GONE;
    return t->mb->durable.exists ? LOG_MAILBOX_CHANGED : LOG_MAILBOX_MADE;
}

static void put_log(struct change *c)
{
    size_t n = 1, used = 0, kept = 0;
    struct log_entry *e;

    for (struct mailbox_change *mc = c->mailboxes; mc; mc = mc->next)
        n += LOG_OF_MAILBOX;
    for (struct tree_change *t = c->tree; t; t = t->next)
        n++;
    e = ARENA_ARRAY(&c->arena, struct log_entry, n);
    for (struct mailbox_change *mc = c->mailboxes; mc; mc = mc->next)
        used += log_mailbox(&c->arena, mc, e + used);
    e[used++] = (struct log_entry){.kind = LOG_EMAILS_GONE, .ids = c->gone, .n = c->n_gone};
    for (size_t i = 0; i < used; i++) {
        if (e[i].n)
            e[kept++] = e[i];
    }
    for (struct tree_change *t = c->tree; t; t = t->next)
        e[kept++] = (struct log_entry){.kind = log_kind_of(t), .mailbox = t->mb->id};
    if (kept)
        change_kv(c, KV_PUT, key_log(&c->arena, c->modseq), log_rec_put(&c->arena, e, kept));
}

void change_seal(struct change *c)
{
    struct account *a = c->a;

    for (struct mailbox_change *mc = c->mailboxes; mc; mc = mc->next) {
        mc->n_keywords = mc->mb->n_keywords;
        mc->renamed = mc->mb->renamed;
        mc->mb->renamed = false;
        mc->mb->keywords_taken = 0;
        put_mailbox(c, mc->mb);
    }
    put_log(c);
    if (c->rec_changed || a->rec_dirty)
        change_kv(c, KV_PUT, key_account(), account_rec_put(&c->arena, &a->rec));
    c->part = (struct kv_part){
        .account = a->id,
        .expected_version = a->next_version++,
        .chain = a->chain,
        .changes = c->kv,
        .n = c->n_kv,
        .core = core_here(),
        .done = done,
    };
    a->rec_dirty = false;
    a->in_flight++;
    NOYIELD_END;
}

enum st change_commit(struct change *c, const struct kv_blob *blobs, size_t n_blobs)
{
    struct kv_part *part = &c->part;
    struct kv_commit commit = {.parts = &part, .n_parts = 1, .blobs = blobs, .n_blobs = n_blobs, .keeps_stages = true};
    enum st st;

    if (change_is_empty(c)) {
        change_drop(c);
        return ST_OK;
    }
    change_seal(c);
    commit.derefs = c->derefs;
    commit.n_derefs = c->n_derefs;
    c->users++; /* `done` gives up only its own */
    st = kv_commit(account_store(c->a), &commit);
    change_release(c);
    return st;
}

bool change_again(enum st st, unsigned *io_tries)
{
    return st == ST_CANCELED && ++*io_tries < TRIES;
}

/* --- durable, or failed ------------------------------------------------------------------------------- */

static void apply_late(struct messages *m, struct mailbox_change *mc)
{
    if (m->n_late == m->cap_late) {
        m->cap_late = m->cap_late ? m->cap_late * 2 : 8;
        m->late = mem_resize(m->late, m->cap_late * sizeof *m->late);
    }
    m->late[m->n_late++] = mc;
    mc->c->users++;
}

static void apply_mailbox(struct change *c, struct mailbox_change *mc)
{
    struct mailbox *mb = mc->mb;

    counts_add(&mb->have, &mc->delta, 1);
    counts_add(&mb->a->have, &mc->delta, 1);
    mb->uidnext = MAX(mb->uidnext, mc->uidnext);
    for (size_t i = 0; i < mc->n_adds; i++) {
        mb->uidnext = MAX(mb->uidnext, mc->adds[i].uid + 1);
        mb->recent += mc->adds[i].uid >= mb->first_recent;
    }
    for (size_t i = 0; i < mc->n_edits; i++) {
        if (mc->edits[i].removed && mc->edits[i].uid >= mb->first_recent && mb->recent)
            mb->recent--;
    }
    mb->highestmodseq = c->modseq;
    if (mb->messages && mb->messages->loading)
        apply_late(mb->messages, mc);
    else if (mb->messages)
        messages_apply(mb->messages, mc);
    mb->n_keywords_durable = MAX(mb->n_keywords_durable, mc->n_keywords);
    mailbox_stale(mb, mc->n_adds + mc->n_edits);
}

static void apply_subscription(struct account *a, const struct sub_change *s)
{
    size_t i = 0;

    while (i < a->n_subs && str_cmp(a->subs[i], s->name) < 0)
        i++;
    if (i < a->n_subs && str_eq(a->subs[i], s->name)) {
        if (!s->on)
            memmove(a->subs + i, a->subs + i + 1, (--a->n_subs - i) * sizeof *a->subs);
        return;
    }
    if (!s->on)
        return;
    if (a->n_subs == a->cap_subs) {
        a->cap_subs = a->cap_subs ? a->cap_subs * 2 : 8;
        a->subs = mem_resize(a->subs, a->cap_subs * sizeof *a->subs);
    }
    memmove(a->subs + i + 1, a->subs + i, (a->n_subs++ - i) * sizeof *a->subs);
    a->subs[i] = account_name(a, s->name);
}

static void apply_acl(struct acl_change *l)
{
    mem_free(l->mb->acl);
    l->mb->acl = TAKE(l->acl);
    if (!l->mb->acl->n)
        mem_free(TAKE(l->mb->acl));
}

static void apply(struct change *c)
{
    watches_note(c);
    taps_note(c);
    for (struct tree_change *t = c->tree; t; t = t->next) {
        if (t->mb->durable.exists && !t->after.exists)
            counts_add(&c->a->have, &t->mb->have, -1);
        t->mb->durable = t->after;
        if (!t->after.exists && t->mb->messages && !t->mb->messages->loading)
            journal_add(t->mb->messages, JOURNAL_DELETED, 0, 0, 0);
    }
    for (struct acl_change *l = c->acls; l; l = l->next)
        apply_acl(l);
    for (struct mailbox_change *mc = c->mailboxes; mc; mc = mc->next)
        apply_mailbox(c, mc);
    for (struct sub_change *s = c->subs; s; s = s->next)
        apply_subscription(c->a, s);
    c->a->version = c->modseq;
    usage_changed(c->a);
    for (struct acl_change *l = c->acls; l; l = l->next)
        followers_tell_acl(l->mb);
    for (struct mailbox_change *mc = c->mailboxes; mc; mc = mc->next)
        followers_tell(mc);
    for (struct mailbox_change *mc = c->mailboxes; mc; mc = mc->next)
        journal_wake(mc->mb);
    watches_wake(c->a);
}

/* The first of a chain that fails takes the rest with it: nothing of what is pending will come. */
static void fall_back(struct account *a)
{
    a->chain++;
    a->next_version = a->version;
    a->will = a->have;
    a->rec_dirty = true; /* what was to be written of it may not have been */
    refs_forget(a);
    for (size_t i = 0; i < a->n_mailboxes; i++) {
        struct mailbox *mb = a->mailboxes[i];

        mb->pending = mb->durable;
        mb->will = mb->have;
        LIST_EACH_SAFE(at, tmp, &mb->in_flight)
            list_del(at);
        LIST_EACH_SAFE(at, tmp, &mb->adding)
            list_del(at);
    }
}

static void done(struct kv_part *part, enum st st)
{
    struct change *c = CONTAINER_OF(part, struct change, part);
    struct account *a = c->a;

    for (struct mailbox_change *mc = c->mailboxes; mc; mc = mc->next) {
        list_del(&mc->link);
        list_del(&mc->adding);
    }
    a->in_flight--;
    if (st == ST_OK)
        apply(c);
    else if (part->chain == a->chain)
        fall_back(a);
    if (st == ST_BUSY) {
        a->lost = true;
        followers_end_all(a);
    }
    if (a->in_flight == 0 && a->refs_users == 0)
        refs_forget(a);
    change_release(c);
}

/* --- the pending state of a message ------------------------------------------------------------------ */

static const struct edit *find_edit(const struct mailbox_change *mc, uint32_t uid)
{
    size_t lo = 0, hi = mc->n_edits;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (mc->edits[mid].uid < uid)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < mc->n_edits && mc->edits[lo].uid == uid ? &mc->edits[lo] : NULL;
}

bool message_pending(const struct mailbox *mb, struct hot *h, bool *out_in_flight)
{
    const struct edit *e = NULL;

    for (const struct list *at = mb->in_flight.prev; !e && at != &mb->in_flight; at = at->prev)
        e = find_edit(LIST_ITEM(at, const struct mailbox_change, link), h->uid);
    if (out_in_flight)
        *out_in_flight = e != NULL;
    if (!e)
        return true;
    h->flags = e->flags;
    h->keywords = e->keywords;
    h->modseq = MAX(h->modseq, e->modseq);
    return !e->removed;
}
