#include "image.h"
#include "base/must.h"
#include "base/arena.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECTOR = 512, FDS = 4096, SYNCS_AT_ONCE = 256 };

struct piece { /* not synced */
    enum { PIECE_WRITE, PIECE_TRUNCATE, PIECE_GROW } kind;
    uint64_t offset, n;
    const char *p; /* in the trace */
};

struct inode {
    bool is_dir;
    char *p; /* durable */
    uint64_t n, cap;
    struct piece *pieces;
    size_t pieces_n, pieces_cap;
    uint64_t synced; /* pieces that were, before these */
};

struct name {
    char *path;
    int inode;
};

struct names {
    struct name *list;
    size_t n, cap;
};

struct change { /* of names, not synced */
    enum { NAME_ADD, NAME_MOVE, NAME_REMOVE } kind;
    int inode; /* which the name had, or gets */
    char *path, *to;
    uint64_t number;
};

struct image {
    struct inode *inodes;
    size_t inodes_n, inodes_cap;
    struct names now, durable;
    struct change *changes;
    size_t changes_n, changes_cap;
    uint64_t changes_made;
    int fds[FDS];
    struct syncing { /* how far a sync that goes on reaches */
        uint64_t number, pieces, changes;
    } syncing[SYNCS_AT_ONCE];
};

static uint64_t pick(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return (*x * 0x2545f4914f6cdd1d) >> 11;
}

#define GROW(list, n, cap)                                                                                             \
    do {                                                                                                               \
        if ((n) == (cap))                                                                                              \
            (list) = mem_resize((list), ((cap) = (cap)*2 + 16) * sizeof *(list));                                      \
    } while (0)

static char *copy(const char *path)
{
    char *p = strdup(path);

    must(p);
    return p;
}

/* --- cuts ------------------------------------------------------------------------------------------------ */

struct cut cut_by(uint64_t seed)
{
    static const unsigned percents[] = {10, 50, 90};
    uint64_t x = seed * 2 + 1;
    struct cut c = {.seed = seed};

    for (int i = 0; i < 4; i++)
        pick(&x);
    c.writes = (unsigned)(pick(&x) % WRITES_KINDS);
    c.names = (unsigned)(pick(&x) % NAMES_KINDS);
    c.percent = percents[pick(&x) % 3];
    return c;
}

void cut_text(const struct cut *c, char *out, size_t n)
{
    static const char *const writes[] = {"lost", "kept", "kept up to one", "some kept", "torn"};
    static const char *const names[] = {"lost", "kept", "kept up to one", "kept up to one per folder", "some kept"};

    snprintf(out, n, "unsynced writes %s, names %s, %u%%, seed %llu", writes[c->writes], names[c->names], c->percent,
             (unsigned long long)c->seed);
}

/* --- files ------------------------------------------------------------------------------------------------- */

static void resize(struct inode *i, uint64_t n)
{
    if (n > i->cap) {
        i->cap = n + n / 4 + 4096;
        i->p = mem_resize(i->p, i->cap);
    }
    if (n > i->n)
        memset(i->p + i->n, 0, n - i->n);
    i->n = n;
}

static void write_at(struct inode *i, uint64_t offset, const char *p, uint64_t n)
{
    resize(i, MAX(i->n, offset + n));
    memcpy(i->p + offset, p, n);
}

static void put_sectors(struct inode *i, const struct piece *p, unsigned percent, uint64_t *x)
{
    for (uint64_t at = p->offset, end; at < p->offset + p->n; at = end) {
        end = MIN(p->offset + p->n, at / SECTOR * SECTOR + SECTOR);
        if (pick(x) % 100 < percent)
            write_at(i, at, p->p + (at - p->offset), end - at);
    }
}

static void put(struct inode *i, const struct piece *p)
{
    if (p->kind == PIECE_WRITE)
        write_at(i, p->offset, p->p, p->n);
    else if (p->kind == PIECE_TRUNCATE || p->offset > i->n)
        resize(i, p->offset);
}

static void add_piece(struct inode *i, struct piece p)
{
    GROW(i->pieces, i->pieces_n, i->pieces_cap);
    i->pieces[i->pieces_n++] = p;
}

static void sync_file(struct inode *i, uint64_t up_to)
{
    size_t n = up_to > i->synced ? (size_t)(up_to - i->synced) : 0; /* else another sync has done it */

    for (size_t k = 0; k < n; k++)
        put(i, &i->pieces[k]);
    if (n)
        memmove(i->pieces, i->pieces + n, (i->pieces_n - n) * sizeof *i->pieces);
    i->pieces_n -= n;
    i->synced += n;
}

static int new_inode(struct image *im, bool is_dir)
{
    GROW(im->inodes, im->inodes_n, im->inodes_cap);
    im->inodes[im->inodes_n] = (struct inode){.is_dir = is_dir};
    return (int)im->inodes_n++;
}

/* --- names ---------------------------------------------------------------------------------------------------- */

static struct name *find(const struct names *t, const char *path)
{
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->list[i].path, path) == 0)
            return &t->list[i];
    return NULL;
}

static void set_name(struct names *t, const char *path, int inode)
{
    struct name *n = find(t, path);

    if (n) {
        n->inode = inode;
        return;
    }
    GROW(t->list, t->n, t->cap);
    t->list[t->n++] = (struct name){copy(path), inode};
}

static void drop_name(struct names *t, const char *path, int inode)
{
    struct name *n = find(t, path);

    if (!n || n->inode != inode)
        return;
    free(n->path);
    *n = t->list[--t->n];
}

static void apply(struct names *t, const struct change *c)
{
    if (c->kind == NAME_REMOVE || c->kind == NAME_MOVE)
        drop_name(t, c->path, c->inode);
    if (c->kind != NAME_REMOVE)
        set_name(t, c->kind == NAME_MOVE ? c->to : c->path, c->inode);
}

static struct names copy_names(const struct names *t)
{
    struct names out = {0};

    for (size_t i = 0; i < t->n; i++)
        set_name(&out, t->list[i].path, t->list[i].inode);
    return out;
}

static void free_names(struct names *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->list[i].path);
    mem_free(t->list);
}

static void change_names(struct image *im, struct change c)
{
    apply(&im->now, &c);
    GROW(im->changes, im->changes_n, im->changes_cap);
    c.path = copy(c.path);
    c.to = c.to ? copy(c.to) : NULL;
    c.number = im->changes_made++;
    im->changes[im->changes_n++] = c;
}

static bool is_in(const char *path, const char *dir)
{
    size_t n = strlen(dir);
    const char *slash = strrchr(path, '/');

    return slash ? (size_t)(slash - path) == n && strncmp(path, dir, n) == 0 : n == 0;
}

static const char *path_of(const struct image *im, int inode)
{
    for (size_t i = 0; i < im->now.n; i++)
        if (im->now.list[i].inode == inode)
            return im->now.list[i].path;
    return NULL;
}

static void sync_dir(struct image *im, const char *dir, uint64_t up_to)
{
    size_t left = 0;

    for (size_t i = 0; i < im->changes_n; i++) {
        struct change *c = &im->changes[i];

        if (c->number < up_to && (is_in(c->path, dir) || (c->to && is_in(c->to, dir)))) {
            apply(&im->durable, c);
            free(c->path);
            free(c->to);
        } else {
            im->changes[left++] = *c;
        }
    }
    im->changes_n = left;
}

/* --- the trace -------------------------------------------------------------------------------------------------- */

static void step_open(struct image *im, const struct disk_event *e)
{
    struct name *n = find(&im->now, e->data);
    int inode = n ? n->inode : -1;

    if (inode < 0 && (e->flags & O_CREAT)) {
        inode = new_inode(im, false);
        change_names(im, (struct change){NAME_ADD, inode, (char *)(uintptr_t)e->data, NULL});
    } else if (inode >= 0 && (e->flags & O_TRUNC)) {
        add_piece(&im->inodes[inode], (struct piece){PIECE_TRUNCATE, 0, 0, NULL});
    }
    im->fds[e->fd] = inode;
}

static void step_name(struct image *im, const struct disk_event *e)
{
    char *path = (char *)(uintptr_t)e->data;
    struct name *n = find(&im->now, path);

    if (e->op == DISK_MKDIR)
        change_names(im, (struct change){NAME_ADD, new_inode(im, true), path, NULL});
    else if (n && e->op == DISK_RENAME)
        change_names(im, (struct change){NAME_MOVE, n->inode, path, path + strlen(path) + 1});
    else if (n)
        change_names(im, (struct change){NAME_REMOVE, n->inode, path, NULL});
}

static void step_syncing(struct image *im, int inode, uint64_t number)
{
    const struct inode *i = &im->inodes[inode];

    im->syncing[number % SYNCS_AT_ONCE] = (struct syncing){number, i->synced + i->pieces_n, im->changes_made};
}

static void step_sync(struct image *im, int inode, uint64_t number)
{
    const struct syncing *s = &im->syncing[number % SYNCS_AT_ONCE];

    must(s->number == number);
    if (!im->inodes[inode].is_dir)
        sync_file(&im->inodes[inode], s->pieces);
    else if (path_of(im, inode))
        sync_dir(im, path_of(im, inode), s->changes);
}

void image_step(struct image *im, const struct disk_event *e)
{
    int inode = e->fd >= 0 && e->op != DISK_OPEN ? im->fds[e->fd] : -1;

    if (e->op == DISK_OPEN)
        step_open(im, e);
    else if (e->op == DISK_RENAME || e->op == DISK_UNLINK || e->op == DISK_RMDIR || e->op == DISK_MKDIR)
        step_name(im, e);
    else if (inode < 0)
        return;
    else if (e->op == DISK_WRITE)
        add_piece(&im->inodes[inode], (struct piece){PIECE_WRITE, e->offset, e->n, e->data});
    else if (e->op == DISK_TRUNCATE)
        add_piece(&im->inodes[inode], (struct piece){PIECE_TRUNCATE, e->offset, 0, NULL});
    else if (e->op == DISK_ALLOCATE)
        add_piece(&im->inodes[inode], (struct piece){PIECE_GROW, e->offset, 0, NULL});
    else if (e->op == DISK_SYNCING)
        step_syncing(im, inode, e->offset);
    else if (e->op == DISK_SYNC)
        step_sync(im, inode, e->offset);
    else if (e->op == DISK_CLOSE)
        im->fds[e->fd] = -1;
}

bool image_has_unsynced(const struct image *im)
{
    if (im->changes_n)
        return true;
    for (size_t i = 0; i < im->inodes_n; i++)
        if (im->inodes[i].pieces_n)
            return true;
    return false;
}

/* --- writing it out ------------------------------------------------------------------------------------------------ */

static bool is_name_kept(const struct cut *c, size_t i, size_t limit, uint64_t *x)
{
    switch (c->names) {
    case NAMES_LOST: return false;
    case NAMES_FIRST: return i < limit;
    case NAMES_SOME: return pick(x) % 100 < c->percent;
    default: return true;
    }
}

static uint64_t folder_limit(const char *path, uint64_t seed, size_t n)
{
    const char *slash = strrchr(path, '/');
    uint64_t x = seed | 1;

    for (const char *p = path; slash && p < slash; p++)
        x = (x + (unsigned char)*p) * 0x9e3779b97f4a7c15;
    x |= 1;
    pick(&x);
    return pick(&x) % (n + 1);
}

static struct names cut_names(const struct image *im, const struct cut *c, uint64_t *x)
{
    struct names out = copy_names(&im->durable);
    size_t limit = pick(x) % (im->changes_n + 1);

    for (size_t i = 0; i < im->changes_n; i++) {
        const struct change *ch = &im->changes[i];
        /* RocksDB relies on what journaling file systems do: changes in one folder take effect in their order. */
        bool in_order =
            c->names == NAMES_FIRST_PER_FOLDER || (c->names == NAMES_SOME && strncmp(ch->path, "index/", 6) == 0);
        bool kept = in_order ? i < folder_limit(ch->path, c->seed, im->changes_n) : is_name_kept(c, i, limit, x);

        if (kept)
            apply(&out, ch);
    }
    return out;
}

static void cut_file(const struct inode *i, const struct cut *c, uint64_t *x, struct inode *out)
{
    size_t limit = pick(x) % (i->pieces_n + 1);

    resize(out, i->n);
    if (i->n)
        memcpy(out->p, i->p, i->n);
    for (size_t k = 0; k < i->pieces_n && c->writes != WRITES_LOST; k++) {
        const struct piece *p = &i->pieces[k];

        if (c->writes == WRITES_KEPT || (c->writes == WRITES_FIRST && k < limit))
            put(out, p);
        else if (c->writes == WRITES_FIRST && k == limit && p->kind == PIECE_WRITE)
            put_sectors(out, p, c->percent, x);
        else if (c->writes == WRITES_TORN && p->kind == PIECE_WRITE)
            put_sectors(out, p, c->percent, x);
        else if (c->writes >= WRITES_SOME && pick(x) % 100 < c->percent)
            put(out, p);
    }
}

static void write_file(const char *path, const struct inode *i)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

    must(fd >= 0);
    for (uint64_t at = 0; at < i->n;) {
        ssize_t r = pwrite(fd, i->p + at, i->n - at, (off_t)at);

        must(r > 0);
        at += (uint64_t)r;
    }
    close(fd);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct name *)a)->path, ((const struct name *)b)->path);
}

void image_write(const struct image *im, const struct cut *c, const char *dir)
{
    uint64_t x = c->seed * 2 + 1;
    struct names names = cut_names(im, c, &x);
    struct inode out = {0};
    char path[1000];

    /* Folders come before what is in them; what is in one that was lost is lost. */
    qsort(names.list, names.n, sizeof *names.list, by_path);
    for (size_t i = 0; i < names.n; i++) {
        const struct inode *in = &im->inodes[names.list[i].inode];
        struct stat sb;
        char *slash;

        snprintf(path, sizeof path, "%s/%s", dir, names.list[i].path);
        if (!names.list[i].path[0])
            continue;
        slash = strrchr(path, '/');
        *slash = 0;
        if (stat(path, &sb) == 0) {
            *slash = '/';
            if (in->is_dir) {
                must(mkdir(path, 0700) == 0);
                continue;
            }
            out.n = 0;
            cut_file(in, c, &x, &out);
            write_file(path, &out);
        }
    }
    mem_free(out.p);
    free_names(&names);
}

/* --- beginning -------------------------------------------------------------------------------------------------------- */

static void read_file(struct inode *i, const char *path)
{
    int fd = open(path, O_RDONLY);
    struct stat sb;

    must(fd >= 0 && fstat(fd, &sb) == 0);
    resize(i, (uint64_t)sb.st_size);
    for (uint64_t at = 0; at < i->n;) {
        ssize_t r = pread(fd, i->p + at, i->n - at, (off_t)at);

        must(r > 0);
        at += (uint64_t)r;
    }
    close(fd);
}

static void read_dir(struct image *im, const char *root, const char *dir)
{
    char path[1000], name[600];
    struct stat sb;
    struct dirent *e;
    DIR *d;
    int inode;

    inode = new_inode(im, true);
    set_name(&im->now, dir, inode);
    snprintf(path, sizeof path, "%s/%s", root, dir);
    d = opendir(path);
    must(d);
    while ((e = readdir(d))) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        snprintf(name, sizeof name, "%s%s%s", dir, *dir ? "/" : "", e->d_name);
        snprintf(path, sizeof path, "%s/%s", root, name);
        must(stat(path, &sb) == 0);
        if (S_ISDIR(sb.st_mode)) {
            read_dir(im, root, name);
            continue;
        }
        inode = new_inode(im, false);
        read_file(&im->inodes[inode], path);
        set_name(&im->now, name, inode);
    }
    closedir(d);
}

struct image *image_new(const char *dir)
{
    struct image *im = MEM_NEW(struct image);

    for (int i = 0; i < FDS; i++)
        im->fds[i] = -1;
    read_dir(im, dir, "");
    im->durable = copy_names(&im->now);
    return im;
}

void image_free(struct image *im)
{
    for (size_t i = 0; i < im->inodes_n; i++) {
        mem_free(im->inodes[i].p);
        mem_free(im->inodes[i].pieces);
    }
    for (size_t i = 0; i < im->changes_n; i++) {
        free(im->changes[i].path);
        free(im->changes[i].to);
    }
    mem_free(im->inodes);
    mem_free(im->changes);
    free_names(&im->now);
    free_names(&im->durable);
    mem_free(im);
}
