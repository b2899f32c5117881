#include "store/image.h"
#include "base/must.h"
#include "store/inside.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#define MAGIC "RSTIMAG1"
#define CHUNK_MAGIC 0x69535352u /* "RSSi" */
#define LAYOUT 1u
#define HEAD_BYTES 128u
#define CHUNK_HEAD_BYTES 16u
#define CHUNKS_MAX 1000000u
#define NAMES_MAX 1000000u /* in one folder */

/* --- names ---------------------------------------------------------------------------------------------- */

/* Accounts' ids are random, so their last byte spreads them. */
static const char *folder_path(const struct store *s, struct arena *a, unsigned folder)
{
    return arena_printf(a, "%s/image/%02x", s->dir, folder).p;
}

static const char *path_of(const struct store *s, struct arena *a, uint64_t account, uint32_t number, bool is_tmp)
{
    return arena_printf(a, "%s/%016" PRIx64 "-%08" PRIx32 "%s", folder_path(s, a, (unsigned)(account & 0xff)), account,
                        number, is_tmp ? ".tmp" : ".img")
        .p;
}

static bool hex_number(struct str s, uint64_t *out)
{
    uint64_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        const char *digits = "0123456789abcdef", *at = s.p[i] ? strchr(digits, s.p[i]) : NULL;

        if (!at)
            return false;
        n = n << 4 | (uint64_t)(at - digits);
    }
    *out = n;
    return true;
}

static bool name_of(struct str file, struct image_name *out)
{
    struct str end = str_from(file, 25);
    uint64_t number;

    if (file.n != 29 || file.p[16] != '-' || !hex_number(str_sub(file, 0, 16), &out->account) ||
        !hex_number(str_sub(file, 17, 8), &number))
        return false;
    out->number = (uint32_t)number;
    out->is_tmp = str_eq(end, STR(".tmp"));
    return out->is_tmp || str_eq(end, STR(".img"));
}

/* --- the head --------------------------------------------------------------------------------------------- */

struct image_head {
    uint64_t account;
    uint32_t number, chunks;
    struct history_mark mark;
    uint64_t hash; /* of the chunks' hashes, one upon the other */
    struct str own;
    char room[IMAGE_HEAD_MAX];
};

static uint64_t chained(uint64_t hashes, uint64_t hash)
{
    uint64_t two[2] = {hashes, hash};

    return bytes_hash(str_n((const char *)two, sizeof two));
}

static void put_head(struct buf *b, const struct image_head *h)
{
    static const char zeros[IMAGE_HEAD_MAX];

    buf_add(b, STR(MAGIC));
    rec_put_u32(b, LAYOUT);
    rec_put_u32(b, h->chunks);
    rec_put_u64(b, h->account);
    rec_put_u32(b, h->number);
    rec_put_u32(b, (uint32_t)h->own.n);
    rec_put_u64(b, h->mark.run);
    rec_put_u64(b, h->mark.seq);
    rec_put_u64(b, h->hash);
    buf_add(b, h->own);
    buf_add(b, str_n(zeros, IMAGE_HEAD_MAX - h->own.n));
    rec_put_u64(b, bytes_hash(buf_str(b)));
    must(!b->over && b->n == HEAD_BYTES);
}

static enum st get_head(struct str bytes, struct image_head *out)
{
    struct rec r = rec_of(bytes);
    struct str own;
    uint32_t n;

    rec_need(&r, str_eq(rec_bytes(&r, sizeof MAGIC - 1), STR(MAGIC)) && rec_u32(&r) == LAYOUT);
    out->chunks = rec_u32(&r);
    out->account = rec_u64(&r);
    out->number = rec_u32(&r);
    n = rec_u32(&r);
    rec_need(&r, n <= IMAGE_HEAD_MAX && out->chunks <= CHUNKS_MAX);
    out->mark.run = rec_u64(&r);
    out->mark.seq = rec_u64(&r);
    out->hash = rec_u64(&r);
    own = rec_bytes(&r, IMAGE_HEAD_MAX);
    rec_need(&r, rec_u64(&r) == bytes_hash(str_sub(bytes, 0, HEAD_BYTES - 8)));
    TRY(rec_end(&r, "the head of an image"));
    memcpy(out->room, own.p, IMAGE_HEAD_MAX);
    out->own = str_n(out->room, n);
    return ST_OK;
}

/* --- writing ------------------------------------------------------------------------------------------------ */

struct image_writer {
    struct store *s;
    struct image_head head;
    int fd; /* -1: nothing was opened */
    uint64_t at;
    struct str chunk;
    bool is_whole;
    enum st st;
    struct err why;
};

/* Not on a disk that runs short: room for letters comes first. */
static enum st check_room(struct store *s)
{
    uint64_t room;

    TRY(s->os->free_space(s->os, s->dir, &room));
    return room > 2 * s->opt.reserve_bytes ? ST_OK : FAIL(ST_NOSPACE, "no room for images");
}

static enum st open_tmp(struct image_writer *w, struct arena *a)
{
    struct store *s = w->s;

    TRY(check_room(s));
    TRY(s->os->mkdir(s->os, arena_printf(a, "%s/image", s->dir).p));
    TRY(s->os->mkdir(s->os, folder_path(s, a, (unsigned)(w->head.account & 0xff))));
    return s->os->open(s->os, path_of(s, a, w->head.account, w->head.number, true), O_RDWR | O_CREAT | O_TRUNC, &w->fd);
}

static void run_open(void *arg)
{
    struct image_writer *w = arg;
    struct arena a = ARENA_INIT;

    w->st = open_tmp(w, &a);
    w->why = *err_get();
    arena_fini(&a);
}

/* What went wrong on another thread. */
static enum st told(enum st st, const struct err *why)
{
    return st == ST_OK || st == ST_NOTFOUND ? st : FAIL(st, "%s", why->text);
}

enum st image_create(struct store *s, uint64_t account, uint32_t number, struct image_writer **out)
{
    struct image_writer *w;
    enum st st;

    TRY(history_begin(s));
    w = MEM_NEW(struct image_writer);
    w->s = s;
    w->head.account = account;
    w->head.number = number;
    w->fd = -1;
    w->at = HEAD_BYTES;
    st = store_block(s, run_open, w);
    if (st == ST_OK)
        st = told(w->st, &w->why);
    if (st != ST_OK) {
        mem_free(w);
        return st;
    }
    *out = w;
    return ST_OK;
}

static enum st write_chunk(struct image_writer *w)
{
    const struct os_file *os = w->s->os;
    uint64_t hash = bytes_hash(w->chunk);
    struct buf head;
    enum st st;

    buf_init(&head, CHUNK_HEAD_BYTES);
    rec_put_u32(&head, CHUNK_MAGIC);
    rec_put_u32(&head, (uint32_t)w->chunk.n);
    rec_put_u64(&head, hash);
    st = os->write(os, w->fd, head.p, head.n, w->at);
    buf_fini(&head);
    TRY(st);
    TRY(os->write(os, w->fd, w->chunk.p, w->chunk.n, w->at + CHUNK_HEAD_BYTES));
    w->at += CHUNK_HEAD_BYTES + w->chunk.n;
    w->head.hash = chained(w->head.hash, hash);
    w->head.chunks++;
    return ST_OK;
}

static void run_chunk(void *arg)
{
    struct image_writer *w = arg;

    w->st = write_chunk(w);
    w->why = *err_get();
}

enum st image_add(struct image_writer *w, struct str chunk)
{
    must(chunk.n && chunk.n <= IMAGE_CHUNK_MAX && w->head.chunks < CHUNKS_MAX);
    w->chunk = chunk;
    TRY(store_block(w->s, run_chunk, w));
    return told(w->st, &w->why);
}

static enum st put_in_place(struct image_writer *w, struct arena *a)
{
    const struct os_file *os = w->s->os;
    const char *tmp = path_of(w->s, a, w->head.account, w->head.number, true);
    struct buf head;
    enum st st = ST_OK;

    buf_init(&head, HEAD_BYTES);
    if (w->is_whole) {
        put_head(&head, &w->head);
        st = os->write(os, w->fd, head.p, head.n, 0);
    }
    buf_fini(&head);
    os->close(os, w->fd);
    if (w->is_whole && st == ST_OK)
        return os->rename(os, tmp, path_of(w->s, a, w->head.account, w->head.number, false));
    IGNORE(os->unlink(os, tmp)); /* the next one writes over it */
    return st;
}

static void run_end(void *arg)
{
    struct image_writer *w = arg;
    struct arena a = ARENA_INIT;

    w->st = put_in_place(w, &a);
    w->why = *err_get();
    arena_fini(&a);
}

enum st image_end(struct image_writer *w, struct str head)
{
    enum st st;

    must(head.n <= IMAGE_HEAD_MAX);
    w->head.own = head;
    w->head.mark = history_mark(w->s);
    w->is_whole = head.n > 0;
    st = store_block(w->s, run_end, w);
    if (st != ST_OK) /* the pool has no room: by itself, it is short */
        run_end(w);
    st = told(w->st, &w->why);
    mem_free(w);
    return st;
}

/* --- reading ------------------------------------------------------------------------------------------------- */

struct reading {
    struct store *s;
    uint64_t account;
    uint32_t number;
    const struct image_taker *taker;
    int fd;
    char *room;
    enum st st;
    struct err why;
};

static enum st read_chunk(struct reading *r, uint64_t *at, uint64_t *hashes)
{
    const struct os_file *os = r->s->os;
    char head[CHUNK_HEAD_BYTES];
    struct rec rec = rec_of(str_n(head, sizeof head));
    uint64_t hash;
    uint32_t n;

    TRY(os->read(os, r->fd, head, sizeof head, *at));
    rec_need(&rec, rec_u32(&rec) == CHUNK_MAGIC);
    n = rec_u32(&rec);
    hash = rec_u64(&rec);
    rec_need(&rec, n && n <= IMAGE_CHUNK_MAX);
    TRY(rec_end(&rec, "a chunk of an image"));
    TRY(os->read(os, r->fd, r->room, n, *at + CHUNK_HEAD_BYTES));
    if (bytes_hash(str_n(r->room, n)) != hash)
        return FAIL(ST_CORRUPT, "a chunk of an image does not verify");
    *at += CHUNK_HEAD_BYTES + n;
    *hashes = chained(*hashes, hash);
    return r->taker->chunk(r->taker->arg, str_n(r->room, n));
}

static enum st read_all(struct reading *r)
{
    const struct os_file *os = r->s->os;
    uint64_t at = HEAD_BYTES, hashes = 0, size;
    struct image_head h;
    char bytes[HEAD_BYTES];

    TRY(os->read(os, r->fd, bytes, sizeof bytes, 0));
    TRY(get_head(str_n(bytes, sizeof bytes), &h));
    if (h.account != r->account || h.number != r->number || !history_has(r->s, &h.mark))
        return ST_NOTFOUND;
    TRY(r->taker->head(r->taker->arg, h.own));
    r->room = mem_new(IMAGE_CHUNK_MAX);
    for (uint32_t i = 0; i < h.chunks; i++)
        TRY(read_chunk(r, &at, &hashes));
    TRY(os->size(os, r->fd, &size));
    return hashes == h.hash && size == at ? ST_OK : FAIL(ST_CORRUPT, "an image is not whole");
}

static void run_read(void *arg)
{
    struct reading *r = arg;
    const struct os_file *os = r->s->os;
    struct arena a = ARENA_INIT;

    r->st = os->open(os, path_of(r->s, &a, r->account, r->number, false), O_RDONLY, &r->fd);
    if (r->st == ST_OK) {
        r->st = read_all(r);
        os->close(os, r->fd);
    }
    r->why = *err_get();
    mem_free(r->room);
    arena_fini(&a);
}

enum st image_read(struct store *s, uint64_t account, uint32_t number, const struct image_taker *t)
{
    struct reading r = {.s = s, .account = account, .number = number, .taker = t, .fd = -1};

    if (!atomic_load(&s->history.run))
        return ST_NOTFOUND;
    TRY(store_block(s, run_read, &r));
    return told(r.st, &r.why);
}

/* --- removing, and what there is -------------------------------------------------------------------------------- */

struct removal {
    struct store *s;
    uint64_t account;
    uint32_t number;
    bool is_tmp;
    enum st st;
    struct err why;
};

static void run_remove(void *arg)
{
    struct removal *m = arg;
    struct arena a = ARENA_INIT;

    m->st = m->s->os->unlink(m->s->os, path_of(m->s, &a, m->account, m->number, m->is_tmp));
    m->why = *err_get();
    arena_fini(&a);
}

static enum st remove_file(struct removal *m) SUSPENDS
{
    TRY(store_block(m->s, run_remove, m));
    return m->st == ST_NOTFOUND ? ST_OK : told(m->st, &m->why);
}

enum st image_remove(struct store *s, uint64_t account, uint32_t number)
{
    if (!atomic_load(&s->history.run))
        return ST_OK;
    return remove_file(&(struct removal){.s = s, .account = account, .number = number});
}

enum st image_remove_tmp(struct store *s, uint64_t account, uint32_t number)
{
    return remove_file(&(struct removal){.s = s, .account = account, .number = number, .is_tmp = true});
}

struct listing {
    struct store *s;
    unsigned folder;
    struct arena *a;
    struct str *files;
    size_t n;
    enum st st;
    struct err why;
};

static void run_list(void *arg)
{
    struct listing *l = arg;

    l->st = l->s->os->list(l->s->os, l->a, folder_path(l->s, l->a, l->folder), NAMES_MAX, &l->files, &l->n);
    l->why = *err_get();
}

enum st image_list(struct store *s, unsigned folder, struct arena *a, struct image_name **out, size_t *out_n)
{
    struct listing l = {.s = s, .folder = folder, .a = a};
    size_t n = 0;

    TRY(store_block(s, run_list, &l));
    if (l.st == ST_NOTFOUND)
        l.n = 0;
    else
        TRY(told(l.st, &l.why));
    *out = ARENA_ARRAY(a, struct image_name, l.n);
    for (size_t i = 0; i < l.n; i++)
        if (name_of(l.files[i], &(*out)[n]))
            n++;
    *out_n = n;
    return ST_OK;
}

/* Each folder is synced: a power cut must not bring them back. */
static enum st empty_folder(struct store *s, unsigned folder, struct str begin)
{
    struct arena a = ARENA_INIT;
    const char *path = folder_path(s, &a, folder);
    bool is_changed = false;
    struct str *names;
    size_t n = 0;
    enum st st = s->os->list(s->os, &a, path, NAMES_MAX, &names, &n);

    for (size_t i = 0; st == ST_OK && i < n; i++) {
        if (!str_starts(names[i], begin))
            continue;
        st = s->os->unlink(s->os, arena_printf(&a, "%s/%.*s", path, STR_ARGS(names[i])).p);
        is_changed = true;
    }
    if (st == ST_OK && is_changed)
        st = s->os->sync_dir(s->os, path);
    arena_fini(&a);
    return st == ST_NOTFOUND ? ST_OK : st;
}

enum st store_images_remove(struct store *s, const uint64_t *only_account)
{
    char begin[20] = "";

    if (only_account) {
        snprintf(begin, sizeof begin, "%016" PRIx64 "-", *only_account);
        return empty_folder(s, (unsigned)(*only_account & 0xff), str_z(begin));
    }
    for (unsigned i = 0; i < IMAGE_FOLDERS; i++)
        TRY(empty_folder(s, i, STR_NONE));
    return ST_OK;
}
