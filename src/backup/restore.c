/* Everything is made in a directory of its own below the data directory, which is why a cut leaves nothing half: as long as that is
 * there nobody works on the data directory but the next restore. Once all is whole a file says so, and the parts take their places. */
#include "backup/restore.h"

#include "admin/command.h"
#include "backup/restore_keys.h"
#include "backup/tree.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "config/lock.h"
#include "config/user.h"
#include "directory/directory.h"
#include "mail/check.h"
#include "store/pool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define WHOLE "WHOLE" /* the file that says that nothing is missing */
#define ACCOUNTS_AT_ONCE 1000
#define PARTS_MAX 10000         /* of a data directory */
#define SPARE_BYTES (64u << 20) /* that the disk should have left: the store's own reserve */

struct whole {
    const struct admin_restore *r;
    struct arena arena;
    struct chosen c;
    const char *data, *tmp; /* the directory for data, and the one that all is made in */
    int lock;
    uint64_t until, reached_us; /* the last batch that is wanted, and its time */
    bool is_over, has_gap;      /* the journal is younger by now; it ended too early */
    struct map lost;            /* bodies that came into segments that the pool does not have (struct body_lost) */
    struct map more;            /* segments besides those of the set that the journal needs (struct segment_named) */
    uint64_t total, done;
    unsigned percent;
    bool is_terminal;
    struct buf damaged; /* JSON values */
    struct restored_keys keys;
    struct store_restored store;
    uint64_t accounts, mailboxes, dropped;
    struct buf strangers; /* accounts of the store that the directory does not know: JSON values */
};

struct segment_named {
    uint64_t id;
};

struct body_lost {
    struct store_moved to; /* segment 0: nowhere */
};

static const char *in_tmp(struct whole *w, const char *name)
{
    return arena_printf(&w->arena, "%s/%s", w->tmp, name).p;
}

static void show(struct whole *w, const char *what, uint64_t done, uint64_t total)
{
    unsigned percent = total ? (unsigned)(MIN(done, total) * 100 / total) : 100;

    if (!w->is_terminal || percent == w->percent)
        return;
    w->percent = percent;
    fprintf(stderr, "\r%-10s %3u%% [%-40.*s]%s", what, percent, (int)(percent * 40 / 100),
            "########################################", percent == 100 ? "\n" : "");
    fflush(stderr);
}

static void tell_damaged(struct whole *w, struct str file, const char *text)
{
    struct json j;

    if (w->damaged.n)
        buf_addc(&w->damaged, ',');
    json_init(&j, &w->damaged);
    json_object(&j);
    json_kv_str(&j, "file", file);
    json_kv_str(&j, "error", str_z(text));
    json_object_end(&j);
}

/* --- how far ---------------------------------------------------------------------------------------------------- */

static void want_segment(struct whole *w, const struct pool *p, uint64_t id)
{
    struct segment_named *s;

    if (map_get(&w->more, id) || !pool_segment_of(p, id))
        return;
    s = ARENA_NEW(&w->arena, struct segment_named);
    s->id = id;
    map_put(&w->more, id, s);
}

static void want_body(struct whole *w, const struct pool *p, const struct blob_row *row)
{
    want_segment(w, p, row->segment);
    if (!pool_segment_of(p, row->segment)) {
        struct body_lost *b = ARENA_NEW(&w->arena, struct body_lost);

        b->to.blob = row->id;
        map_put(&w->lost, row->id, b);
    }
}

static void want_move(struct whole *w, const struct pool *p, const struct blob_move *m)
{
    struct body_lost *b = m->id ? map_get(&w->lost, m->id) : NULL;

    if (!m->id || !pool_segment_of(p, m->segment))
        return;
    if (b) {
        b->to.segment = m->segment;
        b->to.offset = m->offset;
    }
    if (b || !w->is_over)
        want_segment(w, p, m->segment);
}

/* What the batch needs of the pool. Of those that are too young only what they have moved of what is wanted. */
static void want_batch(struct whole *w, const struct pool_walk *walk)
{
    struct batch_reader r;
    struct batch_head head;
    struct change_view change;
    struct blob_row row;
    struct blob_move move;
    uint64_t id, version;
    int32_t delta;

    if (!w->is_over)
        want_segment(w, walk->pool, walk->in->head.id);
    batch_read(&r, buf_str(&walk->record), &head);
    while (batch_next_blob(&r, &row))
        if (!w->is_over)
            want_body(w, walk->pool, &row);
    while (batch_next_deref(&r, &id, &delta))
        continue;
    while (batch_next_part(&r, &id, &version))
        while (batch_next_change(&r, &change))
            continue;
    while (batch_next_before(&r, &id, &version))
        continue;
    while (batch_next_move(&r, &move))
        want_move(w, walk->pool, &move);
}

static enum st walk_journal(struct whole *w, struct pool *p)
{
    struct pool_walk walk;
    enum st st;

    pool_walk_begin(&walk, p, w->c.manifest.batch);
    while ((st = pool_walk_next(&walk)) == ST_OK) {
        w->is_over = w->is_over || walk.wall_us > w->c.at_us;
        want_batch(w, &walk);
        if (w->is_over)
            continue;
        w->until = walk.seq;
        w->reached_us = walk.wall_us;
    }
    w->has_gap = !w->is_over && w->until < w->c.later.batch;
    if (!w->has_gap) /* nothing has happened until then */
        w->reached_us = w->c.at_us;
    pool_walk_end(&walk);
    return st == ST_EOF ? ST_OK : st;
}

/* Without younger sets there is nothing behind the set's own snapshot whose bodies are there for sure. */
static enum st find_end(struct whole *w)
{
    struct pool p;
    enum st st;

    w->until = w->c.manifest.batch;
    w->reached_us = w->c.manifest.time_us;
    if (!w->c.at_us || !w->c.has_later)
        return ST_OK;
    st = pool_open(&p, &os_file_system, w->c.dir);
    if (st == ST_OK)
        st = walk_journal(w, &p);
    pool_close(&p);
    return st;
}

/* --- the place -------------------------------------------------------------------------------------------------- */

static enum st make_dir(const char *path, mode_t mode)
{
    if (mkdir(path, mode) != 0)
        return errno == EEXIST ? ST_OK : FAIL_ERRNO(path);
    return chmod(path, mode) == 0 ? ST_OK : FAIL_ERRNO(path); /* the umask has taken from it */
}

static enum st make_dirs_to(struct whole *w, const char *path)
{
    char *p = arena_cstr(&w->arena, str_z(path));

    for (size_t i = 1; p[i]; i++) {
        if (p[i] != '/')
            continue;
        p[i] = 0;
        TRY(make_dir(p, 0755));
        p[i] = '/';
    }
    return make_dir(p, geteuid() == 0 ? 0711 : 0700);
}

static bool may_be_there(const char *name)
{
    static const char *const fine[] = {".", "..", "lock", "lost+found", CONFIG_RESTORING};

    for (size_t i = 0; i < ARRAY_LEN(fine); i++)
        if (strcmp(name, fine[i]) == 0)
            return true;
    return false;
}

static enum st check_empty(struct whole *w)
{
    DIR *d = opendir(w->data);
    struct dirent *e;
    enum st st = ST_OK;

    if (!d)
        return FAIL_ERRNO(w->data);
    while (st == ST_OK && (e = readdir(d)))
        if (!may_be_there(e->d_name))
            st =
                FAIL(ST_EXISTS,
                     "%s is not empty, it holds \"%.40s\": a server is restored into an empty directory (setting data);"
                     " into one that has mail go single accounts, --account",
                     w->data, e->d_name);
    closedir(d);
    return st;
}

/* Of what is copied; the index comes on top, at several times the snapshot's size. */
static enum st check_room(struct whole *w)
{
    struct statvfs v;
    uint64_t room, need = w->total + SPARE_BYTES;

    if (statvfs(w->data, &v) != 0)
        return FAIL_ERRNO(w->data);
    room = (uint64_t)v.f_bavail * v.f_frsize;
    if (room < need)
        return FAIL(ST_NOSPACE, "%s has %llu MiB free; it takes at least %llu MiB", w->data,
                    (unsigned long long)(room >> 20), (unsigned long long)(need >> 20));
    return ST_OK;
}

static enum st take_place(struct whole *w)
{
    w->data = arena_cstr(&w->arena, w->r->set->data);
    w->tmp = arena_printf(&w->arena, "%s/" CONFIG_RESTORING, w->data).p;
    TRY(make_dirs_to(w, w->data));
    return config_lock_restoring(w->r->set->data, &w->lock);
}

static enum st clear_place(struct whole *w)
{
    static const char *const dirs[] = {
        "", "/keeper", "/box", "/box/store", "/box/store/seg", "/box/store/dict", "/box/store/snap"};

    TRY(check_empty(w));
    TRY(check_room(w));
    TRY(tree_remove(w->tmp));
    for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
        TRY(make_dir(arena_printf(&w->arena, "%s%s", w->tmp, dirs[i]).p, 0700));
    return ST_OK;
}

/* --- files -------------------------------------------------------------------------------------------------------- */

static void moved(void *arg, uint64_t bytes)
{
    struct whole *w = arg;

    w->done += bytes;
    show(w, "copying", w->done, MAX(w->total, w->done + 1));
}

/* Under which name it goes there; NULL: it does not. */
static const char *place_of(struct whole *w, struct str name)
{
    if (str_starts(name, STR("seg/")) || str_starts(name, STR("dict/")))
        return arena_printf(&w->arena, "%s/box/store/%.*s", w->tmp, STR_ARGS(name)).p;
    if (str_ends(name, STR(".snap")))
        return arena_printf(&w->arena, "%s/box/store/snap/%.*s", w->tmp, STR_ARGS(name)).p;
    if (str_eq(name, STR(BACKUP_DIRECTORY)))
        return in_tmp(w, "keeper/" BACKUP_DIRECTORY);
    return NULL;
}

static bool is_wanted_longer(struct whole *w, struct str name)
{
    uint64_t id;

    return str_starts(name, STR("seg/")) && str_u64(str_sub(name, 4, name.n - 8), UINT64_MAX, &id) == ST_OK &&
           map_get(&w->more, id) != NULL;
}

/* What of it is missing or damaged is told, and the rest of it used: records verify themselves. */
static enum st copy_one(struct whole *w, const struct backup_file *f, struct str name)
{
    struct chosen_copy c = {.file = f, .to = place_of(w, name), .moved = moved, .arg = w};
    bool is_good = true;
    enum st st;

    if (!c.to)
        return ST_OK;
    c.from = backup_path(&w->arena, w->c.dir, w->c.set.name, name);
    c.whole = !f || is_wanted_longer(w, name);
    st = chosen_copy_file(&c, &is_good);
    if (st == ST_NOTFOUND)
        tell_damaged(w, name, "it is missing");
    else if (st == ST_IO)
        tell_damaged(w, name, err_get()->text);
    else
        TRY(st);
    if (st == ST_OK && !is_good)
        tell_damaged(w, name, "it is not what was written: its length or its hash is another");
    return ST_OK;
}

static void sum_up(struct whole *w)
{
    for (size_t i = 0; i < w->c.manifest.n_files; i++)
        if (place_of(w, w->c.manifest.files[i].name))
            w->total += w->c.manifest.files[i].bytes;
}

static enum st copy_files(struct whole *w)
{
    const struct backup_manifest *m = &w->c.manifest;
    size_t pos = 0;
    void *p;

    for (size_t i = 0; i < m->n_files; i++)
        TRY(copy_one(w, &m->files[i], m->files[i].name));
    while (map_next(&w->more, &pos, &p)) {
        struct str name =
            arena_printf(&w->arena, "seg/%08llu.seg", (unsigned long long)((const struct segment_named *)p)->id);

        if (!backup_manifest_find(m, name))
            TRY(copy_one(w, NULL, name));
    }
    show(w, "copying", 1, 1);
    return ST_OK;
}

/* --- the directory ------------------------------------------------------------------------------------------------- */

static enum st count_accounts(struct directory *d, uint64_t *out)
{
    struct arena a = ARENA_INIT;
    struct directory_domain *v;
    size_t n;
    enum st st = directory_domain_list(d, &a, &v, &n);

    for (size_t i = 0; st == ST_OK && i < n; i++)
        *out += v[i].accounts;
    arena_fini(&a);
    return st;
}

/* Opened once, which brings it up to this program's version. */
static enum st open_directory(struct whole *w, struct directory **out)
{
    const char *path = in_tmp(w, "keeper/" BACKUP_DIRECTORY);
    enum st st;

    if (access(path, F_OK) != 0)
        return FAIL(ST_CORRUPT, "the set %.*s has no directory of accounts any more: another set may have one (--at)",
                    STR_ARGS(w->c.set.name));
    st = restore_keys_to_directory(&w->arena, &w->keys, path);
    if (st == ST_OK)
        st = directory_open(path, out);
    if (st != ST_OK)
        return err_context(st, "the directory of the set %.*s: ", STR_ARGS(w->c.set.name));
    return count_accounts(*out, &w->accounts);
}

/* --- the store ------------------------------------------------------------------------------------------------------ */

static void rebuilt(void *arg, uint64_t done, uint64_t total)
{
    show(arg, "replaying", done, total);
}

static enum st repair_account(struct whole *w, struct store *s, struct directory *d, uint64_t account, bool renew)
    SUSPENDS
{
    struct arena a = ARENA_INIT;
    struct directory_account known;
    struct mail_repaired r;
    enum st st;

    TRY(mail_repair(s, account, renew, (struct check_bad){0}, &r));
    w->mailboxes += r.mailboxes;
    w->dropped += r.dropped + r.replaced;
    if (!r.mailboxes) /* removed: only its mark is there */
        return ST_OK;
    st = directory_account_by_id(d, &a, account, &known);
    arena_fini(&a);
    if (st == ST_NOTFOUND)
        buf_addf(&w->strangers, "%s\"%016llx\"", w->strangers.n ? "," : "", (unsigned long long)account);
    return st == ST_NOTFOUND ? ST_OK : st;
}

static enum st repair_accounts(struct whole *w, struct store *s, struct directory *d, bool renew) SUSPENDS
{
    uint64_t ids[ACCOUNTS_AT_ONCE], after = 0, done = 0;
    size_t n;

    do {
        TRY(kv_accounts(s, after, ids, ACCOUNTS_AT_ONCE, &n));
        for (size_t i = 0; i < n; i++) {
            if (ids[i] && ids[i] < ACCOUNT_DICTIONARIES)
                TRY(repair_account(w, s, d, ids[i], renew));
            after = ids[i];
            done++;
            show(w, "mailboxes", done, MAX(w->accounts, done + 1));
        }
    } while (n == ACCOUNTS_AT_ONCE);
    show(w, "mailboxes", 1, 1);
    return ST_OK;
}

static int by_blob(const void *a, const void *b)
{
    const struct store_moved *x = a, *y = b;

    return x->blob < y->blob ? -1 : x->blob > y->blob;
}

static struct store_moved *list_moved(struct whole *w, size_t *out_n)
{
    struct store_moved *list = ARENA_ARRAY(&w->arena, struct store_moved, w->lost.n + 1);
    size_t n = 0, pos = 0;
    void *p;

    while (map_next(&w->lost, &pos, &p))
        if (((const struct body_lost *)p)->to.segment)
            list[n++] = ((const struct body_lost *)p)->to;
    qsort(list, n, sizeof *list, by_blob);
    *out_n = n;
    return list;
}

/* Clients may have seen uids that are younger than the backup: they must not take others for them. */
static enum st make_store(struct whole *w, struct directory *d) SUSPENDS
{
    const struct store_progress progress = {rebuilt, w};
    struct store_options opt = store_options_of(w->r->set, in_tmp(w, "box/store"));
    bool renew = !admin_has(w->r->args, "keep-uidvalidity");
    const struct store_moved *moved;
    struct store *s;
    size_t n;
    enum st st;

    moved = list_moved(w, &n);
    st = store_restore(&opt, w->until, moved, n, &progress, &w->store);
    if (st != ST_OK)
        return err_context(st, "the set %.*s: ", STR_ARGS(w->c.set.name));
    TRY(store_open(&opt, &s));
    st = repair_accounts(w, s, d, renew || w->store.snapshot_gaps);
    if (st == ST_OK)
        st = store_snapshot(s); /* the journal behind it is the new server's own */
    if (st != ST_OK) {
        struct err why = *err_get();

        store_close(s);
        *err_get() = why;
        return st;
    }
    store_close(s);
    return ST_OK;
}

/* --- into its place ------------------------------------------------------------------------------------------------ */

static enum st give_to_roles(struct whole *w)
{
    const struct settings *set = w->r->set;
    uid_t uid;
    gid_t gid;

    if (geteuid() != 0 || set->sandbox == SANDBOX_OFF)
        return ST_OK;
    TRY(config_user(set->user_box, "user_box", &uid, &gid));
    TRY(tree_own(in_tmp(w, "box"), uid, gid));
    TRY(config_user(set->user_keeper, "user_keeper", &uid, &gid));
    return tree_own(in_tmp(w, "keeper"), uid, gid);
}

static enum st sync_all(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum st st = ST_OK;

    if (fd < 0)
        return FAIL_ERRNO(dir);
    if (syncfs(fd) != 0)
        st = FAIL_ERRNO(dir);
    close(fd);
    return st;
}

static enum st say_whole(struct whole *w)
{
    const char *path = in_tmp(w, WHOLE);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0)
        return FAIL_ERRNO(path);
    close(fd);
    return sync_all(w->data);
}

/* Whatever was cut before: the rest of it. */
static enum st move_all(struct whole *w)
{
    struct str *names;
    size_t n;

    TRY(os_file_system.list(&os_file_system, &w->arena, w->tmp, PARTS_MAX, &names, &n));
    for (size_t i = 0; i < n; i++) {
        const char *to = arena_printf(&w->arena, "%s/%.*s", w->data, STR_ARGS(names[i])).p;

        if (!str_eq(names[i], STR(WHOLE)) && rename(in_tmp(w, names[i].p), to) != 0)
            return FAIL_ERRNO(to);
    }
    TRY(sync_all(w->data));
    TRY(tree_remove(w->tmp));
    return sync_all(w->data);
}

/* --- the command ---------------------------------------------------------------------------------------------------- */

static void put_list(struct json *j, const char *name, const struct buf *values)
{
    json_key(j, name);
    json_array(j);
    json_raw(j, buf_str(values));
    json_array_end(j);
}

static void describe(struct whole *w, struct buf *out)
{
    struct json j;

    json_init(&j, out);
    json_object(&j);
    json_kv_str(&j, "restored", w->c.set.name);
    json_kv_str(&j, "as_of", time_rfc3339(&w->arena, w->reached_us));
    if (w->has_gap)
        json_kv_str(&j, "as_of_because", STR("the journal between that time and the next set is not in the backup"));
    json_kv_str(&j, "data", w->r->set->data);
    json_kv_u64(&j, "accounts", w->accounts);
    json_kv_u64(&j, "mailboxes", w->mailboxes);
    json_kv_u64(&j, "bytes", w->done);
    json_kv_u64(&j, "batches_replayed", w->store.batches);
    json_kv_bool(&j, "new_uidvalidity", !admin_has(w->r->args, "keep-uidvalidity"));
    json_kv_u64(&j, "messages_lost", w->dropped);
    json_kv_u64(&j, "snapshot_places_lost", w->store.snapshot_gaps);
    json_kv_u64(&j, "keys", w->keys.restored);
    put_list(&j, "keys_kept", &w->keys.kept); /* something else is there */
    put_list(&j, "damaged", &w->damaged);
    put_list(&j, "accounts_without_entry", &w->strangers);
    json_object_end(&j);
}

static enum st make_all(struct whole *w) SUSPENDS
{
    struct directory *d = NULL;
    enum st st;

    TRY(clear_place(w));
    TRY(copy_files(w));
    st = open_directory(w, &d);
    if (st == ST_OK)
        st = make_store(w, d);
    directory_close(d);
    TRY(st);
    TRY(restore_keys_put(&w->arena, &w->c, w->r->set, w->tmp, &w->keys));
    TRY(give_to_roles(w));
    TRY(say_whole(w));
    return move_all(w);
}

static enum st restore(struct whole *w, struct buf *out) SUSPENDS
{
    if (admin_has(w->r->args, "at") && admin_has(w->r->args, "keep-uidvalidity"))
        return FAIL(ST_SYNTAX,
                    "--keep-uidvalidity is for the state that nothing came behind; --at goes back to an older one");
    TRY(chosen_find(&w->arena, w->r->args, &w->c));
    TRY(restore_keys_open(&w->arena, &w->c, w->r->args, &w->keys));
    if (w->keys.why_not)
        tell_damaged(w, STR(BACKUP_KEYS), w->keys.why_not);
    TRY(find_end(w));
    sum_up(w);
    TRY(take_place(w));
    if (access(in_tmp(w, WHOLE), F_OK) == 0) { /* cut while it took its places: that is finished, and said */
        TRY(move_all(w));
        return FAIL(ST_EXISTS, "an earlier restore into %s was cut at its end; it is finished now", w->data);
    }
    TRY(make_all(w));
    describe(w, out);
    return buf_check(out);
}

enum st restore_whole(const struct admin_restore *r, struct buf *out, bool *out_wrong) SUSPENDS
{
    struct whole w = {.r = r, .c.lock = -1, .lock = -1, .percent = 101, .is_terminal = isatty(STDERR_FILENO) == 1};
    struct err why;
    enum st st;

    umask(077);
    log_set_level(LOG_ERROR + 1); /* standard output is the answer's, which says what there is to say */
    buf_init(&w.damaged, 8u << 20);
    buf_init(&w.strangers, 8u << 20);
    st = restore(&w, out);
    why = *err_get();
    *out_wrong = w.damaged.n || w.dropped || w.store.snapshot_gaps || w.has_gap;
    if (w.lock >= 0)
        close(w.lock);
    chosen_let_go(&w.c);
    restore_keys_fini(&w.keys);
    map_fini(&w.more);
    map_fini(&w.lost);
    buf_fini(&w.damaged);
    buf_fini(&w.strangers);
    arena_fini(&w.arena);
    *err_get() = why;
    return st;
}
