#include "world.h"

#include "base/must.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool world_say(char why[200], const char *fmt, ...)
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

/* One in two is noise. The others are pieces of one and the same text: each alone is short of repetition, and a dictionary made of
 * some helps with all. */
static char common_text(uint64_t at)
{
    uint64_t x = (at % 4096 + 1) * 0x9e3779b97f4a7c15;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    return (char)('a' + (x >> 40) % 26);
}

struct str letter_bytes(struct arena *a, uint64_t number)
{
    size_t n = letter_size(number);
    struct str head = arena_printf(a,
                                   "From: a@example.test\r\nDate: Mon, 23 Nov 2026 06:40:20 +0000\r\n"
                                   "Subject: letter %llu\r\nX-Number: %llu\r\n\r\n",
                                   (unsigned long long)number, (unsigned long long)number);
    char *p = arena_alloc(a, head.n + n);
    uint64_t x = number * 2654435761u + 88172645463325252u, from = 0;

    memcpy(p, head.p, head.n);
    for (size_t i = 0; i < n; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        if (i % 96 == 0)
            from = x >> 20;
        p[head.n + i] = i % 72 == 71 ? '\n' : number % 2 ? (char)(' ' + x % 90) : common_text(from + i);
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

/* The account may have been removed meanwhile, and somebody else be there. */
struct w_box *world_inbox_of(struct world *w, const struct op *op, unsigned account)
{
    bool is_his = op->mask >> account & 1 && w->a[account].generation == op->generation[account];

    return is_his ? world_box(w, account, "INBOX") : NULL;
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

bool world_is_inbox(const struct w_box *b)
{
    return strcmp(b->name, "INBOX") == 0;
}

bool world_subscribed(const struct w_account *a, const char *name)
{
    for (unsigned i = 0; i < a->subs_n; i++)
        if (strcmp(a->subs[i], name) == 0)
            return true;
    return false;
}

unsigned world_messages(const struct w_account *a)
{
    unsigned n = 0;

    for (unsigned i = 0; i < a->n; i++)
        n += a->box[i].n;
    return n;
}

/* In INBOX letters are known by their number, since deliveries overtake one another; elsewhere by uid. */
static struct w_msg *named(struct w_box *b, const struct op *op, unsigned i)
{
    for (unsigned k = 0; k < b->n; k++)
        if (world_is_inbox(b) ? b->m[k].number == op->number[i] : b->m[k].uid == op->uid[i])
            return &b->m[k];
    return NULL;
}

static void add(struct w_box *b, struct w_msg m)
{
    must(b->n < MESSAGES);
    if (m.uid)
        b->uidnext = MAX(b->uidnext, m.uid + 1);
    b->m[b->n++] = m;
}

static void take(struct w_box *b, struct w_msg *m)
{
    *m = b->m[--b->n];
}

static void keep(struct w_account *a, const struct op *op, struct w_msg m)
{
    struct w_kept *k = &a->kept[a->kept_n++];

    must(a->kept_n <= KEPT);
    snprintf(k->box, sizeof k->box, "%s", op->box);
    k->mailbox = op->mailbox;
    k->m = m;
}

static bool apply_messages(struct w_account *a, struct w_box *b, struct w_box *to, const struct op *op, char why[200])
{
    for (unsigned i = 0; i < op->n; i++) {
        struct w_msg *m = named(b, op, i);

        if (!m)
            return world_say(why, "test: %s has no letter %llu", op->box, (unsigned long long)op->number[i]);
        if (op->uid[i])
            m->uid = op->uid[i];
        if (op->kind == OP_FLAGS)
            m->flags = op->flags;
        if (to)
            add(to, (struct w_msg){op->to_uid[i], m->flags, m->number});
        if (op->kind == OP_EXPUNGE && op->keeps)
            keep(a, op, *m);
        if (op->kind == OP_MOVE || op->kind == OP_EXPUNGE)
            take(b, m);
    }
    return true;
}

static int by_uid(const void *x, const void *y)
{
    const struct w_msg *a = x, *b = y;

    return a->uid < b->uid ? -1 : a->uid > b->uid;
}

static void apply_delete(struct w_account *a, struct w_box *b, const struct op *op)
{
    qsort(b->m, b->n, sizeof *b->m, by_uid);
    for (unsigned i = 0; i < b->n && op->keeps; i++)
        keep(a, op, b->m[i]);
    *b = a->box[--a->n];
}

/* --- what was deleted --------------------------------------------------------------------------------------- */

static void forget_kept(struct w_account *a, unsigned i)
{
    memmove(&a->kept[i], &a->kept[i + 1], (--a->kept_n - i) * sizeof *a->kept);
}

static bool apply_undelete(struct w_account *a, struct w_box *b, const struct op *op, char why[200])
{
    for (unsigned i = 0; i < op->n; i++) {
        unsigned k = 0;

        while (k < a->kept_n && (a->kept[k].mailbox != op->mailbox || a->kept[k].m.uid != op->uid[i]))
            k++;
        if (k == a->kept_n)
            return world_say(why, "test: uid %u of %s is not kept", op->uid[i], op->box);
        add(b, (struct w_msg){.uid = op->to_uid[i], .flags = a->kept[k].m.flags, .number = a->kept[k].m.number});
        forget_kept(a, k);
    }
    return true;
}

static void apply_purge(struct w_account *a, const struct op *op)
{
    for (unsigned i = 0; i < op->n && a->kept_n; i++)
        forget_kept(a, 0);
}

/* --- accounts ------------------------------------------------------------------------------------------------ */

static void apply_subscription(struct w_account *a, const struct op *op)
{
    if (op->kind == OP_SUBSCRIBE && !world_subscribed(a, op->box)) {
        must(a->subs_n < SUBSCRIPTIONS);
        snprintf(a->subs[a->subs_n++], sizeof a->subs[0], "%s", op->box);
    }
    for (unsigned i = 0; op->kind == OP_UNSUBSCRIBE && i < a->subs_n; i++)
        if (strcmp(a->subs[i], op->box) == 0)
            memmove(a->subs[i], a->subs[--a->subs_n], sizeof a->subs[0]);
}

/* Removed; or erased, and then somebody new is there, with what everybody has at first. */
static void apply_erase(struct w_account *a, const struct op *op)
{
    static const char *const names[] = {"INBOX", "Drafts", "Sent", "Junk", "Trash", "Archive"};
    uint32_t generation = a->generation + op->done;

    memset(a, 0, sizeof *a);
    a->generation = generation;
    a->removed = !op->done;
    for (unsigned i = 0; i < ARRAY_LEN(names) && op->done; i++) {
        struct w_box *b = &a->box[a->n++];

        snprintf(b->name, sizeof b->name, "%s", names[i]);
        snprintf(a->subs[a->subs_n++], sizeof a->subs[0], "%s", names[i]);
        b->uidnext = 1;
    }
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
        return world_say(why, "a new mailbox has uidvalidity %u, an older one had %u", op->uidvalidity,
                         a->validity_high);
    a->validity_high = MAX(a->validity_high, op->uidvalidity);
    return true;
}

static void apply_deliver(struct world *w, const struct op *op)
{
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        struct w_box *b = world_inbox_of(w, op, i);

        if (b)
            add(b, (struct w_msg){.number = op->number[0]});
    }
    if (op->entry) {
        must(w->n < ENTRIES);
        w->q[w->n++] = (struct w_entry){op->entry, op->number[0], false};
    }
}

static bool apply_give(struct world *w, const struct op *op, char why[200])
{
    struct w_box *b = world_box(w, op->account, GIVEN);

    if (!b)
        return world_say(why, "test: account %u has no " GIVEN, op->account);
    for (unsigned i = 0; i < op->n; i++)
        add(b, (struct w_msg){op->to_uid[i], op->uid[i], op->number[i]});
    return true;
}

static bool apply_queue(struct world *w, const struct op *op, char why[200])
{
    struct w_entry *e = world_entry(w, op->entry);

    if (!e)
        return world_say(why, "test: no entry %llx", (unsigned long long)op->entry);
    if (op->kind == OP_DROP)
        *e = w->q[--w->n];
    else
        e->held = op->kind == OP_HOLD;
    return true;
}

static bool raise_modseq(struct w_box *b, uint64_t modseq, char why[200])
{
    if (modseq && modseq < b->modseq)
        return world_say(why, "%s: highestmodseq was %llu and is %llu", b->name, (unsigned long long)b->modseq,
                         (unsigned long long)modseq);
    b->modseq = MAX(b->modseq, modseq);
    return true;
}

static bool apply_box(struct world *w, const struct op *op, char why[200])
{
    struct w_account *a = &w->a[op->account];
    struct w_box *b = world_box(w, op->account, op->box), *to = NULL;

    if (!b)
        return world_say(why, "test: account %u has no %s", op->account, op->box);
    if (op->kind == OP_DELETE) {
        apply_delete(a, b, op);
        return true;
    }
    if (op->kind == OP_UNDELETE)
        return apply_undelete(a, b, op, why);
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
            return world_say(why, "test: account %u has no %s", op->account, op->to);
    }
    return apply_messages(a, b, to, op, why) && raise_modseq(b, op->modseq, why) &&
           (!to || raise_modseq(to, op->to_modseq, why));
}

bool world_apply(struct world *w, const struct op *op, char why[200])
{
    if (op->kind >= OP_HOLD)
        return apply_queue(w, op, why);
    switch (op->kind) {
    case OP_DELIVER: apply_deliver(w, op); return true;
    case OP_GIVE: return apply_give(w, op, why);
    case OP_SUBSCRIBE:
    case OP_UNSUBSCRIBE: apply_subscription(&w->a[op->account], op); return true;
    case OP_PURGE: apply_purge(&w->a[op->account], op); return true;
    case OP_ERASE: apply_erase(&w->a[op->account], op); return true;
    case OP_CREATE: return apply_create(w, op, why);
    default: return apply_box(w, op, why);
    }
}
