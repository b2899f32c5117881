#include "net/relay.h"
#include "base/must.h"
#include "net/layer.h"

#include <errno.h>
#include <sys/socket.h>

#define BUFFER_MAX 65536
#define RETRY_MS 50 /* when no coroutine was free */
#define LOOK_MS 20  /* see relay_take_back */

enum state { RUNNING, PARKED, WAITING /* for a free coroutine */, ENDED };

struct direction {
    struct relay *relay;
    struct stream *from, *to;
    struct co *co;
    enum state state;
};

struct relay {
    struct direction in, out; /* to the inner, to the outer stream */
    struct relay_options opt;
    struct co_timer retry;
    mono_ms moved_at;
    enum st why;
    bool ending;
    bool returning; /* relay_take_back waits */
    struct co_event returned;
    size_t outer_high; /* of the outer stream, before */
};

static void start(struct direction *d);

static void finish(struct relay *r)
{
    struct relay_totals totals = {stream_bytes_out(r->in.to), stream_bytes_out(r->out.to)};

    co_timer_clear(&r->retry);
    if (r->returning) { /* it goes on there */
        co_event_set(&r->returned);
        return;
    }
    stream_free(r->in.from);
    stream_free(r->in.to);
    if (r->opt.on_end)
        r->opt.on_end(r->opt.arg, r->why, &totals);
    mem_free(r);
}

/* A running direction comes to its end by itself; the last one closes. */
static void stop_direction(struct direction *d)
{
    if (d->state == PARKED)
        stream_unpark(d->from);
    if (d->state == RUNNING) {
        if (d->co && d->co != co_here())
            co_cancel(d->co);
    } else {
        d->state = ENDED;
    }
}

static void end(struct relay *r, enum st why)
{
    if (!r->ending) {
        r->ending = true;
        r->why = why;
        stop_direction(&r->in);
        stop_direction(&r->out);
    }
    if (r->in.state == ENDED && r->out.state == ENDED)
        finish(r);
}

static void retry(void *arg)
{
    struct relay *r = arg;

    if (r->in.state == WAITING)
        start(&r->in);
    if (r->out.state == WAITING)
        start(&r->out);
}

static mono_ms idle_until(const struct relay *r)
{
    bool half = r->in.state == ENDED || r->out.state == ENDED;

    return r->moved_at + (half ? r->opt.linger_ms : r->opt.idle_ms);
}

static void unparked(void *arg, enum st why)
{
    struct direction *d = arg;
    struct relay *r = d->relay;

    d->state = WAITING;
    if (why == ST_OK)
        start(d);
    else if (idle_until(r) <= core_now(core_here()))
        end(r, ST_TIMEOUT);
    else if (stream_park(d->from, idle_until(r), unparked, d)) /* the other direction moved */
        d->state = PARKED;
    else
        start(d);
}

/* The outer side's input is left to another. */
static bool is_over(const struct direction *d)
{
    return d->relay->returning && d == &d->relay->in;
}

/* Moves what there is. ST_BUSY: no more now. */
static enum st move(struct direction *d) SUSPENDS
{
    struct relay *r = d->relay;
    struct str in = stream_input(d->from);
    enum st st;

    if (in.n) {
        st = stream_write(d->to, in); /* goes out directly: nothing is buffered there */
        stream_eat(d->from, in.n);
        r->moved_at = core_now(core_here());
        return st == ST_EOF ? ST_IO : st; /* the end of input is another thing */
    }
    if (is_over(d))
        return FAIL(ST_EOF, "what comes now is for another");
    stream_set_in_max(d->from, BUFFER_MAX); /* what was handed over may have been more */
    st = stream_fill(d->from);
    if (st == ST_BUSY && d->from->want == CO_WRITE) /* TLS has to answer something first */
        return stream_wait_wanted(d->from, d->from->write_ms);
    return st;
}

static enum st move_all(struct direction *d) SUSPENDS
{
    enum st st = ST_OK;

    while (st == ST_OK && !d->relay->ending)
        st = co_is_canceled() ? ST_CANCELED : move(d);
    return st;
}

/* The other direction has ended: what is parked waits for the shorter time. */
static void park_anew(struct direction *d)
{
    if (d->state != PARKED)
        return;
    stream_unpark(d->from);
    if (!stream_park(d->from, idle_until(d->relay), unparked, d))
        start(d);
}

static void pump(void *arg)
{
    struct direction *d = arg;
    struct relay *r = d->relay;
    enum st st;

    d->co = co_here();
    do {
        st = move_all(d);
        if (st == ST_BUSY && !r->ending && !is_over(d) && stream_park(d->from, idle_until(r), unparked, d)) {
            d->state = PARKED;
            d->co = NULL;
            return;
        }
    } while (st == ST_BUSY && !r->ending);
    if (st == ST_EOF && !r->ending)
        st = r->returning ? ST_OK : stream_shutdown(d->to);
    d->co = NULL;
    d->state = ENDED;
    if (r->returning && st == ST_OK && !r->ending) {
        co_event_set(&r->returned);
        return;
    }
    park_anew(d == &r->in ? &r->out : &r->in);
    if (st != ST_OK || r->ending || (r->in.state == ENDED && r->out.state == ENDED))
        end(r, st);
}

/* A stream's own write timeout bounds each wait of a direction that runs. */
static void start(struct direction *d)
{
    d->state = RUNNING;
    if (co_spawn(pump, d, "relay") != ST_OK) {
        d->state = WAITING;
        co_timer_set(&d->relay->retry, core_now(core_here()) + RETRY_MS, retry, d->relay);
    }
}

static void take_over(struct stream *s)
{
    stream_set_deadline(s, NEVER);
    stream_set_in_max(s, BUFFER_MAX);
    s->out_high = 0;
}

enum st relay_start(struct stream *outer, struct stream *inner, const struct relay_options *opt, struct relay **out)
{
    struct relay *r;

    TRY(stream_flush(outer));
    TRY(stream_flush(inner));
    r = MEM_NEW(struct relay);
    r->outer_high = outer->out_high;
    take_over(outer);
    take_over(inner);
    r->opt = *opt;
    r->in = (struct direction){.relay = r, .from = outer, .to = inner};
    r->out = (struct direction){.relay = r, .from = inner, .to = outer};
    r->moved_at = core_now(core_here());
    *out = r;
    start(&r->in);
    start(&r->out);
    return ST_OK;
}

static enum st take_unread(int far, struct buf *unread)
{
    char p[4096];
    ssize_t n;

    while ((n = recv(far, p, sizeof p, MSG_DONTWAIT)) > 0)
        buf_add(unread, str_n(p, (size_t)n));
    return buf_check(unread);
}

/* Of what is in the pair nothing may be lost: the outer side's input stays where it is from now on, what it has written already is read
 * back from the far end, and what the far end wrote is read up to the end that it gets now. */
enum st relay_take_back(struct relay *r, int far, struct buf *unread, struct stream **out_outer)
{
    enum st st = ST_OK;

    r->returning = true;
    shutdown(far, SHUT_WR);
    if (r->in.state == PARKED) {
        stream_unpark(r->in.from);
        r->in.state = ENDED;
    }
    while (st == ST_OK && !r->ending && (r->in.state != ENDED || r->out.state != ENDED)) {
        st = take_unread(far, unread);
        if (st == ST_OK && co_event_wait(&r->returned, core_now(core_here()) + LOOK_MS) == ST_CANCELED)
            st = ST_CANCELED;
    }
    if (st == ST_OK && !r->ending)
        st = take_unread(far, unread);
    if (st != ST_OK || r->ending) {
        r->returning = false;
        end(r, st);
        return st != ST_OK ? st : (enum st)FAIL(ST_IO, "the connection broke while it was taken back");
    }
    co_timer_clear(&r->retry);
    stream_free(r->in.to);
    r->in.from->out_high = r->outer_high;
    *out_outer = r->in.from;
    mem_free(r);
    return ST_OK;
}

void relay_stop(struct relay *r)
{
    end(r, ST_CANCELED);
}
