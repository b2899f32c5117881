/* The caller's side of a commit: bodies are compressed and changes laid out where the work arose, so that the
 * committer has only to copy them together. */
#include "base/must.h"
#include "store/inside.h"

#define OWN_TRIES 5
#define SOON_MAX 8192 /* a body that is compressed in the time that it takes to wake a thread */

static void put_key(struct buf *b, uint64_t account, struct str key)
{
    rec_put_u32(b, (uint32_t)(8 + key.n));
    rec_put_u64_be(b, account);
    buf_add(b, key);
}

/* DEL_RANGE up to nothing: to the account's end, which is where the next one begins. */
static void put_change(struct buf *b, uint64_t account, const struct kv_change *c)
{
    rec_put_u8(b, (uint8_t)c->op);
    put_key(b, account, c->key);
    if (c->op == KV_PUT)
        rec_put_str(b, c->value);
    else if (c->op == KV_DEL)
        rec_put_str(b, STR_NONE);
    else
        put_key(b, c->value.n ? account : account + 1, c->value);
}

static enum st lay_out_parts(struct commit *c)
{
    buf_init(&c->parts, KV_COMMIT_MAX);
    for (size_t i = 0; i < c->job.n_parts; i++) {
        struct kv_part *p = c->job.parts[i];

        must(p->account != ACCOUNT_STORE);
        p->own.at = c->parts.n;
        rec_put_u64(&c->parts, p->account);
        rec_put_u64(&c->parts, p->expected_version + 1);
        rec_put_u32(&c->parts, (uint32_t)p->n);
        for (size_t j = 0; j < p->n; j++)
            put_change(&c->parts, p->account, &p->changes[j]);
        p->own.size = c->parts.n - p->own.at;
    }
    return buf_check(&c->parts);
}

/* --- bodies ----------------------------------------------------------------------------------------- */

static void squeeze(struct store *s, struct arena *a, const struct kv_blob *blob, struct prepared *b)
{
    bool on_core = blob->bytes.n <= ON_CORE_MAX;
    struct squeezed q;

    b->row = (struct blob_row){.id = blob->id, .refs = blob->refs, .raw = blob->bytes.n, .codec = CODEC_RAW};
    b->stored = blob->bytes;
    if (!s->opt.is_plain &&
        squeeze_small(&s->squeeze, a, blob->bytes, blob->head, on_core ? 1 : (int)s->opt.level, &q)) {
        b->row.codec = q.codec;
        b->dictionary = q.dictionary;
        b->stored = q.bytes;
    }
    b->row.stored = b->stored.n;
    b->row.hash = bytes_hash(b->stored);
}

struct squeezing {
    struct store *s;
    struct commit *c;
    const struct kv_blob *blobs;
};

static void squeeze_larger(void *arg)
{
    struct squeezing *q = arg;

    for (size_t i = 0; i < q->c->n_blobs; i++)
        if (!q->c->blobs[i].stage && q->blobs[i].bytes.n > ON_CORE_MAX)
            squeeze(q->s, &q->c->arena, &q->blobs[i], &q->c->blobs[i]);
}

static void take_stage(struct commit *c, size_t i, const struct kv_blob *blob)
{
    c->blobs[i].row = c->blobs[i].stage->row;
    c->blobs[i].row.id = blob->id;
    c->blobs[i].row.refs = blob->refs;
}

static enum st prepare_blobs(struct store *s, struct commit *c, const struct kv_blob *blobs) SUSPENDS
{
    struct squeezing q = {s, c, blobs};
    uint64_t inline_max = MIN(INLINE_MAX, s->opt.segment_bytes / 16);
    bool larger = false;

    for (size_t i = 0; i < c->n_blobs; i++) {
        must(blobs[i].refs > 0);
        if (!c->blobs[i].stage && blobs[i].bytes.n > inline_max)
            TRY(blob_stage_str(s, blobs[i].bytes, &c->blobs[i].stage));
        if (c->blobs[i].stage)
            take_stage(c, i, &blobs[i]);
        else if (blobs[i].bytes.n > ON_CORE_MAX)
            larger = true;
        else
            squeeze(s, &c->arena, &blobs[i], &c->blobs[i]);
    }
    return larger ? store_block(s, squeeze_larger, &q) : ST_OK;
}

/* Parts without a core are told by the caller. The others may be gone when the commit is answered. */
static void find_ours(struct commit *c)
{
    c->ours = ARENA_ARRAY(&c->arena, struct kv_part *, c->job.n_parts);
    for (size_t i = 0; i < c->job.n_parts; i++)
        if (c->job.parts[i]->done && !c->job.parts[i]->core)
            c->ours[c->n_ours++] = c->job.parts[i];
}

/* What keeps the core for no longer than it takes to wake somebody. */
static bool is_soon_prepared(const struct commit *c, const struct kv_blob *blobs)
{
    return !c->n_blobs || (c->n_blobs == 1 && !c->blobs[0].stage && blobs[0].bytes.n <= SOON_MAX);
}

static enum st prepare(struct store *s, struct commit *c, const struct kv_blob *blobs) SUSPENDS
{
    if (is_soon_prepared(c, blobs))
        committer_knock(s);
    TRY(lay_out_parts(c));
    TRY(prepare_blobs(s, c, blobs));
    c->job.bytes = c->parts.n;
    for (size_t i = 0; i < c->n_blobs; i++)
        if (!c->blobs[i].stage)
            c->job.bytes += record_bytes(c->blobs[i].stored.n);
    return c->job.bytes <= KV_COMMIT_MAX ? ST_OK : FAIL(ST_LIMIT, "a commit of more than %u bytes", KV_COMMIT_MAX);
}

/* --- handing in --------------------------------------------------------------------------------------- */

static void wait_for_answer(struct store *s, struct commit *c) SUSPENDS
{
    if (c->core) {
        while (!c->is_done)
            co_event_wait_heedless(&c->done);
        return;
    }
    pthread_mutex_lock(&s->mutex);
    while (!c->is_done)
        pthread_cond_wait(&s->answered, &s->mutex);
    pthread_mutex_unlock(&s->mutex);
}

static enum st finish(struct store *s, struct commit *c)
{
    enum st st = c->job.st;

    for (size_t i = 0; i < c->n_ours; i++)
        c->ours[i]->done(c->ours[i], st);
    for (size_t i = 0; i < c->n_blobs; i++)
        if (c->blobs[i].stage && !(st == ST_CANCELED && c->kept && c->kept[i].stage))
            blob_stage_done(s, c->blobs[i].stage, st == ST_OK);
    buf_fini(&c->parts);
    if (st != ST_OK)
        st = FAIL(st, "%s", c->job.why);
    arena_fini(&c->arena);
    return st;
}

enum st kv_commit(struct store *s, struct kv_commit *commit)
{
    struct commit c = {.job = {.parts = commit->parts, .n_parts = commit->n_parts},
                       .derefs = commit->derefs,
                       .n_derefs = commit->n_derefs,
                       .n_blobs = commit->n_blobs,
                       .needs_space = commit->n_blobs > 0,
                       .kept = commit->keeps_stages ? commit->blobs : NULL,
                       .core = core_here()};
    enum st st;

    c.blobs = ARENA_ARRAY(&c.arena, struct prepared, c.n_blobs);
    for (size_t i = 0; i < c.n_blobs; i++)
        c.blobs[i].stage = commit->blobs[i].stage;
    find_ours(&c);
    st = prepare(s, &c, commit->blobs);
    if (st != ST_OK) { /* its versions are handed out: it fails in its turn */
        c.job.st = st;
        c.job.is_doomed = true;
        memcpy(c.job.why, err_get()->text, sizeof c.job.why);
    }
    committer_give(s, &c);
    wait_for_answer(s, &c);
    return finish(s, &c);
}

static enum st try_own_row(struct store *s, struct str key, struct str value) SUSPENDS
{
    struct kv_change change = {.key = key, .value = value, .op = KV_PUT};
    struct kv_part part = {
        .account = ACCOUNT_DICTIONARIES, .changes = &change, .n = 1, .chain = kv_chain(s, ACCOUNT_DICTIONARIES)};
    struct kv_part *parts[] = {&part};
    struct kv_commit c = {.parts = parts, .n_parts = 1};

    TRY(kv_version(s, ACCOUNT_DICTIONARIES, &part.expected_version));
    return kv_commit(s, &c);
}

enum st commit_own_row(struct store *s, struct str key, struct str value)
{
    enum st st = ST_BUSY;

    for (int i = 0; i < OWN_TRIES && (st == ST_BUSY || st == ST_CANCELED);
         i++) /* another of our threads came between */
        st = try_own_row(s, key, value);
    return st;
}

enum st commit_at_start(struct store *s, struct kv_part *part)
{
    struct commit c = {.job = {.parts = &part, .n_parts = 1}};
    struct job_list batch;
    enum st st = ST_OK;

    job_list_init(&batch);
    if (part) {
        part->own.job = &c.job;
        st = lay_out_parts(&c);
        job_list_add(&batch, &c.job);
    }
    if (st == ST_OK)
        st = journal_commit(s, &batch);
    buf_fini(&c.parts);
    return st;
}

enum st commit_moves(struct store *s, const struct blob_move *moves, size_t n)
{
    struct commit c = {.moves = moves, .n_moves = n, .job.bytes = n * BLOB_MOVE_BYTES};

    must(!core_here() && n <= COMMIT_MOVES);
    buf_init(&c.parts, 1);
    committer_give(s, &c);
    wait_for_answer(s, &c);
    return finish(s, &c);
}

void kv_abandon(struct store *s, struct kv_part **parts, size_t n, enum st st)
{
    struct commit *c = MEM_NEW(struct commit);
    struct kv_part *copies;

    /* Copies of those that nobody wants to hear of, which may be gone by the time it is their turn. */
    c->job.parts = mem_new(n * (sizeof *parts + sizeof *copies) + sizeof *copies);
    copies = (struct kv_part *)(void *)(c->job.parts + n);
    for (size_t i = 0; i < n; i++) {
        must(parts[i]->core || !parts[i]->done);
        copies[i] = *parts[i];
        c->job.parts[i] = parts[i]->done ? parts[i] : &copies[i];
    }
    c->job.n_parts = n;
    c->job.st = st;
    c->job.is_doomed = true;
    c->is_abandoned = true;
    committer_give(s, c);
}

uint32_t kv_chain(struct store *s, uint64_t account)
{
    return sched_chain(&s->sched, account);
}
