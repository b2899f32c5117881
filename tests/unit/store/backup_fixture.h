/* A store that is filled, and the files of it that a backup has. */
#pragma once

#include "fixture.h"

#include <sys/stat.h>

enum { ROUNDS = 30, BODY = 900, LARGE = 300000 }; /* each tenth body is a large one */

static uint64_t ids[ROUNDS];
static char to_dir[300];

static inline struct str body_of(unsigned i)
{
    size_t n = i % 10 == 9 ? LARGE : BODY;

    return str_n(make_bytes(i, n, i % 2), n);
}

/* Two batches a round: a body, and a key of account 10 + round % 3 that names it. */
static inline void fill(struct store *s, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        struct str body = body_of(i);
        char key[16];

        snprintf(key, sizeof key, "k%u", i);
        must(add_blob(s, body, &ids[i]) == ST_OK);
        must(put_one(s, 10 + i % 3, i / 3, str_z(key), str_n((char *)&ids[i], 8)) == ST_OK);
        mem_free((void *)(uintptr_t)body.p);
    }
}

static inline const char *to_path(const char *dir)
{
    snprintf(to_dir, sizeof to_dir, "%s.copy", dir);
    must(mkdir(to_dir, 0700) == 0);
    return to_dir;
}

static inline void copy_file(const char *from, const char *to, const char *name)
{
    char command[900];

    snprintf(command, sizeof command, "mkdir -p %s/%.4s && cp %s/%s %s/%s", to, name, from, name, to, name);
    must(system(command) == 0);
}

/* Every segment but spares, as far as it is used; the newest snapshot. */
static inline void copy_store(struct store *s, const char *to)
{
    char name[100], path[500];
    size_t pos = 0;
    void *p;

    pthread_mutex_lock(&s->segs.mutex); /* the filler adds spares */
    while (map_next(&s->segs.by_id, &pos, &p)) {
        const struct segment *seg = p;

        snprintf(name, sizeof name, "seg/%08llu.seg", (unsigned long long)seg->row.head.id);
        if (seg->row.head.kind == SEGMENT_SPARE || seg->is_removed)
            continue;
        copy_file(s->dir, to, name);
        snprintf(path, sizeof path, "%s/%s", to, name);
        must(truncate(path, (off_t)seg->row.used) == 0);
    }
    pthread_mutex_unlock(&s->segs.mutex);
    snprintf(name, sizeof name, "snap/%08llu.snap", (unsigned long long)store_snapshot_seq(s));
    copy_file(s->dir, to, name);
}

static inline void ends(struct store *s, const char *dir)
{
    store_close(s);
    remove_dir(to_dir);
    remove_dir(dir);
}
