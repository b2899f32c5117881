/* Deleted messages that are kept for a while. Deleting moves the hot record under a key of its own, in the commit that
 * takes the message from its mailbox; email and blob stay as they are, and the count of references too: this
 * record is one of them. Taking such records away, by bringing the message back or for good, is done by one at a time in
 * an account, since nothing in memory says what is about to become of them. */
#include "mail/edit.h"

#include "base/must.h"
#include "mime/text_search.h"

#define BATCH 1000     /* messages in one commit */
#define PIECE 131072u  /* of a letter that is searched */
#define WAIT_MS 600000 /* for others who take away */

/* --- deleting --------------------------------------------------------------------------------------------- */

uint64_t kept_seconds(const struct account *a)
{
    return a->rec.keep_s == KEEP_DEFAULT ? a->core->rules.keep_s : a->rec.keep_s;
}

bool kept_is_on(const struct account *a)
{
    return kept_seconds(a) > 0 && !a->removed;
}

void kept_put(struct change *c, const struct mailbox *mb, const struct hot *h)
{
    struct kept_rec r = {.mailbox = mb->id, .hot = *h, .name = mb->pending.name};

    if (!c->now_us)
        c->now_us = clock_wall_us();
    for (uint64_t bits = h->keywords; bits; bits &= bits - 1)
        r.keywords[r.n_keywords++] = mb->keywords[__builtin_ctzll(bits)];
    change_kv(c, KV_PUT, key_kept(&c->arena, c->now_us, mb->id, h->uid), kept_rec_put(&c->arena, &r));
    if (!(h->flags & HOT_SHARED)) /* of others it is not known without reading whether a mailbox still has them */
        change_gone(c, h->email);
}

/* --- one at a time -------------------------------------------------------------------------------------------- */

static enum st take_turn(struct account *a) SUSPENDS
{
    mono_ms deadline = deadline_in(WAIT_MS);

    while (a->kept_busy)
        TRY(co_waitq_wait(&a->kept_wait, deadline));
    a->kept_busy = true;
    refs_hold(a);
    return ST_OK;
}

static void give_turn(struct account *a)
{
    a->kept_busy = false;
    refs_release(a);
    co_waitq_wake_one(&a->kept_wait);
}

/* --- reading -------------------------------------------------------------------------------------------------- */

struct walk {
    struct account *a;
    const struct kept_filter *f;
    struct mime_needle needle;
    struct arena arena, tmp; /* of the range, of one message */
    struct kv_range *range;
};

static enum st walk_begin(struct walk *w, struct account *a, const struct kept_filter *f, struct arena *ar)
{
    *w = (struct walk){.a = a, .f = f};
    if (f->text.n)
        mime_needle_init(&w->needle, ar, f->text);
    return kv_range_open(account_store(a), &w->arena, a->id, key_kept(&w->arena, f->since_us, 0, 0),
                         key_letter(&w->arena, KEY_KEPT + 1), &w->range);
}

static enum st walk_end(struct walk *w, enum st st)
{
    enum st ended = kv_range_close(w->range);

    arena_fini(&w->arena);
    arena_fini(&w->tmp);
    return st == ST_OK ? ended : st;
}

static bool is_asked_for(const struct kept_filter *f, const struct kept_rec *r)
{
    if (f->mailbox.n && !str_eq(f->mailbox, r->name))
        return false;
    for (size_t i = 0; i < f->n_ids; i++) {
        if (f->ids[i].mailbox == r->mailbox && f->ids[i].uid == r->hot.uid)
            return true;
    }
    return f->n_ids == 0;
}

static enum st read_email(struct account *a, uint64_t id, struct arena *ar, struct email *out) SUSPENDS
{
    struct str value;

    *out = (struct email){.id = id};
    TRY(kv_get(account_store(a), ar, a->id, key_email(ar, id), &value));
    return email_rec_get(id, value, out);
}

/* Without a text to look for every message has it; one that is damaged has none. */
static bool has_text(struct walk *w, const struct kept_rec *r) SUSPENDS
{
    struct blob_view body;
    struct mime_search *m;
    struct email e;
    struct str left;
    bool found = false;

    if (!w->f->text.n)
        return true;
    arena_reset(&w->tmp);
    if (read_email(w->a, r->hot.email, &w->tmp, &e) != ST_OK)
        return false;
    if (mime_search_utf8(&w->needle, e.prefix))
        return true;
    if (email_body(w->a, &e, &body) != ST_OK)
        return false;
    m = mime_search_new(&w->needle, true);
    mime_search_begin(m, &e.rec);
    for (left = body.bytes; left.n && !found; left = str_from(left, PIECE)) {
        found = mime_search_feed(m, str_sub(left, 0, PIECE));
        co_yield ();
    }
    found = mime_search_end(m);
    mime_search_free(m);
    email_body_close(&body);
    return found;
}

/* The next one that is asked for; ST_EOF. One whose email is damaged is asked for by id or mailbox only. */
static enum st walk_next(struct walk *w, struct arena *ar, struct kept_rec *out, struct email *out_email) SUSPENDS
{
    struct str key, value;

    while (kv_range_next(w->range, &key, &value)) {
        enum st st;

        TRY(kept_rec_get(key, value, out));
        if (!is_asked_for(w->f, out) || !has_text(w, out))
            continue;
        TRY(kept_rec_get(arena_str(ar, key), arena_str(ar, value), out)); /* for longer than the next step */
        st = read_email(w->a, out->hot.email, ar, out_email);
        return st == ST_NOTFOUND || st == ST_CORRUPT ? ST_OK : st;
    }
    return ST_EOF;
}

static struct kept_mail shown(const struct kept_rec *r, const struct email *e)
{
    return (struct kept_mail){.mailbox = r->mailbox,
                              .uid = r->hot.uid,
                              .flags = r->hot.flags & HOT_FLAGS,
                              .deleted_us = r->at_us,
                              .internal_date_us = r->hot.internal_date_us,
                              .size = r->hot.size,
                              .name = r->name,
                              .email = *e};
}

enum st kept_list(struct account *a, const struct kept_filter *f, struct arena *ar, size_t most, struct kept_mail **out,
                  size_t *out_n, bool *out_more)
{
    struct kept_mail *list = ARENA_ARRAY(ar, struct kept_mail, most);
    struct kept_rec r;
    struct email e;
    struct walk w;
    size_t n = 0;
    enum st st;

    TRY(account_check(a));
    TRY(walk_begin(&w, a, f, ar));
    while ((st = walk_next(&w, ar, &r, &e)) == ST_OK && n < most)
        list[n++] = shown(&r, &e);
    *out_more = st == ST_OK;
    TRY(walk_end(&w, st == ST_EOF ? ST_OK : st));
    *out = list;
    *out_n = n;
    return ST_OK;
}

/* --- bringing back --------------------------------------------------------------------------------------------- */

/* The mailbox of that name, made when it is not there. */
static enum st target_of(struct account *a, struct str name, struct mailbox **out) SUSPENDS
{
    struct mailbox *mb = account_mailbox(a, name, true);

    if (!mb || mb->pending.noselect) {
        enum st st = mailbox_create(a, name, MAIL_USE_NONE);

        if (st != ST_OK && st != ST_EXISTS)
            return st;
        mb = account_mailbox(a, name, true);
    }
    if (!mb || mb->pending.noselect)
        return FAIL(ST_TRYLATER, "mailbox %.*s comes and goes", STR_ARGS(name));
    *out = mb;
    return ST_OK;
}

static void restore_one(struct change *c, struct mailbox *mb, const struct kept_rec *r)
{
    struct hot h = r->hot;

    h.flags &= (uint8_t)~MAIL_DELETED;
    h.save_date_us = c->now_us;
    h.keywords = 0;
    for (unsigned i = 0; i < r->n_keywords; i++) {
        int bit = mailbox_keyword(mb, r->keywords[i], true);

        if (bit >= 0)
            h.keywords |= 1ull << bit;
    }
    change_kv(c, KV_DEL, key_kept(&c->arena, r->at_us, r->mailbox, r->hot.uid), STR_NONE);
    change_add(change_mailbox(c, mb), &h);
}

/* Those of a list that were in one mailbox: the first of the list says which. The others stay in it. */
static enum st try_some(struct account *a, const struct kept_rec *list, size_t n) SUSPENDS
{
    struct str name = list[0].name;
    struct mailbox *mb;
    struct change *c;
    enum st st;

    TRY(target_of(a, name, &mb));
    mailbox_hold(mb);
    st = keywords_prepare(mb, list[0].keywords, list[0].n_keywords);
    if (st == ST_OK && (!mb->pending.exists || UINT32_MAX - mb->uidnext_pending <= n))
        st = FAIL(ST_TRYLATER, "mailbox %.*s takes no messages just now", STR_ARGS(name));
    if (st == ST_OK) {
        c = change_begin(a);
        c->now_us = clock_wall_us();
        for (size_t i = 0; i < n; i++)
            if (str_eq(list[i].name, name))
                restore_one(c, mb, &list[i]);
        st = change_commit(c, NULL, 0);
    }
    mailbox_release(mb);
    return st;
}

static enum st restore_some(struct account *a, struct kept_rec *list, size_t *n, size_t *io_done) SUSPENDS
{
    struct str name = list[0].name;
    unsigned tries = 0;
    size_t left = 0;
    enum st st;

    do
        st = try_some(a, list, *n);
    while (change_again(st, &tries));
    TRY(st);
    for (size_t i = 0; i < *n; i++)
        if (!str_eq(list[i].name, name))
            list[left++] = list[i];
    *io_done += *n - left;
    *n = left;
    return ST_OK;
}

static enum st restore_batch(struct account *a, const struct kept_filter *f, struct arena *ar, size_t *out_read,
                             size_t *io_done) SUSPENDS
{
    struct kept_rec *list = ARENA_ARRAY(ar, struct kept_rec, BATCH);
    enum st st = ST_OK;
    struct email e;
    struct walk w;
    size_t n = 0;

    TRY(account_check(a));
    TRY(walk_begin(&w, a, f, ar));
    while (n < BATCH && (st = walk_next(&w, ar, &list[n], &e)) == ST_OK)
        n++;
    TRY(walk_end(&w, st == ST_EOF ? ST_OK : st));
    *out_read = n;
    while (n)
        TRY(restore_some(a, list, &n, io_done));
    return ST_OK;
}

enum st kept_restore(struct account *a, const struct kept_filter *f, size_t *out_n)
{
    struct arena ar = ARENA_INIT;
    size_t read = BATCH, done = 0;
    enum st st;

    TRY(take_turn(a));
    st = ST_OK;
    while (st == ST_OK && read == BATCH) { /* what is back is not found again */
        st = restore_batch(a, f, &ar, &read, &done);
        arena_reset(&ar);
    }
    give_turn(a);
    arena_fini(&ar);
    *out_n = done;
    return st;
}

/* --- for good --------------------------------------------------------------------------------------------------- */

static enum st read_old(struct account *a, uint64_t before_us, size_t most, struct arena *ar, struct kept_rec *list,
                        size_t *out_n) SUSPENDS
{
    struct kv_range *range;
    struct str key, value;
    enum st st = ST_OK, ended;
    size_t n = 0;

    TRY(kv_range_open(account_store(a), ar, a->id, key_letter(ar, KEY_KEPT), key_kept(ar, before_us, 0, 0), &range));
    while (st == ST_OK && n < most && kv_range_next(range, &key, &value)) {
        st = kept_rec_get(arena_str(ar, key), value, &list[n]);
        n++;
    }
    ended = kv_range_close(range);
    *out_n = n;
    return st == ST_OK ? ended : st;
}

/* The oldest that are too many: their bytes, and when the last of them was deleted. */
static enum st add_up(struct account *a, uint64_t stop_at, uint64_t *out_bytes, uint64_t *out_at_us) SUSPENDS
{
    struct arena ar = ARENA_INIT;
    struct kv_range *range;
    struct str key, value;
    struct kept_rec r;
    uint64_t bytes = 0;
    enum st st, ended;

    st = kv_range_open(account_store(a), &ar, a->id, key_letter(&ar, KEY_KEPT), key_letter(&ar, KEY_KEPT + 1), &range);
    if (st == ST_OK) {
        while (st == ST_OK && bytes < stop_at && kv_range_next(range, &key, &value)) {
            st = kept_rec_get(key, value, &r);
            bytes += r.hot.size;
            *out_at_us = r.at_us;
        }
        ended = kv_range_close(range);
        st = st == ST_OK ? ended : st;
    }
    arena_fini(&ar);
    *out_bytes = bytes;
    return st;
}

enum st kept_excess(struct account *a, uint64_t most, uint64_t *out_before_us)
{
    uint64_t all = 0, gone, last = 0;

    *out_before_us = 0;
    TRY(add_up(a, UINT64_MAX, &all, &last));
    if (all <= most)
        return ST_OK;
    TRY(add_up(a, all - most, &gone, &last));
    *out_before_us = last + 1;
    return ST_OK;
}

static enum st purge_listed(struct account *a, const struct kept_rec *list, size_t n, struct arena *ar) SUSPENDS
{
    struct pick p = {.h = ARENA_ARRAY(ar, struct hot, n), .n = n};
    bool waited = true;
    struct change *c;

    for (size_t i = 0; i < n; i++)
        p.h[i] = list[i].hot;
    while (waited)
        TRY(pick_refs(a, &p, &waited));
    c = change_begin(a);
    for (size_t i = 0; i < n; i++) {
        bool shared = p.h[i].flags & HOT_SHARED;

        change_kv(c, KV_DEL, key_kept(&c->arena, list[i].at_us, list[i].mailbox, p.h[i].uid), STR_NONE);
        change_drop_email(c, p.h[i].email, p.h[i].blob, shared, shared);
    }
    return change_commit(c, NULL, 0);
}

enum st kept_purge_some(struct account *a, uint64_t before_us, size_t most, size_t *out_n)
{
    struct arena ar = ARENA_INIT;
    struct kept_rec *list = ARENA_ARRAY(&ar, struct kept_rec, most);
    size_t n = 0;
    enum st st = take_turn(a);

    if (st == ST_OK) {
        st = read_old(a, before_us, most, &ar, list, &n);
        if (st == ST_OK && n)
            st = purge_listed(a, list, n, &ar);
        give_turn(a);
    }
    arena_fini(&ar);
    if (st == ST_OK)
        *out_n = n;
    return st;
}
