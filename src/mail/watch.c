#include "mail/watch.h"

#include "mail/change.h"

#include "base/must.h"

/* What happened to the messages of a mailbox. */
struct touched {
    uint32_t mailbox;
    unsigned what;
};

struct account_watch {
    struct list link; /* in account->watches */
    struct account *a;
    const struct co *except;
    struct touched *touched; /* by mailbox, ascending */
    size_t n_touched, cap_touched;
    struct account_event *events; /* about names, oldest first; those before `told` have been told */
    size_t n_events, cap_events, told;
    bool overflowed, is_over; /* overflowed: to be told; is_over: it was */
    void (*on_change)(void *arg);
    void *on_change_arg;
};

struct account_watch *account_watch_new(struct account *a)
{
    struct account_watch *w = MEM_NEW(struct account_watch);

    w->a = a;
    list_add_tail(&a->watches, &w->link);
    return w;
}

void account_watch_free(struct account_watch *w)
{
    if (!w)
        return;
    list_del(&w->link);
    mem_free(w->touched);
    mem_free(w->events);
    mem_free(w);
}

void account_watch_except(struct account_watch *w, const struct co *co)
{
    w->except = co;
}

void account_watch_on_change(struct account_watch *w, void (*fn)(void *arg), void *arg)
{
    w->on_change = fn;
    w->on_change_arg = arg;
}

/* --- what is told ------------------------------------------------------------------------------------------------ */

bool account_watch_has(const struct account_watch *w)
{
    return w->overflowed || w->told < w->n_events || w->n_touched;
}

static void forget_events(struct account_watch *w)
{
    mem_free(TAKE(w->events));
    w->n_events = w->cap_events = w->told = 0;
}

static void forget_touched(struct account_watch *w)
{
    mem_free(TAKE(w->touched));
    w->n_touched = w->cap_touched = 0;
}

bool account_watch_next(struct account_watch *w, struct account_event *out)
{
    if (w->overflowed) {
        w->overflowed = false;
        w->is_over = true;
        *out = (struct account_event){.what = ACCOUNT_OVERFLOW};
        return true;
    }
    if (w->told < w->n_events) {
        *out = w->events[w->told++];
        return true;
    }
    forget_events(w);
    if (w->n_touched) {
        struct touched last = w->touched[--w->n_touched];

        *out = (struct account_event){.what = ACCOUNT_MESSAGES, .id = last.mailbox, .messages = last.what};
        return true;
    }
    forget_touched(w);
    return false;
}

/* --- what happens --------------------------------------------------------------------------------------------------- */

static void touch(struct account_watch *w, uint32_t mailbox, unsigned what)
{
    size_t lo = 0, hi = w->n_touched;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (w->touched[mid].mailbox < mailbox)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo < w->n_touched && w->touched[lo].mailbox == mailbox) {
        w->touched[lo].what |= what;
        return;
    }
    if (w->n_touched == w->cap_touched) {
        w->cap_touched = w->cap_touched ? w->cap_touched * 2 : 4;
        w->touched = mem_resize(w->touched, w->cap_touched * sizeof *w->touched);
    }
    memmove(w->touched + lo + 1, w->touched + lo, (w->n_touched++ - lo) * sizeof *w->touched);
    w->touched[lo] = (struct touched){mailbox, what};
}

/* What is told of a name is how it stands when it is told, so once is enough; but not over a renaming. */
static bool is_known(const struct account_watch *w, const struct account_event *e)
{
    for (size_t i = w->n_events; i-- > w->told && w->events[i].what != ACCOUNT_RENAMED;)
        if (w->events[i].what == e->what && str_eq(w->events[i].name, e->name))
            return e->what != ACCOUNT_RENAMED;
    return false;
}

static void add_event(struct account_watch *w, struct account_event e)
{
    if (is_known(w, &e))
        return;
    if (w->n_events - w->told == LIMIT_MAIL_WATCH_EVENTS) {
        forget_events(w);
        forget_touched(w);
        w->overflowed = true;
        return;
    }
    if (w->told == w->n_events)
        w->told = w->n_events = 0;
    if (w->n_events == w->cap_events) {
        w->cap_events = w->cap_events ? w->cap_events * 2 : 4;
        w->events = mem_resize(w->events, w->cap_events * sizeof *w->events);
    }
    w->events[w->n_events++] = e;
}

/* RFC 5465 section 5.4: the mailbox and what is right above it. */
static void add_name(struct account_watch *w, struct str name)
{
    add_event(w, (struct account_event){.what = ACCOUNT_NAME, .name = name});
    for (size_t i = name.n; i-- > 0;) {
        if (name.p[i] != '/')
            continue;
        add_event(w, (struct account_event){.what = ACCOUNT_NAME, .name = str_sub(name, 0, i)});
        return;
    }
}

static bool is_renaming(const struct tree_change *t)
{
    return t->mb->durable.exists && t->after.exists && !str_eq(t->mb->durable.name, t->after.name);
}

/* Of a renaming only the mailbox that was named: what is below it has a longer name. */
static const struct tree_change *find_renamed(const struct change *c)
{
    const struct tree_change *top = NULL;

    for (const struct tree_change *t = c->tree; t; t = t->next)
        if (is_renaming(t) && (!top || t->after.name.n < top->after.name.n))
            top = t;
    return top;
}

unsigned watch_what(const struct mailbox_change *mc)
{
    unsigned what = mc->n_adds ? WATCH_ADDED : 0;

    for (size_t i = 0; i < mc->n_edits && what != (WATCH_ADDED | WATCH_REMOVED | WATCH_FLAGS); i++)
        what |= mc->edits[i].removed ? WATCH_REMOVED : mc->edits[i].quiet ? 0 : WATCH_FLAGS;
    return what;
}

static void note(struct account_watch *w, const struct change *c, const struct tree_change *renamed)
{
    for (const struct tree_change *t = c->tree; t; t = t->next)
        if (t->mb->durable.exists != t->after.exists)
            add_name(w, t->after.name);
    if (renamed)
        add_event(w, (struct account_event){
                         .what = ACCOUNT_RENAMED, .name = renamed->after.name, .old_name = renamed->mb->durable.name});
    for (const struct mailbox_change *mc = c->mailboxes; mc; mc = mc->next) {
        unsigned what = watch_what(mc);

        if (what && !w->overflowed)
            touch(w, mc->mb->id, what);
    }
    for (const struct sub_change *s = c->subs; s; s = s->next)
        add_event(w, (struct account_event){.what = ACCOUNT_SUBSCRIPTION, .name = account_name(w->a, s->name)});
}

void watches_note(const struct change *c)
{
    const struct tree_change *renamed;

    if (list_is_empty(&c->a->watches))
        return;
    renamed = find_renamed(c);
    LIST_EACH(at, &c->a->watches) {
        struct account_watch *w = LIST_ITEM(at, struct account_watch, link);

        if (!w->is_over && !w->overflowed && (!w->except || w->except != c->by))
            note(w, c, renamed);
    }
}

void watches_wake(const struct account *a)
{
    LIST_EACH_SAFE(at, tmp, &a->watches) {
        struct account_watch *w = LIST_ITEM(at, struct account_watch, link);
        void (*fn)(void *arg) = w->on_change;

        if (!fn || !account_watch_has(w))
            continue;
        w->on_change = NULL;
        fn(w->on_change_arg);
    }
}
