#include "store/commit.c"

#include "co/fault.h"
#include "fixture.h"
#include "test.h"

#include <pthread.h>

/* Two cores, many coroutines on each, accounts of both: versions are handed out as an owner would, commits are handed
 * in from whichever core. */
enum { ACCOUNTS = 9, WRITERS = 24, ROUNDS = 30 };

struct account {
    uint64_t next, durable; /* next: handed out; durable: what done calls have said, on the owning core */
    uint32_t chain;
    unsigned failed;
};

struct world {
    struct store *s;
    struct core *cores[2];
    pthread_mutex_t mutex; /* over `next` and `chain`: in the program the owning core hands them out */
    struct account accounts[ACCOUNTS];
    atomic_uint ok, failed, wrong, running;
    struct offload *disk;
};

struct writer {
    struct world *w;
    unsigned number;
};

struct test_part {
    struct kv_part part; /* first */
    struct kv_change change;
    struct world *w;
    char key[32], value[32];
    atomic_bool is_done;
};

static struct world world;

static void done(struct kv_part *p, enum st st)
{
    struct test_part *t = CONTAINER_OF(p, struct test_part, part);
    struct account *a = &t->w->accounts[p->account];

    if (core_here() != p->core)
        t->w->wrong++;
    if (st == ST_OK) {
        if (p->expected_version != a->durable)
            t->w->wrong++;
        a->durable = p->expected_version + 1;
    } else {
        a->failed++;
    }
    t->is_done = true;
}

static void make_part(struct world *w, struct test_part *t, uint64_t account, unsigned number, unsigned round)
{
    struct account *a = &w->accounts[account];

    *t = (struct test_part){.w = w};
    snprintf(t->key, sizeof t->key, "%u.%u", number, round);
    snprintf(t->value, sizeof t->value, "of %u", number);
    t->change = (struct kv_change){str_z(t->key), str_z(t->value), KV_PUT};
    t->part = (struct kv_part){
        .account = account, .changes = &t->change, .n = 1, .core = w->cores[account % 2], .done = done};
    t->part.expected_version = a->next++;
    t->part.chain = a->chain;
}

static void write_some(void *arg)
{
    struct writer *self = arg;
    struct world *w = self->w;
    static struct test_part all[2 * WRITERS][ROUNDS][2]; /* until done, wherever that is called */

    for (unsigned i = 0; i < ROUNDS; i++) {
        struct test_part *t = all[self->number][i];
        struct kv_part *parts[] = {&t[0].part, &t[1].part};
        uint64_t a = (self->number + i) % ACCOUNTS, b = (a + 1 + i % (ACCOUNTS - 1)) % ACCOUNTS;
        struct kv_blob blob = {.id = blob_new_id(w->s), .bytes = STR("a letter"), .refs = 1};
        struct kv_commit c = {.parts = parts, .n_parts = 1 + i % 2, .blobs = &blob, .n_blobs = 1};
        enum st st;

        pthread_mutex_lock(&w->mutex);
        make_part(w, &t[0], a, self->number, i);
        if (c.n_parts == 2)
            make_part(w, &t[1], b, self->number, i);
        pthread_mutex_unlock(&w->mutex);
        if (i % 3 == 0)
            co_yield (); /* others overtake */
        st = kv_commit(w->s, &c);
        if (st == ST_OK)
            w->ok++;
        else
            w->failed++;
        for (size_t j = 0; j < c.n_parts; j++)
            if (t[j].part.core == core_here() && !t[j].is_done)
                w->wrong++; /* done comes before the commit's answer */
    }
    w->running--;
}

static void start_all(void *arg)
{
    static struct writer writers[2][WRITERS];
    struct world *w = arg;
    unsigned me = core_index(core_here());

    for (unsigned i = 0; i < WRITERS; i++) {
        writers[me][i] = (struct writer){w, me * WRITERS + i};
        must(co_spawn(write_some, &writers[me][i], "writer") == ST_OK);
    }
}

static void watch(void *arg)
{
    struct world *w = arg;

    while (w->running)
        (void)!co_sleep(deadline_in(2));
    (void)!co_sleep(deadline_in(50)); /* what the other core's done calls had to say */
    core_stop(core_here());
}

static void *run_core(void *arg)
{
    core_run(arg);
    return NULL;
}

static void spawn_watch(void *arg)
{
    must(co_spawn(watch, arg, "watch") == ST_OK);
}

static void run_world(struct world *w, void (*start)(void *), unsigned writers)
{
    pthread_t other;

    w->running = writers;
    for (unsigned i = 0; i < 2; i++)
        w->cores[i] = core_new(&(struct core_options){.index = i, .name = "test", .coroutines = 100});
    for (unsigned i = 0; i < 2; i++) {
        core_post(w->cores[i], start, w);
        core_post(w->cores[i], spawn_watch, w);
    }
    pthread_create(&other, NULL, run_core, w->cores[1]);
    core_run(w->cores[0]);
    pthread_join(other, NULL);
}

static void begin(struct world *w, const char *dir)
{
    struct store_options o = test_options(dir);

    memset(w, 0, sizeof *w);
    pthread_mutex_init(&w->mutex, NULL);
    o.disk = w->disk = offload_new("disk", 2, 64);
    CHECK_ST(store_open(&o, &w->s), ST_OK);
}

static void end(struct world *w)
{
    store_close(w->s);
    offload_free(w->disk);
    for (unsigned i = 0; i < 2; i++)
        core_free(w->cores[i]);
}

TEST(chains_of_two_cores_commit_in_order)
{
    const char *dir = new_dir();
    struct world *w = &world;
    struct store_stats stats;
    uint64_t version, parts = 0;

    begin(w, dir);
    run_world(w, start_all, 2 * WRITERS);
    CHECK_U64(w->ok, 2 * WRITERS * ROUNDS);
    CHECK_U64(w->failed, 0);
    CHECK_U64(w->wrong, 0);
    for (uint64_t i = 0; i < ACCOUNTS; i++) {
        CHECK_ST(kv_version(w->s, i, &version), ST_OK);
        CHECK_U64(version, w->accounts[i].next);
        CHECK_U64(version, w->accounts[i].durable);
        parts += version;
    }
    CHECK_U64(parts, 2 * WRITERS * ROUNDS * 3 / 2);
    store_get_stats(w->s, &stats);
    CHECK_U64(stats.commits, 2 * WRITERS * ROUNDS);
    CHECK(stats.batches < stats.commits / 2);
    end(w);
    remove_dir(dir);
}

TEST(a_failed_batch_fails_all_that_builds_on_it)
{
    const char *dir = new_dir();
    struct world *w = &world;
    uint64_t version;
    unsigned failed = 0;

    begin(w, dir);
    fault_arm(FAULT_kv_commit, 3, 1);
    run_world(w, start_all, 2 * WRITERS);
    fault_arm(FAULT_kv_commit, 0, 0);
    CHECK(w->ok > 0 && w->failed > 0);
    CHECK_U64(w->wrong, 0);
    CHECK_U64(w->ok + w->failed, 2 * WRITERS * ROUNDS);
    for (uint64_t i = 0; i < ACCOUNTS; i++) {
        CHECK_ST(kv_version(w->s, i, &version), ST_OK);
        CHECK_U64(version, w->accounts[i].durable);
        CHECK_U64(version + w->accounts[i].failed, w->accounts[i].next);
        failed += w->accounts[i].failed != 0;
        CHECK_U64(kv_chain(w->s, i), w->accounts[i].failed != 0);
    }
    CHECK(failed > 0);
    end(w);
    remove_dir(dir);
}

/* --- abandoning ------------------------------------------------------------------------------------- */

static struct test_part given_up[3];

static void commit_one(void *arg)
{
    struct test_part *t = arg;
    struct kv_part *parts[] = {&t->part};
    struct kv_commit c = {.parts = parts, .n_parts = 1};

    if (kv_commit(t->w->s, &c) == ST_OK)
        t->w->ok++;
    else
        t->w->failed++;
    t->w->running--;
}

static void start_abandoning(void *arg)
{
    struct world *w = arg;

    if (core_here() != w->cores[0])
        return;
    for (unsigned i = 0; i < 3; i++)
        make_part(w, &given_up[i], 0, i, 0);
    must(co_spawn(commit_one, &given_up[2], "last") == ST_OK);
    kv_abandon(w->s, (struct kv_part *[]){&given_up[1].part}, 1, ST_LIMIT);
    must(co_spawn(commit_one, &given_up[0], "first") == ST_OK);
}

TEST(what_is_abandoned_fails_what_comes_behind_it_only)
{
    const char *dir = new_dir();
    struct world *w = &world;
    uint64_t version;

    begin(w, dir);
    run_world(w, start_abandoning, 2);
    CHECK_U64(w->ok, 1);
    CHECK_U64(w->failed, 1);
    CHECK_U64(w->wrong, 0);
    CHECK_U64(w->accounts[0].durable, 1);
    CHECK_U64(w->accounts[0].failed, 2);
    CHECK_ST(kv_version(w->s, 0, &version), ST_OK);
    CHECK_U64(version, 1);
    CHECK_U64(kv_chain(w->s, 0), 1);
    end(w);
    remove_dir(dir);
}

TEST(a_commit_too_large_fails_in_its_turn)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    struct kv_change change = {STR("k"), {make_bytes(1, KV_COMMIT_MAX, true), KV_COMMIT_MAX}, KV_PUT};
    struct kv_part part = {.account = 1, .changes = &change, .n = 1}, *parts[] = {&part};
    struct kv_commit c = {.parts = parts, .n_parts = 1};
    struct store *s;

    CHECK_ST(store_open(&o, &s), ST_OK);
    CHECK_ST(kv_commit(s, &c), ST_LIMIT);
    CHECK_U64(kv_chain(s, 1), 1);
    part.chain = 1;
    change.value.n = KV_COMMIT_MAX / 2; /* more than a segment holds: one of its own size */
    CHECK_ST(kv_commit(s, &c), ST_OK);
    store_close(s);
    CHECK_ST(store_open(&o, &s), ST_OK);
    part.expected_version = 1;
    part.chain = 0; /* a new life, new chains */
    change.value.n = 3;
    CHECK_ST(kv_commit(s, &c), ST_OK);
    store_close(s);
    mem_free((char *)(uintptr_t)change.value.p);
    remove_dir(dir);
}
