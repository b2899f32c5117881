/* Which messages have gone from a mailbox since a modseq (RFC 7162 section 3.2.6), by the change log: what is read is what has happened
 * to the account since, not what it holds. Where the log does not reach back so far, or says so much that it is not worth
 * keeping apart, the answer is that any uid may have gone: whoever asks leaves out those that are there. */
#include "mail/change.h"

#include <stdlib.h>

#define COMMITS_MOST 1000000 /* of the log, for one question */

struct walk {
    struct arena entries;
    uint32_t mailbox;
    struct uid_range *r;
    size_t n, cap, read;
};

static int by_uid(const void *x, const void *y)
{
    const struct uid_range *a = x, *b = y;

    return a->lo < b->lo ? -1 : a->lo > b->lo;
}

/* Sorted, and apart. */
static void join(struct walk *w)
{
    size_t n = w->n;

    w->n = 0;
    if (n)
        qsort(w->r, n, sizeof *w->r, by_uid);
    for (size_t i = 0; i < n; i++) {
        if (w->n && w->r[i].lo <= (uint64_t)w->r[w->n - 1].hi + 1)
            w->r[w->n - 1].hi = MAX(w->r[w->n - 1].hi, w->r[i].hi);
        else
            w->r[w->n++] = w->r[i];
    }
}

/* A mailbox that is emptied one by one from its end has a range for each until they are joined. */
static enum st add(struct walk *w, struct uid_range r)
{
    if (w->n == LIMIT_MAIL_VANISHED) {
        join(w);
        if (w->n > LIMIT_MAIL_VANISHED / 2)
            return ST_LIMIT;
    }
    if (w->n == w->cap) {
        w->cap = w->cap ? w->cap * 2 : 64;
        w->r = mem_resize(w->r, w->cap * sizeof *w->r);
    }
    w->r[w->n++] = r;
    return ST_OK;
}

/* On a thread of the pool. */
static enum st take_commit(void *arg, struct str key, struct str value)
{
    struct walk *w = arg;
    struct log_entry e;
    struct rec r;

    (void)key;
    if (++w->read > COMMITS_MOST)
        return ST_LIMIT;
    arena_reset(&w->entries);
    if (log_rec_begin(&r, value))
        while (log_rec_next(&r, &w->entries, &e))
            for (size_t i = 0; e.mailbox == w->mailbox && e.kind == LOG_VANISHED && i < e.n; i++)
                TRY(add(w, e.ranges[i]));
    return rec_end(&r, "the change log");
}

/* By what is in the store: what is in memory of an account of another core may be old. The log is cut in the commit that says
 * so: asked behind a walk, it was whole all the time. */
static enum st check_reaches(const struct account *a, uint64_t since) SUSPENDS
{
    struct arena ar = ARENA_INIT;
    struct account_rec rec;
    struct str value;
    enum st st = kv_get(account_store(a), &ar, a->id, key_account(), &value);

    if (st == ST_OK)
        st = account_rec_get(value, &rec);
    if (st == ST_OK && rec.log_low > since + 1)
        st = ST_NOTFOUND;
    arena_fini(&ar);
    return st;
}

static enum st read_log(const struct view *v, uint64_t since, struct walk *w) SUSPENDS
{
    struct arena a = ARENA_INIT;
    enum st st = kv_walk(account_store(v->mb->a), v->mb->a->id, key_log(&a, since + 1), key_letter(&a, KEY_LOG + 1),
                         take_commit, w);

    arena_fini(&a);
    return st;
}

enum st view_vanished(struct view *v, uint64_t since, struct arena *ar, struct uid_set *out)
{
    struct walk w = {.mailbox = v->mb->id};
    struct uid_range *r;
    enum st st = ST_NOTFOUND;

    if (v->mb->a->rec.log_low <= since + 1)
        st = read_log(v, since, &w);
    if (st == ST_OK)
        st = check_reaches(v->mb->a, since);
    if (st == ST_OK) {
        join(&w);
        r = ARENA_ARRAY(ar, struct uid_range, w.n + 1);
        if (w.n)
            memcpy(r, w.r, w.n * sizeof *r);
        *out = (struct uid_set){r, w.n};
    } else if (st == ST_NOTFOUND || st == ST_LIMIT || st == ST_CORRUPT) {
        r = ARENA_NEW(ar, struct uid_range);
        *r = (struct uid_range){1, UINT32_MAX};
        *out = (struct uid_set){r, 1};
        st = ST_OK;
    }
    mem_free(w.r);
    arena_fini(&w.entries);
    return st;
}
