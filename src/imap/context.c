/* What a client knows of a result is kept here, and each change is told as what to do with that: REMOVEFROM and ADDTO. In mailbox
 * order the client finds the places itself (position 0). In a sorted result they are told: a new message is compared
 * with a few others, since what a message is sorted by never changes; when many come at once all are sorted anew. */
#include "imap/context.h"

#include "base/must.h"
#include "co/co.h"
#include "imap/fetch.h"
#include "imap/kept_result.h"
#include "imap/notify.h"
#include "imap/set.h"
#include "mail/sort.h"

#include <stdatomic.h>
#include <stdlib.h>

#ifndef AT_ONCE
#define AT_ONCE 5000u /* messages that have changed, of which each search takes note in memory */
#endif

enum {
    MESSAGES_A_TURN = 5000,
    SORTED_ANEW = 32, /* more messages than that have come, and at least one to so many that are there: */
};

struct imap_context {
    struct imap_context *next;
    struct arena arena; /* of the program: */
    struct str tag;
    const struct search_key *key; /* numbers of messages are uids in it; "*" of uids is as written */
    const struct fetch *fetch;    /* told of messages that come; NULL: nothing */
    struct sort_key sort[SORT_COUNT];
    size_t n_sort; /* 0: mailbox order */
    bool uid, is_named /* of ESEARCH */, has_star;
    bool failed;
    struct kept_result kept;
    /* while changes are told, in the arena of that: */
    uint32_t *in, *out; /* numbers of messages that came into the result, and left it, ascending */
    size_t n_in, n_out;
    size_t charged; /* its part of all_bytes */
};

/* Of all contexts on all cores: a sum. */
static _Atomic uint64_t all_bytes;

static size_t bytes_of(const struct imap_context *x)
{
    return sizeof *x + x->arena.used + kept_result_bytes(&x->kept);
}

static size_t charge(struct imap_context *x)
{
    size_t bytes = bytes_of(x);

    atomic_fetch_add(&all_bytes, bytes - x->charged);
    return x->charged = bytes;
}

static void context_free(struct imap_context *x)
{
    atomic_fetch_sub(&all_bytes, x->charged);
    kept_result_fini(&x->kept);
    arena_fini(&x->arena);
    mem_free(x);
}

void imap_contexts_forget(struct imap_session *s)
{
    while (s->contexts) {
        struct imap_context *x = s->contexts;

        s->contexts = x->next;
        context_free(x);
    }
}

static struct imap_context *find(const struct imap_session *s, struct str tag)
{
    struct imap_context *x = s->contexts;

    while (x && !str_eq(x->tag, tag))
        x = x->next;
    return x;
}

static void take_out(struct imap_session *s, struct imap_context *x)
{
    struct imap_context **at = &s->contexts;

    while (*at != x)
        at = &(*at)->next;
    *at = x->next;
    context_free(x);
    if (!s->contexts && s->view)
        view_tell_own(s->view, false);
}

void imap_context_cancel(struct imap_session *s, struct str tag)
{
    struct imap_context *x = find(s, tag);

    if (x)
        take_out(s, x);
}

bool imap_context_has(const struct imap_session *s, struct str tag)
{
    return find(s, tag) != NULL;
}

/* --- beginning --------------------------------------------------------------------------------------------------- */

enum st imap_context_check(const struct imap_cmd *c, const struct imap_search *search)
{
    if (search->returns & RETURN_UPDATE && find(c->s, c->tag))
        return FAIL(ST_SYNTAX, "Tag reuse"); /* section 4.3 */
    return ST_OK;
}

static void put_noupdate(struct imap_session *s, struct str tag, const char *text) SUSPENDS
{
    struct str code = arena_printf(&s->cmd_arena, "NOUPDATE \"%.*s\"", STR_ARGS(tag));

    imap_put_status(&s->conn, STR("*"), "NO", code, str_z(text));
}

void imap_context_refuse(struct imap_cmd *c, const char *text)
{
    c->refused_update = true;
    put_noupdate(c->s, c->tag, text);
}

/* Numbers of messages mean those that have them now (section 4.3), which their uids go on saying. */
static struct uid_set uids_of(struct arena *a, struct uid_set seqs, const struct view *v)
{
    struct uid_range *r = ARENA_ARRAY(a, struct uid_range, seqs.n);
    struct imap_set set = {(struct uid_range *)(uintptr_t)seqs.r, seqs.n};
    uint32_t count = view_count(v);
    size_t n = 0;

    seqs = imap_set_order(a, set, count);
    for (size_t i = 0; i < seqs.n && seqs.r[i].lo <= count; i++)
        r[n++] = (struct uid_range){view_uid(v, seqs.r[i].lo), view_uid(v, MIN(seqs.r[i].hi, count))};
    return (struct uid_set){r, n};
}

static bool has_star(struct uid_set set)
{
    for (size_t i = 0; i < set.n; i++)
        if (!set.r[i].lo || !set.r[i].hi)
            return true;
    return false;
}

static void keep_set(struct imap_context *x, struct search_key *k, const struct view *v)
{
    struct uid_range *r;

    if (k->what == SEARCH_SEQ) {
        k->what = SEARCH_UID;
        k->set = uids_of(&x->arena, k->set, v);
        return;
    }
    x->has_star |= has_star(k->set);
    r = ARENA_ARRAY(&x->arena, struct uid_range, k->set.n);
    if (k->set.n)
        memcpy(r, k->set.r, k->set.n * sizeof *r);
    k->set.r = r;
}

/* Makes a copy that shared its texts and sets with the command own them. */
static void keep_key(struct imap_context *x, struct search_key *k, const struct view *v)
{
    k->name = arena_str(&x->arena, k->name);
    k->text = arena_str(&x->arena, k->text);
    if (k->what == SEARCH_SEQ || k->what == SEARCH_UID)
        keep_set(x, k, v);
    for (size_t i = 0; i < k->n_kids; i++)
        keep_key(x, k->kids[i], v);
}

static void keep_result(struct imap_cmd *c, struct imap_context *x, struct imap_result found) SUSPENDS
{
    struct uid_set runs = imap_result_runs(c, found);

    x->kept.runs = (struct uid_range *)(uintptr_t)runs.r;
    x->kept.n = x->kept.cap = runs.n;
    if (!x->n_sort || !found.n)
        return;
    x->kept.order = mem_new(found.n * sizeof *x->kept.order);
    x->kept.n_order = x->kept.cap_order = found.n;
    for (size_t i = 0; i < found.n; i++) {
        x->kept.order[i] = view_uid(c->s->view, found.seqs[i]);
        if (i % MESSAGES_A_TURN == MESSAGES_A_TURN - 1)
            co_yield ();
    }
}

static struct imap_context *context_new(struct imap_cmd *c, const struct imap_search *search, struct imap_result found)
    SUSPENDS
{
    struct imap_context *x = MEM_NEW(struct imap_context);
    struct search_key *key;

    arena_init(&x->arena);
    x->tag = arena_str(&x->arena, c->tag);
    x->uid = c->uid;
    x->is_named = found.other != NULL;
    key = imap_search_copy(search->key, &x->arena, true);
    keep_key(x, key, c->s->view);
    x->key = key;
    if (search->update)
        x->fetch = fetch_keep(search->update, &x->arena);
    must(search->n_sort <= SORT_COUNT);
    x->n_sort = search->n_sort;
    for (size_t i = 0; i < x->n_sort; i++)
        x->sort[i] = search->sort[i];
    keep_result(c, x, found);
    return x;
}

/* What they take by now; results grow. */
static bool has_room(const struct imap_session *s, struct imap_context *more)
{
    size_t bytes = more ? charge(more) : 0, n = more != NULL;

    for (struct imap_context *x = s->contexts; x; x = x->next) {
        bytes += charge(x);
        n++;
    }
    return n <= LIMIT_IMAP_CONTEXTS && bytes <= LIMIT_IMAP_CONTEXT_BYTES &&
           atomic_load(&all_bytes) <= LIMIT_IMAP_CONTEXTS_BYTES;
}

void imap_context_add(struct imap_cmd *c, const struct imap_search *search, struct imap_result found)
{
    struct imap_session *s = c->s;
    struct imap_context *x;

    if (found.other && found.other != s->view)
        return;
    x = context_new(c, search, found);
    if (!has_room(s, x)) {
        imap_context_refuse(c, "Too many searches are kept up to date");
        context_free(x);
        return;
    }
    x->next = s->contexts;
    s->contexts = x;
    view_tell_own(s->view, true);
}

/* --- telling ------------------------------------------------------------------------------------------------------ */

static uint32_t number_of(const struct imap_session *s, const struct imap_context *x, uint32_t seq)
{
    return x->uid ? view_uid(s->view, seq) : seq;
}

static void put_head(struct imap_session *s, const struct imap_context *x, const char *item) SUSPENDS
{
    struct imap_cmd c = {.s = s, .tag = x->tag, .uid = x->uid};

    imap_put_esearch_head(&c, &(struct imap_result){.other = x->is_named ? s->view : NULL});
    imap_putz(&s->conn, item);
}

/* "0 4,7:9", or another position */
static void put_pair(struct imap_session *s, struct arena *a, size_t position, const uint32_t *numbers, size_t n,
                     bool first) SUSPENDS
{
    if (!first)
        imap_put(&s->conn, STR(" "));
    imap_put_u64(&s->conn, position);
    imap_put(&s->conn, STR(" "));
    imap_put(&s->conn, imap_set_print(a, numbers, n));
}

static void rest(size_t i) SUSPENDS
{
    if (i % MESSAGES_A_TURN == MESSAGES_A_TURN - 1)
        co_yield ();
}

/* All at once, for the client to find their places. */
static void put_unsorted(struct imap_session *s, const struct imap_context *x, const char *item, const uint32_t *seqs,
                         size_t n, struct arena *a) SUSPENDS
{
    uint32_t *numbers = ARENA_ARRAY(a, uint32_t, n);

    for (size_t i = 0; i < n; i++)
        numbers[i] = number_of(s, x, seqs[i]);
    put_head(s, x, item);
    put_pair(s, a, 0, numbers, n, true);
    imap_put(&s->conn, STR(")\r\n"));
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static bool is_among(uint32_t seq, const uint32_t *seqs, size_t n)
{
    return n && bsearch(&seq, seqs, n, sizeof *seqs, by_number);
}

/* Those that are meant stand in the order, in groups: each is told with the place of its first one, which for those that
 * go is counted without the groups before it. */
static void put_groups(struct imap_session *s, struct imap_context *x, const char *item, const uint32_t *seqs, size_t n,
                       bool go, struct arena *a) SUSPENDS
{
    struct kept_result *k = &x->kept;
    uint32_t *numbers = ARENA_ARRAY(a, uint32_t, n);
    size_t group = 0, left = 0, told = 0;

    put_head(s, x, item);
    for (size_t i = 0; i <= k->n_order; i++) {
        uint32_t seq = i < k->n_order ? view_seq(s->view, k->order[i]) : 0;

        if (seq && is_among(seq, seqs, n)) {
            numbers[told + group++] = number_of(s, x, seq);
        } else if (group) {
            put_pair(s, a, (go ? left : i - group) + 1, numbers + told, group, told == 0);
            told += group;
            group = 0;
        }
        if (i < k->n_order && !(go && seq && is_among(seq, seqs, n)))
            k->order[left++] = k->order[i];
        rest(i);
    }
    k->n_order = left;
    imap_put(&s->conn, STR(")\r\n"));
}

static enum st is_before(struct imap_session *s, const struct imap_context *x, uint32_t seq, uint32_t other, bool *out)
    SUSPENDS
{
    uint32_t pair[2] = {MIN(seq, other), MAX(seq, other)};

    TRY(view_sort(s->view, x->sort, x->n_sort, pair, 2));
    *out = pair[0] == seq;
    return ST_OK;
}

static bool is_gone(const struct imap_session *s, uint32_t seq)
{
    struct mail_msg m;

    view_msg(s->view, seq, &m);
    return m.gone;
}

/* Where a message belongs among the others. One that is gone, though the client still has it in its result, can't be compared with
 * any more. */
static enum st find_place(struct imap_session *s, const struct imap_context *x, uint32_t seq, size_t *out) SUSPENDS
{
    size_t lo = 0, hi = x->kept.n_order;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2, at = mid;
        uint32_t other = 0;
        bool before = true;

        for (; at < hi && (!(other = view_seq(s->view, x->kept.order[at])) || is_gone(s, other)); at++)
            rest(at);
        if (at < hi)
            TRY(is_before(s, x, seq, other, &before));
        if (at < hi && is_gone(s, other)) /* meanwhile: nobody knows what was compared */
            continue;
        if (before)
            hi = mid;
        else
            lo = at + 1;
    }
    *out = lo;
    return ST_OK;
}

/* *out_done false: one that the client has there is gone, so that the others might get another order than they have. */
static enum st sort_anew(struct imap_session *s, struct imap_context *x, struct arena *a, bool *out_done) SUSPENDS
{
    struct kept_result *k = &x->kept;
    size_t n = k->n_order + x->n_in, known = 0;
    uint32_t *seqs = ARENA_ARRAY(a, uint32_t, n);

    for (size_t i = 0; i < k->n; i++) {
        uint32_t seq = view_seq_from(s->view, k->runs[i].lo);

        for (; known < n && seq <= view_count(s->view) && view_uid(s->view, seq) <= k->runs[i].hi; seq++) {
            seqs[known++] = seq;
            rest(known);
        }
    }
    TRY(view_sort(s->view, x->sort, x->n_sort, seqs, known));
    for (size_t i = 0; i < known; i++)
        if (is_gone(s, seqs[i]) && !is_among(seqs[i], x->in, x->n_in))
            return ST_OK;
    *out_done = true;
    k->order = mem_resize(k->order, MAX(known, 1) * sizeof *k->order);
    k->n_order = k->cap_order = known;
    for (size_t i = 0; i < known; i++) {
        k->order[i] = view_uid(s->view, seqs[i]);
        rest(i);
    }
    return ST_OK;
}

static enum st sort_in(struct imap_session *s, struct imap_context *x, struct arena *a) SUSPENDS
{
    bool done = false;
    size_t at;

    if (x->n_in > SORTED_ANEW && x->n_in > x->kept.n_order / SORTED_ANEW)
        TRY(sort_anew(s, x, a, &done));
    for (size_t i = 0; i < x->n_in && !done; i++) {
        TRY(find_place(s, x, x->in[i], &at));
        kept_result_insert(&x->kept, at, view_uid(s->view, x->in[i]));
    }
    return ST_OK;
}

static enum st put_sorted(struct imap_session *s, struct imap_context *x, struct arena *a) SUSPENDS
{
    if (x->n_out)
        put_groups(s, x, " REMOVEFROM (", x->out, x->n_out, true, a);
    if (!x->n_in)
        return ST_OK;
    TRY(sort_in(s, x, a));
    put_groups(s, x, " ADDTO (", x->in, x->n_in, false, a);
    return ST_OK;
}

static enum st put_context(struct imap_session *s, struct imap_context *x, struct arena *a) SUSPENDS
{
    for (size_t i = 0; i < x->n_out; i++) {
        kept_result_drop(&x->kept, s->view, view_uid(s->view, x->out[i]));
        rest(i);
    }
    for (size_t i = 0; i < x->n_in; i++) {
        kept_result_put(&x->kept, s->view, x->in[i]);
        rest(i);
    }
    if (x->n_sort)
        return put_sorted(s, x, a);
    if (x->n_out)
        put_unsorted(s, x, " REMOVEFROM (", x->out, x->n_out, a);
    if (x->n_in)
        put_unsorted(s, x, " ADDTO (", x->in, x->n_in, a);
    return ST_OK;
}

/* --- what has changed ------------------------------------------------------------------------------------------------ */

static enum st ask(struct imap_session *s, struct imap_context *x, struct uid_set seqs, struct arena *a) SUSPENDS
{
    struct search_key *key = imap_search_copy(x->key, a, true);
    size_t all = 0, n, at = 0;
    uint32_t *found;

    imap_search_resolve(key, a, s->view);
    TRY(view_search_among(s->view, key, seqs, a, &found, &n));
    for (size_t i = 0; i < seqs.n; i++)
        all += seqs.r[i].hi - seqs.r[i].lo + 1;
    x->in = ARENA_ARRAY(a, uint32_t, all);
    x->out = ARENA_ARRAY(a, uint32_t, all);
    for (size_t i = 0; i < seqs.n; i++) {
        for (uint32_t seq = seqs.r[i].lo; seq <= seqs.r[i].hi; seq++) {
            bool is = at < n && found[at] == seq, was = kept_result_has(&x->kept, view_uid(s->view, seq));

            at += is;
            if (is && !was)
                x->in[x->n_in++] = seq;
            else if (was && !is)
                x->out[x->n_out++] = seq;
            rest(seq);
        }
    }
    return ST_OK;
}

/* A search that can't go on ends, and that is said. */
static void end_failed(struct imap_session *s) SUSPENDS
{
    struct imap_context *next;

    for (struct imap_context *x = s->contexts; x; x = next) {
        next = x->next;
        if (!x->failed)
            continue;
        put_noupdate(s, x->tag, "It can't be kept up to date any more");
        take_out(s, x);
    }
}

void imap_contexts_end_numbers(struct imap_session *s)
{
    for (struct imap_context *x = s->contexts; x; x = x->next)
        x->failed = !x->uid;
    end_failed(s);
}

static bool is_own(const struct imap_session *s, uint32_t uid)
{
    return s->notify && uid >= s->notify->own.lo && uid <= s->notify->own.hi;
}

/* What was asked for with NOTIFY of new messages, and with UPDATE of those that come into a result by being new (RFC 5465 sections
 * 5.2 and 7). */
static enum st put_arrivals(struct imap_session *s, struct uid_set seqs, uint32_t first_new) SUSPENDS
{
    uint32_t last = seqs.n ? seqs.r[seqs.n - 1].hi : 0;
    enum st st;

    for (uint32_t seq = MAX(first_new, seqs.n ? seqs.r[0].lo : 1); seq <= last; seq++) {
        const struct fetch *items[LIMIT_IMAP_CONTEXTS + 1];
        size_t n = 0;

        if (is_own(s, view_uid(s->view, seq)))
            continue;
        if (s->notify && s->notify->fetch)
            items[n++] = s->notify->fetch;
        for (const struct imap_context *x = s->contexts; x; x = x->next)
            if (x->fetch && is_among(seq, x->in, x->n_in))
                items[n++] = x->fetch;
        if (n && (st = fetch_put_unasked(s, seq, items, n)) != ST_OK)
            return st == ST_NOPERM ? ST_OK : st; /* the right to read has just gone: BYE follows */
        TRY(imap_conn_check(&s->conn));
        rest(seq);
    }
    return ST_OK;
}

static bool is_wanted(const struct imap_session *s)
{
    for (const struct imap_context *x = s->contexts; x; x = x->next)
        if (x->fetch && x->n_in)
            return true;
    return false;
}

/* The one that was the last message may be so no more: "*" means another one. */
static struct uid_set with_last(struct imap_session *s, struct uid_set seqs, uint32_t first_new, struct arena *a)
{
    struct uid_range *r = ARENA_ARRAY(a, struct uid_range, seqs.n + 2);
    struct imap_set set = {r, seqs.n};
    uint32_t count = view_count(s->view);

    if (seqs.n)
        memcpy(r, seqs.r, seqs.n * sizeof *r);
    if (count)
        r[set.n++] = (struct uid_range){count, count};
    if (first_new > 1)
        r[set.n++] = (struct uid_range){first_new - 1, first_new - 1};
    return imap_set_order(a, set, 0);
}

/* Items of UPDATE come before the change of the result (RFC 5465 section 7); those of NOTIFY, with which they are one response,
 * behind it (section 5.2). */
static enum st changed(struct imap_session *s, struct uid_set seqs, uint32_t first_new, struct arena *a) SUSPENDS
{
    bool notified = s->notify && s->notify->fetch;

    for (struct imap_context *x = s->contexts; x; x = x->next) {
        x->n_in = x->n_out = 0;
        x->failed = ask(s, x, x->has_star ? with_last(s, seqs, first_new, a) : seqs, a) != ST_OK;
        if (co_is_canceled())
            return FAIL(ST_CANCELED, "told to stop");
    }
    end_failed(s);
    if (!notified && is_wanted(s))
        TRY(put_arrivals(s, seqs, first_new));
    for (struct imap_context *x = s->contexts; x; x = x->next) {
        if (x->n_in || x->n_out)
            x->failed = put_context(s, x, a) != ST_OK || !has_room(s, NULL);
        if (co_is_canceled())
            return FAIL(ST_CANCELED, "told to stop");
        TRY(imap_conn_check(&s->conn));
    }
    if (notified)
        TRY(put_arrivals(s, seqs, first_new)); /* before a search that failed is forgotten with its items */
    end_failed(s);
    return ST_OK;
}

/* The next messages of the set, from its range *io_i and there from *io_from on: few enough to be asked at once. */
static struct uid_set some_of(struct uid_set seqs, size_t *io_i, uint32_t *io_from, struct arena *a)
{
    struct uid_range *r = ARENA_ARRAY(a, struct uid_range, seqs.n);
    uint32_t left = AT_ONCE;
    size_t n = 0;

    while (*io_i < seqs.n && left) {
        uint32_t lo = MAX(seqs.r[*io_i].lo, *io_from), hi = MIN(seqs.r[*io_i].hi, lo + left - 1);

        r[n++] = (struct uid_range){lo, hi};
        left -= hi - lo + 1;
        *io_from = hi + 1;
        *io_i += hi == seqs.r[*io_i].hi;
    }
    return (struct uid_set){r, n};
}

enum st imap_contexts_changed(struct imap_session *s, struct uid_set seqs, uint32_t first_new)
{
    struct arena a = ARENA_INIT;
    uint32_t from = 1;
    enum st st = ST_OK;

    for (size_t i = 0; i < seqs.n && st == ST_OK; arena_reset(&a))
        st = changed(s, some_of(seqs, &i, &from, &a), first_new, &a);
    arena_fini(&a);
    return st;
}

void imap_contexts_expunged(struct imap_session *s, uint32_t seq, uint32_t uid)
{
    for (struct imap_context *x = s->contexts; x; x = x->next) {
        uint32_t number = x->uid ? uid : seq;
        size_t position = 0;

        if (!kept_result_has(&x->kept, uid))
            continue;
        kept_result_drop(&x->kept, s->view, uid);
        if (x->n_sort)
            position = kept_result_remove(&x->kept, uid) + 1;
        put_head(s, x, " REMOVEFROM (");
        put_pair(s, &s->cmd_arena, position, &number, 1, true);
        imap_put(&s->conn, STR(")\r\n"));
    }
}
