#include "mail/far_watch.h"

#include "mail/guest.h"

#include "base/must.h"

/* RFC 5465 section 5 */
static const uint32_t needed = RIGHT_LOOKUP | RIGHT_READ;

/* On the watcher's core. */
struct far_box {
    struct list link;    /* in w->boxes */
    struct far_watch *w; /* NULL: given up; it is freed when the owner's core has let go of it */
    struct core *home;
    struct mail *m;
    struct guest guest;
    uint64_t owner;
    uint32_t mailbox;
    size_t space_n;        /* how much of its name is not its name there */
    char *name, *old_name; /* owned; old_name NULL: not renamed since it was told */
    unsigned what;
    bool changed, gone, lost, hidden;
};

struct far_watch {
    struct mail *m;
    struct guest guest;
    struct list boxes;
    size_t n;
    void (*on_change)(void *arg);
    void *arg;
};

/* On the owner's core, in account->taps, which it holds. */
struct tap {
    struct list link;
    struct far_box *b;
    struct core *home;
    struct guest guest;
    uint32_t mailbox;
};

static char *copy_name(struct str name)
{
    char *p = mem_new(name.n + 1);

    if (name.n)
        memcpy(p, name.p, name.n);
    p[name.n] = 0;
    return p;
}

/* --- on the owner's core ---------------------------------------------------------------------------------------- */

struct far_news {
    struct far_box *b;
    unsigned what;
    bool looks, gone, lost; /* looks: at what he may */
    char *name;             /* there; owned */
};

static void take_news(void *arg);

static void tell(const struct tap *t, const struct far_news *n)
{
    struct far_news *copy = MEM_NEW(struct far_news);

    *copy = *n;
    copy->b = t->b;
    if (t->home == core_here())
        take_news(copy);
    else
        core_post(t->home, take_news, copy);
}

static void let_go(struct account *a, struct tap *t)
{
    list_del(&t->link);
    mem_free(t);
    account_release(a);
}

static struct far_news what_is_new(const struct tap *t, const struct change *c)
{
    struct far_news n = {0};

    for (const struct tree_change *tc = c->tree; tc; tc = tc->next) {
        if (tc->mb->id != t->mailbox)
            continue;
        n.gone = n.gone || !tc->after.exists;
        if (tc->after.exists && !str_eq(tc->mb->durable.name, tc->after.name)) {
            mem_free(n.name);
            n.name = copy_name(tc->after.name);
        }
    }
    for (const struct acl_change *l = c->acls; l; l = l->next)
        n.looks = n.looks || l->mb->id == t->mailbox;
    for (const struct mailbox_change *mc = c->mailboxes; mc; mc = mc->next)
        if (mc->mb->id == t->mailbox && (acl_rights(mc->mb->acl, mc->mb->a, &t->guest) & needed) == needed)
            n.what |= watch_what(mc) | (mc->n_seens && mc->reader == t->guest.id ? (unsigned)WATCH_FLAGS : 0u);
    return n;
}

void taps_note(const struct change *c)
{
    LIST_EACH_SAFE(at, tmp, &c->a->taps) {
        struct tap *t = LIST_ITEM(at, struct tap, link);
        struct far_news n = what_is_new(t, c);

        if (n.what || n.looks || n.gone || n.name)
            tell(t, &n);
        if (n.gone)
            let_go(c->a, t);
    }
}

void taps_end_all(struct account *a)
{
    LIST_EACH_SAFE(at, tmp, &a->taps) {
        struct tap *t = LIST_ITEM(at, struct tap, link);

        tell(t, &(struct far_news){.lost = true});
        let_go(a, t);
    }
}

static enum st tap_there(struct account *owner, void *arg)
{
    struct far_box *b = arg;
    struct mailbox *mb = account_mailbox_of(owner, b->mailbox);
    struct tap *t;

    TRY(account_check(owner));
    if (!mb || !mb->durable.exists)
        return FAIL(ST_NOTFOUND, "no such mailbox");
    TRY(guest_may(mb, &b->guest, needed));
    t = MEM_NEW(struct tap);
    *t = (struct tap){.b = b, .home = b->home, .guest = b->guest, .mailbox = b->mailbox};
    list_add_tail(&owner->taps, &t->link);
    account_hold(owner); /* until let_go */
    return ST_OK;
}

static void box_free(struct far_box *b)
{
    list_del(&b->link);
    mem_free(b->name);
    mem_free(b->old_name);
    mem_free(b);
}

static void ended(void *arg)
{
    box_free(arg);
}

/* What was posted before this comes before its answer, and nothing behind. */
static void untap_there(void *arg)
{
    struct far_box *b = arg;
    struct account *a = map_get(&mail_core_here(b->m)->accounts, b->owner);

    for (struct list *at = a ? a->taps.next : NULL; at && at != &a->taps; at = at->next) {
        struct tap *t = LIST_ITEM(at, struct tap, link);

        if (t->b == b) {
            let_go(a, t);
            break;
        }
    }
    core_post(b->home, ended, b);
}

/* --- at home ------------------------------------------------------------------------------------------------------ */

static void rename_box(struct far_box *b, const char *name)
{
    char *now = mem_new(b->space_n + strlen(name) + 1);

    memcpy(now, b->name, b->space_n);
    memcpy(now + b->space_n, name, strlen(name) + 1);
    if (b->old_name)
        mem_free(b->name);
    else
        b->old_name = b->name;
    b->name = now;
}

static void take_news(void *arg)
{
    struct far_news *n = arg;
    struct far_box *b = n->b;
    struct far_watch *w = b->w;
    void (*fn)(void *arg);

    if (n->name)
        rename_box(b, n->name);
    b->what |= n->what;
    b->gone = b->gone || n->gone;
    b->lost = b->lost || n->lost;
    b->changed = true;
    mem_free(n->name);
    mem_free(n);
    fn = w ? TAKE(w->on_change) : NULL;
    if (fn)
        fn(w->arg);
}

struct far_watch *far_watch_new(struct account *a)
{
    struct far_watch *w = MEM_NEW(struct far_watch);

    w->m = a->core->m;
    w->guest = guest_of(a);
    list_init(&w->boxes);
    return w;
}

static void drop(struct far_box *b)
{
    struct mail *m = b->m;

    b->w->n--;
    b->w = NULL;
    if (b->gone || b->lost) { /* the owner's core has done so */
        box_free(b);
        return;
    }
    list_del(&b->link);
    core_post(m->opt.cores[mail_core_of(m, b->owner)], untap_there, b);
}

void far_watch_free(struct far_watch *w)
{
    if (!w)
        return;
    LIST_EACH_SAFE(at, tmp, &w->boxes)
        drop(LIST_ITEM(at, struct far_box, link));
    mem_free(w);
}

enum st far_watch_add(struct far_watch *w, const struct mailbox_info *box)
{
    struct far_box *b;
    size_t slash = str_find(box->name, '/');
    enum st st;

    if (w->n == LIMIT_MAIL_FAR_WATCHED)
        return FAIL(ST_LIMIT, "No more than %u mailboxes of others", (unsigned)LIMIT_MAIL_FAR_WATCHED);
    slash += str_find(str_from(box->name, slash + 1), '/') + 1; /* Other Users/bob@example.test/ */
    must(slash < box->name.n);
    b = MEM_NEW(struct far_box);
    *b = (struct far_box){.w = w,
                          .home = core_here(),
                          .m = w->m,
                          .guest = w->guest,
                          .owner = box->owner,
                          .mailbox = box->id,
                          .space_n = slash + 1,
                          .name = copy_name(box->name)};
    list_init(&b->link);
    st = mail_visit(w->m, box->owner, tap_there, b);
    if (st != ST_OK) {
        box_free(b);
        return st;
    }
    list_add_tail(&w->boxes, &b->link);
    w->n++;
    return ST_OK;
}

static struct far_box *next_changed(const struct far_watch *w)
{
    LIST_EACH(at, &w->boxes) {
        struct far_box *b = LIST_ITEM(at, struct far_box, link);

        if (b->changed)
            return b;
    }
    return NULL;
}

bool far_watch_has(const struct far_watch *w)
{
    return next_changed(w) != NULL;
}

bool far_watch_next(struct far_watch *w, struct arena *ar, struct far_event *out)
{
    struct far_box *b = next_changed(w);

    if (!b)
        return false;
    *out = (struct far_event){.name = arena_str(ar, str_z(b->name)),
                              .old_name = b->old_name ? arena_str(ar, str_z(b->old_name)) : STR_NONE,
                              .messages = b->what,
                              .gone = b->gone,
                              .was_hidden = b->hidden,
                              .lost = b->lost,
                              .box = b};
    mem_free(TAKE(b->old_name));
    b->what = 0;
    b->changed = false;
    if (b->gone || b->lost) {
        out->box = NULL;
        drop(b);
    }
    return true;
}

void far_watch_hide(const struct far_event *e, bool hidden)
{
    struct far_box *b = e->box;

    if (b)
        b->hidden = hidden;
}

void far_watch_on_change(struct far_watch *w, void (*fn)(void *arg), void *arg)
{
    w->on_change = fn;
    w->arg = arg;
}
