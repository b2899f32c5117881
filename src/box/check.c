/* `restante check` and `restante rebuild` on the data directory, while no server runs: the store's own check, mail and queue,
 * and the counts of references between them. */
#include "admin/admin.h"
#include "admin/command.h"
#include "base/json.h"
#include "base/log.h"
#include "base/must.h"
#include "config/user.h"
#include "mail/check.h"
#include "queue/check.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROBLEMS_MAX 1000 /* told one by one; all are counted */
#define DEREFS_AT_ONCE 1000

/* Store, mail and queue, and the counts of references between them. */
struct checked {
    struct store_report report;
    struct buf problems; /* JSON values, the first PROBLEMS_MAX of them */
    uint64_t *accounts;  /* with problems; may name one several times */
    size_t n_accounts, cap_accounts;
    uint64_t listed, mailboxes, messages, kept, users, entries;
    struct store_checked store;
    bool repairs; /* counts of references are set right */
};

/* --- checking --------------------------------------------------------------------------------------------- */

static void found(void *arg, const struct store_problem *p)
{
    struct checked *c = arg;
    struct json j;

    if (p->account != STORE_NO_ACCOUNT && p->account != 0) {
        if (c->n_accounts == c->cap_accounts) {
            c->cap_accounts = c->cap_accounts * 2 + 16;
            c->accounts = mem_resize(c->accounts, c->cap_accounts * sizeof *c->accounts);
        }
        c->accounts[c->n_accounts++] = p->account;
    }
    if (c->listed == PROBLEMS_MAX)
        return;
    if (c->listed++)
        buf_addc(&c->problems, ',');
    json_init(&j, &c->problems);
    json_object(&j);
    json_kv_str(&j, "kind", str_z(p->kind));
    if (p->account != STORE_NO_ACCOUNT)
        json_kv_u64(&j, "account", p->account);
    json_kv_str(&j, "text", str_z(p->text));
    json_object_end(&j);
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

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
    return st;
}

/* A body that nothing refers to is lost mail, perhaps: it is written out before it is let go. */
static enum st mend(struct mending *m, uint64_t blob, uint64_t refs, uint64_t wanted) SUSPENDS
{
    if (!wanted && store_save_body(m->s, blob) != ST_OK && err_get()->st != ST_CORRUPT)
        return err_get()->st;
    m->derefs[m->n++] = (struct kv_deref){blob, (int32_t)((int64_t)wanted - (int64_t)refs)};
    return m->n == DEREFS_AT_ONCE ? commit_derefs(m) : ST_OK;
}

/* Both in the order of their ids. Without a row is told by the mail room's own check: its email has no body. */
static enum st compare_refs(struct store *s, struct checked *c, struct store_view *v, const struct check_refs *have)
    SUSPENDS
{
    struct mending *m = MEM_NEW(struct mending);
    uint64_t id;
    uint32_t refs;
    size_t at = 0;
    enum st st = ST_OK, end;

    m->s = s;
    store_view_begin_bodies(v);
    while (st == ST_OK && store_view_next_body(v, &id, &refs)) {
        uint64_t n = 0;

        for (; at < have->n && have->ids[at] < id; at++)
            store_tell(&c->report, "body_missing", STORE_NO_ACCOUNT, "blob %" PRIu64 " is referred to and not there",
                       have->ids[at]);
        for (; at < have->n && have->ids[at] == id; at++)
            n++;
        if (n == refs)
            continue;
        store_tell(&c->report, "references", STORE_NO_ACCOUNT,
                   "blob %" PRIu64 " counts %u references; there are %" PRIu64, id, refs, n);
        if (c->repairs)
            st = mend(m, id, refs, n);
    }
    for (; at < have->n; at++)
        store_tell(&c->report, "body_missing", STORE_NO_ACCOUNT, "blob %" PRIu64 " is referred to and not there",
                   have->ids[at]);
    if (st == ST_OK)
        st = commit_derefs(m);
    end = store_view_end(v);
    mem_free(m);
    return st == ST_OK ? end : st;
}

static void refer(void *arg, uint64_t blob)
{
    check_refs_add(arg, blob);
}

static enum st check_in(struct store *s, struct checked *c, struct store_view *v, struct check_refs *refs) SUSPENDS
{
    struct mail_checked mail;

    TRY(store_check(s, v, &c->report, &c->store));
    TRY(mail_check(v, &c->report, refs, &mail));
    TRY(queue_check(v, &c->report, refer, refs, &c->entries));
    c->users = mail.accounts;
    c->mailboxes = mail.mailboxes;
    c->messages = mail.messages;
    c->kept = mail.kept;
    if (refs->n)
        qsort(refs->ids, refs->n, sizeof *refs->ids, by_number);
    return compare_refs(s, c, v, refs);
}

static enum st check(struct store *s, struct checked *c) SUSPENDS
{
    struct check_refs refs = {0};
    struct store_view *v;
    enum st st;

    c->report.problem = found;
    c->report.arg = c;
    buf_init(&c->problems, 8u << 20);
    store_view_open(s, &v);
    st = check_in(s, c, v, &refs);
    store_view_close(v);
    check_refs_fini(&refs);
    return st;
}

static void checked_fini(struct checked *c)
{
    buf_fini(&c->problems);
    mem_free(c->accounts);
}

/* --- the commands --------------------------------------------------------------------------------------------- */

struct tool {
    struct store_options opt;
    struct store_progress progress;
    struct json *json;
    const char *what;
    unsigned percent;
    bool is_terminal, wrong;
};

static void show_progress(void *arg, uint64_t done, uint64_t total)
{
    struct tool *t = arg;
    unsigned percent = total ? (unsigned)(done * 100 / total) : 100;

    if (!t->is_terminal || percent == t->percent)
        return;
    t->percent = percent;
    fprintf(stderr, "\r%s %3u%% [%-40.*s]%s", t->what, percent, (int)(percent * 40 / 100),
            "########################################", percent == 100 ? "\n" : "");
    fflush(stderr);
}

static void put_losses(struct json *j, const struct store_rebuilt *r)
{
    json_key(j, "lost");
    json_array(j);
    for (size_t i = 0; i < r->n_losses; i++) {
        json_object(j);
        json_kv_u64(j, "first_batch", r->losses[i].first);
        json_kv_u64(j, "last_batch", r->losses[i].last);
        json_kv_u64(j, "segment", r->losses[i].segment);
        json_kv_u64(j, "offset", r->losses[i].offset);
        json_kv_bool(j, "accounts_known", r->losses[i].is_named);
        json_object_end(j);
    }
    json_array_end(j);
    json_key(j, "accounts_concerned");
    json_array(j);
    for (size_t i = 0; i < r->n_accounts; i++)
        json_u64(j, r->accounts[i]);
    json_array_end(j);
    json_kv_u64(j, "bodies_saved", r->saved);
}

static enum st rebuild(struct tool *t)
{
    struct store_rebuilt r;
    enum st st;

    t->what = "rebuilding";
    t->percent = 101;
    st = store_rebuild(&t->opt, &t->progress, &r);
    if (st == ST_OK) {
        json_key(t->json, "rebuilt");
        json_object(t->json);
        json_kv_u64(t->json, "snapshot", r.snapshot);
        json_kv_u64(t->json, "batches", r.batches);
        json_kv_u64(t->json, "snapshot_places_lost", r.snapshot_gaps);
        put_losses(t->json, &r);
        json_object_end(t->json);
        t->wrong = t->wrong || r.n_losses || r.snapshot_gaps;
    }
    store_rebuilt_fini(&r);
    return st;
}

static enum st repair_one(struct tool *t, struct store *s, uint64_t account, bool renew) SUSPENDS
{
    struct mail_repaired r;

    TRY(mail_repair(s, account, renew, &r));
    json_object(t->json);
    json_kv_u64(t->json, "account", account);
    json_kv_u64(t->json, "mailboxes", r.mailboxes);
    json_kv_u64(t->json, "messages_lost", r.dropped);
    json_object_end(t->json);
    return ST_OK;
}

/* Those that lost commits get new uidvalidities; the others are counted anew. */
static enum st repair_accounts(struct tool *t, struct store *s, struct checked *c) SUSPENDS
{
    struct arena a = ARENA_INIT;
    uint64_t *lost;
    size_t n;
    enum st st = store_unrepaired(s, &a, &lost, &n);

    json_key(t->json, "repaired");
    json_array(t->json);
    for (size_t i = 0; st == ST_OK && i < n; i++)
        if (lost[i] != 0)
            st = repair_one(t, s, lost[i], true);
    if (c->n_accounts)
        qsort(c->accounts, c->n_accounts, sizeof *c->accounts, by_number);
    for (size_t i = 0; st == ST_OK && i < c->n_accounts; i++) {
        bool done = i && c->accounts[i] == c->accounts[i - 1];

        for (size_t k = 0; k < n; k++)
            done = done || lost[k] == c->accounts[i];
        if (!done)
            st = repair_one(t, s, c->accounts[i], false);
    }
    json_array_end(t->json);
    arena_fini(&a);
    TRY(st);
    TRY(store_repaired(s));
    return store_snapshot(s); /* which the damage is not behind of */
}

static void put_checked(struct json *j, const struct checked *c)
{
    json_kv_u64(j, "problems", c->report.problems);
    json_kv_u64(j, "accounts", c->users);
    json_kv_u64(j, "mailboxes", c->mailboxes);
    json_kv_u64(j, "messages", c->messages);
    json_kv_u64(j, "deleted_messages_kept", c->kept);
    json_kv_u64(j, "queue_entries", c->entries);
    json_kv_u64(j, "bodies", c->store.bodies);
    json_kv_u64(j, "journal_records", c->store.batches);
    json_kv_u64(j, "snapshot_rows", c->store.snapshot_rows);
    json_key(j, "found");
    json_array(j);
    json_raw(j, buf_str(&c->problems));
    json_array_end(j);
}

static enum st check_store(struct tool *t, struct store *s, bool repairs) SUSPENDS
{
    struct checked c = {.report.progress = &t->progress};
    enum st st;

    t->what = "checking";
    t->percent = 101;
    st = check(s, &c);
    if (st == ST_OK) {
        t->wrong = t->wrong || c.report.problems;
        put_checked(t->json, &c);
        if (repairs)
            st = repair_accounts(t, s, &c);
    }
    checked_fini(&c);
    if (st != ST_OK || !repairs)
        return st;
    c = (struct checked){.repairs = true}; /* references last: what accounts have let go counts */
    st = check(s, &c);
    checked_fini(&c);
    return st;
}

static enum st run(struct tool *t, bool rebuilds, bool repairs) SUSPENDS
{
    struct store *s;
    enum st st;

    if (rebuilds)
        TRY(rebuild(t));
    st = store_open(&t->opt, &s);
    if (st == ST_CORRUPT && repairs && !rebuilds) {
        t->wrong = true;
        TRY(rebuild(t));
        st = store_open(&t->opt, &s);
    }
    TRY(st);
    st = check_store(t, s, repairs);
    store_close(s);
    return st;
}

/* As the role's: what it writes must be the box's own. */
static enum st become_box(const struct settings *set, const char *dir)
{
    uid_t uid;
    gid_t gid;

    TRY(config_user(set->user_box, "user_box", &uid, &gid));
    if (chdir(dir) != 0 || chroot(".") != 0 || chdir("/") != 0)
        return FAIL_ERRNO(dir);
    if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
        return FAIL_ERRNO("becoming the box's user");
    return ST_OK;
}

enum st box_store_tool(const struct settings *set, const struct admin_args *args, struct buf *out, bool *out_wrong)
    SUSPENDS
{
    struct json json;
    struct tool t = {.json = &json, .is_terminal = isatty(STDERR_FILENO) == 1};
    bool rebuilds = args->command->id == ADMIN_CMD_rebuild, repairs = rebuilds || admin_has(args, "repair");
    char dir[4096], store[4110];
    enum st st;

    snprintf(dir, sizeof dir, "%.*s/box", STR_ARGS(set->data));
    snprintf(store, sizeof store, "%s/store", dir);
    if (access(store, F_OK) != 0)
        return FAIL_ERRNO(store);
    umask(077);
    if (geteuid() == 0 && set->sandbox != SANDBOX_OFF) {
        TRY(become_box(set, dir));
        snprintf(store, sizeof store, "/store");
    }
    t.opt = (struct store_options){.dir = store,
                                   .segment_bytes = set->store_segment_size,
                                   .cache_bytes = set->store_rocksdb_cache,
                                   .write_buffer_bytes = set->store_rocksdb_write_buffer,
                                   .open_files = set->store_rocksdb_open_files,
                                   .is_plain = !set->store_compress,
                                   .level = set->store_compress_level,
                                   .reserve_bytes = set->store_min_free};
    t.progress = (struct store_progress){show_progress, &t};
    log_set_level(LOG_ERROR + 1); /* standard output is the answer's, which says what there is to say */
    json_init(&json, out);
    json_object(&json);
    st = run(&t, rebuilds, repairs);
    json_object_end(&json);
    *out_wrong = t.wrong;
    return st == ST_OK ? buf_check(out) : st;
}
