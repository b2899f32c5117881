#include "backup/records.h"
#include "store/os_file.h"

#include <fcntl.h>

#define WINDOW (4u << 20)
#define MAGIC "RSRc"
#define RECORD_MOST (2ull << 30) /* of stored bytes; a head that says more is none */

static const struct os_file *const os = &os_file_system;

struct walk {
    struct backup_records *out;
    const struct segment_head *head;
    int fd;
    uint64_t at, end;
    char *window; /* bytes from window_at on */
    size_t window_n, window_cap;
    uint64_t window_at;
    bool in_gap;
};

/* n bytes from `at` on, which are there. */
static enum st look(struct walk *w, uint64_t at, size_t n, const char **out)
{
    if (at < w->window_at || at + n > w->window_at + w->window_n) {
        size_t want = (size_t)MIN(MAX(n, (size_t)WINDOW), w->end - at);

        if (want > w->window_cap)
            w->window = mem_resize(w->window, w->window_cap = want);
        w->window_n = 0;
        TRY(os->read(os, w->fd, w->window, want, at));
        w->window_at = at;
        w->window_n = want;
    }
    *out = w->window + (at - w->window_at);
    return ST_OK;
}

static void add(struct walk *w, const struct record_head *h)
{
    struct backup_records *r = w->out;

    if (h->type == RECORD_JOURNAL) {
        r->batches++;
        return;
    }
    if (r->n == r->cap) {
        r->cap = r->cap ? r->cap * 2 : 1024;
        r->list = mem_resize(r->list, r->cap * sizeof *r->list);
    }
    r->list[r->n++] = (struct backup_record){w->head->id, w->at, h->id, h->stored, h->hash};
}

static void step_over(struct walk *w)
{
    struct backup_records *r = w->out;

    if (!w->in_gap && r->n_gaps < BACKUP_GAPS_MAX)
        r->gaps[r->n_gaps++].from = w->at;
    w->in_gap = true;
    w->at += RECORD_ALIGN;
    r->gaps[r->n_gaps - 1].to = w->at;
}

static enum st step(struct walk *w)
{
    struct place place = {w->head->id, w->head->generation, w->at};
    struct record_head h;
    const char *p;

    TRY(look(w, w->at, RECORD_HEAD_BYTES, &p));
    if (memcmp(p, MAGIC, 4) != 0 || record_head_decode((const unsigned char *)p, &place, &h) != ST_OK ||
        h.stored > RECORD_MOST || h.stored > w->end - w->at - RECORD_HEAD_BYTES) {
        step_over(w);
        return ST_OK;
    }
    TRY(look(w, w->at + RECORD_HEAD_BYTES, h.stored, &p));
    if (bytes_hash(str_n(p, h.stored)) != h.hash) {
        step_over(w);
        return ST_OK;
    }
    add(w, &h);
    w->in_gap = false;
    w->at += record_bytes(h.stored);
    return ST_OK;
}

enum st backup_records_add(struct backup_records *r, const char *path, const struct segment_head *head, uint64_t bytes)
{
    struct walk w = {.out = r, .head = head, .at = SEGMENT_HEAD_BYTES, .end = bytes};
    uint64_t size;
    enum st st;

    r->n_gaps = 0;
    TRY(os->open(os, path, O_RDONLY, &w.fd));
    st = os->size(os, w.fd, &size);
    if (st == ST_OK && size < bytes)
        st = FAIL(ST_CORRUPT, "it ends too early");
    while (st == ST_OK && w.at + RECORD_HEAD_BYTES <= w.end)
        st = step(&w);
    os->close(os, w.fd);
    mem_free(w.window);
    return st;
}

void backup_records_fini(struct backup_records *r)
{
    mem_free(r->list);
    *r = (struct backup_records){0};
}
