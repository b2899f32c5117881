/* An end: the socket is read on the loop, a few frames a turn; each request gets a coroutine, each answer wakes its asker.
 * What the socket does not take waits in a queue that a coroutine empties, which lives as long as there is something in it. */
#include "ipc/ipc.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "base/memo.h"
#include "base/must.h"
#include "co/fault.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#define IPC_MAGIC 0x1bcU
#define HEAD_BYTES 16
#define CREDITS_DEFAULT 256
#define CREDITS_MOST 4096
#define FRAMES_A_TURN 32
#define QUEUE_SOFT (4u << 20)  /* bytes: above it ipc_send gives ST_TRYLATER */
#define QUEUE_HARD (64u << 20) /* bytes: above it, which credits alone can't reach, the peer is given up */
#define STALLED_MS 300000      /* a peer that takes nothing for so long is as good as dead */
#define SPAWN_AGAIN_MS 5
#define FDS_LOOKED_FOR 4
#define REMEMBERED_BYTES (16u << 20)

enum flag { FLAG_ASK = 1, FLAG_ANSWER = 2, FLAG_MORE = 4, FLAG_HELLO = 8 };

/* A frame that waits to be sent. */
struct frame {
    struct list link;
    int fd;
    size_t n;
    char p[];
};

/* An open request of ours. It outlives an asker who gave up, since its credit is not free before the answer. */
struct pending {
    enum msg_kind answer;
    struct arena *arena;
    void *out;
    int *out_fd;
    bool (*piece)(const struct msg_admin_answer *m, void *arg);
    void *piece_arg;
    struct co_event event;
    enum st st;
    bool is_final, is_stopped, is_abandoned;
};

struct ipc {
    uint32_t magic;
    unsigned refs;
    struct ipc_options opt;
    const struct ipc_handler *by_kind[MSG_COUNT];
    bool is_up, is_freed;
    struct co_fd fd;
    uint64_t epoch;
    unsigned life; /* counts connections, so that late answers are known */
    /* our requests */
    struct map pending; /* by id */
    uint32_t last_id;
    unsigned asked, credits; /* credits 0: the peer has not told yet */
    struct co_waitq room;
    struct memo remembered; /* answers, by their questions */
    /* the peer's */
    unsigned serving;
    /* sending */
    struct list queue;
    size_t queued;
    bool is_writing;
    struct co_timer retry;
    struct co_waitq drained;
    struct buf tx;
    char *rx;
};

struct head {
    uint16_t kind, flags;
    uint32_t id;
    uint64_t epoch;
};

/* A request of the peer under way. */
struct task {
    struct ipc_request r;
    unsigned life;
    bool is_answered;
    struct arena arena;
    const struct ipc_handler *handler;
};

static void write_queue(struct ipc *p);

static void unref(struct ipc *p)
{
    if (--p->refs)
        return;
    must(p->is_freed && list_is_empty(&p->queue) && p->pending.n == 0);
    map_fini(&p->pending);
    memo_fini(&p->remembered);
    buf_fini(&p->tx);
    mem_free(p->rx);
    p->magic = 0;
    mem_free(p);
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

/* --- the link ------------------------------------------------------------------------------------ */

static void frame_free(struct ipc *p, struct frame *f)
{
    list_del(&f->link);
    p->queued -= f->n;
    close_fd(f->fd);
    mem_free(f);
}

/* The request has ended, one way or other; its asker frees it, if he still waits. */
static void pending_end(struct pending *w, enum st st)
{
    w->st = st;
    w->is_final = true;
    if (w->is_abandoned)
        mem_free(w);
    else
        co_event_set(&w->event);
}

static void link_close(struct ipc *p)
{
    int fd = p->fd.fd;
    size_t pos = 0;
    void *w;

    if (!p->is_up)
        return;
    p->is_up = false;
    p->life++;
    co_fd_del(&p->fd);
    close(fd);
    co_timer_clear(&p->retry);
    while (!list_is_empty(&p->queue))
        frame_free(p, LIST_ITEM(p->queue.next, struct frame, link));
    while (map_next(&p->pending, &pos, &w))
        pending_end(w, ST_TRYLATER);
    map_fini(&p->pending);
    p->pending = MAP_INIT;
    p->asked = p->credits = p->serving = 0;
    memo_drop(&p->remembered);
    co_waitq_wake_all(&p->room);
    co_waitq_wake_all(&p->drained);
}

/* The peer has gone, or must not be listened to. */
static void link_lost(struct ipc *p)
{
    if (!p->is_up)
        return;
    link_close(p);
    if (p->opt.on_down)
        p->opt.on_down(p, p->opt.arg);
}

static void refuse(struct ipc *p, const char *why)
{
    LOG(IPC_PEER_REFUSED, lf_z("process", p->opt.peer), lf_z("reason", why));
    link_lost(p);
}

/* --- sending --------------------------------------------------------------------------------------- */

/* ST_BUSY: not now. */
static enum st push(struct ipc *p, const char *bytes, size_t n, int fd)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } c = {.room = {0}};
    struct iovec io = {(void *)(uintptr_t)bytes, n};
    struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};
    ssize_t sent;

    if (fd >= 0) {
        m.msg_control = c.room;
        m.msg_controllen = sizeof c.room;
        c.head = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
        memcpy(CMSG_DATA(&c.head), &fd, sizeof fd);
    }
    do
        sent = sendmsg(p->fd.fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    if (sent == (ssize_t)n)
        return ST_OK;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        co_fd_again(&p->fd, CO_WRITE);
        return ST_BUSY;
    }
    return FAIL(ST_TRYLATER, "%s takes no message: %s", p->opt.peer, strerror(errno));
}

static void writer(void *arg)
{
    struct ipc *p = arg;
    unsigned life = p->life;

    while (p->is_up && p->life == life && !list_is_empty(&p->queue)) {
        struct frame *f = LIST_ITEM(p->queue.next, struct frame, link);
        enum st st = push(p, f->p, f->n, f->fd);

        if (st != ST_BUSY) { /* when the peer is dead, reading will tell */
            frame_free(p, f);
            continue;
        }
        if (p->queued < QUEUE_SOFT / 4)
            co_waitq_wake_all(&p->drained);
        st = co_fd_wait(&p->fd, CO_WRITE, deadline_in(STALLED_MS));
        if (st == ST_TIMEOUT)
            link_lost(p);
        if (st != ST_OK)
            break;
    }
    p->is_writing = false;
    co_waitq_wake_all(&p->drained);
    if (p->is_up && !list_is_empty(&p->queue) && !co_is_canceled())
        write_queue(p); /* of a new connection */
    unref(p);
}

static void write_again(void *arg)
{
    write_queue(arg);
}

static void write_queue(struct ipc *p)
{
    if (p->is_writing || !p->is_up)
        return;
    p->refs++;
    p->is_writing = true;
    if (co_spawn(writer, p, "ipc writer") == ST_OK)
        return;
    p->refs--;
    p->is_writing = false;
    co_timer_set(&p->retry, deadline_in(SPAWN_AGAIN_MS), write_again, p);
}

static enum st enqueue(struct ipc *p, struct str bytes, int fd)
{
    struct frame *f = mem_new(sizeof *f + bytes.n);

    f->fd = -1;
    if (fd >= 0 && (f->fd = dup(fd)) < 0) {
        mem_free(f);
        return FAIL_ERRNO("dup");
    }
    f->n = bytes.n;
    memcpy(f->p, bytes.p, bytes.n);
    list_add_tail(&p->queue, &f->link);
    p->queued += f->n;
    write_queue(p);
    return ST_OK;
}

static enum st send_frame(struct ipc *p, struct head h, const void *msg, int fd)
{
    struct buf *b = &p->tx;
    enum st st = ST_BUSY;

    if (!p->is_up)
        return FAIL(ST_TRYLATER, "%s is away", p->opt.peer);
    if (fault_hit(FAULT_ipc_send))
        return FAIL(ST_TRYLATER, "%s takes no message: injected", p->opt.peer);
    buf_clear(b);
    rec_put_u16(b, h.kind);
    rec_put_u16(b, h.flags);
    rec_put_u32(b, h.id);
    rec_put_u64(b, p->epoch);
    if (h.kind != MSG_NONE)
        TRY(msg_encode((enum msg_kind)h.kind, msg, b));
    if (p->queued + b->n > QUEUE_HARD) {
        refuse(p, "it takes no messages");
        return FAIL(ST_TRYLATER, "%s takes no messages", p->opt.peer);
    }
    if (list_is_empty(&p->queue))
        st = push(p, b->p, b->n, fd);
    return st == ST_BUSY ? enqueue(p, buf_str(b), fd) : st;
}

/* What matters to nobody when it can't be sent, since the link is down then. */
static void send_bare(struct ipc *p, uint16_t flags, uint32_t id)
{
    enum st st = send_frame(p, (struct head){.kind = MSG_NONE, .flags = flags, .id = id}, NULL, -1);

    (void)st;
}

enum st ipc_send(struct ipc *p, enum msg_kind kind, const void *msg, int fd)
{
    must_obj(p, IPC_MAGIC);
    must(!msg_is_ask(kind) && !msg_is_answer(kind));
    if (p->queued > QUEUE_SOFT)
        return FAIL(ST_TRYLATER, "too much waits for %s", p->opt.peer);
    return send_frame(p, (struct head){.kind = (uint16_t)kind}, msg, fd);
}

/* --- asking ------------------------------------------------------------------------------------------ */

static enum st take_credit(struct ipc *p, mono_ms deadline) SUSPENDS
{
    while (p->is_up && p->asked >= p->credits)
        TRY(co_waitq_wait(&p->room, deadline));
    return p->is_up ? ST_OK : FAIL(ST_TRYLATER, "%s is away", p->opt.peer);
}

static uint32_t new_id(struct ipc *p)
{
    do
        p->last_id++;
    while (p->last_id == 0 || map_get(&p->pending, p->last_id));
    return p->last_id;
}

static enum st await(struct ipc *p, struct pending *w, mono_ms deadline) SUSPENDS
{
    enum st st = ST_OK;

    while (st == ST_OK && !w->is_final && !w->is_stopped)
        st = co_event_wait(&w->event, deadline);
    if (!w->is_final) {
        w->is_abandoned = true;
        return w->is_stopped ? ST_OK : st;
    }
    st = w->st;
    mem_free(w);
    return st == ST_OK ? ST_OK : FAIL(st, "%s gave no answer", p->opt.peer);
}

static enum st ask_with(struct ipc *p, enum msg_kind ask, const void *msg, int fd, const struct pending *how,
                        mono_ms deadline) SUSPENDS
{
    struct pending *w;
    uint32_t id;
    enum st st;

    TRY(take_credit(p, deadline));
    id = new_id(p);
    TRY(send_frame(p, (struct head){.kind = (uint16_t)ask, .flags = FLAG_ASK, .id = id}, msg, fd));
    w = MEM_NEW(struct pending);
    *w = *how;
    map_put(&p->pending, id, w);
    p->asked++;
    p->refs++;
    st = await(p, w, deadline);
    unref(p);
    return st;
}

enum st ipc_ask(struct ipc *p, enum msg_kind ask, const void *msg, int fd, enum msg_kind answer, struct arena *a,
                void *out_msg, int *out_fd, mono_ms deadline)
{
    struct pending how = {.answer = answer, .arena = a, .out = out_msg, .out_fd = out_fd};

    must_obj(p, IPC_MAGIC);
    must(msg_is_ask(ask) && msg_is_answer(answer));
    return ask_with(p, ask, msg, fd, &how, deadline);
}

/* --- asking once for several ---------------------------------------------------------------------------- */

static enum st encode_question(enum msg_kind ask, const void *msg, struct buf *out)
{
    rec_put_u16(out, (uint16_t)ask);
    return msg_encode(ask, msg, out);
}

/* Behind the time at which it was asked for. */
static void remember(struct ipc *p, uint64_t generation, struct str question, const struct pending *how, mono_ms asked,
                     uint64_t ms)
{
    struct buf value;

    if (!ms)
        return;
    buf_init(&value, LIMIT_IPC_FRAME);
    rec_put_u64(&value, asked);
    if (msg_encode(how->answer, how->out, &value) == ST_OK)
        memo_put(&p->remembered, generation, question, buf_str(&value), asked + ms);
    buf_fini(&value);
}

static enum st recall(const struct pending *how, struct str known, uint64_t *out_age_ms)
{
    struct rec r = rec_of(known);
    uint64_t age = clock_mono_ms() - rec_u64(&r);

    TRY(msg_decode(how->answer, arena_str(how->arena, str_from(known, sizeof age)), how->out));
    *out_age_ms = age;
    return ST_OK;
}

static enum st ask_once(struct ipc *p, struct str question, enum msg_kind ask, const void *msg,
                        const struct pending *how, mono_ms deadline, uint64_t (*good_ms)(const void *answer)) SUSPENDS
{
    uint64_t generation = p->remembered.generation;
    mono_ms asked = clock_mono_ms();
    enum st st;

    p->refs++;
    st = ask_with(p, ask, msg, -1, how, deadline);
    if (st == ST_OK)
        remember(p, generation, question, how, asked, good_ms(how->out));
    unref(p);
    return st;
}

enum st ipc_ask_again(struct ipc *p, enum msg_kind ask, const void *msg, enum msg_kind answer, struct arena *a,
                      void *out_msg, uint64_t *out_age_ms, mono_ms deadline, uint64_t (*good_ms)(const void *answer))
{
    struct pending how = {.answer = answer, .arena = a, .out = out_msg};
    struct buf question;
    struct str known;
    uint64_t age = 0;
    enum st st;

    must_obj(p, IPC_MAGIC);
    must(msg_is_ask(ask) && msg_is_answer(answer));
    buf_init(&question, LIMIT_IPC_FRAME);
    st = p->opt.remembers ? encode_question(ask, msg, &question) : ST_OK;
    if (st == ST_OK && p->opt.remembers && memo_get(&p->remembered, buf_str(&question), clock_mono_ms(), &known))
        st = recall(&how, known, &age);
    else if (st == ST_OK)
        st = ask_once(p, buf_str(&question), ask, msg, &how, deadline, good_ms);
    buf_fini(&question);
    if (st == ST_OK && out_age_ms)
        *out_age_ms = age;
    return st;
}

void ipc_forget(struct ipc *p)
{
    must_obj(p, IPC_MAGIC);
    memo_drop(&p->remembered);
}

enum st ipc_ask_pieces(struct ipc *p, const struct msg_admin_ask *ask, int fd,
                       bool (*piece)(const struct msg_admin_answer *m, void *arg), void *arg, mono_ms deadline)
{
    struct pending how = {.answer = MSG_admin_answer, .piece = piece, .piece_arg = arg};

    must_obj(p, IPC_MAGIC);
    return ask_with(p, MSG_admin_ask, ask, fd, &how, deadline);
}

/* What an answer carries goes to its asker. False: the answer is none. */
static bool answer_fill(struct pending *w, struct head h, struct str body, int *fd)
{
    struct msg_admin_answer piece;

    if (h.kind != w->answer || (h.flags & FLAG_MORE && !w->piece))
        return false;
    if (w->is_abandoned || w->is_stopped)
        return true;
    if (w->piece) {
        if (msg_decode(MSG_admin_answer, body, &piece) != ST_OK)
            return false;
        w->is_stopped = !w->piece(&piece, w->piece_arg);
        if (w->is_stopped)
            co_event_set(&w->event);
        return true;
    }
    if (msg_decode((enum msg_kind)h.kind, arena_str(w->arena, body), w->out) != ST_OK)
        return false;
    if (w->out_fd) {
        *w->out_fd = *fd;
        *fd = -1;
    }
    return true;
}

static void take_answer(struct ipc *p, struct head h, struct str body, int *fd)
{
    struct pending *w = h.id ? map_get(&p->pending, h.id) : NULL;
    bool is_none = h.kind == MSG_NONE && body.n == 0;

    if (!w) {
        refuse(p, "an answer that nobody asked for");
        return;
    }
    if (!is_none && !answer_fill(w, h, body, fd)) {
        refuse(p, "an answer of another kind than was asked for");
        return;
    }
    if (h.flags & FLAG_MORE)
        return;
    map_del(&p->pending, h.id);
    p->asked--;
    pending_end(w, is_none ? ST_TRYLATER : ST_OK);
    co_waitq_wake_one(&p->room);
}

/* --- serving -------------------------------------------------------------------------------------------- */

static void task_end(struct task *t)
{
    struct ipc *p = t->r.from;

    if (t->r.id && !t->is_answered && t->life == p->life) {
        p->serving--;
        send_bare(p, FLAG_ANSWER, t->r.id);
    }
    close_fd(t->r.fd);
    arena_fini(&t->arena);
    unref(p);
}

static void task_run(void *arg)
{
    struct task *t = arg;

    t->handler->fn(&t->r);
    task_end(t);
    mem_free(t);
}

/* The request with its fields; where the handler may wait, they are copied. */
static enum st task_fill(struct task *t, struct ipc *p, struct head h, struct str body, int *fd)
{
    enum msg_kind kind = (enum msg_kind)h.kind;
    struct str bytes = t->handler->direct ? body : arena_str(&t->arena, body);
    void *m = arena_alloc(&t->arena, msg_struct_size(kind));

    TRY(msg_decode(kind, bytes, m));
    t->life = p->life;
    t->r = (struct ipc_request){
        .from = p, .kind = kind, .msg = m, .fd = *fd, .id = h.id, .arg = p->opt.arg, .arena = &t->arena};
    *fd = -1;
    p->refs++;
    p->serving += h.id != 0;
    return ST_OK;
}

static void serve_direct(struct ipc *p, const struct ipc_handler *handler, struct head h, struct str body, int *fd)
{
    struct task t = {.handler = handler};

    if (task_fill(&t, p, h, body, fd) != ST_OK) {
        arena_fini(&t.arena);
        refuse(p, err_get()->text);
        return;
    }
    handler->fn(&t.r);
    task_end(&t);
}

static void serve(struct ipc *p, const struct ipc_handler *handler, struct head h, struct str body, int *fd)
{
    struct task *t = MEM_NEW(struct task);

    t->handler = handler;
    if (task_fill(t, p, h, body, fd) != ST_OK) {
        arena_fini(&t->arena);
        mem_free(t);
        refuse(p, err_get()->text);
        return;
    }
    if (co_spawn(task_run, t, msg_name(t->r.kind)) == ST_OK)
        return;
    LOG(IPC_REQUEST_DROPPED, lf_z("process", p->opt.peer), lf_z("kind", msg_name(t->r.kind)), lf_err());
    task_end(t);
    mem_free(t);
}

static void take_request(struct ipc *p, struct head h, struct str body, int *fd)
{
    const struct ipc_handler *handler = p->by_kind[h.kind];
    unsigned most = p->opt.credits;

    if (msg_is_ask((enum msg_kind)h.kind) != (h.id != 0)) {
        refuse(p, "a message that should be a request, or the other way round");
    } else if (h.id && p->serving >= most) {
        refuse(p, "more requests than it has credits");
    } else if (!handler) {
        LOG(IPC_REQUEST_DROPPED, lf_z("process", p->opt.peer), lf_z("kind", msg_name((enum msg_kind)h.kind)),
            lf_z("error", "not served here"));
        if (h.id)
            send_bare(p, FLAG_ANSWER, h.id);
    } else if (handler->direct) {
        serve_direct(p, handler, h, body, fd);
    } else {
        serve(p, handler, h, body, fd);
    }
}

enum st ipc_answer(struct ipc_request *r, enum msg_kind kind, const void *msg, int fd)
{
    struct task *t = CONTAINER_OF(r, struct task, r);
    struct ipc *p = r->from;
    bool more = kind == MSG_admin_answer && ((const struct msg_admin_answer *)msg)->more;
    uint16_t flags = (uint16_t)(FLAG_ANSWER | (more ? FLAG_MORE : 0));

    must_obj(p, IPC_MAGIC);
    must(msg_is_answer(kind) && r->id && !t->is_answered);
    if (t->life != p->life)
        return FAIL(ST_TRYLATER, "%s has been restarted meanwhile", p->opt.peer);
    TRY(send_frame(p, (struct head){.kind = (uint16_t)kind, .flags = flags, .id = r->id}, msg, fd));
    if (!more) {
        t->is_answered = true;
        p->serving--;
    }
    return ST_OK;
}

enum st ipc_answer_room(struct ipc_request *r, mono_ms deadline)
{
    struct task *t = CONTAINER_OF(r, struct task, r);
    struct ipc *p = r->from;

    while (t->life == p->life && p->queued >= QUEUE_SOFT / 4)
        TRY(co_waitq_wait(&p->drained, deadline));
    return t->life == p->life ? ST_OK : FAIL(ST_TRYLATER, "%s has been restarted meanwhile", p->opt.peer);
}

/* --- receiving --------------------------------------------------------------------------------------------- */

static void take_frame(struct ipc *p, struct str frame, int *fd)
{
    struct rec r = rec_of(frame);
    struct head h = {.kind = rec_u16(&r), .flags = rec_u16(&r), .id = rec_u32(&r), .epoch = rec_u64(&r)};
    struct str body = str_from(frame, HEAD_BYTES);

    if (r.bad || h.kind >= MSG_COUNT) {
        refuse(p, "a frame without a proper head");
    } else if (h.epoch != p->epoch) {
        return;
    } else if (h.flags & FLAG_HELLO) {
        p->credits = MIN(MAX(h.id, 1u), (uint32_t)CREDITS_MOST);
        co_waitq_wake_all(&p->room);
    } else if (h.flags & FLAG_ANSWER) {
        take_answer(p, h, body, fd);
    } else if (h.kind != MSG_NONE && !msg_is_answer((enum msg_kind)h.kind)) {
        take_request(p, h, body, fd);
    } else {
        refuse(p, "an answer that is not marked as one");
    }
}

/* The one descriptor that may come along. False: there were more. */
static bool descriptor_of(struct msghdr *m, int *out)
{
    bool too_many = false;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        size_t n =
            c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS ? (c->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;

        for (size_t i = 0; i < n; i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            if (*out >= 0) {
                close(fd);
                too_many = true;
            } else {
                *out = fd;
            }
        }
    }
    return !too_many;
}

/* False: nothing more to read now. */
static bool receive(struct ipc *p)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int) * FDS_LOOKED_FOR)];
    } c;
    struct iovec io = {p->rx, LIMIT_IPC_FRAME};
    struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = c.room, .msg_controllen = sizeof c.room};
    ssize_t n = recvmsg(p->fd.fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    int fd = -1;

    if (n < 0 && errno == EINTR)
        return true;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        co_fd_again(&p->fd, CO_READ);
        return false;
    }
    if (n <= 0) {
        link_lost(p);
        return false;
    }
    if (!descriptor_of(&m, &fd) || m.msg_flags & MSG_TRUNC)
        refuse(p, "a frame that is too long, or has several descriptors");
    else
        take_frame(p, str_n(p->rx, (size_t)n), &fd);
    close_fd(fd);
    return true;
}

static void readable(void *arg, enum st why)
{
    struct ipc *p = arg;
    unsigned life = p->life;

    (void)why; /* it waits without a deadline */
    p->refs++; /* a handler may free it */
    for (int i = 0; i < FRAMES_A_TURN && p->life == life; i++)
        if (!receive(p))
            break;
    if (p->life == life)
        co_fd_park(&p->fd, NEVER, readable, p);
    unref(p);
}

/* --- made and ended ------------------------------------------------------------------------------------------- */

static enum st link_open(struct ipc *p, int fd, uint64_t epoch)
{
    enum st st = co_fd_add(&p->fd, fd);

    if (st != ST_OK) {
        close(fd);
        return st;
    }
    p->is_up = true;
    p->life++;
    p->epoch = epoch;
    send_bare(p, FLAG_HELLO, p->opt.credits);
    co_fd_park(&p->fd, NEVER, readable, p);
    return ST_OK;
}

enum st ipc_new(int fd, uint64_t epoch, const struct ipc_options *opt, struct ipc **out)
{
    struct ipc *p = MEM_NEW(struct ipc);
    enum st st;

    *p = (struct ipc){.magic = IPC_MAGIC, .refs = 1, .opt = *opt};
    p->opt.credits = opt->credits ? MIN(opt->credits, (unsigned)CREDITS_MOST) : CREDITS_DEFAULT;
    for (size_t i = 0; i < opt->n_handlers; i++)
        p->by_kind[opt->handlers[i].kind] = &opt->handlers[i];
    list_init(&p->queue);
    co_waitq_init(&p->room);
    co_waitq_init(&p->drained);
    buf_init(&p->tx, LIMIT_IPC_FRAME);
    p->rx = mem_new(LIMIT_IPC_FRAME);
    memo_init(&p->remembered, opt->remembers, REMEMBERED_BYTES);
    st = fd < 0 ? ST_OK : link_open(p, fd, epoch);
    if (st != ST_OK) {
        ipc_free(p);
        return st;
    }
    *out = p;
    return ST_OK;
}

void ipc_free(struct ipc *p)
{
    if (!p)
        return;
    must_obj(p, IPC_MAGIC);
    link_close(p);
    p->is_freed = true;
    p->opt.on_down = NULL;
    unref(p);
}

void ipc_replace(struct ipc *p, int fd, uint64_t epoch)
{
    must_obj(p, IPC_MAGIC);
    link_close(p);
    if (fd >= 0 && link_open(p, fd, epoch) != ST_OK)
        LOG(IPC_PEER_REFUSED, lf_z("process", p->opt.peer), lf_z("reason", err_get()->text));
}

bool ipc_is_up(const struct ipc *p)
{
    must_obj(p, IPC_MAGIC);
    return p->is_up;
}
