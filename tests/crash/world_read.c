#include "world.h"

#include "mail/keep.h"

#include <stdio.h>

/* Which letter it is, by its own words; it is that one, byte for byte. 0: one that repairing has put in the place of a lost one. */
static bool read_letter(struct account *a, const struct email *e, uint64_t size, uint64_t *out, char why[200]) SUSPENDS
{
    struct blob_view body = {0};
    struct arena ar = ARENA_INIT;
    struct str tail, want;
    bool ok;

    if (email_body(a, e, &body) != ST_OK)
        return world_say(why, "can't be read: %.120s", err_get()->text);
    *out = 0;
    if (str_search(body.bytes, STR("X-Number: ")) >= body.bytes.n) {
        email_body_close(&body);
        return true;
    }
    tail = str_from(body.bytes, str_search(body.bytes, STR("X-Number: ")) + 10);
    ok = str_u64(str_sub(tail, 0, str_search(tail, STR("\r\n"))), UINT64_MAX, out) == ST_OK;
    want = letter_bytes(&ar, *out);
    ok = ok && str_eq(body.bytes, want) && size == want.n + e->prefix.n;
    email_body_close(&body);
    arena_fini(&ar);
    return ok || world_say(why, "is not letter %llu", (unsigned long long)*out);
}

static bool read_message(struct account *a, struct view *v, uint32_t seq, struct w_msg *out, char why[200]) SUSPENDS
{
    struct arena ar = ARENA_INIT;
    struct mail_msg m;
    struct email e;
    char more[200];
    bool ok;

    view_msg(v, seq, &m);
    *out = (struct w_msg){.uid = m.uid, .flags = m.flags};
    ok = view_email(v, seq, &ar, &e) == ST_OK || world_say(more, "can't be read: %.120s", err_get()->text);
    ok = ok && read_letter(a, &e, m.size, &out->number, more);
    arena_fini(&ar);
    return ok || world_say(why, "uid %u of %.*s %.140s", m.uid, STR_ARGS(view_info(v)->name), more);
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
        return world_say(why, "%s can't be opened: %.150s", out->name, err_get()->text);
    out->n = view_count(v);
    if (out->n != info->messages || out->n > MESSAGES)
        ok = world_say(why, "%s holds %u messages, its counter says %u", out->name, out->n, info->messages);
    for (uint32_t i = 0; ok && i < out->n; i++)
        ok = read_message(a, v, i + 1, &out->m[i], why);
    for (uint32_t i = 1; ok && i < out->n; i++)
        if (out->m[i].uid <= out->m[i - 1].uid)
            ok = world_say(why, "%s: uid %u behind uid %u", out->name, out->m[i].uid, out->m[i - 1].uid);
    if (ok && out->n && out->m[out->n - 1].uid >= out->uidnext)
        ok = world_say(why, "%s: uid %u, but uidnext %u", out->name, out->m[out->n - 1].uid, out->uidnext);
    view_close(v);
    return ok;
}

static bool read_subscriptions(struct account *a, struct w_account *out, char why[200]) SUSPENDS
{
    struct arena ar = ARENA_INIT;
    struct str *list;
    size_t n = 0;
    bool ok = mailbox_subscriptions(a, &ar, &list, &n) == ST_OK && n <= SUBSCRIPTIONS;

    for (size_t i = 0; ok && i < n; i++)
        snprintf(out->subs[out->subs_n++], sizeof out->subs[0], "%.*s", STR_ARGS(list[i]));
    arena_fini(&ar);
    return ok || world_say(why, "the subscriptions can't be listed: %.150s", err_get()->text);
}

static bool read_kept(struct account *a, struct w_account *out, char why[200]) SUSPENDS
{
    struct arena ar = ARENA_INIT;
    struct kept_mail *list;
    bool more = false, ok;
    char bad[200];
    size_t n = 0;

    ok = (kept_list(a, &(struct kept_filter){0}, &ar, KEPT, &list, &n, &more) == ST_OK && !more) ||
         world_say(why, "the deleted letters can't be listed: %.150s", err_get()->text);
    for (size_t i = 0; ok && i < n; i++) {
        struct w_kept *k = &out->kept[out->kept_n++];

        *k = (struct w_kept){.mailbox = list[i].mailbox, .m = {.uid = list[i].uid, .flags = list[i].flags}};
        snprintf(k->box, sizeof k->box, "%.*s", STR_ARGS(list[i].name));
        ok = read_letter(a, &list[i].email, list[i].size, &k->m.number, bad) ||
             world_say(why, "uid %u, deleted from %s, %.140s", k->m.uid, k->box, bad);
    }
    arena_fini(&ar);
    return ok;
}

/* What quotas go by is the sum of what is there. */
static bool read_usage(struct account *a, const struct mailbox_info *info, size_t n, char why[200])
{
    uint64_t bytes = 0, messages = 0;
    struct mail_usage u;

    for (size_t i = 0; i < n; i++) {
        bytes += info[i].bytes;
        messages += info[i].messages;
    }
    account_usage(a, &u);
    return (u.bytes == bytes && u.messages == messages) ||
           world_say(why, "it uses %llu bytes, %llu messages; its mailboxes hold %llu, %llu",
                     (unsigned long long)u.bytes, (unsigned long long)u.messages, (unsigned long long)bytes,
                     (unsigned long long)messages);
}

static bool read_mailboxes(struct account *a, struct w_account *out, char why[200]) SUSPENDS
{
    struct arena ar = ARENA_INIT;
    struct mailbox_info *info;
    size_t n = 0;
    bool ok = (mailbox_list(a, &ar, &info, &n) == ST_OK && n <= BOXES) ||
              world_say(why, "the mailboxes can't be listed: %.150s", err_get()->text);

    for (size_t i = 0; ok && i < n; i++) {
        ok = read_box(a, &info[i], &out->box[out->n++], why);
        out->validity_high = MAX(out->validity_high, info[i].uidvalidity);
    }
    ok = ok && read_usage(a, info, n, why);
    arena_fini(&ar);
    return ok;
}

struct reading {
    struct rooms *r;
    unsigned place;
    uint64_t id;
    struct w_account *out;
    bool ok, erased;
    char why[200];
};

/* It has been made only now, by looking at it: nobody was told anything about it. */
static void forget_new(struct w_account *a)
{
    a->validity_high = 0;
    for (unsigned i = 0; i < a->n; i++)
        a->box[i].uidvalidity = 0, a->box[i].modseq = 0;
}

/* On its core. One that was removed is passed over when nothing is left of it. */
static void read_account(void *arg) SUSPENDS
{
    struct reading *x = arg;
    uint64_t version = 1;
    enum st st = ST_OK;

    if (!x->r->accounts[x->place])
        st = kv_version(x->r->store, x->id, &version);
    if (st == ST_OK && !x->r->accounts[x->place])
        st = account_open(x->r->mail, x->id, &x->r->accounts[x->place]);
    if (st == ST_OK) {
        struct account *a = x->r->accounts[x->place];

        x->ok =
            read_mailboxes(a, x->out, x->why) && read_subscriptions(a, x->out, x->why) && read_kept(a, x->out, x->why);
        if (!version)
            forget_new(x->out);
    } else if (st == ST_NOTFOUND) {
        x->out->removed = true;
        x->ok = rows_only_mark(x->r->store, x->id, &x->erased);
    } else {
        x->ok = world_say(x->why, "it can't be opened: %.150s", err_get()->text);
    }
}

static bool read_place(struct rooms *r, unsigned place, struct w_account *out, char why[200]) SUSPENDS
{
    struct reading x = {.r = r, .place = place, .out = out, .erased = true};

    for (uint32_t generation = 0; x.erased; generation++) {
        memset(out, 0, sizeof *out);
        out->generation = generation;
        x.id = ACCOUNT_ID(place, generation);
        x.erased = x.ok = false;
        if (r->accounts[place] && account_id(r->accounts[place]) != x.id)
            x.erased = x.ok = true;
        else
            rooms_on(rooms_core(r, x.id), read_account, &x);
        if (!x.ok)
            return world_say(why, "account %u: %.160s", place, x.why);
    }
    return true;
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
    return ok || world_say(why, "the letter of entry %llx of the queue can't be read", (unsigned long long)e->id);
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
        ok = world_say(why, "the queue can't be listed: %.150s", err_get()->text);
    for (size_t i = 0; ok && i < n; i++)
        if (list[i].reverse_path.n) /* else a letter of the repairing queue, that says that one is lost */
            ok = read_entry(r, &list[i], &out->q[out->n++], why);
    queue_get_counts(r->queue, &counts);
    if (ok && (counts.entries != n || more))
        ok =
            world_say(why, "the queue holds %zu entries, its counter says %llu", n, (unsigned long long)counts.entries);
    arena_fini(&a);
    return ok;
}

bool world_read(struct rooms *r, struct world *out, char why[200])
{
    memset(out, 0, sizeof *out);
    out->known = true;
    for (unsigned i = 0; i < ACCOUNTS; i++)
        if (!read_place(r, i, &out->a[i], why))
            return false;
    return read_queue(r, out, why);
}
