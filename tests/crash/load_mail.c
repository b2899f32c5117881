/* What is done in one account: by its own worker, on its core. */
#include "loading.h"

#include "base/must.h"
#include "mail/edit.h"
#include "mail/guest.h"
#include "mail/keep.h"

#include <stdio.h>
#include <stdlib.h>

enum { OWN_BOXES = 9, KEPT_MOST = KEPT - 3 * BOX_MOST };

static struct w_account *mine(struct worker *k)
{
    return &k->g->w.a[k->number];
}

static struct account *account_of(struct worker *k)
{
    return k->g->r->accounts[k->number];
}

static struct op op_of(struct worker *k, enum op_kind kind)
{
    return (struct op){.kind = (uint8_t)kind, .account = (uint8_t)k->number, .keeps = k->g->l->keeps};
}

static void set_name(char name[24], const char *from)
{
    snprintf(name, 24, "%s", from);
}

static void own_name(struct worker *k, char name[24])
{
    snprintf(name, 24, "Box%u", (unsigned)load_pick(k, OWN_BOXES));
}

/* With the lock held. */
static struct w_box *any_box(struct worker *k, bool inbox_too)
{
    struct w_account *a = mine(k);

    for (int i = 0; i < 50; i++) {
        struct w_box *b = &a->box[load_pick(k, a->n)];

        if (inbox_too || (!world_is_inbox(b) && strcmp(b->name, GIVEN) != 0))
            return b;
    }
    return NULL;
}

static uint64_t modseq_of(struct worker *k, struct arena *a, const char *box) SUSPENDS
{
    struct mailbox_info info;

    return mailbox_status(account_of(k), a, str_z(box), &info) == ST_OK ? info.highestmodseq : 0;
}

static void has_failed(struct loading *g)
{
    must(g->l->may_fail);
    load_lock(g);
    g->left -= g->left > 0;
    load_unlock(g);
}

/* --- appending ----------------------------------------------------------------------------------------------- */

static bool choose_target(struct worker *k, struct op *op, uint32_t *out_next)
{
    static const uint32_t flags[] = {0, MAIL_SEEN, MAIL_DRAFT, MAIL_SEEN | MAIL_FLAGGED};
    struct w_box *b;
    bool fits;

    load_lock(k->g);
    b = any_box(k, false);
    fits = b && b->n < BOX_MOST;
    if (fits) {
        set_name(op->box, b->name);
        *out_next = b->uidnext;
        op->number[0] = load_next_letter(k->g);
        op->flags = flags[load_pick(k, ARRAY_LEN(flags))];
    }
    load_unlock(k->g);
    return fits;
}

static void append_one(struct worker *k, struct arena *a) SUSPENDS
{
    struct op op = op_of(k, OP_APPEND);
    uint32_t validity, *uids, expected;
    struct new_mail m;
    enum st st = ST_OK;

    op.n = 1;
    if (!choose_target(k, &op, &expected))
        return;
    m = load_letter(a, op.number[0]);
    m.flags = op.flags;
    load_begin(k->g, &op);
    if (m.bytes.n > 256u << 10) {
        st = mail_stage(account_of(k), m.bytes, &m.stage);
        m.bytes = STR("");
    }
    if (st == ST_OK)
        st = mail_append(account_of(k), str_z(op.box), &m, 1, a, &validity, &uids);
    if (st == ST_OK) {
        must(uids[0] >= expected); /* more: those of one that failed are not given again */
        op.to_uid[0] = uids[0];
        op.modseq = modseq_of(k, a, op.box);
    }
    load_end(k->g, &op, st);
}

/* --- changing messages ---------------------------------------------------------------------------------------- */

static bool is_known(struct worker *k, uint32_t uid)
{
    struct w_box *b;
    bool known = false;

    load_lock(k->g);
    b = world_box(&k->g->w, k->number, "INBOX");
    for (unsigned i = 0; i < b->n && !known; i++)
        known = b->m[i].uid == uid;
    load_unlock(k->g);
    return known;
}

static void learn(struct worker *k, uint32_t uid, uint64_t number)
{
    struct w_msg *m;

    load_lock(k->g);
    m = world_letter(world_box(&k->g->w, k->number, "INBOX"), number);
    if (m)
        m->uid = uid;
    load_unlock(k->g);
}

/* Deliveries get their uids from the server: reads which letter is which. */
static enum st look_into_inbox(struct worker *k, struct view *v) SUSPENDS
{
    for (uint32_t seq = 1; seq <= view_count(v); seq++) {
        struct arena a = ARENA_INIT;
        struct blob_view head = {0};
        struct email e;
        uint64_t number;
        enum st st;

        if (is_known(k, view_uid(v, seq)))
            continue;
        st = view_email(v, seq, &a, &e);
        if (st == ST_OK)
            st = email_head(account_of(k), &e, &head);
        if (st == ST_OK) {
            struct str tail = str_from(head.bytes, str_search(head.bytes, STR("X-Number: ")) + 10);

            must(str_u64(str_sub(tail, 0, str_search(tail, STR("\r\n"))), UINT64_MAX, &number) == ST_OK);
            learn(k, view_uid(v, seq), number);
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
static void choose(struct worker *k, struct op *op)
{
    struct w_msg some[OP_UIDS];
    const struct w_box *b;
    unsigned most, n = 0, at;

    load_lock(k->g);
    b = world_box(&k->g->w, k->number, op->box);
    most = 1 + (unsigned)load_pick(k, OP_UIDS);
    at = (unsigned)load_pick(k, b->n + 1);
    for (unsigned i = 0; i < b->n && n < most; i++) {
        const struct w_msg *m = &b->m[(at + i) % b->n];

        if (m->uid)
            some[n++] = *m;
    }
    load_unlock(k->g);
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

static bool choose_change(struct worker *k, struct op *op)
{
    static const uint8_t kinds[] = {OP_FLAGS, OP_FLAGS, OP_COPY, OP_MOVE, OP_MOVE, OP_EXPUNGE, OP_EXPUNGE};
    struct w_box *b, *to;
    bool ok;

    load_lock(k->g);
    op->kind = kinds[load_pick(k, ARRAY_LEN(kinds))];
    b = load_pick(k, 2) ? any_box(k, true) : world_box(&k->g->w, k->number, "INBOX");
    to = any_box(k, false);
    ok = b && to && b->n && (to != b || op->kind == OP_FLAGS || op->kind == OP_EXPUNGE);
    if (ok) {
        if ((op->kind == OP_COPY || op->kind == OP_MOVE) && to->n + OP_UIDS > BOX_MOST)
            op->kind = OP_EXPUNGE;
        if (op->kind == OP_EXPUNGE && mine(k)->kept_n > KEPT_MOST)
            op->kind = OP_FLAGS;
        set_name(op->box, b->name);
        set_name(op->to, to->name);
        op->flags = (uint32_t)load_pick(k, 8); /* seen, answered, flagged */
    }
    load_unlock(k->g);
    return ok;
}

static void change_some(struct worker *k, struct arena *a) SUSPENDS
{
    struct op op = op_of(k, OP_FLAGS);
    struct view *v;
    enum st st;

    if (!choose_change(k, &op))
        return;
    if (view_open(account_of(k), str_z(op.box), false, &v) != ST_OK) {
        has_failed(k->g);
        return;
    }
    op.mailbox = view_info(v)->id;
    st = strcmp(op.box, "INBOX") == 0 ? look_into_inbox(k, v) : ST_OK;
    must(st == ST_OK || k->g->l->may_fail);
    choose(k, &op);
    if (op.n && st == ST_OK) {
        load_begin(k->g, &op);
        st = change(a, v, &op);
        if (st == ST_OK) {
            op.modseq = modseq_of(k, a, op.box);
            op.to_modseq = op.kind == OP_COPY || op.kind == OP_MOVE ? modseq_of(k, a, op.to) : 0;
        }
        load_end(k->g, &op, st);
    }
    view_close(v);
}

/* --- to another account ---------------------------------------------------------------------------------------- */

/* To whom; nobody else gives anything until it is done. */
static bool choose_receiver(struct worker *k, struct op *give, uint64_t *out_id)
{
    struct loading *g = k->g;
    struct w_box *b;
    bool ok;

    load_lock(g);
    give->account = (uint8_t)load_pick(k, ACCOUNTS);
    b = world_box(&g->w, give->account, GIVEN);
    ok = !g->giving && give->account != k->number && !g->going[give->account] && b && b->n + OP_UIDS <= BOX_MOST &&
         mine(k)->kept_n <= KEPT_MOST;
    if (ok) {
        give->entry = b->uidnext;
        *out_id = ACCOUNT_ID(give->account, g->w.a[give->account].generation);
        g->giving = true;
        g->giving_to = give->account;
    }
    load_unlock(g);
    return ok;
}

static void choose_source(struct worker *k, struct op *op)
{
    load_lock(k->g);
    set_name(op->box, any_box(k, true)->name);
    load_unlock(k->g);
}

static void describe_given(struct worker *k, struct op *give, const struct op *op)
{
    const struct w_box *b;

    load_lock(k->g);
    b = world_box(&k->g->w, k->number, op->box);
    give->n = op->n;
    for (unsigned i = 0; i < op->n; i++) {
        give->number[i] = op->number[i];
        for (unsigned j = 0; j < b->n; j++)
            if (b->m[j].uid == op->uid[i])
                give->uid[i] = b->m[j].flags;
    }
    load_unlock(k->g);
}

static void move_over(struct worker *k, struct arena *a, struct view *v, struct op *give, uint64_t to) SUSPENDS
{
    const struct place place = {.owner = to, .name = STR(GIVEN), .is_own = true};
    struct op op = op_of(k, OP_EXPUNGE);
    struct uid_range ranges[OP_UIDS];
    struct copied copied = {0};
    enum st st;

    set_name(op.box, arena_cstr(a, view_info(v)->name));
    op.mailbox = view_info(v)->id;
    choose(k, &op);
    if (!op.n)
        return;
    describe_given(k, give, &op);
    load_begin(k->g, give);
    op.behind = give->id;
    load_begin(k->g, &op);
    st = copy_across(v, set_of(&op, ranges), &place, true, a, &copied);
    must(st != ST_OK || copied.n == op.n);
    for (unsigned i = 0; st == ST_OK && i < op.n; i++)
        give->to_uid[i] = copied.to[i];
    load_end(k->g, give, st);
    if (st == ST_OK)
        op.modseq = modseq_of(k, a, op.box);
    load_end(k->g, &op, st);
}

/* MOVE to a mailbox of another account: two commits, the copy first. */
static void give_some(struct worker *k, struct arena *a) SUSPENDS
{
    struct op give = op_of(k, OP_GIVE), op = op_of(k, OP_EXPUNGE);
    struct view *v;
    uint64_t to;

    if (k->g->l->may_fail || k->g->l->quota || !choose_receiver(k, &give, &to))
        return;
    choose_source(k, &op);
    must(view_open(account_of(k), str_z(op.box), false, &v) == ST_OK);
    if (strcmp(op.box, "INBOX") == 0)
        must(look_into_inbox(k, v) == ST_OK);
    move_over(k, a, v, &give, to);
    view_close(v);
    load_lock(k->g);
    k->g->giving = false;
    load_unlock(k->g);
}

/* --- mailboxes ------------------------------------------------------------------------------------------------- */

static bool choose_mailbox(struct worker *k, struct op *op)
{
    struct w_account *a = mine(k);
    struct w_box *b;
    bool ok = true;

    own_name(k, op->box);
    own_name(k, op->to);
    load_lock(k->g);
    b = world_box(&k->g->w, k->number, op->box);
    op->kind = !b ? OP_CREATE : load_pick(k, 2) ? OP_DELETE : OP_RENAME;
    if ((op->kind == OP_CREATE && a->n == BOXES) || (op->kind == OP_DELETE && a->kept_n > KEPT_MOST) ||
        (op->kind == OP_RENAME && world_box(&k->g->w, k->number, op->to)))
        ok = false;
    load_unlock(k->g);
    return ok;
}

static void make_mailbox(struct worker *k, struct arena *a, const char *name) SUSPENDS
{
    struct op op = op_of(k, OP_CREATE);
    struct mailbox_info info;
    enum st st;

    set_name(op.box, name);
    load_begin(k->g, &op);
    st = mailbox_create(account_of(k), str_z(op.box), MAIL_USE_NONE);
    if (st == ST_OK && mailbox_status(account_of(k), a, str_z(op.box), &info) == ST_OK)
        op.uidvalidity = info.uidvalidity;
    load_end(k->g, &op, st);
}

static void change_mailboxes(struct worker *k, struct arena *a) SUSPENDS
{
    struct op op = op_of(k, OP_CREATE);
    struct mailbox_info info;

    if (!choose_mailbox(k, &op))
        return;
    if (op.kind == OP_CREATE) {
        make_mailbox(k, a, op.box);
        return;
    }
    if (mailbox_status(account_of(k), a, str_z(op.box), &info) != ST_OK) {
        has_failed(k->g);
        return;
    }
    op.mailbox = info.id;
    load_begin(k->g, &op);
    load_end(k->g, &op,
             op.kind == OP_DELETE ? mailbox_delete(account_of(k), str_z(op.box))
                                  : mailbox_rename(account_of(k), str_z(op.box), str_z(op.to)));
}

static void subscribe(struct worker *k) SUSPENDS
{
    struct op op = op_of(k, OP_SUBSCRIBE);

    own_name(k, op.box); /* whether there is such a mailbox or not */
    load_lock(k->g);
    if (world_subscribed(mine(k), op.box))
        op.kind = OP_UNSUBSCRIBE;
    load_unlock(k->g);
    load_begin(k->g, &op);
    load_end(k->g, &op, mailbox_subscribe(account_of(k), str_z(op.box), op.kind == OP_SUBSCRIBE));
}

/* --- what was deleted ------------------------------------------------------------------------------------------- */

/* Some that were in one mailbox, in the order of their deletion; *out_is_there: a mailbox of that name. */
static bool choose_kept(struct worker *k, struct op *op, bool *out_is_there)
{
    const struct w_account *a = mine(k);
    const struct w_kept *first;
    unsigned at, most;
    bool ok = false;

    load_lock(k->g);
    if (a->kept_n) {
        at = (unsigned)load_pick(k, a->kept_n);
        most = 1 + (unsigned)load_pick(k, OP_UIDS);
        first = &a->kept[at];
        for (unsigned i = at; i < a->kept_n && op->n < most; i++)
            if (a->kept[i].mailbox == first->mailbox && strcmp(a->kept[i].box, first->box) == 0)
                op->uid[op->n++] = a->kept[i].m.uid;
        set_name(op->box, first->box);
        if (strcmp(op->box, GIVEN) == 0)
            op->n = 0;
        op->mailbox = first->mailbox;
        *out_is_there = world_box(&k->g->w, k->number, op->box) != NULL;
        ok = !op->n          ? false
             : *out_is_there ? world_box(&k->g->w, k->number, op->box)->n + OP_UIDS < BOX_MOST
                             : a->n < BOXES;
    }
    load_unlock(k->g);
    return ok;
}

/* Nobody else adds to it: they are the last ones. */
static void learn_new_uids(struct worker *k, struct arena *a, struct op *op) SUSPENDS
{
    struct mailbox_info info;

    if (mailbox_status(account_of(k), a, str_z(op->box), &info) != ST_OK)
        return;
    op->modseq = info.highestmodseq;
    for (unsigned i = 0; i < op->n && strcmp(op->box, "INBOX") != 0; i++)
        op->to_uid[i] = info.uidnext - op->n + i;
}

static void undelete(struct worker *k, struct arena *a) SUSPENDS
{
    struct op op = op_of(k, OP_UNDELETE);
    struct kept_id ids[OP_UIDS];
    struct kept_filter f = {.ids = ids};
    bool is_there;
    size_t n = 0;
    enum st st;

    if (!choose_kept(k, &op, &is_there))
        return;
    if (!is_there) {
        make_mailbox(k, a, op.box);
        return; /* then the next time */
    }
    for (unsigned i = 0; i < op.n; i++)
        ids[f.n_ids++] = (struct kept_id){op.mailbox, op.uid[i]};
    load_begin(k->g, &op);
    st = kept_restore(account_of(k), &f, &n);
    must(st != ST_OK || n == op.n);
    if (st == ST_OK)
        learn_new_uids(k, a, &op);
    load_end(k->g, &op, st);
}

static void purge(struct worker *k) SUSPENDS
{
    struct op op = op_of(k, OP_PURGE);
    unsigned most;
    size_t n = 0;
    enum st st;

    load_lock(k->g);
    most = 1 + (unsigned)load_pick(k, 30);
    op.n = (uint8_t)MIN(mine(k)->kept_n, most);
    load_unlock(k->g);
    if (!op.n)
        return;
    load_begin(k->g, &op);
    st = kept_purge_some(account_of(k), UINT64_MAX, op.n, &n);
    must(st != ST_OK || n == op.n);
    load_end(k->g, &op, st);
}

/* --- the account -------------------------------------------------------------------------------------------------- */

/* One step, and when that was the last, somebody new. */
static void erase(struct worker *k) SUSPENDS
{
    struct op op = op_of(k, OP_ERASE);
    struct loading *g = k->g;
    uint64_t id;
    bool waits;
    enum st st;

    load_lock(g);
    waits = g->giving && g->giving_to == k->number;
    g->going[k->number] = g->going[k->number] || !waits;
    id = ACCOUNT_ID(k->number, mine(k)->generation);
    load_unlock(g);
    if (waits)
        return;
    rooms_close_account(g->r, k->number);
    load_begin(g, &op);
    st = mail_erase(g->r->mail, id, 1, &op.done);
    k->erases = st != ST_OK || !op.done;
    load_end(g, &op, st);
}

static bool open_again(struct worker *k) SUSPENDS
{
    struct loading *g = k->g;
    uint64_t id;
    enum st st;

    load_lock(g);
    id = ACCOUNT_ID(k->number, mine(k)->generation);
    load_unlock(g);
    st = account_open(g->r->mail, id, &g->r->accounts[k->number]);
    if (st != ST_OK)
        has_failed(g);
    load_lock(g);
    g->going[k->number] = st != ST_OK;
    load_unlock(g);
    return st == ST_OK;
}

void load_mail_once(struct worker *k, struct arena *a)
{
    bool removed;
    uint64_t what;

    load_lock(k->g);
    removed = mine(k)->removed || k->erases;
    what = load_pick(k, 400);
    load_unlock(k->g);
    if (!account_of(k) && !removed && !open_again(k))
        return;
    if (removed || what < 1)
        erase(k);
    else if (what < 150)
        append_one(k, a);
    else if (what < 310)
        change_some(k, a);
    else if (what < 330)
        give_some(k, a);
    else if (what < 360)
        change_mailboxes(k, a);
    else if (what < 375)
        subscribe(k);
    else if (what < 395 && !k->g->l->quota) /* which may take more than there is room for */
        undelete(k, a);
    else
        purge(k);
}
