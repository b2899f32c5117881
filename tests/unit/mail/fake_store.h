/* A store in memory with the order of store.h: versions, chains, one answer per part. What is handed in
 * is committed at the next turn of the core, or when the test says so (fake_hold, fake_go), and
 * commits can be made to fail. Serves several cores. */
#pragma once

#include "base/must.h"
#include "store/image.h"
#include "store/store.h"

#include <pthread.h>
#include <stdlib.h>

struct fake_row {
    uint64_t account;
    struct str key, value; /* owned */
};

struct fake_account {
    uint64_t id, version;
    uint32_t chain;
};

struct fake_blob {
    uint64_t id;
    struct str bytes;
    int64_t refs;
};

struct blob_stage {
    struct str bytes; /* owned */
};

struct fake_image {
    uint64_t account;
    uint32_t number;
    struct str head, chunks[256]; /* owned */
    size_t n;
};

struct fake_commit {
    struct fake_commit *next;
    struct kv_commit *c;
    bool abandoned;
    struct core *core;
    struct co_event done;
    enum st st;
};

struct store {
    pthread_mutex_t mutex;
    struct fake_row *rows;
    size_t n_rows, cap_rows;
    struct fake_account accounts[64];
    size_t n_accounts;
    struct fake_blob blobs[4096];
    size_t n_blobs;
    struct fake_commit *waiting, **last;
    uint64_t next_blob, commits;
    unsigned abandoned, canceled; /* kv_abandon; commits that failed because one in front did */
    struct fake_image images[64];
    size_t n_images;
    unsigned image_reads; /* that found one */
    unsigned walks;       /* over all messages of a mailbox */
    bool held;
    enum st fail;                /* what the next fail_n commits answer */
    unsigned fail_n, fail_after; /* so many go well before */
};

static struct store *fake_new(void)
{
    struct store *s = MEM_NEW(struct store);

    pthread_mutex_init(&s->mutex, NULL);
    s->last = &s->waiting;
    s->next_blob = 1;
    return s;
}

static void fake_image_free(struct fake_image *i)
{
    mem_free((char *)i->head.p);
    for (size_t k = 0; k < i->n; k++)
        mem_free((char *)i->chunks[k].p);
}

static void fake_free(struct store *s)
{
    must(!s->waiting);
    for (size_t i = 0; i < s->n_images; i++)
        fake_image_free(&s->images[i]);
    for (size_t i = 0; i < s->n_rows; i++) {
        mem_free((char *)s->rows[i].key.p);
        mem_free((char *)s->rows[i].value.p);
    }
    for (size_t i = 0; i < s->n_blobs; i++)
        mem_free((char *)s->blobs[i].bytes.p);
    mem_free(s->rows);
    pthread_mutex_destroy(&s->mutex);
    mem_free(s);
}

static struct str fake_copy(struct str from)
{
    char *p = mem_new(from.n + 1);

    if (from.n)
        memcpy(p, from.p, from.n);
    return str_n(p, from.n);
}

static size_t fake_place(const struct store *s, uint64_t account, struct str key)
{
    size_t lo = 0, hi = s->n_rows;

    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        const struct fake_row *r = &s->rows[mid];

        if (r->account < account || (r->account == account && str_cmp(r->key, key) < 0))
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static struct fake_row *fake_find(const struct store *s, uint64_t account, struct str key)
{
    size_t i = fake_place(s, account, key);

    return i < s->n_rows && s->rows[i].account == account && str_eq(s->rows[i].key, key) ? &s->rows[i] : NULL;
}

static struct fake_account *fake_account(struct store *s, uint64_t id)
{
    for (size_t i = 0; i < s->n_accounts; i++) {
        if (s->accounts[i].id == id)
            return &s->accounts[i];
    }
    must(s->n_accounts < ARRAY_LEN(s->accounts));
    s->accounts[s->n_accounts] = (struct fake_account){.id = id};
    return &s->accounts[s->n_accounts++];
}

static struct fake_blob *fake_blob(struct store *s, uint64_t id)
{
    for (size_t i = 0; i < s->n_blobs; i++) {
        if (s->blobs[i].id == id)
            return &s->blobs[i];
    }
    return NULL;
}

/* --- committing ------------------------------------------------------------------------------- */

static void fake_remove(struct store *s, size_t i)
{
    mem_free((char *)s->rows[i].key.p);
    mem_free((char *)s->rows[i].value.p);
    memmove(s->rows + i, s->rows + i + 1, (--s->n_rows - i) * sizeof *s->rows);
}

static void fake_change(struct store *s, uint64_t account, const struct kv_change *c)
{
    size_t i = fake_place(s, account, c->key);
    bool there = fake_find(s, account, c->key) != NULL;

    if (c->op == KV_DEL && there)
        fake_remove(s, i);
    while (c->op == KV_DEL_RANGE && i < s->n_rows && s->rows[i].account == account &&
           str_cmp(s->rows[i].key, c->value) < 0)
        fake_remove(s, i);
    if (c->op != KV_PUT)
        return;
    if (there) {
        mem_free((char *)s->rows[i].value.p);
        s->rows[i].value = fake_copy(c->value);
        return;
    }
    if (s->n_rows == s->cap_rows) {
        s->cap_rows = s->cap_rows * 2 + 64;
        s->rows = mem_resize(s->rows, s->cap_rows * sizeof *s->rows);
    }
    memmove(s->rows + i + 1, s->rows + i, (s->n_rows++ - i) * sizeof *s->rows);
    s->rows[i] = (struct fake_row){account, fake_copy(c->key), fake_copy(c->value)};
}

static void fake_apply(struct store *s, const struct kv_commit *c)
{
    for (size_t i = 0; i < c->n_blobs; i++) {
        must(s->n_blobs < ARRAY_LEN(s->blobs) && !fake_blob(s, c->blobs[i].id) && c->blobs[i].refs > 0);
        struct blob_stage *stage = c->blobs[i].stage;

        s->blobs[s->n_blobs++] =
            (struct fake_blob){c->blobs[i].id, fake_copy(stage ? stage->bytes : c->blobs[i].bytes), c->blobs[i].refs};
        blob_unstage(s, stage);
    }
    for (size_t i = 0; i < c->n_derefs; i++) {
        struct fake_blob *b = fake_blob(s, c->derefs[i].id);

        must(b && b->refs + c->derefs[i].delta >= 0);
        b->refs += c->derefs[i].delta;
    }
    for (size_t i = 0; i < c->n_parts; i++) {
        for (size_t k = 0; k < c->parts[i]->n; k++)
            fake_change(s, c->parts[i]->account, &c->parts[i]->changes[k]);
        fake_account(s, c->parts[i]->account)->version++;
    }
    s->commits++;
}

struct fake_note {
    struct kv_part *part;
    struct co_event *event;
    enum st st;
};

static void fake_tell(void *arg)
{
    struct fake_note *n = arg;

    if (n->part)
        n->part->done(n->part, n->st);
    else
        co_event_set(n->event);
    mem_free(n);
}

static void fake_answer(struct fake_commit *f, enum st st)
{
    struct kv_commit *c = f->c;

    f->st = st;
    for (size_t i = 0; i < c->n_parts; i++) {
        struct fake_note *n = MEM_NEW(struct fake_note);

        *n = (struct fake_note){.part = c->parts[i], .st = st};
        if (c->parts[i]->done)
            core_post(c->parts[i]->core, fake_tell, n);
        else
            mem_free(n);
    }
    if (f->abandoned) {
        mem_free(c->parts);
        mem_free(c);
        mem_free(f);
    } else {
        struct fake_note *n = MEM_NEW(struct fake_note);

        *n = (struct fake_note){.event = &f->done};
        core_post(f->core, fake_tell, n);
    }
}

enum fake_due { FAKE_WAIT, FAKE_GO, FAKE_FAIL };

static enum fake_due fake_due(struct store *s, const struct fake_commit *f, enum st *out_why)
{
    enum fake_due due = f->abandoned ? FAKE_FAIL : FAKE_GO;

    *out_why = f->st;
    for (size_t i = 0; i < f->c->n_parts; i++) {
        const struct kv_part *p = f->c->parts[i];
        const struct fake_account *a = fake_account(s, p->account);

        if (p->chain < a->chain || p->expected_version < a->version) {
            *out_why = p->chain < a->chain ? ST_CANCELED : ST_BUSY;
            due = FAKE_FAIL;
        } else if (p->expected_version > a->version) {
            return FAKE_WAIT;
        }
    }
    return due;
}

static bool fake_one(struct store *s)
{
    for (struct fake_commit **at = &s->waiting; *at; at = &(*at)->next) {
        struct fake_commit *f = *at;
        enum st why;
        enum fake_due due = fake_due(s, f, &why);

        if (due == FAKE_WAIT)
            continue;
        s->canceled += due == FAKE_FAIL && why == ST_CANCELED;
        if (due == FAKE_GO && s->fail_n && s->fail_after) {
            s->fail_after--;
        } else if (due == FAKE_GO && s->fail_n) {
            s->fail_n--;
            why = s->fail;
            due = FAKE_FAIL;
        }
        *at = f->next;
        if (!*at)
            s->last = at;
        if (due == FAKE_GO)
            fake_apply(s, f->c);
        for (size_t i = 0; due == FAKE_FAIL && i < f->c->n_parts; i++) {
            struct fake_account *a = fake_account(s, f->c->parts[i]->account);

            a->chain = MAX(a->chain, f->c->parts[i]->chain + 1);
        }
        fake_answer(f, due == FAKE_GO ? ST_OK : why);
        return true;
    }
    return false;
}

static void fake_go(struct store *s)
{
    pthread_mutex_lock(&s->mutex);
    s->held = false;
    while (fake_one(s))
        continue;
    pthread_mutex_unlock(&s->mutex);
}

static void fake_turn(void *arg)
{
    struct store *s = arg;

    if (!s->held)
        fake_go(s);
}

static void fake_hand_in(struct store *s, struct fake_commit *f)
{
    pthread_mutex_lock(&s->mutex);
    *s->last = f;
    s->last = &f->next;
    pthread_mutex_unlock(&s->mutex);
    core_post(core_here(), fake_turn, s);
}

enum st kv_commit(struct store *s, struct kv_commit *c)
{
    struct fake_commit f = {.c = c, .core = core_here()};

    fake_hand_in(s, &f);
    co_event_wait_heedless(&f.done);
    for (size_t i = 0; i < c->n_blobs && f.st != ST_OK && !(f.st == ST_CANCELED && c->keeps_stages); i++)
        blob_unstage(s, c->blobs[i].stage);
    return f.st == ST_OK ? ST_OK : FAIL(f.st, "the fake store was told to fail, or an earlier commit did");
}

void kv_abandon(struct store *s, struct kv_part **parts, size_t n, enum st st)
{
    struct fake_commit *f = MEM_NEW(struct fake_commit);

    f->c = MEM_NEW(struct kv_commit);
    f->c->parts = mem_new(n * sizeof *parts + 1);
    memcpy(f->c->parts, parts, n * sizeof *parts);
    f->c->n_parts = n;
    f->abandoned = true;
    f->st = st;
    s->abandoned++;
    fake_hand_in(s, f);
}

/* --- reading --------------------------------------------------------------------------------------- */

enum st kv_get(struct store *s, struct arena *a, uint64_t account, struct str key, struct str *out_value)
{
    const struct fake_row *r;

    co_yield ();
    pthread_mutex_lock(&s->mutex);
    r = fake_find(s, account, key);
    if (r)
        *out_value = arena_str(a, r->value);
    pthread_mutex_unlock(&s->mutex);
    return r ? ST_OK : FAIL(ST_NOTFOUND, "no such key");
}

enum st kv_multiget(struct store *s, struct arena *a, uint64_t account, const struct str *keys, size_t n,
                    struct str *out_values)
{
    for (size_t i = 0; i < n; i++) {
        enum st st = kv_get(s, a, account, keys[i], &out_values[i]);

        if (st == ST_NOTFOUND)
            out_values[i] = STR_NONE;
    }
    return ST_OK;
}

struct kv_range {
    struct store *s;
    struct arena *a;
    uint64_t account;
    struct str next, to;
    unsigned steps;
};

enum st kv_range_open(struct store *s, struct arena *a, uint64_t account, struct str from, struct str to,
                      struct kv_range **out)
{
    struct kv_range *r = ARENA_NEW(a, struct kv_range);

    *r = (struct kv_range){s, a, account, arena_str(a, from), arena_str(a, to), 0};
    *out = r;
    return ST_OK;
}

void kv_range_read_ahead(struct kv_range *r)
{
    (void)r;
}

bool kv_range_next(struct kv_range *r, struct str *out_key, struct str *out_value)
{
    struct store *s = r->s;
    bool found = false;
    size_t i;

    if (r->steps++ % 3 == 0)
        co_yield ();
    pthread_mutex_lock(&s->mutex);
    i = fake_place(s, r->account, r->next);
    if (i < s->n_rows && s->rows[i].account == r->account && (!r->to.n || str_cmp(s->rows[i].key, r->to) < 0)) {
        *out_key = arena_str(r->a, s->rows[i].key);
        *out_value = arena_str(r->a, s->rows[i].value);
        r->next = str_n(out_key->p, out_key->n + 1); /* with its NUL: the very next key */
        found = true;
    }
    pthread_mutex_unlock(&s->mutex);
    return found;
}

enum st kv_range_close(struct kv_range *r)
{
    (void)r;
    return ST_OK;
}

enum st kv_walk(struct store *s, uint64_t account, struct str from, struct str to,
                enum st (*each)(void *arg, struct str key, struct str value), void *arg)
{
    struct arena a = ARENA_INIT;
    struct kv_range *r = NULL;
    struct str key, value;
    enum st st = kv_range_open(s, &a, account, from, to, &r);

    s->walks += from.n == 9 && from.p[0] == 'H' && memcmp(from.p + 5, "\0\0\0", 4) == 0;
    while (st == ST_OK && kv_range_next(r, &key, &value))
        st = each(arg, key, value);
    arena_fini(&a);
    return st;
}

enum st kv_version(struct store *s, uint64_t account, uint64_t *out)
{
    pthread_mutex_lock(&s->mutex);
    *out = fake_account(s, account)->version;
    pthread_mutex_unlock(&s->mutex);
    return ST_OK;
}

enum st kv_accounts(struct store *s, uint64_t after, uint64_t *out, size_t most, size_t *out_n)
{
    size_t n = 0;

    co_yield ();
    pthread_mutex_lock(&s->mutex);
    while (n < most) {
        uint64_t next = 0;

        for (size_t i = 0; i < s->n_accounts; i++) {
            if (s->accounts[i].version && s->accounts[i].id > after && (!next || s->accounts[i].id < next))
                next = s->accounts[i].id;
        }
        if (!next)
            break;
        out[n++] = after = next;
    }
    pthread_mutex_unlock(&s->mutex);
    *out_n = n;
    return ST_OK;
}

uint32_t kv_chain(struct store *s, uint64_t account)
{
    uint32_t chain;

    pthread_mutex_lock(&s->mutex);
    chain = fake_account(s, account)->chain;
    pthread_mutex_unlock(&s->mutex);
    return chain;
}

uint64_t blob_new_id(struct store *s)
{
    uint64_t id;

    pthread_mutex_lock(&s->mutex);
    id = s->next_blob++;
    pthread_mutex_unlock(&s->mutex);
    return id;
}

enum st blob_stage_str(struct store *s, struct str bytes, struct blob_stage **out)
{
    (void)s;
    *out = MEM_NEW(struct blob_stage);
    (*out)->bytes = fake_copy(bytes);
    return ST_OK;
}

struct blob_spool {
    struct store *s;
    struct buf bytes;
};

struct blob_spool *blob_spool_new(struct store *s)
{
    struct blob_spool *p = MEM_NEW(struct blob_spool);

    p->s = s;
    buf_init(&p->bytes, UINT32_MAX);
    return p;
}

enum st blob_spool_add(struct blob_spool *p, struct str bytes)
{
    buf_add(&p->bytes, bytes);
    return ST_OK;
}

enum st blob_spool_stage(struct blob_spool *p, struct blob_stage **out)
{
    return blob_stage_str(p->s, buf_str(&p->bytes), out);
}

void blob_spool_free(struct blob_spool *p)
{
    if (p)
        buf_fini(&p->bytes);
    mem_free(p);
}

void blob_unstage(struct store *s, struct blob_stage *stage)
{
    (void)s;
    if (stage)
        mem_free((char *)stage->bytes.p);
    mem_free(stage);
}

enum st blob_open_head(struct store *s, uint64_t id, uint64_t n, struct blob_view *out)
{
    struct fake_blob *b;

    co_yield ();
    pthread_mutex_lock(&s->mutex);
    b = fake_blob(s, id);
    if (b && b->refs)
        *out = (struct blob_view){.bytes = str_sub(b->bytes, 0, n)};
    pthread_mutex_unlock(&s->mutex);
    return b && b->refs ? ST_OK : FAIL(ST_NOTFOUND, "no such blob");
}

enum st blob_open(struct store *s, uint64_t id, struct blob_view *out)
{
    return blob_open_head(s, id, UINT64_MAX, out);
}

void blob_close(struct blob_view *v)
{
    (void)v;
}

bool blob_read_ahead(struct store *s, uint64_t id)
{
    (void)s;
    (void)id;
    return true;
}

/* --- images -------------------------------------------------------------------------------------------- */

struct image_writer {
    struct store *s;
    struct fake_image i;
};

static struct fake_image *fake_image(struct store *s, uint64_t account, uint32_t number)
{
    for (size_t i = 0; i < s->n_images; i++) {
        if (s->images[i].account == account && s->images[i].number == number)
            return &s->images[i];
    }
    return NULL;
}

enum st image_create(struct store *s, uint64_t account, uint32_t number, struct image_writer **out)
{
    co_yield ();
    *out = MEM_NEW(struct image_writer);
    **out = (struct image_writer){s, {.account = account, .number = number}};
    return ST_OK;
}

enum st image_add(struct image_writer *w, struct str chunk)
{
    must(w->i.n < ARRAY_LEN(w->i.chunks));
    w->i.chunks[w->i.n++] = fake_copy(chunk);
    co_yield ();
    return ST_OK;
}

enum st image_remove(struct store *s, uint64_t account, uint32_t number)
{
    struct fake_image *i = fake_image(s, account, number);

    if (i) {
        fake_image_free(i);
        *i = s->images[--s->n_images];
    }
    return ST_OK;
}

enum st image_end(struct image_writer *w, struct str head)
{
    co_yield ();
    if (head.n) {
        w->i.head = fake_copy(head);
        IGNORE(image_remove(w->s, w->i.account, w->i.number));
        must(w->s->n_images < ARRAY_LEN(w->s->images));
        w->s->images[w->s->n_images++] = w->i;
    } else {
        fake_image_free(&w->i);
    }
    mem_free(w);
    return ST_OK;
}

enum st image_read(struct store *s, uint64_t account, uint32_t number, const struct image_taker *t)
{
    const struct fake_image *i = fake_image(s, account, number);

    co_yield ();
    if (!i)
        return ST_NOTFOUND;
    s->image_reads++;
    TRY(t->head(t->arg, i->head));
    for (size_t k = 0; k < i->n; k++)
        TRY(t->chunk(t->arg, i->chunks[k]));
    return ST_OK;
}

enum st image_remove_tmp(struct store *s, uint64_t account, uint32_t number)
{
    (void)s;
    (void)account;
    (void)number;
    return ST_OK;
}

enum st image_list(struct store *s, unsigned folder, struct arena *a, struct image_name **out, size_t *out_n)
{
    size_t n = 0;

    co_yield ();
    *out = ARENA_ARRAY(a, struct image_name, s->n_images);
    for (size_t i = 0; i < s->n_images; i++) {
        if ((s->images[i].account & 0xff) == folder)
            (*out)[n++] = (struct image_name){s->images[i].account, s->images[i].number, false};
    }
    *out_n = n;
    return ST_OK;
}
