#include "box/check_online.h"

#include "base/json.h"
#include "box/checking.h"
#include "box/sessions.h"
#include "queue/queue.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MAX (8u << 20)
#define WRITE_MS 30000 /* for the tool to take what is written */
#define TELL_MS 100
#define NAP_MS 1000
#define BEHIND_MS 200 /* so much may be read at once when it had to wait */

struct run {
    struct box *box;
    struct checking checking;
    struct store_progress progress;
    struct checking_guard guard;
    int fd;
    bool repairs;
    uint64_t rate;          /* bytes a second; 0: no limit */
    uint64_t paid, paid_us; /* read so much until then */
    mono_ms told;
};

/* --- the tool ------------------------------------------------------------------------------------------- */

static bool send_all(struct run *r, struct str s)
{
    while (s.n) {
        struct pollfd p = {.fd = r->fd, .events = POLLOUT};
        ssize_t n = send(r->fd, s.p, s.n, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno != EAGAIN || poll(&p, 1, WRITE_MS) <= 0))
            return false;
        s = str_from(s, n > 0 ? (size_t)n : 0);
    }
    return true;
}

/* Sleeps, unless the tool goes away meanwhile: it says nothing else. */
static bool is_there(const struct run *r, int ms)
{
    struct pollfd p = {.fd = r->fd, .events = POLLIN | POLLRDHUP};

    return poll(&p, 1, ms) == 0;
}

static void tell(struct run *r, uint64_t done, uint64_t total)
{
    char line[64];
    mono_ms now = clock_mono_ms();
    int n;

    if (now - r->told < TELL_MS && done != total)
        return;
    r->told = now;
    n = snprintf(line, sizeof line, "p %llu %llu\n", (unsigned long long)done, (unsigned long long)total);
    if (!send_all(r, str_n(line, (size_t)n)))
        r->checking.report.is_stopped = true;
}

/* On the way: no faster than it may be. */
static void went_on(void *arg, uint64_t done, uint64_t total)
{
    struct run *r = arg;
    uint64_t now = clock_mono_us();

    tell(r, done, total);
    if (r->rate && done > r->paid) {
        r->paid_us = MAX(r->paid_us, now - MIN(now, BEHIND_MS * 1000ull)) + (done - r->paid) * 1000000 / r->rate;
        r->paid = done;
    }
    do {
        uint64_t wait_ms = r->paid_us > now ? (r->paid_us - now) / 1000 : 0;

        if (!is_there(r, (int)MIN(wait_ms, (uint64_t)NAP_MS)))
            r->checking.report.is_stopped = true;
        now = clock_mono_us();
    } while (!r->checking.report.is_stopped && r->paid_us > now + 1000);
}

/* --- keeping others out -------------------------------------------------------------------------------------- */

/* Something done on a core while our thread waits. */
struct errand {
    struct box *box;
    uint64_t account;
    bool lets_in;
    enum st st;
    struct err why;
    pthread_mutex_t mutex;
    pthread_cond_t over;
    bool is_over;
};

static enum st do_errand(struct errand *e) SUSPENDS
{
    struct box *b = e->box;

    if (!e->account)
        return e->lets_in ? queue_reopen(b->queue) : queue_shut(b->queue);
    if (e->lets_in) {
        account_let_in(b->mail, e->account);
        return ST_OK;
    }
    sessions_revoke(&b->cores[mail_core_of(b->mail, e->account)], e->account, 0, "Mailboxes are being repaired");
    return account_shut(b->mail, e->account);
}

static void finished(struct errand *e)
{
    pthread_mutex_lock(&e->mutex);
    e->is_over = true;
    pthread_cond_signal(&e->over);
    pthread_mutex_unlock(&e->mutex);
}

static void run_errand(void *arg) SUSPENDS
{
    struct errand *e = arg;

    e->st = do_errand(e);
    if (e->st != ST_OK)
        e->why = *err_get();
    finished(e);
}

static void arrived(void *arg)
{
    struct errand *e = arg;

    e->st = co_spawn(run_errand, e, "repair");
    if (e->st == ST_OK)
        return;
    e->why = *err_get();
    finished(e);
}

static enum st send_errand(struct run *r, uint64_t account, bool lets_in)
{
    struct box *b = r->box;
    unsigned core = account ? mail_core_of(b->mail, account) : 0;
    struct errand e = {.box = b, .account = account, .lets_in = lets_in};

    pthread_mutex_init(&e.mutex, NULL);
    pthread_cond_init(&e.over, NULL);
    core_post(b->cores[core].core, arrived, &e);
    pthread_mutex_lock(&e.mutex);
    while (!e.is_over)
        pthread_cond_wait(&e.over, &e.mutex);
    pthread_mutex_unlock(&e.mutex);
    pthread_cond_destroy(&e.over);
    pthread_mutex_destroy(&e.mutex);
    return e.st == ST_OK ? ST_OK : FAIL(e.st, "%s", e.why.text);
}

static enum st shut(void *arg, uint64_t account)
{
    return send_errand(arg, account, false);
}

static void let_in(void *arg, uint64_t account)
{
    if (send_errand(arg, account, true) != ST_OK)
        LOG(BOX_REPAIR_STUCK, lf_hex("account", account), lf_err());
}

/* --- all of it -------------------------------------------------------------------------------------------------- */

static void answer(struct run *r, enum st st, struct str json)
{
    struct checking *c = &r->checking;
    char line[700];
    int n;

    if (st != ST_OK) {
        n = snprintf(line, sizeof line, "e %u %.600s\n", (unsigned)st, err_get()->text);
        IGNORE(send_all(r, str_n(line, (size_t)n)));
        return;
    }
    if (send_all(r, c->wrong || c->is_left ? STR("a 1 ") : STR("a 0 ")) && send_all(r, json))
        IGNORE(send_all(r, STR("\n")));
}

static void *look(void *arg) SUSPENDS
{
    struct run *r = arg;
    mono_ms began = clock_mono_ms();
    struct buf out;
    struct json j;
    enum st st;

    pthread_setname_np(pthread_self(), "check");
    r->checking.progress = &r->progress;
    r->checking.guard = &r->guard;
    buf_init(&out, ANSWER_MAX);
    json_init(&j, &out);
    json_object(&j);
    st = checking_run(&r->checking, r->repairs, &j);
    json_object_end(&j);
    if (st == ST_OK)
        st = buf_check(&out);
    LOG(BOX_CHECK_FINISHED, lf_u64("problems", r->checking.report.problems), lf_u64("bytes", r->checking.report.done),
        lf_u64("repair", r->repairs), lf_u64("ms", clock_mono_ms() - began), lf_z("status", st_name(st)));
    answer(r, st, buf_str(&out));
    buf_fini(&out);
    close(r->fd);
    atomic_store(&r->box->is_checked, false);
    mem_free(r);
    return NULL;
}

enum st check_online_start(struct box *b, int fd, bool repairs)
{
    const struct settings *set = b->cores[0].set;
    pthread_t thread;
    struct run *r;

    if (atomic_exchange(&b->is_checked, true)) {
        close(fd);
        return FAIL(ST_BUSY, "another check is under way");
    }
    r = MEM_NEW(struct run);
    *r = (struct run){.box = b,
                      .fd = fd,
                      .repairs = repairs,
                      .rate = set->store_check_rate,
                      .checking = {.store = b->store, .host = b->set->host_name}};
    r->progress = (struct store_progress){went_on, r};
    r->guard = (struct checking_guard){shut, let_in, r};
    if (pthread_create(&thread, NULL, look, r) == 0) {
        pthread_detach(thread);
        return ST_OK;
    }
    close(fd);
    mem_free(r);
    atomic_store(&b->is_checked, false);
    return FAIL(ST_TRYLATER, "no thread for the check");
}
