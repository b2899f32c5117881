/* The durable messages of a mailbox in flat arrays. They are read by one scan when a view needs them, kept
 * up to date by changes while they are there, and given up, the longest unused first, when nobody has the mailbox
 * selected and the core's share is used up. */
#include "mail/change.h"
#include "mail/orders.h"

#include "base/must.h"

#define WAIT_MS 60000

struct hot messages_hot(const struct messages *m, size_t i)
{
    return (struct hot){
        .uid = m->uid[i],
        .size = m->size[i],
        .flags = m->flags[i],
        .keywords = m->keywords[i],
        .modseq = m->modseq[i],
        .internal_date_us = m->internal_date[i],
        .save_date_us = m->save_date[i],
        .email = m->email[i],
        .blob = m->blob[i],
    };
}

size_t messages_from(const struct messages *m, uint32_t uid)
{
    size_t lo = 0, hi = m->n;

    if (m->n && m->uid[m->n - 1] < uid)
        return m->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (m->uid[mid] < uid)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

bool messages_find(const struct messages *m, uint32_t uid, size_t *out_i)
{
    size_t i = messages_from(m, uid);

    if (i == m->n || m->uid[i] != uid)
        return false;
    *out_i = i;
    return true;
}

/* --- the arrays --------------------------------------------------------------------------------------- */

#define EACH_ARRAY(m, DO)                                                                                              \
    do {                                                                                                               \
        DO((m)->uid);                                                                                                  \
        DO((m)->size);                                                                                                 \
        DO((m)->flags);                                                                                                \
        DO((m)->keywords);                                                                                             \
        DO((m)->modseq);                                                                                               \
        DO((m)->internal_date);                                                                                        \
        DO((m)->save_date);                                                                                            \
        DO((m)->email);                                                                                                \
        DO((m)->blob);                                                                                                 \
    } while (0)

static void set_cap(struct messages *m, size_t cap)
{
#define RESIZE(array)                                                                                                  \
    (array) = mem_resize((array), cap * sizeof *(array));                                                              \
    mem_large((array), cap * sizeof *(array))
    EACH_ARRAY(m, RESIZE);
#undef RESIZE
    m->cap = cap;
}

/* Moves n messages from index `from` to index `to`. */
static void move(struct messages *m, size_t to, size_t from, size_t n)
{
    if (!n || to == from)
        return;
#define MOVE(array) memmove((array) + to, (array) + from, n * sizeof *(array))
    EACH_ARRAY(m, MOVE);
#undef MOVE
}

static void set(struct messages *m, size_t i, const struct hot *h)
{
    m->uid[i] = h->uid;
    m->size[i] = h->size;
    m->flags[i] = h->flags;
    m->keywords[i] = h->keywords;
    m->modseq[i] = h->modseq;
    m->internal_date[i] = h->internal_date_us;
    m->save_date[i] = h->save_date_us;
    m->email[i] = h->email;
    m->blob[i] = h->blob;
}

/* False: it is there already. */
static bool insert(struct messages *m, const struct hot *h)
{
    size_t i = messages_from(m, h->uid);

    if (i < m->n && m->uid[i] == h->uid)
        return false;
    if (m->n == m->cap)
        set_cap(m, m->cap + m->cap / 4 + 16);
    if (i < m->n)
        view_detach_all(m, i); /* the usual place is the end */
    move(m, i + 1, i, m->n - i);
    set(m, i, h);
    m->n++;
    return true;
}

void messages_room(struct messages *m, size_t cap)
{
    if (m->cap < cap)
        set_cap(m, cap);
}

void messages_put(struct messages *m, const struct hot *h)
{
    size_t i;

    if (messages_find(m, h->uid, &i))
        set(m, i, h);
    else
        insert(m, h);
}

struct messages *messages_new(struct mailbox *mb, size_t cap)
{
    struct messages *m = MEM_NEW(struct messages);

    m->mb = mb;
    list_init(&m->link);
    co_waitq_init(&m->waiting);
    if (cap)
        set_cap(m, cap);
    return m;
}

bool messages_copy_some(struct messages *m, const struct messages *from, size_t most)
{
    uint32_t last = m->n ? m->uid[m->n - 1] : 0;
    size_t i = last == UINT32_MAX ? from->n : messages_from(from, last + 1), n = MIN(from->n - i, most);

    messages_room(m, m->n + n);
    if (n) {
        memcpy(m->uid + m->n, from->uid + i, n * sizeof *m->uid);
        memcpy(m->size + m->n, from->size + i, n * sizeof *m->size);
        memcpy(m->flags + m->n, from->flags + i, n * sizeof *m->flags);
        memcpy(m->keywords + m->n, from->keywords + i, n * sizeof *m->keywords);
        memcpy(m->modseq + m->n, from->modseq + i, n * sizeof *m->modseq);
        memcpy(m->internal_date + m->n, from->internal_date + i, n * sizeof *m->internal_date);
        memcpy(m->save_date + m->n, from->save_date + i, n * sizeof *m->save_date);
        memcpy(m->email + m->n, from->email + i, n * sizeof *m->email);
        memcpy(m->blob + m->n, from->blob + i, n * sizeof *m->blob);
    }
    m->n += n;
    return i + n < from->n;
}

static size_t bytes_of(const struct messages *m)
{
    return sizeof *m + m->cap * MESSAGE_BYTES + m->cap_journal * sizeof *m->journal + orders_bytes(m->orders);
}

/* Those of replicas, which are here beside the owner's, count for as long as they are there; others while nobody has them selected. */
static size_t *sum_of(const struct messages *m)
{
    struct mail_core *core = m->mb->a->core;

    return m->mb->a->replica ? &core->replica_bytes : &core->unselected_bytes;
}

/* They are weighed, again when they grow. */
static void charge(struct messages *m)
{
    size_t bytes = bytes_of(m);

    *sum_of(m) += bytes - m->charged;
    m->charged = bytes;
}

static void uncharge(struct messages *m)
{
    *sum_of(m) -= m->charged;
    m->charged = 0;
}

/* --- what changes do ------------------------------------------------------------------------------------ */

/* A run of neighbours that is told as one entry of the journal. */
struct run {
    struct messages *m;
    enum journal_what what;
    uint64_t origin;
    uint32_t lo, hi;
    size_t last; /* index */
    bool open;
};

static void run_end(struct run *r)
{
    if (r->open)
        journal_add(r->m, r->what, r->lo, r->hi, r->origin);
    r->open = false;
}

static void run_add(struct run *r, size_t i)
{
    if (r->open && r->last + 1 != i)
        run_end(r);
    if (!r->open)
        r->lo = r->m->uid[i];
    r->hi = r->m->uid[i];
    r->last = i;
    r->open = true;
}

/* An edit counts when it is not older than what stands there: the scan may have seen later ones already. */
static void apply_flags(struct messages *m, const struct mailbox_change *mc)
{
    struct run run = {.m = m, .what = JOURNAL_FLAGS, .origin = mc->origin};
    size_t i;

    for (size_t k = 0; k < mc->n_edits; k++) {
        const struct edit *e = &mc->edits[k];

        if (e->removed || !messages_find(m, e->uid, &i) || e->modseq < m->modseq[i])
            continue;
        m->flags[i] = e->flags;
        m->keywords[i] = e->keywords;
        m->modseq[i] = e->modseq;
        if (!e->quiet)
            run_add(&run, i);
    }
    run_end(&run);
}

/* Those at n >= 1 indexes, ascending, go. */
static void close_gaps(struct messages *m, const size_t *gone, size_t n)
{
    size_t to = gone[0];

    for (size_t k = 0; k < n; k++) {
        size_t from = gone[k] + 1, end = k + 1 < n ? gone[k + 1] : m->n;

        move(m, to, from, end - from);
        to += end - from;
    }
    m->n = to;
}

static void apply_removals(struct messages *m, const struct mailbox_change *mc)
{
    struct run run = {.m = m, .what = JOURNAL_REMOVED, .origin = mc->origin};
    size_t *gone = mem_new(MAX(mc->n_edits, 1) * sizeof *gone), n = 0, i;

    for (size_t k = 0; k < mc->n_edits; k++) {
        if (!mc->edits[k].removed || !messages_find(m, mc->edits[k].uid, &i))
            continue;
        gone[n++] = i;
        run_add(&run, i);
    }
    if (n) {
        view_detach_all(m, gone[0]);
        run_end(&run);
        close_gaps(m, gone, n);
    }
    mem_free(gone);
}

void messages_take_out(struct messages *m, const uint32_t *uids, size_t n)
{
    size_t *gone = mem_new(MAX(n, 1) * sizeof *gone);

    for (size_t k = 0; k < n; k++)
        must(messages_find(m, uids[k], &gone[k]));
    if (n)
        close_gaps(m, gone, n);
    mem_free(gone);
}

static void apply_adds(struct messages *m, const struct mailbox_change *mc)
{
    struct run run = {.m = m, .what = JOURNAL_ADDED, .origin = mc->origin};

    for (size_t k = 0; k < mc->n_adds; k++) {
        size_t i;

        if (insert(m, &mc->adds[k]) && messages_find(m, mc->adds[k].uid, &i))
            run_add(&run, i);
    }
    run_end(&run);
}

void messages_apply(struct messages *m, const struct mailbox_change *mc)
{
    if (mc->n_keywords > m->mb->n_keywords_durable || mc->renamed)
        journal_add(m, JOURNAL_KEYWORDS, 0, 0, 0);
    apply_flags(m, mc);
    apply_removals(m, mc);
    apply_adds(m, mc);
    if (m->unselected || m->mb->a->replica)
        charge(m);
}

/* --- in memory or not ------------------------------------------------------------------------------------ */

void messages_free(struct messages *m)
{
    if (!m)
        return;
    if (m->unselected)
        list_del(&m->link);
    uncharge(m);
    for (size_t i = 0; i < m->n_late; i++)
        change_release(m->late[i]->c);
    mem_free(m->late);
#define FREE(array) mem_free(array)
    EACH_ARRAY(m, FREE);
#undef FREE
    mem_free(m->journal);
    orders_free(m->orders);
    mem_free(m);
}

void messages_use(struct messages *m)
{
    if (!m->unselected)
        return;
    list_del(&m->link);
    m->unselected = false;
    uncharge(m);
}

void messages_pin(struct messages *m)
{
    messages_use(m);
    m->pins++;
}

void messages_unpin(struct messages *m)
{
    m->pins--;
    if (list_is_empty(&m->mb->views))
        messages_unuse(m);
}

static uint64_t cache_share(const struct mail_core *core)
{
    uint64_t all = core->rules.cache_bytes ? core->rules.cache_bytes : core->m->opt.cache_bytes;

    return all / core->m->opt.n_cores;
}

/* The longest unused ones make room; `but` stays. */
static void make_room(struct mail_core *core, const struct messages *but)
{
    while (core->unselected_bytes + core->replica_bytes > cache_share(core) && !list_is_empty(&core->unselected)) {
        struct messages *oldest = LIST_ITEM(core->unselected.next, struct messages, link);

        if (oldest == but)
            break;
        messages_drop(oldest);
    }
}

void messages_weigh(struct messages *m)
{
    charge(m);
    make_room(m->mb->a->core, NULL);
}

void messages_unuse(struct messages *m)
{
    struct mail_core *core = m->mb->a->core;

    must(!m->unselected && !m->loading);
    if (m->pins)
        return; /* whoever has pinned it calls again */
    mem_free(m->journal);
    m->journal_base += m->n_journal;
    m->journal = NULL;
    m->n_journal = m->cap_journal = 0;
    m->unselected = true;
    m->unused_at = clock_mono_ms();
    list_add_tail(&core->unselected, &m->link);
    charge(m);
    make_room(core, m);
}

void messages_drop(struct messages *m)
{
    must(m->unselected);
    m->mb->messages = NULL;
    messages_free(m);
}

void messages_evict(struct mail_core *core, uint64_t unused_ms)
{
    mono_ms now = clock_mono_ms();

    while (!list_is_empty(&core->unselected)) {
        struct messages *oldest = LIST_ITEM(core->unselected.next, struct messages, link);

        if (now - oldest->unused_at < unused_ms)
            break;
        messages_drop(oldest);
    }
}

/* On a thread of the pool: while they are loading nobody else looks at the arrays. */
static enum st take_row(void *arg, struct str key, struct str value)
{
    struct messages *m = arg;
    struct hot h;

    TRY(hot_get(key, value, &h));
    insert(m, &h);
    return ST_OK;
}

static enum st scan(struct messages *m) SUSPENDS
{
    const struct mailbox *mb = m->mb;
    struct arena a = ARENA_INIT;
    enum st st =
        kv_walk(account_store(mb->a), mb->a->id, key_hot(&a, mb->id, 0), key_hot(&a, mb->id + 1, 0), take_row, m);

    arena_fini(&a);
    return st;
}

static struct counts counts_in(const struct messages *m)
{
    struct counts is = {.messages = (int64_t)m->n};

    for (size_t i = 0; i < m->n; i++) {
        is.unseen += !(m->flags[i] & MAIL_SEEN);
        is.deleted += (m->flags[i] & MAIL_DELETED) != 0;
        is.bytes += m->size[i];
    }
    return is;
}

/* What came from the image, as long as it comes to what the mailbox counts; else the rows. */
static enum st fill(struct messages *m, bool *out_counted) SUSPENDS
{
    struct mailbox *mb = m->mb;
    enum st st = messages_recall(m);

    *out_counted = false;
    if (st == ST_OK && !m->n_late && !mb->a->in_flight) {
        struct counts is = counts_in(m);

        st = memcmp(&is, &mb->have, sizeof is) == 0 ? ST_OK : ST_NOTFOUND;
        *out_counted = true;
    }
    if (st == ST_OK)
        return ST_OK;
    m->n = 0;
    *out_counted = false;
    TRY(scan(m));
    mailbox_stale(mb, m->n);
    return ST_OK;
}

static void take_counts(struct mailbox *mb, struct counts is)
{
    counts_add(&mb->a->have, &mb->have, -1);
    counts_add(&mb->a->have, &is, 1);
    mb->a->will = mb->a->have;
    mb->have = mb->will = is;
    usage_changed(mb->a);
}

/* Without a change in flight the arrays are the truth, and figures that differ are put right. */
static void recount(struct mailbox *mb, bool counted)
{
    const struct messages *m = mb->messages;

    if (mb->a->in_flight || !mb->durable.exists)
        return;
    if (!counted)
        take_counts(mb, counts_in(m));
    mb->recent = (uint32_t)(m->n - messages_from(m, mb->first_recent));
    if (m->n)
        mb->uidnext = MAX(mb->uidnext, m->uid[m->n - 1] + 1);
    mb->uidnext_pending = MAX(mb->uidnext_pending, mb->uidnext);
}

static enum st load(struct mailbox *mb) SUSPENDS
{
    struct messages *m = MEM_NEW(struct messages);
    bool counted;
    enum st st;

    m->mb = mb;
    list_init(&m->link);
    co_waitq_init(&m->waiting);
    m->loading = true;
    mb->messages = m;
    if (mb->have.messages > 0) /* most accounts in IDLE have an empty INBOX: it takes no room */
        set_cap(m, (size_t)mb->have.messages + 16);
    st = fill(m, &counted);
    m->load_st = st;
    m->loading = false;
    for (size_t i = 0; i < m->n_late; i++) {
        if (st == ST_OK)
            messages_apply(m, m->late[i]);
        change_release(m->late[i]->c);
    }
    m->n_late = 0;
    if (st == ST_OK) {
        recount(mb, counted);
        messages_unuse(m);
        co_waitq_wake_all(&m->waiting);
        return ST_OK;
    }
    mb->messages = NULL;
    co_waitq_wake_all(&m->waiting);
    messages_free(m);
    return st;
}

enum st messages_load(struct mailbox *mb)
{
    for (;;) {
        if (!mb->messages)
            return load(mb);
        if (!mb->messages->loading)
            return ST_OK;
        TRY(co_waitq_wait(&mb->messages->waiting, deadline_in(WAIT_MS)));
    }
}
