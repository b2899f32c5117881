/* Raw deflate (RFC 1951) as a layer of a stream. What is written is compressed as it comes and flushed when the stream
 * is, which is exactly when a read would wait. What is read is bounded by the reader's room, so a few bytes that stand for
 * millions cost the same memory as any others.
 *
 * A parked stream keeps its states for a moment, since most clients go on at once; then, or when too many do so, the
 * compressor is dropped (the next block refers to nothing before it, which any peer must understand) and the decompressor put to
 * sleep. */
#include "base/must.h"
#include "net/inflater.h"
#include "net/layer.h"

enum {
    PIECE = 8192,     /* what one call compresses: 64 of them may follow each other without a wait */
    OUT_MAX = 16384,  /* compressed, not yet sent */
    RAW_MAX = 8192,   /* received, not yet decompressed */
    GIVE_MAX = 16384, /* what one read gives */
    AWAKE_MAX = 16,   /* parked streams of a core that keep their states */
    AWAKE_MS = 2000,
    END_MS = 2000, /* see read_end */
};

struct deflate_layer {
    struct stream_layer layer;
    struct inflater in;
    char *raw; /* RAW_MAX bytes, or NULL */
    size_t raw_at, raw_n;
    z_stream *z; /* NULL: nothing was written since it was last dropped */
    char *out;   /* OUT_MAX bytes, or NULL */
    size_t out_at, out_n;
    bool unflushed; /* the compressor holds something back */
    struct list awake;
    struct co_timer bedtime;
};

/* Those that are parked and keep their states, the longest first. */
static _Thread_local struct {
    struct list all; /* NULL links: none yet */
    size_t n;
} awake;

static struct deflate_layer *of(struct stream_layer *l)
{
    return CONTAINER_OF(l, struct deflate_layer, layer);
}

/* --- memory ------------------------------------------------------------------------------------------ */

static bool is_waiting(const struct deflate_layer *l)
{
    return !list_is_empty(&l->awake);
}

static void busy_again(struct deflate_layer *l)
{
    if (!is_waiting(l))
        return;
    list_del(&l->awake);
    awake.n--;
    co_timer_clear(&l->bedtime);
}

static void fall_asleep(void *arg)
{
    struct deflate_layer *l = arg;

    busy_again(l);
    zblock_free(TAKE(l->z));
    mem_free(TAKE(l->out));
    inflater_sleep(&l->in);
}

static void deflate_idle(struct stream_layer *layer)
{
    struct deflate_layer *l = of(layer);

    if (l->raw_at == l->raw_n)
        mem_free(TAKE(l->raw));
    if (l->unflushed || l->out_at < l->out_n) /* the connection is broken, and will be closed */
        return;
    if (is_waiting(l) || (!l->z && !l->in.z))
        return;
    if (!awake.all.next)
        list_init(&awake.all);
    list_add_tail(&awake.all, &l->awake);
    co_timer_set(&l->bedtime, core_now(core_here()) + AWAKE_MS, fall_asleep, l);
    if (++awake.n > AWAKE_MAX)
        fall_asleep(LIST_ITEM(awake.all.next, struct deflate_layer, awake));
}

static void deflate_free(struct stream_layer *layer)
{
    struct deflate_layer *l = of(layer);

    busy_again(l);
    zblock_free(l->z);
    inflater_fini(&l->in);
    mem_free(l->out);
    mem_free(l->raw);
    mem_free(l);
}

/* --- output ------------------------------------------------------------------------------------------ */

static enum st drain(struct deflate_layer *l)
{
    while (l->out_at < l->out_n) {
        struct iovec iov = {l->out + l->out_at, l->out_n - l->out_at};
        size_t n;

        TRY(layer_write(l->layer.stream, l->layer.below, &iov, 1, &n));
        l->out_at += n;
    }
    l->out_at = l->out_n = 0;
    return ST_OK;
}

/* What is in the compressor, or `in`, to the buffer, which is empty; what was taken of `in`. */
static size_t press(struct deflate_layer *l, struct str in, int how)
{
    int ret;

    if (!l->z)
        l->z = zblock_deflate();
    if (!l->out)
        l->out = mem_new(OUT_MAX);
    l->z->next_in = (Bytef *)(uintptr_t)in.p;
    l->z->avail_in = (uInt)in.n;
    l->z->next_out = (Bytef *)l->out;
    l->z->avail_out = OUT_MAX;
    ret = deflate(l->z, how);
    must(ret == Z_OK || ret == Z_BUF_ERROR || ret == Z_STREAM_END);
    l->out_n = OUT_MAX - l->z->avail_out;
    return in.n - l->z->avail_in;
}

static enum st deflate_write(struct stream_layer *layer, const struct iovec *iov, UNUSED int pieces, size_t *out_n)
{
    struct deflate_layer *l = of(layer);
    struct str in = str_n(iov->iov_base, MIN(iov->iov_len, (size_t)PIECE));
    size_t n;

    busy_again(l);
    do {
        TRY(drain(l));
        n = press(l, in, Z_NO_FLUSH);
    } while (!n);
    l->unflushed = true;
    *out_n = n;
    return ST_OK;
}

static enum st deflate_flush(struct stream_layer *layer)
{
    struct deflate_layer *l = of(layer);

    for (;;) {
        TRY(drain(l));
        if (!l->unflushed)
            break;
        (void)press(l, STR_NONE, Z_SYNC_FLUSH);
        l->unflushed = l->z->avail_out == 0; /* otherwise it was all */
    }
    layer = l->layer.below;
    return layer && layer->ops->flush ? layer->ops->flush(layer) : ST_OK;
}

static enum st deflate_goodbye(struct stream_layer *layer)
{
    return layer->below ? layer->below->ops->goodbye(layer->below) : ST_OK;
}

/* --- input ------------------------------------------------------------------------------------------- */

static enum st receive(struct deflate_layer *l)
{
    size_t n;

    if (!l->raw)
        l->raw = mem_new(RAW_MAX);
    TRY(layer_read(l->layer.stream, l->layer.below, l->raw, RAW_MAX, &n));
    l->raw_at = 0;
    l->raw_n = n;
    return ST_OK;
}

/* One step on the way to bytes; *out_n may be 0. */
static enum st read_some(struct deflate_layer *l, char *p, size_t max, size_t *out_n)
{
    struct str raw = l->raw_n > l->raw_at ? str_n(l->raw + l->raw_at, l->raw_n - l->raw_at) : STR_NONE;
    enum st st;

    *out_n = 0;
    if (l->in.ended)
        return FAIL(ST_EOF, "the peer has ended its compressed stream");
    if (!raw.n && !inflater_is_full(&l->in))
        return receive(l);
    busy_again(l);
    st = inflater_feed(&l->in, &raw, p, max, out_n);
    l->raw_at = l->raw_n - raw.n;
    return st;
}

static enum st deflate_read(struct stream_layer *layer, char *p, size_t max, size_t *out_n)
{
    size_t n = 0;

    while (!n)
        TRY(read_some(of(layer), p, MIN(max, (size_t)GIVE_MAX), &n));
    *out_n = n;
    return ST_OK;
}

static bool deflate_has_input(const struct stream_layer *layer)
{
    const struct deflate_layer *l = CONTAINER_OF(layer, const struct deflate_layer, layer);

    return l->raw_at < l->raw_n || inflater_is_full(&l->in) || l->in.ended ||
           (layer->below && layer->below->ops->has_input(layer->below));
}

static const struct stream_layer_ops deflate_ops = {.read = deflate_read,
                                                    .write = deflate_write,
                                                    .flush = deflate_flush,
                                                    .goodbye = deflate_goodbye,
                                                    .has_input = deflate_has_input,
                                                    .idle = deflate_idle,
                                                    .free = deflate_free};

enum st stream_push_deflate(struct stream *s)
{
    struct deflate_layer *l;

    TRY(stream_ready_for_layer(s));
    l = MEM_NEW(struct deflate_layer);
    l->layer = (struct stream_layer){.ops = &deflate_ops, .below = s->top, .stream = s};
    inflater_init(&l->in);
    list_init(&l->awake);
    s->top = &l->layer;
    return ST_OK;
}

/* The last block. */
static enum st say_end(struct stream *s, struct deflate_layer *l) SUSPENDS
{
    enum st st;

    busy_again(l);
    l->unflushed = true;
    while (l->unflushed || l->out_at < l->out_n) {
        st = drain(l);
        if (st == ST_BUSY)
            st = stream_wait_wanted(s, s->write_ms);
        else if (st == ST_OK && l->unflushed) {
            (void)press(l, STR_NONE, Z_FINISH);
            l->unflushed = l->z->avail_out == 0;
        }
        TRY(st);
    }
    return ST_OK;
}

/* The rest of the flush that brought the last bytes: a few bytes more at most. */
static enum st read_end(struct stream *s, struct deflate_layer *l) SUSPENDS
{
    enum st st;
    char byte;
    size_t n;

    while (!l->in.ended && !l->in.at_flush) {
        st = read_some(l, &byte, 1, &n);
        if (n)
            return FAIL(ST_DENIED, "compressed input that nobody has read");
        TRY(st == ST_BUSY ? stream_wait_wanted(s, END_MS) : st);
    }
    return ST_OK;
}

enum st stream_pop_deflate(struct stream *s)
{
    struct deflate_layer *l = of(s->top);
    struct str raw;

    must(s->top && s->top->ops == &deflate_ops);
    if (stream_input(s).n)
        return FAIL(ST_DENIED, "compressed input that nobody has read");
    TRY(stream_flush(s));
    TRY(say_end(s, l));
    TRY(read_end(s, l));
    raw = str_n(l->raw ? l->raw + l->raw_at : NULL, l->raw_n - l->raw_at);
    TRY(stream_unread(s, raw));
    s->top = l->layer.below;
    deflate_free(&l->layer);
    return ST_OK;
}

bool stream_is_deflated(const struct stream *s)
{
    for (const struct stream_layer *l = s->top; l; l = l->below)
        if (l->ops == &deflate_ops)
            return true;
    return false;
}
