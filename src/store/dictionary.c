/* Dictionaries for short bodies. One is trained on the store's own bodies once there are some thousands, and again
 * when there are many times more; a new one is kept only when it saves more than what is there. Bodies name their
 * dictionary by number, so each is kept for ever, twice: as a file in DIR/dict, and as a row of an account of the
 * store's own, which is in the journal and in every snapshot like any other row. Both are durable before the first
 * body uses it; whichever copy is lost is made again from the other one. */
#include "store/dictionary.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/random.h"
#include "store/inside.h"

#include <fcntl.h>
#include <zdict.h>

#define MAGIC "RSTDICT1"
#define LAYOUT 1u
#define BODIES_LEAST 2000 /* before that nothing is trained */
#define GROWTH 16         /* trained again when there are so many times the bodies */
#define SAMPLES_MAX 4096
#define SAMPLE_HEAD (8u << 10)   /* of each */
#define SAMPLES_BYTES (8u << 20) /* of all */
#define SAMPLES_LEAST (1u << 20) /* fewer teach nothing */
#define HELD_OUT 8               /* each so-many-th sample is not trained with but measured */
#define PERCENT_LEAST 3          /* that a new one must save more than what is there */
#define FILE_BYTES_MAX (DICTIONARY_MAX_BYTES + 64)
#define ROWS_PAGE 512

/* --- both copies are the same bytes -------------------------------------------------------------- */

struct copy {
    uint16_t number;
    uint64_t made_us, bodies;
    struct str bytes; /* a view */
};

static struct str encode(struct arena *a, const struct copy *c)
{
    struct buf b;
    struct str out;

    buf_init(&b, FILE_BYTES_MAX);
    rec_put_u8(&b, LAYOUT);
    rec_put_u16(&b, c->number);
    rec_put_u64(&b, c->made_us);
    rec_put_u64(&b, c->bodies);
    rec_put_str(&b, c->bytes);
    must(!b.over);
    char *p = arena_alloc(a, 16 + b.n);
    uint64_t hash = bytes_hash(buf_str(&b));

    memcpy(p, MAGIC, 8);
    for (int i = 0; i < 8; i++)
        p[8 + i] = (char)(hash >> 8 * i);
    memcpy(p + 16, b.p, b.n);
    out = str_n(p, 16 + b.n);
    buf_fini(&b);
    return out;
}

static enum st decode(struct str s, struct copy *out)
{
    struct rec r = rec_of(s);
    struct str magic = rec_bytes(&r, 8);
    uint64_t hash = rec_u64(&r);
    struct copy c = {0};

    rec_need(&r, str_eq(magic, STR(MAGIC)) && hash == bytes_hash(str_from(s, 16)) && rec_u8(&r) == LAYOUT);
    c.number = rec_u16(&r);
    c.made_us = rec_u64(&r);
    c.bodies = rec_u64(&r);
    c.bytes = rec_str(&r, DICTIONARY_MAX_BYTES);
    rec_need(&r, c.number && c.number <= DICTIONARIES_MAX);
    TRY(rec_end(&r, "dictionary"));
    *out = c;
    return ST_OK;
}

static const char *path_of(struct store *s, struct arena *a, unsigned number, const char *suffix)
{
    return arena_printf(a, "%s/dict/%04u%s", s->dir, number, suffix).p;
}

static enum st write_file(struct store *s, struct arena *a, unsigned number, struct str bytes)
{
    const char *tmp = path_of(s, a, number, ".tmp");
    const char *dir = arena_printf(a, "%s/dict", s->dir).p;
    enum st st;
    int fd;

    TRY(s->os->open(s->os, tmp, O_RDWR | O_CREAT | O_TRUNC, &fd));
    st = s->os->write(s->os, fd, bytes.p, bytes.n, 0);
    if (st == ST_OK)
        st = s->os->sync(s->os, fd);
    s->os->close(s->os, fd);
    TRY(st);
    TRY(s->os->rename(s->os, tmp, path_of(s, a, number, ".dict")));
    return s->os->sync_dir(s->os, dir);
}

static enum st read_file(struct store *s, struct arena *a, unsigned number, struct str *out)
{
    uint64_t n = 0;
    enum st st;
    char *p;
    int fd;

    TRY(s->os->open(s->os, path_of(s, a, number, ".dict"), O_RDONLY, &fd));
    st = s->os->size(s->os, fd, &n);
    p = arena_alloc(a, MIN(n, FILE_BYTES_MAX));
    if (st == ST_OK)
        st = s->os->read(s->os, fd, p, MIN(n, FILE_BYTES_MAX), 0);
    s->os->close(s->os, fd);
    TRY(st);
    *out = str_n(p, MIN(n, FILE_BYTES_MAX));
    return ST_OK;
}

/* --- opening ------------------------------------------------------------------------------------- */

static struct str row_key_of(struct arena *a, unsigned number)
{
    char *p = arena_alloc(a, 11);

    account_prefix(ACCOUNT_DICTIONARIES, p);
    p[8] = 'd';
    p[9] = (char)(number >> 8);
    p[10] = (char)number;
    return str_n(p, 11);
}

static bool is_fit(struct str bytes, unsigned number, struct copy *out)
{
    return bytes.n && decode(bytes, out) == ST_OK && out->number == number;
}

/* From whichever copy is good; the other one is made again, a row by the upkeep since it needs a commit. */
static enum st load_one(struct store *s, struct arena *a, unsigned number, bool has_file, unsigned *last)
{
    struct str key = row_key_of(a, number), row = STR_NONE, file = STR_NONE;
    enum st st = index_get(&s->index, TIER_DISK, a, key, &row);
    struct copy c, other;
    bool row_fits, file_fits;

    if (st != ST_OK && st != ST_NOTFOUND)
        return st;
    if (st == ST_NOTFOUND && !has_file)
        return ST_OK;
    if (has_file && read_file(s, a, number, &file) != ST_OK)
        file = STR_NONE;
    row_fits = is_fit(row, number, &c);
    file_fits = is_fit(file, number, &other);
    *last = number;
    if (!row_fits && !file_fits) { /* its bodies can't be read; each says so */
        LOG(STORE_DICTIONARY_LOST, lf_u64("number", number));
        return ST_OK;
    }
    if (!file_fits && !s->looks_only)
        TRY(write_file(s, a, number, row));
    if (!row_fits) {
        c = other;
        s->upkeep.rows_missing |= 1ull << (number - 1);
    }
    st = squeeze_add(&s->squeeze, (uint16_t)number, c.made_us, c.bodies, c.bytes);
    if (st != ST_OK)
        LOG(STORE_DICTIONARY_LOST, lf_u64("number", number));
    return ST_OK;
}

static enum st find_files(struct store *s, struct arena *a, uint64_t *out_have)
{
    const char *dir = arena_printf(a, "%s/dict", s->dir).p;
    uint64_t number, have = 0;
    struct str *names;
    size_t n;

    TRY(s->os->mkdir(s->os, dir));
    TRY(s->os->sync_dir(s->os, s->dir));
    TRY(s->os->list(s->os, a, dir, 4 * DICTIONARIES_MAX, &names, &n));
    for (size_t i = 0; i < n; i++)
        if (str_ends(names[i], STR(".dict")) &&
            str_u64(str_n(names[i].p, names[i].n - 5), DICTIONARIES_MAX, &number) == ST_OK && number)
            have |= 1ull << (number - 1);
    *out_have = have;
    return ST_OK;
}

enum st dictionary_load(struct store *s)
{
    struct arena a = ARENA_INIT;
    uint64_t have = 0;
    unsigned last = 0;
    enum st st = find_files(s, &a, &have);

    for (unsigned i = 1; st == ST_OK && i <= DICTIONARIES_MAX; i++)
        st = load_one(s, &a, i, have >> (i - 1) & 1, &last);
    arena_fini(&a);
    TRY(st);
    s->upkeep.last_dictionary = last;
    dictionary_choose(s);
    return ST_OK;
}

void dictionary_choose(struct store *s)
{
    bool may = !s->opt.is_plain && upkeep_settings(s).dictionary;
    unsigned number = 0;

    for (unsigned i = 1; may && i <= DICTIONARIES_MAX; i++)
        if (atomic_load(&s->squeeze.dictionaries[i]))
            number = i;
    squeeze_use(&s->squeeze, (uint16_t)number);
}

enum st dictionary_add(struct squeeze *z, unsigned number, struct str bytes)
{
    struct copy c;

    if (!is_fit(bytes, number, &c))
        return FAIL(ST_CORRUPT, "dictionary %u is damaged", number);
    return squeeze_add(z, c.number, c.made_us, c.bodies, c.bytes);
}

/* --- checking ------------------------------------------------------------------------------------ */

static enum st commit_row(struct store *s, struct arena *a, unsigned number, struct str value) SUSPENDS;

/* One that is just being made has no row yet and is not in use: that is no damage. */
static enum st check_one(struct store *s, struct arena *a, unsigned number, struct store_report *r, bool mends,
                         uint64_t *out_n) SUSPENDS
{
    const struct dictionary *d = atomic_load(&s->squeeze.dictionaries[number]);
    struct str row = STR_NONE, file = STR_NONE;
    enum st st = index_get(&s->index, TIER_DISK, a, row_key_of(a, number), &row);
    bool row_fits, file_fits;
    struct copy c;

    if (st != ST_OK && st != ST_NOTFOUND)
        return st;
    if (st == ST_NOTFOUND && !d)
        return ST_OK;
    ++*out_n;
    if (read_file(s, a, number, &file) != ST_OK)
        file = STR_NONE;
    row_fits = is_fit(row, number, &c);
    file_fits = is_fit(file, number, &c);
    if (!row_fits)
        store_tell(r, "dictionary", STORE_NO_ACCOUNT, "the row of dictionary %u is missing or damaged", number);
    if (!file_fits)
        store_tell(r, "dictionary", STORE_NO_ACCOUNT, "the file of dictionary %u is missing or damaged", number);
    if (mends && d && !file_fits)
        TRY(write_file(s, a, number, encode(a, &(struct copy){d->number, d->made_us, d->bodies, d->bytes})));
    if (mends && d && !row_fits)
        TRY(commit_row(s, a, number, encode(a, &(struct copy){d->number, d->made_us, d->bodies, d->bytes})));
    return ST_OK;
}

enum st dictionary_check(struct store *s, struct store_report *r, bool mends, uint64_t *out_n)
{
    struct arena a = ARENA_INIT;
    enum st st = ST_OK;

    for (unsigned i = 1; st == ST_OK && i <= DICTIONARIES_MAX; i++) {
        st = check_one(s, &a, i, r, mends, out_n);
        arena_reset(&a);
    }
    arena_fini(&a);
    return st;
}

/* --- training ------------------------------------------------------------------------------------ */

static struct scale {
    unsigned bodies, growth;
    size_t samples_least, samples_most, bytes;
} scale_of(const struct store *s)
{
    unsigned n = s->opt.dictionary_bodies;

    if (!n)
        return (struct scale){BODIES_LEAST, GROWTH, SAMPLES_LEAST, SAMPLES_BYTES, DICTIONARY_BYTES};
    return (struct scale){n, 2, n * SQUEEZE_LEAST / 2, MIN(SAMPLES_BYTES, n * 4096),
                          MIN(DICTIONARY_BYTES, 1024 + n * 64)};
}

struct training {
    struct store *s;
    struct arena arena;
    struct blob_row rows[SAMPLES_MAX]; /* a fair choice of all that are short */
    size_t n, seen;
    char *samples;
    size_t *sizes, n_samples, bytes;
    struct str made;
};

static void consider(struct training *t, const struct blob_row *row)
{
    uint64_t at = t->seen++;

    if (t->n < SAMPLES_MAX)
        at = t->n++;
    else
        at = random_u64() % (at + 1);
    if (at < SAMPLES_MAX)
        t->rows[at] = *row;
}

static enum st choose_samples(struct training *t)
{
    struct row_key from = row_key(ROW_BLOB, 0), to = row_key(ROW_BLOB + 1, 0);
    bool more = true;

    while (more) {
        struct index_entry *entries;
        size_t n;

        arena_reset(&t->arena);
        if (upkeep_is_ending(t->s))
            return ST_CANCELED;
        TRY(index_page(&t->s->index, TIER_SCAN, &t->arena, str_n(from.p, sizeof from.p), str_n(to.p, sizeof to.p),
                       ROWS_PAGE, 1u << 20, &entries, &n, &more));
        for (size_t i = 0; i < n; i++) {
            struct rec r = rec_of(str_from(entries[i].key, 9));
            uint64_t id = rec_u64_be(&r);
            struct blob_row row;

            TRY(blob_row_of(entries[i].value, id, &row));
            if (row.raw >= SQUEEZE_LEAST && row.raw <= SQUEEZE_DICT_MOST)
                consider(t, &row);
            from = row_key(ROW_BLOB, id + 1);
        }
        more = more && n;
    }
    return ST_OK;
}

static enum st gather_samples(struct training *t) SUSPENDS
{
    t->samples = mem_new(SAMPLES_BYTES);
    t->sizes = mem_new(SAMPLES_MAX * sizeof *t->sizes);
    for (size_t i = 0; i < t->n; i++) {
        struct blob_view v;
        size_t n;

        if (i % HELD_OUT == 0)
            continue;
        if (upkeep_is_ending(t->s))
            return ST_CANCELED;
        if (blob_open(t->s, t->rows[i].id, &v) != ST_OK) /* gone meanwhile, or damaged: others will do */
            continue;
        n = MIN(v.bytes.n, SAMPLE_HEAD);
        if (t->bytes + n <= scale_of(t->s).samples_most) {
            memcpy(t->samples + t->bytes, v.bytes.p, n);
            t->sizes[t->n_samples++] = n;
            t->bytes += n;
        }
        blob_close(&v);
    }
    return ST_OK;
}

struct comparison {
    ZSTD_CCtx *context;
    ZSTD_CDict *fresh;
    const struct dictionary *now;
    char *room;
    size_t cap;
    uint64_t with_none, with_now, with_fresh;
};

static size_t size_with(struct comparison *c, const ZSTD_CDict *d, struct str raw)
{
    size_t n = d ? ZSTD_compress_usingCDict(c->context, c->room, c->cap, raw.p, raw.n, d)
                 : ZSTD_compressCCtx(c->context, c->room, c->cap, raw.p, raw.n, 1);

    return ZSTD_isError(n) || !squeeze_pays(raw.n, n) ? raw.n : n;
}

/* Percent that the fresh one saves beside the best that there is now; on bodies that it has not seen. */
static enum st compare(struct training *t, unsigned *out_percent) SUSPENDS
{
    struct comparison c = {.context = ZSTD_createCCtx(),
                           .fresh = ZSTD_createCDict(t->made.p, t->made.n, 3),
                           .now = atomic_load(&t->s->squeeze.newest),
                           .cap = ZSTD_compressBound(SQUEEZE_DICT_MOST)};
    uint64_t best;

    must(c.context && c.fresh);
    c.room = mem_new(c.cap);
    for (size_t i = 0; i < t->n && !upkeep_is_ending(t->s); i += HELD_OUT) {
        struct blob_view v;

        if (blob_open(t->s, t->rows[i].id, &v) != ST_OK)
            continue;
        c.with_none += size_with(&c, NULL, v.bytes);
        c.with_fresh += size_with(&c, c.fresh, v.bytes);
        if (c.now)
            c.with_now += size_with(&c, c.now->good, v.bytes);
        blob_close(&v);
    }
    ZSTD_freeCCtx(c.context);
    ZSTD_freeCDict(c.fresh);
    mem_free(c.room);
    best = c.now ? MIN(c.with_now, c.with_none) : c.with_none;
    *out_percent = c.with_fresh < best ? (unsigned)((best - c.with_fresh) * 100 / best) : 0;
    return upkeep_is_ending(t->s) ? ST_CANCELED : ST_OK;
}

/* --- keeping ------------------------------------------------------------------------------------- */

static enum st commit_row(struct store *s, struct arena *a, unsigned number, struct str value) SUSPENDS
{
    return commit_own_row(s, str_from(row_key_of(a, number), 8), value);
}

static enum st keep(struct store *s, const struct copy *c) SUSPENDS
{
    struct arena a = ARENA_INIT;
    struct str bytes = encode(&a, c);
    enum st st = write_file(s, &a, c->number, bytes);

    if (st == ST_OK)
        st = commit_row(s, &a, c->number, bytes);
    arena_fini(&a);
    TRY(st);
    TRY(squeeze_add(&s->squeeze, c->number, c->made_us, c->bodies, c->bytes));
    s->upkeep.last_dictionary = c->number;
    dictionary_choose(s);
    return ST_OK;
}

static enum st mend_rows(struct store *s) SUSPENDS
{
    enum st st = ST_OK;

    for (unsigned i = 1; st == ST_OK && i <= DICTIONARIES_MAX; i++) {
        const struct dictionary *d = atomic_load(&s->squeeze.dictionaries[i]);
        struct arena a = ARENA_INIT;

        if (d && s->upkeep.rows_missing >> (i - 1) & 1)
            st = commit_row(s, &a, i, encode(&a, &(struct copy){d->number, d->made_us, d->bodies, d->bytes}));
        arena_fini(&a);
    }
    if (st == ST_OK)
        s->upkeep.rows_missing = 0;
    return st;
}

static enum st train(struct training *t, uint64_t bodies) SUSPENDS
{
    struct scale scale = scale_of(t->s);
    char *made;
    size_t n;
    unsigned percent;

    TRY(choose_samples(t));
    TRY(gather_samples(t));
    t->s->upkeep.train_at = bodies * 4; /* if nothing comes of it */
    if (t->bytes < scale.samples_least || t->n_samples < scale.bodies / 2)
        return ST_OK;
    made = arena_alloc(&t->arena, scale.bytes);
    n = ZDICT_trainFromBuffer(made, scale.bytes, t->samples, t->sizes, (unsigned)t->n_samples);
    if (ZDICT_isError(n)) /* says that the samples have nothing in common */
        return ST_OK;
    t->made = str_n(made, n);
    TRY(compare(t, &percent));
    if (percent < PERCENT_LEAST)
        return ST_OK;
    TRY(keep(t->s, &(struct copy){(uint16_t)(t->s->upkeep.last_dictionary + 1), clock_wall_us(), bodies, t->made}));
    t->s->upkeep.train_at = bodies * scale.growth;
    LOG(STORE_DICTIONARY_MADE, lf_u64("number", t->s->upkeep.last_dictionary), lf_u64("bodies", bodies),
        lf_u64("saves_percent", percent));
    return ST_OK;
}

/* So that a start does not train for nothing once more what was trained for nothing before it. */
static enum st note_tried(struct store *s) SUSPENDS
{
    char value[8];

    for (int i = 0; i < 8; i++)
        value[i] = (char)(s->upkeep.train_at >> 8 * i);
    return commit_own_row(s, STR(TRIED_KEY), str_n(value, sizeof value));
}

static uint64_t tried_before(struct store *s)
{
    char key[8 + sizeof TRIED_KEY - 1];
    struct arena a = ARENA_INIT;
    uint64_t at = 0;
    struct str value;

    account_prefix(ACCOUNT_DICTIONARIES, key);
    memcpy(key + 8, TRIED_KEY, sizeof TRIED_KEY - 1);
    if (index_get(&s->index, TIER_DISK, &a, str_n(key, sizeof key), &value) == ST_OK && value.n == 8) {
        struct rec r = rec_of(value);

        at = rec_u64(&r);
    }
    arena_fini(&a);
    return at;
}

static bool is_due(struct store *s, uint64_t bodies)
{
    const struct dictionary *d = atomic_load(&s->squeeze.newest);

    if (!s->upkeep.train_at)
        s->upkeep.train_at = MAX(d ? d->bodies * scale_of(s).growth : scale_of(s).bodies, tried_before(s));
    return bodies >= s->upkeep.train_at && s->upkeep.last_dictionary < DICTIONARIES_MAX;
}

enum st dictionary_step(struct store *s)
{
    uint64_t bodies = atomic_load(&s->figures.live_blobs);
    unsigned last = s->upkeep.last_dictionary;
    struct training *t;
    enum st st;

    dictionary_choose(s); /* the setting may have changed */
    if (s->opt.is_plain || !upkeep_settings(s).dictionary)
        return ST_OK;
    if (s->upkeep.rows_missing)
        TRY(mend_rows(s));
    if (!is_due(s, bodies))
        return ST_OK;
    t = MEM_NEW(struct training);
    t->s = s;
    st = train(t, bodies);
    mem_free(t->samples);
    mem_free(t->sizes);
    arena_fini(&t->arena);
    mem_free(t);
    return st == ST_OK && s->upkeep.last_dictionary == last ? note_tried(s) : st;
}
