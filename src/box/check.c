/* `restante check` and `restante rebuild` on the data directory, while no server runs. Checking changes nothing in the store. */
#include "admin/admin.h"
#include "admin/command.h"
#include "base/json.h"
#include "base/log.h"
#include "base/must.h"
#include "box/checking.h"
#include "config/user.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define MEMBERS_MAX (8u << 20)

struct tool {
    struct store_options opt;
    struct store_progress progress;
    struct admin_bar bar;
    struct str host;
    const char *scratch;
    struct json *json;
    bool wrong;
};

static void show_progress(void *arg, uint64_t done, uint64_t total)
{
    admin_bar_show(&((struct tool *)arg)->bar, done, total);
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
    for (size_t i = 0; i < r->n_accounts; i++) {
        char text[17];

        snprintf(text, sizeof text, "%016" PRIx64, r->accounts[i]);
        json_object(j);
        json_kv_str(j, "account", r->accounts[i] ? str_z(text) : STR("queue"));
        json_object_end(j);
    }
    json_array_end(j);
    json_kv_u64(j, "bodies_found", r->found);
    json_kv_u64(j, "bodies_saved", r->saved);
    json_kv_u64(j, "bodies_not_saved", r->unsaved);
}

static enum st rebuild(struct tool *t) SUSPENDS
{
    struct store_rebuilt r;
    enum st st;

    admin_bar_init(&t->bar, "rebuilding");
    st = store_rebuild(&t->opt, &t->progress, &r);
    admin_bar_end(&t->bar);
    if (st == ST_OK) {
        json_kv_bool(t->json, "rebuilt", true);
        json_kv_u64(t->json, "from_snapshot", r.snapshot);
        json_kv_u64(t->json, "batches", r.batches);
        json_kv_u64(t->json, "snapshot_places_lost", r.snapshot_gaps);
        put_losses(t->json, &r);
        t->wrong = t->wrong || r.n_losses || r.snapshot_gaps;
    }
    store_rebuilt_fini(&r);
    return st;
}

static enum st open_store(struct tool *t, bool repairs, struct store **out) SUSPENDS
{
    return repairs ? store_open(&t->opt, out) : store_look_open(&t->opt, t->scratch, out);
}

static void close_store(struct tool *t, bool repairs, struct store *s)
{
    if (repairs)
        store_close(s);
    else
        store_look_close(s, t->scratch);
}

/* What it finds goes into *members. */
static enum st check_once(struct tool *t, bool repairs, struct buf *members, bool *out_needs_index) SUSPENDS
{
    struct checking c = {.progress = &t->progress, .host = t->host};
    struct store *s;
    struct json j;
    enum st st;

    TRY(open_store(t, repairs, &s));
    c.store = s;
    json_init(&j, members);
    if (store_was_rebuilt(s)) {
        json_kv_bool(&j, "rebuilt", true);
        json_kv_str(&j, "index_was", str_z(store_was_rebuilt(s)));
        t->wrong = true;
    }
    admin_bar_init(&t->bar, "checking");
    st = checking_run(&c, repairs, &j);
    admin_bar_end(&t->bar);
    close_store(t, repairs, s);
    t->wrong = t->wrong || c.wrong || c.is_left;
    *out_needs_index = c.needs_index;
    return st;
}

/* What a repair can do only with a new index it does with one. */
static enum st check(struct tool *t, bool repairs, bool has_rebuilt) SUSPENDS
{
    bool needs_index = false;
    struct buf members;
    enum st st;

    buf_init(&members, MEMBERS_MAX);
    st = check_once(t, repairs, &members, &needs_index);
    if (repairs && !has_rebuilt && (st == ST_CORRUPT || (st == ST_OK && needs_index))) {
        t->wrong = true;
        st = rebuild(t);
        if (st == ST_OK)
            st = check(t, true, true);
    } else if (st == ST_OK) {
        json_raw(t->json, buf_str(&members));
    }
    buf_fini(&members);
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
    struct tool t = {.json = &json, .host = set->host_name};
    bool rebuilds = args->command->id == ADMIN_CMD_rebuild, repairs = rebuilds || admin_has(args, "repair");
    char dir[4096], store[4110], scratch[4120];
    enum st st;

    snprintf(dir, sizeof dir, "%.*s/box", STR_ARGS(set->data));
    snprintf(store, sizeof store, "%s/store", dir);
    if (access(store, F_OK) != 0)
        return FAIL_ERRNO(store);
    umask(077);
    if (geteuid() == 0 && set->sandbox != SANDBOX_OFF) {
        TRY(become_box(set, dir));
        snprintf(store, sizeof store, "/store");
        dir[0] = 0;
    }
    snprintf(scratch, sizeof scratch, "%s/check.tmp", dir);
    t.scratch = scratch;
    t.opt = store_options_of(set, store);
    t.progress = (struct store_progress){show_progress, &t};
    log_set_level(LOG_ERROR + 1); /* standard output is the answer's, which says what there is to say */
    json_init(&json, out);
    json_object(&json);
    st = rebuilds ? rebuild(&t) : ST_OK;
    if (st == ST_OK)
        st = check(&t, repairs, rebuilds);
    json_object_end(&json);
    *out_wrong = t.wrong;
    return st == ST_OK ? buf_check(out) : st;
}
