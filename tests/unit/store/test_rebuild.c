#include "store/rebuild.c"

#include "base/log.h"
#include "fixture.h"
#include "test.h"

#include <stdio.h>
#include <sys/stat.h>

/* Batch 1 is of opening; then there are two a round: a body, and a key of account 10 + round % 3. */
enum { ROUNDS = 12, BODY = 900 };

struct made {
    uint64_t ids[ROUNDS], body_at[ROUNDS], key_at[ROUNDS], end; /* offsets in the journal segment */
    uint64_t segment;
};

static void fill(struct store *s, struct made *m, unsigned from, unsigned to)
{
    m->segment = s->journal->row.head.id;
    for (unsigned i = from; i < to; i++) {
        char key[16], *body = make_bytes(i, BODY, false);

        snprintf(key, sizeof key, "k%u", i);
        m->body_at[i] = s->journal_at;
        CHECK_ST(add_blob(s, str_n(body, BODY), &m->ids[i]), ST_OK);
        m->key_at[i] = s->journal_at;
        CHECK_ST(put_one(s, 10 + i % 3, i / 3, str_z(key), str_n((char *)&m->ids[i], 8)), ST_OK);
        mem_free(body);
    }
    m->end = s->journal_at;
}

/* All rows but those of segments and of the position, which every opening moves on. */
static void copy_rows(struct store *s, struct buf *out)
{
    struct index_view v;
    struct index_scan rows;
    struct str key, value;
    char store[8];

    buf_clear(out);
    account_prefix(ACCOUNT_STORE, store);
    index_view_open(&s->index, &v);
    index_scan_open(&v, STR_NONE, STR_NONE, &rows);
    while (index_scan_next(&rows, &key, &value)) {
        if (memcmp(key.p, store, 8) == 0 && (key.p[8] == ROW_SEGMENT || key.p[8] == ROW_POSITION))
            continue;
        rec_put_str(out, key);
        rec_put_str(out, value);
    }
    CHECK_ST(index_scan_close(&rows), ST_OK);
    index_view_close(&v);
}

static void flip(const char *dir, uint64_t segment, uint64_t at)
{
    char path[400];
    FILE *f;
    int c;

    snprintf(path, sizeof path, "%s/seg/%08llu.seg", dir, (unsigned long long)segment);
    f = fopen(path, "r+");
    must(f && fseek(f, (long)at, SEEK_SET) == 0);
    c = fgetc(f);
    must(fseek(f, (long)at, SEEK_SET) == 0 && fputc(c ^ 0x10, f) >= 0 && fclose(f) == 0);
}

static void lose_index(const char *dir)
{
    char path[400];

    snprintf(path, sizeof path, "%s/index", dir);
    remove_dir(path);
}

struct heard {
    uint64_t calls, last, total;
};
static void hear(void *arg, uint64_t done, uint64_t total)
{
    struct heard *h = arg;

    CHECK(done >= h->last && done <= total);
    h->calls++;
    h->last = done;
    h->total = total;
}

TEST(a_rebuilt_index_is_equal_with_and_without_snapshot)
{
    for (int with = 0; with < 2; with++) {
        const char *dir = new_dir();
        struct store_options o = test_options(dir);
        struct heard heard = {0};
        struct store_progress p = {hear, &heard};
        struct store_rebuilt r;
        struct buf live, again;
        struct made m;
        struct store *s;

        log_set_level(LOG_WARN);
        buf_init(&live, 10u << 20);
        buf_init(&again, 10u << 20);
        CHECK_ST(store_open(&o, &s), ST_OK);
        fill(s, &m, 0, 6);
        if (with)
            CHECK_ST(store_snapshot(s), ST_OK);
        fill(s, &m, 6, ROUNDS);
        CHECK_ST(change_refs(s, m.ids[1], -1), ST_OK);
        CHECK_ST(change_refs(s, m.ids[7], 3), ST_OK);
        copy_rows(s, &live);
        CHECK_ST(store_rebuild(&o, NULL, &r), ST_BUSY);
        store_rebuilt_fini(&r);
        store_close(s);
        CHECK_ST(store_rebuild(&o, &p, &r), ST_OK);
        CHECK(heard.calls > 3 && heard.last == heard.total);
        CHECK_U64(r.snapshot, with ? 13 : 0);
        CHECK_U64(r.n_losses + r.n_accounts + r.saved + r.snapshot_gaps, 0);
        CHECK_U64(r.batches, with ? 14 : 27);
        store_rebuilt_fini(&r);
        CHECK_ST(store_open(&o, &s), ST_OK);
        copy_rows(s, &again);
        CHECK_STR(buf_str(&again), buf_str(&live));
        store_close(s);
        buf_fini(&live);
        buf_fini(&again);
        log_set_level(LOG_INFO);
        remove_dir(dir);
    }
}

/* Whose commits are lost is known, versions do not go back, and what stands before and behind is there. */
TEST(a_damaged_record_costs_its_own_changes_and_names_the_accounts)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    struct store_rebuilt r;
    struct arena a = ARENA_INIT;
    uint64_t version, *list;
    struct made m;
    struct store *s = NULL;
    struct str v;
    size_t n;

    log_set_level(LOG_ERROR);
    CHECK_ST(store_open(&o, &s), ST_OK);
    fill(s, &m, 0, ROUNDS);
    store_close(s);
    flip(dir, m.segment, m.key_at[11] + 60); /* the last commit of account 12: no gap would show it */
    lose_index(dir);
    s = NULL;
    /* It is the last batch but for none: a torn tail. One more opening's batch behind it makes it damage. */
    flip(dir, m.segment, m.key_at[11] + 60);
    CHECK_ST(store_open(&o, &s), ST_OK);
    store_close(s);
    flip(dir, m.segment, m.key_at[11] + 60);
    lose_index(dir);
    CHECK_ST(store_open(&o, &s), ST_CORRUPT);
    CHECK(strstr(err_get()->text, "restante check --repair"));
    CHECK_ST(store_rebuild(&o, NULL, &r), ST_OK);
    CHECK_U64(r.n_losses, 1);
    CHECK(r.n_losses == 1 && r.losses[0].first == 25 && r.losses[0].last == 25 && r.losses[0].is_named &&
          r.losses[0].offset == m.key_at[11]);
    CHECK_U64(r.n_accounts, 1);
    CHECK(r.n_accounts == 1 && r.accounts[0] == 12 && !r.all_accounts);
    store_rebuilt_fini(&r);
    CHECK_ST(store_open(&o, &s), ST_OK);
    CHECK_ST(store_unrepaired(s, &a, &list, &n), ST_OK);
    CHECK(n == 1 && list[0] == 12);
    CHECK_ST(store_repaired(s), ST_OK);
    CHECK_ST(store_unrepaired(s, &a, &list, &n), ST_OK);
    CHECK_U64(n, 0);
    CHECK_ST(kv_version(s, 12, &version), ST_OK);
    CHECK_U64(version, 4);
    CHECK_ST(kv_get(s, &a, 12, STR("k11"), &v), ST_NOTFOUND);
    CHECK_ST(kv_get(s, &a, 12, STR("k8"), &v), ST_OK);
    CHECK_ST(kv_get(s, &a, 11, STR("k10"), &v), ST_OK);
    CHECK_ST(put_one(s, 12, 4, STR("on"), STR("it goes")), ST_OK);
    store_close(s);
    arena_fini(&a);
    log_set_level(LOG_INFO);
    remove_dir(dir);
}

TEST(several_lost_batches_concern_all_accounts_and_their_bodies_are_saved)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    struct store_rebuilt r;
    char path[400], *body = make_bytes(5, BODY, false), got[BODY + 1];
    uint64_t version;
    struct made m;
    struct store *s = NULL;
    FILE *f;

    log_set_level(LOG_ERROR);
    CHECK_ST(store_open(&o, &s), ST_OK);
    fill(s, &m, 0, ROUNDS);
    store_close(s);
    flip(dir, m.segment, m.body_at[5] + 60);
    flip(dir, m.segment, m.key_at[5] + 60);
    lose_index(dir);
    CHECK_ST(store_rebuild(&o, NULL, &r), ST_OK);
    CHECK(r.n_losses == 1 && r.losses[0].first == 12 && r.losses[0].last == 13 && !r.losses[0].is_named);
    CHECK(r.all_accounts && r.n_accounts == 3);
    CHECK_U64(r.saved, 1);
    store_rebuilt_fini(&r);
    snprintf(path, sizeof path, "%s/lost+found/%llu.eml", dir, (unsigned long long)m.ids[5]);
    f = fopen(path, "r");
    CHECK(f && fread(got, 1, BODY + 1, f) == BODY && memcmp(got, body, BODY) == 0);
    if (f)
        fclose(f);
    CHECK_ST(store_open(&o, &s), ST_OK);
    CHECK_ST(kv_version(s, 11, &version), ST_OK);
    CHECK(version >= 4 + VERSIONS_LOST);
    store_close(s);
    mem_free(body);
    log_set_level(LOG_INFO);
    remove_dir(dir);
}

/* A damaged snapshot is done without while the journal goes back to the beginning; afterwards what is good of it counts. */
TEST(a_damaged_snapshot)
{
    for (int cut = 0; cut < 2; cut++) {
        const char *dir = new_dir();
        struct store_options o = test_options(dir);
        char path[400], *large = make_bytes(1, 60000, false);
        struct store_rebuilt r;
        uint64_t id, first;
        struct made m;
        struct arena a = ARENA_INIT;
        struct str v;
        struct store *s = NULL;
        FILE *f;

        log_set_level(LOG_ERROR);
        CHECK_ST(store_open(&o, &s), ST_OK);
        fill(s, &m, 0, ROUNDS);
        first = s->journal->row.head.id;
        while (s->journal->row.head.size - s->journal_at > 60000)
            CHECK_ST(add_blob(s, str_n(large, 60000), &id), ST_OK);
        CHECK_ST(store_snapshot(s), ST_OK);
        CHECK_ST(add_blob(s, str_n(large, 60000), &id), ST_OK); /* in the next segment */
        CHECK_ST(put_one(s, 99, 0, STR("k"), STR("behind")), ST_OK);
        snprintf(path, sizeof path, "%s/snap/%08llu.snap", dir, (unsigned long long)store_snapshot_seq(s));
        store_close(s);
        f = fopen(path, "r+"); /* in the only chunk */
        must(f && fseek(f, SNAP_HEAD_BYTES + 100, SEEK_SET) == 0 && fputs("damage", f) >= 0 && fclose(f) == 0);
        snprintf(path, sizeof path, "%s/seg/%08llu.seg", dir, (unsigned long long)first);
        if (cut)
            must(unlink(path) == 0);
        lose_index(dir);
        CHECK_ST(store_rebuild(&o, NULL, &r), ST_OK);
        CHECK_U64(r.n_losses, 0);
        CHECK_U64(r.snapshot_gaps, (unsigned)cut);
        CHECK(r.all_accounts == (cut == 1));
        store_rebuilt_fini(&r);
        s = NULL;
        CHECK_ST(store_open(&o, &s), ST_OK);
        if (s) {
            CHECK_ST(kv_get(s, &a, 10, STR("k3"), &v), cut ? ST_NOTFOUND : ST_OK);
            CHECK_ST(kv_get(s, &a, 99, STR("k"), &v), ST_OK);
            store_close(s);
        }
        arena_fini(&a);
        mem_free(large);
        log_set_level(LOG_INFO);
        remove_dir(dir);
    }
}

/* Cut between any two renames, the next opening goes on. */
TEST(a_rebuilding_that_was_cut_is_finished_or_forgotten)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    char now[400], fresh[400], old[400], command[1300];
    struct made m;
    struct arena a = ARENA_INIT;
    struct str v;
    struct store *s;

    log_set_level(LOG_WARN);
    CHECK_ST(store_open(&o, &s), ST_OK);
    fill(s, &m, 0, 4);
    store_close(s);
    snprintf(now, sizeof now, "%s/index", dir);
    snprintf(fresh, sizeof fresh, "%s/index.new", dir);
    snprintf(old, sizeof old, "%s/index.old", dir);
    for (int state = 0; state < 3; state++) {
        snprintf(command, sizeof command, "cp -a '%s' '%s'", now, state == 2 ? old : fresh);
        must(system(command) == 0);
        if (state == 1)
            must(rename(now, old) == 0);
        CHECK_ST(store_open(&o, &s), ST_OK);
        CHECK_ST(kv_get(s, &a, 10, STR("k3"), &v), ST_OK);
        store_close(s);
        CHECK(access(fresh, F_OK) != 0 && access(old, F_OK) != 0 && access(now, F_OK) == 0);
    }
    for (int state = 0; state < 4; state++) { /* and so does the next rebuilding */
        struct store_rebuilt r;

        snprintf(command, sizeof command, "cp -a '%s' '%s'", now, state == 0 ? fresh : old);
        must(system(command) == 0);
        if (state == 2)
            must(rename(now, fresh) == 0);
        snprintf(command, sizeof command, "rm -r '%s'", now);
        must(state != 3 || system(command) == 0);
        CHECK_ST(store_rebuild(&o, NULL, &r), ST_OK);
        store_rebuilt_fini(&r);
        CHECK(access(fresh, F_OK) != 0 && access(old, F_OK) != 0 && access(now, F_OK) == 0);
        CHECK_ST(store_open(&o, &s), ST_OK);
        CHECK_ST(kv_get(s, &a, 10, STR("k3"), &v), ST_OK);
        store_close(s);
    }
    arena_fini(&a);
    log_set_level(LOG_INFO);
    remove_dir(dir);
}
