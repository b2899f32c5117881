#include "store/committer.c"

#include "fixture.h"
#include "test.h"

static struct store *open_store(const char *dir)
{
    struct store_options o = test_options(dir);
    struct store *s = NULL;

    CHECK_ST(store_open(&o, &s), ST_OK);
    return s;
}

struct thread {
    struct store *s;
    uint64_t account, version;
    enum st st;
    pthread_t id;
};

static void *put_on_thread(void *arg)
{
    struct thread *t = arg;

    t->st = put_one(t->s, t->account, t->version, STR("k"), STR("v"));
    return NULL;
}

/* Plain threads, handed in backwards: each waits until its predecessor has come. */
TEST(commits_of_threads_wait_for_their_predecessors)
{
    enum { N = 12 };
    const char *dir = new_dir();
    struct store *s = open_store(dir);
    struct thread t[N];
    uint64_t version;

    for (unsigned i = N; i-- > 0;) {
        t[i] = (struct thread){.s = s, .account = 1, .version = i};
        pthread_create(&t[i].id, NULL, put_on_thread, &t[i]);
        usleep(500);
    }
    for (unsigned i = 0; i < N; i++) {
        pthread_join(t[i].id, NULL);
        CHECK_ST(t[i].st, ST_OK);
    }
    CHECK_ST(kv_version(s, 1, &version), ST_OK);
    CHECK_U64(version, N);
    store_close(s);
    remove_dir(dir);
}

/* Closing answers what waits for a version that never came. */
TEST(a_store_that_closes_leaves_nobody_waiting)
{
    const char *dir = new_dir();
    struct store *s = open_store(dir);
    struct thread t = {.s = s, .account = 1, .version = 7};

    pthread_create(&t.id, NULL, put_on_thread, &t);
    for (bool waits = false; !waits; usleep(1000)) {
        pthread_mutex_lock(&s->mutex);
        waits = !s->handed_in.n && !list_is_empty(&s->sched.waiting);
        pthread_mutex_unlock(&s->mutex);
    }
    committer_stop(s);
    pthread_join(t.id, NULL);
    CHECK_ST(t.st, ST_TIMEOUT);
    store_close(s);
    remove_dir(dir);
}

TEST(space_decides_what_is_taken)
{
    const char *dir = new_dir();
    struct store *s = open_store(dir);
    uint64_t room;

    log_set_level(LOG_ERROR + 1);
    committer_stop(s); /* its things are ours now */
    CHECK_ST(s->os->free_space(s->os, dir, &room), ST_OK);
    s->opt.reserve_bytes = 1;
    look_at_space(s);
    CHECK(s->short_of_space == 0);
    s->opt.reserve_bytes = room + room / 2;
    look_at_space(s);
    CHECK(s->short_of_space == 1);
    s->opt.reserve_bytes = room * 8;
    look_at_space(s);
    CHECK(s->short_of_space == 2);
    s->opt.reserve_bytes = 1;
    look_at_space(s);
    CHECK(s->short_of_space == 0);
    log_set_level(LOG_INFO);
    store_close(s);
    remove_dir(dir);
}

/* Knocks bring nothing and take nothing away: commits between them are all answered, and the thread sleeps again. */
TEST(knocks_are_harmless)
{
    const char *dir = new_dir();
    struct store *s = open_store(dir);
    uint64_t version;

    for (uint64_t i = 0; i < 200; i++) {
        if (i % 3)
            committer_knock(s);
        if (i % 5 == 0)
            usleep(200); /* it has given up waiting by then */
        CHECK_ST(put_one(s, 1, i, STR("k"), STR("v")), ST_OK);
    }
    committer_knock(s);
    for (int i = 0; i < 2000 && (!atomic_load(&s->rests) || atomic_load(&s->is_knocked)); i++)
        usleep(1000);
    CHECK(atomic_load(&s->rests));
    CHECK_ST(kv_version(s, 1, &version), ST_OK);
    CHECK_U64(version, 200);
    committer_knock(s);
    store_close(s);
    remove_dir(dir);
}
