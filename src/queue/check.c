#include "queue/check.h"

#include "base/clock.h"
#include "base/codec.h"
#include "base/must.h"
#include "queue/entry.h"

#include <inttypes.h>
#include <stdlib.h>

#define QUEUE_ACCOUNT 0
#define CHANGES_AT_ONCE 1000 /* in one commit of a repair */
#define LETTER_MOST 65536
#define NAMED_MOST 100 /* recipients, in the text of a letter that came back */

struct reading {
    struct store_report *r;
    struct arena arena;
    struct entry_counts said;
    struct queue_counts found;
    uint64_t n_future_rows, future_rows, n_future, future; /* likewise, of those that are to leave later */
    uint64_t due_rows, due_entries; /* sums over id and due time of both sides: equal when they are the same */
    uint64_t n_due_rows, n_due_entries;
};

static uint64_t mixed(int priority, struct entry_place place)
{
    return (place.due_us ^ place.id * 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u + (uint64_t)priority;
}

static void read_due(struct reading *g, struct str key)
{
    struct entry_place place;
    int priority;

    g->n_due_rows++; /* also one that is none */
    if (entry_is_due_key(key, &priority, &place))
        g->due_rows += mixed(priority, place);
}

static uint64_t checksum(struct str key, struct str value)
{
    uint64_t sum = 14695981039346656037u;

    for (size_t i = 0; i < key.n; i++)
        sum = (sum ^ (unsigned char)key.p[i]) * 1099511628211u;
    for (size_t i = 0; i < value.n; i++)
        sum = (sum ^ (unsigned char)value.p[i]) * 1099511628211u;
    return sum;
}

static bool read_entry(struct reading *g, struct str key, struct str value, uint64_t *out_blob)
{
    struct queue_entry e;

    if (key.n != 9 || entry_decode(&g->arena, entry_id_of(key), value, &e) != ST_OK) {
        store_tell(g->r, "queue", QUEUE_ACCOUNT, "entry %" PRIu64 " of the queue is damaged", entry_id_of(key));
        return false;
    }
    g->found.entries++;
    g->found.held += e.held;
    g->found.bytes += e.size;
    if (queue_release_us(&e)) {
        g->n_future++;
        g->future += checksum(entry_future_key(&g->arena, e.account, e.id), entry_future_value(&g->arena, &e));
    }
    if (!e.held) {
        g->n_due_entries++;
        g->due_entries += mixed(e.priority, (struct entry_place){e.due_us, e.id});
    }
    *out_blob = e.blob;
    return true;
}

static void compare(struct reading *g)
{
    const struct queue_counts *s = &g->said.counts, *f = &g->found;

    if (s->entries != f->entries || s->held != f->held || s->bytes != f->bytes)
        store_tell(g->r, "counts", QUEUE_ACCOUNT,
                   "the queue counts %" PRIu64 " entries, %" PRIu64 " held, %" PRIu64 " bytes; there are %" PRIu64
                   ", %" PRIu64 ", %" PRIu64,
                   s->entries, s->held, s->bytes, f->entries, f->held, f->bytes);
    if (g->n_future_rows != g->n_future || g->future_rows != g->future)
        store_tell(g->r, "queue", QUEUE_ACCOUNT, "the list of letters that leave later does not fit the letters");
    if (g->n_due_rows != g->n_due_entries || g->due_rows != g->due_entries)
        store_tell(g->r, "queue", QUEUE_ACCOUNT, "the order in which letters are due does not fit the letters");
}

enum st queue_check(struct store_view *v, struct store_report *r, void (*refer)(void *arg, uint64_t id, uint64_t blob),
                    void *arg, uint64_t *out_entries)
{
    const uint64_t queue = QUEUE_ACCOUNT;
    struct reading g = {.r = r};
    struct str key, value;
    uint64_t account, blob;

    store_view_begin(v, &queue);
    while (store_goes_on(r) && store_view_next(v, &account, &key, &value)) {
        char letter = key.n ? key.p[0] : 0;

        arena_reset(&g.arena);
        if (letter == 'C' && counts_decode(value, &g.said) != ST_OK)
            store_tell(r, "queue", QUEUE_ACCOUNT, "the counts of the queue are damaged");
        else if (letter == 'D' || letter == 'P')
            read_due(&g, key);
        else if (letter == 'F' && ++g.n_future_rows)
            g.future_rows += checksum(key, value);
        else if (letter == 'Q' && read_entry(&g, key, value, &blob))
            refer(arg, entry_id_of(key), blob);
    }
    arena_fini(&g.arena);
    TRY(store_view_end(v));
    if (r->is_stopped)
        return FAIL(ST_CANCELED, "the check was stopped");
    compare(&g);
    *out_entries = g.found.entries;
    return ST_OK;
}

/* --- repairing ---------------------------------------------------------------------------------------------- */

struct repair {
    struct store *s;
    struct queue_repaired *out;
    const uint64_t *bad;
    size_t n_bad;
    struct str host;
    struct arena arena, row; /* of a commit; of one row */
    struct kv_change changes[CHANGES_AT_ONCE];
    struct kv_deref derefs[CHANGES_AT_ONCE];
    struct kv_blob blobs[CHANGES_AT_ONCE];
    size_t n, n_derefs, n_blobs;
    uint64_t version;
    struct entry_counts counts;
};

static enum st flush(struct repair *f) SUSPENDS
{
    struct kv_part part = {.account = QUEUE_ACCOUNT, .expected_version = f->version, .changes = f->changes, .n = f->n};
    struct kv_part *parts[] = {&part};
    struct kv_commit c = {.parts = parts,
                          .n_parts = 1,
                          .blobs = f->blobs,
                          .n_blobs = f->n_blobs,
                          .derefs = f->derefs,
                          .n_derefs = f->n_derefs};

    part.chain = kv_chain(f->s, QUEUE_ACCOUNT);
    TRY(kv_commit(f->s, &c));
    f->version++;
    f->n = f->n_derefs = f->n_blobs = 0;
    arena_reset(&f->arena);
    return ST_OK;
}

static void put(struct repair *f, int op, struct str key, struct str value)
{
    f->changes[f->n++] = (struct kv_change){arena_str(&f->arena, key), arena_str(&f->arena, value), op};
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static bool is_bad(const struct repair *f, uint64_t blob)
{
    return f->n_bad && bsearch(&blob, f->bad, f->n_bad, sizeof blob, by_number);
}

static struct str returned_letter(struct repair *f, const struct queue_entry *e)
{
    uint64_t now = clock_wall_us();
    size_t named = 0;
    struct buf b;
    struct str letter;

    buf_init(&b, LETTER_MOST);
    buf_addf(&b,
             "From: Mail Delivery System <MAILER-DAEMON@%.*s>\r\nTo: <%.*s>\r\nSubject: Your letter was not sent\r\n"
             "Date: %.*s\r\nMessage-ID: <%" PRIx64 ".%" PRIx64
             "@%.*s>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
             "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
             "A letter that you sent on %.*s was damaged on the disk of this server\r\n"
             "before it could be sent on, and is lost. It has not reached:\r\n\r\n",
             STR_ARGS(f->host), STR_ARGS(e->reverse_path), STR_ARGS(time_rfc5322(&f->row, now)), now, e->id,
             STR_ARGS(f->host), STR_ARGS(time_rfc5322(&f->row, e->arrival_us)));
    for (size_t i = 0; i < e->n_rcpts && named < NAMED_MOST; i++)
        if (e->rcpts[i].state == QUEUE_RCPT_WAITING && ++named)
            buf_addf(&b, "  <%.*s>\r\n", STR_ARGS(e->rcpts[i].address));
    buf_add(&b, STR("\r\nPlease send it again.\r\n"));
    letter = arena_str(&f->arena, buf_str(&b));
    buf_fini(&b);
    return letter;
}

static bool waits(const struct queue_entry *e)
{
    for (size_t i = 0; i < e->n_rcpts; i++)
        if (e->rcpts[i].state == QUEUE_RCPT_WAITING)
            return true;
    return false;
}

/* The entry becomes the letter that goes back. */
static void turn_back(struct repair *f, struct queue_entry *e)
{
    struct str letter = returned_letter(f, e);
    struct queue_rcpt *to = ARENA_NEW(&f->arena, struct queue_rcpt);
    uint64_t id = e->id;

    to->address = e->reverse_path;
    *e = (struct queue_entry){.id = id,
                              .blob = blob_new_id(f->s),
                              .size = letter.n,
                              .arrival_us = clock_wall_us(),
                              .due_us = clock_wall_us(),
                              .reverse_path = STR(""),
                              .rcpts = to,
                              .n_rcpts = 1};
    f->blobs[f->n_blobs++] = (struct kv_blob){.id = e->blob, .bytes = letter, .refs = 1};
    f->out->returned++;
}

static void count(struct repair *f, const struct queue_entry *e)
{
    struct entry_counts *c = &f->counts;

    c->counts.entries++;
    c->counts.held += e->held;
    c->counts.bytes += e->size;
    c->low_id = MIN(c->low_id, e->id);
    if (!e->held)
        c->low_due_us = MIN(c->low_due_us, e->due_us);
}

static enum st repair_entry(struct repair *f, struct str key, struct str value) SUSPENDS
{
    struct queue_entry e;
    uint64_t size;
    enum st st = key.n == 9 ? entry_decode(&f->row, entry_id_of(key), value, &e) : ST_CORRUPT;
    bool bad;

    if (st == ST_CORRUPT) { /* its body is found without a reference, and written out */
        put(f, KV_DEL, key, STR_NONE);
        f->out->dropped++;
        return ST_OK;
    }
    TRY(st);
    st = blob_size(f->s, e.blob, &size);
    if (st != ST_OK && st != ST_NOTFOUND)
        return st;
    bad = is_bad(f, e.blob);
    if (st == ST_OK && bad)
        f->derefs[f->n_derefs++] = (struct kv_deref){e.blob, -1};
    bad = bad || st == ST_NOTFOUND;
    if (bad && (!e.reverse_path.n || !waits(&e))) {
        put(f, KV_DEL, key, STR_NONE);
        f->out->dropped++;
        return ST_OK;
    }
    if (bad) {
        turn_back(f, &e);
        TRY(entry_encode(&f->row, &e, &value));
        put(f, KV_PUT, key, value);
    }
    if (queue_release_us(&e))
        put(f, KV_PUT, entry_future_key(&f->row, e.account, e.id), entry_future_value(&f->row, &e));
    if (!e.held)
        put(f, KV_PUT, entry_due_key(&f->row, e.priority, (struct entry_place){e.due_us, e.id}), STR_NONE);
    count(f, &e);
    return ST_OK;
}

static enum st repair_all(struct repair *f, struct store_view *v) SUSPENDS
{
    const uint64_t queue = QUEUE_ACCOUNT;
    struct str key, value;
    uint64_t account;
    enum st st = ST_OK;

    put(f, KV_DEL_RANGE, STR("D"), STR("E"));
    put(f, KV_DEL_RANGE, STR("P"), STR("Q"));
    put(f, KV_DEL_RANGE, STR("F"), STR("G"));
    TRY(flush(f));
    store_view_begin(v, &queue);
    while (st == ST_OK && store_view_next(v, &account, &key, &value)) {
        arena_reset(&f->row);
        if (key.n && key.p[0] == 'Q')
            st = repair_entry(f, key, value);
        if (st == ST_OK && f->n > CHANGES_AT_ONCE - 4)
            st = flush(f);
    }
    TRY(store_view_end(v));
    TRY(st);
    if (!f->counts.counts.entries)
        f->counts.low_id = f->version + 2;
    put(f, KV_PUT, counts_key(), counts_encode(&f->arena, &f->counts));
    return flush(f);
}

enum st queue_repair(struct store *s, const uint64_t *bad, size_t n_bad, struct str host, struct queue_repaired *out)
{
    struct repair *f = MEM_NEW(struct repair);
    struct store_view *v;
    enum st st;

    *out = (struct queue_repaired){0};
    *f = (struct repair){.s = s,
                         .out = out,
                         .bad = bad,
                         .n_bad = n_bad,
                         .host = host,
                         .counts = {.low_id = UINT64_MAX, .low_due_us = UINT64_MAX}};
    store_view_open(s, &v);
    st = store_view_version(v, QUEUE_ACCOUNT, &f->version);
    if (st == ST_OK)
        st = repair_all(f, v);
    store_view_close(v);
    arena_fini(&f->arena);
    arena_fini(&f->row);
    mem_free(f);
    return st;
}
