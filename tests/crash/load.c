#include "load.h"

#include "base/must.h"
#include "mail/keep.h"
#include "mime/scan.h"
#include "store/compact.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { DELIVERERS = 3, OWN_BOXES = 9, INBOX_MOST = 60, BOX_MOST = 40, QUEUE_MOST = 40, GIVE_UP_AFTER = 20 };

struct loading {
    const struct load *l;
    struct rooms *r;
    struct world w; /* what was answered */
    unsigned left;  /* operations */
    unsigned failures;
    uint32_t next_op;
    uint64_t next_letter;
    unsigned running;
    struct co_event idle;
    pthread_t upkeep;
    atomic_bool ends;
};

struct worker {
    struct loading *g;
    unsigned number;
    uint64_t x;
};

static uint64_t pick(uint64_t *x, uint64_t below)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return (*x * 0x2545f4914f6cdd1d >> 11) % below;
}

static void die(const char *why)
{
    fprintf(stderr, "# %s\n", why);
    _exit(3);
}

/* --- noting ------------------------------------------------------------------------------------------------ */

static void note(uint32_t what, enum st st, const struct op *op)
{
    struct note n = {.what = what, .st = (int32_t)st, .op = *op};

    disk_mark(&n, sizeof n);
}

static bool is_broken(struct loading *g)
{
    struct store_stats stats;

    store_get_stats(g->r->store, &stats);
    return stats.broken;
}

static void begin(struct loading *g, struct op *op)
{
    op->id = ++g->next_op;
    op->broken = is_broken(g);
    note(MARK_BEGIN, ST_OK, op);
}

static void end(struct loading *g, struct op *op, enum st st)
{
    char why[200];

    g->left -= g->left > 0;
    if (st == ST_OK && op->broken && op->kind != OP_FLAGS) /* flags that are so already need no commit */
        die("a commit after a failed sync");
    if (st == ST_OK) {
        note(MARK_DONE, st, op);
        if (!world_apply(&g->w, op, why))
            die(why);
        return;
    }
    op->maybe = !op->broken && is_broken(g);
    note(MARK_FAILED, st, op);
    if (!g->l->may_fail)
        die(err_get()->text);
    if (++g->failures >= GIVE_UP_AFTER)
        g->left = 0;
}

/* --- letters -------------------------------------------------------------------------------------------------- */

static struct new_mail new_letter(struct arena *a, uint64_t number)
{
    struct new_mail m = {.bytes = letter_bytes(a, number), .internal_date_us = 1795416020000000u};
    struct buf record;

    buf_init(&record, LIMIT_MIME_RECORD);
    mime_record_build(m.bytes, &record);
    m.record = arena_str(a, buf_str(&record));
    buf_fini(&record);
    return m;
}

static bool inboxes_have_room(struct loading *g)
{
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        struct w_box *b = world_box(&g->w, i, "INBOX");

        if (!b || b->n >= INBOX_MOST)
            return false;
    }
    return true;
}

static void deliver_one(struct worker *k, struct arena *a) SUSPENDS
{
    struct loading *g = k->g;
    struct op op = {.kind = OP_DELIVER, .mask = (uint8_t)(1 + pick(&k->x, (1 << ACCOUNTS) - 1)), .n = 1};
    struct delivery_rcpt rcpts[ACCOUNTS];
    struct queue_rcpt to = {.address = STR("x@far.test")};
    struct queue_entry e = {.reverse_path = STR("a@example.test"), .rcpts = &to, .n_rcpts = 1};
    struct delivery d = {.rcpts = rcpts};
    enum st st = ST_OK;

    op.number[0] = g->next_letter++;
    d.mail = new_letter(a, op.number[0]);
    for (unsigned i = 0; i < ACCOUNTS; i++)
        if (op.mask >> i & 1)
            rcpts[d.n_rcpts++] =
                (struct delivery_rcpt){.account = ACCOUNT_ID(i), .prefix = STR("Return-Path: <a@b>\r\n")};
    if (g->w.n < QUEUE_MOST && pick(&k->x, 3) == 0) {
        e.blob = d.blob_id = blob_new_id(g->r->store);
        e.size = op.number[0]; /* names the letter, for reading it again */
        e.arrival_us = e.due_us = 1795416020000000u + g->next_letter;
        st = queue_prepare(g->r->queue, &e, &d.extra);
        op.entry = e.id;
    }
    begin(g, &op);
    if (st == ST_OK)
        st = mail_deliver(g->r->mail, &d);
    end(g, &op, st);
}

/* --- one account ---------------------------------------------------------------------------------------------- */

static struct w_account *mine(struct worker *k)
{
    return &k->g->w.a[k->number];
}

static void set_name(char name[24], const char *from)
{
    snprintf(name, 24, "%s", from);
}

static struct w_box *any_box(struct worker *k, bool inbox_too)
{
    struct w_account *a = mine(k);

    for (int i = 0; i < 50; i++) {
        struct w_box *b = &a->box[pick(&k->x, a->n)];

        if (inbox_too || strcmp(b->name, "INBOX") != 0)
            return b;
    }
    return NULL;
}

static uint64_t modseq_of(struct worker *k, struct arena *a, const char *box) SUSPENDS
{
    struct mailbox_info info;

    return mailbox_status(k->g->r->accounts[k->number], a, str_z(box), &info) == ST_OK ? info.highestmodseq : 0;
}

static void append_one(struct worker *k, struct arena *a) SUSPENDS
{
    static const uint32_t flags[] = {0, MAIL_SEEN, MAIL_DRAFT, MAIL_SEEN | MAIL_FLAGGED};
    struct account *acc = k->g->r->accounts[k->number];
    struct op op = {.kind = OP_APPEND, .account = (uint8_t)k->number, .n = 1};
    struct w_box *b = any_box(k, false);
    uint32_t validity, *uids, expected;
    struct new_mail m;
    enum st st;

    if (!b || b->n >= BOX_MOST)
        return;
    expected = b->uidnext;
    set_name(op.box, b->name);
    op.number[0] = k->g->next_letter++;
    op.flags = flags[pick(&k->x, ARRAY_LEN(flags))];
    m = new_letter(a, op.number[0]);
    m.flags = op.flags;
    begin(k->g, &op);
    st = ST_OK;
    if (m.bytes.n > 256u << 10) {
        st = mail_stage(acc, m.bytes, &m.stage);
        m.bytes = STR("");
    }
    if (st == ST_OK)
        st = mail_append(acc, str_z(op.box), &m, 1, a, &validity, &uids);
    if (st == ST_OK) {
        must(k->g->l->may_fail || uids[0] == expected);
        op.to_uid[0] = uids[0];
        op.modseq = modseq_of(k, a, op.box);
    }
    end(k->g, &op, st);
}

/* Deliveries get their uids from the server: reads which letter is which. */
static enum st look_into_inbox(struct worker *k, struct view *v) SUSPENDS
{
    struct w_box *b = world_box(&k->g->w, k->number, "INBOX");

    for (uint32_t seq = 1; seq <= view_count(v); seq++) {
        struct arena a = ARENA_INIT;
        struct blob_view head = {0};
        struct w_msg *m = NULL;
        struct email e;
        uint64_t number;
        enum st st = ST_OK;

        for (unsigned i = 0; i < b->n; i++)
            if (b->m[i].uid == view_uid(v, seq))
                m = &b->m[i];
        if (m)
            continue;
        st = view_email(v, seq, &a, &e);
        if (st == ST_OK)
            st = email_head(k->g->r->accounts[k->number], &e, &head);
        if (st == ST_OK) {
            struct str tail = str_from(head.bytes, str_search(head.bytes, STR("X-Number: ")) + 10);

            must(str_u64(str_sub(tail, 0, str_search(tail, STR("\r\n"))), UINT64_MAX, &number) == ST_OK);
            m = world_letter(b, number);
            if (m)
                m->uid = view_uid(v, seq);
        }
        email_body_close(&head);
        arena_fini(&a);
        TRY(st);
    }
    return ST_OK;
}

static int by_uid(const void *a, const void *b)
{
    const struct w_msg *x = a, *y = b;

    return x->uid < y->uid ? -1 : x->uid > y->uid;
}

/* A few messages of the mailbox, the lowest uid first. */
static void choose(struct worker *k, const struct w_box *b, struct op *op)
{
    struct w_msg some[OP_UIDS];
    unsigned most = 1 + (unsigned)pick(&k->x, OP_UIDS), n = 0, at = (unsigned)pick(&k->x, b->n + 1);

    for (unsigned i = 0; i < b->n && n < most; i++) {
        const struct w_msg *m = &b->m[(at + i) % b->n];

        if (m->uid)
            some[n++] = *m;
    }
    qsort(some, n, sizeof *some, by_uid);
    for (unsigned i = 0; i < n; i++) {
        op->uid[i] = some[i].uid;
        op->number[i] = some[i].number;
    }
    op->n = (uint8_t)n;
}

static struct uid_set set_of(const struct op *op, struct uid_range ranges[OP_UIDS])
{
    size_t n = 0;

    for (unsigned i = 0; i < op->n; i++)
        if (n && ranges[n - 1].hi + 1 == op->uid[i])
            ranges[n - 1].hi++;
        else
            ranges[n++] = (struct uid_range){op->uid[i], op->uid[i]};
    return (struct uid_set){ranges, n};
}

static enum st change(struct arena *a, struct view *v, struct op *op) SUSPENDS
{
    struct uid_range ranges[OP_UIDS];
    struct uid_set set = set_of(op, ranges);
    struct copied copied;

    if (op->kind == OP_FLAGS)
        return view_store(v, set, &(struct flag_change){.how = FLAGS_SET, .flags = op->flags});
    if (op->kind == OP_EXPUNGE)
        return view_expunge(v, set, true);
    TRY(view_copy(v, set, str_z(op->to), op->kind == OP_MOVE, a, &copied));
    must(copied.n == op->n);
    for (unsigned i = 0; i < op->n; i++)
        op->to_uid[i] = copied.to[i];
    return ST_OK;
}

static void change_some(struct worker *k, struct arena *a) SUSPENDS
{
    static const uint8_t kinds[] = {OP_FLAGS, OP_FLAGS, OP_COPY, OP_MOVE, OP_MOVE, OP_EXPUNGE, OP_EXPUNGE};
    struct op op = {.kind = kinds[pick(&k->x, ARRAY_LEN(kinds))], .account = (uint8_t)k->number};
    struct w_box *b = pick(&k->x, 2) ? any_box(k, true) : world_box(&k->g->w, k->number, "INBOX"),
                 *to = any_box(k, false);
    struct view *v;
    enum st st;

    if (!b || !to || !b->n || (to == b && op.kind != OP_FLAGS && op.kind != OP_EXPUNGE))
        return;
    if ((op.kind == OP_COPY || op.kind == OP_MOVE) && to->n + OP_UIDS > BOX_MOST)
        op.kind = OP_EXPUNGE;
    set_name(op.box, b->name);
    set_name(op.to, to->name);
    op.flags = (uint32_t)pick(&k->x, 8); /* seen, answered, flagged */
    if (view_open(k->g->r->accounts[k->number], str_z(op.box), false, &v) != ST_OK) {
        must(k->g->l->may_fail);
        k->g->left -= k->g->left > 0;
        return;
    }
    st = strcmp(op.box, "INBOX") == 0 ? look_into_inbox(k, v) : ST_OK;
    must(st == ST_OK || k->g->l->may_fail);
    b = world_box(&k->g->w, k->number, op.box);
    choose(k, b, &op);
    if (op.n && st == ST_OK) {
        begin(k->g, &op);
        st = change(a, v, &op);
        if (st == ST_OK) {
            op.modseq = modseq_of(k, a, op.box);
            op.to_modseq = op.kind == OP_COPY || op.kind == OP_MOVE ? modseq_of(k, a, op.to) : 0;
        }
        end(k->g, &op, st);
    }
    view_close(v);
}

static void change_mailboxes(struct worker *k, struct arena *a) SUSPENDS
{
    struct account *acc = k->g->r->accounts[k->number];
    struct op op = {.account = (uint8_t)k->number};
    struct mailbox_info info;
    struct w_box *b;
    enum st st;

    snprintf(op.box, sizeof op.box, "Box%u", (unsigned)pick(&k->x, OWN_BOXES));
    snprintf(op.to, sizeof op.to, "Box%u", (unsigned)pick(&k->x, OWN_BOXES));
    b = world_box(&k->g->w, k->number, op.box);
    op.kind = !b ? OP_CREATE : pick(&k->x, 2) ? OP_DELETE : OP_RENAME;
    if ((op.kind == OP_CREATE && mine(k)->n == BOXES) ||
        (op.kind == OP_RENAME && world_box(&k->g->w, k->number, op.to)))
        return;
    begin(k->g, &op);
    if (op.kind == OP_DELETE)
        st = mailbox_delete(acc, str_z(op.box));
    else if (op.kind == OP_RENAME)
        st = mailbox_rename(acc, str_z(op.box), str_z(op.to));
    else
        st = mailbox_create(acc, str_z(op.box), MAIL_USE_NONE);
    if (st == ST_OK && op.kind == OP_CREATE && mailbox_status(acc, a, str_z(op.box), &info) == ST_OK)
        op.uidvalidity = info.uidvalidity;
    end(k->g, &op, st);
}

/* --- the queue -------------------------------------------------------------------------------------------------- */

static void change_queue(struct worker *k) SUSPENDS
{
    struct loading *g = k->g;
    const struct w_entry *e = &g->w.q[pick(&k->x, g->w.n)];
    struct op op = {.entry = e->id};
    enum st st;

    op.kind = g->w.n > QUEUE_MOST / 2 || pick(&k->x, 3) == 0 ? OP_DROP : e->held ? OP_RELEASE : OP_HOLD;
    begin(g, &op);
    if (op.kind == OP_DROP)
        st = queue_drop(g->r->queue, op.entry);
    else if (op.kind == OP_HOLD)
        st = queue_hold(g->r->queue, op.entry, STR("asked for"));
    else
        st = queue_release(g->r->queue, op.entry);
    end(g, &op, st);
}

/* --- together ------------------------------------------------------------------------------------------------------- */

static void work_once(struct worker *k, struct arena *a) SUSPENDS
{
    uint64_t what = pick(&k->x, 10);

    if (k->number < ACCOUNTS) {
        if (what < 4)
            append_one(k, a);
        else if (what < 9)
            change_some(k, a);
        else
            change_mailboxes(k, a);
    } else if (k->number == ACCOUNTS && k->g->w.n) {
        change_queue(k);
    } else if (inboxes_have_room(k->g)) {
        deliver_one(k, a);
    }
}

static void work(void *arg) SUSPENDS
{
    struct worker *k = arg;
    struct arena a = ARENA_INIT;

    while (k->g->left) {
        work_once(k, &a);
        arena_reset(&a);
        co_yield ();
    }
    arena_fini(&a);
    if (--k->g->running == 0)
        co_event_set(&k->g->idle);
    mem_free(k);
}

/* Snapshots and compaction, as fast as they go. */
static void *keep_up(void *arg) SUSPENDS
{
    struct loading *g = arg;
    size_t segments;

    for (unsigned i = 0; !atomic_load(&g->ends); i++) {
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        if (atomic_load(&g->ends))
            break;
        if ((i % 4 ? compact_step(g->r->store, &segments) : store_snapshot(g->r->store)) != ST_OK && !g->l->may_fail)
            die(err_get()->text);
    }
    return NULL;
}

static void tell_ready(const struct world *w)
{
    struct {
        struct note note;
        struct world w;
    } *n = mem_new(sizeof *n);

    n->note.what = MARK_READY;
    n->w = *w;
    disk_mark(n, sizeof *n);
    mem_free(n);
}

static void run(struct rooms *r, void *arg) SUSPENDS
{
    struct loading *g = arg;
    struct mail_rules rules = {.keep_s = g->l->keeps ? 86400 : 0};
    char why[200];

    g->r = r;
    mail_set_rules(r->mail, &rules);
    if (!world_read(r, &g->w, why)) {
        if (!g->l->may_fail)
            die(why);
        return;
    }
    tell_ready(&g->w);
    g->left = g->l->ops;
    g->running = ACCOUNTS + 1 + DELIVERERS;
    if (g->l->upkeep) {
        store_set_upkeep(r->store, &(struct store_upkeep){.dead_percent = 10});
        must(pthread_create(&g->upkeep, NULL, keep_up, g) == 0);
    }
    for (unsigned i = 0, n = g->running; i < n; i++) {
        struct worker *k = MEM_NEW(struct worker);

        *k = (struct worker){g, i, (g->l->seed * 64 + i) * 2 + 1};
        pick(&k->x, 2);
        pick(&k->x, 2);
        must(co_spawn(work, k, "worker") == ST_OK);
    }
    must(co_event_wait(&g->idle, NEVER) == ST_OK);
    if (!g->l->closes && !g->l->may_fail)
        _exit(0);
    atomic_store(&g->ends, true);
    if (g->l->upkeep)
        pthread_join(g->upkeep, NULL);
}

bool load_run(const struct load *l, const char *dir, char why[200])
{
    struct loading *g = MEM_NEW(struct loading);
    struct store_options o;
    bool ok;

    g->l = l;
    g->next_letter = l->first_letter;
    crash_options(&o, dir);
    o.disk = offload_new("disk", 2, 64); /* bodies are staged while others are synced */
    ok = rooms_run(&o, run, g, true, why);
    offload_free(o.disk);
    mem_free(g);
    return ok;
}
