#include "backup/hits.h"
#include "backup/contents.h"
#include "mail/layout.h"
#include "queue/entry.h"

#include <sqlite3.h>

#define QUEUE 0 /* its account */

struct searching {
    struct arena *a;
    const struct map *bodies;
    struct found {
        uint64_t account, body;
        uint32_t mailbox, uid;
        bool is_kept;
        struct str name;
    } * found;
    size_t n, max;
};

/* A letter that waits to be sent: it has neither mailbox nor address here, so it is called by what people know of it. */
static void look_at_entry(struct searching *s, const struct backup_row *row)
{
    struct found *f = &s->found[s->n];
    struct arena a = ARENA_INIT;
    struct queue_entry e;
    uint64_t id = row->key.n == ENTRY_KEY_BYTES && row->key.p[0] == ENTRY_KEY ? entry_id_of(row->key) : 0;

    if (id && entry_decode(&a, id, row->value, &e) == ST_OK && map_get(s->bodies, e.blob)) {
        struct str to = e.n_rcpts ? e.rcpts[0].address : STR_NONE;

        *f = (struct found){.body = e.blob, .is_kept = true};
        f->name = arena_printf(s->a, "letter %016llx from <%.*s> to <%.*s>%s", (unsigned long long)id,
                               STR_ARGS(e.reverse_path), STR_ARGS(to), e.n_rcpts > 1 ? " and others" : "");
        s->n++;
    }
    arena_fini(&a);
}

static void look_at_message(struct searching *s, const struct backup_row *row)
{
    struct found *f = &s->found[s->n];
    struct rec key = rec_of(str_from(row->key, 1));
    struct kept_rec kept;
    struct hot hot;

    if (row->account == QUEUE) {
        look_at_entry(s, row);
        return;
    }
    if (row->key.p[0] == KEY_HOT && hot_get(row->key, row->value, &hot) == ST_OK && map_get(s->bodies, hot.blob)) {
        *f = (struct found){row->account, hot.blob, rec_u32_be(&key), hot.uid, false, STR_NONE};
        s->n++;
    } else if (row->key.p[0] == KEY_KEPT && kept_rec_get(row->key, row->value, &kept) == ST_OK &&
               map_get(s->bodies, kept.hot.blob)) {
        *f = (struct found){row->account, kept.hot.blob, kept.mailbox, kept.hot.uid, true, STR_NONE};
        f->name = arena_printf(s->a, "%.*s (deleted)", STR_ARGS(kept.name));
        s->n++;
    }
}

static void look_at_mailbox(struct searching *s, const struct backup_row *row)
{
    struct mailbox_rec rec;
    uint32_t id;

    if (row->account == QUEUE || row->key.p[0] != KEY_MAILBOX ||
        mailbox_rec_get(row->key, row->value, &id, &rec) != ST_OK)
        return;
    for (size_t i = 0; i < s->n; i++)
        if (s->found[i].account == row->account && s->found[i].mailbox == id && !s->found[i].is_kept)
            s->found[i].name = arena_str(s->a, rec.name);
}

static enum st walk(struct searching *s, const char *snapshot,
                    void (*look)(struct searching *s, const struct backup_row *row))
{
    struct backup_row row;
    struct snap_reader r;
    enum st st;

    TRY(snap_reader_open(&r, &os_file_system, snapshot));
    while ((st = backup_row_next(&r, &row)) == ST_OK)
        if (row.account < ACCOUNT_DICTIONARIES && row.key.n > 1 && s->n < s->max)
            look(s, &row);
    snap_reader_close(&r);
    return st == ST_EOF ? ST_OK : st;
}

static struct str address_of(sqlite3 *db, struct arena *a, uint64_t account)
{
    struct str address = arena_printf(a, "account %016llx", (unsigned long long)account);
    sqlite3_stmt *ask = NULL;

    if (db && sqlite3_prepare_v2(db,
                                 "SELECT a.local || '@' || d.name FROM account a JOIN domain d ON d.id = a.domain "
                                 "WHERE a.id = ?",
                                 -1, &ask, NULL) == SQLITE_OK) {
        sqlite3_bind_int64(ask, 1, (sqlite3_int64)account);
        if (sqlite3_step(ask) == SQLITE_ROW)
            address = arena_str(a, str_z((const char *)sqlite3_column_text(ask, 0)));
    }
    sqlite3_finalize(ask);
    return address;
}

static void tell(const struct searching *s, const char *directory, struct backup_hit *out)
{
    sqlite3 *db = NULL;

    if (sqlite3_open_v2(arena_printf(s->a, "file:%s?immutable=1", directory).p, &db,
                        SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) != SQLITE_OK) {
        sqlite3_close(db);
        db = NULL;
    }
    for (size_t i = 0; i < s->n; i++)
        out[i] =
            (struct backup_hit){s->found[i].account == QUEUE ? STR("queue") : address_of(db, s->a, s->found[i].account),
                                s->found[i].name, s->found[i].uid, s->found[i].body};
    sqlite3_close(db);
}

enum st backup_hits(struct arena *a, const char *snapshot, const char *directory, const struct map *bodies, size_t max,
                    struct backup_hit **out, size_t *out_n)
{
    struct searching s = {.a = a, .bodies = bodies, .max = max};

    s.found = ARENA_ARRAY(a, struct found, max + 1);
    TRY(walk(&s, snapshot, look_at_message));
    s.max = s.n + 1;
    if (s.n)
        TRY(walk(&s, snapshot, look_at_mailbox));
    *out = ARENA_ARRAY(a, struct backup_hit, s.n + 1);
    tell(&s, directory, *out);
    *out_n = s.n;
    return ST_OK;
}
