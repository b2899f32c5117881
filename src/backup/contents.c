#include "backup/contents.h"
#include "mail/layout.h"

enum st backup_row_next(struct snap_reader *r, struct backup_row *out)
{
    struct str key, value;
    struct rec head;

    TRY(snap_reader_next(r, &key, &value));
    head = rec_of(str_sub(key, 0, 8));
    *out = (struct backup_row){rec_u64_be(&head), str_from(key, 8), value};
    return ST_OK;
}

/* The number behind the letter in a key of the store's own account. */
static bool is_own_row(const struct backup_row *row, char letter, uint64_t *out_number)
{
    struct rec r = rec_of(str_from(row->key, 1));

    if (row->account != ACCOUNT_STORE || row->key.n != ROW_KEY_BYTES - 8 || row->key.p[0] != letter)
        return false;
    *out_number = rec_u64_be(&r);
    return true;
}

bool backup_row_is_body(const struct backup_row *row, struct blob_row *out)
{
    uint64_t id;

    return is_own_row(row, ROW_BLOB, &id) && blob_row_of(row->value, id, out) == ST_OK;
}

struct counting {
    struct arena *a;
    struct backup_contents *out;
    size_t cap;
};

static enum st add_segment(struct counting *c, const struct backup_row *row)
{
    struct backup_contents *o = c->out;
    struct segment_row seg;

    TRY(segment_row_of(row->value, &seg));
    if (seg.is_gone || seg.head.kind == SEGMENT_SPARE || seg.used <= SEGMENT_HEAD_BYTES)
        return ST_OK;
    if (o->n_segments == c->cap) {
        struct segment_row *more = ARENA_ARRAY(c->a, struct segment_row, c->cap = c->cap ? c->cap * 2 : 256);

        if (o->n_segments)
            memcpy(more, o->segments, o->n_segments * sizeof *more);
        o->segments = more;
    }
    o->segments[o->n_segments++] = seg;
    return ST_OK;
}

/* Account 0 is the queue's; what is damaged is told by verifying, not here. */
static void count_mail(struct counting *c, const struct backup_row *row)
{
    struct mailbox_rec mailbox;
    uint32_t id;

    if (row->account && row->account < ACCOUNT_DICTIONARIES && row->key.n && row->key.p[0] == KEY_MAILBOX &&
        mailbox_rec_get(row->key, row->value, &id, &mailbox) == ST_OK)
        c->out->messages += mailbox.messages;
}

static enum st count_all(struct counting *c, struct snap_reader *r)
{
    struct backup_row row;
    uint64_t number;
    enum st st;

    while ((st = backup_row_next(r, &row)) == ST_OK) {
        if (is_own_row(&row, ROW_SEGMENT, &number))
            TRY(add_segment(c, &row));
        else
            count_mail(c, &row);
    }
    return st == ST_EOF ? ST_OK : st;
}

enum st backup_contents_read(struct arena *a, const char *path, struct backup_contents *out)
{
    struct backup_contents got = {0};
    struct counting c = {.a = a, .out = &got};
    struct snap_reader r;
    enum st st;

    TRY(snap_reader_open(&r, &os_file_system, path));
    got.head = r.head;
    st = count_all(&c, &r);
    snap_reader_close(&r);
    TRY(st);
    *out = got;
    return ST_OK;
}
