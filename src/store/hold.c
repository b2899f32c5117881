/* While somebody holds the store, what the newest snapshot needs stays where it is: compaction takes no segment away and
 * snapshots that a newer one has replaced stay. */
#include "store/hold.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/log.h"
#include "base/must.h"
#include "base/random.h"
#include "store/inside.h"

#include <fcntl.h>

#define SETTLE_MS 60000 /* for bodies that are written ahead to be committed, or given up */
#define SETTLE_LOOK_MS 20

void hold_init(struct store *s)
{
    pthread_mutex_init(&s->hold.mutex, NULL);
}

void hold_fini(struct store *s)
{
    pthread_mutex_destroy(&s->hold.mutex);
}

bool hold_is_held(struct store *s)
{
    return atomic_load(&s->hold.n) > 0;
}

/* --- identity ---------------------------------------------------------------------------------------- */

struct str store_identity(const struct store *s)
{
    return str_n(s->hold.identity, IDENTITY_CHARS);
}

static bool is_identity(struct str s)
{
    for (size_t i = 0; i < IDENTITY_CHARS && i < s.n; i++)
        if (!ascii_is_digit(s.p[i]) && !(s.p[i] >= 'a' && s.p[i] <= 'f'))
            return false;
    return s.n == IDENTITY_CHARS + 1 && s.p[IDENTITY_CHARS] == '\n';
}

static enum st read_identity(struct store *s, const char *path, char text[IDENTITY_CHARS + 1])
{
    enum st st;
    int fd;

    TRY(s->os->open(s->os, path, O_RDONLY, &fd));
    st = s->os->read(s->os, fd, text, IDENTITY_CHARS + 1, 0);
    s->os->close(s->os, fd);
    TRY(st);
    return is_identity(str_n(text, IDENTITY_CHARS + 1)) ? ST_OK : FAIL(ST_CORRUPT, "%s makes no sense", path);
}

enum st hold_open(struct store *s, struct arena *a)
{
    const char *path = arena_printf(a, "%s/IDENTITY", s->dir).p;
    char text[IDENTITY_CHARS + 1];
    unsigned char raw[IDENTITY_CHARS / 2];
    enum st st = read_identity(s, path, text);

    if (st == ST_NOTFOUND || st == ST_CORRUPT) {
        struct str hex;

        random_bytes(raw, sizeof raw);
        hex = hex_of(a, raw, sizeof raw);
        must(hex.n == IDENTITY_CHARS);
        memcpy(text, hex.p, hex.n);
        text[IDENTITY_CHARS] = '\n';
        st = store_replace_file(s, a, path, str_n(text, sizeof text));
    }
    TRY(st);
    memcpy(s->hold.identity, text, IDENTITY_CHARS);
    return ST_OK;
}

/* --- bodies that are written ahead ------------------------------------------------------------------ */

/* One of the segments below `below` in which something is not committed yet; 0: none. */
static uint64_t unsettled(struct segs *t, uint64_t below)
{
    uint64_t found = 0;
    size_t pos = 0;
    void *p;

    pthread_mutex_lock(&t->bulk_mutex);
    pthread_mutex_lock(&t->mutex);
    while (!found && map_next(&t->by_id, &pos, &p)) {
        const struct segment *seg = p;

        if (seg->row.head.kind == SEGMENT_BULK && seg->row.head.id < below && seg->uncommitted)
            found = seg->row.head.id;
    }
    pthread_mutex_unlock(&t->mutex);
    pthread_mutex_unlock(&t->bulk_mutex);
    return found;
}

static bool is_settled(struct segs *t, const struct segment *seg)
{
    bool settled;

    pthread_mutex_lock(&t->bulk_mutex);
    settled = !seg->uncommitted;
    pthread_mutex_unlock(&t->bulk_mutex);
    return settled;
}

/* Waits until every body that has been written ahead so far is committed, or given up: from then on what stands before the end
 * of a segment's last committed body does not change. New bodies go to another segment meanwhile. Each segment needs to be seen settled only
 * once. */
static enum st settle(struct store *s)
{
    mono_ms end = deadline_in(SETTLE_MS);
    uint64_t below, id;

    pthread_mutex_lock(&s->segs.mutex);
    below = s->segs.next_id;
    pthread_mutex_unlock(&s->segs.mutex);
    while ((id = unsettled(&s->segs, below)) != 0) {
        const struct segment *seg = segs_get(&s->segs, id);

        segs_retire_bulk(&s->segs, id);
        while (!is_settled(&s->segs, seg)) {
            if (clock_mono_ms() >= end)
                return FAIL(ST_TIMEOUT, "bodies in segment %llu are written but not committed", (unsigned long long)id);
            if (!snaps_wait(s, SETTLE_LOOK_MS))
                return FAIL(ST_CANCELED, "the store is being closed");
        }
    }
    return ST_OK;
}

/* --- holding ----------------------------------------------------------------------------------------- */

enum st store_hold_begin(struct store *s, uint64_t *out_batch)
{
    enum st st;

    pthread_mutex_lock(&s->hold.mutex);
    atomic_fetch_add(&s->hold.n, 1);
    pthread_mutex_unlock(&s->hold.mutex);
    st = store_snapshot(s);
    if (st == ST_OK && !store_snapshot_seq(s))
        st = FAIL(ST_NOTFOUND, "the store holds nothing yet");
    if (st == ST_OK) {
        *out_batch = store_snapshot_seq(s);
        st = settle(s);
    }
    if (st != ST_OK)
        store_hold_end(s);
    return st;
}

void store_hold_end(struct store *s)
{
    must(atomic_fetch_sub(&s->hold.n, 1) > 0);
}
