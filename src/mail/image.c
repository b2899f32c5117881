/* Images of large mailboxes (store/image.h): what would be kept in memory of one, packed, with the version of the account at
 * which it was begun. Opening reads it and then, for what the change log has of the mailbox behind that version, the rows as they
 * are now; so it does not matter that some of the messages were packed later than others.
 *
 * An image is written in the background: when many messages of the mailbox have changed since, or some and
 * it is quiet now. What has no image, or one that does not fit, is walked over row by row (messages.c), and loses nothing but time. */
#include "mail/change.h"

#include "base/must.h"
#include "store/image.h"

#include <stdlib.h>

#define LAYOUT 1u
#define HEAD_BYTES 21u
#define NEAR 64u          /* uids between two ranges that are read as one: a further walk costs as much */
#define RANGES_MOST 65536 /* of a log, before they are joined */
#define QUIET_MS 15000
#define BEHIND_LEAST 64u
#define ROUND_MOST 1000 /* images in one round */

/* --- bringing up to date --------------------------------------------------------------------------------- */

struct log_walk {
    struct arena entries;
    uint32_t mailbox;
    struct uid_range *ranges;
    size_t n, cap;
    uint64_t read, most; /* commits */
};

static enum st add_range(struct log_walk *w, struct uid_range r)
{
    if (w->n == w->cap) {
        w->cap = w->cap ? w->cap * 2 : 64;
        w->ranges = mem_resize(w->ranges, w->cap * sizeof *w->ranges);
    }
    if (w->n && r.lo >= w->ranges[w->n - 1].lo && r.lo <= (uint64_t)w->ranges[w->n - 1].hi + NEAR)
        w->ranges[w->n - 1].hi = MAX(w->ranges[w->n - 1].hi, r.hi);
    else
        w->ranges[w->n++] = r;
    return w->n < RANGES_MOST ? ST_OK : ST_LIMIT;
}

static enum st take_commit(void *arg, struct str key, struct str value)
{
    struct log_walk *w = arg;
    struct log_entry e;
    struct rec r;

    (void)key;
    if (++w->read > w->most)
        return ST_LIMIT;
    arena_reset(&w->entries);
    if (log_rec_begin(&r, value))
        while (log_rec_next(&r, &w->entries, &e))
            for (size_t i = 0; e.mailbox == w->mailbox && e.kind != LOG_EMAILS_GONE && i < e.n; i++)
                TRY(add_range(w, e.ranges[i]));
    return rec_end(&r, "the change log");
}

static int by_uid(const void *x, const void *y)
{
    const struct uid_range *a = x, *b = y;

    return a->lo < b->lo ? -1 : a->lo > b->lo;
}

/* Sorted, and apart. */
static void join_ranges(struct log_walk *w)
{
    size_t n = w->n;

    if (n)
        qsort(w->ranges, n, sizeof *w->ranges, by_uid);
    w->n = 0;
    for (size_t i = 0; i < n; i++)
        IGNORE(add_range(w, w->ranges[i])); /* not more than there were */
}

/* A range of rows as they are now against the messages that the image has. */
struct again {
    struct messages *m;
    uint64_t next; /* uid: messages below have been looked at */
    uint32_t *gone;
    size_t n_gone, cap_gone, n_put;
};

/* No row below `uid` was met. */
static void miss(struct again *g, uint64_t uid)
{
    for (size_t i = messages_from(g->m, (uint32_t)g->next); g->next < uid && i < g->m->n && g->m->uid[i] < uid; i++) {
        if (g->n_gone == g->cap_gone) {
            g->cap_gone = g->cap_gone ? g->cap_gone * 2 : 64;
            g->gone = mem_resize(g->gone, g->cap_gone * sizeof *g->gone);
        }
        g->gone[g->n_gone++] = g->m->uid[i];
    }
}

static enum st take_again(void *arg, struct str key, struct str value)
{
    struct again *g = arg;
    struct hot h;

    TRY(hot_get(key, value, &h));
    miss(g, h.uid);
    messages_put(g->m, &h);
    g->n_put++;
    g->next = (uint64_t)h.uid + 1;
    return ST_OK;
}

static enum st read_range(struct again *g, struct uid_range r) SUSPENDS
{
    const struct mailbox *mb = g->m->mb;
    struct arena a = ARENA_INIT;
    struct str to = r.hi == UINT32_MAX ? key_hot(&a, mb->id + 1, 0) : key_hot(&a, mb->id, r.hi + 1);
    enum st st;

    g->next = r.lo;
    st = kv_walk(account_store(mb->a), mb->a->id, key_hot(&a, mb->id, r.lo), to, take_again, g);
    if (st == ST_OK)
        miss(g, (uint64_t)r.hi + 1);
    arena_fini(&a);
    return st;
}

static enum st read_ranges(struct messages *m, const struct log_walk *w) SUSPENDS
{
    struct again g = {.m = m};
    uint64_t cost = 0;
    enum st st = ST_OK;

    for (size_t i = 0; i < w->n; i++)
        cost += (uint64_t)w->ranges[i].hi - w->ranges[i].lo + NEAR;
    if (cost > m->n / 2 + 1000)
        return FAIL(ST_LIMIT, "walking over all of it is as fast");
    for (size_t i = 0; st == ST_OK && i < w->n; i++)
        st = read_range(&g, w->ranges[i]);
    if (st == ST_OK)
        messages_take_out(m, g.gone, g.n_gone);
    mem_free(g.gone);
    if (st == ST_OK)
        mailbox_stale(m->mb, g.n_put + g.n_gone);
    return st;
}

static enum st catch_up(struct messages *m, uint64_t version) SUSPENDS
{
    const struct mailbox *mb = m->mb;
    struct log_walk w = {.mailbox = mb->id, .most = m->n / 2 + 1000};
    struct arena a = ARENA_INIT;
    enum st st;

    if (mb->a->rec.log_low > version + 1)
        return FAIL(ST_NOTFOUND, "the change log does not go back so far");
    st = kv_walk(account_store(mb->a), mb->a->id, key_log(&a, version + 1), key_letter(&a, KEY_LOG + 1), take_commit,
                 &w);
    if (st == ST_OK) {
        join_ranges(&w);
        st = read_ranges(m, &w);
    }
    mem_free(w.ranges);
    arena_fini(&w.entries);
    arena_fini(&a);
    return st;
}

/* --- reading ------------------------------------------------------------------------------------------------ */

struct recalling {
    struct messages *m;
    uint32_t uidvalidity;
    uint64_t version, n, most;
};

static enum st take_head(void *arg, struct str head)
{
    struct recalling *g = arg;
    struct rec r = rec_of(head);

    rec_need(&r, rec_u8(&r) == LAYOUT);
    g->uidvalidity = rec_u32(&r);
    g->version = rec_u64(&r);
    g->n = rec_u64(&r);
    TRY(rec_end(&r, "the head of an image"));
    if (g->n > g->most)
        return FAIL(ST_NOTFOUND, "an image of another size altogether");
    messages_room(g->m, (size_t)g->n + 16);
    return ST_OK;
}

static enum st take_chunk(void *arg, struct str chunk)
{
    struct recalling *g = arg;

    TRY(messages_unpack(g->m, chunk));
    return g->m->n <= g->n ? ST_OK : FAIL(ST_CORRUPT, "an image with more messages than it says");
}

enum st messages_recall(struct messages *m)
{
    struct mailbox *mb = m->mb;
    uint32_t least = mb->a->core->rules.image_least;
    struct recalling g = {.m = m, .most = 2 * (uint64_t)MAX(mb->have.messages, 0) + 1000};
    struct image_taker taker = {take_head, take_chunk, &g};

    if (!least || mb->have.messages < least)
        return ST_NOTFOUND;
    TRY(image_read(account_store(mb->a), mb->a->id, mb->id, &taker));
    if (g.n != m->n || g.uidvalidity != mb->uidvalidity || g.version > mb->a->version)
        return FAIL(ST_NOTFOUND, "an image that does not fit");
    mailbox_not_stale(mb);
    return mb->highestmodseq > g.version ? catch_up(m, g.version) : ST_OK;
}

/* --- writing ------------------------------------------------------------------------------------------------- */

void mailbox_not_stale(struct mailbox *mb)
{
    if (mb->stale)
        list_del(&mb->stale->link);
    mem_free(mb->stale);
    mb->stale = NULL;
}

void mailbox_stale(struct mailbox *mb, uint64_t changes)
{
    struct mail_core *core = mb->a->core;

    if (!core->rules.image_least || mb->have.messages < core->rules.image_least || !changes)
        return;
    if (!mb->stale) {
        mb->stale = MEM_NEW(struct staleness);
        mb->stale->mb = mb;
        list_add_tail(&core->stale, &mb->stale->link);
    }
    mb->stale->behind += changes;
    mb->stale->at = clock_mono_ms();
}

static enum st write_chunks(const struct messages *m, struct image_writer *w, uint64_t *out_n) SUSPENDS
{
    uint32_t next = 0, end = m->n ? m->uid[m->n - 1] : 0; /* what comes now is in the log */
    struct buf chunk;
    enum st st = ST_OK;

    *out_n = 0;
    buf_init(&chunk, IMAGE_CHUNK_MAX);
    while (st == ST_OK && next <= end) {
        size_t from = messages_from(m, next), n = MIN(m->n - from, (size_t)PACK_MOST);

        if (!n)
            break;
        buf_clear(&chunk);
        messages_pack(m, from, n, &chunk);
        next = m->uid[from + n - 1];
        *out_n += n;
        st = buf_check(&chunk);
        if (st == ST_OK)
            st = image_add(w, buf_str(&chunk));
        if (next++ == UINT32_MAX)
            break;
    }
    buf_fini(&chunk);
    return st;
}

static enum st write_image(const struct mailbox *mb) SUSPENDS
{
    const struct account *a = mb->a;
    uint64_t version = a->version, n;
    struct image_writer *w;
    struct buf head;
    enum st st, end;

    TRY(image_create(account_store(a), a->id, mb->id, &w));
    st = write_chunks(mb->messages, w, &n);
    buf_init(&head, HEAD_BYTES);
    if (st == ST_OK && !a->lost && mb->durable.exists) {
        rec_put_u8(&head, LAYOUT);
        rec_put_u32(&head, mb->uidvalidity);
        rec_put_u64(&head, version);
        rec_put_u64(&head, n);
    }
    end = image_end(w, buf_str(&head));
    buf_fini(&head);
    return st == ST_OK ? end : st;
}

/* Held. When it was not in memory it does not stay there. */
static enum st image_held(struct mailbox *mb) SUSPENDS
{
    bool was_there = mb->messages != NULL;
    struct messages *m;
    enum st st;

    TRY(messages_load(mb));
    m = mb->messages;
    messages_pin(m);
    mailbox_not_stale(mb);
    st = write_image(mb);
    messages_unpin(m);
    if (m->unselected && !was_there)
        messages_drop(m);
    return st;
}

static void image_one(struct mailbox *mb) SUSPENDS
{
    struct account *a = mb->a;

    account_hold(a);
    mailbox_hold(mb);
    /* Where it fails, the image that is there goes on, or none: the next one is tried when as much has changed again. */
    if (image_held(mb) != ST_OK)
        mailbox_not_stale(mb);
    mailbox_release(mb);
    account_release(a);
}

/* An eighth of it has changed; or a part, and it is quiet; or a few, and it is the last time to ask. */
static bool is_due(const struct mailbox *mb, bool last)
{
    uint64_t n = (uint64_t)MAX(mb->have.messages, 0), behind = mb->stale->behind;

    if (mb->a->lost || !mb->a->ready || !mb->durable.exists)
        return false;
    if (behind >= MAX(n / 8, 4 * BEHIND_LEAST))
        return true;
    if (last)
        return behind > n / 64;
    return behind >= BEHIND_LEAST + n / 64 && clock_mono_ms() - mb->stale->at >= QUIET_MS;
}

static struct mailbox *next_due(const struct mail_core *core, bool last)
{
    LIST_EACH(at, &core->stale) {
        struct mailbox *mb = LIST_ITEM(at, struct staleness, link)->mb;

        if (is_due(mb, last))
            return mb;
    }
    return NULL;
}

void mail_tend(struct mail *m, bool last, mono_ms deadline)
{
    struct mail_core *core = mail_core_here(m);
    struct mailbox *mb;

    if (core->rules.cache_ms)
        messages_evict(core, core->rules.cache_ms);
    while (core->tending) /* one writer for a file */
        if (clock_mono_ms() >= deadline || co_sleep(deadline_in(1)) != ST_OK)
            return;
    core->tending = true;
    for (int i = 0; i < ROUND_MOST && clock_mono_ms() < deadline && (mb = next_due(core, last)); i++)
        image_one(mb);
    core->tending = false;
}

/* --- going --------------------------------------------------------------------------------------------------- */

enum st mailbox_forget_image(struct account *a, uint32_t mailbox)
{
    return image_remove(account_store(a), a->id, mailbox);
}

static enum st sweep_one(struct mail_core *core, const struct image_name *i) SUSPENDS
{
    struct store *s = core->m->opt.store;
    struct arena a = ARENA_INIT;
    struct str value;
    enum st st = kv_get(s, &a, i->account, key_mailbox(&a, i->number), &value);

    arena_fini(&a);
    if (st == ST_NOTFOUND)
        st = i->is_tmp ? image_remove_tmp(s, i->account, i->number) : image_remove(s, i->account, i->number);
    return st;
}

/* What is being written has a mailbox; what a crash has left of one that still is, the next writing takes over. */
enum st images_sweep(struct mail_core *core)
{
    struct arena a = ARENA_INIT;
    enum st st = ST_OK;

    for (unsigned folder = 0; st == ST_OK && folder < IMAGE_FOLDERS; folder++) {
        struct image_name *names;
        size_t n = 0;

        arena_reset(&a);
        st = image_list(core->m->opt.store, folder, &a, &names, &n);
        for (size_t i = 0; st == ST_OK && i < n; i++)
            if (mail_core_of(core->m, names[i].account) == (unsigned)(core - core->m->cores))
                st = sweep_one(core, &names[i]);
    }
    arena_fini(&a);
    return st;
}
