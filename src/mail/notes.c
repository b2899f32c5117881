/* Notes are rows of the store and stay there: they are asked for seldom, and are few (LIMIT_NOTES_ACCOUNT). Who
 * writes some counts all that there are, one writer of an account at a time, so no counter has to be right. */
#include "mail/notes.h"

#include "base/must.h"
#include "mail/guest.h"

#define TURN_MS 60000
#define ROW_BYTES 64u /* what a row is counted with beside name and value */

/* --- where they are ---------------------------------------------------------------------------------------------- */

static enum st find(const struct account *a, struct str mailbox, uint32_t *out_id, struct mailbox **out)
{
    struct mailbox *mb = NULL;

    TRY(account_check(a));
    if (mailbox.n) {
        mb = account_mailbox(a, mailbox, false);
        if (!mb || !mb->pending.exists)
            return FAIL(ST_NOTFOUND, "no such mailbox");
    }
    *out_id = mb ? mb->id : 0;
    *out = mb;
    return ST_OK;
}

/* Rows in the arena; read on another thread. */
struct rows {
    struct arena *arena;
    struct note_rec *r;
    size_t n, cap;
};

static enum st take_row(void *arg, struct str key, struct str value)
{
    struct rows *rows = arg;

    if (rows->n == rows->cap) {
        size_t cap = rows->cap ? rows->cap * 2 : 16;
        struct note_rec *more = ARENA_ARRAY(rows->arena, struct note_rec, cap);

        if (rows->n)
            memcpy(more, rows->r, rows->n * sizeof *more);
        rows->r = more;
        rows->cap = cap;
    }
    TRY(note_rec_get(arena_str(rows->arena, key), arena_str(rows->arena, value), &rows->r[rows->n]));
    rows->n++;
    return ST_OK;
}

/* Of a mailbox; of all when `to` is UINT32_MAX. */
static enum st read_rows(struct account *a, uint32_t from, uint32_t to, struct rows *rows) SUSPENDS
{
    struct arena *ar = rows->arena;
    struct str end = to == UINT32_MAX ? key_letter(ar, KEY_NOTE + 1) : key_note(ar, to, 0, STR_NONE);

    return kv_walk(account_store(a), a->id, key_note(ar, from, 0, STR_NONE), end, take_row, rows);
}

/* What one account asks of another one's mailbox, or of its own. */
struct asked {
    struct guest guest;
    struct place place;
    struct arena *ar; /* for what is handed back */
    uint64_t who;     /* whose the private ones are */
    const struct notes_change *change;
    const struct note_watch *by;
    struct note *notes;
    size_t n;
};

static enum st read_of(struct account *a, uint32_t id, struct asked *q) SUSPENDS
{
    struct rows rows = {.arena = q->ar};

    TRY(read_rows(a, id, id + 1, &rows));
    q->notes = ARENA_ARRAY(q->ar, struct note, rows.n);
    for (size_t i = 0; i < rows.n; i++) {
        const struct note_rec *r = &rows.r[i];

        if (r->who == NOTE_SHARED || r->who == q->who)
            q->notes[q->n++] = (struct note){.name = r->name, .value = r->value, .is_private = r->who == q->who};
    }
    return ST_OK;
}

static enum st read_own(struct account *a, struct asked *q) SUSPENDS
{
    struct mailbox *mb;
    uint32_t id;

    TRY(find(a, mailbox_canonical(q->ar, q->place.name), &id, &mb));
    return read_of(a, id, q);
}

/* RFC 5464 section 3.3: "l" and any of these. */
static enum st may_see(struct account *owner, const struct asked *q, struct mailbox **out)
{
    static const uint32_t any = RIGHT_READ | RIGHT_SEEN | RIGHT_WRITE | RIGHT_INSERT | RIGHT_POST;

    TRY(guest_mailbox(owner, &q->guest, q->place.is_shared, q->place.name, RIGHT_LOOKUP, out));
    if (acl_rights((*out)->acl, owner, &q->guest) & any)
        return ST_OK;
    return FAIL(ST_NOPERM, "You have no right to that");
}

static enum st read_there(struct account *owner, void *arg) SUSPENDS
{
    struct asked *q = arg;
    struct mailbox *mb;

    TRY(may_see(owner, q, &mb));
    return read_of(owner, mb->id, q);
}

/* Where the name leads; no name is the account itself. */
static enum st find_place(struct account *a, struct str mailbox, struct asked *q) SUSPENDS
{
    q->guest = guest_of(a);
    if (mailbox.n)
        TRY(place_find(a, q->ar, mailbox, &q->place));
    else
        q->place = (struct place){.owner = a->id, .is_own = true};
    q->who = q->place.is_own ? NOTE_OWN : a->id;
    return ST_OK;
}

enum st notes_read(struct account *a, struct str mailbox, struct arena *ar, struct note **out, size_t *out_n)
{
    struct asked q = {.ar = ar};

    TRY(find_place(a, mailbox, &q));
    TRY(q.place.is_own ? read_own(a, &q) : mail_visit(a->core->m, q.place.owner, read_there, &q));
    *out = q.notes;
    *out_n = q.n;
    return ST_OK;
}

/* --- one writer at a time ------------------------------------------------------------------------------------------ */

static enum st take_turn(struct account *a) SUSPENDS
{
    mono_ms deadline = deadline_in(TURN_MS);

    while (a->notes_busy)
        TRY(co_waitq_wait(&a->notes_wait, deadline));
    a->notes_busy = true;
    return ST_OK;
}

static void give_turn(struct account *a)
{
    a->notes_busy = false;
    co_waitq_wake_one(&a->notes_wait);
}

/* --- writing --------------------------------------------------------------------------------------------------------- */

static uint64_t who_of(const struct asked *q, const struct note *n)
{
    return n->is_private ? q->who : NOTE_SHARED;
}

static size_t cost(struct str name, struct str value)
{
    return ROW_BYTES + name.n + value.n;
}

static bool replaces(const struct asked *q, const struct note_rec *r)
{
    const struct notes_change *change = q->change;

    for (size_t i = 0; i < change->n; i++)
        if (who_of(q, &change->notes[i]) == r->who && str_eq(change->notes[i].name, r->name))
            return true;
    return false;
}

/* More than there was before is taken only where there is room for it. */
static enum st check_room(struct account *a, uint32_t id, const struct asked *q, struct arena *ar) SUSPENDS
{
    const struct notes_change *change = q->change;
    size_t was = 0, will = 0, n_was = 0, n_will = 0, his_was = 0, his = 0;
    struct rows rows = {.arena = ar};

    TRY(read_rows(a, 0, UINT32_MAX, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        const struct note_rec *r = &rows.r[i];
        bool goes = r->mailbox == id && replaces(q, r);

        was += cost(r->name, r->value);
        will += goes ? 0 : cost(r->name, r->value);
        his_was += r->who == q->who ? cost(r->name, r->value) : 0;
        his += r->who == q->who && !goes ? cost(r->name, r->value) : 0;
        if (r->mailbox == id && (r->who == NOTE_SHARED || r->who == q->who)) {
            n_was++;
            n_will += !goes;
        }
    }
    for (size_t i = 0; i < change->n; i++) {
        if (change->notes[i].value.p) {
            will += cost(change->notes[i].name, change->notes[i].value);
            his += change->notes[i].is_private ? cost(change->notes[i].name, change->notes[i].value) : 0;
            n_will++;
        }
    }
    if (n_will > LIMIT_NOTES_MAILBOX && n_will > n_was)
        return FAIL(ST_LIMIT, "no more than %u notes", (unsigned)LIMIT_NOTES_MAILBOX);
    if (q->who != NOTE_OWN && his > LIMIT_NOTES_GUEST &&
        his > his_was) /* and one of them leaves something to the others */
        return FAIL(ST_LIMIT, "no more than %u bytes of private notes in somebody else's account",
                    (unsigned)LIMIT_NOTES_GUEST);
    /* guests leave the owner half of it */
    if (will > LIMIT_NOTES_ACCOUNT / (q->who == NOTE_OWN ? 1u : 2u) && will > was)
        return FAIL(ST_LIMIT, "no more than %u bytes of notes in one account", (unsigned)LIMIT_NOTES_ACCOUNT);
    return ST_OK;
}

static void put(struct change *c, uint32_t mailbox, uint64_t who, struct str name, struct str value)
{
    struct str key = key_note(&c->arena, mailbox, who, name);

    if (value.p)
        change_kv(c, KV_PUT, key, note_rec_put(&c->arena, value));
    else
        change_kv(c, KV_DEL, key, STR_NONE);
}

/* As when a mailbox is made for a use (RFC 6154 section 4), which INBOX and bare names are not. */
static enum st check_use(const struct mailbox *mb, enum mail_use use)
{
    if (use != MAIL_USE_NONE && (mb == mb->a->inbox || mb->pending.noselect))
        return FAIL(ST_DENIED, "This mailbox can't have that use");
    return mailbox_check_use(mb->a, mb, use);
}

/* What is for everybody is changed by who may change what everybody sees of messages, too. */
static enum st may_write(struct account *owner, const struct asked *q, struct mailbox **out)
{
    TRY(may_see(owner, q, out));
    for (size_t i = 0; i < q->change->n; i++)
        if (!q->change->notes[i].is_private)
            TRY(guest_may(*out, &q->guest, RIGHT_WRITE));
    return ST_OK;
}

/* A guest's rights are looked at whenever the name is. */
static enum st find_for(struct account *a, const struct asked *q, struct str mailbox, uint32_t *out_id,
                        struct mailbox **out)
{
    if (q->place.is_own)
        return find(a, mailbox, out_id, out);
    TRY(may_write(a, q, out));
    *out_id = (*out)->id;
    return ST_OK;
}

static enum st write_once(struct account *a, const struct asked *q, struct str mailbox, struct arena *ar,
                          uint32_t *out_id) SUSPENDS
{
    const struct notes_change *change = q->change;
    uint32_t id, id_now;
    struct mailbox *mb;
    struct change *c;

    TRY(find_for(a, q, mailbox, &id, &mb));
    TRY(check_room(a, id, q, ar));
    TRY(find_for(a, q, mailbox, &id_now, &mb)); /* it had to wait */
    if (id != id_now)
        return FAIL(ST_NOTFOUND, "another mailbox has that name now");
    *out_id = id;
    if (change->sets_use)
        TRY(check_use(mb, change->use));
    c = change_begin(a);
    for (size_t i = 0; i < change->n; i++)
        put(c, id, who_of(q, &change->notes[i]), change->notes[i].name, change->notes[i].value);
    if (mb && change->n) /* its modseq goes up (RFC 7162 section 3.2) */
        change_mailbox(c, mb);
    if (change->sets_use && mb->pending.use != change->use) {
        struct node after = mb->pending;

        after.use = change->use;
        change_node(c, mb, &after);
    }
    return change_commit(c, NULL, 0);
}

static void tell(struct account *a, uint32_t mailbox, const struct asked *q);

static enum st write_own(struct account *a, const struct asked *q) SUSPENDS
{
    struct arena ar = ARENA_INIT;
    struct str mailbox = mailbox_canonical(&ar, q->place.name);
    unsigned tries = 0;
    uint32_t id = 0;
    enum st st = take_turn(a);

    if (st == ST_OK) {
        do
            st = write_once(a, q, mailbox, &ar, &id);
        while (change_again(st, &tries));
        give_turn(a);
    }
    if (st == ST_OK)
        tell(a, id, q);
    arena_fini(&ar);
    return st;
}

static enum st write_there(struct account *owner, void *arg) SUSPENDS
{
    struct asked *q = arg;
    struct mailbox *mb;

    TRY(may_write(owner, q, &mb));
    if (q->change->sets_use)
        return FAIL(ST_DENIED, "A mailbox of somebody else can't have that use");
    return write_own(owner, q);
}

enum st notes_write(struct account *a, struct str mailbox, const struct notes_change *change,
                    const struct note_watch *by)
{
    struct arena ar = ARENA_INIT;
    struct asked q = {.ar = &ar, .change = change, .by = by};
    enum st st = find_place(a, mailbox, &q);

    must(mailbox.n || !change->sets_use);
    if (st == ST_OK)
        st = q.place.is_own ? write_own(a, &q) : mail_visit(a->core->m, q.place.owner, write_there, &q);
    arena_fini(&ar);
    return st;
}

/* --- for another mailbox ------------------------------------------------------------------------------------------- */

static enum st copy_once(struct mailbox *from, struct mailbox *to, struct arena *ar) SUSPENDS
{
    struct rows all = {.arena = ar};
    struct account *a = from->a;
    size_t was = 0, more = 0;
    struct change *c;

    TRY(read_rows(a, 0, UINT32_MAX, &all));
    TRY(account_check(a));
    for (size_t i = 0; i < all.n; i++) {
        was += cost(all.r[i].name, all.r[i].value);
        more += all.r[i].mailbox == from->id ? cost(all.r[i].name, all.r[i].value) : 0;
    }
    if (!more || !to->pending.exists)
        return ST_OK;
    if (was + more > LIMIT_NOTES_ACCOUNT)
        return FAIL(ST_LIMIT, "no more than %u bytes of notes in one account", (unsigned)LIMIT_NOTES_ACCOUNT);
    c = change_begin(a);
    for (size_t i = 0; i < all.n; i++) {
        if (all.r[i].mailbox == from->id)
            put(c, to->id, all.r[i].who, all.r[i].name, all.r[i].value);
    }
    change_mailbox(c, to);
    return change_commit(c, NULL, 0);
}

enum st notes_copy(struct mailbox *from, struct mailbox *to)
{
    struct arena ar = ARENA_INIT;
    unsigned tries = 0;
    enum st st = take_turn(from->a);

    if (st == ST_OK) {
        do
            st = copy_once(from, to, &ar);
        while (change_again(st, &tries));
        give_turn(from->a);
    }
    arena_fini(&ar);
    return st;
}

/* --- telling others --------------------------------------------------------------------------------------------------- */

struct changed {
    uint32_t mailbox;
    bool is_private;
    uint16_t n;
    char name[];
};

struct note_watch {
    struct list link; /* in the account's */
    struct account *a;
    struct changed **queue; /* the oldest first */
    size_t n, cap;
    void (*on_change)(void *arg);
    void *arg;
};

struct note_watch *note_watch_new(struct account *a)
{
    struct note_watch *w = MEM_NEW(struct note_watch);

    account_hold(a);
    w->a = a;
    list_add_tail(&a->note_watches, &w->link);
    return w;
}

void note_watch_free(struct note_watch *w)
{
    if (!w)
        return;
    list_del(&w->link);
    for (size_t i = 0; i < w->n; i++)
        mem_free(w->queue[i]);
    mem_free(w->queue);
    account_release(w->a);
    mem_free(w);
}

static struct changed *take_first(struct note_watch *w)
{
    struct changed *c = w->queue[0];

    w->n--;
    memmove(w->queue, w->queue + 1, w->n * sizeof(struct changed *));
    return c;
}

static void note(struct note_watch *w, uint32_t mailbox, const struct note *n)
{
    struct changed *c;

    for (size_t i = 0; i < w->n; i++) {
        c = w->queue[i];
        if (c->mailbox == mailbox && c->is_private == n->is_private && str_eq(str_n(c->name, c->n), n->name))
            return;
    }
    if (w->n == LIMIT_NOTES_TOLD)
        mem_free(take_first(w));
    if (w->n == w->cap) {
        w->cap = w->cap ? w->cap * 2 : 8;
        w->queue = mem_resize(w->queue, w->cap * sizeof(struct changed *));
    }
    c = mem_new(sizeof *c + n->name.n);
    *c = (struct changed){.mailbox = mailbox, .is_private = n->is_private, .n = (uint16_t)n->name.n};
    memcpy(c->name, n->name.p, n->name.n);
    w->queue[w->n++] = c;
}

static void wake(struct note_watch *w)
{
    void (*fn)(void *arg) = TAKE(w->on_change);

    if (fn)
        fn(w->arg);
}

/* Whoever watches is a session of the account itself: private notes of others are none of its. */
static void tell(struct account *a, uint32_t mailbox, const struct asked *q)
{
    const struct note use = {.name = STR("/specialuse"), .is_private = true};
    const struct notes_change *change = q->change;

    LIST_EACH_SAFE(at, tmp, &a->note_watches) {
        struct note_watch *w = LIST_ITEM(at, struct note_watch, link);

        if (w == q->by)
            continue;
        for (size_t i = 0; i < change->n; i++)
            if (!change->notes[i].is_private || q->who == NOTE_OWN)
                note(w, mailbox, &change->notes[i]);
        if (change->sets_use)
            note(w, mailbox, &use);
        if (w->n)
            wake(w);
    }
}

static const struct mailbox *by_id(const struct account *a, uint32_t id)
{
    for (size_t i = 0; i < a->n_mailboxes; i++)
        if (a->mailboxes[i]->id == id && a->mailboxes[i]->durable.exists)
            return a->mailboxes[i];
    return NULL;
}

bool note_watch_has_more(const struct note_watch *w)
{
    return w->n > 0;
}

bool note_watch_next(struct note_watch *w, struct arena *ar, struct note_told *out)
{
    while (w->n) {
        struct changed *c = take_first(w);
        const struct mailbox *mb = c->mailbox ? by_id(w->a, c->mailbox) : NULL;
        bool is_there = !c->mailbox || mb;

        if (is_there)
            *out = (struct note_told){.mailbox = mb ? arena_str(ar, mb->durable.name) : STR(""),
                                      .name = arena_str(ar, str_n(c->name, c->n)),
                                      .is_private = c->is_private};
        mem_free(c);
        if (is_there)
            return true;
    }
    return false;
}

void note_watch_on_change(struct note_watch *w, void (*fn)(void *arg), void *arg)
{
    w->on_change = fn;
    w->arg = arg;
}
