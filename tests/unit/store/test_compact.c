#include "store/compact.c"

#include "fixture.h"
#include "test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { BODY = 20000, BODIES = 240 };

struct letters {
    uint64_t ids[BODIES];
    bool is_live[BODIES];
};

static void snapshot(struct store *s)
{
    CHECK_ST(store_snapshot(s), ST_OK);
}

static struct store *open_as(const char *dir, const struct os_file *os)
{
    struct store_options o = test_options(dir);
    struct store *s = NULL;

    o.os = os;
    o.reserve_bytes = UINT64_MAX / 2; /* no filler: spares come from compaction only */
    CHECK_ST(store_open(&o, &s), ST_OK);
    if (s) {
        s->opt.reserve_bytes = 1;
        store_set_upkeep(s, &(struct store_upkeep){.dead_percent = 30});
    }
    return s;
}

static void add_letters(struct store *s, struct letters *l)
{
    for (unsigned i = 0; i < BODIES; i++) {
        char *bytes = make_bytes(i + 1, BODY, false);

        CHECK_ST(add_blob(s, str_n(bytes, BODY), &l->ids[i]), ST_OK);
        l->is_live[i] = true;
        mem_free(bytes);
    }
}

/* Keeps one of `of`. */
static void drop_most(struct store *s, struct letters *l, unsigned of)
{
    for (unsigned i = 0; i < BODIES; i++) {
        if (i % of == 0 || !l->is_live[i])
            continue;
        CHECK_ST(change_refs(s, l->ids[i], -1), ST_OK);
        l->is_live[i] = false;
    }
}

static void check_letters(struct store *s, const struct letters *l)
{
    for (unsigned i = 0; i < BODIES; i++) {
        struct blob_view v;

        CHECK_ST(blob_open(s, l->ids[i], &v), l->is_live[i] ? ST_OK : ST_NOTFOUND);
        if (l->is_live[i]) {
            char *want = make_bytes(i + 1, BODY, false);

            CHECK(str_eq(v.bytes, str_n(want, BODY)));
            blob_close(&v);
            mem_free(want);
        }
    }
}

/* By what stands in its first page (docs/formats/store.md): the filler thread makes and renames spares at any time. */
static bool is_spare(const char *dir, struct str name)
{
    char path[4096], head[16] = {0};
    int fd;

    snprintf(path, sizeof path, "%s/seg/%.*s", dir, STR_ARGS(name));
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) /* a spare that has been taken away meanwhile */
        return true;
    CHECK(pread(fd, head, sizeof head, 0) == sizeof head);
    close(fd);
    return head[12] == STORE_SPARE;
}

/* Segment files but spares. */
static unsigned count_files(struct store *s, const char *dir)
{
    struct arena a = ARENA_INIT;
    struct str *names;
    unsigned found = 0;
    size_t n;

    CHECK_ST(s->os->list(s->os, &a, s->segs.dir, 1000, &names, &n), ST_OK);
    for (size_t i = 0; i < n; i++)
        found += str_ends(names[i], STR(".seg")) && !is_spare(dir, names[i]);
    arena_fini(&a);
    return found;
}

static uint64_t dead_bytes(struct store *s)
{
    struct store_stats st;

    store_get_stats(s, &st);
    return st.dead_bytes;
}

/* What rows of segments say is what the rows of bodies add up to, and no body is where nothing is. */
static void check_counts(struct store *s)
{
    struct pass *p = MEM_NEW(struct pass);
    struct row_key from = row_key(ROW_SEGMENT, 0), to = row_key(ROW_SEGMENT + 1, 0);
    struct index_entry *entries;
    size_t n, gone = 0;
    bool more = true;

    p->s = s;
    CHECK_ST(index_page(&s->index, TIER_SCAN, &p->page, str_n(from.p, sizeof from.p), str_n(to.p, sizeof to.p), 1000,
                        1u << 20, &entries, &n, &more),
             ST_OK);
    for (size_t i = 0; i < n; i++) {
        struct segment_row row;

        CHECK_ST(segment_row_of(entries[i].value, &row), ST_OK);
        gone += row.is_gone;
        CHECK(!row.is_gone || (!row.live_blobs && !row.live_bytes));
        p->chosen[p->n] =
            (struct chosen){.id = row.head.id, .live_blobs = row.live_blobs, .live_bytes = row.live_bytes};
        map_put(&p->by_id, row.head.id, &p->chosen[p->n++]);
    }
    CHECK_ST(find_live(p), ST_OK);
    for (size_t i = 0; i < p->n; i++) {
        uint64_t bytes = 0;

        for (size_t j = 0; j < p->chosen[i].n; j++)
            bytes += record_bytes(p->chosen[i].live[j].stored);
        CHECK_U64(p->chosen[i].n, p->chosen[i].live_blobs);
        CHECK_U64(bytes, p->chosen[i].live_bytes);
        mem_free(p->chosen[i].live);
    }
    map_fini(&p->by_id);
    arena_fini(&p->page);
    mem_free(p);
}

TEST(what_lives_is_moved_and_the_space_given_back)
{
    const char *dir = new_dir();
    struct store *s = open_as(dir, NULL);
    struct letters l;
    unsigned files;
    size_t n;

    add_letters(s, &l);
    files = count_files(s, dir);
    CHECK_ST(compact_step(s, &n), ST_OK);
    CHECK_U64(n, 0); /* no snapshot: all of the journal is needed */
    snapshot(s);
    CHECK_ST(compact_step(s, &n), ST_OK);
    CHECK_U64(n, 0); /* nothing is dead */
    drop_most(s, &l, 4);
    snapshot(s);
    CHECK_ST(compact_step(s, &n), ST_OK);
    CHECK(n >= 4);
    check_letters(s, &l);
    check_counts(s);
    CHECK(count_files(s, dir) < files);
    CHECK(dead_bytes(s) < 2 * TEST_SEGMENT); /* of the journal that is being written, and of what is filled */
    CHECK_U64(s->segs.spares_n, ARRAY_LEN(s->segs.spares));
    CHECK_ST(compact_step(s, &n), ST_OK);
    CHECK_U64(n, 0); /* nothing twice */
    for (int again = 0; again < 2; again++) {
        files = count_files(s, dir);
        store_close(s);
        s = open_as(dir, NULL);
        CHECK_U64(count_files(s, dir), files);
        check_letters(s, &l);
        check_counts(s);
    }
    add_letters(s, &l); /* into what were other segments before */
    check_letters(s, &l);
    store_close(s);
    remove_dir(dir);
}

/* As if there were millions of other bodies. */
TEST(a_walk_over_all_rows_must_be_worth_it)
{
    const char *dir = new_dir();
    struct store *s = open_as(dir, NULL);
    struct letters l;
    size_t n;

    add_letters(s, &l);
    drop_most(s, &l, 4);
    for (unsigned i = 0; i < 60; i++) { /* nothing lives in the first segment */
        if (l.is_live[i])
            CHECK_ST(change_refs(s, l.ids[i], -1), ST_OK);
        l.is_live[i] = false;
    }
    snapshot(s);
    atomic_fetch_add(&s->figures.live_blobs, 10000000);
    CHECK_ST(compact_step(s, &n), ST_OK);
    CHECK_U64(n, 1);
    atomic_fetch_sub(&s->figures.live_blobs, 10000000);
    CHECK_ST(compact_step(s, &n), ST_OK);
    CHECK(n >= 2);
    check_letters(s, &l);
    check_counts(s);
    store_close(s);
    remove_dir(dir);
}

TEST(large_bodies_too_but_not_what_is_on_its_way)
{
    const char *dir = new_dir();
    struct store *s = open_as(dir, NULL);
    char *bytes = make_bytes(1, 400000, false);
    struct blob_stage *stage = NULL;
    struct blob_view v;
    uint64_t ids[8];
    size_t n;

    for (unsigned i = 0; i < ARRAY_LEN(ids); i++)
        CHECK_ST(add_blob(s, str_n(bytes, 400000), &ids[i]), ST_OK); /* two a segment */
    CHECK_ST(blob_stage_str(s, str_n(bytes, 400000), &stage), ST_OK);
    CHECK_ST(change_refs(s, ids[0], -1), ST_OK);
    CHECK_ST(change_refs(s, ids[1], -1), ST_OK);
    CHECK_ST(change_refs(s, ids[2], -1), ST_OK);
    CHECK_ST(compact_step(s, &n), ST_OK);
    CHECK_U64(n, 2); /* the empty one, and the one of ids[3] */
    CHECK_ST(compact_step(s, &n), ST_OK);
    CHECK_U64(n, 0);
    check_counts(s);
    for (unsigned i = 0; i < ARRAY_LEN(ids); i++) {
        CHECK_ST(blob_open(s, ids[i], &v), i < 3 ? ST_NOTFOUND : ST_OK);
        if (i >= 3) {
            CHECK(str_eq(v.bytes, str_n(bytes, 400000)));
            blob_close(&v);
        }
    }
    for (unsigned i = 3; i < ARRAY_LEN(ids); i++)
        CHECK_ST(change_refs(s, ids[i], -1), ST_OK);
    CHECK(!segs_is_idle_bulk(&s->segs, stage->seg->row.head.id));
    CHECK_ST(compact_step(s, &n), ST_OK);
    {
        struct kv_blob blob = {.id = blob_new_id(s), .stage = stage, .refs = 1};
        struct kv_commit c = {.blobs = &blob, .n_blobs = 1};

        CHECK_ST(kv_commit(s, &c), ST_OK);
        CHECK_ST(blob_open(s, blob.id, &v), ST_OK);
        CHECK(str_eq(v.bytes, str_n(bytes, 400000)));
        blob_close(&v);
    }
    check_counts(s);
    mem_free(bytes);
    store_close(s);
    remove_dir(dir);
}

static void flip_body(const char *dir, struct store *s, uint64_t id)
{
    struct row_key key = row_key(ROW_BLOB, id);
    struct arena a = ARENA_INIT;
    struct blob_row row = {0};
    struct str value;
    char path[400], byte;
    int fd;

    CHECK_ST(index_get(&s->index, TIER_DISK, &a, str_n(key.p, sizeof key.p), &value), ST_OK);
    CHECK_ST(blob_row_of(value, id, &row), ST_OK);
    snprintf(path, sizeof path, "%s/seg/%08llu.seg", dir, (unsigned long long)row.segment);
    fd = open(path, O_RDWR);
    must(fd >= 0 && pread(fd, &byte, 1, (off_t)row.offset + 500) == 1);
    byte ^= 4;
    must(pwrite(fd, &byte, 1, (off_t)row.offset + 500) == 1);
    close(fd);
    arena_fini(&a);
}

TEST(a_damaged_body_keeps_its_segment_and_nothing_else)
{
    const char *dir = new_dir();
    struct store *s = open_as(dir, NULL);
    struct letters l;
    struct blob_view v;
    size_t n, again;

    log_set_level(LOG_ERROR + 1);
    add_letters(s, &l);
    drop_most(s, &l, 4);
    snapshot(s);
    flip_body(dir, s, l.ids[0]);
    CHECK_ST(compact_step(s, &n), ST_OK);
    CHECK(n >= 3);
    CHECK_U64(s->upkeep.damaged.n, 1);
    CHECK_ST(compact_step(s, &again), ST_OK);
    CHECK_U64(again, 0);
    CHECK_ST(blob_open(s, l.ids[0], &v), ST_CORRUPT);
    CHECK_ST(change_refs(s, l.ids[0], -1), ST_OK);
    l.is_live[0] = false;
    check_letters(s, &l);
    check_counts(s);
    store_close(s);
    s = open_as(dir, NULL); /* now it holds nothing that can't be read */
    snapshot(s);
    CHECK_ST(compact_step(s, &n), ST_OK);
    CHECK_U64(n, 1);
    check_letters(s, &l);
    store_close(s);
    log_set_level(LOG_INFO);
    remove_dir(dir);
}

/* --- something happens in the middle ---------------------------------------------------------------- */

static struct meddler {
    struct store *s;
    uint64_t drop;
    struct segment *pinned;
    pthread_t thread;
} meddler;

/* When the copies are synced, ahead of the commit of their moves. */
static enum st sync_and_drop(const struct os_file *os, int fd)
{
    if (meddler.drop && pthread_equal(pthread_self(), meddler.thread)) {
        uint64_t id = meddler.drop;

        meddler.drop = 0;
        CHECK_ST(change_refs(meddler.s, id, -1), ST_OK);
    }
    return os_file_system.sync(os, fd);
}

TEST(a_body_that_is_dropped_while_it_is_copied_stays_dropped)
{
    const char *dir = new_dir();
    struct os_file os = os_file_system;
    struct letters l;
    struct store *s;
    size_t n;

    os.sync = sync_and_drop;
    s = open_as(dir, &os);
    add_letters(s, &l);
    drop_most(s, &l, 4);
    snapshot(s);
    meddler = (struct meddler){.s = s, .drop = l.ids[8], .thread = pthread_self()};
    CHECK_ST(compact_step(s, &n), ST_OK);
    CHECK(n && !meddler.drop);
    l.is_live[8] = false;
    check_letters(s, &l);
    check_counts(s);
    store_close(s);
    s = open_as(dir, NULL);
    check_letters(s, &l);
    store_close(s);
    remove_dir(dir);
}

/* Who holds a segment goes on reading it; its space is not used for another as long. */
TEST(a_segment_that_is_being_read_is_not_written_over)
{
    const char *dir = new_dir();
    struct store *s = open_as(dir, NULL);
    struct segment *seg, *again;
    unsigned char raw[RECORD_HEAD_BYTES];
    struct record_head head;
    struct letters l;
    size_t n;

    add_letters(s, &l);
    drop_most(s, &l, 4);
    snapshot(s);
    CHECK_ST(segs_pin(&s->segs, 1, &seg), ST_OK);
    CHECK_ST(compact_step(s, &n), ST_OK);
    CHECK(seg->is_removed);
    add_letters(s, &l); /* uses up the spares */
    CHECK_ST(s->os->read(s->os, seg->fd, raw, sizeof raw, SEGMENT_HEAD_BYTES), ST_OK);
    CHECK_ST(record_head_decode(raw, &(struct place){1, seg->row.head.generation, SEGMENT_HEAD_BYTES}, &head), ST_OK);
    CHECK_ST(segs_pin(&s->segs, 1, &again), ST_CORRUPT);
    segs_unpin(&s->segs, seg);
    store_close(s);
    remove_dir(dir);
}

/* --- beside others --------------------------------------------------------------------------------- */

struct beside {
    struct store *s;
    atomic_bool ends;
    _Atomic uint64_t ids[64]; /* of what lives now; 0: none */
    unsigned n;
};

static void *write_on(void *arg)
{
    struct beside *b = arg;

    for (unsigned i = 0; !atomic_load(&b->ends); i++) {
        char *bytes = make_bytes(1, BODY, false);
        uint64_t id, old;

        memcpy(bytes, &i, sizeof i); /* else they are all the same, which their readers make use of */
        CHECK_ST(add_blob(b->s, str_n(bytes, BODY), &id), ST_OK);
        mem_free(bytes);
        old = atomic_exchange(&b->ids[(i * 7919) % ARRAY_LEN(b->ids)], id);
        if (old)
            CHECK_ST(change_refs(b->s, old, -1), ST_OK);
        b->n = i;
    }
    return NULL;
}

static void *read_on(void *arg)
{
    struct beside *b = arg;
    char *want = make_bytes(1, BODY, false);

    for (unsigned i = 0; !atomic_load(&b->ends); i++) {
        uint64_t id = atomic_load(&b->ids[(i * 31) % ARRAY_LEN(b->ids)]);
        struct blob_view v;
        enum st st = id ? blob_open(b->s, id, &v) : ST_NOTFOUND;

        CHECK(st == ST_OK || st == ST_NOTFOUND);
        if (st == ST_OK) {
            CHECK(v.bytes.n == BODY && memcmp(v.bytes.p + 4, want + 4, BODY - 4) == 0);
            blob_close(&v);
        }
    }
    mem_free(want);
    return NULL;
}

TEST(beside_commits_and_reads)
{
    const char *dir = new_dir();
    struct beside b = {.s = open_as(dir, NULL)};
    pthread_t threads[3];
    size_t n, gone = 0;

    must(pthread_create(&threads[0], NULL, write_on, &b) == 0);
    must(pthread_create(&threads[1], NULL, read_on, &b) == 0);
    must(pthread_create(&threads[2], NULL, read_on, &b) == 0);
    while (gone < 40) {
        snapshot(b.s);
        CHECK_ST(compact_step(b.s, &n), ST_OK);
        gone += n;
    }
    atomic_store(&b.ends, true);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        pthread_join(threads[i], NULL);
    check_counts(b.s);
    store_close(b.s);
    b.s = open_as(dir, NULL);
    check_counts(b.s);
    for (size_t i = 0; i < ARRAY_LEN(b.ids); i++) {
        struct blob_view v;

        if (!b.ids[i])
            continue;
        CHECK_ST(blob_open(b.s, b.ids[i], &v), ST_OK);
        blob_close(&v);
    }
    store_close(b.s);
    remove_dir(dir);
}

/* --- the power goes ----------------------------------------------------------------------------------- */

/* Calls to the disk are counted; at one of them the world ends: what was not synced until then is taken back (the
 * hardest case), or stays (the easiest). */
static struct doom {
    unsigned calls, at;
    bool keeps;
    struct undo {
        enum { UNDO_WRITE, UNDO_RENAME, UNDO_UNLINK } what;
        int fd;
        uint64_t offset;
        size_t n;
        char *bytes, from[300], to[300];
    } undos[4096];
    unsigned n;
    pthread_mutex_t mutex;
} doom = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void end_of_the_world(void)
{
    for (unsigned i = doom.n; !doom.keeps && i-- > 0;) {
        const struct undo *u = &doom.undos[i];

        if (u->what == UNDO_WRITE)
            must(pwrite(u->fd, u->bytes, u->n, (off_t)u->offset) == (ssize_t)u->n);
        else
            must(rename(u->to, u->from) == 0);
    }
    _exit(0);
}

static struct undo *note(void)
{
    must(doom.n < ARRAY_LEN(doom.undos));
    return &doom.undos[doom.n++];
}

static void count_call(void)
{
    if (++doom.calls == doom.at)
        end_of_the_world();
}

static enum st doomed_write(const struct os_file *os, int fd, const void *p, size_t n, uint64_t offset)
{
    struct undo *u;
    ssize_t got;
    enum st st;

    pthread_mutex_lock(&doom.mutex);
    u = note();
    *u = (struct undo){.what = UNDO_WRITE, .fd = dup(fd), .offset = offset, .n = n, .bytes = mem_new(n)};
    got = pread(fd, u->bytes, n, (off_t)offset);
    must(got >= 0);
    count_call();
    st = os_file_system.write(os, fd, p, n, offset);
    pthread_mutex_unlock(&doom.mutex);
    return st;
}

static bool same_file(int a, int b)
{
    struct stat x, y;

    must(fstat(a, &x) == 0 && fstat(b, &y) == 0);
    return x.st_ino == y.st_ino;
}

static enum st doomed_sync(const struct os_file *os, int fd)
{
    enum st st;

    pthread_mutex_lock(&doom.mutex);
    count_call();
    st = os_file_system.sync(os, fd);
    for (unsigned i = 0; i < doom.n; i++)
        if (doom.undos[i].what == UNDO_WRITE && same_file(doom.undos[i].fd, fd))
            doom.undos[i].n = 0;
    pthread_mutex_unlock(&doom.mutex);
    return st;
}

static enum st doomed_rename(const struct os_file *os, const char *from, const char *to)
{
    struct undo *u;
    enum st st;

    pthread_mutex_lock(&doom.mutex);
    count_call();
    u = note();
    u->what = UNDO_RENAME;
    snprintf(u->from, sizeof u->from, "%s", from);
    snprintf(u->to, sizeof u->to, "%s", to);
    st = os_file_system.rename(os, from, to);
    pthread_mutex_unlock(&doom.mutex);
    return st;
}

/* Only hidden, until its folder is synced. */
static enum st doomed_unlink(const struct os_file *os, const char *path)
{
    struct undo *u;

    (void)os;
    pthread_mutex_lock(&doom.mutex);
    count_call();
    u = note();
    u->what = UNDO_UNLINK;
    snprintf(u->from, sizeof u->from, "%s", path);
    snprintf(u->to, sizeof u->to, "%s.hidden", path);
    must(rename(u->from, u->to) == 0);
    pthread_mutex_unlock(&doom.mutex);
    return ST_OK;
}

static enum st doomed_sync_dir(const struct os_file *os, const char *path)
{
    unsigned left = 0;
    enum st st;

    pthread_mutex_lock(&doom.mutex);
    count_call();
    st = os_file_system.sync_dir(os, path);
    for (unsigned i = 0; i < doom.n; i++) {
        if (doom.undos[i].what == UNDO_UNLINK)
            must(unlink(doom.undos[i].to) == 0);
        if (doom.undos[i].what == UNDO_WRITE)
            doom.undos[left++] = doom.undos[i];
    }
    doom.n = left;
    pthread_mutex_unlock(&doom.mutex);
    return st;
}

static void run_until(const char *dir, int out)
{
    struct os_file os = os_file_system;
    struct store *s;
    size_t n;

    log_set_level(LOG_ERROR + 1);
    os.write = doomed_write;
    os.sync = doomed_sync;
    os.rename = doomed_rename;
    os.unlink = doomed_unlink;
    os.sync_dir = doomed_sync_dir;
    s = open_as(dir, &os);
    doom.n = doom.calls = 0; /* opening is another test's */
    doom.at = (unsigned)atoi(getenv("CUT_AT"));
    doom.keeps = atoi(getenv("CUT_KEEPS"));
    snapshot(s);
    must(compact_step(s, &n) == ST_OK && n);
    must(compact_step(s, &n) == ST_OK);
    must(write(out, &doom.calls, sizeof doom.calls) == sizeof doom.calls);
    end_of_the_world();
}

/* In a process that begins anew: RocksDB's threads don't come along in a fork. */
__attribute__((constructor)) static void be_cut(void)
{
    if (getenv("CUT_DIR"))
        run_until(getenv("CUT_DIR"), atoi(getenv("CUT_OUT")));
}

static void set_number(const char *name, int n)
{
    char text[20];

    snprintf(text, sizeof text, "%d", n);
    setenv(name, text, 1);
}

/* True when it came to its end. */
static bool compact_until(const char *dir, unsigned at, bool keeps, unsigned *out_calls)
{
    int fds[2], status;
    pid_t pid;
    bool ended;

    must(pipe(fds) == 0);
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        setenv("CUT_DIR", dir, 1);
        set_number("CUT_AT", (int)at);
        set_number("CUT_KEEPS", keeps);
        set_number("CUT_OUT", fds[1]);
        execl("/proc/self/exe", "cut", NULL);
        _exit(1);
    }
    close(fds[1]);
    must(waitpid(pid, &status, 0) == pid && status == 0);
    ended = read(fds[0], out_calls, sizeof *out_calls) == sizeof *out_calls;
    close(fds[0]);
    return ended;
}

static void copy_dir(const char *from, const char *to)
{
    char command[1000];

    snprintf(command, sizeof command, "rm -rf '%s' && cp -a '%s' '%s'", to, from, to);
    must(system(command) == 0);
}

/* A store whose index holds nothing yet, as after a crash. */
static struct letters leave_letters(const char *dir)
{
    int fds[2], status;
    struct letters l;
    pid_t pid;

    must(pipe(fds) == 0);
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        struct store *s = open_as(dir, NULL);

        add_letters(s, &l);
        drop_most(s, &l, 12);
        must(write(fds[1], &l, sizeof l) == sizeof l);
        _exit(0);
    }
    must(waitpid(pid, &status, 0) == pid && status == 0);
    must(read(fds[0], &l, sizeof l) == sizeof l);
    close(fds[0]);
    close(fds[1]);
    return l;
}

TEST(wherever_it_is_cut_all_letters_are_there)
{
    const char *dir = new_dir();
    struct letters l = leave_letters(dir);
    struct store *s;
    char copy[300], index[400];
    unsigned calls = 0;
    size_t n;

    log_set_level(LOG_ERROR + 1);
    snprintf(copy, sizeof copy, "%s.copy", dir);
    for (unsigned at = 1;; at += 1 + at / 40) { /* the later ones are much alike */
        bool keeps = at % 3 == 0, ended;

        copy_dir(dir, copy);
        ended = compact_until(copy, at, keeps, &calls);
        s = open_as(copy, NULL);
        check_letters(s, &l);
        check_counts(s);
        snapshot(s);
        CHECK_ST(compact_step(s, &n), ST_OK); /* goes on, and ends */
        check_letters(s, &l);
        check_counts(s);
        CHECK(dead_bytes(s) < 3 * TEST_SEGMENT);
        store_close(s);
        snprintf(index, sizeof index, "%s/index", copy);
        remove_dir(index); /* what is left makes the index again */
        s = open_as(copy, NULL);
        check_letters(s, &l);
        check_counts(s);
        store_close(s);
        if (ended || !s)
            break;
    }
    CHECK(calls > 30);
    log_set_level(LOG_INFO);
    remove_dir(copy);
    remove_dir(dir);
}
