#include "world.h"

#include "base/must.h"

#include <stdarg.h>
#include <stdio.h>

static bool say(char why[200], const char *fmt, ...) PRINTF_LIKE(2, 3);
static bool say(char why[200], const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(why, 200, fmt, ap);
    va_end(ap);
    return false;
}

/* --- letters --------------------------------------------------------------------------------------------- */

static size_t letter_size(uint64_t number)
{
    static const size_t sizes[] = {60, 300, 900, 2000, 4000, 9000, 600, 1500};
    uint64_t x = (number + 1) * 0x9e3779b97f4a7c15 >> 20;

    if (x % 40 == 0)
        return 300000 + x % 100000; /* staged by the mail room */
    if (x % 11 == 0)
        return 20000 + x % 40000; /* staged by the store: more than a sixteenth of a segment */
    return sizes[x % 8] + x % 50;
}

struct str letter_bytes(struct arena *a, uint64_t number)
{
    size_t n = letter_size(number);
    struct str head = arena_printf(a,
                                   "From: a@example.test\r\nDate: Mon, 23 Nov 2026 06:40:20 +0000\r\n"
                                   "Subject: letter %llu\r\nX-Number: %llu\r\n\r\n",
                                   (unsigned long long)number, (unsigned long long)number);
    char *p = arena_alloc(a, head.n + n);
    uint64_t x = number * 2654435761u + 88172645463325252u;

    memcpy(p, head.p, head.n);
    for (size_t i = 0; i < n; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        p[head.n + i] = i % 72 == 71 ? '\n' : (char)(number % 2 ? ' ' + x % 90 : 'a' + (x >> 61));
    }
    return str_n(p, head.n + n);
}

/* --- applying ---------------------------------------------------------------------------------------------- */

struct w_box *world_box(struct world *w, unsigned account, const char *name)
{
    struct w_account *a = &w->a[account];

    for (unsigned i = 0; i < a->n; i++)
        if (strcmp(a->box[i].name, name) == 0)
            return &a->box[i];
    return NULL;
}

struct w_entry *world_entry(struct world *w, uint64_t id)
{
    for (unsigned i = 0; i < w->n; i++)
        if (w->q[i].id == id)
            return &w->q[i];
    return NULL;
}

struct w_msg *world_letter(struct w_box *b, uint64_t number)
{
    for (unsigned i = 0; i < b->n; i++)
        if (b->m[i].number == number)
            return &b->m[i];
    return NULL;
}

static bool is_inbox(const struct w_box *b)
{
    return strcmp(b->name, "INBOX") == 0;
}

/* In INBOX letters are known by their number, since deliveries overtake one another; elsewhere by uid. */
static struct w_msg *named(struct w_box *b, const struct op *op, unsigned i)
{
    for (unsigned k = 0; k < b->n; k++)
        if (is_inbox(b) ? b->m[k].number == op->number[i] : b->m[k].uid == op->uid[i])
            return &b->m[k];
    return NULL;
}

static void add(struct w_box *b, struct w_msg m)
{
    must(b->n < MESSAGES);
    if (!is_inbox(b)) {
        m.uid = m.uid ? m.uid : b->uidnext;
        b->uidnext = MAX(b->uidnext, m.uid + 1);
    }
    b->m[b->n++] = m;
}

static void take(struct w_box *b, struct w_msg *m)
{
    *m = b->m[--b->n];
}

static bool apply_messages(struct w_box *b, struct w_box *to, const struct op *op, char why[200])
{
    for (unsigned i = 0; i < op->n; i++) {
        struct w_msg *m = named(b, op, i);

        if (!m)
            return say(why, "test: %s has no letter %llu", op->box, (unsigned long long)op->number[i]);
        if (op->uid[i])
            m->uid = op->uid[i];
        if (op->kind == OP_FLAGS)
            m->flags = op->flags;
        if (to)
            add(to, (struct w_msg){op->to_uid[i], m->flags, m->number});
        if (op->kind == OP_MOVE || op->kind == OP_EXPUNGE)
            take(b, m);
    }
    return true;
}

static bool apply_create(struct world *w, const struct op *op, char why[200])
{
    struct w_account *a = &w->a[op->account];
    struct w_box *b = &a->box[a->n++];

    must(a->n <= BOXES);
    memset(b, 0, sizeof *b);
    snprintf(b->name, sizeof b->name, "%s", op->box);
    b->uidvalidity = op->uidvalidity;
    b->uidnext = 1;
    if (op->uidvalidity && op->uidvalidity <= a->validity_high)
        return say(why, "a new mailbox has uidvalidity %u, an older one had %u", op->uidvalidity, a->validity_high);
    a->validity_high = MAX(a->validity_high, op->uidvalidity);
    return true;
}

static void apply_deliver(struct world *w, const struct op *op)
{
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        struct w_box *b = world_box(w, i, "INBOX");

        if (op->mask >> i & 1 && b)
            add(b, (struct w_msg){.number = op->number[0]});
    }
    if (op->entry) {
        must(w->n < ENTRIES);
        w->q[w->n++] = (struct w_entry){op->entry, op->number[0], false};
    }
}

static bool apply_queue(struct world *w, const struct op *op, char why[200])
{
    struct w_entry *e = world_entry(w, op->entry);

    if (!e)
        return say(why, "test: no entry %llx", (unsigned long long)op->entry);
    if (op->kind == OP_DROP)
        *e = w->q[--w->n];
    else
        e->held = op->kind == OP_HOLD;
    return true;
}

static bool raise_modseq(struct w_box *b, uint64_t modseq, char why[200])
{
    if (modseq && modseq < b->modseq)
        return say(why, "%s: highestmodseq was %llu and is %llu", b->name, (unsigned long long)b->modseq,
                   (unsigned long long)modseq);
    b->modseq = MAX(b->modseq, modseq);
    return true;
}

static bool apply_box(struct world *w, const struct op *op, char why[200])
{
    struct w_account *a = &w->a[op->account];
    struct w_box *b = world_box(w, op->account, op->box), *to = NULL;

    if (!b)
        return say(why, "test: account %u has no %s", op->account, op->box);
    if (op->kind == OP_DELETE) {
        *b = a->box[--a->n];
        return true;
    }
    if (op->kind == OP_RENAME) {
        snprintf(b->name, sizeof b->name, "%s", op->to);
        return true;
    }
    if (op->kind == OP_APPEND) {
        add(b, (struct w_msg){op->to_uid[0], op->flags, op->number[0]});
        return raise_modseq(b, op->modseq, why);
    }
    if (op->kind == OP_COPY || op->kind == OP_MOVE) {
        to = world_box(w, op->account, op->to);
        if (!to)
            return say(why, "test: account %u has no %s", op->account, op->to);
    }
    return apply_messages(b, to, op, why) && raise_modseq(b, op->modseq, why) &&
           (!to || raise_modseq(to, op->to_modseq, why));
}

bool world_apply(struct world *w, const struct op *op, char why[200])
{
    if (op->kind == OP_DELIVER) {
        apply_deliver(w, op);
        return true;
    }
    if (op->kind >= OP_HOLD)
        return apply_queue(w, op, why);
    return op->kind == OP_CREATE ? apply_create(w, op, why) : apply_box(w, op, why);
}

/* --- comparing ------------------------------------------------------------------------------------------------- */

static bool same_message(const struct w_box *want, const struct w_msg *m, const struct w_box *is, char why[200])
{
    for (unsigned i = 0; i < is->n; i++) {
        const struct w_msg *x = &is->m[i];

        if (is_inbox(want) ? x->number != m->number : x->uid != m->uid)
            continue;
        if (x->number != m->number)
            return say(why, "%s: uid %u was letter %llu and is %llu", want->name, m->uid, (unsigned long long)m->number,
                       (unsigned long long)x->number);
        if (m->uid && x->uid != m->uid)
            return say(why, "%s: letter %llu had uid %u and has %u", want->name, (unsigned long long)m->number, m->uid,
                       x->uid);
        if (x->flags != m->flags)
            return say(why, "%s: uid %u has flags %x, not %x", want->name, x->uid, x->flags, m->flags);
        return true;
    }
    return say(why, "%s: letter %llu (uid %u) is lost", want->name, (unsigned long long)m->number, m->uid);
}

static bool same_box(const struct w_box *want, const struct w_box *is, char why[200])
{
    if (want->uidvalidity && want->uidvalidity != is->uidvalidity)
        return say(why, "%s: uidvalidity was %u and is %u", want->name, want->uidvalidity, is->uidvalidity);
    if (is->uidnext < want->uidnext)
        return say(why, "%s: uidnext was %u and is %u", want->name, want->uidnext, is->uidnext);
    if (is->modseq < want->modseq)
        return say(why, "%s: highestmodseq was %llu and is %llu", want->name, (unsigned long long)want->modseq,
                   (unsigned long long)is->modseq);
    for (unsigned i = 0; i < want->n; i++)
        if (!same_message(want, &want->m[i], is, why))
            return false;
    if (is->n != want->n)
        return say(why, "%s: holds %u messages, not %u", want->name, is->n, want->n);
    return true;
}

static bool same_account(const struct world *want, unsigned account, const struct world *is, char why[200])
{
    const struct w_account *a = &want->a[account];
    char more[200];

    for (unsigned i = 0; i < a->n; i++) {
        struct w_box *b = world_box((struct world *)(uintptr_t)is, account, a->box[i].name);

        if (!b)
            return say(why, "account %u: mailbox %s is lost", account, a->box[i].name);
        if (!same_box(&a->box[i], b, more))
            return say(why, "account %u: %.150s", account, more);
    }
    if (is->a[account].n != a->n)
        return say(why, "account %u has %u mailboxes, not %u", account, is->a[account].n, a->n);
    return true;
}

static bool same_queue(const struct world *want, const struct world *is, char why[200])
{
    for (unsigned i = 0; i < want->n; i++) {
        const struct w_entry *e = world_entry((struct world *)(uintptr_t)is, want->q[i].id);

        if (!e)
            return say(why, "queue: entry %llx is lost", (unsigned long long)want->q[i].id);
        if (e->held != want->q[i].held || e->number != want->q[i].number)
            return say(why, "queue: entry %llx is letter %llu, held %d, not %llu, %d", (unsigned long long)e->id,
                       (unsigned long long)e->number, e->held, (unsigned long long)want->q[i].number, want->q[i].held);
    }
    return is->n == want->n || say(why, "queue: holds %u entries, not %u", is->n, want->n);
}

/* Is there any sign of it? Then all of it must be there. */
static bool has_happened(const struct op *op, const struct world *is)
{
    struct world *w = (struct world *)(uintptr_t)is;

    if (op->kind == OP_DELIVER) {
        for (unsigned i = 0; i < ACCOUNTS; i++) {
            struct w_box *b = world_box(w, i, "INBOX");

            if (op->mask >> i & 1 && b && world_letter(b, op->number[0]))
                return true;
        }
        return op->entry && world_entry(w, op->entry);
    }
    if (op->kind >= OP_HOLD) {
        const struct w_entry *e = world_entry(w, op->entry);

        return op->kind == OP_DROP ? !e : e && e->held == (op->kind == OP_HOLD);
    }
    return false;
}

static bool check_account(struct world *w, unsigned account, const struct op *op, const struct world *is, char why[200])
{
    char after[200];

    if (same_account(w, account, is, why))
        return true;
    if (!op)
        return false;
    if (!world_apply(w, op, after))
        return say(why, "%.190s", after);
    if (same_account(w, account, is, after))
        return true;
    memcpy(why + strnlen(why, 90), "; or: ", 7);
    snprintf(why + strlen(why), 200 - strlen(why), "%s", after);
    return false;
}

bool world_check(const struct world *promised, const struct op *under_way, size_t n, const struct world *is,
                 char why[200])
{
    struct world *w = mem_new(sizeof *w);
    const struct op *of[ACCOUNTS] = {0};
    bool ok = true;

    if (!promised->known) {
        mem_free(w);
        return true;
    }
    *w = *promised;
    for (size_t i = 0; i < n; i++) {
        const struct op *op = &under_way[i];

        if (op->kind != OP_DELIVER && op->kind < OP_HOLD)
            of[op->account] = op;
        else if (has_happened(op, is))
            ok = ok && world_apply(w, op, why);
    }
    for (unsigned i = 0; i < ACCOUNTS && ok; i++)
        ok = check_account(w, i, of[i], is, why);
    ok = ok && same_queue(w, is, why);
    mem_free(w);
    return ok;
}

/* --- reading -------------------------------------------------------------------------------------------------- */

static bool read_message(struct account *a, struct view *v, uint32_t seq, struct w_msg *out, char why[200]) SUSPENDS
{
    struct arena ar = ARENA_INIT;
    struct blob_view body = {0};
    struct mail_msg m;
    struct email e;
    struct str tail, want;
    size_t at;
    bool ok;
    enum st st;

    view_msg(v, seq, &m);
    st = view_email(v, seq, &ar, &e);
    if (st == ST_OK)
        st = email_body(a, &e, &body);
    if (st != ST_OK) {
        arena_fini(&ar);
        return say(why, "uid %u of %.*s can't be read: %.120s", m.uid, STR_ARGS(view_info(v)->name), err_get()->text);
    }
    at = str_search(body.bytes, STR("X-Number: "));
    tail = str_from(body.bytes, at + 10);
    *out = (struct w_msg){.uid = m.uid, .flags = m.flags};
    ok = str_u64(str_sub(tail, 0, str_search(tail, STR("\r\n"))), UINT64_MAX, &out->number) == ST_OK;
    want = letter_bytes(&ar, out->number);
    ok = ok && str_eq(body.bytes, want) && m.size == want.n + e.prefix.n;
    email_body_close(&body);
    arena_fini(&ar);
    return ok || say(why, "uid %u of %.*s is not letter %llu", m.uid, STR_ARGS(view_info(v)->name),
                     (unsigned long long)out->number);
}

static bool read_box(struct account *a, const struct mailbox_info *info, struct w_box *out, char why[200]) SUSPENDS
{
    struct view *v;
    bool ok = true;

    memset(out, 0, sizeof *out);
    snprintf(out->name, sizeof out->name, "%.*s", STR_ARGS(info->name));
    out->uidvalidity = info->uidvalidity;
    out->uidnext = info->uidnext;
    out->modseq = info->highestmodseq;
    if (view_open(a, info->name, true, &v) != ST_OK)
        return say(why, "%s can't be opened: %.150s", out->name, err_get()->text);
    out->n = view_count(v);
    if (out->n != info->messages || out->n > MESSAGES)
        ok = say(why, "%s holds %u messages, its counter says %u", out->name, out->n, info->messages);
    for (uint32_t i = 0; ok && i < out->n; i++)
        ok = read_message(a, v, i + 1, &out->m[i], why);
    for (uint32_t i = 1; ok && i < out->n; i++)
        if (out->m[i].uid <= out->m[i - 1].uid)
            ok = say(why, "%s: uid %u behind uid %u", out->name, out->m[i].uid, out->m[i - 1].uid);
    if (ok && out->n && out->m[out->n - 1].uid >= out->uidnext)
        ok = say(why, "%s: uid %u, but uidnext %u", out->name, out->m[out->n - 1].uid, out->uidnext);
    view_close(v);
    return ok;
}

static bool read_account(struct account *a, struct w_account *out, char why[200]) SUSPENDS
{
    struct arena ar = ARENA_INIT;
    struct mailbox_info *info;
    size_t n;
    bool ok;

    if (mailbox_list(a, &ar, &info, &n) != ST_OK || n > BOXES)
        ok = say(why, "the mailboxes can't be listed: %.150s", err_get()->text);
    else
        ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        ok = read_box(a, &info[i], &out->box[out->n++], why);
        out->validity_high = MAX(out->validity_high, info[i].uidvalidity);
    }
    arena_fini(&ar);
    return ok;
}

static bool read_entry(struct rooms *r, const struct queue_entry *e, struct w_entry *out, char why[200]) SUSPENDS
{
    struct arena a = ARENA_INIT;
    struct blob_view body = {0};
    bool ok = blob_open(r->store, e->blob, &body) == ST_OK;

    out->id = e->id;
    out->held = e->held;
    out->number = e->size;
    ok = ok && str_eq(body.bytes, letter_bytes(&a, out->number));
    blob_close(&body);
    arena_fini(&a);
    return ok || say(why, "the letter of entry %llx of the queue can't be read", (unsigned long long)e->id);
}

static bool read_queue(struct rooms *r, struct world *out, char why[200]) SUSPENDS
{
    struct arena a = ARENA_INIT;
    struct queue_entry *list;
    struct queue_counts counts;
    uint64_t next;
    size_t n = 0;
    bool more, ok = true;

    if (queue_list(r->queue, &(struct queue_filter){.most = ENTRIES}, &a, &list, &n, &next, &more) != ST_OK)
        ok = say(why, "the queue can't be listed: %.150s", err_get()->text);
    for (size_t i = 0; ok && i < n; i++)
        ok = read_entry(r, &list[i], &out->q[out->n++], why);
    queue_get_counts(r->queue, &counts);
    if (ok && (counts.entries != n || more))
        ok = say(why, "the queue holds %zu entries, its counter says %llu", n, (unsigned long long)counts.entries);
    arena_fini(&a);
    return ok;
}

bool world_read(struct rooms *r, struct world *out, char why[200])
{
    char more[200];

    memset(out, 0, sizeof *out);
    out->known = true;
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        if (!r->accounts[i] && account_open(r->mail, ACCOUNT_ID(i), &r->accounts[i]) != ST_OK)
            return say(why, "account %u can't be opened: %.150s", i, err_get()->text);
        if (!read_account(r->accounts[i], &out->a[i], more))
            return say(why, "account %u: %.160s", i, more);
    }
    return read_queue(r, out, why);
}
