/* A check reads all bodies first, without holding on to a moment of the index, since that may take hours; then what refers to what, all
 * of it as it is at one moment, which is a walk over rows. A repair goes on from what that found: accounts and queue one after the
 * other, each while nobody else has it; then the counts of references, which are differences and therefore right whatever
 * others do meanwhile; then what the store can mend by itself; and looks once more at all rows. */
#include "box/checking.h"

#include "base/must.h"
#include "mail/check.h"
#include "queue/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PROBLEMS_MAX 1000 /* told one by one; all are counted */
#define PROBLEMS_BYTES (2u << 20)
#define BAD_MOST 1000000 /* bodies that are named to the mail room */
#define DEREFS_AT_ONCE 1000
#define QUEUE_ACCOUNT 0

struct numbers {
    uint64_t *v;
    size_t n, cap;
};

/* One look at the store. */
struct look {
    struct checking *c;
    struct buf problems; /* JSON values, the first PROBLEMS_MAX of them */
    uint64_t listed;
    struct numbers accounts;              /* with problems; may name one several times */
    struct numbers bad, missing;          /* bodies: that can't be read; that are referred to and not there */
    struct numbers entries, entry_bodies; /* of the queue */
    struct check_refs refs;
    struct store_checked store;
    struct mail_checked mail;
    uint64_t n_entries;
    bool mends; /* counts of references are set right */
};

static void add(struct numbers *l, uint64_t v)
{
    if (l->n == l->cap) {
        l->cap = l->cap * 2 + 64;
        l->v = mem_resize(l->v, l->cap * sizeof *l->v);
    }
    l->v[l->n++] = v;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static void sort(struct numbers *l)
{
    size_t n = 0;

    if (l->n)
        qsort(l->v, l->n, sizeof *l->v, by_number);
    for (size_t i = 0; i < l->n; i++)
        if (!i || l->v[i] != l->v[i - 1])
            l->v[n++] = l->v[i];
    l->n = n;
}

static bool has(const struct numbers *l, uint64_t v)
{
    return l->n && bsearch(&v, l->v, l->n, sizeof v, by_number);
}

/* --- what is found ------------------------------------------------------------------------------------------ */

static void add_account(struct json *j, uint64_t account)
{
    char text[17];

    snprintf(text, sizeof text, "%016" PRIx64, account);
    json_kv_str(j, "account", str_z(text));
}

/* Of the rows that the store keeps for itself nobody else knows what should stand there. */
static bool is_of_index(const char *kind)
{
    static const char *const kinds[] = {"segment_row", "body_row", "version"};

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (strcmp(kind, kinds[i]) == 0)
            return true;
    return false;
}

static void found(void *arg, const struct store_problem *p)
{
    struct look *l = arg;
    struct json j;

    if (p->account != STORE_NO_ACCOUNT)
        add(&l->accounts, p->account);
    if (p->blob && l->bad.n < BAD_MOST && strcmp(p->kind, "body") == 0)
        add(&l->bad, p->blob);
    l->c->needs_index = l->c->needs_index || is_of_index(p->kind);
    if (l->listed == PROBLEMS_MAX || l->problems.n > PROBLEMS_BYTES - 8192)
        return;
    if (l->listed++)
        buf_addc(&l->problems, ',');
    json_init(&j, &l->problems);
    json_object(&j);
    json_kv_str(&j, "kind", str_z(p->kind));
    if (p->account == QUEUE_ACCOUNT)
        json_kv_str(&j, "account", STR("queue"));
    else if (p->account != STORE_NO_ACCOUNT)
        add_account(&j, p->account);
    json_kv_str(&j, "text", str_z(p->text));
    json_object_end(&j);
}

/* --- references ----------------------------------------------------------------------------------------------- */

struct mending {
    struct store *s;
    struct kv_deref derefs[DEREFS_AT_ONCE];
    size_t n;
};

static enum st commit_derefs(struct mending *m) SUSPENDS
{
    struct kv_commit c = {.derefs = m->derefs, .n_derefs = m->n};
    enum st st = m->n ? kv_commit(m->s, &c) : ST_OK;

    m->n = 0;
    return st == ST_NOTFOUND ? ST_OK : st; /* dropped meanwhile */
}

/* A body that nothing refers to is lost mail, perhaps: it is written out before it is let go. */
static enum st mend(struct mending *m, uint64_t blob, uint64_t refs, uint64_t wanted) SUSPENDS
{
    if (!wanted) {
        enum st st = store_save_body(m->s, blob);

        if (st == ST_CORRUPT)
            st = store_save_damaged(m->s, blob);
        if (st != ST_OK && st != ST_CORRUPT && st != ST_NOTFOUND)
            return st;
    }
    m->derefs[m->n++] = (struct kv_deref){blob, (int32_t)((int64_t)wanted - (int64_t)refs)};
    return m->n == (wanted > refs ? 1 : DEREFS_AT_ONCE) ? commit_derefs(m) : ST_OK;
}

static void miss(struct look *l, uint64_t blob)
{
    store_tell_blob(&l->c->report, "body_missing", blob, "blob %" PRIu64 " is referred to and not there", blob);
    if (l->missing.n < BAD_MOST)
        add(&l->missing, blob);
}

static void not_saved(struct checking *c, uint64_t blob)
{
    if (c->n_unsaved < ARRAY_LEN(c->unsaved))
        c->unsaved[c->n_unsaved] = blob;
    c->n_unsaved++;
    c->is_left = true;
}

/* Both in the order of their ids. */
static enum st walk_bodies(struct look *l, struct store_view *v, struct mending *m) SUSPENDS
{
    const struct check_refs *have = &l->refs;
    enum st st = ST_OK, end;
    uint32_t refs;
    size_t at = 0;
    uint64_t id;

    store_view_begin_bodies(v);
    while (st == ST_OK && store_view_next_body(v, &id, &refs)) {
        uint64_t n = 0;

        if (!store_goes_on(&l->c->report))
            st = FAIL(ST_CANCELED, "the check was stopped");
        for (; at < have->n && have->ids[at] < id; at++)
            miss(l, have->ids[at]);
        for (; at < have->n && have->ids[at] == id; at++)
            n++;
        if (n == refs)
            continue;
        store_tell(&l->c->report, "references", STORE_NO_ACCOUNT,
                   "blob %" PRIu64 " counts %u references; there are %" PRIu64, id, refs, n);
        if (l->mends && st == ST_OK)
            st = mend(m, id, refs, n);
        if (st == ST_LIMIT) { /* it stays where it is */
            not_saved(l->c, id);
            st = ST_OK;
        }
    }
    for (; at < have->n; at++)
        miss(l, have->ids[at]);
    end = store_view_end(v);
    return st == ST_OK ? end : st;
}

static enum st compare_refs(struct look *l, struct store_view *v) SUSPENDS
{
    struct mending *m = MEM_NEW(struct mending);
    enum st st;

    m->s = l->c->store;
    if (l->refs.n)
        qsort(l->refs.ids, l->refs.n, sizeof *l->refs.ids, by_number);
    st = walk_bodies(l, v, m);
    if (st == ST_OK)
        st = commit_derefs(m);
    mem_free(m);
    return st;
}

/* --- one look ---------------------------------------------------------------------------------------------------- */

static void refer(void *arg, uint64_t id, uint64_t blob)
{
    struct look *l = arg;

    check_refs_add(&l->refs, blob);
    add(&l->entries, id);
    add(&l->entry_bodies, blob);
}

static void tell_letters(void *arg, const struct store_problem *p)
{
    if (strcmp(p->kind, "letter") == 0)
        store_tell(arg, p->kind, p->account, "%s", p->text);
}

/* Whose the missing bodies are: that they are missing is known only when all accounts have been read. */
static enum st name_missing(struct look *l, struct store_view *v) SUSPENDS
{
    struct store_report r = {.problem = tell_letters, .arg = &l->c->report};
    struct mail_checked again;

    sort(&l->missing);
    if (l->missing.n)
        TRY(mail_check(v, &r, NULL, (struct check_bad){.ids = l->missing.v, .n = l->missing.n}, &again));
    for (size_t i = 0; i < l->entries.n; i++)
        if (has(&l->bad, l->entry_bodies.v[i]) || has(&l->missing, l->entry_bodies.v[i]))
            store_tell(&l->c->report, "letter", QUEUE_ACCOUNT,
                       "letter %016" PRIx64 ", which waits to be sent: its body can't be read", l->entries.v[i]);
    return ST_OK;
}

static enum st look_at_rows(struct look *l, struct store_view *v) SUSPENDS
{
    struct store_report *r = &l->c->report;

    TRY(mail_check(v, r, &l->refs, (struct check_bad){.ids = l->bad.v, .n = l->bad.n}, &l->mail));
    TRY(queue_check(v, r, refer, l, &l->n_entries));
    TRY(compare_refs(l, v));
    return name_missing(l, v);
}

static void look_init(struct look *l, struct checking *c)
{
    *l = (struct look){.c = c};
    c->report = (struct store_report){.problem = found,
                                      .arg = l,
                                      .progress = c->progress,
                                      .done = c->report.done,
                                      .total = c->report.total,
                                      .is_stopped = c->report.is_stopped};
    buf_init(&l->problems, PROBLEMS_BYTES);
}

static void look_fini(struct look *l)
{
    buf_fini(&l->problems);
    mem_free(l->accounts.v);
    mem_free(l->bad.v);
    mem_free(l->missing.v);
    mem_free(l->entries.v);
    mem_free(l->entry_bodies.v);
    check_refs_fini(&l->refs);
}

static enum st look(struct look *l, bool at_bodies) SUSPENDS
{
    struct store_view *v;
    enum st st;

    if (at_bodies)
        TRY(store_check(l->c->store, &l->c->report, &l->store));
    sort(&l->bad);
    store_view_open(l->c->store, &v);
    st = look_at_rows(l, v);
    store_view_close(v);
    return st;
}

static void put_found(struct json *j, const char *key, const struct look *l)
{
    json_key(j, key);
    json_array(j);
    json_raw(j, buf_str(&l->problems));
    json_array_end(j);
}

static void put_look(struct json *j, const struct look *l)
{
    json_kv_u64(j, "problems", l->c->report.problems);
    json_kv_u64(j, "accounts", l->mail.accounts);
    json_kv_u64(j, "mailboxes", l->mail.mailboxes);
    json_kv_u64(j, "messages", l->mail.messages);
    json_kv_u64(j, "deleted_messages_kept", l->mail.kept);
    json_kv_u64(j, "queue_entries", l->n_entries);
    json_kv_u64(j, "bodies", l->store.bodies);
    json_kv_u64(j, "read_bytes", l->store.bytes);
    json_kv_u64(j, "journal_records", l->store.batches);
    json_kv_u64(j, "snapshot_rows", l->store.snapshot_rows);
    json_kv_u64(j, "dictionaries", l->store.dictionaries);
    put_found(j, "found", l);
}

/* --- repairing ---------------------------------------------------------------------------------------------------- */

static enum st shut(const struct checking *c, uint64_t account)
{
    return c->guard ? c->guard->shut(c->guard->arg, account) : ST_OK;
}

static void let_in(const struct checking *c, uint64_t account)
{
    if (c->guard)
        c->guard->let_in(c->guard->arg, account);
}

static enum st repair_account(struct checking *c, uint64_t account, bool renew, struct check_bad bad, struct json *j)
    SUSPENDS
{
    struct mail_repaired r;
    enum st st = shut(c, account);

    json_object(j);
    add_account(j, account);
    if (st == ST_OK) {
        st = mail_repair(c->store, account, renew, bad, &r);
        let_in(c, account);
    }
    if (st == ST_OK) {
        json_kv_u64(j, "mailboxes", r.mailboxes);
        json_kv_u64(j, "messages_lost", r.dropped);
        json_kv_u64(j, "messages_replaced", r.replaced);
        json_kv_u64(j, "deleted_messages_lost", r.kept);
        json_kv_bool(j, "new_uidvalidity", renew || r.dropped);
    } else { /* the others go on */
        json_kv_str(j, "not_repaired", str_z(err_get()->text));
        c->is_left = true;
    }
    json_object_end(j);
    return st == ST_IO || st == ST_NOSPACE ? st : ST_OK;
}

static enum st repair_queue(struct checking *c, struct check_bad bad, struct json *j) SUSPENDS
{
    struct queue_repaired r;
    enum st st = shut(c, QUEUE_ACCOUNT);

    json_object(j);
    json_kv_str(j, "account", STR("queue"));
    if (st == ST_OK) {
        st = queue_repair(c->store, bad.ids, bad.n, c->host, &r);
        let_in(c, QUEUE_ACCOUNT);
    }
    if (st == ST_OK) {
        json_kv_u64(j, "letters_returned", r.returned);
        json_kv_u64(j, "letters_dropped", r.dropped);
    } else {
        json_kv_str(j, "not_repaired", str_z(err_get()->text));
        c->is_left = true;
    }
    json_object_end(j);
    return st == ST_IO || st == ST_NOSPACE ? st : ST_OK;
}

/* Those that lost commits get new uidvalidities; the others are counted anew. */
static enum st repair_all(struct checking *c, struct look *l, struct check_bad bad, struct json *j) SUSPENDS
{
    struct arena a = ARENA_INIT;
    struct numbers lost = {0};
    enum st st = store_unrepaired(c->store, &a, &lost.v, &lost.n);

    sort(&lost);
    for (size_t i = 0; st == ST_OK && i < lost.n; i++)
        if (lost.v[i] == QUEUE_ACCOUNT)
            add(&l->accounts, QUEUE_ACCOUNT);
        else
            st = repair_account(c, lost.v[i], true, bad, j);
    sort(&l->accounts);
    for (size_t i = 0; st == ST_OK && i < l->accounts.n; i++)
        if (l->accounts.v[i] == QUEUE_ACCOUNT)
            st = repair_queue(c, bad, j);
        else if (!has(&lost, l->accounts.v[i]))
            st = repair_account(c, l->accounts.v[i], false, bad, j);
    arena_fini(&a);
    return st == ST_OK && !c->is_left ? store_repaired(c->store) : st;
}

static enum st repair_accounts(struct checking *c, struct look *l, struct json *j) SUSPENDS
{
    bool *saved = mem_new(l->bad.n + 1);
    struct check_bad bad = {l->bad.v, saved, l->bad.n};
    enum st st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < l->bad.n; i++) {
        st = store_save_damaged(c->store, l->bad.v[i]);
        saved[i] = st == ST_OK;
        if (st == ST_LIMIT)
            not_saved(c, l->bad.v[i]);
        st = st == ST_CORRUPT || st == ST_NOTFOUND || st == ST_LIMIT ? ST_OK : st;
    }
    json_key(j, "repaired");
    json_array(j);
    if (st == ST_OK)
        st = repair_all(c, l, bad, j);
    json_array_end(j);
    mem_free(saved);
    return st;
}

/* References after the accounts: what these have let go counts. */
static enum st repair_references(struct checking *c) SUSPENDS
{
    struct look l;
    enum st st;

    look_init(&l, c);
    l.mends = true;
    st = look(&l, false);
    look_fini(&l);
    return st;
}

static enum st look_again(struct checking *c, struct json *j) SUSPENDS
{
    struct look l;
    enum st st;

    look_init(&l, c);
    st = look(&l, false);
    if (st == ST_OK && c->report.problems) {
        c->is_left = true;
        put_found(j, "left", &l);
    }
    look_fini(&l);
    return st;
}

static enum st repair(struct checking *c, struct look *l, struct json *j) SUSPENDS
{
    TRY(repair_accounts(c, l, j));
    TRY(repair_references(c));
    TRY(store_mend(c->store));
    return look_again(c, j);
}

/* Damaged bodies are let go nevertheless when their letters are replaced, others stay in the store. */
static void put_unsaved(struct json *j, const struct checking *c)
{
    if (!c->n_unsaved)
        return;
    json_kv_u64(j, "bodies_not_saved", c->n_unsaved);
    json_key(j, "not_saved");
    json_array(j);
    for (size_t i = 0; i < MIN(c->n_unsaved, ARRAY_LEN(c->unsaved)); i++)
        json_u64(j, c->unsaved[i]);
    json_array_end(j);
    json_kv_str(j, "not_saved_because", STR("lost+found is full, or the disk nearly: look through it and make room"));
}

static bool is_unrepaired(struct store *s)
{
    struct arena a = ARENA_INIT;
    uint64_t *accounts;
    size_t n = 0;
    enum st st = store_unrepaired(s, &a, &accounts, &n);

    arena_fini(&a);
    return st == ST_OK && n;
}

static void put_nothing(struct json *j)
{
    json_key(j, "repaired");
    json_array(j);
    json_array_end(j);
}

enum st checking_run(struct checking *c, bool repairs, struct json *j)
{
    struct look l;
    enum st st;

    look_init(&l, c);
    st = look(&l, true);
    if (st == ST_OK) {
        put_look(j, &l);
        c->wrong = c->wrong || c->report.problems;
        if (repairs && (c->report.problems || is_unrepaired(c->store)))
            st = repair(c, &l, j);
        else if (repairs)
            put_nothing(j);
    }
    if (st == ST_OK)
        put_unsaved(j, c);
    if (st == ST_OK && c->needs_index) {
        c->is_left = true;
        json_kv_str(j, "needs", STR("the index has to be made again: stop the server and call restante rebuild"));
    }
    look_fini(&l);
    return st;
}
