/* THREAD: messages are sorted by date once; whatever list of siblings is needed is then made by going over all of them in
 * that order and putting each behind the others that have its parent. */
#include "mail/state.h"
#include "mail/thread_links.h"

#include "base/map.h"
#include "base/must.h"

#define NO_SUBJECT 1 /* where messages without one belong together, too */

enum { LOOK_EVERY = 256 }; /* messages between reports of progress */

/* Items: messages 1 to n, then dummies, which have several children and no parent. */
struct threading {
    struct sorting mem;
    struct view *v;
    const uint32_t *seqs;
    size_t n;
    uint64_t *sent;    /* of messages, from 1 */
    uint64_t *came;    /* of messages; REFS: of the first item of a thread the latest in it. NULL: nobody asks */
    uint64_t *subject; /* hash of the base subject; 0: empty */
    bool *reply;
    uint32_t *order; /* messages by date */
    uint32_t *parent;
    uint32_t *same;  /* of dummies: the one whose children its children have become; 0: it is itself */
    uint32_t *first; /* of dummies: the first child by date */
    size_t n_items, cap_items;
    uint32_t *table; /* of items, by subject */
    size_t table_cap;
    struct links links;
};

static int by_date(const void *arg, uint32_t a, uint32_t b)
{
    const struct threading *t = arg;

    return (t->sent[a] > t->sent[b]) - (t->sent[a] < t->sent[b]);
}

static bool is_dummy(const struct threading *t, uint32_t item)
{
    return item > t->n;
}

static uint32_t message_of(const struct threading *t, uint32_t item)
{
    return is_dummy(t, item) ? t->first[item] : item;
}

static uint32_t parent_of(const struct threading *t, uint32_t item)
{
    uint32_t p = t->parent[item];

    return is_dummy(t, p) && t->same[p] ? t->same[p] : p;
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

static enum st put_message(struct threading *t, uint32_t item, const struct mail_msg *m, const struct email *e,
                           bool links) SUSPENDS
{
    t->sent[item] = sorting_sent(m, e);
    if (t->came)
        t->came[item] = m->internal_date_us;
    if (e && e->rec.base_subject.n) {
        t->subject[item] = hash_bytes(e->rec.base_subject);
        t->subject[item] += t->subject[item] <= NO_SUBJECT ? 2 : 0;
    }
    t->reply[item] = e && e->rec.flags & MIME_RECORD_IS_REPLY;
    return links ? links_message(&t->links, item, e ? &e->rec : NULL) : ST_OK;
}

static enum st read_messages(struct threading *t, struct email_cursor *c, bool links) SUSPENDS
{
    for (uint32_t item = 1; item <= t->n; item++) {
        struct mail_msg m;
        struct email e;
        enum st st = email_cursor_get(c, t->seqs[item - 1], &e);

        if (st != ST_OK && st != ST_NOTFOUND && st != ST_CORRUPT)
            return st;
        view_msg(t->v, t->seqs[item - 1], &m);
        TRY(put_message(t, item, &m, st == ST_OK ? &e : NULL, links));
        if (item % LOOK_EVERY == 0)
            view_progress(t->v, item, t->n);
        TRY(sorting_rest(&t->mem));
    }
    return ST_OK;
}

static enum st read_all(struct threading *t, bool links) SUSPENDS
{
    struct email_cursor *cursor;
    enum st st;

    TRY(email_cursor_open(t->v, &cursor));
    st = read_messages(t, cursor, links);
    email_cursor_close(cursor);
    TRY(st);
    for (uint32_t i = 0; i < t->n; i++)
        t->order[i] = i + 1;
    return sorting_sort(&t->mem, t->order, t->n, by_date, t);
}

/* --- the subject table (steps 5.A, 5.B) -------------------------------------------------------------------------- */

/* The place of a subject: an item, or 0 and room for one. */
static uint32_t *table_place(struct threading *t, uint64_t subject)
{
    size_t at = subject & (t->table_cap - 1);

    while (t->table[at] && t->subject[message_of(t, t->table[at])] != subject)
        at = (at + 1) & (t->table_cap - 1);
    return &t->table[at];
}

static bool is_better(const struct threading *t, uint32_t item, uint32_t than)
{
    if (is_dummy(t, than))
        return false;
    return is_dummy(t, item) || (t->reply[than] && !t->reply[item]);
}

/* --- ORDEREDSUBJECT ------------------------------------------------------------------------------------------------ */

static enum st thread_by_subject(struct threading *t) SUSPENDS
{
    for (size_t i = 0; i < t->n; i++) {
        uint32_t item = t->order[i], *place;

        t->subject[item] = t->subject[item] ? t->subject[item] : NO_SUBJECT;
        place = table_place(t, t->subject[item]);
        if (*place)
            t->parent[item] = *place;
        else
            *place = item;
        if (i % 256 == 0)
            TRY(sorting_rest(&t->mem));
    }
    return ST_OK;
}

/* --- REFERENCES ------------------------------------------------------------------------------------------------------ */

static uint32_t new_dummy(struct threading *t, uint32_t first)
{
    must(t->n_items < t->cap_items);
    t->first[t->n_items] = first;
    return (uint32_t)t->n_items++;
}

/* Step 3. Parents that are not there go, their children come in their places; but not to the top, unless it is only one.
 * *dummy_of: for each parent that stays its item. */
static enum st prune(struct threading *t) SUSPENDS
{
    uint32_t *kids, *dummy_of;

    TRY(sorting_take(&t->mem, t->links.n * 2 * sizeof *kids));
    kids = ARENA_ARRAY(&t->mem.arena, uint32_t, t->links.n);
    dummy_of = ARENA_ARRAY(&t->mem.arena, uint32_t, t->links.n);
    for (uint32_t item = 1; item <= t->n; item++) {
        uint32_t top;

        t->parent[item] = links_parent(&t->links, item, &top);
        kids[top]++;
        if (item % 256 == 0)
            TRY(sorting_rest(&t->mem));
    }
    for (size_t i = 0; i < t->n; i++) {
        uint32_t item = t->order[i], top;

        if (i % 256 == 0)
            TRY(sorting_rest(&t->mem));
        if (links_parent(&t->links, item, &top) || top == 0 || kids[top] < 2)
            continue;
        if (dummy_of[top] == 0)
            dummy_of[top] = new_dummy(t, item);
        t->parent[item] = dummy_of[top];
    }
    return ST_OK;
}

/* Calls fn for all items without a parent, by date (step 4): a dummy stands where its first child does. */
static enum st each_top(struct threading *t, void (*fn)(struct threading *t, uint32_t item)) SUSPENDS
{
    for (size_t i = 0; i < t->n; i++) {
        uint32_t item = t->order[i], p = t->parent[item];

        if (p == 0)
            fn(t, item);
        else if (is_dummy(t, p) && t->first[p] == item)
            fn(t, p);
        if (i % 256 == 0)
            TRY(sorting_rest(&t->mem));
    }
    return ST_OK;
}

/* Step 5.B */
static void enter(struct threading *t, uint32_t item)
{
    uint64_t subject = t->subject[message_of(t, item)];
    uint32_t *place;

    if (!subject)
        return;
    place = table_place(t, subject);
    if (!*place || is_better(t, item, *place))
        *place = item;
}

/* Step 5.C. Both are at the top; what is merged is not any more. */
static void merge(struct threading *t, uint32_t item)
{
    uint64_t subject = t->subject[message_of(t, item)];
    uint32_t *place, other;

    if (!subject)
        return;
    place = table_place(t, subject);
    other = *place;
    if (other == item)
        return;
    if (is_dummy(t, item)) {
        must(is_dummy(t, other)); /* it would stand in the table itself */
        t->same[item] = other;
    } else if (is_dummy(t, other) || (t->reply[item] && !t->reply[other])) {
        t->parent[item] = other;
    } else {
        *place = new_dummy(t, other);
        t->parent[item] = t->parent[other] = *place;
    }
}

static enum st thread_by_references(struct threading *t) SUSPENDS
{
    TRY(prune(t));
    TRY(each_top(t, enter));
    return each_top(t, merge);
}

/* --- the outcome ------------------------------------------------------------------------------------------------ */

static void append(struct thread_node *nodes, uint32_t *last, uint32_t parent, uint32_t item)
{
    nodes[item].parent = parent;
    if (last[parent])
        nodes[last[parent]].next = item;
    else
        nodes[parent].first = item;
    last[parent] = item;
}

struct thread_forest {
    struct sorting mem;
    const struct thread_node *nodes;
};

/* Step 6, and the lists for all. */
static enum st make_nodes(struct threading *t, struct thread_forest *f, struct thread_node **out) SUSPENDS
{
    struct thread_node *nodes = ARENA_ARRAY(&f->mem.arena, struct thread_node, t->n_items);
    uint32_t *last = ARENA_ARRAY(&t->mem.arena, uint32_t, t->n_items);

    for (size_t i = 0; i < t->n; i++) {
        uint32_t item = t->order[i], p = parent_of(t, item);

        nodes[item].seq = t->seqs[item - 1];
        if (is_dummy(t, p) && !nodes[p].first)
            append(nodes, last, 0, p);
        append(nodes, last, p, item);
        if (i % 256 == 0)
            TRY(sorting_rest(&t->mem));
    }
    f->nodes = *out = nodes;
    return ST_OK;
}

/* --- REFS ---------------------------------------------------------------------------------------------------------- */

static int by_coming(const void *arg, uint32_t a, uint32_t b)
{
    const struct threading *t = arg;

    return (t->came[a] > t->came[b]) - (t->came[a] < t->came[b]);
}

/* Of all that is below the first item of a thread. */
static enum st find_latest(struct threading *t, const struct thread_node *nodes, uint32_t top) SUSPENDS
{
    uint64_t latest = t->came[top];
    uint32_t at = top;

    for (size_t i = 1;; i++) {
        if (nodes[at].first) {
            at = nodes[at].first;
        } else {
            while (at != top && !nodes[at].next)
                at = nodes[at].parent;
            if (at == top)
                break;
            at = nodes[at].next;
        }
        latest = MAX(latest, t->came[at]);
        if (i % 256 == 0)
            TRY(sorting_rest(&t->mem));
    }
    t->came[top] = latest;
    return ST_OK;
}

/* In the place of step 4. Threads to which something came at the same time stay in the order of their dates. */
static enum st sort_tops(struct threading *t, struct thread_node *nodes) SUSPENDS
{
    uint32_t *tops;
    size_t n = 0;

    TRY(sorting_take(&t->mem, t->n_items * sizeof *tops));
    tops = ARENA_ARRAY(&t->mem.arena, uint32_t, t->n_items);
    for (uint32_t top = nodes[0].first; top; top = nodes[top].next) {
        TRY(find_latest(t, nodes, top));
        tops[n++] = top;
        if (n % 256 == 0)
            TRY(sorting_rest(&t->mem));
    }
    TRY(sorting_sort(&t->mem, tops, n, by_coming, t));
    nodes[0].first = n ? tops[0] : 0;
    for (size_t i = 0; i < n; i++)
        nodes[tops[i]].next = i + 1 < n ? tops[i + 1] : 0;
    return ST_OK;
}

/* A dummy has two messages below it at least, and another one is made for two at least: half as many as messages. One of a
 * merge may be made of what another was made of: at most one for each message. */
static enum st make_room(struct threading *t, enum thread_by by, struct thread_forest *f)
{
    struct arena *a = &t->mem.arena;

    t->cap_items = 2 * t->n + 1;
    t->n_items = t->n + 1;
    for (t->table_cap = 16; t->table_cap < 2 * t->n; t->table_cap *= 2)
        ;
    TRY(sorting_take(&t->mem, t->n * 21 + t->cap_items * 16 + t->table_cap * 4));
    TRY(sorting_take(&f->mem, t->cap_items * sizeof(struct thread_node)));
    if (by == THREAD_REFS) {
        TRY(sorting_take(&t->mem, t->cap_items * sizeof *t->came));
        t->came = ARENA_ARRAY(a, uint64_t, t->cap_items);
    }
    t->sent = ARENA_ARRAY(a, uint64_t, t->n + 1);
    t->subject = ARENA_ARRAY(a, uint64_t, t->n + 1);
    t->reply = ARENA_ARRAY(a, bool, t->n + 1);
    t->order = ARENA_ARRAY(a, uint32_t, t->n + 1);
    t->parent = ARENA_ARRAY(a, uint32_t, t->cap_items);
    t->same = ARENA_ARRAY(a, uint32_t, t->cap_items);
    t->first = ARENA_ARRAY(a, uint32_t, t->cap_items);
    t->table = ARENA_ARRAY(a, uint32_t, t->table_cap);
    return ST_OK;
}

static enum st thread(struct threading *t, enum thread_by by, struct thread_forest *f) SUSPENDS
{
    bool links = by != THREAD_ORDEREDSUBJECT;
    struct thread_node *nodes;

    TRY(make_room(t, by, f));
    if (links)
        TRY(links_begin(&t->links, &t->mem, t->n));
    TRY(read_all(t, links));
    TRY(by == THREAD_REFS ? prune(t) : links ? thread_by_references(t) : thread_by_subject(t));
    TRY(make_nodes(t, f, &nodes));
    return by == THREAD_REFS ? sort_tops(t, nodes) : ST_OK;
}

enum st view_thread(struct view *v, enum thread_by by, const uint32_t *seqs, size_t n, struct thread_forest **out)
{
    struct thread_forest *f = MEM_NEW(struct thread_forest);
    struct threading t = {.v = v, .seqs = seqs, .n = n};
    enum st st;

    sorting_begin(&f->mem);
    sorting_begin(&t.mem);
    st = thread(&t, by, f);
    links_end(&t.links);
    sorting_end(&t.mem);
    if (st == ST_OK)
        *out = f;
    else
        thread_forest_free(f);
    return st;
}

const struct thread_node *thread_forest_nodes(const struct thread_forest *f)
{
    return f->nodes;
}

void thread_forest_free(struct thread_forest *f)
{
    if (f)
        sorting_end(&f->mem);
    mem_free(f);
}
