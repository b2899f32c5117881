/* Kills a process that commits, again and again, at random moments, and looks afterwards whether everything that it
 * was told is durable is there, byte for byte. In every other round the power fails: of what was written but not
 * synced, sector by sector, some is lost and some is not.
 *
 *   store_kill [ROUNDS [SEED]]
 *
 * A child opens the store, commits letters from several threads (small ones, large ones, expunges, two accounts in one
 * commit) and says over a pipe what was acknowledged. The parent kills it with SIGKILL, opens the store itself, and
 * checks. The store goes on from round to round, so that what one round leaves is the next one's past. */
#include "base/log.h"
#include "base/must.h"
#include "base/random.h"
#include "store/os_file.h"
#include "store/store.h"

#include <ftw.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ACCOUNTS = 4, LETTERS_MAX = 200000, CHECK_ALL_EVERY = 10 };

struct told {                 /* one per acknowledged commit */
    uint32_t account, second; /* second: ACCOUNTS when there is none */
    uint64_t version, second_version;
    uint64_t blob, seed, size;
    uint64_t dropped; /* this blob's last reference went with it; 0: none */
};

struct letter {
    uint64_t blob, seed, size;
    bool is_gone;
};

static struct letter letters[LETTERS_MAX]; /* of all rounds so far */
static size_t letters_n;
static uint64_t versions[ACCOUNTS]; /* acknowledged */
static unsigned passed, failed;

static void check(bool ok, const char *what, uint64_t number)
{
    if (ok) {
        passed++;
        return;
    }
    failed++;
    printf("not ok - %s (%llu)\n", what, (unsigned long long)number);
}

static char *bytes_of(uint64_t seed, size_t n)
{
    uint64_t x = seed * 2654435761u + 88172645463325252u;
    char *p = mem_new(n + 8);

    for (size_t i = 0; i < n; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        p[i] = (char)(seed % 2 ? x : 'a' + (x >> 60));
    }
    return p;
}

/* --- power ------------------------------------------------------------------------------------------------ */

enum { SECTOR = 512 };

struct unsynced {          /* what stood there before */
    struct unsynced *next; /* older */
    int fd;
    uint64_t offset;
    size_t n;
    char old[];
};

static struct {
    pthread_mutex_t mutex;
    struct unsynced *writes; /* newest first */
    uint64_t random;
    unsigned syncs_left; /* at the last one the power fails */
    unsigned keeps;      /* of 100 sectors */
} power = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static uint64_t pick(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x >> 11;
}

static void lose_some(const struct unsynced *u)
{
    for (uint64_t at = u->offset, end; at < u->offset + u->n; at = end) {
        end = MIN(u->offset + u->n, at / SECTOR * SECTOR + SECTOR);
        if (pick(&power.random) % 100 >= power.keeps)
            must(pwrite(u->fd, u->old + (at - u->offset), end - at, (off_t)at) == (ssize_t)(end - at));
    }
}

static enum st power_write(const struct os_file *os, int fd, const void *p, size_t n, uint64_t offset)
{
    struct unsynced *u = mem_new(sizeof *u + n);
    enum st st;

    pthread_mutex_lock(&power.mutex);
    must(pread(fd, u->old, n, (off_t)offset) >= 0);
    u->fd = fd;
    u->offset = offset;
    u->n = n;
    u->next = power.writes;
    power.writes = u;
    st = os_file_system.write(os, fd, p, n, offset);
    pthread_mutex_unlock(&power.mutex);
    return st;
}

static void forget(int fd)
{
    for (struct unsynced **at = &power.writes; *at;) {
        struct unsynced *u = *at;

        if (u->fd != fd) {
            at = &u->next;
            continue;
        }
        *at = u->next;
        mem_free(u);
    }
}

static enum st power_sync(const struct os_file *os, int fd)
{
    enum st st;

    pthread_mutex_lock(&power.mutex);
    if (power.syncs_left && --power.syncs_left == 0) {
        for (struct unsynced *u = power.writes; u; u = u->next)
            lose_some(u);
        kill(getpid(), SIGKILL);
    }
    st = os_file_system.sync(os, fd);
    forget(fd);
    pthread_mutex_unlock(&power.mutex);
    return st;
}

static void power_close(const struct os_file *os, int fd)
{
    int kept = -1;

    pthread_mutex_lock(&power.mutex);
    for (struct unsynced *u = power.writes; u; u = u->next)
        if (u->fd == fd)
            u->fd = kept = kept < 0 ? dup(fd) : kept;
    os_file_system.close(os, fd);
    pthread_mutex_unlock(&power.mutex);
}

/* --- the child ---------------------------------------------------------------------------------------- */

struct child {
    struct store *s;
    int fd;
    pthread_mutex_t mutex;
    uint64_t next[ACCOUNTS]; /* versions handed out */
};

struct writer {
    struct child *c;
    unsigned number;
    uint64_t seed;
};

static uint64_t pick_size(uint64_t *x)
{
    uint64_t kind = pick(x) % 100;

    if (kind < 80)
        return 100 + pick(x) % 8000;
    if (kind < 97)
        return pick(x) % 200000;
    return 300000 + pick(x) % 1500000;
}

static void write_letter(struct writer *w, uint64_t *x, uint64_t drop, struct told *t)
{
    struct child *c = w->c;
    uint32_t a = (uint32_t)(pick(x) % ACCOUNTS), b = (uint32_t)(pick(x) % 3 ? ACCOUNTS : (a + 1) % ACCOUNTS);
    char *bytes, key[32];
    struct kv_change change = {.op = KV_PUT};
    struct kv_part part[2], *parts[] = {&part[0], &part[1]};
    struct kv_blob blob = {.id = blob_new_id(c->s), .refs = 1};
    struct kv_deref deref = {drop, -1};
    struct kv_commit commit = {parts, b < ACCOUNTS ? 2 : 1, &blob, 1, &deref, drop != 0};

    *t = (struct told){
        .account = a, .second = b, .blob = blob.id, .seed = pick(x), .size = pick_size(x), .dropped = drop};
    bytes = bytes_of(t->seed, t->size);
    blob.bytes = str_n(bytes, t->size);
    snprintf(key, sizeof key, "blob%020llu", (unsigned long long)blob.id);
    change.key = str_z(key);
    change.value = str_n((char *)&t->blob, sizeof t->blob);
    pthread_mutex_lock(&c->mutex);
    part[0] = (struct kv_part){.account = a + 1, .expected_version = c->next[a]++, .changes = &change, .n = 1};
    t->version = c->next[a];
    if (b < ACCOUNTS) {
        part[1] = (struct kv_part){.account = b + 1, .expected_version = c->next[b]++, .changes = &change, .n = 1};
        t->second_version = c->next[b];
    }
    pthread_mutex_unlock(&c->mutex);
    must(kv_commit(c->s, &commit) == ST_OK);
    must(write(c->fd, t, sizeof *t) == sizeof *t); /* below PIPE_BUF: whole */
    mem_free(bytes);
}

static void *write_letters(void *arg)
{
    struct writer *w = arg;
    uint64_t x = w->seed, drop = 0;

    for (unsigned i = 0;; i++) {
        struct told t;

        write_letter(w, &x, drop, &t);
        drop = i % 3 == 0 ? t.blob : 0; /* every third letter is expunged with the next one */
    }
    return NULL;
}

static void run_child(struct store_options *o, int fd, uint64_t seed, bool power_fails)
{
    enum { WRITERS = 6 };
    struct os_file os = os_file_system;
    struct child c = {.fd = fd};
    struct writer w[WRITERS];
    pthread_t threads[WRITERS];

    log_set_level(LOG_WARN);
    pthread_mutex_init(&c.mutex, NULL);
    if (power_fails) {
        power.random = seed * 2 + 1;
        power.syncs_left = 1 + (unsigned)(pick(&power.random) % 120);
        power.keeps = (unsigned)(pick(&power.random) % 5) * 25;
        os.write = power_write;
        os.sync = power_sync;
        os.close = power_close;
        o->os = &os;
    }
    must(store_open(o, &c.s) == ST_OK);
    for (unsigned i = 0; i < ACCOUNTS; i++)
        must(kv_version(c.s, i + 1, &c.next[i]) == ST_OK);
    for (unsigned i = 0; i < WRITERS; i++) {
        w[i] = (struct writer){&c, i, seed * 31 + i + 1};
        pthread_create(&threads[i], NULL, write_letters, &w[i]);
    }
    for (unsigned i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
}

/* --- the parent ----------------------------------------------------------------------------------------- */

static void note(const struct told *t)
{
    versions[t->account] = MAX(versions[t->account], t->version);
    if (t->second < ACCOUNTS)
        versions[t->second] = MAX(versions[t->second], t->second_version);
    must(letters_n < LETTERS_MAX);
    letters[letters_n++] = (struct letter){t->blob, t->seed, t->size, false};
    for (size_t i = letters_n; t->dropped && i-- > 0;)
        if (letters[i].blob == t->dropped) {
            letters[i].is_gone = true;
            break;
        }
}

static void check_letter(struct store *s, const struct letter *l, bool last_may_be_gone)
{
    struct blob_view v = {0};
    enum st st = blob_open(s, l->blob, &v);
    char *want;

    if (l->is_gone) {
        check(st == ST_NOTFOUND, "a dropped body is gone", l->blob);
        blob_close(&v);
        return;
    }
    if (st == ST_NOTFOUND && last_may_be_gone) { /* its drop became durable, and nobody lived to tell */
        passed++;
        return;
    }
    want = bytes_of(l->seed, l->size);
    check(st == ST_OK && str_eq(v.bytes, str_n(want, l->size)), "an acknowledged body is there", l->blob);
    blob_close(&v);
    mem_free(want);
}

static void check_keys(struct store *s, const struct told *t)
{
    struct arena a = ARENA_INIT;
    char key[32];
    struct str v;

    snprintf(key, sizeof key, "blob%020llu", (unsigned long long)t->blob);
    check(kv_get(s, &a, t->account + 1, str_z(key), &v) == ST_OK, "an acknowledged key is there", t->blob);
    if (t->second < ACCOUNTS)
        check(kv_get(s, &a, t->second + 1, str_z(key), &v) == ST_OK, "the second part is there too", t->blob);
    arena_fini(&a);
}

static void check_store(const struct store_options *o, unsigned round, size_t first)
{
    struct store *s;
    uint64_t version;
    enum st st = store_open(o, &s);

    check(st == ST_OK, "the store opens", round);
    if (st != ST_OK) {
        printf("# %s\n", err_get()->text);
        exit(1);
    }
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        st = kv_version(s, i + 1, &version);
        check(st == ST_OK && version >= versions[i], "versions only grow", i);
        versions[i] = version;
    }
    for (size_t i = round % CHECK_ALL_EVERY ? first : 0; i < letters_n; i++)
        check_letter(s, &letters[i], true);
    store_close(s);
}

static void run_round(struct store_options *o, unsigned round, uint64_t seed, unsigned ms)
{
    static struct told all[LETTERS_MAX];
    size_t first = letters_n, n = 0, have = 0;
    struct store *s;
    int fds[2];
    pid_t pid;

    must(pipe(fds) == 0);
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        close(fds[0]);
        run_child(o, fds[1], seed, round % 2 == 0);
    }
    close(fds[1]);
    /* Reading must not fall behind: the pipe would hold the child up. Killed it may be while it still opens. */
    for (mono_ms end = clock_mono_ms() + ms;;) {
        struct pollfd p = {.fd = fds[0], .events = POLLIN};
        mono_ms now = clock_mono_ms();
        ssize_t r;

        if (now >= end)
            kill(pid, SIGKILL);
        else if (poll(&p, 1, (int)(end - now)) == 0)
            continue;
        r = read(fds[0], (char *)all + have, sizeof all - have);
        if (r <= 0)
            break;
        have += (size_t)r;
    }
    close(fds[0]);
    waitpid(pid, NULL, 0);
    n = have / sizeof all[0];
    for (size_t i = 0; i < n; i++)
        note(&all[i]);
    check_store(o, round, first);
    if (store_open(o, &s) == ST_OK) { /* what the recovery wrote holds too */
        for (size_t i = 0; i < n; i++)
            check_keys(s, &all[i]);
        store_close(s);
    }
}

static int remove_one(const char *path, const struct stat *sb, int type, struct FTW *f)
{
    (void)sb;
    (void)type;
    (void)f;
    return remove(path);
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 30;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : random_u64() >> 1, x;
    const char *tmp = getenv("TMPDIR");
    char dir[256];
    struct store_options o = {.dir = dir, .segment_bytes = 8u << 20, .cache_bytes = 4u << 20};

    log_set_level(LOG_WARN);
    snprintf(dir, sizeof dir, "%s/restante-kill-XXXXXX", tmp ? tmp : "/tmp");
    must(mkdtemp(dir));
    printf("# store_kill %u %llu\n", rounds, (unsigned long long)seed);
    x = seed | 1;
    for (unsigned i = 1; i <= rounds; i++)
        run_round(&o, i, seed + i, 5 + (unsigned)(pick(&x) % (i % 2 ? 200 : 2000)));
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    printf("# %zu letters acknowledged in %u lives\n", letters_n, rounds);
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
