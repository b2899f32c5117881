#include "mail/replica.h"

#include "base/must.h"

#define WAIT_MS 60000
#define TRIES 4
#ifndef SLICE
#define SLICE 16384 /* messages copied in one go */
#endif
#define STALE_MOST 256 /* rows of messages that are gone, of one reader */

struct follower {
    struct list link; /* in mb->followers */
    struct replica *r;
    struct core *home;
};

/* --- what is posted ------------------------------------------------------------------------------------------- */

enum news_what { NEWS_CHANGE, NEWS_ACL, NEWS_GONE };

struct news {
    struct news *next; /* in r->late */
    struct replica *r;
    enum news_what what;
    struct arena arena;
    struct mailbox_change mc;
    struct node node;
    struct counts have;
    uint32_t uidnext;
    uint64_t highestmodseq;
    struct str *keywords; /* NULL: as they were */
    struct acl *acl;      /* owned */
};

static struct acl *copy_acl(const struct acl *acl)
{
    size_t bytes = sizeof *acl + (acl ? acl->n : 0) * sizeof *acl->e;
    struct acl *copy;

    if (!acl)
        return NULL;
    copy = mem_new(bytes);
    memcpy(copy, acl, bytes);
    return copy;
}

static struct str *copy_keywords(struct arena *ar, const struct mailbox *mb, unsigned n)
{
    struct str *names = ARENA_ARRAY(ar, struct str, n);

    for (unsigned i = 0; i < n; i++)
        names[i] = arena_str(ar, mb->keywords[i]);
    return names;
}

static void *copied(struct arena *ar, const void *from, size_t n, size_t size)
{
    void *to = arena_array(ar, size, n);

    if (n)
        memcpy(to, from, n * size);
    return to;
}

static struct news *news_of(const struct mailbox_change *mc, struct replica *r)
{
    const struct mailbox *mb = mc->mb;
    struct news *n = MEM_NEW(struct news);

    n->r = r;
    n->what = NEWS_CHANGE;
    n->mc = (struct mailbox_change){.n_edits = mc->n_edits,
                                    .n_adds = mc->n_adds,
                                    .n_seens = mc->n_seens,
                                    .n_keywords = mc->n_keywords,
                                    .renamed = mc->renamed,
                                    .origin = mc->origin,
                                    .reader = mc->reader};
    n->mc.edits = copied(&n->arena, mc->edits, mc->n_edits, sizeof *mc->edits);
    n->mc.adds = copied(&n->arena, mc->adds, mc->n_adds, sizeof *mc->adds);
    n->mc.seens = copied(&n->arena, mc->seens, mc->n_seens, sizeof *mc->seens);
    n->node = mb->durable;
    n->node.name = arena_str(&n->arena, mb->durable.name);
    n->have = mb->have;
    n->uidnext = mb->uidnext;
    n->highestmodseq = mb->highestmodseq;
    n->keywords = copy_keywords(&n->arena, mb, mc->n_keywords);
    return n;
}

static void take_news(void *arg);

/* Whoever waits for a change finds it in the replica when he goes on: to another core the answer goes the same way, behind it. */
static void tell(const struct follower *f, struct news *n)
{
    if (f->home == core_here())
        take_news(n);
    else
        core_post(f->home, take_news, n);
}

void followers_tell(const struct mailbox_change *mc)
{
    if (!mc->mb->durable.exists) {
        followers_end(mc->mb);
        return;
    }
    LIST_EACH(at, &mc->mb->followers) {
        const struct follower *f = LIST_ITEM(at, const struct follower, link);

        tell(f, news_of(mc, f->r));
    }
}

void followers_tell_acl(struct mailbox *mb)
{
    LIST_EACH(at, &mb->followers) {
        const struct follower *f = LIST_ITEM(at, const struct follower, link);
        struct news *n = MEM_NEW(struct news);

        n->r = f->r;
        n->what = NEWS_ACL;
        n->acl = copy_acl(mb->acl);
        tell(f, n);
    }
}

static void let_go(struct mailbox *mb, struct follower *f)
{
    struct account *a = mb->a;

    list_del(&f->link);
    mem_free(f);
    mailbox_release(mb);
    account_release(a);
}

void followers_end(struct mailbox *mb)
{
    struct account *a = mb->a;

    if (list_is_empty(&mb->followers))
        return;
    mailbox_hold(mb);
    account_hold(a);
    while (!list_is_empty(&mb->followers)) {
        struct follower *f = LIST_ITEM(mb->followers.next, struct follower, link);
        struct news *n = MEM_NEW(struct news);

        n->r = f->r;
        n->what = NEWS_GONE;
        tell(f, n);
        let_go(mb, f);
    }
    mailbox_release(mb);
    account_release(a);
}

/* Letting go of a mailbox that is no more takes it out of the list. */
void followers_end_all(struct account *a)
{
    account_hold(a);
    for (size_t i = a->n_mailboxes; i-- > 0;)
        if (i < a->n_mailboxes)
            followers_end(a->mailboxes[i]);
    taps_end_all(a);
    account_release(a);
}

/* --- what the news do ------------------------------------------------------------------------------------------- */

static struct reader *find_reader(struct replica *r, uint64_t who)
{
    LIST_EACH(at, &r->readers) {
        struct reader *reader = LIST_ITEM(at, struct reader, link);

        if (reader->who == who)
            return reader;
    }
    return NULL;
}

static void take_seens(struct replica *r, const struct news *n)
{
    struct reader *reader = n->mc.n_seens ? find_reader(r, n->mc.reader) : NULL;
    const struct seen_edit *e = n->mc.seens;

    for (size_t i = 0, k; reader && i < n->mc.n_seens; i = k) {
        for (k = i; k < n->mc.n_seens && e[k].uid == e[i].uid + (k - i); k++)
            reader_put(reader, e[k].uid, e[k].seen, n->highestmodseq);
        journal_add_for(r->mb->messages, e[i].uid, e[k - 1].uid, n->mc.origin, n->mc.reader);
    }
}

static void take_change(struct replica *r, struct news *n)
{
    struct mailbox *mb = r->mb;

    if (!str_eq(mb->durable.name, n->node.name))
        mb->durable.name = arena_str(&r->shell->names, n->node.name);
    mb->have = n->have;
    mb->uidnext = n->uidnext;
    mb->highestmodseq = n->highestmodseq;
    if (n->mc.n_keywords > mb->n_keywords_durable || n->mc.renamed) {
        mb->keywords = mem_resize(mb->keywords, MAX(n->mc.n_keywords, 1) * sizeof *mb->keywords);
        for (unsigned i = 0; i < n->mc.n_keywords; i++)
            mb->keywords[i] = i < mb->n_keywords_durable && str_eq(mb->keywords[i], n->keywords[i])
                                  ? mb->keywords[i]
                                  : arena_str(&r->shell->names, n->keywords[i]);
    }
    n->mc.mb = mb;
    messages_apply(mb->messages, &n->mc);
    mb->n_keywords = mb->n_keywords_durable = MAX(mb->n_keywords_durable, n->mc.n_keywords);
    take_seens(r, n); /* behind what has come: one may have seen what he has put there himself */
}

static void take(struct news *n)
{
    struct replica *r = n->r;

    switch (n->what) {
    case NEWS_CHANGE: take_change(r, n); break;
    case NEWS_ACL:
        mem_free(r->mb->acl);
        r->mb->acl = TAKE(n->acl);
        journal_add(r->mb->messages, JOURNAL_RIGHTS, 0, 0, 0);
        break;
    case NEWS_GONE:
        r->gone = true;
        list_del(&r->link);
        r->mb->durable.exists = false;
        journal_add(r->mb->messages, JOURNAL_DELETED, 0, 0, 0);
        break;
    }
    journal_wake(r->mb);
    arena_fini(&n->arena);
    mem_free(n);
}

/* While the owner's core copies, the copy is in its hands: what happens meanwhile comes behind it. */
static void take_news(void *arg)
{
    struct news *n = arg;

    if (!n->r->loading) {
        take(n);
        return;
    }
    *n->r->late_end = n;
    n->r->late_end = &n->next;
}

static void take_late(struct replica *r)
{
    while (r->late) {
        struct news *n = r->late;

        r->late = n->next;
        take(n);
    }
}

/* --- beginning ---------------------------------------------------------------------------------------------------- */

struct following {
    struct guest guest;
    const struct place *place;
    struct replica *r;
    uint32_t mailbox;
    uint64_t log_low;
};

static enum st look_there(struct account *owner, void *arg)
{
    struct following *f = arg;
    struct mailbox *mb;

    TRY(guest_mailbox(owner, &f->guest, f->place->is_shared, f->place->name, RIGHT_READ, &mb));
    if (!mb->durable.exists)
        return FAIL(ST_NOTFOUND, "no such mailbox");
    if (mb->durable.noselect)
        return FAIL(ST_DENIED, "this name has only mailboxes below it");
    f->mailbox = mb->id;
    f->log_low = owner->rec.log_low;
    return ST_OK;
}

/* All but the messages. */
static void copy_mailbox(struct replica *r, const struct mailbox *from)
{
    struct mailbox *mb = mailbox_new(r->shell, from->id, from->uidvalidity);

    r->mb = mb;
    mb->users = 1;
    mb->durable = from->durable;
    mb->durable.name = arena_str(&r->shell->names, from->durable.name);
    mb->pending = mb->durable;
    mb->have = mb->will = from->have;
    mb->uidnext = mb->uidnext_pending = from->uidnext;
    mb->first_recent = from->first_recent;
    mb->highestmodseq = from->highestmodseq;
    mb->n_keywords = mb->n_keywords_durable = from->n_keywords_durable;
    mb->keywords = mem_new(MAX(mb->n_keywords, 1) * sizeof *mb->keywords);
    for (unsigned i = 0; i < mb->n_keywords; i++)
        mb->keywords[i] = arena_str(&r->shell->names, from->keywords[i]);
    mb->acl = copy_acl(from->acl);
    mb->messages = messages_new(mb, from->messages->n);
}

/* As loading does from the rows, beside changes: they are told from before the first message is copied on, and what is in the copy
 * already does nothing when it comes once more. */
static void copy_messages(struct replica *r, struct mailbox *from) SUSPENDS
{
    struct messages *m = from->messages;

    messages_pin(m);
    while (messages_copy_some(r->mb->messages, m, SLICE))
        co_yield ();
    messages_unpin(m);
}

static enum st ready_to_follow(const struct following *f, struct mailbox *mb) SUSPENDS
{
    TRY(messages_load(mb));
    TRY(account_check(mb->a));
    if (!mb->durable.exists)
        return FAIL(ST_NOTFOUND, "no such mailbox");
    return guest_may(mb, &f->guest, RIGHT_READ);
}

static enum st follow_there(struct account *owner, void *arg) SUSPENDS
{
    struct following *f = arg;
    struct mailbox *mb = account_mailbox_of(owner, f->mailbox);
    struct follower *follower;
    enum st st;

    if (!mb)
        return FAIL(ST_NOTFOUND, "no such mailbox");
    mailbox_hold(mb);
    st = ready_to_follow(f, mb);
    if (st != ST_OK) {
        mailbox_release(mb);
        return st;
    }
    f->r->shell->rec = owner->rec;
    copy_mailbox(f->r, mb);
    follower = MEM_NEW(struct follower);
    follower->r = f->r;
    follower->home = f->r->home;
    list_add_tail(&mb->followers, &follower->link);
    account_hold(owner); /* and the mailbox: until let_go */
    mailbox_hold(mb);
    copy_messages(f->r, mb);
    mailbox_release(mb);
    return ST_OK;
}

static struct replica *find_replica(struct mail_core *core, uint64_t owner, uint32_t mailbox)
{
    LIST_EACH(at, &core->replicas) {
        struct replica *r = LIST_ITEM(at, struct replica, link);

        if (r->owner == owner && r->mailbox == mailbox)
            return r;
    }
    return NULL;
}

static struct replica *replica_new(struct mail_core *core, uint64_t owner, uint32_t mailbox)
{
    struct replica *r = MEM_NEW(struct replica);

    r->owner = owner;
    r->mailbox = mailbox;
    r->home = core_here();
    r->shell = account_shell(core, owner);
    r->shell->replica = r;
    r->loading = true;
    r->late_end = &r->late;
    co_waitq_init(&r->waiting);
    list_init(&r->readers);
    list_add_tail(&core->replicas, &r->link);
    return r;
}

static void replica_free(struct replica *r)
{
    list_del(&r->link);
    must(list_is_empty(&r->readers));
    account_free(r->shell);
    mem_free(r);
}

/* --- ending --------------------------------------------------------------------------------------------------------- */

static void ended(void *arg)
{
    replica_free(arg);
}

static void drop_follower(struct account *a, const struct replica *r)
{
    struct mailbox *mb = a ? account_mailbox_of(a, r->mailbox) : NULL;

    if (!mb)
        return;
    LIST_EACH_SAFE(at, tmp, &mb->followers) {
        struct follower *f = LIST_ITEM(at, struct follower, link);

        if (f->r == r) {
            let_go(mb, f);
            return;
        }
    }
}

/* What was posted before this comes before its answer, and nothing behind. */
static void unfollow_there(void *arg)
{
    struct replica *r = arg;

    drop_follower(map_get(&mail_core_here(r->shell->core->m)->accounts, r->owner), r);
    core_post(r->home, ended, r);
}

static void replica_release(struct replica *r)
{
    struct mail *m = r->shell->core->m;

    must(r->users > 0);
    if (--r->users > 0)
        return;
    if (!r->followed || r->gone) {
        replica_free(r);
        return;
    }
    list_del(&r->link);
    core_post(m->opt.cores[mail_core_of(m, r->owner)], unfollow_there, r);
}

/* --- readers -------------------------------------------------------------------------------------------------------- */

struct cleaning {
    uint64_t who;
    uint32_t mailbox;
    uint32_t *uids;
    size_t n;
};

static enum st clean_there(struct account *owner, void *arg) SUSPENDS
{
    const struct cleaning *cl = arg;
    struct change *c;

    TRY(account_check(owner));
    c = change_begin(owner);
    for (size_t i = 0; i < cl->n; i++)
        change_kv(c, KV_DEL, key_seen(&c->arena, cl->mailbox, cl->who, cl->uids[i]), STR_NONE);
    return change_commit(c, NULL, 0);
}

/* Rows of messages that are no more go when there are many. */
static void clean(struct replica *r, const struct reader *reader) SUSPENDS
{
    struct arena ar = ARENA_INIT;
    struct cleaning cl = {.who = reader->who, .mailbox = r->mailbox};
    size_t place;

    cl.uids = ARENA_ARRAY(&ar, uint32_t, MIN(reader->n, LIMIT_MAIL_COMMIT));
    for (size_t i = 0; i < reader->n && cl.n < LIMIT_MAIL_COMMIT; i++)
        if (!messages_find(r->mb->messages, reader->uid[i], &place))
            cl.uids[cl.n++] = reader->uid[i];
    if (cl.n > STALE_MOST && cl.n > reader->n / 2)
        IGNORE(mail_visit(r->shell->core->m, r->owner, clean_there, &cl)); /* the next time, then */
    arena_fini(&ar);
}

static void reader_drop(struct reader *reader)
{
    if (--reader->views > 0)
        return;
    list_del(&reader->link);
    reader_fini(reader);
    mem_free(reader);
}

static enum st wait_for_reader(struct replica *r, struct reader *reader, bool is_first) SUSPENDS
{
    if (!is_first) {
        while (reader->loading)
            TRY(co_waitq_wait(&reader->waiting, deadline_in(WAIT_MS)));
        if (reader->load_st != ST_OK) /* why is the other one's affair: he may have been told to stop */
            return FAIL(ST_TRYLATER, "what was seen of it can't be read");
        return ST_OK;
    }
    reader->load_st = reader_load(reader, account_store(r->shell), r->owner, r->mailbox);
    reader->loading = false;
    co_waitq_wake_all(&reader->waiting);
    if (reader->load_st == ST_OK)
        clean(r, reader);
    return reader->load_st;
}

static enum st reader_get(struct replica *r, uint64_t who, struct reader **out) SUSPENDS
{
    struct reader *reader = find_reader(r, who);
    bool is_first = !reader;
    enum st st;

    if (is_first) {
        reader = MEM_NEW(struct reader);
        reader->who = who;
        reader->loading = true;
        co_waitq_init(&reader->waiting);
        list_add_tail(&r->readers, &reader->link);
    }
    reader->views++;
    st = wait_for_reader(r, reader, is_first);
    if (st != ST_OK) {
        reader_drop(reader);
        return st;
    }
    *out = reader;
    return ST_OK;
}

/* --- views --------------------------------------------------------------------------------------------------------- */

static enum st wait_loaded(struct replica *r, struct following *f, bool is_first) SUSPENDS
{
    struct mail *m = r->shell->core->m;

    if (!is_first) {
        while (r->loading)
            TRY(co_waitq_wait(&r->waiting, deadline_in(WAIT_MS)));
    } else {
        f->r = r;
        r->load_st = mail_visit(m, r->owner, follow_there, f);
        r->followed = r->load_st == ST_OK;
        r->loading = false;
        take_late(r);
        if (r->followed)
            messages_weigh(r->mb->messages);
        if (!r->followed)
            list_del(&r->link);
        co_waitq_wake_all(&r->waiting);
        TRY(r->load_st);
    }
    if (!r->followed)
        return FAIL(ST_TRYLATER, "the mailbox could not be opened just now");
    if (r->gone)
        return FAIL(ST_NOTFOUND, "no such mailbox");
    return ST_OK;
}

static enum st get_replica(struct account *a, struct following *f, struct replica **out) SUSPENDS
{
    struct replica *r = find_replica(a->core, f->place->owner, f->mailbox);
    bool is_first = !r;
    enum st st;

    if (is_first)
        r = replica_new(a->core, f->place->owner, f->mailbox);
    r->users++;
    st = wait_loaded(r, f, is_first);
    if (st != ST_OK) {
        replica_release(r);
        return st;
    }
    r->shell->rec.log_low = MAX(r->shell->rec.log_low, f->log_low);
    *out = r;
    return ST_OK;
}

/* Whoever waited for another to make the replica, who then had no right to it any more, makes it himself. */
static enum st find_replica_for(struct account *a, struct following *f, struct replica **out) SUSPENDS
{
    enum st st = ST_TRYLATER;

    for (unsigned i = 0; i < TRIES && st == ST_TRYLATER; i++) {
        TRY(mail_visit(a->core->m, f->place->owner, look_there, f));
        st = get_replica(a, f, out);
    }
    return st;
}

enum st replica_view(struct account *a, const struct place *p, struct str name, bool read_only, struct view **out)
{
    struct following f = {.guest = guest_of(a), .place = p};
    struct reader *reader;
    struct replica *r;
    struct view *v;
    enum st st;

    TRY(find_replica_for(a, &f, &r));
    st = reader_get(r, a->id, &reader);
    if (st == ST_OK && (r->gone || guest_may(r->mb, &f.guest, RIGHT_READ) != ST_OK)) { /* while that was read */
        reader_drop(reader);
        st = FAIL(ST_NOTFOUND, "no such mailbox");
    }
    if (st != ST_OK) {
        replica_release(r);
        return st;
    }
    account_hold(a);
    v = view_begin(r->mb, read_only, &f.guest);
    v->replica = r;
    v->reader = reader;
    v->actor = a;
    v->told_rights = view_rights(v);
    v->shown = mem_new(name.n + 1);
    memcpy(v->shown, name.p, name.n);
    *out = v;
    return ST_OK;
}

void replica_view_end(struct view *v)
{
    struct account *actor = v->actor;

    reader_drop(v->reader);
    replica_release(v->replica);
    account_release(actor);
}
